"""No platform at all: tasks and a note in the CRM in which the deal was won carry the handoff."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from connectors._system import System, World
from handoff.errors import ConfigError
from handoff.model import Scope, Write
from handoff.platforms import FieldFacts, NoteFields, ObjectFacts, OpenWork
from handoff.ports import Destination
from handoff.settings import Instance, InstanceModel

TASK, NOTE = "task", "note"
LONGEST_SUBJECT, LONGEST_BODY = 255, 30_000
"""What every CRM takes: Salesforce 255 characters of a subject and 32,000 of a description."""

_SUBJECT = FieldFacts("text", LONGEST_SUBJECT, required=True)
OBJECTS: Mapping[str, ObjectFacts] = {
    TASK: ObjectFacts(
        Scope.DEAL,
        Write.CREATE_ONLY,
        {
            "subject": _SUBJECT,
            "body": FieldFacts("text", LONGEST_BODY),
            "due": FieldFacts("date"),
            "owner": FieldFacts("user", required=True),
            "priority": FieldFacts("text", values=("High", "Normal", "Low")),
        },
        complete=True,
        planted=frozenset({"deal", "key"}),
        work=OpenWork("owner", "due"),
        many="tasks",
    ),
    NOTE: ObjectFacts(
        Scope.DEAL,
        Write.CREATE_ONLY,
        {
            "subject": _SUBJECT,
            "body": FieldFacts("text", LONGEST_BODY, required=True),
            "at": FieldFacts("datetime"),
        },
        complete=True,
        planted=frozenset({"deal", "key"}),
        note=NoteFields("subject", "body", "at"),
        many="notes",
    ),
}
"""The same words for every CRM; each writes them into its own fields. `body` is HTML, shown as well as it can."""


class InCrm(InstanceModel):
    """`[platform.<name>]` with `system = "crm"`."""

    system: Literal["crm"]
    crm: str = Field("main", description="the name of the CRM whose deals carry the work", examples=["main"])


def make(instance: Instance, world: World) -> Destination:
    """Return the destination in the deals' own CRM; raises `ConfigError` when that CRM cannot be one."""
    settings = instance.read(InCrm)
    at = f"handoff.toml [{instance.kind}.{instance.name}]"
    if world.crm is None or settings.crm != world.crm.instance:
        there = world.crm.instance if world.crm else "none"
        raise ConfigError(f"{at}: crm = {settings.crm!r} is no CRM of this deployment. There is: {there}.")
    if world.work_in is None:
        raise ConfigError(f"{at}: {world.crm.system} cannot carry the work itself. Name a platform.")
    return world.work_in(world.crm, instance.name, world)


def _beside(_: int) -> Mapping[str, Any]:
    return {"crm": "main"}


SYSTEM = System(
    name="crm",
    kind="platform",
    settings=InCrm,
    make=make,
    port=0,
    objects=OBJECTS,
    title="the CRM itself",
    tells_apart="crm",
    stand_in=_beside,
)
