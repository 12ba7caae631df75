"""Values as Gainsight takes them, and its refusals in words that carry no customer's data."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors._gainsight_settings import COMPANY, CTA, PLAN, TIMELINE, GainsightSettings
from handoff.errors import BridgeBug, Rejected
from handoff.model import Step, Value, Write
from handoff.owners import Owner

HINTS = {
    "GSOBJ_1001": "a text is longer than its field; give it a `max` in the mapping.",
    "GSOBJ_1002": "a field is unknown or cannot take such a value; compare the mapping with the field's type.",
    "GSOBJ_1004": "the record's Gainsight id is missing or wrong.",
    "GSOBJ_1005": "a date with time cannot be read; map it with `as: datetime`.",
    "GSOBJ_1006": "a date cannot be read; map it with `as: date`.",
    "GSOBJ_1007": "a mandatory field is empty; map it or give it a `default`.",
    "GSOBJ_1008": "a value does not fit its field; look at percentages and yes/no fields in the mapping.",
    "GSOBJ_1011": "the record is not there any more; somebody deleted or merged it in Gainsight.",
    "GSOBJ_1012": "the picklist has no such active value; correct `values` in the mapping or the list in Gainsight.",
    "GSOBJ_1023": "Gainsight does not offer this call.",
    "GSOBJ_1024": "the authorization headers are not accepted.",
    "GS_APIG_1000": "there is no such address; check `base_url`.",
    "GS_APIG_2401": "the credentials are not accepted.",
    "COCKPIT_5101": "a field is unknown; compare the mapping with the fields of CTAs in Gainsight.",
    "COCKPIT_9700": "a mandatory field is missing; map it.",
    "COCKPIT_6007": "the record is not there any more; somebody deleted it in Gainsight.",
    "GS_TL_10_0206": "a mandatory field or the context is missing; map it.",
    "GS_TL_10_0207": "an entry with this ExternalId is there already.",
    "GS_TL_10_0213": "a company, author or activity type it names is not in Gainsight.",
    "OBJECT_NOT_FOUND": "this tenant has no such object.",
}
PHRASES = {  # looked for in the vendor's text; only our own words are ever shown
    "missing mandatory": "a mandatory field is missing; map it.",
    "missing required custom": "this activity type requires a custom field; map it.",
    "missing required": "a mandatory field is missing; map it.",
    "picklist": "a picklist has no such active value; correct `values` in the mapping or the list in Gainsight.",
    "inactive": "a user or list value it names is inactive.",
    "no match": "a look-up found nobody; check the user's e-mail in Gainsight.",
    "multiple match": "a look-up found more than one; make it unique in Gainsight.",
    "duplicate": "Gainsight holds such a record already.",
    "invalid field": "a field is unknown or cannot take such a value; compare the mapping with Gainsight's fields.",
}
OWNERS = {  # by words of ours, above; what none of them says is the mapping's
    "is not there any more": Owner.CS_OPS,
    "holds such a record already": Owner.CS_OPS,
    "inactive": Owner.PLATFORM_ADMIN,
    "a look-up found": Owner.PLATFORM_ADMIN,
    "is not in Gainsight": Owner.PLATFORM_ADMIN,
    "credentials": Owner.PLATFORM_ADMIN,
    "no such object": Owner.PLATFORM_ADMIN,
    "gave no reason": Owner.PLATFORM_ADMIN,
}
KNOWN_FIELDS = frozenset(
    {"Name", "type", "reason", "status", "priority", "DueDate", "Comments", "SuccessPlanType", "Templates"}
    | {"Objectives", "Author", "ContextName", "TypeName", "Subject", "Notes", "ActivityDate", "EntityType", "Gsid"}
)
_CODE = re.compile(r"\b(?:COCKPIT|GSOBJ|GS_TL|GS_APIG|GU)_[A-Z0-9_]*\d+\b")
_ANY_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
_NAME = re.compile(r"[A-Za-z]\w*")
_CUSTOM_NAME = re.compile(r"\w+(?:__gc|__c|Id)")
_AT_CREATION = {CTA: frozenset({"CtaGroupId"}), PLAN: frozenset({"Objectives", "Templates"})}
"""What only a new record can be given: a CTA joins its plan then or never, a plan's objectives come with it."""
_OWN_KEYS = {
    COMPANY: frozenset({"Gsid"}),
    PLAN: frozenset({"Gsid", "referenceId"}),
    CTA: frozenset({"Gsid", "referenceId"}),
    TIMELINE: frozenset({"ExternalId"}),
}


@dataclass(frozen=True)
class Flaw:
    """One thing the vendor found wrong: its code, the field, and the values as text (never to be shown)."""

    code: str | None
    field: str | None
    values: tuple[str, ...] = ()


class Refusal(Rejected):
    """A whole call was refused; `flaws` says what the vendor named, for sorting out the bad record."""

    flaws: tuple[Flaw, ...] = ()

    def named(self, fields: Iterable[str]) -> set[str]:
        """Return which of these fields the vendor named in its refusal."""
        said = {each for flaw in self.flaws for each in (flaw.field, *flaw.values) if each}
        return {each for each in fields if each in said}


