"""The records of the tenant, with an index on the fields a client looks things up by."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.gainsight.schema import ObjectType, Schema
from sandbox.wire import Record

INDEXED = (
    "Gsid",
    "SfdcAccountId",
    "Name",
    "Email",
    "Bridge_Key__gc",
    "ExternalId",
    "Hubspot_Company_Id__gc",
    "CompanyId",
    "GsCompanyId",
    "CtaGroupId",
)
DELETES_READABLE = timedelta(days=15)  # C-S


class Table:
    """The records of one object by Gsid, in order of creation."""

    def __init__(self, kind: ObjectType) -> None:
        self.kind = kind
        self.rows: dict[str, Record] = {}
        self.deleted: list[tuple[datetime, Record]] = []
        self.version = 0  # moves with every change
        self._unseen: dict[str, datetime] = {}
        self._places: dict[str, int] = {}
        self._placed = 0
        # Folded to one case, so that an index serves exact and case-blind comparison alike.
        self._index: dict[str, dict[str, dict[str, None]]] = {
            each.name: {} for each in kind.fields.values() if each.name in INDEXED and each.name != "Gsid"
        }

    def insert(self, row: Record, *, seen_from: datetime | None = None) -> None:
        """Keep a new record; API readers see it from `seen_from` on."""
        self.rows[row["Gsid"]] = row
        self._placed += 1
        self._places[row["Gsid"]] = self._placed
        self.version += 1
        if seen_from is not None:
            self._unseen[row["Gsid"]] = seen_from
        self._enter(row, self._index)

    def change(self, gsid: str, changes: Mapping[str, Any]) -> None:
        """Change fields of a record that is there."""
        row = self.rows[gsid]
        touched = [name for name in self._index if name in changes]
        self._leave(row, touched)
        row.update(changes)
        self._enter(row, touched)
        self.version += 1

    def delete(self, gsid: str, now: datetime) -> None:
        """Take a record away and remember it among the deleted."""
        row = self.rows.pop(gsid)
        self._leave(row, self._index)
        self._unseen.pop(gsid, None)
        del self._places[gsid]
        self.deleted.append((now, row))
        self.version += 1

    def gone(self, now: datetime) -> list[Record]:
        """Return the records deleted in the days that the vendor still shows."""
        return [row for when, row in self.deleted if now - when <= DELETES_READABLE]

    def indexed(self, field: str) -> bool:
        """Return whether `among` can answer for `field`."""
        return field == "Gsid" or field in self._index

    def among(self, field: str, values: Iterable[Any]) -> dict[str, Record]:
        """Return the records whose `field` is one of `values`, blind to case (Gsid: exactly), by Gsid."""
        if field == "Gsid":
            return {value: self.rows[value] for value in values if value in self.rows}
        index = self._index[field]
        found = (gsid for value in values for gsid in index.get(_fold(value), ()))
        return {gsid: self.rows[gsid] for gsid in found}

    def in_order(self, rows: Iterable[Record]) -> list[Record]:
        """Return records in the order of creation."""
        return sorted(rows, key=lambda row: self._places[row["Gsid"]])

    def readable(self, now: datetime, rows: Iterable[Record] | None = None) -> Iterator[Record]:
        """Yield the records (of `rows`, or all) that an API reader can see at `now`."""
        if self._unseen:
            self._unseen = {gsid: moment for gsid, moment in self._unseen.items() if moment > now}
        unseen = self._unseen
        return (row for row in (self.rows.values() if rows is None else rows) if row["Gsid"] not in unseen)

    def _enter(self, row: Record, fields: Iterable[str]) -> None:
        for name in fields:
            if row.get(name) is not None:
                self._index[name].setdefault(_fold(row[name]), {})[row["Gsid"]] = None

    def _leave(self, row: Record, fields: Iterable[str]) -> None:
        for name in fields:
            if row.get(name) is not None:
                self._index[name].get(_fold(row[name]), {}).pop(row["Gsid"], None)


class Store:
    """All tables of one tenant."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._tables: dict[str, Table] = {}

    def table(self, name: str) -> Table:
        """Return the table of an object that exists, by its name in any case."""
        key = name.lower()
        if key not in self._tables:
            self._tables[key] = Table(self._schema.named(key))
        return self._tables[key]


def blank(kind: ObjectType, gsid: str) -> Record:
    """Return a record of `kind` with every field, at its default or empty."""
    return {**{each.name: each.default for each in kind.fields.values()}, "Gsid": gsid}


def _fold(value: Any) -> str:
    return str(value).casefold()
