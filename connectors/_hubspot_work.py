"""Tasks and notes on a deal, where no platform carries the handoff: each holds its key at the end of its body."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from connectors._http import Route
from connectors._hubspot_records import Records
from connectors._hubspot_schema import DEALS, Portal
from connectors._hubspot_values import moment_or_none, outgoing, parsed
from connectors._hubspot_wire import Json, Refusal, Wire, rows_in
from connectors._hubspot_words import Flaw, flaw_in
from handoff.batches import batches
from handoff.counted import Counted
from handoff.errors import Ambiguous, Rejected, Transient
from handoff.keys import planted
from handoff.model import Found, Held, How, Outcome, Result, Step, User, Value
from handoff.ports import Capability, Identity, Intend

TASK, NOTE = "task", "note"
FIND = Route("looking for tasks and notes of deals", reads=True, repeatable=True)
READ_WORK = Route("reading tasks and notes", reads=True, repeatable=True)
COUNT_WORK = Route("counting tasks and notes", reads=True, repeatable=True)
MAKE = Route("making tasks and notes", reads=False, repeatable=False)
CHANGE = Route("changing tasks and notes", reads=False, repeatable=True)
ROUTES = (FIND, READ_WORK, COUNT_WORK, MAKE, CHANGE)

KEY = re.compile(r"hb:[^\s<>]+")
LONGEST_BODY = 65_536
DAY = 10
"""The characters of a day: what is longer is a moment."""
SILENT = "HubSpot's answer does not say what became of it. It is looked up before it is sent again."


@dataclass(frozen=True)
class Kind:
    """One kind of work: where its records are, what they are called, and by which type they belong to a deal."""

    records: str
    body: str
    label: str
    association: int
    page: str
    fields: Mapping[str, str]
    always: Mapping[str, str]


KINDS: Mapping[str, Kind] = {
    TASK: Kind(
        records="tasks",
        body="hs_task_body",
        label="hs_task_subject",
        association=216,
        page="0-27",
        fields={
            "subject": "hs_task_subject",
            "body": "hs_task_body",
            "due": "hs_timestamp",
            "owner": "hubspot_owner_id",
            "priority": "hs_task_priority",
            "status": "hs_task_status",
            "type": "hs_task_type",
        },
        always={"hs_task_status": "NOT_STARTED", "hs_task_type": "TODO"},
    ),
    NOTE: Kind(
        records="notes",
        body="hs_note_body",
        label="hs_note_body",
        association=214,
        page="0-46",
        fields={"body": "hs_note_body", "at": "hs_timestamp", "owner": "hubspot_owner_id"},
        always={},
    ),
}
"""By kind; a mapping may name a field as it is called here, or by HubSpot's own property."""


