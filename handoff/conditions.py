"""Conditions: tests of fields, joined by all, any and not, and named once. A missing input makes a test false."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Protocol, Self, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator
from typing_extensions import TypeAliasType

from handoff.model import Value
from handoff.transforms import decimal, exact, missing, text
from handoff.yaml_files import Frozen, Location


class Condition(Protocol):
    """Something that holds for a deal or does not."""

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether it holds; never raises for a strange value, which simply does not pass."""
        ...

    def words(self) -> str:
        """Return it as a person would say it: `arr is at least 100,000`."""
        ...

    def because(self, values: Mapping[str, Value]) -> str:
        """Return why it holds for these values: of `any`, only the part that does."""
        ...

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it asks about."""
        ...


class Test(Frozen):
    """One test of one field: exactly one of `is`, `in`, `at_least`, `contains`, `present`, `missing`."""

    __test__ = False  # pytest: a word of the business, no test case

    field: str = Field(description="A canonical field: arr, owner.team, company.status ...")
    is_: Any = Field(None, alias="is", description="The field has exactly this value.")
    in_: list[Any] | None = Field(None, alias="in", description="The field has one of these values.")
    at_least: float | None = Field(None, description="The field is a number, and not below this one.")
    contains: str | None = Field(
        None, description="The text, or one item of the list, has this in it; any letter case."
    )
    present: bool | None = Field(None, description="true: the field says something.")
    missing: bool | None = Field(None, description="true: the field says nothing.")

    @model_validator(mode="before")
    @classmethod
    def _names_a_field(cls, said: Any) -> Any:
        if isinstance(said, dict) and "field" not in said and len(said) == 1:
            raise ValueError(_short(str(next(iter(said)))))
        return said

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if len(self._asked()) != 1:
            fix = "Split it into several tests" if self._asked() else "Add one"
            raise ValueError(f"a test needs exactly one of {', '.join(TESTS)}. {fix}")
        if isinstance(self.is_, list | dict):
            raise ValueError("`is` takes one value. Write in: [a, b] for several")
        if self.in_ == []:
            raise ValueError("`in`: an empty list never fits. Name at least one value")
        return self

    @cached_property
    def _question(self) -> tuple[str, Any]:
        (word,) = self._asked()
        return word, getattr(self, ATTRIBUTES.get(word, word))

    def _asked(self) -> list[str]:
        return [word for word in TESTS if getattr(self, ATTRIBUTES.get(word, word)) is not None]

    @property
    def fields(self) -> tuple[str, ...]:
        """The one field it asks about."""
        return (self.field,)

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether the deal passes; never raises for a strange value, which simply does not pass."""
        word, wanted = self._question
        value = values.get(self.field)
        if word not in ("present", "missing") and missing(value):
            return False
        return TESTS[word](value, wanted)

    def words(self) -> str:
        """Return the test as a person would say it: `arr is at least 100,000`."""
        word, wanted = self._question
        if word in ("present", "missing"):
            return f"{self.field} is {word if wanted else 'missing' if word == 'present' else 'present'}"
        return f"{self.field} {SAID[word]} {text(wanted)}"

    def because(self, values: Mapping[str, Value]) -> str:
        """Return the test in words."""
        return self.words()


def _short(word: str) -> str:
    if word.lower() in (*SLIPS, *JOINS):
        return f"`{word}` joins nothing. Write {SLIPS.get(word.lower(), word.lower())}"
    if word in TESTS:
        return f"`{word}` asks about no field. Write {{field: arr, {word}: ...}}"
    return f"`{word}` is no key of a test. Write {{field: {word}, is: ...}}"


def _at_least(value: Value, wanted: float) -> bool:
    try:
        return decimal(value) >= decimal(wanted)
    except ValueError:
        return False


def _contains(value: Value, wanted: str) -> bool:
    items: Sequence[Any] = value if isinstance(value, list | tuple) else [value]
    return any(wanted.lower() in text(item).lower() for item in items)


ATTRIBUTES = {"is": "is_", "in": "in_", "not": "not_"}
SAID = {"is": "is", "in": "is one of", "at_least": "is at least", "contains": "contains"}
TESTS: Mapping[str, Callable[[Value, Any], bool]] = {
    "is": lambda value, wanted: exact(value) == exact(wanted),
    "in": lambda value, wanted: exact(value) in {exact(item) for item in wanted},
    "at_least": _at_least,
    "contains": _contains,
    "present": lambda value, wanted: missing(value) is not wanted,
    "missing": lambda value, wanted: missing(value) is wanted,
}
SLIPS = {"or": "any", "either": "any", "and": "all", "both": "all", "none": "not", "unless": "not"}
"""What people write for the words that join conditions."""
JOINS = ("all", "any", "not")


