"""What CTA and plan calls share: requests in, a success and a failure list out, and reading by pages."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.gainsight import lookups
from sandbox.gainsight.answers import BROKEN, Call, Fault, Reply, envelope, refusal
from sandbox.gainsight.query import BadQuery, Path, matching, path_to, projected, selected
from sandbox.gainsight.schema import ObjectType
from sandbox.gainsight.values import Problem, taken
from sandbox.wire import Record

PAGE = 1000  # C-S
MISSING = "COCKPIT_9700"
UNKNOWN_GSID = "COCKPIT_6007"
_SELECT = "COCKPIT_5101"
_BAD_QUERY = {
    "no_select": "Please add fields in the select clause",
    "select": "Invalid fields in select clause - {name}",
    "where": "Invalid fields or operator in where clause - {name}",
    "expression": "Please pass the expression for the respective conditions",
    "conditions": "Please pass the correct conditions",
}


class Failed(Exception):
    """A request that fails by itself."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


One = Callable[[Call, Record, Record | None], str]


def carry_out(call: Call, one: One) -> Reply:
    """Carry out each request by `one` and answer by reference id; a failed one leaves the others alone."""
    success: list[Record] = []
    failure: list[Record] = []
    requests, given = _requests(call)
    for place, request in enumerate(requests):
        record = request.get("record") if isinstance(request, dict) else None
        reference = _reference(record)
        try:
            _unless_refused(call, place, record)
            success.append({reference: _one(call, one, record, given)})
        except Failed as failed:
            text = f"{failed.code}: {failed.text}" if call.org.choices.failure_text == "code" else failed.text
            failure.append({reference: text})
    dropped = call.org.choices.dropped_reference
    data = {
        "success": [each for each in success if dropped not in each],
        "failure": [each for each in failure if dropped not in each],
    }
    result = bool(success) or call.org.choices.all_failed_result
    return Reply(envelope(data, result=result), applied=bool(success), records=len(success))


def _unless_refused(call: Call, place: int, record: Any) -> None:
    if why := call.refused(place, record):
        code, text = BROKEN if why.passing else (call.org.choices.invalid_value_code, "Invalid value")
        raise Failed(why.code or code, why.message or text)


def _requests(call: Call) -> tuple[list[Any], Record | None]:
    choices = call.org.choices
    body = call.payload(choices.invalid_value_code)
    requests, given = body.get("requests"), body.get("lookups")
    if not isinstance(requests, list) or not requests or not lookups.well_formed(given):
        raise Fault(400, refusal(choices.invalid_value_code, "Invalid request body", {}))
    if len(requests) > choices.requests_per_call:
        text = f"A call carries at most {choices.requests_per_call} requests"
        raise Fault(400, refusal(choices.too_many_code, text, {}))
    return requests, given


def _reference(record: Any) -> str:
    if not isinstance(record, dict):
        return ""
    for key in ("referenceId", "Gsid"):
        if isinstance(record.get(key), str | int):
            return str(record[key])
    return ""


def _one(call: Call, one: One, record: Any, given: Record | None) -> str:
    if not isinstance(record, dict):
        raise Failed(MISSING, "Missing mandatory fields for create - record")
    try:
        return one(call, record, given)
    except Problem as problem:
        raise Failed(call.org.choices.invalid_value_code, problem.desc) from None
    except lookups.NotFound as missed:
        raise Failed(call.org.choices.invalid_value_code, f"{missed.why} - {missed.target}") from None


def stored(call: Call, kind: ObjectType, record: Record, renamed: Mapping[str, str]) -> Record:
    """
    Return what a request's record stores; raises `Problem` or `Failed`.

    `renamed` maps the caller's keys of the picklists to fields; the fields' own names are for reading only.
    """
    values: Record = {}
    for key, value in record.items():
        field = call.org.field(kind, renamed.get(key, key))
        if field is None or field.read_only or (field.category and key not in renamed):
            raise Failed(call.org.choices.invalid_value_code, f"Invalid fields - {key}")
        values[field.name] = taken(call.org, field, value)
    owner = values.get("OwnerId")
    refused = call.org.choices.inactive_owner == "refused"
    if owner and refused and not call.org.store.table("gsuser").rows[owner]["IsActiveUser"]:
        raise Failed(call.org.choices.invalid_value_code, "Inactive user - OwnerId")
    return values


def need(record: Record, names: Iterable[str], verb: str = "create") -> None:
    """Refuse a record in which one of `names` is missing or empty."""
    missing = [name for name in names if record.get(name) in (None, "")]
    if missing:
        raise Failed(MISSING, f"Missing mandatory fields for {verb} - {', '.join(missing)}")


def listed(call: Call, kind: ObjectType, defaults: Iterable[str], rows: Iterable[Record] | None = None) -> Reply:
    """Answer a list route: default fields always, absent values left out, in no promised order."""
    asked = call.payload(_SELECT)
    choices = call.org.choices
    try:
        wanted = asked.get("select")
        chosen = [] if choices.select_in_list == "ignored" else selected(call.org, kind, wanted)
        found = matching(call.org, kind, asked.get("where"), "fieldName", call.now, rows)
    except BadQuery as bad:
        text = _BAD_QUERY[bad.part].format(name=bad.name)
        raise Fault(choices.cockpit_error_status, refusal(_SELECT, text, {})) from None
    if choices.list_order == "unstable":
        found = sorted(found, key=_scrambled(call.org.store.table(kind.name).version))
    start, size = _page(call, asked)
    paths = list({path.asked: path for path in [*_default_paths(call, kind, defaults), *chosen]}.values())
    page = [projected(call.org, row, paths, cockpit=True) for row in found[start : start + size]]
    return Reply(envelope(page), records=len(page))


def _default_paths(call: Call, kind: ObjectType, defaults: Iterable[str]) -> list[Path]:
    paths = []
    for name in defaults:
        try:
            paths.append(path_to(call.org, kind, name))
        except BadQuery:  # hidden from this tenant
            continue
    return paths


def _scrambled(version: int) -> Callable[[Record], bytes]:
    # An order that tells nothing and changes with every write, as no order is documented.
    return lambda row: hashlib.sha256(f"{version}/{row['Gsid']}".encode()).digest()


def _page(call: Call, asked: Record) -> tuple[int, int]:
    choices = call.org.choices
    size, number = asked.get("pageSize", choices.default_page_size), asked.get("pageNumber", 1)
    whole = all(isinstance(each, int) and not isinstance(each, bool) and each >= 1 for each in (size, number))
    if not whole or (size > PAGE and choices.over_limit == "refused"):
        text = f"Invalid pageSize or pageNumber, at most {PAGE} rows a page"
        raise Fault(choices.cockpit_error_status, refusal(_SELECT, text, {}))
    size = min(size, PAGE)
    return (number - 1) * size, size


def configuration(call: Call, reasons_with_types: bool) -> Reply:
    """Answer `admin/picklist/lite`: the items of each category asked for, inactive ones too."""
    asked = [name for name in call.request.params().get("category", "").split(",") if name]
    if reasons_with_types and "CTA_TYPE" in asked and call.org.choices.reasons_in_config == "always":
        asked.append("CTA_REASON")
    data = {name: [_item(row) for row in call.org.picklists.items(name)] for name in asked}
    return Reply(envelope(data), records=sum(len(items) for items in data.values()))


def _item(row: Record) -> Record:
    return {
        "name": row["Name"],
        "gsid": row["Gsid"],
        "active": row["IsActive"],
        "entityType": "GLOBAL",
        "picklistCategory": row["CategoryName"],
        "typeName": row["TypeName"] or "ALL_CTA_TYPE",
    }
