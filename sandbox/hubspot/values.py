"""What may be written into a property, and as which text it is kept."""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from sandbox.hubspot import moments
from sandbox.hubspot.objects import REQUIRED, STAGE
from sandbox.hubspot.schema import Property
from sandbox.wire import Json, Record

if TYPE_CHECKING:
    from sandbox.hubspot.portal import Portal

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST = 65_536


class Problem(ValueError):
    """A value that does not fit; `error` is the vendor's word for why."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error

    def said(self, name: str) -> Record:
        """Return it about a property."""
        return {"message": str(self), "error": self.error, "name": name}


def as_text(value: Json) -> str:
    """Return a JSON value as properties hold it; null and nothing are empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def checked(
    portal: "Portal", kind: str, given: Mapping[str, Json], current: Mapping[str, str] | None
) -> tuple[Record, list[Record]]:
    """
    Return what an API write would keep, and its problems.

    An empty text clears. `current` is the record as it stands, None where one is created.
    """
    kept: Record = {}
    problems: list[Record] = []
    for name, value in given.items():
        found = portal.schema.get(kind, name)
        try:
            if found is None:
                raise Problem("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
            if found.read_only:
                raise Problem("READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
            kept[name] = taken(portal, found, as_text(value), {**(current or {}), **_texts(given)})
        except Problem as problem:
            problems.append(problem.said(name))
    if current is None:
        for name in REQUIRED.get(kind, ()):
            if not kept.get(name) and name not in given:
                problems.append(Problem("REQUIRED_FIELD", f'Property "{name}" is required').said(name))
    return kept, problems


def taken(portal: "Portal", found: Property, text: str, whole: Mapping[str, str]) -> str:
    """Return a text as the property keeps it; raises `Problem`. `whole` is the record as it would become."""
    if not text:
        return ""
    if found.name == "email" and not _EMAIL.fullmatch(text):
        raise Problem("INVALID_EMAIL", f"Email address {text} is invalid")
    if found.owner:
        return _owner(portal, text)
    if found.name == STAGE:
        return _option(text, portal.stages_of(whole.get("pipeline") or ""))
    if found.name == "pipeline":
        return _option(text, list(portal.pipelines))
    return _TAKES.get(found.type, _string)(found, text)


def _texts(given: Mapping[str, Json]) -> dict[str, str]:
    return {name: as_text(value) for name, value in given.items()}


def _owner(portal: "Portal", text: str) -> str:
    owner = portal.owners.get(text)
    if portal.choices.unknown_owner == "refused" and (owner is None or owner["archived"]):
        raise Problem("INVALID_OWNER_ID", f"Owner {text} does not exist")
    return text


def _option(text: str, values: list[str]) -> str:
    if text not in values:
        raise Problem("INVALID_OPTION", f"{text} was not one of the allowed options: [{', '.join(values)}]")
    return text


def _string(found: Property, text: str) -> str:
    if len(text) > LONGEST:
        raise Problem("PROPERTY_VALUE_TOO_LONG", f"{found.name} holds {LONGEST} characters at most")
    return text


def _number(found: Property, text: str) -> str:
    try:
        if math.isfinite(float(text)):
            return text
    except ValueError:
        pass
    raise Problem("INVALID_NUMBER", f"{text} was not a valid number.")


def _bool(found: Property, text: str) -> str:
    return _option(text.lower(), ["true", "false"])


def _enumeration(found: Property, text: str) -> str:
    values = [each.value for each in found.options]
    for part in text.split(";") if found.field_type == "checkbox" else [text]:
        _option(part, values)
    return text


def _date(found: Property, text: str) -> str:
    try:
        if len(text) == len("2026-11-20"):
            return date.fromisoformat(text).isoformat()
        return moments.read(text).date().isoformat()
    except ValueError:
        raise Problem("INVALID_DATE", f"{text} was not a valid date.") from None


def _datetime(found: Property, text: str) -> str:
    try:
        return moments.iso(moments.read(text))
    except ValueError:
        raise Problem("INVALID_DATE", f"{text} was not a valid date.") from None


_TAKES = {"number": _number, "bool": _bool, "enumeration": _enumeration, "date": _date, "datetime": _datetime}
