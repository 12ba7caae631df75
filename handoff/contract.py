"""The contract between Sales and Customer Success (`handoff.yml`), and who is who (`people.yml`)."""

import datetime as dt
import re
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from handoff.conditions import Condition, Test
from handoff.yaml_files import Frozen, nearest

NAME = re.compile(r"[a-z][a-z0-9_]*")


class Agreed(Frozen):
    """Who signed the contract, and from when it holds."""

    sales: str
    cs: str
    date: dt.date
    effective_from: dt.date | None = None


class Currency(Frozen):
    """The currency in which segments are judged, and what one unit of another is worth in it."""

    base: str = "USD"
    rates: dict[str, Decimal] = Field(default_factory=dict)

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
    """`handoff.yml`, whole."""

    agreed: Agreed | None = None
    start_from: dt.date | None = None
    currency: Currency = Field(default_factory=Currency)
    conditions: dict[str, list[Test]] = Field(default_factory=dict)
    fields: dict[str, ContractField]
    segments: list[Segment] = Field(min_length=1)
    routing: list[Routing] = Field(min_length=1)

    @field_validator("fields", "conditions")
    @classmethod
    def _names(cls, named: dict[str, object]) -> dict[str, object]:
        for name in named:
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name. Use small letters, digits and _")
        return named

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [segment.name for segment in self.segments]
        if self.segments[-1].when is not None:
            raise ValueError(f"segments: the last one ({names[-1]}) must have no `when`: it takes what is left")
        for segment in self.segments:
            if segment.extends is not None and segment.extends not in names:
                raise ValueError(
                    f"segments: {segment.name} extends {segment.extends!r}. {nearest(segment.extends, names)}"
                )
            if isinstance(segment.when, str):
                self.condition(segment.when)
            for field in segment.requires:
                if field not in self.fields:
                    raise ValueError(f"segments: {segment.name} requires {field!r}. {nearest(field, self.fields)}")
        for rule in self.routing:
            for name in rule.segments or ():
                if name not in names:
                    raise ValueError(f"routing: {name!r} is no segment. {nearest(name, names)}")
        for name in names:
            self.required(name)
        return self

    def condition(self, name: str) -> Condition:
        """Return the tests of a named condition; raises `ValueError` naming the nearest when there is none."""
        if name not in self.conditions:
            raise ValueError(f"{name!r} is no condition. {nearest(name, self.conditions or {'(none are defined)'})}")
        return tuple(self.conditions[name])

    def required(self, segment: str) -> tuple[str, ...]:
        """Return the required fields of a segment, those it inherits first."""
        by_name = {candidate.name: candidate for candidate in self.segments}
        chain: list[Segment] = []
        name: str | None = segment
        while name is not None:
            if by_name[name] in chain:
                raise ValueError(f"segments: {name} extends itself through {', '.join(s.name for s in chain)}")
            chain.append(by_name[name])
            name = by_name[name].extends
        return tuple(dict.fromkeys(field for part in reversed(chain) for field in part.requires))

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
