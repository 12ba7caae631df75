"""Whether two JSON values have the same shape: the same keys and types at every level, whatever the values."""

from collections.abc import Mapping
from typing import Any

ANY_KEY = "<any>"
"""As the only key of an expected object: its keys are data (a reference id), each value has the shape given here."""

ANYTHING = "<anything>"
"""As an expected value: whatever is there will do."""


def shape_differences(expected: Any, actual: Any, path: str = "$") -> list[str]:
    """
    Return one line for each place where `actual` has another shape than `expected`; none when they agree.

    Keys and JSON types are compared, values are not. Every element of an actual list must fit one of
    the expected elements; an empty list where elements are expected, or elements where none are, differ.
    """
    if expected == ANYTHING:
        return []
    if _type(expected) != _type(actual):
        return [f"{path}: expected {_type(expected)}, got {_type(actual)}"]
    if isinstance(expected, Mapping):
        return _objects(expected, actual, path)
    if isinstance(expected, list):
        return _lists(expected, actual, path)
    return []


def _objects(expected: Mapping[str, Any], actual: Mapping[str, Any], path: str) -> list[str]:
    if set(expected) == {ANY_KEY}:
        if not actual:
            return [f"{path}: expected some key, got none"]
        wanted = dict.fromkeys(actual, expected[ANY_KEY])
    else:
        wanted = dict(expected)
    missing = [f"{path}.{key}: missing" for key in wanted if key not in actual]
    extra = [f"{path}.{key}: not expected" for key in actual if key not in wanted]
    inner = [
        line for key in wanted if key in actual for line in shape_differences(wanted[key], actual[key], f"{path}.{key}")
    ]
    return missing + extra + inner


def _lists(expected: list[Any], actual: list[Any], path: str) -> list[str]:
    if bool(expected) != bool(actual):
        return [f"{path}: expected {'elements' if expected else 'an empty list'}, got {len(actual)}"]
    lines: list[str] = []
    for index, element in enumerate(actual):
        tries = [shape_differences(each, element, f"{path}[{index}]") for each in expected]
        lines += min(tries, key=len) if tries else []
    return lines


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"
