"""What does not fit together in `targets/<platform>.yml`, with the contract, and with what the platform takes."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from handoff.canonical import MOMENTS
from handoff.contract import Contract
from handoff.contract_checks import EVENTS, mistakes_in_condition
from handoff.known_kinds import Known
from handoff.mapping import item_fields
from handoff.mapping_files import Children, Signal, SourceFile, TargetFile, TargetStep
from handoff.model import Scope
from handoff.platforms import ObjectFacts, Platform
from handoff.rules import FieldRule, placed
from handoff.value_checks import mistakes_in_value
from handoff.yaml_files import Location, Mistake, near_to, nearest


@dataclass(frozen=True)
class Around:
    """What a target is checked against; `known` are all canonical fields."""

    platform: Platform
    contract: Contract
    source: SourceFile
    known: frozenset[str]

    @property
    def system(self) -> str:
        """Which product the platform is."""
        return self.platform.system

    @property
    def objects(self) -> Mapping[str, ObjectFacts]:
        """What can be made on the platform."""
        return self.platform.objects

    @cached_property
    def kinds(self) -> Known:
        """What is known of canonical fields before a deal is read."""
        return Known(self.contract, self.source)


def mistakes_in_target(file: TargetFile, around: Around) -> Iterator[Mistake]:
    """Yield each mistake with the key where it stands; the words say how to fix it."""
    for name, step in file.steps.items():
        at: Location = ("steps", name)
        yield from (((*at, *inside), what) for inside, what in _step(name, step, file, around))
    graph = {name: [n for n in step.needed() if _can_wait(step, n, file, around)] for name, step in file.steps.items()}
    try:
        TopologicalSorter(graph).prepare()
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
        known |= _items(step.each, around, step.fields)
    facts = around.objects.get(step.object)
    if facts is None:
        yield (
            ("object",),
            f"{step.object!r} is no object of {around.system}. {nearest(step.object, around.objects)}",
        )
        facts = ObjectFacts(Scope.DEAL, next(iter(around.objects.values())).write, {})
    else:
        yield from _whole(step.object, step.fields, facts)
        yield from _recognised(step, facts, around)
    for field, rule in step.fields.items():
        yield from ((("fields", field, *i), what) for i, what in _field(field, rule, facts, known, around))
    for child, children in step.children.items():
        found = _children(child, children, facts, around)
        yield from ((("children", child, *i), what) for i, what in found if i or step.object in around.objects)


def _needs(name: str, step: TargetStep, file: TargetFile, around: Around) -> Iterator[Mistake]:
    account = _shared(step, around)
    named = [(("fields", field, "step"), rule.step) for field, rule in step.fields.items() if rule.step]
    for at, other in (*named, *((("needs", i), need) for i, need in enumerate(step.needs))):
        if other not in file.steps:
            yield at, f"there is no step {other!r}. {nearest(other, [one for one in file.steps if one != name])}"
        elif file.steps[other].each is not None and at[0] == "fields" and not _shared(file.steps[other], around):
            yield at, f"{other!r} makes several records, so it has no one id. Use another step"
        elif at[0] == "fields" and _of_another(step, str(at[1]), file.steps[other], around):
            wanted = around.objects[step.object].fields[str(at[1])].of
            yield (
                at,
                f"{at[1]} takes the id of a {wanted}, and {other} makes a {file.steps[other].object}. Use another step",
            )
        elif account and not _shared(file.steps[other], around):
            yield at, f"{name} is shared by all deals of an account and {other} belongs to one deal. Take it out"
    if account and step.each is not None:
        yield ("each",), f"{name} is shared by all deals of an account, so it is made once. Take `each` out"


def _of_another(step: TargetStep, field: str, other: TargetStep, around: Around) -> bool:
    """Whether a field takes the id of another object than the one that a step makes."""
    facts = around.objects.get(step.object)
    fact = facts.fields.get(field) if facts else None
    return fact is not None and bool(fact.of) and other.object in around.objects and other.object != fact.of


def _can_wait(step: TargetStep, need: str, file: TargetFile, around: Around) -> bool:
    """Whether a step can wait for this one at all; where it cannot, that is told, and no circle besides."""
    other = file.steps.get(need)
    if other is None:
        return False
    return _shared(other, around) or not (_shared(step, around) or (other.each is not None and need not in step.needs))


def _shared(step: TargetStep, around: Around) -> bool:
    facts = around.objects.get(step.object)
    return facts is not None and facts.scope is Scope.ACCOUNT


def _items(each: str, around: Around, fields: Mapping[str, FieldRule]) -> frozenset[str]:
    """Return what an item of this list has; of what is no list, all that is asked of it: that it is none is told."""
    if each in around.kinds.lists:
        return item_fields(each, around.source)
    return frozenset(name for rule in fields.values() for name in rule.sources if name.startswith("item."))


def _each(at: Location, each: str, key: str, around: Around) -> Iterator[Mistake]:
    if each not in around.kinds.lists:
        yield at, f"{each!r} is no list. {nearest(each, around.kinds.lists)}"
        return
    items = item_fields(each, around.source)
    if key not in items:
        yield (*at[:-1], "key"), f"an item of {each} has no {key!r}. {nearest(key, items)}"


def _whole(what: str, fields: Mapping[str, FieldRule], facts: ObjectFacts) -> Iterator[Mistake]:
    """Whether everything is mapped without which the platform refuses the record."""
    misspelt = {near_to(name, facts.fields) for name in fields if name not in facts.fields}
    for name, fact in facts.fields.items():
        if fact.required and name not in fields and name not in misspelt:
            yield ("fields",), f"{name!r} is missing, and the platform refuses a {what} without it. Map it"
        elif fact.required and name in fields and fields[name].when is not None:
            yield ("fields", name, "when"), f"the platform refuses a {what} without {name}. Take `when` out"
    for group in facts.one_of:
        if not set(group) & set(fields):
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
    known = around.known | _items(children.each, around, children.fields)
    yield from _whole(f"record of {name}", children.fields, inside)
    for field, rule in children.fields.items():
        for word in ("step", "write"):
            if getattr(rule, word) is not None:
                yield ("fields", field, word), f"`{word}` cannot be used in a child. Take it out"
        yield from ((("fields", field, *i), what) for i, what in _field(field, rule, inside, known, around))


# One field


def _field(name: str, rule: FieldRule, facts: ObjectFacts, known: frozenset[str], around: Around) -> Iterator[Mistake]:
    yield from _name(name, facts, around.platform.custom)
    for at, source in placed(rule):
        if source not in known:
            yield at, _unfilled(source, known)
    if rule.when is not None:
        yield from mistakes_in_condition(("when",), rule.when, around.contract, known)
    fact = facts.fields.get(name)
    if fact is not None:
        yield from mistakes_in_value(name, rule, fact)
        yield from around.kinds.never_fits(rule, fact)
    yield from around.kinds.strange_words(rule)


def _unfilled(source: str, known: frozenset[str]) -> str:
    if source.startswith("item.") and not any(name.startswith("item.") for name in known):
        return f"{source!r} is of an item, and this is made once. Add `each` to the step, or use another field"
    return f"{source!r} is filled by no mapping. {nearest(source, known)}"


def _name(name: str, facts: ObjectFacts, custom: tuple[str, ...]) -> Iterator[Mistake]:
    if name in facts.planted:
        yield (), f"{name!r} is written by the bridge itself and cannot be mapped. Take it out"
    elif name not in facts.fields and not name.endswith(custom) and facts.fields:
        near = nearest(name, facts.fields)
        if facts.complete:
            own = f" A field of your own ends in {custom[0]}" if custom else ""
            yield (), f"{name!r} is no field that can be written there. {near}{own}"
        elif near.startswith("Nearest") and _close(name, facts):
            yield (), f"{name!r} is no field that we know. {near}"


def _close(name: str, facts: ObjectFacts) -> bool:
    """Only what is nearly a known name is a slip of the pen: the platform has more fields than are listed."""
    return bool(difflib.get_close_matches(name, list(facts.fields), n=1, cutoff=0.8))


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
        if field not in facts.fields and not field.endswith(around.platform.custom):
            keys = () if key == "field" else tuple(info.alias or name for name, info in Signal.model_fields.items())
            yield (key,), f"{field!r} is no field of it. {nearest(field, (*facts.fields, *keys))}"
