"""The files of `mappings/examples/`: a deal and what it must give, in one file or in a part for each system."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from handoff.errors import ConfigError
from handoff.reading import read_model
from handoff.yaml_files import Frozen, Lines, Location, nearest

NOON = dt.datetime(2026, 1, 6, 12, 0, tzinfo=dt.UTC)
FOLDER = "examples"


def _aware(moment: dt.datetime) -> dt.datetime:
    """A moment without an offset is UTC: YAML takes offsets away."""
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


Moment = Annotated[dt.datetime, AfterValidator(_aware)]


class CustomerThen(Frozen):
    """What the platform knew of the account before."""

    name: str | None = Field(None, description="Its name there.")
    status: str | None = Field(None, description="Its status there.")
    stage: str | None = Field(None, description="Its stage there.")
    csm: str | None = Field(None, description="E-mail of its CSM.")


class OpenedThen(Frozen):
    """The handoff of a new customer that the account has open: a further win may join it."""

    won_at: Moment = Field(description="When its deal was won.")
    name: str = Field("An earlier deal", description="Its deal's name.")


class Given(Frozen):
    """What is known beside the record; everything has a default."""

    deal: str = Field("006000000000000AAA", description="The deal's id.")
    account: str = Field("001000000000000AAA", description="The account's id.")
    amount: Decimal | None = Field(None, description="The deal's amount, where no rule of the source fills it.")
    owner: str | None = Field(None, description="The rep's e-mail, where no rule of the source fills it.")
    currency: str | None = Field(None, description="The deal's currency; none: the contract's base.")
    stage: str | None = Field(None, description="The stage in which it is won.")
    won_at: Moment | None = Field(None, description="When it was won; a day before now.")
    now: Moment = Field(NOON, description="When it is handed off.")
    customer: CustomerThen | None = Field(None, description="The account's record on the platform; none: it is new.")
    opened: OpenedThen | None = Field(None, description="The account's open handoff; none: there is none to join.")
    inactive: list[str] = Field(default_factory=list, description="E-mails of users who cannot receive work.")


class Expect(Frozen):
    """What must come of it; what is left out is not compared, but `steps` names all that are made."""

    kind: str | None = Field(None, description="excluded, expansion, new_customer.")
    segment: str | None = Field(None, description="The segment's name.")
    transfer: str | None = Field(None, description="hot, cold, hybrid.")
    receiver: str | None = Field(None, description="Who receives it.")
    missing: list[str] | None = Field(None, description="The fields that Sales still owes.")
    steps: dict[str, dict[str, Any]] | None = Field(
        None,
        description="Each step that is made, with every field; {step: name} for another step's id, {contains: ...}.",
    )


class Example(Frozen):
    """One example file: a deal with what must come of it, or one system's part of that."""

    about: str = Field("", description="What it shows.")
    crm: str | None = Field(None, description="The CRM that its record is of, as its file in sources/; none: each.")
    platform: str | None = Field(None, description="The platform of its steps, as its file in targets/; none: each.")
    given: Given = Field(default_factory=lambda: Given(), description="What is known beside the record.")
    record: dict[str, Any] | None = Field(
        None, description="The CRM's record as its API gives it, nested or by path; a platform's part has none."
    )
    expect: Expect = Field(description="What must come of it.")


@dataclass(frozen=True)
class ReadExample:
    """An example that is whole, and where the keys of its record and of its steps stand; `name` is the file's."""

    name: str
    example: Example
    lines: Lines
    lines_of_steps: Lines

    def finding(self, at: Location, what: str) -> str:
        """Return what is wrong at a place, with the file that says it."""
        return (self.lines_of_steps if at[:2] == ("expect", "steps") else self.lines).finding(at, what)


@dataclass(frozen=True)
class Examples:
    """A folder's examples of one CRM with one platform, the names of those of others alone, and every mistake."""

    read: tuple[ReadExample, ...]
    of_others: tuple[str, ...]
    findings: tuple[str, ...]


