"""Which deal a person means, for the commands that work on one."""

from typing import NoReturn

from handoff.bridge import Bridge
from handoff.deals import left_alone
from handoff.errors import ConfigError
from handoff.model import Deal


def read_live(bridge: Bridge, deal_id: str, words: str) -> Deal:
    """Return a deal as the CRM holds it now; raises `ConfigError` when it is not won, or cannot be read whole."""
    page = bridge.crm.read([deal_id])
    if page.unreadable:
        raise ConfigError(f"The deal cannot be read whole: {page.unreadable[0].why}")
    if not page.deals:
        raise left_alone(words, bridge.mappings.contract, early=False)
    return page.deals[0]


def unknown_deal(words: str) -> NoReturn:
    """Raise `ConfigError`: the ledger knows no such deal, and no system is asked."""
    raise ConfigError(f"The ledger knows no deal by {words!r}. `handoff why` looks for it in the CRM.")
