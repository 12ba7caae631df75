"""What is written to Gainsight, and what each step is told about it."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import httpx
import pytest

from handoff.errors import BridgeBug, NotAllowed
from handoff.model import Needed, Outcome, Result, Write
from tests.connectors.gainsight.world import Script, StandIn, connector, gsid, step

CSM = {"Gsid": gsid("1P01", 1), "Email": "kim.csm@acme.example", "Name": "Kim Csm"}
GLOBEX = {"Gsid": gsid("1P02", 1), "Name": "Globex"}


def company(key: str, **payload):
    return step("company", key, {"Name": f"Customer {key}", "Stage": "New Customer", **payload})


def cta(key: str, **payload):
    usual = {
        "Name": f"Onboard {key}",
        "CompanyId": GLOBEX["Gsid"],
        "OwnerId": CSM["Gsid"],
        "type": "Lifecycle",
        "reason": "Onboarding",
        "status": "New",
        "priority": "High",
        "DueDate": date(2026, 4, 1),
    }
    return step("cta", key, {**usual, **payload})


def plan(key: str, **payload):
    usual = {
        "Name": f"Plan {key}",
        "CompanyId": GLOBEX["Gsid"],
        "OwnerId": CSM["Gsid"],
        "SuccessPlanType": "Onboarding",
        "status": "Draft",
    }
    return step("success_plan", key, {**usual, **payload})


def entry(key: str, **payload):
    usual = {
        "ContextName": "Company",
        "TypeName": "Update",
        "Author": CSM["Email"],
        "GsCompanyId": GLOBEX["Gsid"],
        "Subject": "Sales handoff",
        "Notes": "<p>Sold.</p>",
        "ActivityDate": datetime(2026, 3, 10, 9, 30, tzinfo=timezone(timedelta(hours=2))),
    }
    return step("timeline", key, {**usual, **payload})


@pytest.fixture
def gainsight():
    stand_in = StandIn()
    stand_in.load(gsuser=[CSM], Company=[GLOBEX])
    return stand_in


def results(outcomes):
    return [(outcome.key, outcome.result) for outcome in outcomes]


def test_new_companies_are_made_in_one_call_and_each_gets_its_own_id(gainsight):
    outcomes = connector(gainsight).put([company("k1"), company("k2", Name="Second")])

    rows = {row["Bridge_Key__gc"]: row for row in gainsight.rows("Company") if row["Bridge_Key__gc"]}
    assert outcomes == [
        Outcome("k1", Result.CREATED, rows["k1"]["Gsid"]),
        Outcome("k2", Result.CREATED, rows["k2"]["Gsid"]),
    ]
    assert rows["k2"]["Name"] == "Second"
    assert rows["k1"]["Stage__label"] == "New Customer"
    assert len(gainsight.asked) == 1


def test_an_update_sends_only_the_fields_of_the_payload_and_none_for_new_records_alone(gainsight):
    change = step(
        "company", "k", {"ARR": Decimal("1200.50"), "Name": "No"}, ref=GLOBEX["Gsid"], modes={"Name": Write.CREATE_ONLY}
    )

    outcomes = connector(gainsight).put([change])

    assert outcomes == [Outcome("k", Result.UPDATED, GLOBEX["Gsid"])]
    assert gainsight.bodies[-1] == {"records": [{"ARR": 1200.5, "Gsid": GLOBEX["Gsid"]}]}
    assert gainsight.rows("Company")[0]["Name"] == "Globex"


def test_an_update_with_nothing_to_say_makes_no_call(gainsight):
    idle = step("company", "k", {"ARR": None}, ref=GLOBEX["Gsid"])

    assert connector(gainsight).put([idle]) == [Outcome("k", Result.UNCHANGED, GLOBEX["Gsid"])]
    assert gainsight.asked == []


def test_new_and_known_companies_come_back_in_the_order_given(gainsight):
    known = step("company", "known", {"ARR": Decimal(5)}, ref=GLOBEX["Gsid"])

    outcomes = connector(gainsight).put([company("a"), known, company("b")])

    assert results(outcomes) == [("a", Result.CREATED), ("known", Result.UPDATED), ("b", Result.CREATED)]


def test_one_bad_company_never_sinks_its_neighbours(gainsight):
    steps = [company(f"k{n}") for n in range(8)]
    steps[5] = company("k5", Industry="x" * 300)

    outcomes = connector(gainsight).put(steps)

    assert [o.key for o in outcomes if o.result is not Result.CREATED] == ["k5"]
    assert outcomes[5].result is Result.REJECTED
    assert "GSOBJ_1001 (Industry)" in outcomes[5].reason
    assert sorted(r["Bridge_Key__gc"] for r in gainsight.rows("Company") if r["Bridge_Key__gc"]) == [
        "k0", "k1", "k2", "k3", "k4", "k6", "k7",
    ]  # fmt: skip


def test_a_refusal_that_names_no_value_is_narrowed_down_by_halves(gainsight):
    gainsight.engine.tenant({"error_rows": "plain"})
    steps = [company(f"k{n}", ARR=Decimal(n)) for n in range(7)]
    steps[2] = company("k2", RenewalDate="soon")

    outcomes = connector(gainsight).put(steps)

    assert [o.key for o in outcomes if o.result is Result.REJECTED] == ["k2"]
    assert [o.key for o in outcomes if o.result is Result.CREATED] == ["k0", "k1", "k3", "k4", "k5", "k6"]


def test_a_label_the_picklist_does_not_have_is_refused_for_all_who_use_it_without_many_calls(gainsight):
    steps = [company(f"k{n}", Stage="No Such Stage" if n % 2 else "Launched") for n in range(50)]

    outcomes = connector(gainsight).put(steps)

    assert [o.result for o in outcomes] == [Result.CREATED, Result.REJECTED] * 25
    assert "GSOBJ_1012 (Stage)" in outcomes[1].reason
    assert "No Such Stage" not in outcomes[1].reason
    assert len(gainsight.asked) == 3  # refused, looked up, sent without them


def test_a_company_deleted_meanwhile_is_refused_and_the_others_are_updated(gainsight):
    gone = step("company", "gone", {"ARR": Decimal(1)}, ref=gsid("1P02", 99))
    there = step("company", "there", {"ARR": Decimal(2)}, ref=GLOBEX["Gsid"])

    outcomes = connector(gainsight).put([gone, there])

    assert results(outcomes) == [("gone", Result.REJECTED), ("there", Result.UPDATED)]
    assert "GSOBJ_1011" in outcomes[0].reason


def test_a_batch_of_which_a_part_was_made_is_looked_up_before_it_is_sent_again(gainsight):
    first = connector(gainsight).put([company("k1")])[0]
    refused_after_all = httpx.Response(400, json={"result": False, "errorCode": "GSOBJ_1008", "data": None})
    script = Script(refused_after_all)

    def answer(request):
        return script(request) if script.answers else gainsight(request)

    outcomes = connector(answer).put([company("k1"), company("k2")])

    assert outcomes[0] == Outcome("k1", Result.CREATED, first.ref)
    assert results(outcomes) == [("k1", Result.CREATED), ("k2", Result.CREATED)]
    assert [r["Bridge_Key__gc"] for r in gainsight.rows("Company") if r["Bridge_Key__gc"]] == ["k1", "k2"]


def test_an_answer_with_fewer_ids_than_companies_makes_all_of_them_unknown():
    short = {"result": True, "data": {"count": 1, "errors": None, "records": [{"Gsid": gsid("1P02", 1)}]}}

    outcomes = connector(Script(short)).put([company("k1"), company("k2")])

    assert results(outcomes) == [("k1", Result.UNKNOWN), ("k2", Result.UNKNOWN)]


def test_ids_beside_errors_are_not_trusted():
    data = {"count": 1, "errors": [{"errorCode": "GSOBJ_1002"}], "records": [{"Gsid": gsid("1P02", 1)}]}

    assert results(connector(Script({"result": True, "data": data})).put([company("k1")])) == [("k1", Result.UNKNOWN)]


def test_a_partly_applied_batch_is_unknown_so_that_it_is_looked_up(gainsight):
    gainsight.engine.tenant({"batch": "partial"})

    outcomes = connector(gainsight).put([company("k1"), company("k2", Stage="Nope")])

    assert results(outcomes) == [("k1", Result.UNKNOWN), ("k2", Result.UNKNOWN)]


def test_a_lost_answer_to_a_new_company_is_unknown_and_never_sent_again(gainsight):
    gainsight.lose = ("POST", "/v1/data/objects/Company")

    outcomes = connector(gainsight).put([company("k1")])

    assert results(outcomes) == [("k1", Result.UNKNOWN)]
    assert "looked up before it is sent again" in outcomes[0].reason
    assert gainsight.calls("POST", "/v1/data/objects/Company") == 1


def test_a_lost_answer_to_an_update_is_sent_again(gainsight):
    gainsight.lose = ("PUT", "/v1/data/objects/Company")

    outcomes = connector(gainsight).put([step("company", "k", {"ARR": Decimal(7)}, ref=GLOBEX["Gsid"])])

    assert results(outcomes) == [("k", Result.UPDATED)]
    assert gainsight.calls("PUT", "/v1/data/objects/Company") == 2


def test_ctas_are_told_apart_by_their_reference_and_one_failure_leaves_the_others(gainsight):
    outcomes = connector(gainsight).put([cta("a"), cta("b", CompanyId=None), cta("c")])

    rows = {row["Bridge_Key__gc"]: row for row in gainsight.rows("call_to_action")}
    assert outcomes[0] == Outcome("a", Result.CREATED, rows["a"]["Gsid"])
    assert outcomes[2] == Outcome("c", Result.CREATED, rows["c"]["Gsid"])
    assert outcomes[1].result is Result.REJECTED
    assert outcomes[1].reason == "COCKPIT_9700 (CompanyId): a mandatory field is missing; map it."
    assert rows["a"]["DueDate"] == "2026-04-01"


def test_a_cta_that_the_answer_does_not_name_is_unknown(gainsight):
    gainsight.engine.tenant({"dropped_reference": "2"})

    outcomes = connector(gainsight).put([cta("a"), cta("b"), cta("c")])

    assert results(outcomes) == [("a", Result.CREATED), ("b", Result.UNKNOWN), ("c", Result.CREATED)]


def test_ctas_that_all_fail_are_judged_one_by_one_even_under_result_false(gainsight):
    gainsight.engine.tenant({"all_failed_result": False})

    outcomes = connector(gainsight).put([cta("a", OwnerId=None), cta("b", priority="Huge")])

    assert results(outcomes) == [("a", Result.REJECTED), ("b", Result.REJECTED)]
    assert "OwnerId" in outcomes[0].reason
    assert "Huge" not in outcomes[1].reason


def test_eleven_ctas_go_in_two_calls_of_the_set_size(gainsight):
    outcomes = connector(gainsight).put([cta(f"k{n}") for n in range(11)])

    assert {o.result for o in outcomes} == {Result.CREATED}
    assert [len(body["requests"]) for body in gainsight.bodies] == [10, 1]


def test_a_tenant_that_takes_fewer_ctas_a_call_still_gets_them_all_once(gainsight):
    gainsight.engine.tenant({"requests_per_call": 3})

    outcomes = connector(gainsight).put([cta(f"k{n}") for n in range(10)])

    assert {o.result for o in outcomes} == {Result.CREATED}
    assert sorted(r["Bridge_Key__gc"] for r in gainsight.rows("call_to_action")) == [f"k{n}" for n in range(10)]


def test_a_lost_answer_to_ctas_makes_each_unknown_and_none_is_made_twice(gainsight):
    gainsight.lose = ("POST", "/v2/cockpit/cta")

    outcomes = connector(gainsight).put([cta("a"), cta("b")])

    assert results(outcomes) == [("a", Result.UNKNOWN), ("b", Result.UNKNOWN)]
    assert len(gainsight.rows("call_to_action")) == 2


def test_a_cta_is_updated_by_its_id(gainsight):
    made = connector(gainsight).put([cta("a")])[0]

    outcomes = connector(gainsight).put([step("cta", "a", {"Comments": "<p>More</p>"}, ref=made.ref)])

    assert outcomes == [Outcome("a", Result.UPDATED, made.ref)]
    assert gainsight.rows("call_to_action")[0]["Comments"] == "<p>More</p>"


def test_a_plan_carries_its_objectives_and_our_key(gainsight):
    objectives = [{"Name": "First value", "DueDate": date(2026, 5, 1), "OwnerId": None}]

    outcomes = connector(gainsight).put(
        [plan("p", Objectives=objectives, Templates=["Enterprise Template"]), plan("q")]
    )

    plans = {row["Bridge_Key__gc"]: row for row in gainsight.rows("cta_group")}
    assert outcomes == [
        Outcome("p", Result.CREATED, plans["p"]["Gsid"]),
        Outcome("q", Result.CREATED, plans["q"]["Gsid"]),
    ]
    [objective] = gainsight.rows("call_to_action")
    assert (objective["Name"], objective["CtaGroupId"]) == ("First value", plans["p"]["Gsid"])


def test_an_objective_is_written_as_its_plan_is(gainsight):
    objective = {"Name": "First value", "DueDate": date(2026, 5, 1), "OwnerId": CSM["Gsid"], "Comments": "<p>x</p>"}

    connector(gainsight).put([plan("p", Objectives=[objective])])

    [sent] = gainsight.bodies[-1]["requests"][0]["record"]["Objectives"]
    assert sent == {"Name": "First value", "DueDate": "2026-05-01", "OwnerId": CSM["Gsid"], "Comments": "<p>x</p>"}
    [row] = gainsight.rows("call_to_action")
    assert (row["DueDate"], row["OwnerId"], row["TypeId__label"]) == ("2026-05-01", CSM["Gsid"], "Objective")


def test_objectives_can_be_left_out(gainsight):
    outcomes = connector(gainsight, objectives="off").put([plan("p", Objectives=[{"Name": "First value"}])])

    assert results(outcomes) == [("p", Result.CREATED)]
    assert gainsight.calls("POST", "/v2/successPlan") == 1
    assert "Objectives" not in gainsight.bodies[-1]["requests"][0]["record"]
    assert gainsight.rows("call_to_action") == []


def test_plans_with_and_without_objectives_go_in_calls_of_their_own():
    script = Script(*[{"result": True, "data": {"success": [{"1": gsid("1S02", 1)}], "failure": []}}] * 2)

    connector(script).put([plan("p", Objectives=[{"Name": "First value"}]), plan("q", Objectives=[])])

    assert [path for _, path, _ in script.asked] == ["/v2/successPlan?withObjectives=true", "/v2/successPlan"]
    assert "Objectives" not in script.asked[1][2]["requests"][0]["record"]


def test_a_timeline_entry_finds_its_author_by_e_mail_and_carries_an_offset(gainsight):
    outcomes = connector(gainsight).put([entry("t1")])

    [row] = gainsight.rows("activity_timeline")
    assert outcomes == [Outcome("t1", Result.CREATED, row["Gsid"])]
    assert (row["ExternalId"], row["AuthorId"]) == ("t1", CSM["Gsid"])
    assert gainsight.bodies[0]["records"][0]["ActivityDate"] == "2026-03-10T07:30:00.000+0000"


def test_a_timeline_entry_whose_answer_was_lost_is_sent_again_and_made_once(gainsight):
    gainsight.lose = ("POST", "/v1/ant/es/activity")

    outcomes = connector(gainsight).put([entry("t1")])

    [row] = gainsight.rows("activity_timeline")
    assert outcomes == [Outcome("t1", Result.UNCHANGED, row["Gsid"])]


def test_a_repeated_timeline_entry_is_done_already_also_where_the_tenant_answers_with_the_old_one(gainsight):
    first = connector(gainsight).put([entry("t1")])[0]
    gainsight.engine.tenant({"timeline_duplicate": "existing"})

    again = connector(gainsight).put([entry("t1")])[0]

    assert again.ref == first.ref
    assert again.settled
    assert len(gainsight.rows("activity_timeline")) == 1


def test_a_duplicate_that_cannot_be_read_back_yet_is_unknown(gainsight):
    gainsight.engine.tenant({"read_lag_seconds": 90})
    connector(gainsight).put([entry("t1")])

    assert results(connector(gainsight).put([entry("t1")])) == [("t1", Result.UNKNOWN)]


def test_one_bad_timeline_entry_leaves_the_others(gainsight):
    outcomes = connector(gainsight).put([entry("a"), entry("b", Author="nobody@acme.example"), entry("c")])

    assert results(outcomes) == [("a", Result.CREATED), ("b", Result.REJECTED), ("c", Result.CREATED)]
    assert "nobody" not in outcomes[1].reason


def test_a_timeline_entry_is_updated_by_its_external_id(gainsight):
    made = connector(gainsight).put([entry("t1")])[0]

    outcomes = connector(gainsight).put([step("timeline", "t1", {"Subject": "Corrected"}, ref=made.ref)])

    assert outcomes == [Outcome("t1", Result.UPDATED, made.ref)]
    assert gainsight.rows("activity_timeline")[0]["Subject"] == "Corrected"


def test_a_system_that_cannot_be_reached_leaves_every_step_waiting():
    script = Script(*[httpx.ConnectError("refused")] * 4)

    outcomes = connector(script).put([cta("a"), cta("b")])

    assert results(outcomes) == [("a", Result.WAITING), ("b", Result.WAITING)]
    assert "could not be reached" in outcomes[0].reason


def test_refused_credentials_stop_the_connector(gainsight):
    gainsight.engine.tenant({"accesskey": "another"})

    with pytest.raises(NotAllowed, match="one access key"):
        connector(gainsight).put([cta("a")])


def test_what_was_made_before_the_credentials_were_refused_is_not_forgotten(gainsight):
    def answer(request):
        if len(gainsight.asked) == 1:
            gainsight.engine.tenant({"accesskey": "another"})
        return gainsight(request)

    outcomes = connector(answer, cta_list_size=1).put([cta("a"), cta("b")])

    assert results(outcomes) == [("a", Result.CREATED), ("b", Result.WAITING)]


def test_a_reading_command_writes_nothing(gainsight):
    with pytest.raises(BridgeBug, match="Nothing was sent"):
        connector(gainsight, read_only=True).put([cta("a")])
    assert gainsight.asked == []


@pytest.mark.parametrize("value", [Needed("hb:company"), 1.5, datetime(2026, 1, 1), b"x", Decimal("NaN")])  # noqa: DTZ001
def test_a_value_that_no_mapping_can_give_is_our_bug_and_nothing_is_sent(gainsight, value):
    with pytest.raises(BridgeBug):
        connector(gainsight).put([cta("a"), cta("b", Comments=value)])
    assert gainsight.asked == []


def test_a_mapping_cannot_set_the_keys_the_connector_plants(gainsight):
    with pytest.raises(BridgeBug, match="ExternalId"):
        connector(gainsight).put([entry("a", ExternalId="mine")])


def test_steps_of_two_kinds_in_one_go_are_our_bug(gainsight):
    with pytest.raises(BridgeBug):
        connector(gainsight).put([cta("a"), plan("b")])


def test_values_are_sent_as_the_vendor_writes_them():
    script = Script({"result": True, "data": {"count": 1, "errors": None, "records": [{"Gsid": gsid("1P02", 1)}]}})
    payload = {
        "ARR": Decimal("100.00"),
        "Share": Decimal("0.25"),
        "Since": date(2026, 3, 1),
        "At": datetime(2026, 3, 1, 12, 0, 0, 5000, tzinfo=UTC),
        "Flag": False,
        "Tags": ["a", None, "b"],
        "Empty": None,
    }

    connector(script).put([step("company", "k", payload)])

    assert script.asked[0][2]["records"] == [
        {
            "ARR": 100,
            "Share": 0.25,
            "Since": "2026-03-01",
            "At": "2026-03-01T12:00:00.005Z",
            "Flag": False,
            "Tags": ["a", "b"],
            "Bridge_Key__gc": "k",
        }
    ]


def test_object_times_can_be_sent_as_milliseconds_since_the_epoch():
    script = Script({"result": True, "data": {"count": 1, "errors": None, "records": [{"Gsid": gsid("1P02", 1)}]}})

    connector(script, object_datetimes="epoch").put([step("company", "k", {"At": datetime(2026, 3, 1, tzinfo=UTC)})])

    assert script.asked[0][2]["records"][0]["At"] == 1772323200000


# Counting before sending


def test_the_calls_of_a_put_are_known_before_it_and_cost_none(gainsight):
    vendor = connector(gainsight, plan_list_size=2)
    made = [
        plan("1", Objectives=[{"Name": "Go live", "DueDate": date(2026, 5, 1), "OwnerId": CSM["Gsid"]}]),
        plan("2"),
        plan("3"),
        plan("4"),
    ]

    told = vendor.calls(made)
    before = len(gainsight.asked)
    outcomes = vendor.put(made)

    assert (told, before) == (3, 0)
    assert [one.result for one in outcomes] == [Result.CREATED] * 4
    assert gainsight.calls("POST", "/v2/successPlan") == 3


def test_an_update_that_says_nothing_is_no_call(gainsight):
    vendor = connector(gainsight)
    (made,) = vendor.put([cta("1")])
    idle = step("cta", "1", {"Name": "Renamed"}, modes={"Name": Write.CREATE_ONLY}, ref=made.ref)
    said = step("cta", "2", {"priority": "Low"}, modes={"priority": Write.ALWAYS}, ref=made.ref)

    assert vendor.calls([idle]) == 0
    assert vendor.calls([idle, said]) == 1


def test_a_tenant_says_how_often_it_was_called_and_may_be(gainsight):
    vendor = connector(gainsight)
    vendor.put([cta("1")])
    vendor.read([step("cta", "1", {}, ref=gsid("1S01", 1))])

    traffic = vendor.traffic()

    assert (traffic.system, traffic.calls) == ("gainsight main", 2)
    assert (traffic.limits[0].per, traffic.limits[0].calls) == (timedelta(minutes=1), 30)
