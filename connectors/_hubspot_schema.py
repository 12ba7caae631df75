"""What a portal tells of itself: its properties, its stages, its owners. Each is asked once."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors._http import Route
from connectors._hubspot_paths import ACCOUNT
from connectors._hubspot_values import number
from connectors._hubspot_wire import Json, Wire, rows_in
from handoff.model import Value

DETAILS = Route("asking which portal this is", reads=True, repeatable=True)
PROPERTIES = Route("reading which properties there are", reads=True, repeatable=True)
PIPELINES = Route("reading the stages", reads=True, repeatable=True)
OWNERS = Route("reading the owners", reads=True, repeatable=True)

DEALS, COMPANIES, CONTACTS, LINE_ITEMS, PRODUCTS = "deals", "companies", "contacts", "line_items", "products"
OWNERS_A_CALL = 500


@dataclass(frozen=True)
class Property:
    """What a portal tells of one property; `options` are its values, by value the label that people see."""

    name: str
    kind: str
    writable: bool
    options: Mapping[str, str] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Stage:
    """A stage of a pipeline: what it is called, and whether deals in it are won."""

    id: str
    label: str
    pipeline: str
    won: bool


@dataclass(frozen=True)
class Owner:
    """Somebody who owns deals; one who was deactivated is not `active`."""

    id: str
    email: str | None
    name: str | None
    active: bool
    team: str | None


@dataclass(frozen=True)
class Stages:
    """The stages of all pipelines by id, and what the pipelines are called."""

    stages: Mapping[str, Stage]
    pipelines: Mapping[str, str]

    @property
    def won(self) -> frozenset[str]:
        """Return the ids of the stages in which a deal is won."""
        return frozenset(one.id for one in self.stages.values() if one.won)

    def label(self, stage: str | None) -> str | None:
        """Return what people call a stage; its id where the portal does not know it any more."""
        known = self.stages.get(stage or "")
        return known.label if known else stage


class Portal:
    """What a portal tells of itself; every answer is kept."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._once = wire, threading.RLock()
        self._details: Json | None = None
        self._properties: dict[str, dict[str, Property]] = {}
        self._stages: Stages | None = None
        self._owners: dict[str, Owner] = {}
        self._unknown_owners: set[str] = set()

    def details(self) -> Json:
        """Return the account's details: its id, time zone, currency and address."""
        with self._once:
            if self._details is None:
                self._details = self.told(self._wire.get(DETAILS, ACCOUNT))
            return self._details

    def told(self, details: Json) -> Json:
        """Return these details, kept as the newest; raises `Transient` for what are none."""
        if not details.get("portalId"):
            raise self._wire.odd(DETAILS)
        self._details = details
        return details

    def org(self) -> str:
        """Return the portal's id, as text."""
        return str(self.details()["portalId"])

    def link(self, deal: str) -> str:
        """Return the address at which a person sees a deal."""
        host = str(self.details().get("uiDomain") or "app.hubspot.com")
        return f"https://{host}/contacts/{self.org()}/record/0-3/{deal}"

    def properties(self, kind: str) -> Mapping[str, Property]:
        """Return the properties of one kind of record, by name."""
        with self._once:
            if kind not in self._properties:
                rows = self._rows(PROPERTIES, self._wire.paths.properties(kind))
                self._properties[kind] = {one.name: one for one in map(_property, rows)}
            return self._properties[kind]

    def stages(self) -> Stages:
        """Return the stages of the deals' pipelines."""
        with self._once:
            if self._stages is None:
                rows = self._rows(PIPELINES, self._wire.paths.pipelines(DEALS))
                found = [_stage(str(row["id"]), each) for row in rows for each in row.get("stages") or ()]
                labels = {str(row["id"]): str(row.get("label") or row["id"]) for row in rows}
                self._stages = Stages({one.id: one for one in found}, labels)
            return self._stages

    def owner(self, owner_id: str) -> Owner | None:
        """Return the owner of this id, deactivated ones too; None when the portal tells of none."""
        with self._once:
            # Somebody may have come since: an id that was not there is asked for once more, and no oftener.
            if owner_id not in self._owners and owner_id not in self._unknown_owners:
                self._owners = {one.id: one for one in self.owners()}
                if owner_id not in self._owners:
                    self._unknown_owners.add(owner_id)
            return self._owners.get(owner_id)

    def owners(self) -> list[Owner]:
        """Return all owners as the portal tells of them now, the deactivated ones first."""
        return [one for archived in ("true", "false") for one in self._listed(archived)]

    def _listed(self, archived: str) -> list[Owner]:
        found: list[Owner] = []
        query = {"limit": str(OWNERS_A_CALL), "archived": archived}
        while True:
            said = self._wire.get(OWNERS, self._wire.paths.owners(), query)
            found += [_owner(row) for row in self._checked(OWNERS, said)]
            after = next_page(said)
            if after is None:
                return found
            query = {**query, "after": after}

    def _rows(self, route: Route, path: str) -> Sequence[Json]:
        return self._checked(route, self._wire.get(route, path))

    def _checked(self, route: Route, said: Json) -> Sequence[Json]:
        rows = rows_in(said)
        if rows is None:
            raise self._wire.odd(route)
        return rows


def next_page(said: Mapping[str, Any]) -> str | None:
    """Return where the next page begins, None on the last."""
    paging = said.get("paging")
    behind = paging.get("next") if isinstance(paging, Mapping) else None
    after = behind.get("after") if isinstance(behind, Mapping) else None
    return str(after) if after else None


def _property(row: Json) -> Property:
    told = row.get("modificationMetadata")
    read_only = isinstance(told, Mapping) and told.get("readOnlyValue") is True
    options = {
        str(one.get("value")): str(one.get("label") or one.get("value"))
        for one in row.get("options") or ()
        if isinstance(one, Mapping)
    }
    writable = not read_only and row.get("calculated") is not True
    return Property(str(row["name"]), str(row.get("type") or "string"), writable, options, str(row.get("label") or ""))


def _stage(pipeline: str, row: Json) -> Stage:
    facts = row.get("metadata") or {}
    closed = str(facts.get("isClosed")).lower() == "true"
    probability: Value = number(str(facts.get("probability") or ""))
    return Stage(str(row["id"]), str(row.get("label") or row["id"]), pipeline, closed and probability == 1)


def _owner(row: Json) -> Owner:
    names = " ".join(str(row[key]) for key in ("firstName", "lastName") if row.get(key))
    teams = [one for one in row.get("teams") or () if isinstance(one, Mapping)]
    main = next((one for one in teams if one.get("primary") is True), teams[0] if teams else None)
    return Owner(
        str(row["id"]),
        str(row["email"]) if row.get("email") else None,
        names or None,
        row.get("archived") is not True,
        str(main["name"]) if main and main.get("name") else None,
    )
