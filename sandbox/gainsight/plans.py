"""Success plans: create with or without objectives, update, list, the deleted ones, the configuration."""

from datetime import datetime
from typing import Any

from sandbox.gainsight import batch, cockpit, lookups, records
from sandbox.gainsight.answers import Call, Reply
from sandbox.gainsight.batch import Failed
from sandbox.gainsight.org import Org
from sandbox.wire import Record

RENAMED = {"SuccessPlanType": "SuccessPlanTypeId", "status": "StatusId"}
MANDATORY = ("Name", "CompanyId", "OwnerId", "SuccessPlanType", "referenceId")  # UNK; a mock requires these
_STATUS = "Draft"
_DEFAULTS = [
    "Gsid",
    "Name",
    "CompanyId",
    "CompanyId__gr.Name",
    "OwnerId",
    "OwnerId__gr.Name",
    "DueDate",
    "IsClosed",
    "StatusId",
    "StatusId__gr.Name",
    "SuccessPlanTypeId",
    "SuccessPlanTypeId__gr.Name",
]


def create(call: Call) -> Reply:
    """Answer `POST /v2/successPlan`, with objectives when `withObjectives=true`."""
    return batch.carry_out(call, _create)


def update(call: Call) -> Reply:
    """Answer `PUT /v2/successPlan/`; closing a plan closes its open objectives."""
    return batch.carry_out(call, _update)


def listed(call: Call) -> Reply:
    """Answer `POST /v2/successPlan/list/`."""
    if call.payload("COCKPIT_5101").get("includeonlyDeletedRecords") is True:
        return deleted(call)
    return batch.listed(call, call.org.schema.named("cta_group"), _DEFAULTS)


def deleted(call: Call) -> Reply:
    """Answer `POST /v2/successPlan/deleted/list`."""
    kind = call.org.schema.named("cta_group")
    return batch.listed(call, kind, _DEFAULTS, call.org.store.table(kind.name).gone(call.now))


def configuration(call: Call) -> Reply:
    """Answer `GET /v2/successPlan/admin/picklist/lite`."""
    return batch.configuration(call, reasons_with_types=False)


def _create(call: Call, record: Record, given: Record | None) -> str:
    kind = call.org.schema.named("cta_group")
    record = lookups.resolve(call.org, kind, record, given)
    batch.need(record, MANDATORY)
    objectives = _objectives(call, record.pop("Objectives", None), given)
    _check_templates(call, record.pop("Templates", None))
    record.pop("referenceId")
    values = batch.stored(call, kind, {"status": _STATUS, **record}, RENAMED)
    values["IsClosed"] = cockpit.is_closed(call.org, values["StatusId"] or "")
    defaults = _defaults(call, values) if objectives else {}
    objective = call.org.schema.named("call_to_action")
    weighed = [cockpit.values_of(call, {**defaults, **each}) for each in objectives]  # before anything is made
    plan = str(records.create(call.org, kind, values, call.now, lag=call.twist.lag)["Gsid"])
    for each in weighed:
        records.create(call.org, objective, {**each, "CtaGroupId": plan}, call.now, lag=call.twist.lag)
    return plan


def _update(call: Call, record: Record, given: Record | None) -> str:
    kind = call.org.schema.named("cta_group")
    gsid = record.get("Gsid")
    row = call.org.store.table(kind.name).rows.get(gsid) if isinstance(gsid, str) else None
    if row is None:
        raise Failed(batch.UNKNOWN_GSID, "Invalid GSID of Success Plan")
    batch.need(record, ("referenceId",), "update")
    record = lookups.resolve(call.org, kind, record, given)
    sent = {key: value for key, value in record.items() if key not in ("Gsid", "referenceId")}
    values = batch.stored(call, kind, sent, RENAMED)
    if "StatusId" in values:
        values["IsClosed"] = cockpit.is_closed(call.org, values["StatusId"] or "")
    records.change(call.org, kind, row["Gsid"], values, call.now)
    if values.get("IsClosed"):
        close_objectives(call.org, row["Gsid"], call.now)
    return str(row["Gsid"])


def _objectives(call: Call, sent: Any, given: Record | None) -> list[Record]:
    """Return the objectives of a plan, lookups done; refused where the call did not announce any."""
    if sent is None:
        return []
    if call.request.params().get("withObjectives") != "true" or not isinstance(sent, list):
        raise Failed(call.org.choices.invalid_value_code, "Invalid fields - Objectives")
    kind = call.org.schema.named("call_to_action")
    found = []
    for each in sent:
        if not isinstance(each, dict):
            raise Failed(call.org.choices.invalid_value_code, "Invalid fields - Objectives")
        objective = lookups.resolve(call.org, kind, each, given)
        batch.need(objective, ("Name",))
        found.append({key: value for key, value in objective.items() if key != "referenceId"})
    return found


def _defaults(call: Call, plan: Record) -> Record:
    """UNK: the shape of an objective. What it leaves out it takes from its plan, or the first of a picklist."""

    def first(category: str, kind: str | None = None) -> str | None:
        items = call.org.picklists.items(category)
        return next((row["Name"] for row in items if row["IsActive"] and row["TypeName"] == kind), None)

    return {
        "CompanyId": plan["CompanyId"],
        "OwnerId": plan["OwnerId"],
        "DueDate": plan.get("DueDate"),
        "type": cockpit.OBJECTIVE,
        "reason": first("CTA_REASON", cockpit.OBJECTIVE),
        "status": first("CTA_STATUS"),
        "priority": first("CTA_PRIORITY"),
    }


def _check_templates(call: Call, names: Any) -> None:
    if names is None:
        return
    known = {row["Name"] for row in call.org.picklists.items("SUCCESS_PLAN_TEMPLATE") if row["IsActive"]}
    if not isinstance(names, list) or not all(isinstance(name, str) and name in known for name in names):
        raise Failed(call.org.choices.invalid_value_code, "Invalid fields - Templates")


def close_objectives(org: Org, plan: str, now: datetime) -> None:
    """Close what is open of a plan's objectives, as closing the plan does (C-L)."""
    kind = org.schema.named("call_to_action")
    closed = [row for row in org.picklists.items("CTA_STATUS") if row["Name"].startswith("Closed")]
    table = org.store.table(kind.name)
    for row in table.in_order(table.among("CtaGroupId", [plan]).values()):
        if not row["IsClosed"] and closed:
            values = {"StatusId": closed[0]["Gsid"], "IsClosed": True}
            records.change(org, kind, row["Gsid"], values, now)
