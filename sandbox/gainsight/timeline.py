"""Timeline: activities created and updated by their external ids."""

import json
import re
from typing import Any

from sandbox.gainsight import lookups, records
from sandbox.gainsight.answers import BROKEN, Call, Fault, Reply, list_of_text, refusal
from sandbox.gainsight.schema import Field, ObjectType
from sandbox.gainsight.values import Problem, stamp, taken
from sandbox.wire import Record

# C-D for the first four, C-S for the rest.
MANDATORY = ("ExternalId", "AuthorId", "ContextName", "TypeName", "Subject", "Notes")
CONTEXTS = {
    "Company": "Company",
    "CTA": "call_to_action",
    "SuccessPlan": "cta_group",
    "Relationship": "",
    "Scorecard": "",
    "ScorecardMeasure": "",
    "Milestone": "",
}
IDENTIFIERS = {"externalid": "ExternalId", "activityid": "ActivityId", "gsid": "Gsid"}
_ATTENDEES = {"internalAttendees": "InternalAttendees", "externalAttendees": "ExternalAttendees"}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}([+-]\d{2}:?\d{2}|Z)")


class _Failed(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.row = {"errorCode": code, "message": message}


def create(call: Call) -> Reply:
    """Answer `POST /v1/ant/es/activity`: each external id makes one activity, ever."""
    success: Record = {}
    failures: Record = {}
    made = 0
    sent, given = _sent(call)
    for place, record in enumerate(sent):
        external = str(record.get("ExternalId") or "")
        there = _by_external(call, external)
        if there is not None and call.org.choices.timeline_duplicate == "existing":
            success.setdefault(external, []).append({"activityId": there["Gsid"]})
            continue
        try:
            _unless_refused(call, place, record)
            gsid = _create(call, record, given, there)
        except _Failed as failed:
            failures.setdefault(external, []).append(failed.row)
        else:
            success.setdefault(external, []).append({"activityId": gsid})
            made += 1
    return _reply(success, failures, made)


def update(call: Call) -> Reply:
    """Answer `PUT /v1/ant/es/activity?identifier=externalid|activityid|gsid`."""
    identifier = IDENTIFIERS.get(call.request.params().get("identifier", "").lower())
    if identifier is None:
        text = "identifier is externalid, activityid or gsid"
        raise Fault(400, refusal(call.org.choices.timeline_invalid_code, text))
    success: Record = {}
    failures: Record = {}
    changed = 0
    sent, given = _sent(call)
    for place, record in enumerate(sent):
        key = str(record.get(identifier) or "")
        try:
            _unless_refused(call, place, record)
            gsid = _update(call, record, given, identifier, key)
        except _Failed as failed:
            failures.setdefault(key, []).append(failed.row)
        else:
            success.setdefault(key, []).append({"activityId": gsid})
            changed += 1
    return _reply(success, failures, changed)


def _unless_refused(call: Call, place: int, record: Record) -> None:
    if why := call.refused(place, record):
        code, text = BROKEN if why.passing else (call.org.choices.timeline_invalid_code, "Invalid value")
        raise _Failed(why.code or code, why.message or text)


def _reply(success: Record, failures: Record, count: int) -> Reply:
    # This family's envelope has no error keys, and its failures are plural (C-S).
    body = {"result": True, "requestId": None, "data": {"success": success, "failures": failures}}
    return Reply(body, applied=count > 0, records=count)


def _sent(call: Call) -> tuple[list[Record], Record | None]:
    choices = call.org.choices
    body = call.payload(choices.timeline_invalid_code)
    sent, given = body.get("records"), body.get("lookups")
    whole = isinstance(sent, list) and sent and all(isinstance(each, dict) for each in sent)
    if not whole or not lookups.well_formed(given):
        raise Fault(400, refusal(choices.timeline_invalid_code, "Invalid request body"))
    if len(sent or ()) > choices.requests_per_call:
        text = f"A call carries at most {choices.requests_per_call} records"
        raise Fault(400, refusal(choices.timeline_invalid_code, text))
    return sent or [], given


def _by_external(call: Call, external: str) -> Record | None:
    found = call.org.store.table("activity_timeline").among("ExternalId", [external]).values()
    return next((row for row in found if row["ExternalId"] == external), None)


def _create(call: Call, record: Record, given: Record | None, there: Record | None) -> str:
    choices = call.org.choices
    kind = call.org.schema.named("activity_timeline")
    values = _values(call, kind, record, given)
    missing = [name for name in MANDATORY if values.get(name) in (None, "")]
    if missing:
        raise _Failed(choices.timeline_missing_code, f"Missing required fields: {', '.join(missing)}")
    _check_custom(call, values)
    if there is not None:
        raise _Failed(choices.timeline_duplicate_code, "Duplicate ExternalId")
    _check_context(call, values)
    values.setdefault("ActivityDate", stamp(call.now))
    return str(records.create(call.org, kind, values, call.now, lag=call.twist.lag)["Gsid"])


def _update(call: Call, record: Record, given: Record | None, identifier: str, key: str) -> str:
    kind = call.org.schema.named("activity_timeline")
    table = call.org.store.table(kind.name)
    row = _by_external(call, key) if identifier == "ExternalId" else table.rows.get(key)
    if row is None:
        raise _Failed(call.org.choices.timeline_reference_code, "Activity not found")
    values = _values(call, kind, {k: v for k, v in record.items() if k != identifier}, given)
    other = _by_external(call, values["ExternalId"]) if values.get("ExternalId") else None
    if other is not None and other is not row:
        raise _Failed(call.org.choices.timeline_duplicate_code, "Duplicate ExternalId")
    _check_context(call, {**row, **values})
    records.change(call.org, kind, row["Gsid"], values, call.now)
    return str(row["Gsid"])


def _values(call: Call, kind: ObjectType, record: Record, given: Record | None) -> Record:
    choices = call.org.choices
    try:
        resolved = lookups.resolve(call.org, kind, record, given)
    except lookups.NotFound as missed:
        raise _Failed(choices.timeline_reference_code, f"{missed.why}: {missed.target}") from None
    values: Record = {}
    for key, value in resolved.items():
        field = call.org.field(kind, _ATTENDEES.get(key, key))
        if field is None or field.read_only:
            raise _Failed(choices.timeline_invalid_code, f"Invalid field: {key}")
        values[field.name] = _cell(call, field, value)
    _check_type(call, values.get("TypeName"))
    return values


def _cell(call: Call, field: Field, value: Any) -> Any:
    choices = call.org.choices
    if field.name in _ATTENDEES.values():
        if list_of_text(value) is None:
            raise _Failed(choices.timeline_invalid_code, f"Invalid value: {field.name}")
        return json.dumps(value)
    if field.name == "ActivityDate" and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise _Failed(choices.timeline_invalid_code, "Invalid date format: ActivityDate")
    try:
        return taken(call.org, field, value)
    except Problem as problem:
        code = choices.timeline_invalid_code
        if problem.code == "GSOBJ_1007":
            code = choices.timeline_missing_code
        elif field.type == "LOOKUP":
            code = choices.timeline_reference_code
        raise _Failed(code, f"{problem.message} {field.name}") from None


def _check_type(call: Call, name: str | None) -> None:
    if name is not None:
        item = call.org.picklists.find("TIMELINE_TYPE", name)
        if item is None or item["Name"] != name:
            raise _Failed(call.org.choices.timeline_reference_code, "Activity type not found: TypeName")


def _check_context(call: Call, values: Record) -> None:
    choices = call.org.choices
    context = values["ContextName"]
    if context not in CONTEXTS:
        raise _Failed(choices.timeline_missing_code, "Invalid ContextName")
    if values.get("GsCompanyId") is None:
        raise _Failed(choices.timeline_missing_code, "Missing required fields: GsCompanyId")
    if context == "Company":
        return
    kind = CONTEXTS[context]
    row = call.org.store.table(kind).rows.get(values.get("ContextId") or "") if kind else None
    if row is None or row["CompanyId"] != values["GsCompanyId"]:
        raise _Failed(choices.timeline_reference_code, "Context not found: ContextId")


def _check_custom(call: Call, values: Record) -> None:
    required = call.org.choices.required_timeline_field
    if required is not None and values.get(custom_name(required)) in (None, ""):
        label = custom_name(required).removeprefix("Ant__").removesuffix("__c")
        raise _Failed(call.org.choices.timeline_missing_code, f"Missing required custom fields: '{label}' is required")


def custom_name(name: str) -> str:
    """Return the API name of a Timeline custom field, given as such or as its label."""
    return name if name.startswith("Ant__") else f"Ant__{name.replace(' ', '_')}__c"
