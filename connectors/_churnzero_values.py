"""What is sent to ChurnZero of a step, and what its records hold in the types of the step; pure functions."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors._churnzero_objects import ACCOUNT_FIELDS, BILLING, CONTACT_FIELDS, DESCRIPTION
from connectors._churnzero_settings import ACCOUNT, CONTACT, EVENT, ChurnZeroSettings
from handoff.keys import planted
from handoff.model import Needed, Step, Value
from handoff.notes import is_note
from handoff.transforms import exact, missing, shortened

Json = dict[str, Any]

ACCOUNT_ID, CONTACT_ID = "accountExternalId", "contactExternalId"
IDS = frozenset({ACCOUNT_ID, CONTACT_ID})
_FIELDS: Mapping[str, Mapping[str, Any]] = {ACCOUNT: ACCOUNT_FIELDS, CONTACT: CONTACT_FIELDS}
_COLUMNS = {"eventName": "EventTypeName", "eventDate": "EventDate", "quantity": "Quantity"}
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_SHORT_ID = re.compile(r"[A-Za-z0-9]{15}")


# Which record


def account_of(step: Step) -> str:
    """Return the external id of a step's account: as its payload has it, else that of its record or key."""
    said = step.payload.get(ACCOUNT_ID)
    if isinstance(said, str) and said.strip():
        return said.strip()
    if step.ref:
        return account_in(step.ref)
    key = planted(step.key)
    return key.ref.id if step.kind == ACCOUNT and key is not None and key.episode is None else ""


def account_in(ref: str) -> str:
    """Return the account in the id of a record as we keep it; an account's is its own."""
    return ref.partition("/")[0]


def ref_of(step: Step) -> str:
    """Return the id of a step's record as we keep it: ChurnZero answers with none, so it is made of what we sent."""
    if step.ref:
        return step.ref
    account = account_of(step)
    if step.kind == ACCOUNT:
        return account
    if step.kind == CONTACT:
        return f"{account}/{step.payload.get(CONTACT_ID)}"
    return event_ref(account, as_sent(step.payload.get("eventDate")), step.key)


def contact_in(ref: str) -> str:
    """Return the external id of the contact in the id of its record."""
    return ref.partition("/")[2]


def event_ref(account: str, moment: str, key: str) -> str:
    """Return the id of an event as we keep it: account, moment, and what tells it from others of that moment."""
    return f"{account}/{moment}/{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def moment_of(ref: str) -> str:
    """Return the moment in the id of an event."""
    return ref.rpartition("/")[0].rpartition("/")[2]


def flaw_in(step: Step) -> str:
    """Return what of a step ChurnZero would drop without a word, "" when it is fine."""
    account = account_of(step)
    if not account or "/" in account:
        return "an account's id must say something, without a slash."
    if step.kind == ACCOUNT and step.deal.system == "salesforce" and _SHORT_ID.fullmatch(account):
        return "a Salesforce id must have its 18 characters: those with 15 differ by case alone."
    if step.kind == EVENT and step.ref:
        return "an event cannot be changed. Take `write` out of its fields."
    absent = [name for name in _needed(step) if missing(step.payload.get(name))]
    return f"{', '.join(absent)}: ChurnZero drops it without a word where that is empty." if absent else ""


def _needed(step: Step) -> tuple[str, ...]:
    if step.ref or step.kind == ACCOUNT:
        return ()
    return (CONTACT_ID,) if step.kind == CONTACT else (CONTACT_ID, "eventName", "eventDate")


# What is sent


def action(step: Step, keys: str, settings: ChurnZeroSettings) -> Json:
    """
    Return a step as an action, without the application key.

    Args:
        keys: What the attribute for our key holds afterwards.
    """
    if step.kind == EVENT:
        return _event(step, settings)
    contact = {CONTACT_ID: contact_in(ref_of(step))} if step.kind == CONTACT else {}
    values = {f"attr_{name}": as_sent(value) for name, value in attributes(step).items()}
    return {
        "action": "setAttribute",
        "entity": step.kind,
        ACCOUNT_ID: account_of(step),
        **contact,
        **values,
        f"attr_{settings.key_attribute}": keys,
    }


