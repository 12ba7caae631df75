"""An org, a client that calls it without sockets, and a few vivid records."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.salesforce import SalesforceEngine, new_id
from sandbox.wire import Request, Response

ORG = "00Dsb0000000001"
NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
ACME = new_id("001", 1, ORG)
DEAL = new_id("006", 1, ORG)
IDA = new_id("005", 1, ORG)
JONAS = new_id("003", 1, ORG)
SEATS = new_id("01t", 1, ORG)


class Client:
    """Calls an engine and keeps the clock."""

    def __init__(self, engine: SalesforceEngine) -> None:
        self.engine, self.now, self.last = engine, NOON, Response(0)

    def call(
        self, method: str, path: str, body: Any = None, *, params: dict[str, str] | None = None, **headers: str
    ) -> Any:
        """Return the parsed answer of a call below v66.0; `last` keeps the whole response."""
        request = Request(
            method,
            path if path.startswith("/") else f"/services/data/v66.0/{path}",
            urlencode(params or {}, quote_via=quote),
            {"authorization": "Bearer sandbox", **{k.replace("_", "-"): v for k, v in headers.items()}},
            json.dumps(body).encode() if body is not None else b"",
        )
        self.last = self.engine.handle(request, self.now)
        return json.loads(self.last.body) if self.last.body else None

    def query(self, soql: str, resource: str = "query", **headers: str) -> Any:
        """Return the parsed answer of a query."""
        return self.call("GET", f"{resource}/", params={"q": soql}, **headers)

    def names(self, where: str) -> list[str]:
        """Return the names of the opportunities that a condition, or anything else after FROM, selects."""
        return [row["Name"] for row in self.query(f"SELECT Name FROM Opportunity {where}")["records"]]

    def refusal(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """Return status and error code of a call that must be refused."""
        answer = self.call(method, path, body, **more)
        return self.last.status, answer[0]["errorCode"]

    def query_refusal(self, soql: str) -> tuple[int, str]:
        """Return status and error code of a query that must be refused."""
        return self.refusal("GET", "query", params={"q": soql})

    def load(self, now: datetime | None = None, **objects: list[dict[str, Any]]) -> None:
        """Load records as a person's edits."""
        self.engine.load(objects, now or self.now)

    def later(self, **by: float) -> None:
        """Let simulated time pass."""
        self.now += timedelta(**by)

    def deal(self, record_id: str = DEAL) -> dict[str, Any]:
        """Return one opportunity as the state holds it."""
        return next(row for row in self.engine.state_of("Opportunity") if row["Id"] == record_id)


def deal(name: str = "Acme - 50 seats", **fields: Any) -> dict[str, Any]:
    """Return an open opportunity, with whatever matters to the test."""
    return {"Name": name, "StageName": "Prospecting", "CloseDate": "2026-11-30", **fields}
