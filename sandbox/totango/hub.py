"""The Integration Hub: it takes batches at once, applies them later, and tells of bad records only in their status."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from sandbox.journal import iso_z
from sandbox.totango.answers import Call, Fault, Reply
from sandbox.totango.attributes import Invalid, put_account, put_row, put_user
from sandbox.totango.org import Org
from sandbox.wire import Json, Record

LISTS = {"accounts": "accounts", "users": "users", "collections": "collections", "usage": "usages"}


def accounts(call: Call) -> Reply:
    """Take a batch of accounts."""
    return _taken(call, "accounts")


def users(call: Call) -> Reply:
    """Take a batch of accounts' users."""
    return _taken(call, "users")


def collections(call: Call) -> Reply:
    """Take a batch of rows of one collection."""
    return _taken(call, "collections", kind=call.args[0])


def usage(call: Call) -> Reply:
    """Take a batch of activities."""
    return _taken(call, "usage")


def status(call: Call) -> Reply:
    """Return how far a batch is, and which of its records were not taken."""
    batch = call.org.rows("batches").get(call.args[0])
    if batch is None:
        raise Fault(404, "Batch not found")
    told = ("batch_id", "status", "total_records", "valid_records", "invalid_records", "processed_records")
    said = {name: batch[name] for name in (*told, "duplicate_records", "errors")}
    return Reply(said, records=batch["total_records"])


def settle(org: Org, now: datetime) -> None:
    """Apply the batches whose time has come, in the order in which they came."""
    due = [batch for batch in org.waiting if batch["due"] <= now]
    org.waiting = [batch for batch in org.waiting if batch["due"] > now]
    for batch in sorted(due, key=lambda each: each["due"]):
        _apply(org, batch, batch["due"])


def _taken(call: Call, what: str, kind: str = "") -> Reply:
    said = call.fields().get(LISTS[what])
    if not isinstance(said, list) or not said:
        raise Fault(400, f"{LISTS[what]} must be a list")
    if len(said) > call.org.choices.hub_records:
        raise Fault(400, f"A call takes at most {call.org.choices.hub_records} records")
    refused = {place: _why(call, place, record) for place, record in enumerate(said)}
    batch_id = call.org.ids.uuid("batch")
    told = {"id": batch_id, "batch_id": batch_id, "object": what, "at": iso_z(call.now), "status": "in_progress"}
    totals = dict.fromkeys(("valid_records", "invalid_records", "processed_records", "duplicate_records"), 0)
    call.org.keep("batches", {**told, "total_records": len(said), **totals, "errors": []}, call.now)
    delay = timedelta(seconds=call.org.choices.hub_delay_seconds)
    work = {"id": batch_id, "what": what, "kind": kind, "records": said, "lag": call.twist.lag, "refused": refused}
    call.org.waiting.append({**work, "due": call.now + delay})
    settle(call.org, call.now)
    answer = {"status": "success", "time_received": iso_z(call.now), "batch_id": batch_id}
    return Reply(answer, applied=True, records=len(said))


def _why(call: Call, place: int, record: Json) -> str | None:
    why = call.twist.refuses(place, record) if call.twist.refuses and isinstance(record, dict) else None
    return None if why is None else why.message or why.code or "Record was refused"


def _apply(org: Org, batch: Record, now: datetime) -> None:
    row, seen = org.rows("batches")[batch["id"]], set()
    for place, record in enumerate(batch["records"]):
        named = record if isinstance(record, dict) else {}
        key = (str(named.get("id")), str(named.get("account_id")))
        try:
            if batch["refused"][place]:
                raise Invalid(batch["refused"][place])
            _APPLY[batch["what"]](org, named, batch["kind"], now, org.shown_from(now, batch["lag"]))
        except Invalid as problem:
            row["errors"].append(_error(batch["what"], named, str(problem)))
        else:
            row["duplicate_records"] += batch["what"] != "usage" and key in seen
            seen.add(key)
    row["invalid_records"] = len(row["errors"])
    row["valid_records"] = row["processed_records"] = row["total_records"] - row["invalid_records"]
    row["status"] = "completed"
    org.keep("batches", row, now)


def _error(what: str, record: Record, why: str) -> Record:
    row = record.get("id") if what == "collections" else None
    account = record.get("id") if what == "accounts" else record.get("account_id")
    return {"code": "INVALID_RECORD", "description": why, "account_id": account, "collection_id": row}


def _attributes(record: Record) -> Mapping[str, Json]:
    found = record.get("attributes", {})
    if not isinstance(found, dict):
        raise Invalid("attributes must be an object")
    return found


def _account(org: Org, record: Record, _kind: str, now: datetime, seen_from: datetime) -> None:
    put_account(org, record.get("id"), _attributes(record), now=now, seen_from=seen_from)


def _user(org: Org, record: Record, _kind: str, now: datetime, _seen_from: datetime) -> None:
    put_user(org, record.get("account_id"), record.get("id"), _attributes(record), now=now)


def _row(org: Org, record: Record, kind: str, now: datetime, seen_from: datetime) -> None:
    put_row(org, kind, record, now=now, seen_from=seen_from)


def _usage(org: Org, record: Record, _kind: str, now: datetime, seen_from: datetime) -> None:
    if list(_missing(record)):
        raise Invalid(f"{', '.join(_missing(record))} is missing")
    note_activity(org, record["account_id"], record, now=now, seen_from=seen_from)


def note_activity(org: Org, account_id: Json, record: Record, *, now: datetime, seen_from: datetime) -> None:
    """Count an activity of an account's user; raises `Invalid` for an account id that does not fit."""
    account = put_account(org, account_id, {}, now=now, seen_from=seen_from)
    account["last_activity_at"] = int(now.timestamp() * 1000)
    org.keep("accounts", account, seen_from)
    told = {name: record.get(name) for name in ("account_id", "user_id", "module", "activity")}
    org.keep("activities", {"id": org.ids.number("activity"), "at": iso_z(now), **told}, now)


def _missing(record: Record) -> Iterator[str]:
    return (name for name in ("account_id", "user_id", "module", "activity") if not record.get(name))


_APPLY: Mapping[str, Callable[[Org, Record, str, datetime, datetime], None]] = {
    "accounts": _account,
    "users": _user,
    "collections": _row,
    "usage": _usage,
}
