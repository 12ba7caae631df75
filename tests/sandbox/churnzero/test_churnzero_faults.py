"""ChurnZero on bad days, in a whole world: the journal and the faults."""

import json

import pytest
from churnzero_tenant import BASIC, GLOBEX, attributes, event

from sandbox.wire import Cut, Request
from sandbox.world import SandboxError
from tests.in_process import world_at
from tests.sandbox.faulty import START

ACTIONS = [{"appKey": "sandbox", "accountExternalId": GLOBEX, **each} for each in (attributes(Name="Globex"), event())]
PUSH = Request("POST", "/i", "", {"content-type": "application/json"}, json.dumps(ACTIONS).encode())
PULL = Request("GET", "/public/v1/Account", "", {"authorization": BASIC})


@pytest.fixture
def world():
    return world_at(START)


def held(world, name):
    return world.state("churnzero", name)["churnzero"][name]


def fault(world, do, **more):
    world.faults([{"system": "churnzero", "do": do, **more}])


def test_the_people_of_the_invented_tenant_are_its_users(world):
    assert "priya.shah@harbor.example" in [row["UserName"] for row in held(world, "UserAccount")]


def test_the_journal_tells_what_was_applied(world):
    for call in (PUSH, PUSH, PULL, Request("GET", "/i", "action=nothing")):
        world.handle("churnzero", call)

    rows = world.journal("churnzero")
    assert [(row["mutates"], row["applied"]) for row in rows] == [
        (True, True),
        (True, False),
        (False, False),
        (True, False),
    ]


@pytest.mark.parametrize(("do", "events"), [("refuse", 0), ("lose_answer", 1)])
def test_a_lost_answer_may_have_been_an_event(world, do, events):
    fault(world, do, route="writes")

    with pytest.raises(Cut):
        world.handle("churnzero", PUSH)

    assert len(held(world, "Event")) == events


def test_one_action_of_an_array_is_dropped_without_a_word(world):
    fault(world, "bad_record", record="hb:main:a:won")

    answer = world.handle("churnzero", PUSH)

    assert (answer.status, len(held(world, "Account")), held(world, "Event")) == (200, 1, [])


def test_what_is_pushed_may_lag(world):
    fault(world, "lag", seconds=120, route="writes")
    world.handle("churnzero", PUSH)
    world.clock.advance(119)
    before = json.loads(world.handle("churnzero", PULL).body)["value"]
    world.clock.advance(1)

    assert (before, len(json.loads(world.handle("churnzero", PULL).body)["value"])) == ([], 1)


def test_a_file_is_applied_when_the_state_is_asked_for(world):
    body = b'--x\r\nContent-Disposition: form-data; name="data"\r\n\r\naccountExternalId,Name\na,Acme\r\n--x--\r\n'
    head = {"content-type": "multipart/form-data; boundary=x"}
    world.handle("churnzero", Request("POST", "/batchAccountsCsv", "appKey=sandbox", head, body))
    before = held(world, "Account")

    world.clock.advance(60)

    assert (before, [row["Name"] for row in held(world, "Account")]) == ([], ["Acme"])


def test_a_person_edits_the_task_of_a_play(world):
    world.handle("churnzero", PUSH)
    fault(world, "edit_record", record="Hold the kick-off call", set={"StatusName": "Done"})

    world.handle("churnzero", PULL)

    assert [row["StatusName"] for row in held(world, "Task")] == ["Done", "Open"]


def test_a_column_that_is_hidden_is_pushed_in_vain_and_never_pulled(world):
    world.handle("churnzero", PUSH)
    world.clock.advance(5)
    fault(world, "hide_field", field="Account.Name")

    world.handle("churnzero", PUSH)

    assert [row["why"] for row in held(world, "rejected")] == ["Name is not there"]
    assert "Name" not in json.loads(world.handle("churnzero", PULL).body)["value"][0]
    with pytest.raises(SandboxError, match="Account and Contact"):
        fault(world, "hide_field", field="Task.Name")