def fields_of(step: Step, settings: GainsightSettings) -> dict[str, Any]:
    """
    Return what is sent of a step: no empty fields, and on an update none that belong to a new record only.

    An update that plants our key carries what its payload holds, whatever the modes: they are the fields left empty.

    Raises:
        BridgeBug: The payload holds what no mapping can give, or maps one of the connector's own keys.
    """
    payload = {
        settings.comments_key if step.kind == CTA and name == "Comments" else name: value
        for name, value in step.payload.items()
        if not (step.ref and _for_new_records(step, name))
    }
    if step.kind == PLAN and settings.objectives == "off":
        payload.pop("Objectives", None)
    own = _OWN_KEYS[step.kind] & payload.keys()
    if own:
        raise BridgeBug(f"Step {step.name!r} maps {', '.join(sorted(own))}, which the connector plants itself.")
    sent = {name: encoded(value, step, settings) for name, value in payload.items() if value is not None}
    if not sent.get("Objectives", True):
        del sent["Objectives"]  # only a call that announces objectives may carry the field
    return sent


def _for_new_records(step: Step, name: str) -> bool:
    by_mode = step.modes.get(name) is Write.CREATE_ONLY and not step.plants
    return by_mode or name in _AT_CREATION.get(step.kind, ())


def encoded(value: Value, step: Step, settings: GainsightSettings) -> Any:
    """Return a canonical value as JSON holds it; raises `BridgeBug` for a type that is none."""
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return _moment(value, step, settings)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [encoded(each, step, settings) for each in value if each is not None]
    if isinstance(value, Mapping):
        return {str(name): encoded(each, step, settings) for name, each in value.items() if each is not None}
    raise BridgeBug(f"Step {step.name!r} holds a {type(value).__name__}, which Gainsight cannot be sent.")


def _moment(value: datetime, step: Step, settings: GainsightSettings) -> Any:
    moment = value.astimezone(UTC)
    if step.kind == TIMELINE:
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}{settings.timeline_zone}"
    if settings.object_datetimes == "epoch":
        return int(moment.timestamp() * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def flaws_in(body: Mapping[str, Any]) -> tuple[Flaw, ...]:
    """Return what a refusal names; its rows come flat, nested once more, or with the message alone."""
    data = body.get("data")
    rows = tuple(_flaws(data.get("errors"))) if isinstance(data, Mapping) else ()
    if rows:
        return rows
    said = str(body.get("errorDesc") or body.get("detail") or "")
    # "(Stage = xyz)": the name is the tenant's, the value may be a customer's.
    named = re.search(r"\((\w+) = ", said)
    if named:
        return (Flaw(code_in(body), named.group(1)),)
    # "... - X", "... (X)": it may be a field, and only who asked for that field can tell.
    return (Flaw(code_in(body), None, tuple(re.findall(r"[A-Za-z_][\w.]*\w", said))),)


def code_in(body: Any) -> str | None:
    """Return the code of an error body or of one of its rows, if it has one that looks like a code."""
    code = (body.get("errorCode") or body.get("title")) if isinstance(body, Mapping) else None
    return code if isinstance(code, str) and _ANY_CODE.fullmatch(code) else None


def _flaws(errors: Any) -> Iterator[Flaw]:
    for row in errors if isinstance(errors, list) else ():
        if isinstance(row, list):
            yield from _flaws(row)
        elif isinstance(row, Mapping) and isinstance(row.get("errors"), list):
            yield from _flaws(row["errors"])
        elif isinstance(row, Mapping):
            field, bad = row.get("fieldName"), row.get("invalidValue")
            named = field if isinstance(field, str) and _NAME.fullmatch(field) else None
            values = bad if isinstance(bad, list) else [bad]
            yield Flaw(code_in(row), named, tuple(str(each) for each in values if each is not None))


def in_words(flaws: Iterable[Flaw]) -> str:
    """Return codes, fields and what to do, without any value."""
    seen: dict[str | None, list[str]] = {}
    for flaw in flaws:
        fields = seen.setdefault(flaw.code, [])
        if flaw.field and flaw.field not in fields:
            fields.append(flaw.field)
    return " ".join(_said(code, fields) for code, fields in seen.items())


def _said(code: str | None, fields: Iterable[str], hint: str = "") -> str:
    about = f" ({', '.join(fields)})" if fields else ""
    hint = HINTS.get(code or "") or hint or "Gainsight refused it and gave no reason we know; look it up there."
    return f"{code or 'no code'}{about}: {hint}"


def failure_in_words(failure: Any, payload: Mapping[str, Any]) -> tuple[str | None, str]:
    """
    Return the code of one record's failure, and it in words.

    A failure is a text, or rows of code and message. Of its text only a code and field names are kept.
    """
    text = _text(failure)
    found = _CODE.search(text)
    code = found.group(0) if found else None
    names = re.findall(_NAME, text.partition(" - ")[2]) + re.findall(r"\((\w+) = ", text)
    fields = [name for name in dict.fromkeys(names) if _is_field(name, payload)]
    lower = text.lower()
    hint = next((hint for phrase, hint in PHRASES.items() if phrase in lower), "")
    return code, _said(code, fields, hint)


def owner_of(reason: str) -> Owner:
    """Return who can clear a refusal, from our words for it."""
    return next((owner for words, owner in OWNERS.items() if words in reason), Owner.REVOPS)


def says_duplicate(failure: Any, code: str | None, settings: GainsightSettings) -> bool:
    """Return whether a timeline failure says that its `ExternalId` is there already."""
    text = _text(failure).lower()
    return code in settings.timeline_duplicate_codes or ("externalid" in text.replace(" ", "") and "duplicate" in text)


def _text(failure: Any) -> str:
    if isinstance(failure, list):
        return " ".join(_text(each) for each in failure)
    if isinstance(failure, Mapping):
        return f"{failure.get('errorCode') or ''}: {failure.get('message') or failure.get('errorMessage') or ''}"
    return str(failure)


def _is_field(name: str, payload: Mapping[str, Any]) -> bool:
    return name in payload or name in KNOWN_FIELDS or bool(_CUSTOM_NAME.fullmatch(name))
