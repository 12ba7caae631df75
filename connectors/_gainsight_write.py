"""Writing to Gainsight: one call for many steps, and every step's own end read from the answer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from connectors._gainsight_find import Finder
from connectors._gainsight_settings import COMPANY, KEY_FIELD, PLAN, TIMELINE
from connectors._gainsight_wire import (
    INSERT_COMPANY,
    MAKE_ACTIVITY,
    MAKE_CTA,
    MAKE_PLAN,
    UPDATE_ACTIVITY,
    UPDATE_COMPANY,
    UPDATE_CTA,
    UPDATE_PLAN,
    Json,
    Wire,
)
from connectors._gainsight_words import Flaw, Refusal, failure_in_words, fields_of, owner_of, says_duplicate
from handoff.batches import batches
from handoff.errors import Ambiguous, NotAllowed, Rejected, ServiceError, Transient
from handoff.model import Outcome, Result, Step
from handoff.ports import Intend

_CTA_PATH, _PLAN_PATH, _ACTIVITY_PATH = "/v2/cockpit/cta", "/v2/successPlan", "/v1/ant/es/activity"
_NOT_NAMED = "Gainsight's answer does not say what became of it. It is looked up before it is sent again."
_SAME_FOR_ALL = "GSOBJ_1012"  # a value that a picklist does not have is wrong in every record that holds it
_EMPTY = "GSOBJ_1007"


@dataclass(frozen=True)
class _Put:
    """One `put` under way: what each step says, how it ended, and who is told before a call is sent."""

    sent: Mapping[str, Json]
    intend: Intend
    done: dict[str, Outcome] = field(default_factory=dict)


Call = Callable[..., Json]


class Writer:
    """Carries out steps of one kind; each outcome goes into `done` as soon as it is known."""

    def __init__(self, wire: Wire, finder: Finder) -> None:
        self._wire, self._finder, self._settings = wire, finder, wire.settings

    def put(self, steps: Sequence[Step], intend: Intend) -> list[Outcome]:
        """Return one outcome a step, in order; raises `NotAllowed` only while nothing has been carried out."""
        sent = self._fields(steps)  # a bug shows before anything is sent
        idle = [step for step in steps if _says_nothing(step, sent)]
        done = {step.key: Outcome(step.key, Result.UNCHANGED, step.ref) for step in idle}
        going = _Put(sent, intend, done)
        try:
            for chunk in self._chunks(steps, sent):
                self._carry_out(chunk, going)
        except NotAllowed as error:
            if len(done) == len(idle):
                raise
            for step in steps:
                done.setdefault(step.key, Outcome(step.key, Result.WAITING, step.ref, _reason(error)))
        return [done[step.key] for step in steps]

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps if nothing is refused; calls nothing."""
        return sum(1 for _ in self._chunks(steps, self._fields(steps)))

    def _fields(self, steps: Sequence[Step]) -> dict[str, Json]:
        return {step.key: fields_of(step, self._settings) for step in steps}

    def _chunks(self, steps: Sequence[Step], sent: Mapping[str, Json]) -> Iterator[list[Step]]:
        """Yield the steps that say something, together in one call those that can be."""
        for group in _alike([step for step in steps if not _says_nothing(step, sent)], sent):
            yield from batches(group, self._settings.sizes[group[0].kind])

    def _carry_out(self, steps: Sequence[Step], going: _Put) -> None:
        try:
            outcomes = self._send(steps, going)
        except Ambiguous as error:
            outcomes = [Outcome(step.key, Result.UNKNOWN, step.ref, _reason(error)) for step in steps]
        except Transient as error:
            outcomes = [Outcome(step.key, Result.WAITING, step.ref, _reason(error)) for step in steps]
        except Rejected as error:
            if len(steps) > 1:
                self._apart(steps, going, error)
                return
            outcomes = [_refused(step, _reason(error)) for step in steps]
        going.done.update((outcome.key, outcome) for outcome in outcomes)

    def _apart(self, steps: Sequence[Step], going: _Put, error: Rejected) -> None:
        """Send the steps of a refused call again in smaller calls, so that the bad record stands alone."""
        sent, done = going.sent, going.done
        if steps[0].ref is None and steps[0].kind != TIMELINE:
            # A refused call applied nothing, as far as is known. A look is cheaper than a double.
            self._already_made(steps, done)
            steps = [step for step in steps if step.key not in done]
        flaws = error.flaws if isinstance(error, Refusal) else ()
        hopeless = [step for step in steps if _holds(_record(step, sent), _SAME_FOR_ALL, flaws)]
        done |= {step.key: _refused(step, _reason(error)) for step in hopeless}
        suspects = [step for step in steps if step.key not in done and _suspect(_record(step, sent), flaws)]
        rest = [step for step in steps if step.key not in done and step not in suspects]
        parts = [rest, suspects] if hopeless or (suspects and rest) else _halves(steps)
        for part in parts:
            if part:
                self._carry_out(part, going)

    def _already_made(self, steps: Sequence[Step], done: dict[str, Outcome]) -> None:
        try:
            found = self._finder.by_key(steps[0].kind, _bare(steps))
        except NotAllowed:
            raise
        except ServiceError as error:
            done |= {step.key: Outcome(step.key, Result.UNKNOWN, None, _reason(error)) for step in steps}
            return
        for key, hits in found.items():
            done[key] = Outcome(key, Result.CREATED, hits[0].ref)
            if len(hits) > 1:
                done[key] = Outcome(key, Result.UNKNOWN, None, "More than one record in Gainsight carries its key.")

    def _send(self, steps: Sequence[Step], going: _Put) -> list[Outcome]:
        kind, fresh, sent = steps[0].kind, steps[0].ref is None, going.sent
        call = partial(self._wire.call, before=lambda: going.intend(steps))
        if kind == COMPANY:
            return self._insert(call, steps, sent) if fresh else self._update(call, steps, sent)
        if kind == TIMELINE:
            return self._activities(call, steps, sent, fresh)
        return self._cockpit(call, steps, sent, fresh)

    def _insert(self, call: Call, steps: Sequence[Step], sent: Mapping[str, Json]) -> list[Outcome]:
        path = f"/v1/data/objects/{self._settings.company_object}"
        records = [{**sent[step.key], **_identity(step)} for step in steps]
        body = call(INSERT_COMPANY, "POST", path, {"records": records, "lookups": {}})
        rows = _rows(body)
        # The answer pairs with the request by place alone, so a single row too few or too many spoils them all.
        whole = len(rows) == len(steps) and not _data(body).get("errors") and all(_text(row, "Gsid") for row in rows)
        if not whole:
            return [Outcome(step.key, Result.UNKNOWN, None, _NOT_NAMED) for step in steps]
        return [Outcome(step.key, Result.CREATED, row["Gsid"]) for step, row in zip(steps, rows, strict=True)]

    def _update(self, call: Call, steps: Sequence[Step], sent: Mapping[str, Json]) -> list[Outcome]:
        path = f"/v1/data/objects/{self._settings.company_object}"
        records = [{**sent[step.key], **_identity(step)} for step in steps]
        body = call(UPDATE_COMPANY, "PUT", path, {"records": records}, {"keys": "Gsid"})
        written = {_text(row, "Gsid") for row in _rows(body)}
        counted = _data(body).get("count") == len(steps) and not _data(body).get("errors")
        return [
            Outcome(step.key, _result(step), step.ref)
            if step.ref in written or (not written and counted)
            else Outcome(step.key, Result.UNKNOWN, step.ref, _NOT_NAMED)
            for step in steps
        ]

    def _cockpit(self, call: Call, steps: Sequence[Step], sent: Mapping[str, Json], fresh: bool) -> list[Outcome]:
        plan = steps[0].kind == PLAN
        make, change = (MAKE_PLAN, UPDATE_PLAN) if plan else (MAKE_CTA, UPDATE_CTA)
        references = {str(place): step for place, step in enumerate(steps, start=1)}
        requests = [
            {"record": {"referenceId": reference, **sent[step.key], **_identity(step)}}
            for reference, step in references.items()
        ]
        query = {"withObjectives": "true"} if any(sent[step.key].get("Objectives") for step in steps) else None
        body = call(
            make if fresh else change,
            "POST" if fresh else "PUT",
            _PLAN_PATH if plan else _CTA_PATH,
            {"requests": requests, "lookups": {}},
            query,
        )
        made, failed = _merged(_data(body).get("success")), _merged(_data(body).get("failure"))
        return [
            self._outcome(step, made.get(reference), failed.get(reference), sent)
            for reference, step in references.items()
        ]

    def _activities(self, call: Call, steps: Sequence[Step], sent: Mapping[str, Json], fresh: bool) -> list[Outcome]:
        records = [{"ExternalId": step.key, **sent[step.key]} for step in steps]
        author = {
            "fields": {"Author": "Email"},
            "lookupField": "Gsid",
            "objectName": self._settings.user_object,
            "multiMatchOption": "FIRSTMATCH",
            "onNoMatch": "ERROR",
        }
        lookups = {"AuthorId": author} if any("Author" in record for record in records) else {}
        route, method, query = MAKE_ACTIVITY, "POST", None
        if not fresh:
            route, method, query = UPDATE_ACTIVITY, "PUT", {"identifier": "externalid"}
        body = call(route, method, _ACTIVITY_PATH, {"records": records, "lookups": lookups}, query)
        made, failed = _merged(_data(body).get("success")), _merged(_data(body).get("failures"))
        there = self._there_already([step for step in steps if self._duplicate(failed.get(step.key), sent[step.key])])
        return [
            there.get(step.key) or self._outcome(step, _activity(made.get(step.key)), failed.get(step.key), sent)
            for step in steps
        ]

    def _duplicate(self, failure: Any, record: Json) -> bool:
        return failure is not None and says_duplicate(failure, failure_in_words(failure, record)[0], self._settings)

    def _there_already(self, steps: Sequence[Step]) -> dict[str, Outcome]:
        """Return the ends of entries that an earlier call made: they are read back by their ExternalId."""
        if not steps:
            return {}
        try:
            found = self._finder.by_key(TIMELINE, _bare(steps))
        except NotAllowed:
            raise
        except ServiceError as error:
            return {step.key: Outcome(step.key, Result.UNKNOWN, None, _reason(error)) for step in steps}
        unseen = "Gainsight says it is there already and does not show it yet."
        return {
            step.key: Outcome(step.key, Result.UNCHANGED, found[step.key][0].ref)
            if step.key in found
            else Outcome(step.key, Result.UNKNOWN, None, unseen)
            for step in steps
        }

    def _outcome(self, step: Step, ref: Any, failure: Any, sent: Mapping[str, Json]) -> Outcome:
        if failure is not None:
            return _refused(step, failure_in_words(failure, sent[step.key])[1])
        if not isinstance(ref, str) or not ref:
            return Outcome(step.key, Result.UNKNOWN, step.ref, _NOT_NAMED)
        return Outcome(step.key, _result(step), step.ref or ref)


