"""Gainsight over its stand-in, for the contract test."""

from datetime import UTC, date, datetime
from typing import Any

from handoff.model import Scope, Step
from sandbox.world import World
from tests.connectors.contract.cases import DEAL, PlatformCase, key_of

CSM = {"Gsid": f"1P01{'0' * 31}9", "Email": "kim.csm@acme.example", "Name": "Kim Csm"}
GLOBEX = {"Gsid": f"1P02{'0' * 31}9", "Name": "Globex"}
OBJECTS = {"company": "Company", "success_plan": "cta_group", "cta": "call_to_action", "timeline": "activity_timeline"}


def _payload(kind: str, number: int) -> dict[str, Any]:
    owned = {"Name": f"Welcome {number}", "CompanyId": GLOBEX["Gsid"], "OwnerId": CSM["Gsid"]}
    work = {"type": "Lifecycle", "reason": "Onboarding", "status": "New", "priority": "High"}
    return {
        "company": {"Name": f"Customer {number}", "Stage": "New Customer"},
        "success_plan": {**owned, "SuccessPlanType": "Onboarding"},
        "cta": {**owned, **work, "DueDate": date(2026, 4, 1)},
        "timeline": {
            "GsCompanyId": GLOBEX["Gsid"],
            "ContextName": "Company",
            "TypeName": "Update",
            "Author": CSM["Email"],
            "Subject": f"Welcome {number}",
            "Notes": "<p>Hello</p>",
            "ActivityDate": datetime(2026, 3, 10, tzinfo=UTC),
        },
    }[kind]


def _step(kind: str, number: int) -> Step:
    scope = Scope.ACCOUNT if kind == "company" else Scope.DEAL
    return Step(key_of(kind, number), kind, kind, scope, DEAL, _payload(kind, number))


def _keys(world: World, kind: str) -> list[str]:
    name, field = OBJECTS[kind], "ExternalId" if kind == "timeline" else "Bridge_Key__gc"
    rows = world.state("gainsight", name)["gainsight"][name]
    return sorted(row[field] for row in rows if row.get(field))


CASE = PlatformCase(
    fill={"gainsight": {"gsuser": [CSM], "Company": [GLOBEX]}},
    step=_step,
    keys=_keys,
    environment={"LIST_SIZE": "5", "OBJECT_LIST_SIZE": "5", "TIMELINE_LIST_SIZE": "5"},
)
