"""Named conditions: lists of tests that must all hold. A missing input makes a test false."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from pydantic import Field, model_validator

from handoff.model import Value
from handoff.transforms import decimal, exact, missing, text
from handoff.yaml_files import Frozen


class Test(Frozen):
    """One test of one field: exactly one of `is`, `in`, `at_least`, `contains`, `present`, `missing`."""

    __test__ = False  # pytest: a word of the business, no test case

    field: str
    is_: Any = Field(None, alias="is")
    in_: list[Any] | None = Field(None, alias="in")
    at_least: int | float | None = None
    contains: str | None = None
    present: bool | None = None
    missing: bool | None = None

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if len(self._asked()) != 1:
            raise ValueError(f"a test needs exactly one of {', '.join(TESTS)}")
        return self

    def _asked(self) -> list[str]:
        return [word for word in TESTS if getattr(self, ATTRIBUTES.get(word, word)) is not None]

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether the deal passes; never raises for a strange value, which simply does not pass."""
        (word,) = self._asked()
        value, wanted = values.get(self.field), getattr(self, ATTRIBUTES.get(word, word))
        if word not in ("present", "missing") and missing(value):
            return False
        return TESTS[word](value, wanted)

    def words(self) -> str:
        """Return the test as a person would say it: `arr is at least 100,000`."""
        (word,) = self._asked()
        wanted = getattr(self, ATTRIBUTES.get(word, word))
        if word in ("present", "missing"):
            return f"{self.field} is {word if wanted else 'missing' if word == 'present' else 'present'}"
        return f"{self.field} {SAID[word]} {text(wanted)}"


def _at_least(value: Value, wanted: float) -> bool:
    try:
        return decimal(value) >= decimal(wanted)
    except ValueError:
        return False


def _contains(value: Value, wanted: str) -> bool:
    items: Sequence[Any] = value if isinstance(value, list | tuple) else [value]
    return any(wanted.lower() in text(item).lower() for item in items)


ATTRIBUTES = {"is": "is_", "in": "in_"}
SAID = {"is": "is", "in": "is one of", "at_least": "is at least", "contains": "contains"}
TESTS: Mapping[str, Callable[[Value, Any], bool]] = {
    "is": lambda value, wanted: exact(value) == exact(wanted),
    "in": lambda value, wanted: exact(value) in {exact(item) for item in wanted},
    "at_least": _at_least,
    "contains": _contains,
    "present": lambda value, wanted: missing(value) is not wanted,
    "missing": lambda value, wanted: missing(value) is wanted,
}

Condition = tuple[Test, ...]


def holds(condition: Sequence[Test], values: Mapping[str, Value]) -> bool:
    """Return whether every test of the condition passes; an empty condition holds."""
    return all(test.holds(values) for test in condition)


def words(condition: Sequence[Test]) -> str:
    """Return the condition as a person would say it."""
    return " and ".join(test.words() for test in condition)
