"""The stand-in answers the exchanges typed from the reference in the shape that stands there."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from totango_tenant import GLOBEX, PRIYA, Tenant

from sandbox.wire import Objects, Request
from tests.golden.exchanges import names, read, sent
from tests.golden.shape import shape_differences

HOSTS = {"api": "", "app": "", "int-hub": "/int-hub", "sdr": "/sdr"}
TYPE, TAG = "3f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a03", "4f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a04"
MANUAL, EVENT, INACTIVE = (f"9f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a{number}" for number in ("09", "10", "11"))
TEMPLATE = "8f0e2b1c-5d7a-4c1e-9a55-2f1f6f0c1a08"
DEAL = "006A000000AbCdEIAV"


def play(play_id: str, **more: object) -> dict[str, object]:
    duty = {"title": "Hold it", "description": "", "role": "Success Manager", "days": 5, "priority": 2}
    known = {"id": play_id, "name": "Handover", "flow": "onboarding", "sb_id": 930, "entering": None, "tasks": [duty]}
    return {**known, "manual": True, "active": True, **more}


SET_UP: Objects = {
    "touchpoint_types": [{"id": TYPE, "display_name": "Call", "icon": "note"}],
    "touchpoint_tags": [{"id": TAG, "display_name": "Handoff"}],
    "plays": [play(MANUAL), play(EVENT, manual=False), play(INACTIVE, active=False)],
    "objective_templates": [{"id": TEMPLATE, "name": "First value"}],
}
ACCOUNT = {
    "id": GLOBEX,
    "attributes": {"Success Manager___tid": PRIYA, "Onboarding Stage": "Integration", "Contract Value": "48000"},
}
NOTE = {"id": 55102, "event_id": "evt-9c1", "account_id": GLOBEX, "subject": "Handoff", "content": "Sold"}
NOTE |= {"touchpoint_tags": [TAG], "participants": [PRIYA]}
TASK = {"id": 7001, "account_id": GLOBEX, "title": "Kick off", "due_date": "2026-12-04", "assignee": PRIYA}
TASK |= {"activity_type_id": "onboarding"}


def a_batch(tenant: Tenant) -> str:
    bad = {"id": "001A 0006", "attributes": {}}
    return str(tenant.upsert({"id": GLOBEX, "attributes": {}}, bad).body["batch_id"])


def a_waiting_batch(tenant: Tenant) -> str:
    tenant.switch(hub_delay_seconds=60)
    return a_batch(tenant)


def a_call(tenant: Tenant) -> str:
    tenant.hub("usage", {"usages": [{"account_id": GLOBEX, "user_id": "a", "module": "m", "activity": "b"}]})
    return ""


def all_calls(tenant: Tenant) -> str:
    for _ in range(100):
        tenant.tasks()
    return ""


def a_run(tenant: Tenant) -> str:
    tenant.call("POST", "/api/v2/automations/run-manual-successplay", {"successplayId": MANUAL, "accountId": GLOBEX})
    return ""


@dataclass(frozen=True)
class Case:
    """What the tenant holds before the exchange; `before` may return what the path ends with instead."""

    load: Objects = field(default_factory=dict)
    before: Callable[[Tenant], str] | None = None
    unlike: tuple[str, ...] = ()


ROW = {"type": "closed_won_deals", "id": DEAL, "account_id": GLOBEX, "attributes": {"bridge_keys": "hb:main:a:x"}}
USER = {"account_id": GLOBEX, "id": "hank.scorpio@globex.example", "attributes": {"name": "Hank", "Key Contact": "yes"}}
SUMMARY = {"plan": "<div/>", "updated_by": PRIYA, "updated_date": "2026-02-03T09:15:00+00:00", "_version": 1}
CASES = {
    "int_hub_batch": Case(before=a_batch),
    "int_hub_batch_waiting": Case(before=a_waiting_batch),
    "search_accounts": Case({"accounts": [ACCOUNT]}, a_call),
    "search_accounts_in_segment": Case({"accounts": [ACCOUNT]}, a_call),
    "search_accounts_empty": Case({"accounts": [{"id": GLOBEX, "_deleted": True}]}),
    "search_collections": Case({"collections": [ROW]}),
    "search_users": Case({"users": [USER]}),
    "timeline": Case({"touchpoints": [NOTE]}),
    "timeline_task": Case({"tasks": [TASK]}),
    "search_events": Case({"touchpoints": [NOTE]}),
    "update_touchpoint": Case({"touchpoints": [NOTE]}),
    "read_touchpoint": Case({"touchpoints": [NOTE]}),
    "delete_touchpoint": Case({"touchpoints": [NOTE]}),
    "update_task": Case({"tasks": [TASK]}),
    "tasks_of_account": Case({"tasks": [TASK]}),
    "task_by_id": Case({"tasks": [TASK]}),
    "tasks_of_play": Case({"accounts": [ACCOUNT]}, a_run),
    "plan_summary": Case({"accounts": [{"id": GLOBEX, "plan_summary": SUMMARY}]}),
    "too_many_calls": Case(before=all_calls),
    "too_many_calls_json": Case(before=all_calls),
}
BY_FAULTS = {"no_json"}


@pytest.mark.parametrize("name", [name for name in names("totango") if name not in BY_FAULTS])
def test_the_stand_in_answers_in_the_shape_the_reference_shows(name):
    case, golden = CASES.get(name, Case()), read("totango", name)
    tenant = Tenant(**golden.get("switches", {}))
    tenant.engine.load({**SET_UP, **case.load}, tenant.now)
    request = sent(golden["request"], HOSTS)
    if case.before and (end := case.before(tenant)):
        request = ending(request, end)

    answer, wanted = tenant.handle(request), golden["response"]

    assert (answer.status, answer.headers["content-type"]) == (wanted["status"], wanted["headers"]["content-type"])
    assert set(wanted["headers"]) <= set(answer.headers)
    if "body" in wanted:
        assert shape_differences(wanted["body"], answer.body) == []
    elif "text" in wanted:
        assert lines(answer.text) == lines(wanted["text"])


def test_a_case_is_of_an_exchange():
    assert set(CASES) | BY_FAULTS <= set(names("totango"))


def test_every_body_of_the_exchanges_is_one_that_can_be_sent():
    for name in names("totango"):
        said = read("totango", name)["request"]
        assert ("body" in said) + ("form" in said) == (said["method"] not in ("GET", "DELETE"))
        assert json.dumps(said)


def lines(text: str) -> list[str]:
    """Return the first line whole, and of those below how many values each has."""
    first, *rest = text.strip().splitlines()
    return [first, *(str(line.count(",")) for line in rest)]


def ending(request: Request, end: str) -> Request:
    return replace(request, path=f"{request.path.rpartition('/')[0]}/{end}")
