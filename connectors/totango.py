"""Totango as a destination: accounts and their enrolment, touchpoints, tasks, plays and the deals' collection."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from connectors._http import CALL_TIMEOUT_SECONDS
from connectors._steps import by_kind, of_one_kind, record_of
from connectors._system import System, World, at_base_url
from connectors._totango_bulk import BulkWriter
from connectors._totango_census import Census
from connectors._totango_find import Finder
from connectors._totango_inspect import Inspector
from connectors._totango_instance import TotangoInstance
from connectors._totango_lists import Lists
from connectors._totango_objects import OBJECTS
from connectors._totango_people import People
from connectors._totango_records import Records
from connectors._totango_settings import (
    ACCOUNT,
    ENROLMENT,
    IN_BULK,
    OBJECTIVE,
    PLAY,
    ROW,
    TASK,
    TOUCHPOINT,
    Addresses,
    TotangoSettings,
)
from connectors._totango_values import account_in
from connectors._totango_wire import Wire
from connectors._totango_work import Work
from connectors._totango_write import WorkWriter
from handoff.counted import Counted
from handoff.inspection import Check, ExpectedOfPlatform
from handoff.model import Customer, Found, Held, Outcome, Step, User
from handoff.ports import Budget, Capability, Clock, Destination, Identity, Intend, Traffic
from handoff.settings import Instance

__all__ = ["SYSTEM", "Addresses", "Totango", "TotangoSettings", "new_client"]

SANDBOX_SERVICE = "10001"
AT_ONCE = 25
"""Steps that need a call each, put in one go: between two of them a run can be stopped."""


def new_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return a client fit for Totango: the token follows no redirect and no proxy setting of the machine."""
    return httpx.Client(timeout=CALL_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, transport=transport)


