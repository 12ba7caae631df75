"""Named conditions."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from handoff.conditions import Test, holds, words

DEAL = {
    "arr": Decimal(20000),
    "segment": "smb",
    "products": [{"name": "Platform Pro"}, {"name": "Lights"}],
    "renewal": False,
    "notes": "  ",
}


def a_test(**said) -> Test:
    return Test.model_validate(said)


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
        ({"field": "segment", "in": []}, False),
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


def test_every_test_must_pass_and_an_empty_condition_holds():
    fits, fails = a_test(field="segment", **{"is": "smb"}), a_test(field="arr", at_least=1_000_000)

    assert holds([fits], DEAL)
    assert not holds([fits, fails], DEAL)
    assert holds([], DEAL)


@given(st.one_of(st.text(), st.floats(), st.decimals(), st.booleans(), st.dates(), st.lists(st.text())))
def test_no_value_however_strange_makes_a_test_raise(value):
    for asks in ({"is": "x"}, {"in": ["x"]}, {"at_least": 5}, {"contains": "x"}, {"present": True}, {"missing": True}):
        assert a_test(field="f", **asks).holds({"f": value}) in (True, False)


@pytest.mark.parametrize("asks", [{}, {"is": "a", "in": ["b"]}, {"present": True, "missing": True}])
def test_a_test_asks_exactly_one_question(asks):
    with pytest.raises(ValidationError, match="exactly one of is, in, at_least, contains, present, missing"):
        a_test(field="f", **asks)


def test_a_condition_is_said_as_a_person_would():
    condition = [
        a_test(field="arr", at_least=100000),
        a_test(field="segment", **{"in": ["smb", "mid_market"]}),
        a_test(field="notes", present=False),
        a_test(field="champion", missing=False),
    ]

    assert words(condition) == (
        "arr is at least 100,000 and segment is one of smb, mid_market and notes is missing and champion is present"
    )
