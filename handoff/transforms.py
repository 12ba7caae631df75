"""The words that may stand behind `as`: one closed table of pure functions, each defined for a missing value."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from handoff.model import Value
from handoff.prose import as_read

YES_OR_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
TENTH = Decimal("0.1")
MOST_DIGITS = 30
"""More digits than any amount of money has; a number that claims more is a mistake."""


def missing(value: Value) -> bool:
    """Return whether nothing was said: nothing at all, an empty text or list, only white space."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value or value.isspace()
    return not value and isinstance(value, (list, tuple, dict))


def text(value: Value) -> str:
    """Return the value as a person would write it: dates as 2026-12-01, whole numbers without a fraction."""
    if type(value) is str:
        return value.strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (Decimal, float, int)):
        return _number_text(value if type(value) is Decimal else Decimal(str(value)))
    if isinstance(value, list | tuple):
        return ", ".join(text(item) for item in value)
    if isinstance(value, Mapping):
        return text(value.get("text") or value.get("name") or value.get("label") or "")
    return str(value).strip()


def plain(value: Value) -> str:
    """
    Return rich text (HTML) as plain text, its paragraphs as lines.

    What is no tag of HTML stays as it was written: `a < b`, `<rosa@acme.example>`.
    """
    return "\n".join(_plain_lines(value))


def _plain_lines(value: Value) -> list[str]:
    return [" ".join(words) for line in as_read(text(value)).splitlines() if (words := line.split())]


def html(value: Value) -> Markup:
    """Return plain text as HTML that shows exactly that text."""
    return Markup("<br>").join(escape(line) for line in text(value).splitlines())


def decimal(value: Value) -> Decimal:
    """Return an exact number; `12 000,50` is refused, since nobody can say what it means everywhere."""
    try:
        number = value if type(value) is Decimal else Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError(f"{quoted(value)} is no number") from error
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError(f"{quoted(value)} is no number to work with")
    return number


def percent(value: Value) -> Decimal:
    """Return a share of 1 in percent, with one decimal: 0.8 is 80."""
    share = decimal(value)
    if abs(share) > 10_000:
        raise ValueError(f"{quoted(value)} is no share of 1")
    return (share * 100).quantize(TENTH).normalize() + 0


