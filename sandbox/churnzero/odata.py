"""The pull API's questions: which of the rows, in which order, which of them and what of each."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from sandbox.wire import Json, Record

_CONDITION = re.compile(r"\s*(\w+)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|\S+)\s*")
_JOINED = re.compile(r"\s+(and|or)\s+(?=(?:[^']*'[^']*')*[^']*$)")


class BadQuestion(Exception):
    """A question that is answered with 400."""


class Question(NamedTuple):
    """What was asked of a list."""

    where: Callable[[Record], bool]
    order: tuple[str, bool] | None
    first: int
    most: int | None
    select: tuple[str, ...]
    counted: bool


def question(params: Mapping[str, str], columns: set[str], *, by_external_id: bool) -> Question:
    """Return what is asked; raises `BadQuestion` for what the vendor does not understand."""
    known = {"$filter", "$select", "$orderby", "$top", "$skip", "$count", "$expand"}
    if wrong := [name for name in params if name not in known]:
        raise BadQuestion(f"The query option '{wrong[0]}' is not supported")
    select = tuple(name.strip() for name in params.get("$select", "").split(",") if name.strip())
    for name in select:
        _column(name, columns)
    most = _number(params["$top"]) if "$top" in params else None
    return Question(
        where=_filter(params.get("$filter", ""), columns, by_external_id=by_external_id),
        order=_order(params.get("$orderby", ""), columns),
        first=_number(params.get("$skip", "0")),
        most=most,
        select=select,
        counted=params.get("$count", "false").lower() == "true",
    )


def answered(rows: list[Record], asked: Question) -> list[Record]:
    """Return all rows that meet a question, in its order and with the columns it wants."""
    kept = [row for row in rows if asked.where(row)]
    if asked.order:
        name, down = asked.order
        kept.sort(key=lambda row: (row.get(name) is not None, row.get(name)), reverse=down)
    return [{name: row.get(name) for name in asked.select} if asked.select else row for row in kept]


def _filter(text: str, columns: set[str], *, by_external_id: bool) -> Callable[[Record], bool]:
    if not text.strip():
        return lambda row: True
    joined = {each.lower() for each in _JOINED.findall(text)}
    if len(joined) > 1:
        raise BadQuestion("and and or cannot be mixed")
    conditions = [_condition(each, columns, by_external_id) for each in _JOINED.split(text)[::2]]
    every = any if joined == {"or"} else all
    return lambda row: every(meets(row) for meets in conditions)


def _condition(text: str, columns: set[str], by_external_id: bool) -> Callable[[Record], bool]:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise BadQuestion(f"The filter is not understood: {text.strip()}")
    name, sign, wanted = _column(found[1], columns), found[2], _literal(found[3])
    if name.endswith("ExternalId") and not by_external_id:
        raise BadQuestion(f"{name} cannot be filtered")
    return lambda row: _SIGNS[sign](_comparable(row.get(name)), _comparable(wanted))


def _compared(test: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool]:
    def safe(value: Json, wanted: Json) -> bool:
        try:
            return value is not None and wanted is not None and test(value, wanted)
        except TypeError:
            return False

    return safe


_SIGNS: Mapping[str, Callable[[Json, Json], bool]] = {
    "eq": lambda value, wanted: bool(value == wanted),
    "ne": lambda value, wanted: bool(value != wanted),
    "gt": _compared(lambda value, wanted: value > wanted),
    "ge": _compared(lambda value, wanted: value >= wanted),
    "lt": _compared(lambda value, wanted: value < wanted),
    "le": _compared(lambda value, wanted: value <= wanted),
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)")


def _comparable(value: Json) -> Json:
    return datetime.fromisoformat(value) if isinstance(value, str) and _MOMENT.fullmatch(value) else value


def _literal(text: str) -> Json:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _order(text: str, columns: set[str]) -> tuple[str, bool] | None:
    words = text.split()
    if not words:
        return None
    if len(words) > 2 or (len(words) == 2 and words[1] not in ("asc", "desc")):
        raise BadQuestion(f"The order is not understood: {text}")
    return _column(words[0], columns), words[-1] == "desc"


def _column(name: str, columns: set[str]) -> str:
    if columns and name not in columns:
        raise BadQuestion(f"Could not find a property named '{name}'")
    return name


def _number(text: str) -> int:
    if not text.isdecimal():
        raise BadQuestion(f"'{text}' is no number")
    return int(text)
