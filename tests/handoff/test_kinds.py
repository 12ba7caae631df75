"""What a deal is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handoff.contract import Contract
from handoff.kinds import Background, Decided, kind_of, of_customer, outside_pilot
from handoff.model import Customer
from tests.handoff.builders import WON, a_deal

KINDS = [
    {"kind": "excluded", "when": {"field": "deal_type", "is": "Renewal"}, "because": "Renewals stay with their CSM"},
    {"kind": "expansion", "when": {"field": "company.status", "is": "Active"}},
    {"kind": "new_customer", "same_account_within": "14 days"},
]


def a_contract(**said: Any) -> Contract:
    whole = {
        "fields": {"arr": {"section": "deal", "label": "Amount"}},
        "segments": [{"name": "smb"}],
        "routing": [{"use": "current_csm"}],
    }
    return Contract.model_validate(whole | said)


def decided(judged: dict[str, Any], background: Background | None = None, **said: Any) -> Decided:
    return kind_of(a_contract(**({"kinds": KINDS} | said)), a_deal(), judged, background or Background())


def test_the_first_rule_that_fits_says_what_a_deal_is_and_why():
    both = {"deal_type": "Renewal", "company.status": "Active"}

    assert decided(both) == Decided("excluded", "Renewals stay with their CSM")
    assert decided({"company.status": "Active"}) == Decided("expansion", "company.status is Active")
    assert decided({"company.status": "Churned"}) == Decided("new_customer", "no other kind fits")


def test_without_rules_every_deal_is_a_new_customer():
    assert decided({}, kinds=[]) == Decided("new_customer", "handoff.yml names no kinds")


@pytest.mark.parametrize(
    ("days_before", "kind"), [(0, "joining"), (14, "joining"), (14.01, "new_customer"), (-3, "joining")]
)
def test_a_further_win_of_the_account_within_the_span_joins_its_open_handoff(days_before, kind):
    background = Background(opened=WON - timedelta(days=days_before), opened_by="Harbor lights")

    one = decided({}, background)

    assert one.kind == kind
    if kind == "joining":
        assert one.because == "it joins the handoff of Harbor lights, 14 days at most"


def test_only_a_rule_with_a_span_lets_deals_join():
    background = Background(opened=WON, opened_by="Harbor lights")

    assert decided({"company.status": "Active"}, background).kind == "expansion"


def test_a_deal_that_was_handled_before_stays_what_it_was():
    assert decided({"deal_type": "Renewal"}, Background(kind="expansion")) == Decided(
        "expansion", "so it was when it was first handled"
    )


@pytest.mark.parametrize(
    ("won", "stage", "kind"),
    [
        ("any_won_stage", "Signed", "new_customer"),
        (["Closed Won"], "Closed Won", "new_customer"),
        (["Closed Won"], None, "new_customer"),
        (["Closed Won"], "Signed", "excluded"),
        ([], "Signed", "excluded"),
    ],
)
def test_a_stage_that_the_trigger_does_not_list_is_excluded(won, stage, kind):
    one = kind_of(a_contract(trigger={"won": won}), replace(a_deal(), stage=stage), {}, Background())

    assert one.kind == kind
    if kind == "excluded":
        assert one.because == "its stage Signed is not one that trigger.won lists"


def test_what_the_platform_says_of_the_customer_are_fields_and_what_it_does_not_say_is_none():
    customer = Customer("1C01", status="Active", stage=None, name="Nordwind", csm_email="ida@fjord.example")

    assert of_customer(customer) == {
        "company.status": "Active",
        "company.name": "Nordwind",
        "company.csm": "ida@fjord.example",
    }
    assert of_customer(None) == {}


def test_a_deal_outside_the_pilot_says_why_and_without_a_pilot_all_are_in():
    pilot = {"mode": "pilot", "only": [{"field": "owner.team", "in": ["Nordics"]}]}

    assert outside_pilot(a_contract(rollout=pilot), {"owner.team": "Nordics"}) == ""
    assert outside_pilot(a_contract(rollout=pilot), {}) == "it is not in the pilot: owner.team is one of Nordics"
    assert outside_pilot(a_contract(rollout={"mode": "shadow"}), {}) == ""
    assert outside_pilot(a_contract(), {}) == ""
