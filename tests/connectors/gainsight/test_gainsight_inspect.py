"""A look at a tenant: each thing that is wrong is one finding, and what the API cannot tell is said to be so."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors import (
    _gainsight_inspect,
    _gainsight_inspect_fields,
    _gainsight_inspect_values,
    _gainsight_inspect_work,
)
from connectors._gainsight_inspect import CALLS_A_PASS, ROUTES
from connectors._http import Route
from connectors.gainsight import AccessKey
from handoff.inspection import Addressed, Check, ExpectedField, ExpectedOfPlatform, ExpectedStep, State
from handoff.run import run_once
from tests.connectors.gainsight.world import StandIn, connector, gsid
from tests.in_process import bridge_over, world_at

KIM, LEE = "kim.csm@acme.example", "lee.left@acme.example"
USERS = [
    {"Gsid": gsid("1P01", 1), "Email": KIM, "Name": "Kim Csm"},
    {"Gsid": gsid("1P01", 2), "Email": LEE, "Name": "Lee Left", "IsActiveUser": False},
]
GLOBEX = {"Gsid": gsid("1P02", 1), "Name": "Globex"}


def field(name: str, *literals: str, **more: Any) -> ExpectedField:
    return ExpectedField(name, f"step, t.yml:{len(name)}", literals=literals, **more)


COMPANY = ExpectedStep(
    "company",
    "company",
    (field("Name", matched=True, longest=255), field("Stage", "New Customer"), field("SfdcAccountId", matched=True)),
)
PLAN = ExpectedStep("plan", "success_plan", (field("SuccessPlanType", "Onboarding"), field("status", "Draft")))
CTA = ExpectedStep(
    "onboarding_cta",
    "cta",
    (
        *(field("Name"), field("OwnerId"), field("type", "Lifecycle"), field("reason", "Onboarding")),
        *(field("status", "New"), field("priority", "High", "Low"), field("Comments", longest=30_000)),
    ),
)
BRIEF = ExpectedStep("brief", "timeline", (field("TypeName", "Update"), field("Author"), field("Notes")))
WANTED = ExpectedOfPlatform((COMPANY, PLAN, CTA, BRIEF), (Addressed(KIM, ("csm, people.yml",)),))


@pytest.fixture
def tenant() -> StandIn:
    stand_in = StandIn()
    stand_in.load(gsuser=USERS, Company=[GLOBEX])
    return stand_in


def look(answer: Callable[[httpx.Request], httpx.Response], *steps: ExpectedStep, **more: Any) -> dict[str, Check]:
    wanted = ExpectedOfPlatform(steps or WANTED.steps, more.pop("people", WANTED.people))
    return {check.name: check for check in connector(answer, read_only=True, **more).inspect(wanted)}


def found(checks: Mapping[str, Check]) -> dict[str, list[str]]:
    return {name: [finding.what for finding in check.findings] for name, check in checks.items() if check.findings}


def changing(tenant: StandIn, name: str, **meta: Any) -> Callable[[httpx.Request], httpx.Response]:
    """Answer as the tenant does, with other things told of every field of that name."""

    def answer(request: httpx.Request) -> httpx.Response:
        said = tenant(request)
        if not request.url.path.endswith("/describe"):
            return said
        body = json.loads(said.content)
        for told in (one for kind in body["data"] for one in kind["fields"] if one["fieldName"] == name):
            told["dataType"] = meta.pop("dataType", told["dataType"])
            told["meta"] |= meta
        return httpx.Response(200, json=body)

    return answer


def test_a_tenant_as_it_must_be_gives_no_finding(tenant: StandIn):
    checks = look(tenant)

    assert found(checks) == {}
    assert {name for name, check in checks.items() if check.state is not State.WELL} == {"types of Timeline"}
    assert {check.system for check in checks.values()} == {"gainsight main"}
    assert tenant.calls("POST", "/v1/meta/services/objects/describe") == 1
    assert len(tenant.asked) == 6


@pytest.mark.parametrize(
    ("name", "where"), [("Company", "Company"), ("cta_group", "Success Plan"), ("call_to_action", "Call To Action")]
)
def test_a_missing_key_field_is_found_on_each_object_that_needs_it(tenant: StandIn, name: str, where: str):
    tenant.engine.tenant({"hidden_fields": [f"{name}.Bridge_Key__gc"]})

    checks = look(tenant)

    assert found(checks) == {
        "key fields": [
            f"The key field {where}.Bridge_Key__gc is missing or hidden: "
            "without it the bridge cannot find its own work again."
        ]
    }
    assert f"Create a text field of 255 characters, filterable, named Bridge_Key__gc, on {where};" in (
        checks["key fields"].findings[0].remedy
    )


@pytest.mark.parametrize(
    ("meta", "what"),
    [
        ({"dataType": "NUMBER"}, "is no text field but NUMBER"),
        ({"length": 80}, "holds 80 characters; keys have up to 100"),
        ({"filterable": False}, "cannot be searched by"),
        ({"updateable": False}, "cannot be written"),
    ],
)
def test_a_key_field_of_the_wrong_kind_is_found(tenant: StandIn, meta: dict[str, Any], what: str):
    checks = look(changing(tenant, "Bridge_Key__gc", **meta), COMPANY)

    assert found(checks) == {"key fields": [f"The key field Company.Bridge_Key__gc {what}."]}


@pytest.mark.parametrize(
    ("meta", "what", "who"),
    [
        ({"createable": False}, "Company.Name cannot be written; it is sent by step, t.yml:4.", "a Gainsight admin"),
        (
            {"updateable": False},
            "Company.Name cannot be changed once it is written; step, t.yml:4 keeps it up to date.",
            "RevOps",
        ),
        (
            {"filterable": False},
            "Company.Name cannot be searched by; step, t.yml:4 matches by it.",
            "a Gainsight admin",
        ),
        (
            {"length": 80},
            "Company.Name holds 80 characters, and step, t.yml:4 sends up to 255: it is refused.",
            "RevOps",
        ),
    ],
)
def test_a_field_that_cannot_do_what_is_asked_of_it_is_found(
    tenant: StandIn, meta: dict[str, Any], what: str, who: str
):
    step = ExpectedStep("company", "company", (field("Name", updates=True, matched=True, longest=255),))

    checks = look(changing(tenant, "Name", **meta), step)

    assert found(checks) == {"fields": [what]}
    assert checks["fields"].findings[0].who == who


def test_a_hidden_field_is_found_under_the_name_the_mapping_gives_it(tenant: StandIn):
    tenant.engine.tenant({"hidden_fields": ["call_to_action.PriorityId", "activity_timeline.AuthorId"]})

    assert found(look(tenant))["fields"] == [
        "Call To Action.priority is missing or hidden; it is used by step, t.yml:8.",
        "Timeline.Author is missing or hidden; it is used by step, t.yml:6.",
    ]


def test_an_object_that_describe_calls_read_only_throughout_is_written_by_its_own_call(tenant: StandIn):
    def answer(request: httpx.Request) -> httpx.Response:
        said = tenant(request)
        if not request.url.path.endswith("/describe"):
            return said
        body = json.loads(said.content)
        for one in body["data"][0]["fields"]:
            one["meta"] |= {"createable": False, "updateable": False}
        return httpx.Response(200, json=body)

    assert found(look(answer, CTA)) == {}


@pytest.mark.parametrize(
    ("picklists", "check", "what"),
    [
        ({"Company.Stage": ["New Client"]}, "values of Company", "Company.Stage: 'New Customer' is inactive"),
        ({"SUCCESS_PLAN_TYPE": ["Growth"]}, "values of Success Plan", "Success Plan.SuccessPlanType: 'Onboarding' is"),
        ({"SUCCESS_PLAN_STATUS": ["Active"]}, "values of Success Plan", "Success Plan.status: 'Draft' is inactive"),
        ({"CTA_STATUS": ["Opened"]}, "values of Call To Action", "Call To Action.status: 'New' is inactive"),
        ({"CTA_PRIORITY": ["High"]}, "values of Call To Action", "Call To Action.priority: 'Low' is inactive"),
        ({"CTA_TYPE": ["Event"]}, "values of Call To Action", "Call To Action.type: 'Lifecycle' is inactive"),
        (
            {"CTA_REASON": {"Lifecycle": ["Onboard"]}},
            "reasons of Call To Action",
            "Call To Action.reason of type 'Lifecycle': 'Onboarding' is inactive; it is written by step, t.yml:6. "
            "Nearest: Onboard.",
        ),
    ],
)
def test_a_value_that_was_renamed_is_one_finding(tenant: StandIn, picklists: Any, check: str, what: str):
    tenant.engine.tenant({"picklists": picklists})

    told = found(look(tenant))

    assert list(told) == [check]
    assert len(told[check]) == 1
    assert told[check][0].startswith(what)


def test_a_reason_of_another_type_is_not_there(tenant: StandIn):
    step = ExpectedStep("risk", "cta", (field("type", "Risk"), field("reason", "Onboarding")))

    (what,) = found(look(tenant, step))["reasons of Call To Action"]

    assert what.startswith("Call To Action.reason of type 'Risk': 'Onboarding' is not there; it is written by step")


def test_an_unknown_type_is_one_finding_and_its_reasons_none(tenant: StandIn):
    step = ExpectedStep("risk", "cta", (field("type", "Lifecicle"), field("reason", "Onboarding")))

    told = found(look(tenant, step))

    assert told == {
        "values of Call To Action": [
            "Call To Action.type: 'Lifecicle' is not there; it is written by step, t.yml:4. Nearest: Lifecycle."
        ]
    }


def test_reasons_that_the_api_does_not_list_are_not_checked(tenant: StandIn):
    def answer(request: httpx.Request) -> httpx.Response:
        said = tenant(request)
        if not request.url.path.endswith("/cta") and "picklist/lite" not in request.url.path:
            return said
        body = json.loads(said.content)
        body["data"].pop("CTA_REASON", None)
        return httpx.Response(200, json=body)

    checks = look(answer)

    assert checks["reasons of Call To Action"].state is State.NOT_CHECKED
    assert found(checks) == {}


def test_an_entry_of_the_type_proves_that_it_is_there(tenant: StandIn):
    entry = {
        "ExternalId": "x",
        "ContextName": "Company",
        "TypeName": "Update",
        "Subject": "s",
        "Notes": "n",
        "AuthorId": USERS[0]["Gsid"],
        "GsCompanyId": GLOBEX["Gsid"],
    }
    tenant.load(activity_timeline=[entry])

    assert look(tenant)["types of Timeline"].state is State.WELL


def test_people_without_a_user_or_with_an_inactive_one_are_one_finding_each(tenant: StandIn):
    people = (
        Addressed(KIM.upper(), ("csm, people.yml",)),
        Addressed(LEE, ("receives smb, handoff.yml", "csm, people.yml")),
        Addressed("nobody@acme.example", ("leads smb, people.yml",)),
    )

    checks = look(tenant, people=people)

    assert found(checks) == {
        "people": [
            f"{LEE} (receives smb, handoff.yml; csm, people.yml) is an inactive user of Gainsight.",
            "nobody@acme.example (leads smb, people.yml) is no user of Gainsight.",
        ]
    }


OBJECTIVES = ExpectedStep(
    "plan.Objectives",
    "success_plan.Objectives",
    (
        *(field("Name"), field("OwnerEmail"), field("status", "Neww"), field("priority", "High")),
        *(field("reason", "Outcome"), field("Nothing__gc")),
    ),
    within="Objectives",
)


def test_what_is_made_within_a_plan_is_held_against_the_objects_that_it_becomes(tenant: StandIn):
    checks = look(tenant, PLAN, OBJECTIVES)

    assert found(checks) == {
        "fields": ["Call To Action.Nothing__gc is missing or hidden; it is used by step, t.yml:11."],
        "values of Call To Action": [
            "Call To Action.status: 'Neww' is not there; it is written by step, t.yml:6. Nearest: New."
        ],
        "reasons of Call To Action": [
            "Call To Action.reason of type 'Objective': 'Outcome' is not there; it is written by step, t.yml:6. "
            "Use one of: Business Outcome, Onboarding, Other."
        ],
    }
    assert checks["key fields"].told == "on Success Plan"
    assert "work that others make" not in checks


def test_a_reason_of_objectives_is_not_judged_where_gainsight_lists_none_of_that_type(tenant: StandIn):
    def answer(request: httpx.Request) -> httpx.Response:
        said = tenant(request)
        if "picklist/lite" not in request.url.path:
            return said
        body = json.loads(said.content)
        if "CTA_REASON" in body["data"]:
            reasons = body["data"]["CTA_REASON"]
            body["data"]["CTA_REASON"] = [one for one in reasons if one["typeName"] != "Objective"]
        return httpx.Response(200, json=body)

    checks = look(answer, PLAN, OBJECTIVES)

    assert "reasons of Call To Action" not in found(checks)
    assert "not checked: 'Outcome' of an objective" in checks["reasons of Call To Action"].told


def test_objectives_that_are_left_out_are_not_looked_at(tenant: StandIn):
    assert found(look(tenant, PLAN, OBJECTIVES, objectives="off")) == {}


def test_the_calls_that_are_ours_are_told_by_the_minute_and_by_the_day(tenant: StandIn):
    told = {check.told for check in [look(tenant)["calls a minute"]]}

    assert told == {
        "we allow ourselves 30 of the vendor's 100, and 40,000 of its 50,000 a day, which all of your tools share; "
        "polling every 60 s takes about 2,880 a day"
    }


@pytest.mark.whole
def test_a_quiet_pass_over_open_deals_makes_the_calls_we_reckon_with(tmp_path: Path):
    world = world_at(seed=7)
    for _ in range(3):
        before = len(world.journal("gainsight"))
        bridge = bridge_over(world, tmp_path)
        run_once(bridge)
        bridge.ledger.close()
        world.clock.advance(3_600)

    calls = [row["path"] for row in world.journal("gainsight")[before:]]
    assert len([path for path in calls if not path.endswith("/token")]) == CALLS_A_PASS


def test_a_look_reads_only_and_every_route_of_it_is_named():
    modules = (_gainsight_inspect, _gainsight_inspect_fields, _gainsight_inspect_values, _gainsight_inspect_work)
    there = {one for module in modules for one in vars(module).values() if isinstance(one, Route)}

    assert there == set(ROUTES)
    assert [route.doing for route in ROUTES if not (route.reads and route.repeatable)] == []


def cta(number: int, **more: Any) -> dict[str, Any]:
    return {
        "Gsid": gsid("1S01", number),
        "Name": "Onboard",
        "CompanyId": GLOBEX["Gsid"],
        "OwnerId": USERS[0]["Gsid"],
        "TypeId": "Lifecycle",
        "ReasonId": "Onboarding",
        "StatusId": "New",
        "PriorityId": "Low",
        "DueDate": "2026-04-01",
        **more,
    }


def test_a_rule_that_makes_the_same_work_is_found_unless_the_step_adopts(tenant: StandIn):
    ours, old = cta(3, Bridge_Key__gc="hb:main:x"), cta(4, CreatedDate="2026-01-01T00:00:00Z")
    other = cta(5, TypeId="Risk", ReasonId="Other")
    tenant.load(call_to_action=[cta(1), cta(2), ours, old, other])

    checks = look(tenant)
    adopting = look(tenant, ExpectedStep(CTA.name, CTA.kind, CTA.fields, adopts=True))

    assert found(checks) == {
        "work that others make": ["Others made 2 CTAs of Lifecycle / Onboarding, as onboarding_cta does."]
    }
    (finding,) = checks["work that others make"].findings
    assert (finding.who, "add `adopt`" in finding.remedy) == ("RevOps", True)
    assert checks["work that others make"].told == "in the last 30 days: Lifecycle / Onboarding 2, Risk / Other 1"
    assert found(adopting) == {}


def test_many_ctas_are_read_page_by_page_and_not_without_end(tenant: StandIn):
    tenant.load(call_to_action=[cta(number) for number in range(1, 10)])

    check = look(tenant, CTA, rows_per_query=2)["work that others make"]

    assert check.told == "in the last 30 days: Lifecycle / Onboarding 8 (the rest was not read)"


def test_after_refused_credentials_nothing_more_is_asked(tenant: StandIn):
    checks = look(tenant, auth=AccessKey("wrong"))

    first, *others = checks.values()
    assert (first.name, first.state) == ("credentials", State.FOUND)
    assert "the credentials are not accepted" in first.findings[0].what
    assert {check.state for check in others} == {State.NOT_CHECKED}
    assert len(others) == 11
    assert len(tenant.asked) == 1


def test_a_tenant_out_of_reach_is_not_taken_for_wrong_credentials():
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    first, *others = look(answer).values()

    assert first.findings[0].who == "whoever runs the bridge"
    assert "it could not be reached" in first.findings[0].what
    assert {check.because for check in others} == {"the first call did not get through (see credentials)"}


def test_an_object_that_the_tenant_calls_otherwise_is_named_and_the_others_are_looked_at(tenant: StandIn):
    checks = look(tenant, plan_object="success_plan")

    assert found(checks) == {"objects": ["There is no object success_plan."]}
    assert "plan_object" in checks["objects"].findings[0].remedy
    assert checks["key fields"].told == "on Company, Call To Action, Timeline"


def test_a_refusal_in_between_is_a_finding_of_its_own_check(tenant: StandIn):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/query/gsuser"):
            return httpx.Response(403, json={"result": False, "errorCode": "GS_APIG_2401"})
        return tenant(request)

    checks = look(answer)

    assert list(found(checks)) == ["people"]
    assert checks["work that others make"].state is State.WELL
