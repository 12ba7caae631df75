"""What is known of the accounts of a wave before our own first step for each of its deals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from handoff import keys, tables
from handoff.accounts import customer_of
from handoff.bridge import Bridge
from handoff.contract import NEW_CUSTOMER
from handoff.keys import begun_on
from handoff.kinds import Background
from handoff.mapping import Mappings
from handoff.model import Customer, Deal, Handoff
from handoff.spans import WorkCalendar, due, read_span


@dataclass
class Backgrounds:
    """
    The backgrounds of a wave's deals; ask for each in the order of winning, and tell `judged` what came of it.

    Args:
        known: The ledger's rows of the deals' own handoffs, by key.
        customers: The platform's records of the wave's accounts, as they are now.
        openings: By account the ledger's row of its latest handoff of a new customer.
        private: By handoff what is kept of its background in `payloads`; what was purged is absent.
    """

    mappings: Mappings
    known: Mapping[str, Any]
    customers: Mapping[str, Customer]
    openings: Mapping[str, Any]
    private: Mapping[str, Any] = field(default_factory=dict)
    _opened: dict[str, Background] = field(default_factory=dict)

    def of(self, deal: Deal) -> Background:
        """Return what was known of the deal's account before our first step for this deal."""
        row = self.known.get(keys.deal_key(deal.ref, deal.episode))
        if row is not None:
            return Background(customer=self._kept(row), kind=row.kind or NEW_CUSTOMER)
        account = customer_of(deal, self.mappings)
        now = self._opened.get(account) or self._earlier(deal, self.openings.get(account))
        return now or Background(customer=self.customers.get(account))

    def _kept(self, row: Any) -> Customer | None:
        return customer_kept(row.background, self.private.get(row.key))

    def judged(self, handoff: Handoff) -> None:
        """Keep what a deal was judged to be: a further win of its account in this wave joins it."""
        if handoff.kind == NEW_CUSTOMER and not handoff.excluded:
            account = customer_of(handoff.deal, self.mappings)
            before = self.of(handoff.deal)
            self._opened[account] = replace(before, kind=None, opened=handoff.deal.won_at, opened_by=handoff.deal.name)

    def _earlier(self, deal: Deal, row: Any) -> Background | None:
        """
        Return what stood before an earlier handoff of the account while that one is open, None when none is.

        It is open until it is delivered, and as long as further wins join it: until then the platform's record shows
        our own work, and says nothing of what the customer was.
        """
        if row is None or row.deal == str(deal.ref):
            return None
        spans = [rule.same_account_within for rule in self.mappings.contract.kinds if rule.same_account_within]
        joins = any(deal.won_at <= due(row.won_at, read_span(span), WorkCalendar()) for span in spans)
        if row.delivered_at is not None and not joins:
            return None
        return Background(customer=self._kept(row), opened=row.won_at, opened_by=row.name)


def backgrounds(bridge: Bridge, deals: Sequence[Deal], known: Mapping[str, Any]) -> Backgrounds:
    """Return the backgrounds of these deals; platform and ledger are asked only where the files depend on them."""
    mappings = bridge.mappings
    fresh = [deal for deal in deals if keys.deal_key(deal.ref, deal.episode) not in known and deal.account_id]
    accounts = {customer_of(deal, mappings) for deal in fresh}
    customers = bridge.platform.customers(sorted(accounts)) if accounts and mappings.asks_customer else {}
    openings = _openings(bridge, accounts) if accounts and mappings.contract.kinds else {}
    told = [row.key for row in (*known.values(), *openings.values()) if row.background]
    private = bridge.ledger.bodies(tables.BACKGROUND, told) if told else {}
    return Backgrounds(mappings, known, customers, openings, private)


def _openings(bridge: Bridge, accounts: set[str]) -> dict[str, Any]:
    """Return by account its latest handoff of a new customer on this platform: what was made on another opens none."""
    found = bridge.ledger.openings(accounts)
    if not bridge.lanes:
        return found
    begun = bridge.ledger.handoffs((row.key for row in found.values()), tables.handoffs.c.steps)
    here = (None, bridge.platform.instance)
    return {account: row for account, row in found.items() if begun_on(begun[row.key].steps) in here}


def kept(background: Background) -> dict[str, Any] | None:
    """Return a background's customer as the ledger keeps it."""
    return None if background.customer is None else asdict(background.customer)


def customer_kept(said: dict[str, Any] | None, private: Mapping[str, Any] | None) -> Customer | None:
    """Return a background's customer from what the ledger keeps of it, in its row and in `payloads`."""
    return Customer(**(said | dict(private or {}))) if said else None
