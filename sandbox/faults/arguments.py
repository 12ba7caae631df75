"""The arguments of faults: their defaults, what they take, and how a wrong one is refused."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sandbox.clock import is_number
from sandbox.wire import Json

LONGEST = timedelta(days=3650).total_seconds()


@dataclass(frozen=True)
class Argument(ABC):
    """One argument of a fault: its default, in words what it takes, and what it is for."""

    default: Json
    takes: str
    says: str

    def checked(self, name: str, value: Json) -> Json:
        """Return the value; raises `ValueError` for one that this argument does not take."""
        if not self._fits(value):
            raise ValueError(f"{name} takes {self.takes}, not {value!r}.")
        return value

    @abstractmethod
    def _fits(self, value: Json) -> bool:
        """Return whether the argument takes this value."""


@dataclass(frozen=True)
class OneOf(Argument):
    """An argument that takes one of a few values."""

    values: tuple[Any, ...] = ()

    def _fits(self, value: Json) -> bool:
        return any(type(value) is type(each) and value == each for each in self.values)


@dataclass(frozen=True)
class Text(Argument):
    """An argument that takes a text."""

    def _fits(self, value: Json) -> bool:
        return isinstance(value, str)


@dataclass(frozen=True)
class Number(Argument):
    """An argument that takes a number from `low` to `high`, whole ones only where told, and null where told."""

    low: float = 0
    high: float = LONGEST
    whole: bool = False
    optional: bool = False

    def _fits(self, value: Json) -> bool:
        if value is None:
            return self.optional
        if not is_number(value) or (self.whole and not isinstance(value, int)):
            return False
        return bool(self.low <= value <= self.high)


@dataclass(frozen=True)
class Fields(Argument):
    """An argument that takes an object of field names and values."""

    def _fits(self, value: Json) -> bool:
        return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


def one_of(default: Any, *others: Any, says: str) -> OneOf:
    """Return an argument that takes these values, the first one being its default."""
    values = (default, *others)
    return OneOf(default, "one of " + ", ".join(_spelled(each) for each in values), says, values)


def flag(default: bool, says: str) -> OneOf:
    """Return an argument that is true or false."""
    return OneOf(default, "true or false", says, (True, False))


def text(default: str, says: str, takes: str = "a text") -> Text:
    """Return an argument that is a text."""
    return Text(default, takes, says)


def seconds(default: float, says: str, *, low: float = 0, high: float = LONGEST) -> Number:
    """Return an argument that is a number of seconds."""
    return Number(default, f"seconds, from {low:,.0f} to {high:,.0f}", says, low, high)


def share(default: float, says: str) -> Number:
    """Return an argument that is a share, from 0 to 1."""
    return Number(default, "a number from 0 to 1", says, 0, 1)


def count(default: int, says: str, *, low: int = 1, high: int = 2_000) -> Number:
    """Return an argument that is a whole number."""
    return Number(default, f"a whole number from {low} to {high}", says, low, high, whole=True)


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
