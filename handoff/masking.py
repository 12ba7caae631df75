"""Replaces the people, companies and texts of a record by invented ones."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handoff.conditions import Test, walk
from handoff.contract_checks import written_conditions
from handoff.mapping import Mappings
from handoff.mapping_files import TargetStep
from handoff.model import Deal
from handoff.rules import FieldRule
from handoff.transforms import YES_OR_NO, exact, plain

NUMERIC = ("number", "decimal", "percent")
SHORT_CODE = re.compile(r"[A-Z]{2,3}")
OF_CODES = {"currency", "country", "code", "state", "locale"}
"""Words of a field's name that say that short codes stand in it; elsewhere they are initials."""
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
MOMENT = re.compile(
    r"(?P<day>(?:19|20)\d{2}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
NAMES = ("Name", "FirstName", "LastName")


@dataclass(frozen=True)
class Listed:
    """What the mapping files name themselves: whole values, in small letters, and words that a text may hold."""

    values: frozenset[str]
    words: tuple[str, ...]


class Masker:
    """Replaces what a record says; the same words always become the same ones."""

    def __init__(self, mappings: Mappings) -> None:
        self._listed = listed(mappings)
        self._as = dict(_conversions(mappings))
        self._accounts = {one.account[:15] for one in mappings.contract.exceptions}
        self._colleagues = {one.email.lower() for one in mappings.people.people}
        products = mappings.source.file.products
        self._products = products.each if products else ""
        self._people: dict[str, str] = {}

    def record(self, deal: Deal) -> dict[str, Any]:
        """Return the deal's record by path, its lists of rows by name, masked."""
        masked: dict[str, Any] = {path: self.value(path, value) for path, value in deal.source.items()}
        for each, rows in deal.children.items():
            masked[each] = [{path: self.value(f"{each}.{path}", value) for path, value in row.items()} for row in rows]
        return {name: value for name, value in masked.items() if value not in (None, [])}

    def value(self, path: str, value: Any) -> Any:
        """
        Return one value, masked.

        What stays: numbers, whole days and moments, values that the mapping files list, codes of countries and
        currencies, accounts that an exception names, products, and colleagues of `people.yml`.
        """
        if value is None or isinstance(value, bool | int | float | dt.date):
            return value
        if isinstance(value, Decimal):
            return float(value) if value % 1 else int(value)
        said = str(value).strip()
        if not said or self._stays(path, said):
            return said
        if self._is_listed(plain(said)):
            return plain(said)
        if self._as.get(path) == "lines":
            return "\n".join(self._line(number, line) for number, line in enumerate(plain(said).splitlines(), start=1))
        if self._as.get(path) == "list" and ";" in said:
            return ";".join(self.value(path, part) for part in said.split(";"))
        return self._text(path, said)

    def address(self, said: str) -> str:
        """Return an invented address, or the one of a colleague as it is."""
        if said.lower() in self._colleagues:
            return said
        return f"{self._person(said).lower().replace(' ', '.')}@example.example"

    def _stays(self, path: str, said: str) -> bool:
        last, kind = path.rpartition(".")[2], self._as.get(path)
        return (
            self._is_listed(said)
            or is_moment(said)
            or (kind in NUMERIC and NUMBER.fullmatch(said) is not None)
            or (kind == "boolean" and said.lower() in YES_OR_NO)
            or (SHORT_CODE.fullmatch(said) is not None and bool(OF_CODES & set(_words(last))))
            or (len(said) in (15, 18) and said[:15] in self._accounts)
            # What one sells is in its own price list; what the row itself says is of the deal.
            or (path.count(".") > 1 and path.partition(".")[0] == self._products)
        )

    def _is_listed(self, said: str) -> bool:
        return exact(said).lower() in self._listed.values

    def _text(self, path: str, said: str) -> str:
        if ADDRESS.fullmatch(said):
            return self.address(said)
        last = path.rpartition(".")[2]
        owner = path.partition(".")[0]
        things = {"Name": "deal", "Account.Name": "account", f"{self._products}.Name": "product"}
        if last in NAMES and "." in path and path not in things and owner != "Account":
            return self._person(said)
        what = things.get(path) or " ".join(_words(last))
        number = "12" if re.search(r"\d", said) else ""
        asked = (word for word in self._listed.words if word.lower() in said.lower())
        return " ".join(part for part in ("Example", what, number, *asked) if part)

    def _line(self, number: int, line: str) -> str:
        parts = [part.strip() for part in line.split("|")]
        shown = [f"Example promise {number}", *(part if is_moment(part) else "" for part in parts[1:2])]
        return " | ".join([*shown, *(self._of_line(part) for part in parts[2:])]).rstrip(" |")

    def _of_line(self, part: str) -> str:
        if not part or self._is_listed(part):
            return part
        return self.address(part) if ADDRESS.fullmatch(part) else "example"

    def _person(self, said: str) -> str:
        return self._people.setdefault(said.lower(), f"Person {letters(len(self._people))}")


def letters(number: int) -> str:
    """Return a number from 0 in letters, as a sheet's columns are called: A to Z, AA, AB and on."""
    before, last = divmod(number, 26)
    return (letters(before - 1) if before else "") + chr(ord("A") + last)


def is_moment(said: str) -> bool:
    """Return whether the whole text is a day or moment of this or the last century, and nothing beside it."""
    found = MOMENT.fullmatch(said)
    try:
        return found is not None and bool(dt.date.fromisoformat(found["day"]))
    except ValueError:
        return False


def listed(mappings: Mappings) -> Listed:
    """Return the values that the mapping files name: without them another rule or segment would fit."""
    conditions = [written for _, written in written_conditions(mappings.contract)]
    rules, steps = list(_rules(mappings)), list(mappings.target.file.steps.values())
    conditions += [
        when for when in (*(rule.when for rule in rules), *(step.when for step in steps)) if when is not None
    ]
    tests = [test for written in conditions for _, test in walk(written) if isinstance(test, Test)]
    values: list[Any] = [value for rule in rules for value in rule.values or ()]
    for test in tests:
        values += [*(test.is_ if isinstance(test.is_, list) else [test.is_]), test.contains, *(test.in_ or ())]
    for field in mappings.contract.fields.values():
        values += [field.none_is, field.person_with_role]
    words = tuple(dict.fromkeys(test.contains for test in tests if test.contains))
    return Listed(frozenset(exact(value).lower() for value in values if value is not None), words)


def _rules(mappings: Mappings) -> Iterator[FieldRule]:
    source = mappings.source.file
    yield from source.fields.values()
    for rows in mappings.source.lists.values():
        yield from rows.fields.values()
    yield from _of_steps(mappings.target.file.steps.values())


def _of_steps(steps: Iterable[TargetStep]) -> Iterator[FieldRule]:
    for step in steps:
        yield from step.fields.values()
        for children in step.children.values():
            yield from children.fields.values()


def _conversions(mappings: Mappings) -> Iterator[tuple[str, str]]:
    """Yield each path whose rule, or whose field of the contract, says what its value is."""
    asked = {name: field.as_ for name, field in mappings.contract.fields.items()}
    rules = [(name, "", rule) for name, rule in mappings.source.file.fields.items()]
    for rows in mappings.source.lists.values():
        rules += [("", f"{rows.each}.", rule) for rule in rows.fields.values()]
    for name, before, rule in rules:
        as_ = rule.as_ or asked.get(name)
        if as_:
            yield from ((f"{before}{path}", as_) for path in rule.sources)


def _words(name: str) -> list[str]:
    """Return the words of a field's name, in small letters: BillingCountryCode, Old_Tool__c."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name.removesuffix("__c"))
    return [word.lower() for word in found]
