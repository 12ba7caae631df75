"""The object API: reading almost anything, writing companies and custom objects."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.gainsight import lookups, records
from sandbox.gainsight.answers import BROKEN, Call, Fault, Reply, envelope, refusal
from sandbox.gainsight.query import BadQuery, in_order, matching, path_to, projected, selected
from sandbox.gainsight.schema import KEY_TYPES, Field, ObjectType
from sandbox.gainsight.values import Problem, shown, taken
from sandbox.wire import Record

ROWS_PER_QUERY = 5000  # C-D
RECORDS_PER_WRITE = 50  # C-D
KEYS_PER_UPDATE = 3  # C-S
MALFORMED = "GSOBJ_ESS_9150"  # C-S for bulk export; INF here
TOO_MANY = "GSOBJ_1023"  # UNK: the code of a call above a limit is invented
_UNFIT = "GSOBJ_1008"  # C-D: generic data validation, its text varies
_NO_MATCH = "No entity matches the given criteria."
_BAD_QUERY = {
    "no_select": ("GSOBJ_ESS_9104", "Please add fields in the select clause"),
    "select": ("GSOBJ_1002", "Invalid field, re-check data mapping. ({name})"),
    "where": ("GSOBJ_1002", "Invalid field, re-check data mapping. ({name})"),
    "expression": (MALFORMED, "Please pass the expression for the respective conditions"),
    "conditions": (MALFORMED, "Please pass the correct conditions"),
}


@dataclass
class _Row:
    """One record of a write: what it stores, the records it hits (an update), and what is wrong with it."""

    values: Record = field(default_factory=dict)
    hits: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def query(call: Call) -> Reply:
    """Answer `POST /v1/data/objects/query/{Object}`."""
    kind = _kind(call)
    asked = call.payload(MALFORMED)
    try:
        paths = selected(call.org, kind, asked.get("select"))
        rows = matching(call.org, kind, asked.get("where"), "name", call.now)
        rows = in_order(rows, _order(call, kind, asked.get("orderBy")))
    except BadQuery as bad:
        code, text = _BAD_QUERY[bad.part]
        raise Fault(400, refusal(code, text.format(name=bad.name))) from None
    start, most = _page(call, asked)
    page = [projected(call.org, row, paths) for row in rows[start : start + most]]
    return _page_reply(call, page)


def _order(call: Call, kind: ObjectType, order: Any) -> list[tuple[Any, bool]]:
    if order is None:
        return []
    if not isinstance(order, dict) or not all(_direction(each) for each in order.values()):
        raise BadQuery("conditions")
    return [(path_to(call.org, kind, name), way.lower() == "desc") for name, way in order.items()]


def _direction(value: Any) -> bool:
    return isinstance(value, str) and value.lower() in ("asc", "desc")


def _page(call: Call, asked: Record) -> tuple[int, int]:
    start, most = asked.get("offset", 0), asked.get("limit", call.org.choices.default_limit)
    if not _count(start) or not _count(most):
        raise Fault(400, refusal(MALFORMED, "Invalid limit or offset"))
    if most > ROWS_PER_QUERY and call.org.choices.over_limit == "refused":
        raise Fault(400, refusal(TOO_MANY, f"limit is at most {ROWS_PER_QUERY}"))
    return start, min(most, ROWS_PER_QUERY)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _page_reply(call: Call, page: list[Record]) -> Reply:
    choices = call.org.choices
    if not page and choices.no_data == "GSOBJ_1011":
        raise Fault(400, refusal("GSOBJ_1011", _NO_MATCH))
    if not page and choices.no_data == "result_false":
        return Reply(refusal("GSOBJ_1XXX", "No data found for given criteria"))
    data = page if choices.query_reply == "list" else {"records": page}
    return Reply(envelope(data), records=len(page))


def read(call: Call) -> Reply:
    """Answer `GET /v1/data/objects/{Object}/{Gsid}`."""
    kind = _writable(call)
    row = _row(call, kind)
    given = {
        each.name: shown(each, row.get(each.name), call.org.choices) for each in call.org.schema.visible(kind).values()
    }
    return Reply(envelope({"records": [given]}), records=1)


def delete(call: Call) -> Reply:
    """Answer `DELETE /v1/data/objects/{Object}/{Gsid}`."""
    kind = _writable(call)
    gsid = _row(call, kind)["Gsid"]
    records.delete(call.org, kind, gsid, call.now)
    return Reply(envelope(f"Record with GSID: {gsid} successfully deleted."), applied=True, records=1)


def insert(call: Call) -> Reply:
    """Answer `POST /v1/data/objects/{Object}`."""
    kind = _writable(call)
    sent, given = _sent(call)
    rows = [_read_in(call, kind, place, record, given, creating=True) for place, record in enumerate(sent)]
    _refuse_batch(call, rows)
    made = [
        {"Gsid": records.create(call.org, kind, row.values, call.now, lag=call.twist.lag)["Gsid"]}
        for row in _good(rows)
    ]
    return _written(call, rows, made)


def update(call: Call) -> Reply:
    """Answer `PUT /v1/data/objects/{Object}?keys=A,B,C`: every record a key matches is changed."""
    kind = _writable(call)
    keys = _keys(call, kind)
    sent, given = _sent(call)
    rows = [_read_in(call, kind, place, record, given, creating=False) for place, record in enumerate(sent)]
    for row in rows:
        _find(call, kind, keys, row)
    _refuse_batch(call, rows)
    written = []
    for row in _good(rows):
        for gsid in row.hits:
            records.change(call.org, kind, gsid, row.values, call.now)
            shown_values = {
                name: shown(kind.fields[name.lower()], value, call.org.choices) for name, value in row.values.items()
            }
            written.append({**shown_values, "Gsid": gsid})
    return _written(call, rows, written)


def _kind(call: Call) -> ObjectType:
    kind = call.org.schema.find(call.args[0])
    if kind is None:
        raise not_found(call)
    return kind


def not_found(call: Call) -> Fault:
    """Return the refusal of an object the tenant does not have; its keys are `title` and `detail`."""
    body = {"result": False, "title": "OBJECT_NOT_FOUND", "detail": "Requested object not found."}
    return Fault(call.org.choices.object_not_found_status, {**body, "requestId": None})


def _writable(call: Call) -> ObjectType:
    kind = _kind(call)
    if not kind.writable:
        raise Fault(400, refusal("GSOBJ_1023", "Invalid API called, refer to documentation"))
    return kind


def _row(call: Call, kind: ObjectType) -> Record:
    row = call.org.store.table(kind.name).rows.get(call.args[1])
    if row is None:
        raise Fault(400, refusal("GSOBJ_1011", _NO_MATCH))
    return row


def _keys(call: Call, kind: ObjectType) -> list[Field]:
    names = [name.strip() for name in call.request.params().get("keys", "").split(",") if name.strip()]
    if not 1 <= len(names) <= KEYS_PER_UPDATE:
        raise Fault(400, refusal(TOO_MANY, f"Pass 1 to {KEYS_PER_UPDATE} keys"))
    fields = []
    for name in names:
        found = call.org.field(kind, name)
        if found is None or found.type not in KEY_TYPES:
            raise Fault(400, refusal("GSOBJ_1002", f"Invalid field, re-check data mapping. ({name})"))
        fields.append(found)
    return fields


def _sent(call: Call) -> tuple[list[Any], Record | None]:
    body = call.payload("GSOBJ_1002")
    sent, given = body.get("records"), body.get("lookups")
    if not isinstance(sent, list) or not sent or not lookups.well_formed(given):
        raise Fault(400, refusal("GSOBJ_1002", "Invalid request body"))
    if len(sent) > RECORDS_PER_WRITE:
        raise Fault(400, refusal(TOO_MANY, f"A call carries at most {RECORDS_PER_WRITE} records"))
    return sent, given


def _read_in(call: Call, kind: ObjectType, place: int, record: Any, given: Record | None, *, creating: bool) -> _Row:
    row = _Row()
    if why := call.refused(place, record):
        code, text = BROKEN if why.passing else (_UNFIT, "Failed to validate the value.")
        name, value = next(iter(record.items()), ("", None))
        row.problems.append(Problem(why.code or code, why.message or text, name, value))
        return row
    if not isinstance(record, dict):
        row.problems.append(Problem("GSOBJ_1002", "Invalid field, re-check data mapping.", "records"))
        return row
    try:
        record = lookups.resolve(call.org, kind, record, given)
    except lookups.NotFound as missed:
        row.problems.append(Problem("GSOBJ_1002", f"{missed.why}.", missed.target, missed.value))
        return row
    for name, value in record.items():
        try:
            _cell(call, kind, name, value, row, creating=creating)
        except Problem as problem:
            row.problems.append(problem)
    if creating:
        absent = [each for each in kind.fields.values() if each.required and each.name not in row.values]
        known = {problem.field for problem in row.problems}
        row.problems += [
            Problem("GSOBJ_1007", "Invalid field value.", each.name) for each in absent if each.name not in known
        ]
    return row


def _cell(call: Call, kind: ObjectType, name: str, value: Any, row: _Row, *, creating: bool) -> None:
    found = call.org.field(kind, name)
    if found is not None and found.name == "Gsid" and not creating:
        row.values["Gsid"] = value
        return
    if found is None or found.read_only:
        raise Problem("GSOBJ_1002", "Invalid field, re-check data mapping.", name, value)
    if value is None and not creating and not found.required and call.org.choices.null_on_update == "ignored":
        return
    row.values[found.name] = taken(call.org, found, value)


def _find(call: Call, kind: ObjectType, keys: list[Field], row: _Row) -> None:
    criteria = {each.name: row.values.get(each.name) for each in keys}
    gsid = row.values.pop("Gsid", None)
    if row.problems:
        return
    for name, value in criteria.items():
        if value in (None, "") or not isinstance(value, str | int | float):
            code = "GSOBJ_1004" if name == "Gsid" else "GSOBJ_1007"
            row.problems.append(Problem(code, "Gainsight ID or key invalid or missing.", name, value))
            return
    if gsid is not None and "Gsid" not in criteria:
        row.problems.append(Problem("GSOBJ_1002", "Invalid field, re-check data mapping.", "Gsid", gsid))
        return
    row.hits = [found["Gsid"] for found in lookups.rows_like(call.org, kind, criteria)]
    if not row.hits:
        name, value = next(iter(criteria.items()))
        row.problems.append(Problem("GSOBJ_1011", _NO_MATCH, name, value))


def _good(rows: list[_Row]) -> list[_Row]:
    return [row for row in rows if not row.problems]


def _refuse_batch(call: Call, rows: list[_Row]) -> None:
    bad = [row for row in rows if row.problems]
    atomic = call.org.choices.batch == "atomic" and not call.twist.partial
    if bad and (atomic or len(bad) == len(rows)):
        first = bad[0].problems[0]
        data = {"count": 0, "errors": _error_rows(call, bad), "records": None}
        raise Fault(400, refusal(first.code, first.desc, data))


def _error_rows(call: Call, bad: list[_Row]) -> list[Any]:
    style = call.org.choices.error_rows
    if style == "plain":
        return [{"errorMessage": each.message, "errorCode": each.code} for row in bad for each in row.problems]
    told = [
        {
            "success": False,
            "parsedValue": row.problems[0].value,
            "errors": [
                {
                    "errorMessage": each.message,
                    "errorCode": each.code,
                    "fieldName": each.field,
                    "invalidValue": [each.value],
                }
                for each in row.problems
            ],
        }
        for row in bad
    ]
    return told if style == "flat" else [[each] for each in told]


def _written(call: Call, rows: list[_Row], written: list[Record]) -> Reply:
    bad = [row for row in rows if row.problems]
    data = {"count": len(written), "errors": _error_rows(call, bad) if bad else None, "records": written}
    return Reply(envelope(data), applied=bool(written), records=len(written))
