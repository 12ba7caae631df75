"""Conditions: tests, what joins them, and their names."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from handoff.conditions import Either, Not, Rule, Test, compiled, walk

DEAL = {
    "arr": Decimal(20000),
    "segment": "smb",
    "products": [{"name": "Platform Pro"}, {"name": "Lights"}],
    "renewal": False,
    "notes": "  ",
}


def a_test(**said) -> Test:
    return Test.model_validate(said)


class Written(BaseModel):
    """A place in a file where a condition is written."""

    rule: Rule


def a_condition(rule, **named):
    """Return a condition as it is written in YAML, compiled; `named` are others, written likewise."""
    return compiled(Written(rule=rule).rule, {name: Written(rule=other).rule for name, other in named.items()})


SMB, LARGE, NOTED = (
    {"field": "segment", "is": "smb"},
    {"field": "arr", "at_least": 1_000_000},
    {"field": "notes", "present": True},
)


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ({"field": "segment", "is": "smb"}, True),
        ({"field": "segment", "is": "SMB"}, False),
        ({"field": "arr", "is": 20000}, True),
        ({"field": "arr", "is": "20000"}, True),
        ({"field": "arr", "in": [1, 20000]}, True),
        ({"field": "renewal", "is": False}, True),
        ({"field": "segment", "in": ["smb", "mid_market"]}, True),
        ({"field": "arr", "at_least": 20000}, True),
        ({"field": "arr", "at_least": 20000.01}, False),
        ({"field": "segment", "at_least": 1}, False),
        ({"field": "products", "contains": "platform"}, True),
        ({"field": "segment", "contains": "mb"}, True),
        ({"field": "products", "contains": "Masts"}, False),
        ({"field": "notes", "present": True}, False),
        ({"field": "notes", "present": False}, True),
        ({"field": "notes", "missing": True}, True),
        ({"field": "renewal", "missing": False}, True),
    ],
)
def test_a_test_passes_on_what_the_deal_says(said, passes):
    assert a_test(**said).holds(DEAL) is passes


@pytest.mark.parametrize("asks", [{"is": "no"}, {"in": ["no"]}, {"at_least": 0}, {"contains": "n"}])
def test_a_missing_input_makes_a_test_false(asks):
    assert a_test(field="nothing", **asks).holds(DEAL) is False


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ([SMB], True),
        ([SMB, LARGE], False),
        ([], True),
        ({"all": [SMB, LARGE]}, False),
        ({"all": []}, True),
        ({"any": [LARGE, SMB]}, True),
        ({"any": [LARGE, NOTED]}, False),
        ({"not": LARGE}, True),
        ({"not": [SMB]}, False),
        ({"all": [{"any": [LARGE, SMB]}, {"not": NOTED}]}, True),
        ("small", True),
        ([SMB, "small", {"not": "large"}], True),
        ("neither", True),
    ],
)
def test_conditions_are_joined_by_all_any_and_not_and_called_by_name(rule, holds):
    condition = a_condition(rule, small=SMB, large=[LARGE], neither={"not": {"any": ["large", NOTED]}})

    assert condition.holds(DEAL) is holds


def test_what_is_missing_makes_a_test_false_and_so_its_opposite_true():
    renewal = {"field": "deal_type", "is": "Renewal"}

    assert not a_condition(renewal).holds({})
    assert a_condition({"not": renewal}).holds({})


@given(st.booleans(), st.booleans())
def test_not_any_is_all_not(one, other):
    values = {"a": one, "b": other}
    a, b = {"field": "a", "is": True}, {"field": "b", "is": True}

    assert a_condition({"not": {"any": [a, b]}}).holds(values) is a_condition({"all": [{"not": a}, {"not": b}]}).holds(
        values
    )


@given(st.one_of(st.text(), st.floats(), st.decimals(), st.booleans(), st.dates(), st.lists(st.text())))
def test_no_value_however_strange_makes_a_test_raise(value):
    for asks in ({"is": "x"}, {"in": ["x"]}, {"at_least": 5}, {"contains": "x"}, {"present": True}, {"missing": True}):
        assert a_test(field="f", **asks).holds({"f": value}) in (True, False)


@pytest.mark.parametrize("asks", [{}, {"is": "a", "in": ["b"]}, {"present": True, "missing": True}])
def test_a_test_asks_exactly_one_question(asks):
    with pytest.raises(ValidationError, match="exactly one of is, in, at_least, contains, present, missing"):
        a_test(field="f", **asks)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"is": ["a", "b"]}, "`is` takes one value. Write in: [a, b] for several"),
        ({"in": []}, "`in`: an empty list never fits. Name at least one value"),
    ],
)
def test_a_test_that_can_never_pass_is_refused(said, words):
    with pytest.raises(ValidationError, match=r".*") as caught:
        a_test(field="f", **said)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"arr": 5}, "`arr` is no key of a test. Write {field: arr, is: ...}"),
        ({"at_least": 5}, "`at_least` asks about no field. Write {field: arr, at_least: ...}"),
        ({"or": ["a"]}, "`or` joins nothing. Write any"),
        ({"Any": ["a"]}, "`Any` joins nothing. Write any"),
    ],
)
def test_a_test_without_a_field_is_refused_with_what_was_meant(said, words):
    with pytest.raises(ValidationError) as caught:
        a_condition(said)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"all": ["a"], "any": ["b"]}, "exactly one of all, any, not"),
        ({"any": []}, "`any`: an empty list never holds. Name at least one condition"),
    ],
)
def test_conditions_joined_in_two_ways_or_of_nothing_are_refused(rule, words):
    with pytest.raises(ValidationError) as caught:
        a_condition(rule, a=SMB, b=LARGE)

    assert words in str(caught.value)


def test_a_condition_is_said_as_a_person_would():
    condition = a_condition(
        [
            {"field": "arr", "at_least": 100000},
            {"field": "segment", "in": ["smb", "mid_market"]},
            {"field": "notes", "present": False},
            {"field": "champion", "missing": False},
        ]
    )

    assert condition.words() == (
        "arr is at least 100,000 and segment is one of smb, mid_market and notes is missing and champion is present"
    )


def test_joined_conditions_are_said_with_brackets_only_where_they_are_needed():
    large, smb, noted = "arr is at least 1,000,000", "segment is smb", "notes is present"

    assert a_condition([{"any": [LARGE, SMB]}, NOTED]).words() == f"({large} or {smb}) and {noted}"
    assert a_condition({"any": [[LARGE, SMB], NOTED]}).words() == f"({large} and {smb}) or {noted}"
    assert a_condition({"not": {"any": [LARGE, SMB]}}).words() == f"not ({large} or {smb})"
    assert a_condition([{"any": [LARGE]}]).words() == large


def test_of_any_only_the_part_that_holds_is_the_reason():
    condition = a_condition([{"any": [LARGE, SMB]}, {"not": NOTED}])

    assert condition.because(DEAL) == "segment is smb and not (notes is present)"
    assert a_condition({"any": [LARGE, NOTED]}).because(DEAL) == "arr is at least 1,000,000 or notes is present"


def test_a_condition_knows_the_fields_it_asks_about_each_once():
    condition = a_condition({"any": ["big", {"not": [SMB, {"field": "arr", "present": True}]}]}, big=LARGE)

    assert condition.fields == ("arr", "segment")
    assert isinstance(condition, Either)
    assert isinstance(condition.parts[1], Not)


def test_the_names_and_tests_of_a_condition_are_found_with_the_keys_that_lead_to_them():
    rule = Written(rule={"any": ["big", {"not": [SMB]}]}).rule

    found = [(at, one if isinstance(one, str) else one.field) for at, one in walk(rule, ("segments", 0, "when"))]

    assert found == [
        (("segments", 0, "when", "any", 0), "big"),
        (("segments", 0, "when", "any", 1, "not", 0), "segment"),
    ]
