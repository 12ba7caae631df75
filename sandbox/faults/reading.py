"""Faults as people write them: checked, with the nearest right word for a wrong one."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.clock import is_number
from sandbox.faults.fault import Fault
from sandbox.faults.kinds import KINDS, Kind, systems_with
from sandbox.faults.matching import ROUTE, route
from sandbox.naming import unknown
from sandbox.stand_ins import stand_ins
from sandbox.wire import Json, Record


def faults_in(body: Json) -> list[Fault]:
    """Return the faults of a list; raises `ValueError` that names the first wrong entry and what is allowed."""
    if not isinstance(body, list):
        raise ValueError('Faults are a list of {"system", "do", ...}; [] clears them.')
    return [_named(place, entry) for place, entry in enumerate(body, 1)]


def _named(place: int, entry: Json) -> Fault:
    try:
        return _fault(place, entry)
    except ValueError as error:
        raise ValueError(f"Fault {place}: {error}") from error


def _fault(place: int, entry: Json) -> Fault:
    if not isinstance(entry, Mapping):
        raise ValueError(f'a fault is an object {{"system", "do", ...}}, not {entry!r}.')
    said: Record = dict(entry)
    for name, known in (("system", stand_ins()), ("do", KINDS)):
        if name not in said:
            raise ValueError(f"{name} is missing. Use one of: {', '.join(known)}.")
        if said[name] not in list(known):
            raise ValueError(unknown(name, said[name], known))
    kind = KINDS[said["do"]]
    if said["system"] not in systems_with(said["do"]):
        raise ValueError(f"{said['do']} is a fault of {' and '.join(systems_with(said['do']))} only.")
    _check_head(said, kind)
    arguments = {
        name: each.checked(name, said[name]) if name in said else each.default for name, each in kind.arguments.items()
    }
    _check_together(said, arguments)
    return Fault(said, route=route(said.get("route", "")), arguments=arguments, place=place)


def _check_head(said: Record, kind: Kind) -> None:
    known = ["system", "do", *HEAD, *kind.arguments]
    for name, value in said.items():
        if name not in known:
            raise ValueError(f"{said['do']}: {unknown('key', name, known)}")
        if name in HEAD and not HEAD[name][0](value):
            raise ValueError(f"{name} takes {HEAD[name][1]}, not {value!r}.")
    if "rate" in said and "nth" in said:
        raise ValueError("rate and nth exclude each other. Use one of them.")
    if kind.scope == "loads" and "route" in said:
        raise ValueError(f"{said['do']} strikes loads, which have no route. Leave route out.")


def _check_together(said: Record, arguments: Record) -> None:
    if said["do"] == "short_pages" and arguments["least"] > arguments["most"]:
        raise ValueError("least is more than most.")
    one = stand_ins()[said["system"]]
    for do, name, can in (("hide_field", "lose", one.loses), ("edit_record", "action", one.actions)):
        if said["do"] == do and arguments[name] not in can:
            several = "one of " if len(can) > 1 else ""
            raise ValueError(f"{name} takes {several}{', '.join(can)} in {one.name}, not {arguments[name]!r}.")


def _whole(value: Any, low: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= low


def _is_nth(value: Any) -> bool:
    return _whole(value, 1) or (isinstance(value, list) and bool(value) and all(_whole(each, 1) for each in value))


HEAD: Mapping[str, tuple[Callable[[Any], bool], str, str]] = {
    "route": (lambda value: isinstance(value, str), ROUTE, "which calls are meant; without it all"),
    "record": (lambda value: isinstance(value, str), "a text", "only calls in whose path, query or body this stands"),
    "rate": (lambda value: is_number(value) and 0 <= value <= 1, "a number from 0 to 1", "which share it strikes"),
    "nth": (_is_nth, "a whole number from 1, or a list of them", "which of the calls it strikes, counted from 1"),
    "times": (lambda value: _whole(value, 1), "a whole number from 1", "how often it strikes at most"),
    "seed": (lambda value: _whole(value, 0), "a whole number from 0", "what `rate` is drawn from; without it 0"),
}
"""What every fault may say beside its own arguments: a check, in words what it takes, and what it is for."""
