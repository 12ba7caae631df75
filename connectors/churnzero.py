"""ChurnZero as a destination: attributes of accounts and contacts, and events, which set off the plays of an admin."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from connectors._churnzero_inspect import Inspector
from connectors._churnzero_instance import ChurnZeroInstance
from connectors._churnzero_objects import OBJECTS
from connectors._churnzero_people import People
from connectors._churnzero_records import Records
from connectors._churnzero_settings import ACCOUNT, CONTACT, EVENT, Addresses, ChurnZeroSettings
from connectors._churnzero_values import account_in
from connectors._churnzero_wire import Wire
from connectors._churnzero_write import Writer
from connectors._http import CALL_TIMEOUT_SECONDS
from connectors._steps import by_kind, of_one_kind, record_of
from connectors._system import System, World
from handoff.counted import Counted
from handoff.inspection import Check, ExpectedOfPlatform
from handoff.model import Customer, Found, Held, Outcome, Step, User
from handoff.ports import Budget, Capability, Clock, Destination, Identity, Intend, Traffic
from handoff.settings import Instance

__all__ = ["SYSTEM", "Addresses", "ChurnZero", "ChurnZeroSettings", "new_client"]


def new_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return a client fit for ChurnZero: the keys follow no redirect and no proxy setting of the machine."""
    return httpx.Client(timeout=CALL_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, transport=transport)


