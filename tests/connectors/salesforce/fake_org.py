"""A small Salesforce org in place of the network: it keeps every call, and answers as it is told."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from requests.adapters import BaseAdapter

from connectors._salesforce_gateway import Gateway
from connectors._salesforce_login import ClientCredentials
from connectors.salesforce import Salesforce, Wanted
from handoff.model import DealRef
from handoff.ports import Receipt
from tests.fakes import FakeClock, OpenBudget

ORG = "00D000000000062EAA"
DEAL = "006000000000001AAA"
STAGES = [
    {"ApiName": "Closed Won", "MasterLabel": "Closed Won"},
    {"ApiName": "Renewed", "MasterLabel": "Renewed"},
]
TEXTS = {"Name": 120, "StageName": 255, "Business_Goal__c": 255, "Handoff_Status__c": 40, "Handoff_Missing__c": 255}
WRITABLE = {"Handoff_Status__c", "Handoff_Missing__c", "Handoff_Completeness__c", "Handoff_Delivered_At__c"}
FIELDS = (
    *("Id", "Name", "AccountId", "Amount", "OwnerId", "IsWon", "CloseDate", "LastStageChangeDate", "SystemModstamp"),
    *("StageName", "Business_Goal__c", *sorted(WRITABLE)),
)
PARENTS = {"AccountId": "Account", "OwnerId": "Owner"}


@dataclass(frozen=True)
class Call:
    """One request as it reached the network."""

    kind: str
    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str
    timeout: Any

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None
    headers: Mapping[str, str] | None = None


class FakeOrg(BaseAdapter):
    """
    Answers as an org with some won deals.

    `queue(kind, ...)` puts answers, or exceptions, before the standing ones; `calls` holds what was asked.
    """

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.calls: list[Call] = []
        self.queued: dict[str, list[Reply | Exception]] = defaultdict(list)
        self.rows: list[dict[str, Any]] = []
        self.fields: tuple[str, ...] = FIELDS
        self.lists: tuple[str, ...] = ("OpportunityContactRoles", "OpportunityLineItems", "OpportunityHistories")
        self.writable: set[str] = set(WRITABLE)
        self.before: Callable[[Call], None] = lambda call: None
        self.logins = 0
        self.ended: set[str] = set()  # tokens of sessions that ran out

    def queue(self, kind: str, *replies: Reply | Exception) -> None:
        self.queued[kind] += replies

    def count(self, kind: str) -> int:
        return sum(1 for call in self.calls if call.kind == kind)

    def of(self, kind: str) -> list[Call]:
        return [call for call in self.calls if call.kind == kind]

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        call = _call(request, kwargs.get("timeout"))
        self.before(call)
        self.calls.append(call)
        queued = self.queued[call.kind]
        if call.headers.get("Authorization", "").removeprefix("Bearer ") in self.ended:
            return self._response(request, EXPIRED)
        reply = queued.pop(0) if queued else self._standing(call)
        if isinstance(reply, Exception):
            raise reply
        return self._response(request, reply)

    def close(self) -> None:
        pass

    def _standing(self, call: Call) -> Reply:
        if call.kind == "token":
            self.logins += 1
            return Reply(200, token(f"token-{self.logins}"))
        if call.kind == "write":
            return Reply(200, [{"id": r["id"], "success": True, "errors": []} for r in call.json()["records"]])
        standing = {
            "versions": [{"label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0"}],
            "describe": self._describe(),
            "org": page([{"Id": ORG}]),
            "stages": page(STAGES),
            "deals": page(self.rows),
        }
        return Reply(200, standing[call.kind])

    def _describe(self) -> dict[str, Any]:
        return {
            "name": "Opportunity",
            "fields": [
                {
                    "name": name,
                    "length": TEXTS.get(name, 0),
                    "updateable": name in self.writable,
                    "relationshipName": PARENTS.get(name),
                }
                for name in self.fields
            ],
            "childRelationships": [{"relationshipName": None}, *({"relationshipName": name} for name in self.lists)],
        }

    def _response(self, request: requests.PreparedRequest, reply: Reply) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.request = reply.status, str(request.url), request
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        response._content = text.encode()
        response.headers.update({"Date": format_datetime(self.clock.now().replace(microsecond=0), usegmt=True)})
        response.headers.update({"Sforce-Limit-Info": "api-usage=239/15000"})
        response.headers.update(dict(reply.headers or {}))
        return response


def _call(request: requests.PreparedRequest, timeout: Any) -> Call:
    parts = urlsplit(str(request.url))
    query, path = dict(parse_qsl(parts.query)), unquote(parts.path)
    body = request.body.decode() if isinstance(request.body, bytes) else str(request.body or "")
    kind = _kind(path, query.get("q", ""))
    return Call(kind, str(request.method), parts.netloc, path, query, dict(request.headers), body, timeout)


def _kind(path: str, statement: str) -> str:
    if path.endswith("/oauth2/token"):
        return "token"
    if path == "/services/data/":
        return "versions"
    if path.endswith("/describe"):
        return "describe"
    if path.endswith("/updated/"):
        return "updated"
    if path.endswith("/composite/sobjects"):
        return "write"
    if "FROM OpportunityStage" in statement:
        return "stages"
    if "FROM Organization" in statement:
        return "org"
    return "deals" if statement else "more"


def page(rows: list[dict[str, Any]], more: str | None = None) -> dict[str, Any]:
    """Return one page of a query's answer; `more` is the address of the next."""
    end = {"nextRecordsUrl": more} if more else {}
    return {"totalSize": len(rows), "done": more is None, **end, "records": rows}


