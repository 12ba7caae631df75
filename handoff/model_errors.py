"""What pydantic found wrong with a file's data, in words: what stands there, what must, and how it is written."""

import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails
from typing_extensions import TypeAliasType

from handoff.transforms import quoted
from handoff.yaml_files import Lines, Location, nearest

_LIST = "a list. Write it as [a, b], or each item on a line of its own after '- '"
_KEYS = "keys with values. Write them as {key: value}, or each on a line of its own"
_WHOLE = "a whole number. Write it like 40"
_YES_NO = "true or false. Write one of the two, without quotes"
_DAY = "a day. Write it like 2026-12-01, without quotes"
_NUMBER = "a number. Write it like 20000 or 0.92, without quotes"
WANTED = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("bool_type", "bool_parsing"), _YES_NO),
    "list_type": _LIST,
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _KEYS),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _DAY),
    "date_from_datetime_inexact": "a day without a time. Write it like 2026-12-01, without quotes",
    **dict.fromkeys(("decimal_type", "decimal_parsing", "float_type", "float_parsing", "finite_number"), _NUMBER),
}
"""What stands in the place of pydantic's words: the kind of value wanted, and how it is written."""

BOUNDS = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
}
Found = tuple[Location, ErrorDetails]


def in_words(model: type[BaseModel], lines: Lines, data: Any, errors: Sequence[Found]) -> list[str]:
    """Return one finding for each place that is wrong, however many of its possible forms it fails."""
    places: dict[Location, list[ErrorDetails]] = {}
    for at, error in errors:
        places.setdefault(at, []).append(error)
    return [lines.finding(*_said(model, data, at, some)) for at, some in places.items()]


def _said(model: type[BaseModel], data: Any, at: Location, errors: Sequence[ErrorDetails]) -> tuple[Location, str]:
    error = errors[-1]
    kind, given = error["type"], error["input"]
    if kind == "extra_forbidden":
        return at, f"unknown key. {nearest(str(at[-1]), keys_at(model, at[:-1]))}"
    if kind == "missing":
        return at, "this key is missing. Add it."
    choices = [one for each in errors if each["type"] in ("literal_error", "enum") for one in _choices(each)]
    if choices:
        also = ", or a list: [a, b]" if any(each["type"] == "list_type" for each in errors) else ""
        offer = f"Write {', '.join(choices)}{also}." if also else nearest(str(given), choices)
        return at, f"{_shown(given)} cannot be used here. {offer}"
    if {"string_type", "list_type"} <= {each["type"] for each in errors}:
        return at, f'{_shown(given)} stands here; it must be a text or a list of texts. Quote it: "{_plainly(given)}".'
    if kind in WANTED:
        return at, f"{_shown(given)} stands here; it must be {WANTED[kind]}."
    if kind == "string_type":
        return at, f"{_shown(given)} stands here; it must be {_text(given)}."
    if kind in BOUNDS:
        return at, f"{_shown(given)} stands here; it must be {_bound(error)}. Write such a number."
    if kind in ("too_short", "string_too_short"):
        return at, "nothing stands in it; it needs at least one. Add one."
    message = error["msg"].removeprefix("Value error, ")
    return _key_named(data, at, message), f"{_lower(message).rstrip('.')}."


def _text(given: Any) -> str:
    if isinstance(given, dict | list):
        return "one text. Write one"
    return "a text. Write one" if given is None else f'a text. Quote it: "{_plainly(given)}"'


def _bound(error: ErrorDetails) -> str:
    numbers = {name: f"{value}" for name, value in (error.get("ctx") or {}).items()}
    return BOUNDS[error["type"]].format(**numbers)


def _key_named(data: Any, at: Sequence[Any], message: str) -> Location:
    """Return the place of the first key that a message names in backticks, where it is there; else `at`."""
    node = data
    for part in at:
        node = node[part] if isinstance(node, dict | list) else {}
    names = re.findall(r"`(\w+)`", message) if isinstance(node, dict) else []
    return next(((*at, name) for name in names if name in node), tuple(at))


def _choices(error: ErrorDetails) -> list[str]:
    expected = str((error.get("ctx") or {}).get("expected", ""))
    return re.findall(r"'([^']*)'", expected) or [one.lower() for one in re.split(r", | or ", expected) if one]


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    kinds = ((dict, "a set of keys"), (list, "a list"))
    named = next((words for kind, words in kinds if isinstance(value, kind)), None)
    return named or (quoted(value) if isinstance(value, str) else _plainly(value))


def _plainly(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """Return the keys that can stand at a place of a file, as they are written."""
    return list(dict.fromkeys(_keys(_models_at(model, location))))


def _keys(models: Sequence[type[BaseModel]]) -> Iterator[str]:
    yield from (info.alias or name for each in models for name, info in each.model_fields.items())


def _models_at(model: type[BaseModel], location: Location) -> list[type[BaseModel]]:
    models: list[type[BaseModel]] = [model]
    for part in location:
        inner: list[type[BaseModel]] = []
        for candidate in models:
            fields: Mapping[str, Any] = candidate.model_fields
            for name, info in fields.items():
                if part in (name, info.alias):
                    inner += _models_in(info.annotation)
        models = inner or models
    return models


def _models_in(annotation: Any, depth: int = 6) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if depth == 0:
        return []
    if isinstance(annotation, TypeAliasType):
        return _models_in(annotation.__value__, depth - 1)
    return [model for part in typing.get_args(annotation) for model in _models_in(part, depth - 1)]
