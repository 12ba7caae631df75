"""Small stand-ins that keep what they were given: clocks and budgets."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from handoff.ports import Limit

NOON = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)


class FakeClock:
    """A business clock that stands still until somebody sleeps; `slept` keeps every wait in seconds."""

    def __init__(self, start: datetime = NOON, scale: float = 1.0) -> None:
        self.at, self._scale, self.slept = start, scale, list[float]()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.at += timedelta(seconds=max(seconds, 0.0))

    @property
    def scale(self) -> float:
        return self._scale

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        self.at += timedelta(seconds=seconds)


class OpenBudget:
    """Grants every call; `spent` holds (name, moment) of each, `closed` those of each closing."""

    def __init__(self) -> None:
        self.spent: list[tuple[str, datetime]] = []
        self.closed: list[tuple[str, datetime]] = []

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        self.spent += [(name, at)] * calls
        return None

    def close(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        self.closed.append((name, at))


class WindowBudget:
    """Counts each limit's fixed windows as the ledger does; `spent` holds (name, moment) of each call."""

    def __init__(self) -> None:
        self.used: dict[tuple[str, timedelta, int], int] = {}
        self.spent: list[tuple[str, datetime]] = []
        self.closed: list[tuple[str, datetime]] = []
        self._lock = threading.Lock()

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        with self._lock:
            cells = [(name, limit.per, _window(limit, at)) for limit in limits]
            full = [
                limit for limit, cell in zip(limits, cells, strict=True) if self.used.get(cell, 0) + calls > limit.calls
            ]
            if full:
                return max(_start(limit, _window(limit, at) + 1) for limit in full)
            for cell in cells:
                self.used[cell] = self.used.get(cell, 0) + calls
            self.spent += [(name, at)] * calls
            return None

    def close(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        with self._lock:
            shortest = min(limits, key=lambda limit: limit.per)
            self.used[name, shortest.per, _window(shortest, at)] = shortest.calls
            self.closed.append((name, at))


def _window(limit: Limit, at: datetime) -> int:
    return int(at.timestamp() // limit.per.total_seconds())


def _start(limit: Limit, window: int) -> datetime:
    return datetime.fromtimestamp(window * limit.per.total_seconds(), UTC)
