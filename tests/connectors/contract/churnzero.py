"""ChurnZero over its stand-in, for the contract test: with the REST API, in a tenant that refuses in so many words."""

from datetime import UTC, datetime
from typing import Any

from connectors._churnzero_objects import OBJECTS
from handoff.keys import planted
from handoff.model import Step
from sandbox.world import World
from tests.connectors.contract.cases import DEAL, PlatformCase, key_of

GLOBEX = {"ExternalId": "globex", "Name": "Globex"}
SHOWN = {
    "account": ("Account", "CfBridgeKey"),
    "contact": ("Contact", "CfBridgeKey"),
    "event": ("Event", "Description"),
}


def _payload(kind: str, number: int) -> dict[str, Any]:
    moment = {"eventDate": datetime(2026, 3, 10, tzinfo=UTC), "eventName": "Deal Closed Won"}
    return {
        "account": {"accountExternalId": f"account-{number}", "Name": f"Customer {number}"},
        "contact": {"accountExternalId": "globex", "contactExternalId": f"contact-{number}", "FirstName": "Ida"},
        "event": {
            "accountExternalId": "globex",
            "contactExternalId": "sales-handoff",
            "description": "Hello",
            **moment,
        },
    }[kind]


def _step(kind: str, number: int) -> Step:
    return Step(key_of(kind, number), kind, kind, OBJECTS[kind].scope, DEAL, _payload(kind, number))


def _keys(world: World, kind: str) -> list[str]:
    name, column = SHOWN[kind]
    said = [str(row.get(column) or "").partition(" ")[0] for row in world.state("churnzero", name)["churnzero"][name]]
    return sorted(one for one in said if planted(one) is not None)


CASE = PlatformCase(
    fill={"tenant": {"churnzero": {"bad_parameters": "422"}}, "churnzero": {"Account": [GLOBEX]}},
    step=_step,
    keys=_keys,
    environment={"LIST_SIZE": "5"},
)
