"""One rule of a mapping, compiled."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from handoff.errors import ConfigError, RecordError
from handoff.model import Needed, User
from handoff.rules import Context, FieldRule, compile_rule

ACTIVE = User("1P01-1", "priya.shah@harbor.example", active=True)
GONE = User("1P01-2", "ben.okafor@harbor.example", active=False)
USERS = {user.email: user for user in (ACTIVE, GONE)}


def filled(rule: dict[str, Any], values: dict[str, Any] | None = None, **context: Any) -> Any:
    compiled = compile_rule("Field", FieldRule.model_validate(rule), place="targets/x.yml:1")
    return compiled(Context(values or {}, **context))


def notes_of(rule: dict[str, Any], values: dict[str, Any]) -> list[str]:
    notes: list[str] = []
    filled(rule, values, notes=notes)
    return notes


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "exactly one of from, value, text, template, step; none is there. Write where it comes from: {from: ...}"),
        ({"from": "a", "value": 1}, "from and value are there. Keep one of them"),
        ({"text": "{a}", "step": "company"}, "text and step are there"),
        ({"from": "a", "as": "dat"}, "'dat' is no transform. Nearest: date."),
        ({"from": "a", "plus": "soon"}, "'soon' is no span to add. Write it like '90 days'"),
        ({"from": "a", "max": 0}, "greater than 0"),
        ({"from": "a", "find": "usr"}, "'user', 'active_user', 'active_email' or 'company'"),
        (
            {"from": "a", "shorten": "a"},
            "`shorten` needs text and max: it names the placeholder that gives way. Add both",
        ),
        ({"text": "{a}", "shorten": "a"}, "`shorten` needs text and max"),
        ({"text": "{deal.name}", "max": 9, "shorten": "deal.nam"}, "is no placeholder of text. Nearest: deal.name."),
        ({"text": "{deal name}"}, "a brace that holds no field"),
        ({"text": "{a} {0}"}, "a brace that holds no field"),
        ({"value": "2026-12-01", "as": "date"}, "`as` works on what comes by from, not on value. Take it out"),
        ({"text": "{a}", "default": "x"}, "`default` works on what comes by from, not on text. Take it out"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_when_it_is_read(rule, said):
    with pytest.raises(ValidationError) as caught:
        FieldRule.model_validate(rule)

    assert said in str(caught.value)


def test_a_field_takes_the_first_source_that_says_something():
    rule = {"from": ["ARR__c", "Amount"], "as": "decimal"}

    assert filled(rule, {"ARR__c": " ", "Amount": "48000"}) == Decimal(48000)
    assert filled(rule, {"ARR__c": "0", "Amount": "48000"}) == 0
    assert filled(rule, {}) is None


def test_a_source_that_cannot_be_read_falls_back_to_the_next_and_is_told():
    rule, values = {"from": ["ARR__c", "Amount"], "as": "decimal"}, {"ARR__c": "a lot", "Amount": 48000}

    assert filled(rule, values) == Decimal(48000)
    assert notes_of(rule, values) == ["ARR__c: 'a lot' is no number; it was left out"]


def test_a_list_of_values_translates_and_its_default_takes_the_rest():
    rule = {"from": "segment", "values": {"enterprise": "High"}, "default": "Low"}

    assert filled(rule, {"segment": "enterprise"}) == "High"
    assert filled(rule, {"segment": "smb"}) == "Low"
    assert filled(rule, {}) == "Low"
    assert notes_of(rule, {"segment": "smb"}) == []


def test_an_unlisted_value_without_a_default_is_left_out_and_told():
    rule = {"from": "Type", "values": {"New Customer": "New"}}

    assert filled(rule, {"Type": "Renewal"}) is None
    assert notes_of(rule, {"Type": "Renewal"}) == [
        "Type: 'Renewal' is not among the values of the mapping; it was left out"
    ]


def test_an_empty_value_is_no_unlisted_one():
    assert notes_of({"from": "Type", "values": {"New": "New"}}, {"Type": " "}) == []


def test_a_note_names_the_field_and_never_an_address_or_a_long_text():
    rule = {"from": "Type", "values": {"New": "New"}}

    assert "rosa" not in notes_of(rule, {"Type": "rosa@northwind.example"})[0]
    assert len(notes_of(rule, {"Type": "x" * 40_000})[0]) < 120


def test_a_number_is_found_among_the_values_as_it_is_written():
    assert filled({"from": "tier", "values": {"1000": "Gold"}}, {"tier": Decimal("1000.0")}) == "Gold"


def test_a_listed_no_is_an_answer():
    assert filled({"from": "a", "values": {"x": False}, "default": True}, {"a": "x"}) is False


@pytest.mark.parametrize("value", ["{account.name}", "{deal.name}", "{0}", "{{ deal.name }}", r"\1", "%s", "$deal"])
def test_what_a_record_says_is_never_taken_for_a_placeholder(value):
    rule = {"text": "Onboard {account.name}: {deal.name}"}

    assert filled(rule, {"account.name": value, "deal.name": "Lights"}) == f"Onboard {value}: Lights"


def test_a_text_stays_on_one_line():
    assert filled({"text": "Onboard {a}"}, {"a": "Nord\nwind\t Freight"}) == "Onboard Nord wind Freight"


def test_the_named_placeholder_gives_way_and_the_others_stay_whole():
    rule = {"text": "Onboard {a}: {d}", "max": 30, "shorten": "d"}

    shown = filled(rule, {"a": "Nordwind", "d": "Harbour lights for the north quay"})

    assert shown == "Onboard Nordwind: Harbour…"


def test_when_the_others_alone_are_too_long_the_whole_text_is_cut():
    rule = {"text": "Onboard {a}: {d}", "max": 12, "shorten": "d"}

    assert filled(rule, {"a": "Nordwind Freight", "d": "Lights"}) == "Onboard…"


@given(st.text(), st.text(), st.integers(min_value=1, max_value=60))
def test_a_text_never_exceeds_its_maximum(a, d, limit):
    shown = filled({"text": "Onboard {a}: {d} ({a})", "max": limit, "shorten": "d"}, {"a": a, "d": d})

    assert len(shown) <= limit


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_a_field_never_exceeds_its_maximum(value, limit):
    shown = filled({"from": "a", "max": limit}, {"a": value})

    assert shown is None or len(shown) <= limit


def test_html_with_a_maximum_is_cut_outside_its_entities():
    assert filled({"from": "a", "as": "html", "max": 7}, {"a": "Q & A of the day"}) == "Q…"


def test_find_gives_the_platforms_id_of_an_address_in_any_case():
    assert filled({"from": "who", "find": "user"}, {"who": " Priya.Shah@harbor.example"}, users=USERS) == "1P01-1"


def test_find_user_takes_somebody_inactive_and_leaves_out_somebody_unknown():
    rule = {"from": "who", "find": "user"}

    assert filled(rule, {"who": GONE.email}, users=USERS) == "1P01-2"
    assert filled(rule, {"who": "nobody@harbor.example"}, users=USERS) is None


@pytest.mark.parametrize(("find", "found"), [("active_user", "1P01-1"), ("active_email", "priya.shah@harbor.example")])
def test_find_active_passes_over_who_is_inactive_unknown_or_not_named(find, found):
    rule = {"from": ["a", "b", "c", "d"], "find": find}
    values = {"b": "nobody@harbor.example", "c": GONE.email, "d": ACTIVE.email}

    assert filled(rule, values, users=USERS) == found


def test_nobody_active_stops_the_deal_with_a_reason_that_names_roles_and_no_address():
    rule = {"from": ["receiver.email", "lead.email"], "find": "active_user"}

    with pytest.raises(RecordError) as caught:
        filled(rule, {"receiver.email": GONE.email}, users=USERS)

    assert str(caught.value) == (
        "Nobody active can be Field: receiver.email is no active user, lead.email is empty. "
        "Activate a user, or correct routing and people.yml."
    )


def test_a_default_stands_in_for_nobody_active():
    assert filled({"from": "a", "find": "active_user", "default": "1P01-9"}, {"a": GONE.email}, users=USERS) == "1P01-9"


def test_a_step_reference_is_the_step_s_key_and_nothing_when_the_step_is_left_out():
    keys = {"company": "hb:main:company", "plan": None}

    assert filled({"step": "company"}, step_keys=keys) == Needed("hb:main:company")
    assert filled({"step": "plan"}, step_keys=keys) is None


def test_plus_counts_from_a_moment_a_day_or_a_text():
    rule = {"from": "at", "plus": "3 days", "as": "date"}

    assert filled(rule, {"at": datetime(2026, 3, 9, 15, tzinfo=UTC)}) == date(2026, 3, 12)
    assert filled(rule, {"at": date(2026, 3, 9)}) == date(2026, 3, 12)
    assert filled(rule, {"at": "2026-03-09"}) == date(2026, 3, 12)


@pytest.mark.parametrize(
    ("at", "why"),
    [("never", "'never' is no day like 2026-12-01"), (date(9999, 12, 31), "'9999-12-31' is too late to count from")],
)
def test_plus_on_what_cannot_be_counted_from_is_left_out_and_told(at, why):
    rule = {"from": "at", "plus": "90 days"}

    assert filled(rule, {"at": at}) is None
    assert notes_of(rule, {"at": at}) == [f"at: {why}; it was left out"]


def test_a_fixed_value_is_given_as_it_is_even_when_it_is_no():
    assert filled({"value": False}) is False


def test_a_template_has_no_place_in_a_source_file():
    with pytest.raises(ConfigError, match=r"targets/x.yml:1: a template cannot be used here"):
        filled({"template": "cta.html.j2"})