class ChurnZero:
    """
    One ChurnZero tenant; may be shared by threads.

    Args:
        instance: The platform's name in `handoff.toml`.
        addresses: Where the tenant is reached; without one to read from, nothing is found, counted or read back.
        app_key: The application key of the HTTP API.
        reader: The user and the key of the REST API, where that is used.
        client: Sends the calls; see `new_client`.
        clock: The business clock.
        budget: The calls left, shared by all workers.
        jitter: Gives a number from 0 to 1.
        calls_per_minute: Our share of the HTTP API's calls.
        read_only: Refuse every call that could change something.
        settings: Sizes and switches.
        beat: Told before each call that the run is alive.
    """

    system = "churnzero"
    title = "ChurnZero"

    def __init__(
        self,
        *,
        instance: str,
        addresses: Addresses,
        app_key: str,
        reader: tuple[str, str] = ("", ""),
        client: httpx.Client,
        clock: Clock,
        budget: Budget,
        jitter: Callable[[], float],
        calls_per_minute: int = 60,
        read_only: bool = False,
        settings: ChurnZeroSettings | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.instance = instance
        self.settings = settings or ChurnZeroSettings()
        self._wire = Wire(
            instance=instance,
            addresses=addresses,
            app_key=app_key,
            reader=reader,
            client=client,
            clock=clock,
            budget=budget,
            jitter=jitter,
            calls_per_minute=calls_per_minute,
            read_only=read_only,
            settings=self.settings,
            beat=beat,
        )
        self._people = People(self._wire, clock)
        self._records = Records(self._wire, self._people)
        self._writer = Writer(self._wire, self._records)
        self.kinds: Mapping[str, Capability] = _kinds(self.settings, verifies=self._wire.verifies)

    def people(self, emails: Iterable[str]) -> dict[str, User]:
        """
        Return the users behind these e-mail addresses, by lower-case address; a user's id is the user name.

        Where nothing can be read everybody is taken for an active user whose name is the address.
        """
        return self._people.by_address(emails)

    def find(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """Return by step key the records that are there already, none where nothing can be read."""
        found: dict[str, list[Found]] = {}
        for kind, some in self._by_kind(steps).items():
            found |= self._records.find(kind, some)
        return found

    def read(self, steps: Sequence[Step]) -> dict[str, Held]:
        """
        Return by step key what the records of these steps hold now; see `Destination.read`.

        Where nothing can be read each counts as there, and none of its fields as known: what is not known is not
        written over.
        """
        for step in steps:
            record_of(step, self.title)
        held: dict[str, Held] = {}
        for kind, some in self._by_kind(steps).items():
            held |= self._records.read(kind, some)
        return held

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        """Return what ChurnZero knows of these accounts of the CRM, nothing where nothing can be read."""
        return self._records.customers(accounts)

    def census(self, since: datetime | None = None) -> Iterator[Sequence[Counted]]:
        """
        Yield every record that carries a key of ours, in pages; see `Destination.census`.

        Raises:
            ConfigError: Nothing can be read; an empty count would say that all is lost.
        """
        return self._records.census()

    def deleted(self, refs: Sequence[str]) -> dict[str, datetime]:
        """Return nothing: ChurnZero tells of no deletion."""
        return {}

    def put(self, steps: Sequence[Step], intend: Intend = lambda steps: None) -> list[Outcome]:
        """
        Carry out steps of one kind; see `Destination.put`.

        ChurnZero answers alike whatever became of an action, so what is created or updated here was accepted, no more.
        """
        of_one_kind(steps, self.kinds, self.title)
        return self._writer.put(steps, intend)

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps if nothing is refused; calls nothing."""
        return self._writer.calls(steps)

    def traffic(self) -> Traffic:
        """Return how often this tenant was called, and may be; the HTTP API's limit is the one that binds."""
        push, pull = self._wire.exchange.traffic(), self._wire.pull_exchange.traffic()
        return Traffic(push.system, push.calls + pull.calls, push.limits)

    def link(self, kind: str, ref: str) -> str:
        """Return the address of the page of a record's account, or "" if none is known."""
        return self.settings.account_link.format(account=account_in(ref))

    def inspect(self, wanted: ExpectedOfPlatform) -> list[Check]:
        """Look at all that the mappings need of this tenant; see `Destination.inspect`."""
        return Inspector(self._wire, self.people).look(wanted)

    def _by_kind(self, steps: Sequence[Step]) -> dict[str, list[Step]]:
        return by_kind(steps, self.kinds, self.title)


def _kinds(settings: ChurnZeroSettings, *, verifies: bool) -> dict[str, Capability]:
    """
    Accounts and contacts may be there without us; they are looked at where that can be.

    ChurnZero drops an event that is there already, known by account, contact, moment and description. Where events can
    be looked up we rather look: a deal may have changed in between, and its event would be another one.
    """
    several = settings.account_lookup == "filter"
    of_accounts = settings.accounts_per_lookup if several else 1
    of_contacts = 1 if settings.account_filter else settings.list_size
    natural, findable, settle = Identity.NATURAL, Identity.FINDABLE, settings.settle
    return {
        ACCOUNT: Capability(natural, settings.list_size, of_accounts, settle, looks_first=verifies, marks=True),
        CONTACT: Capability(natural, settings.list_size, of_contacts, settle, looks_first=verifies, marks=True),
        EVENT: Capability(findable if verifies else natural, settings.list_size, 1, settle, looks_first=False),
    }


def make(instance: Instance, world: World) -> Destination:
    """Return the platform behind a ChurnZero instance."""
    settings = instance.read(ChurnZeroInstance)
    return ChurnZero(
        instance=instance.name,
        addresses=settings.addresses(),
        app_key=settings.app_key.get_secret_value(),
        reader=settings.reader(),
        client=new_client(world.httpx_transport),
        clock=world.clock,
        budget=world.budget,
        jitter=world.jitter,
        calls_per_minute=settings.calls_per_minute,
        read_only=world.read_only,
        settings=settings.switches(),
        beat=world.beat,
    )


def _stand_in(port: int) -> dict[str, Any]:
    here = f"http://127.0.0.1:{port}"
    return {"tenant": "sandbox", "push_url": here, "pull_url": here, "verify": True}


SYSTEM = System(
    name="churnzero",
    kind="platform",
    settings=ChurnZeroInstance,
    make=make,
    port=5,
    objects=OBJECTS,
    title="ChurnZero",
    tells_apart="tenant",
    stand_in=_stand_in,
)
