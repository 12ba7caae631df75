"""A look at a portal's tasks and notes before anything is sent: is all there that is written, and whom it names."""

from collections.abc import Callable, Iterable, Mapping

from connectors._hubspot_inspect import ADMIN, SIGHT
from connectors._hubspot_schema import Portal
from connectors._hubspot_wire import Wire
from connectors._hubspot_work_records import KINDS, Kind
from handoff.errors import ConfigError, ServiceError
from handoff.inspection import Addressed, Check, ExpectedOfPlatform, Finding, attempt, locked_out, looked
from handoff.model import User

SCOPES = "Give the service key (or the app) the scopes crm.objects.contacts.read and .write: tasks and notes need them."
PEOPLE, PROPERTIES = "people of tasks", "properties of tasks and notes"


def look(
    wire: Wire,
    portal: Portal,
    people: Callable[[Iterable[str]], Mapping[str, User]],
    wanted: ExpectedOfPlatform,
) -> list[Check]:
    """Return every check of the tasks and notes."""
    try:
        portal.org()
    except (ServiceError, ConfigError) as error:
        return locked_out(wire.system, error, (PROPERTIES, PEOPLE), admin=ADMIN)
    kinds = [KINDS[name] for name in wanted.kinds]
    return [
        attempt(wire.system, PROPERTIES, lambda name: _properties(wire, portal, name, kinds), admin=ADMIN),
        attempt(wire.system, PEOPLE, lambda name: _people(wire.system, name, people, wanted.people), admin=ADMIN),
    ]


def _properties(wire: Wire, portal: Portal, name: str, kinds: Iterable[Kind]) -> Check:
    found: list[Finding] = []
    for kind in kinds:
        wire.get(SIGHT, wire.paths.objects(kind.records), {"limit": "1"})
        known = portal.properties(kind.records)
        for one in kind.properties:
            if one not in known or not known[one].writable:
                state = "read-only" if one in known else "missing or hidden"
                found.append(Finding(f"The property {one} of {kind.records} is {state}.", ADMIN, SCOPES))
    told = ", ".join(kind.records for kind in kinds)
    return looked(wire.system, name, found, f"{told}; the scope to write them is seen only by writing")


def _people(
    system: str, name: str, people: Callable[[Iterable[str]], Mapping[str, User]], named: Iterable[Addressed]
) -> Check:
    named = list(named)
    owners = people([one.email for one in named])
    found: list[Finding] = []
    for one in named:
        owner = owners.get(one.email.strip().lower())
        if owner is None or not owner.active:
            state = "no owner in" if owner is None else "a deactivated owner of"
            what = f"{one.email} ({'; '.join(one.roles)}) is {state} HubSpot."
            found.append(Finding(what, ADMIN, "Tasks belong to owners: add or activate the user, or correct the file."))
    return looked(system, name, found, f"{len(named)} named in the files")
