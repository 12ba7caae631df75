"""What CTAs and success plans promise: partial success, no idempotency, cascades, lists and configuration."""

from datetime import timedelta

import pytest
from gainsight_tenant import JO, LEE, START, Tenant, a_cta, a_plan, where, without
from hypothesis import given, settings
from hypothesis import strategies as st


def test_each_request_is_answered_by_its_reference(tenant):
    answer = tenant.cta(a_cta("good"), without(a_cta("bad"), "SFDCID", "DueDate"))

    gsid = tenant.gsid("call_to_action")
    assert (answer.status, answer.body["result"]) == (200, True)
    assert answer.data["success"] == [{"good": gsid}]
    assert answer.data["failure"] == [{"bad": "COCKPIT_9700: Missing mandatory fields for create - CompanyId, DueDate"}]


def test_the_same_body_twice_makes_two(tenant):
    tenant.cta(a_cta())
    tenant.cta(a_cta())
    tenant.plan(a_plan())
    tenant.plan(a_plan())

    assert (len(tenant.held("call_to_action")), len(tenant.held("cta_group"))) == (2, 2)


@pytest.mark.parametrize(
    "name", ["Name", "SFDCID", "OwnerEmail", "type", "reason", "status", "priority", "DueDate", "referenceId"]
)
def test_each_mandatory_field_of_a_cta_is_needed(tenant, name):
    answer = tenant.cta(without(a_cta(), name))

    ((_, text),) = answer.data["failure"][0].items()
    assert text.startswith("COCKPIT_9700: ")
    assert tenant.held("call_to_action") == []


def test_a_cta_stores_ids_for_the_names_sent(tenant):
    tenant.cta(a_cta(Bridge_Key__gc="sf:006A", Comments="<p>Won.</p>"))

    (row,) = tenant.held("call_to_action")
    labels = [row[f"{name}__label"] for name in ("TypeId", "ReasonId", "StatusId", "PriorityId")]
    assert labels == ["Lifecycle", "Onboarding", "New", "High"]
    assert row["CompanyId"] == tenant.gsid("Company", Name="Acme")
    assert row["OwnerId"] == tenant.gsid("gsuser", Email=JO)
    assert (row["DueDate"], row["IsClosed"], row["Bridge_Key__gc"]) == ("2026-04-01", False, "sf:006A")
    assert row["CreatedById"] == row["ModifiedById"] == tenant.engine.api_user


def test_a_cta_takes_ids_where_names_are_taken(tenant):
    tenant.cta(a_cta())
    (row,) = tenant.held("call_to_action")
    by_id = {
        key: row[f"{name}Id"]
        for key, name in zip(("type", "reason", "status"), ("Type", "Reason", "Status"), strict=True)
    }

    tenant.cta(a_cta(**by_id, CompanyId=row["CompanyId"], OwnerId=row["OwnerId"]))

    assert without(tenant.held("call_to_action")[1], "Gsid", "CreatedDate", "ModifiedDate") == without(
        row, "Gsid", "CreatedDate", "ModifiedDate"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "Upsell"},  # a reason of another type
        {"reason": "Nowhere"},
        {"type": "Nowhere"},
        {"status": "Nowhere"},
        {"priority": "Urgent"},
        {"DueDate": "01/04/2026"},
        {"SFDCID": "001Z"},
        {"OwnerEmail": "gone@harbor.example"},
        {"Name": "x" * 256},
        {"Comments": "x" * 32_001},
        {"Wrong__gc": "x"},
        {"TypeId": "Lifecycle"},  # the reading key
        {"Type": "Lifecycle"},
        {"IsClosed": True},
        {"EntityType": "RELATIONSHIP"},
        {"type": "Objective", "reason": "Onboarding"},  # objectives live in plans
    ],
)
def test_a_cta_that_does_not_fit_fails_alone(tenant, wrong):
    answer = tenant.cta(a_cta("bad", **wrong), a_cta("good"))

    assert [list(each) for each in answer.data["failure"]] == [["bad"]]
    assert [list(each) for each in answer.data["success"]] == [["good"]]


def test_an_owner_who_left_fails_the_record_unless_the_tenant_accepts(tenant):
    tenant.engine.tenant({"inactive_users": [JO]})

    assert tenant.cta(a_cta()).data["failure"]
    assert tenant.cta(a_cta(OwnerEmail=LEE)).data["success"]
    tenant.switch(inactive_owner="accepted")
    assert tenant.cta(a_cta()).data["success"]


def test_a_call_above_the_tenants_size_is_refused_whole(tenant):
    tenant.switch(requests_per_call=2)

    answer = tenant.cta(*[a_cta(str(n)) for n in range(3)])

    assert answer.body["result"] is False
    assert answer.data == {}
    assert tenant.held("call_to_action") == []


