"""HubSpot's texts are what their property's type says, and ours are written as it takes them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors._hubspot_values import milliseconds, moment_or_none, outgoing, parsed, same, won_moments
from handoff.errors import BridgeBug

MORNING = datetime(2026, 11, 20, 17, 3, 22, 101_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "kind", "raw", "value"),
    [
        ("amount", "number", "48000", Decimal(48000)),
        ("amount", "number", "0.200000000000000011102230246251565404", Decimal("0.2")),
        ("amount", "number", "12345678901234.56", Decimal("12345678901234.56")),
        ("amount", "number", "a lot", "a lot"),
        ("amount", "number", "NaN", "NaN"),
        ("amount", "number", "", None),
        ("hs_product_id", "number", "00044", "00044"),
        ("done", "bool", "true", True),
        ("done", "bool", "False", False),
        ("done", "bool", "maybe", "maybe"),
        ("closedate", "datetime", "2026-11-20T17:03:22.101Z", "2026-11-20T17:03:22.101Z"),
        ("closedate", "datetime", "1795194202101", "2026-11-20T17:03:22.101Z"),
        ("go_live", "date", "1795132800000", "2026-11-20"),
        ("go_live", "date", "2026-11-20", "2026-11-20"),
        ("go_live", "date", "soon", "soon"),
        ("notes", "string", "two\nlines", "two\nlines"),
        ("notes", "string", None, None),
    ],
)
def test_a_text_is_what_its_property_s_type_says(name: str, kind: str, raw: Any, value: Any) -> None:
    assert parsed(name, kind, raw) == value


@pytest.mark.parametrize("stamp", [None, "", "0", "soon", "99999999999999999999"])
def test_what_is_no_moment_is_none(stamp: Any) -> None:
    assert moment_or_none(stamp) is None


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "string", ""),
        (True, "bool", "true"),
        (Decimal("80.0"), "number", "80"),
        (Decimal("1E+3"), "number", "1000"),
        (3, "number", "3"),
        (MORNING, "datetime", "2026-11-20T17:03:22.101Z"),
        (MORNING, "date", "2026-11-20"),
        (date(2026, 11, 20), "date", "2026-11-20"),
    ],
)
def test_a_value_is_written_as_its_property_takes_it(value: Any, kind: str, text: str) -> None:
    assert outgoing(value, kind) == text


@pytest.mark.parametrize("value", [MORNING.replace(tzinfo=None), ["x"]])
def test_a_value_that_cannot_be_written_is_our_bug(value: Any) -> None:
    with pytest.raises(BridgeBug):
        outgoing(value, "string")


@pytest.mark.parametrize(
    ("kind", "sent", "held", "agrees"),
    [
        ("number", "66.7", "66.70", True),
        ("datetime", "2026-11-20T17:03:22.101Z", "1795194202101", True),
        ("string", "a \nb", "a\r\nb", True),
        ("string", "", None, True),
        ("string", "a", "b", False),
        ("string", "a", None, False),
    ],
)
def test_a_value_counts_as_held_however_it_is_written(kind: str, sent: str, held: Any, agrees: bool) -> None:
    assert same("it", kind, sent, held) is agrees


def test_a_search_s_bounds_are_whole_milliseconds() -> None:
    assert milliseconds(MORNING) == "1795194202101"


def test_history_is_told_by_its_stamps_and_a_deal_born_won_counts() -> None:
    stamps = [("won", "1795194202101"), ("open", "2026-10-02T08:00:00Z"), ("won", "2026-10-01T08:00:00Z")]
    history = [{"value": stage, "timestamp": at} for stage, at in (stamps[1], stamps[0], stamps[2])]

    assert won_moments(history, frozenset({"won"})) == [datetime(2026, 10, 1, 8, tzinfo=UTC), MORNING]
