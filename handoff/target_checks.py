"""What does not fit together in `targets/<platform>.yml`, with the contract, and with what the platform takes."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from handoff.canonical import MOMENTS
from handoff.contract import Contract
from handoff.contract_checks import EVENTS, Mistake, mistakes_in_condition
from handoff.mapping import item_fields
from handoff.mapping_files import Children, SourceFile, TargetFile, TargetStep
from handoff.model import Scope
from handoff.platforms import CUSTOM, PLATFORMS, FieldFacts, ObjectFacts
from handoff.rules import FieldRule
from handoff.transforms import as_date, decimal, text
from handoff.yaml_files import Location, nearest

USER_FINDS = ("user", "active_user")
LIST_TRANSFORMS = ("list", "lines")


@dataclass(frozen=True)
class Around:
    """What a target is checked against; `known` are all canonical fields."""

    system: str
    contract: Contract
    source: SourceFile
    known: frozenset[str]

    @property
    def objects(self) -> Mapping[str, ObjectFacts]:
        """What can be made on the platform."""
        return PLATFORMS[self.system]

    @property
    def lists(self) -> list[str]:
        """The canonical fields that hold several items."""
        fields = self.contract.fields
        as_list = [name for name, rule in self.source.fields.items() if rule.as_ in LIST_TRANSFORMS]
        return [*("people", "products", "gaps"), *as_list, *(name for name, field in fields.items() if field.list_)]


def mistakes_in_target(file: TargetFile, around: Around) -> Iterator[Mistake]:
    """Yield each mistake with the key where it stands; the words say how to fix it."""
    for name, step in file.steps.items():
        at: Location = ("steps", name)
        yield from (((*at, *inside), what) for inside, what in _step(name, step, file, around))
    try:
        TopologicalSorter({name: step.needed() for name, step in file.steps.items()}).prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        yield ("steps", error.args[1][0]), f"these steps wait for each other: {circle}. Take one need away"
    yield from _signals(file, around)


def _step(name: str, step: TargetStep, file: TargetFile, around: Around) -> Iterator[Mistake]:
    if step.when is not None:
        yield from mistakes_in_condition(("when",), step.when, around.contract, around.known)
    yield from _needs(name, step, file, around)
    known = around.known
    if step.each is not None:
        yield from _each(("each",), step.each, step.key or "", around)
        known |= item_fields(step.each, around.source)
    facts = around.objects.get(step.object)
    if facts is None:
        yield ("object",), f"{step.object!r} is no object of {around.system}. {nearest(step.object, around.objects)}"
        facts = ObjectFacts(Scope.DEAL, next(iter(around.objects.values())).write, {})
    else:
        yield from _whole(step, facts)
        yield from _recognised(step, facts, around)
    for field, rule in step.fields.items():
        yield from ((("fields", field, *i), what) for i, what in _field(field, rule, facts, known, around))
    for child, children in step.children.items():
        yield from ((("children", child, *i), what) for i, what in _children(child, children, facts, around))


def _needs(name: str, step: TargetStep, file: TargetFile, around: Around) -> Iterator[Mistake]:
    account = _scope(step, around) is Scope.ACCOUNT
    named = [(("fields", field, "step"), rule.step) for field, rule in step.fields.items() if rule.step]
    for at, other in (*named, *((("needs", i), need) for i, need in enumerate(step.needs))):
        if other not in file.steps:
            yield at, f"there is no step {other!r}. {nearest(other, [one for one in file.steps if one != name])}"
        elif file.steps[other].each is not None and at[0] == "fields":
            yield at, f"{other!r} makes several records, so it has no one id. Use another step"
        elif account and _scope(file.steps[other], around) is Scope.DEAL:
            yield at, f"{name} is shared by all deals of an account and {other} belongs to one deal. Take it out"
    if account and step.each is not None:
        yield ("each",), f"{name} is shared by all deals of an account, so it is made once. Take `each` out"


def _scope(step: TargetStep, around: Around) -> Scope | None:
    facts = around.objects.get(step.object)
    return facts.scope if facts else None


def _each(at: Location, each: str, key: str, around: Around) -> Iterator[Mistake]:
    if each not in around.lists:
        yield at, f"{each!r} is no list. {nearest(each, around.lists)}"
        return
    items = item_fields(each, around.source)
    if key not in items:
        yield (*at[:-1], "key"), f"an item of {each} has no {key!r}. {nearest(key, items)}"


def _whole(step: TargetStep, facts: ObjectFacts) -> Iterator[Mistake]:
    """Whether everything is mapped without which the platform refuses the record."""
    for name, fact in facts.fields.items():
        if fact.required and name not in step.fields:
            yield ("fields",), f"{name} is missing, and the platform refuses a {step.object} without it. Map it"
    for group in facts.one_of:
        if not set(group) & set(step.fields):
            yield ("fields",), f"one of {', '.join(group)} is needed. Map one"


def _recognised(step: TargetStep, facts: ObjectFacts, around: Around) -> Iterator[Mistake]:
    if step.match and not facts.matches:
        yield ("match",), f"a {step.object} is recognised by its key alone. Take `match` out; `adopt` links open work"
    for index, match in enumerate(step.match):
        for field, canonical in match.items():
            if canonical not in around.known:
                yield (
                    ("match", index, field),
                    f"{canonical!r} is filled by no mapping. {nearest(canonical, around.known)}",
                )
    if step.adopt is None:
        return
    if not facts.adopts:
        yield ("adopt",), f"a {step.object} cannot be adopted. Take it out"
        return
    for index, field in enumerate(step.adopt.same):
        if field not in facts.adopts:
            yield ("adopt", "same", index), f"{field!r} is nothing to recognise it by. {nearest(field, facts.adopts)}"
        elif field not in step.fields:
            yield ("adopt", "same", index), f"this step does not map {field!r}, so nothing can agree with it. Map it"


def _children(name: str, children: Children, facts: ObjectFacts, around: Around) -> Iterator[Mistake]:
    if name not in facts.children:
        can = nearest(name, facts.children) if facts.children else "This object has none; take it out."
        yield (), f"{name!r} are no records that can be made with it. {can}"
    yield from _each(("each",), children.each, children.key, around)
    inside = ObjectFacts(Scope.DEAL, facts.write, facts.child_fields, planted=facts.planted)
    known = around.known | item_fields(children.each, around.source)
    for field, rule in children.fields.items():
        for word in ("step", "write"):
            if getattr(rule, word) is not None:
                yield ("fields", field, word), f"`{word}` cannot be used in a child. Take it out"
        yield from ((("fields", field, *i), what) for i, what in _field(field, rule, inside, known, around))


# One field


def _field(name: str, rule: FieldRule, facts: ObjectFacts, known: frozenset[str], around: Around) -> Iterator[Mistake]:
    yield from _name(name, facts)
    for source in rule.sources:
        if source not in known:
            yield (), f"{source!r} is filled by no mapping. {nearest(source, known)}"
    if rule.when is not None:
        yield from mistakes_in_condition(("when",), rule.when, around.contract, known)
    fact = facts.fields.get(name)
    if fact is not None:
        yield from _length(rule, fact)
        yield from _values(rule, fact)
        yield from _takes(name, rule, fact, around)


def _name(name: str, facts: ObjectFacts) -> Iterator[Mistake]:
    if name in facts.planted:
        yield (), f"{name!r} is written by the bridge itself and cannot be mapped. Take it out"
    elif name not in facts.fields and not name.endswith(CUSTOM) and facts.fields:
        near = nearest(name, facts.fields)
        if facts.complete:
            yield (), f"{name!r} is no field that can be written there. {near} A field of your own ends in __gc"
        elif near.startswith("Nearest") and _close(name, facts):
            yield (), f"{name!r} is no field that we know. {near}"


def _close(name: str, facts: ObjectFacts) -> bool:
    """Only what is nearly a known name is a slip of the pen: the platform has more fields than are listed."""
    return bool(difflib.get_close_matches(name, list(facts.fields), n=1, cutoff=0.8))


def _length(rule: FieldRule, fact: FieldFacts) -> Iterator[Mistake]:
    if fact.longest is None:
        return
    if rule.max is not None and rule.max > fact.longest:
        yield ("max",), f"{rule.max:,} characters do not fit; the platform takes {fact.longest:,}. Write at most that"
    if isinstance(rule.value, str) and len(rule.value) > fact.longest:
        said = f"this text has {len(rule.value):,} characters; the platform takes {fact.longest:,}"
        yield ("value",), f"{said}. Shorten it"


def _values(rule: FieldRule, fact: FieldFacts) -> Iterator[Mistake]:
    if not fact.values:
        return
    written: list[tuple[Location, Any]] = [(("value",), rule.value), (("default",), rule.default)]
    written += [(("values", key), value) for key, value in (rule.values or {}).items()]
    for at, value in written:
        if value is not None and value not in fact.values:
            yield at, f"{text(value)!r} is not among the platform's values. {nearest(text(value), fact.values)}"


def _takes(name: str, rule: FieldRule, fact: FieldFacts, around: Around) -> Iterator[Mistake]:
    if fact.takes == "user" and rule.from_ is not None and rule.find not in USER_FINDS:
        yield (), f"{name} takes a user, found by e-mail. Add find: active_user"
    if fact.takes not in ("user",) and rule.find in USER_FINDS and fact.takes != "any":
        yield ("find",), f"{name} takes no user's id. Take `find` out, or use find: active_email for an address"
    if fact.takes == "record" and rule.step is None and rule.from_ is None:
        yield (), f"{name} takes the id of another step's record. Write {{step: company}}"
    if fact.takes == "date":
        yield from _date(name, rule, around)
    if fact.takes == "number" and rule.value is not None:
        try:
            decimal(rule.value)
        except ValueError:
            yield ("value",), f"{name} takes a number. Write one, without quotes"


def _date(name: str, rule: FieldRule, around: Around) -> Iterator[Mistake]:
    if isinstance(rule.value, str | int | float):
        try:
            as_date(rule.value)
        except ValueError:
            yield ("value",), f"{name} takes a day. Write it like 2026-12-01"
    moments = [source for source in rule.sources if source in MOMENTS or source.endswith(".due")]
    if moments and rule.as_ != "date":
        yield (), f"{name} takes a day, and {moments[0]} is a moment. Add as: date"
    if rule.as_ not in (None, "date"):
        yield ("as",), f"{name} takes a day, not what `as: {rule.as_}` makes. Use as: date"


# Signals


def _signals(file: TargetFile, around: Around) -> Iterator[Mistake]:
    for name, signal in file.signals.items():
        at: Location = ("signals", name)
        facts: ObjectFacts | None = None
        if signal.step is not None:
            if signal.step not in file.steps:
                yield (*at, "step"), f"there is no step {signal.step!r}. {nearest(signal.step, file.steps)}"
                continue
            facts = around.objects.get(file.steps[signal.step].object)
        elif signal.object is not None:
            facts = around.objects.get(signal.object)
            if facts is None:
                what = f"{signal.object!r} is no object of {around.system}. {nearest(signal.object, around.objects)}"
                yield (*at, "object"), what
        yield from (((*at, *inside), what) for inside, what in _of_signal(signal, facts, around))


def _of_signal(signal: Any, facts: ObjectFacts | None, around: Around) -> Iterator[Mistake]:
    moments = (*MOMENTS, *EVENTS)
    if signal.after is not None and signal.after not in moments:
        yield ("after",), f"{signal.after!r} is no moment. {nearest(signal.after, moments)}"
    if signal.not_by not in (None, "bridge"):
        yield ("not_by",), f"{signal.not_by!r} is nobody we can tell apart. Write bridge"
    if facts is None:
        return
    named = [*([("field", signal.field)] if signal.field else []), *((key, key) for key in signal.filters)]
    for key, field in named:
        if field not in facts.fields and not field.endswith(CUSTOM):
            yield (key,), f"{field!r} is no field of it. {nearest(field, facts.fields)}"