def test_a_call_in_which_all_fail_may_say_so(tenant):
    assert tenant.cta(a_cta(priority="Urgent")).body["result"] is True
    tenant.switch(all_failed_result=False)
    assert tenant.cta(a_cta(priority="Urgent")).body["result"] is False
    assert tenant.cta(a_cta(priority="Urgent"), a_cta("2")).body["result"] is True


def test_a_failure_may_come_without_its_code(tenant):
    tenant.switch(failure_text="plain")

    failure = tenant.cta(without(a_cta(), "Name")).data["failure"]

    assert failure == [{"1": "Missing mandatory fields for create - Name"}]


def test_a_reference_may_be_dropped_from_the_answer_though_carried_out(tenant):
    tenant.switch(dropped_reference="2")

    answer = tenant.cta(a_cta("1"), a_cta("2"))

    assert [list(each) for each in answer.data["success"]] == [["1"]]
    assert answer.data["failure"] == []
    assert len(tenant.held("call_to_action")) == 2


def test_an_update_changes_only_what_is_sent(tenant):
    tenant.cta(a_cta())
    before = tenant.held("call_to_action")[0]

    answer = tenant.cta({"referenceId": "7", "Gsid": before["Gsid"], "DueDate": "2026-05-01"}, method="PUT")

    after = tenant.held("call_to_action")[0]
    assert answer.data["success"] == [{"7": before["Gsid"]}]
    assert {key for key in after if after[key] != before[key]} == {"DueDate", "ModifiedDate"}


def test_a_closed_status_closes_a_cta_and_another_opens_it(tenant):
    tenant.cta(a_cta())
    gsid = tenant.gsid("call_to_action")

    def closed_after(status):
        tenant.cta({"referenceId": "1", "Gsid": gsid, "status": status}, method="PUT")
        return tenant.held("call_to_action")[0]["IsClosed"]

    assert [closed_after(status) for status in ("Closed Success", "Work In Progress")] == [True, False]


def test_an_update_of_an_unknown_cta_has_its_own_code(tenant):
    answer = tenant.cta({"referenceId": "1", "Gsid": "1S01X", "status": "New"}, method="PUT")

    assert answer.data["failure"] == [{"1": "COCKPIT_6007: Invalid GSID of CTA"}]


def test_a_type_cannot_change_away_from_its_reason(tenant):
    tenant.cta(a_cta())
    gsid = tenant.gsid("call_to_action")

    alone = tenant.cta({"referenceId": "1", "Gsid": gsid, "type": "Risk"}, method="PUT")
    both = tenant.cta({"referenceId": "1", "Gsid": gsid, "type": "Risk", "reason": "Support Risk"}, method="PUT")

    assert (bool(alone.data["failure"]), bool(both.data["success"])) == (True, True)


def test_a_lone_cta_cannot_join_a_plan_later(tenant):
    tenant.cta(a_cta())
    tenant.plan(a_plan())
    gsid, plan = tenant.gsid("call_to_action"), tenant.gsid("cta_group")

    assert tenant.cta({"referenceId": "1", "Gsid": gsid, "CtaGroupId": plan}, method="PUT").data["failure"]
    assert tenant.cta(a_cta(CtaGroupId=plan)).data["success"]
    assert tenant.cta(a_cta(CtaGroupId=plan, SFDCID="001B")).data["failure"]


def test_a_list_gives_the_default_fields_and_leaves_empty_ones_out(tenant):
    tenant.cta(a_cta())

    (row,) = tenant.ctas("Comments", "CompanyId__gr.Csm__gr.Email").data

    assert row["CompanyId__gr.Name"] == "Acme"
    assert row["DueDate"] == "2026-04-01T11:30:00Z"
    assert (row["TypeId__gr.Name"], row["PriorityId__gr.IsActive"]) == ("Lifecycle", True)
    assert row["CompanyId__gr.Csm__gr.Email"] == JO
    assert "Comments" not in row


def _cta_where(**conditions):
    made = where(**conditions)
    rows = [{**without(row, "name"), "fieldName": row["name"]} for row in made["conditions"]]
    return {**made, "conditions": rows}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"DueDate": ("EQ", "2026-04-01")}, 1),
        ({"DueDate": ("LT", "2026-04-01")}, 0),
        ({"Bridge_Key__gc": ("EQ", "k1")}, 1),
        ({"IsClosed": ("EQ", False)}, 1),
        ({"IsClosed": ("EQ", True)}, 0),
        ({"CreatedDate": ("GTE", "2026-03-06")}, 1),
    ],
)
def test_a_list_is_filtered_by_field_name(tenant, condition, found):
    tenant.cta(a_cta(Bridge_Key__gc="k1"))

    assert len(tenant.ctas("Name", where=_cta_where(**condition)).data) == found


