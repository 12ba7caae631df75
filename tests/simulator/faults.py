"""What goes wrong with calls, how often, and whether the caller can know what became of them."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sandbox.wire import Cut, Request, Response
from tests.simulator.hub import Hub
from tests.simulator.network import Answer

HTML = b"<html><body><h1>Service Unavailable</h1></body></html>"
HTML_TYPE = {"content-type": "text/html"}
LOCKED = b'[{"message":"unable to obtain exclusive access to this record","errorCode":"UNABLE_TO_LOCK_ROW"}]'
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
WRITES, READS = 1.4, 0.8
"""Writes are disturbed more often than reads, so that the ambiguous faults are more than a third of all."""


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
        self.rate, self._chance, self._hub = rate, chance, hub
        self.tried: Counter[str] = Counter()
        self.ambiguous = self.asked = 0

    def disturb(self, system: str, request: Request, answer: Answer) -> Response:
        """Return the answer of a call, disturbed or not; raises `Cut` where none comes."""
        writes = is_write(request)
        self.asked += bool(self.rate)
        if not self.rate or self._chance.random() >= self.rate * (WRITES if writes else READS):
            return answer(request)
        weights = [kind.weight[writes] for kind in MIX]
        (kind,) = self._chance.choices(MIX, weights)
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
        headers = self._chance.choice(({}, {"retry-after": str(self._chance.randrange(1, 40))}))
        json_body = json.dumps({"result": False, "errorCode": "GU_2400", "errorDesc": "Too many request"}).encode()
        return Response(429, headers, self._chance.choice((b"", json_body, HTML)))

    def _unauthorized(self, system: str, request: Request, answer: Answer) -> Response:
        said: Any = {"result": False, "errorCode": "GS_APIG_2401", "errorDesc": "Unauthorized"}
        if system == "salesforce":
            said = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
        if system == "post":  # it knows no credentials
            return Response(503, HTML_TYPE, HTML)
        return Response(401, {"content-type": "application/json"}, json.dumps(said).encode())

    def _slow(self, system: str, request: Request, answer: Answer) -> Response:
        said = answer(request)
        self._hub.sleep(self._chance.uniform(3.0, 9.0))
        return said

    def _locked(self, system: str, request: Request, answer: Answer) -> Response:
        if system == "salesforce":
            return Response(400, {"content-type": "application/json"}, LOCKED)
        return Response(500, HTML_TYPE, HTML)

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
        if self._chance.random() < 0.5:  # it was not carried out either, which the caller cannot know
            return answer(replace(request, body=_without_one(request.body, self._chance)))
        said = answer(request)
        return replace(said, body=_without_one(said.body, self._chance))

    def _apply_late(self, system: str, request: Request, answer: Answer) -> Response:
        late = self._hub.now() + timedelta(seconds=self._chance.uniform(*LATE_SECONDS))
        self._hub.at(late, lambda: answer(request))
        raise Cut("silent")


def is_write(request: Request) -> bool:
    """Say whether a call may change something."""
    if request.method == "GET" or "oauth" in request.path:
        return False
    return not any(part in request.path for part in ("/query/", "/describe", "/list"))


def _without_one(body: bytes, chance: random.Random) -> bytes:
    """Return a call or an answer that leaves one of its records out; as it is where it names none, or only one."""
    try:
        said = json.loads(body)
    except ValueError:
        return body
    for records in _lists(said):
        if len(records) > 1:
            del records[chance.choice(sorted(records) if isinstance(records, dict) else range(len(records)))]
            return json.dumps(said).encode()
    return body


def _lists(said: Any) -> Iterator[Any]:
    """Yield what may be the records of a call or an answer."""
    data = said.get("data") if isinstance(said, dict) else None
    for holder, names in ((said, ("records", "requests")), (data, ("success", "records"))):
        if isinstance(holder, dict):
            yield from (holder[name] for name in names if isinstance(holder.get(name), list | dict))
    if isinstance(said, list):
        yield said


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
}
