"""A Totango tenant to test with: two people, one account, and the calls a client makes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.totango import TotangoEngine
from sandbox.totango.org import totango_user
from sandbox.wire import PLAIN, Request, Response, Twist

START = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
PRIYA, LEE = "priya.shah@harbor.example", "lee.left@harbor.example"
GLOBEX = "001A0000006Vm9uIAC"
NOTE = {"account_id": GLOBEX, "content": "Sold: Platform roll-out."}
TASK = {"account_id": GLOBEX, "title": "Kick off", "activity_type_id": "onboarding", "assignee": PRIYA}


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
    def text(self) -> str:
        return self.response.body.decode()

    @property
    def headers(self) -> Any:
        return self.response.headers

    def hits(self, name: str = "accounts") -> Any:
        return self.body["response"][name]["hits"]


class Tenant:
    """An engine and the calls of a client; nothing lags unless a test says so, and time moves only when told."""

    def __init__(self, **switches: Any) -> None:
        self.now = START
        self.real = START
        self.engine = TotangoEngine(tenant_id="harbor", real_now=lambda: self.real)
        self.switch(index_lag_seconds=0, hub_delay_seconds=0)
        people = [totango_user("Priya Shah", PRIYA), totango_user("Lee Left", LEE)]
        self.engine.load({"totango_users": people}, self.now)
        self.engine.load({"accounts": [{"id": GLOBEX, "name": "Globex"}]}, self.now)
        self.engine.tenant({"inactive_users": [LEE]})
        self.switch(**switches)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def switch(self, **switches: Any) -> None:
        self.engine.tenant({"totango": switches})

    def handle(self, request: Request, twist: Twist = PLAIN) -> Answer:
        return Answer(self.engine.handle(request, self.now, twist))

    def call(self, method: str, path: str, body: Any = None, query: str = "", **headers: str) -> Answer:
        sent = b"" if body is None else json.dumps(body).encode()
        head = headers or {"app-token": "sandbox"}
        return self.handle(Request(method, path, query, {"content-type": "application/json", **head}, sent))

    def hub(self, path: str, body: Any = None, method: str = "POST", twist: Twist = PLAIN, **headers: str) -> Answer:
        head = {"authorization": "app-token sandbox", "service_id": "10001", **headers}
        return self.handle(Request(method, f"/int-hub/api/v1/{path}", "", head, json.dumps(body).encode()), twist)

    def upsert(self, *accounts: Any, **attributes: Any) -> Answer:
        listed = accounts or ({"id": GLOBEX, "attributes": attributes},)
        return self.hub("accounts", {"accounts": list(listed)})

    def pixel(self, path: str = "/sdr/pixel.gif", **fields: str) -> Answer:
        return self.handle(Request("GET", path, urlencode(fields)))

    def search(self, *terms: Any, fields: Any = (), path: str = "accounts", **more: Any) -> Answer:
        asked = {"terms": list(terms), "fields": list(fields), "count": 1000, "offset": 0, **more}
        return self.form(f"/api/v1/search/{path}", query=json.dumps(asked))

    def form(self, path: str, **fields: str) -> Answer:
        headers = {"app-token": "sandbox", "content-type": "application/x-www-form-urlencoded"}
        return self.handle(Request("POST", path, "", headers, urlencode(fields).encode()))

    def touchpoint(self, **more: Any) -> Answer:
        return self.call("POST", "/api/v3/touchpoints/", {**NOTE, **more})

    def task(self, **more: Any) -> Answer:
        return self.call("POST", "/api/v3/tasks", {**TASK, **more})

    def tasks(self, account_id: str = GLOBEX) -> Any:
        return self.call("GET", "/api/v3/tasks", query=f"account_id={account_id}").body

    def events(self, account_id: str = GLOBEX) -> Any:
        return self.call("GET", "/api/v2/events/", query=f"account_id={account_id}").body

    def play(self, name: str, account_id: str = GLOBEX) -> Answer:
        body = {"successplayId": self.play_id(name), "accountId": account_id}
        return self.call("POST", "/api/v2/automations/run-manual-successplay", body)

    def play_id(self, name: str) -> str:
        return str(next(play["id"] for play in self.held("plays") if play["name"] == name))

    def held(self, name: str) -> list[Any]:
        return self.engine.state_of(name)

    def account(self, account_id: str = GLOBEX) -> Any:
        return next(row for row in self.held("accounts") if row["id"] == account_id)


def by_id(*ids: str) -> dict[str, Any]:
    return {"type": "string", "term": "identifier", "in_list": list(ids)}


def attribute(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "string_attribute", "attribute": name, **more}
