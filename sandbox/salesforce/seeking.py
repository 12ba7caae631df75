"""Which records a condition leaves possible at all, found by an index instead of a look at each."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sandbox.salesforce.schema import Field, ObjectType
from sandbox.salesforce.soql import Comparison, Condition, Junction, Value
from sandbox.salesforce.store import Store
from sandbox.wire import Record

STAMP = "SystemModstamp"
Literal = Callable[[Field, Value], Any]


class Span(NamedTuple):
    """The stamps, cut to seconds, that a condition leaves possible; None is no bound."""

    low: str | None = None
    high: str | None = None

    def and_(self, other: "Span") -> "Span":
        """Return what both leave possible."""
        return Span(_one(max, self.low, other.low), _one(min, self.high, other.high))

    def or_(self, other: "Span") -> "Span":
        """Return the whole stretch that either leaves possible."""
        return Span(_both(min, self.low, other.low), _both(max, self.high, other.high))


def possible(store: Store, kind: ObjectType, where: Condition | None, literal: Literal) -> list[Record] | None:
    """
    Return the records that may meet a condition that is known to be sound, in the order of their creation.

    None means that no index helps. `literal` gives what a value means for a field.
    """
    found: list[Record] | None = None
    for each in _musts(where):
        rows = _sought(store, kind, each, literal)
        if rows is not None and (found is None or len(rows) < len(found)):
            found = rows
    span = _span(where, kind, literal)
    if found is None and span != Span():
        found = store.stamped(kind.name, span.low, span.high)
    return None if found is None else store.in_order(kind.name, found)


def _musts(where: Condition | None) -> Iterator[Comparison]:
    if isinstance(where, Comparison):
        yield where
    elif isinstance(where, Junction) and where.every:
        for part in where.parts:
            yield from _musts(part)


def _sought(store: Store, kind: ObjectType, each: Comparison, literal: Literal) -> list[Record] | None:
    if each.operator not in ("=", "IN") or len(each.path.names) > 1:
        return None
    field = kind.field(each.path.names[0])
    if field is None or not store.seeks(kind.name, field.name) or any(value.kind != "string" for value in each.values):
        return None
    wanted = [literal(field, value) for value in each.values]
    return None if None in wanted else store.among(kind.name, field.name, wanted)  # an empty text means null


def _span(where: Condition | None, kind: ObjectType, literal: Literal) -> Span:
    if isinstance(where, Junction):
        first, *others = (_span(part, kind, literal) for part in where.parts)
        for other in others:
            first = first.and_(other) if where.every else first.or_(other)
        return first
    return _of_stamp(where, kind, literal) if isinstance(where, Comparison) else Span()


def _of_stamp(each: Comparison, kind: ObjectType, literal: Literal) -> Span:
    field = kind.field(each.path.names[0]) if len(each.path.names) == 1 else None
    if field is None or field.name != STAMP or len(each.values) != 1 or each.values[0].kind != "datetime":
        return Span()
    bound = literal(field, each.values[0])
    low = bound if each.operator in (">", ">=", "=") else None
    high = bound if each.operator in ("<", "<=", "=") else None
    return Span(low, high)


def _one(choose: Callable[[str, str], str], left: str | None, right: str | None) -> str | None:
    if left is None or right is None:
        return right if left is None else left
    return choose(left, right)


def _both(choose: Callable[[str, str], str], left: str | None, right: str | None) -> str | None:
    return None if left is None or right is None else choose(left, right)
