"""sObject Collections: up to 200 records in one call, each with its own result."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sandbox.salesforce.faults import Fault
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.upserts import Several, upsert
from sandbox.salesforce.writing import wellformed
from sandbox.wire import Json, Record, Response, as_json

_MOST, _MOST_CHUNKS, _MOST_RETRIEVED = 200, 10, 2_000
_ROLLED_BACK = Fault(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
Write = Callable[[], Record]


def create(org: Org, body: Json, now: datetime) -> Response:
    """Create records of one or several objects."""
    return _run(org, [_creation(org, each, now) for each in _records(body)], _strict(body))


def update(org: Org, body: Json, now: datetime) -> Response:
    """Change records by id; the second mention of an id is refused."""
    seen: set[str] = set()
    return _run(org, [_change(org, each, seen, now) for each in _records(body)], _strict(body))


def upsert_all(org: Org, kind: ObjectType, field: str, body: Json, now: datetime) -> Response:
    """Create or change records of one object by an external id."""
    org.external(kind, field)
    writes = []
    for each in _records(body):
        if each["attributes"]["type"].lower() != kind.name.lower():
            raise Fault("INVALID_INPUT", f"All records must be of type {kind.name}")
        writes.append(_keyed(org, kind, field, each, now))
    return _run(org, writes, _strict(body))


def delete(org: Org, ids: Sequence[str], strict: bool, now: datetime) -> Response:
    """Delete records by id."""
    if not ids or len(ids) > _MOST:
        raise Fault("INVALID_INPUT", f"Between 1 and {_MOST} ids are needed in one delete call")
    _few_chunks([each[:3] for each in ids])
    return _run(org, [_deletion(org, each, now) for each in ids], strict)


def retrieve(org: Org, kind: ObjectType, ids: Sequence[str], fields: Sequence[str], version: str) -> Response:
    """Answer records by id in the order asked for, null where there is none."""
    if not ids or not fields:
        raise Fault("INVALID_INPUT", "ids and fields are needed")
    if len(ids) > _MOST_RETRIEVED:
        raise Fault("INVALID_INPUT", f"At most {_MOST_RETRIEVED} ids can be retrieved in one call")
    wanted = [wellformed(each) for each in ids]
    records = [org.store.get(kind.name, each) for each in wanted]
    seen = [None if r is None or r["Id"] in org.tenant.unshared else r for r in records]
    rows = [None if r is None or r["IsDeleted"] else org.answer(kind, r, fields, version) for r in seen]
    org.named(kind, fields)
    return as_json(200, rows, records=len([row for row in rows if row]))


def _records(body: Json) -> list[dict[str, Any]]:
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list) or not records:
        raise Fault("INVALID_INPUT", "A list of records is needed")
    if len(records) > _MOST:
        raise Fault("INVALID_INPUT", f"Only up to {_MOST} records can be processed in one call")
    for each in records:
        attributes = each.get("attributes") if isinstance(each, dict) else None
        if not isinstance(attributes, dict) or not isinstance(attributes.get("type"), str):
            raise Fault("INVALID_INPUT", "Include an entity type in attributes.type of each record")
    _few_chunks([each["attributes"]["type"].lower() for each in records])
    return records


def _few_chunks(kinds: Sequence[str]) -> None:
    if len(list(groupby(kinds))) > _MOST_CHUNKS:
        raise Fault("INVALID_INPUT", f"At most {_MOST_CHUNKS} chunks of different types are allowed in one call")


def _strict(body: Mapping[str, Any]) -> bool:
    return body.get("allOrNone") is True


def _run(org: Org, writes: list[Write], strict: bool) -> Response:
    results: list[Record | None] = []
    faults: dict[int, Fault] = {}
    try:
        with org.store.undoing_on_failure():
            for place, write in enumerate(writes):
                try:
                    results.append({**write(), "success": True, "errors": []})
                except Fault as fault:
                    if fault.code == "JSON_PARSER_ERROR":
                        raise
                    faults[place] = fault
                    results.append(None)
            if faults and strict:
                raise _ROLLED_BACK.with_traceback(None)
    except Fault as fault:
        if fault is not _ROLLED_BACK:
            raise
        results = [None] * len(writes)
    entries = [
        faults.get(place, _ROLLED_BACK).entry() if result is None else result for place, result in enumerate(results)
    ]
    return as_json(200, entries, applied=any(results), records=len(writes))


def _creation(org: Org, each: Mapping[str, Any], now: datetime) -> Write:
    kind_name, fields = _parts(each)

    def write() -> Record:
        if any(name.lower() == "id" for name in fields):
            raise Fault("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"])
        return {"id": org.writer.create(org.kind_of_type(kind_name), fields, now)}

    return write


def _change(org: Org, each: Mapping[str, Any], seen: set[str], now: datetime) -> Write:
    kind_name, fields = _parts(each)

    def write() -> Record:
        given = {name.lower(): value for name, value in fields.items() if name.lower() == "id"}
        if not isinstance(given.get("id"), str):
            raise Fault("MISSING_ARGUMENT", "Id not specified in an update call")
        kind, record = _existing(org, org.kind_of_type(kind_name), given["id"])
        if record["Id"] in seen:
            raise Fault("DUPLICATE_VALUE", f"duplicate id in list: {record['Id']}")
        seen.add(record["Id"])
        body = {name: value for name, value in fields.items() if name.lower() != "id"}
        org.writer.update(kind, record, body, now)
        return {"id": record["Id"]}

    return write


def _keyed(org: Org, kind: ObjectType, field: str, each: Mapping[str, Any], now: datetime) -> Write:
    _, fields = _parts(each)

    def write() -> Record:
        keys = [value for name, value in fields.items() if name.lower() == field.lower()]
        if not keys or keys[0] in (None, ""):
            raise Fault("MISSING_ARGUMENT", f"{field} not specified")
        body = {name: value for name, value in fields.items() if name.lower() != field.lower()}
        try:
            record_id, created = upsert(org, kind, field, str(keys[0]), body, now)
        except Several as found:
            why = f"{field}: more than one record found for external id field: {found.ids()}"
            raise Fault("DUPLICATE_EXTERNAL_ID", why) from None
        return {"id": record_id, "created": created}

    return write


def _deletion(org: Org, record_id: str, now: datetime) -> Write:
    def write() -> Record:
        kind = org.schema.of_id(wellformed(record_id))
        if kind is None:
            raise Fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        kind, record = _existing(org, kind, record_id)
        org.writer.delete(kind, record, now)
        return {"id": record["Id"]}

    return write


def _existing(org: Org, kind: ObjectType, record_id: str) -> tuple[ObjectType, Record]:
    try:
        return kind, org.writer.existing(kind, record_id)
    except Fault as fault:
        if fault.code == "NOT_FOUND":
            raise Fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id") from None
        raise


def _parts(each: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return each["attributes"]["type"], {name: value for name, value in each.items() if name != "attributes"}
