"""All that the ledger says of the deals of one CRM and their work, read in one go to be held against the world."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, or_, select

from handoff import tables as t
from handoff.findings import What
from handoff.keys import begun_on, deal_key
from handoff.ledger import Ledger
from handoff.model import DealRef


@dataclass(frozen=True)
class Books:
    """
    The ledger's rows without fingerprints: deals by ref, handoffs and steps by key.

    `read_until` is the end of the last window that was read to its last page, None before the first.
    """

    deals: Mapping[str, Row[Any]]
    handoffs: Mapping[str, Row[Any]]
    steps: Mapping[str, Row[Any]]
    read_until: datetime | None

    def listed(self) -> Iterator[tuple[Row[Any], Mapping[str, str]]]:
        """Yield each step that a handoff lists, with the handoff's row."""
        return ((handoff, step) for handoff in self.handoffs.values() for step in handoff.steps)

    @cached_property
    def accounts(self) -> Mapping[str, frozenset[str]]:
        """By deal's ref the accounts that it, and its handoffs, are for."""
        found = {ref: {row.account_id} for ref, row in self.deals.items()}
        for handoff in self.handoffs.values():
            found.setdefault(handoff.deal, set()).add(handoff.account)
        return {ref: frozenset(one for one in accounts if one) for ref, accounts in found.items()}

    def on(self, platform: str, *, rest: bool) -> "Books":
        """Return what is made on one of several platforms, and with `rest` what is made on none."""
        handoffs = {key: row for key, row in self.handoffs.items() if _is_on(begun_on(row.steps), platform, rest)}
        begun = {key for key in self.handoffs if key not in handoffs}
        elsewhere = (deal_key(DealRef(*ref.split(":")), row.episode) in begun for ref, row in self.deals.items())
        deals = {ref: row for (ref, row), away in zip(self.deals.items(), elsewhere, strict=True) if not away}
        if not rest:
            ours = {row.deal for row in handoffs.values()}
            deals = {ref: row for ref, row in deals.items() if ref in ours}
        steps = {key: row for key, row in self.steps.items() if begun_on([{"key": key}]) == platform}
        return Books(deals, handoffs, steps, self.read_until)

    def deal_of_account(self) -> dict[str, str]:
        """Return by account's step the ref of a deal whose handoff lists it: the last one."""
        return {step["key"]: handoff.deal for handoff, step in self.listed()}


def _columns(table: Table, *left_out: str) -> Select[Any]:
    """Fingerprints are most of a ledger: whoever needs one asks for its row."""
    return select(*(column for column in table.c if column.name not in left_out))


DEALS = _columns(t.deals, "source_hashes", "changed")
HANDOFFS = _columns(t.handoffs, "background", "told").order_by(t.handoffs.c.handed_off_at, t.handoffs.c.key)
STEPS = _columns(t.steps, "field_hashes", "intended", "declined")


def books_of(ledger: Ledger, instance: str, crm: str, starts: datetime) -> Books:
    """Return what the ledger says of the CRM `instance`; `crm` and `starts` as in `Ledger.read_until`."""
    with ledger.reading() as connection:
        deals = {row.ref: row for row in connection.execute(DEALS.where(t.deals.c.instance == instance))}
        handoffs = {row.key: row for row in connection.execute(HANDOFFS) if _of(row.deal, instance)}
        steps = {row.key: row for row in connection.execute(STEPS) if _of(row.deal, instance)}
    return Books(deals, handoffs, steps, ledger.read_until(crm, starts))


def _is_on(begun: str | None, platform: str, rest: bool) -> bool:
    return begun == platform or (rest and begun is None)


def _of(ref: str, instance: str) -> bool:
    return ref.partition(":")[0] == instance


RECONCILE = "reconcile"


def about(crm: str) -> ColumnElement[bool]:
    """Return whether a run was about this CRM; releases before 0.4 had one, and did not say."""
    return or_(t.runs.c.crm == crm, t.runs.c.crm.is_(None))


def last_reconciled(ledger: Ledger, crm: str) -> tuple[datetime | None, frozenset[str]]:
    """Return when the CRM's last reconciliation on record began to look (None: none), and the steps it did not find."""
    c = t.runs.c
    query = select(c.id, c.started_at).where(c.command == RECONCILE, c.ok, about(crm)).order_by(c.id.desc()).limit(1)
    with ledger.reading() as connection:
        row = connection.execute(query).first()
        report = ledger.body(connection, f"run:{row.id}", "report") if row else None
    lost = [one["step"] for one in (report or {}).get("findings", []) if one["what"] == What.LOST]
    return row.started_at if row else None, frozenset(step for step in lost if step)