def _alike(steps: Sequence[Step], sent: Mapping[str, Json]) -> list[list[Step]]:
    """Return the steps in groups that one call can take: new or known, and plans with objectives apart."""
    groups: dict[tuple[bool, bool], list[Step]] = {}
    for step in steps:
        groups.setdefault((step.ref is None, bool(sent[step.key].get("Objectives"))), []).append(step)
    return list(groups.values())


def _says_nothing(step: Step, sent: Mapping[str, Json]) -> bool:
    return bool(step.ref) and not sent[step.key] and not _plants(step)


def _identity(step: Step) -> Json:
    """Return what says which record is meant, and our key where it is to be planted."""
    known = {"Gsid": step.ref} if step.ref else {}
    return {**known, KEY_FIELD: step.key} if _plants(step) or not step.ref else known


def _plants(step: Step) -> bool:
    """Whether an update writes our key: a timeline entry has it from its creation, or is none of ours."""
    return bool(step.ref) and step.plants and step.kind != TIMELINE


def _result(step: Step) -> Result:
    if step.ref is None:
        return Result.CREATED
    return Result.ADOPTED if step.adopt and _plants(step) else Result.UPDATED


def _bare(steps: Sequence[Step]) -> list[Step]:
    """Return the steps without payloads: only whether they are there is asked."""
    return [step.with_payload({}, ref=step.ref) for step in steps]


