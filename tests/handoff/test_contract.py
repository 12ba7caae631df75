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


def segments(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [segment | change for segment, change in zip(SEGMENTS, changes, strict=True)]


def test_a_segment_owes_what_it_inherits_first_and_each_field_once():
    contract = a_contract()

    assert contract.required("smb") == ("arr", "goal")
    assert contract.required("mid_market") == ("arr", "goal", "champion")
    assert contract.required("enterprise") == ("arr", "goal", "champion", "sponsor")


def test_a_circle_of_segments_ends_where_it_closes():
    contract = a_contract(segments=segments({}, {}, {"extends": "enterprise"}))

    assert [segment.name for segment in contract.chain("mid_market")] == [
        "mid_market",
        "smb",
        "enterprise",
        "mid_market",
    ]


def test_what_a_segment_does_not_say_is_said_by_the_nearest_one_that_it_extends():
    contract = a_contract(
        segments=segments({"standard_days": 60}, {"transfer": "hot"}, {"transfer": "cold", "standard_days": 14})
    )

    assert contract.of_segment("enterprise", "transfer") == "hot"
    assert contract.of_segment("enterprise", "standard_days") == 60
    assert contract.of_segment("mid_market", "standard_days") == 14
    assert contract.of_segment("mid_market", "incomplete") is None


@pytest.mark.parametrize("key", ["segments", "routing"])
def test_a_contract_without_segments_or_routing_is_refused(key):
    with pytest.raises(ValidationError, match="at least 1 item"):
        a_contract(**{key: []})


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("Business Goal", "Write business_goal"),
        ("go-live", "Write go_live"),
        ("arr.usd", "Write arr_usd"),
        ("2nd", "Use small letters, digits and _, a letter first"),
        ("", "Use small letters, digits and _, a letter first"),
    ],
)
def test_a_field_has_a_name_that_templates_can_use(name, fix):
    with pytest.raises(ValidationError, match=rf"is no name\. {fix}"):
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


def test_deals_won_before_the_contract_took_effect_are_not_ours():
    signed = {"sales": "VP Sales", "cs": "VP CS", "date": date(2025, 12, 1)}
    contract = a_contract(start_from=date(2026, 1, 1), agreed=signed | {"effective_from": date(2026, 2, 1)})

    assert contract.starts == datetime(2026, 2, 1, tzinfo=UTC)
    assert a_contract(start_from=date(2026, 1, 1), agreed=signed).starts == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"use": "fixed"}, "`use` fixed needs `receiver`. Add it"),
        ({"use": "named"}, "`use` named needs `file`. Add it"),
        ({"use": "round_robin"}, "`use` round_robin needs `among`. Add it"),
        ({"use": "nobody"}, "`use` nobody needs `tell`. Add it"),
        ({"use": "current_csm", "among": "team:smb"}, "`among` has no meaning with use: current_csm. Take it out"),
        ({"use": "nobody", "tell": "lead", "at_most": "5 a week"}, "`at_most` has no meaning with use: nobody"),
    ],
)
def test_a_rule_of_routing_has_what_its_way_needs_and_nothing_else(rule, words):
    with pytest.raises(ValidationError) as caught:
        a_contract(routing=[rule])

    assert words in str(caught.value)


@pytest.mark.parametrize(("said", "held"), [(0, 0), ("3 working days", "3 working days"), ("0 days", "0 days")])
def test_a_rung_begins_at_once_or_after_a_span(said, held):
    assert a_contract(ladder=[{"after": said, "tell": "owner"}]).ladder[0].after == held


@pytest.mark.parametrize("said", [3, -1, False, "soon", None])
def test_a_rung_begins_at_nothing_else(said):
    with pytest.raises(ValidationError, match=r"is no span of time.* or 0 for at once"):
        a_contract(ladder=[{"after": said, "tell": "owner"}])


def test_a_pilot_says_which_deals_are_in_it():
    with pytest.raises(ValidationError, match="`mode` pilot needs `only`"):
        a_contract(rollout={"mode": "pilot"})


def test_an_exception_sets_something():
    with pytest.raises(ValidationError, match=r"sets at least one of receiver, transfer, segment. Add one of them"):
        a_contract(exceptions=[{"account": "0015g00000QrStU", "because": "x", "set": {}}])


def test_a_team_has_a_lead_and_an_unknown_one_has_none():
    people = People.model_validate({"teams": {"smb": {"lead": "tomas.reyes@harbor.example"}}})

    assert people.lead("smb") == "tomas.reyes@harbor.example"
    assert people.lead("enterprise") is None
