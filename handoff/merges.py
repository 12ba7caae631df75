"""Which deals were handed off before, under the id of a deal that a person merged into them since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from handoff import tables as t
from handoff.batches import batches
from handoff.database import IN_AT_ONCE
from handoff.keys import deal_key
from handoff.labels import masked
from handoff.ledger import Ledger
from handoff.model import Deal


@dataclass(frozen=True)
class Before:
    """The deal under which another one's handoff was begun, and whether it was `delivered`."""

    deal_id: str
    name: str
    delivered: bool

    @property
    def excluded(self) -> str:
        """Why nothing is made for the deal that it was merged into, "" where a person must look."""
        return f"linked: it was handed off as {self._words}" if self.delivered else ""

    @property
    def stopped(self) -> str:
        """What a person must do about a handoff that was begun and not finished, "" where it was."""
        if self.delivered:
            return ""
        return (
            f"It was begun as {self._words}, and not finished. See what was made (handoff why {self.deal_id}), "
            "finish it by hand, and say so: handoff queue resolve"
        )

    @property
    def _words(self) -> str:
        return f"deal {self.deal_id} ({masked(self.name)}), which was merged into it"


def merged_before(ledger: Ledger, deals: Sequence[Deal], known: Mapping[str, Any]) -> dict[str, Before]:
    """
    Return by ref those of these deals into which one was merged whose handoff was begun: of several a delivered one.

    A deal that was begun itself goes on. `known` as in `prepare.prepare`.
    """
    fresh = [deal for deal in deals if deal.merged and deal_key(deal.ref, deal.episode) not in known]
    into = {str(replace(deal.ref, id=one)): str(deal.ref) for deal in fresh for one in deal.merged}
    found: dict[str, Before] = {}
    for row in _begun(ledger, list(into)):
        before = Before(row.deal_id, row.name, row.delivered_at is not None)
        if before.delivered or into[row.ref] not in found:
            found[into[row.ref]] = before
    return found


def _begun(ledger: Ledger, refs: Sequence[str]) -> list[Any]:
    d, h = t.deals.c, t.handoffs.c
    query = select(d.ref, d.deal_id, d.name, h.delivered_at).join(t.handoffs, h.deal == d.ref).order_by(h.key)
    rows: list[Any] = []
    if refs:
        with ledger.reading() as connection:
            for some in batches(refs, IN_AT_ONCE):
                rows += connection.execute(query.where(d.ref.in_(some))).all()
    return rows