def test_no_cta_is_linked_to_a_deal(tenant):
    tenant.cta(a_cta())
    linked = {"associatedRecord": True, "value": ["006A"], "alias": "A", "operator": "INCLUDES"}

    assert tenant.ctas("Name", linkedObject=True, where={"conditions": [linked], "expression": "A"}).data == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "Please add fields in the select clause"),
        ({"select": ["Wrong"]}, "Invalid fields in select clause - Wrong"),
        (
            {"select": ["Name"], "where": _cta_where(Wrong=("EQ", "x"))},
            "Invalid fields or operator in where clause - Wrong",
        ),
        (
            {"select": ["Name"], "where": without(_cta_where(Name=("EQ", "x")), "expression")},
            "Please pass the expression for the respective conditions",
        ),
        (
            {"select": ["Name"], "where": {**_cta_where(Name=("EQ", "x")), "expression": "A AND B"}},
            "Please pass the correct conditions",
        ),
    ],
)
def test_a_broken_list_call_says_what_is_wrong(tenant, body, text):
    answer = tenant.call("POST", "/v2/cockpit/cta/list", body)

    assert (answer.body["result"], answer.code, answer.body["errorDesc"]) == (False, "COCKPIT_5101", text)
    assert answer.data == {}


def test_a_tenant_may_ignore_the_select(tenant):
    tenant.cta(a_cta(Comments="<p>Won.</p>"))
    tenant.switch(select_in_list="ignored")

    assert "Comments" not in tenant.ctas("Comments", "Wrong").data[0]


_listed = Tenant()
_listed.cta(*[a_cta(str(n)) for n in range(23)])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30))
def test_the_pages_of_a_list_give_each_cta_once(size):
    seen, number = [], 1
    while page := _listed.ctas(pageSize=size, pageNumber=number).data:
        seen += [row["Gsid"] for row in page]
        number += 1
        _listed.now += timedelta(minutes=1)

    assert sorted(seen) == sorted(row["Gsid"] for row in _listed.held("call_to_action"))


def test_a_list_has_no_order_to_rely_on(tenant):
    tenant.cta(*[a_cta(str(n)) for n in range(20)])

    made = [row["Gsid"] for row in tenant.held("call_to_action")]
    first = [row["Gsid"] for row in tenant.ctas().data]
    tenant.cta({"referenceId": "1", "Gsid": made[0], "Comments": "x"}, method="PUT")
    second = [row["Gsid"] for row in tenant.ctas().data]

    assert made != first != second
    assert sorted(made) == sorted(first) == sorted(second)


def test_a_page_is_at_most_a_thousand(tenant):
    assert tenant.ctas(pageSize=1001).code == "COCKPIT_5101"
    assert tenant.ctas(pageNumber=0).code == "COCKPIT_5101"


def test_a_new_cta_can_be_invisible_for_a_while(tenant):
    tenant.switch(read_lag_seconds=30)
    tenant.cta(a_cta())

    def seen():
        return len(tenant.ctas().data), len(tenant.query("call_to_action").records)

    assert seen() == (0, 0)
    tenant.now += timedelta(seconds=30)
    assert seen() == (1, 1)


def test_a_deleted_cta_is_listed_among_the_deleted(tenant):
    tenant.cta(a_cta())
    gsid = tenant.gsid("call_to_action")
    tenant.engine.load({"call_to_action": [{"Gsid": gsid, "_deleted": True}]}, tenant.now)

    deleted = tenant.call("POST", "/v2/cockpit/cta/deleted/list", {"select": ["Name"]})

    assert [row["Gsid"] for row in deleted.data] == [gsid]
    assert tenant.ctas().data == []


def test_the_configuration_tells_items_by_category(tenant):
    query = "category=CTA_STATUS,CTA_PRIORITY&et=COMPANY"
    data = tenant.call("GET", "/v2/cockpit/admin/picklist/lite", query=query).data

    assert [item["name"] for item in data["CTA_PRIORITY"]] == ["High", "Medium", "Low"]
    assert data["CTA_STATUS"][0]["typeName"] == "ALL_CTA_TYPE"
    assert set(data) == {"CTA_STATUS", "CTA_PRIORITY"}


def test_reasons_tell_their_type(tenant):
    data = tenant.call("GET", "/v2/cockpit/admin/picklist/lite", query="category=CTA_REASON&et=COMPANY").data

    assert ("Onboarding", "Lifecycle") in {(item["name"], item["typeName"]) for item in data["CTA_REASON"]}


