"""What a record holds, in the types of what was sent."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from connectors._gainsight_values import as_written, path_of
from handoff.model import Needed

MARCH_10 = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
EPOCH_MS = 1_773_135_000_000  # 2026-03-10T09:30:00Z


@pytest.mark.parametrize(
    "held", ["2026-03-10", "2026-03-10T11:30:00Z", "2026-03-10 11:30:00.0", "2026-03-10T23:30:00.000-07:00", EPOCH_MS]
)
def test_a_due_date_is_its_calendar_day_however_it_comes(held):
    assert as_written("DueDate", held, date(2026, 1, 1)) == date(2026, 3, 10)


@pytest.mark.parametrize(
    "held",
    ["2026-03-10T09:30:00Z", "2026-03-10T11:30:00.000+0200", "2026-03-10 09:30:00.0", EPOCH_MS, str(EPOCH_MS)],
)
def test_a_moment_is_in_utc_however_it_comes(held):
    moment = as_written("Kickoff__gc", held, datetime(2026, 1, 1, tzinfo=UTC))

    assert (moment, moment.tzinfo) == (MARCH_10, UTC)


def test_a_moment_that_was_cut_to_milliseconds_is_the_one_that_was_sent():
    sent = datetime(2026, 3, 10, 10, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=1)))

    assert as_written("ActivityDate", "2026-03-10T09:30:00.123Z", sent) is sent


@pytest.mark.parametrize("held", [83.3, "83.3", "83.30"])
def test_a_number_is_exact(held):
    assert as_written("ARR", held, Decimal(1)) == Decimal("83.3")


def test_a_number_with_more_digits_than_a_double_has_is_the_one_that_was_sent():
    sent = Decimal("0.12345678901234567890")

    assert as_written("ARR", 0.12345678901234568, sent) is sent
    assert as_written("ARR", 0.1234567890123, sent) == Decimal("0.1234567890123")


def test_a_whole_number_stays_one():
    assert (as_written("Seats__gc", 50, 1), type(as_written("Seats__gc", 50.0, 1))) == (50, int)


@pytest.mark.parametrize(("held", "read"), [(True, True), (False, False), ("true", True), ("False", False)])
def test_yes_and_no_are_read_as_such_and_as_texts(held, read):
    assert as_written("IsImportant", held, True) is read


@pytest.mark.parametrize("held", [None, "", "  ", []])
@pytest.mark.parametrize("ours", ["x", Decimal(1), date(2026, 1, 1), MARCH_10, True, ["a"], Needed("k"), None])
def test_what_is_empty_is_none(held, ours):
    assert as_written("Any", held, ours) is None


def test_white_space_around_a_text_is_nobodys_edit():
    assert as_written("Comments", "<p>Sold</p>\n", "  <p>Sold</p>") == "  <p>Sold</p>"
    assert as_written("Comments", " <p>Mine</p> ", "<p>Sold</p>") == "<p>Mine</p>"


def test_an_author_is_an_address_in_small_letters():
    assert as_written("Author", "Kim@Acme.example", "lee@acme.example") == "kim@acme.example"
    assert as_written("Author", "kim@acme.example", "Kim@Acme.example") == "Kim@Acme.example"


@pytest.mark.parametrize(
    ("held", "ours", "read"),
    [
        (12000, "12000", "12000"),
        (12000.5, "1", "12000.5"),
        (True, "false", "true"),
        ("2026-03-10T11:30:00Z", "2026-03-10", "2026-03-10"),
        (EPOCH_MS, "2026-03-09", "2026-03-10"),
        ("2026-03-10T09:30:00.000Z", "2026-03-10T10:30:00+01:00", "2026-03-10T10:30:00+01:00"),
        ("2026-03-10 and later", "2026-03-10", "2026-03-10 and later"),
        ("1P02X", Needed("company"), "1P02X"),
    ],
)
def test_a_text_is_compared_with_what_its_field_made_of_it(held, ours, read):
    assert as_written("Any", held, ours) == read


@pytest.mark.parametrize("held", [["A", "B"], "A;B", "A; B", ["B", "A"]])
def test_the_items_of_a_multi_select_come_in_any_order_and_shape(held):
    assert as_written("Products__gc", held, ["A", "B"]) == ["A", "B"]


@pytest.mark.parametrize("ours", [Decimal(1), date(2026, 1, 1), MARCH_10])
def test_what_cannot_be_read_as_our_type_is_not_what_we_wrote(ours):
    assert as_written("Any", "ask Kim", ours) == "ask Kim"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("success_plan", "Templates", ["Enterprise Template"]),
        ("success_plan", "Objectives", []),
        ("timeline", "internalAttendees", ["kim@acme.example"]),
        ("cta", "Steps", [{"Name": "x"}]),
        ("cta", "Parts", {"Name": "x"}),
    ],
)
def test_what_was_written_only_cannot_be_read(kind, name, value):
    assert path_of(kind, name, value) is None


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        ("cta", "status", "StatusId__gr.Name"),
        ("success_plan", "SuccessPlanType", "SuccessPlanTypeId__gr.Name"),
        ("timeline", "Author", "AuthorId__gr.Email"),
        ("company", "Status", "Status"),
        ("cta", "Comments", "Comments"),
    ],
)
def test_what_is_written_under_one_name_is_read_under_another(kind, name, path):
    assert path_of(kind, name, "x") == path
