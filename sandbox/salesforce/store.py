"""The org's records, found by id, by parent and by external id, with everything of a call undone at once."""

from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sandbox.salesforce import objects as data
from sandbox.salesforce.ids import OWN_RANGE, new_id
from sandbox.salesforce.schema import WHOLE
from sandbox.salesforce.stamps import Stamps
from sandbox.wire import Record

_KEYED = [
    (name, field.name) for name, kind in WHOLE.objects.items() for field in kind.fields.values() if field.may("E")
]


class Store:
    """Records by object and id. A stored record is never changed in place: `put` replaces it."""

    def __init__(self, org: str) -> None:
        self.org = org
        self.tables: dict[str, dict[str, Record]] = {name: {} for name in data.FIELDS}
        self._blank = {name: _blank(name) for name in data.FIELDS}
        self._children: dict[tuple[str, str], dict[str, dict[str, None]]] = {key: {} for key in data.CHILDREN}
        self._keyed: dict[tuple[str, str], dict[str, dict[str, None]]] = {key: {} for key in _KEYED}
        self._stamps: dict[str, Stamps] = {}  # made when first asked for
        self._places: dict[str, dict[str, int]] = {name: {} for name in data.FIELDS}
        self._placed = 0
        self._indexes = {name: self._indexes_of(name) for name in data.FIELDS}
        self._assigned = dict.fromkeys([*data.FIELDS, "cursor"], OWN_RANGE)
        self.unseen: dict[str, datetime] = {}
        """Until when queries do not show a record, by its id."""
        self._undo: list[tuple[str, str, Record | None]] | None = None

    def blank(self, name: str) -> Record:
        """Return a new record with every field at its default and no id."""
        return dict(self._blank[name])

    def next_id(self, name: str) -> str:
        """Return an id that no record of the object has."""
        table = self.tables[name]
        while True:
            self._assigned[name] += 1
            made = new_id(data.PREFIXES[name], self._assigned[name], self.org)
            if made not in table:
                return made

    def next_cursor(self) -> str:
        """Return the id of a new query cursor."""
        self._assigned["cursor"] += 1
        return new_id("0r8", self._assigned["cursor"], self.org)

    def get(self, name: str, record_id: str) -> Record | None:
        """Return a record, deleted or not, or None."""
        return self.tables[name].get(record_id)

    def children(self, name: str, field: str, parent: str) -> list[Record]:
        """Return the records whose reference field holds the parent's id, deleted ones too, oldest first."""
        table = self.tables[name]
        return [table[child] for child in self._children[name, field].get(parent, ())]

    def by_key(self, name: str, field: str, value: str) -> list[Record]:
        """Return the living records with that external id, in whatever case."""
        found = (self.tables[name][each] for each in self._keyed[name, field].get(value.lower(), ()))
        return [record for record in found if not record["IsDeleted"]]

    def unseen_at(self, now: datetime) -> Set[str]:
        """Return the ids that queries do not show at a moment."""
        if self.unseen:
            self.unseen = {each: until for each, until in self.unseen.items() if until > now}
        return self.unseen.keys()

    def seeks(self, name: str, field: str) -> bool:
        """Return whether `among` can answer for a field."""
        return field == "Id" or (name, field) in self._children or (name, field) in self._keyed

    def among(self, name: str, field: str, values: Iterable[str]) -> list[Record]:
        """Return the records whose field has one of these values (of keys in lower case), deleted ones too."""
        table, wanted = self.tables[name], set(values)
        if field == "Id":
            return [table[value] for value in wanted if value in table]
        index = self._children.get((name, field)) or self._keyed.get((name, field)) or {}
        return [table[each] for value in wanted for each in index.get(value, ())]

    def stamped(self, name: str, low: str | None, high: str | None) -> list[Record]:
        """Return the records whose last stamp, cut to seconds, is from `low` to `high`, both included."""
        if name not in self._stamps:
            self._stamps[name] = Stamps(self.tables[name], "SystemModstamp")
        return self._stamps[name].between(low, high)

    def in_order(self, name: str, records: Iterable[Record]) -> list[Record]:
        """Return records in the order in which they were made."""
        places = self._places[name]
        return sorted(records, key=lambda record: places[record["Id"]])

    def put(self, name: str, record: Record) -> None:
        """Store a new record or the next version of one."""
        record_id = record["Id"]
        old = self.tables[name].get(record_id)
        if self._undo is not None:
            self._undo.append((name, record_id, old))
        self._replace(name, record_id, record)

    @contextmanager
    def undoing_on_failure(self) -> Iterator[None]:
        """Undo every `put` inside when the block raises; must not be nested."""
        self._undo = []
        try:
            yield
        except BaseException:
            for name, record_id, old in reversed(self._undo):
                self._replace(name, record_id, old)
            raise
        finally:
            self._undo = None

    def _replace(self, name: str, record_id: str, record: Record | None) -> None:
        table = self.tables[name]
        old = table.get(record_id)
        for field, index, fold in self._indexes[name]:
            before, after = _key(old, field, fold), _key(record, field, fold)
            if before == after:
                continue
            if before is not None:
                index[before].pop(record_id, None)
            if after is not None:
                index.setdefault(after, {})[record_id] = None
        if record is None:
            del table[record_id], self._places[name][record_id]
            return
        table[record_id] = record
        if old is None:
            self._placed += 1
            self._places[name][record_id] = self._placed
        if name in self._stamps:
            self._stamps[name].add(record)

    def _indexes_of(self, name: str) -> list[tuple[str, dict[str, dict[str, None]], bool]]:
        parents = [(field, index, False) for (owner, field), index in self._children.items() if owner == name]
        keys = [(field, index, True) for (owner, field), index in self._keyed.items() if owner == name]
        return parents + keys


def _key(record: Record | None, field: str, fold: bool) -> str | None:
    value: str | None = record[field] if record else None
    return value.lower() if value and fold else value


def _blank(name: str) -> Record:
    fields = WHOLE.objects[name].fields.values()
    record: dict[str, Any] = {field.name: False if field.type == "boolean" else None for field in fields}
    record["IsDeleted"] = False
    record.update({field: value for (owner, field), value in data.DEFAULTS.items() if owner == name})
    return record
