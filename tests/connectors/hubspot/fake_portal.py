"""A small HubSpot portal in place of the network: it keeps every call, and answers as it is told."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx

from connectors._hubspot_mapped import Wanted
from connectors._hubspot_settings import HubSpotSettings, OAuth, ServiceKey
from connectors._hubspot_wire import Wire
from connectors.hubspot import HubSpot
from handoff.model import DealRef
from handoff.ports import Receipt
from tests.fakes import FakeClock, OpenBudget

PORTAL = "123"
BASE = "https://api.hubapi.com"
WON_AT = "2026-03-06T16:55:00.000Z"
SEEN = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DETAILS = {
    "portalId": 123,
    "accountType": "STANDARD",
    "timeZone": "UTC",
    "companyCurrency": "USD",
    "uiDomain": "app.hubspot.com",
}
STAGES = (
    ("appointmentscheduled", "Appointment scheduled", "0.2", "false"),
    ("closedwon", "Closed won", "1.0", "true"),
    ("closedlost", "Closed lost", "0.0", "true"),
)
TYPES = {
    "deals": {
        **dict.fromkeys(("dealname", "business_goal", "handoff_missing", "hs_object_id"), "string"),
        **dict.fromkeys(("dealstage", "pipeline", "dealtype", "hubspot_owner_id", "handoff_status"), "enumeration"),
        **dict.fromkeys(("amount", "handoff_completeness"), "number"),
        **dict.fromkeys(("closedate", "createdate", "hs_lastmodifieddate", "handoff_delivered_at"), "datetime"),
        **dict.fromkeys(("hs_is_closed_won", "hs_is_closed"), "bool"),
        "hs_v2_date_entered_current_stage": "datetime",
    },
    "companies": {"name": "string", "industry": "enumeration", "founded": "date"},
    "contacts": dict.fromkeys(("firstname", "lastname", "email", "jobtitle"), "string"),
    "line_items": {"name": "string", "quantity": "number", "hs_product_id": "number"},
    "products": {"name": "string", "family": "string"},
}
OPTIONS = {
    "dealtype": {"newbusiness": "New business"},
    "industry": {"SHIPPING": "Shipping"},
    "handoff_status": {"Handed off": "Handed off", "Excluded": "Excluded"},
}
READ_ONLY = {"hs_is_closed_won", "hs_is_closed", "hs_object_id", "hs_lastmodifieddate", "createdate"}


@dataclass(frozen=True)
class Call:
    """One request as it reached the network."""

    kind: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None
    headers: Mapping[str, str] | None = None


Answer = Reply | Exception | Callable[["Call"], Reply]


class FakePortal:
    """
    Answers as a portal with some deals.

    `queue(kind, ...)` puts answers, or exceptions, before the standing ones; `calls` holds what was asked. `records`
    holds by kind the records by id, `ties` by (from, to, id) the entries of its associations.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.calls: list[Call] = []
        self.queued: dict[str, list[Answer]] = defaultdict(list)
        self.records: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.bin: dict[str, dict[str, Any]] = {}
        self.ties: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        self.types: dict[str, dict[str, str]] = {kind: dict(types) for kind, types in TYPES.items()}
        self.owners = [owner("77", "rep@northwind.example"), owner("78", "gone@northwind.example", archived=True)]
        self.silent: set[str] = set()  # ids that a batch neither returns nor names
        self.merged: dict[str, str] = {}  # an id that a GET follows to another

    def queue(self, kind: str, *replies: Answer) -> None:
        self.queued[kind] += replies

    def count(self, kind: str) -> int:
        return len(self.of(kind))

    def of(self, kind: str) -> list[Call]:
        return [call for call in self.calls if call.kind == kind]

    def win(self, *deals: dict[str, Any]) -> None:
        self.records["deals"] |= {deal["id"]: deal for deal in deals}

    def tie(self, other: str, deal: str, record: str | int, *labels: str, primary: bool = False) -> None:
        """Associate a deal with a record of another kind."""
        types = [{"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None}]
        types += [{"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"}] if primary else []
        types += [{"category": "USER_DEFINED", "typeId": 37 + i, "label": one} for i, one in enumerate(labels)]
        row = {"toObjectId": record, "associationTypes": types}
        self.ties.setdefault(("deals", other, deal), []).append(row)
        back = {"toObjectId": int(deal), "associationTypes": types[:1]}
        self.ties.setdefault((other, "deals", str(record)), []).append(back)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        call = _call(request)
        self.calls.append(call)
        queued = self.queued[call.kind]
        reply = queued.pop(0) if queued else self._standing(call)
        if callable(reply):
            reply = reply(call)
        if isinstance(reply, Exception):
            raise reply
        at = format_datetime(self.clock.now().replace(microsecond=0), usegmt=True)
        headers = {"date": at, "x-hubspot-correlation-id": "7f3a", **DAILY, **(reply.headers or {})}
        content = reply.body if isinstance(reply.body, str) else "" if reply.body is None else json.dumps(reply.body)
        return httpx.Response(reply.status, headers=headers, content=content)

    def _standing(self, call: Call) -> Reply:
        parts = call.path.strip("/").split("/")
        if call.kind == "details":
            return Reply(200, DETAILS)
        if call.kind == "token":
            return Reply(200, {"access_token": "fresh", "refresh_token": "r", "expires_in": 1800})
        if call.kind == "owners":
            wanted = call.query["archived"] == "true"
            return Reply(200, {"results": [one for one in self.owners if one["archived"] is wanted]})
        if call.kind == "pipelines":
            return Reply(200, {"results": [pipeline()]})
        if call.kind == "properties":
            return Reply(200, {"results": [property_(n, t) for n, t in self.types[parts[-1]].items()]})
        if call.kind == "search":
            return self._search(parts[-2], call.body)
        if call.kind == "ties":
            return self._ties(parts[-4], parts[-3], call.body["inputs"])
        if call.kind == "tie":
            rows = self.ties.get((parts[-4], parts[-1], parts[-3]), [])
            return Reply(200, {"results": rows})
        if call.kind == "read":
            return self._read(parts[-3], call)
        if call.kind == "write":
            return self._write(call.body["inputs"])
        if call.kind == "list":
            rows = self.bin if call.query.get("archived") == "true" else self.records[parts[-1]]
            return Reply(200, {"results": list(rows.values())})
        found = self.records[parts[-2]].get(self.merged.get(parts[-1], parts[-1]))
        return Reply(200, found) if found else MISSING

    def _search(self, kind: str, body: Mapping[str, Any]) -> Reply:
        rows = sorted(self.records[kind].values(), key=lambda row: int(row["id"]))
        fit = [r for r in rows if any(all(_fits(r, f) for f in g["filters"]) for g in body["filterGroups"])]
        page = [{"id": row["id"], "properties": {"hs_object_id": row["id"]}} for row in fit[: body["limit"]]]
        more = {"paging": {"next": {"after": str(len(page))}}} if len(fit) > len(page) else {}
        return Reply(200, {"total": len(fit), "results": page, **more})

    def _read(self, kind: str, call: Call) -> Reply:
        held = self.bin if call.query.get("archived") == "true" else self.records[kind]
        ids = [one["id"] for one in call.body["inputs"]]
        if len(set(ids)) < len(ids) or len(ids) > (50 if "propertiesWithHistory" in call.body else 100):
            return refusal("VALIDATION_ERROR")
        found = [_shown(held[one], call.body) for one in ids if one in held and one not in self.silent]
        gone = [one for one in ids if one not in held and one not in self.silent]
        return multi(list(reversed(found)), [not_found(gone)] if gone else [])

    def _ties(self, one: str, other: str, inputs: list[dict[str, str]]) -> Reply:
        ids = [each["id"] for each in inputs if each["id"] not in self.silent]
        rows = [{"from": {"id": i}, "to": self.ties[one, other, i]} for i in ids if (one, other, i) in self.ties]
        return multi(rows, [without(i) for i in ids if (one, other, i) not in self.ties])

    def _write(self, inputs: list[dict[str, Any]]) -> Reply:
        done, gone = [], []
        for each in inputs:
            row = self.records["deals"].get(each["id"])
            if row is None:
                gone.append(each["id"])
                continue
            row["properties"] |= {name: value or None for name, value in each["properties"].items()}
            done.append({"id": each["id"], "properties": {n: row["properties"][n] for n in each["properties"]}})
        return multi(list(reversed(done)), [not_found(gone)] if gone else [])


DAILY = {"x-hubspot-ratelimit-daily": "250000", "x-hubspot-ratelimit-daily-remaining": "249000"}
MISSING = Reply(404, {"status": "error", "message": "resource not found", "category": "OBJECT_NOT_FOUND"})


def refusal(category: str, message: str = "No.", status: int = 400, **more: Any) -> Reply:
    return Reply(status, {"status": "error", "message": message, "category": category, **more})


def multi(rows: list[Any], errors: list[Any]) -> Reply:
    """Return the answer of a batch: 207 where something is wrong with one of its inputs."""
    more = {"numErrors": len(errors), "errors": errors} if errors else {}
    return Reply(207 if errors else 200, {"status": "COMPLETE", "results": rows, **more})


def not_found(ids: list[str]) -> dict[str, Any]:
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Gone.", "context": {"ids": ids}}


def without(record: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "context": {"fromObjectId": [record]},
    }


def invalid(name: str, code: str = "INVALID_OPTION") -> str:
    """Return a refusal's message as HubSpot writes it: a JSON list inside a text."""
    entry = [{"isValid": False, "message": "a secret value", "error": code, "name": name}]
    return f"Property values were not valid: {json.dumps(entry)}"


def owner(one: str, email: str, *, archived: bool = False) -> dict[str, Any]:
    teams = [{"id": "1", "name": "Nordics", "primary": True}]
    return {
        "id": one,
        "email": email,
        "firstName": "Rosa",
        "lastName": "Lang",
        "userId": None if archived else 9,
        "archived": archived,
        "teams": teams,
    }


def pipeline() -> dict[str, Any]:
    stages = [
        {"id": one, "label": label, "metadata": {"isClosed": closed, "probability": odds}}
        for one, label, odds, closed in STAGES
    ]
    return {"id": "default", "label": "Sales Pipeline", "stages": stages}


def property_(name: str, kind: str) -> dict[str, Any]:
    options = [{"value": value, "label": label} for value, label in OPTIONS.get(name, {}).items()]
    read_only = {"readOnlyValue": name in READ_ONLY}
    return {"name": name, "label": name, "type": kind, "options": options, "modificationMetadata": read_only}


def number(one: int) -> str:
    return str(515_690_208_000 + one)


def won_deal(one: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a won deal's record; `history` is a list of (stage, stamp), the newest first."""
    history = changes.pop("history", [("closedwon", WON_AT), ("appointmentscheduled", "2026-03-01T08:00:00.000Z")])
    properties = {
        "dealname": "Northwind - 50 seats",
        "amount": "48000",
        "dealstage": "closedwon",
        "pipeline": "default",
        "dealtype": "newbusiness",
        "closedate": "2026-03-31T00:00:00.000Z",
        "createdate": "2026-03-01T08:00:00.000Z",
        "hs_is_closed_won": "true",
        "hs_is_closed": "true",
        "hs_lastmodifieddate": "2026-03-10T11:30:00.000Z",
        "hs_object_id": number(one),
        "hubspot_owner_id": "77",
        "business_goal": "Cut returns from 9% to 4%",
        "hs_v2_date_entered_current_stage": "2026-03-07T09:00:00.000Z",
        **changes,
    }
    entries = [{"value": stage, "timestamp": at} for stage, at in history]
    return {"id": number(one), "properties": properties, "propertiesWithHistory": {"dealstage": entries}}


def record(one: str, **properties: Any) -> dict[str, Any]:
    return {"id": one, "properties": properties}


def receipt(one: int = 1, key: str = "", **fields: Any) -> Receipt:
    ref = DealRef("main", "hubspot", PORTAL, number(one))
    return Receipt(key or f"receipt-{one}", ref, fields or {"handoff_status": "Handed off"})


MAPPED = Wanted(
    ("dealname", "amount", "dealtype.label", "company.industry.label", "business_goal", "closedate", "owner.name"),
    {"contacts": ("name", "email", "label")},
)


def wire_to(portal: Any, clock: FakeClock, **changes: Any) -> Wire:
    given = {
        "instance": "main",
        "base_url": BASE,
        "auth": ServiceKey("sandbox"),
        "budget": OpenBudget(),
        "jitter": lambda: 0.5,
        "version": "2026-03",
        "settings": HubSpotSettings(),
        **changes,
    }
    return Wire(clock=clock, client=httpx.Client(transport=httpx.MockTransport(portal)), **given)


def hubspot_over(wire: Wire, **changes: Any) -> HubSpot:
    given = {"instance": "main", "wanted": MAPPED, "first_seen": lambda: SEEN, **changes}
    return HubSpot(wire=wire, **given)


OAUTH = OAuth("client", "secret", "refresh")


def _call(request: httpx.Request) -> Call:
    content, is_json = request.content.decode(), "json" in request.headers.get("content-type", "")
    body = json.loads(content) if is_json and content else content
    path = request.url.path
    return Call(_kind(path), request.method, path, dict(request.url.params), dict(request.headers), body)


def _kind(path: str) -> str:
    ends = {
        "/details": "details",
        "/token": "token",
        "/search": "search",
        "/batch/update": "write",
        "/batch/create": "make",
    }
    for end, kind in ends.items():
        if path.endswith(end):
            return kind
    if path.endswith("/batch/read"):
        return "ties" if "/associations/" in path else "read"
    if "/associations/" in path:
        return "tie"
    for word in ("owners", "pipelines", "properties"):
        if f"/crm/{word}" in path or f"/crm/v3/{word}" in path:
            return word
    return "get" if path.rsplit("/", 1)[1].isdigit() else "list"


def _shown(row: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was asked for; a requested empty property is null."""
    asked = {name: row["properties"].get(name) for name in body["properties"]}
    told = {name: row.get("propertiesWithHistory", {}).get(name) for name in body.get("propertiesWithHistory", ())}
    return {**row, "properties": asked, **({"propertiesWithHistory": told} if told else {})}


def _fits(row: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
    held = row["id"] if one["propertyName"] == "hs_object_id" else row["properties"].get(one["propertyName"])
    value = one.get("value", "")
    if one["operator"] in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return (held is None) is (one["operator"] == "NOT_HAS_PROPERTY")
    if held is None:
        return False
    if one["operator"] == "EQ":
        return str(held).lower() == value.lower()
    if one["operator"] == "CONTAINS_TOKEN":
        return value.strip("*").lower() in str(held).lower()
    number_ = int(held) if str(held).isdigit() else _ms(str(held))
    return {"GT": number_ > int(value), "GTE": number_ >= int(value), "LT": number_ < int(value)}[one["operator"]]


def _ms(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp() * 1000)
