"""What the contract says of one deal."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.model import Gap
from handoff.policy import Times
from handoff.routing import receivers
from tests.handoff.builders import (
    BEN,
    CLEO,
    CONTRACT,
    MAYA,
    NOON,
    PRIYA,
    TOMAS,
    WON,
    a_deal,
    a_handoff,
    mappings_in,
    users,
)


@pytest.mark.parametrize(
    ("amount", "segment"),
    [(100_000, "enterprise"), (99_999, "mid_market"), (20_000, "mid_market"), (19_999, "smb"), (0, "smb"), (-1, "smb")],
)
def test_the_segment_follows_the_amount(mappings, amount, segment):
    assert a_handoff(mappings, a_deal(amount=amount)).segment == segment


def test_a_segment_says_why_in_words(mappings):
    assert a_handoff(mappings, a_deal(amount=120_000)).segment_because == "arr is at least 100,000"
    assert a_handoff(mappings, a_deal(amount=5)).segment_because == "no other segment fits"


def test_another_currency_is_judged_in_the_base_and_delivered_in_its_own(mappings):
    handoff = a_handoff(mappings, a_deal(amount=80_000, currency="GBP"))

    assert handoff.segment == "enterprise"
    assert handoff.values["deal.amount"] == Decimal(80_000)
    assert handoff.values["deal.currency"] == "GBP"
    assert handoff.notes == ()


def test_without_a_rate_the_last_segment_takes_it_and_a_note_says_so(mappings):
    handoff = a_handoff(mappings, a_deal(amount=9_000_000, currency="JPY"))

    assert handoff.segment == "smb"
    assert handoff.notes == ("no rate for JPY in handoff.yml: delivered in JPY, its segment judged without it",)


def test_a_missing_rate_is_told_even_when_only_another_amount_is_filled(mappings):
    handoff = a_handoff(mappings, a_deal(amount=None, currency="JPY", source={"ARR__c": "9000000"}))

    assert handoff.notes == (
        "the deal has no amount",
        "no rate for JPY in handoff.yml: delivered in JPY, its segment judged without it",
    )


def test_no_amount_is_a_gap_and_a_note_and_never_a_stop(mappings):
    handoff = a_handoff(mappings, a_deal(amount=None))

    assert handoff.segment == "smb"
    assert handoff.gaps == (Gap("arr", "Amount", "What is it worth a year?"),)
    assert handoff.notes == ("the deal has no amount",)


def test_an_amount_that_is_no_number_is_left_out_and_told(mappings):
    handoff = a_handoff(mappings, a_deal(source={"ARR__c": "a lot", "Amount": None}))

    assert handoff.segment == "smb"
    assert handoff.notes == ("ARR__c: 'a lot' is no number; it was left out",)


@pytest.mark.parametrize(
    ("emptied", "contacts", "missing", "share"),
    [
        ([], [("Ida Brandt", "Evaluator")], [], "1"),
        (["Business_Goal__c"], [("Ida Brandt", "Evaluator")], ["business_goal"], "0.75"),
        (["Business_Goal__c"], [], ["business_goal", "champion"], "0.5"),
    ],
)
def test_completeness_is_the_share_of_what_the_segment_requires(mappings, emptied, contacts, missing, share):
    deal = a_deal(amount=120_000, source=dict.fromkeys(emptied), contacts=contacts)

    handoff = a_handoff(mappings, deal)

    assert [gap.field for gap in handoff.gaps] == missing
    assert handoff.completeness == Decimal(share)
    assert handoff.values["completeness"] == Decimal(share)
    assert [gap["field"] for gap in handoff.values["gaps"]] == missing


def test_a_segment_that_requires_nothing_is_complete(tmp_path):
    contract = CONTRACT.replace("  - {name: smb, requires: [arr, business_goal]}", "  - {name: smb}")
    mappings = mappings_in(tmp_path, {"handoff.yml": contract})

    assert a_handoff(mappings, a_deal(amount=5)).completeness == 1


def test_white_space_is_no_answer(mappings):
    handoff = a_handoff(mappings, a_deal(amount=5, source={"Business_Goal__c": "<p>&nbsp;</p>"}))

    assert [gap.field for gap in handoff.gaps] == ["business_goal"]


def test_a_person_field_is_filled_by_the_first_named_contact_with_the_role(mappings):
    contacts = [("", "Evaluator"), ("Ida Brandt", "Evaluator"), ("Jo Lie", "Evaluator"), ("Rex", "Influencer")]

    assert a_handoff(mappings, a_deal(contacts=contacts)).values["champion"] == "Ida Brandt"


def test_the_active_receiver_of_the_segment_gets_it(mappings):
    handoff = a_handoff(mappings)

    assert handoff.receiver == BEN
    assert handoff.receiver_because == "the receiver fixed for mid_market"
    assert handoff.values["receiver.email"] == BEN
    assert handoff.values["lead.email"] == TOMAS
    assert handoff.notes == ()


def test_an_inactive_receiver_gives_way_to_the_next_rule_and_it_is_told(mappings):
    handoff = a_handoff(mappings, known=users(CLEO, TOMAS, inactive=[BEN]))

    assert handoff.receiver == CLEO
    assert handoff.notes == (
        "the receiver fixed for mid_market is not active on the platform: "
        "it went to the receiver fixed for every segment",
    )


def test_without_any_receiver_the_lead_of_the_team_gets_it(mappings):
    handoff = a_handoff(mappings, known=users(TOMAS, inactive=[BEN]))

    assert handoff.receiver == TOMAS
    assert handoff.receiver_because == (
        "the receiver fixed for mid_market is not active on the platform; "
        "the receiver fixed for every segment is no user of the platform; the lead of the mid_market team"
    )
    assert len(handoff.notes) == 1


@pytest.mark.parametrize("inactive", [(), (TOMAS,), (BEN, CLEO, TOMAS)])
def test_with_nobody_active_there_is_no_receiver_and_it_is_told(mappings, inactive):
    handoff = a_handoff(mappings, known=users(MAYA, inactive=inactive))

    assert handoff.receiver is None
    assert "receiver.email" not in handoff.values
    assert handoff.notes[-1] == "nobody active can receive it"
    assert handoff.receiver_because.endswith("; nobody active can receive it")


def test_a_rule_for_other_segments_is_passed_over_without_a_word(mappings):
    handoff = a_handoff(mappings, a_deal(amount=5), known=users(CLEO))

    assert handoff.receiver == CLEO
    assert handoff.notes == ()


def test_users_are_found_in_any_case_of_their_address(tmp_path):
    mappings = mappings_in(tmp_path, {"handoff.yml": CONTRACT.replace(BEN, BEN.title())})

    assert a_handoff(mappings).receiver == BEN.title()


@given(
    st.sets(st.sampled_from([PRIYA, BEN, CLEO, MAYA, TOMAS])),
    st.sets(st.sampled_from([PRIYA, BEN, CLEO, MAYA, TOMAS])),
    st.sampled_from([None, 5, 48_000, 120_000]),
    st.sampled_from(["USD", "JPY"]),
    st.booleans(),
)
def test_no_address_is_in_any_note_or_reason(mappings, known, inactive, amount, currency, owner_active):
    deal = a_deal(amount=amount, currency=currency, owner_active=owner_active)

    handoff = a_handoff(mappings, deal, known=users("nobody@harbor.example", *known, inactive=sorted(inactive)))

    assert "@" not in " ".join((*handoff.notes, handoff.receiver_because, handoff.segment_because))


def test_an_inactive_owner_is_told(mappings):
    assert a_handoff(mappings, a_deal(owner_active=False)).notes == ("the deal's owner is not active in the CRM",)


@pytest.mark.parametrize(
    ("won_at", "starts"),
    [
        (datetime(2024, 1, 2, tzinfo=UTC), NOON),
        (WON, NOON),
        (NOON + timedelta(hours=2), NOON + timedelta(hours=2)),
    ],
)
def test_work_starts_at_the_later_of_the_win_and_the_first_handling(mappings, won_at, starts):
    handoff = a_handoff(mappings, a_deal(won_at=won_at), now=NOON)

    assert handoff.work_starts_at == handoff.values["work_starts_at"] == starts
    assert handoff.handed_off_at == handoff.values["handed_off_at"] == NOON


def test_first_moments_are_those_of_now_for_an_old_win():
    assert Times.first(a_deal(won_at=WON), NOON) == Times(NOON, NOON)


def test_everybody_whom_routing_can_name_is_known_beforehand(mappings):
    assert receivers(mappings) == {PRIYA, BEN, CLEO, MAYA, TOMAS}


def test_a_segment_chosen_by_a_converted_amount_says_what_it_was_judged_as(mappings):
    handoff = a_handoff(mappings, a_deal(amount=80_000, currency="GBP", source={"Amount": 80_000}))

    assert handoff.segment == "enterprise"
    assert handoff.segment_because == "arr is at least 100,000 (arr GBP 80,000 is USD 101,600)"
