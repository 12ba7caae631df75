"""Where a field comes from, and what it feeds: both ways through the mapping files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from handoff.canonical import BEHIND_RECEIPT
from handoff.decided import decided
from handoff.errors import ConfigError
from handoff.mapping import Mappings, Target
from handoff.mapping_files import Signal
from handoff.model import Origin, Trace
from handoff.yaml_files import nearest

WRITE_BACK = "write_back"


@dataclass(frozen=True)
class Output:
    """A field of a step, of its child records, or of the write-back: `salesforce.write_back.Handoff_Status__c`."""

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
    named = {name for name in _named(mappings) if name.lower() == words.lower()}
    canonical = {origin.name for origin in read_by} | named
    feeds = tuple(output for output in outputs if canonical & set(_fed_by(output)))
    if not (comes_from or canonical):
        known = {output.name.split(".", 1)[1] for output in outputs} | _named(mappings)
        known |= {path for origin in _origins(mappings) for path in (origin.name, *origin.paths)}
        raise ConfigError(f"No mapping file speaks of {words!r}. {nearest(words, known)}")
    return Lineage(words, comes_from, read_by, feeds, tuple(decided(mappings, canonical)))


def _outputs(mappings: Mappings) -> Iterator[Output]:
    target, source = mappings.target, mappings.source
    for step, traces in target.traces.items():
        for trace in traces:
            yield from (Output(step, one, target.system) for one in (trace, *trace.parts))
    if source.file.write_back.on_deal:
        yield from (Output(WRITE_BACK, trace, source.system) for trace in source.told)


def _fed_by(output: Output) -> Iterator[str]:
    """Yield the canonical fields behind an output; of the write-back, where what became of the deal depends on one."""
    for origin in output.trace.origins:
        yield origin.name
        if output.step == WRITE_BACK:
            yield from BEHIND_RECEIPT.get(origin.name, ())


def _origins(mappings: Mappings) -> list[Origin]:
    fields = [mappings.origin(name) for name in (*mappings.source.origins, *mappings.by_role)]
    target = mappings.target
    read_back = target.file.signals.items()
    return fields + [
        Origin(name, _said_by(one, target), target.lines.place("signals", name)) for name, one in read_back
    ]


def _said_by(signal: Signal, target: Target) -> tuple[str, ...]:
    """Return whose record says it: `gainsight.onboarding_cta.status`, or `gainsight.timeline`."""
    return (".".join(part for part in (target.system, signal.step or signal.object, signal.field) if part),)


def _named(mappings: Mappings) -> set[str]:
    """Return what can be asked for by its own name: canonical fields, what is written back, and events."""
    written = {origin.name for trace in mappings.source.told for origin in trace.origins}
    return {*mappings.known, *written, *(deadline.done for deadline in mappings.contract.deadlines.values())}


def _reads(origin: Origin, words: str) -> bool:
    """Whether a canonical field is meant, by its own name or by a path of the record that it is read from."""
    return words.lower() in (origin.name.lower(), *(path.lower() for path in origin.paths))


def _as_dict(output: Output) -> dict[str, Any]:
    trace = output.trace
    return {
        "field": output.name,
        "rule": trace.place,
        "from": [vars(origin) for origin in trace.origins] or trace.how,
    }
