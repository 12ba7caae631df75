"""Who receives a handoff, and why."""

from typing import Any

import pytest

from handoff.contract import Contract, Exempt
from handoff.routing import Routed, routed
from tests.handoff.builders import ACCOUNT, BEN, CLEO, MAYA, PRIYA, users

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
    otherwise: dict[str, str] | None = None,
) -> Routed:
    known = users(PRIYA, BEN, MAYA, inactive=[CLEO])
    said = {"account": ACCOUNT, "set": otherwise, "because": "Board reference."}
    exempt = Exempt.model_validate(said) if otherwise else None
    return routed(a_contract(*rules), segment, MAYA, known, values or {}, exempt)


def test_the_first_rule_that_yields_somebody_active_decides():
    assert sent(fixed(PRIYA, segments=["enterprise"]), fixed(BEN)) == Routed(
        BEN, "the receiver fixed for every segment"
    )


@pytest.mark.parametrize(("arr", "receiver"), [(100_000, PRIYA), (99_999, BEN), (None, BEN)])
def test_a_rule_with_a_condition_is_only_for_deals_that_fit_it(arr, receiver):
    assert sent(fixed(PRIYA, when=LARGE), fixed(BEN), values={"arr": arr}).receiver == receiver


def test_an_exception_goes_before_every_rule_and_says_why():
    one = sent(fixed(BEN), otherwise={"receiver": PRIYA})

    assert one == Routed(PRIYA, "the receiver set by an exception (Board reference)")


def test_an_exception_s_receiver_who_has_left_gives_way_to_the_rules_and_it_is_told():
    one = sent(fixed(BEN), otherwise={"receiver": CLEO})

    assert one.receiver == BEN
    assert one.told == (
        "the receiver set by an exception (Board reference) is not active on the platform: "
        "it went to the receiver fixed for every segment",
    )


def test_an_exception_that_sets_no_receiver_changes_nothing():
    assert sent(fixed(BEN), otherwise={"transfer": "hot"}).receiver == BEN


def test_a_way_of_choosing_that_is_not_in_force_is_passed_over_and_the_lead_receives_it():
    one = sent({"use": "current_csm"}, {"use": "nobody", "tell": "lead"})

    assert one == Routed(MAYA, "the lead of the smb team")
