"""What happened to accounts, newest first: a touchpoint under an id of its own, and each change of a task."""

from collections.abc import Iterator
from datetime import datetime

from sandbox.totango.answers import Call, Fault, Reply, SearchFailed
from sandbox.totango.asked import most, paged, query
from sandbox.totango.envelope import found
from sandbox.totango.org import Org
from sandbox.wire import Json, Record


def timeline(call: Call) -> Reply:
    """Return all events of one account as a bare array; of an unknown one an empty array, or a refusal."""
    account_id = call.request.params().get("account_id")
    if not account_id:
        raise Fault(400, "account_id is required")
    call.read_account(account_id)
    events = newest_first(call.org, call.now, account_id)
    return Reply(events, records=len(events))


def search(call: Call) -> Reply:
    """Return a page of the events that meet the terms; the offset is the number of a page, or of a record."""
    asked = query(call)
    if asked.get("fields") != []:
        raise SearchFailed("fields must be []")
    count, page = most(asked, required=True), asked.get("offset")
    if not isinstance(page, int) or isinstance(page, bool) or page < 0:
        raise SearchFailed("Missing mandatory field: offset")
    events = newest_first(call.org, call.now, call.request.form().get("account_id"))
    kept = [event for event in events if all(_meets(event, term) for term in asked["terms"])]
    first = {"page": page * count, "page_from_1": max(page - 1, 0) * count, "record": page}
    shown = paged(kept, count, first[call.org.choices.events_offset])
    return found(call, "events", len(kept), shown)


def newest_first(org: Org, now: datetime, account_id: str | None) -> list[Record]:
    """Return the events of an account, or of all, as the index has them."""
    notes = (_note(org, row) for row in org.table("touchpoints").seen(now, account_id))
    tasks = (_task(org, row) for row in org.table("task_events").seen(now, account_id))
    return sorted([*tasks, *notes], key=lambda event: event["timestamp"], reverse=True)


def _note(org: Org, row: Record) -> Record:
    return {
        "id": row["event_id"],
        "type": "note",
        "timestamp": row["create_date"],
        "account": _account(org, row),
        "note_content": {
            "note_id": row["id"],
            "text": row["content"],
            "totango_user": {"user_name": row["created_by"]},
        },
        "properties": {
            "activity_type_id": row["activity_type_id"],
            "subject": row["subject"],
            "meeting_type": row["touchpointType"],
            "touchpoint_tags": row["touchpoint_tags"],
            "parent_id": row["parent_id"],
            "totango_participants": row["participants"],
            "creation_time": row["create_date"],
        },
    }


def _task(org: Org, row: Record) -> Record:
    told = ("task_id", "action", "title", "assignee", "status", "priority", "due_date")
    return {
        "id": row["id"],
        "type": "task",
        "timestamp": row["timestamp"],
        "account": _account(org, row),
        "task_content": {name: row[name] for name in told},
        "properties": {"activity_type_id": row["activity_type_id"]},
    }


def _account(org: Org, row: Record) -> Record:
    account = org.rows("accounts").get(row["account_id"], {})
    return {"id": row["account_id"], "display_name": account.get("name", row["account_id"])}


def _meets(event: Record, term: Json) -> bool:
    kind = term.get("type") if isinstance(term, dict) else None
    if kind == "event_type":
        return event["type"] in _listed(term)
    if kind == "date":
        return all(_compared(event["timestamp"], sign, term[sign]) for sign in _SIGNS if sign in term)
    raise SearchFailed(f"Unknown term type: {kind}")


_SIGNS = ("gt", "gte", "lt", "lte")


def _compared(moment: int, sign: str, than: Json) -> bool:
    if not isinstance(than, int):
        raise SearchFailed("A date is milliseconds since 1970")
    return {"gt": moment > than, "gte": moment >= than, "lt": moment < than, "lte": moment <= than}[sign]


def _listed(term: Record) -> Iterator[Json]:
    listed = term.get("in_list")
    if not isinstance(listed, list):
        raise SearchFailed("in_list must be a list")
    return iter(listed)
