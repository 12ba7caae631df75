"""The actions of the push API, carried out one by one, and the plays that they set off."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from sandbox.churnzero.attributes import Rejected, custom, moment, put
from sandbox.churnzero.org import Org, blank_account, blank_contact
from sandbox.journal import iso_z
from sandbox.wire import Json, Record

PREFIX = "attr_"
EVENT_FIELD = "cf_"
DESCRIPTION = 255  # C2


def carry_out(org: Org, action: Json, now: datetime, seen_from: datetime) -> bool:
    """Carry out one action and return whether anything changed; raises `Rejected` for one that is dropped."""
    if not isinstance(action, dict):
        raise Rejected("an action is an object")
    if action.get("appKey") != org.choices.app_key:
        raise Rejected("appKey is wrong")
    kind = action.get("action")
    if kind not in _ACTIONS:
        raise Rejected(f"there is no action {kind!r}")
    if not action.get("accountExternalId"):
        raise Rejected("accountExternalId is required")
    if org.choices.identity_hash and not action.get("accountExternalIdHash"):
        raise Rejected("accountExternalIdHash is required")
    return _ACTIONS[kind](org, action, now, seen_from)


def _set(org: Org, action: Record, now: datetime, seen_from: datetime) -> bool:
    values = dict(_named(action))
    return _written(org, action, values, now, seen_from)


def _increment(org: Org, action: Record, now: datetime, seen_from: datetime) -> bool:
    row = _row(org, action)
    try:
        values = {name: str(float(_held(row, name) or 0) + float(delta)) for name, delta in _named(action)}
    except (TypeError, ValueError) as error:
        raise Rejected("a delta is a number") from error
    return _written(org, action, values, now, seen_from)


def _written(org: Org, action: Record, values: Record, now: datetime, seen_from: datetime) -> bool:
    if not values:
        raise Rejected("name and value are required")
    kind, row = _kind(action), _row(org, action)
    before = dict(row)
    for name, value in values.items():
        if org.hides(kind, name) or org.hides(kind, custom(name)):
            raise Rejected(f"{name} is not there")
        put(org, row, name, value)
    if row == before and "Id" in row:
        return False
    kept = org.keep(kind, row, seen_from)
    if kind == "Account":
        for name, value in values.items():
            if _held(before, name) != value:
                set_off(org, kept, now, seen_from, attribute=(name, value))
    return True


def _kind(action: Record) -> str:
    found = {"account": "Account", "contact": "Contact"}.get(str(action.get("entity")))
    if found is None:
        raise Rejected("entity is account or contact")
    return found


def _row(org: Org, action: Record) -> Record:
    """Return a copy of the record that an action is for, or a blank one; a contact needs its account."""
    account_id = str(action["accountExternalId"])
    account = org.account(account_id)
    if _kind(action) == "Account":
        return dict(account or blank_account(account_id))
    contact_id = action.get("contactExternalId")
    if not contact_id:
        raise Rejected("contactExternalId is required")
    if account is None:
        raise Rejected("the account is unknown")
    return dict(org.contact(account_id, str(contact_id)) or blank_contact(account_id, str(contact_id)))


def _held(row: Record, name: str) -> Json:
    return row.get(name, row.get(custom(name)))


def _named(action: Record) -> Iterator[tuple[str, Json]]:
    if action.get("name"):
        yield str(action["name"]), action.get("value")
    for name, value in action.items():
        if name.startswith(PREFIX):
            yield name.removeprefix(PREFIX), value


def _track(org: Org, action: Record, now: datetime, seen_from: datetime) -> bool:
    account_id, contact_id = str(action["accountExternalId"]), action.get("contactExternalId")
    name, description = action.get("eventName"), str(action.get("description") or "")
    if not name:
        raise Rejected("eventName is required")
    if not contact_id:
        raise Rejected("contactExternalId is required")
    if len(description) > DESCRIPTION:
        raise Rejected(f"description is longer than {DESCRIPTION} characters")
    when = moment(action.get("eventDate")) or iso_z(now)
    account, contact_id = org.account(account_id), str(contact_id)
    if account is None:
        account = org.keep("Account", blank_account(account_id), seen_from)
    if org.contact(account_id, contact_id) is None:
        org.keep("Contact", blank_contact(account_id, contact_id), seen_from)
    new = org.is_new((when, account_id, contact_id, description))
    if not new and str(action.get("allowDupes")).lower() != "true":
        return False
    if all(row["Name"] != name for row in org.rows("EventType").values()):
        org.keep("EventType", {"Name": name}, seen_from)
    event = {
        "EventDate": when,
        "Description": description,
        "Quantity": action.get("quantity", 1),
        "EventTypeName": name,
        "AccountExternalId": account_id,
        "ContactExternalId": contact_id,
    }
    org.keep("Event", event, seen_from)
    set_off(org, account, now, seen_from, event=str(name))
    return True


def _time_in_app(org: Org, action: Record, now: datetime, seen_from: datetime) -> bool:
    if not (action.get("startDate") and action.get("endDate")):
        raise Rejected("startDate and endDate are required")
    return True


_ACTIONS: Mapping[Json, Callable[[Org, Record, datetime, datetime], bool]] = {
    "setAttribute": _set,
    "incrementAttribute": _increment,
    "trackEvent": _track,
    "trackTimeInApp": _time_in_app,
}


def set_off(
    org: Org,
    account: Record,
    now: datetime,
    seen_from: datetime,
    *,
    attribute: tuple[str, Json] | None = None,
    event: str | None = None,
) -> None:
    """Let the plays run that an attribute or event sets off: their tasks, and the account's place in a journey."""
    for play in list(org.rows("play").values()):
        by_event = event is not None and play["Event"] == event
        by_attribute = attribute is not None and _waits_for(play, *attribute)
        if play["Active"] and (by_event or by_attribute) and not _in_journey(org, play, account):
            _run(org, play, account, now, seen_from)


def _waits_for(play: Record, name: str, value: Json) -> bool:
    """Return whether a play is set off by a value of an attribute, named as pushed or as its column."""
    return any(name in (each, custom(each)) and value == wanted for each, wanted in (play["Attribute"] or {}).items())


def _in_journey(org: Org, play: Record, account: Record) -> bool:
    """Return whether the play ran for the account: an attribute and an event together are one beginning."""
    wanted = {"AccountId": account["Id"], "JourneyId": play["JourneyId"]}
    return any(wanted.items() <= row.items() for row in org.rows("JourneyProgress").values())


def _run(org: Org, play: Record, account: Record, now: datetime, seen_from: datetime) -> None:
    for duty in play["Tasks"]:
        due = (now + timedelta(days=duty["Days"])).date().isoformat()
        task = {"Name": duty["Name"], "DueDate": f"{due}T00:00:00Z", "StatusName": "Open", "TypeName": play["Name"]}
        org.keep("Task", {**task, "AccountId": account["Id"]}, seen_from)
    progress = {"AccountId": account["Id"], "JourneyId": play["JourneyId"]}
    said = {"IsCompleted": False, "IsFailed": False, "Status": "In Progress"}
    org.keep("JourneyProgress", {**progress, **said}, seen_from)
