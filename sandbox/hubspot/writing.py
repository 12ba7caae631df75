"""One record to be written: what is checked before, and what is done then."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sandbox.hubspot import values
from sandbox.hubspot.answers import Call, Fault, invalid, not_found
from sandbox.hubspot.keeping import Change
from sandbox.hubspot.links import Type
from sandbox.hubspot.objects import Kind
from sandbox.hubspot.store import Held
from sandbox.wire import Json, Record

RULES_SINCE = "2026-09"


class Wish(NamedTuple):
    """One record as a call sends it, at its place in the batch; `key` names the property whose value `id` is."""

    place: int
    id: str
    key: str | None
    properties: Json
    associations: Json
    trace: str | None


@dataclass
class Refused(Exception):
    """A record that is not written."""

    category: str
    message: str
    problems: Sequence[Record] = ()
    status: int = 400
    missing: bool = False
    silent: bool = False
    context: Record = field(default_factory=dict)


class Plan(NamedTuple):
    """A record that passed the checks: which properties are sent, and how it is carried out."""

    properties: Mapping[str, Json]
    carry_out: Callable[[], Held]
    new: bool = False


def fault_of(call: Call, refused: Refused) -> Fault:
    """Return the refusal of a whole call because of one record."""
    if refused.missing:
        return not_found()
    if refused.problems:
        return invalid(refused.problems, call.portal.id)
    return Fault(refused.message, refused.category, refused.status)


def create(call: Call, kind: Kind, wish: Wish) -> Plan:
    """Return the plan of a new record; raises `Refused`."""
    kept = _checked(call, kind, wish, None)
    ties = _ties(call, kind, wish.associations)
    _check_unique(call, kind, kept, None)

    def carry_out() -> Held:
        keeper = call.portal.keeper
        held = keeper.save(kind.name, None, Change(kept, lag=call.twist.lag), call.now)
        for to_kind, to_id, one in ties:
            if call.portal.links.tie(kind.name, held.id, to_kind, to_id, [one]):
                keeper.associated(kind.name, held.id, to_kind, to_id, call.now)
        return call.portal.store.tables[kind.name][held.id]

    return Plan(kept, carry_out, new=True)


def update(call: Call, kind: Kind, wish: Wish) -> Plan:
    """Return the plan of a change; raises `Refused`, also where the record is not there."""
    held = _target(call, kind, wish)
    kept = _checked(call, kind, wish, held)
    _check_unique(call, kind, kept, held.id)
    change = Change(kept, lag=call.twist.lag)
    return Plan(kept, lambda: call.portal.keeper.save(kind.name, held.id, change, call.now))


def upsert(call: Call, kind: Kind, wish: Wish) -> Plan:
    """Return the plan of a change, or of a new record where the key finds none; raises `Refused`."""
    if not wish.key or (wish.key not in call.portal.schema.unique(kind.name) and wish.key != "hs_object_id"):
        message = f"Unable to perform update/upsert by non-unique {kind.type_id} property"
        raise Refused("VALIDATION_ERROR", message)
    if call.portal.store.by_key(kind.name, wish.key, wish.id) is not None or wish.key == "hs_object_id":
        return update(call, kind, wish)
    given = wish.properties if isinstance(wish.properties, Mapping) else {}
    return create(call, kind, wish._replace(id="", properties={wish.key: wish.id, **given}))


def _target(call: Call, kind: Kind, wish: Wish) -> Held:
    store = call.portal.store
    if wish.key and wish.key != "hs_object_id":
        if wish.key not in call.portal.schema.unique(kind.name):
            message = f"Unable to perform update/upsert by non-unique {kind.type_id} property"
            raise Refused("VALIDATION_ERROR", message)
        held = store.by_key(kind.name, wish.key, wish.id)
    else:
        if not wish.id.isdigit():
            raise Refused("VALIDATION_ERROR", f"{wish.id} is no id", missing=True, silent=True)
        held = store.resolved(kind.name, wish.id)
    if held is None:
        raise Refused("OBJECT_NOT_FOUND", "resource not found", status=404, missing=True)
    return held


def _checked(call: Call, kind: Kind, wish: Wish, held: Held | None) -> Record:
    given = wish.properties if isinstance(wish.properties, Mapping) else {}
    _check_twist(call, wish, given)
    kept, problems = values.checked(call.portal, kind.name, given, None if held is None else held.properties)
    problems += _broken_rules(call, kind, {**(held.properties if held else {}), **kept}, new=held is None)
    if problems:
        fault = invalid(problems, call.portal.id)
        raise Refused("VALIDATION_ERROR", fault.message, problems)
    return kept


def _check_twist(call: Call, wish: Wish, given: Mapping[str, Json]) -> None:
    why = call.twist.refuses(wish.place, {"id": wish.id, **given}) if call.twist.refuses else None
    if why is None:
        return
    if why.passing:
        raise Refused(why.code or "RATE_LIMITS", why.message or "The record is locked; try again later.", status=423)
    code = why.code or "INVALID_OPTION"
    name = next(iter(given), "hs_object_id")
    problem = {"message": why.message or f"{name} has a value that is not allowed", "error": code, "name": name}
    raise Refused("VALIDATION_ERROR", invalid([problem], call.portal.id).message, [problem])


def _broken_rules(call: Call, kind: Kind, whole: Mapping[str, Json], *, new: bool) -> list[Record]:
    """Return what the portal's own rules find missing; they hold since one version of the API."""
    if not call.version[:1].isdigit() or call.version < RULES_SINCE:
        return []
    broken = []
    for rule in call.portal.rules:
        if rule["object"] != kind.name or (rule["on_create"] and not new):
            continue
        if all(whole.get(name) == value for name, value in rule["when"].items()):
            broken += [
                {"message": f'Property "{name}" is required', "error": "REQUIRED_FIELD", "name": name}
                for name in rule["required"]
                if not whole.get(name)
            ]
    return broken


def _check_unique(call: Call, kind: Kind, kept: Record, own_id: str | None) -> None:
    for name in call.portal.schema.unique(kind.name):
        value = kept.get(name)
        other = call.portal.store.by_key(kind.name, name, value) if value else None
        if other is not None and other.id != own_id:
            said = f"{kind.singular.replace('_', ' ').capitalize()} already exists. Existing ID: {other.id}"
            raise Refused("CONFLICT", said, status=409)


def _ties(call: Call, kind: Kind, wanted: Json) -> list[tuple[str, str, Type]]:
    """Return which records a new one is associated with, and how; raises `Refused`."""
    ties: list[tuple[str, str, Type]] = []
    for each in wanted if isinstance(wanted, list) else []:
        to_id = str(each.get("to", {}).get("id", ""))
        for said in each.get("types", []):
            found = call.portal.links.types.numbered(kind.name, int(said.get("associationTypeId", 0)))
            if found is None:
                message = f"{said.get('associationTypeId')} is no association type of {kind.singular}"
                raise Refused("VALIDATION_ERROR", message)
            to_kind, one = found
            target = call.portal.store.resolved(to_kind, to_id)
            if target is None:
                raise Refused("VALIDATION_ERROR", f"Associated object {to_id} does not exist")
            ties.append((to_kind, target.id, one))
    return ties
