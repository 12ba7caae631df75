"""A look at an org's tasks before anything is sent: whether all that will be written is there, and the people too."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from connectors._http import Route
from connectors._salesforce_gateway import Gateway
from connectors._salesforce_inspect_org import ADMIN
from handoff.errors import ConfigError, ServiceError
from handoff.inspection import Addressed, Check, ExpectedOfPlatform, Finding, attempt, locked_out, looked
from handoff.model import User

DESCRIBE = Route("reading which fields tasks have", reads=True, repeatable=True)
MISSING = "Create it as a text of 255 characters on Activity, and grant the integration user edit access to it."


def look(
    gateway: Gateway,
    people: Callable[[Iterable[str]], Mapping[str, User]],
    wanted: ExpectedOfPlatform,
    sent: Sequence[str],
) -> list[Check]:
    """Return every check of the tasks; `sent` are the fields that will be written."""
    system = gateway.exchange.system
    try:
        told = gateway.ask(DESCRIBE, "GET", "sobjects/Task/describe")
    except (ServiceError, ConfigError) as error:
        return locked_out(system, error, ("fields of tasks", "people of tasks"))
    there = {str(field["name"]): field.get("createable") is True for field in told["fields"]}
    found = [
        Finding(f"Task.{name} is {'missing or hidden' if name not in there else 'read-only'}.", ADMIN, MISSING)
        for name in sent
        if not there.get(name)
    ]
    fields = looked(system, "fields of tasks", found, f"there: {', '.join(sent)}")
    return [fields, attempt(system, "people of tasks", lambda name: _people(system, name, people, wanted.people))]


def _people(
    system: str, name: str, people: Callable[[Iterable[str]], Mapping[str, User]], named: Sequence[Addressed]
) -> Check:
    users = people([one.email for one in named])
    found: list[Finding] = []
    for one in named:
        user = users.get(one.email.strip().lower())
        if user is None or not user.active:
            what = (
                f"{one.email} ({'; '.join(one.roles)}) is {'no' if user is None else 'an inactive'} user of Salesforce."
            )
            found.append(Finding(what, ADMIN, "Tasks belong to users: add or activate the user, or correct the file."))
    return looked(system, name, found, f"{len(named)} named in the files")
