"""The portal's records, by type of object and id."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sandbox.hubspot.objects import KINDS


class Step(NamedTuple):
    """One value of a property, since when, and by whom: empty stands for the API, else the id of a user."""

    value: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Held:
    """One version of a record; `properties` holds those that are set, `steps` the stages of a deal, newest first."""

    id: str
    properties: Mapping[str, str]
    created: datetime
    updated: datetime
    archived: datetime | None = None
    steps: tuple[Step, ...] = ()


class Store:
    """Every record of every type in its newest version; ids are numbers written as text."""

    def __init__(self, first_id: int) -> None:
        self.tables: dict[str, dict[str, Held]] = {kind.name: {} for kind in KINDS}
        self._order: dict[str, list[int]] = {kind.name: [] for kind in KINDS}
        self._merged: dict[str, dict[str, str]] = {kind.name: {} for kind in KINDS}
        self._keys: dict[tuple[str, str], dict[str, str]] = {}
        self._next = first_id

    def next_id(self) -> str:
        """Return an id that no record of any type has."""
        self._next += 1
        while any(str(self._next) in table for table in self.tables.values()):
            self._next += 1
        return str(self._next)

    def get(self, kind: str, record_id: str) -> Held | None:
        """Return a record that lives, by its own id; None when there is none."""
        held = self.tables[kind].get(record_id)
        return None if held is None or held.archived else held

    def resolved(self, kind: str, record_id: str) -> Held | None:
        """Return a record that lives, by its own id or one that was merged into it."""
        seen = record_id
        while seen in self._merged[kind]:
            seen = self._merged[kind][seen]
        return self.get(kind, seen)

    def put(self, kind: str, held: Held, unique: list[str]) -> None:
        """Keep a version of a record; `unique` are the properties by whose value it can be found."""
        old = self.tables[kind].get(held.id)
        if old is None:
            self._enter(kind, int(held.id))
        self.tables[kind][held.id] = held
        for name in unique:
            keys = self._keys.setdefault((kind, name), {})
            before = old.properties.get(name, "").lower() if old is not None else ""
            if before and keys.get(before) == held.id:
                del keys[before]
            if held.archived is None and (value := held.properties.get(name)) is not None:
                keys[value.lower()] = held.id

    def merge(self, kind: str, loser: str, winner: str) -> None:
        """Let an id lead to another record from now on."""
        self._merged[kind][loser] = winner

    def was_merged(self, kind: str, record_id: str) -> bool:
        """Return whether the record of this id went into another one."""
        return record_id in self._merged[kind]

    def by_key(self, kind: str, name: str, value: str) -> Held | None:
        """Return the living record with this value of a unique property, in whatever case."""
        record_id = self._keys.get((kind, name), {}).get(value.lower())
        return None if record_id is None else self.get(kind, record_id)

    def from_id(self, kind: str, first: int, *, archived: bool) -> Iterator[Held]:
        """Yield the records from an id on, in the order of ids."""
        order, table = self._order[kind], self.tables[kind]
        for place in range(bisect_left(order, first), len(order)):
            held = table[str(order[place])]
            if (held.archived is not None) == archived and not self.was_merged(kind, held.id):
                yield held

    def _enter(self, kind: str, number: int) -> None:
        order = self._order[kind]
        if not order or number > order[-1]:
            order.append(number)
        else:
            insort(order, number)
