"""Totango over its stand-in, for the contract test."""

from typing import Any

from connectors._totango_objects import OBJECTS
from handoff.model import Step
from sandbox.totango.catalogue import OBJECTIVE_TEMPLATES, PLAYS
from sandbox.totango.ids import named
from sandbox.totango.org import totango_user
from sandbox.world import World
from tests.connectors.contract.cases import DEAL, PlatformCase, key_of

MANY = 12
TEMPLATE = named(f"template/{OBJECTIVE_TEMPLATES[0]}")
KIM = totango_user("Kim Csm", "kim.csm@acme.example")
TOKEN_USER = totango_user("Integration", "integration@harbor.example")
PLAY = next(play.id for play in PLAYS if play.manual and play.active)
STAMPS = {"account": "bridge_account", "enrolment": "bridge_enrolment"}
TEXTS = {"touchpoint": ("touchpoints", "content"), "task": ("tasks", "title")}
BY_ACCOUNT = {"play": "play_runs", "objective": "objectives"}


def _account(kind: str, number: int) -> str:
    return f"{kind}-{number}"


def _payload(kind: str, number: int) -> dict[str, Any]:
    account = _account(kind, number)
    return {
        "account": {"id": account, "account_name": f"Customer {number}"},
        "enrolment": {"account_id": account, "Onboarding Stage": "Live"},
        "play": {"accountId": account, "successplayId": PLAY},
        "touchpoint": {"account_id": account, "content": "Hello", "activity_type_id": "onboarding"},
        "task": {"account_id": account, "title": "Welcome", "activity_type_id": "onboarding"},
        "collection": {"account_id": account, "deal_name": f"Deal {number}"},
        "objective": {"accountId": account, "ObjectiveTemplateId": TEMPLATE},
    }[kind]


def _step(kind: str, number: int) -> Step:
    deal = DEAL if kind != "collection" else DEAL.__class__(DEAL.instance, DEAL.system, DEAL.org, f"deal{number}")
    return Step(key_of(kind, number), kind, kind, OBJECTS[kind].scope, deal, _payload(kind, number))


def _named(step: Step) -> str:
    """A record of the Integration Hub and a run of a play name their account; a task has our key in its title."""
    return step.key if step.kind == "task" else _account(step.kind, int(step.key.rpartition("_")[2]))


def _rows(world: World, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = world.state("totango", name)["totango"][name]
    return rows


def _keys(world: World, kind: str) -> list[str]:
    if kind in BY_ACCOUNT:
        accounts = [row.get("account_id") or row["accountId"] for row in _rows(world, BY_ACCOUNT[kind])]
        return sorted(key_of(kind, int(one.rpartition("-")[2])) for one in accounts if one.startswith(kind))
    if kind in TEXTS:
        name, field = TEXTS[kind]
        said = [row[field] for row in _rows(world, name) if "[ref hb:" in row[field]]
        return sorted(text.rpartition("[ref ")[2].rstrip("]") for text in said)
    name, stamp = ("collections", "bridge_key") if kind == "collection" else ("accounts", STAMPS[kind])
    stamps = [row["attributes"].get(stamp) for row in _rows(world, name)]
    return sorted(one.partition(" ")[0] for one in stamps if one)


FILLED = [_account(kind, number) for kind in OBJECTS if kind != "account" for number in range(MANY)]
CASE = PlatformCase(
    fill={
        "tenant": {"totango": {"hub_delay_seconds": 0, "index_lag_seconds": 0, "unverified": True}},
        "totango": {
            "totango_users": [KIM, TOKEN_USER],
            "accounts": [{"id": one, "name": one} for one in FILLED],
        },
    },
    step=_step,
    keys=_keys,
    environment={"HUB_LIST_SIZE": "5", "BATCH_ROUTE": "/api/v1/status", "OBJECTIVES": "by_template"},
    named=_named,
)
