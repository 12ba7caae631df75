"""Deals that left won after they were read: reopened, lost or deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from handoff import tables as t
from handoff.batches import batches
from handoff.database import IN_AT_ONCE
from handoff.ledger import Ledger
from handoff.model import Left, Standing
from handoff.report import Notice
from handoff.rows import event

LEFT = "left"
"""What the ledger's events call it when a deal that was handed off is not won any more."""


@dataclass(frozen=True)
class Departed:
    """A deal of ours that is not won any more, how it stands now, and what a person should hear; None once told."""

    ref: str
    standing: Standing
    notice: Notice | None


def departed(ledger: Ledger, left: Sequence[Left], now: datetime, run: int) -> list[Departed]:
    """
    Return what becomes of those of these deals that the ledger knows.

    One that was handed off stays done, its work stays, and a person is told once; of any other nothing more is done.
    A deal that is won again is a new episode by the CRM's history, and is handed off anew.
    """
    why = {str(one.ref): one.why for one in left}
    rows = {ref: row for ref, row in ledger.deals(why).items() if not _given_up(row)}
    undone = [ref for ref, row in rows.items() if row.standing != Standing.DONE]
    for reason in sorted({why[ref] for ref in undone}):
        some = [rows[ref] for ref in undone if why[ref] == reason]
        ledger.exclude(some[0].instance, [row.deal_id for row in some], reason, now, run)
    done = {ref: row for ref, row in rows.items() if row.standing == Standing.DONE}
    untold = _note(ledger, {ref: why[ref] for ref in done}, done, now, run)
    found = [
        Departed(ref, Standing.EXCLUDED, _notice(rows[ref], f"{why[ref]}, it is not handed off")) for ref in undone
    ]
    stays = "it was handed off; the work stays with Customer Success, who must know"
    return found + [
        Departed(ref, Standing.DONE, _notice(row, f"{why[ref]}. {stays}") if ref in untold else None)
        for ref, row in done.items()
    ]


def _given_up(row: Any) -> bool:
    return row.standing == Standing.EXCLUDED and row.source_hashes is None


def _note(ledger: Ledger, why: dict[str, str], rows: dict[str, Any], now: datetime, run: int) -> set[str]:
    """Keep an event of each of these deals that has none of this kind since it was last handled; return those."""
    c = t.events.c
    with ledger.writing() as connection:
        told: dict[str, datetime] = {}
        for some in batches(list(why), IN_AT_ONCE):
            query = select(c.deal, func.max(c.at)).where(c.deal.in_(some), c.what == LEFT).group_by(c.deal)
            told |= dict(connection.execute(query).tuples().all())
        untold = {ref for ref in why if ref not in told or told[ref] < rows[ref].read_at}
        if untold:
            events = [event(now, run, LEFT, None, why[ref], deal=ref) for ref in sorted(untold)]
            connection.execute(t.events.insert(), events)
    return untold


def _notice(row: Any, reason: str) -> Notice:
    return Notice(row.deal_id, f"{row.account_name or 'no account'}: {row.name}", "note", reason, row.url)
