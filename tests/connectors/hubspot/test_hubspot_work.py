"""Tasks and notes on HubSpot's deals: made once, found by their key, and each end its own."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors._hubspot_work import LONGEST_BODY, Work
from handoff.errors import BridgeBug
from handoff.keys import step_key
from handoff.model import DealRef, How, Result, Scope, Step
from handoff.ports import Identity
from sandbox.hubspot import HubspotEngine
from tests.connectors.hubspot.fake_portal import FakePortal, Reply, hubspot_over, invalid, multi, refusal, wire_to
from tests.connectors.hubspot.sandbox_portal import SandboxPortal
from tests.connectors.hubspot.test_hubspot_sandbox import AT, over
from tests.fakes import FakeClock
from tests.sandbox.hubspot.hubspot_portal import ACME, BIRCH, LEE, RAE, contents

TASK = {"subject": "Kickoff", "body": "<p>Hold it.</p>", "due": date(2026, 11, 27), "owner": RAE, "priority": "HIGH"}
NOTE = {"body": "<p>Sold 50 seats.</p>"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(AT)


@pytest.fixture
def portal(clock: FakeClock) -> SandboxPortal:
    engine = HubspotEngine(portal_id=123, real_now=lambda: AT)
    engine.load(contents(), AT)
    return SandboxPortal(engine, clock)


@pytest.fixture
def work(portal: SandboxPortal) -> Work:
    return over(portal).work()


def step(deal: str = ACME, kind: str = "task", name: str = "kickoff", **more: Any) -> Step:
    ref = DealRef("main", "hubspot", "123", deal)
    payload = more.pop("payload", TASK if kind == "task" else NOTE)
    return Step(step_key(ref, 1, "main", name), name, kind, Scope.DEAL, ref, payload, **more)


def scripted(clock: FakeClock) -> tuple[FakePortal, Work]:
    portal = FakePortal(clock)
    return portal, hubspot_over(wire_to(portal, clock)).work()


def test_tasks_and_notes_can_be_looked_up_and_are_made_in_batches(work: Work) -> None:
    assert {able.identity for able in work.kinds.values()} == {Identity.FINDABLE}
    assert work.calls([step(str(one)) for one in range(1, 202)]) == 3


def test_what_was_made_is_on_its_deal_and_found_by_its_key_alone(work: Work, portal: SandboxPortal) -> None:
    steps = [step(ACME), step(BIRCH), step(ACME, name="check-in")]

    made = work.put(steps)

    assert [one.result for one in made] == [Result.CREATED] * 3
    found = work.find([*steps, step(BIRCH, name="check-in")])
    assert {key: [one.ref for one in some] for key, some in found.items()} == {one.key: [one.ref] for one in made}
    (kickoff,) = found[steps[0].key]
    assert (kickoff.how, kickoff.label, kickoff.closed) == (How.KEY, "Kickoff", False)
    assert kickoff.holds == TASK


def test_a_note_is_made_and_found_likewise(work: Work) -> None:
    note = step(kind="note", name="brief")

    (made,) = work.put([note])

    ((found,),) = work.find([note]).values()
    assert (made.result, found.ref, found.holds) == (Result.CREATED, made.ref, NOTE)


def test_two_records_with_one_key_are_both_told(work: Work) -> None:
    work.put([step()])
    work.put([step()])

    assert len(work.find([step()])[step().key]) == 2


def test_a_change_keeps_the_key_and_is_read_back(work: Work, portal: SandboxPortal) -> None:
    (made,) = work.put([step()])
    change = step(ref=made.ref, payload={"subject": "Kick-off", "body": "<p>Now.</p>"})

    (outcome,) = work.put([change])

    held = work.read([change])[change.key]
    assert (outcome.result, held.values) == (Result.UPDATED, {"subject": "Kick-off", "body": "<p>Now.</p>"})
    assert change.key in work.find([change])


def test_a_closed_task_is_told_as_closed_and_a_deleted_one_is_gone(work: Work, portal: SandboxPortal) -> None:
    first, second = (one.ref for one in work.put([step(ACME), step(BIRCH)]))
    portal.load(tasks=[{"id": first, "hs_task_status": "COMPLETED"}, {"id": second, "_deleted": True}])

    held = work.read([step(ACME, ref=first), step(BIRCH, ref=second)])

    assert [one.closed for one in held.values()] == [True]
    assert set(work.deleted("task", [str(first), str(second)])) == {second}


def test_a_census_yields_what_carries_a_key_of_ours(work: Work, portal: SandboxPortal) -> None:
    made = work.put([step(ACME)]) + work.put([step(ACME, kind="note", name="brief")])

    counted = [one for page in work.census() for one in page]

    assert {(one.key, one.kind, one.ref, one.of) for one in counted} == {
        (made[0].key, "task", made[0].ref, ACME),
        (made[1].key, "note", made[1].ref, ACME),
    }
    assert [one for page in work.census(AT + timedelta(days=1)) for one in page] == []


def test_owners_are_the_people_deactivated_ones_are_inactive(work: Work) -> None:
    people = work.people(["Rae.Rep@harbor.example", "lee.left@harbor.example", "nobody@harbor.example"])

    assert {email: (one.id, one.active) for email, one in people.items()} == {
        "rae.rep@harbor.example": (RAE, True),
        "lee.left@harbor.example": (LEE, False),
    }


def test_one_bad_task_leaves_the_others_made(work: Work, portal: SandboxPortal) -> None:
    bad = step(BIRCH, payload={**TASK, "priority": "SOON"})

    outcomes = work.put([step(ACME), bad, step(ACME, name="check-in")])

    assert [one.result for one in outcomes] == [Result.CREATED, Result.REJECTED, Result.CREATED]
    assert len(work.find([step(ACME), bad, step(ACME, name="check-in")])) == 2


def test_a_refused_batch_is_halved_until_the_culprit_stands_alone(clock: FakeClock) -> None:
    portal, work = scripted(clock)

    def judge(call: Any) -> Reply:
        sent = call.body["inputs"]
        if any(one["properties"]["hs_task_subject"] == "bad" for one in sent):
            return refusal("VALIDATION_ERROR", invalid("hs_task_subject"))
        return multi(
            [{"id": str(n), "objectWriteTraceId": one["objectWriteTraceId"]} for n, one in enumerate(sent)], []
        )

    portal.queue("make", *[judge] * 9)

    outcomes = work.put([step(str(n), payload={"subject": "bad" if n == 3 else "good"}) for n in range(1, 5)])

    assert [one.result is Result.CREATED for one in outcomes] == [True, True, False, True]


@pytest.mark.parametrize("answer", [Reply(502, "<html>"), httpx.ReadTimeout("late"), Reply(201, "{"), multi([], [])])
def test_an_end_that_nobody_saw_is_unknown_and_not_repeated(answer: Any, clock: FakeClock) -> None:
    portal, work = scripted(clock)
    portal.queue("make", answer)

    (outcome,) = work.put([step()])

    assert (outcome.result, portal.count("make")) == (Result.UNKNOWN, 1)


def test_an_intent_is_told_before_each_call_and_what_it_refuses_is_not_sent(clock: FakeClock) -> None:
    portal, work = scripted(clock)

    def refuse(steps: Sequence[Step]) -> None:
        raise BridgeBug("no")

    with pytest.raises(BridgeBug):
        work.put([step()], refuse)

    assert portal.count("make") == 0


def test_a_body_that_is_too_long_still_carries_its_key(clock: FakeClock) -> None:
    portal, work = scripted(clock)
    portal.queue("make", multi([], []))

    work.put([step(kind="note", payload={"body": "x" * 70_000, "at": datetime(2026, 3, 10, tzinfo=UTC)})])

    (sent,) = portal.of("make")[0].body["inputs"]
    body = sent["properties"]["hs_note_body"]
    assert (len(body), body.endswith(f"{step().key}</p>")) == (LONGEST_BODY, True)
    assert sent["associations"][0]["types"][0]["associationTypeId"] == 214
