"""The faults that are set, and when they strike."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sandbox.clock import SimulatedClock
from sandbox.faults.fault import Fault
from sandbox.faults.late import Transaction, Transactions
from sandbox.faults.matching import Asked
from sandbox.faults.reading import faults_in
from sandbox.faults.turn import Handled, Turn
from sandbox.wire import PLAIN, Engine, Json, Loss, Objects, Record, Request, Transactional, Twist


class Faults:
    """The faults of one world; `clock` is the one they turn, `engines` are its systems."""

    def __init__(self, clock: SimulatedClock, engines: Mapping[str, Engine]) -> None:
        self._clock, self._engines = clock, engines
        self._set: list[Fault] = []
        self._struck: Counter[str] = Counter()
        self._transactions = Transactions()

    @property
    def idle(self) -> bool:
        """Whether every call goes as ever."""
        return not self._set and not self._transactions

    def set(self, body: Json) -> None:
        """
        Take a list of faults in place of those set before; fields that these hid come back.

        Raises `ValueError`, and keeps those set before, for a wrong one.
        """
        taken = faults_in(body)
        try:
            for fault in taken:
                if fault.do == "hide_field":
                    self._engines[fault.said["system"]].withhold(fault.hidden())
        except ValueError:
            self._withhold()
            raise
        self._struck, self._set = self.struck(), taken
        self._withhold()

    def report(self) -> list[Record]:
        """Return the faults that are set, with the calls each concerned and how many it struck."""
        return [fault.report() for fault in self._set]

    def struck(self) -> Counter[str]:
        """Return how often each kind of fault struck since the world began, those no longer set among them."""
        return self._struck + _counts(self._set)

    def handled(self, engine: Engine, request: Request) -> Handled:
        """Let the engine handle a call as far as the faults allow."""
        self.commit_due()
        asked = Asked(engine.system, request, engine.purpose(request))
        struck = self._striking(asked)
        if any(fault.do == "hide_field" for fault in struck):
            self._withhold()
        return Turn(engine, asked, struck, self._clock, lambda: self._twist(engine.system), self._make_way).taken()

    def load(self, engine: Engine, objects: Objects) -> None:
        """
        Let people change records now, or begin a transaction that commits later.

        An open transaction that holds one of the records commits first, so that people's changes come in the order
        in which they made them. Raises `ValueError` as the engine's own `load` does.
        """
        self._make_way(engine, objects)
        if not self._postpones(engine, objects):
            engine.load(objects, self._clock.now())

    def _make_way(self, engine: Engine, objects: Objects) -> None:
        self.commit_due()
        if self._transactions:
            self._transactions.make_way(engine.system, objects)

    def _postpones(self, engine: Engine, objects: Objects) -> bool:
        fault = next((each for each in self._set if each.strikes_load(engine.system, objects)), None)
        if fault is None or not isinstance(engine, Transactional):
            return False
        now = self._clock.now()
        try:
            engine.rehearse(objects, now)
        except ValueError:
            fault.missed()
            raise
        self._transactions.begin(Transaction(engine, objects, now, now + timedelta(seconds=fault["seconds"])))
        return True

    def commit_due(self) -> None:
        """Let transactions be seen whose time has come."""
        if self._transactions:
            self._transactions.commit_due(self._clock.now())

    def _withhold(self) -> None:
        """Hide the fields of those faults that have struck, and no others."""
        for name, engine in self._engines.items():
            hidden: dict[str, Loss] = {}
            for fault in self._set:
                if fault.do == "hide_field" and fault.said["system"] == name and fault.struck:
                    hidden |= fault.hidden()
            engine.withhold(hidden)

    def _twist(self, system: str) -> Twist:
        self.commit_due()
        if not self._transactions:
            return PLAIN
        since, locked = self._transactions.running_since(system), self._transactions.locked(system)
        return Twist(running_since=since, locked=locked)

    def _striking(self, asked: Asked) -> list[Fault]:
        struck: list[Fault] = []
        decided = False
        for fault in self._set:
            if fault.said["system"] != asked.system or (decided and fault.kind.decides):
                continue
            if fault.strikes(asked):
                struck.append(fault)
                decided = decided or fault.kind.decides
        return struck


def _counts(faults: Sequence[Fault]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for fault in faults:
        counts[fault.do] += fault.struck
    return counts
