"""Every golden exchange: the connector reads it rightly, and the sandbox answers in its shape."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from requests.adapters import BaseAdapter
from ruamel.yaml import YAML

from connectors._http import Route
from connectors._salesforce_gateway import Gateway
from connectors._salesforce_inspect_org import Numbers
from connectors._salesforce_login import ClientCredentials, JwtBearer
from connectors._salesforce_records import Facts
from connectors.salesforce import Salesforce, Wanted
from handoff.counted import Whereabouts
from handoff.errors import ConfigError, NotAllowed, Rejected, Transient
from handoff.model import DealRef, Result, Scope, Step, Updated, Window, WonHow
from handoff.ports import Receipt
from sandbox.salesforce.engine import SalesforceEngine
from sandbox.wire import Request
from tests.connectors.salesforce.fake_org import FakeOrg, Reply, gateway_to, salesforce_over
from tests.connectors.salesforce.sandbox_org import SandboxOrg, engine_at
from tests.fakes import FakeClock
from tests.golden.shape import shape_differences

GOLDEN = Path(__file__).parents[2] / "golden" / "salesforce"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.yml"))

AT = datetime(2026, 11, 20, 17, 3, 22, tzinfo=UTC)
WINDOW = Window(datetime(2026, 11, 20, 17, tzinfo=UTC), datetime(2026, 11, 20, 18, tzinfo=UTC))
ORG = "00D000000000062EAA"
ONE, TWO = "006000000000001AAA", "006000000000002AAA"
AUTH = ClientCredentials(domain="acme.my", key="sandbox", secret="sandbox")
WANTED = Wanted(
    ("Business_Goal__c",),
    {
        "OpportunityContactRoles": ("Contact.Name", "Contact.Email", "Role", "IsPrimary"),
        "OpportunityLineItems": ("Product2.Name", "Quantity"),
    },
)
ANY_READ = Route("reading", reads=True, repeatable=True)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(AT)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def golden(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((GOLDEN / f"{name}.yml").read_text(encoding="utf-8"))


def signing(key: rsa.RSAPrivateKey) -> JwtBearer:
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    text = key.private_bytes(pem, form, serialization.NoEncryption()).decode()
    return JwtBearer(domain="acme.my", username="sandbox", key="sandbox", private_key=text)


# The connector


def kind_of(exchange: Mapping[str, Any]) -> str:
    kinds = {
        "count": "deals",
        "record_count": "more",
        "limits": "more",
        "organization": "org",
        "query": "deals",
        "next_page": "more",
        "collections_create": "write",
        "collections_update": "write",
    }
    return kinds.get(exchange["route"], exchange["route"])


def reads_token(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    assert crm.org() == ORG
    assert org.of("org")[0].headers["Authorization"] == "Bearer golden-session"
    assert gateway.host == "acme.my.salesforce.com"


def reads_refused_token(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    with pytest.raises(NotAllowed, match=r"invalid_client.*consumer secret"):
        crm.org()
    assert org.count("token") == 1


def reads_versions(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    assert crm.server_now() == AT


def reads_org(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    assert crm.org() == ORG
    assert gateway.api_usage == (239, 15000)


def reads_stages(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    assert crm._stages() == {"Closed Won"}


def reads_describe(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    crm._write_back._fields = ("Handoff_Status__c", "IsWon", "Nowhere__c")

    assert set(crm.unwritable()) == {"IsWon", "Nowhere__c"}
    assert crm._described().fields["handoff_status__c"].length == 40
    assert crm._described().parents == {"account"}
    assert crm._described().children == {"opportunitycontactroles", "opportunityhistories"}


def reads_deals(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    ((deal,),) = [page.deals for page in crm.changed(WINDOW)]

    assert deal.ref == DealRef("main", "salesforce", ORG, ONE)
    assert (deal.name, deal.amount, deal.owner_email) == (
        "Northwind - 50 seats",
        Decimal("48000.1"),
        "rep@northwind.example",
    )
    assert (deal.won_at, deal.won_how, deal.episode) == (AT, WonHow.HISTORY, 1)
    assert deal.source == {"Business_Goal__c": "Cut returns from 9% to 4%"}
    assert deal.children == {
        "OpportunityContactRoles": (
            {
                "Contact.Name": "Priya Shah",
                "Contact.Email": "priya@northwind.example",
                "Role": "Economic Buyer",
                "IsPrimary": True,
            },
        ),
        "OpportunityLineItems": (),
    }


def reads_deleted(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    assert crm.whereabouts([ONE]) == {ONE: Whereabouts.DELETED}


def reads_more(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    org.queued["deals"] = [Reply(200, golden("query_more_to_come")["response"]["body"])]
    org.queued["more"] = [Reply(200, golden("next_page")["response"]["body"])]

    pages = [[row["Id"] for row in page] for page in crm._pages.plain(ANY_READ, "SELECT Id FROM Opportunity")]

    assert pages == [[ONE], [TWO]]


def reads_outcomes(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    refs = [DealRef("main", "salesforce", ORG, one) for one in (ONE, TWO)]
    receipts = [
        Receipt("good", refs[0], {"Handoff_Status__c": "Handed off"}),
        Receipt("bad", refs[1], {"Handoff_Status__c": "Bad"}),
    ]

    good, bad = crm.write_back(receipts)

    assert (good.result, good.ref, bad.result) == (Result.UPDATED, ONE, Result.REJECTED)
    assert bad.reason.startswith("FIELD_CUSTOM_VALIDATION_EXCEPTION on Business_Goal__c: Enter a loss reason. ")


def reads_tasks_made(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    deal = DealRef("main", "salesforce", ORG, ONE)
    sent = {
        "onboarding": {"subject": "Onboard Fjord", "due": date(2026, 11, 25)},
        "nobody": {"subject": "Onboard nobody", "priority": "Bad"},
    }
    steps = [Step(f"hb:{deal}:e1:main.{name}", name, "task", Scope.DEAL, deal, said) for name, said in sent.items()]

    good, bad = crm.work("main").put(steps)

    assert (good.result, good.ref, bad.result) == (Result.CREATED, "00T000000000001AAA", Result.REJECTED)
    assert bad.reason == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST on Priority."


def reads_end_of_session(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    org.queue("token", *[Reply(200, {"access_token": "ended", "instance_url": "https://acme.my.salesforce.com"})])

    assert crm.org() == ORG
    assert org.count("token") == 2


def reads_limit(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    with pytest.raises(Transient, match="used up"):
        crm.org()
    assert org.count("org") == 1


def reads_hidden_field(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    with pytest.raises(ConfigError, match=r"Opportunity\.Foo__c is missing or hidden"):
        list(crm._pages.plain(ANY_READ, "SELECT Id FROM Opportunity WHERE Foo__c = null"))


def reads_lost_cursor(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    with pytest.raises(Rejected) as caught:
        gateway.ask(ANY_READ, "GET", "/services/data/v66.0/query/0r8xx0000000009-2000")
    assert caught.value.code == "INVALID_QUERY_LOCATOR"


def reads_count(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    assert Numbers(gateway)._count(" WHERE IsWon = true AND CloseDate >= 2026-11-01") == 2


def reads_record_count(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    assert Numbers(gateway)._whole() == 2


def reads_limits(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    assert Numbers(gateway)._limits() == (2, 15_000)


def reads_log_of_changes(crm: Salesforce, gateway: Gateway, org: FakeOrg) -> None:
    assert crm.updated(WINDOW) == Updated(frozenset({ONE}), datetime(2026, 11, 20, 17, 30, tzinfo=UTC))


READS: dict[str, Callable[[Salesforce, Gateway, FakeOrg], None]] = {
    "collections_made": reads_tasks_made,
    "collections_one_refused": reads_outcomes,
    "count": reads_count,
    "describe": reads_describe,
    "invalid_field": reads_hidden_field,
    "invalid_query_locator": reads_lost_cursor,
    "limit_exceeded": reads_limit,
    "limits": reads_limits,
    "next_page": reads_more,
    "organization": reads_org,
    "query_all": reads_deleted,
    "query_children": reads_deals,
    "query_more_to_come": reads_more,
    "record_count": reads_record_count,
    "session_expired": reads_end_of_session,
    "stages": reads_stages,
    "token_client_credentials": reads_token,
    "token_jwt": reads_token,
    "token_refused": reads_refused_token,
    "updated": reads_log_of_changes,
    "versions": reads_versions,
}


@pytest.mark.parametrize("name", NAMES)
def test_the_connector_reads_the_golden_answer(name: str, clock: FakeClock, key: rsa.RSAPrivateKey) -> None:
    exchange = golden(name)
    org = FakeOrg(clock)
    said = exchange["response"]
    org.queue(kind_of(exchange), Reply(said["status"], said["body"], said["headers"]))
    wrong = ClientCredentials(domain="acme.my", key="sandbox", secret="wrong")
    auth = {"token_jwt": signing(key), "token_refused": wrong}.get(name, AUTH)
    gateway = gateway_to(org, clock, auth=auth)

    READS[name](salesforce_over(gateway, wanted=WANTED), gateway, org)

    assert_asked(exchange["request"], org.of(kind_of(exchange))[0])


def assert_asked(request: Mapping[str, Any], call: Any) -> None:
    """The connector asked what the golden exchange holds."""
    assert (call.method, call.path, dict(call.query)) == (request["method"], request["path"], request.get("query", {}))
    for name, value in request.get("headers", {}).items():
        assert call.headers[name] == value
    body = request.get("body", "")
    if isinstance(body, str):
        assert call.body.startswith(body)
    else:
        assert call.json() == body


# The sandbox


def people_and_deals() -> dict[str, list[dict[str, Any]]]:
    def deal(one: str, name: str) -> dict[str, Any]:
        return {
            "Id": one,
            "Name": name,
            "AccountId": "001000000000001AAA",
            "OwnerId": "005000000000001AAA",
            "StageName": "Prospecting",
            "CloseDate": "2026-11-30",
            "Amount": 48000.10,
            "Business_Goal__c": "Cut returns from 9% to 4%",
        }

    return {
        "User": [{"Id": "005000000000001AAA", "Name": "Rep", "Email": "rep@northwind.example", "IsActive": True}],
        "Account": [{"Id": "001000000000001AAA", "Name": "Northwind"}],
        "Contact": [
            {
                "Id": "003000000000001AAA",
                "FirstName": "Priya",
                "LastName": "Shah",
                "Email": "priya@northwind.example",
                "AccountId": "001000000000001AAA",
            }
        ],
        "Opportunity": [deal(ONE, "Northwind - 50 seats"), deal(TWO, "Northwind - 5 more")],
        "OpportunityContactRole": [
            {"OpportunityId": one, "ContactId": "003000000000001AAA", "Role": "Economic Buyer", "IsPrimary": True}
            for one in (ONE, TWO)
        ],
    }


def engine_with_deals(clock: FakeClock) -> SalesforceEngine:
    engine = engine_at(clock)
    engine.load(people_and_deals(), AT - timedelta(days=1))
    engine.load({"Opportunity": [{"Id": one, "StageName": "Closed Won"} for one in (ONE, TWO)]}, AT)
    return engine


RULE = {"when": {"Handoff_Status__c": "Bad"}, "message": "Enter a loss reason", "fields": ["Business_Goal__c"]}
TENANTS: dict[str, dict[str, Any]] = {
    "collections_one_refused": {"validation_rules": [RULE]},
    "limit_exceeded": {"daily_limit": 1},
    "next_page": {"page_size": 1},
    "query_more_to_come": {"page_size": 1},
}


def sandbox_says(name: str, exchange: Mapping[str, Any], engine: SalesforceEngine, at: datetime) -> Any:
    request = dict(exchange["request"])
    if name == "limit_exceeded":
        ask(engine, request, at)
    if name == "next_page":
        first = ask(engine, golden("query_more_to_come")["request"], at)
        request["path"] = json.loads(first.body)["nextRecordsUrl"]
    return ask(engine, request, at)


def ask(engine: SalesforceEngine, request: Mapping[str, Any], at: datetime) -> Any:
    body = request.get("body", "")
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"authorization": "Bearer sandbox", **{k.lower(): v for k, v in request.get("headers", {}).items()}}
    query = urlencode(request.get("query", {}))
    return engine.handle(Request(request["method"], request["path"], query, headers, text.encode()), at)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "token_jwt"])
def test_the_sandbox_answers_in_the_golden_shape(name: str, clock: FakeClock) -> None:
    exchange = golden(name)
    engine = engine_with_deals(clock)
    engine.tenant(TENANTS.get(name, {}))

    said = sandbox_says(name, exchange, engine, AT + timedelta(seconds=30))

    assert (said.status, differences(exchange, said.body)) == (exchange["response"]["status"], [])


def test_the_sandbox_takes_a_signed_assertion(clock: FakeClock, key: rsa.RSAPrivateKey) -> None:
    engine = engine_at(FakeClock(datetime.now(UTC)))  # assertions live in real time
    pem, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    engine.tenant({"jwt_public_key": key.public_key().public_bytes(pem, form).decode()})
    exchange = golden("token_jwt")
    ends = int((datetime.now(UTC) + timedelta(minutes=3)).timestamp())
    claims = {"iss": "sandbox", "sub": "sandbox", "aud": "https://login.salesforce.com", "exp": ends}
    body = exchange["request"]["body"] + jwt.encode(claims, key, algorithm="RS256")

    said = ask(engine, {**exchange["request"], "body": body}, AT)

    assert (said.status, differences(exchange, said.body)) == (200, [])


def differences(exchange: Mapping[str, Any], body: bytes) -> list[str]:
    expected, actual = exchange["response"]["body"], json.loads(body)
    if not exchange.get("open"):
        return shape_differences(expected, actual)
    found = shape_differences(expected, only(keys_in(expected), actual))
    return [line for line in found if not line.endswith(": not expected")]


def keys_in(value: Any) -> set[str]:
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return set(value if isinstance(value, dict) else ()).union(*(keys_in(one) for one in inner))


def only(keys: set[str], value: Any) -> Any:
    """The value without the keys of which the reference says nothing."""
    if isinstance(value, list):
        return [only(keys, one) for one in value]
    return {k: only(keys, v) for k, v in value.items() if k in keys} if isinstance(value, dict) else value


# The connector and the sandbox together


def to_sandbox(org: BaseAdapter, clock: FakeClock, **changes: Any) -> Gateway:
    return gateway_to(org, clock, **{"auth": AUTH, "rewrite_to": "http://127.0.0.1:8701", **changes})


@pytest.fixture
def engine(clock: FakeClock) -> SalesforceEngine:
    return engine_with_deals(clock)


def over(engine: SalesforceEngine, clock: FakeClock) -> Salesforce:
    return salesforce_over(to_sandbox(SandboxOrg(engine, clock), clock), wanted=WANTED)


def test_a_window_of_the_sandbox_is_read_to_the_last_page(engine: SalesforceEngine, clock: FakeClock) -> None:
    engine.tenant({"page_size": 1})

    found = [deal for page in over(engine, clock).changed(WINDOW) for deal in page.deals]

    assert [deal.ref.id for deal in found] == [ONE, TWO]
    assert {(deal.won_at, deal.won_how, deal.episode) for deal in found} == {(AT, WonHow.HISTORY, 1)}
    assert found[0].children["OpportunityContactRoles"][0]["Contact.Email"] == "priya@northwind.example"


def test_the_sandbox_names_changed_deals_in_its_log_and_those_that_left_won_by_stage_or_as_deleted(
    engine: SalesforceEngine, clock: FakeClock
) -> None:
    engine.tenant({"page_size": 1})
    engine.load({"Opportunity": [{"Id": ONE, "StageName": "Prospecting"}]}, AT + timedelta(minutes=1))
    ask(engine, {"method": "DELETE", "path": f"/services/data/v66.0/sobjects/Opportunity/{TWO}"}, AT + timedelta(0, 70))
    clock.advance(180)
    crm = over(engine, clock)
    a_minute_later = Window(AT + timedelta(minutes=1), AT + timedelta(minutes=2))

    left = [one for page in crm.left(a_minute_later) for one in page]

    assert crm.updated(a_minute_later) == Updated(frozenset({ONE}), a_minute_later.upper)
    assert [(one.ref.id, one.stage) for one in left] == [(ONE, "Prospecting"), (TWO, None)]
    assert list(crm.left(Window(AT, AT + timedelta(minutes=1)))) == []


def test_the_log_of_changes_is_asked_for_no_more_than_the_vendor_keeps_and_never_when_switched_off(
    clock: FakeClock,
) -> None:
    org = FakeOrg(clock)
    org.queue("updated", *[Reply(200, golden("updated")["response"]["body"])] * 2)
    gateway = gateway_to(org, clock, auth=AUTH)

    salesforce_over(gateway).updated(Window(AT - timedelta(days=400), AT))
    off = salesforce_over(gateway, facts=Facts(second_opinion=False)).updated(WINDOW)
    within_a_second = salesforce_over(gateway).updated(Window(AT, AT + timedelta(milliseconds=900)))

    assert (off, within_a_second) == (None, None)
    assert [dict(call.query) for call in org.of("updated")] == [
        {"start": "2026-10-22T17:03:22+00:00", "end": "2026-11-20T17:03:22+00:00"}
    ]


@pytest.mark.parametrize("body", ["<html>", {"ids": []}, {"ids": None, "latestDateCovered": "2026-11-20"}, []])
def test_an_answer_that_is_no_log_of_changes_is_transient(body: Any, clock: FakeClock) -> None:
    org = FakeOrg(clock)
    org.queue("updated", *[Reply(200, body)] * 4)

    with pytest.raises(Transient):
        salesforce_over(gateway_to(org, clock, auth=AUTH)).updated(WINDOW)


def test_a_deal_lost_and_won_again_in_the_sandbox_is_in_its_second_episode(
    engine: SalesforceEngine, clock: FakeClock
) -> None:
    engine.load({"Opportunity": [{"Id": ONE, "StageName": "Closed Lost"}]}, AT + timedelta(minutes=1))
    engine.load({"Opportunity": [{"Id": ONE, "StageName": "Closed Won"}]}, AT + timedelta(minutes=2))
    clock.advance(180)

    (deal,) = over(engine, clock).read([ONE[:15]]).deals

    assert (deal.episode, deal.won_at) == (2, AT + timedelta(minutes=2))


def test_what_is_written_back_is_in_the_sandbox(engine: SalesforceEngine, clock: FakeClock) -> None:
    fields = {
        "Handoff_Status__c": "Handed off",
        "Handoff_Completeness__c": Decimal("66.7"),
        "Handoff_Delivered_At__c": AT,
        "Handoff_Missing__c": None,
    }

    (outcome,) = over(engine, clock).write_back([Receipt("k", DealRef("main", "salesforce", ORG, ONE), fields)])

    assert outcome.result is Result.UPDATED
    (held,) = [row for row in engine.state_of("Opportunity") if row["Id"] == ONE]
    assert (held["Handoff_Status__c"], held["Handoff_Completeness__c"]) == ("Handed off", 66.7)
    assert held["Handoff_Delivered_At__c"] == "2026-11-20T17:03:22.000+0000"


def test_names_with_quotes_are_found_in_the_sandbox(engine: SalesforceEngine, clock: FakeClock) -> None:
    engine.load({"Account": [{"Id": "001000000000001AAA", "Name": "O'Hara 100%_"}]}, AT)
    crm = over(engine, clock)

    assert crm.search("o'hara 100%_", limit=1) == [(TWO, "Northwind - 5 more, O'Hara 100%_")]
    assert crm.search("o_hara") == []


def test_a_wrong_secret_is_refused_by_the_sandbox_once(engine: SalesforceEngine, clock: FakeClock) -> None:
    org = SandboxOrg(engine, clock)
    crm = salesforce_over(to_sandbox(org, clock, auth=ClientCredentials(domain="acme.my", key="sandbox", secret="no")))

    with pytest.raises(NotAllowed, match="consumer secret"):
        crm.org()

    assert [status for _, status, _ in org.answers] == [401]


def test_every_golden_exchange_is_read_and_says_where_it_comes_from() -> None:
    assert set(READS) == set(NAMES)
    for name in NAMES:
        exchange = golden(name)
        assert set(exchange) - {"open"} == {"route", "grade", "source", "request", "response"}
        assert exchange["source"].startswith("vendors/salesforce.md ")
