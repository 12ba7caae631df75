"""Whose customer a deal's is."""

from handoff.mapping import Mappings
from handoff.model import Deal
from handoff.rules import Context

ROOT = "account.cs_root_id"


def customer_of(deal: Deal, mappings: Mappings) -> str:
    """Return the account whose customer a deal's is: the CS root where the source names one, else its own."""
    rule = mappings.source.fields.get(ROOT)
    root = rule(Context(deal.source)) if rule is not None else None
    return str(root or deal.account_id or "")
