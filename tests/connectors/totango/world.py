"""A Totango of one's own for the tests: scripted answers in order, or the stand-in's engine behind a transport."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import httpx

from connectors._totango_objects import OBJECTS
from connectors._totango_settings import Addresses, TotangoSettings
from connectors.totango import Totango
from handoff.model import DealRef, Scope, Step, Write
from tests.fakes import FakeClock, OpenBudget

ORG, ACCOUNT, OTHER = "00D000000000001EAA", "001A0000006Vm9uIAC", "001A0000006Vm9vIAC"
DEAL = DealRef("main", "salesforce", ORG, "006000000000001AAA")
OF_DEAL, OF_ACCOUNT = f"hb:{DEAL}:e1:cs.", f"hb:main:salesforce:{ORG}:"
PRIYA = "priya.shah@harbor.example"
Answering = Callable[[httpx.Request], httpx.Response]


def step(kind: str, payload: Mapping[str, Any] | None = None, *, name: str = "", **more: Any) -> Step:
    """Return a step with the key that it would have, and the write mode of its kind for every field."""
    payload, facts = payload or {}, OBJECTS[kind]
    account = more.pop("account", payload.get("id") or payload.get("account_id") or payload.get("accountId") or ACCOUNT)
    key = f"{OF_ACCOUNT}{account}:cs.{name or kind}" if facts.scope is Scope.ACCOUNT else f"{OF_DEAL}{name or kind}"
    modes: dict[str, Write] = dict.fromkeys(payload, facts.write)
    about = {"key": key, "name": name or kind, "kind": kind, "scope": facts.scope, "deal": DEAL, "modes": modes}
    return Step(payload=payload, **{**about, **more})


def connector(
    answer: Answering,
    *,
    clock: FakeClock | None = None,
    budget: Any = None,
    read_only: bool = False,
    service_id: str = "10001",
    addresses: Addresses | None = None,
    elsewhere: Addresses | None = None,
    **settings: Any,
) -> Totango:
    return Totango(
        instance="cs",
        addresses=addresses or Addresses.of("us"),
        service_id=service_id,
        token="sandbox",
        client=httpx.Client(transport=httpx.MockTransport(answer)),
        clock=clock or FakeClock(),
        budget=budget or OpenBudget(),
        jitter=lambda: 0.5,
        read_only=read_only,
        settings=TotangoSettings(**settings),
        elsewhere=elsewhere,
    )


def said(request: httpx.Request) -> Any:
    """Return what a call says: JSON, or a form with its query read."""
    if not request.content:
        return None
    if "json" in request.headers["content-type"]:
        return json.loads(request.content)
    form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
    return {name: json.loads(value) if name == "query" else value for name, value in form.items()}


class Script:
    """Gives prepared answers in order; `asked` keeps (method, path, what it says), `requests` each call."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, Any]] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.raw_path.decode(), said(request)))
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def found(listed: str, *hits: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of a search."""
    hit_list = {"total_hits": len(hits), "hits": list(hits), "stats": {}}
    return {"status": "success", "service_id": "10001", "response": {listed: hit_list}}


def hit(account: str, name: str, *selected: Any) -> dict[str, Any]:
    """Return an account as a search shows it."""
    return {"name": account, "display_name": name, "selected_fields": list(selected)}


TAKEN = {"status": "success", "time_received": "2026-11-20T16:00:00.000Z", "batch_id": "b1"}
