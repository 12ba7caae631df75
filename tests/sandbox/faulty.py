"""A small tenant and the calls that tests of faults make."""

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

from sandbox.wire import Contents, Request
from tests.in_process import world_at

START = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
DEAL = "006000000000001AAA"
OTHER = "006000000000002AAA"
ACCOUNT = "001000000000001AAA"
DATA = "/services/data/v66.0"
BEARER = {"authorization": "Bearer sandbox"}
SALESFORCE_TOKEN = Request("POST", "/services/oauth2/token", "", {}, b"grant_type=client_credentials")


def small_world():
    """Return a world whose clock moves only when told: two deals, one company, one user."""
    world = world_at(START, tenant=lambda number, now: Contents({}, {}))
    deal = {"StageName": "Closed Won", "CloseDate": "2026-03-01", "AccountId": ACCOUNT}
    world.load(
        {
            "salesforce": {
                "Account": [{"Id": ACCOUNT, "Name": "Acme"}],
                "Opportunity": [{**deal, "Id": DEAL, "Name": "Rocket"}, {**deal, "Id": OTHER, "Name": "Sledge"}],
            },
            "gainsight": {
                "gsuser": [{"Email": "jo@harbor.example", "Name": "Jo"}],
                "Company": [{"Name": "Acme", "SfdcAccountId": ACCOUNT}],
            },
        }
    )
    return world


def salesforce(method, path, body=None, query=""):
    return Request(method, f"{DATA}/{path}", query, BEARER, b"" if body is None else json.dumps(body).encode())


def soql(statement):
    return salesforce("GET", "query", query=urlencode({"q": statement}))


def write_back(*deals, strict=False, **fields):
    """Return the collections call that writes a next step to deals."""
    values = fields or {"NextStep": "Kickoff"}
    records = [{"attributes": {"type": "Opportunity"}, "id": deal, **values} for deal in deals]
    return salesforce("PATCH", "composite/sobjects", {"allOrNone": strict, "records": records})


def gainsight(method, path, body=None, query=""):
    return Request(method, path, query, {"accesskey": "sandbox"}, b"" if body is None else json.dumps(body).encode())


def companies(*names):
    return gainsight("POST", "/v1/data/objects/Company", {"records": [{"Name": name} for name in names]})


def query_companies(*names):
    where = {"conditions": [{"name": "Name", "alias": "A", "value": list(names), "operator": "IN"}], "expression": "A"}
    return gainsight("POST", "/v1/data/objects/query/Company", {"select": ["Gsid", "Name"], "where": where})


def ctas(*names):
    """Return the call that makes a CTA of each name; the first has reference id 1."""
    requests = [
        {
            "record": {
                "referenceId": str(place),
                "Name": name,
                "company": "Acme",
                "owner": "jo@harbor.example",
                "DueDate": "2026-04-01",
                "type": "Lifecycle",
                "reason": "Onboarding",
                "status": "New",
                "priority": "High",
                "Bridge_Key__gc": f"key-{name}",
            }
        }
        for place, name in enumerate(names, 1)
    ]
    lookups = {
        "CompanyId": {"fields": {"company": "Name"}, "lookupField": "Gsid", "objectName": "company"},
        "OwnerId": {"fields": {"owner": "Email"}, "lookupField": "Gsid", "objectName": "gsuser"},
    }
    return gainsight("POST", "/v2/cockpit/cta", {"requests": requests, "lookups": lookups})


def activities(*keys):
    records = [
        {
            "ExternalId": key,
            "ContextName": "Company",
            "TypeName": "Update",
            "Subject": key,
            "Notes": "<p>Won</p>",
            "Author": "jo@harbor.example",
            "companyName": "Acme",
        }
        for key in keys
    ]
    lookups = {
        "AuthorId": {"fields": {"Author": "Email"}, "lookupField": "Gsid", "objectName": "gsuser"},
        "GsCompanyId": {"fields": {"companyName": "Name"}, "lookupField": "Gsid", "objectName": "company"},
    }
    return gainsight("POST", "/v1/ant/es/activity", {"records": records, "lookups": lookups})


def said(answer):
    return json.loads(answer.body)


def names(world, object, field="Name"):
    """Return the names of an object's records, deleted ones left out, in the first system that has it."""
    objects = next(iter(world.state(object=object).values()))
    return [row[field] for row in objects[object] if not row.get("IsDeleted")]
