"""One condition of a query: which operators a type takes, and what they hold of a stored value."""

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.gainsight.org import Org
from sandbox.gainsight.schema import ID_TYPES, NUMBER_TYPES, TEXT_TYPES, Field
from sandbox.gainsight.values import boolean, day, moment, number

Test = Callable[[Any], bool]

_TEXTUAL = TEXT_TYPES | ID_TYPES
_ORDERED = _TEXTUAL | NUMBER_TYPES | {"DATE", "DATETIME"}
_EVERY = _ORDERED | {"BOOLEAN"}
_PLAIN: dict[str, Callable[[Any, Sequence[Any]], bool]] = {
    "EQ": lambda left, right: left == right[0],
    "LT": lambda left, right: left < right[0],
    "GT": lambda left, right: left > right[0],
    "LTE": lambda left, right: left <= right[0],
    "GTE": lambda left, right: left >= right[0],
    "CONTAINS": lambda left, right: right[0] in left,
    "STARTS_WITH": lambda left, right: left.startswith(right[0]),
    "ENDS_WITH": lambda left, right: left.endswith(right[0]),
}
_OPPOSITE = {"NE": "EQ", "DOES_NOT_CONTAINS": "CONTAINS", "EXCLUDES": "INCLUDES", "IS_NOT_NULL": "IS_NULL"}
_TYPES = {
    **dict.fromkeys(("LT", "GT", "LTE", "GTE", "BTW"), _ORDERED),
    **dict.fromkeys(("EQ", "IN", "IS_NULL"), _EVERY),
    **dict.fromkeys(("CONTAINS", "STARTS_WITH", "ENDS_WITH", "INCLUDES"), _TEXTUAL),
}


def test_of(org: Org, field: Field, operator: str, sent: Any) -> Test:
    """
    Return the test a condition makes of a stored value; raises `ValueError` when it makes none.

    An operator and its opposite divide the records, so an empty value is NE to anything (INF).
    """
    if operator in _OPPOSITE:
        same = test_of(org, field, _OPPOSITE[operator], sent)
        if _matches_all(org, field, sent):
            return same
        return lambda value: not same(value)
    if field.type not in _TYPES.get(operator, ()):
        raise ValueError(f"operator {operator} on {field.type}")
    if operator == "IS_NULL":
        return lambda value: value is None
    values = operands(org, field, sent)
    _check_count(operator, len(values))
    if _matches_all(org, field, sent):
        return lambda value: True
    if field.type in ("DATE", "DATETIME"):
        return _of_dates(operator, values)
    return _of_others(operator, values, folded=field.type in TEXT_TYPES and _folds(org))


def operands(org: Org, field: Field, sent: Any) -> list[Any]:
    """Return the values of a condition as `field` stores them; raises `ValueError` for one that does not fit."""
    if not isinstance(sent, list):
        raise ValueError("value is always a list")
    return [_operand(org, field, value) for value in sent]


def _operand(org: Org, field: Field, value: Any) -> Any:
    if field.type in NUMBER_TYPES:
        return _present(number(value))
    if field.type == "BOOLEAN":
        return _present(boolean(value))
    if field.type == "DATE":
        # INF: due dates are compared by calendar day, whatever time of day a filter carries.
        return moment(value)[:10] if isinstance(value, str) and len(value) > 10 else day(value)
    if field.type == "DATETIME":
        return day(value) if isinstance(value, str) and len(value) <= 10 else moment(value)
    if not isinstance(value, str):
        raise ValueError("a text field is compared with text")
    return value.casefold() if field.type in TEXT_TYPES and _folds(org) else value


def _present(value: Any) -> Any:
    if value is None:
        raise ValueError("a value of another type")
    return value


def _check_count(operator: str, count: int) -> None:
    if operator == "BTW" and count != 2:
        raise ValueError("BTW takes two values")
    if count == 0 or (operator in _PLAIN and count != 1):
        raise ValueError(f"{operator} with {count} values")


def _of_others(operator: str, values: list[Any], *, folded: bool) -> Test:
    def left(value: Any) -> Any:
        return value.casefold() if folded else value

    if operator == "IN":
        wanted = set(values)
        return lambda value: value is not None and left(value) in wanted
    if operator == "INCLUDES":
        wanted = set(values)
        return lambda value: value is not None and not wanted.isdisjoint(left(value).split(";"))
    if operator == "BTW":
        low, high = values
        return lambda value: value is not None and low <= left(value) <= high
    plain = _PLAIN[operator]
    return lambda value: value is not None and plain(left(value), values)


def _of_dates(operator: str, values: list[str]) -> Test:
    # Moments are stored as texts that sort as moments do. A filter that names a day compares days.
    def cut(value: str, like: str) -> str:
        return value[: len(like)]

    if operator == "IN":
        return lambda value: value is not None and any(cut(value, each) == each for each in values)
    if operator == "BTW":
        low, high = values
        return lambda value: value is not None and low <= cut(value, low) and cut(value, high) <= high
    plain = _PLAIN[operator]
    return lambda value: value is not None and plain(cut(value, values[0]), values)


def _matches_all(org: Org, field: Field, sent: Any) -> bool:
    if org.choices.string_boolean != "matches_all" or field.type != "BOOLEAN" or not isinstance(sent, list):
        return False
    return any(isinstance(value, str) for value in sent)


def _folds(org: Org) -> bool:
    return org.choices.text_match == "ignore_case"
