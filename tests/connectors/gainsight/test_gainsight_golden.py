"""The exchanges typed from the vendor's reference: the connector understands each, and the stand-in answers alike."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from ruamel.yaml import YAML

from connectors._gainsight_inspect_fields import Fields
from connectors._gainsight_inspect_values import Values
from connectors._gainsight_inspect_work import Work
from connectors.gainsight import M2M, AccessKey, Gainsight
from handoff.counted import Counted
from handoff.errors import NotAllowed
from handoff.model import Customer, Found, Held, How, Outcome, Result, User
from handoff.owners import Owner
from sandbox.wire import Request
from tests.connectors.gainsight.world import StandIn, connector, step
from tests.golden.shape import shape_differences

GOLDEN = Path(__file__).parents[2] / "golden" / "gainsight"

GLOBEX, INITECH = "1P02" + "A1B2C3D4" * 4, "1P02" + "E5F6G7H8" * 4
KIM, LEE = "1P01" + "K1L2M3N4" * 4, "1P01" + "P5Q6R7S8" * 4
CTA, PLAN, ACTIVITY = "1S01" + "T1U2V3W4" * 4, "1S02" + "B1C2D3E4" * 4, "1A01" + "F5G6H7J8" * 4
COMPANIES = [{"Gsid": GLOBEX, "Name": "Globex", "SfdcAccountId": "001A0000006Vm9uIAC"}]
USERS = [
    {"Gsid": KIM, "Email": "kim.csm@acme.example", "Name": "Kim Csm"},
    {"Gsid": LEE, "Email": "lee.left@acme.example", "Name": "Lee Left", "IsActiveUser": False},
]
CTAS = [{"Gsid": CTA, "Name": "Onboard Globex", "Bridge_Key__gc": "hb:main:a:cta"}]
BRIEF = "hb:main:a:brief"
KEY = AccessKey("sandbox")
ENTRY = {
    "ContextName": "Company",
    "TypeName": "Update",
    "GsCompanyId": GLOBEX,
    "Author": "kim.csm@acme.example",
    "Subject": "Sales handoff: Globex",
    "Notes": "<p>Sold</p>",
    "ActivityDate": datetime(2026, 11, 20, 16, 0, tzinfo=UTC),
}


def find_ctas(platform: Gainsight) -> Any:
    return platform.find([step("cta", "hb:main:a:cta"), step("cta", "hb:main:b:cta")])


def find_company(platform: Gainsight) -> Any:
    return platform.find([step("company", "k", match=({"SfdcAccountId": "001A0000006Vm9uIAC"}, {"Name": "Globex"}))])


def find_people(platform: Gainsight) -> Any:
    return platform.people(["kim.csm@acme.example", "lee.left@acme.example"])


LINKED = {
    "CompanyId": GLOBEX,
    "OwnerId": KIM,
    "type": "Lifecycle",
    "reason": "Onboarding",
    "status": "New",
    "priority": "High",
    "DueDate": date(2026, 12, 1),
    "Comments": "<p>Closed won</p>",
}


def read_cta(platform: Gainsight) -> Any:
    return platform.read([step("cta", "hb:main:a:cta", LINKED, ref=CTA)])


def read_activity(platform: Gainsight) -> Any:
    payload = {name: ENTRY[name] for name in ("Author", "GsCompanyId", "TypeName", "ActivityDate")}
    return platform.read([step("timeline", BRIEF, payload, ref=ACTIVITY)])


def open_ctas(platform: Gainsight) -> Any:
    payload = {"CompanyId": GLOBEX, "type": "Lifecycle", "reason": "Onboarding"}
    return platform.find([step("cta", "hb:main:a:cta", payload, adopt=("type", "reason"))])


def customers(platform: Gainsight) -> Any:
    return platform.customers(["001A0000006Vm9uIAC"])


def count_planted(platform: Gainsight) -> Any:
    return [one for page in platform.census() for one in page]


def deleted(platform: Gainsight) -> Any:
    return platform.deleted([CTA])


def insert(platform: Gainsight) -> Any:
    globex = {"Name": "Globex", "Stage": "New Customer", "SfdcAccountId": "001A0000006Vm9uIAC"}
    initech = {"Name": "Initech", "ARR": Decimal("12000.5"), "RenewalDate": date(2027, 3, 1)}
    return platform.put([step("company", "hb:main:a:company", globex), step("company", "hb:main:b:company", initech)])


def insert_bad(platform: Gainsight) -> Any:
    return platform.put([step("company", "hb:main:a:company", {"Name": "Globex", "Stage": "xyz"})])


def update(platform: Gainsight) -> Any:
    return platform.put([step("company", "k", {"ARR": Decimal("12000.5"), "Stage": "Launched"}, ref=GLOBEX)])


def make_ctas(platform: Gainsight) -> Any:
    usual = {
        "OwnerId": KIM,
        "DueDate": date(2026, 12, 1),
        "type": "Lifecycle",
        "reason": "Onboarding",
        "status": "New",
        "priority": "High",
    }
    globex = {"Name": "Onboard Globex", "CompanyId": GLOBEX, "Comments": "<p>Closed won</p>", **usual}
    initech = {"Name": "Onboard Initech", **usual}
    return platform.put([step("cta", "hb:main:a:cta", globex), step("cta", "hb:main:b:cta", initech)])


def make_plan(platform: Gainsight) -> Any:
    payload = {
        "Name": "Onboarding: Globex",
        "CompanyId": GLOBEX,
        "OwnerId": KIM,
        "DueDate": date(2027, 3, 1),
        "SuccessPlanType": "Onboarding",
        "status": "Draft",
        "Templates": ["Enterprise Template"],
        "Objectives": [{"Name": "First value", "DueDate": date(2027, 1, 15)}],
    }
    return platform.put([step("success_plan", "hb:main:a:plan", payload)])


def make_entry(platform: Gainsight) -> Any:
    return platform.put([step("timeline", BRIEF, ENTRY)])


def describe_companies(platform: Gainsight) -> Any:
    fields = Fields(platform._wire)
    return fields.learn(["company"]), [option["label"] for option in (fields.of("company", "Stage") or {})["options"]]


def configuration(kind: str, category: str) -> Callable[[Gainsight], Any]:
    def ask(platform: Gainsight) -> Any:
        items = Values(platform._wire, Fields(platform._wire))._items(kind, category)
        return [(item["name"], item["typeName"], item["active"]) for item in items]

    return ask


def recent_ctas(platform: Gainsight) -> Any:
    return Work(platform._wire, Fields(platform._wire))._made_by_others()


@dataclass(frozen=True)
class Case:
    """
    What to ask the connector and the result it must give; how the stand-in comes to answer alike.

    `before` and `then` are earlier and later answers the connector gets; `unlike` are known differences of the
    stand-in, each with a reason beside it.
    """

    ask: Callable[[Gainsight], Any]
    result: Any
    before: tuple[dict[str, Any], ...] = ()
    then: tuple[dict[str, Any], ...] = ()
    auth: AccessKey | M2M = KEY
    load: dict[str, Any] = field(default_factory=dict)
    switches: dict[str, Any] = field(default_factory=dict)
    twice: bool = False
    unlike: tuple[str, ...] = ()


EMPTY = {"result": True, "data": {"records": []}}
THERE = {"result": True, "data": {"records": [{"Gsid": ACTIVITY, "Subject": "Sales handoff", "ExternalId": BRIEF}]}}
WORLD = {"gsuser": USERS, "Company": COMPANIES}
THEIRS = {
    "Gsid": CTA,
    "Name": "Made by a rule",
    "CompanyId": GLOBEX,
    "OwnerId": KIM,
    "TypeId": "Lifecycle",
    "ReasonId": "Onboarding",
    "StatusId": "New",
    "PriorityId": "High",
    "DueDate": "2026-12-01",
    "Comments": "<p>x</p>",
}
MADE = {
    **{name: ENTRY[name] for name in ("ContextName", "TypeName", "GsCompanyId", "Subject", "Notes")},
    "Gsid": ACTIVITY,
    "ExternalId": BRIEF,
    "AuthorEmail": ENTRY["Author"],
    "ActivityDate": "2026-11-20T16:00:00Z",
}
LABELS = {
    "result": True,
    "data": [{"fields": [{"options": [{"label": "Launched", "value": "1I00" + "N9P8Q7R6" * 4}]}]}],
}
HELD = {
    "result": True,
    "data": {"records": [{"Gsid": GLOBEX, "Name": "Globex", "Stage": "1I00" + "N9P8Q7R6" * 4, "Status": None}]},
}
PLANTED_AT = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
PLANTED = Counted("hb:main:a:cta", "cta", CTA, GLOBEX, made_at=PLANTED_AT, changed_at=PLANTED_AT)
EARLIER = "1S01A1U2V3W4" + "T1U2V3W4" * 3
ONE_BEFORE = {
    "result": True,
    "data": {"records": [{"Gsid": EARLIER, "Bridge_Key__gc": "hb:main:a:cta", "IsClosed": False}]},
}
# The reference shows no request id in Timeline's own envelope; the stand-in puts it there as everywhere else.
REQUEST_ID = ("$.requestId: not expected",)

CASES = {
    "token": Case(find_ctas, {}, then=(EMPTY,), auth=M2M("sandbox", "sandbox")),
    "refused_key": Case(find_ctas, NotAllowed, auth=AccessKey("wrong")),
    "query_company": Case(find_company, {"k": [Found(GLOBEX, How.MATCH, "Globex")]}, load=WORLD),
    "query_gsuser": Case(
        find_people,
        {
            "kim.csm@acme.example": User(KIM, "kim.csm@acme.example", True, "Kim Csm"),
            "lee.left@acme.example": User(LEE, "lee.left@acme.example", False, "Lee Left"),
        },
        load=WORLD,
    ),
    "query_cta": Case(
        find_ctas,
        {"hb:main:a:cta": [Found(CTA, How.KEY, "Onboard Globex")]},
        load={**WORLD, "call_to_action": CTAS},
    ),
    "read_cta": Case(
        read_cta,
        {"hb:main:a:cta": Held(CTA, LINKED, closed=False, label="Onboard Globex")},
        load={**WORLD, "call_to_action": [THEIRS]},
    ),
    "read_activity": Case(
        read_activity,
        {
            BRIEF: Held(
                ACTIVITY,
                {name: ENTRY[name] for name in ("Author", "GsCompanyId", "TypeName", "ActivityDate")},
                label="Sales handoff: Globex",
            )
        },
        load={**WORLD, "activity_timeline": [MADE]},
    ),
    "open_ctas": Case(
        open_ctas,
        {
            "hb:main:a:cta": [
                Found(
                    CTA,
                    How.ADOPT,
                    "Made by a rule",
                    holds={"CompanyId": GLOBEX, "type": "Lifecycle", "reason": "Onboarding"},
                )
            ]
        },
        before=(EMPTY,),
        load={**WORLD, "call_to_action": [THEIRS]},
    ),
    "query_customers": Case(
        customers,
        {"001A0000006Vm9uIAC": Customer(GLOBEX, "Globex", None, "Launched", "kim.csm@acme.example")},
        then=(LABELS,),
        load={"gsuser": USERS, "Company": [{**COMPANIES[0], "Stage": "Launched", "Csm": KIM}]},
    ),
    "describe_company": Case(
        lambda platform: platform.read([step("company", "k", {"Stage": "New Customer"}, ref=GLOBEX)]),
        {"k": Held(GLOBEX, {"Stage": "Launched"}, label="Globex")},
        before=(HELD,),
    ),
    "planted_ctas": Case(
        count_planted,
        [PLANTED],
        before=(EMPTY, EMPTY),
        then=(EMPTY, EMPTY),
        load={**WORLD, "call_to_action": [THEIRS | {"Bridge_Key__gc": "hb:main:a:cta"}]},
    ),
    "planted_ctas_behind": Case(
        count_planted,
        [replace(PLANTED, ref=EARLIER, of="", made_at=None, changed_at=None), PLANTED],
        before=(EMPTY, EMPTY, ONE_BEFORE),
        then=(EMPTY, EMPTY),
        load={**WORLD, "call_to_action": [THEIRS | {"Bridge_Key__gc": "hb:main:a:cta"}]},
    ),
    "deleted_records": Case(
        deleted,
        {CTA: datetime(2026, 11, 20, 16, 0, tzinfo=UTC)},
        load={"call_to_action": [*CTAS, {"Gsid": CTA, "_deleted": True}]},
    ),
    "query_empty_list": Case(find_ctas, {}),
    "query_empty_result_false": Case(find_ctas, {}, switches={"no_data": "result_false"}),
    "query_empty_1011": Case(find_ctas, {}, switches={"no_data": "GSOBJ_1011"}),
    "query_cta_recent": Case(
        recent_ctas,
        ({("Lifecycle", "Onboarding"): 1}, False),
        load={**WORLD, "call_to_action": [{"Gsid": CTA, "TypeId": "Lifecycle", "ReasonId": "Onboarding"}]},
    ),
    "describe": Case(describe_companies, ([], ["New Customer"])),
    "cta_configuration": Case(configuration("cta", "CTA_REASON"), [("Onboarding", "Lifecycle", True)]),
    "plan_configuration": Case(
        configuration("success_plan", "SUCCESS_PLAN_TYPE"), [("Onboarding", "ALL_CTA_TYPE", True)]
    ),
    "insert_company": Case(
        insert,
        [
            Outcome("hb:main:a:company", Result.CREATED, GLOBEX),
            Outcome("hb:main:b:company", Result.CREATED, INITECH),
        ],
    ),
    "update_company": Case(update, [Outcome("k", Result.UPDATED, GLOBEX)], load=WORLD),
    "update_no_match": Case(
        update,
        [
            Outcome(
                "k",
                Result.REJECTED,
                GLOBEX,
                "GSOBJ_1011 (Gsid): the record is not there any more; somebody deleted or merged it in Gainsight.",
                owner=Owner.CS_OPS,
            )
        ],
    ),
    "refused_batch": Case(
        insert_bad,
        [
            Outcome(
                "hb:main:a:company",
                Result.REJECTED,
                None,
                "GSOBJ_1012 (Stage): the picklist has no such active value; "
                "correct `values` in the mapping or the list in Gainsight.",
            )
        ],
    ),
    "create_cta": Case(
        make_ctas,
        [
            Outcome("hb:main:a:cta", Result.CREATED, CTA),
            Outcome(
                "hb:main:b:cta",
                Result.REJECTED,
                None,
                "COCKPIT_9700 (CompanyId): a mandatory field is missing; map it.",
            ),
        ],
        load=WORLD,
    ),
    "create_plan": Case(make_plan, [Outcome("hb:main:a:plan", Result.CREATED, PLAN)], load=WORLD),
    "create_activity": Case(make_entry, [Outcome(BRIEF, Result.CREATED, ACTIVITY)], load=WORLD, unlike=REQUEST_ID),
    "duplicate_activity": Case(
        make_entry,
        [Outcome(BRIEF, Result.UNCHANGED, ACTIVITY)],
        then=(THERE,),
        load=WORLD,
        twice=True,
        unlike=REQUEST_ID,
    ),
    "too_many_calls": Case(find_ctas, {}, then=(EMPTY,), switches={"per_minute": 1}, twice=True),
}


def read(name: str) -> Any:
    return YAML(typ="safe").load((GOLDEN / f"{name}.yml").read_text(encoding="utf-8"))


def encoded(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def test_every_golden_exchange_is_checked():
    assert {path.stem for path in GOLDEN.glob("*.yml")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_connector_asks_as_the_reference_says_and_understands_the_answer(name):
    case, golden = CASES[name], read(name)
    asked: list[httpx.Request] = []
    answers = [(200, body) for body in case.before]
    answers += [(golden["response"]["status"], golden["response"]["body"]), *((200, body) for body in case.then)]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        status, body = answers.pop(0)
        return httpx.Response(status, json=body)

    platform = connector(answer, auth=case.auth)
    if case.result is NotAllowed:
        with pytest.raises(NotAllowed):
            case.ask(platform)
    else:
        result = case.ask(platform)
        assert result == case.result

    first, request = asked[len(case.before)], golden["request"]
    assert (first.method, first.url.path, first.url.query.decode()) == (
        request["method"],
        request["path"],
        request.get("query", ""),
    )
    if isinstance(request["body"], str):
        assert first.content.decode() == request["body"]
    else:
        assert json.loads(first.content) == request["body"]
    assert all(first.headers[header] == value for header, value in request["headers"].items())


@pytest.mark.parametrize("name", CASES)
def test_the_stand_in_answers_in_the_shape_the_reference_shows(name):
    case, golden = CASES[name], read(name)
    stand_in = StandIn(**case.switches)
    stand_in.load(**case.load)
    request = golden["request"]
    sent = Request(
        method=request["method"],
        path=request["path"],
        query=request.get("query", ""),
        headers=request["headers"],
        body=encoded(request["body"]),
    )

    if case.twice:
        stand_in.engine.handle(sent, stand_in.clock.now())
    answer = stand_in.engine.handle(sent, stand_in.clock.now())

    assert answer.status == golden["response"]["status"]
    assert tuple(shape_differences(golden["response"]["body"], json.loads(answer.body))) == case.unlike
    assert set(golden["response"]["headers"]) <= set(answer.headers)


def test_the_token_is_asked_for_as_a_form():
    assert read("token")["request"]["body"] == urlencode({"grant_type": "client_credentials"})
