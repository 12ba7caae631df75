"""The contract between Sales and Customer Success (`handoff.yml`), and who is who (`people.yml`)."""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import Field, field_validator

from handoff.conditions import Condition, Test
from handoff.yaml_files import Frozen, Location, nearest

NAME = re.compile(r"[a-z][a-z0-9_]*")


Thing = TypeVar("Thing")


def named(things: dict[str, Thing]) -> dict[str, Thing]:
    """Return the things; raises `ValueError` unless each is called by small letters, digits and _."""
    for name in things:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name. Use small letters, digits and _, a letter first")
    return things


class Agreed(Frozen):
    """Who signed the contract, and from when it holds."""

    sales: str
    cs: str
    date: dt.date
    effective_from: dt.date | None = None


class Currency(Frozen):
    """The currency in which segments are judged, and what one unit of another is worth in it."""

    base: str = "USD"
    rates: dict[str, Annotated[Decimal, Field(gt=0)]] = Field(default_factory=dict)

    def in_base(self, amount: Decimal, currency: str | None) -> Decimal | None:
        """Return the amount in the base currency, None when no rate is known."""
        if currency in (None, self.base):
            return amount
        rate = self.rates.get(currency or "")
        return None if rate is None else amount * rate


class ContractField(Frozen):
    """A field that Customer Success asks for: how it is called and what the rep is asked."""

    section: str
    label: str
    prompt: str = ""
    person_with_role: str | None = None


class Segment(Frozen):
    """A kind of customer and what Sales owes for it."""

    name: str
    when: str | list[Test] | None = None
    extends: str | None = None
    requires: list[str] = Field(default_factory=list)


class Routing(Frozen):
    """One rule of who receives a handoff."""

    use: Literal["fixed"]
    receiver: str
    segments: list[str] | None = None


class Contract(Frozen):
    """`handoff.yml`, whole; `mistakes` must be empty before anything is judged by it."""

    agreed: Agreed | None = None
    start_from: dt.date | None = None
    currency: Currency = Field(default_factory=Currency)
    conditions: dict[str, list[Test]] = Field(default_factory=dict)
    fields: dict[str, ContractField]
    segments: list[Segment] = Field(min_length=1)
    routing: list[Routing] = Field(min_length=1)

    @field_validator("fields", "conditions")
    @classmethod
    def _names(cls, things: dict[str, object]) -> dict[str, object]:
        return named(things)

    def mistakes(self) -> Iterator[tuple[Location, str]]:
        """Yield what does not fit together, with the key where it stands."""
        names = [segment.name for segment in self.segments]
        for index, segment in enumerate(self.segments):
            at: Location = ("segments", index)
            yield from (((*at, key), what) for key, what in self._segment_mistakes(index, segment, names))
        for index, rule in enumerate(self.routing):
            for name in rule.segments or ():
                if name not in names:
                    yield ("routing", index, "segments"), f"{name!r} is no segment. {nearest(name, names)}"

    def _segment_mistakes(self, index: int, segment: Segment, names: list[str]) -> Iterator[tuple[str, str]]:
        last = index == len(self.segments) - 1
        if segment.name in names[:index]:
            yield "name", f"there is a segment {segment.name!r} already. Name this one otherwise"
        if last and segment.when is not None:
            yield "when", f"the last segment ({segment.name}) must have no `when`: it takes what is left"
        if not last and segment.when is None:
            yield "when", f"{segment.name} needs a `when`: without one it takes everything, and those below get nothing"
        if isinstance(segment.when, str) and segment.when not in self.conditions:
            yield "when", f"{segment.when!r} is no condition. {nearest(segment.when, self.conditions)}"
        for field in segment.requires:
            if field not in self.fields:
                yield "requires", f"{field!r} is no field. {nearest(field, self.fields)}"
        if segment.extends is not None and segment.extends not in names:
            yield "extends", f"{segment.extends!r} is no segment. {nearest(segment.extends, names)}"
        elif segment in (chain := self._chain(segment.name))[1:]:
            yield "extends", f"{segment.name} extends itself through {', '.join(s.name for s in chain[1:])}"

    def _chain(self, name: str) -> list[Segment]:
        """Return a segment and those it extends, nearest first; a circle ends where it closes."""
        by_name = {segment.name: segment for segment in reversed(self.segments)}
        chain: list[Segment] = []
        following: str | None = name
        while following in by_name:
            segment = by_name[following]
            if segment in chain:
                return [*chain, segment]
            chain.append(segment)
            following = segment.extends
        return chain

    def condition(self, name: str) -> Condition:
        """Return the tests of a named condition."""
        return tuple(self.conditions[name])

    def required(self, segment: str) -> tuple[str, ...]:
        """Return the required fields of a segment, those it inherits first."""
        return tuple(dict.fromkeys(field for part in reversed(self._chain(segment)) for field in part.requires))

    @property
    def starts(self) -> dt.datetime | None:
        """The first moment of winning that is ours: `start_from` at midnight UTC."""
        day = self.start_from
        return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) if day else None


class Team(Frozen):
    """A team and who leads it."""

    lead: str


class Person(Frozen):
    """Somebody who takes part in handoffs."""

    email: str
    role: str
    team: str | None = None


class People(Frozen):
    """`people.yml`, whole."""

    teams: dict[str, Team] = Field(default_factory=dict)
    people: list[Person] = Field(default_factory=list)

    def lead(self, segment: str) -> str | None:
        """Return the e-mail of who leads the team of this segment."""
        team = self.teams.get(segment)
        return team.lead if team else None
