"""Open work that somebody else made: offered for linking, and linked with our key and the empty fields."""

from datetime import date

import pytest

from handoff.model import Found, How, Needed, Outcome, Result, Write
from tests.connectors.gainsight.world import Script, StandIn, connector, gsid, step

KIM = gsid("1P01", 1)
GLOBEX, INITECH = gsid("1P02", 1), gsid("1P02", 2)
THEIRS = gsid("1S01", 1)
ADOPT = ("type", "reason")
QUERY = "/v1/data/objects/query/call_to_action"


def theirs(number=1, **more):
    usual = {
        "Gsid": gsid("1S01", number),
        "Name": "Made by a rule",
        "CompanyId": GLOBEX,
        "OwnerId": KIM,
        "TypeId": "Lifecycle",
        "ReasonId": "Onboarding",
        "StatusId": "New",
        "PriorityId": "Low",
        "DueDate": "2026-05-01",
    }
    return {**usual, **more}


def ours(key="k", adopt=ADOPT, **more):
    payload = {
        "Name": "Onboard Globex",
        "CompanyId": GLOBEX,
        "OwnerId": KIM,
        "type": "lifecycle",
        "reason": "onboarding",
        "status": "New",
        "priority": "High",
        "DueDate": date(2026, 4, 1),
        "Comments": "<p>Sold</p>",
    }
    return step("cta", key, {**payload, **more}, adopt=adopt)


@pytest.fixture
def gainsight():
    stand_in = StandIn()
    stand_in.load(
        gsuser=[{"Gsid": KIM, "Email": "kim@acme.example"}],
        Company=[{"Gsid": GLOBEX, "Name": "Globex"}, {"Gsid": INITECH, "Name": "Initech"}],
    )
    return stand_in


def test_open_work_of_the_same_company_type_and_reason_is_offered_with_what_it_holds(gainsight):
    gainsight.load(call_to_action=[theirs()])

    (hit,) = connector(gainsight).find([ours()])["k"]

    assert (hit.ref, hit.how, hit.label, hit.closed, hit.conflict) == (
        THEIRS,
        How.ADOPT,
        "Made by a rule",
        False,
        "",
    )
    assert hit.holds == {
        "Name": "Made by a rule",
        "CompanyId": GLOBEX,
        "OwnerId": KIM,
        "type": "Lifecycle",
        "reason": "Onboarding",
        "status": "New",
        "priority": "Low",
        "DueDate": date(2026, 5, 1),
        "Comments": None,
    }


@pytest.mark.parametrize(
    "other",
    [
        {"CompanyId": INITECH},
        {"ReasonId": "Renewal"},
        {"TypeId": "Risk", "ReasonId": "Other"},
        {"StatusId": "Closed Success"},
        {"Bridge_Key__gc": "hb:another deal"},
    ],
)
def test_other_closed_or_linked_work_is_not_offered(gainsight, other):
    gainsight.load(call_to_action=[theirs(**other)])

    assert connector(gainsight).find([ours()]) == {}


def test_two_candidates_are_both_shown(gainsight):
    gainsight.load(call_to_action=[theirs(1), theirs(2)])

    assert [hit.ref for hit in connector(gainsight).find([ours()])["k"]] == [gsid("1S01", 1), gsid("1S01", 2)]


def test_work_that_carries_our_key_comes_alone_and_nothing_else_is_asked(gainsight):
    gainsight.load(call_to_action=[theirs(1), theirs(2, Bridge_Key__gc="k")])

    (hit,) = connector(gainsight).find([ours()])["k"]

    assert (hit.ref, hit.how) == (gsid("1S01", 2), How.KEY)
    assert gainsight.calls("POST", QUERY) == 1


def test_a_step_that_adopts_nothing_costs_no_second_call(gainsight):
    gainsight.load(call_to_action=[theirs()])

    assert connector(gainsight).find([ours(adopt=())]) == {}
    assert gainsight.calls("POST", QUERY) == 1


@pytest.mark.parametrize("company", [Needed("company"), "(new company)", None])
def test_a_company_that_is_not_made_yet_has_no_open_work(gainsight, company):
    gainsight.load(call_to_action=[theirs()])

    assert connector(gainsight).find([ours(CompanyId=company)]) == {}
    assert gainsight.calls("POST", QUERY) == 1


def test_what_a_step_does_not_say_it_cannot_agree_in(gainsight):
    gainsight.load(call_to_action=[theirs()])

    assert connector(gainsight).find([ours(adopt=("type", "Origin__gc"))]) == {}
    assert connector(gainsight).find([ours(reason=None)]) == {}


def test_open_work_is_asked_for_by_company_with_a_real_boolean_two_hundred_at_a_time():
    empty = {"result": True, "data": {"records": []}}
    script = Script(*[empty] * 4)
    steps = [ours(f"k{number}", CompanyId=gsid("1P02", number)) for number in range(201)]

    assert connector(script).find(steps) == {}

    where = script.asked[2][2]["where"]
    assert where["expression"] == "A AND B"
    assert (where["conditions"][0]["name"], len(where["conditions"][0]["value"])) == ("CompanyId", 200)
    assert where["conditions"][1] == {"name": "IsClosed", "alias": "B", "value": [False], "operator": "EQ"}
    assert script.asked[3][2]["where"]["conditions"][0]["value"] == [gsid("1P02", 200)]


