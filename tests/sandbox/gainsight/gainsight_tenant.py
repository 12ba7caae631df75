"""A Gainsight tenant to test with: two people, two companies, and the calls a client makes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.gainsight import GainsightEngine
from sandbox.wire import Request, Response

START = datetime(2026, 3, 6, 16, 55, tzinfo=UTC)
JO, LEE = "jo.roe@harbor.example", "lee.park@harbor.example"
OWNER = {"fields": {"OwnerEmail": "Email"}, "lookupField": "Gsid", "objectName": "gsuser"}
COMPANY = {"fields": {"SFDCID": "SfdcAccountId"}, "lookupField": "Gsid", "objectName": "company"}
STRICT = {"multiMatchOption": "MARKASERROR", "onNoMatch": "ERROR"}
LOOKUPS = {"OwnerId": {**OWNER, **STRICT}, "CompanyId": {**COMPANY, **STRICT}}
TIMELINE_LOOKUPS = {
    "AuthorId": {"fields": {"Author": "Email"}, "lookupField": "Gsid", "objectName": "gsuser", **STRICT},
    "GsCompanyId": {"fields": {"companyName": "Name"}, "lookupField": "Gsid", "objectName": "company", **STRICT},
}


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
    def data(self) -> Any:
        return self.body["data"]

    @property
    def records(self) -> Any:
        return self.data["records"]

    @property
    def code(self) -> str:
        return str(self.body["errorCode"])


class Tenant:
    """An engine and the calls of a client; each call is a second after the last one."""

    def __init__(self) -> None:
        self.now = START
        self.real = START
        self.engine = GainsightEngine(tenant_id="harbor", real_now=lambda: self.real)
        self.engine.load({"gsuser": [user(JO, "Jo", "Roe"), user(LEE, "Lee", "Park")]}, self.now)
        self.engine.load({"Company": [company("Acme", "001A", Stage="Kicked Off"), company("Birch", "001B")]}, self.now)

    def call(self, method: str, path: str, body: Any = None, query: str = "", **headers: str) -> Answer:
        self.now += timedelta(seconds=1)
        sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = headers or {"accesskey": "sandbox"}
        return Answer(self.engine.handle(Request(method, path, query, headers, sent), self.now))

    def switch(self, **switches: Any) -> None:
        self.engine.tenant({"gainsight": switches})

    def query(self, name: str, *select: str, where: Any = None, **more: Any) -> Answer:
        body = {"select": list(select) or ["Gsid"], **({"where": where} if where else {}), **more}
        return self.call("POST", f"/v1/data/objects/query/{name}", body)

    def insert(self, *records: Any, lookups: Any = None, name: str = "Company") -> Answer:
        body = {"records": list(records), "lookups": lookups or {}}
        return self.call("POST", f"/v1/data/objects/{name}", body)

    def update(self, keys: str, *records: Any, name: str = "Company") -> Answer:
        return self.call("PUT", f"/v1/data/objects/{name}", {"records": list(records)}, f"keys={keys}")

    def cta(self, *records: Any, method: str = "POST") -> Answer:
        return self.call(method, "/v2/cockpit/cta/", requests(*records))

    def ctas(self, *select: str, **more: Any) -> Answer:
        return self.call("POST", "/v2/cockpit/cta/list", {"select": list(select) or ["Name"], **more})

    def plan(self, *records: Any, method: str = "POST", query: str = "") -> Answer:
        return self.call(method, "/v2/successPlan/", requests(*records), query)

    def activity(self, *records: Any, method: str = "POST", query: str = "") -> Answer:
        body = {"records": list(records), "lookups": TIMELINE_LOOKUPS}
        return self.call(method, "/v1/ant/es/activity", body, query)

    def held(self, name: str) -> list[Any]:
        return self.engine.state_of(name)

    def gsid(self, name: str, **wanted: Any) -> str:
        found = [row for row in self.held(name) if all(row[key] == value for key, value in wanted.items())]
        assert len(found) == 1
        return str(found[0]["Gsid"])


def user(email: str, first: str, last: str) -> dict[str, Any]:
    return {"Email": email, "Name": f"{first} {last}", "FirstName": first, "LastName": last}


def company(name: str, account: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "SfdcAccountId": account, "CsmEmail": JO, **more}


def requests(*records: Any) -> dict[str, Any]:
    return {"requests": [{"record": record} for record in records], "lookups": LOOKUPS}


def a_cta(reference: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "referenceId": reference,
        "Name": "Kick off onboarding: Acme",
        "SFDCID": "001A",
        "OwnerEmail": JO,
        "DueDate": "2026-04-01",
        "type": "Lifecycle",
        "reason": "Onboarding",
        "status": "New",
        "priority": "High",
        **more,
    }


def a_plan(reference: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "referenceId": reference,
        "Name": "Onboarding: Acme",
        "SFDCID": "001A",
        "OwnerEmail": JO,
        "DueDate": "2026-09-01",
        "SuccessPlanType": "Onboarding",
        "status": "Draft",
        "Templates": ["Enterprise Template"],
        **more,
    }


def an_activity(external: str = "sf:006A:closed-won", **more: Any) -> dict[str, Any]:
    return {
        "ExternalId": external,
        "ContextName": "Company",
        "TypeName": "Update",
        "Subject": "Closed won: Acme",
        "Notes": "<p>Sixty seats.</p>",
        "ActivityDate": "2026-03-06T09:00:00.000-07:00",
        "Author": JO,
        "companyName": "Acme",
        "internalAttendees": [LEE],
        **more,
    }


def where(**conditions: Any) -> dict[str, Any]:
    """Say `Name=("EQ", "Acme")` for each condition; all must hold. Names with dots are given by `name`."""
    rows = [
        {"name": name, "alias": chr(65 + at), "operator": operator, "value": list(values)}
        for at, (name, (operator, *values)) in enumerate(conditions.items())
    ]
    return {"conditions": rows, "expression": " AND ".join(row["alias"] for row in rows)}


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}