def token(value: str) -> dict[str, str]:
    return {"access_token": value, "instance_url": "https://acme.my.salesforce.com", "token_type": "Bearer"}


def refusal(code: str, message: str = "No.", status: int = 400) -> Reply:
    return Reply(status, [{"errorCode": code, "message": message}])


EXPIRED = Reply(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])


def won_deal(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a won opportunity's row; `history` is a list of (stage, stamp)."""
    history = changes.pop("history", [("Proposal", "2026-03-01T08:00:00"), ("Closed Won", "2026-03-06T16:55:00")])
    row = {
        "attributes": {"type": "Opportunity"},
        "Id": f"{6_000_000_000_000 + number:015d}AAA",
        "Name": "Northwind - 50 seats",
        "AccountId": "001000000000001AAA",
        "Account": {"attributes": {"type": "Account"}, "Name": "Northwind", "Industry": "Shipping"},
        "Amount": 48000.0,
        "OwnerId": "005000000000001AAA",
        "Owner": {"attributes": {"type": "User"}, "Email": "rep@northwind.example", "IsActive": True},
        "IsWon": True,
        "CloseDate": "2026-03-31",
        "LastStageChangeDate": "2026-03-07T09:00:00.000+0000",
        "SystemModstamp": "2026-03-10T11:00:00.000+0000",
        "StageName": "Closed Won",
        "Business_Goal__c": "Cut returns from 9% to 4%",
        "OpportunityContactRoles": None,
        "OpportunityLineItems": None,
        "OpportunityHistories": page([{"StageName": s, "CreatedDate": f"{at}.000+0000"} for s, at in history])
        if history
        else None,
    }
    return {**row, **changes}


def receipt(number: int = 1, key: str = "", **fields: Any) -> Receipt:
    ref = DealRef("main", "salesforce", ORG, won_deal(number)["Id"])
    return Receipt(key or f"receipt-{number}", ref, fields or {"Handoff_Status__c": "Handed off"})


CREDENTIALS = ClientCredentials(domain="acme.my", key="sandbox-key", secret="sandbox-secret")
MAPPED = Wanted(
    ("Name", "Amount", "Account.Industry", "Business_Goal__c", "CloseDate"),
    {"OpportunityContactRoles": ("Contact.Name", "Contact.Email", "Role", "IsPrimary")},
)
SEEN = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def gateway_to(org: BaseAdapter, clock: FakeClock, **changes: Any) -> Gateway:
    given = {"instance": "main", "auth": CREDENTIALS, "budget": OpenBudget(), "jitter": lambda: 0.5, **changes}
    return Gateway(clock=clock, inner=org, **given)


def salesforce_over(gateway: Gateway, **changes: Any) -> Salesforce:
    given = {"instance": "main", "wanted": MAPPED, "first_seen": lambda: SEEN, **changes}
    return Salesforce(gateway=gateway, **given)
