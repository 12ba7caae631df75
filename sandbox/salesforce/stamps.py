"""The records of one object in the order of their stamps."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping

from sandbox.salesforce import moments
from sandbox.wire import Record

_LAST = "\uffff"


class Stamps:
    """
    Stamps, cut to seconds, and ids, in order.

    An entry whose record moved on stays until too many did, and is passed over.
    """

    def __init__(self, table: Mapping[str, Record], field: str) -> None:
        self._table, self._field = table, field
        self._entries = self._all()

    def add(self, record: Record) -> None:
        """Enter a new version of a record."""
        entry = self._entry(record)
        if not self._entries or entry > self._entries[-1]:
            self._entries.append(entry)
        else:
            insort(self._entries, entry)
        if len(self._entries) > 1_000 + 2 * len(self._table):
            self._entries = self._all()

    def between(self, low: str | None, high: str | None) -> list[Record]:
        """Return the records stamped from `low` to `high`, both included."""
        start = 0 if low is None else bisect_left(self._entries, (low,))
        end = len(self._entries) if high is None else bisect_right(self._entries, (high, _LAST))
        found = {id_: self._table[id_] for at, id_ in self._entries[start:end] if self._stands(at, id_)}
        return list(found.values())

    def _stands(self, at: str, record_id: str) -> bool:
        record = self._table.get(record_id)
        return record is not None and self._entry(record)[0] == at

    def _all(self) -> list[tuple[str, ...]]:
        return sorted(map(self._entry, self._table.values()))

    def _entry(self, record: Record) -> tuple[str, ...]:
        return (record[self._field] or "")[: moments.SECONDS], record["Id"]
