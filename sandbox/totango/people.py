"""What people do beside the API: edits in the pages, and the set-up of the tenant."""

import copy
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sandbox.journal import iso_z
from sandbox.naming import unknown
from sandbox.totango.attributes import Invalid, put_account, put_row, put_user
from sandbox.totango.org import OBJECTS, Org, key_of, totango_user
from sandbox.totango.task_rows import keep_task, new_task
from sandbox.totango.touchpoints import blank
from sandbox.wire import Objects, Record

_OF_ACCOUNTS = "accounts."


def load(org: Org, objects: Objects, now: datetime) -> None:
    """
    Take records in `state`'s shape as edits by people; searches show them at once.

    Attributes of an account are changed one by one, as in its page: a stage entered fires its plays. Raises
    `ValueError` for an object, a field or a value that Totango does not have.
    """
    for name in objects:
        org.table(name)
    for name in (each for each in OBJECTS if each in objects):
        for record in objects[name]:
            fields = {key: value for key, value in record.items() if key != "_deleted"}
            if record.get("_deleted"):
                _delete(org, name, fields, now)
            else:
                _edit(org, name, fields, now)


def set_up(org: Org, settings: Mapping[str, Any]) -> None:
    """
    Take the settings that concern Totango: `hidden_fields` (`accounts.Licenses`), `inactive_users`, its switches.

    The switches stand under `totango`; `attributes` among them names those that the tenant has defined itself.
    """
    own = settings.get("totango", {})
    if not isinstance(own, Mapping):
        raise ValueError(f"'totango' takes switches and their values; got {own!r}.")
    switches = dict(own)
    defined = switches.pop("attributes", None)
    choices = org.choices.with_switches(switches)
    if defined is not None:
        org.defined = frozenset(_texts(defined))
    org.choices = choices
    if "hidden_fields" in settings:
        org.hidden = _attributes(_texts(settings["hidden_fields"]))
    if "inactive_users" in settings:
        _retire(org, _texts(settings["inactive_users"]))


def withhold(org: Org, fields: Iterable[str]) -> None:
    """Hide exactly these attributes for now; raises `ValueError` for a field that no account can have."""
    named = list(fields)
    if wrong := [name for name in named if not name.startswith(_OF_ACCOUNTS)]:
        raise ValueError(f"Totango has no field {wrong[0]!r} to hide. Write it like accounts.Licenses.")
    org.withheld = _attributes(named)


def mentioned(org: Org, name: str, words: str) -> Record | None:
    """Return a copy of the first record of an object whose id stands in the words as a whole."""
    for row in org.rows(name).values():
        if str(row["id"]) in words and re.search(rf"(?<![\w-]){re.escape(str(row['id']))}(?![\w-])", words):
            return copy.deepcopy(row)
    return None


def _attributes(fields: list[str]) -> frozenset[str]:
    return frozenset(each.removeprefix(_OF_ACCOUNTS) for each in fields if each.startswith(_OF_ACCOUNTS))


def _edit(org: Org, name: str, fields: Record, now: datetime) -> None:
    if name not in _EDITS:
        raise ValueError(unknown("object of Totango that people edit", name, _EDITS))
    try:
        _EDITS[name](org, fields, now)
    except (Invalid, KeyError) as error:
        said = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{name}: {said}.") from error


def _delete(org: Org, name: str, fields: Record, now: datetime) -> None:
    try:
        org.table(name).delete(key_of(name, fields), now)
    except KeyError as error:
        raise ValueError(f"{name}: there is no record {fields.get('id')!r} to delete.") from error


def _account(org: Org, fields: Record, now: datetime) -> None:
    attributes = dict(fields.get("attributes", {}))
    if "name" in fields:
        attributes["account_name"] = fields["name"]
    account = put_account(org, fields["id"], attributes, now=now, seen_from=now)
    if "plan_summary" in fields:
        account["plan_summary"] = fields["plan_summary"]
    cleared = [name for name, value in attributes.items() if value in (None, "")]
    for name in cleared:
        account["attributes"].pop(name, None)
    org.keep("accounts", account, now)


def _user(org: Org, fields: Record, now: datetime) -> None:
    put_user(org, fields["account_id"], fields["id"], fields.get("attributes", {}), now=now)


def _row(org: Org, fields: Record, now: datetime) -> None:
    put_row(org, fields["type"], fields, now=now, seen_from=now)


def _touchpoint(org: Org, fields: Record, now: datetime) -> None:
    row = org.rows("touchpoints").get(fields.get("id")) or {**blank(org, now), "account_id": fields["account_id"]}
    org.keep("touchpoints", {**row, **_known("touchpoints", fields, row)}, now)


def _task(org: Org, fields: Record, now: datetime) -> None:
    there = org.rows("tasks").get(fields.get("id"))
    row = there or new_task(org, now, account_id=fields["account_id"])
    changed = {**row, **_known("tasks", fields, row)}
    if changed["status"] != row["status"]:
        changed["completed_date"] = iso_z(now) if changed["status"] == "closed" else None
    keep_task(org, changed, "update" if there else "create", now=now, seen_from=now, before=there)


def _totango_user(org: Org, fields: Record, now: datetime) -> None:
    email = str(fields.get("email") or fields["id"])
    there = org.user(email) or totango_user(str(fields.get("name", email)), email)
    row = {**there, **_known("totango_users", {**fields, "id": there["id"]}, there)}
    row["active"] = row["active"] and row["id"] not in org.inactive_users
    org.keep("totango_users", row, now)


def _thing(name: str) -> Any:
    def edit(org: Org, fields: Record, now: datetime) -> None:
        there = org.rows(name).get(fields["id"], {})
        org.keep(name, {**there, **_known(name, fields, there or fields)}, now)

    return edit


def _known(name: str, fields: Record, row: Record) -> Record:
    for field in fields:
        if field not in row and field != "id":
            raise ValueError(f"{name}: {unknown('field', field, row)}")
    return fields


_THINGS = ("teams", "flows", "touchpoint_types", "touchpoint_tags", "lifecycles", "plays", "success_blocs", "segments")
_SETTINGS = ("objective_templates", "objective_statuses", "objective_categories", "objectives")
_EDITS: Mapping[str, Any] = {
    "accounts": _account,
    "users": _user,
    "collections": _row,
    "touchpoints": _touchpoint,
    "tasks": _task,
    "totango_users": _totango_user,
    **{name: _thing(name) for name in (*_THINGS, *_SETTINGS)},
}


def _retire(org: Org, emails: list[str]) -> None:
    named = frozenset(each.casefold() for each in emails)
    for row in org.rows("totango_users").values():
        if row["id"] in named:
            row["active"] = False
        elif row["id"] in org.inactive_users:
            row["active"] = True
    org.inactive_users = named


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"A list of texts is wanted; got {value!r}.")
    return list(value)
