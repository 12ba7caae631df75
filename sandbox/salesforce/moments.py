"""The vendor's ways to write a moment; stored text sorts as time does, because it is always UTC."""

from datetime import UTC, date, datetime, timedelta

SECONDS = 19
"""How many characters of a stored moment count in comparisons: milliseconds are ignored."""


def written(moment: datetime) -> str:
    """Return a moment as REST answers it, in UTC and milliseconds."""
    at = moment.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def stamp(now: datetime) -> str:
    """Return a moment as the system stamps records: in whole seconds."""
    return written(now.replace(microsecond=0))


def read(text: str) -> datetime:
    """Return the moment a text names; raises `ValueError` for anything without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone.")
    return moment.astimezone(UTC)


def midnight(day: date) -> str:
    """Return the start of a day in UTC, cut to seconds."""
    return f"{day.isoformat()}T00:00:00"


def period(name: str, now: datetime) -> tuple[date, date]:
    """Return the first day of a SOQL date literal and the day after its last; days are UTC days."""
    today = now.astimezone(UTC).date()
    word, _, count = name.upper().partition(":")
    if word == "TODAY":
        return today, today + timedelta(days=1)
    if word == "YESTERDAY":
        return today - timedelta(days=1), today
    if word == "THIS_MONTH":
        first = today.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1)
    return today - timedelta(days=int(count)), today + timedelta(days=1)
