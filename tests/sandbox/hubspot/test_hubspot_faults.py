"""The sandbox's faults, in HubSpot."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.clock import SimulatedClock
from sandbox.wire import Contents, Cut, Request, Response
from sandbox.world import World
from tests.sandbox.hubspot.hubspot_portal import ACME, BIRCH, CEDAR, START, V, contents

READ = Request("GET", f"/crm/objects/{V}/deals/{ACME}", "properties=hs_next_step", {"authorization": "Bearer sandbox"})


@pytest.fixture
def world() -> World:
    one = World(
        seed=1,
        clock=SimulatedClock(real_now=lambda: START, start=START),
        real_now=lambda: START,
        tenant=lambda number, now: Contents({}, {"hubspot": contents()}),
    )
    one.clock.advance(60)
    return one


def post(path: str, body: Any) -> Request:
    return Request("POST", path, "", {"authorization": "Bearer sandbox"}, json.dumps(body).encode())


def write(*deals: str, traced: bool = True, **properties: str) -> Request:
    said = properties or {"handoff_status": "Handed off"}
    inputs = [
        {"id": each, "properties": said, **({"objectWriteTraceId": f"k{each}"} if traced else {})} for each in deals
    ]
    return post(f"/crm/objects/{V}/deals/batch/update", {"inputs": inputs})


def search(**filters: str) -> Request:
    said = [{"propertyName": name, "operator": "EQ", "value": value} for name, value in filters.items()]
    return post(f"/crm/objects/{V}/deals/search", {"filterGroups": [{"filters": said}]})


def ask(world: World, request: Request) -> tuple[int, Any]:
    answer: Response = world.handle("hubspot", request)
    return answer.status, json.loads(answer.body)


def deals(world: World) -> dict[str, Any]:
    return {each["id"]: each for each in world.state("hubspot", "deals")["hubspot"]["deals"]}


def set_faults(world: World, **fault: Any) -> None:
    world.faults([{"system": "hubspot", **fault}])


def test_a_connection_lost_after_a_write_leaves_the_write_done(world):
    set_faults(world, do="reset_after", route="writes")

    with pytest.raises(Cut):
        world.handle("hubspot", write(ACME))

    assert deals(world)[ACME]["handoff_status"] == "Handed off"
    assert world.journal("hubspot")[-1]["applied"]


@pytest.mark.parametrize(
    ("request_", "key"), [(search(dealname="x"), "category"), (READ, "policyName")], ids=["search", "other"]
)
def test_too_many_calls_are_refused_in_the_shape_of_their_limit(world, request_, key):
    set_faults(world, do="too_many")

    status, body = ask(world, request_)

    assert status == 429
    assert {"category", "policyName"} & body.keys() == {key}


def test_the_day_s_limit_says_so(world):
    set_faults(world, do="daily_limit")

    assert ask(world, READ)[1]["policyName"] == "DAILY"


@pytest.mark.parametrize("status", [423, 477, 502])
def test_hubspot_s_own_states_of_trouble_can_be_set(world, status):
    set_faults(world, do="status", status=status)

    answer = world.handle("hubspot", READ)

    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")


def test_a_bad_record_is_refused_alone_where_trace_ids_are_sent(world):
    set_faults(world, do="bad_record", record=BIRCH)

    status, body = ask(world, write(ACME, BIRCH))

    assert status == 207
    assert [each["id"] for each in body["results"]] == [ACME]
    assert body["errors"][0]["context"] == {"objectWriteTraceId": [f"k{BIRCH}"]}


def test_a_bad_record_refuses_all_where_none_are(world):
    set_faults(world, do="bad_record", record=BIRCH)

    status, _ = ask(world, write(ACME, BIRCH, traced=False))

    assert status == 400
    assert "handoff_status" not in deals(world)[ACME]


@pytest.mark.parametrize(("said", "category"), [({}, "RATE_LIMITS"), ({"code": "INTERNAL_ERROR"}, "INTERNAL_ERROR")])
def test_some_of_a_batch_can_be_refused_for_now(world, said, category):
    set_faults(world, do="partial", share=0.5, **said)

    status, body = ask(world, write(ACME, BIRCH, CEDAR, traced=False))

    assert status == 207
    assert len(body["results"]) + body["numErrors"] == 3
    assert body["errors"][0]["category"] == category


def test_a_record_that_was_written_can_be_missing_from_the_answer(world):
    set_faults(world, do="drop_reference", record=BIRCH)

    status, body = ask(world, write(ACME, BIRCH))

    assert (status, [each["id"] for each in body["results"]]) == (200, [ACME])
    assert deals(world)[BIRCH]["handoff_status"] == "Handed off"


def test_a_write_can_stay_unseen_by_searches(world):
    set_faults(world, do="lag", seconds=600)
    ask(world, write(ACME))
    world.clock.advance(60)

    assert ask(world, search(handoff_status="Handed off"))[1]["total"] == 0
    world.clock.advance(600)
    assert ask(world, search(handoff_status="Handed off"))[1]["total"] == 1


@pytest.mark.parametrize(("lose", "error"), [("sight", "PROPERTY_DOESNT_EXIST"), ("write", "READ_ONLY_VALUE")])
def test_a_property_can_be_taken_away_until_the_faults_are_cleared(world, lose, error):
    set_faults(world, do="hide_field", lose=lose)
    ask(world, READ)

    _, refused = ask(world, write(ACME, hs_next_step="Kickoff", traced=False))
    world.faults([])

    assert error in refused["message"]
    assert ask(world, write(ACME, hs_next_step="Kickoff"))[0] == 200


def won_again(before: Any, after: Any) -> bool:
    stages = [step["value"] for step in after["dealstage_history"]]
    return stages[:2] == ["closedwon", "contractsent"] and after["hs_closed_won_date"] > before["hs_closed_won_date"]


@pytest.mark.parametrize(
    ("action", "done"),
    [
        ("delete", lambda before, after: after["archived"]),
        ("reopen", lambda before, after: (after["hs_is_closed_won"], after["dealstage"]) == ("false", "contractsent")),
        ("win", won_again),
        ("set", lambda before, after: after["hs_lastmodifieddate"] > before["hs_lastmodifieddate"]),
        ("merge", lambda before, after: after["archived"]),
    ],
)
def test_a_person_can_edit_the_deal_that_is_being_read(world, action: str, done: Callable[[Any, Any], bool]):
    before = deals(world)[ACME]
    set_faults(world, do="edit_record", action=action, when="after")

    status, _ = ask(world, READ)

    assert status == 200
    assert done(before, deals(world)[ACME])


def test_a_deal_can_be_named_for_the_person_s_edit(world):
    set_faults(world, do="edit_record", record="Birch", set={"amount": 1})

    world.clock.advance(timedelta(minutes=1).total_seconds())
    ask(world, READ)

    assert deals(world)[BIRCH]["amount"] == "1"
