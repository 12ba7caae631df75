"""HubSpot over its stand-in, for the contract test."""

from datetime import date
from typing import Any

from handoff.model import DealRef, Scope, Step
from sandbox.world import World
from tests.connectors.contract.cases import CrmCase, PlatformCase, key_of

RECEIPT = {"handoff_status": "Handed off", "handoff_sequence": 7}


def _deals(world: World) -> list[dict[str, object]]:
    return world.state("hubspot", "deals")["hubspot"]["deals"]


def _told(world: World, deal: str) -> dict[str, object]:
    (row,) = (row for row in _deals(world) if row["id"] == deal)
    return {
        "handoff_status": row.get("handoff_status"),
        "handoff_sequence": int(str(row.get("handoff_sequence") or 0)),
    }


CASE = CrmCase(
    won=lambda world: [str(row["id"]) for row in _deals(world) if row["dealstage"] == "closedwon"],
    receipt=RECEIPT,
    told=_told,
    environment={"deals_a_page": "7"},
)

# Work in HubSpot itself

DEAL = DealRef("main", "hubspot", "123", "51000990001")
REP = "77"
OWNER = {"id": REP, "email": "kim.csm@acme.example", "firstName": "Kim", "lastName": "Csm"}
FJORD = {"id": DEAL.id, "dealname": "Fjord Insights", "dealstage": "closedwon", "closedate": "2026-03-09T12:00:00.000Z"}
BODIES = {"task": ("tasks", "hs_task_body"), "note": ("notes", "hs_note_body")}


def _step(kind: str, number: int) -> Step:
    payload: dict[str, Any] = {"subject": f"Welcome {number}", "body": "<p>Hello</p>"}
    if kind == "task":
        payload |= {"owner": REP, "due": date(2026, 4, 1), "priority": "High"}
    return Step(key_of(kind, number), kind, kind, Scope.DEAL, DEAL, payload)


def _keys(world: World, kind: str) -> list[str]:
    name, body = BODIES[kind]
    rows = world.state("hubspot", name)["hubspot"][name]
    return sorted(row[body].rpartition("<p>")[2].removesuffix("</p>") for row in rows if "<p>hb:" in row[body])


WORK = PlatformCase(fill={"hubspot": {"owners": [OWNER], "deals": [FJORD]}}, step=_step, keys=_keys)
