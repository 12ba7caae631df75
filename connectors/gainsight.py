"""Gainsight CS (NXT) as a destination: companies, success plans, CTAs and timeline entries."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from connectors._gainsight_census import Census
from connectors._gainsight_find import Finder
from connectors._gainsight_inspect import Inspector
from connectors._gainsight_instance import GainsightInstance
from connectors._gainsight_know import Knower
from connectors._gainsight_objects import CUSTOM, OBJECTS
from connectors._gainsight_records import Records
from connectors._gainsight_settings import COMPANY, CTA, KEY_FIELD, M2M, PLAN, TIMELINE, AccessKey, GainsightSettings
from connectors._gainsight_values import RECORD_ID
from connectors._gainsight_wire import Wire
from connectors._gainsight_write import Writer
from connectors._http import CALL_TIMEOUT_SECONDS
from connectors._steps import by_kind, of_one_kind, record_of
from connectors._system import System, World, at_base_url
from handoff.counted import Counted
from handoff.inspection import Check, ExpectedOfPlatform
from handoff.model import Customer, Found, Held, Outcome, Step, User
from handoff.ports import Budget, Capability, Clock, Destination, Identity, Intend, Traffic
from handoff.settings import Instance

__all__ = ["KEY_FIELD", "M2M", "AccessKey", "Gainsight", "GainsightSettings", "new_client"]


SANDBOX_CALLS_PER_MINUTE = 95
"""No other tool of a customer shares the stand-in."""


def new_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return a client fit for Gainsight: credentials follow no redirect and no proxy setting of the machine."""
    return httpx.Client(timeout=CALL_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, transport=transport)


