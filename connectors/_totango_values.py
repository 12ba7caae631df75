"""What is sent to Totango of a step, and what its records hold in the types of the step; pure functions."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors._totango_objects import NAME, TEXT
from connectors._totango_settings import (
    ACCOUNT,
    ACCOUNT_STAMP,
    ENROLMENT_STAMP,
    IN_BULK,
    LAST_ROW_STAMP,
    ROW,
    ROW_STAMP,
    ROW_STEPS,
)
from handoff.fingerprints import fingerprint
from handoff.keys import planted
from handoff.model import Step, Value, is_to_be_made
from handoff.transforms import exact

ACCOUNT_ID = re.compile(r"[A-Za-z0-9_-]{1,480}")
ATTRIBUTE = re.compile(r"[\w -]{1,100}")
"""An attribute's API name: one article allows a dash too, and the names that Totango ships have spaces."""
ATTRIBUTE_RULE = "an attribute's name may have letters, digits, _, - and spaces, at most 100"
_SHORT_ID = re.compile(r"[A-Za-z0-9]{15}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MARKER = re.compile(r"\s*\[ref (hb:[^\]\s]+)\]\s*\Z")

IDS = frozenset({"id", "account_id", "accountId"})
"""The payload's fields that say which account is meant; they are no attributes."""


def account_of(step: Step) -> str:
    """Return the id of a step's account: as its payload has it, else that of its key or record; "" when unknown."""
    said = next((step.payload[name] for name in IDS if isinstance(step.payload.get(name), str)), None)
    if said is not None:
        return str(said).strip()
    if step.ref:
        return account_in(step.ref)
    key = planted(step.key)
    return key.ref.id if key is not None and key.episode is None else ""


def account_in(ref: str) -> str:
    """Return the account in the id of a record as we keep it: `0015…/55102`; an account's is its own."""
    return ref.partition("/")[0]


def record_in(ref: str) -> str:
    """Return Totango's own id of a record of an account."""
    return ref.rpartition("/")[2]


def ref_of(account: str, record: str) -> str:
    """Return the id of a record as we keep it: Totango looks its records up by account."""
    return f"{account}/{record}"


def row_id(step: Step) -> str:
    """Return the id of a deal's row: one for each win, whichever CRM it is of."""
    key = planted(step.key)
    episode = key.episode if key is not None and key.episode is not None else 1
    return f"{step.deal.instance}-{step.deal.id}-e{episode}"


def flaw_in(step: Step) -> str:
    """Return what of a step Totango would not take or would cut, "" when it is fine."""
    account = account_of(step)
    if not ACCOUNT_ID.fullmatch(account) and not is_to_be_made(account):
        return "an account's id may have letters, digits, _ and -, at most 480."
    if step.kind == ACCOUNT and step.deal.system == "salesforce" and _SHORT_ID.fullmatch(account):
        return "a Salesforce id must have its 18 characters: those with 15 differ by case alone."
    return _flaw_of_attributes(step) if step.kind in IN_BULK else ""


def _flaw_of_attributes(step: Step) -> str:
    said = attributes(step)
    wrong = [name for name in said if not ATTRIBUTE.fullmatch(name)]
    if wrong:
        return f"{', '.join(wrong)}: {ATTRIBUTE_RULE}. Correct the mapping."
    long = [
        f"{name}: more than the {most} characters that it holds."
        for name, value in said.items()
        if len(value) > (most := _most(step.kind, name))
    ]
    return f"{' '.join(long)} Add max to the mapping." if long else ""


def _most(kind: str, name: str) -> int:
    return NAME if name == "account_name" and kind != ROW else TEXT


# Attributes


def attributes(step: Step) -> dict[str, str]:
    """Return the attributes that a step writes, without our stamp."""
    return {name: as_sent(value) for name, value in step.payload.items() if name not in IDS}


def stamped(step: Step) -> dict[str, str]:
    """
    Return the attributes that a step writes, and our stamp.

    The stamp names the key and changes with what is written, so that where it shows, all was taken that will be.
    """
    said = attributes(step)
    name = stamp_name(step)
    stamp = {name: f"{step.key} {fingerprint(said)[:8]}"}
    names = [key.rpartition(".")[2] for key in step.needs if _is_of_a_deal(key)]
    return {**said, **stamp} | ({ROW_STEPS: " ".join(names)[:TEXT]} if step.kind == ROW and names else {})


def stamp_name(step: Step) -> str:
    """Return the attribute that holds a step's stamp."""
    if step.kind == ROW:
        return LAST_ROW_STAMP if any(_is_of_a_deal(key) for key in step.needs) else ROW_STAMP
    return ACCOUNT_STAMP if step.kind == ACCOUNT else ENROLMENT_STAMP


def key_in(stamp: Any) -> str:
    """Return the key in a stamp, "" when it is none."""
    key = str(stamp or "").partition(" ")[0]
    return key if planted(key) is not None else ""


def _is_of_a_deal(key: str) -> bool:
    said = planted(key)
    return said is not None and said.episode is not None


def as_sent(value: Value) -> str:
    """Return a value as an attribute's text: numbers without separators, days and moments in ISO 8601."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ",".join(as_sent(item) for item in value)
    return exact(value)


def as_held(said: Any, ours: Value) -> Value:
    """
    Return what an attribute holds, of the type of our value; None when it is empty.

    Where both are one thing spelled in two ways ours is returned; what cannot be read as our type stays as it is.
    """
    if said is None or said in ("", []):
        return None
    text = as_sent(said).strip() if not isinstance(said, dict) else str(said)
    if text == as_sent(ours).strip():
        return ours
    try:
        if isinstance(ours, bool):
            return {"true": True, "false": False}.get(text.casefold(), text)
        if isinstance(ours, Decimal | int):
            number = Decimal(text)
            return ours if number == ours else number
        if isinstance(ours, datetime):
            moment = moment_in(said)
            return ours if moment == ours.replace(microsecond=0) else moment
        if isinstance(ours, date) or (isinstance(ours, str) and _DAY.fullmatch(ours)):
            day = day_in(said)
            return day if isinstance(ours, date) else day.isoformat()
    except (ValueError, InvalidOperation, OverflowError):
        return text
    return text


def day_in(said: Any) -> date:
    """Return the day of epoch milliseconds or ISO text; raises `ValueError`."""
    if isinstance(said, str) and _DAY.match(said):
        return date.fromisoformat(said[:10])
    return moment_in(said).date()


def moment_in(said: Any) -> datetime:
    """Return the moment of epoch milliseconds or ISO text; raises `ValueError`."""
    if isinstance(said, str) and not re.fullmatch(r"-?\d{5,}", said):
        moment = datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(said, bool) or not isinstance(said, int | str):
        raise ValueError("neither epoch milliseconds nor ISO text")
    return _EPOCH + timedelta(milliseconds=int(said))


def milliseconds(moment: datetime) -> int:
    """Return a moment as epoch milliseconds."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


# Markers


def marked(text: str, key: str, *, between: str) -> str:
    """Return a text with our key at its end."""
    return f"{text.rstrip()}{between}[ref {key}]"


def unmarked(text: Any) -> tuple[str, str]:
    """Return a text without the key at its end, and that key ("" when there is none)."""
    said = str(text or "")
    found = _MARKER.search(said)
    return (said[: found.start()], found[1]) if found else (said, "")


def flat(record: Mapping[str, Any], *path: str) -> Any:
    """Return what stands at the end of a path, None when something on the way is missing."""
    value: Any = record
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
