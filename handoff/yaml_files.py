"""Reads a YAML file into a frozen model; every mistake is named with file, line and the nearest right name."""

import difflib
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from handoff.errors import ConfigError

Location = tuple[str | int, ...]


class Frozen(BaseModel):
    """A model of a file: nothing edits it later, and a key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=True)


Model = TypeVar("Model", bound=Frozen)


@dataclass(frozen=True)
class Lines:
    """Where each key of a file stands; `name` is the file as a person would call it."""

    name: str
    by_location: Mapping[Location, int]

    def place(self, *location: str | int) -> str:
        """Return `file:line` of this key, or of the nearest key around it."""
        for end in range(len(location), 0, -1):
            if location[:end] in self.by_location:
                return f"{self.name}:{self.by_location[location[:end]]}"
        return self.name


@dataclass(frozen=True)
class YamlFile:
    """A file's plain data and where each part of it stands."""

    data: Any
    lines: Lines


class _Constructor(RoundTripConstructor):
    """Names the line of a value that YAML takes for a date or number and that is none: `2026-02-31`."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, IndexError) as error:
            raise ConstructorError(None, None, f"{node.value!r} is no value: {error}", node.start_mark) from error


def read_yaml(path: Path, *, name: str | None = None) -> YamlFile:
    """
    Return the file's data, as YAML 1.2 reads it.

    Raises:
        ConfigError: It is not there, is no YAML, or writes a key twice.
    """
    shown = name or path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
        yaml = YAML(typ="rt")
        yaml.Constructor = _Constructor
        tree = yaml.load(text)
    except FileNotFoundError as error:
        raise ConfigError(f"{shown} is not there. Expected it at {path}.") from error
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read: {error.strerror}. Expected a file at {path}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown} is not UTF-8 text. Save it as UTF-8.") from error
    except MarkedYAMLError as error:
        line = (error.problem_mark.line + 1) if error.problem_mark else 1
        raise ConfigError(f"{shown}:{line}: {_problem(error)}. {_yaml_hint(error)}") from error
    except YAMLError as error:
        raise ConfigError(f"{shown}: {_first_line(str(error))}. Check the file with a YAML editor.") from error
    positions = dict(_positions(tree, ()))
    return YamlFile(_plain(tree), Lines(shown, positions))


def read_model(path: Path, model: type[Model], *, name: str | None = None) -> tuple[Model, Lines]:
    """
    Return the file as `model`, and where its keys stand.

    Raises:
        ConfigError: With one finding for every mistake in the file.
    """
    file = read_yaml(path, name=name)
    return as_model(file, model), file.lines


def as_model(file: YamlFile, model: type[Model]) -> Model:
    """Return the data of `file` as `model`; raises `ConfigError` with a finding for every mistake."""
    try:
        return model.model_validate(file.data if file.data is not None else {})
    except ValidationError as error:
        findings = tuple(dict.fromkeys(_finding(model, file, e) for e in error.errors(include_url=False)))
        count = "1 mistake" if len(findings) == 1 else f"{len(findings)} mistakes"
        raise ConfigError(f"{file.lines.name} has {count}; nothing was sent.", findings) from error


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """Return a sentence that names the nearest known word, or all of them when none is near."""
    choices = sorted(set(known)) or ["(none is defined)"]
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"Nearest: {near[0]}." if near else f"Use one of: {', '.join(choices)}."


def _finding(model: type[BaseModel], file: YamlFile, error: ErrorDetails) -> str:
    location = tuple(part for part in error["loc"] if _in_file(part))
    trail = " -> ".join(str(part) for part in location) or "the file"
    place = file.lines.place(*location)
    if error["type"] == "extra_forbidden":
        return f"{place}: {trail}: unknown key. {nearest(str(location[-1]), _keys_at(model, location[:-1]))}"
    if error["type"] == "missing":
        return f"{place}: {trail}: this key is missing. Add it."
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {trail}: {message[:1].lower() + message[1:].rstrip('.')}."


def _in_file(part: str | int) -> bool:
    """Pydantic names union members and `key` markers in a location; only real keys of the file are shown."""
    return isinstance(part, int) or not (part in ("str", "[key]") or "[" in part or part.startswith("function-"))


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    models: list[type[BaseModel]] = [model]
    for part in location:
        inner: list[type[BaseModel]] = []
        for candidate in models:
            for name, info in candidate.model_fields.items():
                if part in (name, info.alias):
                    inner += _models_in(info.annotation)
        models = inner or models
    return [info.alias or name for candidate in models for name, info in candidate.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models_in(part)]


def _positions(node: Any, location: Location) -> Iterator[tuple[Location, int]]:
    if isinstance(node, CommentedMap):
        for key, value in node.items():
            if key in node.lc.data:  # a key that came by `<<` stands elsewhere
                yield (*location, key), node.lc.key(key)[0] + 1
            yield from _positions(value, (*location, key))
    elif isinstance(node, CommentedSeq):
        for index, value in enumerate(node):
            yield (*location, index), node.lc.item(index)[0] + 1
            yield from _positions(value, (*location, index))


def _plain(node: Any) -> Any:
    if isinstance(node, CommentedMap):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    return str(node) if isinstance(node, str) else node


def _problem(error: MarkedYAMLError) -> str:
    """A doubled key's message ends with all that stands below it, twice; the key is enough."""
    return re.sub(r'(found duplicate key ".*?") with value .*', r"\1", _first_line(error.problem))


def _yaml_hint(error: MarkedYAMLError) -> str:
    problem = error.problem or ""
    if isinstance(error.__cause__, ValueError | IndexError):
        return "Correct it, or quote it if it is text."
    if "duplicate key" in problem:
        return "Keep one of the two."
    if "\\t" in problem or "tab" in problem:
        return "Indent with spaces, not tabs."
    return "Quote texts that hold a colon, a brace or a hash."


def _first_line(text: str | None) -> str:
    return (text or "it cannot be read").strip().splitlines()[0].rstrip(".")
