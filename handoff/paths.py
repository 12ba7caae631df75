"""A dotted path of a record, compiled: what stands at `Account.Name`, and a whole record as one flat mapping."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from handoff.model import Value

Record = Mapping[str, Any]
Getter = Callable[[Record | None], Value]
Flatten = Callable[[Record], dict[str, Value]]


@lru_cache(maxsize=4096)
def getter(path: str) -> Getter:
    """
    Return the function that finds the raw value at a dotted path, whole numbers as Decimal.

    It returns None where a parent is missing. A name that the record does not have so spelled is taken in another case.
    """
    names = path.split(".")

    def find(record: Record | None) -> Value:
        found: Any = record
        for name in names:
            if not isinstance(found, Mapping):
                return None
            found = _named(found, name)
        return Decimal(found) if type(found) is int else found

    return find


def flatten(paths: Iterable[str]) -> Flatten:
    """Return the function that makes a record a mapping of these paths to their values, each as `getter` finds it."""
    nothing = dict.fromkeys(paths)
    fill = _filler([(path.split("."), path) for path in nothing])

    def flat(record: Record) -> dict[str, Value]:
        values = nothing.copy()
        fill(record, values)
        return values

    return flat


def _filler(paths: list[tuple[list[str], str]]) -> Callable[[Record, dict[str, Value]], None]:
    """Each parent is visited once, however many of its fields are read."""
    own = tuple((names[0], path) for names, path in paths if len(names) == 1)
    below: dict[str, list[tuple[list[str], str]]] = {}
    for names, path in paths:
        if len(names) > 1:
            below.setdefault(names[0], []).append((names[1:], path))
    parents = tuple((name, _filler(inner)) for name, inner in below.items())

    def fill(record: Record, values: dict[str, Value]) -> None:
        for name, path in own:
            try:
                value = record[name]
            except KeyError:
                value = _named(record, name)
            values[path] = Decimal(value) if type(value) is int else value
        for name, fill_below in parents:
            child = record.get(name)
            if child is None:
                child = _named(record, name)
            if type(child) is dict or isinstance(child, Mapping):
                fill_below(child, values)

    return fill


def _named(record: Record, name: str) -> Any:
    """Names are case-insensitive in a statement and come back in the org's own spelling."""
    return record[name] if name in record else {key.lower(): value for key, value in record.items()}.get(name.lower())
