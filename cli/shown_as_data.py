"""What commands print with `--json`: deals, steps and fields as plain data."""

from collections.abc import Iterable
from typing import Any

from cli.screens import action, shown_value, would_carry
from handoff.carry import Decision
from handoff.mapping import Mappings
from handoff.model import Handoff, Needed
from handoff.prepare import Prepared, plain
from handoff.provenance import Evidence, evidence_of
from handoff.retold import Retold
from handoff.run import Shown


def prepared_as_data(one: Prepared, told: Iterable[Evidence], mappings: Mappings) -> dict[str, Any]:
    """Return what the mapping makes of one deal as plain data; `told` are the fields of the write-back."""
    steps = [
        {
            "key": step.key,
            "name": step.name,
            "kind": step.kind,
            "reference": step.reference,
            "fields": fields_as_data(evidence_of(step, step.payload, one.handoff, mappings)) if one.handoff else {},
        }
        for step in one.steps
    ]
    return _judged_as_data(one) | {"steps": steps, "write_back": fields_as_data(told)}


def retold_as_data(told: Retold | None) -> dict[str, Any] | None:
    """Return the fields of a handoff as plain data, None when what was read is not kept."""
    if told is None:
        return None
    steps = {step: fields_as_data(fields) for step, fields in told.steps.items()}
    return {"edited": told.edited, "steps": steps, "write_back": fields_as_data(told.told)}


def plan_as_data(shown: Shown, mappings: Mappings) -> dict[str, Any]:
    """Return one deal of a dry run as plain data."""
    handoff = shown.prepared.handoff
    return _judged_as_data(shown.prepared) | {
        "steps": [_step_as_data(decision, handoff, mappings) for decision in shown.decisions],
        "write_back": fields_as_data(shown.told),
    }


def _judged_as_data(one: Prepared) -> dict[str, Any]:
    deal, handoff = one.deal, one.handoff
    return {
        "deal": deal.ref.id,
        "name": deal.name,
        "account": deal.account_name,
        "kind": handoff.kind if handoff else None,
        "kind_because": handoff.kind_because if handoff else None,
        "segment": handoff.segment if handoff else None,
        "segment_because": handoff.segment_because if handoff else None,
        "missing": [gap.label for gap in handoff.gaps] if handoff else [],
        "receiver": handoff.receiver if handoff else None,
        "stopped": one.stopped or None,
        "excluded": one.excluded or None,
        "notes": list(handoff.notes) if handoff else [],
    }


def _step_as_data(decision: Decision, handoff: Handoff | None, mappings: Mappings) -> dict[str, Any]:
    step = decision.planned.step
    return {
        "key": step.key,
        "name": step.name,
        "kind": step.kind,
        "action": action(decision),
        "fields": fields_as_data(evidence_of(step, would_carry(decision), handoff, mappings)) if handoff else {},
    }


def fields_as_data(fields: Iterable[Evidence]) -> dict[str, Any]:
    """Return fields by name as plain data."""
    return {one.field: evidence_as_data(one) for one in fields}


def evidence_as_data(told: Evidence) -> dict[str, Any]:
    """Return one field as plain data: value, rule, and each field it came from."""
    value = told.value
    return {
        "value": shown_value(value) if isinstance(value, Needed) else plain(value),
        "from": [
            {
                **vars(reading.origin),
                "value": plain(reading.value),
                "record": reading.record,
                "read": plain(dict(reading.read)),
            }
            for reading in told.readings
        ]
        or told.trace.how,
        "rule": told.trace.place,
    } | ({"records": [fields_as_data(fields) for fields in told.records]} if told.records else {})
