"""The calls that are left, kept in the ledger so that all workers share them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from handoff import tables as t
from handoff.database import Database
from handoff.ports import Limit, Spans

PARTS = 20
"""A rolling span is counted in so many parts; the one that it begins in counts whole."""

LATE = 0.25
"""The part of a fixed span, its last, in which a share may use what others left."""

Rows = Mapping[int, int]
"""By start of a span, or of a part of one, in seconds from the epoch: the calls used in it."""


class SharedBudget:
    """
    The budget port over one database.

    Args:
        share: The part of every limit that may be used here, at most 1: the rest stays free for others. Late in a
            fixed span what others left of it may be used too, up to the share. All who have a share have it together.
    """

    def __init__(self, database: Database, *, share: float = 1.0) -> None:
        self._database, self._share = database, share

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        """Take calls from every span that holds `at`, or from none; see `handoff.ports.Budget`."""
        with self._database.writing() as connection:
            for limit in limits:
                shares = self._share < 1 and limit.spans is Spans.FIXED
                again = (self._of_share if shares else self._spent)(connection, name, limit, at, calls)
                if again is not None:
                    connection.rollback()
                    return again
        return None

    def close(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        """Close the shortest span that holds `at` for all workers."""
        if not limits:
            return
        shortest = min(limits, key=lambda limit: limit.per)
        with self._database.writing() as connection:
            start, _ = self._room(connection, name, shortest, at, 0)
            cell = _cell(name, shortest, start)
            self._database.upsert(connection, t.budgets, [cell | {"used": shortest.calls}], list(cell))

    def left(self, name: str, limits: Sequence[Limit], at: datetime) -> list[int]:
        """Return how many calls of each limit are left at this moment; nothing is written."""
        with self._database.reading() as connection:
            return [max(0, limit.calls - used_in(limit, _rows(connection, name, limit, at), at)) for limit in limits]

    def _spent(self, connection: Connection, name: str, limit: Limit, at: datetime, calls: int) -> datetime | None:
        """Take calls from the span of one limit; return when it is worth trying again if there is no room."""
        start, again = self._room(connection, name, limit, at, calls)
        if again is None and not self._take(connection, _cell(name, limit, start), limit, calls, limit.calls):
            return limit.ends(at)
        return again

    def _of_share(self, connection: Connection, name: str, limit: Limit, at: datetime, calls: int) -> datetime | None:
        """Take calls from a fixed span of which others have the rest; return as `_spent` does."""
        start, share, ends = limit.starts(at), _allowed(limit, self._share), limit.ends(at)
        if not self._take(connection, _cell(f"share of {name}", limit, start), limit, calls, share):
            return ends
        late = ends - limit.per * LATE
        most, again = (share, late) if at < late else (limit.calls, ends)
        return None if self._take(connection, _cell(name, limit, start), limit, calls, most) else again

    def _room(
        self, connection: Connection, name: str, limit: Limit, at: datetime, calls: int
    ) -> tuple[int, datetime | None]:
        if limit.spans is Spans.FIXED:
            return limit.starts(at), None  # whether there is room is seen by taking it
        return room(limit, _rows(connection, name, limit, at), at, calls, share=self._share)

    def _take(self, connection: Connection, cell: Mapping[str, Any], limit: Limit, calls: int, most: int) -> bool:
        asked = {f"its_{name}": value for name, value in cell.items()} | {"calls": calls}
        statement = _TAKE
        if limit.spans is Spans.FIXED:
            statement, asked = _TAKE_IF_ROOM, asked | {"most": most}
        if connection.execute(statement, asked).rowcount:
            return True
        # There is no room, or these are the first calls of their span.
        self._database.insert_new(connection, t.budgets, [{**cell, "used": 0}], list(cell))
        return connection.execute(statement, asked).rowcount > 0


class OwnBudget:
    """The budget port in memory, for one process that leaves nothing behind; other workers do not see what it takes."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, int], dict[int, int]] = {}

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        """Take calls from every span that holds `at`, or from none; see `handoff.ports.Budget`."""
        rooms = [room(limit, self._rows(name, limit), at, calls) for limit in limits]
        for _, again in rooms:
            if again is not None:
                return again
        for limit, (start, _) in zip(limits, rooms, strict=True):
            rows = self._rows(name, limit)
            rows[start] = rows.get(start, 0) + calls
        return None

    def close(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        """Close the shortest span that holds `at`."""
        if limits:
            shortest = min(limits, key=lambda limit: limit.per)
            rows = self._rows(name, shortest)
            rows[room(shortest, rows, at, 0)[0]] = shortest.calls

    def _rows(self, name: str, limit: Limit) -> dict[int, int]:
        return self._used.setdefault((name, int(limit.per.total_seconds())), {})


def room(limit: Limit, rows: Rows, at: datetime, calls: int, *, share: float = 1.0) -> tuple[int, datetime | None]:
    """
    Return where calls at this moment count, and None, or the first moment at which it is worth trying again.

    Args:
        rows: What was used of this limit, at least since a span before `at`.
    """
    start = _counts_in(limit, rows, at)
    if used_in(limit, rows, at) + calls <= _allowed(limit, share):
        return start, None
    if limit.spans is Spans.FIXED:
        return start, limit.ends(at)
    first = start if limit.spans is Spans.FIRST_CALL else min(_rolling(limit, rows, at), default=start)
    part = 0 if limit.spans is Spans.FIRST_CALL else _part(limit)
    return start, datetime.fromtimestamp(first + part, UTC) + limit.per


def used_in(limit: Limit, rows: Rows, at: datetime) -> int:
    """Return how many calls count against this limit at this moment."""
    if limit.spans is Spans.ROLLING:
        return sum(_rolling(limit, rows, at).values())
    return rows.get(_counts_in(limit, rows, at), 0)


def _counts_in(limit: Limit, rows: Rows, at: datetime) -> int:
    now = at.timestamp()
    if limit.spans is Spans.FIXED:
        return limit.starts(at)
    if limit.spans is Spans.ROLLING:
        return int(now) // _part(limit) * _part(limit)
    # Kept in whole seconds, so it begins with the second after its first call: it must not end before the vendor's.
    begun = [start for start in rows if start - 1 < now < start + limit.per.total_seconds()]
    return max(begun, default=ceil(now))


def _rolling(limit: Limit, rows: Rows, at: datetime) -> dict[int, int]:
    since = at.timestamp() - limit.per.total_seconds() - _part(limit)
    return {start: used for start, used in rows.items() if since < start <= at.timestamp()}


def _part(limit: Limit) -> int:
    return max(1, int(limit.per / timedelta(seconds=PARTS)))


def _allowed(limit: Limit, share: float) -> int:
    return max(1, int(limit.calls * share))


def _cell(name: str, limit: Limit, start: int) -> dict[str, Any]:
    return {"name": name, "per_seconds": int(limit.per.total_seconds()), "starts": start}


def _rows(connection: Connection, name: str, limit: Limit, at: datetime) -> Rows:
    span = int(limit.per.total_seconds())
    asked = {"its_name": name, "its_per_seconds": span, "since": int(at.timestamp()) - 2 * span}
    return dict(connection.execute(_SPANS, asked).tuples().all())


# Asked before every call: built once, for that takes longer than they do.
_c = t.budgets.c
_its = _c.name == bindparam("its_name"), _c.per_seconds == bindparam("its_per_seconds")
_SPANS = select(_c.starts, func.sum(_c.used)).where(*_its, _c.starts > bindparam("since")).group_by(_c.starts)
_TAKE = update(t.budgets).where(*_its, _c.starts == bindparam("its_starts")).values(used=_c.used + bindparam("calls"))
_TAKE_IF_ROOM = _TAKE.where(_c.used + bindparam("calls") <= bindparam("most"))
