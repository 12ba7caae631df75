"""Touchpoints and tasks that are there: found by the key at the end of a text, read by account."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors._http import Route
from connectors._totango_settings import TASK, TOUCHPOINT
from connectors._totango_values import account_in, account_of, as_held, flat, moment_in, record_in, ref_of, unmarked
from connectors._totango_wire import TASKS, TIMELINE, Json, Refused, Wire, id_of
from connectors._totango_words import NO_ACCOUNT
from handoff.model import Found, Held, How, Step, Value

OVER = frozenset({"closed", "completed", "cancelled", "canceled", "done"})
"""The states of a task whose work is over."""


class Work:
    """Looks at one account after another; every method raises what `Exchange.call` raises."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def by_key(self, kind: str, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """Return by step key the records of the steps' accounts that carry it."""
        found: dict[str, list[Found]] = {}
        for account, some in _by_account(steps).items():
            records = self._records(kind, account) if account else []
            for step in some:
                hits = {record_id(one): one for one in records if key_of(one) == step.key}
                if hits:
                    found[step.key] = [self._found(step, account, one) for one in hits.values()]
        return found

    def read(self, kind: str, steps: Sequence[Step]) -> dict[str, Held]:
        """Return by step key what the records of these steps hold; those that are gone are absent."""
        held: dict[str, Held] = {}
        accounts = _by_account(steps)
        for account, some in accounts.items():
            records = {record_id(one): one for one in self._records(kind, account)}
            for step in some:
                one = records.get(record_in(str(step.ref)))
                if one is not None:
                    held[step.key] = Held(str(step.ref), _holds(step, one), is_over(one), _label(one))
        return held

    def event_of(self, ref: str) -> str | None:
        """Return the id of the event of a touchpoint, which is not its own; None when it is gone."""
        rows = self._records(TOUCHPOINT, account_in(ref))
        return next((str(id_of(one)) for one in rows if record_id(one) == record_in(ref)), None)

    def _records(self, kind: str, account: str) -> list[Json]:
        try:
            if kind == TASK:
                return self._of_account(TASKS, "/api/v3/tasks", account)
            events = self._of_account(TIMELINE, "/api/v2/events/", account)
        except Refused as error:
            if error.why != NO_ACCOUNT:
                raise
            return []
        return [event for event in events if event.get("type") == "note"]

    def _of_account(self, route: Route, path: str, account: str) -> list[Json]:
        rows: list[Json] = self._wire.get(route, path, {"account_id": account})
        return rows

    def _found(self, step: Step, account: str, one: Json) -> Found:
        ref = ref_of(account, record_id(one))
        return Found(ref, How.KEY, _label(one), "", _holds(step, one), is_over(one))


def _by_account(steps: Iterable[Step]) -> dict[str, list[Step]]:
    by_account: dict[str, list[Step]] = {}
    for step in steps:
        by_account.setdefault(account_in(step.ref) if step.ref else account_of(step), []).append(step)
    return by_account


def record_id(one: Json) -> str:
    """Return the id of a task, or of the touchpoint that an event of the timeline is of."""
    note = flat(one, "note_content", "note_id")
    task = flat(one, "task_content", "task_id")
    return str(next((said for said in (note, task) if said is not None), id_of(one) or ""))


def key_of(one: Json) -> str:
    """Return our key at the end of one of a record's texts, "" when there is none."""
    texts = (
        flat(one, "note_content", "text"),
        flat(one, "properties", "subject"),
        flat(one, "task_content", "title"),
        one.get("title"),
        one.get("description"),
    )
    return next((key for text in texts if (key := unmarked(text)[1])), "")


def is_over(one: Json) -> bool:
    """Return whether a task's work is over; a touchpoint has none."""
    status = flat(one, "task_content", "status", "current") or one.get("status")
    return str(status or "").casefold() in OVER


def _label(one: Json) -> str:
    return unmarked(flat(one, "properties", "subject") or one.get("title"))[0]


def _holds(step: Step, one: Json) -> dict[str, Value]:
    said = _of_note(one) if step.kind == TOUCHPOINT else _of_task(one)
    return {name: _value(said[name], ours) for name, ours in step.payload.items() if name in said}


def _of_note(event: Json) -> Mapping[str, Any]:
    """Return a touchpoint's fields as they are written; some are read under another name."""
    properties = event.get("properties") if isinstance(event.get("properties"), dict) else {}
    said = {
        "account_id": flat(event, "account", "id"),
        "subject": unmarked(flat(properties or {}, "subject"))[0],
        "content": unmarked(flat(event, "note_content", "text"))[0],
        "create_date": flat(properties or {}, "creation_time") or event.get("timestamp"),
    }
    names = {
        "activity_type_id": "activity_type_id",
        "touchpointType": "meeting_type",
        "touchpoint_tags": "touchpoint_tags",
    }
    return said | {name: (properties or {})[read] for name, read in names.items() if read in (properties or {})}


def _of_task(task: Json) -> Mapping[str, Any]:
    said = {name: task[name] for name in task if name not in ("title", "description", "id")}
    return said | {name: unmarked(task[name])[0] for name in ("title", "description") if name in task}


def _value(said: Any, ours: Value) -> Value:
    if isinstance(ours, datetime) and said is not None:
        moment = moment_in(said)
        return ours if moment == ours.replace(microsecond=ours.microsecond // 1000 * 1000) else moment
    return as_held(said, ours)
