"""Queries: what a statement selects, in which order, and how it is handed out page by page."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Container, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce.choices import CHOICES
from sandbox.salesforce.conditions import Conditions
from sandbox.salesforce.faults import Fault
from sandbox.salesforce.paths import Paths, Step
from sandbox.salesforce.schema import ObjectType, Schema
from sandbox.salesforce.seeking import possible
from sandbox.salesforce.soql import FieldSet, Path, Select, Source, malformed, parse, pointing
from sandbox.salesforce.store import Store
from sandbox.wire import Record

LARGEST_PAGE = 2_000
_CURSOR_LIFE = timedelta(days=2)
_MOST_SUBSELECTS = 20
_FIELDS_LIMIT = 200
_LARGEST_OFFSET = 2_000

Render = Callable[[Record], Any]


@dataclass
class Cursor:
    """An open result: a snapshot of ids, whose values are read when their page is."""

    kind: str
    ids: list[str]
    render: Render
    size: int
    everything: bool
    opened: datetime


@dataclass
class Shape:
    """What is answered of a record: one entry per selected name, parents nested."""

    kind: ObjectType
    version: str
    parts: dict[str, Render] = field(default_factory=dict)
    parents: dict[str, tuple[Step, "Shape"]] = field(default_factory=dict)

    def render(self, record: Record) -> Record:
        """Return the record's answer, `attributes` first and only what was asked for."""
        url = f"/services/data/{self.version}/sobjects/{self.kind.name}/{record['Id']}"
        out: Record = {"attributes": {"type": self.kind.name, "url": url}}
        for name, part in self.parts.items():
            out[name] = part(record)
        return out


