"""Where a field comes from, and what it feeds: both ways through the mapping files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from handoff.errors import ConfigError
from handoff.mapping import Mappings
from handoff.model import Origin, Trace
from handoff.yaml_files import nearest


@dataclass(frozen=True)
class Output:
    """One field of one step: `gainsight.onboarding_cta.DueDate`."""

    step: str
    trace: Trace
    system: str

    @property
    def name(self) -> str:
        """The field's full name."""
        return f"{self.system}.{self.step}.{self.trace.field}"

    def is_called(self, words: str) -> bool:
        """Whether a person means this field: its name, with or without step and platform in front."""
        full = self.name.lower().split(".")
        asked = words.lower().split(".")
        return full[-len(asked) :] == asked


@dataclass(frozen=True)
class Lineage:
    """What was found for one field: outputs with their origins, or a source with all that it feeds."""

    asked: str
    comes_from: tuple[Output, ...]
    is_read_by: tuple[Origin, ...]
    feeds: tuple[Output, ...]
    decides: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {
            "asked": self.asked,
            "comes_from": [_as_dict(output) for output in self.comes_from],
            "is_read_by": [vars(origin) for origin in self.is_read_by],
            "feeds": [_as_dict(output) for output in self.feeds],
            "decides": list(self.decides),
        }


def lineage(mappings: Mappings, words: str) -> Lineage:
    """
    Return where an output field comes from, and what a CRM field or canonical field feeds.

    Args:
        words: `DueDate`, `onboarding_cta.DueDate`, `Account.Industry`, `business_goal`; case does not matter.

    Raises:
        ConfigError: The files speak of no such field; the nearest is named.
    """
    outputs = list(_outputs(mappings))
    comes_from = tuple(output for output in outputs if output.is_called(words))
    read_by = tuple(origin for origin in _origins(mappings) if _reads(origin, words))
    canonical = {origin.name for origin in read_by} | {name for name in mappings.known if name.lower() == words.lower()}
    feeds = tuple(o for o in outputs if any(origin.name in canonical for origin in o.trace.origins))
    decides = tuple(_decided(mappings, canonical))
    if not (comes_from or read_by or canonical):
        known = {output.name.split(".", 1)[1] for output in outputs} | set(mappings.known)
        known |= {path for origin in _origins(mappings) for path in origin.paths}
        raise ConfigError(f"No mapping file speaks of {words!r}. {nearest(words, known)}")
    return Lineage(words, comes_from, read_by, feeds, decides)


def _outputs(mappings: Mappings) -> Iterator[Output]:
    for step, traces in mappings.target.traces.items():
        for trace in traces:
            yield Output(step, trace, mappings.target.system)


def _origins(mappings: Mappings) -> list[Origin]:
    return [mappings.origin(name) for name in (*mappings.source.origins, *mappings.by_role)]


def _reads(origin: Origin, words: str) -> bool:
    """Whether a canonical field is meant, by its own name or by a path of the record that it is read from."""
    return words.lower() in (origin.name.lower(), *(path.lower() for path in origin.paths))


def _decided(mappings: Mappings, canonical: set[str]) -> Iterator[str]:
    contract, target = mappings.contract, mappings.target

    def asked(rule: Any) -> bool:
        return rule is not None and bool(canonical & set(contract.condition(rule).fields))

    yield from (f"whether a deal is {kind.kind}" for kind in contract.kinds if asked(kind.when))
    for segment in contract.segments:
        if asked(segment.when):
            yield f"whether a deal is in segment {segment.name}"
        if canonical & set(contract.required(segment.name)):
            yield f"whether a handoff of segment {segment.name} is complete"
    for name, field in contract.fields.items():
        if asked(field.required_when):
            yield f"whether {name} is required"
    for index, rule in enumerate(contract.routing):
        if asked(rule.when) or canonical & {rule.skill, rule.territory}:
            yield f"whether rule {index + 1} of routing applies"
    for name, deadline in contract.deadlines.items():
        if canonical & {deadline.from_, deadline.done}:
            yield f"the deadline {name}"
    if asked(contract.rollout.only):
        yield "whether a deal is in the pilot"
    for name, step in target.file.steps.items():
        if asked(step.when):
            yield f"whether the step {name} is made"
        if step.each in canonical:
            yield f"how often the step {name} is made"
        if any(source in canonical for match in step.match for source in match.values()):
            yield f"which record the step {name} finds"
        for field_name, rule_of in step.fields.items():
            if asked(rule_of.when):
                yield f"whether {name}.{field_name} is filled"


def _as_dict(output: Output) -> dict[str, Any]:
    trace = output.trace
    return {
        "field": output.name,
        "rule": trace.place,
        "from": [vars(origin) for origin in trace.origins] or trace.how,
    }
