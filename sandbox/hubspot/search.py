"""Search: its limits, its filters, and pages of what the index shows."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.hubspot import moments
from sandbox.hubspot.answers import Call, Fault, Reply
from sandbox.hubspot.objects import Kind
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.records import kind_of
from sandbox.hubspot.schema import kind_named
from sandbox.hubspot.shown import look_of_body, record
from sandbox.hubspot.store import Held
from sandbox.wire import Json, Record

MOST, LONGEST_BODY, REACH = 200, 3_000, 10_000
FILTERS, FILTERS_IN_ALL = 6, 18
PROBLEM = "There was a problem with the request."
Test = Callable[[Held], bool]


class Nothing(Exception):
    """A filter that can fit no record."""


def search(call: Call) -> Reply:
    """Show a page of the records that fit."""
    kind, body = kind_of(call), call.body()
    if len(call.request.body) > LONGEST_BODY:
        raise Fault(f"The request body is longer than {LONGEST_BODY} characters.")
    limit, after = _number(body.get("limit"), 10, MOST), _number(body.get("after"), 0, REACH)
    if after + limit > REACH and after:
        raise Fault(f"{PROBLEM} Results beyond {REACH} cannot be reached.")
    found = _sorted(call, kind, _fitting(call, kind, _groups(call, body)), body.get("sorts"))
    page = found[after : after + limit]
    if call.portal.choices.search_order == "loose":
        page = call.portal.chance.sample(page, len(page))
    look = look_of_body(body)
    shown: Record = {"total": len(found), "results": [record(call.portal, kind, held, look) for held in page]}
    if after + limit < min(len(found), REACH):
        shown["paging"] = {"next": {"after": str(after + limit)}}
    return Reply(shown, records=len(page))


def _number(value: Json, default: int, most: int) -> int:
    text = str(default if value in (None, "") else value)
    if not text.isdigit() or int(text) > most:
        raise Fault(PROBLEM)
    return int(text)


def _groups(call: Call, body: Mapping[str, Json]) -> list[list[Record]]:
    """Return the filters, OR-ed lists of AND-ed ones."""
    groups = [each.get("filters") or [] for each in body.get("filterGroups") or [] if isinstance(each, dict)]
    plain = body.get("filters")
    if plain:
        groups.append(plain)
    count = sum(map(len, groups))
    if (
        len(groups) > call.portal.choices.search_groups
        or any(len(each) > FILTERS for each in groups)
        or count > FILTERS_IN_ALL
    ):
        raise Fault(f"{PROBLEM} Too many filters.")
    return groups


def _fitting(call: Call, kind: Kind, groups: list[list[Record]]) -> list[Held]:
    tests = []
    for group in groups:
        try:
            tests.append([_test(call.portal, kind, each) for each in sorted(group, key=_cost)])
        except Nothing:
            continue
    seen = call.portal.indexes[kind.name].seen(call.now)
    if not groups:
        return list(seen)
    return [held for held in seen if any(all(test(held) for test in group) for group in tests)]


def _cost(said: Json) -> int:
    """Return what comes first: most records fail a window of ids or stamps, and those are quick to compare."""
    name = str(said.get("propertyName")) if isinstance(said, dict) else ""
    return 0 if name == "hs_object_id" else 1 if name.endswith("lastmodifieddate") else 2


def _sorted(call: Call, kind: Kind, found: list[Held], sorts: Json) -> list[Held]:
    wanted = sorts[:1] if isinstance(sorts, list) else []
    if isinstance(sorts, list) and len(sorts) > 1:
        raise Fault(f"{PROBLEM} Only one sort is allowed.")
    if not wanted:
        return sorted(found, key=lambda held: (held.created, int(held.id)))
    name, down = _sort(wanted[0])
    if name == "hs_object_id":
        return sorted(found, key=lambda held: int(held.id), reverse=down)
    known = call.portal.schema.get(kind.name, name)
    if known is None:
        if call.portal.choices.unknown_filter == "refused":
            raise Fault(PROBLEM)
        return found
    set_ones = [held for held in found if name in held.properties]
    unset = [held for held in found if name not in held.properties]
    key = _KEYS.get(known.type, str.lower)
    return [*sorted(set_ones, key=lambda held: (key(held.properties[name]), int(held.id)), reverse=down), *unset]


def _sort(said: Json) -> tuple[str, bool]:
    if isinstance(said, str):
        return said.removeprefix("-"), said.startswith("-")
    if not isinstance(said, dict):
        raise Fault(PROBLEM)
    return str(said.get("propertyName")), str(said.get("direction", "ASCENDING")).upper().startswith("DESC")


def _test(portal: Portal, kind: Kind, said: Json) -> Test:
    """Return what says whether a record fits one filter."""
    if not isinstance(said, dict) or not said.get("propertyName"):
        raise Fault(PROBLEM)
    name, operator = str(said["propertyName"]), str(said.get("operator"))
    if name.startswith("associations."):
        return _associated(portal, kind, name.partition(".")[2], said)
    known = portal.schema.get(kind.name, name)
    if known is None:
        if portal.choices.unknown_filter == "refused":
            raise Fault(PROBLEM)
        raise Nothing
    key: Callable[[str], Any] = _KEYS.get(known.type, str.lower)
    if operator not in _OPERATORS:
        raise Fault(f"{PROBLEM} Unknown operator {operator}.")
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return lambda held: (name in held.properties) == (operator == "HAS_PROPERTY")
    try:
        fits = _OPERATORS[operator](said, key)
    except (KeyError, TypeError, ValueError):
        raise Fault(f"{PROBLEM} {json.dumps(said)[:200]} is no filter.") from None
    if known.name in ("hs_object_id", kind.modified):
        read: Callable[[Held], Any] = (lambda h: int(h.id)) if known.name == "hs_object_id" else (lambda h: h.updated)
        return lambda held: fits(read(held))
    otherwise = operator in ("NEQ", "NOT_IN", "NOT_CONTAINS_TOKEN")
    return lambda held: fits(key(held.properties[name])) if name in held.properties else otherwise


def _associated(portal: Portal, kind: Kind, name: str, said: Record) -> Test:
    other = kind_named(name)
    if other is None or said.get("operator") not in ("EQ", "IN"):
        raise Fault(PROBLEM)
    wanted = [str(each) for each in said.get("values") or [said.get("value")]]
    tied = {each for one in wanted for each in portal.links.of(other.name, one, kind.name)}
    return lambda held: held.id in tied


def _token(text: str) -> Callable[[str], bool]:
    wanted = text.lower()
    if wanted.strip("*") == "":
        return lambda value: True
    begins, ends = wanted.startswith("*"), wanted.endswith("*")
    core = wanted.strip("*")

    def fits(value: str) -> bool:
        words = "".join(each if each.isalnum() else " " for each in str(value).lower()).split()
        sides = "".join(each if each.isalnum() else " " for each in core).split()
        if len(sides) > 1:
            return core in str(value).lower()
        if begins and ends:
            return any(core in word for word in words)
        return any(word.endswith(core) if begins else word.startswith(core) if ends else word == core for word in words)

    return fits


Key = Callable[[str], Any]


def _one(compare: Callable[[Any, Any], bool]) -> Callable[[Record, Key], Callable[[Any], bool]]:
    def made(said: Record, key: Key) -> Callable[[Any], bool]:
        wanted = key(str(said["value"]))
        return lambda value: compare(value, wanted)

    return made


def _between(said: Record, key: Key) -> Callable[[Any], bool]:
    low, high = key(str(said["value"])), key(str(said["highValue"]))
    return lambda value: bool(low <= value <= high)


def _among(said: Record, key: Key) -> Callable[[Any], bool]:
    wanted = {key(str(each)) for each in _listed(said["values"])}
    return lambda value: value in wanted


def _listed(values: Json) -> Iterable[Json]:
    if not isinstance(values, list):
        raise TypeError
    return values


def _tokens(said: Record, key: Key) -> Callable[[Any], bool]:
    return _token(str(said["value"]))


def _not(make: Callable[[Record, Key], Callable[[Any], bool]]) -> Callable[[Record, Key], Callable[[Any], bool]]:
    def made(said: Record, key: Key) -> Callable[[Any], bool]:
        fits = make(said, key)
        return lambda value: not fits(value)

    return made


_KEYS: Mapping[str, Key] = {
    "number": float,
    "datetime": moments.read,
    "date": moments.read,
}
_OPERATORS: Mapping[str, Callable[[Record, Key], Callable[[Any], bool]]] = {
    "EQ": _one(lambda value, wanted: bool(value == wanted)),
    "NEQ": _one(lambda value, wanted: bool(value != wanted)),
    "LT": _one(lambda value, wanted: bool(value < wanted)),
    "LTE": _one(lambda value, wanted: bool(value <= wanted)),
    "GT": _one(lambda value, wanted: bool(value > wanted)),
    "GTE": _one(lambda value, wanted: bool(value >= wanted)),
    "BETWEEN": _between,
    "IN": _among,
    "NOT_IN": _not(_among),
    "CONTAINS_TOKEN": _tokens,
    "NOT_CONTAINS_TOKEN": _not(_tokens),
    "HAS_PROPERTY": _tokens,
    "NOT_HAS_PROPERTY": _tokens,
}