class Join(Frozen):
    """Conditions joined: exactly one of `all` (every one holds), `any` (one of them does), `not` (it does not)."""

    all: list["Rule"] | None = Field(None, description="Every one of these holds.")
    any: list["Rule"] | None = Field(None, description="At least one of these holds.")
    not_: "Rule | None" = Field(None, alias="not", description="This does not hold.")

    @model_validator(mode="after")
    def _one_join(self) -> Self:
        said = [word for word in JOINS if getattr(self, ATTRIBUTES.get(word, word)) is not None]
        if len(said) != 1:
            raise ValueError(
                f"a condition needs exactly one of {', '.join(JOINS)}. Put one into the other: {{all: [{{any: ...}}]}}"
            )
        if self.any == []:
            raise ValueError("`any`: an empty list never holds. Name at least one condition")
        return self


def _shape(said: Any) -> str:
    if isinstance(said, str):
        return "<name>"
    if isinstance(said, list):
        return "<list>"
    if isinstance(said, Join) or (isinstance(said, dict) and set(said) & set(JOINS)):
        return "<join>"
    return "<test>"


if TYPE_CHECKING:
    Rule: TypeAlias = Any
else:
    Rule = TypeAliasType(
        "Rule",
        Annotated[
            Annotated[str, Tag("<name>")]
            | Annotated[list["Rule"], Tag("<list>")]
            | Annotated[Join, Tag("<join>")]
            | Annotated[Test, Tag("<test>")],
            Discriminator(_shape),
            Field(description="A condition: a name, a list of which all must hold, all/any/not, or one test."),
        ],
    )
"""A condition as it is written: a name, a list of which all must hold, all/any/not, or one test."""

Join.model_rebuild()


@dataclass(frozen=True)
class All:
    """Every part holds; without parts it holds."""

    parts: tuple[Condition, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that its parts ask about."""
        return tuple(dict.fromkeys(field for part in self.parts for field in part.fields))

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether every part holds."""
        return all(part.holds(values) for part in self.parts)

    def words(self) -> str:
        """Return the parts, joined by `and`."""
        return " and ".join(_inside(part, part.words(), Either) for part in self.parts)

    def because(self, values: Mapping[str, Value]) -> str:
        """Return why each part holds."""
        return " and ".join(part.because(values) for part in self.parts)


@dataclass(frozen=True)
class Either:
    """At least one part holds."""

    parts: tuple[Condition, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that its parts ask about."""
        return All(self.parts).fields

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether one part holds."""
        return any(part.holds(values) for part in self.parts)

    def words(self) -> str:
        """Return the parts, joined by `or`."""
        return " or ".join(_inside(part, part.words(), All) for part in self.parts)

    def because(self, values: Mapping[str, Value]) -> str:
        """Return why the first part that holds does."""
        return next((part.because(values) for part in self.parts if part.holds(values)), self.words())


@dataclass(frozen=True)
class Not:
    """The part does not hold; so it holds where the part's input is missing."""

    part: Condition

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that its part asks about."""
        return self.part.fields

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether the part does not hold."""
        return not self.part.holds(values)

    def words(self) -> str:
        """Return `not` and the part."""
        return f"not ({self.part.words()})"

    def because(self, values: Mapping[str, Value]) -> str:
        """Return the whole in words."""
        return self.words()


def _inside(part: Condition, words: str, other: type) -> str:
    """Put a part that joins otherwise into brackets."""
    return f"({words})" if isinstance(part, other) and len(getattr(part, "parts", ())) > 1 else words


def compiled(rule: Any, named: Mapping[str, Any]) -> Condition:
    """Return a written condition, its names resolved; it must be free of mistakes (see `contract_checks`)."""
    if isinstance(rule, str):
        return compiled(named[rule], named)
    if isinstance(rule, list):
        parts = tuple(compiled(one, named) for one in rule)
        return parts[0] if len(parts) == 1 else All(parts)
    if isinstance(rule, Join):
        if rule.not_ is not None:
            return Not(compiled(rule.not_, named))
        if rule.any is not None:
            return Either(tuple(compiled(one, named) for one in rule.any))
        return compiled(rule.all, named)
    assert isinstance(rule, Test)
    return rule


def walk(rule: Any, at: Location = ()) -> Iterator[tuple[Location, str | Test]]:
    """Yield the names and tests inside a written condition, each with the keys that lead to it."""
    if isinstance(rule, str | Test):
        yield at, rule
    elif isinstance(rule, list):
        for index, one in enumerate(rule):
            yield from walk(one, (*at, index))
    elif isinstance(rule, Join):
        for word in JOINS:
            inner = getattr(rule, ATTRIBUTES.get(word, word))
            if inner is not None:
                yield from walk(inner, (*at, word))
