"""
Rules that read a field, compiled to plain data, and one loop that carries out all of a record's.

The loop asks in place what `missing` would be asked, and there is no call of our own for a field: a call costs as much
as the rest of the work.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from handoff.model import Value
from handoff.transforms import exact, fitted, later, missing, quoted

Conversion = Callable[[Value], Value]
Read = Callable[[Mapping[str, Value], list[str]], dict[str, Value]]
"""Gives the fields that say something; what a person should hear of is added to the list."""

SAID = frozenset({Decimal, date, datetime, bool, int, float})
"""What is an answer whatever it is: zero and no are not missing."""


class Choice(NamedTuple):
    """A field is the first of its sources that says something and still does once it is converted, or the default."""

    name: str
    sources: tuple[str, ...]
    conversion: Conversion | None
    default: Value


def reader(choices: Iterable[Choice]) -> Read:
    """Return the function that reads these fields, in their order; what cannot be converted is noted and left out."""
    steps = tuple(step for choice in choices for step in _steps(choice))
    said = SAID

    def read(values: Mapping[str, Value], notes: list[str]) -> dict[str, Value]:
        fields: dict[str, Value] = {}
        done = None
        for source, name, conversion, default in steps:
            if name is done:  # an earlier source has spoken; names differ within a record
                continue
            try:
                value = values[source]
            except KeyError:
                value = None
            if (
                (value and not value.isspace())
                if type(value) is str
                else (value is not None and (type(value) in said or not missing(value)))
            ):
                if conversion is None:
                    fields[name] = value
                    done = name
                    continue
                try:
                    converted = conversion(value)
                except ValueError as error:
                    notes.append(f"{source}: {error}; it was left out")
                else:
                    if converted is value or type(converted) in said or not missing(converted):
                        fields[name] = converted
                        done = name
                        continue
            if default is not None:
                fields[name] = default
        return fields

    return read


def _steps(choice: Choice) -> Iterable[tuple[str, str, Conversion | None, Value]]:
    """Yield a step for each source; only the last has the default, for then nothing else is left to ask."""
    *others, last = choice.sources
    yield from ((source, choice.name, choice.conversion, None) for source in others)
    yield last, choice.name, choice.conversion, choice.default


def conversion(
    *,
    table: Mapping[str, Any] | None = None,
    default: Value = None,
    by: timedelta | None,
    transform: Conversion | None,
    limit: int | None,
) -> Conversion | None:
    """
    Return the words `values`, `plus`, `as` and `max` of a rule as one function, in this order; None where it has none.

    A value that `table` does not list is a `ValueError`, and with a `default` nothing said.
    """
    stages: list[Conversion] = []
    if by:
        stages.append(lambda value: later(value, by))
    if transform is not None:
        stages.append(transform)
    if limit is not None:
        stages.append(lambda value: fitted(value, limit) if isinstance(value, str) else value)
    converted = _one_after_the_other(stages)
    return converted if table is None else _listed(table, default, converted)


def _one_after_the_other(stages: list[Conversion]) -> Conversion | None:
    if len(stages) < 2:
        return stages[0] if stages else None

    def convert(value: Value) -> Value:
        for stage in stages:
            value = stage(value)
        return value

    return convert


def _listed(table: Mapping[str, Any], default: Value, converted: Conversion | None) -> Conversion:
    def look_up(value: Value) -> Value:
        try:
            return table[value.strip() if type(value) is str else exact(value)]
        except KeyError:
            if default is not None:
                return None
            raise ValueError(f"{quoted(value)} is not among the values of the mapping") from None

    if converted is None:
        return look_up

    def convert(value: Value) -> Value:
        found = look_up(value)
        return found if missing(found) else converted(found)

    return convert
