"""Tasks of Salesforce and our steps: what is sent, what is read, and what an answer says of each."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from connectors._salesforce_records import LATER, Row, id18, moment, outgoing, refusal
from handoff.counted import Counted
from handoff.errors import ServiceError
from handoff.model import Outcome, Result, Step, Value
from handoff.transforms import plain

TASK, NOTE = "task", "note"
KEY_FIELD = "Bridge_Key__c"
OURS = "hb:%"
OF_A_NOTE = "|note"
"""Stands behind the key of a note: both are tasks to Salesforce, and a census must tell them apart."""
WRITTEN: Mapping[str, Mapping[str, str]] = {
    TASK: {
        "subject": "Subject",
        "body": "Description",
        "due": "ActivityDate",
        "owner": "OwnerId",
        "priority": "Priority",
    },
    NOTE: {"subject": "Subject", "body": "Description", "at": "ActivityDate"},
}
"""By kind, the field of Salesforce that each of our words is written to; the moment of a note is kept as its day."""
ALWAYS: Mapping[str, Mapping[str, str]] = {TASK: {}, NOTE: {"Status": "Completed", "Priority": "Low"}}
SELECTED = "Id, Subject, Description, ActivityDate, OwnerId, Priority, IsClosed"
NOT_NAMED = "Salesforce's answer does not say what became of it. It is looked up before it is sent again."


def mark(step: Step) -> str:
    """Return what stands in the key field of a step's task."""
    return step.key + (OF_A_NOTE if step.kind == NOTE else "")


def record(step: Step) -> dict[str, Any]:
    """Return what is sent of a step: a new task of the deal, or the fields of one that is there."""
    names = WRITTEN[step.kind]
    fields = {names[name]: outgoing(_sent(name, value), length=0) for name, value in step.payload.items()}
    if step.ref is not None:
        planted = {KEY_FIELD: mark(step)} if step.plants else {}
        return {"attributes": {"type": "Task"}, "id": step.ref, **fields, **planted}
    own = {**ALWAYS[step.kind], "WhatId": id18(step.deal.id), KEY_FIELD: mark(step)}
    return {"attributes": {"type": "Task"}, **fields, **own}


def _sent(name: str, value: Value) -> Value:
    """Descriptions show no markup, and the day is all that a task keeps of a moment."""
    if name == "body":
        return plain(value) if value is not None else None
    return value.date() if isinstance(value, datetime) else value


def outcome(step: Step, said: Mapping[str, Any]) -> Outcome:
    """Return how a step ended, by what is said at its place."""
    if said.get("success") is True and (ref := said.get("id") or step.ref):
        return Outcome(step.key, Result.CREATED if step.ref is None else Result.UPDATED, id18(str(ref)))
    if said.get("success") is not False:
        return Outcome(step.key, Result.UNKNOWN, step.ref, NOT_NAMED)
    code, why = refusal(said.get("errors") or ())
    return Outcome(step.key, Result.WAITING if code in LATER else Result.REJECTED, step.ref, why)


def each(steps: Sequence[Step], result: Result, error: ServiceError) -> list[Outcome]:
    """Return the same end for every step."""
    return [Outcome(step.key, result, step.ref, str(error)) for step in steps]


def held(row: Row, step: Step) -> dict[str, Value]:
    """Return what a task holds of the payload's fields; what is the same in Salesforce's way is ours as it stands."""
    return {name: _as_ours(name, row.get(WRITTEN[step.kind][name]), ours) for name, ours in step.payload.items()}


def _as_ours(name: str, there: Any, ours: Value) -> Value:
    sent = _sent(name, ours)
    if there == (sent.isoformat() if isinstance(sent, date) else sent) or (name == "body" and _same(there, sent)):
        return ours
    return _read(name, there)


def _same(there: Value, sent: Value) -> bool:
    return plain(there or "") == plain(sent or "")


def _read(name: str, there: Any) -> Value:
    if there in (None, ""):
        return None
    return date.fromisoformat(str(there)) if name in ("due", "at") else there


def counted(row: Row) -> Counted:
    """Return a task as a census finds it."""
    mark = str(row[KEY_FIELD])
    kind = NOTE if mark.endswith(OF_A_NOTE) else TASK
    return Counted(
        key=mark.removesuffix(OF_A_NOTE),
        kind=kind,
        ref=ref_of(row),
        closed=closed(row, kind),
        made_at=moment(str(row["CreatedDate"])),
        changed_at=moment(str(row["SystemModstamp"])),
    )


def closed(row: Row, kind: str) -> bool:
    """A note is done from the start, and that says nothing about its work."""
    return kind == TASK and row["IsClosed"] is True


def ref_of(row: Row) -> str:
    """Return the task's id."""
    return id18(str(row["Id"]))


def label(row: Row) -> str:
    """Return how a person knows the task."""
    return str(row.get("Subject") or "a task")
