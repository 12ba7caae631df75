"""What the mapping files need of the two systems, worked out from the files alone."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from handoff.inspection import (
    Addressed,
    ExpectedField,
    ExpectedOfCrm,
    ExpectedOfPlatform,
    ExpectedStage,
    ExpectedStep,
    Form,
    Use,
    Written,
)
from handoff.mapping import Mappings, Source, Target
from handoff.model import Write
from handoff.named_accounts import csms
from handoff.receipts import STATUS
from handoff.rules import FieldRule

FORMS: Mapping[str, Form] = {
    **dict.fromkeys(("status", "reason", "next_step", "owner", "gaps", "link", "receipt"), Form.TEXT),
    **dict.fromkeys(("completeness", "sequence"), Form.NUMBER),
    "delivered_at": Form.MOMENT,
}
"""What the bridge itself gives to be written back."""

OF_SALES = frozenset({"rep", "sales_manager", "revops"})

MADE_BY: Mapping[str, Form] = {
    **dict.fromkeys(("text", "plain", "html", "lines"), Form.TEXT),
    **dict.fromkeys(("number", "percent", "decimal"), Form.NUMBER),
    "date": Form.DAY,
    "datetime": Form.MOMENT,
    "boolean": Form.BOOLEAN,
}
"""What a transform gives, whatever it was given."""


def expected_of_crm(mappings: Mappings, *, won_deals: int | None = None, every_seconds: int = 60) -> ExpectedOfCrm:
    """Return what the source file reads and writes, with the place of each rule."""
    source = mappings.source
    return ExpectedOfCrm(
        reads=tuple(_uses(source, source.file.fields, ("fields",))),
        lists=_lists(source),
        writes=tuple(_writes(source)),
        stages=tuple(_stages(mappings)),
        starts=mappings.contract.starts,
        won_deals=won_deals,
        every_seconds=every_seconds,
    )


def expected_of_platform(mappings: Mappings, *, every_seconds: int = 60) -> ExpectedOfPlatform:
    """Return what the target file's steps send and look for, and the people whom the files name."""
    return ExpectedOfPlatform(tuple(_steps(mappings.target)), tuple(_people(mappings)), every_seconds)


def _uses(source: Source, rules: Mapping[str, FieldRule], at: tuple[str, ...]) -> Iterator[Use]:
    for name, rule in rules.items():
        for path in rule.sources:
            yield Use(path, f"{name}, {source.lines.place(*at, name)}")


def _lists(source: Source) -> dict[str, tuple[Use, ...]]:
    lists: dict[str, tuple[Use, ...]] = {}
    for name, (each, _) in source.children.items():
        uses = _uses(source, source.lists[name].fields, (name, "fields"))
        lists[each] = (*lists.get(each, ()), *uses)
    return lists


def _writes(source: Source) -> Iterator[Written]:
    back = source.file.write_back
    for name, rule in back.fields.items() if back.on_deal else ():
        told = rule.sources[0] if rule.sources else ""
        words = tuple(STATUS.values()) if told == "status" and rule.values is None else ()
        longest = max(map(len, words)) if words else rule.max
        yield Written(name, source.lines.place("write_back", "fields", name), _form(rule, told), longest, words)


def _stages(mappings: Mappings) -> Iterator[ExpectedStage]:
    trigger, lines = mappings.contract.trigger, mappings.lines
    for index, name in enumerate(trigger.won if isinstance(trigger.won, list) else ()):
        yield ExpectedStage(name, f"trigger.won, {lines.place('trigger', 'won', index)}", won=True)
    for index, name in enumerate(trigger.prepare_at):
        yield ExpectedStage(name, f"trigger.prepare_at, {lines.place('trigger', 'prepare_at', index)}")


def _form(rule: FieldRule, told: str) -> Form:
    if rule.text is not None:
        return Form.TEXT
    if rule.value is not None or rule.values is not None:
        return Form.ANY
    return MADE_BY.get(rule.as_ or "") or FORMS.get(told, Form.ANY)


def _steps(target: Target) -> Iterator[ExpectedStep]:
    """Yield every step, and behind it the records that are made within its own."""
    for name, step in target.file.steps.items():
        yield ExpectedStep(name, step.object, tuple(_fields(target, name)), step.adopt is not None)
        for child in step.children:
            fields = tuple(_fields_within(target, name, child))
            yield ExpectedStep(f"{name}.{child}", f"{step.object}.{child}", fields, within=child)


def _fields_within(target: Target, name: str, child: str) -> Iterator[ExpectedField]:
    """Yield the fields of a child: sent once, with the record that it is made in."""
    for field, rule in target.file.steps[name].children[child].fields.items():
        place = target.lines.place("steps", name, "children", child, "fields", field)
        literals = tuple(dict.fromkeys(_literals(rule)))
        yield ExpectedField(field, f"{name}.{child}, {place}", literals=literals, longest=rule.max)


def _fields(target: Target, name: str) -> Iterator[ExpectedField]:
    step = target.file.steps[name]
    matched = {field for rule in step.match for field in rule}
    for field, rule in step.fields.items():
        yield ExpectedField(
            field,
            f"{name}, {target.lines.place('steps', name, 'fields', field)}",
            updates=target.mode(name, field) is not Write.CREATE_ONLY,
            matched=field in matched,
            literals=tuple(dict.fromkeys(_literals(rule))),
            longest=rule.max,
        )
    for field in sorted(matched - step.fields.keys()):
        yield ExpectedField(field, f"{name}, {target.lines.place('steps', name, 'match')}", sent=False, matched=True)


def _literals(rule: FieldRule) -> Iterator[str]:
    """Yield what the mapping writes word for word."""
    written: list[Any] = [rule.value, rule.default, *(rule.values or {}).values()]
    for value in written:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one:
                yield one


def _people(mappings: Mappings) -> Iterator[Addressed]:
    """Yield everybody who may get work once; Sales has no users on the platform, unless work is routed to them."""
    contract, people = mappings.contract, mappings.people
    in_contract, in_people = mappings.lines.place, mappings.lines_of_people.place
    named: list[tuple[str, str]] = []
    for at, rule in enumerate(contract.routing):
        where = ", ".join(rule.segments or ()) or "every segment"
        place = in_contract("routing", at, "receiver")
        named += [(email, f"receives {where}, {place}") for email in [rule.receiver] if email]
        if rule.file:
            given = Counter(csms(mappings.folder / rule.file))
            named += [(email, f"CSM of {count} in {rule.file}") for email, count in given.items()]
    for at, one in enumerate(contract.exceptions):
        place = in_contract("exceptions", at, "set", "receiver")
        named += [(email, f"receives {one.account}, {place}") for email in [one.set.receiver] if email]
    named += [(team.lead, f"leads {name}, {in_people('teams', name, 'lead')}") for name, team in people.teams.items()]
    named += [
        (one.email, f"{one.role}, {in_people('people', at, 'email')}")
        for at, one in enumerate(people.people)
        if one.role not in OF_SALES
    ]
    by_email: dict[str, tuple[str, list[str]]] = {}
    for email, role in named:
        by_email.setdefault(email.strip().lower(), (email, []))[1].append(role)
    for email, roles in by_email.values():
        yield Addressed(email, tuple(dict.fromkeys(roles)))
