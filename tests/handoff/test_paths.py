"""A dotted path of a record, compiled."""

from decimal import Decimal

import pytest

from handoff.paths import flatten, getter

RECORD = {
    "Name": "Carrier integration",
    "Amount": 48000,
    "IsWon": True,
    "NextStep": None,
    "Account": {"Name": "Freeman Group", "Parent": None},
    "Owner": {"Name": "Ravi Menon", "Manager": {"Name": "Ingrid Falk"}},
    "Lines": [{"Quantity": 2}],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Name", "Carrier integration"),
        ("name", "Carrier integration"),
        ("Account.Name", "Freeman Group"),
        ("account.NAME", "Freeman Group"),
        ("Owner.Manager.Name", "Ingrid Falk"),
        ("NextStep", None),
        ("Account.Parent.Name", None),
        ("Nothing.Name", None),
        ("Name.First", None),
        ("Lines.Quantity", None),
    ],
)
def test_a_path_finds_what_stands_there_and_nothing_where_a_parent_is_missing(path, value):
    assert getter(path)(RECORD) == value
    assert flatten([path])(RECORD) == {path: value}


def test_whole_numbers_are_exact_decimals_and_yes_stays_yes():
    flat = flatten(["Amount", "IsWon"])(RECORD)

    assert (type(flat["Amount"]), flat["Amount"]) == (Decimal, Decimal(48000))
    assert flat["IsWon"] is True


def test_nothing_stands_anywhere_in_no_record():
    assert getter("Account.Name")(None) is None


def test_a_record_made_flat_is_not_changed_and_is_made_anew_each_time():
    flat = flatten(["Account.Name", "Owner.Manager.Name"])
    before = repr(RECORD)

    first, second = flat(RECORD), flat(RECORD | {"Account": None})

    assert (first["Account.Name"], second["Account.Name"]) == ("Freeman Group", None)
    assert repr(RECORD) == before