def as_datetime(value: Value) -> datetime:
    """Return an aware moment in UTC; a date is its midnight in UTC, a text without an offset is refused."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    else:
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise ValueError(f"{quoted(value)} is no moment like 2026-12-01T09:00:00Z") from error
    if moment.tzinfo is None:
        raise ValueError(f"{quoted(value)} has no time zone; write 2026-12-01T09:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{quoted(value)} is outside the years 1 to 9999") from error


def as_date(value: Value) -> date:
    """
    Return a day.

    Of a moment its day in UTC; of one in somebody's own zone (a deadline), their day; of one without a zone, the day
    that is written.
    """
    if type(value) is str and len(value) == len("2026-12-01"):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass  # a text that is no day is refused below, in our words
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        as_it_stands = moment.tzinfo is None or isinstance(moment.tzinfo, ZoneInfo)
        return (moment if as_it_stands else as_datetime(moment)).date()
    except ValueError as error:
        raise ValueError(f"{quoted(value)} is no day like 2026-12-01") from error


def later(value: Value, by: timedelta) -> date | datetime:
    """Return the day or moment that much later; a day plus hours is a moment, counted from its midnight in UTC."""
    whole_days = by.seconds == 0
    start = value if isinstance(value, date) else _day_or_moment(value)
    if not whole_days and not isinstance(start, datetime):
        start = as_datetime(start)
    try:
        return start + by
    except OverflowError as error:
        raise ValueError(f"{quoted(value)} is too late to count from") from error


def _day_or_moment(value: Value) -> date | datetime:
    return as_date(value) if len(str(value).strip()) <= len("2026-12-01") else as_datetime(value)


def boolean(value: Value) -> bool:
    """Return yes or no; only true, false, yes, no, 1 and 0 are taken."""
    if isinstance(value, bool):
        return value
    try:
        return YES_OR_NO[str(value).strip().lower()]
    except KeyError as error:
        raise ValueError(f"{quoted(value)} is neither yes nor no") from error


def as_list(value: Value) -> list[Value]:
    """Return a list; a text is split at semicolons, as CRMs write a multi-select."""
    if isinstance(value, list | tuple):
        return list(value)
    return [part for raw in str(value).split(";") if (part := raw.strip())]


def lines(value: Value) -> Value:
    """
    Return a text's lines as items, or a list as a text of one line an item.

    A line is `text | due date | kind | owner`; only the text is needed. An item is a mapping with `id` (its
    place, from 1), `text`, and `due_on` (a date), `kind`, `owner` where the line has them. A due date that
    is no date stays in the text, in brackets: one slip of the pen must not cost the other promises.
    """
    if isinstance(value, list | tuple):
        return "\n".join(text(item) for item in value)
    items = [line for raw in _plain_lines(value) if (line := raw.strip(" \t-•*"))]
    return [_item(number, line) for number, line in enumerate(items, start=1)]


def _item(number: int, line: str) -> dict[str, Value]:
    parts = [part.strip() for part in line.split("|")]
    item: dict[str, Value] = {"id": str(number), "text": parts[0]}
    if len(parts) > 1 and parts[1]:
        try:
            item["due_on"] = as_date(parts[1])
        except ValueError:
            item["text"] = f"{parts[0]} ({parts[1]})"
    if len(parts) > 2 and parts[2]:
        item["kind"] = parts[2]
    if len(parts) > 3 and parts[3]:
        item["owner"] = parts[3]
    return item


TRANSFORMS: Mapping[str, Callable[[Value], Value]] = {
    "text": text,
    "plain": plain,
    "html": html,
    "number": decimal,
    "percent": percent,
    "decimal": decimal,
    "date": as_date,
    "datetime": as_datetime,
    "boolean": boolean,
    "list": as_list,
    "lines": lines,
}


def quoted(value: Value) -> str:
    """Return the start of a value for a message that people read in logs: never somebody's address."""
    said = str(value)
    return "an e-mail address" if "@" in said else repr(said[:40])


def exact(value: Value) -> str:
    """Return the value as a machine compares it: as `text`, but a number with all its digits and no separators."""
    if type(value) is str:
        return value.strip()
    if isinstance(value, (Decimal, float, int)) and not isinstance(value, bool):
        digits = f"{Decimal(str(value)):f}"
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
        return "0" if digits == "-0" else digits
    return text(value)


def span(words: str) -> timedelta:
    """Return the length of `90 days`, `1 week` or `4 hours`; raises `ValueError` for anything else."""
    found = re.fullmatch(r"\s*(\d{1,5})\s*(hour|day|week)s?\s*", words)
    if not found:
        raise ValueError(f"{words!r} is no span to add. Write it like '90 days', '2 weeks' or '4 hours'")
    return timedelta(**{f"{found[2]}s": int(found[1])})


def shortened(value: str, limit: int) -> str:
    """Return the text in at most `limit` characters, cut at a word where one is near, with an ellipsis."""
    if len(value) <= limit:
        return value
    cut = value[: max(0, limit - 1)]
    space = cut.rfind(" ", int(limit * 0.6))
    return (cut[:space] if space > 0 else cut).rstrip() + "…"


def fitted(value: str, limit: int) -> str:
    """Return the text in at most `limit` characters; of HTML made by `html`, the text is cut, never a tag."""
    if not isinstance(value, Markup) or len(value) <= limit:
        return shortened(value, limit)
    whole, room = value.replace("<br>", "\n").unescape(), limit
    while room > 0 and len(html(shortened(whole, room))) > limit:
        room -= max(1, (len(html(shortened(whole, room))) - limit) // 6)
    return html(shortened(whole, room))


def _number_text(number: Decimal) -> str:
    if not number.is_finite():
        return str(number)
    whole = number == number.to_integral_value()
    return f"{number:,.0f}" if whole else f"{number:,.2f}"
