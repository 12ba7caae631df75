"""What can differ between two ChurnZero tenants: addresses, sizes, and each thing the vendor leaves open."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

ACCOUNT, CONTACT, EVENT = "account", "contact", "event"

USUAL_REGION = "us1"


@dataclass(frozen=True)
class Addresses:
    """
    Where a tenant is reached.

    Args:
        push: The host of the HTTP API, which takes and never tells.
        pull: The host of the REST API, which only tells; "" where the tenant has not bought it, or nothing may be read.
        assumed: Whether nobody named the first one: it is the region's generic one, and the tenant has one of its own.
    """

    push: str
    pull: str = ""
    assumed: bool = False

    @classmethod
    def of(cls, tenant: str, region: str, *, push: str = "", pull: str = "", verify: bool = False) -> "Addresses":
        """Return a tenant's addresses in a region, as public code has them, or those that are given instead."""
        prefix = "" if region == USUAL_REGION else region
        ours = (push or f"https://{prefix}analytics.churnzero.net").rstrip("/")
        theirs = (pull or f"https://{tenant}.{region}app.churnzero.net").rstrip("/")
        return cls(ours, theirs if verify else "", assumed=not push)


@dataclass(frozen=True)
class ChurnZeroSettings:
    """
    Sizes, and one switch for each thing that the vendor's documents leave open.

    Args:
        list_size: Actions in one call. The vendor's limit is unknown; 1 sends each alone, and not as a list.
        pull_calls_per_minute: Our share of the REST API's calls. The vendor's limits are unknown.
        settle_seconds: How long what was written may stay invisible to the REST API; unknown.
        account_lookup: `key` asks for each account by `AccountExternalId`; `filter` for many at once by `ExternalId`,
            which is reported both as working and as impossible.
        accounts_per_lookup: Accounts in one `filter`.
        account_filter: Whether lists of contacts and events are filtered by `AccountExternalId`, reported both as
            working and as impossible. Without it all contacts are listed, and events by their moment alone.
        event_lookup: `moment` asks for an account's events of one moment, `account` for all of them.
        key_attribute: The attribute of accounts and contacts that holds our key; it is made by being written.
        changed_event: The event that tells of a change after the handoff; the events that set plays off are others.
        census_events: The events among which those that carry a key of ours are counted. None: all of the tenant.
        status_attribute, stage_attribute: The account's attributes that say how it stands; "" is none.
        user_object: The name of the list of users; unknown.
        user_name: The user's field that `OwnerUserAccount` is matched by.
        account_link: Address of an account's page, unknown; where one is found, `{account}` stands for its id.
    """

    list_size: int = 100
    pull_calls_per_minute: int = 60
    settle_seconds: int = 120
    account_lookup: Literal["key", "filter"] = "key"
    accounts_per_lookup: int = 20
    account_filter: bool = True
    event_lookup: Literal["moment", "account"] = "moment"
    key_attribute: str = "Bridge Key"
    changed_event: str = "Deal Changed After Handoff"
    census_events: tuple[str, ...] = ("Deal Closed Won", "Deal Changed After Handoff")
    status_attribute: str = ""
    stage_attribute: str = "Onboarding Status"
    user_object: str = "UserAccount"
    user_name: str = "UserName"
    account_link: str = ""

    @property
    def settle(self) -> timedelta:
        """`settle_seconds` as a span."""
        return timedelta(seconds=self.settle_seconds)
