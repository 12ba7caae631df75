"""A blind destination beside Gainsight: a letter of welcome that nobody can look up, and that must not go out twice."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors._http import Answer, Exchange, Route, httpx_send
from handoff.batches import batches
from handoff.errors import Ambiguous, Rejected, ServiceError, Transient
from handoff.model import Outcome, Result, Scope, Step, Write
from handoff.platforms import FieldFacts, ObjectFacts, Platform
from handoff.ports import Budget, Capability, Clock, Destination, Identity, Intend
from sandbox.wire import Request, Response, as_json

WELCOME = "welcome"
BATCH = 10
FACTS = ObjectFacts(
    Scope.DEAL,
    Write.CREATE_ONLY,
    {
        "To": FieldFacts("record", required=True, of="company"),
        "Subject": FieldFacts("text", 255, required=True),
    },
    complete=True,
)
SEND = Route("sending letters of welcome", reads=False, repeatable=False)


def with_welcome(platform: Platform) -> Platform:
    """Return a platform of which mapping files can name the kind `welcome` too."""
    return replace(platform, objects={**platform.objects, WELCOME: FACTS})


class Post:
    """The post office: takes letters and keeps them, and answers no question about them."""

    def __init__(self) -> None:
        self.letters: list[dict[str, Any]] = []

    def handle(self, request: Request, now: datetime) -> Response:
        """Take the letters of one call."""
        letters = request.json()
        self.letters += letters
        return as_json(200, {"taken": len(letters)}, mutates=True, applied=True, records=len(letters))


class WithWelcome:
    """A destination, and letters of welcome beside it; whatever is no letter is the destination's."""

    def __init__(
        self,
        inner: Destination,
        *,
        transport: httpx.BaseTransport,
        clock: Clock,
        budget: Budget,
        jitter: Callable[[], float],
        beat: Callable[[], None],
    ) -> None:
        self._inner = inner
        self._client = httpx.Client(transport=transport)
        self._exchange = Exchange(
            system="the post", clock=clock, budget=budget, limits=(), judge=self._judge, jitter=jitter, beat=beat
        )
        blind = Capability(Identity.BLIND, batch=BATCH, settle=timedelta(0))
        self.kinds: Mapping[str, Capability] = {**inner.kinds, WELCOME: blind}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def put(self, steps: Sequence[Step], intend: Intend = lambda steps: None) -> list[Outcome]:
        """Send letters, or let the destination put what is its own."""
        if steps[0].kind != WELCOME:
            return self._inner.put(steps, intend)
        return [outcome for some in batches(steps, BATCH) for outcome in self._sent(some, intend)]

    def _sent(self, steps: Sequence[Step], intend: Intend) -> list[Outcome]:
        body = json.dumps([{"key": step.key, **step.payload} for step in steps])

        def send() -> Answer:
            return httpx_send(self._client, "POST", "http://post/letters", content=body)

        try:
            answer = self._exchange.call(SEND, send, before=lambda: intend(steps))
        except Ambiguous as error:
            return [Outcome(step.key, Result.UNKNOWN, None, error.why) for step in steps]
        except Transient as error:
            return [Outcome(step.key, Result.WAITING, None, error.why) for step in steps]
        except Rejected as error:
            return [Outcome(step.key, Result.REJECTED, None, error.why) for step in steps]
        if answer.json()["taken"] != len(steps):
            return [Outcome(step.key, Result.UNKNOWN, None, "It took fewer letters than were sent.") for step in steps]
        return [Outcome(step.key, Result.CREATED, f"letter {step.deal.id}") for step in steps]

    def _judge(self, route: Route, answer: Answer) -> ServiceError | None:
        if answer.status == 429:
            return self._exchange.busy(route, answer)
        if answer.status >= 500:
            return self._exchange.broken(route, answer)
        if answer.status != 200:
            return self._exchange.refused(route, answer, "it was refused.")
        answer.json()
        return None
