"""HubSpot: won deals out, their handoff's status back."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain

import httpx

from connectors._http import CALL_TIMEOUT_SECONDS, Route
from connectors._hubspot_census import BIN, CENSUS, WHEREABOUTS, Census
from connectors._hubspot_deals import OF_THE_DEAL, REQUIRED, WON, Deals
from connectors._hubspot_inspect import ROUTES as INSPECTION
from connectors._hubspot_inspect import Inspector
from connectors._hubspot_instance import HubSpotInstance
from connectors._hubspot_mapped import STAGE, Mapped, Wanted
from connectors._hubspot_paths import ACCOUNT
from connectors._hubspot_records import ASSOCIATED, Records
from connectors._hubspot_schema import COMPANIES, DEALS, DETAILS, OWNERS, PIPELINES, PROPERTIES, Portal
from connectors._hubspot_search import NOT_WON, Search, within
from connectors._hubspot_search import WON as IS_WON
from connectors._hubspot_values import moment_or_none
from connectors._hubspot_wire import Json, Wire
from connectors._hubspot_work import ROUTES as OF_WORK
from connectors._hubspot_work import Work
from connectors._hubspot_write_back import READ_BACK, WRITE_BACK, WriteBack
from connectors._system import System, World, at_base_url
from handoff.batches import batches
from handoff.counted import CountedDeal, Whereabouts
from handoff.errors import ConfigError, Transient
from handoff.inspection import Check, ExpectedOfCrm
from handoff.mapping import Mappings
from handoff.model import Left, Outcome, Page, Updated, Window
from handoff.ports import Crm, Destination, Receipt, Traffic
from handoff.settings import Instance

CHANGED = Route("searching won deals", reads=True, repeatable=True)
BEHIND = Route("searching won deals once more", reads=True, repeatable=True)
READ = Route("reading chosen deals", reads=True, repeatable=True)
LEFT = Route("reading deals that are not won", reads=True, repeatable=True)
SEARCH = Route("searching deals by name", reads=True, repeatable=True)

ROUTES = (
    *(CHANGED, BEHIND, READ, LEFT, SEARCH, OF_THE_DEAL, ASSOCIATED),
    *(DETAILS, PROPERTIES, PIPELINES, OWNERS, CENSUS, BIN, WHEREABOUTS, WRITE_BACK, READ_BACK),
    *INSPECTION,
    *OF_WORK,
)

PORT = 2
"""The place of the stand-in after the sandbox's port base."""

ADDRESS = re.compile(r"/(?:record/0-3|deal)/(\d+)")
WORD = re.compile(r"\w+")
LONGEST_WORDS = 200
MOST_WORDS = 3
MOST_FOUND = 100


