"""The handoff's work in HubSpot itself: tasks and notes on the won deal, each with its key at the end of its text."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connectors._http import Route
from connectors._hubspot_records import Records
from connectors._hubspot_schema import DEALS, Portal
from connectors._hubspot_search import Search, changed_since
from connectors._hubspot_values import moment_or_none
from connectors._hubspot_wire import Json, Wire, of_one, rows_in
from connectors._hubspot_words import flaw_in
from connectors._hubspot_work_look import look
from connectors._hubspot_work_records import (
    KINDS,
    MARKER,
    TOLD,
    Kind,
    changed,
    counted,
    created,
    found,
    held,
    keys,
    needs_its_text,
    outcome,
    told_of,
)
from connectors._steps import of_one_kind, record_of
from handoff.batches import batches
from handoff.counted import Counted
from handoff.errors import Ambiguous, NotAllowed, Rejected, Transient
from handoff.inspection import Check, ExpectedOfPlatform
from handoff.model import Customer, Found, Held, Outcome, Result, Step, User
from handoff.ports import Capability, Identity, Intend, Traffic

FIND = Route("looking for tasks and notes of deals", reads=True, repeatable=True)
READ_WORK = Route("reading tasks and notes", reads=True, repeatable=True)
COUNT_WORK = Route("counting tasks and notes", reads=True, repeatable=True)
MAKE = Route("making tasks and notes", reads=False, repeatable=False)
CHANGE = Route("changing tasks and notes", reads=False, repeatable=True)
ROUTES = (FIND, READ_WORK, COUNT_WORK, MAKE, CHANGE)


@dataclass
class _Put:
    """One `put` under way: who is told before a call is sent, and how each step ended."""

    intend: Intend
    done: dict[str, Outcome] = field(default_factory=dict)


class Work:
    """
    The tasks and notes of one portal's won deals, as a destination.

    Args:
        instance: The platform's name in `handoff.toml`.
        now: The moment of a record whose mapping gives none: HubSpot asks for one.
    """

    system = "crm"
    title = "HubSpot"

    def __init__(
        self,
        *,
        instance: str,
        wire: Wire,
        portal: Portal,
        records: Records,
        search: Search,
        now: Callable[[], datetime],
    ) -> None:
        self.instance, self._wire, self._portal, self._records = instance, wire, portal, records
        self._search, self._now, self._zone = search, now, ZoneInfo(wire.zone)
        self._owners: dict[str, User] = {}
        self._asked: set[str] = set()
        sizes, settle = wire.settings, timedelta(seconds=wire.settings.settle_seconds)
        able = Capability(Identity.FINDABLE, sizes.write_size, sizes.deals_a_page, settle)
        self.kinds: Mapping[str, Capability] = dict.fromkeys(KINDS, able)

    def traffic(self) -> Traffic:
        """Return how often this portal was called, and may be."""
        return self._wire.traffic()

    def people(self, emails: Iterable[str]) -> dict[str, User]:
        """
        Return the owners behind these addresses, by lower-case address; unknown ones are absent.

        All owners are read at once, and again only for an address that was not asked for since.
        """
        wanted = {email.strip().lower() for email in emails}
        if wanted - self._asked:
            known = [(one.email.lower(), one) for one in self._portal.owners() if one.email]
            self._owners = {email: User(one.id, email, one.active, one.name or "") for email, one in known}
            self._asked |= wanted | self._owners.keys()
        return {email: self._owners[email] for email in wanted if email in self._owners}

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        """Return nothing: without a platform nobody else knows the account."""
        return {}

    def link(self, kind: str, ref: str) -> str:
        """Return the address where a person sees this record."""
        return self._portal.link(ref).replace("/0-3/", f"/{KINDS[kind].page}/")

    def inspect(self, wanted: ExpectedOfPlatform) -> list[Check]:
        """Look at all that the mappings need of this portal's tasks and notes; see `Destination.inspect`."""
        return look(self._wire, self._portal, self.people, wanted)

    # Looking

    def find(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """Return by step key the records of its deal that carry the key; see `Destination.find`."""
        hits: dict[str, list[Found]] = {}
        for kind, some in _by_kind(steps):
            carrying: dict[str, list[Json]] = {}
            for row in self._rows(FIND, kind, self._tied(kind, [step.deal.id for step in some])).values():
                for key in keys(row, kind):
                    carrying.setdefault(key, []).append(row)
            hits |= {
                step.key: [found(row, step, self._zone) for row in carrying[step.key]]
                for step in some
                if step.key in carrying
            }
        return hits

    def _tied(self, kind: Kind, deals: Sequence[str]) -> list[str]:
        """Return the records of these deals; one that is gone has none, one that was merged has those of its winner."""
        ties = self._records.ties(DEALS, kind.records, deals)
        tied = [tie.id for some in ties.of.values() for tie in some]
        if not ties.failed:
            return tied
        rows = self._records.read(FIND, DEALS, list(ties.failed), ("hs_object_id",))
        winners = {str(row.get("id")) for row in rows.values()}
        if winners & ties.failed.keys():
            # A look-up that failed must not read as "nothing there": it would be made twice.
            raise self._wire.odd(FIND, "it did not tell what belongs to some deals.")
        return tied + (self._tied(kind, sorted(winners)) if winners else [])

    def read(self, steps: Sequence[Step]) -> dict[str, Held]:
        """Return by step key what the records of these steps hold now; one that is gone is absent."""
        known: dict[str, Held] = {}
        for kind, some in _by_kind(steps):
            refs = [(step, record_of(step, self.title)) for step in some]
            rows = self._rows(READ_WORK, kind, [ref for _, ref in refs])
            known |= {step.key: held(rows[ref], step, self._zone) for step, ref in refs if ref in rows}
        return known

    def census(self, since: datetime | None = None) -> Iterator[Sequence[Counted]]:
        """
        Yield every task and note that carries a key of ours, in pages; see `Destination.census`.

        All are listed where they are not too many (`list_work_up_to`); else those are read whose text the index finds
        by the beginning of our keys, which may show one late.
        """
        for name, kind in KINDS.items():
            for rows in self._carrying(kind, since):
                page = [counted(key, name, row) for row in rows for key in keys(row, kind)[-1:]]
                yield [one for one in page if since is None or one.changed_at is None or one.changed_at >= since]

    def _carrying(self, kind: Kind, start: datetime | None) -> Iterator[Sequence[Json]]:
        properties = (kind.body, *TOLD)
        most = self._wire.settings.list_work_up_to
        if most and self._search.page(COUNT_WORK, kind.records, [], 1)[0] <= most:
            yield from self._records.listed(COUNT_WORK, kind.records, properties)
            return
        marked = {"propertyName": kind.body, "operator": "CONTAINS_TOKEN", "value": MARKER}
        for ids in self._search.ids(COUNT_WORK, [[marked, *changed_since(start)]], kind.records):
            yield list(self._records.read(COUNT_WORK, kind.records, ids, properties).values())

    def deleted(self, refs: Sequence[str]) -> dict[str, datetime]:
        """Return those of these records that lie in the recycle bin; see `Destination.deleted`."""
        gone: dict[str, datetime] = {}
        for kind in KINDS.values():
            asked = [one for one in refs if one not in gone]
            rows = self._records.read(READ_WORK, kind.records, asked, (kind.body,), archived=True) if asked else {}
            dated = ((one, moment_or_none(row.get("archivedAt"))) for one, row in rows.items())
            gone |= {one: at for one, at in dated if at is not None}
        return gone

    def _rows(self, route: Route, kind: Kind, ids: Sequence[str]) -> dict[str, Json]:
        rows = self._records.read(route, kind.records, ids, (*kind.properties, *TOLD))
        return {one: row for one, row in rows.items() if str(row.get("id")) == one}

    # Making and changing

    def put(self, steps: Sequence[Step], intend: Intend = lambda steps: None) -> list[Outcome]:
        """Carry out steps of one kind; see `Destination.put`."""
        of_one_kind(steps, self.kinds, self.title)
        going = _Put(intend)
        try:
            for some in self._chunks(steps):
                self._carry_out(some, self._texts(some), going)
        except (NotAllowed, Transient) as error:
            if not going.done and isinstance(error, NotAllowed):
                raise
            for step in steps:
                going.done.setdefault(step.key, Outcome(step.key, Result.WAITING, step.ref, str(error)))
        return [going.done[step.key] for step in steps]

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps if nothing is refused; calls nothing."""
        chunks = list(self._chunks(steps))
        read = [sum(map(needs_its_text, some)) for some in chunks]
        return len(chunks) + sum(-(-count // self._wire.settings.read_size) for count in read)

    def _chunks(self, steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
        for fresh in (True, False):
            yield from batches([step for step in steps if (step.ref is None) is fresh], self._wire.settings.write_size)

    def _texts(self, steps: Sequence[Step]) -> Mapping[str, str]:
        """Return by record the texts of which the steps change a part only."""
        kind, asked = KINDS[steps[0].kind], [record_of(step, self.title) for step in steps if needs_its_text(step)]
        rows = self._rows(READ_WORK, kind, asked) if asked else {}
        return {one: str(told_of(row).get(kind.body) or "") for one, row in rows.items()}

    def _carry_out(self, steps: Sequence[Step], texts: Mapping[str, str], going: _Put) -> None:
        try:
            outcomes = self._send(steps, texts, going.intend)
        except Ambiguous as error:
            outcomes = [Outcome(step.key, Result.UNKNOWN, step.ref, str(error)) for step in steps]
        except Transient as error:
            outcomes = [Outcome(step.key, Result.WAITING, step.ref, str(error)) for step in steps]
        except Rejected as error:
            half = len(steps) // 2
            if half and of_one(error):
                # A refused call applied nothing: halve it until the culprit stands alone.
                self._carry_out(steps[:half], texts, going)
                self._carry_out(steps[half:], texts, going)
                return
            outcomes = [Outcome(step.key, Result.REJECTED, step.ref, error.why) for step in steps]
        going.done |= {one.key: one for one in outcomes}

    def _send(self, steps: Sequence[Step], texts: Mapping[str, str], intend: Intend) -> list[Outcome]:
        fresh, traced = steps[0].ref is None, {f"s{at}": step for at, step in enumerate(steps)}
        now, zone = self._now(), self._zone
        inputs = [
            created(step, trace, zone, now) if fresh else changed(step, trace, zone, texts.get(step.ref or "", ""))
            for trace, step in traced.items()
        ]
        path = self._wire.paths.objects(KINDS[steps[0].kind].records, "batch", "create" if fresh else "update")
        said = self._wire.post(MAKE if fresh else CHANGE, path, {"inputs": inputs}, before=lambda: intend(steps))
        rows, flaws = rows_in(said) or (), [flaw_in(one) for one in said.get("errors") or ()]
        return [outcome(step, trace, rows, flaws) for trace, step in traced.items()]


def _by_kind(steps: Sequence[Step]) -> Iterator[tuple[Kind, list[Step]]]:
    for name, kind in KINDS.items():
        some = [step for step in steps if step.kind == name]
        if some:
            yield kind, some
