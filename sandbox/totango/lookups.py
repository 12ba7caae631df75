"""What the tenant's admins have set up, as far as it can be asked for: flows, types, tags, teams, people, plans."""

import re

from sandbox.totango.answers import Call, Fault, Reply
from sandbox.totango.org import MADE
from sandbox.wire import Json, Record

_STAMPS = {"created_at": MADE, "created_by": None, "updated_at": MADE, "updated_by": None}
_NAMED = re.compile(r'userName eq "([^"]*)"', re.IGNORECASE)
_SCIM = "urn:ietf:params:scim"


def flows(call: Call) -> Reply:
    """Return the flows, an object by id."""
    uses = [row["activity_type_id"] for name in ("touchpoints", "tasks") for row in call.org.rows(name).values()]
    body = {
        row["id"]: {
            "activity_type_id": row["id"],
            "display_name": row["display_name"],
            "icon_class": f"icon-{row['id']}",
            "num_of_activities_assign_to": uses.count(row["id"]),
            "system_type": row["system_type"],
            "default_type": row["id"] == "growth",
            "disabled": row["disabled"],
        }
        for row in call.org.rows("flows").values()
    }
    return Reply(body, records=len(body))


def types(call: Call) -> Reply:
    """Return the touchpoint types as an array."""
    used = {row["touchpointType"] for row in call.org.rows("touchpoints").values()}
    rows = list(call.org.rows("touchpoint_types").values())
    body = [
        {
            "id": row["id"],
            "display_name": row["display_name"],
            "icon": row["icon"],
            "is_default": row is rows[0],
            "non_editable": True,
            "used": row["id"] in used,
            **_STAMPS,
        }
        for row in rows
    ]
    return Reply(body, records=len(body))


def tags(call: Call) -> Reply:
    """Return the touchpoint tags, which the page calls reasons, as an array."""
    rows = call.org.rows("touchpoint_tags").values()
    body = [{"id": row["id"], "display_name": row["display_name"], **_STAMPS} for row in rows]
    return Reply(body, records=len(body))


def objective_statuses(call: Call) -> Reply:
    """Return the statuses of objectives as an array."""
    return _settings(call, "objective_statuses")


def objective_categories(call: Call) -> Reply:
    """Return the categories of objectives as an array."""
    return _settings(call, "objective_categories")


def team(call: Call) -> Reply:
    """Return one team and who is in it."""
    row = call.org.rows("teams").get(int(call.args[0]) if call.args[0].isdecimal() else None)
    if row is None:
        raise Fault(404, "Team not found")
    members = [user["id"] for user in call.org.rows("totango_users").values()]
    return Reply({"id": row["id"], "name": row["name"], "users": members}, records=1)


def plan_summary(call: Call) -> Reply:
    """Return an account's plan summary, which can be read only."""
    account = call.org.rows("accounts").get(call.args[0])
    if account is None:
        raise Fault(404, "Account not found")
    if account["plan_summary"] is None:
        raise Fault(call.org.choices.plan_summary_none, "Plan summary not found")
    return Reply(account["plan_summary"], records=1)


def scim_users(call: Call) -> Reply:
    """Return Totango users as SCIM lists them, a page of them, by name where the filter says so."""
    if call.args[0] not in (call.org.choices.service_number, call.org.choices.service_id):
        raise Fault(404, "Not Found")
    asked = call.request.params()
    named = _NAMED.fullmatch(asked.get("filter", "").strip())
    if asked.get("filter") and named is None:
        raise Fault(400, "Filter is not supported")
    rows = [
        row
        for row in call.org.rows("totango_users").values()
        if named is None or row["email"].casefold() == named[1].casefold()
    ]
    first, most = _number(asked.get("startIndex"), 1), _number(asked.get("count"), 100)
    shown = [_scim(row) for row in rows[max(first - 1, 0) :][:most]]
    body = {
        "schemas": [f"{_SCIM}:api:messages:2.0:ListResponse"],
        "totalResults": len(rows),
        "startIndex": first,
        "itemsPerPage": len(shown),
        "Resources": shown,
    }
    return Reply(body, kind="application/scim+json", records=len(shown))


def _scim(row: Record) -> Record:
    return {
        "schemas": [f"{_SCIM}:schemas:core:2.0:User"],
        "id": row["uuid"],
        "userName": row["email"],
        "displayName": row["name"],
        "active": row["active"],
        "emails": [{"value": row["email"], "primary": True}],
    }


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise


def _settings(call: Call, name: str) -> Reply:
    by = call.org.choices.token_user
    stamps: dict[str, Json] = {"createdBy": by, "updatedBy": by, "createdAt": MADE, "updatedAt": MADE}
    rows = call.org.rows(name).values()
    return Reply([{"id": row["id"], "displayName": row["displayName"], **stamps} for row in rows], records=len(rows))
