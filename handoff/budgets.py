"""The calls that are left, kept in the ledger so that all workers share them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, update

from handoff import tables as t
from handoff.database import Database
from handoff.ports import Limit


class SharedBudget:
    """The budget port over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        """Take calls from every window that holds `at`, or from none; see `handoff.ports.Budget`."""
        with self._database.writing() as connection:
            for limit in limits:
                window = _window(name, limit, at)
                self._database.insert_new(connection, t.budgets, [window | {"used": 0}], list(window))
                taken = connection.execute(
                    update(t.budgets)
                    .where(*_is(t.budgets, window), t.budgets.c.used + calls <= limit.calls)
                    .values(used=t.budgets.c.used + calls)
                )
                if taken.rowcount == 0:
                    connection.rollback()
                    return _next_window(limit, at)
        return None

    def close(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        """Close the shortest window that holds `at` for all workers."""
        if not limits:
            return
        shortest = min(limits, key=lambda limit: limit.per)
        window = _window(name, shortest, at)
        with self._database.writing() as connection:
            self._database.upsert(connection, t.budgets, [window | {"used": shortest.calls}], list(window))


class OwnBudget:
    """The budget port in memory, for one process that leaves nothing behind; other workers do not see what it takes."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, int, int], int] = {}

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        """Take calls from every window that holds `at`, or from none; see `handoff.ports.Budget`."""
        for limit in limits:
            if self._used.get(_cell(name, limit, at), 0) + calls > limit.calls:
                return _next_window(limit, at)
        for limit in limits:
            cell = _cell(name, limit, at)
            self._used[cell] = self._used.get(cell, 0) + calls
        return None

    def close(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        """Close the shortest window that holds `at`."""
        if limits:
            shortest = min(limits, key=lambda limit: limit.per)
            self._used[_cell(name, shortest, at)] = shortest.calls


def _cell(name: str, limit: Limit, at: datetime) -> tuple[str, int, int]:
    window = _window(name, limit, at)
    return name, window["per_seconds"], window["starts"]


def _window(name: str, limit: Limit, at: datetime) -> dict[str, Any]:
    span = int(limit.per.total_seconds())
    return {"name": name, "per_seconds": span, "starts": int(at.timestamp()) // span * span}


def _next_window(limit: Limit, at: datetime) -> datetime:
    span = limit.per.total_seconds()
    return at + timedelta(seconds=span - at.timestamp() % span)


def _is(table: Table, values: Mapping[str, Any]) -> list[Any]:
    return [table.c[name] == value for name, value in values.items()]