class HubSpot:
    """
    The won deals of one portal.

    Args:
        instance: The CRM's instance name; part of every key.
        wire: The way to the portal.
        wanted: What the mapping reads.
        write_fields: The properties that receipts are written to.
        first_seen: Gives the moment for a deal whose winning HubSpot does not date; its close date may be earlier.
    """

    system = "hubspot"

    def __init__(
        self,
        *,
        instance: str,
        wire: Wire,
        wanted: Wanted,
        write_fields: Sequence[str] = (),
        first_seen: Callable[[], datetime],
    ) -> None:
        self.instance, self._wire, self._settings = instance, wire, wire.settings
        self._now = first_seen
        self.receipts_a_call = wire.settings.write_size
        self._portal, self._records = Portal(wire), Records(wire)
        self._search = Search(wire, repeats=wire.settings.repeat_searches)
        self._deals = Deals(
            instance=instance,
            portal=self._portal,
            records=self._records,
            mapped=Mapped(wanted),
            first_seen=first_seen,
            settings=wire.settings,
        )
        self._census = Census(portal=self._portal, records=self._records, deals=self._deals, told=write_fields)
        self._write_back = WriteBack(wire=wire, portal=self._portal, records=self._records, fields=write_fields)

    def org(self) -> str:
        """Return the id of the portal behind these credentials."""
        return self._portal.org()

    def server_now(self) -> datetime:
        """Return a moment that the server has reached for certain; one call is made each time."""
        details, at = self._wire.date(DETAILS, ACCOUNT)
        self._portal.told(details)
        if at is None:
            why = "its answers carry no time."
            raise self._wire.exchange.error(Transient, DETAILS, why, "Check that the proxy in between passes `Date`.")
        return at

    def changed(self, window: Window) -> Iterator[Page]:
        """
        Yield every won deal whose record changed inside the window, in pages; see `Crm.changed`.

        A second reader then goes through the same span one hour earlier: what surfaced late in the index comes with
        it, though it changed outside the window.
        """
        for pages in (self._read_window(CHANGED, window), *self._second_reader(window)):
            yield from pages

    def _second_reader(self, window: Window) -> Iterator[Iterator[Page]]:
        behind = self._settings.behind
        # A window of twice the length was read over what is late by itself: it is a sweep, or a first pass.
        if behind and window.upper - window.lower < 2 * behind:
            earlier = Window(window.lower - behind, min(window.upper - behind, window.lower))
            yield self._read_window(BEHIND, earlier)

    def _read_window(self, route: Route, window: Window) -> Iterator[Page]:
        found = self._search.ids(route, [[IS_WON, *within(window)]])
        for ids in batches(chain.from_iterable(found), self._settings.deals_a_page):
            yield self._deals.page(route, ids)

    def updated(self, span: Window) -> Updated | None:
        """Return None: HubSpot keeps no log of changes that could be asked."""
        return None

    def left(self, window: Window) -> Iterator[Sequence[Left]]:
        """Yield the deals that changed inside the window and are not won, or were deleted; see `Crm.left`."""
        told: set[str] = set()
        found = self._search.ids(LEFT, [[one, *within(window)] for one in NOT_WON])
        for ids in batches(chain.from_iterable(found), self._settings.deals_a_page):
            rows = self._records.read(LEFT, DEALS, ids, (STAGE, WON))
            left = [self._left(one, rows[one]) for one in ids if self._is_left(one, rows.get(one))]
            told.update(one.ref.id for one in left)
            yield left
        for binned in self._census.binned(window) if self._settings.look_in_the_bin else ():
            yield [one for one in binned if one.ref.id not in told]

    def _is_left(self, record: str, row: Json | None) -> bool:
        return row is not None and str(row.get("id")) == record and not self._deals.won(row)

    def _left(self, record: str, row: Json) -> Left:
        stage = str((row.get("properties") or {}).get(STAGE) or "")
        return Left(self._deals.ref(record), self._portal.stages().label(stage) or "")

    def read(self, ids: Sequence[str]) -> Page:
        """
        Return these deals as they are now, in the order asked; what is gone, merged away or no longer won is absent.

        What is no deal's id raises `ConfigError` before any call.
        """
        asked = list(dict.fromkeys(deal_id(one) for one in ids))
        return self._deals.page(READ, asked) if asked else Page(())

    def search(self, text: str, limit: int = 20) -> list[tuple[str, str]]:
        """
        Return (id, "deal, company") of won deals whose company or deal name contains the text, newest first.

        An id, or the address of a deal in HubSpot, finds that deal.
        """
        words = text.strip()[:LONGEST_WORDS]
        if named := ids_in(words):
            known = self._named(named[:1], "", limit)
            if known or not words.isdecimal():
                return known
        if not WORD.search(words):
            return []
        called = self._search.page(SEARCH, DEALS, [[IS_WON, *_tokens("dealname", words)]], MOST_FOUND, newest=True)[1]
        companies = self._search.page(SEARCH, COMPANIES, [_tokens("name", words)], MOST_FOUND, newest=True)[1]
        ties = self._records.ties(COMPANIES, DEALS, companies).of if companies else {}
        theirs = [tie.id for some in ties.values() for tie in some]
        return self._named(list(dict.fromkeys([*called, *theirs])), words.casefold(), limit)

    def _named(self, ids: Sequence[str], words: str, limit: int) -> list[tuple[str, str]]:
        rows = self._records.read(SEARCH, DEALS, ids, (*REQUIRED, "createdate"))
        won = [one for one in ids if one in rows and str(rows[one].get("id")) == one and self._deals.won(rows[one])]
        accounts = self._deals.accounts(won) if won else {}
        found: list[tuple[str, str, str]] = []
        for one in won:
            deal, company = _name(rows[one], "dealname"), _name(accounts.get(one), "name")
            if words in deal.casefold() or words in company.casefold():
                closed = moment_or_none(rows[one]["properties"].get("closedate"))
                found.append((closed.isoformat() if closed else "", one, f"{deal}, {company}" if company else deal))
        newest = sorted(found, key=lambda each: (each[0], int(each[1])), reverse=True)
        return [(one, label) for _, one, label in newest[: max(1, limit)]]

    def census(self, window: Window) -> Iterator[Sequence[CountedDeal]]:
        """Yield every deal won inside the window; see `Crm.census`."""
        return self._census.pages(window)

    def whereabouts(self, ids: Sequence[str]) -> dict[str, Whereabouts]:
        """Return where these deals stand now; see `Crm.whereabouts`."""
        return self._census.whereabouts(ids)

    def write_back(self, receipts: Sequence[Receipt]) -> list[Outcome]:
        """Write each receipt to its deal; see `connectors._hubspot_write_back.WriteBack`."""
        return self._write_back.write(receipts)

    def work(self, instance: str) -> Work:
        """Return the portal's tasks and notes as a destination of this name."""
        return Work(
            instance=instance,
            wire=self._wire,
            portal=self._portal,
            records=self._records,
            search=self._search,
            now=self._now,
        )

    def inspect(self, wanted: ExpectedOfCrm) -> list[Check]:
        """Look at all that the mappings need of this portal; see `Crm.inspect`."""
        return Inspector(self._wire, self._portal, self._search, self._deals.mapped).look(wanted)

    def traffic(self) -> Traffic:
        """Return how often this portal was called, searches among it, and may be."""
        return self._wire.traffic()

    def unwritable(self) -> dict[str, str]:
        """Return which of the write-back's properties cannot be written, and why; empty when all is well."""
        return self._write_back.unwritable()


