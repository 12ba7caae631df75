"""The exchanges typed from the vendor's reference: the connector says what they say, and understands each answer."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from connectors._totango_instance import TotangoInstance
from connectors._totango_lists import Listed
from connectors.totango import Totango
from handoff.errors import ConfigError, NotAllowed, Rejected, Transient
from handoff.model import Customer, How, Result, User
from handoff.settings import Instance
from tests.connectors.totango.world import ACCOUNT, OTHER, PRIYA, Script, connector, said, step

GOLDEN = Path(__file__).parents[2] / "golden" / "totango"
KICKOFF, HANDOFF = "hb:main:a:kickoff", "hb:main:a:handoff"
TYPE, TAG = "3f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a03", "4f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a04"
PLAY = "9f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a09"


def golden(name: str) -> dict[str, Any]:
    return dict(YAML(typ="safe").load((GOLDEN / f"{name}.yml").read_text(encoding="utf-8")))


def answer_of(name: str) -> httpx.Response:
    response = golden(name)["response"]
    body = response["text"].encode() if "text" in response else json.dumps(response.get("body")).encode()
    return httpx.Response(
        response["status"], headers=response["headers"], content=body.replace(b"<any>", b"onboarding")
    )


TOUCHPOINT = {
    "account_id": ACCOUNT,
    "subject": "Sales handoff: Globex",
    "content": "Sold: Platform roll-out.",
    "activity_type_id": "onboarding",
    "touchpointType": "Internal note",
    "touchpoint_tags": ["Handoff"],
    "participantList": [PRIYA],
    "created_by": PRIYA,
    "create_date": datetime(2025, 11, 20, 16, 0, tzinfo=UTC),
}
TASK = {
    "account_id": ACCOUNT,
    "title": "Kick off Globex",
    "description": "Book the kick-off with Hank Scorpio.",
    "due_date": date(2026, 12, 4),
    "priority": "2",
    "assignee": PRIYA,
    "activity_type_id": "onboarding",
}


def put(kind: str, payload: dict[str, Any], key: str = "", **more: Any) -> Callable[[Totango], Any]:
    own = {"key": key} if key else {}

    def ask(platform: Totango) -> Any:
        (outcome,) = platform.put([step(kind, payload, **own, **more)])
        return outcome.result, outcome.ref

    return ask


def find(kind: str, key: str, payload: dict[str, Any]) -> Callable[[Totango], Any]:
    def ask(platform: Totango) -> Any:
        return {k: [(one.ref, one.how, dict(one.holds)) for one in v] for k, v in platform.find([_of(key)]).items()}

    def _of(key: str) -> Any:
        return step(kind, payload, key=key)

    return ask


@dataclass(frozen=True)
class Case:
    """What to ask the connector, what it must give, and the answers that it gets before and after the exchange."""

    ask: Callable[[Totango], Any]
    result: Any
    before: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    says: bool = True


MADE = Result.CREATED
LISTS = ("activity_types", "touchpoint_types", "touchpoint_tags")
CASES: dict[str, Case] = {
    "activity_types": Case(lambda p: p._lists.of("activity_type_id"), (Listed("onboarding", "Onboarding"),)),
    "touchpoint_types": Case(lambda p: p._lists.of("touchpointType"), (Listed(TYPE, "Internal note"),)),
    "touchpoint_tags": Case(lambda p: p._lists.id_of("touchpoint_tags", "handoff"), TAG),
    "create_touchpoint": Case(
        put("touchpoint", TOUCHPOINT, HANDOFF), (MADE, f"{ACCOUNT}/55102"), before=LISTS, says=False
    ),
    "create_task": Case(put("task", TASK, KICKOFF), (MADE, f"{ACCOUNT}/7001"), before=("activity_types",)),
    "update_task": Case(put("task", {"status": "closed"}, ref=f"{ACCOUNT}/7001"), (Result.UPDATED, f"{ACCOUNT}/7001")),
    "update_touchpoint": Case(
        put("touchpoint", {"subject": "Sales handoff: Globex", "content": "x"}, HANDOFF, ref=f"{ACCOUNT}/55102"),
        (Result.UPDATED, f"{ACCOUNT}/55102"),
        before=("timeline",),
        says=False,
    ),
    "touchpoint_unknown_account": Case(
        put("touchpoint", {"account_id": "nobody", "content": "Sold"}), (Result.WAITING, None), says=False
    ),
    "task_unknown_account": Case(
        put("task", {"account_id": "nobody", "title": "Kick off"}), (Result.WAITING, None), says=False
    ),
    "run_play": Case(put("play", {"accountId": ACCOUNT, "successplayId": PLAY}), (MADE, f"{ACCOUNT}/{PLAY}")),
    "run_inactive_play": Case(
        put("play", {"accountId": ACCOUNT, "successplayId": f"{PLAY[:-2]}11"}), (Result.REJECTED, None)
    ),
    "run_play_not_manual": Case(
        put("play", {"accountId": ACCOUNT, "successplayId": f"{PLAY[:-2]}10"}), (Result.REJECTED, None)
    ),
    "timeline": Case(
        find("touchpoint", HANDOFF, {"account_id": ACCOUNT, "content": "x", "touchpointType": TYPE}),
        {
            HANDOFF: [
                (
                    f"{ACCOUNT}/55102",
                    How.KEY,
                    {"account_id": ACCOUNT, "content": "Sold: Platform roll-out.", "touchpointType": TYPE},
                )
            ]
        },
    ),
    "timeline_empty": Case(find("touchpoint", HANDOFF, {"account_id": ACCOUNT}), {}),
    "timeline_task": Case(find("touchpoint", KICKOFF, {"account_id": ACCOUNT}), {}),
    "tasks_of_account": Case(find("task", KICKOFF, TASK), {KICKOFF: [(f"{ACCOUNT}/7001", How.KEY, TASK)]}),
    "tasks_of_nobody": Case(find("task", KICKOFF, TASK), {}),
    "search_accounts_empty": Case(lambda p: p._records.accounts([ACCOUNT]), {}, says=False),
    "search_totango_users": Case(
        lambda p: p.people([PRIYA.upper(), "lee.left@harbor.example", "nobody@harbor.example"]),
        {
            PRIYA: User(PRIYA, PRIYA, True, "Priya Shah"),
            "lee.left@harbor.example": User("lee.left@harbor.example", "lee.left@harbor.example", False, "Lee Left"),
        },
    ),
    "create_objective_switched_off": Case(
        put("objective", {"accountId": ACCOUNT, "ObjectiveTemplateId": "8f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a08"}),
        (Result.REJECTED, None),
    ),
    "create_objective": Case(
        put("objective", {"accountId": ACCOUNT, "ObjectiveTemplateId": "8f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a08"}),
        (MADE, f"{ACCOUNT}/5f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a05"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_connector_says_and_understands_it(name):
    case, route = CASES[name], golden(name)["request"]
    script = Script(*(answer_of(each) for each in (*case.before, name, *case.then)))

    result = case.ask(connector(script, objectives="by_template"))

    sent = script.requests[len(case.before)]
    assert (sent.method, sent.url.path, sent.url.query.decode()) == (
        route["method"],
        route["path"],
        route.get("query", ""),
    )
    assert sent.headers["app-token"] == "sandbox"
    if case.says:
        assert said(sent) == route.get("body", route.get("form"))
    assert (result, script.answers) == (case.result, [])


def test_a_touchpoint_says_what_the_vendor_takes():
    script = Script(*(answer_of(name) for name in (*LISTS, "create_touchpoint")))

    put("touchpoint", TOUCHPOINT, HANDOFF)(connector(script))

    wanted = golden("create_touchpoint")["request"]["body"]
    assert script.asked[-1][2] == {**wanted, "content": f"Sold: Platform roll-out.\n\n[ref {HANDOFF}]"}


def test_accounts_go_to_the_hub_as_the_vendor_takes_them():
    script = Script(answer_of("int_hub_accounts"), httpx.Response(500), *[httpx.Response(500)] * 3)
    payload = {
        "id": ACCOUNT,
        "account_name": "Globex",
        "Status": "Paying",
        "Contract Value": Decimal(48000),
        "Contract Start Date": date(2026, 12, 1),
        "Success Manager___tid": PRIYA,
        "Onboarding Stage": "Kick Off",
    }

    (outcome,) = connector(script).put([step("account", payload)])

    route, sent = golden("int_hub_accounts")["request"], script.requests[0]
    (account,) = script.asked[0][2]["accounts"]
    account["attributes"].pop("bridge_account")
    assert account == route["body"]["accounts"][0]
    assert str(sent.url) == f"https://int-hub.totango.com{route['path']}"
    assert {name: sent.headers[name] for name in route["headers"]} == route["headers"]
    assert outcome.result is Result.UNKNOWN  # it was taken, and nothing shows it


def test_a_customer_is_known_by_status_stage_and_csm():
    answer = golden("search_accounts")["response"]["body"]
    answer["response"]["accounts"]["hits"][0]["selected_fields"] = ["Paying", "Onboarding", "Priya Shah"]

    known = connector(Script(answer, answer_of("search_totango_users"))).customers([ACCOUNT, OTHER])

    assert known == {ACCOUNT: Customer(ACCOUNT, "Globex", "Paying", "Onboarding", PRIYA)}


@pytest.mark.parametrize("name", ["unauthorized"])
def test_a_token_that_is_not_accepted_stops_everything(name):
    with pytest.raises(NotAllowed, match="the token is not accepted"):
        find("task", KICKOFF, TASK)(connector(Script(answer_of(name))))


@pytest.mark.parametrize("name", ["too_many_calls", "too_many_calls_json"])
def test_too_many_calls_are_waited_out_whatever_the_body(name):
    script = Script(answer_of(name), answer_of("tasks_of_nobody"))
    platform = connector(script)

    assert find("task", KICKOFF, TASK)(platform) == {}
    assert platform._wire.exchange.clock.slept == [23.0]


def test_a_page_of_html_is_no_answer():
    with pytest.raises(Transient):
        find("task", KICKOFF, TASK)(connector(Script(*[answer_of("no_json")] * 4)))


def test_a_search_that_fails_is_no_empty_result():
    with pytest.raises(Rejected, match="the search has no terms"):
        connector(Script(answer_of("search_failed")))._records.accounts([ACCOUNT])


def test_a_service_id_that_no_header_can_hold_is_refused() -> None:
    values = {"system": "totango", "service_id": "12345é"}

    with pytest.raises(ConfigError, match=r"\[platform.main\]: service_id: string should match"):
        Instance("platform", "main", values, {"HANDOFF_PLATFORM_MAIN_TOKEN": "sandbox"}).read(TotangoInstance)
