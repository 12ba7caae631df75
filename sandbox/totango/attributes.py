"""What becomes of the attributes sent for an account: names, roles, lifecycle stages, and the plays that these fire."""

import re
from collections.abc import Mapping
from datetime import datetime

from sandbox.journal import iso_z
from sandbox.totango.org import Org
from sandbox.totango.plays import entered
from sandbox.wire import Json, Record

ACCOUNT_ID = re.compile(r"[A-Za-z0-9_-]{1,480}")
USER_ID = re.compile(r"[A-Za-z0-9_\-@.+]{1,100}")
NAME = re.compile(r"[A-Za-z0-9_ -]{1,100}")
BY_EMAIL = "___tid"
ROLES = ("Success Manager", "Sales Manager")


class Invalid(Exception):
    """A record that cannot be taken; the message says why."""


def put_account(
    org: Org, account_id: Json, attributes: Mapping[str, Json], *, now: datetime, seen_from: datetime
) -> Record:
    """
    Make or change an account, and return it.

    An attribute that Totango passes over is written down under `ignored`. Entering a lifecycle stage is kept in the
    account's history and fires the plays for it. Raises `Invalid` for an id or a value that does not fit; nothing
    has changed then.
    """
    if not isinstance(account_id, str) or not ACCOUNT_ID.fullmatch(account_id):
        raise Invalid("Account id contains characters that are not allowed")
    wanted = _fitting(org, account_id, attributes, 512, now)
    there = org.rows("accounts").get(account_id)
    account = there or _blank(account_id, now)
    before = dict(account["attributes"])
    for name, value in wanted.items():
        _set(org, account, name, value, now)
    org.keep("accounts", account, seen_from)
    moves: dict[str, Json] = {}
    for attribute in _lifecycles(org):
        stage = account["attributes"].get(attribute)
        if stage is not None and stage != before.get(attribute):
            again = any(one["attribute"] == attribute and one["stage"] == stage for one in account["lifecycle"])
            account["lifecycle"].append({"attribute": attribute, "stage": stage, "entered_at": iso_z(now)})
            org.keep("accounts", account, seen_from)
            if not again or org.choices.play_reentry:
                moves |= entered(org, account, attribute, stage, now=now, seen_from=seen_from)
    return put_account(org, account_id, moves, now=now, seen_from=seen_from) if moves else account


def put_user(org: Org, account_id: Json, user_id: Json, attributes: Mapping[str, Json], *, now: datetime) -> Record:
    """Make or change a user of an account, and the account where it is new; raises `Invalid` for a wrong id."""
    if not isinstance(user_id, str) or not USER_ID.fullmatch(user_id):
        raise Invalid("User id contains characters that are not allowed")
    wanted = _fitting(org, account_id, attributes, 255, now)
    seen_from = org.shown_from(now, now - now)
    if account_id not in org.rows("accounts"):
        put_account(org, account_id, {}, now=now, seen_from=seen_from)
    user = org.rows("users").get((account_id, user_id)) or {"account_id": account_id, "id": user_id, "attributes": {}}
    user["attributes"].update(wanted)
    org.keep("users", user, seen_from)
    return user


def put_row(org: Org, kind: str, row: Mapping[str, Json], *, now: datetime, seen_from: datetime) -> Record:
    """Make or change a row of a collection; raises `Invalid` where its id or account does not fit."""
    row_id, account_id = row.get("id"), row.get("account_id", row.get("customer_id"))
    if not isinstance(row_id, str) or not row_id:
        raise Invalid("Collection id is missing")
    if not isinstance(account_id, str) or account_id not in org.rows("accounts"):
        raise Invalid("Account not found")
    attributes = row.get("attributes", {})
    wanted = _fitting(org, account_id, attributes if isinstance(attributes, dict) else {}, 512, now)
    there = org.rows("collections").get((kind, row_id))
    held = there or {"type": kind, "id": row_id, "account_id": account_id, "attributes": {}}
    held["account_id"] = account_id
    held["attributes"].update(wanted)
    org.keep("collections", held, seen_from)
    return held


def _fitting(
    org: Org, account_id: Json, attributes: Mapping[str, Json], longest: int, now: datetime
) -> dict[str, Json]:
    fitting: dict[str, Json] = {}
    for name, value in attributes.items():
        if not NAME.fullmatch(name):
            raise Invalid(f"Attribute name {name!r} is not valid")
        limit = 128 if name == "account_name" else longest
        if isinstance(value, str) and len(value) > limit:
            raise Invalid(f"Value of attribute {name!r} is longer than {limit} characters")
        if value in (None, ""):
            if org.choices.empty_values == "clears":
                fitting[name] = None
            continue
        if isinstance(value, dict | list):
            raise Invalid(f"Value of attribute {name!r} is not valid")
        if name in org.hidden | org.withheld:
            org.log("ignored", now, account_id=account_id, attribute=name, why="hidden")
            continue
        if _no_stage(org, name, value):
            if org.choices.unknown_stage == "refused":
                raise Invalid(f"{value!r} is no stage of {name!r}")
            org.log("ignored", now, account_id=account_id, attribute=name, why=f"{value!r} is no stage")
            continue
        if org.choices.unknown_attributes == "dropped" and name not in _known(org):
            org.log("ignored", now, account_id=account_id, attribute=name, why="no such attribute")
            continue
        fitting[name] = value
    return fitting


def _set(org: Org, account: Record, name: str, value: Json, now: datetime) -> None:
    attributes, roles = account["attributes"], account["roles"]
    if value is None:
        attributes.pop(name, None)
        roles.pop(name.removesuffix(BY_EMAIL), None)
        return
    attributes[name] = value
    if name == "account_name":
        account["name"] = value
    elif name == "parent_id":
        account["parent_id"] = value
    elif name.endswith(BY_EMAIL):
        _assign(org, account, name.removesuffix(BY_EMAIL), org.user(value), now)
    elif name in ROLES:
        holders = (row for row in org.rows("totango_users").values() if row["name"] == value)
        _assign(org, account, name, next(holders, None), now)


def _assign(org: Org, account: Record, role: str, user: Record | None, now: datetime) -> None:
    """Give a role to a user; for nobody the value stays raw, nobody is found by the role, and it is written down."""
    if user is None:
        account["roles"].pop(role, None)
        org.log("ignored", now, account_id=account["id"], attribute=role, why="no such Totango user")
    else:
        account["roles"][role] = user["id"]
        account["attributes"][role] = user["name"]


def _blank(account_id: str, now: datetime) -> Record:
    return {
        "id": account_id,
        "name": account_id,
        "attributes": {},
        "roles": {},
        "parent_id": None,
        "lifecycle": [],
        "created_at": iso_z(now),
        "last_activity_at": None,
        "plan_summary": None,
    }


def _lifecycles(org: Org) -> dict[str, list[str]]:
    return {row["id"]: row["stages"] for row in org.rows("lifecycles").values()}


def _no_stage(org: Org, name: str, value: Json) -> bool:
    stages = _lifecycles(org)
    return name in stages and value not in stages[name]


_NAMED = ("account_name", "Status", "Create Date", "Contract Start Date", "Contract Renewal Date", "Contract Value")
_OTHER_NAMED = ("Licenses", "parent_id", "product_id", "sfid", "ofid", "name", "email", "Contact", "Key Contact")


def _known(org: Org) -> set[str]:
    roles = {*ROLES, *(f"{role}{BY_EMAIL}" for role in ROLES)}
    return {*_NAMED, *_OTHER_NAMED, *roles, *_lifecycles(org), *org.defined}
