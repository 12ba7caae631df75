"""Which deal hands a customer off that two CRMs have; what decides it is kept in the ledger, as fingerprints."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from handoff import tables as t
from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.database import IN_AT_ONCE
from handoff.keys import deal_key
from handoff.labels import masked
from handoff.ledger import Ledger
from handoff.mapping import Mappings
from handoff.model import Deal, Standing
from handoff.same_customer import marks

WAITS_AT_MOST = timedelta(hours=1)
"""How long a deal waits for an earlier win of the same customer in another CRM, which may be out of reach."""

WORDS = {"domain": "domain", "external_id": "external id", "name": "name"}


@dataclass(frozen=True)
class First:
    """The deal that hands a customer off before another one: `how` both are known, and whether it was `begun`."""

    ref: str
    name: str
    how: str
    won_at: datetime
    begun: bool

    @property
    def instance(self) -> str:
        """The CRM that it was won in."""
        return self.ref.partition(":")[0]

    @property
    def words(self) -> str:
        """Which deal it is, and why it is the same customer."""
        deal_id = self.ref.rpartition(":")[2]
        return f"deal {deal_id} ({masked(self.name)}) of {self.instance}, whose customer has the same {WORDS[self.how]}"


def keep_marks(ledger: Ledger, mappings: Mappings, deals: Iterable[Deal]) -> None:
    """Keep by what the customers of these deals are known, so that passes over other CRMs see it."""
    if not mappings.contract.same_customer:
        return
    listed = list(deals)
    rows = [
        {"deal": str(deal.ref), "how": how, "mark": mark, "instance": deal.ref.instance, "won_at": deal.won_at}
        | {"name": deal.name}
        for deal in listed
        for how, mark in marks(deal, mappings).items()
    ]
    with ledger.writing() as connection:
        for some in batches([str(deal.ref) for deal in listed], IN_AT_ONCE):
            connection.execute(delete(t.customers).where(t.customers.c.deal.in_(some)))
        ledger.upsert(connection, t.customers, rows, ["deal", "how"])


def firsts(bridge: Bridge, deals: Sequence[Deal], known: Mapping[str, Any]) -> dict[str, First]:
    """
    Return by ref the deal of another CRM that hands off the same customer before this one.

    Of all the customer's deals, those of this CRM too, that is the first whose handoff was begun; where none was, the
    first that was won and is not left out. None is returned where that is one of this CRM: a customer is handed off
    from one. A deal that was begun goes on, and one that was read an hour ago waits for nobody. `known` as in
    `prepare.prepare`.
    """
    fresh = [deal for deal in deals if deal_key(deal.ref, deal.episode) not in known]
    mine = {str(deal.ref): (deal, found) for deal in fresh if (found := marks(deal, bridge.mappings))}
    if not mine:
        return {}
    others = _others(bridge.ledger, {mark for _, found in mine.values() for mark in found.values()})
    late = bridge.clock.now() - WAITS_AT_MOST
    seen = bridge.ledger.deals(mine, t.deals.c.first_seen_at)
    order, result = bridge.mappings.contract.same_customer, {}
    for ref, (deal, found) in mine.items():
        same = [first for other in others.values() if (first := other.first_for(deal, found, order))]
        begun = [one for one in same if one.begun]
        waited = ref in seen and seen[ref].first_seen_at <= late
        earlier = [] if waited else [one for one in same if (one.won_at, one.ref) < (deal.won_at, ref)]
        first = min(begun or earlier, key=lambda one: (one.won_at, one.ref), default=None)
        if first is not None and first.instance != deal.ref.instance:
            result[ref] = first
    return result


@dataclass
class _Other:
    """A deal that may be of the same customer; `standing` is None when it was only seen so far."""

    row: Any
    marks: dict[str, str]

    def first_for(self, deal: Deal, found: Mapping[str, str], order: Sequence[str]) -> First | None:
        """Return it when it is another deal of the same customer: of the marks that both have the first decides."""
        row = self.row
        how = next((one for one in order if one in found and one in self.marks), None)
        if how is None or found[how] != self.marks[how] or row.deal == str(deal.ref):
            return None
        if row.standing == Standing.EXCLUDED:
            return None
        return First(row.deal, row.name, how, row.won_at, row.begun is not None)


def _others(ledger: Ledger, wanted: set[str]) -> dict[str, _Other]:
    c, d, h = t.customers.c, t.deals.c, t.handoffs.c
    joined = t.customers.outerjoin(t.deals, c.deal == d.ref)
    joined = joined.outerjoin(t.handoffs, (h.deal == c.deal) & (h.episode == d.episode))
    every = select(c.deal, c.how, c.mark, c.instance, c.won_at, c.name, d.standing, h.key.label("begun"))
    found: dict[str, _Other] = {}
    with ledger.reading() as connection:
        for some in batches(sorted(wanted), IN_AT_ONCE):
            theirs = select(c.deal).where(c.mark.in_(some))
            for row in connection.execute(every.select_from(joined).where(c.deal.in_(theirs))):
                found.setdefault(row.deal, _Other(row, {})).marks[row.how] = row.mark
    return found
