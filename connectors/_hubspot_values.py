"""HubSpot's values and ours: everything comes as text, and is what its property's type says it is."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from handoff.errors import BridgeBug
from handoff.model import Value

EPOCH_MS = 9
"""A stamp of more digits than this counts milliseconds: no year is that long."""
EXACT_DIGITS = 17
"""A number of more digits was a binary fraction written out; the shortest that means the same was meant."""
MADE_TEXT = ("_id", "_ids")


def parsed(name: str, kind: str, raw: Any) -> Value:
    """
    Return what a property's text says, by the type of the property; "" and null are None.

    A number that is none, and a moment that is none, stays the text it is: the mapping's own rules say so in words. An
    id is text whatever its type. Days and moments are ISO text, also where they came as milliseconds.
    """
    if raw is None or raw == "":
        return None
    text = raw if isinstance(raw, str) else _text_of(raw)
    if kind == "number" and not name.endswith(MADE_TEXT):
        return number(text)
    if kind == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "datetime":
        at = moment_or_none(text)
        return text if at is None else iso(at)
    if kind == "date":
        at = moment_or_none(text)
        return text if at is None else at.date().isoformat()
    return text


def number(text: str) -> Value:
    """Return the exact number that a text means; the text where it is none."""
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return text
    if not found.is_finite():
        return text
    return Decimal(repr(float(found))) if len(found.as_tuple().digits) > EXACT_DIGITS else found


def moment_or_none(text: Any) -> datetime | None:
    """Return the aware moment, in UTC, of an ISO stamp, a day, or milliseconds; None for what is none, and for 0."""
    said = str(text or "").strip()
    try:
        if said.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(said) / 1000, UTC) if len(said) > EPOCH_MS else None
        at = datetime.fromisoformat(said)
    except (ValueError, OverflowError, OSError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def iso(at: datetime) -> str:
    """Return a moment as HubSpot writes it: `2026-11-20T17:03:22.101Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(at: datetime) -> str:
    """Return a moment as a search takes it, rounded down."""
    whole = int(at.timestamp()) * 1000 + at.microsecond // 1000
    return str(whole)


def outgoing(value: Value, kind: str) -> str:
    """Return a plain value as HubSpot takes it; "" clears. A moment is written as its property's type wants it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, (Decimal, int, float)):
        said = format(value if isinstance(value, Decimal) else Decimal(str(value)), "f")
        return said.rstrip("0").rstrip(".") if "." in said else said
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise BridgeBug("A receipt carries a moment without a time zone.")
        return value.astimezone(UTC).date().isoformat() if kind == "date" else iso(value)
    if isinstance(value, date):
        return value.isoformat()
    raise BridgeBug(f"A receipt carries a {type(value).__name__}; HubSpot takes text, numbers, dates and booleans.")


def same(name: str, kind: str, sent: str, held: Any) -> bool:
    """Return whether a property holds what was sent to it, however it is written."""
    told = parsed(name, kind, held)
    wanted = parsed(name, kind, sent)
    if told == wanted:
        return True
    return isinstance(told, str) and isinstance(wanted, str) and _folded(told) == _folded(wanted)


def _folded(text: str) -> str:
    """HubSpot trims texts and writes line ends its own way."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def won_moments(history: Iterable[Mapping[str, Any]], won_stages: frozenset[str]) -> list[datetime]:
    """
    Return the moments of every step from a stage that is not won to one that is, in order.

    `history` is as HubSpot gives it, the newest entry first. A first entry that is already won counts: the deal was
    born won.
    """
    told = [(moment_or_none(one.get("timestamp")), str(one.get("value"))) for one in history]
    dated = sorted(((at, stage) for at, stage in reversed(told) if at is not None), key=lambda one: one[0])
    moments: list[datetime] = []
    was_won = False
    for at, stage in dated:
        won = stage in won_stages
        if won and not was_won:
            moments.append(at)
        was_won = won
    return moments


def _text_of(raw: Any) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw)
