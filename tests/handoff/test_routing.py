"""Who receives a handoff, and why."""

from typing import Any

import pytest

from handoff.contract import Contract, Overrides
from handoff.routing import Routed, routed
from tests.handoff.builders import BEN, CLEO, MAYA, PRIYA, users

LARGE = {"field": "arr", "at_least": 100_000}


def a_contract(*rules: dict[str, Any]) -> Contract:
    return Contract.model_validate(
        {
            "fields": {"arr": {"section": "deal", "label": "Amount"}},
            "segments": [{"name": "enterprise", "when": LARGE}, {"name": "smb"}],
            "routing": rules,
        }
    )


def fixed(receiver: str, **more: Any) -> dict[str, Any]:
    return {"use": "fixed", "receiver": receiver} | more


def sent(
    *rules: dict[str, Any],
    segment: str = "smb",
    values: dict[str, Any] | None = None,
    override: Overrides | None = None,
) -> Routed:
    known = users(PRIYA, BEN, MAYA, inactive=[CLEO])
    return routed(a_contract(*rules), segment, MAYA, known, values or {}, override)


def test_the_first_rule_that_yields_somebody_active_decides():
    assert sent(fixed(PRIYA, segments=["enterprise"]), fixed(BEN)) == Routed(
        BEN, "the receiver fixed for every segment"
    )


@pytest.mark.parametrize(("arr", "receiver"), [(100_000, PRIYA), (99_999, BEN), (None, BEN)])
def test_a_rule_with_a_condition_is_only_for_deals_that_fit_it(arr, receiver):
    assert sent(fixed(PRIYA, when=LARGE), fixed(BEN), values={"arr": arr}).receiver == receiver


def test_an_exception_goes_before_every_rule():
    one = sent(fixed(BEN), override=Overrides(receiver=PRIYA))

    assert one == Routed(PRIYA, "the receiver set by an exception")


def test_an_exception_s_receiver_who_has_left_gives_way_to_the_rules_and_it_is_told():
    one = sent(fixed(BEN), override=Overrides(receiver=CLEO))

    assert one.receiver == BEN
    assert one.told == (
        "the receiver set by an exception is not active on the platform: "
        "it went to the receiver fixed for every segment",
    )


def test_an_exception_that_sets_no_receiver_changes_nothing():
    assert sent(fixed(BEN), override=Overrides(transfer="hot")).receiver == BEN


def test_a_way_of_choosing_that_is_not_in_force_is_passed_over_and_the_lead_receives_it():
    one = sent({"use": "current_csm"}, {"use": "nobody", "tell": "lead"})

    assert one == Routed(MAYA, "the lead of the smb team")
