"""What people do beside the APIs: edits in the pages, and the set-up of the tenant."""

import copy
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sandbox.churnzero.actions import set_off
from sandbox.churnzero.attributes import Rejected, put
from sandbox.churnzero.org import PULLED, Org, blank_account, blank_contact, user_account
from sandbox.wire import Objects, Record

_EDITABLE = (*PULLED, "play")
_FIXED = ("Id", "ExternalId", "AccountExternalId")


def load(org: Org, objects: Objects, now: datetime) -> None:
    """Take records in `state`'s shape as edits by people; raises `ValueError` for what ChurnZero does not have."""
    for name, records in objects.items():
        rows = org.rows(name)
        if name not in _EDITABLE:
            raise ValueError(f"Nobody edits {name}. Use one of: {', '.join(_EDITABLE)}.")
        for record in records:
            fields = {key: value for key, value in record.items() if key != "_deleted"}
            if not record.get("_deleted"):
                _edit(org, name, fields, now)
            elif fields.get("Id") not in rows:
                raise ValueError(f"{name}: there is no record {fields.get('Id')!r} to delete.")
            else:
                org.delete(name, fields["Id"])


def set_up(org: Org, settings: Mapping[str, Any]) -> None:
    """Take the settings that concern ChurnZero; raises `ValueError` for a switch or a value it does not have."""
    own, left = settings.get("churnzero", {}), settings.get("inactive_users")
    if not isinstance(own, Mapping):
        raise ValueError(f"'churnzero' takes switches and their values; got {own!r}.")
    if left is not None and not (isinstance(left, list | tuple) and all(isinstance(each, str) for each in left)):
        raise ValueError(f"A list of texts is wanted; got {left!r}.")
    org.choices = org.choices.with_switches(own)
    if "hidden_fields" in settings:
        org.hidden = columns(settings["hidden_fields"])
    if left is not None:
        named = frozenset(each.casefold() for each in left)
        for row in org.rows("UserAccount").values():
            if row["UserName"].casefold() in named | org.inactive_users:
                row["IsActive"] = row["UserName"].casefold() not in named
        org.inactive_users = named


def columns(fields: Iterable[str], *, strict: bool = False) -> frozenset[tuple[str, str]]:
    """Return fields as object and column, those of other systems left out; where `strict` they are a `ValueError`."""
    named = {(name, column) for name, _, column in (each.partition(".") for each in fields)}
    if strict and (wrong := sorted(name for name, _ in named if name not in ("Account", "Contact"))):
        raise ValueError(f"ChurnZero hides fields of Account and Contact, not of {wrong[0]!r}.")
    return frozenset(named)


def mentioned(org: Org, name: str, words: str) -> Record | None:
    """Return a copy of the first record of an object whose id stands in the words as a whole."""
    for number, row in org.rows(name).items():
        if any(re.search(rf"(?<![\w-]){re.escape(each)}(?![\w-])", words) for each in _ids(number, row)):
            return copy.deepcopy(row)
    return None


def _ids(number: int, row: Record) -> list[str]:
    external = row.get("ExternalId")
    return [str(number), *([external] if external else [])]


def _edit(org: Org, name: str, fields: Record, now: datetime) -> None:
    there = _there(org, name, fields)
    row = dict(there or _blank(org, name, fields))
    changed = {key: value for key, value in fields.items() if row.get(key, _NOTHING) != value}
    for key, value in changed.items():
        if name not in ("Account", "Contact") or key in _FIXED or key.startswith("Cf"):
            row[key] = value
            continue
        try:
            put(org, row, key, value)
        except Rejected as problem:
            raise ValueError(f"{name}: {problem}.") from problem
    if name == "UserAccount" and str(row["UserName"]).casefold() in org.inactive_users:
        row["IsActive"] = False
    if name == "Event":
        org.is_new((row["EventDate"], row["AccountExternalId"], row["ContactExternalId"], row["Description"]))
    kept = org.keep(name, row)
    if name == "Account":
        for key, value in changed.items():
            set_off(org, kept, now, now, attribute=(key, value))


_NOTHING = object()


def _there(org: Org, name: str, fields: Record) -> Record | None:
    if "Id" in fields:
        return org.rows(name).get(fields["Id"])
    return org.account(fields.get("ExternalId")) if name == "Account" else None


def _blank(org: Org, name: str, fields: Record) -> Record:
    if name == "Account":
        return blank_account(str(fields["ExternalId"])) if "ExternalId" in fields else _missing(name, "ExternalId")
    if name == "Contact":
        if not {"ExternalId", "AccountExternalId"} <= fields.keys():
            return _missing(name, "ExternalId or AccountExternalId")
        return blank_contact(fields["AccountExternalId"], fields["ExternalId"])
    if name == "UserAccount":
        email = str(fields.get("Email") or fields.get("UserName") or _missing(name, "Email"))
        return user_account(len(org.rows(name)) + 1, "", email)
    return {}


def _missing(name: str, field: str) -> Record:
    raise ValueError(f"{name}: {field} is missing.")
