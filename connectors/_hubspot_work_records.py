"""Tasks and notes of HubSpot and our steps: what is sent, what is read, and what an answer says of each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from connectors._hubspot_values import moment_or_none, outgoing
from connectors._hubspot_wire import Json
from connectors._hubspot_words import Flaw
from handoff.counted import Counted
from handoff.keys import planted
from handoff.model import Found, Held, How, Outcome, Result, Step, Value
from handoff.transforms import html, plain

TASK, NOTE = "task", "note"
KEY = re.compile(r"hb:[^\s<>]+")
HEADING = re.compile(r"\s*<p><strong>(.*?)</strong></p>", re.DOTALL)
"""HubSpot's notes have no subject: it is the first paragraph of their text."""
MARKER = "hb*"
"""What a search finds the beginning of our keys by, whether the index cuts them at their colons or not."""
LONGEST_BODY = 65_536
AT_WORK = time(9)
"""HubSpot's tasks are due at a moment: a day is its nine o'clock in the portal's time zone."""
PRIORITIES: Mapping[str, str] = {"High": "HIGH", "Normal": "MEDIUM", "Low": "LOW"}
OUR_PRIORITIES = {theirs: ours for ours, theirs in PRIORITIES.items()}
TOLD = ("hs_createdate", "hs_lastmodifieddate", "hs_task_status")
SILENT = "HubSpot's answer does not say what became of it. It is looked up before it is sent again."


@dataclass(frozen=True)
class Kind:
    """
    One kind of work.

    Args:
        records: Where its records are.
        body: The property that holds its text, and at the end our key.
        association: The type by which it belongs to a deal.
        page: Its type in the address of a record.
        fields: By each of our words the property it is written to; those that are part of `body` are not among them.
        texts: Our words that are part of `body`.
        always: What every new record says.
        title: The property that people know it by, if it has one.
    """

    records: str
    body: str
    association: int
    page: str
    fields: Mapping[str, str]
    texts: frozenset[str]
    always: Mapping[str, str] = field(default_factory=dict)
    title: str = ""

    @property
    def properties(self) -> tuple[str, ...]:
        """Every property that is written."""
        return tuple(dict.fromkeys((self.body, *self.fields.values(), *self.always)))


KINDS: Mapping[str, Kind] = {
    TASK: Kind(
        records="tasks",
        body="hs_task_body",
        association=216,
        page="0-27",
        fields={
            "subject": "hs_task_subject",
            "due": "hs_timestamp",
            "owner": "hubspot_owner_id",
            "priority": "hs_task_priority",
        },
        texts=frozenset({"body"}),
        always={"hs_task_status": "NOT_STARTED", "hs_task_type": "TODO"},
        title="hs_task_subject",
    ),
    NOTE: Kind(
        records="notes",
        body="hs_note_body",
        association=214,
        page="0-46",
        fields={"at": "hs_timestamp"},
        texts=frozenset({"subject", "body"}),
    ),
}


# What is sent


def needs_its_text(step: Step) -> bool:
    """Whether a change says only a part of the record's text, so that the other part must be read before."""
    said, texts = KINDS[step.kind].texts & step.payload.keys(), KINDS[step.kind].texts
    return step.ref is not None and (bool(said) or step.plants) and said != texts


def created(step: Step, trace: str, zone: ZoneInfo, now: datetime) -> Json:
    """Return the input that makes a record of the deal; HubSpot asks for a moment where the mapping gives none."""
    kind = KINDS[step.kind]
    told = {"hs_timestamp": outgoing(now, "datetime"), **kind.always}
    told |= {name: value for name, value in _properties(step, zone, "").items() if value}
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind.association}]
    return {
        "properties": told,
        "associations": [{"to": {"id": step.deal.id}, "types": types}],
        "objectWriteTraceId": trace,
    }


def changed(step: Step, trace: str, zone: ZoneInfo, there: str) -> Json:
    """Return the input that changes a record whose text is `there`, where that matters; see `needs_its_text`."""
    return {"id": step.ref, "properties": _properties(step, zone, there), "objectWriteTraceId": trace}


def _properties(step: Step, zone: ZoneInfo, there: str) -> dict[str, str]:
    kind = KINDS[step.kind]
    told = {name: _sent(word, step.payload[word], zone) for word, name in kind.fields.items() if word in step.payload}
    if step.ref is None or step.plants or kind.texts & step.payload.keys():
        told[kind.body] = _text(step, there)
    return told


def _sent(word: str, value: Value, zone: ZoneInfo) -> str:
    if word == "priority":
        return PRIORITIES.get(str(value), outgoing(value, "string"))
    if isinstance(value, date) and not isinstance(value, datetime):
        return outgoing(datetime.combine(value, AT_WORK, zone), "datetime")
    return outgoing(value, "datetime")


