"""HubSpot over its stand-in, for the contract test."""

from sandbox.world import World
from tests.connectors.contract.cases import CrmCase

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
