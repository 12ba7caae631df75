"""The REST resources below `/services/data/vNN.0/`, and what an org says to everything else."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from sandbox.salesforce import bundles, describe, moments
from sandbox.salesforce.faults import Fault, not_found
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import LARGEST_PAGE
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.upserts import Several, matching, upsert
from sandbox.wire import Json, Record, Request, Response, as_json

_SMALLEST_BATCH = 200
_BATCH = re.compile(r"batchSize\s*=\s*(\d{1,9})", re.IGNORECASE)
_REPLICATED = timedelta(days=30)


@dataclass(frozen=True)
class Call:
    """One call of a resource: the request, the org, the version it was made in, and simulated time."""

    org: Org
    request: Request
    version: str
    now: datetime

    def json(self) -> Json:
        """Return the body; JSON_PARSER_ERROR where it is no JSON."""
        try:
            return self.request.json()
        except (ValueError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else "The body is no JSON text"
            raise Fault("JSON_PARSER_ERROR", f"{why} at [line:1, column:1]") from None

    def record(self) -> Record:
        """Return the body as the fields of one record."""
        body = self.json()
        if not isinstance(body, dict):
            raise Fault("JSON_PARSER_ERROR", "Cannot deserialize a record: a JSON object is needed")
        return body

    def values(self, name: str) -> list[str]:
        """Return a comma-separated query parameter's parts."""
        return [part.strip() for part in self.request.params().get(name, "").split(",") if part.strip()]


Handler = Callable[..., Response]


def answer(call: Call, path: str) -> Response:
    """Answer a call of the resource at `path`; a path that is none is NOT_FOUND."""
    allowed: list[str] = []
    for pattern, methods in _ROUTES:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        handler = methods.get(call.request.method)
        if handler is not None:
            return handler(call, **found.groupdict())
        allowed.extend(methods)
    if not allowed:
        raise not_found()
    why = f"HTTP Method '{call.request.method}' not allowed. Allowed are {','.join(sorted(set(allowed)))}"
    raise Fault("METHOD_NOT_ALLOWED", why, status=405)


