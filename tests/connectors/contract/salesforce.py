"""Salesforce over its stand-in, for the contract test."""

from datetime import date
from typing import Any

from handoff.model import Scope, Step
from sandbox.world import World
from tests.connectors.contract.cases import DEAL, CrmCase, PlatformCase, key_of

RECEIPT = {"Handoff_Status__c": "Handed off", "Handoff_Sequence__c": 7}


def _deals(world: World) -> list[dict[str, object]]:
    return world.state("salesforce", "Opportunity")["salesforce"]["Opportunity"]


def _told(world: World, deal: str) -> dict[str, object]:
    (row,) = (row for row in _deals(world) if row["Id"] == deal)
    return {name: row[name] for name in RECEIPT}


CASE = CrmCase(
    won=lambda world: [str(row["Id"]) for row in _deals(world) if row["IsWon"] and not row["IsDeleted"]],
    receipt=RECEIPT,
    told=_told,
    small_pages=[{"system": "salesforce", "do": "short_pages", "least": 3, "most": 7}],
)

# Work in Salesforce itself


REP = "005000000000001AAA"
USER = {"Id": REP, "Name": "Kim Csm", "Email": "kim.csm@acme.example", "Username": "kim.csm@acme.example"}
FJORD = {"Id": DEAL.id, "Name": "Fjord Insights", "StageName": "Closed Won", "CloseDate": "2026-03-09"}


def _step(kind: str, number: int) -> Step:
    payload: dict[str, Any] = {"subject": f"Welcome {number}", "body": "<p>Hello</p>"}
    if kind == "task":
        payload |= {"owner": REP, "due": date(2026, 4, 1), "priority": "High"}
    return Step(key_of(kind, number), kind, kind, Scope.DEAL, DEAL, payload)


def _keys(world: World, kind: str) -> list[str]:
    marks = [str(row["Bridge_Key__c"]) for row in world.state("salesforce", "Task")["salesforce"]["Task"]]
    ours = [mark for mark in marks if mark.endswith("|note") is (kind == "note") and mark.startswith("hb:")]
    return sorted(mark.removesuffix("|note") for mark in ours)


WORK = PlatformCase(fill={"salesforce": {"User": [USER], "Opportunity": [FJORD]}}, step=_step, keys=_keys)
