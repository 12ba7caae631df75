"""A task as it is kept, and the events that its changes leave in the timeline."""

from datetime import datetime

from sandbox.journal import iso_z
from sandbox.totango.org import Org
from sandbox.wire import Json, Record

_TRACKED = ("assignee", "status", "priority", "due_date")


def new_task(org: Org, now: datetime, **fields: Json) -> Record:
    """Return a new open task with these fields."""
    return {
        "id": org.new_task(),
        "account_id": None,
        "title": "",
        "description": "",
        "due_date": None,
        "priority": 2,
        "status": "open",
        "assignee": None,
        "activity_type_id": None,
        "automation_id": None,
        "sbId": None,
        "assigner": org.choices.token_user,
        "create_date": iso_z(now),
        "completed_date": None,
        **fields,
    }


def keep_task(
    org: Org, task: Record, action: str, *, now: datetime, seen_from: datetime, before: Record | None = None
) -> None:
    """Keep a task, new or changed from `before`, and an event of it."""
    org.keep("tasks", task, seen_from)
    event = {
        "id": org.ids.event(),
        "account_id": task["account_id"],
        "task_id": task["id"],
        "action": action,
        "title": task["title"],
        "activity_type_id": task["activity_type_id"],
        "timestamp": int(now.timestamp() * 1000),
        **{name: _change(name, task, before) for name in _TRACKED},
    }
    org.keep("task_events", event, seen_from)


def _change(name: str, task: Record, before: Record | None) -> Record:
    prev = before[name] if before else None
    return {"current": task[name], "prev": prev, "is_modified": before is not None and prev != task[name]}
