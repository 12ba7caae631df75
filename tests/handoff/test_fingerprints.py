"""What tells that something changed, the same in every process."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.fingerprints import changed, field_hashes, fingerprint, source_hashes
from handoff.model import Needed
from tests.handoff.builders import a_deal


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 50_000},
        {"currency": "EUR"},
        {"owner_email": "new@northwind.example"},
        {"owner_active": False},
        {"account_id": "0015g00000ZzZzZAAV"},
        {"episode": 2},
        {"source": {"Business_Goal__c": "Other"}},
        {"contacts": [("Jo Lie", "Evaluator")]},
        {"products": []},
    ],
)
def test_whatever_the_mapping_reads_changes_the_fingerprint_of_a_deal(change):
    assert source_hashes(a_deal()) != source_hashes(a_deal(**change))


def test_our_own_write_back_is_no_change():
    written = a_deal(source={"Handoff_Status__c": "Handed off"})

    assert source_hashes(written, ours={"Handoff_Status__c"}) == source_hashes(a_deal(), ours={"Handoff_Status__c"})
    assert source_hashes(written) != source_hashes(a_deal())


def test_the_order_in_which_a_record_s_fields_come_is_no_change():
    deal = a_deal()

    assert source_hashes(replace(deal, source=dict(reversed(deal.source.items())))) == source_hashes(deal)


FINGERPRINTED = {
    "text": "Grüße 🚢",
    "amount": Decimal("48000.50"),
    "day": date(2026, 3, 9),
    "at": datetime(2026, 3, 9, 15, tzinfo=UTC),
    "company": Needed("hb:main"),
    "people": ({"name": "Ida"}, {"name": "Jo"}),
    "roles": frozenset({"Champion", "Executive Sponsor", "Influencer", "Other"}),
    "no": None,
}
IN_ANOTHER_PROCESS = """
import json
from tests.handoff.builders import a_deal
from tests.handoff.test_fingerprints import FINGERPRINTED
from handoff.fingerprints import fingerprint, source_hashes
print(json.dumps([fingerprint(FINGERPRINTED), source_hashes(a_deal())]))
"""


@pytest.mark.parametrize("seed", ["1", "4242"])
def test_a_fingerprint_is_the_same_in_every_process(seed):
    environment = os.environ | {"PYTHONHASHSEED": seed}
    root = Path(__file__).parents[2]

    told = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(told.stdout) == [fingerprint(FINGERPRINTED), source_hashes(a_deal())]


def test_equal_values_have_equal_fingerprints():
    cet = timezone(timedelta(hours=1))

    assert fingerprint(Decimal("48000.00")) == fingerprint(Decimal("4.8E+4"))
    assert fingerprint(Decimal("-0")) == fingerprint(Decimal(0))
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint(datetime(2026, 3, 9, 15, tzinfo=UTC)) == fingerprint(datetime(2026, 3, 9, 16, tzinfo=cet))


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=20), st.decimals(allow_nan=False, allow_infinity=False)
)
def test_numbers_have_the_same_fingerprint_exactly_when_they_are_equal(one, other):
    assert (fingerprint(one) == fingerprint(other)) is (one == other)


def test_two_numbers_that_differ_far_behind_the_point_have_other_fingerprints():
    assert fingerprint(Decimal("1." + "0" * 30 + "1")) != fingerprint(Decimal(1))


def test_each_field_has_its_own_fingerprint():
    before = field_hashes({"Name": "Nordwind", "Score": Decimal(80)})
    after = field_hashes({"Name": "Nordwind", "Score": Decimal(90)})

    assert before["Name"] == after["Name"]
    assert before["Score"] != after["Score"]


def test_what_has_no_fingerprint_is_refused():
    with pytest.raises(TypeError, match="bytes has no fingerprint"):
        fingerprint(b"x")


def test_what_comes_with_every_deal_has_a_fingerprint_of_its_own():
    before, after = source_hashes(a_deal()), source_hashes(a_deal(amount=52_000))

    assert {name for name in before if before[name] != after[name]} == {"Amount", "deal.amount"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" Fewer berths\u00a0", "Fewer berths"),
        ("Priya@Harbor.example", "priya@harbor.example"),
        (datetime(2026, 3, 1, 1, 2, 3, 456_789, UTC), datetime(2026, 3, 1, 1, 2, 3, 456_000, UTC)),
        (Decimal(2) / 3, Decimal("0.6666666666666666")),
        (["B", "A"], ["A", "B"]),
    ],
)
def test_what_a_platform_keeps_otherwise_has_the_fingerprint_of_what_was_written(written, read):
    assert field_hashes({"field": written}) == field_hashes({"field": read})


@pytest.mark.parametrize(
    "value", ["Fewer", Decimal("5.50"), Decimal(48_000), 5, True, None, date(2026, 3, 1), ["A", "B"]]
)
def test_an_ordinary_value_keeps_the_fingerprint_that_earlier_releases_stored(value):
    assert field_hashes({"field": value}) == {"field": fingerprint(value)}


def test_each_path_of_a_list_has_a_fingerprint_of_its_own_and_the_number_of_its_rows():
    one, two = a_deal(products=["Lights"]), a_deal(products=["Lights", "Buoys"])
    other = replace(
        one, children=one.children | {"OpportunityLineItems": ({"Product2.Name": "Buoys", "Quantity": Decimal(1)},)}
    )
    before = source_hashes(one)

    def differ(deal):
        now = source_hashes(deal)
        return {name for name in now if now[name] != before[name]}

    assert differ(other) == {"OpportunityLineItems.Product2.Name"}
    assert {"OpportunityLineItems.#", "OpportunityLineItems.Product2.Name"} <= differ(two)


def test_a_list_that_is_read_wider_leaves_what_was_read_before_unchanged():
    narrow = a_deal()
    rows = tuple({**row, "UnitPrice": 100} for row in narrow.children["OpportunityLineItems"])
    wide = replace(narrow, children=narrow.children | {"OpportunityLineItems": rows})

    assert not changed(source_hashes(narrow), source_hashes(wide))
