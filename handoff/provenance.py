"""Where a value came from, with the value before and after each rule: record, path, rule's file and line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from handoff.mapping import Mappings
from handoff.model import Deal, Handoff, Item, Origin, Step, Trace, Value


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
    """
    One output field: its value, the target's rule, and each canonical field that the rule used.

    Of a list of child records, `records` holds the fields of each.
    """

    field: str
    value: Value
    trace: Trace
    readings: Sequence[Reading]
    records: Sequence[Sequence["Evidence"]] = ()


def evidence(trace: Trace, value: Value, handoff: Handoff, mappings: Mappings) -> Evidence:
    """Return where the value of one output field came from, for this deal."""
    return told(trace, value, [_reading(origin, handoff, mappings) for origin in trace.origins])


def evidence_of(step: Step, payload: Mapping[str, Value], handoff: Handoff, mappings: Mappings) -> list[Evidence]:
    """Return where each field of a payload of this step came from, those of its child records one by one."""
    traces = {trace.field: trace for trace in step.traces}
    found = []
    for name, value in payload.items():
        if name in traces:
            records = _records(traces[name], value, step.items.get(name, ()), handoff, mappings)
            found.append(replace(evidence(traces[name], value, handoff, mappings), records=records))
    return found


def told(trace: Trace, value: Value, readings: Sequence[Reading]) -> Evidence:
    """Return the evidence of these readings; of a fallback list only what says something is evidence."""
    said = [one for one in readings if one.value is not None or len(readings) == 1]
    return Evidence(trace.field, value, trace, said)


def _records(
    trace: Trace, rows: Value, items: Sequence[Item], handoff: Handoff, mappings: Mappings
) -> list[list[Evidence]]:
    def of(source: str, item: Item) -> Reading:
        if source.startswith("item."):
            return _item_reading(source.removeprefix("item."), item, handoff, mappings)
        return _reading(mappings.origin(source), handoff, mappings)

    def field(part: Trace, row: Mapping[str, Value], item: Item) -> Evidence | None:
        name = part.field.partition(".")[2]
        if name not in row:
            return None
        names = part.sources or tuple(origin.name for origin in part.origins)
        return replace(told(part, row[name], [of(source, item) for source in names]), field=name)

    pairs = zip(rows, items, strict=True) if items else ()
    return [[one for part in trace.parts if (one := field(part, row, item))] for row, item in pairs]


def _item_reading(name: str, item: Item, handoff: Handoff, mappings: Mappings) -> Reading:
    source, value = mappings.source, item.values.get(f"item.{name}")
    rows = source.lists.get(item.each)
    if rows is not None and name in rows.fields:
        raw: Mapping[str, Value] = handoff.deal.children[rows.each][item.place - 1]
        paths, place = rows.fields[name].sources, source.lines.place(item.each, "fields", name)
        read = {f"{rows.each}.{path}": raw.get(path) for path in paths}
    else:
        origin, count = mappings.origin(item.each), len(handoff.values[item.each])
        place, read = origin.place, {path: _line(_raw(path, handoff.deal), item.place, count) for path in origin.paths}
    said = {path: one for path, one in read.items() if one not in (None, "", [])}
    called = Origin(f"{item.each}[{item.place}].{name}", tuple(read), place)
    return Reading(called, value, handoff.deal.ref.id, said)


def _line(raw: Value, place: int, count: int) -> Value:
    """Return an item's own line of a text that has one for each item, else the whole."""
    lines = [line for line in raw.splitlines() if line.strip()] if isinstance(raw, str) else []
    return lines[place - 1] if len(lines) == count else raw


def _reading(origin: Origin, handoff: Handoff, mappings: Mappings) -> Reading:
    read = {path: _raw(path, handoff.deal) for path in origin.paths}
    said = {path: value for path, value in read.items() if value not in (None, "", [])}
    return Reading(origin, handoff.values.get(origin.name), handoff.deal.ref.id, said)


def _raw(path: str, deal: Deal) -> Value:
    if path in deal.source:
        return deal.source[path]
    each, _, inside = path.partition(".")
    rows: Sequence[Mapping[str, Any]] = deal.children.get(each, ())
    return [row[inside] for row in rows if row.get(inside) is not None]
