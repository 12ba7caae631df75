"""The sandbox's own engine in place of the network: the connector talks to it without a socket."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter

from sandbox.salesforce.engine import SalesforceEngine
from sandbox.wire import Request, Response
from tests.fakes import FakeClock

ORG_ID = "00D000000000062EAA"


def engine_at(clock: FakeClock) -> SalesforceEngine:
    return SalesforceEngine(org_id=ORG_ID, real_now=clock.now, instance_host="127.0.0.1:8701")


class SandboxOrg(BaseAdapter):
    """Hands every request to the engine, as the shell does; `answers` keeps what it said."""

    def __init__(self, engine: SalesforceEngine, clock: FakeClock) -> None:
        super().__init__()
        self.engine, self.clock = engine, clock
        self.answers: list[tuple[str, int, bytes]] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        asked = Request(str(request.method), unquote(parts.path), parts.query, headers, body)
        said = self.engine.handle(asked, self.clock.now())
        self.answers.append((parts.path, said.status, said.body))
        return as_response(said, self.clock.now())

    def close(self) -> None:
        pass


def as_response(said: Response, now: datetime) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = said.status, said.body
    response.headers.update(dict(said.headers))
    response.headers["Date"] = format_datetime(now.astimezone(UTC).replace(microsecond=0), usegmt=True)
    return response
