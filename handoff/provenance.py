"""Where a value came from, with the value before and after each rule: record, path, rule's file and line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handoff.mapping import Mappings
from handoff.model import Deal, Handoff, Origin, Trace, Value


@dataclass(frozen=True)
class Reading:
    """
    A canonical field behind an output field.

    `read` maps each path of the CRM's record to what stood there before the source's rule, `value` is what the rule
    made of it; `record` is the deal's id. A field that the policy decided, or the bridge gives, was read nowhere.
    """

    origin: Origin
    value: Value
    record: str
    read: Mapping[str, Value]


@dataclass(frozen=True)
class Evidence:
    """One output field: its value, the target's rule, and each canonical field that the rule used."""

    field: str
    value: Value
    trace: Trace
    readings: Sequence[Reading]


def evidence(trace: Trace, value: Value, handoff: Handoff, mappings: Mappings) -> Evidence:
    """Return where the value of one output field came from, for this deal."""
    readings = [_reading(origin, handoff, mappings) for origin in trace.origins]
    return Evidence(trace.field, value, trace, [one for one in readings if _spoke(one, trace)])


def _reading(origin: Origin, handoff: Handoff, mappings: Mappings) -> Reading:
    read = {path: _raw(path, handoff.deal) for path in origin.paths}
    said = {path: value for path, value in read.items() if value not in (None, "", [])}
    return Reading(origin, handoff.values.get(origin.name), handoff.deal.ref.id, said)


def _spoke(reading: Reading, trace: Trace) -> bool:
    """Of a fallback list only what says something is evidence; where nothing does, all that was asked is shown."""
    return reading.value is not None or len(trace.origins) == 1


def _raw(path: str, deal: Deal) -> Value:
    if path in deal.source:
        return deal.source[path]
    each, _, inside = path.partition(".")
    rows: Sequence[Mapping[str, Any]] = deal.children.get(each, ())
    return [row[inside] for row in rows if row.get(inside) is not None]
