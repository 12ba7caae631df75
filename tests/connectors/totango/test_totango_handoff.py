"""Deals handed off into the stand-in: whole passes, with its lag, its limits and its lost answers."""

from math import ceil

import pytest

from handoff.model import Result
from tests.connectors.totango.standing import StandIn, a_world, platform
from tests.connectors.totango.world import step
from tests.fakes import FakeClock
from tests.handoff.builders import ACCOUNT, BEN, DEAL, a_deal

TOUCHPOINTS, TASKS = "/api/v3/touchpoints/", "/api/v3/tasks"


def deals(number: int, accounts: int):
    return [
        a_deal(f"0065g00000{place:08d}", account_id=f"0015g00000{place % accounts:08d}", account_name=f"Firm {place}")
        for place in range(number)
    ]


def test_a_won_deal_enrols_its_account_and_has_a_task_a_touchpoint_and_a_row():
    world, totango = a_world()
    world.crm.win(a_deal())

    report = world.until_quiet(after=60)

    (account,) = totango.rows("accounts")
    assert (account["id"], account["name"]) == (ACCOUNT, "Nordwind Freight")
    assert account["attributes"]["Onboarding Stage"] == "Kick Off"
    assert account["attributes"]["Success Manager"] == "Ben Okafor"
    (touchpoint,) = totango.rows("touchpoints")
    assert (touchpoint["subject"], touchpoint["activity_type_id"]) == (
        "Sales handoff: Nordwind Freight, Harbor lights, 40 seats",
        "onboarding",
    )
    ours = [task for task in totango.rows("tasks") if "[ref hb:" in task["title"]]
    assert [(task["assignee"], task["priority"]) for task in ours] == [(BEN, 2)]
    (row,) = totango.rows("collections")
    assert row["attributes"]["touchpoint_id"] == f"{ACCOUNT}/{touchpoint['id']}"
    assert row["attributes"]["bridge_steps"] == "brief kickoff_task deal_row"
    assert report.balance.done == 1


def test_each_promise_of_a_touchpoint_stands_on_a_line_of_its_own():
    world, totango = a_world()
    promises = (
        "Feeds live | 2026-04-01 | delivery | ann.lee@harbor.example\nWeekly call | | call | bo.dahl@harbor.example"
    )
    world.crm.win(a_deal(source={"Commitments__c": promises}))

    world.until_quiet(after=60)

    (touchpoint,) = totango.rows("touchpoints")
    lines = touchpoint["content"].splitlines()
    first = lines.index("WHAT WE PROMISED") + 1
    assert [line.partition(",")[0].partition(" (")[0] for line in lines[first : first + 3]] == [
        "- Feeds live",
        "- Weekly call",
        "Go-live: 4 May 2026.",
    ]


def test_a_second_pass_sends_nothing():
    world, totango = a_world()
    world.crm.win(a_deal())
    world.until_quiet(after=60)
    before = totango.asked.copy()

    world.run()

    assert totango.asked - before == {}


def test_an_account_that_has_moved_on_is_not_pulled_back():
    world, totango = a_world()
    totango.load(accounts=[{"id": ACCOUNT, "name": "Nordwind", "attributes": {"Onboarding Stage": "Training/UAT"}}])
    world.crm.win(a_deal())

    world.until_quiet(after=60)

    (account,) = totango.rows("accounts")
    assert account["attributes"]["Onboarding Stage"] == "Training/UAT"
    assert account["name"] == "Nordwind"


@pytest.mark.parametrize("lag", [0, 5, 120])
@pytest.mark.parametrize("path", [TOUCHPOINTS, TASKS, "/int-hub/api/v1/accounts"])
def test_a_lost_answer_makes_nothing_twice(lag, path):
    world, totango = a_world(switches={"index_lag_seconds": lag, "hub_delay_seconds": lag})
    world.crm.win(a_deal())
    totango.lose = path

    report = world.until_quiet(after=130)

    assert report.balance.done == 1
    assert len(totango.rows("touchpoints")) == 1
    assert len([task for task in totango.rows("tasks") if "[ref hb:" in task["title"]]) == 1


