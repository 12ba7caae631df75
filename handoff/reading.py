"""From a YAML file to its model: every mistake in words, and as much of the model as is sound."""

import copy
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import TypeAliasType

from handoff.errors import ConfigError
from handoff.transforms import quoted
from handoff.yaml_files import Frozen, Lines, Location, YamlFile, counted, nearest, read_yaml

Model = TypeVar("Model", bound=Frozen)
MOST_ROUNDS = 50

WANTED = {
    "string_type": 'a text. Quote it: "..."',
    "int_type": "a whole number, without quotes",
    "int_parsing": "a whole number, without quotes",
    "int_from_float": "a whole number, without quotes",
    "bool_type": "true or false, without quotes",
    "bool_parsing": "true or false, without quotes",
    "list_type": "a list. Write it as [a, b], or each item on a line of its own after '- '",
    "dict_type": "keys with values. Write them as {key: value}, or each on a line of its own",
    "model_type": "keys with values. Write them as {key: value}, or each on a line of its own",
    "model_attributes_type": "keys with values. Write them as {key: value}, or each on a line of its own",
    "date_type": "a day. Write it like 2026-12-01, without quotes",
    "date_parsing": "a day. Write it like 2026-12-01, without quotes",
    "date_from_datetime_parsing": "a day. Write it like 2026-12-01, without quotes",
    "date_from_datetime_inexact": "a day without a time. Write it like 2026-12-01",
    "decimal_type": "a number, without quotes",
    "decimal_parsing": "a number, without quotes",
    "float_type": "a number, without quotes",
    "float_parsing": "a number, without quotes",
}
"""What stands in the place of pydantic's words: the kind of value wanted, and how it is written."""


@dataclass(frozen=True)
class Parsed(Generic[Model]):
    """
    A file as its model.

    `model` leaves out what is wrong, and is None where nothing sound is left; `lines` are those of what it holds.
    `lost` names what was left out, so that nobody is told a second time that it is missing.
    """

    model: Model | None
    lines: Lines
    findings: tuple[str, ...] = ()
    oddities: tuple[str, ...] = ()
    lost: frozenset[str] = frozenset()


def read_model(path: Path, model: type[Model], *, name: str | None = None) -> tuple[Model, Lines]:
    """
    Return the file as `model`, and where its keys stand.

    Raises:
        ConfigError: With one finding for every mistake in the file.
    """
    one = parsed(read_yaml(path, name=name), model)
    if one.findings or one.model is None:
        raise ConfigError(f"{one.lines.name} has {counted(one.findings)}; nothing was sent.", one.findings)
    return one.model, one.lines


def parsed(file: YamlFile, model: type[Model]) -> Parsed[Model]:
    """Return the file as `model`, with a finding for every mistake and without the parts that hold one."""
    draft = _Draft(copy.deepcopy(file.data) if file.data is not None else {}, dict(file.lines.by_location))
    findings = list(file.findings)
    for _ in range(MOST_ROUNDS):
        lines = Lines(file.lines.name, draft.positions)
        try:
            sound = model.model_validate(draft.data)
            return Parsed(sound, lines, tuple(dict.fromkeys(findings)), file.oddities, frozenset(draft.lost))
        except ValidationError as error:
            errors = [(draft.location(each), each) for each in error.errors(include_url=False)]
        # Where something was taken out before, what is missing now is a consequence and no second mistake.
        findings += [_finding(model, lines, at, each) for at, each in errors if not draft.harmed(at)]
        if not draft.without(errors):
            break
    return Parsed(None, file.lines, tuple(dict.fromkeys(findings)), file.oddities, frozenset(draft.lost))


