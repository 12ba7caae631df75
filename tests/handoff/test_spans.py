"""Spans of time and who works when."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handoff.spans import Span, WorkCalendar, due, read_hours, read_span, span_text

LONDON = WorkCalendar("Europe/London", country="GB", region="ENG")
TEXAS = WorkCalendar("America/Chicago", country="US", region="TX")
WEEKENDS_TOO = WorkCalendar("UTC", frozenset(range(7)))
CALENDARS = st.sampled_from(
    [WorkCalendar(), LONDON, TEXAS, WEEKENDS_TOO, WorkCalendar("Asia/Dubai", frozenset({6, 0}))]
)
MOMENTS = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
DAYS = st.integers(0, 30)


def working(days: int) -> Span:
    return Span(days, "working day")


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("1 working day", Span(1, "working day")),
        ("10 days", Span(10, "day")),
        ("2 weeks", Span(2, "week")),
        (" 4  hours ", Span(4, "hour")),
        ("0 days", Span(0, "day")),
    ],
)
def test_a_span_is_read_as_people_write_it(words, span):
    assert read_span(words) == span


@pytest.mark.parametrize(
    "words",
    ["", "1", "day", "two days", "1.5 days", "-1 days", "2 business days", "3 months", "1working day", "999999 days"],
)
def test_what_is_no_span_is_refused_with_how_to_write_one(words):
    with pytest.raises(ValueError, match="is no span of time"):
        read_span(words)


def test_a_span_of_years_of_working_days_is_refused():
    with pytest.raises(ValueError, match="longer than 2000 working days"):
        read_span("2001 working days")


def test_a_bare_number_is_no_span_and_is_not_said_to_be_a_missing_quote():
    with pytest.raises(ValueError, match=r"'3' is no span of time.*'4 hours', or 0$"):
        span_text(3, also="or 0")


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (datetime(2026, 3, 6, 16, 55, tzinfo=UTC), 1, "2026-03-09T16:55"),  # Friday evening
        (datetime(2026, 4, 2, 9, 0, tzinfo=UTC), 1, "2026-04-07T10:00"),  # before Good Friday and Easter Monday
        (datetime(2026, 12, 24, 12, 0, tzinfo=UTC), 2, "2026-12-30T12:00"),  # Boxing Day falls on a Saturday
        (datetime(2026, 3, 7, 12, 0, tzinfo=UTC), 0, "2026-03-07T12:00"),
        (datetime(2026, 3, 7, 12, 0, tzinfo=UTC), 1, "2026-03-09T12:00"),
    ],
)
def test_working_days_leave_out_weekends_and_the_country_s_holidays(start, days, end):
    assert due(start, working(days), LONDON) == datetime.fromisoformat(end).replace(tzinfo=ZoneInfo("Europe/London"))


def test_a_region_keeps_holidays_of_its_own():
    assert not TEXAS.works_on(date(2026, 11, 27))  # Friday after Thanksgiving
    assert WorkCalendar("America/Chicago", country="US").works_on(date(2026, 11, 27))
    assert not LONDON.works_on(date(2026, 4, 6))  # Easter Monday: not in Scotland, so not of all GB
    assert WorkCalendar("Europe/London", country="GB").works_on(date(2026, 4, 6))


def test_days_are_counted_in_the_calendar_s_zone():
    late_on_thursday_in_chicago = datetime(2026, 3, 6, 3, 0, tzinfo=UTC)

    assert due(late_on_thursday_in_chicago, working(1), TEXAS).date() == date(2026, 3, 6)


def test_hours_days_and_weeks_are_counted_through_weekends():
    friday = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)

    assert due(friday, Span(10, "day"), LONDON) == datetime(2026, 3, 16, 16, 0, tzinfo=UTC)
    assert due(friday, Span(1, "week"), LONDON) == datetime(2026, 3, 13, 16, 0, tzinfo=UTC)
    assert due(friday, Span(4, "hour"), TEXAS) == datetime(2026, 3, 6, 20, 0, tzinfo=UTC)


@given(MOMENTS, DAYS, DAYS, CALENDARS)
def test_waiting_twice_is_waiting_for_the_sum(start, one, other, calendar):
    assert due(due(start, working(one), calendar), working(other), calendar) == due(
        start, working(one + other), calendar
    )


@given(MOMENTS, st.integers(1, 30), CALENDARS)
def test_a_deadline_in_working_days_falls_on_one_and_later(start, days, calendar):
    end = due(start, working(days), calendar)

    assert calendar.works_on(end.date())
    assert end > start - timedelta(hours=1)  # a clock that is turned back
    assert end.date() - start.astimezone(ZoneInfo(calendar.zone)).date() >= timedelta(days=days)


@given(MOMENTS, DAYS, CALENDARS)
def test_a_longer_span_never_ends_earlier(start, days, calendar):
    assert due(start, working(days), calendar) <= due(start, working(days + 1), calendar)


def test_a_start_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="a start with a time zone"):
        due(datetime(2026, 3, 6), working(1), LONDON)  # noqa: DTZ001


def test_working_hours_are_read_and_must_end_after_they_begin():
    assert read_hours("08:30-17:30") == (time(8, 30), time(17, 30))


@given(st.text(max_size=12))
def test_no_words_for_hours_make_anything_but_two_times_or_a_refusal(words):
    try:
        begins, ends = read_hours(words)
    except ValueError as error:
        assert str(error).endswith('are no hours. Write them like "09:00-17:30", in quotes')
        return
    assume(words)
    assert begins < ends


@pytest.mark.parametrize("words", ["8-16", "17:00-09:00", "09:00-09:00", "25:00-26:00", "9:00am-5:00pm", ""])
def test_what_are_no_hours_is_refused(words):
    with pytest.raises(ValueError, match="are no hours"):
        read_hours(words)
