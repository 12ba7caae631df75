"""Reads a YAML file into a frozen model; every mistake is named with file, line, column and the nearest right name."""

import difflib
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from handoff.errors import ConfigError
from handoff.yaml_troubles import faults, trouble

Location = tuple[str | int, ...]
Mistake = tuple[Location, str]
BOM = "\ufeff"
UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NEAR = 0.66
"""How alike two words must be, from 0 to 1, that one is offered for the other."""


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
    """
    A file's plain data, where each part of it stands, its mistakes as YAML, and what is odd but harmless.

    Whoever reads the same text again is given the same one: `data` is never altered.
    `faults` are parts that are YAML and surely not what was meant, each with its place.
    """

    data: Any
    lines: Lines
    findings: tuple[str, ...] = ()
    faults: tuple[tuple[Location, str], ...] = ()
    oddities: tuple[str, ...] = ()


class _Constructor(RoundTripConstructor):
    """Names the line of a value that YAML takes for a date or number and that is none: `2026-02-31`."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, IndexError) as error:
            raise ConstructorError(
                None, None, f"{node.value!r} is no day or moment that exists: {error}", node.start_mark
            ) from error


def read_yaml(path: Path, *, name: str | None = None) -> YamlFile:
    """
    Return the file's data, as YAML 1.2 reads it; a key written twice is among its findings, the first one counts.

    Raises:
        ConfigError: It is not there, or is no YAML.
    """
    shown = name or path.name
    try:
        return _read(path.read_bytes(), shown)
    except FileNotFoundError as error:
        raise ConfigError(f"{shown}:1:1: the file is not there. Put it at {path}.") from error
    except OSError as error:
        raise ConfigError(f"{shown}:1:1: it cannot be read: {error.strerror}. Put a file at {path}.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{shown}:{line}:1: a letter here is not UTF-8. Save the file as UTF-8.") from error


@lru_cache(maxsize=64)
def _read(written: bytes, shown: str) -> YamlFile:
    """Read what a file holds; several pairs of systems share most of their files, and each is read once."""
    raw = written.decode("utf-8")
    text = raw.removeprefix(BOM)
    try:
        root, lines, tree = _composed(text, shown)
    except MarkedYAMLError as error:
        one = trouble(error, text)
        raise ConfigError(f"{shown}:{one.line}:{one.column}: {one.words}") from error
    except YAMLError as error:
        strange = UNPRINTABLE.search(text)
        line = text[: strange.start()].count("\n") + 1 if strange else 1
        words = "a character here cannot be printed. Delete it, and write the line anew."
        raise ConfigError(f"{shown}:{line}:1: {words}") from error
    amiss = tuple(faults(root, text))
    return YamlFile(_plain(tree), lines, tuple(_doubled(root, shown)), amiss, tuple(_odd(raw, shown)))


def _composed(text: str, shown: str) -> tuple[Node | None, Lines, Any]:
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    yaml.allow_duplicate_keys = True  # all of them are told at once, below
    root = yaml.compose(text)
    lines = Lines(shown, dict(_positions(root, ())))  # before a merged key (`<<`) is put in among the others
    return root, lines, yaml.constructor.construct_document(root) if root is not None else None


MOST_CHOICES = 40


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest known word, or all of them when none is near."""
    choices = sorted(set(known))
    near = near_to(word, choices)
    if near is not None:
        return f"Nearest: {near}."
    if not choices:
        return "None is defined; add it first."
    more = f" and {len(choices) - MOST_CHOICES} more" if len(choices) > MOST_CHOICES else ""
    return f"Use one of: {', '.join(choices[:MOST_CHOICES])}{more}."


def near_to(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was surely meant: in another letter case, cut short, or with a slip of the pen."""
    by_lower = {one.lower(): one for one in sorted(set(known), reverse=True)}
    said = word.lower()
    last = said.rpartition(".")[2]
    tail = [last] if last in by_lower else [one for one in by_lower if one.endswith(f".{last}")]
    close = difflib.get_close_matches(said, by_lower, n=1, cutoff=NEAR) or (tail if len(tail) == 1 else [])
    return by_lower[close[0]] if close else None


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
            ends_a_number = value.value == "" and node.flow_style  # `1,000,000`: told as what it is
            if key.value in first and not ends_a_number:
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
