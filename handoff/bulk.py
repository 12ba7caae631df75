"""Statements that are compiled once, and then executed with many rows at a time by the driver itself."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from handoff.tables import Moment

Ready = Callable[[Any], Any]
"""Makes a value as the driver takes it."""


class Bulk:
    """
    One statement on one kind of database.

    SQLAlchemy would bind each value of each row anew, which takes several times as long as the database does.

    Args:
        columns: The columns that the rows of an INSERT fill; others get their defaults.
    """

    def __init__(self, statement: Executable, dialect: Dialect, columns: Collection[str] | None = None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=columns and list(columns))  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        self._sql = compiled.string
        self._ready: Mapping[str, Ready | None] = {
            name: _ready(bind.type, dialect) for bind, name in compiled.bind_names.items()
        }
        self._order: Sequence[str] | None = compiled.positiontup
        self._constants = {name: bind.value for bind, name in compiled.bind_names.items() if not bind.required}
        self._constants |= _defaults(statement, self._ready)

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it with each of these rows, which all have the same names; with none of them nothing happens."""
        if not rows:
            return
        names = self._order or list(self._ready)
        columns = zip(*(self._column(name, rows) for name in names), strict=True)
        if self._order is None:
            connection.exec_driver_sql(self._sql, [dict(zip(names, row, strict=True)) for row in columns])
        else:
            connection.exec_driver_sql(self._sql, list(columns))

    def _column(self, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        ready = self._ready[name]
        if name not in rows[0]:
            value = self._constants[name]
            return [ready(value) if ready else value] * len(rows)
        return [ready(row[name]) for row in rows] if ready else [row[name] for row in rows]


def _ready(kind: TypeEngine[Any], dialect: Dialect) -> Ready | None:
    ready = kind.dialect_impl(dialect).bind_processor(dialect)
    # Many rows, few moments: writing one out as text takes longer than all the rest of a row.
    return lru_cache(maxsize=4_096)(ready) if ready and isinstance(kind, Moment) else ready


def _defaults(statement: Any, names: Collection[str]) -> dict[str, Any]:
    """Return what the columns of an INSERT hold that no row fills."""
    columns = statement.table.columns if statement.is_insert else ()
    return {one.name: one.default.arg for one in columns if one.default is not None and one.name in names}
