"""What is known of a canonical field before any deal is read: the kind of its value, and which values it can have."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from handoff.canonical import MOMENTS
from handoff.conditions import Test
from handoff.contract import DELIVERED, EXCLUDED, Contract, Transfer
from handoff.mapping_files import SourceFile
from handoff.platforms import FieldFacts
from handoff.rules import FieldRule
from handoff.yaml_files import Mistake, nearest

LISTS = ("people", "products", "gaps")
LIST_TRANSFORMS = ("list", "lines")

MADE_BY = {
    **dict.fromkeys(("number", "decimal", "percent"), "a number"),
    **dict.fromkeys(("text", "plain", "html"), "a text"),
    **dict.fromkeys(LIST_TRANSFORMS, "a list"),
    "date": "a day",
    "datetime": "a moment",
    "boolean": "yes or no",
}
"""What each transform of a source or the contract makes."""

NEVER = {
    "date": ("a number", "a list", "a word", "a text", "yes or no"),
    "datetime": ("a number", "a list", "a word", "a text", "yes or no"),
    "number": ("a day", "a moment", "a list", "a word", "yes or no"),
    "user": ("a number", "a list", "a day", "a moment", "yes or no"),
    "email": ("a number", "a list", "a day", "a moment", "yes or no"),
    "text": ("a list",),
}
"""Which kinds a platform's field of each kind can never take."""


@dataclass(frozen=True)
class Known:
    """What the contract and a source say of canonical fields before a deal is read."""

    contract: Contract
    source: SourceFile

    @cached_property
    def lists(self) -> tuple[str, ...]:
        """The canonical fields that hold several items."""
        as_list = [name for name, rule in self.source.fields.items() if rule.as_ in LIST_TRANSFORMS]
        return (*LISTS, *as_list, *(name for name, one in self.contract.fields.items() if one.list_))

    def kind(self, name: str) -> str | None:
        """Return what kind of value a field holds, None where it is not known."""
        if name in self.lists:
            return "a list"
        if name in self.words:
            return "a word"
        if name in MOMENTS or name.endswith(".due"):
            return "a moment"
        if name == "completeness":
            return "a number"
        asked, mapped = self.contract.fields.get(name), self.source.fields.get(name)
        made = (asked and asked.as_) or (mapped and mapped.as_)
        return MADE_BY.get(made) if made else None

    @cached_property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """The fields that the policy decides from a closed list, and that list."""
        segments = tuple(segment.name for segment in self.contract.segments)
        return {"segment": segments, "kind": (EXCLUDED, *DELIVERED), "transfer": get_args(Transfer)}

    def closed(self, name: str) -> Collection[str] | None:
        """Return all the values that a source's table lets a field have, None where it may have others."""
        rule = self.source.fields.get(name)
        if rule is None or rule.values is None:
            return None
        return {str(value) for value in (*rule.values.values(), rule.default) if value is not None}

    def never_fits(self, rule: FieldRule, fact: FieldFacts) -> Iterator[Mistake]:
        """Yield the fields of a rule whose value the platform's field can never take."""
        never = NEVER.get(fact.takes, ())
        if rule.from_ is None or rule.values is not None or (fact.takes == "text" and rule.as_ is not None):
            return
        for source in rule.sources:
            kind = self.kind(source)
            if kind in never:
                hint = "Add as: lines, or write a template" if fact.takes == "text" else "Use another field"
                yield ("from",), f"{source} is {kind}, which this field never takes. {hint}"

    def strange_words(self, rule: FieldRule) -> Iterator[Mistake]:
        """Yield the keys of `values` that a field decided by the policy never has."""
        for source in rule.sources if rule.values is not None else ():
            for key in rule.values or ():
                if source in self.words and key not in self.words[source]:
                    yield ("values", key), f"no {source} is called {key!r}. {nearest(key, self.words[source])}"

    def mistakes_in_test(self, test: Test) -> Iterator[Mistake]:
        """Yield why a test can never hold for what it asks about."""
        asked = [test.is_] if test.is_ is not None else list(test.in_ or ())
        for value in asked if test.field in self.words else ():
            if value not in self.words[test.field]:
                yield (), f"no {test.field} is called {value!r}. {nearest(str(value), self.words[test.field])}"
        if test.at_least is not None:
            kind = self.kind(test.field)
            if kind not in (None, "a number", "a text"):
                yield (), f"{test.field} is {kind}, which is never at least {test.at_least}. Test a number"
            if test.field == "completeness" and test.at_least > 1:
                yield (), f"completeness is a share of 1. Write at_least: {test.at_least / 100:g}"

    def never_holds(self, test: Test) -> str:
        """Return which values of a test its field can never have by the source's table, "" where all can be."""
        closed = self.closed(test.field)
        asked = [test.is_] if test.is_ is not None else list(test.in_ or ())
        never = [str(value) for value in asked if closed is not None and str(value) not in closed]
        return ", ".join(never)
