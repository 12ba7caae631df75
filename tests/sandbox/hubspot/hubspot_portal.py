"""A HubSpot portal to test with: two won deals, their people, and the calls a client makes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.hubspot import HubspotEngine
from sandbox.wire import PLAIN, Request, Response, Twist

START = datetime(2026, 11, 20, 17, 5, tzinfo=UTC)
ACME, BIRCH, CEDAR = "515690208449", "515690208450", "515690208451"
ADA, BO = "442222359747", "442222359748"
RAE, LEE = "96879917", "96879918"
COMPANY, ITEM, TASK, NOTE = "9001", "7001", "8000", "8101"
V = "2026-03"


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
    def results(self) -> Any:
        return self.body["results"]

    @property
    def ids(self) -> set[str]:
        return {each["id"] for each in self.results}

    @property
    def category(self) -> str | None:
        return self.body.get("category")


class PortalUnderTest:
    """An engine and the calls of a client; each call is a second after the last one."""

    def __init__(self) -> None:
        self.now = START
        self.real = START
        self.engine = HubspotEngine(portal_id=123, real_now=lambda: self.real)
        self.engine.load(contents(), self.now)

    def call(
        self, method: str, path: str, body: Any = None, *, twist: Twist = PLAIN, token: str = "sandbox", **query: Any
    ) -> Answer:
        """Make a call to a whole path."""
        self.now += timedelta(seconds=1)
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {token}", "host": "127.0.0.1:8702"}
        return Answer(self.engine.handle(Request(method, path, urlencode(query), headers, data), self.now, twist))

    def form(self, path: str, fields: dict[str, str]) -> Answer:
        """Post a form, without a key."""
        return Answer(self.engine.handle(Request("POST", path, body=urlencode(fields).encode()), self.now))

    def objects(self, method: str, rest: str, body: Any = None, **query: Any) -> Answer:
        """Make a call to the objects, on the dated path."""
        return self.call(method, f"/crm/objects/{V}/{rest}", body, **query)

    def search(self, *filters: Any, kind: str = "deals", **more: Any) -> Answer:
        """Search with one group of filters, each `(property, operator, value)`."""
        said = [
            {"propertyName": n, "operator": op, **(v if isinstance(v, dict) else {"value": v})} for n, op, v in filters
        ]
        return self.objects("POST", f"{kind}/search", {"filterGroups": [{"filters": said}] if said else [], **more})

    def read(self, *ids: str, kind: str = "deals", **more: Any) -> Answer:
        """Read records in a batch."""
        return self.objects("POST", f"{kind}/batch/read", {"inputs": [{"id": each} for each in ids], **more})

    def update(self, *inputs: Any, kind: str = "deals", **more: Any) -> Answer:
        """Change records in a batch; each input is `(id, properties)` or `(id, properties, trace id)`."""
        rows = [
            {"id": each[0], "properties": each[1], **({"objectWriteTraceId": each[2]} if len(each) > 2 else {})}
            for each in inputs
        ]
        return self.objects("POST", f"{kind}/batch/update", {"inputs": rows}, **more)

    def settle(self, seconds: float = 60) -> None:
        """Let time pass, so that the index shows what there is."""
        self.now += timedelta(seconds=seconds)

    def deal(self, record_id: str) -> Any:
        """Return a deal as people see it."""
        return next(each for each in self.engine.state_of("deals") if each["id"] == record_id)


def contents() -> dict[str, list[dict[str, Any]]]:
    """Return the records of the portal."""
    return {
        "owners": [
            {
                "id": RAE,
                "email": "rae.rep@harbor.example",
                "firstName": "Rae",
                "lastName": "Rep",
                "teams": [{"id": "11", "name": "AMER", "primary": True}],
            },
            {"id": LEE, "email": "lee.left@harbor.example", "firstName": "Lee", "lastName": "Left", "archived": True},
        ],
        "contacts": [
            {
                "id": ADA,
                "firstname": "Ada",
                "lastname": "Poe",
                "email": "ada.poe@acme.example",
                "jobtitle": "VP Operations",
                **stamps("2026-09-01T08:00:00.000Z", "lastmodifieddate"),
            }
        ],
        "companies": [
            {
                "id": COMPANY,
                "name": "Acme",
                "domain": "acme.example",
                "industry": "RETAIL",
                "country": "United States",
                "numberofemployees": 250,
                "handoff_key": "hb:acme",
                **stamps("2026-08-01T08:00:00.000Z"),
            }
        ],
        "line_items": [
            {
                "id": ITEM,
                "name": "Seats",
                "quantity": 50,
                "price": 960,
                "hs_sku": "SEAT",
                **stamps("2026-10-01T08:00:00.000Z"),
            }
        ],
        "deals": [
            deal(
                ACME,
                "Acme - 50 seats",
                48000,
                "2026-11-20T17:03:22.101Z",
                associations={
                    "contacts": [{"id": ADA, "labels": ["Decision Maker"]}],
                    "companies": [{"id": COMPANY, "labels": ["Primary"]}],
                    "line_items": [{"id": ITEM}],
                },
            ),
            deal(BIRCH, "Birch - 10 seats", 12000, "2026-11-20T17:04:00.000Z"),
            deal(CEDAR, "Cedar - 5 seats", 6000, "2026-11-10T09:00:00.000Z"),
        ],
        "tasks": [
            {
                "id": TASK,
                "hs_timestamp": "2026-11-27T09:00:00Z",
                "hs_task_subject": "Kickoff with Birch",
                "hs_task_body": "Hold the kickoff. hb:main:b:task",
                "hs_task_status": "NOT_STARTED",
                "associations": {"deals": [{"id": BIRCH}]},
                **stamps("2026-11-20T17:00:00.000Z", created="hs_createdate"),
            }
        ],
        "notes": [
            {
                "id": NOTE,
                "hs_timestamp": "2026-11-20T17:00:00Z",
                "hs_note_body": "Sold",
                **stamps("2026-11-20T17:00:00.000Z", created="hs_createdate"),
            }
        ],
    }


def deal(record_id: str, name: str, amount: int, won: str, **more: Any) -> dict[str, Any]:
    """Return a deal that Rae won then."""
    return {
        "id": record_id,
        "dealname": name,
        "amount": amount,
        "pipeline": "default",
        "dealstage": "closedwon",
        "closedate": won,
        "hubspot_owner_id": RAE,
        "createdate": "2026-10-01T08:00:00.000Z",
        "hs_lastmodifieddate": won,
        "dealstage_history": [
            {"value": "closedwon", "timestamp": won, "by": RAE},
            {"value": "appointmentscheduled", "timestamp": "2026-10-01T08:00:00.000Z", "by": RAE},
        ],
        **more,
    }


def stamps(at: str, modified: str = "hs_lastmodifieddate", created: str = "createdate") -> dict[str, str]:
    """Return the stamps of a record that nobody has changed."""
    return {created: at, modified: at}
