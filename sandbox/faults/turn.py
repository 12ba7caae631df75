"""The way of one call through the faults that strike it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sandbox.clock import SimulatedClock
from sandbox.faults.answers import cut_off, page, reshaped, without_reference
from sandbox.faults.edits import edits
from sandbox.faults.fault import Fault
from sandbox.faults.matching import Asked
from sandbox.faults.records import Refuses, refusing, refusing_some, sent
from sandbox.wire import Engine, How, Objects, Record, Refusal, Response, Transactional, Twist


class Handled(NamedTuple):
    """What became of a call: the answer (status 0: none), the moment it was handled, and how it was cut."""

    answer: Response
    at: datetime
    cut: How | None = None


class Turn:
    """
    One call, the faults that strike it, and the twist it has anyway.

    `make_way` is told what a person is about to change, and lets commit what would be in the way. `twist` is asked
    for once, when what comes before the call has come.
    """

    def __init__(
        self,
        engine: Engine,
        asked: Asked,
        struck: Sequence[Fault],
        clock: SimulatedClock,
        twist: Callable[[], Twist],
        make_way: Callable[[Engine, Objects], None],
    ) -> None:
        self._engine, self._asked, self._clock = engine, asked, clock
        self._struck, self._anyway, self._make_way = struck, twist, make_way
        self._now = clock.now()
        self._carried = False
        self._refused: list[Fault] = []

    def taken(self) -> Handled:
        """Take the turn: what comes before the call, the call or what stands for it, what is made of the answer."""
        for fault in self._struck:
            if fault.do in _BEFORE:
                _BEFORE[fault.do](self, fault)
        self._now, self._twist = self._clock.now(), self._anyway()
        decider = next((fault for fault in self._struck if fault.kind.decides), None)
        answer = self._decided(decider)
        for fault in self._struck:
            if fault.do in _CHANGES:
                answer = _CHANGES[fault.do](self, fault, answer)
            elif fault.do in _TWISTS and not self._carried:
                fault.missed()
        cut = _CUTS.get(decider.do) if decider else None
        return Handled(replace(answer, status=0) if cut else answer, self._now, cut)

    def _decided(self, decider: Fault | None) -> Response:
        instead = _INSTEAD.get(decider.do) if decider else None
        return instead(self, decider) if instead and decider else self._carried_out()

    def _carried_out(self) -> Response:
        """Return the engine's answer to the call as the faults twist it."""
        self._carried = True
        twist = self._twist
        for fault in self._struck:
            if fault.do in _TWISTS:
                twist = _TWISTS[fault.do](self, fault, twist)
        answer = self._engine.handle(self._asked.request, self._now, twist)
        for fault in self._struck:
            if fault.do in _REFUSING and fault not in self._refused:
                fault.missed()
        return answer

    def _not_done(self, answer: Response) -> Response:
        return replace(answer, mutates=self._asked.purpose == "write")

    def _nothing(self, fault: Fault) -> Response:
        return self._not_done(Response(0))

    def _status(self, fault: Fault) -> Response:
        done = self._carried_out() if fault["applied"] else self._not_done(Response(0))
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
        return self._not_done(answer)

    def _spent(self, fault: Fault) -> Response:
        return self._not_done(self._engine.turned_away("spent", self._asked.request, self._now))

    def _stranger(self, fault: Fault) -> Response:
        answer = self._engine.turned_away("stranger", self._asked.request, self._now)
        return self._not_done(reshaped(answer, fault["form"]))

    def _result_false(self, fault: Fault) -> Response:
        done = self._carried_out() if fault["applied"] else self._not_done(Response(200))
        broken = self._engine.turned_away("broken", self._asked.request, self._now)
        return replace(done, status=200, headers=broken.headers, body=broken.body)

    def _bad(self, fault: Fault, twist: Twist) -> Twist:
        why = Refusal(fault["code"], fault["message"])
        return self._refusing(fault, refusing(fault.record, why), twist)

    def _partly(self, fault: Fault, twist: Twist) -> Twist:
        why = Refusal(fault["code"], fault["message"], passing=True)
        count = max(1, len(sent(self._asked.request)))
        some = refusing_some(fault["share"], why, fault.chance, count)
        return replace(self._refusing(fault, some, twist), partial=True)

    def _refusing(self, fault: Fault, refuses: Refuses, twist: Twist) -> Twist:
        def both(place: int, record: Record) -> Refusal | None:
            why = twist.refuses(place, record) if twist.refuses else None
            if why is None:
                why = refuses(place, record)
                if why is not None:
                    self._refused.append(fault)
            return why

        return replace(twist, refuses=both)

    def _lag(self, fault: Fault, twist: Twist) -> Twist:
        return replace(twist, lag=timedelta(seconds=fault["seconds"]))

    def _short(self, fault: Fault, twist: Twist) -> Twist:
        return replace(twist, page=fault.chance.randint(fault["least"], fault["most"]))

    def _again(self, fault: Fault, twist: Twist) -> Twist:
        return replace(twist, repeat=fault["rows"])

    def _expire(self, fault: Fault) -> None:
        if isinstance(self._engine, Transactional):
            self._engine.forget_cursors()

    def _edit_before(self, fault: Fault) -> None:
        if fault["when"] == "before":
            self._edit(fault, self._asked.words)

    def _edit_after(self, fault: Fault, answer: Response) -> Response:
        if fault["when"] == "after":
            self._edit(fault, f"{self._asked.words}\n{answer.body.decode('utf-8', 'replace')}")
        return answer

    def _edit(self, fault: Fault, words: str) -> None:
        try:
            steps = edits(self._engine, fault, words)
            for objects in steps:
                self._make_way(self._engine, objects)
                self._engine.load(objects, self._clock.now())
        except ValueError as error:
            fault.failed(str(error))
        else:
            if not steps:
                fault.missed()

    def _reset(self, fault: Fault) -> None:
        if fault["reset"]:
            self._engine.forget_logins()

    def _step(self, fault: Fault) -> None:
        self._clock.step(fault["seconds"])

    def _late(self, fault: Fault, answer: Response) -> Response:
        return replace(answer, delay=answer.delay + fault["seconds"])

    def _cut_off(self, fault: Fault, answer: Response) -> Response:
        if not answer.body:
            fault.missed()
        return cut_off(answer, fault["at"])

    def _without_reference(self, fault: Fault, answer: Response) -> Response:
        less = without_reference(answer, self._asked.request, fault)
        if less is None:
            fault.missed()
        return less or answer