class Totango:
    """
    One Totango tenant; may be shared by threads.

    Args:
        instance: The platform's name in `handoff.toml`.
        addresses: Where the tenant's region is.
        service_id: The number in the middle of `SP-<number>-<instance>`.
        token: The personal access token of a global admin.
        client: Sends the calls; see `new_client`.
        clock: The business clock.
        budget: The calls left, shared by all workers.
        jitter: Gives a number from 0 to 1.
        calls_per_minute: Our share of the vendor's 100 a minute for each token.
        read_only: Refuse every call that could change something.
        settings: Sizes and switches.
        elsewhere: The other region, which `inspect` may try where the token is not accepted.
        beat: Told before each call that the run is alive.
    """

    system = "totango"
    title = "Totango"

    def __init__(
        self,
        *,
        instance: str,
        addresses: Addresses,
        service_id: str,
        token: str,
        client: httpx.Client,
        clock: Clock,
        budget: Budget,
        jitter: Callable[[], float],
        calls_per_minute: int = 95,
        read_only: bool = False,
        settings: TotangoSettings | None = None,
        elsewhere: Addresses | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.instance = instance
        self.settings = settings or TotangoSettings()

        def wire_to(where: Addresses) -> Wire:
            return Wire(
                instance=instance,
                addresses=where,
                service_id=service_id,
                token=token,
                client=client,
                clock=clock,
                budget=budget,
                jitter=jitter,
                calls_per_minute=calls_per_minute,
                read_only=read_only,
                settings=self.settings,
                beat=beat,
            )

        self._wire = wire_to(addresses)
        self._elsewhere = (elsewhere, People(wire_to(elsewhere), clock)) if elsewhere else None
        self._people = People(self._wire, clock)
        self._records = Records(self._wire, self._people)
        work = Work(self._wire)
        self._lists = Lists(self._wire)
        self._finder = Finder(self._records, work, self._people, self.settings)
        self._census = Census(self._wire, self._records)
        self._bulk = BulkWriter(self._wire, self._records, clock)
        self._work = WorkWriter(self._wire, work, self._lists, clock)
        self.kinds: Mapping[str, Capability] = _kinds(self.settings)

    def people(self, emails: Iterable[str]) -> dict[str, User]:
        """Return the users behind these e-mail addresses, by lower-case address; a user's id is the address."""
        return self._people.by_address(emails)

    def find(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """
        Return by step key the records that are there already; see `Destination.find`.

        An account is known by its id alone. One that has the shorter form of a Salesforce id is a person's to decide.
        """
        found: dict[str, list[Found]] = {}
        for kind, some in self._by_kind(steps).items():
            found |= self._finder.find(kind, some)
        return found

    def read(self, steps: Sequence[Step]) -> dict[str, Held]:
        """Return by step key what the records of these steps hold now; see `Destination.read`."""
        for step in steps:
            record_of(step, self.title)
        held: dict[str, Held] = {}
        for kind, some in self._by_kind(steps).items():
            held |= self._finder.read(kind, some)
        return held

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        """Return what Totango knows of these accounts of the CRM; see `Destination.customers`."""
        return self._finder.customers(accounts)

    def census(self, since: datetime | None = None) -> Iterator[Sequence[Counted]]:
        """Yield every record that carries a key of ours, in pages; see `Destination.census`."""
        return self._census.pages(since)

    def deleted(self, refs: Sequence[str]) -> dict[str, datetime]:
        """Return nothing: Totango tells of no deletion."""
        return {}

    def put(self, steps: Sequence[Step], intend: Intend = lambda steps: None) -> list[Outcome]:
        """Carry out steps of one kind; see `Destination.put`."""
        of_one_kind(steps, self.kinds, self.title)
        groups = self._by_kind(steps)
        return (self._bulk if groups.keys() <= IN_BULK else self._work).put(steps, intend)

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps if nothing is refused; calls nothing."""
        return (self._bulk if self._by_kind(steps).keys() <= IN_BULK else self._work).calls(steps)

    def traffic(self) -> Traffic:
        """Return how often this tenant was called, and may be; the API's limit is the one that binds."""
        api, hub = self._wire.exchange.traffic(), self._wire.hub_exchange.traffic()
        return Traffic(api.system, api.calls + hub.calls, api.limits)

    def link(self, kind: str, ref: str) -> str:
        """Return the address of the page of a record's account, or "" if none is known."""
        return self.settings.account_link.format(account=account_in(ref)) if kind != ROW else ""

    def inspect(self, wanted: ExpectedOfPlatform) -> list[Check]:
        """Look at all that the mappings need of this tenant; see `Destination.inspect`."""
        return Inspector(self._wire, self._records, self._lists, self.people, self._elsewhere).look(wanted)

    def _by_kind(self, steps: Sequence[Step]) -> dict[str, list[Step]]:
        return by_kind(steps, self.kinds, self.title)


def _kinds(settings: TotangoSettings) -> dict[str, Capability]:
    """Accounts may be there without us; touchpoints and tasks only where a send had no answer."""
    bulk, ids, settle = settings.hub_list_size, settings.ids_per_search, settings.settle
    natural, findable, blind = Identity.NATURAL, Identity.FINDABLE, Identity.BLIND
    return {
        ACCOUNT: Capability(natural, bulk, ids, settle, looks_first=True),
        ENROLMENT: Capability(natural, bulk, ids, settle, looks_first=True),
        PLAY: Capability(blind, AT_ONCE, ids, settle),
        TOUCHPOINT: Capability(findable, AT_ONCE, 1, settle, looks_first=False),
        TASK: Capability(findable, AT_ONCE, 1, settle, looks_first=False),
        ROW: Capability(natural, bulk, ids, settle),
        OBJECTIVE: Capability(blind, AT_ONCE, ids, settle),
    }


def make(instance: Instance, world: World) -> Destination:
    """Return the platform behind a Totango instance."""
    settings = instance.read(TotangoInstance)
    return Totango(
        instance=instance.name,
        addresses=settings.addresses(),
        service_id=settings.service_id,
        token=settings.token.get_secret_value(),
        client=new_client(world.httpx_transport),
        clock=world.clock,
        budget=world.budget,
        jitter=world.jitter,
        calls_per_minute=settings.calls_per_minute,
        read_only=world.read_only,
        settings=settings.switches(),
        elsewhere=settings.elsewhere(),
        beat=world.beat,
    )


def _stand_in(port: int) -> dict[str, Any]:
    return {**at_base_url(port), "service_id": SANDBOX_SERVICE}


SYSTEM = System(
    name="totango",
    kind="platform",
    settings=TotangoInstance,
    make=make,
    port=4,
    objects=OBJECTS,
    title="Totango",
    tells_apart="service_id",
    stand_in=_stand_in,
)
