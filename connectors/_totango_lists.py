"""The tenant's flows, touchpoint types and tags: their ids, by the names that people know."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors._http import Route
from connectors._totango_wire import FLOWS, TAGS, TYPES, Json, Wire, id_of
from handoff.errors import Rejected
from handoff.yaml_files import nearest

LISTS: Mapping[str, tuple[Route, str, str]] = {
    "activity_type_id": (FLOWS, "/api/v3/activity-types/", "flow"),
    "touchpointType": (TYPES, "/api/v3/touchpoint-types/", "touchpoint type"),
    "touchpoint_tags": (TAGS, "/api/v3/touchpoint-tags/", "touchpoint tag"),
}


@dataclass(frozen=True)
class Listed:
    """One entry of a list."""

    id: str
    name: str
    disabled: bool = False


class Lists:
    """Each list is read once, and again where a name is not in it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._lists: dict[str, tuple[Listed, ...]] = {}
        self._lock = threading.Lock()

    def id_of(self, field: str, said: str) -> str:
        """Return the id of an entry named by its id or by its name; raises `Rejected` when there is none."""
        wanted = said.strip()
        for anew in (False, True):
            entries = self.of(field, anew=anew)
            for one in entries:
                if wanted == one.id or wanted.casefold() == one.name.casefold():
                    return one.id
        route, _, what = LISTS[field]
        names = [one.name for one in entries]
        raise self._wire.exchange.error(Rejected, route, f"there is no {what} {wanted!r}.", nearest(wanted, names))

    def unread(self, fields: Iterable[str]) -> int:
        """Return how many lists these fields need that were not read yet."""
        return len({*fields} & (LISTS.keys() - self._lists.keys()))

    def of(self, field: str, *, anew: bool = False) -> tuple[Listed, ...]:
        """Return the entries of the list that a field takes."""
        with self._lock:
            if anew or field not in self._lists:
                route, path, _ = LISTS[field]
                self._lists[field] = tuple(_entries(self._wire.get(route, path)))
            return self._lists[field]


def _entries(said: Any) -> list[Listed]:
    """Return the entries of a list, or of an object whose keys are the ids."""
    rows = (
        [{"id": key, **row} for key, row in said.items() if isinstance(row, dict)] if isinstance(said, dict) else said
    )
    return [_entry(row) for row in rows if isinstance(row, dict) and id_of(row)]


def _entry(row: Json) -> Listed:
    return Listed(str(id_of(row)), str(row.get("display_name") or ""), row.get("disabled") is True)
