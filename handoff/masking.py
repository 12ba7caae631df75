"""Makes an example from a real deal, with people, companies and texts replaced by invented ones."""

import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from handoff.conditions import Test, walk
from handoff.contract_checks import written_conditions
from handoff.examples import Came, Example, Expect, Given, comparable, worked_out
from handoff.mapping import Mappings
from handoff.model import Deal
from handoff.rules import FieldRule
from handoff.transforms import exact, plain

SHORT_CODE = re.compile(r"[A-Z]{2,3}")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}.*")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
HEADING = """\
# Made from a real deal by `handoff preview --save-example`: names, addresses and texts are invented.
# `handoff check` runs it. Read it once more before you commit it: what a picklist says is kept.
"""


class Masker:
    """Replaces what a record says; the same words always become the same ones."""

    def __init__(self, mappings: Mappings) -> None:
        self._kept = {exact(value) for value in _listed(mappings)}
        self._lines = {
            path for rule in mappings.source.file.fields.values() if rule.as_ == "lines" for path in rule.sources
        }
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
        """Return one value, masked: numbers, days, picklist values and codes stay as they are."""
        if value is None or isinstance(value, bool | int | float | dt.date):
            return value
        if isinstance(value, Decimal):
            return float(value) if value % 1 else int(value)
        said = str(value).strip()
        if not said or exact(said) in self._kept or any(p.fullmatch(said) for p in (SHORT_CODE, DAY, NUMBER)):
            return said
        if path.partition(".")[0] == self._products:
            return said  # what one sells is in its own price list
        if path in self._lines:
            return "\n".join(self._line(number, line) for number, line in enumerate(plain(said).splitlines(), start=1))
        return self._text(path, said)

    def _text(self, path: str, said: str) -> str:
        if ADDRESS.fullmatch(said):
            return f"{self._person(said).lower().replace(' ', '.')}@example.example"
        last = path.rpartition(".")[2]
        if last in ("Name", "FirstName", "LastName") and "." in path and not path.startswith("Account."):
            return self._person(said)
        if path == "Name":
            return "Example deal"
        words = last.removesuffix("__c").replace("_", " ")
        number = " 12" if re.search(r"\d", said) else ""
        return f"Example {'account' if path.startswith('Account.') and last == 'Name' else words.lower()}{number}"

    def _line(self, number: int, line: str) -> str:
        parts = [part.strip() for part in line.split("|")]
        shown = [f"Example promise {number}", *(part if DAY.fullmatch(part) else "" for part in parts[1:2])]
        return " | ".join([*shown, *("example" if part else "" for part in parts[2:])]).rstrip(" |")

    def _person(self, said: str) -> str:
        return self._people.setdefault(said.lower(), f"Person {chr(ord('A') + len(self._people) % 26)}")


def _listed(mappings: Mappings) -> Iterator[Any]:
    """Yield the values that the mapping or a condition names: without them another segment would fit."""
    source = mappings.source.file
    rules: list[FieldRule] = [*source.fields.values()]
    rules += [rule for rows in (source.people, source.products) if rows for rule in rows.fields.values()]
    for rule in rules:
        yield from rule.values or ()
    for _, written in written_conditions(mappings.contract):
        for _, test in walk(written):
            if isinstance(test, Test):
                yield from (test.is_, test.contains, *(test.in_ or ()))
    yield from (field.none_is for field in mappings.contract.fields.values() if field.none_is)


def example_of(deal: Deal, mappings: Mappings, *, now: dt.datetime, about: str) -> tuple[Example, Came]:
    """Return an example whose record is the deal's, masked, and what the mapping makes of it."""
    given = Given(currency=deal.currency, stage=deal.stage, won_at=deal.won_at, now=now)
    draft = Example(about=about, given=given, record=Masker(mappings).record(deal), expect=Expect(steps={}))
    came = worked_out(draft, mappings)
    handoff = came.handoff
    expect = Expect(
        kind=handoff.kind,
        segment=handoff.segment,
        receiver=handoff.receiver,
        missing=[gap.field for gap in handoff.gaps],
        steps={
            step.key.rpartition(".")[2]: {name: comparable(value) for name, value in step.payload.items()}
            for step in came.steps
            if not step.reference
        },
    )
    return draft.model_copy(update={"expect": expect}), came


def as_yaml(example: Example) -> str:
    """Return an example as its file holds it."""
    said: Mapping[str, Any] = example.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
    yaml = YAML()
    yaml.width = 110
    yaml.default_flow_style = False
    text = io.StringIO()
    yaml.dump(_laid_out(said), text)
    return HEADING + text.getvalue()


def _laid_out(said: Any) -> Any:
    """Return the data so that it reads well: texts of several lines as blocks, a step's id on one line."""
    if isinstance(said, Mapping):
        laid = CommentedMap((key, _laid_out(value)) for key, value in said.items())
        if set(laid) <= {"step", "contains"}:
            laid.fa.set_flow_style()
        return laid
    if isinstance(said, list):
        return [_laid_out(one) for one in said]
    return LiteralScalarString(said) if isinstance(said, str) and "\n" in said else said
