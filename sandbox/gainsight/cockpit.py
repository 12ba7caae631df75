"""Calls to action: create, update, list, the deleted ones, and the configuration."""

from typing import Any

from sandbox.gainsight import batch, lookups, records
from sandbox.gainsight.answers import Call, Reply
from sandbox.gainsight.batch import Failed
from sandbox.gainsight.org import Org
from sandbox.gainsight.values import Problem
from sandbox.wire import Record

RENAMED = {"type": "TypeId", "reason": "ReasonId", "status": "StatusId", "priority": "PriorityId"}
# INF: the vendor's exact list is unknown.
MANDATORY = ("Name", "CompanyId", "OwnerId", "type", "reason", "status", "priority", "DueDate", "referenceId")
OBJECTIVE = "Objective"
_DEFAULTS = [
    "Gsid",
    "Name",
    "CompanyId",
    "CompanyId__gr.Name",
    "EntityType",
    "DueDate",
    "IsClosed",
    "IsImportant",
    "OwnerId",
    "OwnerId__gr.FirstName",
    "OwnerId__gr.LastName",
    "PriorityId",
    "PriorityId__gr.Name",
    "PriorityId__gr.IsActive",
    "ReasonId",
    "ReasonId__gr.Name",
    "StatusId",
    "StatusId__gr.Name",
    "TypeId",
    "TypeId__gr.Name",
]


def create(call: Call) -> Reply:
    """Answer `POST /v2/cockpit/cta/`; the same body twice makes two CTAs."""
    return batch.carry_out(call, _create)


def update(call: Call) -> Reply:
    """Answer `PUT /v2/cockpit/cta/`."""
    return batch.carry_out(call, _update)


def listed(call: Call) -> Reply:
    """Answer `POST /v2/cockpit/cta/list`."""
    return batch.listed(call, call.org.schema.named("call_to_action"), _DEFAULTS)


def deleted(call: Call) -> Reply:
    """Answer `POST /v2/cockpit/cta/deleted/list`."""
    kind = call.org.schema.named("call_to_action")
    return batch.listed(call, kind, _DEFAULTS, call.org.store.table(kind.name).gone(call.now))


def configuration(call: Call) -> Reply:
    """Answer `GET /v2/cockpit/admin/picklist/lite`."""
    return batch.configuration(call, reasons_with_types=True)


def _create(call: Call, record: Record, given: Record | None) -> str:
    kind = call.org.schema.named("call_to_action")
    record = lookups.resolve(call.org, kind, record, given)
    batch.need(record, MANDATORY)
    values = values_of(call, {key: value for key, value in record.items() if key != "referenceId"})
    _check_plan(call, values)
    return str(records.create(call.org, kind, values, call.now, lag=call.twist.lag)["Gsid"])


def values_of(call: Call, record: Record) -> Record:
    """Return what a new CTA stores of a record whose lookups are done; raises `Problem` or `Failed`."""
    return {"EntityType": "COMPANY", **_values(call, record, {})}


def _update(call: Call, record: Record, given: Record | None) -> str:
    kind = call.org.schema.named("call_to_action")
    gsid = record.get("Gsid")
    row = call.org.store.table(kind.name).rows.get(gsid) if isinstance(gsid, str) else None
    if row is None:
        raise Failed(batch.UNKNOWN_GSID, "Invalid GSID of CTA")
    record = lookups.resolve(call.org, kind, record, given)
    sent = {key: value for key, value in record.items() if key not in ("Gsid", "referenceId")}
    values = _values(call, sent, row)
    if values.get("CtaGroupId", row["CtaGroupId"]) != row["CtaGroupId"]:
        # C-L: a CTA is attached to its plan at creation or never.
        raise Failed(call.org.choices.invalid_value_code, "Invalid fields - CtaGroupId")
    records.change(call.org, kind, row["Gsid"], values, call.now)
    return str(row["Gsid"])


def _values(call: Call, record: Record, row: Record) -> Record:
    kind = call.org.schema.named("call_to_action")
    reason = record.get("reason")
    values = batch.stored(call, kind, {key: value for key, value in record.items() if key != "reason"}, RENAMED)
    for key, name in RENAMED.items():
        if name in values and values[name] is None:
            raise Failed(batch.MISSING, f"Missing mandatory fields for create - {key}")
    if "reason" in record or "TypeId" in values:
        values["ReasonId"] = _reason(call, reason, values.get("TypeId", row.get("TypeId")), row)
    if "StatusId" in values:
        values["IsClosed"] = is_closed(call.org, values["StatusId"])
    if values.get("EntityType", "COMPANY") != "COMPANY":
        # UNK: the keys of a relationship CTA.
        raise Failed(call.org.choices.invalid_value_code, "Invalid fields - EntityType")
    return values


def _reason(call: Call, sent: Any, type_gsid: str | None, row: Record) -> str:
    """A reason belongs to a type: the one sent, or the one kept when only the type changes, must fit it."""
    wanted = sent if sent is not None else row.get("ReasonId")
    picklists = call.org.picklists
    kind = picklists.label(type_gsid)
    fits = isinstance(wanted, str) and picklists.find("CTA_REASON", wanted, kind=kind, active=sent is not None)
    if not fits and sent is None and wanted is not None:
        # The kept reason may share its label with one of the new type.
        fits = picklists.find("CTA_REASON", picklists.label(wanted) or "", kind=kind)
    if not fits:
        raise Problem("GSOBJ_1012", "Invalid/Inactive value provided for picklist.", "reason", sent)
    return str(fits["Gsid"])


def is_closed(org: Org, status: str | None) -> bool:
    """Return whether a status is a closed one: its label starts with `Closed`."""
    return (org.picklists.label(status) or "").startswith("Closed")


def _check_plan(call: Call, values: Record) -> None:
    plan = values.get("CtaGroupId")
    if plan is None and call.org.picklists.label(values["TypeId"]) == OBJECTIVE:
        # C-D: objectives live in success plans only.
        raise Failed(call.org.choices.invalid_value_code, "Invalid fields - type")
    if plan and call.org.store.table("cta_group").rows[plan]["CompanyId"] != values["CompanyId"]:
        raise Failed(call.org.choices.invalid_value_code, "Invalid fields - CtaGroupId")
