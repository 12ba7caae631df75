"""What the mapping files decide by a field, in words."""

from collections.abc import Iterator, Set
from typing import Any

from handoff.contract import Contract, Deadline
from handoff.mapping import Mappings, Target

WHOSE = {"rep": {"owner.email"}, "receiver": {"receiver.email", "lead.email"}, "lead": {"lead.email"}}
"""Who must keep a deadline, by the canonical fields that name them: their calendar decides when it is due."""


def decided(mappings: Mappings, names: Set[str]) -> Iterator[str]:
    """Yield what is decided by these canonical fields, signals and events."""
    yield from _by_contract(mappings.contract, names)
    yield from _by_target(mappings.target, mappings.contract, names)


def _asked(rule: Any, contract: Contract, names: Set[str]) -> bool:
    return rule is not None and bool(names & set(contract.condition(rule).fields))


def _by_contract(contract: Contract, names: Set[str]) -> Iterator[str]:
    yield from (f"whether a deal is {kind.kind}" for kind in contract.kinds if _asked(kind.when, contract, names))
    for segment in contract.segments:
        if _asked(segment.when, contract, names):
            yield f"whether a deal is in segment {segment.name}"
        if names & set(contract.required(segment.name)):
            yield f"whether a handoff of segment {segment.name} is complete"
    for name, field in contract.fields.items():
        if _asked(field.required_when, contract, names):
            yield f"whether {name} is required"
    for index, rule in enumerate(contract.routing):
        if _asked(rule.when, contract, names) or names & {rule.skill, rule.territory, rule.segments and "segment"}:
            yield f"whether rule {index + 1} of routing applies"
    for index, one in enumerate(contract.platforms):
        if _asked(one.when, contract, names) or names & {one.segments and "segment"}:
            yield f"whether rule {index + 1} of platforms applies"
    yield from (f"the deadline {name}" for name, one in contract.deadlines.items() if names & _behind(one))
    if contract.pause is not None and contract.pause.until in names:
        yield "until when the clocks of a deal stand still"
    if contract.pause is not None and contract.pause.because in names:
        yield "why the clocks of a deal stand still"
    if _asked(contract.rollout.only, contract, names):
        yield "whether a deal is in the pilot"


def _behind(deadline: Deadline) -> set[str]:
    """Return all that a deadline depends on: moment and event, whose calendar counts, and whether it applies."""
    applies = {"segment"} if deadline.segments is not None else set[str]()
    return {deadline.from_, deadline.done} | WHOSE.get(deadline.owner, set()) | applies


def _by_target(target: Target, contract: Contract, names: Set[str]) -> Iterator[str]:
    for name, step in target.file.steps.items():
        if _asked(step.when, contract, names):
            yield f"whether the step {name} is made"
        if step.each in names:
            yield f"how often the step {name} is made"
        if any(source in names for match in step.match for source in match.values()):
            yield f"which record the step {name} finds"
        for field, rule in step.fields.items():
            if _asked(rule.when, contract, names):
                yield f"whether {name}.{field} is filled"
        for child, many in step.children.items():
            if many.each in names:
                yield f"how many {child} the step {name} makes"
