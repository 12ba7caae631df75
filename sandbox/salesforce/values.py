"""What a field takes: JSON in, the stored value out, or the vendor's refusal."""

import re
from datetime import date
from math import isfinite
from typing import Any, NoReturn

from sandbox.salesforce import moments
from sandbox.salesforce.faults import Fault
from sandbox.salesforce.ids import normalised
from sandbox.salesforce.objects import ELSEWHERE, PREFIXES
from sandbox.salesforce.schema import IDS, NUMBERS, TEXTS, Field

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def taken(field: Field, value: Any) -> Any:
    """
    Return the value as the org stores it; an empty text is null.

    Raises:
        Fault: JSON_PARSER_ERROR for another type, STRING_TOO_LONG, NUMBER_OUTSIDE_VALID_RANGE,
            INVALID_EMAIL_ADDRESS or MALFORMED_ID.
    """
    if value is None or value == "":
        return False if field.type == "boolean" and value is None else _empty(field, value)
    if field.type in TEXTS:
        return _text(field, value)
    if field.type in NUMBERS:
        return _number(field, value)
    if field.type in IDS:
        return _id(field, value)
    if field.type == "boolean":
        return value if isinstance(value, bool) else _wrong(field, value)
    return _day(field, value) if field.type == "date" else _moment(field, value)


def _empty(field: Field, value: Any) -> None:
    if value == "" and field.type not in TEXTS | IDS:
        _wrong(field, value)


def _text(field: Field, value: Any) -> str:
    if isinstance(value, (dict, list)):
        _wrong(field, value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) > field.length:
        why = f"{field.label}: data value too large: {text[:80]} (max length={field.length})"
        raise Fault("STRING_TOO_LONG", why, [field.name])
    if field.type == "email" and not _EMAIL.fullmatch(text):
        raise Fault("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", [field.name])
    return text


def _number(field: Field, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        _wrong(field, value)
    if field.type == "int" and value != int(value):
        _wrong(field, value)
    if abs(value) >= 10 ** (field.precision - field.scale + (3 if field.type == "percent" else 0)):
        why = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise Fault("NUMBER_OUTSIDE_VALID_RANGE", why, [field.name])
    return int(value) if field.type == "int" else round(float(value), field.scale)


def _id(field: Field, value: Any) -> str:
    try:
        found = normalised(value if isinstance(value, str) else "")
    except ValueError:
        found = ""
    prefixes = [PREFIXES.get(target) or ELSEWHERE[target] for target in field.targets]
    if not found or (prefixes and found[:3] not in prefixes):
        raise Fault("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", [field.name])
    return found


def _day(field: Field, value: Any) -> str:
    try:
        if not _DAY.fullmatch(value):
            raise ValueError(value)
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        _wrong(field, value)


def _moment(field: Field, value: Any) -> str:
    try:
        return moments.written(moments.read(value))
    except (TypeError, ValueError):
        _wrong(field, value)


_JSON_NAMES = {str: "VALUE_STRING", float: "VALUE_NUMBER_FLOAT", int: "VALUE_NUMBER_INT", dict: "START_OBJECT"}
_JAVA_NAMES = {"currency": "double", "percent": "double", "picklist": "string", "textarea": "string"}


def _wrong(field: Field, value: Any) -> NoReturn:
    seen = {True: "VALUE_TRUE", False: "VALUE_FALSE"}.get(value) if isinstance(value, bool) else None
    seen = seen or _JSON_NAMES.get(type(value), "START_ARRAY")
    said = "" if isinstance(value, (dict, list)) else f" value {value}"
    kind = _JAVA_NAMES.get(field.type, field.type)
    raise Fault(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {kind} from {seen}{said} or request may be missing a required field "
        f"at {field.name}",
    )
