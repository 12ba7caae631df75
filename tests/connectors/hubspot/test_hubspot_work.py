"""Tasks and notes on HubSpot's deals: made once, found by their key, and each end its own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors._hubspot_settings import HubSpotSettings
from connectors._hubspot_work import Work
from connectors._hubspot_work_records import LONGEST_BODY
from handoff.errors import BridgeBug, Transient
from handoff.inspection import Addressed, ExpectedField, ExpectedOfPlatform, ExpectedStep, State
from handoff.keys import step_key
from handoff.model import DealRef, How, Result, Scope, Step
from handoff.ports import Identity
from sandbox.hubspot import HubspotEngine
from sandbox.wire import PLAIN, Refusal, Twist
from tests.connectors.hubspot.fake_portal import (
    FakePortal,
    Reply,
    hubspot_over,
    invalid,
    multi,
    number,
    refusal,
    wire_to,
    without,
    won_deal,
)
from tests.connectors.hubspot.sandbox_portal import SandboxPortal
from tests.connectors.hubspot.test_hubspot_sandbox import AT, ONCE, over
from tests.fakes import FakeClock
from tests.sandbox.hubspot.hubspot_portal import ACME, BIRCH, LEE, RAE, contents

TASK = {"subject": "Kickoff", "body": "<p>Hold it.</p>", "due": date(2026, 11, 27), "owner": RAE, "priority": "High"}
NOTE = {"subject": "Handoff: Müller & Söhne", "body": "<p>Sold 50 seats.</p>"}


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
    return over(portal).work("main")


def step(deal: str = ACME, kind: str = "task", name: str = "kickoff", **more: Any) -> Step:
    ref = DealRef("main", "hubspot", "123", deal)
    payload = more.pop("payload", TASK if kind == "task" else NOTE)
    return Step(step_key(ref, 1, "main", name), name, kind, Scope.DEAL, ref, payload, **more)


def scripted(clock: FakeClock) -> tuple[FakePortal, Work]:
    portal = FakePortal(clock)
    return portal, hubspot_over(wire_to(portal, clock)).work("main")


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


def test_a_deal_that_is_gone_has_nothing_to_find_and_hides_nothing_of_others(work: Work, portal: SandboxPortal) -> None:
    work.put([step(ACME), step(BIRCH)])
    portal.load(deals=[{"id": BIRCH, "_deleted": True}])

    assert work.find([step(ACME), step(BIRCH), step("99")]).keys() == {step(ACME).key}


@pytest.mark.parametrize("way", ["resolved", "error"])
def test_what_was_made_for_a_deal_is_found_at_the_deal_that_it_was_merged_into(
    way: str, work: Work, portal: SandboxPortal
) -> None:
    portal.engine.tenant({"ties_of_merged": way})
    work.put([step(ACME), step(BIRCH)])
    portal.load(deals=[{"id": BIRCH, "_merged_into": ACME}])

    assert work.find([step(ACME), step(BIRCH)]).keys() == {step(ACME).key, step(BIRCH).key}


@pytest.mark.parametrize("category", ["INTERNAL_ERROR", "OBJECT_NOT_FOUND"])
def test_a_look_up_that_failed_of_a_deal_that_is_there_never_reads_as_nothing(category: str, clock: FakeClock) -> None:
    portal, work = scripted(clock)
    portal.win(won_deal(1), won_deal(2))
    entry = {"status": "error", "category": category, "context": {"fromObjectId": [number(2)]}}
    portal.queue("ties", multi([], [without(number(1)), entry]))

    with pytest.raises(Transient, match="what belongs to some deals"):
        work.find([step(number(1)), step(number(2))])


def test_a_note_is_made_and_found_likewise(work: Work) -> None:
    note = step(kind="note", name="brief")

    (made,) = work.put([note])

    ((found,),) = work.find([note]).values()
    assert (made.result, found.ref, found.holds) == (Result.CREATED, made.ref, NOTE)


def test_a_subject_is_the_first_paragraph_of_a_note_and_a_priority_is_one_of_hubspot_s(
    work: Work, portal: SandboxPortal
) -> None:
    work.put([step(kind="note", name="brief")])
    work.put([step(name=one, payload={"subject": one, "priority": one}) for one in ("High", "Normal", "Low")])

    (note,) = (row for row in portal.engine.state_of("notes") if "Müller" in row["hs_note_body"])
    assert note["hs_note_body"].startswith(
        "<p><strong>Handoff: Müller &amp; Söhne</strong></p><p>Sold 50 seats.</p><p>hb:"
    )
    told = {row["hs_task_subject"]: row.get("hs_task_priority") for row in portal.engine.state_of("tasks")}
    assert {"High": "HIGH", "Normal": "MEDIUM", "Low": "LOW"}.items() <= told.items()


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Auckland"])
def test_a_task_is_due_on_its_day_where_the_portal_is(zone: str, portal: SandboxPortal) -> None:
    work = over(portal, zone=zone).work("main")

    work.put([step()])

    (due,) = (row["hs_timestamp"] for row in portal.engine.state_of("tasks") if row["hs_task_subject"] == "Kickoff")
    assert datetime.fromisoformat(due).astimezone(ZoneInfo(zone)).isoformat()[:16] == "2026-11-27T09:00"
    ((found,),) = work.find([step()]).values()
    assert found.holds["due"] == TASK["due"]


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


@pytest.mark.parametrize("word", ["subject", "body"])
def test_a_change_of_a_part_of_a_note_keeps_the_other_part(word: str, work: Work, portal: SandboxPortal) -> None:
    (made,) = work.put([step(kind="note", name="brief")])
    change = step(kind="note", name="brief", ref=made.ref, payload={word: "Changed"})
    asked = len(portal.asked)

    foretold = work.calls([change])
    work.put([change])

    assert len(portal.asked) - asked == foretold == 2
    ((found,),) = work.find([step(kind="note", name="brief", payload=NOTE | {word: "Changed"})]).values()
    assert found.holds == NOTE | {word: "Changed"}


def test_a_record_that_a_person_named_gets_the_key_and_keeps_its_text(work: Work, portal: SandboxPortal) -> None:
    (made,) = work.put([step(name="by-hand")])
    theirs = step(ref=made.ref, payload={"subject": "Kick-off"}, plants=True)
    portal.load(tasks=[{"id": str(made.ref), "hs_task_body": "Mine."}])

    work.put([theirs])

    ((found,),) = work.find([step(payload={"subject": "", "body": ""})]).values()
    assert (found.ref, found.holds) == (made.ref, {"subject": "Kick-off", "body": "Mine."})


def test_what_a_person_wrote_is_told_and_what_only_hubspot_wrote_otherwise_is_ours(
    work: Work, portal: SandboxPortal
) -> None:
    ours, theirs = work.put([step(ACME), step(BIRCH)])
    portal.load(
        tasks=[
            {"id": str(ours.ref), "hs_task_body": f"<div><p> Hold it. </p>\n</div><p>{step(ACME).key}</p>"},
            {"id": str(theirs.ref), "hs_task_body": "<p>Mine.</p>", "hs_task_priority": "NONE"},
        ]
    )

    held = work.read([step(ACME, ref=ours.ref), step(BIRCH, ref=theirs.ref)])

    assert held[step(ACME).key].values == TASK
    assert held[step(BIRCH).key].values == TASK | {"body": "<p>Mine.</p>", "priority": "NONE"}


def test_a_closed_task_is_told_as_closed_and_a_deleted_one_is_gone(work: Work, portal: SandboxPortal) -> None:
    first, second = (one.ref for one in work.put([step(ACME), step(BIRCH)]))
    portal.load(tasks=[{"id": first, "hs_task_status": "COMPLETED"}, {"id": second, "_deleted": True}])

    held = work.read([step(ACME, ref=first), step(BIRCH, ref=second)])

    assert [one.closed for one in held.values()] == [True]
    assert set(work.deleted([str(first), str(second)])) == {second}


def test_a_census_yields_what_carries_a_key_of_ours(work: Work, portal: SandboxPortal) -> None:
    made = work.put([step(ACME)]) + work.put([step(ACME, kind="note", name="brief")])

    counted = [one for page in work.census() for one in page]

    assert {(one.key, one.kind, one.ref, one.of) for one in counted} == {
        (made[0].key, "task", made[0].ref, ACME),
        (made[1].key, "note", made[1].ref, ACME),
    }
    assert [one for page in work.census(AT + timedelta(days=1)) for one in page] == []


@pytest.mark.parametrize(("most", "asked"), [(3, "GET"), (2, "POST")])
def test_a_census_lists_a_few_tasks_and_looks_among_many_for_those_with_a_key(
    most: int, asked: str, portal: SandboxPortal, clock: FakeClock
) -> None:
    work = over(portal, replace(ONCE, list_work_up_to=most)).work("main")
    made = work.put([step(ACME), step(BIRCH)])
    assert len(portal.engine.state_of("tasks")) == 3
    clock.advance(60)
    del portal.asked[:]

    counted = [one.ref for page in work.census() for one in page]

    assert sorted(counted) == sorted(str(one.ref) for one in made)
    assert [one for one, path in portal.asked if "tasks" in path][1] == asked
    del portal.asked[:]
    assert [one for page in work.census(clock.now()) for one in page] == []
    assert [path for _, path in portal.asked if path.endswith("tasks/batch/read")] == []


def test_owners_are_the_people_deactivated_ones_are_inactive(work: Work) -> None:
    people = work.people(["Rae.Rep@harbor.example", "lee.left@harbor.example", "nobody@harbor.example"])

    assert {email: (one.id, one.active) for email, one in people.items()} == {
        "rae.rep@harbor.example": (RAE, True),
        "lee.left@harbor.example": (LEE, False),
    }


def test_owners_are_read_once_and_again_only_for_an_address_that_was_not_asked_for(
    work: Work, portal: SandboxPortal
) -> None:
    work.people(["rae.rep@harbor.example", "nobody@harbor.example"])
    asked = len(portal.asked)

    again = work.people(["Rae.Rep@harbor.example", "nobody@harbor.example", "lee.left@harbor.example"])

    assert (again.keys(), len(portal.asked)) == ({"rae.rep@harbor.example", "lee.left@harbor.example"}, asked)
    work.people(["somebody@harbor.example"])
    assert len(portal.asked) > asked


def test_one_bad_task_leaves_the_others_made(work: Work, portal: SandboxPortal) -> None:
    bad = step(BIRCH, payload={**TASK, "priority": "SOON"})

    outcomes = work.put([step(ACME), bad, step(ACME, name="check-in")])

    assert [one.result for one in outcomes] == [Result.CREATED, Result.REJECTED, Result.CREATED]
    assert len(work.find([step(ACME), bad, step(ACME, name="check-in")])) == 2


@pytest.mark.parametrize("status", [400, 404, 409])
def test_a_refused_batch_is_halved_until_the_culprit_stands_alone(status: int, clock: FakeClock) -> None:
    portal, work = scripted(clock)

    def judge(call: Any) -> Reply:
        sent = call.body["inputs"]
        if any(one["properties"]["hs_task_subject"] == "bad" for one in sent):
            return refusal("VALIDATION_ERROR", invalid("hs_task_subject"), status)
        return multi(
            [{"id": str(n), "objectWriteTraceId": one["objectWriteTraceId"]} for n, one in enumerate(sent)], []
        )

    portal.queue("make", *[judge] * 9)

    outcomes = work.put([step(str(n), payload={"subject": "bad" if n == 3 else "good"}) for n in range(1, 5)])

    assert [one.result is Result.CREATED for one in outcomes] == [True, True, False, True]


@pytest.mark.parametrize("ref", [None, "77"])
@pytest.mark.parametrize("category", ["LOCKED", "RATE_LIMITS", "INTERNAL_ERROR"])
def test_a_step_that_a_207_refuses_for_now_waits_and_goes_on_by_itself(
    category: str, ref: str | None, clock: FakeClock
) -> None:
    portal, work = scripted(clock)
    entry = {"status": "error", "category": category, "context": {"objectWriteTraceId": ["s0"]}}
    portal.queue("write" if ref else "make", multi([], [entry]))

    (outcome,) = work.put([step(ref=ref)])

    in_doubt = category == "INTERNAL_ERROR" and ref is None  # it may be there all the same
    assert (outcome.result, outcome.ref) == (Result.UNKNOWN if in_doubt else Result.WAITING, ref)
    assert category in outcome.reason


@pytest.mark.parametrize("code", ["", "LOCKED", "INTERNAL_ERROR"])
def test_a_locked_record_in_a_207_leaves_the_others_made_and_is_made_later(
    code: str, work: Work, portal: SandboxPortal
) -> None:
    steps = [step(ACME), step(BIRCH), step(ACME, name="check-in")]
    portal.twist = Twist(refuses=lambda place, record: Refusal(code, passing=True) if place == 1 else None)

    first = work.put(steps)
    portal.twist = PLAIN
    again = work.put([steps[1]])

    end = Result.UNKNOWN if code == "INTERNAL_ERROR" else Result.WAITING
    assert [one.result for one in first] == [Result.CREATED, end, Result.CREATED]
    assert [one.result for one in again] == [Result.CREATED]
    assert {key: len(some) for key, some in work.find(steps).items()} == {one.key: 1 for one in steps}


@pytest.mark.parametrize("answer", [Reply(502, "<html>"), httpx.ReadTimeout("late"), Reply(201, "{"), multi([], [])])
def test_an_end_that_nobody_saw_is_unknown_and_not_repeated(answer: Any, clock: FakeClock) -> None:
    portal, work = scripted(clock)
    portal.queue("make", answer)

    (outcome,) = work.put([step()])

    assert (outcome.result, portal.count("make")) == (Result.UNKNOWN, 1)


def test_what_was_made_before_access_was_lost_is_told_and_the_rest_waits(clock: FakeClock) -> None:
    portal = FakePortal(clock)
    work = hubspot_over(wire_to(portal, clock, settings=HubSpotSettings(write_size=1))).work("main")
    portal.queue(
        "make", multi([{"id": "1", "objectWriteTraceId": "s0"}], []), Reply(403, {"category": "MISSING_SCOPES"})
    )

    outcomes = work.put([step(str(n)) for n in (1, 2, 3)])

    assert [one.result for one in outcomes] == [Result.CREATED, Result.WAITING, Result.WAITING]
    assert portal.count("make") == 2


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


# A look before anything is sent


def looked_at(portal: SandboxPortal, *people: str) -> dict[str, list[str]]:
    fields = tuple(ExpectedField(name, "crm.yml:7") for name in TASK)
    steps = (ExpectedStep("kickoff", "task", fields), ExpectedStep("brief", "note", ()))
    wanted = ExpectedOfPlatform(steps, tuple(Addressed(one, ("csm in people.yml",)) for one in people))
    checks = over(portal, read_only=True).work("main").inspect(wanted)
    return {check.name: [finding.what for finding in check.findings] for check in checks}


def test_a_portal_whose_tasks_and_notes_are_as_they_must_be_gives_no_finding(portal: SandboxPortal) -> None:
    assert looked_at(portal, "rae.rep@harbor.example") == {"properties of tasks and notes": [], "people of tasks": []}
    assert not portal.wrote


def test_whoever_is_no_owner_or_left_and_what_cannot_be_written_is_found(portal: SandboxPortal) -> None:
    portal.engine.withhold({"tasks.hs_task_priority": "sight", "notes.hs_note_body": "write"})

    found = looked_at(portal, "lee.left@harbor.example", "nobody@harbor.example")

    assert found == {
        "properties of tasks and notes": [
            "The property hs_task_priority of tasks is missing or hidden.",
            "The property hs_note_body of notes is read-only.",
        ],
        "people of tasks": [
            "lee.left@harbor.example (csm in people.yml) is a deactivated owner of HubSpot.",
            "nobody@harbor.example (csm in people.yml) is no owner in HubSpot.",
        ],
    }


def test_a_key_that_is_refused_is_one_finding_for_an_admin_of_hubspot(clock: FakeClock) -> None:
    portal, work = scripted(clock)
    portal.queue("details", Reply(401, {"category": "INVALID_AUTHENTICATION"}))

    credentials, *others = work.inspect(ExpectedOfPlatform())

    assert [one.who for one in credentials.findings] == ["a HubSpot admin"]
    assert {one.state for one in others} == {State.NOT_CHECKED}