_BEFORE: Mapping[str, Callable[[Turn, Fault], None]] = {
    "clock_step": Turn._step,
    "unauthorized": Turn._reset,
    "expire_cursor": Turn._expire,
    "edit_record": Turn._edit_before,
}
_TWISTS: Mapping[str, Callable[[Turn, Fault, Twist], Twist]] = {
    "bad_record": Turn._bad,
    "partial": Turn._partly,
    "lag": Turn._lag,
    "short_pages": Turn._short,
    "repeat_rows": Turn._again,
}
_REFUSING = ("bad_record", "partial")
_INSTEAD: Mapping[str, Callable[[Turn, Fault], Response]] = {
    "refuse": Turn._nothing,
    "reset_before": Turn._nothing,
    "status": Turn._status,
    "too_many": Turn._too_many,
    "daily_limit": Turn._spent,
    "unauthorized": Turn._stranger,
    "result_false": Turn._result_false,
}
_CHANGES: Mapping[str, Callable[[Turn, Fault, Response], Response]] = {
    "drop_reference": Turn._without_reference,
    "truncate": Turn._cut_off,
    "slow": Turn._late,
    "edit_record": Turn._edit_after,
}
_CUTS: Mapping[str, How] = {
    "refuse": "refused",
    "reset_before": "reset",
    "reset_after": "reset",
    "lose_answer": "silent",
}
