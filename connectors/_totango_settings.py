"""What can differ between two Totango tenants: regions, sizes, and each thing the vendor leaves open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

ACCOUNT, ENROLMENT, PLAY = "account", "enrolment", "play"
TOUCHPOINT, TASK, ROW, OBJECTIVE = "touchpoint", "task", "collection", "objective"
IN_BULK = frozenset({ACCOUNT, ENROLMENT, ROW})
"""What goes through the Integration Hub, many in one call."""

ACCOUNT_STAMP, ENROLMENT_STAMP = "bridge_account", "bridge_enrolment"
ROW_STAMP, LAST_ROW_STAMP, ROW_STEPS = "bridge_key", "bridge_last_key", "bridge_steps"
"""
Text attributes that hold our keys: of accounts the first two, of the deals' collection the others.

A row is written at most twice: by a step that comes first, and by one that needs the deal's other steps.
"""

TID = "___tid"
"""Behind a role's name: its user by e-mail address."""

Offset = Literal["page", "page_from_1", "record"]
"""What a search counts its offset in: pages from 0, pages from 1, or records."""
Region = Literal["us", "eu"]
OTHER: Mapping[Region, Region] = {"us": "eu", "eu": "us"}


@dataclass(frozen=True)
class Addresses:
    """Where a region is: its REST API, and its Integration Hub."""

    region: Region
    api: str
    hub: str

    @classmethod
    def of(cls, region: Region, stand_in: str = "") -> "Addresses":
        """Return the vendor's addresses, or those of a stand-in, which has all of them at one."""
        tail = "" if region == "us" else "-eu1"
        if stand_in:
            return cls(region, f"{stand_in}{'/api-eu1' if tail else ''}", f"{stand_in}/int-hub{tail}")
        return cls(region, f"https://api{tail}.totango.com", f"https://int-hub{tail}.totango.com")


@dataclass(frozen=True)
class TotangoSettings:
    """
    Sizes, and one switch for each thing that the vendor's documents leave open.

    Args:
        hub_list_size: Records in one call of the Integration Hub; 100 were seen in use, the limit is unknown.
        hub_calls_per_minute: Calls of the Integration Hub a minute; its limit is unknown, and not that of the API.
        batch_route: Where the Integration Hub tells which records of a batch it did not take; the path is unknown. ""
            asks nothing: such a record stays in doubt, and is sent again.
        ids_per_search: Ids in one condition of a search; the vendor gives up to 1,000 hits.
        settle_seconds: How long what was just written may stay invisible to a search; the vendor says seconds, at worst
            minutes.
        look_again_seconds: How long to wait for it within a pass before the next one looks. 0 looks once.
        probe_plays: Whether `check --live` asks to run the mapping's plays on an account that does not exist: no other
            call tells whether a play is manual and active, and that this one does is inferred.
        id_term: The condition of a search that names accounts or rows by id; seen as a field, inferred as a condition.
        collection_term: The condition that names a collection; inferred.
        event_term: The type of condition that names kinds of events; inferred.
        collection_type: The collection with a row for each deal.
        lifecycle_attributes: Which attributes of an account are lifecycles; they are searched by another type.
        typed_fields: `no` asks for numbers and dates as texts, `yes` as what our value is.
        csm_role: The role of an account that the CSM has.
        status_attribute, stage_attribute: The account's attributes that say how it stands.
        users_route: Where Totango's own users are listed; seen in use, undocumented.
        events_offset: What the search for events counts its offset in: pages, says the article; unverified.
        task_marker: Where a task carries our key; its events show the title alone.
        disable_sync: Keep touchpoints from being sent on to the CRM, from which the handoff came.
        objectives: `off` refuses objectives; `by_template` makes them from the library. The route is unverified.
        account_link: Address of an account's page, unknown; "" gives no link. `{account}` stands for its id.
    """

    hub_list_size: int = 100
    hub_calls_per_minute: int = 60
    batch_route: str = ""
    ids_per_search: int = 1000
    settle_seconds: int = 120
    look_again_seconds: int = 12
    probe_plays: bool = True
    id_term: str = "identifier"
    collection_term: str = "collection_type"
    event_term: str = "event_type"
    collection_type: str = "closed_won_deals"
    lifecycle_attributes: frozenset[str] = frozenset({"Customer Journey Stage", "Onboarding Stage"})
    typed_fields: Literal["yes", "no"] = "yes"
    csm_role: str = "Success Manager"
    status_attribute: str = "Status"
    stage_attribute: str = "Customer Journey Stage"
    users_route: str = "/api/v1/search/users/internal"
    events_offset: Offset = "page"
    task_marker: Literal["title", "description"] = "title"
    disable_sync: bool = True
    objectives: Literal["off", "by_template"] = "off"
    account_link: str = ""

    @property
    def settle(self) -> timedelta:
        """`settle_seconds` as a span."""
        return timedelta(seconds=self.settle_seconds)
