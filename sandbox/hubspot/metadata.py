"""The routes of owners, pipelines, properties and the account."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.hubspot import moments
from sandbox.hubspot.answers import Call, Fault, Reply, not_found
from sandbox.hubspot.portal import BEGINNING
from sandbox.hubspot.records import kind_of
from sandbox.hubspot.schema import Option, Property, label, shown_option
from sandbox.wire import Json, Record

_TYPES = ("string", "number", "date", "datetime", "enumeration", "bool")
_TEXTS = ("text", "textarea", "phonenumber", "html", "file")
_FIELD_TYPES = (*_TEXTS, "select", "radio", "checkbox", "booleancheckbox", "date", "number", "calculation_equation")


def owners(call: Call) -> Reply:
    """Show a page of the owners, those who left where `archived=true` says so."""
    params = call.request.params()
    email, after = params.get("email", "").lower(), params.get("after") or "0"
    rows = [
        each
        for number, each in sorted((int(owner["id"]), owner) for owner in call.portal.owners.values())
        if each["archived"] == call.flag("archived")
        and number >= int(after if after.isdigit() else 0)
        and (not email or each["email"].lower() == email)
    ]
    limit = call.number("limit", 100, 500)
    body: Record = {"results": rows[:limit]}
    if len(rows) > limit:
        body["paging"] = {"next": {"after": rows[limit]["id"]}}
    return Reply(body, records=len(body["results"]))


def owner(call: Call) -> Reply:
    """Show one owner; who left is found only where `archived=true` says so."""
    found = call.portal.owners.get(call.args["id"])
    if found is None or found["archived"] != call.flag("archived"):
        raise not_found()
    return Reply(found, records=1)


def pipelines(call: Call) -> Reply:
    """Show the pipelines of deals; other types have none here."""
    rows = list(call.portal.pipelines.values()) if kind_of(call).name == "deals" else []
    return Reply({"results": rows}, records=len(rows))


def pipeline(call: Call) -> Reply:
    """Show one pipeline."""
    found = call.portal.pipelines.get(call.args["id"]) if kind_of(call).name == "deals" else None
    if found is None:
        raise not_found()
    return Reply(found, records=1)


def properties(call: Call) -> Reply:
    """Show the properties of a type of object."""
    rows = [shown(each) for each in call.portal.schema.all(kind_of(call).name)]
    return Reply({"results": rows}, records=len(rows))


def one_property(call: Call) -> Reply:
    """Show one property."""
    found = call.portal.schema.get(kind_of(call).name, call.args["name"])
    if found is None:
        raise not_found()
    return Reply(shown(found), records=1)


def create_property(call: Call) -> Reply:
    """Make a property of the portal's own."""
    kind, body = kind_of(call), call.body()
    name = str(body.get("name", ""))
    groups = [group for group, _ in call.portal.schema.groups[kind.name]]
    if call.portal.schema.whole(kind.name, name) is not None:
        status = call.portal.choices.property_exists_status
        raise Fault(f'A property named "{name}" already exists.', "CONFLICT", status)
    if not name or body.get("type") not in _TYPES or body.get("fieldType") not in _FIELD_TYPES:
        raise Fault("Invalid property: it needs a name, a type and a fieldType that exist.")
    if body.get("groupName") not in groups:
        raise Fault(f"Property group {body.get('groupName')} does not exist")
    made = Property(
        name=name,
        label=str(body.get("label") or label(name)),
        type=body["type"],
        field_type=body["fieldType"],
        group=body["groupName"],
        options=tuple(Option(str(each["value"]), str(each["label"])) for each in body.get("options", [])),
        unique=bool(body.get("hasUniqueValue")),
        custom=True,
        description=str(body.get("description", "")),
        made=moments.iso(call.now),
    )
    call.portal.schema.add(kind.name, made)
    return Reply(shown(made), 201, applied=True, records=1)


def groups(call: Call) -> Reply:
    """Show the groups of properties."""
    rows = [
        _group(name, says, place) for place, (name, says) in enumerate(call.portal.schema.groups[kind_of(call).name])
    ]
    return Reply({"results": rows}, records=len(rows))


def create_group(call: Call) -> Reply:
    """Make a group of properties."""
    known, body = call.portal.schema.groups[kind_of(call).name], call.body()
    name = str(body.get("name", ""))
    if name in [group for group, _ in known]:
        raise Fault(f"Property group {name} already exists", "CONFLICT", call.portal.choices.property_exists_status)
    if not name:
        raise Fault("A property group needs a name")
    known.append((name, str(body.get("label") or name)))
    return Reply(_group(*known[-1], len(known) - 1), 201, applied=True, records=1)


def account(call: Call) -> Reply:
    """Show whose portal this is."""
    choices = call.portal.choices
    offset = call.now.astimezone(ZoneInfo(choices.time_zone)).utcoffset() or timedelta(0)
    minutes = round(offset.total_seconds() / 60)
    hours = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    body = {
        "portalId": call.portal.id,
        "accountType": "STANDARD",
        "timeZone": choices.time_zone,
        "companyCurrency": choices.currency,
        "additionalCurrencies": ["EUR", "GBP"],
        "utcOffset": hours,
        "utcOffsetMilliseconds": minutes * 60_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    return Reply(body, records=1)


def usage(call: Call) -> Reply:
    """Show how many of the day's calls are made."""
    zone = ZoneInfo(call.portal.choices.time_zone)
    here = call.now.astimezone(zone)
    midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), zone)
    row = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": call.portal.choices.per_day,
        "currentUsage": call.portal.limits.used_today(call.now, call.portal.choices),
        "collectedAt": moments.iso(call.now),
        "fetchStatus": "SUCCESS",
        "resetsAt": moments.iso(midnight),
    }
    return Reply({"results": [row]}, records=1)


def shown(one: Property) -> Record:
    """Return a property as the API shows it."""
    shown: Record = {
        "name": one.name,
        "label": one.label,
        "type": one.type,
        "fieldType": one.field_type,
        "groupName": one.group,
        "description": one.description,
        "options": [shown_option(each, place) for place, each in enumerate(one.options)],
        "displayOrder": -1,
        "calculated": one.read_only and one.name.startswith(("hs_is_", "hs_v2_", "num_", "amount")),
        "externalOptions": one.owner,
        "hidden": False,
        "hasUniqueValue": one.unique,
        "formField": False,
        "modificationMetadata": {
            "archivable": True,
            "readOnlyDefinition": not one.custom,
            "readOnlyValue": one.read_only,
        },
    }
    if not one.custom:
        shown["hubspotDefined"] = True
    if one.owner:
        shown["referencedObjectType"] = "OWNER"
    if one.money:
        shown["showCurrencySymbol"] = True
    return {**shown, "createdAt": one.made or BEGINNING, "updatedAt": one.made or BEGINNING} if one.custom else shown


def _group(name: str, says: str, place: int) -> dict[str, Json]:
    return {"name": name, "label": says, "displayOrder": place, "archived": False}
