"""Transactions that people began and that are not committed yet."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sandbox.wire import Engine, Objects

_PLAIN_ID = 15
_ID_LENGTHS = (_PLAIN_ID, 18)


@dataclass(frozen=True)
class Transaction:
    """What people changed in one system, when they began, and when everybody sees it."""

    engine: Engine
    objects: Objects
    began: datetime
    due: datetime

    def commit(self) -> None:
        """Let it be seen, stamped with its beginning; one that no longer fits what is there is rolled back."""
        with suppress(ValueError):
            self.engine.load(self.objects, self.began)

    def holds(self) -> set[str]:
        """Return the ids of the records it locks, as they were written: of 15 or 18 characters."""
        rows = (row for records in self.objects.values() for row in records)
        return {row["Id"] for row in rows if isinstance(row.get("Id"), str)}

    def concerns(self, objects: Objects) -> bool:
        """
        Return whether one of these records is among those it locks, or refers to one of them.

        A deletion concerns it anyway: it may take along children that it holds.
        """
        if any(row.get("_deleted") for rows in objects.values() for row in rows):
            return True
        held = {each[:_PLAIN_ID] for each in self.holds()}
        texts = (text for rows in objects.values() for row in rows for text in row.values() if isinstance(text, str))
        return any(text[:_PLAIN_ID] in held for text in texts if len(text) in _ID_LENGTHS)


class Transactions:
    """The open transactions of a world."""

    def __init__(self) -> None:
        self._open: list[Transaction] = []

    def __bool__(self) -> bool:
        return bool(self._open)

    def begin(self, transaction: Transaction) -> None:
        """Keep a transaction until it is due."""
        self._open.append(transaction)

    def commit_due(self, now: datetime) -> None:
        """Commit what is due at a moment, in the order in which it is due."""
        for each in sorted((each for each in self._open if each.due <= now), key=lambda each: each.due):
            self._open.remove(each)
            each.commit()

    def make_way(self, system: str, objects: Objects) -> None:
        """Commit what holds a record that people are about to change, or to refer to, before its time."""
        for each in [each for each in self._open if each.engine.system == system and each.concerns(objects)]:
            self._open.remove(each)
            each.commit()

    def running_since(self, system: str) -> datetime | None:
        """Return when the oldest open transaction of a system began."""
        return min((each.began for each in self._open if each.engine.system == system), default=None)

    def locked(self, system: str) -> frozenset[str]:
        """Return the ids of the records that a system's open transactions hold."""
        return frozenset(held for each in self._open if each.engine.system == system for held in each.holds())