def is_write(method: str, path: str) -> bool:
    """Whether a call is meant to change something; retrieving by POST is not."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return False
    return not (method == "POST" and re.fullmatch(r"composite/sobjects/\w+/?", path, re.IGNORECASE))


def _query(call: Call, resource: str, locator: str | None = None) -> Response:
    org, params = call.org, call.request.params()
    if locator is not None:
        most, repeat = _page_size(call), org.twist.repeat
        page = org.queries.more(locator, version=call.version, now=call.now, most=most, repeat=repeat)
    elif "q" not in params:
        raise Fault("MALFORMED_QUERY", "SOQL statement is missing: parameter q")
    else:
        page = org.queries.run(
            params["q"],
            org.schema,
            version=call.version,
            everything=resource.lower() == "queryall",
            size=_page_size(call),
            now=call.now,
        )
    return as_json(200, page, records=len(page["records"]))


def _page_size(call: Call) -> int:
    asked = _BATCH.search(call.request.headers.get("sforce-query-options", ""))
    size = min(max(int(asked.group(1)), _SMALLEST_BATCH), LARGEST_PAGE) if asked else LARGEST_PAGE
    return min(size, call.org.tenant.page_size, call.org.twist.page or size)


def _objects(call: Call) -> Response:
    listed = [describe.summary(kind, call.version) for kind in call.org.schema.objects.values()]
    return as_json(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def _object(call: Call, name: str) -> Response:
    return as_json(200, {"objectDescribe": describe.summary(call.org.kind(name), call.version), "recentItems": []})


def _describe(call: Call, name: str) -> Response:
    org = call.org
    return as_json(200, describe.described(org.kind(name), org.schema, org.picklists(), call.version))


def _create(call: Call, name: str) -> Response:
    kind, body = call.org.kind(name), call.record()
    if any(field.lower() == "id" for field in body):
        raise Fault("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"])
    record_id = call.org.writer.create(kind, body, call.now)
    return _made(call, kind, record_id, {"id": record_id, "success": True, "errors": []})


def _made(call: Call, kind: ObjectType, record_id: str, body: Json) -> Response:
    location = {"location": f"/services/data/{call.version}/sobjects/{kind.name}/{record_id}"}
    return as_json(201, body, location, applied=True, records=1)


def _read(call: Call, name: str, record_id: str) -> Response:
    kind = call.org.kind(name)
    return _shown(call, kind, call.org.writer.existing(kind, record_id))


def _read_keyed(call: Call, name: str, field: str, value: str) -> Response:
    kind = call.org.kind(name)
    found = matching(call.org, kind, field, value)
    if len(found) > 1:
        return _several(call, kind, found)
    if not found:
        raise not_found()
    return _shown(call, kind, found[0])


def _shown(call: Call, kind: ObjectType, record: Record) -> Response:
    names = call.values("fields") or list(kind.fields)
    headers = {}
    if record.get("LastModifiedDate"):
        headers["last-modified"] = format_datetime(moments.read(record["LastModifiedDate"]), usegmt=True)
    return as_json(200, call.org.answer(kind, record, names, call.version), headers, records=1)


def _several(call: Call, kind: ObjectType, records: list[Record]) -> Response:
    return as_json(300, [f"/services/data/{call.version}/sobjects/{kind.name}/{each['Id']}" for each in records])


def _update(call: Call, name: str, record_id: str) -> Response:
    kind, body = call.org.kind(name), call.record()
    record = call.org.writer.existing(kind, record_id)
    for field in body:
        if field.lower() == "id":
            raise Fault("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
    _unmodified(call, record)
    call.org.writer.update(kind, record, body, call.now)
    return Response(204, applied=True, records=1)


def _unmodified(call: Call, record: Record) -> None:
    asked = call.request.headers.get("if-unmodified-since")
    if not asked or not record.get("LastModifiedDate"):
        return
    try:
        since = parsedate_to_datetime(asked)
    except ValueError:
        return
    if moments.read(record["LastModifiedDate"]).replace(microsecond=0) > since:
        why = "The precondition If-Unmodified-Since failed: the record has changed"
        raise Fault("PRECONDITION_FAILED", why, status=412)


def _upsert(call: Call, name: str, field: str, value: str) -> Response:
    kind, body = call.org.kind(name), call.record()
    update_only = call.request.params().get("updateOnly", "").lower() == "true"
    try:
        record_id, created = upsert(call.org, kind, field, value, body, call.now, update_only=update_only)
    except Several as found:
        return _several(call, kind, found.records)
    told = {"id": record_id, "success": True, "errors": [], "created": created}
    return _made(call, kind, record_id, told) if created else as_json(200, told, applied=True, records=1)


def _delete(call: Call, name: str, record_id: str) -> Response:
    kind = call.org.kind(name)
    call.org.writer.delete(kind, call.org.writer.existing(kind, record_id), call.now)
    return Response(204, applied=True, records=1)


def _delete_keyed(call: Call, name: str, field: str, value: str) -> Response:
    kind = call.org.kind(name)
    found = matching(call.org, kind, field, value)
    if len(found) > 1:
        return _several(call, kind, found)
    if not found:
        raise not_found()
    return _delete(call, name, found[0]["Id"])


def _updated(call: Call, name: str) -> Response:
    start, end, covered = _window(call)
    ids = [row["Id"] for row in _stamped(call, name, start, end) if not row["IsDeleted"]]
    return as_json(200, {"ids": ids, "latestDateCovered": covered}, records=len(ids))


def _deleted(call: Call, name: str) -> Response:
    start, end, covered = _window(call)
    gone = [row for row in _stamped(call, name, start, end) if row["IsDeleted"]]
    table = call.org.store.tables[call.org.kind(name).name].values()
    stamps = [row["SystemModstamp"] for row in table if row["IsDeleted"]]
    first = min(stamps, default=moments.stamp(call.now))
    told = {
        "deletedRecords": [{"id": row["Id"], "deletedDate": row["SystemModstamp"]} for row in gone],
        "earliestDateAvailable": first,
        "latestDateCovered": covered,
    }
    return as_json(200, told, records=len(gone))


def _stamped(call: Call, name: str, start: str, end: str) -> list[Record]:
    kind = call.org.kind(name)
    if "IsDeleted" not in kind.fields:
        raise Fault("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be replicated: {kind.label}")
    store, low, high = call.org.store, start[: moments.SECONDS], end[: moments.SECONDS]
    found = store.in_order(kind.name, store.stamped(kind.name, low, high))
    return [row for row in found if row["SystemModstamp"][: moments.SECONDS] < high]


def _window(call: Call) -> tuple[str, str, str]:
    params = call.request.params()
    try:
        # A plus sign that was not encoded arrives as a blank.
        start, end = (moments.read(params[side].replace(" ", "+")).replace(microsecond=0) for side in ("start", "end"))
    except (KeyError, ValueError):
        raise Fault("INVALID_REPLICATION_DATE", "start and end must be given as ISO 8601 dates with a zone") from None
    if start >= end:
        raise Fault("INVALID_REPLICATION_DATE", "startDate before endDate is needed")
    if start < call.now - _REPLICATED:
        raise Fault("INVALID_REPLICATION_DATE", "startDate cannot be more than 30 days ago")
    covered = min(end, call.now, call.org.twist.running_since or call.now)
    return moments.stamp(start), moments.stamp(end), moments.stamp(covered)


def _bundle_create(call: Call) -> Response:
    return bundles.create(call.org, call.json(), call.now)


def _bundle_update(call: Call) -> Response:
    return bundles.update(call.org, call.json(), call.now)


def _bundle_delete(call: Call) -> Response:
    strict = call.request.params().get("allOrNone", "").lower() == "true"
    return bundles.delete(call.org, call.values("ids"), strict, call.now)


def _bundle_upsert(call: Call, name: str, field: str) -> Response:
    return bundles.upsert_all(call.org, call.org.kind(name), field, call.json(), call.now)


def _retrieve(call: Call, name: str) -> Response:
    kind = call.org.kind(name)
    return bundles.retrieve(call.org, kind, call.values("ids"), call.values("fields"), call.version)


def _retrieve_long(call: Call, name: str) -> Response:
    kind, body = call.org.kind(name), call.record()
    ids, fields = body.get("ids"), body.get("fields")
    if not _texts(ids) or not _texts(fields):
        raise Fault("INVALID_INPUT", "ids and fields are needed, each a list of texts")
    return bundles.retrieve(call.org, kind, ids or [], fields or [], call.version)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _limits(call: Call) -> Response:
    _allowed_to_view_setup(call)
    limit = call.org.tenant.daily_limit
    remaining = max(0, limit - call.org.usage.used(call.now))
    return as_json(200, {"DailyApiRequests": {"Max": limit, "Remaining": remaining}})


def _record_count(call: Call) -> Response:
    """Of the moment; the vendor's is a snapshot of some earlier one. Objects that are none are passed over."""
    _allowed_to_view_setup(call)
    asked = call.values("sObjects") or list(call.org.schema.objects)
    kinds = [kind for kind in map(call.org.schema.object, asked) if kind is not None]
    tables = call.org.store.tables
    counted = [{"count": sum(not row["IsDeleted"] for row in tables[k.name].values()), "name": k.name} for k in kinds]
    return as_json(200, {"sObjects": counted})


