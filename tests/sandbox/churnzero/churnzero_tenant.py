"""A ChurnZero tenant to test with: one user, and the calls a client makes."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.churnzero import ChurnZeroEngine
from sandbox.churnzero.org import user_account
from sandbox.wire import PLAIN, Request, Response, Twist

START = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
PRIYA = "priya.shah@harbor.example"
GLOBEX, HANK = "001A0000006Vm9uIAC", "hank.scorpio@globex.example"
BASIC = "Basic " + b64encode(b"sandbox:sandbox").decode()


@dataclass(frozen=True)
class Answer:
    """A response with its body read."""

    response: Response

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def body(self) -> Any:
        return json.loads(self.response.body)

    @property
    def value(self) -> Any:
        return self.body["value"]


class Tenant:
    """An engine and the calls of a client; nothing lags unless a test says so, and time moves only when told."""

    def __init__(self, **switches: Any) -> None:
        self.now = START
        self.engine = ChurnZeroEngine(host="127.0.0.1:8705")
        self.switch(read_lag_seconds=0)
        self.engine.load({"UserAccount": [user_account(7, "Priya Shah", PRIYA)]}, self.now)
        self.switch(**switches)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def switch(self, **switches: Any) -> None:
        self.engine.tenant({"churnzero": switches})

    def handle(self, request: Request, twist: Twist = PLAIN) -> Answer:
        return Answer(self.engine.handle(request, self.now, twist))

    def push(self, *actions: Any, twist: Twist = PLAIN) -> Answer:
        sent = [{"appKey": "sandbox", "accountExternalId": GLOBEX, **each} for each in actions]
        headers = {"content-type": "application/json"}
        return self.handle(Request("POST", "/i", "", headers, json.dumps(sent).encode()), twist)

    def pull(self, path: str, method: str = "GET", auth: str = BASIC, **asked: str) -> Answer:
        query = urlencode({f"${name}": value for name, value in asked.items()})
        return self.handle(Request(method, f"/public/v1/{path}", query, {"authorization": auth}))

    def file(self, path: str, text: str) -> Answer:
        body = f'--x\r\nContent-Disposition: form-data; name="data"; filename="a.csv"\r\n\r\n{text}\r\n--x--\r\n'
        headers = {"content-type": "multipart/form-data; boundary=x"}
        return self.handle(Request("POST", path, "appKey=sandbox&email=ops%40harbor.example", headers, body.encode()))

    def held(self, name: str) -> list[Any]:
        return self.engine.state_of(name)

    def rejected(self) -> list[str]:
        return [row["why"] for row in self.held("rejected")]


def attributes(entity: str = "account", **values: Any) -> dict[str, Any]:
    named = {f"attr_{name}": value for name, value in values.items()}
    return {"action": "setAttribute", "entity": entity, **named}


def contact(**values: Any) -> dict[str, Any]:
    return {**attributes("contact", **values), "contactExternalId": HANK}


def event(description: str = "hb:main:a:won Globex", **more: Any) -> dict[str, Any]:
    named = {"action": "trackEvent", "contactExternalId": HANK, "eventName": "Deal Closed Won"}
    return {**named, "eventDate": "2026-11-20T10:00:00Z", "description": description, **more}