def _text(step: Step, there: str) -> str:
    subject, body = _parts(there, step)
    body = outgoing(step.payload.get("body", body), "string")
    if "subject" in KINDS[step.kind].texts and (subject := outgoing(step.payload.get("subject", subject), "string")):
        body = f"<p><strong>{html(subject)}</strong></p>{body}"
    mark = f"<p>{step.key}</p>"
    return f"{body[: LONGEST_BODY - len(mark)]}{mark}"


def _parts(there: str, step: Step) -> tuple[str, str]:
    """Return the subject and the body in a record's text, without our key."""
    text = re.sub(rf"(<p>)?\s*{re.escape(step.key)}\s*(</p>)?\s*$", "", there)
    heading = HEADING.match(text) if "subject" in KINDS[step.kind].texts else None
    return (plain(heading[1]), text[heading.end() :]) if heading else ("", text)


# What is read


def told_of(row: Json) -> Json:
    """Return a record's properties."""
    return row.get("properties") or {}


def keys(row: Json, kind: Kind) -> list[str]:
    """Return the keys of ours that a record carries."""
    return [one for one in KEY.findall(str(told_of(row).get(kind.body) or "")) if planted(one) is not None]


def found(row: Json, step: Step, zone: ZoneInfo) -> Found:
    """Return a record that carries a step's key."""
    return Found(
        str(row["id"]), How.KEY, label(row, KINDS[step.kind]), holds=holds(row, step, zone), closed=closed(row)
    )


def held(row: Json, step: Step, zone: ZoneInfo) -> Held:
    """Return what a step's record holds now."""
    return Held(str(row["id"]), holds(row, step, zone), closed(row), label(row, KINDS[step.kind]))


def holds(row: Json, step: Step, zone: ZoneInfo) -> dict[str, Value]:
    """Return what a record holds of the step's payload; what is the same in HubSpot's way is ours as it stands."""
    kind, told = KINDS[step.kind], told_of(row)
    subject, body = _parts(str(told.get(kind.body) or ""), step)
    texts = {"subject": subject, "body": body}
    return {
        word: _same_text(texts[word], ours) if word in kind.texts else _held(word, told.get(kind.fields[word]), zone)
        for word, ours in step.payload.items()
    }


def _same_text(there: str, ours: Value) -> Value:
    return ours if plain(there) == plain(ours or "") else there.strip() or None


def _held(word: str, raw: object, zone: ZoneInfo) -> Value:
    if raw is None or raw == "":
        return None
    if word in ("due", "at"):
        at = moment_or_none(raw)
        return at.astimezone(zone).date() if at and word == "due" else at
    return OUR_PRIORITIES.get(str(raw), str(raw)) if word == "priority" else str(raw)


def closed(row: Json) -> bool:
    """Whether a person completed a task; notes never are."""
    return str(told_of(row).get("hs_task_status")) == "COMPLETED"


def label(row: Json, kind: Kind) -> str:
    """Return how a person knows the record."""
    return str(told_of(row).get(kind.title) or "") if kind.title else ""


def counted(key: str, name: str, row: Json) -> Counted:
    """Return a record as a census finds it."""
    told = told_of(row)
    made = moment_or_none(told.get("hs_createdate")) or moment_or_none(row.get("createdAt"))
    moved = moment_or_none(told.get("hs_lastmodifieddate")) or moment_or_none(row.get("updatedAt"))
    said = planted(key)
    return Counted(key, name, str(row["id"]), said.ref.id if said else "", closed(row), made, moved)


def _end(step: Step, flaw: Flaw) -> Result:
    """Return how a step ended that an entry names; an update may be sent again whatever became of it."""
    if flaw.doubtful and step.ref is None:
        return Result.UNKNOWN
    return Result.WAITING if flaw.passing else Result.REJECTED


def outcome(step: Step, trace: str, rows: Sequence[Json], flaws: Sequence[Flaw]) -> Outcome:
    """Return how a step ended: by its trace, its id, or the key that its record carries; never by its place."""
    for row in rows:
        if step.ref is not None and str(row.get("id")) == step.ref:
            return Outcome(step.key, Result.UPDATED, step.ref)
        ours = row.get("objectWriteTraceId") == trace or step.key in keys(row, KINDS[step.kind])
        if step.ref is None and ours and row.get("id"):
            return Outcome(step.key, Result.CREATED, str(row["id"]))
    for flaw in flaws:
        if trace in flaw.traces or (step.ref is not None and step.ref in flaw.ids):
            return Outcome(step.key, _end(step, flaw), step.ref, flaw.words())
    return Outcome(step.key, Result.UNKNOWN, step.ref, SILENT)
