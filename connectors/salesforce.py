"""Salesforce: won deals out, their handoff's status back."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from connectors._http import Route
from connectors._salesforce_census import CENSUS, WHEREABOUTS, Census
from connectors._salesforce_census import Org as CensusOrg
from connectors._salesforce_deals import HISTORY, Deals
from connectors._salesforce_gateway import Gateway
from connectors._salesforce_inspect import ROUTES as INSPECTION
from connectors._salesforce_inspect import Inspector
from connectors._salesforce_instance import SalesforceInstance
from connectors._salesforce_pages import Pages
from connectors._salesforce_records import (
    LONG_ID,
    Facts,
    Row,
    after,
    checked,
    id18,
    ids_in,
    moment,
    opportunity_id,
    soql,
    value_at,
    whole_second,
)
from connectors._salesforce_schema import NOT_SEEN, Schema, readable, schema_of
from connectors._salesforce_work import Work
from connectors._salesforce_write_back import COLLECTION, WRITE_BACK, WriteBack
from connectors._system import System, World
from handoff.counted import CountedDeal, Whereabouts
from handoff.errors import ConfigError, NotAllowed, Transient
from handoff.inspection import Check, ExpectedOfCrm
from handoff.mapping import Mappings
from handoff.model import Left, Outcome, Page, Updated, Window
from handoff.paths import flatten
from handoff.ports import Crm, Destination, Receipt, Traffic
from handoff.settings import Instance

VERSIONS = Route("asking for the server's time", reads=True, repeatable=True)
ORG = Route("asking which org this is", reads=True, repeatable=True)
DESCRIBE = Route("reading which fields opportunities have", reads=True, repeatable=True)
STAGES = Route("reading the stages", reads=True, repeatable=True)
CHANGED = Route("reading won deals", reads=True, repeatable=True)
UPDATED = Route("asking the log of changes", reads=True, repeatable=True)
LEFT = Route("reading deals that are not won", reads=True, repeatable=True)
READ = Route("reading chosen deals", reads=True, repeatable=True)
SEARCH = Route("searching won deals", reads=True, repeatable=True)

ROUTES = (
    *(VERSIONS, ORG, DESCRIBE, STAGES, CHANGED, UPDATED, LEFT, READ, SEARCH, CENSUS, WHEREABOUTS, WRITE_BACK),
    *INSPECTION,
)

LOGGED = timedelta(days=29)
"""The log of changes goes back 30 days by the server's clock, which is a little ahead of any window."""
PORT = 1
"""The place of the stand-in after the port base."""

REQUIRED = (
    *("Id", "Name", "AccountId", "Account.Name", "Amount", "OwnerId", "Owner.Email", "Owner.IsActive"),
    *("IsWon", "CloseDate", "SystemModstamp", "StageName"),
)
IF_THERE = ("CurrencyIsoCode", "LastStageChangeDate")
HISTORY_FIELDS = ("StageName", "CreatedDate")

SEARCHED = "SELECT Id, Name, Account.Name FROM Opportunity"
NOT_WON = "SELECT Id, StageName, IsDeleted, SystemModstamp FROM Opportunity"
WON_STAGES = "SELECT ApiName, MasterLabel FROM OpportunityStage WHERE IsWon = true"
OUR_ORG = "SELECT Id FROM Organization"