def _event(step: Step, settings: ChurnZeroSettings) -> Json:
    said = {name: as_sent(value) for name, value in step.payload.items()}
    if is_note(step.name):  # each name is an event type of the tenant's, and the handoff's own sets off its plays
        said["eventName"] = settings.changed_event
    said["description"] = described(step)
    return {"action": "trackEvent", **said}


def attributes(step: Step) -> dict[str, Value]:
    """Return what a step says of its account or contact, beside which one it is."""
    return {name: value for name, value in step.payload.items() if name not in IDS}


def described(step: Step) -> str:
    """Return an event's description: our key, then what is said; never longer than ChurnZero takes."""
    words = " ".join(str(step.payload.get("description") or "").split())
    return f"{step.key} {shortened(words, DESCRIPTION - len(step.key) - 1)}".strip()


def keys_in(said: Any) -> list[str]:
    """Return the keys of ours in the attribute that holds them."""
    return [key for key in str(said or "").split() if planted(key) is not None]


def key_of(description: Any) -> str:
    """Return our key at the beginning of a description, "" when there is none."""
    return next(iter(keys_in(str(description or "").partition(" ")[0])), "")


def as_sent(value: Value) -> str:
    """Return a value as ChurnZero reads it: numbers without separators, days and moments in ISO 8601."""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ",".join(as_sent(item) for item in value)
    return exact(value)


# What is held


def standard(kind: str, name: str) -> bool:
    """Return whether an attribute is one of ChurnZero's own: it is there, also where no column shows it."""
    return name in _FIELDS[kind] or (kind == ACCOUNT and name.startswith(BILLING))


def column(kind: str, name: str) -> str:
    """Return the column that shows an attribute: a standard one its own, another with Cf before its letters."""
    if standard(kind, name):
        return name
    return "Cf" + "".join(re.findall(r"[A-Za-z0-9]+", name))


def holds(step: Step, row: Json) -> dict[str, Value]:
    """
    Return what a record holds of a step's fields.

    A field that cannot be read back is absent: which contact an event has is, the name that a note was given, and a
    standard attribute that the row does not show. Another one that it does not show is empty, for writing makes it.
    """
    if step.kind == EVENT:
        return _held_by_event(step, row)
    return {
        name: as_held(row.get(column(step.kind, name)), ours)
        for name, ours in attributes(step).items()
        if column(step.kind, name) in row or not standard(step.kind, name)
    } | {
        # Of a plan alone, the account is not known by its id yet.
        name: step.payload[name]
        for name in IDS & step.payload.keys()
        if not isinstance(step.payload[name], Needed)
    }


def _held_by_event(step: Step, row: Json) -> dict[str, Value]:
    held = {
        name: as_held(row.get(shown), step.payload[name])
        for name, shown in _COLUMNS.items()
        if name in step.payload and not (name == "eventName" and is_note(step.name))
    }
    if "description" in step.payload:
        said = str(row.get("Description") or "").strip()
        ours = step.payload["description"]
        held["description"] = ours if said == described(step) else said.partition(" ")[2] or None
    return held


def as_held(said: Any, ours: Value) -> Value:
    """
    Return what an attribute holds, of the type of our value; None when it is empty.

    Where both are one thing spelled in two ways ours is returned; what cannot be read as our type stays as it is.
    """
    if said is None or said in ("", []):
        return None
    text = as_sent(said).strip()
    if text.casefold() == as_sent(ours).strip().casefold():
        return ours if text == as_sent(ours).strip() or isinstance(ours, bool) else text
    try:
        if isinstance(ours, bool):
            return _YES_NO.get(text.casefold(), text)
        if isinstance(ours, Decimal | int):
            number = Decimal(text)
            return ours if number == ours else number
        if isinstance(ours, datetime):
            moment = moment_in(text)
            return ours if moment == ours.replace(microsecond=0) else moment
        if isinstance(ours, date):
            return moment_in(text).date()
    except (ValueError, InvalidOperation):
        return text
    return text


def moment_in(text: str) -> datetime:
    """Return the moment of ISO text, in UTC; raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
