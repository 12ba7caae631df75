"""The sandbox's HubSpot behind an httpx transport."""

from email.utils import format_datetime
from typing import Any

import httpx

from sandbox.hubspot import HubspotEngine
from sandbox.wire import PLAIN, Request, Twist
from tests.fakes import FakeClock


class SandboxPortal:
    """
    Hands requests to an engine at the clock's moment; `asked` keeps (method, path) of each call.

    `wrote` says whether any call went to a route that can change something; calls go as `twist` says.
    """

    def __init__(self, engine: HubspotEngine, clock: FakeClock) -> None:
        self.engine, self.clock = engine, clock
        self.asked: list[tuple[str, str]] = []
        self.statuses: list[int] = []
        self.wrote = False
        self.twist: Twist = PLAIN

    def __call__(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        sent = Request(request.method, request.url.path, request.url.query.decode(), headers, request.content)
        self.asked.append((sent.method, sent.path))
        answer = self.engine.handle(sent, self.clock.now(), self.twist)
        self.statuses.append(answer.status)
        self.wrote |= answer.mutates
        at = format_datetime(self.clock.now().replace(microsecond=0), usegmt=True)
        return httpx.Response(answer.status, headers={"date": at, **answer.headers}, content=answer.body)

    def load(self, **objects: Any) -> None:
        """Let a person change records."""
        self.engine.load(objects, self.clock.now())

    def deal(self, record_id: str) -> Any:
        """Return a deal as people see it."""
        return next(each for each in self.engine.state_of("deals") if each["id"] == record_id)
