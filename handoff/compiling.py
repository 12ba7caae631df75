"""
Rules that read a field, as closures made for exactly what the rule says: nothing is decided twice.

Each asks whether a text says something in place rather than by a call of `missing`: a call costs as much as the rest.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from handoff.model import Value
from handoff.transforms import exact, fitted, later, missing, quoted


class Reading(Protocol):
    """What these closures need of a rule's context: the fields by name, and room for what a person should hear of."""

    @property
    def values(self) -> Mapping[str, Value]: ...
    @property
    def notes(self) -> list[str]: ...


Work = Callable[[Reading], Value]
Conversion = Callable[[Value], Value]

SAID = frozenset({Decimal, date, datetime, bool})
"""What is an answer whatever it is: zero and no are not missing."""


def reading(
    sources: tuple[str, ...], *, conversion: Conversion | None, table: Mapping[str, Any] | None, default: Value
) -> Work:
    """
    Return the function that takes the first source that says something once it is looked up and converted.

    What cannot be converted, and what `table` does not list where there is no default, is left out and noted.
    """
    if table is not None:
        return _listed(sources, table, conversion, default)
    if conversion is not None:
        one = len(sources) == 1
        return _converted(sources[0], conversion, default) if one else _first_converted(sources, conversion, default)
    return _copied(sources[0], default) if len(sources) == 1 else _first(sources, default)


def conversion(*, by: timedelta | None, transform: Conversion | None, limit: int | None) -> Conversion | None:
    """Return the words `plus`, `as` and `max` of a rule as one function, in this order; None where it has none."""
    stages: list[Conversion] = []
    if by:
        stages.append(lambda value: later(value, by))
    if transform is not None:
        stages.append(transform)
    if limit is not None:
        stages.append(lambda value: fitted(value, limit) if isinstance(value, str) else value)
    if len(stages) < 2:
        return stages[0] if stages else None

    def convert(value: Value) -> Value:
        for stage in stages:
            value = stage(value)
        return value

    return convert


def _copied(source: str, default: Value) -> Work:
    def work(context: Reading) -> Value:
        value = context.values.get(source)
        if type(value) is str:
            return default if not value or value.isspace() else value
        return default if value is None or missing(value) else value

    return work


def _first(sources: tuple[str, ...], default: Value) -> Work:
    def work(context: Reading) -> Value:
        values = context.values
        for source in sources:
            value = values.get(source)
            if value is not None and not missing(value):
                return value
        return default

    return work


def _converted(source: str, conversion: Conversion, default: Value) -> Work:
    def work(context: Reading) -> Value:
        value = context.values.get(source)
        if value is None or ((not value or value.isspace()) if type(value) is str else missing(value)):
            return default
        try:
            value = conversion(value)
        except ValueError as error:
            context.notes.append(f"{source}: {error}; it was left out")
            return default
        if type(value) is str:
            return default if not value or value.isspace() else value
        return value if type(value) in SAID or not missing(value) else default

    return work


def _first_converted(sources: tuple[str, ...], conversion: Conversion, default: Value) -> Work:
    def work(context: Reading) -> Value:
        values = context.values
        for source in sources:
            value = values.get(source)
            if value is None or (type(value) not in SAID and missing(value)):
                continue
            try:
                value = conversion(value)
            except ValueError as error:
                context.notes.append(f"{source}: {error}; it was left out")
                continue
            if type(value) in SAID or not missing(value):
                return value
        return default

    return work


def _listed(sources: tuple[str, ...], table: Mapping[str, Any], conversion: Conversion | None, default: Value) -> Work:
    def work(context: Reading) -> Value:
        values = context.values
        for source in sources:
            value = values.get(source)
            if value is None or (type(value) not in SAID and missing(value)):
                continue
            key = value.strip() if type(value) is str else exact(value)
            if key not in table:
                if default is None:
                    said = f"{quoted(value)} is not among the values of the mapping"
                    context.notes.append(f"{source}: {said}; it was left out")
                continue
            value = table[key]
            if conversion is not None and not missing(value):
                value = _tried(conversion, value, context, source)
            if not missing(value):
                return value
        return default

    return work


def _tried(conversion: Conversion, value: Value, context: Reading, source: str) -> Value:
    try:
        return conversion(value)
    except ValueError as error:
        context.notes.append(f"{source}: {error}; it was left out")
        return None