def _record(step: Step, sent: Mapping[str, Json]) -> Json:
    return {**sent[step.key], "Gsid": step.ref} if step.ref else sent[step.key]


def _holds(record: Json, code: str, flaws: Sequence[Flaw]) -> bool:
    """Return whether the record holds the very value that a flaw of this code names."""
    return any(flaw.code == code and flaw.field and str(record.get(flaw.field)) in flaw.values for flaw in flaws)


def _suspect(record: Json, flaws: Sequence[Flaw]) -> bool:
    """Return whether a flaw may mean this record: it holds a value named, or lacks a field said to be empty."""
    return any(
        _holds(record, flaw.code or "", [flaw]) or (flaw.code == _EMPTY and flaw.field and flaw.field not in record)
        for flaw in flaws
    )


def _halves(steps: Sequence[Step]) -> list[list[Step]]:
    middle = (len(steps) + 1) // 2
    return [list(steps[:middle]), list(steps[middle:])]


def _data(body: Json) -> Json:
    data = body.get("data")
    return data if isinstance(data, dict) else {}


def _rows(body: Json) -> list[Json]:
    rows = _data(body).get("records")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _text(row: Json, key: str) -> str | None:
    return row[key] if isinstance(row.get(key), str) and row[key] else None


def _merged(listed: Any) -> Json:
    """Return one mapping of a list of single-key objects, or of a mapping."""
    rows = listed if isinstance(listed, list) else [listed]
    return {str(key): value for row in rows if isinstance(row, dict) for key, value in row.items()}


def _activity(entry: Any) -> Any:
    first = entry[0] if isinstance(entry, list) and entry else entry
    return first.get("activityId") if isinstance(first, dict) else first


def _refused(step: Step, reason: str) -> Outcome:
    return Outcome(step.key, Result.REJECTED, step.ref, reason, owner=owner_of(reason))


def _reason(error: ServiceError) -> str:
    return f"{error.why} {error.remedy}".strip()
