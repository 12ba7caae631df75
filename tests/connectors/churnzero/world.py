"""A ChurnZero of one's own for the tests: scripted answers in order, or the stand-in's engine behind a transport."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from connectors._churnzero_objects import OBJECTS
from connectors.churnzero import Addresses, ChurnZero, ChurnZeroSettings, new_client
from handoff.model import DealRef, Scope, Step, Write
from sandbox.churnzero import ChurnZeroEngine
from sandbox.churnzero.org import user_account
from sandbox.wire import Request
from tests.fakes import FakeClock, OpenBudget

ORG, ACCOUNT, OTHER = "00D000000000001EAA", "001A0000006Vm9uIAC", "001A0000006Vm9vIAC"
DEAL = DealRef("main", "salesforce", ORG, "006000000000001AAA")
OF_DEAL, OF_ACCOUNT = f"hb:{DEAL}:e1:cs.", f"hb:main:salesforce:{ORG}:"
PRIYA = "priya.shah@harbor.example"
PUSH, PULL = "https://analytics.churnzero.net", "https://acme.us1app.churnzero.net"
Answering = Callable[[httpx.Request], httpx.Response]


def step(kind: str, payload: Mapping[str, Any] | None = None, *, name: str = "", **more: Any) -> Step:
    """Return a step with the key that it would have, and the write mode of its kind for every field."""
    payload, facts = payload or {}, OBJECTS[kind]
    account = payload.get("accountExternalId") or ACCOUNT
    key = f"{OF_ACCOUNT}{account}:cs.{name or kind}" if facts.scope is Scope.ACCOUNT else f"{OF_DEAL}{name or kind}"
    modes: dict[str, Write] = dict.fromkeys(payload, facts.write)
    about = {"key": key, "name": name or kind, "kind": kind, "scope": facts.scope, "deal": DEAL, "modes": modes}
    return Step(payload=payload, **{**about, **more})


def connector(
    answer: Answering,
    *,
    verify: bool = True,
    clock: FakeClock | None = None,
    read_only: bool = False,
    addresses: Addresses | None = None,
    **settings: Any,
) -> ChurnZero:
    """Return a connector whose network is `answer`."""
    return ChurnZero(
        instance="cs",
        addresses=addresses or Addresses(PUSH, PULL if verify else ""),
        app_key="sandbox",
        reader=("sandbox", "sandbox"),
        client=new_client(httpx.MockTransport(answer)),
        clock=clock or FakeClock(),
        budget=OpenBudget(),
        jitter=lambda: 0.5,
        read_only=read_only,
        settings=ChurnZeroSettings(**settings),
    )


class Script:
    """Gives prepared answers in order; `requests` keeps each call."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class StandIn:
    """The engine as a network; nothing lags unless a test says so. `asked` keeps each call, `lose` loses an answer."""

    def __init__(self, **switches: Any) -> None:
        self.clock = FakeClock()
        self.engine = ChurnZeroEngine(host="127.0.0.1:8705")
        self.engine.load({"UserAccount": [user_account(7, "Priya Shah", PRIYA)]}, self.clock.now())
        self.engine.tenant({"churnzero": {"read_lag_seconds": 0, **switches}})
        self.asked: list[httpx.Request] = []
        self.lose = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Request(request.method, request.url.path, request.url.query.decode(), headers, request.content)
        said = self.engine.handle(asked, self.clock.now())
        if self.lose:
            self.lose -= 1
            raise httpx.ReadTimeout("the answer is lost", request=request)
        return httpx.Response(said.status, headers=dict(said.headers), content=said.body)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the records of an object."""
        return self.engine.state_of(name)

    def load(self, **objects: Any) -> None:
        """Let people edit records."""
        self.engine.load(objects, self.clock.now())

    def pushed(self) -> list[Any]:
        """Return what each call of the HTTP API said."""
        return [json.loads(one.content) for one in self.asked if one.url.path == "/i"]

    def connector(self, **more: Any) -> ChurnZero:
        """Return a connector to it."""
        return connector(self, clock=self.clock, **more)
