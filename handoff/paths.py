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
    visits = _visits(nothing)

    def flat(record: Record) -> dict[str, Value]:
        values: dict[str, Value] = nothing.copy()
        for parents, own in visits:
            found: Any = record
            for parent in parents:
                try:
                    found = found[parent]
                except KeyError:
                    found = _named(found, parent)
                if type(found) is not dict and not isinstance(found, Mapping):
                    break
            else:
                for name, path in own:
                    try:
                        value = found[name]
                    except KeyError:
                        value = _named(found, name)
                    if value is not None:
                        values[path] = Decimal(value) if type(value) is int else value
        return values

    return flat


def _visits(paths: Iterable[str]) -> tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], ...]:
    """Return the way to each parent and its fields, as (name, path): it is visited once, however many are read."""
    fields: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for path in paths:
        *parents, name = path.split(".")
        fields.setdefault(tuple(parents), []).append((name, path))
    return tuple((parents, tuple(own)) for parents, own in fields.items())


def _named(record: Record, name: str) -> Any:
    """Names are case-insensitive in a statement and come back in the org's own spelling."""
    return record[name] if name in record else {key.lower(): value for key, value in record.items()}.get(name.lower())