class Queries:
    """Answers statements over a store; remembers the cursors it opened."""

    def __init__(self, store: Store, unshared: Callable[[], Set[str]]) -> None:
        self._store, self._unshared = store, unshared
        self._cursors: OrderedDict[str, Cursor] = OrderedDict()

    def run(
        self, statement: str, schema: Schema, *, version: str, everything: bool, size: int, now: datetime
    ) -> Record:
        """
        Return the first page of a statement's result.

        Args:
            everything: Whether deleted records count too.
            size: The longest page.

        Raises:
            Fault: the statement is malformed, or names what the org does not show.
        """
        try:
            return self._first(statement, schema, version=version, everything=everything, size=size, now=now)
        except RecursionError:
            raise Fault("QUERY_TOO_COMPLICATED", "Query is too complicated") from None

    def _first(
        self, statement: str, schema: Schema, *, version: str, everything: bool, size: int, now: datetime
    ) -> Record:
        select = parse(statement)
        kind = schema.object(select.source.name)
        if kind is None:
            raise _no_object(statement, select.source)
        unseen = self._store.unseen_at(now)
        hidden = {*self._unshared(), *unseen} if unseen else self._unshared()
        plan = _Plan(statement, schema, self._store, hidden, version=version, everything=everything, now=now)
        rows = plan.rows(select, kind)
        candidates = plan.candidates(select, kind)
        if select.count:
            return {"totalSize": len(rows(candidates)), "done": True, "records": []}
        render = plan.shape(select, kind).render
        ids = [row["Id"] for row in rows(candidates)]
        cursor = Cursor(kind.name, ids, render, size, everything, now)
        name = ""
        if len(ids) > size:
            name = self._store.next_cursor()
            self._cursors[name] = cursor
            while len(self._cursors) > CHOICES.most_cursors:
                self._cursors.popitem(last=False)
        return self._page(name, cursor, 0, version, size)

    def forget(self) -> None:
        """Close every cursor."""
        self._cursors.clear()

    def more(self, locator: str, *, version: str, now: datetime, most: int = LARGEST_PAGE, repeat: int = 0) -> Record:
        """
        Return a later page; INVALID_QUERY_LOCATOR for a cursor that is unknown or two days old.

        Args:
            most: No page is longer, whatever its cursor was opened with.
            repeat: How many rows of the page before come again.
        """
        name, _, offset = locator.rpartition("-")
        cursor = self._cursors.get(name)
        if (
            cursor is None
            or not offset.isdigit()
            or int(offset) >= len(cursor.ids)
            or now - cursor.opened > _CURSOR_LIFE
        ):
            raise Fault("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(name, cursor, max(0, int(offset) - repeat), version, most)

    def _page(self, name: str, cursor: Cursor, offset: int, version: str, most: int) -> Record:
        table = self._store.tables[cursor.kind]
        end = offset + min(cursor.size, most)
        rows = (table[each] for each in cursor.ids[offset:end])
        records = [cursor.render(row) for row in rows if cursor.everything or not row["IsDeleted"]]
        page: Record = {"totalSize": len(cursor.ids), "done": end >= len(cursor.ids)}
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/{version}/query/{name}-{end}"
        return {**page, "records": records}


class _Plan:
    """One statement made ready to run."""

    def __init__(
        self,
        statement: str,
        schema: Schema,
        store: Store,
        unshared: Container[str],
        *,
        version: str,
        everything: bool,
        now: datetime,
    ) -> None:
        self._statement, self._schema, self._store, self._unshared = statement, schema, store, unshared
        self._version, self._everything = version, everything
        self._paths = Paths(statement, schema, store)
        self._conditions = Conditions(self._paths, now)

    def rows(self, select: Select, kind: ObjectType) -> Callable[[Any], list[Record]]:
        """Return the function from candidate records to the chosen ones, in order."""
        source = select.source
        test = self._conditions.test(source.where, kind)
        self._conditions.sorted([], source.order, kind)
        start = source.offset or 0
        if start > _LARGEST_OFFSET:
            why = f"Maximum SOQL offset allowed is {_LARGEST_OFFSET}"
            raise Fault("NUMBER_OUTSIDE_VALID_RANGE", why)
        end = None if source.limit is None else start + source.limit

        def chosen(candidates: Any) -> list[Record]:
            seen = (row for row in candidates if row["Id"] not in self._unshared)
            found = [row for row in seen if (self._everything or not row["IsDeleted"]) and test(row)]
            return self._conditions.sorted(found, source.order, kind)[start:end]

        return chosen

    def candidates(self, select: Select, kind: ObjectType) -> Collection[Record]:
        """Return the records that a sound statement can choose from, as few as an index allows."""
        found = possible(self._store, kind, select.source.where, self._conditions.literal)
        return self._store.tables[kind.name].values() if found is None else found

    def shape(self, select: Select, kind: ObjectType) -> Shape:
        """Return what is answered of each record."""
        shape = Shape(kind, self._version)
        subs = [item for item in select.items if isinstance(item, Select)]
        if len(subs) > _MOST_SUBSELECTS:
            raise malformed(self._statement, subs[-1].source.at, "Too many sub-selects: at most 20 are allowed")
        for item in select.items:
            if isinstance(item, Path):
                self._add(shape, item.names, item.at)
            elif isinstance(item, FieldSet):
                self._add_standard(shape, item, select.source)
            else:
                self._add_children(shape, item)
        return shape

    def _add(self, shape: Shape, names: Sequence[str], at: int) -> None:
        if len(names) > 1:
            self._nested(shape, names[0], len(names), at, lambda inner: self._add(inner, names[1:], at))
            return
        found = self._paths.field(names[0], shape.kind, at)
        if found.name in shape.parts:
            raise malformed(self._statement, at, f"duplicate field selected: {found.name}")
        name = found.name
        shape.parts[name] = lambda record: record.get(name)

    def _nested(self, shape: Shape, name: str, levels: int, at: int, fill: Callable[[Shape], None]) -> None:
        if levels > 6:
            raise malformed(self._statement, at, "A path may cross at most 5 relationships")
        relationship, target, step = self._paths.parent(name, shape.kind, at)
        if relationship not in shape.parents:
            inner = Shape(target, self._version)
            shape.parents[relationship] = (step, inner)
            shape.parts[relationship] = _through(step, inner, self._schema)
        fill(shape.parents[relationship][1])

    def _add_standard(self, shape: Shape, wanted: FieldSet, source: Source) -> None:
        if wanted.name != "STANDARD":
            raise malformed(self._statement, wanted.at, f"FIELDS({wanted.name}) is not supported")
        if source.limit is None or source.limit > _FIELDS_LIMIT:
            why = f"The SOQL FIELDS function must have a LIMIT of at most {_FIELDS_LIMIT}"
            raise malformed(self._statement, wanted.at, why)
        for found in shape.kind.fields.values():
            if not found.custom:
                self._add(shape, (found.name,), wanted.at)

    def _add_children(self, shape: Shape, select: Select) -> None:
        source = select.source
        child = shape.kind.child(source.name)
        kind = self._schema.objects.get(child.object) if child else None
        if child is None or kind is None:
            why = (
                f"Didn't understand relationship '{source.name}' in FROM part of query call. If you are attempting "
                "to use a custom relationship, be sure to append the '__r' after the custom relationship name. "
                "Please reference your WSDL or the describe call for the appropriate names."
            )
            raise Fault("INVALID_TYPE", pointing(self._statement, source.at, why))
        if child.name in shape.parts:
            raise malformed(self._statement, source.at, f"duplicate relationship selected: {child.name}")
        rows, render = self.rows(select, kind), self.shape(select, kind).render
        name, reference = kind.name, child.field

        def children(record: Record) -> Record | None:
            found = rows(self._store.children(name, reference, record["Id"]))
            records = [render(row) for row in found]
            return {"totalSize": len(records), "done": True, "records": records} if records else None

        shape.parts[child.name] = children


def _through(step: Step, inner: Shape, schema: Schema) -> Render:
    def render(record: Record) -> Record | None:
        parent = step(record)
        if parent is None:
            return None
        kind = schema.of_id(parent["Id"])
        if kind is None or kind is inner.kind:
            return inner.render(parent)
        return Shape(kind, inner.version, inner.parts).render(parent)

    return render


def _no_object(statement: str, source: Source) -> Fault:
    why = (
        f"sObject type '{source.name}' is not supported. If you are attempting to use a custom object, be sure to "
        "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
        "appropriate names."
    )
    return Fault("INVALID_TYPE", pointing(statement, source.at, why))
