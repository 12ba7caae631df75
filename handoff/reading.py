"""From a YAML file to its model: every mistake in words, and as much of the model as is sound."""

import copy
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from handoff.errors import ConfigError
from handoff.model_errors import in_words, keys_at
from handoff.names import plain_name
from handoff.yaml_files import Frozen, Lines, Location, YamlFile, counted, near_to, read_yaml

Model = TypeVar("Model", bound=Frozen)
NAMES = ("name", "email", "role")
"""The keys by which other parts of the files speak of an item of a list."""
MOST_ROUNDS = 50


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
    findings = [*file.findings, *(file.lines.finding(at, words) for at, words in file.faults)]
    for at, _ in file.faults:
        draft.take_out(at)
    sound: Model | None = None
    for _ in range(MOST_ROUNDS):
        lines = Lines(file.lines.name, draft.positions)
        try:
            sound = model.model_validate(draft.data)
            break
        except ValidationError as error:
            errors = [(draft.location(each), each) for each in error.errors(include_url=False)]
        # Where something was taken out before, what is missing now is a consequence and no second mistake.
        told = [(at, each) for at, each in errors if not draft.harmed(at)]
        misspelt = draft.misspelt(model, told)
        findings += in_words(model, lines, draft.data, [one for one in told if not _follows(one, misspelt)])
        if misspelt:
            draft.respell(misspelt)
        elif not draft.without(errors):
            break
    lines = Lines(file.lines.name, draft.positions) if sound is not None else file.lines
    return Parsed(sound, lines, tuple(dict.fromkeys(findings)), file.oddities, frozenset(draft.lost))


def _left_over(at: Location, errors: Sequence[tuple[Location, ErrorDetails]]) -> str | None:
    """Return the key that is missing at a place, where one is missing and one is unknown: the one is the other."""
    unknown = [one for one, error in errors if error["type"] == "extra_forbidden" and one[:-1] == at]
    missing = [one for one, error in errors if error["type"] == "missing" and one[:-1] == at]
    return str(missing[0][-1]) if len(unknown) == len(missing) == 1 else None


def _follows(one: tuple[Location, ErrorDetails], misspelt: Mapping[Location, str]) -> bool:
    """Whether a key is missing only because it is misspelt, or waits for the next round, with the keys respelt."""
    at, error = one
    return bool(misspelt) and (at not in misspelt or error["type"] not in ("extra_forbidden", "value_error"))


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

    def misspelt(self, model: type[BaseModel], errors: Sequence[tuple[Location, ErrorDetails]]) -> dict[Location, str]:
        """Return the wrong keys of which it is plain what they should be: a known key that is not there, a name."""
        meant: dict[Location, str] = {}
        for at, error in errors:
            known = None
            if error["type"] == "extra_forbidden":
                known = near_to(str(at[-1]), keys_at(model, at[:-1])) or _left_over(at[:-1], errors)
            elif error["type"] == "value_error" and "is no name" in error["msg"] and error["loc"][-1] == "[key]":
                known = plain_name(str(at[-1]))
            taken = {*self._at(at[:-1]), *(key for one, key in meant.items() if one[:-1] == at[:-1])} if known else ()
            if known is not None and known not in taken:
                meant[at] = known
        return meant

    def respell(self, misspelt: Mapping[Location, str]) -> None:
        """Give misspelt keys their right name, so that what stands under them is compared all the same."""
        for at, known in misspelt.items():
            node = self._at(at[:-1])
            node[known] = node.pop(at[-1])
            depth = len(at)
            self.positions = {
                ((*at[:-1], known, *here[depth:]) if here[:depth] == at else here): position
                for here, position in self.positions.items()
            }

    def _at(self, at: Location) -> Any:
        node = self.data
        for part in at:
            node = node[part]
        return node

    def harmed(self, at: Location) -> bool:
        """Whether something was taken out of this place."""
        return any(wound[: len(at)] == at or wound == at[:-1] for wound in self.wounds)

    def without(self, errors: Sequence[tuple[Location, ErrorDetails]]) -> bool:
        """Take out the parts with these errors; return False where that leaves nothing."""
        whole = [at[:-1] if error["type"] == "missing" else at for at, error in errors]
        if any(not at for at in whole):
            return False
        for at in sorted(set(whole), key=_last_first, reverse=True):
            self.take_out(at)
        return True

    def take_out(self, at: Location) -> None:
        """Take one part out, and remember what it was called."""
        node = self.data
        for part in at[:-1]:
            if not (part in node if isinstance(node, dict) else isinstance(part, int) and part < len(node)):
                return  # a part around it was taken out already
            node = node[part]
        last = at[-1]
        if isinstance(node, dict):  # a key that is no text, `7`, has a place all the same
            written = next((key for key in node if key == last), None)
            gone = node.pop(written if written is not None else _no_text(node), None)
        else:
            gone = node.pop(last)
        self._lose(at, gone)
        self.wounds.append(at[:-1])
        if isinstance(last, int):
            self.positions = dict(self._moved_up(at[:-1], last))

    def _lose(self, at: Location, gone: Any) -> None:
        self.lost |= {part for part in at if isinstance(part, str)}
        said = gone if isinstance(gone, dict) else {}
        self.lost |= {str(said[key]) for key in NAMES if key in said}
        if len(at) == 2 and at[0] == "deadlines":
            self.lost.add(f"deadlines.{at[1]}.due")
        # Of what has no name any more, nobody can say who speaks of it: the whole section counts as lost.
        if len(at) == 1 or (isinstance(at[1], int) and (len(at) > 2 or not set(said) & set(NAMES[:2]))):
            self.lost.add(f"all of {at[0]}")

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


def _no_text(node: Mapping[Any, Any]) -> Any:
    return next((key for key in node if not isinstance(key, str)), None)


def _last_first(at: Location) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in at)