def test_reasons_may_come_with_their_types(tenant):
    tenant.switch(reasons_in_config="always")

    data = tenant.call("GET", "/v2/cockpit/admin/picklist/lite", query="category=CTA_TYPE").data

    assert set(data) == {"CTA_TYPE", "CTA_REASON"}


def test_a_plan_is_made_with_its_objectives(tenant):
    objectives = [{"Name": "Go live"}, {"Name": "Train admins", "OwnerEmail": LEE, "DueDate": "2026-06-01"}]

    tenant.plan(a_plan(Objectives=objectives), query="withObjectives=true")

    plan = tenant.gsid("cta_group")
    rows = tenant.held("call_to_action")
    assert {row["CtaGroupId"] for row in rows} == {plan}
    assert {row["TypeId__label"] for row in rows} == {"Objective"}
    assert [row["DueDate"] for row in rows] == ["2026-09-01", "2026-06-01"]
    assert rows[1]["OwnerId"] == tenant.gsid("gsuser", Email=LEE)


def test_a_bad_objective_fails_its_whole_plan(tenant):
    answer = tenant.plan(
        a_plan(Objectives=[{"Name": "Go live"}, {"Name": "x", "priority": "Urgent"}]), query="withObjectives=true"
    )

    assert answer.data["failure"]
    assert (tenant.held("cta_group"), tenant.held("call_to_action")) == ([], [])


def test_objectives_need_to_be_announced(tenant):
    assert tenant.plan(a_plan(Objectives=[{"Name": "Go live"}])).data["failure"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Templates": ["No such template"]},
        {"Templates": "Enterprise Template"},
        {"SuccessPlanType": "Nowhere"},
        {"status": "Nowhere"},
        {"SuccessPlanTypeId": "Onboarding"},
        {"Wrong__gc": 1},
    ],
)
def test_a_plan_that_does_not_fit_fails_alone(tenant, wrong):
    answer = tenant.plan(a_plan("bad", **wrong), a_plan("good"))

    assert [list(each) for each in answer.data["failure"]] == [["bad"]]
    assert len(tenant.held("cta_group")) == 1


def test_closing_a_plan_closes_its_open_objectives(tenant):
    tenant.plan(a_plan(Objectives=[{"Name": "Go live"}]), query="withObjectives=true")
    tenant.cta(a_cta())

    tenant.plan({"referenceId": "1", "Gsid": tenant.gsid("cta_group"), "status": "Closed"}, method="PUT")

    assert tenant.held("cta_group")[0]["IsClosed"] is True
    assert {row["Name"]: row["IsClosed"] for row in tenant.held("call_to_action")} == {
        "Go live": True,
        "Kick off onboarding: Acme": False,
    }


def test_an_update_of_a_plan_needs_its_id_and_a_reference(tenant):
    tenant.plan(a_plan())
    gsid = tenant.gsid("cta_group")

    assert "COCKPIT_6007" in str(tenant.plan({"referenceId": "1", "status": "Active"}, method="PUT").data["failure"])
    assert "COCKPIT_9700" in str(tenant.plan({"Gsid": gsid, "status": "Active"}, method="PUT").data["failure"])


def test_plans_are_listed_configured_and_queried(tenant):
    tenant.plan(a_plan(Bridge_Key__gc="k1"))

    listed = tenant.call("POST", "/v2/successPlan/list/", {"select": ["Bridge_Key__gc"]}).data
    types = tenant.call("GET", "/v2/successPlan/admin/picklist/lite", query="category=SUCCESS_PLAN_TYPE").data
    queried = tenant.query("cta_group", "SuccessPlanTypeId__gr.Name", where=where(Bridge_Key__gc=("EQ", "k1")))

    assert (listed[0]["Bridge_Key__gc"], listed[0]["StatusId__gr.Name"]) == ("k1", "Draft")
    assert [item["name"] for item in types["SUCCESS_PLAN_TYPE"]] == ["Onboarding", "Growth", "Retention"]
    assert queried.records == [{"SuccessPlanTypeId__gr.Name": "Onboarding"}]


def test_a_deleted_plan_is_listed_among_the_deleted(tenant):
    tenant.plan(a_plan())
    gsid = tenant.gsid("cta_group")
    tenant.engine.load({"cta_group": [{"Gsid": gsid, "_deleted": True}]}, START)

    one = tenant.call("POST", "/v2/successPlan/deleted/list", {"select": ["Name"]}).data
    two = tenant.call("POST", "/v2/successPlan/list", {"select": ["Name"], "includeonlyDeletedRecords": True}).data

    assert [row["Gsid"] for row in one] == [row["Gsid"] for row in two] == [gsid]