def _allowed_to_view_setup(call: Call) -> None:
    # Confirmed that "View Setup and Configuration" is needed; how a user without it is refused is inferred.
    if not call.org.tenant.view_setup:
        raise Fault("INSUFFICIENT_ACCESS", "insufficient access rights", status=403)


_NAME, _FIELD = r"(?P<name>\w+)", r"(?P<field>\w+)"

_ROUTES: list[tuple[re.Pattern[str], dict[str, Handler]]] = [
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), methods)
    for pattern, methods in (
        (r"(?P<resource>query|queryAll)/?", {"GET": _query}),
        (r"(?P<resource>query|queryAll)/(?P<locator>[\w-]+)/?", {"GET": _query}),
        (r"sobjects/?", {"GET": _objects}),
        (rf"sobjects/{_NAME}/?", {"GET": _object, "POST": _create}),
        (rf"sobjects/{_NAME}/describe/?", {"GET": _describe}),
        (rf"sobjects/{_NAME}/updated/?", {"GET": _updated}),
        (rf"sobjects/{_NAME}/deleted/?", {"GET": _deleted}),
        (
            rf"sobjects/{_NAME}/(?!(?:describe|updated|deleted)/?$)(?P<record_id>[^/]+)/?",
            {"GET": _read, "PATCH": _update, "DELETE": _delete},
        ),
        (
            rf"sobjects/{_NAME}/{_FIELD}/(?P<value>.+)",
            {"GET": _read_keyed, "PATCH": _upsert, "DELETE": _delete_keyed},
        ),
        (
            r"composite/sobjects/?",
            {"POST": _bundle_create, "PATCH": _bundle_update, "DELETE": _bundle_delete},
        ),
        (rf"composite/sobjects/{_NAME}/?", {"GET": _retrieve, "POST": _retrieve_long}),
        (rf"composite/sobjects/{_NAME}/{_FIELD}/?", {"PATCH": _bundle_upsert}),
        (r"limits/recordCount/?", {"GET": _record_count}),
        (r"limits/?", {"GET": _limits}),
    )
]