def load_examples(folder: Path, *, crm: str, platform: str) -> Examples:
    """
    Return the examples of a mappings folder by name, as they concern one pair of systems.

    Args:
        crm: How the CRM's file in sources/ is called.
        platform: How the platform's file in targets/ is called.
    """
    pair = _Pair(folder, crm, platform)
    read, others, findings = [], list[str](), list[str]()
    for path in sorted((folder / FOLDER).glob("*")):
        if path.suffix != ".yml" and not any(path.glob("*.yml")):
            continue
        try:
            one = pair.in_parts(path) if path.is_dir() else pair.whole(path)
        except ConfigError as error:
            findings += error.findings or (error.message,)
        else:
            read += [one] if one else []
            others += [] if one else [_name(path)]
    return Examples(tuple(read), tuple(others), tuple(findings))


@dataclass(frozen=True)
class _Pair:
    folder: Path
    crm: str
    platform: str

    def whole(self, path: Path) -> ReadExample | None:
        """Return an example that is one file, None where it is of other systems; raises `ConfigError` for mistakes."""
        example, lines = read_model(path, Example, name=_name(path))
        _refuse(lines.finding(at, what) for at, what in self._mistakes(example))
        if example.crm not in (None, self.crm) or example.platform not in (None, self.platform):
            return None
        return ReadExample(_name(path), example, lines, lines)

    def in_parts(self, path: Path) -> ReadExample | None:
        """Return an example that is a folder with a part for each system, None where a part is not there."""
        stems = {part.stem for part in path.glob("*.yml")}
        known = self._called("sources") | self._called("targets")
        _refuse(
            f"{_name(path)}/{stem}.yml:1:1: the file: a part is called as its system's file in sources/ or targets/. "
            f"{nearest(stem, known)}"
            for stem in sorted(stems - known)
        )
        if not {self.crm, self.platform} <= stems:
            return None
        deal, lines = read_model(path / f"{self.crm}.yml", Example, name=f"{_name(path)}/{self.crm}.yml")
        work, of_steps = read_model(path / f"{self.platform}.yml", Example, name=f"{_name(path)}/{self.platform}.yml")
        _refuse(
            [
                *(lines.finding(at, what) for at, what in _mistakes_of_record(deal, self.platform)),
                *(of_steps.finding(at, what) for at, what in _mistakes_of_steps(work, self.crm)),
            ]
        )
        expect = deal.expect.model_copy(update={"steps": work.expect.steps})
        return ReadExample(_name(path), deal.model_copy(update={"expect": expect}), lines, of_steps)

    def _mistakes(self, example: Example) -> Iterator[tuple[Location, str]]:
        for key, called, place in (("crm", example.crm, "sources"), ("platform", example.platform, "targets")):
            if called is not None and called not in self._called(place):
                yield (key,), f"there is no {place}/{called}.yml. {nearest(called, self._called(place))}"
        if example.record is None:
            yield ("record",), "this key is missing. Add it."
        if example.expect.steps is None:
            yield ("expect", "steps"), "this key is missing. Add it."

    def _called(self, place: str) -> set[str]:
        return {path.stem for path in (self.folder / place).glob("*.yml")}


def _mistakes_of_record(part: Example, platform: str) -> Iterator[tuple[Location, str]]:
    yield from _named_twice(part)
    if part.record is None:
        yield ("record",), "this key is missing. Add it."
    if part.expect.steps is not None:
        yield ("expect", "steps"), f"the steps stand in the platform's part. Move them to {platform}.yml beside it."


def _mistakes_of_steps(part: Example, crm: str) -> Iterator[tuple[Location, str]]:
    yield from _named_twice(part)
    for key in sorted({"record", "given"} & part.model_fields_set):
        yield (key,), f"it stands in the CRM's part. Move it to {crm}.yml beside it."
    for key in sorted(part.expect.model_fields_set - {"steps"}):
        yield ("expect", key), f"it stands in the CRM's part. Move it to {crm}.yml beside it."
    if part.expect.steps is None:
        yield ("expect", "steps"), "this key is missing. Add it."


def _named_twice(part: Example) -> Iterator[tuple[Location, str]]:
    for key in sorted({"crm", "platform"} & part.model_fields_set):
        yield (key,), "a part's file name says which system it is of. Take the key out."


def _refuse(mistakes: Iterator[str] | list[str]) -> None:
    found = tuple(mistakes)
    if found:
        raise ConfigError("The examples have mistakes; nothing was sent.", found)


def _name(path: Path) -> str:
    return f"{FOLDER}/{path.name}"
