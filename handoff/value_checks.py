"""Whether what a rule gives is what the platform's field takes: its kind, its length, its listed values."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from handoff.canonical import MOMENTS
from handoff.platforms import FieldFacts
from handoff.rules import FieldRule
from handoff.transforms import as_date, as_datetime, boolean, decimal, text
from handoff.yaml_files import Location, Mistake, nearest

USER_FINDS = ("user", "active_user")
CRM_IDS = ("account.id", "deal.id")

READ: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "date": (as_date, "a day. Write it like 2026-12-01"),
    "datetime": (as_datetime, "a moment. Write it like 2026-12-01T09:00:00Z"),
    "number": (decimal, "a number. Write one, without quotes"),
    "boolean": (boolean, "yes or no. Write true or false, without quotes"),
}
"""How a fixed value is read for a field of each kind, and how it is written."""

MADE = {
    "date": ("date",),
    "datetime": ("datetime", "date"),
    "number": ("number", "decimal", "percent"),
    "boolean": ("boolean",),
    "list": ("list",),
}
"""Which transforms make what a field of each kind takes, the best first."""

KINDS = {"date": "a day", "datetime": "a moment", "number": "a number", "boolean": "yes or no", "list": "a list"}


def mistakes_in_value(name: str, rule: FieldRule, fact: FieldFacts) -> Iterator[Mistake]:
    """Yield what of a rule the field cannot take, with the key where it stands."""
    yield from _length(rule, fact)
    yield from _listed(rule, fact)
    yield from _found(name, rule, fact)
    yield from _fixed(name, rule, fact)
    yield from _made(name, rule, fact)


def _length(rule: FieldRule, fact: FieldFacts) -> Iterator[Mistake]:
    if fact.longest is None:
        return
    if rule.max is not None and rule.max > fact.longest:
        yield ("max",), f"{rule.max:,} characters do not fit; the platform takes {fact.longest:,}. Write at most that"
    for at, value in _written(rule):
        if isinstance(value, str) and len(value) > fact.longest:
            said = f"this text has {len(value):,} characters; the platform takes {fact.longest:,}"
            yield at, f"{said}. Shorten it"


def _written(rule: FieldRule) -> list[tuple[Location, Any]]:
    """Return the values that the rule itself writes, each with its key."""
    written: list[tuple[Location, Any]] = [(("value",), rule.value), (("default",), rule.default)]
    written += [(("values", key), value) for key, value in (rule.values or {}).items()]
    return [(at, value) for at, value in written if value is not None]


def _listed(rule: FieldRule, fact: FieldFacts) -> Iterator[Mistake]:
    for at, value in _written(rule) if fact.values else ():
        if value not in fact.values:
            yield at, f"{text(value)!r} is not among the platform's values. {nearest(text(value), fact.values)}"


def _found(name: str, rule: FieldRule, fact: FieldFacts) -> Iterator[Mistake]:
    if fact.takes == "user" and rule.from_ is not None and rule.find not in USER_FINDS:
        yield ("from",), f"{name} takes a user, found by e-mail. Add find: active_user"
    if fact.takes == "user" and any("@" in str(value) for _, value in _written(rule)):
        yield (), f"{name} takes a user's id, not an address. Write {{from: receiver.email, find: active_user}}"
    if rule.find in USER_FINDS and fact.takes not in ("user", "any"):
        use = "Use find: active_email" if fact.takes == "email" else "Take `find` out"
        yield ("find",), f"{name} takes no user's id. {use}"
    if rule.find == "active_email" and fact.takes not in ("email", "text", "any", "user"):
        yield ("find",), f"{name} takes no address. Take `find` out"
    if fact.takes == "record":
        yield from _record(name, rule)


def _record(name: str, rule: FieldRule) -> Iterator[Mistake]:
    write = "Write {step: company}, or the step that it belongs to"
    if rule.step is None and rule.from_ is None:
        yield (), f"{name} takes the id of another step's record. {write}"
    elif rule.find is None and any(source in CRM_IDS for source in rule.sources):
        yield ("from",), f"{name} takes the platform's id of a record, and this is the CRM's. {write}"


def _fixed(name: str, rule: FieldRule, fact: FieldFacts) -> Iterator[Mistake]:
    if fact.takes == "list" and (isinstance(rule.value, str | int | float) or rule.text is not None):
        yield ("value" if rule.text is None else "text",), f"{name} takes a list. Write it as [a, b]"
    if fact.takes == "email" and isinstance(rule.value, str) and "@" not in rule.value:
        yield ("value",), f"{name} takes an e-mail address. Write one, or {{from: receiver.email, find: active_email}}"
    if fact.takes not in READ:
        return
    read, takes = READ[fact.takes]
    for at, value in _written(rule):
        try:
            read(value)
        except ValueError:
            yield at, f"{name} takes {takes}"
    if rule.text is not None or rule.template is not None:
        yield (), f"{name} takes {KINDS[fact.takes]}, not a text. Use from, or value"


def _made(name: str, rule: FieldRule, fact: FieldFacts) -> Iterator[Mistake]:
    makes = MADE.get(fact.takes)
    if makes is None:
        return
    if rule.as_ is not None and rule.as_ not in makes:
        yield ("as",), f"{name} takes {KINDS[fact.takes]}, not what `as: {rule.as_}` makes. Use as: {makes[0]}"
    moments = [source for source in rule.sources if source in MOMENTS or source.endswith(".due")]
    if fact.takes == "date" and moments and rule.as_ is None and rule.text is None:
        yield ("from",), f"{name} takes a day, and {moments[0]} is a moment. Add as: date"
