"""What a record of Gainsight holds, in the names and types of the step that wrote it; pure functions."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors._gainsight_settings import CTA, PLAN, TIMELINE
from handoff.model import Value
from handoff.transforms import exact

READ_AS: Mapping[str, Mapping[str, str]] = {
    CTA: {
        "type": "TypeId__gr.Name",
        "reason": "ReasonId__gr.Name",
        "status": "StatusId__gr.Name",
        "priority": "PriorityId__gr.Name",
    },
    PLAN: {"SuccessPlanType": "SuccessPlanTypeId__gr.Name", "status": "StatusId__gr.Name"},
    TIMELINE: {"Author": "AuthorId__gr.Email"},
}
"""By kind, where a field stands that is read under another name than it is written under."""

WRITE_ONLY: Mapping[str, frozenset[str]] = {
    PLAN: frozenset({"Objectives", "Templates"}),
    TIMELINE: frozenset({"internalAttendees", "externalAttendees", "companyName"}),
}
RECORD_ID = re.compile(r"(?<![A-Za-z0-9])[A-Z0-9]{36}(?![A-Za-z0-9])")
_ADDRESSES = frozenset({"Author"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")


def path_of(kind: str, name: str, value: Value) -> str | None:
    """Return where a payload's field is read, None when it cannot be read back: it has parts, or is write-only."""
    parts = isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value)
    if parts or isinstance(value, Mapping) or name in WRITE_ONLY.get(kind, ()):
        return None
    return READ_AS.get(kind, {}).get(name, name)


def as_written(name: str, held: Any, ours: Value) -> Value:
    """
    Return what a record holds of the field `name`, of the type of our value; None when it is empty.

    Where both are one thing spelled in two ways (more digits than the vendor keeps, white space around a text), ours
    is returned. What cannot be read as our type is returned as it stands, for it is not what we wrote.
    """
    if isinstance(held, str):
        held = held.strip().lower() if name in _ADDRESSES else held.strip()
    if held is None or held in ("", []):
        return None
    if name in _ADDRESSES and str(ours).strip().lower() == held:
        return ours
    reader = next((read for kind, read in _READERS if isinstance(ours, kind)), _text)
    try:
        return reader(held, ours)
    except (ValueError, InvalidOperation, OverflowError):
        return held


def _yes_or_no(held: Any, ours: Value) -> Value:
    return {"true": True, "false": False}.get(str(held).lower(), held)


def _decimal(held: Any, ours: Decimal) -> Value:
    number = Decimal(str(held))
    return ours if number in (ours, Decimal(str(float(ours)))) else number


def _whole(held: Any, ours: int) -> Value:
    number = Decimal(str(held))
    return int(number) if number == number.to_integral_value() else number


def _moment(held: Any, ours: datetime) -> Value:
    moment = moment_in(held)
    start_of_ms = ours.replace(microsecond=ours.microsecond // 1000 * 1000)
    return ours if moment == start_of_ms else moment


def _day(held: Any, ours: date) -> Value:
    return day_in(held)


def _items(held: Any, ours: Value) -> Value:
    found = held if isinstance(held, list) else [part.strip() for part in str(held).split(";") if part.strip()]
    return ours if sorted(map(str, found)) == sorted(map(str, ours)) else found


def _text(held: Any, ours: Value) -> Value:
    said = ours.strip() if isinstance(ours, str) else ""
    if _DAY.fullmatch(said) and (not isinstance(held, str) or _DAY.match(held)):
        return day_in(held).isoformat()
    if _MOMENT.fullmatch(said) and moment_in(held) == moment_in(said):
        return ours
    plain = str(held).lower() if isinstance(held, bool) else held if isinstance(held, str) else exact(held)
    return ours if plain == said else plain


_READERS: tuple[tuple[Any, Callable[[Any, Any], Value]], ...] = (
    (bool, _yes_or_no),
    (Decimal, _decimal),
    (int, _whole),
    (datetime, _moment),
    (date, _day),
    (list | tuple, _items),
)


def day_in(held: Any) -> date:
    """
    Return the calendar day of a date that comes as epoch milliseconds or ISO text, with or without a time of day.

    Of a text it is the day that is written, whatever its offset; of an epoch stamp the day in UTC. Raises `ValueError`.
    """
    if isinstance(held, str) and _DAY.match(held):
        return datetime.fromisoformat(held).date()
    return moment_in(held).date()


def moment_in(held: Any) -> datetime:
    """Return a moment in UTC from epoch milliseconds or ISO text; without an offset it is UTC. Raises `ValueError`."""
    if isinstance(held, str) and not re.fullmatch(r"-?\d{5,}", held):
        moment = datetime.fromisoformat(held)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(held, bool) or not isinstance(held, int | str):
        raise ValueError("neither epoch milliseconds nor ISO text")
    return _EPOCH + timedelta(milliseconds=int(held))
