"""The five batches: what is wrong with one input, what is wrong with all, and what is left unsaid."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sandbox.hubspot import moments
from sandbox.hubspot.answers import Call, Fault, Reply
from sandbox.hubspot.objects import Kind
from sandbox.hubspot.records import kind_of
from sandbox.hubspot.shown import look_of_body, record, written
from sandbox.hubspot.store import Held
from sandbox.hubspot.writing import Plan, Refused, Wish, create, fault_of, update, upsert
from sandbox.wire import Json, Record

MOST, MOST_WITH_HISTORY = 100, 50
_TOOK = timedelta(milliseconds=120)
Planner = Callable[[Call, Kind, Wish], Plan]


class Outcome(NamedTuple):
    """What became of a batch: results, refusals by trace id or id, and how many records changed."""

    results: list[Record]
    errors: list[Record]
    changed: int = 0


def read(call: Call) -> Reply:
    """Show the records of a batch as they are now."""
    kind, body = kind_of(call), call.body()
    look = look_of_body(body)
    inputs = _inputs(call, MOST_WITH_HISTORY if look.history else MOST)
    key = body.get("idProperty")
    results: list[Record] = []
    missing: list[str] = []
    for each in inputs:
        held, silent = _found(call, kind, str(each.get("id", "")), key)
        if held is not None:
            results.append(record(call.portal, kind, held, look))
        elif not silent:
            missing.append(str(each.get("id")))
    errors = [_not_found(kind, {"ids": missing})] if missing else []
    return _reply(call, Outcome(results, errors))


def create_all(call: Call) -> Reply:
    """Make the records of a batch."""
    return _written(call, create, 201)


def update_all(call: Call) -> Reply:
    """Change the records of a batch."""
    return _written(call, update, 200)


def upsert_all(call: Call) -> Reply:
    """Change or make the records of a batch; each result says which."""
    return _written(call, upsert, 200)


def archive_all(call: Call) -> Reply:
    """Put the records of a batch into the recycle bin; unknown ids are passed over."""
    kind = kind_of(call)
    found = [call.portal.store.resolved(kind.name, str(each.get("id"))) for each in _inputs(call, MOST)]
    held = [each for each in found if each is not None]
    for each in held:
        call.portal.keeper.archive(kind.name, each, call.now)
    return Reply(None, 204, applied=bool(held), records=len(found))


def answered(call: Call, results: list[Json], errors: list[Record]) -> Record:
    """Return the envelope of a batch."""
    started: datetime = moments.whole(call.now)
    body: Record = {"status": "COMPLETE", "results": call.portal.shuffled(results)}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return {**body, "startedAt": moments.iso(started), "completedAt": moments.iso(started + _TOOK)}


def _found(call: Call, kind: Kind, record_id: str, key: Json) -> tuple[Held | None, bool]:
    """Return a record, or None and whether nothing is said about that."""
    store = call.portal.store
    if key and key != "hs_object_id":
        if key not in call.portal.schema.unique(kind.name):
            raise Fault(f"Unable to perform update/upsert by non-unique {kind.type_id} property")
        return store.by_key(kind.name, str(key), record_id), False
    if call.flag("archived"):
        held = store.tables[kind.name].get(record_id)
        return (held if held is not None and held.archived else None), False
    if store.was_merged(kind.name, record_id):
        way = call.portal.choices.silent_merged
        return (store.resolved(kind.name, record_id) if way == "resolved" else None), way == "missing"
    return store.get(kind.name, record_id), not record_id.isdigit()


def _inputs(call: Call, most: int) -> list[Record]:
    inputs = call.inputs()
    if len(inputs) > most:
        raise Fault(f"The maximum number of inputs supported in a batch request is {most}, got {len(inputs)}")
    ids = [str(each["id"]) for each in inputs if each.get("id")]
    doubled = sorted({each for each in ids if ids.count(each) > 1}) if len(set(ids)) < len(ids) else []
    if doubled:
        raise Fault(f"Duplicate IDs found in batch input: [{', '.join(doubled)}]. IDs must be unique")
    return inputs


def _written(call: Call, planner: Planner, status: int) -> Reply:
    kind = kind_of(call)
    plans: list[tuple[Wish, Plan]] = []
    refused: list[tuple[Wish, Refused]] = []
    for place, each in enumerate(_inputs(call, MOST)):
        wish = _wish(place, each)
        try:
            plans.append((wish, planner(call, kind, wish)))
        except Refused as why:
            if not (why.missing or wish.trace or call.twist.partial):
                raise fault_of(call, why) from None
            refused.append((wish, why))
    results = [_carried_out(call, kind, wish, plan, tell_new=planner is upsert) for wish, plan in plans]
    shown = [each for each in results if each["id"] != call.portal.choices.dropped_id]
    return _reply(call, Outcome(shown, _errors(kind, refused), len(plans)), status)


def _wish(place: int, each: Mapping[str, Json]) -> Wish:
    trace = each.get("objectWriteTraceId")
    key = each.get("idProperty")
    return Wish(
        place,
        str(each.get("id") or ""),
        str(key) if key else None,
        each.get("properties"),
        each.get("associations"),
        str(trace) if trace else None,
    )


def _carried_out(call: Call, kind: Kind, wish: Wish, plan: Plan, *, tell_new: bool) -> Record:
    held = plan.carry_out()
    look = (*plan.properties, wish.key) if wish.key else tuple(plan.properties)
    shown = written(call.portal, kind, held, look)
    if tell_new:
        shown["new"] = plan.new
    return {**shown, "objectWriteTraceId": wish.trace} if wish.trace else shown


def _errors(kind: Kind, refused: list[tuple[Wish, Refused]]) -> list[Record]:
    missing = [wish for wish, why in refused if why.missing and not why.silent]
    errors = []
    if missing:
        traces = [wish.trace for wish in missing if wish.trace]
        ids: Record = {"ids": [wish.id for wish in missing]}
        errors.append(_not_found(kind, {**ids, "objectWriteTraceId": traces} if traces else ids))
    for wish, why in refused:
        if not why.missing:
            context = {"objectWriteTraceId": [wish.trace]} if wish.trace else {"ids": [wish.id]}
            said = {"status": "error", "category": why.category, "message": why.message}
            errors.append({**said, "context": context})
    return errors


def _not_found(kind: Kind, context: Record) -> Record:
    said = f"Could not get some {kind.singular.upper()} objects, they may be deleted or not exist. "
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"{said}Check that ids are valid.",
        "context": context,
    }


def _reply(call: Call, outcome: Outcome, status: int = 200) -> Reply:
    body = answered(call, outcome.results, outcome.errors)
    status = 207 if outcome.errors else status
    records = len(outcome.results) if not outcome.changed else outcome.changed
    return Reply(body, status, applied=outcome.changed > 0, records=records)
