"""Touchpoints: made, changed, read and deleted, one a call and never told from a double."""

from datetime import datetime

from sandbox.totango import catalogue
from sandbox.totango.answers import Call, Fault, Reply
from sandbox.totango.org import Org
from sandbox.totango.tasks import flow
from sandbox.wire import Json, Record

SHOWN = (
    "id",
    "event_id",
    "account_id",
    "subject",
    "content",
    "activity_type_id",
    "touchpointType",
    "touchpoint_tags",
    "created_by",
    "create_date",
)


def create(call: Call) -> Reply:
    """Make a touchpoint; the same one again is another touchpoint."""
    said = call.fields()
    call.refuse(said)
    account = call.account(said.get("account_id"), status=call.org.choices.unknown_record)
    touchpoint = {**blank(call.org, call.now), "account_id": account["id"], **_fitting(call, said, new=True)}
    call.org.keep("touchpoints", touchpoint, call.seen_from)
    return _note(touchpoint)


def update(call: Call) -> Reply:
    """Change a touchpoint, which wants its account and the id of its event too."""
    said = call.fields()
    call.refuse(said)
    touchpoint = _held(call)
    if said.get("account_id") != touchpoint["account_id"]:
        raise Fault(400, "account_id does not match")
    if said.get("event_id") != touchpoint["event_id"]:
        raise Fault(400, "event_id does not match")
    resumed = {"disable_sync": False} if call.org.choices.touchpoint_resync == "resumed" else {}
    touchpoint.update(resumed | _fitting(call, said, new=False))
    call.org.keep("touchpoints", touchpoint, call.seen_from)
    return _note(touchpoint)


def read(call: Call) -> Reply:
    """Return a touchpoint by its number."""
    touchpoint = _held(call)
    return Reply({"note": {name: touchpoint[name] for name in SHOWN}}, records=1)


def delete(call: Call) -> Reply:
    """Take a touchpoint away, and its event."""
    return _note(call.org.table("touchpoints").delete(_held(call)["id"], call.seen_from))


def blank(org: Org, now: datetime) -> Record:
    """Return a new touchpoint that says nothing yet."""
    return {
        "id": org.new_note(),
        "event_id": org.ids.event(),
        "subject": None,
        "content": "",
        "activity_type_id": catalogue.DEFAULT_FLOW,
        "touchpointType": default_type(org),
        "touchpoint_tags": [],
        "participants": [],
        "parent_id": None,
        "created_by": org.choices.token_user,
        "create_date": int(now.timestamp() * 1000),
        "disable_sync": False,
    }


def default_type(org: Org) -> Json:
    """Return the touchpoint type of one that names none."""
    return next(iter(org.rows("touchpoint_types")), None)


def _fitting(call: Call, said: Record, *, new: bool) -> Record:
    org = call.org
    fitting: Record = {}
    if new or "content" in said:
        fitting["content"] = _content(org, said.get("content"))
    for name in ("subject", "created_by"):
        if said.get(name):
            fitting[name] = str(said[name])
    if said.get("user_id") and "created_by" not in fitting:  # its name of old
        fitting["created_by"] = str(said["user_id"])
    if said.get("activity_type_id"):
        fitting["activity_type_id"] = _known(org, "flows", said["activity_type_id"], "activity_type_id")
    if said.get("touchpointType"):
        fitting["touchpointType"] = _known(org, "touchpoint_types", said["touchpointType"], "touchpointType")
    if said.get("touchpoint_tags"):
        tags = said["touchpoint_tags"] if isinstance(said["touchpoint_tags"], list) else [said["touchpoint_tags"]]
        fitting["touchpoint_tags"] = [_known(org, "touchpoint_tags", tag, "touchpoint_tags") for tag in tags]
    if said.get("participantList"):
        fitting["participants"] = _participants(said["participantList"])
    if said.get("parentId"):
        fitting["parent_id"] = said["parentId"]
    if said.get("create_date") not in (None, ""):
        fitting["create_date"] = _moment(said["create_date"])
    if "disable_sync" in said:
        fitting["disable_sync"] = str(said["disable_sync"]).lower() == "true"
    return fitting


def _content(org: Org, content: Json) -> str:
    if not isinstance(content, str) or not content.strip():
        raise Fault(400, "content is required")
    if len(content) > org.choices.touchpoint_content:
        raise Fault(400, f"content is longer than {org.choices.touchpoint_content} characters")
    return content


def _known(org: Org, name: str, value: Json, field: str) -> Json:
    if org.choices.touchpoint_references == "ignored":
        return value
    if name == "flows":
        return flow(org, value)
    if not isinstance(value, str) or value not in org.rows(name):
        raise Fault(400, f"{field} is not valid")
    return value


def _participants(said: Json) -> list[str]:
    listed = said if isinstance(said, list) else [said]
    named = (each.get("userid") or each.get("userId") for each in listed if isinstance(each, dict))
    return [str(each) for each in named if each]


def _moment(value: Json) -> int:
    if not str(value).isdecimal():
        raise Fault(400, "create_date must be milliseconds since 1970")
    return int(value)


def _held(call: Call) -> Record:
    said = call.args[0]
    found = call.org.rows("touchpoints").get(int(said) if said.isdecimal() else None)
    if found is None:
        raise Fault(404, "Touchpoint not found")
    return found


def _note(touchpoint: Record) -> Reply:
    return Reply({"note": {"id": touchpoint["id"]}}, applied=True, records=1)