@dataclass(frozen=True)
class Wanted:
    """The CRM paths a mapping reads: of the deal (`Account.Industry`), and of each list of child rows."""

    fields: tuple[str, ...]
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Salesforce:
    """
    The won deals of one org.

    Args:
        instance: The CRM's instance name; part of every key.
        gateway: The way to the org.
        wanted: What the mapping reads.
        write_fields: The fields that receipts are written to.
        first_seen: Gives the moment for a deal whose winning Salesforce does not date; its close date may be earlier.
        facts: What we assume where the vendor's documents are silent.
    """

    system = "salesforce"
    receipts_a_call = COLLECTION

    def __init__(
        self,
        *,
        instance: str,
        gateway: Gateway,
        wanted: Wanted,
        write_fields: Sequence[str] = (),
        first_seen: Callable[[], datetime],
        facts: Facts | None = None,
    ) -> None:
        self.instance, self._gateway = instance, gateway
        self._facts = facts or Facts()
        self._pages = Pages(gateway, self._facts)
        paths = (*wanted.fields, *wanted.children, *(path for row in wanted.children.values() for path in row))
        for name in (*paths, *write_fields):
            checked(name)
        self._wanted = wanted
        self._deals = Deals(
            instance,
            self.org,
            lambda: gateway.host,
            self._stages,
            source=flatten(wanted.fields),
            rows={name: flatten(paths) for name, paths in wanted.children.items()},
            first_seen=first_seen,
            dated_by_stage=self._facts.trust_last_stage_change,
        )
        self._write_back = WriteBack(gateway, self._described, tuple(write_fields))
        org = CensusOrg(partial(self._pages.restarting, deleted=True), self._described, self._deals)
        self._census = Census(org, tuple(write_fields))
        self._once = threading.RLock()
        self._schema: Schema | None = None
        self._won_stages: frozenset[str] | None = None
        self._org: str | None = None

    # The port

    def org(self) -> str:
        """Return the 18-character id of the org behind these credentials."""
        with self._once:
            if self._org is None:
                rows = [row for page in self._pages.plain(ORG, OUR_ORG) for row in page]
                if not rows:
                    remedy = "Give the integration user access to the organization's record."
                    raise self._gateway.exchange.error(NotAllowed, ORG, "the org does not tell its id.", remedy)
                self._org = id18(str(rows[0]["Id"]))
            return self._org

    def server_now(self) -> datetime:
        """Return a moment that the server has reached for certain; one call is made each time."""
        # Its own words as they stand: our clock may have been stepped since we compared the two.
        at = self._gateway.date(VERSIONS, "/services/data/")
        if at is None:
            why, remedy = "its answer carries no Date header.", "Check the proxy in between."
            raise self._gateway.exchange.error(Transient, VERSIONS, why, remedy)
        return at.astimezone(UTC)

    def changed(self, window: Window) -> Iterator[Page]:
        """
        Yield every won deal whose record changed inside the window, in the order of stamp and id, none twice.

        Both bounds are cut to whole seconds, because Salesforce compares no finer. Raises `ConfigError` before
        the first page when the mapping reads a field that is not there.
        """
        span = soql(
            "IsWon = true AND SystemModstamp >= {} AND SystemModstamp < {}",
            whole_second(window.lower),
            whole_second(window.upper),
        )
        select = self._select()

        def statement(last: Row | None) -> str:
            rest = " AND " + after(last["SystemModstamp"], last["Id"], self._facts) if last else ""
            return f"{select} WHERE {span}{rest} ORDER BY SystemModstamp, Id"

        self._must_fit(statement(None))
        for rows in self._pages.restarting(CHANGED, statement):
            yield self._deals.page(rows)

    def updated(self, span: Window) -> Updated | None:
        """
        Return what the log of changes says of the span, of its last 29 days where it is longer; see `Crm.updated`.

        None when it may not be asked, and for a span in which no whole second lies. Raises `Rejected` when it names
        more deals than the vendor tells at once, or keeps none.
        """
        end = whole_second(span.upper)
        start = max(whole_second(span.lower), end - LOGGED)
        if not self._facts.second_opinion or start >= end:
            return None
        asked = {"start": start.astimezone(UTC).isoformat(), "end": end.astimezone(UTC).isoformat()}
        told = self._gateway.ask(UPDATED, "GET", "sobjects/Opportunity/updated/", params=asked)
        if not isinstance(told, Mapping) or not isinstance(told.get("ids"), list) or "latestDateCovered" not in told:
            raise self._pages.odd(UPDATED)
        return Updated(frozenset(id18(str(one)) for one in told["ids"]), moment(str(told["latestDateCovered"])))

    def left(self, window: Window) -> Iterator[Sequence[Left]]:
        """Yield the deals that changed inside the window and are not won, or deleted, in pages; see `Crm.left`."""
        lower, upper = whole_second(window.lower), whole_second(window.upper)
        span = soql(
            "(IsWon = false OR IsDeleted = true) AND SystemModstamp >= {} AND SystemModstamp < {}", lower, upper
        )

        def statement(last: Row | None) -> str:
            rest = " AND " + after(last["SystemModstamp"], last["Id"], self._facts) if last else ""
            return f"{NOT_WON} WHERE {span}{rest} ORDER BY SystemModstamp, Id"

        for rows in self._pages.restarting(LEFT, statement, deleted=True):
            yield [self._deals.left(row) for row in rows]

    def read(self, ids: Sequence[str]) -> Page:
        """
        Return these deals as they are now, in the order asked; what is gone or no longer won is simply absent.

        Ids may have 15 or 18 characters; what is no opportunity id raises `ConfigError` before any call.
        """
        asked = list(dict.fromkeys(opportunity_id(one) for one in ids))
        if not asked:
            return Page(())
        select = self._select()

        def statement(chunk: Sequence[str]) -> str:
            return f"{select} WHERE {soql('Id IN {} AND IsWon = true', list(chunk))} ORDER BY SystemModstamp, Id"

        self._must_fit(statement(asked[:1]))
        found: dict[str, Row] = {}
        for chunk in self._pages.chunks(asked, statement):
            text = statement(chunk)
            for rows in self._pages.restarting(READ, lambda _, text=text: text):  # type: ignore[misc]
                found.update({id18(str(row["Id"])): row for row in rows})
        return self._deals.page([found[one] for one in asked if one in found])

    def search(self, text: str, limit: int = 20) -> list[tuple[str, str]]:
        """
        Return (id, "deal, account") of won deals whose account or deal name contains the text, newest first.

        Raises `ConfigError` before any call for an id of 18 characters that is no opportunity's.
        """
        words = text.strip()[:255]
        if not words:
            return []
        if LONG_ID.fullmatch(words):
            opportunity_id(words)
        where = soql("IsWon = true AND (Account.Name LIKE '%{:like}%' OR Name LIKE '%{:like}%')", words, words)
        order = f"ORDER BY CloseDate DESC, Id DESC LIMIT {max(1, min(int(limit), 2_000))}"
        pages = self._pages.plain(SEARCH, SEARCHED + f" WHERE {where} {order}")
        return [(id18(str(row["Id"])), _label(row)) for page in pages for row in page]

    def census(self, window: Window) -> Iterator[Sequence[CountedDeal]]:
        """Yield every deal won inside the window; see `Crm.census`."""
        return self._census.pages(window)

    def whereabouts(self, ids: Sequence[str]) -> dict[str, Whereabouts]:
        """Return where these deals stand now; see `Crm.whereabouts`."""
        return self._census.whereabouts(ids)

    def write_back(self, receipts: Sequence[Receipt]) -> list[Outcome]:
        """Write each receipt to its deal; see `connectors._salesforce_write_back.WriteBack`."""
        return self._write_back.write(receipts)

    def inspect(self, wanted: ExpectedOfCrm) -> list[Check]:
        """Look at all that the mappings need of this org; see `Crm.inspect`."""
        return Inspector(self._gateway, self.org, REQUIRED).look(wanted)

    def work(self, instance: str) -> Work:
        """Return the org's tasks and notes as a destination of this name."""
        return Work(
            instance=instance,
            gateway=self._gateway,
            rows=lambda route, statement, deleted: self._pages.restarting(route, statement, deleted=deleted),
        )

    def traffic(self) -> Traffic:
        """Return how often this org was called, and may be; a log-in is not counted."""
        return self._gateway.exchange.traffic()

    def unwritable(self) -> dict[str, str]:
        """Return which of the write-back's fields cannot be written, and why; empty when all is well."""
        return self._write_back.unwritable()

    # Asking

    def _select(self) -> str:
        """Return SELECT and FROM for whole deals; a mapped field that is not there is a `ConfigError`."""
        schema = self._described()
        paths = [*REQUIRED, *(name for name in IF_THERE if name.lower() in schema.fields), *self._wanted.fields]
        missing = [path for path in paths if not readable(path, schema)]
        missing += [name for name in self._wanted.children if name.lower() not in schema.children]
        if missing:
            raise ConfigError(
                f"The integration user of salesforce {self.instance} does not see what the mapping reads.",
                tuple(f"Opportunity.{name} is missing or hidden. {NOT_SEEN}" for name in missing),
            )
        lists = {name: tuple(fields) for name, fields in self._wanted.children.items()}
        if HISTORY.lower() in schema.children:
            name = next((known for known in lists if known.lower() == HISTORY.lower()), HISTORY)
            lists[name] = (*HISTORY_FIELDS, *lists.get(name, ()))
        selects = [f"({_sub_select(name, fields)})" for name, fields in lists.items()]
        return _select_from("Opportunity", (*_distinct(paths), *selects))

    def _must_fit(self, statement: str) -> None:
        if not self._pages.fits(statement):
            raise ConfigError(
                f"The source mapping of salesforce {self.instance} reads more fields than one call can name "
                f"({len(self._wanted.fields)} fields, {len(self._wanted.children)} lists). Map fewer."
            )

    # What is asked once

    def _described(self) -> Schema:
        with self._once:
            if self._schema is None:
                told = self._gateway.ask(DESCRIBE, "GET", "sobjects/Opportunity/describe")
                if not isinstance(told, Mapping) or "fields" not in told:
                    raise self._pages.odd(DESCRIBE)
                self._schema = schema_of(told)
            return self._schema

    def _stages(self) -> frozenset[str]:
        with self._once:
            if self._won_stages is None:
                rows = [row for page in self._pages.plain(STAGES, WON_STAGES) for row in page]
                self._won_stages = frozenset(str(row[name]) for row in rows for name in ("ApiName", "MasterLabel"))
            return self._won_stages


