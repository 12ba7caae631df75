"""One tenant: its identifiers, its choices and its records, as every route sees them."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.journal import iso_z
from sandbox.totango import catalogue
from sandbox.totango.choices import Choices
from sandbox.totango.ids import FIRST_NOTE, FIRST_TASK, Ids, named
from sandbox.totango.table import Table
from sandbox.wire import Json, Objects, Record

KEYS: dict[str, tuple[str, ...]] = {"users": ("account_id", "id"), "collections": ("type", "id")}
OBJECTS = (
    "accounts",
    "users",
    "collections",
    "touchpoints",
    "tasks",
    "task_events",
    "play_runs",
    "objectives",
    "activities",
    "totango_users",
    "teams",
    "flows",
    "touchpoint_types",
    "touchpoint_tags",
    "lifecycles",
    "plays",
    "success_blocs",
    "segments",
    "objective_templates",
    "objective_statuses",
    "objective_categories",
    "batches",
    "rejected",
    "ignored",
)
BEGINNING = datetime.min.replace(tzinfo=UTC)
MADE = "2026-01-05T09:00:00.000Z"  # when the admins made what the tenant begins with


class Org:
    """Everything that belongs to one tenant, and nothing that belongs to one call."""

    def __init__(self, tenant_id: str) -> None:
        self.ids = Ids(tenant_id)
        self.choices = Choices()
        self.inactive_users: frozenset[str] = frozenset()
        self.defined: frozenset[str] = frozenset()  # attributes beside the named ones
        self.hidden: frozenset[str] = frozenset()  # attributes of accounts that the set-up hides
        self.withheld: frozenset[str] = frozenset()  # and that a fault does
        self.waiting: list[Record] = []  # batches accepted and not applied yet
        self._tables = {name: Table() for name in OBJECTS}
        for name, records in shipped().items():
            for record in records:
                self.table(name).put(key_of(name, record), record, BEGINNING)

    def table(self, name: str) -> Table:
        """Return the table of an object; raises `ValueError` for one Totango does not have."""
        if name not in self._tables:
            raise ValueError(f"Totango has no object {name!r}. Use one of: {', '.join(OBJECTS)}.")
        return self._tables[name]

    def rows(self, name: str) -> dict[Any, Record]:
        """Return an object's records by key."""
        return self.table(name).rows

    def keep(self, name: str, row: Record, seen_from: datetime) -> None:
        """Keep a record, new or changed."""
        self.table(name).put(key_of(name, row), row, seen_from)

    def log(self, name: str, now: datetime, **said: Json) -> None:
        """Write down what the vendor drops without a word (`rejected`) or passes over (`ignored`)."""
        self.keep(name, {"id": self.ids.number(name), "at": iso_z(now), **said}, now)

    def state_of(self, name: str) -> list[Record]:
        """Return copies of one object's records."""
        return copy.deepcopy(list(self.rows(name).values()))

    def state(self) -> Objects:
        """Return copies of all records by object."""
        return {name: self.state_of(name) for name in OBJECTS}

    def shown_from(self, now: datetime, lag: timedelta) -> datetime:
        """Return from when searches show what is written now, the lag of a fault being the least."""
        return now + max(lag, timedelta(seconds=self.choices.index_lag_seconds))

    def user(self, email: Json) -> Record | None:
        """Return the Totango user of an e-mail address or id, in any case."""
        if not isinstance(email, str):
            return None
        found = self.rows("totango_users").get(email.casefold())
        return found or next((row for row in self.rows("totango_users").values() if row["uuid"] == email), None)

    def new_note(self) -> int:
        """Return the id of a new touchpoint."""
        return self.ids.number("note", first=FIRST_NOTE)

    def new_task(self) -> int:
        """Return the id of a new task."""
        return self.ids.number("task", first=FIRST_TASK)


def key_of(name: str, row: Record) -> Any:
    """Return a record's key: its id, or where that is not enough what stands with it."""
    parts = tuple(row[part] for part in KEYS.get(name, ("id",)))
    return parts if len(parts) > 1 else parts[0]


def totango_user(name: str, email: str, role: str = "Team member") -> Record:
    """Return an active Totango user."""
    uuid = named(f"user/{email.casefold()}")
    return {"id": email.casefold(), "uuid": uuid, "email": email, "name": name, "role": role, "active": True}


def shipped() -> Objects:
    """Return what the tenant's admins have made before anything is loaded."""
    number, team = catalogue.TEAM
    return {
        "totango_users": [totango_user("Handoff Integration", Choices.token_user, "Global admin")],
        "teams": [{"id": number, "name": team}],
        "flows": [
            {"id": flow, "display_name": name, "system_type": not flow.startswith("key_"), "disabled": False}
            for flow, name in catalogue.FLOWS.items()
        ],
        "touchpoint_types": [
            {"id": named(f"type/{name}"), "display_name": name, "icon": icon} for name, icon in catalogue.TYPES.items()
        ],
        "touchpoint_tags": _named("tag", "display_name", catalogue.TAGS),
        "lifecycles": [{"id": name, "stages": list(stages)} for name, stages in catalogue.LIFECYCLES.items()],
        "plays": [_play(play) for play in catalogue.PLAYS],
        "success_blocs": [
            {
                "id": catalogue.BLOC,
                "name": "Manage Onboarding Projects",
                "flow": "onboarding",
                "team": number,
                "published": True,
            }
        ],
        "segments": [
            {
                "id": catalogue.SEGMENT,
                "name": "In onboarding",
                "terms": [
                    {
                        "type": "lifecycle_attribute_stage_by_id",
                        "attribute": "Onboarding Stage",
                        "not_in_list": [catalogue.stage_id("Onboarding Stage", "Live")],
                    }
                ],
            }
        ],
        "objective_templates": _named("template", "name", catalogue.OBJECTIVE_TEMPLATES),
        "objective_statuses": _named("status", "displayName", catalogue.OBJECTIVE_STATUSES),
        "objective_categories": _named("category", "displayName", catalogue.OBJECTIVE_CATEGORIES),
    }


def _named(kind: str, key: str, names: tuple[str, ...]) -> list[Record]:
    return [{"id": named(f"{kind}/{name}"), key: name} for name in names]


def _play(play: catalogue.Play) -> Record:
    entering = dict(zip(("attribute", "stage"), play.entering, strict=True)) if play.entering else None
    return {
        "id": play.id,
        "name": play.name,
        "manual": play.manual,
        "active": play.active,
        "flow": play.flow,
        "sb_id": play.bloc,
        "entering": entering,
        "sets": None,
        "tasks": [vars(duty).copy() for duty in play.duties],
    }
