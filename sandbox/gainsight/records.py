"""Making, changing and deleting one record with its stamps, for API calls and for people alike."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.gainsight.org import Org
from sandbox.gainsight.schema import ObjectType
from sandbox.gainsight.store import blank
from sandbox.gainsight.values import stamp
from sandbox.wire import Record

LAGGING = ("call_to_action", "cta_group", "activity_timeline")
_CHANGED = ("ModifiedDate", "LastModifiedDate")


def create(
    org: Org, kind: ObjectType, values: Mapping[str, Any], now: datetime, *, lag: timedelta = timedelta(0)
) -> Record:
    """Return a new record made by the API user; readable after `lag`, and what lags after the tenant's delay."""
    row = made(org, kind, org.ids.gsid(kind.prefix), values, now, by=org.api_user)
    if kind.name in LAGGING:
        lag = max(lag, timedelta(seconds=org.choices.read_lag_seconds))
    seen_from = now + lag if lag else None
    org.store.table(kind.name).insert(row, seen_from=seen_from)
    return row


def change(org: Org, kind: ObjectType, gsid: str, values: Mapping[str, Any], now: datetime) -> Record:
    """Return the record after the API user changed it."""
    table = org.store.table(kind.name)
    table.change(gsid, {**stamps(kind, now, by=org.api_user), **values})
    return table.rows[gsid]


def made(org: Org, kind: ObjectType, gsid: str, values: Mapping[str, Any], now: datetime, *, by: str) -> Record:
    """Return a whole new record, stamped by `by`; a stamp among `values` is kept."""
    row = blank(kind, gsid)
    row.update(stamps(kind, now, by=by, new=True))
    row.update(values)
    if "activityid" in kind.fields:
        row["ActivityId"] = gsid
    return row


def stamps(kind: ObjectType, now: datetime, *, by: str, new: bool = False) -> Record:
    """Return the stamps `kind` has, for a change or (`new`) a creation."""
    when = {**dict.fromkeys(_CHANGED, stamp(now)), "ModifiedById": by}
    if new:
        when.update(CreatedDate=stamp(now), CreatedById=by)
    return {name: value for name, value in when.items() if name.lower() in kind.fields}


def delete(org: Org, kind: ObjectType, gsid: str, now: datetime) -> None:
    """Delete a record that is there and enter it in the delete log."""
    org.store.table(kind.name).delete(gsid, now)
    log = org.schema.named("record_delete_log")
    entry = {"RecordId": gsid, "DeletedOn": stamp(now), "ObjectName": kind.name}
    org.store.table(log.name).insert(made(org, log, org.ids.gsid(log.prefix), entry, now, by=org.api_user))
