"""Records and what a search sees of them: every change reaches the index after the lag it was made with."""

import copy
import heapq
from collections.abc import Hashable, Iterator
from datetime import datetime
from typing import Any

from sandbox.wire import Record

Key = Hashable


class Table:
    """
    The records of one object by key, in order of creation, and their index.

    `rows` is what the vendor holds. What searches and timelines show is a copy that lags behind: a new record, a
    change and a deletion are seen from the moment given with them.
    """

    def __init__(self) -> None:
        self.rows: dict[Any, Record] = {}
        self._indexed: dict[Any, Record] = {}
        self._of_account: dict[str, dict[Any, None]] = {}
        self._shown: dict[Any, int] = {}
        self._waiting: list[tuple[datetime, int, Any, Record | None]] = []
        self._version = 0

    def put(self, key: Key, row: Record, seen_from: datetime) -> None:
        """Keep a record, new or changed; it must be called after every change of one."""
        self.rows[key] = row
        self._queue(key, copy.deepcopy(row), seen_from)

    def delete(self, key: Key, seen_from: datetime) -> Record:
        """Take a record away; raises `KeyError` where there is none."""
        row = self.rows.pop(key)
        self._queue(key, None, seen_from)
        return row

    def seen(self, now: datetime, account_id: str | None = None) -> Iterator[Record]:
        """Yield the records as a reader of the index sees them at `now`, of one account or of all."""
        self._catch_up(now)
        if account_id is None:
            yield from self._indexed.values()
        else:
            yield from (self._indexed[key] for key in self._of_account.get(account_id, ()))

    def one_seen(self, key: Key, now: datetime) -> Record | None:
        """Return a record as the index has it."""
        self._catch_up(now)
        return self._indexed.get(key)

    def _queue(self, key: Key, row: Record | None, seen_from: datetime) -> None:
        self._version += 1
        heapq.heappush(self._waiting, (seen_from, self._version, key, row))

    def _catch_up(self, now: datetime) -> None:
        while self._waiting and self._waiting[0][0] <= now:
            _, version, key, row = heapq.heappop(self._waiting)
            if version < self._shown.get(key, 0):
                continue  # a later change was made with a shorter lag
            self._shown[key] = version
            self._show(key, row)

    def _show(self, key: Key, row: Record | None) -> None:
        before = self._indexed.get(key)
        if before is not None and (row is None or _account(row) != _account(before)):
            del self._of_account[_account(before)][key]
        if row is None:
            self._indexed.pop(key, None)
        else:
            self._indexed[key] = row
            self._of_account.setdefault(_account(row), {})[key] = None


def _account(row: Record) -> str:
    return str(row.get("account_id", row.get("id")))
