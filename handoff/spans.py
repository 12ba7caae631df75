"""Spans of time as people write them: `4 hours`, `2 weeks`, `1 working day`; and who works when."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import holidays
from pydantic import BeforeValidator

WRITTEN = re.compile(r"\s*(\d{1,5})\s+(working day|hour|day|week)s?\s*")
RATE = re.compile(r"\s*(\d{1,4})\s+an?\s+(day|week|month)\s*")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_WORKING_DAYS = 2_000


@dataclass(frozen=True)
class Span:
    """A length of time: so many hours, days, weeks or working days."""

    count: int
    unit: str

    @property
    def in_working_days(self) -> bool:
        """Whether it needs a calendar to be counted."""
        return self.unit == "working day"


def read_span(words: str) -> Span:
    """Return `1 working day`, `10 days`, `2 weeks`, `4 hours` as a span; raises `ValueError` for anything else."""
    found = WRITTEN.fullmatch(words)
    if not found:
        raise ValueError(f"{words!r} is no span of time. Write it like '1 working day', '10 days' or '4 hours'")
    span = Span(int(found[1]), found[2])
    if span.in_working_days and span.count > LONGEST_WORKING_DAYS:
        raise ValueError(f"{words!r} is longer than {LONGEST_WORKING_DAYS} working days. Write a shorter one")
    return span


def span_text(words: Any, *, also: str = "") -> str:
    """Return the words of a span as they are; raises `ValueError` for anything else, a bare number too."""
    try:
        read_span(str(words))
    except ValueError as error:
        raise ValueError(f"{error}{', ' if also else ''}{also}") from error
    return str(words)


def _rate(words: Any) -> str:
    if not RATE.fullmatch(str(words)):
        raise ValueError(f"{str(words)!r} is no rate. Write it like '5 a week'")
    return str(words)


SpanText = Annotated[str, BeforeValidator(span_text)]
RateText = Annotated[str, BeforeValidator(_rate)]


@dataclass(frozen=True)
class WorkCalendar:
    """When somebody works: the zone their days are counted in, the days of the week, and whose holidays they keep."""

    zone: str = "UTC"
    days: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    country: str | None = None
    region: str | None = None

    def works_on(self, day: date) -> bool:
        """Return whether it is a working day."""
        return day.weekday() in self.days and day not in _holidays(self.country, self.region)


@cache
def _holidays(country: str | None, region: str | None) -> holidays.HolidayBase | frozenset[date]:
    return holidays.country_holidays(country, subdiv=region) if country else frozenset()


@cache
def regional(country: str) -> bool:
    """Return whether a part of the country keeps holidays that the whole does not, as England does Easter Monday."""
    year = 2026  # any: which days differ hardly ever changes
    common = set(holidays.country_holidays(country, years=year))
    regions = holidays.list_supported_countries().get(country, [])
    return any(set(holidays.country_holidays(country, subdiv=region, years=year)) - common for region in regions)


def due(start: datetime, span: Span, calendar: WorkCalendar) -> datetime:
    """
    Return the moment that span after `start`, in the calendar's zone.

    Args:
        start: Must carry a time zone.
        span: Working days are whole ones: a weekend day or holiday counts for nothing, and the time of day stays.

    Raises:
        ValueError: `start` has no time zone.

    Source: the sales playbook, "introduction within 3 business days".
    """
    if start.tzinfo is None:
        raise ValueError("a deadline needs a start with a time zone")
    if not span.in_working_days:
        return (start + timedelta(**{f"{span.unit}s": span.count})).astimezone(ZoneInfo(calendar.zone))
    local = start.astimezone(ZoneInfo(calendar.zone))
    day, left = local.date(), span.count
    while left:
        day += timedelta(days=1)
        left -= calendar.works_on(day)
    return datetime.combine(day, local.time(), tzinfo=local.tzinfo)


def read_hours(words: str) -> tuple[time, time]:
    """Return `09:00-17:30` as two times; raises `ValueError` for anything else."""
    found = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*", words)
    try:
        if found:
            begins, ends = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
            if begins < ends:
                return begins, ends
    except ValueError:
        pass
    raise ValueError(f"""{words!r} are no hours. Write them like "09:00-17:30", in quotes""")