def _sub_select(name: str, fields: Sequence[str]) -> str:
    order = "CreatedDate, Id" if name.lower() == HISTORY.lower() else "Id"
    return f"{_select_from(name, _distinct(fields or ('Id',)))} ORDER BY {order}"


def _select_from(name: str, fields: Sequence[str]) -> str:
    """Every name was checked against the pattern of an identifier: nothing here can be escaped."""
    return f"SELECT {', '.join(fields)} FROM {name}"  # noqa: S608


def _distinct(names: Sequence[str]) -> list[str]:
    """A field named twice makes Salesforce refuse the statement, in whatever case."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.lower(), name)
    return list(first.values())


def _label(row: Row) -> str:
    account = value_at(row, "Account.Name")
    return f"{row['Name']}, {account}" if account else str(row["Name"])


def make(instance: Instance, mappings: Mappings, world: World) -> Crm:
    """Return the CRM behind a Salesforce instance."""
    settings = instance.read(SalesforceInstance)
    gateway = Gateway(
        instance=instance.name,
        auth=settings.login(),
        clock=world.clock,
        budget=world.budget,
        jitter=world.jitter,
        version=settings.version,
        read_only=world.read_only,
        rewrite_to=f"http://127.0.0.1:{world.port(PORT)}" if world.sandbox else None,
        inner=world.requests_adapter,
        beat=world.beat,
    )
    source = mappings.source
    return Salesforce(
        instance=instance.name,
        gateway=gateway,
        wanted=Wanted(source.paths, source.child_paths),
        write_fields=tuple(source.file.write_back.fields) if source.file.write_back.on_deal else (),
        first_seen=world.clock.now,
        facts=settings.facts(),
    )


def work_in(crm: Salesforce, instance: str, world: World) -> Destination:
    """Return the destination that makes tasks and notes in this org, over the CRM's own way to it."""
    return crm.work(instance)


SYSTEM = System(
    name="salesforce",
    kind="crm",
    settings=SalesforceInstance,
    make=make,
    port=PORT,
    title="Salesforce",
    tells_apart="domain",
    stand_in=lambda _: {"domain": "sandbox.my"},
    work_in=work_in,
    ids_in=ids_in,
)