def test_the_calls_of_many_deals_are_within_a_tenth_of_the_floor():
    world, totango = a_world(switches={"hub_limit": "own"})
    number, accounts, tasks = 250, 200, 1
    for deal in deals(number, accounts):
        world.crm.win(deal)

    world.until_quiet(after=60)

    floor = number * (1 + tasks) + ceil(accounts / 100) + 2 * ceil(number / 100)
    calls = sum(totango.asked.values())
    assert len(totango.rows("touchpoints")) == number
    assert calls <= floor * 1.1, dict(totango.asked)
    assert totango.answered[429] == 0


def test_the_census_counts_each_record_once():
    world, _ = a_world()
    world.crm.win(a_deal())
    world.until_quiet(after=60)

    counted = [one for page in world.bridge.platform.census() for one in page]

    kinds = sorted((one.kind, one.key.rpartition(".")[2]) for one in counted)
    assert kinds == [
        ("account", "account"),
        ("collection", "deal_row"),
        ("collection", "deal_row_done"),
        ("enrolment", "enrolment"),
        ("task", "kickoff_task"),
        ("touchpoint", "brief"),
    ]
    steps = world.ledger.steps(one.key for one in counted)
    assert {one.key: one.ref for one in counted} == {key: row.remote_id for key, row in steps.items()}


def test_a_deal_that_changes_is_told_in_a_touchpoint_of_plain_lines():
    world, totango = a_world()
    world.crm.win(a_deal())
    world.until_quiet(after=60)
    world.crm.edit(DEAL, source={"Success_Metric__c": "Berths & ports"})

    world.until_quiet(after=60)

    _, note = sorted(totango.rows("touchpoints"), key=lambda one: one["id"])
    assert note["content"].startswith("How they will judge us: Berth delay report → Berths & ports\n\n[ref hb:")


def test_what_is_found_after_it_was_put_is_found_by_its_key():
    world, totango = a_world(switches={"index_lag_seconds": 0, "hub_delay_seconds": 0})
    totango.load(accounts=[{"id": ACCOUNT, "name": "Nordwind"}])
    task = step("task", {"account_id": ACCOUNT, "title": "Kick off", "activity_type_id": "Onboarding"})

    (made,) = world.bridge.platform.put([task])
    ((there,),) = world.bridge.platform.find([task]).values()

    assert (made.result, there.ref, there.closed) == (Result.CREATED, made.ref, False)


def test_a_reading_connector_finds_nothing_to_refuse_in_a_look():
    world, totango = a_world()

    reading = platform(totango, read_only=True)

    assert reading.customers([ACCOUNT]) == {}
    assert [one for page in reading.census() for one in page] == []
    assert world.crm.receipts == []


@pytest.mark.parametrize("kind", ["touchpoint", "task", "play"])
def test_an_account_that_is_gone_stops_nothing_but_its_own_work(kind):
    totango = StandIn(FakeClock(), unknown_record=404, unknown_account_reads="refused", play_checks="account_first")
    totango.load(accounts=[{"id": ACCOUNT, "name": "Nordwind"}])
    about = {"account_id": "gone", "accountId": "gone", "successplayId": "p", "content": "Sold", "title": "Kick off"}
    about |= {"activity_type_id": "onboarding"}
    gone = step(kind, about, name="gone")
    there = step("task", {**about, "account_id": ACCOUNT}, name="there")

    (waits,) = platform(totango).put([gone])
    found = platform(totango).find([gone])
    (made,) = platform(totango).put([there])

    assert (waits.result, found, made.result) == (Result.WAITING, {}, Result.CREATED)


@pytest.mark.parametrize("lag", [0, 5])
def test_an_account_that_a_play_moves_on_at_once_is_enrolled(lag):
    world, totango = a_world(switches={"index_lag_seconds": lag, "hub_delay_seconds": lag})
    play = next(one for one in totango.rows("plays") if one["name"] == "Kick-off Prep")
    totango.load(plays=[{**play, "sets": {"Onboarding Stage": "Business Discovery"}}])
    world.crm.win(a_deal())

    report = world.until_quiet(after=60)

    (account,) = totango.rows("accounts")
    assert [one["stage"] for one in account["lifecycle"]] == ["Kick Off", "Business Discovery"]
    assert report.balance.done == 1


def test_accounts_and_rows_are_found_by_whichever_term_names_ids():
    world, totango = a_world(switches={"id_term": "account_id"}, id_term="account_id")
    world.crm.win(a_deal())

    report = world.until_quiet(after=60)

    assert (report.balance.done, len(totango.rows("collections"))) == (1, 1)
