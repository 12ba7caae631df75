"""The one thread of a simulated world: who runs next, who is cut off, who is frozen, and when time moves."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from greenlet import getcurrent, greenlet


class Crash(BaseException):
    """The power went off: nothing of the worker's memory is left, and an open transaction is gone."""


@dataclass(frozen=True)
class Chances:
    """
    How likely a worker is disturbed at one yield point.

    `frozen_seconds` bounds how long it is not scheduled; `on_the_way_seconds` how long where a call was decided and
    has not left yet: the design assumes that no worker sleeps there for as long as a call may take. It is frozen at
    points alone whose name begins with `frozen_only_at`.
    """

    switch: float = 0.3
    crash: float = 0.0
    freeze: float = 0.0
    frozen_seconds: tuple[float, float] = (5.0, 600.0)
    on_the_way_seconds: float = 5.0
    frozen_only_at: str = ""


CALM = Chances()
CRASH = float("inf")
"""What cuts a worker off instead of freezing it."""


@dataclass(eq=False)
class Worker:
    """One process: its name, what it does for ever, and until when it sleeps or is frozen."""

    name: str
    greenlet: greenlet
    wakes: datetime
    crashed: bool = False
    in_transaction: bool = False


@dataclass
class Counts:
    """What happened to workers."""

    points: int = 0
    crashes: int = 0
    freezes: int = 0


class Hub:
    """
    Lets workers take turns, one at a time, at yield points only; all by one seed.

    Args:
        start: The real time in which everything begins; it moves only while everybody sleeps.
        chance: Decides who runs next, and who is disturbed.

    `at_point` is asked at every yield point with its number and name: it returns `CRASH`, for how many seconds the
    worker is frozen there, or None where chance decides.
    """

    def __init__(self, start: datetime, chance: random.Random) -> None:
        self._now, self._chance = start, chance
        self._main = getcurrent()
        self._workers: list[Worker] = []
        self._running: Worker | None = None
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self.chances = CALM
        self.counts = Counts()
        self.at_point: Callable[[int, str], float | None] = lambda number, name: None
        self.trace: Callable[[str], None] | None = None

    def now(self) -> datetime:
        """Return real time, which is also the lease clock's."""
        return self._now

    def at(self, moment: datetime, do: Callable[[], object]) -> None:
        """Do something once real time is there; what is due earlier comes first."""
        self._events.append((moment, len(self._events), do))
        self._events.sort(key=lambda event: event[:2], reverse=True)

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Add a worker; it begins with the next `run`."""
        self._workers.append(Worker(name, greenlet(work, parent=self._main), self._now))

    def run(self) -> None:
        """Return when every worker has ended; an error of a worker comes out here."""
        while self._workers:
            ready = [one for one in self._workers if one.wakes <= self._now]
            if not ready:
                self._pass_time_to(min(one.wakes for one in self._workers))
                continue
            one = ready[0] if len(ready) == 1 else self._chance.choice(ready)
            self._running = one
            one.greenlet.switch()
            self._running = None
            if one.greenlet.dead:
                self._workers.remove(one)

    def stop(self) -> None:
        """Cut every worker off for good."""
        for one in self._workers:
            one.crashed = True
            one.greenlet.throw()
        self._workers.clear()

    @property
    def running(self) -> str:
        """The name of the worker that runs now, "" when none does."""
        return self._running.name if self._running else ""

    # What a worker calls

    def point(self, name: str, *, on_the_way: bool = False) -> None:
        """Pass a yield point: others may run, and this worker may be cut off (`Crash`) or frozen here."""
        one = self._worker()
        if one is None or one.in_transaction:
            return
        if one.crashed:
            raise Crash
        self.counts.points += 1
        if self.trace:
            self._told(one, name)
        seconds = self.at_point(self.counts.points, name)
        if seconds is None:
            seconds = self._disturbed(name)
        if seconds is CRASH:
            self._crash(one)
        elif seconds is not None:
            self._freeze(one, min(seconds, self.chances.on_the_way_seconds) if on_the_way else seconds)
        elif len(self._workers) > 1 and self._chance.random() < self.chances.switch:
            self._main.switch()

    def _disturbed(self, name: str) -> float | None:
        chances, chance = self.chances, self._chance
        if chances.crash and chance.random() < chances.crash:
            return CRASH
        if name.startswith(chances.frozen_only_at) and chances.freeze and chance.random() < chances.freeze:
            return chance.uniform(*chances.frozen_seconds)
        return None

    def _crash(self, one: Worker) -> None:
        self._told(one, "CRASH")
        self.counts.crashes += 1
        one.crashed = True
        raise Crash

    def _freeze(self, one: Worker, seconds: float) -> None:
        self.counts.freezes += 1
        self._told(one, f"frozen for {seconds:.1f} s")
        self.sleep(seconds)

    def sleep(self, seconds: float) -> None:
        """Return when so much real time has passed; outside of a worker time simply moves."""
        one = self._worker()
        until = self._now + timedelta(seconds=max(0.0, seconds))
        if one is None:
            self._pass_time_to(until)
            return
        if one.crashed:
            raise Crash
        one.wakes = until
        if len(self._workers) == 1 and not self._due(until):
            self._now = max(self._now, until)  # nobody else could run meanwhile
        else:
            self._main.switch()

    def begun(self) -> None:
        """Begin a new life of the running worker, after a crash or at first."""
        one = self._worker()
        assert one is not None
        one.crashed = one.in_transaction = False

    def transaction(self, inside: bool) -> None:
        """Say that the running worker is inside a transaction: nobody else may run, as a lock would have it."""
        one = self._worker()
        if one is not None:
            one.in_transaction = inside

    def _worker(self) -> Worker | None:
        return self._running if getcurrent() is not self._main else None

    def _due(self, until: datetime) -> bool:
        return bool(self._events) and self._events[-1][0] <= until

    def _pass_time_to(self, moment: datetime) -> None:
        while self._due(moment):
            when, _, do = self._events.pop()
            self._now = max(self._now, when)
            do()
        self._now = max(self._now, moment)

    def _told(self, one: Worker, what: str) -> None:
        if self.trace:
            self.trace(f"{self._now.isoformat(timespec='milliseconds')} {one.name} {what}")
