"""Reads a YAML file into a frozen model; every mistake is named with file, line, column and the nearest right name."""

import difflib
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from handoff.errors import ConfigError

Location = tuple[str | int, ...]
BOM = "\ufeff"


class Frozen(BaseModel):
    """A model of a file: nothing edits it later, and a key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=True)


@dataclass(frozen=True)
class Lines:
    """Where each key of a file stands (line and column, from 1); `name` is the file as a person would call it."""

    name: str
    by_location: Mapping[Location, tuple[int, int]]

    def place(self, *location: str | int) -> str:
        """Return `file:line` of this key, or of the nearest key around it."""
        at = self._nearest(location)
        return f"{self.name}:{at[0]}" if at else self.name

    def spot(self, *location: str | int) -> str:
        """Return `file:line:column` of this key, or of the nearest key around it; of nothing, the file's start."""
        line, column = self._nearest(location) or (1, 1)
        return f"{self.name}:{line}:{column}"

    def finding(self, location: Location, what: str) -> str:
        """Return a mistake at this place, in one line."""
        trail = " -> ".join(str(part) for part in location) or "the file"
        return f"{self.spot(*location)}: {trail}: {what}"

    def _nearest(self, location: Location) -> tuple[int, int] | None:
        ends = (location[:end] for end in range(len(location), 0, -1))
        return next((self.by_location[end] for end in ends if end in self.by_location), None)


@dataclass(frozen=True)
class YamlFile:
    """A file's plain data, where each part of it stands, its mistakes as YAML, and what is odd but harmless."""

    data: Any
    lines: Lines
    findings: tuple[str, ...] = ()
    oddities: tuple[str, ...] = ()


class _Constructor(RoundTripConstructor):
    """Names the line of a value that YAML takes for a date or number and that is none: `2026-02-31`."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, IndexError) as error:
            raise ConstructorError(None, None, f"{node.value!r} is no value: {error}", node.start_mark) from error


def read_yaml(path: Path, *, name: str | None = None) -> YamlFile:
    """
    Return the file's data, as YAML 1.2 reads it; a key written twice is among its findings, the first one counts.

    Raises:
        ConfigError: It is not there, or is no YAML.
    """
    shown = name or path.name
    try:
        raw = path.read_bytes().decode("utf-8")
        text = raw.removeprefix(BOM)
        root = _yaml().compose(text)
        tree = _yaml().load(text)
    except FileNotFoundError as error:
        raise ConfigError(f"{shown} is not there. Expected it at {path}.") from error
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read: {error.strerror}. Expected a file at {path}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown} is not UTF-8 text. Save it as UTF-8.") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise ConfigError(f"{shown}:{at}: {_problem(error)}. {_yaml_hint(error, text)}") from error
    except YAMLError as error:
        raise ConfigError(f"{shown}: {_first_line(str(error))}. Check the file with a YAML editor.") from error
    lines = Lines(shown, dict(_positions(root, ())))
    return YamlFile(_plain(tree), lines, tuple(_doubled(root, shown)), tuple(_odd(raw, shown)))


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    yaml.allow_duplicate_keys = True  # all of them are told at once, below
    return yaml


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest known word, or all of them when none is near."""
    choices = sorted(set(known)) or ["(none is defined)"]
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"Nearest: {near[0]}." if near else f"Use one of: {', '.join(choices)}."


def counted(findings: typing.Sized) -> str:
    """Return `1 mistake` or `3 mistakes`."""
    return "1 mistake" if len(findings) == 1 else f"{len(findings)} mistakes"


def _positions(node: Node | None, location: Location) -> Iterator[tuple[Location, tuple[int, int]]]:
    if isinstance(node, MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            here = (*location, key.value)
            if key.value not in seen and key.value != "<<":  # a key that came by `<<` stands elsewhere
                seen.add(key.value)
                yield here, _start(key)
                yield from _positions(value, here)
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield (*location, index), _start(item)
            yield from _positions(item, (*location, index))


def _start(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _doubled(node: Node | None, name: str) -> Iterator[str]:
    if isinstance(node, MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            line, column = _start(key)
            if key.value in first:
                also = f"{key.value!r} is written twice, first in line {first[key.value]}"
                yield f"{name}:{line}:{column}: {key.value}: {also}. Keep one of the two."
            first.setdefault(key.value, line)
            yield from _doubled(value, name)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield from _doubled(item, name)


def _odd(raw: str, name: str) -> Iterator[str]:
    if raw.startswith(BOM):
        yield f"{name}:1:1: the file begins with a byte order mark. It is read all the same; save it as plain UTF-8."
    if "\r\n" in raw:
        line = raw[: raw.index("\r\n")].count("\n") + 1
        yield f"{name}:{line}:1: lines end as on Windows (CRLF). It is read all the same; save it with LF."


def _plain(node: Any) -> Any:
    if isinstance(node, CommentedMap):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    return str(node) if isinstance(node, str) else node


def _problem(error: MarkedYAMLError) -> str:
    return _first_line(error.problem)


def _yaml_hint(error: MarkedYAMLError, text: str) -> str:
    problem = error.problem or ""
    if isinstance(error.__cause__, ValueError | IndexError):
        return "Correct it, or quote it if it is text."
    if "\\t" in problem or "tab" in problem:
        return "Indent with spaces, not tabs."
    if "mapping values are not allowed" in problem:
        return "Quote a text that holds a colon."
    mark = error.problem_mark
    line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    if re.search(r":\s*\{[\w.]+\}\s*\S", line):
        return 'Quote a text that begins with a brace: "{account.name} ...".'
    return "Quote texts that hold a colon, a brace or a hash."


def _first_line(text: str | None) -> str:
    return (text or "it cannot be read").strip().splitlines()[0].rstrip(".")
