"""The contract between Sales and Customer Success."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from handoff.contract import Contract, Currency
from handoff.people import People

FIELDS = {name: {"section": "goals", "label": name} for name in ("arr", "goal", "champion", "sponsor")}
SEGMENTS = [
    {"name": "enterprise", "when": "large", "extends": "mid_market", "requires": ["sponsor", "goal"]},
    {"name": "mid_market", "when": [{"field": "arr", "at_least": 20000}], "extends": "smb", "requires": ["champion"]},
    {"name": "smb", "requires": ["arr", "goal"]},
]


def a_contract(**changes: Any) -> Contract:
    said = {
        "fields": FIELDS,
        "conditions": {"large": [{"field": "arr", "at_least": 100000}]},
        "segments": SEGMENTS,
        "routing": [{"use": "fixed", "receiver": "priya.shah@harbor.example"}],
    }
    return Contract.model_validate(said | changes)


def mistakes(**changes: Any) -> list[tuple[Any, str]]:
    return list(a_contract(**changes).mistakes())


def segments(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [segment | change for segment, change in zip(SEGMENTS, changes, strict=True)]


def test_a_sound_contract_has_no_mistakes():
    assert mistakes() == []


def test_a_segment_owes_what_it_inherits_first_and_each_field_once():
    contract = a_contract()

    assert contract.required("smb") == ("arr", "goal")
    assert contract.required("mid_market") == ("arr", "goal", "champion")
    assert contract.required("enterprise") == ("arr", "goal", "champion", "sponsor")


def test_a_segment_that_extends_itself_through_others_is_a_mistake_and_no_endless_loop():
    circle = segments({}, {}, {"extends": "enterprise"})

    assert mistakes(segments=circle) == [
        (("segments", 0, "extends"), "enterprise extends itself through mid_market, smb, enterprise"),
        (("segments", 1, "extends"), "mid_market extends itself through smb, enterprise, mid_market"),
        (("segments", 2, "extends"), "smb extends itself through enterprise, mid_market, smb"),
    ]


def test_a_segment_that_extends_itself_directly_is_a_mistake():
    itself = [{"name": "smb", "extends": "smb"}]

    assert mistakes(segments=itself) == [(("segments", 0, "extends"), "smb extends itself through smb")]


def test_the_last_segment_takes_what_is_left_and_so_has_no_condition():
    assert mistakes(segments=segments({}, {}, {"when": "large"})) == [
        (("segments", 2, "when"), "the last segment (smb) must have no `when`: it takes what is left")
    ]


def test_a_segment_above_the_last_must_have_a_condition():
    assert mistakes(segments=segments({}, {"when": None}, {})) == [
        (
            ("segments", 1, "when"),
            "mid_market needs a `when`: without one it takes everything, and those below get nothing",
        )
    ]


def test_every_mistake_is_told_with_its_place_and_the_nearest_right_name():
    wrong = segments({"when": "larg", "extends": "mid_marke"}, {"name": "smb"}, {"requires": ["gaol"]})
    routing = [{"use": "fixed", "receiver": "priya.shah@harbor.example", "segments": ["enterprize"]}]

    assert mistakes(segments=wrong, routing=routing) == [
        (("segments", 0, "when"), "'larg' is no condition. Nearest: large."),
        (("segments", 0, "extends"), "'mid_marke' is no segment. Use one of: enterprise, smb."),
        (("segments", 1, "extends"), "smb extends itself through smb"),
        (("segments", 2, "name"), "there is a segment 'smb' already. Name this one otherwise"),
        (("segments", 2, "requires"), "'gaol' is no field. Nearest: goal."),
        (("routing", 0, "segments"), "'enterprize' is no segment. Nearest: enterprise."),
    ]


@pytest.mark.parametrize("key", ["segments", "routing"])
def test_a_contract_without_segments_or_routing_is_refused(key):
    with pytest.raises(ValidationError, match="at least 1 item"):
        a_contract(**{key: []})


@pytest.mark.parametrize("name", ["Business Goal", "go-live", "2nd", "arr.usd", ""])
def test_a_field_has_a_name_that_templates_can_use(name):
    with pytest.raises(ValidationError, match=r"is no name\. Use small letters, digits and _"):
        a_contract(fields=FIELDS | {name: {"section": "x", "label": "x"}})


def test_an_amount_in_another_currency_is_judged_in_the_base_exactly():
    currency = Currency.model_validate({"base": "USD", "rates": {"EUR": 1.08}})

    assert currency.in_base(Decimal(100), "EUR") == Decimal("108.00")
    assert currency.in_base(Decimal("0.1"), "USD") == Decimal("0.1")
    assert currency.in_base(Decimal(7), None) == Decimal(7)
    assert currency.in_base(Decimal(100), "CHF") is None


@pytest.mark.parametrize("rate", [0, -1.08, "NaN", "a lot"])
def test_a_rate_that_cannot_be_one_is_refused(rate):
    with pytest.raises(ValidationError, match=r"rates\.EUR"):
        Currency.model_validate({"rates": {"EUR": rate}})


def test_our_first_win_is_the_first_moment_of_the_first_day_in_utc():
    assert a_contract(start_from=date(2026, 1, 1)).starts == datetime(2026, 1, 1, tzinfo=UTC)
    assert a_contract().starts is None


def test_a_team_has_a_lead_and_an_unknown_one_has_none():
    people = People.model_validate({"teams": {"smb": {"lead": "tomas.reyes@harbor.example"}}})

    assert people.lead("smb") == "tomas.reyes@harbor.example"
    assert people.lead("enterprise") is None
