"""Tasks: made, changed, read, deleted and exported, one a call and never told from a double."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import date

from sandbox.journal import iso_z
from sandbox.totango.answers import Call, Fault, Reply
from sandbox.totango.org import Org
from sandbox.totango.task_rows import keep_task, new_task
from sandbox.wire import Json, Record

SHOWN = (
    "id",
    "account_id",
    "title",
    "description",
    "due_date",
    "priority",
    "status",
    "assignee",
    "activity_type_id",
)
STATUSES = ("open", "closed")
_WRITABLE = ("title", "description", "due_date", "priority", "status", "assignee", "activity_type_id")
_COLUMNS = (
    "name",
    "title",
    "description",
    "account_display_name",
    "account_id",
    "parent_id",
    "status",
    "assignee",
    "assigner",
    "priority",
    "create_date",
    "completed_date",
    "due_date",
)


def create(call: Call) -> Reply:
    """Make a task; the same one again is another task."""
    said = call.fields()
    call.refuse(said)
    account = call.account(said.get("account_id"))
    for name in ("title", "activity_type_id"):
        if not said.get(name):
            raise Fault(400, f"{name} is required")
    task = new_task(call.org, call.now, account_id=account["id"], **_fitting(call.org, said))
    keep_task(call.org, task, "create", now=call.now, seen_from=call.seen_from)
    return Reply({"id": task["id"]}, applied=True, records=1)


def update(call: Call) -> Reply:
    """Change a task, named in the path or in the body."""
    said = call.fields()
    call.refuse(said)
    task = _held(call.org, call.args[0] if call.args else said.get("id"))
    before = dict(task)
    task.update(_fitting(call.org, said))
    if task["status"] != before["status"]:
        task["completed_date"] = iso_z(call.now) if task["status"] == "closed" else None
    action = "complete" if task["status"] == "closed" != before["status"] else "update"
    keep_task(call.org, task, action, now=call.now, seen_from=call.seen_from, before=before)
    return Reply({"id": task["id"]}, applied=task != before, records=1)


def delete(call: Call) -> Reply:
    """Take a task away."""
    task = _held(call.org, call.args[0])
    call.org.table("tasks").delete(task["id"], call.seen_from)
    return Reply({"id": task["id"]}, applied=True, records=1)


def listed(call: Call) -> Reply:
    """Return the tasks of an account, or the one of an id, as an array; of an unknown one none, or a refusal."""
    asked, table = call.request.params(), call.org.table("tasks")
    if "id" in asked:
        number = int(asked["id"]) if asked["id"].isdecimal() else None
        found = table.one_seen(number, call.now)
        tasks = [found] if found else []
    elif "account_id" in asked:
        call.read_account(asked["account_id"])
        tasks = list(table.seen(call.now, asked["account_id"]))
    else:
        raise Fault(400, "account_id or id is required")
    return Reply([{name: task[name] for name in SHOWN} for task in tasks], records=len(tasks))


def exported(call: Call) -> Reply:
    """Return the tasks of plays (`automation_id`) or of a SuccessBLOC (`sbId`) as CSV."""
    try:
        asked = json.loads(call.request.params().get("query", "{}"))
    except ValueError as error:
        raise Fault(400, "query is no JSON") from error
    if not isinstance(asked, dict):
        raise Fault(400, "query is no JSON")
    tasks = [task for task in call.org.table("tasks").seen(call.now) if _asked_for(task, asked)]
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(_COLUMNS)
    lines.writerows(_line(call.org, task) for task in tasks)
    return Reply(text.getvalue().encode(), kind="text/csv", records=len(tasks))


def _asked_for(task: Record, asked: Record) -> bool:
    plays = asked.get("automation_id")
    if isinstance(plays, list) and task["automation_id"] not in plays:
        return False
    return "sbId" not in asked or task["sbId"] == asked["sbId"]


def _line(org: Org, task: Record) -> Iterator[Json]:
    play = org.rows("plays").get(task["automation_id"], {})
    account = org.rows("accounts").get(task["account_id"], {})
    made = {
        **task,
        "name": play.get("name"),
        "account_display_name": account.get("name"),
        "parent_id": account.get("parent_id"),
        "create_date": task["create_date"][:10],
        "completed_date": (task["completed_date"] or "")[:10],
    }
    return (made[column] for column in _COLUMNS)


def _held(org: Org, said: Json) -> Record:
    number = int(said) if str(said).isdecimal() else None
    found = org.rows("tasks").get(number)
    if found is None:
        raise Fault(404, "Task not found")
    return found


def _fitting(org: Org, said: Record) -> Record:
    given = {name: said[name] for name in _WRITABLE if name in said}
    return {name: _CHECKS[name](org, value) if name in _CHECKS else value for name, value in given.items()}


def _due(_org: Org, value: Json) -> Json:
    try:
        return date.fromisoformat(value).isoformat() if value else None
    except (TypeError, ValueError) as error:
        raise Fault(400, "due_date must be YYYY-MM-DD") from error


def _priority(_org: Org, value: Json) -> int:
    if str(value) not in ("1", "2", "3"):
        raise Fault(400, "priority must be 1, 2 or 3")
    return int(value)


def _status(_org: Org, value: Json) -> Json:
    if value not in STATUSES:
        raise Fault(400, "status must be open or closed")
    return value


def _assignee(org: Org, value: Json) -> Json:
    user = org.user(value)
    if org.choices.task_assignee == "ignored" or not value:
        return user["id"] if user else None
    if user is None or not user["active"]:
        raise Fault(400, "Assignee not found")
    return user["id"]


def flow(org: Org, value: Json) -> Json:
    """Return a flow's id; refused with 400 where it is none, or disabled."""
    found = org.rows("flows").get(value) if isinstance(value, str) else None
    if found is None or found["disabled"]:
        raise Fault(400, "activity_type_id is not valid")
    return value


_CHECKS: dict[str, Callable[[Org, Json], Json]] = {
    "due_date": _due,
    "priority": _priority,
    "status": _status,
    "assignee": _assignee,
    "activity_type_id": flow,
}
