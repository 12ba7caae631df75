"""A Gainsight of one's own for the tests: the stand-in's engine behind an httpx transport, or scripted answers."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from connectors.gainsight import M2M, AccessKey, Gainsight, GainsightSettings
from handoff.model import DealRef, Scope, Step
from sandbox.gainsight import GainsightEngine
from sandbox.wire import Request
from tests.fakes import FakeClock, OpenBudget

BASE = "https://acme.gainsightcloud.com"
DEAL = DealRef("main", "salesforce", "00D000000000001EAA", "006000000000001AAA")
Answering = Callable[[httpx.Request], httpx.Response]


def step(kind: str, key: str, payload: Mapping[str, Any] | None = None, **more: Any) -> Step:
    return Step(key=key, name=kind, kind=kind, scope=Scope.DEAL, deal=DEAL, payload=payload or {}, **more)


def connector(
    answer: Answering,
    *,
    auth: AccessKey | M2M | None = None,
    clock: FakeClock | None = None,
    budget: Any = None,
    read_only: bool = False,
    **settings: Any,
) -> Gainsight:
    return Gainsight(
        instance="main",
        base_url=BASE,
        client=httpx.Client(transport=httpx.MockTransport(answer)),
        auth=auth or AccessKey("sandbox"),
        clock=clock or FakeClock(),
        budget=budget or OpenBudget(),
        jitter=lambda: 0.5,
        read_only=read_only,
        settings=GainsightSettings(**settings),
    )


class Script:
    """Gives prepared answers in order; `asked` keeps (method, path and query, JSON body) of each call."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, Any]] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = request.content.decode()
        is_json = "json" in request.headers.get("content-type", "")
        self.asked.append((request.method, request.url.raw_path.decode(), json.loads(body) if is_json else body))
        self.headers.append(request.headers)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


class StandIn:
    """
    The sandbox's engine; `asked` keeps (method, path) of each call, `bodies` the JSON.

    `lose` names (method, path) of one call whose answer is lost after the engine carried it out.
    """

    def __init__(self, clock: FakeClock | None = None, **switches: Any) -> None:
        self.clock = clock or FakeClock()
        self.engine = GainsightEngine(tenant_id="acme", real_now=lambda: datetime(2026, 3, 10, tzinfo=UTC))
        if switches:
            self.engine.tenant(switches)
        self.asked: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.lose: tuple[str, str] | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        sent = Request(
            method=request.method,
            path=request.url.path,
            query=request.url.query.decode(),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.content,
        )
        self.asked.append((sent.method, sent.path))
        self.bodies.append(
            json.loads(sent.body) if sent.body and "json" in sent.headers.get("content-type", "") else None
        )
        answer = self.engine.handle(sent, self.clock.now())
        if (sent.method, sent.path) == self.lose:
            self.lose = None
            raise httpx.ReadTimeout("the answer is lost")
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)

    def load(self, **objects: Sequence[Mapping[str, Any]]) -> None:
        self.engine.load({name: [dict(row) for row in rows] for name, rows in objects.items()}, self.clock.now())

    def rows(self, name: str) -> list[dict[str, Any]]:
        return self.engine.state_of(name)

    def calls(self, method: str, path: str) -> int:
        return self.asked.count((method, path))


def gsid(prefix: str, number: int) -> str:
    """Return an invented Gainsight id: 36 characters, capitals and digits."""
    return f"{prefix}{number:032d}"
