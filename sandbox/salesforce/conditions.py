"""WHERE and ORDER BY: from conditions to predicates and sorted rows, refusing what a field does not allow."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sandbox.salesforce import moments
from sandbox.salesforce.choices import CHOICES
from sandbox.salesforce.faults import Fault
from sandbox.salesforce.ids import normalised
from sandbox.salesforce.paths import Paths, Read
from sandbox.salesforce.schema import IDS, NUMBERS, TEXTS, Field, ObjectType
from sandbox.salesforce.soql import Comparison, Condition, Junction, Key, Negation, Value, malformed
from sandbox.wire import Record

Test = Callable[[Record], bool]
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_PARTS = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)|([^\\])", re.DOTALL)
_SWAPPED = {"NOT IN": "IN", "!=": "="}


class Conditions:
    """Compiles the conditions of one statement; date literals are taken at `now`."""

    def __init__(self, paths: Paths, now: datetime) -> None:
        self._paths, self._statement, self._now = paths, paths.statement, now

    def test(self, condition: Condition | None, kind: ObjectType) -> Test:
        """Return the predicate over records of an object; no condition holds for every record."""
        if condition is None:
            return lambda _: True
        if isinstance(condition, Comparison):
            return self._comparison(condition, kind)
        if isinstance(condition, Negation):
            part = self.test(condition.part, kind)
            return lambda record: not part(record)
        return _joined(condition, [self.test(part, kind) for part in condition.parts])

    def sorted(self, rows: list[Record], keys: Sequence[Key], kind: ObjectType) -> list[Record]:
        """Return the rows in the order of the keys; ties stay as they were."""
        for key in reversed(keys):
            field, read = self._paths.reader(key.path, kind)
            if not field.may("S"):
                raise Fault("INVALID_FIELD", f"field '{field.name}' can not be sorted in a query call")
            valued = [(_comparable(field, value), row) for row in rows if (value := read(row)) is not None]
            empty = [row for row in rows if read(row) is None]
            valued.sort(key=lambda pair: pair[0], reverse=key.descending)
            first = key.nulls_first
            if first is None:
                first = CHOICES.descending_nulls_first if key.descending else True
            full = [row for _, row in valued]
            rows = empty + full if first else full + empty
        return rows

    def _comparison(self, comparison: Comparison, kind: ObjectType) -> Test:
        field, read = self._paths.reader(comparison.path, kind)
        if not field.may("F"):
            raise Fault("INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call")
        operator = comparison.operator
        self._permit(field, comparison)
        positive = _SWAPPED.get(operator)
        if operator == "LIKE":
            return _like(self._pattern(comparison.values[0]), read)
        if positive or operator in ("=", "IN"):
            same = _any([self._equal(field, read, value) for value in comparison.values], read, field)
            return (lambda record: not same(record)) if positive else same
        return self._ordered(field, read, operator, comparison.values[0])

    def _permit(self, field: Field, comparison: Comparison) -> None:
        operator = comparison.operator
        null = any(value.kind == "null" for value in comparison.values)
        if (
            operator in ("INCLUDES", "EXCLUDES")
            or (operator == "LIKE" and (field.type not in TEXTS or null))
            or (operator in ("<", "<=", ">", ">=") and (field.type in ("boolean", "reference") or null))
        ):
            raise Fault("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {field.type} field: {field.name}")

    def _equal(self, field: Field, read: Read, value: Value) -> "_Constant | Test":
        if value.kind == "period":
            first, after = self._period(field, value)
            return lambda record: (held := read(record)) is not None and first <= held < after
        return _Constant(self.literal(field, value))

    def _ordered(self, field: Field, read: Read, operator: str, value: Value) -> Test:
        if value.kind == "period":
            first, after = self._period(field, value)
            bound, operator = {
                "<": (first, "<"),
                ">=": (first, ">="),
                "<=": (after, "<"),
                ">": (after, ">="),
            }[operator]
        else:
            bound = self.literal(field, value)
        if bound is None:
            return lambda _: False
        compare = _COMPARE[operator]
        return lambda record: (held := read(record)) is not None and compare(_comparable(field, held), bound)

    def _period(self, field: Field, value: Value) -> tuple[str, str]:
        days = moments.period(value.text, self._now)
        if field.type == "date":
            return days[0].isoformat(), days[1].isoformat()
        if field.type == "datetime":
            return moments.midnight(days[0]), moments.midnight(days[1])
        raise _mistyped(field)

    def literal(self, field: Field, value: Value) -> Any:
        """Return what a value means for a field, as comparisons see it; refuses one of another type."""
        if value.kind == "null":
            return None
        if field.type in IDS and value.kind == "string":
            return self._id(field, value)
        if field.type in TEXTS and value.kind == "string":
            return self.unescaped(value).lower() or None
        if field.type in NUMBERS and value.kind == "number":
            return float(value.text)
        if field.type == "boolean" and value.kind == "boolean":
            return value.text.lower() == "true"
        if field.type in ("date", "datetime") and value.kind == field.type:
            return self._moment(value)
        raise _mistyped(field)

    def _moment(self, value: Value) -> str:
        try:
            if value.kind == "date":
                return date.fromisoformat(value.text).isoformat()
            return moments.written(moments.read(value.text.upper()))[: moments.SECONDS]
        except (ValueError, OverflowError):
            raise malformed(self._statement, value.at, f"Invalid date or time: {value.text}") from None

    def _id(self, field: Field, value: Value) -> str | None:
        text = self.unescaped(value)
        if not text:
            return None
        try:
            return normalised(text)
        except ValueError:
            raise Fault("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}") from None

    def unescaped(self, value: Value) -> str:
        """Return what a quoted literal means."""
        if "\\" not in value.text:
            return value.text
        return "".join(plain or self._escape(code, value) for code, plain in _PARTS.findall(value.text))

    def _escape(self, code: str, value: Value) -> str:
        if code in ("_", "%"):
            return code
        if len(code) == 5:
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            raise malformed(self._statement, value.at, f"Illegal escape in a string literal: \\{code}")
        return _ESCAPES[code]

    def _pattern(self, value: Value) -> re.Pattern[str]:
        if value.kind != "string":
            raise malformed(self._statement, value.at, "LIKE needs a quoted string")
        wild = {"%": ".*", "_": "."}
        parts = (
            wild.get(plain) or re.escape(plain) if plain else re.escape(self._escape(code, value))
            for code, plain in _PARTS.findall(value.text)
        )
        return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


class _Constant:
    """A value that does not depend on the record."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _any(alternatives: "Sequence[_Constant | Test]", read: Read, field: Field) -> Test:
    constants = {each.value for each in alternatives if isinstance(each, _Constant)}
    tests = [each for each in alternatives if not isinstance(each, _Constant)]

    def holds(record: Record) -> bool:
        held = read(record)
        folded = None if held is None else _comparable(field, held)
        return folded in constants or any(test(record) for test in tests)

    return holds


def _joined(junction: Junction, parts: list[Test]) -> Test:
    if junction.every:
        return lambda record: all(part(record) for part in parts)
    return lambda record: any(part(record) for part in parts)


def _like(pattern: re.Pattern[str], read: Read) -> Test:
    return lambda record: (held := read(record)) is not None and pattern.fullmatch(held) is not None


def _comparable(field: Field, value: Any) -> Any:
    """Return a stored value as comparisons see it: text without case, moments without milliseconds."""
    if field.type in TEXTS:
        return value.lower()
    return value[: moments.SECONDS] if field.type == "datetime" else value


def _mistyped(field: Field) -> Fault:
    kind = "dateTime" if field.type == "datetime" else "string" if field.type in TEXTS | IDS else field.type
    quotes = "should be" if kind == "string" else "should not be"
    why = f"value of filter criterion for field '{field.name}' must be of type {kind} and {quotes} enclosed in quotes"
    return Fault("INVALID_FIELD", why)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda held, bound: held < bound,
    "<=": lambda held, bound: held <= bound,
    ">": lambda held, bound: held > bound,
    ">=": lambda held, bound: held >= bound,
}
