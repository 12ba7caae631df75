"""Salesforce over its stand-in, for the contract test."""

from sandbox.world import World
from tests.connectors.contract.cases import CrmCase

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
