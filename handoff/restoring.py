"""Writes down what was known before the ledger was lost; nothing that is there is touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from handoff import tables as t
from handoff.fingerprints import fingerprint
from handoff.intents import State
from handoff.ledger import Ledger
from handoff.model import Result, Step
from handoff.owners import Owner
from handoff.rows import step_row


@dataclass(frozen=True)
class Restored:
    """
    A step as it is known without the ledger.

    `payload_hash` is its receipt's, "" without one; `hashes` are the fields that are proven to be ours. Without a `ref`
    it may have been done, and `reason` says why nobody can tell.
    """

    step: Step
    won_at: datetime
    ref: str | None
    payload_hash: str = ""
    hashes: tuple[tuple[str, str], ...] = ()
    reason: str = ""

    def row(self, now: datetime, run: int, version: str) -> dict[str, Any]:
        """Return its row of `steps`."""
        state = State.UNKNOWN if self.ref is None else State.LOOKED_UP if self.step.reference else State.SETTLED
        return step_row(self.step, self.won_at, now, run, version) | {
            "state": state.value,
            "owner": Owner.CS_OPS.value if self.ref is None else None,
            "result": (Result.UNKNOWN if self.ref is None else Result.UNCHANGED).value,
            "attempts": 0,
            "reason": self.reason,
            "remote_id": self.ref,
            "payload_hash": self.payload_hash or fingerprint(dict(self.hashes)),
            "field_hashes": dict(self.hashes),
            "intended": {},
            "declined": {},
            "gone": False,
            "adopting": False,
        }


def known(ledger: Ledger, crm: str) -> int:
    """Return how many deals, and steps of them, of the CRM of this name the ledger knows."""
    of_crm = t.deals.c.instance == crm, t.steps.c.deal.startswith(f"{crm}:", autoescape=True)
    with ledger.reading() as connection:
        return sum(connection.execute(select(func.count()).where(one)).scalar_one() for one in of_crm)


def restore_steps(ledger: Ledger, restored: Sequence[Restored], now: datetime, run: int, version: str) -> None:
    """Keep steps; of one that several deals share, the last in the sequence."""
    rows = {one.step.key: one.row(now, run, version) for one in restored}
    with ledger.writing() as connection:
        ledger.upsert(connection, t.steps, list(rows.values()), ["key"])


def restore_delivery(ledger: Ledger, delivered: Sequence[tuple[str, datetime, int]]) -> None:
    """Keep of handoffs, by key, when they were delivered and how many changes were told since."""
    statement = update(t.handoffs).where(t.handoffs.c.key == bindparam("k"))
    statement = statement.values(delivered_at=bindparam("at"), tellings=bindparam("n"))
    rows = [{"k": key, "at": at, "n": count} for key, at, count in delivered]
    if rows:
        with ledger.writing() as connection:
            connection.execute(statement, rows)
