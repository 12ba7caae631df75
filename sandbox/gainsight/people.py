"""What people do in the product itself: records loaded, edited and deleted, and the records as they stand."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.gainsight import records
from sandbox.gainsight.cockpit import is_closed
from sandbox.gainsight.ids import GSID_LENGTH
from sandbox.gainsight.org import Org
from sandbox.gainsight.plans import close_objectives
from sandbox.gainsight.schema import Field, ObjectType
from sandbox.gainsight.values import Problem, taken
from sandbox.wire import Objects, Record

SHOWN = ("Company", "gsuser", "call_to_action", "cta_group", "activity_timeline", "cs_task")
_ORDER = ("gsuser", "company", "cta_group", "call_to_action", "cs_task", "activity_timeline")
_BY_EMAIL = {"CsmEmail": "Csm", "OwnerEmail": "OwnerId", "AuthorEmail": "AuthorId"}
_LABEL = "__label"
_STAMPS = ("CreatedDate", "ModifiedDate", "LastModifiedDate", "CreatedById", "ModifiedById")


def state(org: Org) -> Objects:
    """
    Return a copy of every record by object.

    Lookups and picklists are GSIDs; the label of a picklist stands beside it under `<field>__label`.
    """
    custom = [kind.name for kind in org.schema.objects.values() if kind.kind == "CUSTOM"]
    return {name: state_of(org, name) for name in (*SHOWN, *custom)}


def state_of(org: Org, name: str) -> list[Record]:
    """Return a copy of one object's records; raises `ValueError` for an object that is not kept."""
    kind = _kept(org, name)
    return [_with_labels(org, kind, row) for row in org.store.table(kind.name).rows.values()]


def mentioned(org: Org, name: str, words: str) -> Record | None:
    """Return a copy of the first record of an object whose Gsid stands in the words; `ValueError` as `state_of`."""
    kind = _kept(org, name)
    rows = org.store.table(kind.name).rows
    found = re.findall(rf"{kind.prefix}[0-9A-Z]{{{GSID_LENGTH - len(kind.prefix)}}}", words)
    return next((dict(rows[gsid]) for gsid in found if gsid in rows), None)


def _with_labels(org: Org, kind: ObjectType, row: Record) -> Record:
    labels = {
        f"{each.name}{_LABEL}": org.picklists.label(row.get(each.name))
        for each in kind.fields.values()
        if each.category
    }
    return {**row, **labels}


def load(org: Org, objects: Objects, now: datetime) -> None:
    """Take records in `state`'s shape as edits by people; raises `ValueError` for what the tenant has not."""
    kinds = {name: _kept(org, name) for name in objects}
    for name in sorted(objects, key=lambda each: _rank(kinds[each])):
        for record in objects[name]:
            _edit(org, kinds[name], record, now)


def _kept(org: Org, name: str) -> ObjectType:
    kind = org.schema.find(name)
    if kind is None or (kind.name not in SHOWN and kind.kind != "CUSTOM"):
        raise ValueError(f"Gainsight keeps no records of {name!r}. Use one of: {', '.join(SHOWN)}.")
    return kind


def _rank(kind: ObjectType) -> int:
    # Users before the records they own, plans before their objectives.
    key = kind.name.lower()
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)


def _edit(org: Org, kind: ObjectType, record: Record, now: datetime) -> None:
    table = org.store.table(kind.name)
    gsid = record.get("Gsid") or record.get("ActivityId")
    if gsid is not None and not isinstance(gsid, str):
        raise ValueError(f"The Gsid of a record is text; got {gsid!r}.")
    there = table.rows.get(gsid or "")
    if record.get("_deleted"):
        if there is not None:
            records.delete(org, kind, there["Gsid"], now)
        return
    values = _values(org, kind, record, there)
    by = _person(org, {**(there or {}), **values})
    if there is not None:
        table.change(there["Gsid"], {**records.stamps(kind, now, by=by), **values})
        if kind.name == "cta_group" and values.get("IsClosed"):
            close_objectives(org, there["Gsid"], now)
    else:
        table.insert(records.made(org, kind, gsid or org.ids.gsid(kind.prefix), values, now, by=by))


def _values(org: Org, kind: ObjectType, record: Record, there: Record | None) -> Record:
    values: Record = {}
    for key, value in record.items():
        if key in ("Gsid", "ActivityId", "_deleted") or key.endswith(_LABEL) or (key in _STAMPS and value is None):
            continue
        name = _BY_EMAIL.get(key, key)
        field = kind.fields.get(name.lower())
        if field is None:
            raise ValueError(f"{kind.name} has no field {key!r}.")
        if name != key:
            values[field.name] = _user(org, value)
        elif field.category != "CTA_REASON":
            values[field.name] = _cell(org, kind, field, value)
    if "ReasonId" in record:  # a reason is known only beside its type
        values["ReasonId"] = _reason(org, record["ReasonId"], values.get("TypeId") or (there or {}).get("TypeId"))
    if "StatusId" in values and "isclosed" in kind.fields and _decides(values["StatusId"], record, there):
        values["IsClosed"] = is_closed(org, values["StatusId"])
    if kind.name == "gsuser" and is_inactive(org, {**(there or {}), **record}):
        values["IsActiveUser"] = False
    return values


def _decides(status: Any, record: Record, there: Record | None) -> bool:
    """Whether the status says if work is closed: a new record may say so itself, a whole one read back is as it was."""
    return "IsClosed" not in record or (there is not None and there["StatusId"] != status)


def _cell(org: Org, kind: ObjectType, field: Field, value: Any) -> Any:
    if field.timed and isinstance(value, str):
        value = value[:10]
    try:
        return taken(org, field, value, by_person=True)
    except Problem as problem:
        raise ValueError(f"{kind.name}.{field.name}: {problem.message} ({problem.code})") from problem


def _reason(org: Org, value: Any, type_gsid: str | None) -> str | None:
    if value is None:
        return None
    kind = org.picklists.label(type_gsid)
    item = org.picklists.find("CTA_REASON", value, kind=kind, active=False)
    if item is None:
        raise ValueError(f"call_to_action.ReasonId: type {kind!r} has no reason {value!r}.")
    return str(item["Gsid"])


def _user(org: Org, email: Any) -> str | None:
    if email is None:
        return None
    found = org.store.table("gsuser").among("Email", [email])
    if not found:
        raise ValueError("An e-mail given for an owner belongs to no gsuser; load the user first.")
    return next(iter(found))


def _person(org: Org, row: Record) -> str:
    """Return who edited: the record's owner, else the first active user, never the API's own user."""
    for name in ("OwnerId", "Csm", "AuthorId"):
        if row.get(name):
            return str(row[name])
    users = org.store.table("gsuser").rows.values()
    return next((row["Gsid"] for row in users if row["IsActiveUser"]), org.ids.named("1P01", "a person"))


def is_inactive(org: Org, user: Record) -> bool:
    """Return whether the tenant's `inactive_users` name this user by e-mail or GSID."""
    return _named(user, org.inactive_users)


def retire(org: Org, people: Iterable[str]) -> None:
    """Make exactly the users named inactive; one who is no longer named is active again."""
    named = frozenset(each.casefold() for each in people)
    table = org.store.table("gsuser")
    for gsid, user in list(table.rows.items()):
        if _named(user, named):
            table.change(gsid, {"IsActiveUser": False})
        elif _named(user, org.inactive_users):
            table.change(gsid, {"IsActiveUser": True})
    org.inactive_users = named


def _named(user: Record, people: frozenset[str]) -> bool:
    return any(str(user.get(key) or "").casefold() in people for key in ("Email", "Gsid"))
