"""What is written back to HubSpot is told apart by its id, and a silent no is noticed."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.hubspot import HubSpot
from handoff.errors import BridgeBug
from handoff.model import Result
from tests.connectors.hubspot.fake_portal import (
    FakePortal,
    Reply,
    hubspot_over,
    invalid,
    multi,
    not_found,
    number,
    receipt,
    refusal,
    wire_to,
    won_deal,
)
from tests.fakes import FakeClock

FIELDS = ("handoff_status", "handoff_missing", "handoff_completeness", "handoff_delivered_at")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def portal(clock: FakeClock) -> FakePortal:
    made = FakePortal(clock)
    made.win(*(won_deal(one) for one in range(1, 251)))
    return made


@pytest.fixture
def crm(portal: FakePortal, clock: FakeClock) -> HubSpot:
    return hubspot_over(wire_to(portal, clock), write_fields=FIELDS)


def held(portal: FakePortal, one: int) -> dict[str, Any]:
    properties: dict[str, Any] = portal.records["deals"][number(one)]["properties"]
    return properties


def inputs(portal: FakePortal) -> list[list[str]]:
    return [[one["id"] for one in call.body["inputs"]] for call in portal.of("write")]


def test_values_are_written_as_their_properties_take_them(crm: HubSpot, portal: FakePortal) -> None:
    (outcome,) = crm.write_back(
        [
            receipt(
                handoff_status="Handed off",
                handoff_missing="Go-live\nChampion ",
                handoff_completeness=Decimal("66.70"),
                handoff_delivered_at=datetime(2026, 3, 10, 12, 0, 0, 5_000, tzinfo=UTC),
            )
        ]
    )

    assert (outcome.result, outcome.ref) == (Result.UPDATED, number(1))
    assert {name: held(portal, 1)[name] for name in FIELDS} == {
        "handoff_status": "Handed off",
        "handoff_missing": "Go-live\nChampion ",
        "handoff_completeness": "66.7",
        "handoff_delivered_at": "2026-03-10T12:00:00.005Z",
    }


def test_nothing_clears_a_property(crm: HubSpot, portal: FakePortal) -> None:
    held(portal, 1)["handoff_missing"] = "Champion"

    (outcome,) = crm.write_back([receipt(handoff_missing=None)])

    assert outcome.result is Result.UPDATED
    assert portal.of("write")[0].body["inputs"][0]["properties"] == {"handoff_missing": ""}
    assert held(portal, 1)["handoff_missing"] is None


def test_receipts_go_100_a_call_each_with_a_trace_of_its_own(crm: HubSpot, portal: FakePortal) -> None:
    outcomes = crm.write_back([receipt(one) for one in range(1, 251)])

    assert [outcome.ref for outcome in outcomes] == [number(one) for one in range(1, 251)]
    assert [len(some) for some in inputs(portal)] == [100, 100, 50]
    traces = [one["objectWriteTraceId"] for call in portal.of("write") for one in call.body["inputs"]]
    assert len(set(traces)) == 250


def test_two_receipts_of_one_deal_never_share_a_call(crm: HubSpot, portal: FakePortal) -> None:
    crm.write_back([receipt(1, key="a", handoff_missing="a"), receipt(1, key="b", handoff_missing="b"), receipt(2)])

    assert inputs(portal) == [[number(1), number(2)], [number(1)]]
    assert held(portal, 1)["handoff_missing"] == "b"


def test_each_outcome_is_of_its_own_deal_though_the_answer_is_in_another_order(
    crm: HubSpot, portal: FakePortal
) -> None:
    error = {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": invalid("handoff_status"),
        "context": {"objectWriteTraceId": ["r1"]},
    }
    good = [{"id": number(one), "properties": {"handoff_status": "Handed off"}} for one in (3, 1)]
    portal.queue("write", multi(good, [error]))

    outcomes = crm.write_back([receipt(one) for one in (1, 2, 3)])

    assert [outcome.result for outcome in outcomes] == [Result.UPDATED, Result.REJECTED, Result.UPDATED]
    assert "INVALID_OPTION on handoff_status" in outcomes[1].reason
    assert "secret" not in outcomes[1].reason


def test_a_deal_that_is_gone_is_refused_alone(crm: HubSpot, portal: FakePortal) -> None:
    outcomes = crm.write_back([receipt(1), receipt(999)])

    assert [outcome.result for outcome in outcomes] == [Result.UPDATED, Result.REJECTED]
    assert "gone or was merged" in outcomes[1].reason


def test_one_bad_value_that_sinks_the_whole_call_is_found_by_halving(crm: HubSpot, portal: FakePortal) -> None:
    def judge(call: Any) -> Reply:
        if any(one["id"] == number(6) for one in call.body["inputs"]):
            return refusal("VALIDATION_ERROR", invalid("handoff_status"))
        return portal._standing(call)

    portal.queue("write", *[judge] * 20)

    outcomes = crm.write_back([receipt(one) for one in range(1, 9)])

    assert [one.key for one in outcomes if one.result is not Result.UPDATED] == ["receipt-6"]
    assert outcomes[5].result is Result.REJECTED
    assert len(inputs(portal)) == 7


def test_a_mistake_in_every_record_does_not_cost_a_call_for_each(crm: HubSpot, portal: FakePortal) -> None:
    portal.queue("write", *[refusal("VALIDATION_ERROR", invalid("handoff_status"))] * 200)

    outcomes = crm.write_back([receipt(one) for one in range(1, 101)])

    assert {outcome.result for outcome in outcomes} == {Result.REJECTED}
    assert portal.count("write") <= 41


def test_a_yes_that_changed_nothing_is_noticed_and_waits(crm: HubSpot, portal: FakePortal) -> None:
    portal.queue("write", multi([], []))

    (outcome,) = crm.write_back([receipt()])

    assert (outcome.result, portal.count("read")) == (Result.WAITING, 1)


def test_a_yes_that_shows_another_value_is_noticed_and_waits(crm: HubSpot, portal: FakePortal) -> None:
    held(portal, 1)["handoff_status"] = "Excluded"
    portal.queue("write", multi([{"id": number(1), "properties": {"handoff_status": "Excluded"}}], []))

    (outcome,) = crm.write_back([receipt()])

    assert (outcome.result, "does not hold" in outcome.reason) == (Result.WAITING, True)


def test_an_answer_that_leaves_a_deal_out_is_believed_when_the_deal_holds_it(crm: HubSpot, portal: FakePortal) -> None:
    def silent(call: Any) -> Reply:
        portal._standing(call)
        return multi([], [])

    portal.queue("write", silent)

    (outcome,) = crm.write_back([receipt()])

    assert outcome.result is Result.UPDATED


def test_a_deal_that_was_merged_away_meanwhile_is_refused(crm: HubSpot, portal: FakePortal) -> None:
    portal.silent, portal.merged = {number(1)}, {number(1): number(2)}
    portal.queue("write", multi([], []))

    (outcome,) = crm.write_back([receipt()])

    assert (outcome.result, "merged" in outcome.reason) == (Result.REJECTED, True)


def test_what_cannot_be_written_is_refused_before_it_is_sent(crm: HubSpot, portal: FakePortal) -> None:
    outcomes = crm.write_back([receipt(1, hs_is_closed_won=True), receipt(2, nowhere="x"), receipt(3)])

    assert [outcome.result for outcome in outcomes] == [Result.REJECTED, Result.REJECTED, Result.UPDATED]
    assert "hs_is_closed_won is read-only" in outcomes[0].reason
    assert "nowhere is missing" in outcomes[1].reason
    assert inputs(portal) == [[number(3)]]


def test_what_was_not_sent_waits_for_the_next_run(crm: HubSpot, portal: FakePortal) -> None:
    portal.queue("write", *[Reply(502, "<html>")] * 8)

    outcomes = crm.write_back([receipt(one) for one in range(1, 151)])

    assert {outcome.result for outcome in outcomes} == {Result.WAITING}
    assert portal.count("write") == 4


def test_an_error_of_one_input_that_passes_waits(crm: HubSpot, portal: FakePortal) -> None:
    portal.queue("write", multi([], [{"category": "RATE_LIMITS", "context": {"ids": [number(1)]}}]))

    (outcome,) = crm.write_back([receipt()])

    assert outcome.result is Result.WAITING


def test_a_reading_command_writes_nothing(portal: FakePortal, clock: FakeClock) -> None:
    crm = hubspot_over(wire_to(portal, clock, read_only=True), write_fields=FIELDS)

    with pytest.raises(BridgeBug):
        crm.write_back([receipt()])

    assert portal.count("write") == 0


def test_the_write_back_s_own_trouble_is_told_by_property(portal: FakePortal, clock: FakeClock) -> None:
    crm = hubspot_over(wire_to(portal, clock), write_fields=("handoff_status", "hs_is_closed_won", "nowhere"))

    assert set(crm.unwritable()) == {"hs_is_closed_won", "nowhere"}


def test_errors_that_name_ids_are_of_those_ids(crm: HubSpot, portal: FakePortal) -> None:
    portal.queue(
        "write", multi([{"id": number(1), "properties": {"handoff_status": "Handed off"}}], [not_found(["9"])])
    )

    assert [one.result for one in crm.write_back([receipt(1)])] == [Result.UPDATED]