class Gainsight:
    """
    One Gainsight tenant; may be shared by threads.

    Args:
        instance: The platform's name in `handoff.toml`.
        base_url: The tenant's address, such as `https://acme.gainsightcloud.com`.
        client: Sends the calls; see `new_client`.
        auth: The organisation's access key, or an M2M client.
        clock: The business clock.
        budget: The calls left, shared by all workers.
        jitter: Gives a number from 0 to 1.
        calls_per_minute: Our share of the vendor's 100 a minute, which all the customer's tools use together.
        read_only: Refuse every call that could change something.
        settings: Sizes and switches.
        beat: Told before each call that the run is alive.
    """

    system = "gainsight"
    title = "Gainsight"

    def __init__(
        self,
        *,
        instance: str,
        base_url: str,
        client: httpx.Client,
        auth: AccessKey | M2M,
        clock: Clock,
        budget: Budget,
        jitter: Callable[[], float],
        calls_per_minute: int = 30,
        read_only: bool = False,
        settings: GainsightSettings | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.instance = instance
        self.settings = settings or GainsightSettings()
        self._wire = Wire(
            instance=instance,
            base_url=base_url,
            client=client,
            auth=auth,
            clock=clock,
            budget=budget,
            jitter=jitter,
            calls_per_minute=calls_per_minute,
            read_only=read_only,
            settings=self.settings,
            beat=beat,
        )
        records = Records(self._wire)
        self._finder = Finder(records, self.settings)
        self._knower = Knower(records, self._finder, self.settings)
        self._census = Census(self._wire, records)
        self._writer = Writer(self._wire, self._finder)
        self._clock = clock
        self._people: dict[str, User] = {}
        self._missed: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self.kinds: Mapping[str, Capability] = {
            kind: Capability(
                identity=Identity.NATURAL if kind == TIMELINE else Identity.FINDABLE,
                batch=self.settings.sizes[kind],
                keys_per_lookup=self.settings.keys_per_lookup,
                settle=self.settings.settle,
            )
            for kind in (COMPANY, PLAN, CTA, TIMELINE)
        }

    def people(self, emails: Iterable[str]) -> dict[str, User]:
        """
        Return the users behind these e-mail addresses, by lower-case address; unknown ones are absent.

        Of two users with one address the active one counts. A user is asked for once in the life of this
        object, an address that nobody has again after `miss_seconds`.
        """
        wanted = {email.strip().lower(): email for email in emails if email.strip()}
        with self._lock:
            stale = self._clock.now() - timedelta(seconds=self.settings.miss_seconds)
            known = {each for each, when in self._missed.items() if when > stale} | self._people.keys()
            asked = [email for lower, email in wanted.items() if lower not in known]
            if asked:
                found = self._finder.users(asked)
                self._people |= found
                now = self._clock.now()
                self._missed |= {email.strip().lower(): now for email in asked if email.strip().lower() not in found}
            return {lower: self._people[lower] for lower in wanted if lower in self._people}

    def find(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """
        Return by step key the records that are there already; see `Destination.find`.

        A company found by name that another CRM account owns is a match whose label ends in
        `, which belongs to another CRM account`: it is a person's to decide.
        """
        found: dict[str, list[Found]] = {}
        for kind, some in self._by_kind(steps).items():
            if kind == COMPANY:
                found |= self._finder.companies(some)
                continue
            found |= self._finder.by_key(kind, some)
            if kind in (CTA, PLAN):
                adopting = [step for step in some if step.adopt and step.key not in found]
                found |= self._knower.open_work(kind, adopting)
        return found

    def read(self, steps: Sequence[Step]) -> dict[str, Held]:
        """Return by step key what the records of these steps hold now; see `Destination.read`."""
        for step in steps:
            record_of(step, self.title)
        held: dict[str, Held] = {}
        for kind, some in self._by_kind(steps).items():
            held |= self._knower.read(kind, some)
        return held

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        """Return what Gainsight knows of these accounts of the CRM; see `Destination.customers`."""
        return self._knower.customers(accounts)

    def census(self, since: datetime | None = None) -> Iterator[Sequence[Counted]]:
        """Yield every record that carries a key of ours, in pages; see `Destination.census`."""
        return self._census.pages(since)

    def deleted(self, refs: Sequence[str]) -> dict[str, datetime]:
        """Return those of these records that the log of the last 15 days has as deleted; see `Destination.deleted`."""
        return self._census.deleted(refs)

    def put(self, steps: Sequence[Step], intend: Intend = lambda steps: None) -> list[Outcome]:
        """Carry out steps of one kind; see `Destination.put`."""
        of_one_kind(steps, self.kinds, self.title)
        return self._writer.put(steps, intend)

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps if nothing is refused; calls nothing."""
        return self._writer.calls(steps)

    def traffic(self) -> Traffic:
        """Return how often this tenant was called, and may be; a token is not counted."""
        return self._wire.exchange.traffic()

    def link(self, kind: str, ref: str) -> str:
        """Return the address where a person sees this record, or "" if none is known."""
        template = self.settings.links.get(kind, "")
        return template.format(base_url=self._wire.base_url, ref=quote(ref, safe=""))

    def inspect(self, wanted: ExpectedOfPlatform) -> list[Check]:
        """Look at all that the mappings need of this tenant; see `Destination.inspect`."""
        return Inspector(self._wire, self.people).look(wanted)

    def _by_kind(self, steps: Sequence[Step]) -> dict[str, list[Step]]:
        return by_kind(steps, self.kinds, self.title)


def make(instance: Instance, world: World) -> Destination:
    """Return the platform behind a Gainsight instance."""
    settings = instance.read(GainsightInstance)
    return Gainsight(
        instance=instance.name,
        base_url=settings.base_url,
        client=new_client(world.httpx_transport),
        auth=settings.credentials(),
        clock=world.clock,
        budget=world.budget,
        jitter=world.jitter,
        calls_per_minute=settings.calls_per_minute,
        read_only=world.read_only,
        settings=settings.switches(),
        beat=world.beat,
    )


def _stand_in(port: int) -> dict[str, Any]:
    return {**at_base_url(port), "calls_per_minute": SANDBOX_CALLS_PER_MINUTE}


SYSTEM = System(
    name="gainsight",
    kind="platform",
    settings=GainsightInstance,
    make=make,
    port=3,
    objects=OBJECTS,
    custom=CUSTOM,
    title="Gainsight",
    stand_in=_stand_in,
    ids_in=RECORD_ID.findall,
)