class Work:
    """
    Makes and finds tasks and notes in one portal.

    Args:
        now: The moment of a record whose mapping gives none: HubSpot asks for one.
    """

    def __init__(
        self,
        *,
        wire: Wire,
        portal: Portal,
        records: Records,
        now: Callable[[], datetime],
    ) -> None:
        self._wire, self._portal, self._records, self._now = wire, portal, records, now
        sizes, settle = wire.settings, timedelta(seconds=wire.settings.settle_seconds)
        able = Capability(Identity.FINDABLE, sizes.write_size, sizes.deals_a_page, settle)
        self.kinds: Mapping[str, Capability] = dict.fromkeys(KINDS, able)

    def people(self, emails: Iterable[str]) -> dict[str, User]:
        """Return the owners behind these addresses, by lower-case address; unknown ones are absent."""
        wanted = {email.strip().lower() for email in emails}
        owners = self._portal.owners() if wanted else []
        known = [(one.email.lower(), one) for one in owners if one.email]
        return {email: User(one.id, email, one.active, one.name or "") for email, one in known if email in wanted}

    # Looking

    def find(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """Return by step key the records of its deal that carry the key; one that none carries is absent."""
        found: dict[str, list[Found]] = {}
        for name, some in _by_kind(steps):
            kind, deals = KINDS[name], [step.deal.id for step in some]
            ties = self._records.ties(DEALS, kind.records, deals)
            if ties.failed:
                raise self._wire.odd(FIND, "it did not tell what belongs to some deals.")
            ids = [tie.id for held in ties.of.values() for tie in held]
            carrying: dict[str, list[Json]] = {}
            for row in self._rows(FIND, kind, ids, some).values():
                for key in _keys(row, kind):
                    carrying.setdefault(key, []).append(row)
            for step in some:
                hits = [_found(row, step, kind) for row in carrying.get(step.key, ())]
                if hits:
                    found[step.key] = hits
        return found

    def read(self, steps: Sequence[Step]) -> dict[str, Held]:
        """Return by step key what the records of these steps hold now; one that is gone is absent."""
        held: dict[str, Held] = {}
        for name, some in _by_kind(steps):
            kind = KINDS[name]
            rows = self._rows(READ_WORK, kind, [str(step.ref) for step in some if step.ref], some)
            for step in some:
                row = rows.get(str(step.ref))
                if row is not None:
                    held[step.key] = Held(str(step.ref), _holds(row, step, kind), _closed(row), _label(row, kind))
        return held

    def census(self, since: datetime | None = None) -> Iterator[Sequence[Counted]]:
        """Yield every task and note that carries a key of ours, from the list of all; see `Destination.census`."""
        for name, kind in KINDS.items():
            properties = (kind.body, "hs_task_status", "hs_lastmodifieddate", "hs_createdate")
            for rows in self._records.listed(COUNT_WORK, kind.records, properties):
                page = (_counted(key, name, row) for row in rows for key in _keys(row, kind)[-1:])
                yield [one for one in page if since is None or one.changed_at is None or one.changed_at >= since]

    def deleted(self, kind: str, refs: Sequence[str]) -> dict[str, datetime]:
        """Return those of these records that lie in the recycle bin, and since when."""
        rows = self._records.read(READ_WORK, KINDS[kind].records, refs, (KINDS[kind].body,), archived=True)
        dated = ((one, moment_or_none(row.get("archivedAt"))) for one, row in rows.items())
        return {one: at for one, at in dated if at is not None}

    def link(self, kind: str, ref: str) -> str:
        """Return the address where a person sees this record."""
        return self._portal.link(ref).replace("/0-3/", f"/{KINDS[kind].page}/")

    def _rows(self, route: Route, kind: Kind, ids: Sequence[str], steps: Sequence[Step]) -> dict[str, Json]:
        asked = [kind.fields.get(name, name) for step in steps for name in step.payload]
        properties = tuple(dict.fromkeys([kind.body, kind.label, *kind.always, *asked]))
        rows = self._records.read(route, kind.records, ids, properties)
        return {one: row for one, row in rows.items() if str(row.get("id")) == one}

    # Making and changing

    def put(self, steps: Sequence[Step], intend: Intend = lambda steps: None) -> list[Outcome]:
        """Carry out steps of one kind; see `Destination.put`."""
        done: dict[str, Outcome] = {}
        for some in self._chunks(steps):
            done |= self._carry_out(some, intend)
        return [done[step.key] for step in steps]

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps if nothing is refused."""
        return sum(1 for _ in self._chunks(steps))

    def _chunks(self, steps: Sequence[Step]) -> Iterator[list[Step]]:
        for made in (False, True):
            some = [step for step in steps if (step.ref is not None) is made]
            yield from batches(some, self._wire.settings.write_size)

    def _carry_out(self, steps: Sequence[Step], intend: Intend) -> dict[str, Outcome]:
        kind, changes = KINDS[steps[0].kind], steps[0].ref is not None
        inputs = [self._input(step, kind, f"s{at}") for at, step in enumerate(steps)]
        path = self._wire.paths.objects(kind.records, "batch", "update" if changes else "create")
        try:
            said = self._wire.post(CHANGE if changes else MAKE, path, {"inputs": inputs}, before=lambda: intend(steps))
        except Ambiguous as error:
            return {step.key: Outcome(step.key, Result.UNKNOWN, step.ref, str(error)) for step in steps}
        except Transient as error:
            return {step.key: Outcome(step.key, Result.WAITING, step.ref, str(error)) for step in steps}
        except Rejected as error:
            half = len(steps) // 2
            if half and isinstance(error, Refusal) and error.status == 400:
                # A refused call applied nothing: halve it until the culprit stands alone.
                return self._carry_out(steps[:half], intend) | self._carry_out(steps[half:], intend)
            return {step.key: Outcome(step.key, Result.REJECTED, step.ref, error.why) for step in steps}
        rows, flaws = rows_in(said) or (), [flaw_in(one) for one in said.get("errors") or ()]
        return {step.key: _end(step, f"s{at}", rows, flaws, kind) for at, step in enumerate(steps)}

    def _input(self, step: Step, kind: Kind, trace: str) -> Json:
        told = {kind.fields.get(name, name): _sent(value) for name, value in step.payload.items()}
        if kind.body in told or step.ref is None:
            told[kind.body] = _with_key(told.get(kind.body, ""), step.key)
        if step.ref is not None:
            return {"id": step.ref, "properties": told, "objectWriteTraceId": trace}
        always = {"hs_timestamp": _sent(self._now()), **kind.always}
        types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind.association}]
        return {
            "properties": always | {name: value for name, value in told.items() if value},
            "associations": [{"to": {"id": step.deal.id}, "types": types}],
            "objectWriteTraceId": trace,
        }


def _by_kind(steps: Sequence[Step]) -> Iterator[tuple[str, list[Step]]]:
    for name in KINDS:
        some = [step for step in steps if step.kind == name]
        if some:
            yield name, some


def _end(step: Step, trace: str, rows: Sequence[Json], flaws: Sequence[Flaw], kind: Kind) -> Outcome:
    """Return how a step ended: by its trace, its id, or the key that its record carries; never by its place."""
    for row in rows:
        if step.ref is not None and str(row.get("id")) == step.ref:
            return Outcome(step.key, Result.UPDATED, step.ref)
        ours = row.get("objectWriteTraceId") == trace or step.key in _keys(row, kind)
        if step.ref is None and ours and row.get("id"):
            return Outcome(step.key, Result.CREATED, str(row["id"]))
    for flaw in flaws:
        if trace in flaw.traces or (step.ref is not None and step.ref in flaw.ids):
            return Outcome(step.key, Result.REJECTED, step.ref, flaw.words())
    return Outcome(step.key, Result.UNKNOWN, step.ref, SILENT)


def _keys(row: Json, kind: Kind) -> list[str]:
    """Return the keys of ours that a record's body carries."""
    body = str((row.get("properties") or {}).get(kind.body) or "")
    return [one for one in KEY.findall(body) if planted(one) is not None]


def _with_key(body: str, key: str) -> str:
    mark = f"<p>{key}</p>"
    return f"{body[: LONGEST_BODY - len(mark)]}{mark}"


def _without_key(body: str, key: str) -> str:
    return body.removesuffix(f"<p>{key}</p>").strip()


def _sent(value: Value) -> str:
    """HubSpot's tasks have moments only: a day is its midnight in UTC."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return outgoing(datetime.combine(value, time(), UTC), "datetime")
    return outgoing(value, "datetime")


def _found(row: Json, step: Step, kind: Kind) -> Found:
    return Found(str(row["id"]), How.KEY, _label(row, kind), holds=_holds(row, step, kind), closed=_closed(row))


def _holds(row: Json, step: Step, kind: Kind) -> dict[str, Value]:
    """Return what a record holds of the step's payload, each of the type of the payload's value."""
    told = row.get("properties") or {}
    return {name: _held(told.get(kind.fields.get(name, name)), value, step.key) for name, value in step.payload.items()}


def _held(raw: object, like: Value, key: str) -> Value:
    if raw is None or raw == "":
        return None
    at = moment_or_none(raw)
    if isinstance(like, datetime):
        return at
    if isinstance(like, date):
        return at.date() if at else None
    return _without_key(raw, key) if isinstance(raw, str) else parsed("", "string", raw)


def _closed(row: Json) -> bool:
    return str((row.get("properties") or {}).get("hs_task_status")) == "COMPLETED"


def _label(row: Json, kind: Kind) -> str:
    return str((row.get("properties") or {}).get(kind.label) or "") if kind.label != kind.body else ""


def _counted(key: str, name: str, row: Json) -> Counted:
    told = row.get("properties") or {}
    made = moment_or_none(told.get("hs_createdate")) or moment_or_none(row.get("createdAt"))
    changed = moment_or_none(told.get("hs_lastmodifieddate")) or moment_or_none(row.get("updatedAt"))
    said = planted(key)
    return Counted(key, name, str(row["id"]), said.ref.id if said else "", _closed(row), made, changed)