def test_a_tenant_that_passes_over_the_condition_offers_no_closed_work():
    row = {"Gsid": THEIRS, "Name": "Done", "CompanyId": GLOBEX, "IsClosed": True, "Bridge_Key__gc": None}
    row |= {"TypeId__gr.Name": "Lifecycle", "ReasonId__gr.Name": "Onboarding"}
    script = Script({"result": True, "data": {"records": []}}, {"result": True, "data": {"records": [row]}})

    assert connector(script).find([ours()]) == {}


def test_an_open_plan_of_the_same_type_is_offered(gainsight):
    plan = {"Name": "Theirs", "CompanyId": GLOBEX, "OwnerId": KIM, "StatusId": "Active"}
    open_plan = {**plan, "Gsid": gsid("1S02", 1), "SuccessPlanTypeId": "Onboarding"}
    growth = {**plan, "Gsid": gsid("1S02", 2), "SuccessPlanTypeId": "Growth"}
    gainsight.load(cta_group=[open_plan, growth])
    payload = {"CompanyId": GLOBEX, "SuccessPlanType": "Onboarding", "DueDate": date(2026, 6, 1)}

    found = connector(gainsight).find([step("success_plan", "k", payload, adopt=("SuccessPlanType",))])

    holds = {"CompanyId": GLOBEX, "SuccessPlanType": "Onboarding", "DueDate": None}
    assert found == {"k": [Found(gsid("1S02", 1), How.ADOPT, "Theirs", holds=holds)]}


def linking(kind, ref, payload, adopt=ADOPT):
    modes = dict.fromkeys(payload, Write.CREATE_ONLY)
    return step(kind, "k", payload, ref=ref, adopt=adopt, plants=True, modes=modes)


def test_linking_plants_our_key_and_fills_what_the_payload_holds(gainsight):
    gainsight.load(call_to_action=[theirs()])

    outcomes = connector(gainsight).put([linking("cta", THEIRS, {"Comments": "<p>Sold</p>"})])

    assert outcomes == [Outcome("k", Result.ADOPTED, THEIRS)]
    (row,) = gainsight.rows("call_to_action")
    assert (row["Bridge_Key__gc"], row["Comments"], row["Name"]) == ("k", "<p>Sold</p>", "Made by a rule")


def test_linking_with_nothing_to_fill_still_plants_the_key(gainsight):
    gainsight.load(call_to_action=[theirs()])

    assert connector(gainsight).put([linking("cta", THEIRS, {})]) == [Outcome("k", Result.ADOPTED, THEIRS)]
    assert gainsight.rows("call_to_action")[0]["Bridge_Key__gc"] == "k"


def test_linked_work_is_found_by_its_key_from_then_on(gainsight):
    gainsight.load(call_to_action=[theirs()])
    connector(gainsight).put([linking("cta", THEIRS, {})])

    (hit,) = connector(gainsight).find([ours()])["k"]

    assert (hit.ref, hit.how) == (THEIRS, How.KEY)


def test_a_plan_is_linked_and_what_its_creation_alone_takes_is_left_out(gainsight):
    plan = {"Gsid": gsid("1S02", 1), "Name": "Theirs", "CompanyId": GLOBEX, "OwnerId": KIM}
    gainsight.load(cta_group=[{**plan, "SuccessPlanTypeId": "Onboarding", "StatusId": "Active"}])
    payload = {"DueDate": date(2026, 6, 1), "Templates": ["Enterprise Template"], "Objectives": [{"Name": "Go live"}]}

    outcomes = connector(gainsight).put([linking("success_plan", plan["Gsid"], payload, ("SuccessPlanType",))])

    assert outcomes == [Outcome("k", Result.ADOPTED, plan["Gsid"])]
    (row,) = gainsight.rows("cta_group")
    assert (row["Bridge_Key__gc"], row["DueDate"]) == ("k", "2026-06-01")


def test_a_company_that_was_there_gets_our_key_and_counts_as_updated(gainsight):
    known = step("company", "k", {"Industry": "Energy"}, ref=GLOBEX, plants=True)

    assert connector(gainsight).put([known]) == [Outcome("k", Result.UPDATED, GLOBEX)]
    row = next(row for row in gainsight.rows("Company") if row["Gsid"] == GLOBEX)
    assert (row["Bridge_Key__gc"], row["Industry"]) == ("k", "Energy")


def test_an_update_that_does_not_plant_leaves_the_key_alone(gainsight):
    gainsight.load(call_to_action=[theirs(Bridge_Key__gc="k0")])

    outcomes = connector(gainsight).put([step("cta", "k", {"priority": "High"}, ref=THEIRS, adopt=ADOPT)])

    assert outcomes == [Outcome("k", Result.UPDATED, THEIRS)]
    assert gainsight.rows("call_to_action")[0]["Bridge_Key__gc"] == "k0"


def test_a_timeline_entry_plants_nothing(gainsight):
    assert connector(gainsight).put([step("timeline", "k", {}, ref=gsid("1A01", 1), plants=True)]) == [
        Outcome("k", Result.UNCHANGED, gsid("1A01", 1))
    ]
    assert gainsight.asked == []


def test_a_cta_joins_its_plan_at_creation_or_never(gainsight):
    gainsight.load(call_to_action=[theirs()])
    known = step("cta", "k", {"CtaGroupId": gsid("1S02", 1), "priority": "High"}, ref=THEIRS)

    assert connector(gainsight).put([known]) == [Outcome("k", Result.UPDATED, THEIRS)]
    (record,) = (request["record"] for request in gainsight.bodies[-1]["requests"])
    assert record == {"referenceId": "1", "priority": "High", "Gsid": THEIRS}
