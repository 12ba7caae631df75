"""What goes wrong with calls, how often, and whether the caller can know what became of them."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sandbox.journal import iso_z
from sandbox.wire import Cut, Request, Response
from tests.simulator.hub import Hub
from tests.simulator.network import Answer
from tests.simulator.words import HTML, HTML_TYPE, OfHubSpot, OfTotango, all_words

LATE_SECONDS = (1.0, 30.0)


@dataclass(frozen=True)
class Kind:
    """
    One kind of fault.

    `weight` is its share among those of a call that reads, or writes: (reads, writes). `applied` says that a write was
    carried out although the caller cannot know: such a fault is ambiguous.
    """

    name: str
    weight: tuple[int, int]
    applied: bool
    words: str


MIX: Sequence[Kind] = (
    Kind("refuse", (2, 1), False, "no connection is made"),
    Kind("reset_before", (2, 1), False, "the connection breaks before anything is applied"),
    Kind("status_before", (2, 1), False, "502 or 503 with HTML before anything is applied"),
    Kind("too_many", (2, 1), False, "429, with and without Retry-After, JSON, empty or HTML"),
    Kind("unauthorized", (2, 1), False, "401, once"),
    Kind("slow", (2, 1), False, "the answer takes 3 to 9 seconds"),
    Kind("locked", (0, 1), False, "Salesforce: a record is locked; elsewhere 500 before anything is applied"),
    Kind("reset_after", (1, 6), True, "the connection breaks after the write was applied"),
    Kind("lose_answer", (1, 6), True, "applied, then no answer until the caller gives up"),
    Kind("status_after", (1, 4), True, "applied, then 502 with HTML"),
    Kind("truncate", (1, 4), True, "applied, then half a JSON body"),
    Kind("drop_reference", (0, 4), True, "applied, one record is missing in the answer"),
    Kind("apply_late", (0, 4), True, "no answer, and applied up to half a minute later"),
)
OWN: Sequence[Kind] = (
    Kind("left_out", (2, 0), False, "HubSpot: a batch read says nothing of one of its records"),
    Kind("in_part", (0, 2), False, "HubSpot: 207, one record of a batch is not written for now"),
    Kind("failed", (2, 0), False, "Totango: a search fails, with 200"),
    Kind("accepted", (0, 4), True, "Totango: the Integration Hub takes a batch, and applies it half a minute later"),
)
"""What only some systems do; `tests.simulator.words` tells which calls can meet it."""


class Faults:
    """
    Disturbs a share of all calls.

    Args:
        rate: How many of them, from 0 to 1.
        chance: Decides which, and how.

    `asked` counts the calls that could be disturbed, `tried` the faults by kind; `ambiguous` those that left a write
    applied and its caller without knowledge.
    """

    def __init__(self, rate: float, chance: random.Random, hub: Hub) -> None:
        self.rate, self._chance, self._hub, self._words = rate, chance, hub, all_words()
        self.tried: Counter[str] = Counter()
        self.ambiguous = self.asked = 0

    def disturb(self, system: str, request: Request, answer: Answer) -> Response:
        """Return the answer of a call, disturbed or not; raises `Cut` where none comes."""
        words = self._words[system]
        writes = words.writes(request)
        self.asked += bool(self.rate)
        if not self.rate or self._chance.random() >= self.rate * words.times[writes]:
            return answer(request)
        own = words.own(request)
        mix = [*MIX, *(kind for kind in OWN if kind.name in own)] if own else MIX
        (kind,) = self._chance.choices(mix, [kind.weight[writes] for kind in mix])
        self.tried[kind.name] += 1
        if kind.applied and writes:
            self.ambiguous += 1
        return _DOING[kind.name](self, system, request, answer)

    # One function a kind

    def _refuse(self, system: str, request: Request, answer: Answer) -> Response:
        raise Cut("refused")

    def _reset_before(self, system: str, request: Request, answer: Answer) -> Response:
        raise Cut("reset")

    def _status_before(self, system: str, request: Request, answer: Answer) -> Response:
        return Response(self._chance.choice((502, 503)), HTML_TYPE, HTML)

    def _too_many(self, system: str, request: Request, answer: Answer) -> Response:
        return self._words[system].too_many(request, self._chance)

    def _unauthorized(self, system: str, request: Request, answer: Answer) -> Response:
        return self._words[system].stranger(request)

    def _slow(self, system: str, request: Request, answer: Answer) -> Response:
        said = answer(request)
        self._hub.sleep(self._chance.uniform(3.0, 9.0))
        return said

    def _locked(self, system: str, request: Request, answer: Answer) -> Response:
        return self._words[system].locked(request, self._chance)

    def _reset_after(self, system: str, request: Request, answer: Answer) -> Response:
        answer(request)
        raise Cut("reset")

    def _lose_answer(self, system: str, request: Request, answer: Answer) -> Response:
        answer(request)
        raise Cut("silent")

    def _status_after(self, system: str, request: Request, answer: Answer) -> Response:
        answer(request)
        return Response(502, HTML_TYPE, HTML)

    def _truncate(self, system: str, request: Request, answer: Answer) -> Response:
        said = answer(request)
        return replace(said, body=said.body[: len(said.body) // 2])

    def _drop_reference(self, system: str, request: Request, answer: Answer) -> Response:
        words = self._words[system]
        if words.takes_many(request) and self._chance.random() < 0.5:
            # It was not carried out either, which the caller cannot know.
            return answer(replace(request, body=words.without_one(request.body, self._chance)))
        said = answer(request)
        return replace(said, body=words.without_one(said.body, self._chance))

    def _apply_late(self, system: str, request: Request, answer: Answer) -> Response:
        self._later(request, answer)
        raise Cut("silent")

    def _later(self, request: Request, answer: Answer) -> None:
        late = self._hub.now() + timedelta(seconds=self._chance.uniform(*LATE_SECONDS))
        self._hub.at(late, lambda: answer(request))

    # What only some systems do

    def _left_out(self, system: str, request: Request, answer: Answer) -> Response:
        said = answer(request)
        return replace(said, body=self._words[system].without_one(said.body, self._chance))

    def _in_part(self, system: str, request: Request, answer: Answer) -> Response:
        smaller, error = OfHubSpot().in_part(request, self._chance)
        said = answer(smaller)
        if said.status >= 300:
            return said
        body = json.loads(said.body)
        errors = [*body.get("errors", ()), error]
        return replace(said, status=207, body=json.dumps({**body, "numErrors": len(errors), "errors": errors}).encode())

    def _failed(self, system: str, request: Request, answer: Answer) -> Response:
        return OfTotango().failed()

    def _accepted(self, system: str, request: Request, answer: Answer) -> Response:
        self._later(request, answer)
        return OfTotango().accepted(iso_z(self._hub.now()))


_DOING = {
    "refuse": Faults._refuse,
    "reset_before": Faults._reset_before,
    "status_before": Faults._status_before,
    "too_many": Faults._too_many,
    "unauthorized": Faults._unauthorized,
    "slow": Faults._slow,
    "locked": Faults._locked,
    "reset_after": Faults._reset_after,
    "lose_answer": Faults._lose_answer,
    "status_after": Faults._status_after,
    "truncate": Faults._truncate,
    "drop_reference": Faults._drop_reference,
    "apply_late": Faults._apply_late,
    "left_out": Faults._left_out,
    "in_part": Faults._in_part,
    "failed": Faults._failed,
    "accepted": Faults._accepted,
}
