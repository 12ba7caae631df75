"""The words that may stand behind `as`: one closed table of pure functions, each defined for a missing value."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from bs4 import BeautifulSoup
from markupsafe import Markup, escape

from handoff.model import Value

BLOCKS = ("p", "div", "br", "li", "ul", "ol", "tr", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6")


def missing(value: Value) -> bool:
    """Return whether nothing was said: nothing at all, an empty text or list, only white space."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | tuple | dict) and not value)


def text(value: Value) -> str:
    """Return the value as a person would write it: dates as 2026-12-01, whole numbers without a fraction."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | float | int):
        return _number_text(Decimal(str(value)))
    if isinstance(value, list | tuple):
        return ", ".join(text(item) for item in value)
    if isinstance(value, Mapping):
        return text(value.get("text") or value.get("name") or value.get("label") or "")
    return str(value).strip()


def plain(value: Value) -> str:
    """Return rich text (HTML) as plain text, its paragraphs as lines."""
    soup = BeautifulSoup(str(value), "html.parser")
    for block in soup.find_all(BLOCKS):
        block.append("\n")
        block.insert_before("\n")
    lines = (" ".join(line.split()) for line in soup.get_text().splitlines())
    return "\n".join(line for line in lines if line)


def html(value: Value) -> Markup:
    """Return plain text as HTML that shows exactly that text."""
    return Markup("<br>").join(escape(line) for line in text(value).splitlines())


def decimal(value: Value) -> Decimal:
    """Return an exact number; `12 000,50` is refused, since nobody can say what it means everywhere."""
    try:
        return Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError(f"{str(value)[:40]!r} is no number") from error


def percent(value: Value) -> Decimal:
    """Return a share of 1 in percent, with one decimal: 0.8 is 80."""
    return (decimal(value) * 100).quantize(Decimal("0.1")).normalize() + 0


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
            raise ValueError(f"{str(value)[:40]!r} is no moment like 2026-12-01T09:00:00Z") from error
    if moment.tzinfo is None:
        raise ValueError(f"{str(value)[:40]!r} has no time zone; write 2026-12-01T09:00:00Z")
    return moment.astimezone(UTC)


def as_date(value: Value) -> date:
    """Return a day; of a moment, its day in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError as error:
        raise ValueError(f"{str(value)[:40]!r} is no day like 2026-12-01") from error


def boolean(value: Value) -> bool:
    """Return yes or no; only true, false, yes, no, 1 and 0 are taken."""
    if isinstance(value, bool):
        return value
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        return known[str(value).strip().lower()]
    except KeyError as error:
        raise ValueError(f"{str(value)[:40]!r} is neither yes nor no") from error


def as_list(value: Value) -> list[Value]:
    """Return a list; a text is split at semicolons, as CRMs write a multi-select."""
    if isinstance(value, list | tuple):
        return list(value)
    return [part.strip() for part in str(value).split(";") if part.strip()]


def lines(value: Value) -> Value:
    """
    Return a text's lines as items, or a list as a text of one line an item.

    A line is `text | due date | kind | owner`; only the text is needed. An item is a mapping with `id` (its
    place, from 1), `text`, and `due_on` (a date), `kind`, `owner` where the line has them.
    """
    if isinstance(value, list | tuple):
        return "\n".join(text(item) for item in value)
    items = [line for line in (raw.strip(" \t-•*") for raw in plain(value).splitlines()) if line]
    return [_item(number, line) for number, line in enumerate(items, start=1)]


def _item(number: int, line: str) -> dict[str, Value]:
    parts = [part.strip() for part in line.split("|")]
    item: dict[str, Value] = {"id": str(number), "text": parts[0]}
    if len(parts) > 1 and parts[1]:
        item["due_on"] = as_date(parts[1])
    item |= {name: part for name, part in zip(("kind", "owner"), parts[2:4], strict=False) if part}
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


def span(words: str) -> timedelta:
    """Return the length of `90 days`, `1 week` or `4 hours`; raises `ValueError` for anything else."""
    found = re.fullmatch(r"\s*(\d{1,5})\s*(hour|day|week)s?\s*", words)
    if not found:
        raise ValueError(f"{words!r} is no span of time. Write it like '90 days', '2 weeks' or '4 hours'")
    return timedelta(**{f"{found[2]}s": int(found[1])})


def shortened(value: str, limit: int) -> str:
    """Return the text in at most `limit` characters, cut at a word where one is near, with an ellipsis."""
    if len(value) <= limit:
        return value
    cut = value[: max(0, limit - 1)]
    space = cut.rfind(" ", int(limit * 0.6))
    return (cut[:space] if space > 0 else cut).rstrip() + "…"


def _number_text(number: Decimal) -> str:
    whole = number == number.to_integral_value()
    return f"{number:,.0f}" if whole else f"{number:,.2f}"
