"""Objectives, whose paths nobody has verified: there only where the switch `unverified` says so."""

from sandbox.journal import iso_z
from sandbox.totango.answers import Call, Fault, Reply
from sandbox.wire import Record


def create(call: Call) -> Reply:
    """Make an objective from what is sent."""
    _allowed(call)
    said = call.fields()
    call.refuse(said)
    account = call.account(said.get("accountId"))
    return _kept(call, {**said, "accountId": account["id"]})


def from_template(call: Call) -> Reply:
    """Make an objective from a template of the library."""
    _allowed(call)
    said = call.fields()
    call.refuse(said)
    account = call.account(said.get("accountId"))
    template_id = said.get("ObjectiveTemplateId")
    template = call.org.rows("objective_templates").get(template_id) if isinstance(template_id, str) else None
    if template is None:
        raise Fault(400, "Objective template not found")
    return _kept(call, {"accountId": account["id"], "templateId": template["id"], "name": template["name"]})


def update(call: Call) -> Reply:
    """Change an objective."""
    _allowed(call)
    said = call.fields()
    objective = _held(call)
    objective.update({name: value for name, value in said.items() if name not in ("id", "accountId")})
    call.org.keep("objectives", objective, call.now)
    return Reply({"id": objective["id"]}, applied=True, records=1)


def delete(call: Call) -> Reply:
    """Take an objective away."""
    _allowed(call)
    objective = call.org.table("objectives").delete(_held(call)["id"], call.now)
    return Reply({"id": objective["id"]}, applied=True, records=1)


def _allowed(call: Call) -> None:
    if not call.org.choices.unverified:
        raise Fault(404, "Not Found")


def _held(call: Call) -> Record:
    found = call.org.rows("objectives").get(call.args[0])
    if found is None:
        raise Fault(404, "Objective not found")
    return found


def _kept(call: Call, fields: Record) -> Reply:
    objective = {**fields, "id": call.org.ids.uuid("objective"), "createdAt": iso_z(call.now)}
    call.org.keep("objectives", objective, call.now)
    return Reply({"id": objective["id"]}, applied=True, records=1)
