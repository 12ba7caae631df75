"""The faults that are set, and the way of a call through them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sandbox.clock import SimulatedClock
from sandbox.faults.answers import cut_off, page, reshaped, without_reference
from sandbox.faults.fault import Fault
from sandbox.faults.matching import Asked
from sandbox.faults.reading import faults_in
from sandbox.wire import Engine, How, Json, Record, Request, Response


class Handled(NamedTuple):
    """What became of a call: the answer (status 0: none), the moment it was handled, and how it was cut."""

    answer: Response
    at: datetime
    cut: How | None = None


class Faults:
    """The faults of one world; `clock` is the one they turn."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._set: list[Fault] = []
        self._struck: Counter[str] = Counter()

    @property
    def idle(self) -> bool:
        """Whether every call goes as ever."""
        return not self._set

    def set(self, body: Json) -> None:
        """Take a list of faults in place of those set before; raises `ValueError` and keeps them for a wrong one."""
        taken = faults_in(body)
        self._struck = self.struck()
        self._set = taken

    def report(self) -> list[Record]:
        """Return the faults that are set, with the calls each concerned and how many it struck."""
        return [fault.report() for fault in self._set]

    def struck(self) -> Counter[str]:
        """Return how often each kind of fault struck since the world began, those no longer set among them."""
        return self._struck + _counts(self._set)

    def handled(self, engine: Engine, request: Request) -> Handled:
        """Let the engine handle a call as far as the faults allow."""
        asked = Asked(engine.system, request, engine.purpose(request))
        return _Turn(engine, asked, self._striking(asked), self._clock).taken()

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


class _Turn:
    """One call and the faults that strike it."""

    def __init__(self, engine: Engine, asked: Asked, struck: Sequence[Fault], clock: SimulatedClock) -> None:
        self._engine, self._asked, self._clock = engine, asked, clock
        self._struck = struck
        self._now = clock.now()

    def taken(self) -> Handled:
        """Take the turn: what comes before the call, the call or what stands for it, what is made of the answer."""
        for fault in self._struck:
            if fault.do in _BEFORE:
                _BEFORE[fault.do](self, fault)
        self._now = self._clock.now()
        decider = next((fault for fault in self._struck if fault.kind.decides), None)
        answer = self._decided(decider)
        for fault in self._struck:
            if fault.do in _CHANGES:
                answer = _CHANGES[fault.do](self, fault, answer)
        cut = _CUTS.get(decider.do) if decider else None
        return Handled(replace(answer, status=0) if cut else answer, self._now, cut)

    def _decided(self, decider: Fault | None) -> Response:
        instead = _INSTEAD.get(decider.do) if decider else None
        answer = instead(self, decider) if instead and decider else None
        return self.carried_out() if answer is None else answer

    def carried_out(self) -> Response:
        """Return the engine's answer."""
        return self._engine.handle(self._asked.request, self._now)

    def not_done(self, answer: Response) -> Response:
        return replace(answer, mutates=self._asked.purpose == "write")

    def _nothing(self, fault: Fault) -> Response:
        return self.not_done(Response(0))

    def _status(self, fault: Fault) -> Response:
        done = self.carried_out() if fault["applied"] else self.not_done(Response(0))
        if fault["form"] == "html":
            said = page(fault["status"])
        else:
            broken = self._engine.turned_away("broken", self._asked.request, self._now)
            said = reshaped(broken, fault["form"])
        return replace(done, status=fault["status"], headers=said.headers, body=said.body)

    def _too_many(self, fault: Fault) -> Response:
        answer = self._engine.turned_away("busy", self._asked.request, self._now)
        if fault["form"] != "json":
            answer = reshaped(replace(answer, status=429), fault["form"])
        if fault["retry_after"] is not None:
            answer = replace(answer, headers={**answer.headers, "retry-after": str(fault["retry_after"])})
        return self.not_done(answer)

    def _spent(self, fault: Fault) -> Response:
        return self.not_done(self._engine.turned_away("spent", self._asked.request, self._now))

    def _stranger(self, fault: Fault) -> Response:
        answer = self._engine.turned_away("stranger", self._asked.request, self._now)
        return self.not_done(reshaped(answer, fault["form"]))

    def _result_false(self, fault: Fault) -> Response:
        done = self.carried_out() if fault["applied"] else self.not_done(Response(200))
        broken = self._engine.turned_away("broken", self._asked.request, self._now)
        return replace(done, status=200, headers=broken.headers, body=broken.body)

    def _reset(self, fault: Fault) -> None:
        if fault["reset"]:
            self._engine.forget_logins()

    def _step(self, fault: Fault) -> None:
        self._clock.step(fault["seconds"])

    def _late(self, fault: Fault, answer: Response) -> Response:
        return replace(answer, delay=answer.delay + fault["seconds"])

    def _cut_off(self, fault: Fault, answer: Response) -> Response:
        return cut_off(answer, fault["at"])

    def _without_reference(self, fault: Fault, answer: Response) -> Response:
        less = without_reference(answer, self._asked.request, fault)
        if less is None:
            fault.missed()
        return less or answer


_BEFORE: Mapping[str, Callable[[_Turn, Fault], None]] = {
    "clock_step": _Turn._step,
    "unauthorized": _Turn._reset,
}
_INSTEAD: Mapping[str, Callable[[_Turn, Fault], Response]] = {
    "refuse": _Turn._nothing,
    "reset_before": _Turn._nothing,
    "status": _Turn._status,
    "too_many": _Turn._too_many,
    "daily_limit": _Turn._spent,
    "unauthorized": _Turn._stranger,
    "result_false": _Turn._result_false,
}
_CHANGES: Mapping[str, Callable[[_Turn, Fault, Response], Response]] = {
    "drop_reference": _Turn._without_reference,
    "truncate": _Turn._cut_off,
    "slow": _Turn._late,
}
_CUTS: Mapping[str, How] = {
    "refuse": "refused",
    "reset_before": "reset",
    "reset_after": "reset",
    "lose_answer": "silent",
}


def _counts(faults: Sequence[Fault]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for fault in faults:
        counts[fault.do] += fault.struck
    return counts