@dataclass
class _Draft:
    """A file's data, from which what is wrong is taken out."""

    data: Any
    positions: dict[Location, tuple[int, int]]
    lost: set[str] = field(default_factory=set)
    wounds: list[Location] = field(default_factory=list)

    def location(self, error: ErrorDetails) -> Location:
        """Return where in the file an error is: pydantic's own marks (a union's member, `[key]`) are left out."""
        node: Any = self.data
        kept: list[str | int] = []
        for part in error["loc"]:
            inside = isinstance(node, list) and isinstance(part, int) and part < len(node)
            if inside or (isinstance(node, dict) and part in node):
                node = node[part]
            elif not (error["type"] in ("missing", "extra_forbidden") and part == error["loc"][-1]):
                continue
            kept.append(part)
        return tuple(kept)

    def harmed(self, at: Location) -> bool:
        """Whether something was taken out of this place."""
        return any(wound[: len(at)] == at or wound == at[:-1] for wound in self.wounds)

    def without(self, errors: typing.Sequence[tuple[Location, ErrorDetails]]) -> bool:
        """Take out the parts with these errors; return False where that leaves nothing."""
        whole = [at[:-1] if error["type"] == "missing" else at for at, error in errors]
        if any(not at for at in whole):
            return False
        for at in sorted(set(whole), key=_last_first, reverse=True):
            self._take_out(at)
        return True

    def _take_out(self, at: Location) -> None:
        node = self.data
        for part in at[:-1]:
            if not (part in node if isinstance(node, dict) else isinstance(part, int) and part < len(node)):
                return  # a part around it was taken out already
            node = node[part]
        last = at[-1]
        gone = node.pop(last, None) if isinstance(node, dict) else node.pop(last)
        self.lost |= {part for part in at if isinstance(part, str)}
        self.lost |= {str(gone[key]) for key in ("name", "email") if isinstance(gone, dict) and key in gone}
        self.wounds.append(at[:-1])
        if isinstance(last, int):
            self.positions = dict(self._moved_up(at[:-1], last))

    def _moved_up(self, around: Location, gone: int) -> Iterator[tuple[Location, tuple[int, int]]]:
        depth = len(around)
        for location, position in self.positions.items():
            if len(location) > depth and location[:depth] == around and isinstance(location[depth], int):
                place = typing.cast(int, location[depth])
                if place == gone:
                    continue
                if place > gone:
                    location = (*around, place - 1, *location[depth + 1 :])
            yield location, position


def _last_first(at: Location) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in at)


def _finding(model: type[BaseModel], lines: Lines, at: Location, error: ErrorDetails) -> str:
    return lines.finding(at, _said(model, at, error))


def _said(model: type[BaseModel], at: Location, error: ErrorDetails) -> str:
    kind, given = error["type"], error["input"]
    if kind == "extra_forbidden":
        return f"unknown key. {nearest(str(at[-1]), _keys_at(model, at[:-1]))}"
    if kind == "missing":
        return "this key is missing. Add it."
    if error["loc"] and error["loc"][-1] == "[key]":
        return f'a key must be a text. Quote it: "{at[-1] if at else given}".'
    if isinstance(given, dict) and list(given.values()) == [None] and kind in ("string_type", "model_type"):
        return f'an unquoted brace makes this keys and values. Quote it: "{{{next(iter(given))}}}".'
    if kind in ("literal_error", "enum"):
        return f"{_shown(given)} cannot be used here. {nearest(str(given), _choices(error))}"
    if kind in WANTED:
        return f"{_shown(given)} stands here; it must be {WANTED[kind]}."
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "too_short", "string_too_short"):
        return f"{_lower(error['msg']).replace('input should', 'this must')}. Correct it."
    message = error["msg"].removeprefix("Value error, ")
    return f"{_lower(message).rstrip('.')}."


def _choices(error: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", str((error.get("ctx") or {}).get("expected", "")))


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    kinds = ((bool, "a yes or no"), (dict, "a set of keys"), (list, "a list"))
    return next((words for kind, words in kinds if isinstance(value, kind)), quoted(value))


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    models: list[type[BaseModel]] = [model]
    for part in location:
        inner: list[type[BaseModel]] = []
        for candidate in models:
            for name, info in candidate.model_fields.items():
                if part in (name, info.alias):
                    inner += _models_in(info.annotation)
        models = inner or models
    return list(dict.fromkeys(info.alias or name for each in models for name, info in each.model_fields.items()))


def _models_in(annotation: Any, depth: int = 6) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if depth == 0:
        return []
    if isinstance(annotation, TypeAliasType):
        return _models_in(annotation.__value__, depth - 1)
    return [model for part in typing.get_args(annotation) for model in _models_in(part, depth - 1)]
