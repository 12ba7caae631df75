"""Totango on bad days, in a whole world: the journal, the faults and what people load."""

import json

import pytest
from totango_tenant import GLOBEX, TASK

from sandbox.wire import Cut, Request
from sandbox.world import SandboxError
from tests.in_process import world_at
from tests.sandbox.faulty import START

API = {"app-token": "sandbox", "content-type": "application/json"}
HUB = {"authorization": "app-token sandbox", "service_id": "10001", "content-type": "application/json"}
CREATE = Request("POST", "/api/v3/tasks", "", API, json.dumps({**TASK, "assignee": None}).encode())
READ = Request("GET", "/api/v3/tasks", f"account_id={GLOBEX}", API)
UPSERT = Request(
    "POST", "/int-hub/api/v1/accounts", "", HUB, json.dumps({"accounts": [{"id": "a"}, {"id": "b"}]}).encode()
)


@pytest.fixture
def world():
    world = world_at(START)
    world.load({"totango": {"accounts": [{"id": GLOBEX, "name": "Globex"}]}})
    return world


def held(world, name):
    return world.state("totango", name)["totango"][name]


def fault(world, do, **more):
    world.faults([{"system": "totango", "do": do, **more}])


def test_the_people_of_the_invented_tenant_work_in_totango(world):
    users = {row["email"]: row["active"] for row in held(world, "totango_users")}

    assert users["priya.shah@harbor.example"]
    world.load({"tenant": {"inactive_users": ["priya.shah@harbor.example"], "totango": {"per_minute": 1}}})
    assert not {row["email"]: row["active"] for row in held(world, "totango_users")}["priya.shah@harbor.example"]
    assert [world.handle("totango", READ).status for _ in range(2)] == [200, 429]


def test_the_journal_tells_writes_from_searches(world):
    search = Request("POST", "/api/v1/search/accounts", "", API, b"")
    token = Request("POST", "/t01/harbor/oauth2/api/v1/token", "", {}, b"")
    for call in (CREATE, READ, search, UPSERT, token, Request("GET", "/sdr/pixel.gif")):
        world.handle("totango", call)

    assert [row["mutates"] for row in world.journal("totango")] == [True, False, False, True, False, True]
    assert [row["applied"] for row in world.journal("totango")] == [True, False, False, True, False, False]


def test_a_batch_is_seen_in_the_state_when_its_time_has_come(world):
    world.handle("totango", UPSERT)
    before = len(held(world, "accounts"))

    world.clock.advance(5)

    assert (before, len(held(world, "accounts"))) == (1, 3)


@pytest.mark.parametrize(("do", "tasks"), [("refuse", 0), ("reset_before", 0), ("reset_after", 1), ("lose_answer", 1)])
def test_a_lost_answer_may_have_been_a_task(world, do, tasks):
    fault(world, do, route="writes")

    with pytest.raises(Cut):
        world.handle("totango", CREATE)

    assert len(held(world, "tasks")) == tasks


@pytest.mark.parametrize(
    ("form", "kind", "body"),
    [
        ("json", "application/json", b"Too many requests"),
        ("plain", "text/plain", b"Too Many Requests"),
        ("empty", None, b""),
    ],
)
def test_too_many_calls_are_told_in_every_form(world, form, kind, body):
    fault(world, "too_many", form=form, retry_after=7)

    answer = world.handle("totango", READ)

    assert (answer.status, answer.headers.get("content-type"), answer.body) == (429, kind, body)
    assert (answer.headers["retry-after"], answer.headers["ratelimit-remaining"]) == ("7", "0")


def test_a_page_that_is_no_json_stands_for_an_answer(world):
    fault(world, "status", status=502, applied=True)

    answer = world.handle("totango", CREATE)

    assert (answer.status, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert len(held(world, "tasks")) == 1


def test_part_of_a_batch_is_refused_and_only_its_status_tells(world):
    fault(world, "partial", message="Attribute is locked")

    answer = world.handle("totango", UPSERT)
    world.clock.advance(5)

    assert json.loads(answer.body)["status"] == "success"
    (batch,) = held(world, "batches")
    assert [error["description"] for error in batch["errors"]] == ["Attribute is locked"]
    assert len(held(world, "accounts")) == 2


@pytest.mark.parametrize(("record", "refused"), [("Kick", True), ("Other", False)])
def test_a_record_is_refused_by_its_name(world, record, refused):
    fault(world, "bad_record", record=record)

    assert world.handle("totango", CREATE).status == (400 if refused else 200)


def test_a_write_may_lag(world):
    fault(world, "lag", seconds=120, route="writes")
    world.handle("totango", CREATE)
    world.clock.advance(119)
    before = json.loads(world.handle("totango", READ).body)

    world.clock.advance(1)

    assert (before, len(json.loads(world.handle("totango", READ).body))) == ([], 1)


def test_a_person_closes_or_deletes_the_task_that_was_just_made(world):
    fault(world, "edit_record", when="after", set={"status": "closed"}, route="POST /api/v3/tasks", nth=1)
    world.handle("totango", CREATE)
    closed = [row["status"] for row in held(world, "tasks")]
    fault(world, "edit_record", when="after", action="delete", route="POST /api/v3/tasks", nth=1)
    world.handle("totango", CREATE)

    assert closed == ["closed"]
    assert len(held(world, "tasks")) == 1


def test_a_token_may_stop_in_the_middle(world):
    fault(world, "unauthorized", nth=2)

    assert [world.handle("totango", READ).status for _ in range(3)] == [200, 401, 200]


@pytest.mark.parametrize("do", ["drop_reference", "result_false", "late_commit"])
def test_faults_of_other_systems_are_none_of_totango(world, do):
    with pytest.raises(SandboxError, match=f"{do} is a fault of"):
        fault(world, do)


def test_an_attribute_that_is_hidden_is_written_in_vain_and_never_seen(world):
    fault(world, "hide_field")
    body = {"accounts": [{"id": GLOBEX, "attributes": {"Licenses": "5", "Region": "EMEA"}}]}

    world.handle("totango", Request("POST", "/int-hub/api/v1/accounts", "", HUB, json.dumps(body).encode()))
    world.clock.advance(5)

    (account,) = held(world, "accounts")
    assert account["attributes"].keys() & {"Licenses", "Region"} == {"Region"}
    assert [row["why"] for row in held(world, "ignored")] == ["hidden"]
    with pytest.raises(SandboxError, match=r"accounts\.Licenses"):
        fault(world, "hide_field", field="tasks.title")