def way_to(instance: Instance, world: World) -> Wire:
    """Return the way to the portal of an instance."""
    settings = instance.read(HubSpotInstance)
    client = httpx.Client(
        timeout=CALL_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, transport=world.httpx_transport
    )
    return Wire(
        instance=instance.name,
        base_url=settings.base_url,
        client=client,
        auth=settings.credentials(),
        clock=world.clock,
        budget=world.budget,
        jitter=world.jitter,
        version=settings.version,
        settings=settings.switches(),
        searches_per_second=settings.searches_per_second,
        calls_per_ten_seconds=settings.calls_per_ten_seconds,
        calls_per_day=settings.calls_per_day,
        zone=settings.time_zone,
        read_only=world.read_only,
        beat=world.beat,
    )


def make(instance: Instance, mappings: Mappings, world: World) -> Crm:
    """Return the CRM behind a HubSpot instance."""
    source = mappings.source
    return HubSpot(
        instance=instance.name,
        wire=way_to(instance, world),
        wanted=Wanted(source.paths, source.child_paths),
        write_fields=tuple(source.file.write_back.fields) if source.file.write_back.on_deal else (),
        first_seen=world.clock.now,
    )


def work_in(crm: HubSpot, instance: str, world: World) -> Destination:
    """Return the destination that makes tasks and notes in this portal, over the CRM's own way to it."""
    return crm.work(instance)


def ids_in(words: str) -> list[str]:
    """Return the ids of the deals whose addresses are among the words; or the id that the words are."""
    return ADDRESS.findall(words) or ([words] if words.isdecimal() and words.isascii() else [])


SYSTEM = System(
    name="hubspot",
    kind="crm",
    settings=HubSpotInstance,
    make=make,
    port=PORT,
    title="HubSpot",
    stand_in=lambda port: {**at_base_url(port), "time_zone": "US/Eastern"},
    work_in=work_in,
    ids_in=ids_in,
)


def deal_id(text: str) -> str:
    """Return a deal's id; raises `ConfigError` for what cannot be one."""
    if text.isdecimal() and text.isascii():
        return text
    raise ConfigError(f"{text!r} is no id of a HubSpot deal: those are digits. Copy it from the deal's address.")


def _tokens(name: str, words: str) -> list[dict[str, str]]:
    tokens = WORD.findall(words)[:MOST_WORDS]
    return [{"propertyName": name, "operator": "CONTAINS_TOKEN", "value": f"*{one}*"} for one in tokens]


def _name(row: Json | None, name: str) -> str:
    return str((row.get("properties") or {}).get(name) or "") if row else ""
