"""Reading records: paths over lookups, conditions, order and pages, shared by object and cockpit reads."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.gainsight import expression
from sandbox.gainsight.conditions import Test, operands, test_of
from sandbox.gainsight.org import Org
from sandbox.gainsight.schema import Field, ObjectType
from sandbox.gainsight.store import DELETES_READABLE, Table
from sandbox.gainsight.values import shown, stamp
from sandbox.wire import Record

LEVELS = 2  # C-D: CompanyId__gr.Csm__gr.Email


class BadQuery(Exception):
    """What is wrong with a query: `select`, `where`, `expression` or `conditions`, and the name it is about."""

    def __init__(self, part: str, name: str = "") -> None:
        super().__init__(part, name)
        self.part = part
        self.name = name


@dataclass(frozen=True)
class Path:
    """A field reached over lookups; `asked` is the caller's own spelling and the key of the answer."""

    asked: str
    hops: tuple[tuple[str, Table], ...]
    field: Field

    def of(self, row: Record) -> Any:
        """Return the stored value for `row`, None where a lookup on the way is empty."""
        for name, table in self.hops:
            found = table.rows.get(row.get(name) or "")
            if found is None:
                return None
            row = found
        return row.get(self.field.name)


@dataclass(frozen=True)
class _Condition:
    path: Path
    operator: str
    sent: Any
    test: Test

    def met_by(self, row: Record) -> bool:
        return self.test(self.path.of(row))


def path_to(org: Org, kind: ObjectType, asked: Any, part: str = "select") -> Path:
    """Return the path a caller means by `asked`; raises `BadQuery` for one that leads nowhere."""
    if not isinstance(asked, str):
        raise BadQuery(part, str(asked))
    *steps, last = asked.split(".")
    if len(steps) > LEVELS:
        raise BadQuery(part, asked)
    hops: list[tuple[str, Table]] = []
    for step in steps:
        field = _lookup(org, kind, step)
        if field is None:
            raise BadQuery(part, asked)
        kind = org.schema.named(field.target)
        hops.append((field.name, org.store.table(field.target)))
    found = org.field(kind, last)
    if found is None:
        raise BadQuery(part, asked)
    return Path(asked, tuple(hops), found)


def _lookup(org: Org, kind: ObjectType, step: str) -> Field | None:
    if not step.endswith("__gr"):
        return None
    base = step.removesuffix("__gr")
    # C-D `X__gr` and C-L `X__gc__gr` are both seen for a custom lookup `X__gc`.
    field = org.field(kind, base) or org.field(kind, f"{base}__gc")
    return field if field is not None and field.type == "LOOKUP" else None


def selected(org: Org, kind: ObjectType, names: Any) -> list[Path]:
    """Return the paths of a select clause; raises `BadQuery` when it is empty or names a field unknown."""
    if not isinstance(names, list) or not names:
        raise BadQuery("no_select")
    return [path_to(org, kind, name) for name in names]


def matching(
    org: Org, kind: ObjectType, where: Any, key: str, now: datetime, rows: Iterable[Record] | None = None
) -> list[Record]:
    """
    Return the records of `kind` (or among `rows`) that fit `where` and can be read at `now`.

    `key` is what the route calls the field of a condition: `name` for objects, `fieldName` for lists.
    """
    table = org.store.table(kind.name)
    conditions, tree = _conditions(org, kind, where, key)
    candidates = rows if rows is not None else _candidates(table, conditions, tree)
    readable: Iterator[Record] = table.readable(now, candidates)
    if kind.name == "record_delete_log":
        oldest = stamp(now - DELETES_READABLE)
        readable = (row for row in readable if row["DeletedOn"] >= oldest)
    if tree is None:
        return list(readable)
    return [row for row in readable if _fits(row, conditions, tree)]


def _fits(row: Record, conditions: Mapping[str, _Condition], tree: expression.Tree) -> bool:
    return expression.holds(tree, lambda alias: conditions[alias].met_by(row))


def _conditions(
    org: Org, kind: ObjectType, where: Any, key: str
) -> tuple[dict[str, _Condition], expression.Tree | None]:
    if where is None or where == {}:
        return {}, None
    listed = where.get("conditions") if isinstance(where, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise BadQuery("conditions")
    if not listed:
        return {}, None
    text = where.get("expression")
    if not isinstance(text, str) or not text.strip():
        raise BadQuery("expression")
    try:
        tree = expression.parse(text)
    except ValueError:
        raise BadQuery("conditions") from None
    made = {each["alias"]: _condition(org, kind, each, key) for each in listed if _aliased(each)}
    if len(made) != len(listed) or set(made) != expression.aliases(tree):
        raise BadQuery("conditions")
    return made, tree


def _aliased(condition: Record) -> bool:
    return isinstance(condition.get("alias"), str)


def _condition(org: Org, kind: ObjectType, sent: Record, key: str) -> _Condition:
    operator = sent.get("operator")
    if key == "fieldName" and sent.get("associatedRecord") is True:
        # How to link a record on write is unknown, so no record here is linked to any.
        never = Path("associatedRecords", (), Field("associatedRecords"))
        return _Condition(never, "INCLUDES", [], lambda value: False)
    path = path_to(org, kind, sent.get(key), "where")
    value = sent.get("value")
    if not isinstance(operator, str):
        raise BadQuery("where", path.asked)
    try:
        test = test_of(org, path.field, operator, value)
    except ValueError:
        raise BadQuery("where", path.asked) from None
    return _Condition(path, operator, operands(org, path.field, value) if operator in _SEEKS else None, test)


_SEEKS = ("EQ", "IN")


def _candidates(table: Table, conditions: Mapping[str, _Condition], tree: expression.Tree | None) -> Iterable[Record]:
    best: Iterable[Record] | None = None
    fewest = len(table.rows)
    for alias in expression.must(tree) if tree is not None else ():
        each = conditions[alias]
        if each.path.hops or each.operator not in _SEEKS or not table.indexed(each.path.field.name):
            continue
        found = table.among(each.path.field.name, each.sent).values()
        if len(found) <= fewest:
            best, fewest = found, len(found)
    return table.rows.values() if best is None else table.in_order(best)


def in_order(rows: list[Record], order: Sequence[tuple[Path, bool]]) -> list[Record]:
    """Return the rows sorted by each path, descending where told; empty values come last ascending."""
    for path, descending in reversed(order):
        key: Callable[[Record], Any] = _sort_key(path)
        rows = sorted(rows, key=key, reverse=descending)
    return rows


def _sort_key(path: Path) -> Callable[[Record], Any]:
    def key(row: Record) -> tuple[bool, Any]:
        value = path.of(row)
        return (value is None, 0 if value is None else value)

    return key


def projected(org: Org, row: Record, paths: Sequence[Path], *, cockpit: bool = False) -> Record:
    """Return what a reader gets of `row`: flat keys as asked, empty values as the tenant gives them."""
    given = {path.asked: shown(path.field, path.of(row), org.choices, cockpit=cockpit) for path in paths}
    if cockpit or org.choices.empty_values == "omitted":
        return {name: value for name, value in given.items() if value is not None}
    return given
