"""What people do in Gainsight: records loaded, edited and deleted, and a tenant set up its own way."""

from datetime import timedelta

import pytest
from gainsight_tenant import JO, LEE, START, Tenant, a_cta, a_plan, company, where

LATER = START + timedelta(days=2)


def test_an_edit_moves_the_stamp_and_names_a_person(tenant):
    tenant.cta(a_cta())
    gsid = tenant.gsid("call_to_action")

    tenant.engine.load({"call_to_action": [{"Gsid": gsid, "StatusId": "Back to Sales"}]}, LATER)

    (row,) = tenant.held("call_to_action")
    assert (row["StatusId__label"], row["ModifiedDate"]) == ("Back to Sales", "2026-03-08T16:55:00.000Z")
    assert row["ModifiedById"] == tenant.gsid("gsuser", Email=JO)
    assert row["CreatedById"] == tenant.engine.api_user


def test_a_stamp_that_a_record_carries_is_kept(tenant):
    tenant.engine.load({"Company": [company("Old", "001O", CreatedDate="2024-01-01T08:00:00Z")]}, LATER)

    row = tenant.held("Company")[-1]
    assert (row["CreatedDate"], row["ModifiedDate"]) == ("2024-01-01T08:00:00.000Z", "2026-03-08T16:55:00.000Z")


def test_an_unknown_or_missing_id_creates(tenant):
    tenant.engine.load({"Company": [company("Cedar", "001C", Gsid="1P02CEDAR"), company("Dune", "001D")]}, LATER)

    rows = tenant.held("Company")[-2:]
    assert rows[0]["Gsid"] == "1P02CEDAR"
    assert len(rows[1]["Gsid"]) == 36


def test_a_deleted_record_goes_to_the_delete_log(tenant):
    gsid = tenant.gsid("Company", Name="Birch")

    tenant.engine.load({"Company": [{"Gsid": gsid, "_deleted": True}]}, tenant.now)

    assert [row["Name"] for row in tenant.held("Company")] == ["Acme"]
    assert tenant.query("record_delete_log", "RecordId").records == [{"RecordId": gsid}]


def test_labels_and_e_mails_are_taken_for_ids(tenant):
    cta = {
        "Name": "Renewal",
        "CompanyId": tenant.gsid("Company", Name="Acme"),
        "OwnerEmail": LEE,
        "TypeId": "Lifecycle",
        "ReasonId": "Renewal",
        "StatusId": "Closed Success",
        "PriorityId": "Low",
        "DueDate": "2026-05-01",
    }

    tenant.engine.load({"call_to_action": [cta]}, LATER)

    (row,) = tenant.held("call_to_action")
    assert row["OwnerId"] == tenant.gsid("gsuser", Email=LEE)
    assert (row["TypeId__label"], row["ReasonId__label"]) == ("Lifecycle", "Renewal")
    assert row["IsClosed"] is True


def test_users_come_before_the_records_they_own(tenant):
    new = "new.hand@harbor.example"

    tenant.engine.load(
        {"Company": [company("Cedar", "001C", CsmEmail=new)], "gsuser": [{"Email": new, "Name": "New Hand"}]}, LATER
    )

    assert tenant.held("Company")[-1]["Csm"] == tenant.gsid("gsuser", Email=new)


def test_what_was_read_can_be_loaded_again_and_nothing_changes(tenant):
    tenant.cta(a_cta())
    tenant.plan(a_plan())
    before = tenant.engine.state()

    tenant.engine.load(before, LATER)

    assert tenant.engine.state() == before


def test_the_state_is_a_copy(tenant):
    tenant.held("Company")[0]["Name"] = "Changed"

    assert tenant.held("Company")[0]["Name"] == "Acme"


def test_the_state_names_every_object_and_no_other(tenant):
    names = ["Company", "gsuser", "call_to_action", "cta_group", "activity_timeline", "cs_task"]

    assert list(tenant.engine.state()) == names
    with pytest.raises(ValueError, match="Opportunity"):
        tenant.engine.state_of("Opportunity")


@pytest.mark.parametrize(
    "objects",
    [
        {"Opportunity": [{"Name": "x"}]},
        {"da_picklist": [{"Name": "x"}]},
        {"Company": [{"Name": "x", "Wrong": 1}]},
        {"Company": [{"Name": "x", "Stage": "Nowhere"}]},
        {"Company": [{"Name": "x", "CsmEmail": "gone@harbor.example"}]},
        {"Company": [{"Gsid": 7, "Name": "x"}]},
    ],
)
def test_what_gainsight_has_not_cannot_be_loaded(tenant, objects):
    with pytest.raises(ValueError, match=r"."):
        tenant.engine.load(objects, LATER)


def test_a_hidden_field_is_unknown_everywhere(tenant):
    tenant.engine.tenant({"hidden_fields": ["Company.Bridge_Key__gc", "call_to_action.Comments", "Opportunity.Amount"]})

    fields = tenant.call("GET", "/v1/meta/services/objects/company/describe").data[0]["fields"]
    assert "Bridge_Key__gc" not in {field["fieldName"] for field in fields}
    assert tenant.query("Company", "Bridge_Key__gc").code == "GSOBJ_1002"
    assert tenant.query("Company", where=where(Bridge_Key__gc=("EQ", "k"))).code == "GSOBJ_1002"
    assert tenant.insert({"Name": "Cedar", "Bridge_Key__gc": "k"}).code == "GSOBJ_1002"
    assert tenant.update("Bridge_Key__gc", {"Bridge_Key__gc": "k"}).code == "GSOBJ_1002"
    assert tenant.cta(a_cta(Comments="x")).data["failure"]
    tenant.engine.tenant({"hidden_fields": []})
    assert tenant.query("Company", "Bridge_Key__gc").status == 200


def test_a_tenant_renames_its_picklists(tenant):
    tenant.engine.tenant(
        {"picklists": {"CTA_TYPE": ["Lifecycle", "Event"], "CTA_REASON": {"Event": ["Won"]}, "Company.Stage": ["Live"]}}
    )

    assert tenant.cta(a_cta(type="Event", reason="Won")).data["success"]
    assert tenant.cta(a_cta(type="Risk", reason="Other")).data["failure"]
    assert tenant.insert({"Name": "Cedar", "Stage": "Kicked Off"}).code == "GSOBJ_1012"
    assert tenant.insert({"Name": "Cedar", "Stage": "Live"}).status == 200
    assert tenant.held("Company")[0]["Stage__label"] == "Kicked Off"  # old records keep their item


def test_an_item_left_out_is_told_as_inactive(tenant):
    tenant.engine.tenant({"picklists": {"CTA_PRIORITY": ["Low", "High"]}})

    data = tenant.call("GET", "/v2/cockpit/admin/picklist/lite", query="category=CTA_PRIORITY").data

    told = [(item["name"], item["active"]) for item in data["CTA_PRIORITY"]]
    assert told == [("Low", True), ("High", True), ("Medium", False)]


def test_people_leave_and_come_back(tenant):
    lee = tenant.gsid("gsuser", Email=LEE)

    def active():
        return {row["Email"]: row["IsActiveUser"] for row in tenant.held("gsuser")}

    tenant.engine.tenant({"inactive_users": [JO.upper(), lee]})
    assert active() == {JO: False, LEE: False}
    tenant.engine.tenant({"inactive_users": [lee]})
    assert active() == {JO: True, LEE: False}


def test_a_user_named_inactive_before_joining_is_inactive(tenant):
    tenant.engine.tenant({"inactive_users": ["new.hand@harbor.example"]})

    tenant.engine.load({"gsuser": [{"Email": "new.hand@harbor.example", "Name": "New Hand"}]}, LATER)

    assert tenant.held("gsuser")[-1]["IsActiveUser"] is False


def test_switches_stand_alone_or_under_gainsight(tenant):
    tenant.engine.tenant({"query_reply": "list"})
    assert isinstance(tenant.query("Company").data, list)
    tenant.engine.tenant({"gainsight": {"query_reply": "records"}})
    assert isinstance(tenant.query("Company").data, dict)


def test_settings_of_other_systems_are_passed_over(tenant):
    before = Tenant().engine.state()

    tenant.engine.tenant(
        {
            "hidden_fields": ["Opportunity.Amount"],
            "multi_currency": True,
            "salesforce": {"daily_limit": 3},
            "picklists": {"Opportunity.StageName": ["Won"]},
            "inactive_users": ["nobody@harbor.example"],
        }
    )

    assert tenant.engine.state() == before


@pytest.mark.parametrize(
    "settings",
    [
        {"gainsight": {"no_such_switch": 1}},
        {"no_such_switch": 1},
        {"gainsight": {"dates": "roman"}},
        {"gainsight": {"per_minute": "many"}},
        {"gainsight": {"all_failed_result": 1}},
        {"gainsight": ["dates"]},
        {"gainsight": {"custom_objects": {"Handoff": {}}}},
        {"gainsight": {"custom_fields": {"Nowhere": {"X__gc": "STRING"}}}},
        {"gainsight": {"custom_fields": {"Company": {"X__gc": "PICTURE"}}}},
        {"hidden_fields": ["Company.Wrong"]},
        {"hidden_fields": [7]},
        {"picklists": {"CTA_STATUS": "New"}},
        {"picklists": {"CTA_REASON": ["Onboarding"]}},
        {"picklists": {"CTA_REASON": {"Nowhere": ["Won"]}}},
        {"inactive_users": [7]},
    ],
)
def test_a_setting_gainsight_does_not_have_is_an_error(tenant, settings):
    with pytest.raises(ValueError, match=r"."):
        tenant.engine.tenant(settings)


def test_tasks_are_read_like_any_object(tenant):
    tenant.engine.load({"cs_task": [{"Name": "Call", "OwnerEmail": JO, "DueDate": "2026-03-10"}]}, LATER)

    (row,) = tenant.query("cs_task", "Name", "OwnerId__gr.Email", "DueDate").records

    assert row == {"Name": "Call", "OwnerId__gr.Email": JO, "DueDate": "2026-03-10T11:30:00Z"}


def test_a_person_changes_owner_due_date_and_status_of_a_cta(tenant):
    tenant.cta(a_cta())
    gsid = tenant.gsid("call_to_action")

    edit = {"Gsid": gsid, "OwnerEmail": LEE, "DueDate": "2026-04-20", "StatusId": "Work In Progress"}
    tenant.engine.load({"call_to_action": [edit]}, LATER)

    select = ["OwnerId__gr.Email", "DueDate", "StatusId__gr.Name", "PriorityId__gr.Name", "IsClosed"]
    assert tenant.query("call_to_action", *select).records == [
        {
            "OwnerId__gr.Email": LEE,
            "DueDate": "2026-04-20T11:30:00Z",
            "StatusId__gr.Name": "Work In Progress",
            "PriorityId__gr.Name": "High",
            "IsClosed": False,
        }
    ]


def test_a_status_decides_whether_work_is_closed_also_in_a_record_that_was_read_whole(tenant):
    tenant.cta(a_cta())
    (row,) = tenant.held("call_to_action")
    closed = tenant.query("da_picklist", "Gsid", where=where(Name=("EQ", "Closed Invalid"))).records[0]["Gsid"]

    tenant.engine.load({"call_to_action": [{**row, "StatusId": closed}]}, LATER)
    shut = tenant.held("call_to_action")[0]["IsClosed"]
    tenant.engine.load({"call_to_action": [{**tenant.held("call_to_action")[0], "StatusId": "New"}]}, LATER)

    assert (shut, tenant.held("call_to_action")[0]["IsClosed"]) == (True, False)


def test_a_person_who_closes_a_plan_closes_its_open_objectives(tenant):
    tenant.plan(a_plan(Objectives=[{"Name": "Go live"}]), query="withObjectives=true")

    tenant.engine.load({"cta_group": [{"Gsid": tenant.gsid("cta_group"), "StatusId": "Closed"}]}, LATER)

    assert [row["IsClosed"] for row in (*tenant.held("cta_group"), *tenant.held("call_to_action"))] == [True, True]


def test_what_a_person_deleted_is_found_no_more(tenant):
    tenant.cta(a_cta(Bridge_Key__gc="k"))
    tenant.engine.load({"call_to_action": [{"Gsid": tenant.gsid("call_to_action"), "_deleted": True}]}, LATER)

    assert tenant.query("call_to_action", "Gsid", where=where(Bridge_Key__gc=("EQ", "k"))).records == []


def test_open_work_of_a_company_is_found_by_a_real_boolean(tenant):
    tenant.cta(a_cta("1", Name="Open"), a_cta("2", Name="Done", status="Closed Success"))
    acme = tenant.gsid("Company", Name="Acme")

    found = tenant.query(
        "call_to_action",
        *("Name", "CompanyId", "TypeId__gr.Name", "ReasonId__gr.Name", "Bridge_Key__gc"),
        where=where(CompanyId=("IN", acme), IsClosed=("EQ", False)),
    )

    assert found.records == [
        {
            "Name": "Open",
            "CompanyId": acme,
            "TypeId__gr.Name": "Lifecycle",
            "ReasonId__gr.Name": "Onboarding",
            "Bridge_Key__gc": None,
        }
    ]


def test_a_company_names_the_address_of_its_csm(tenant):
    found = tenant.query("Company", "Csm__gr.Email", where=where(SfdcAccountId=("IN", "001A")))

    assert found.records == [{"Csm__gr.Email": JO}]


def test_an_objective_takes_an_owner_and_a_day_of_its_own(tenant):
    lee = tenant.gsid("gsuser", Email=LEE)

    tenant.plan(
        a_plan(Objectives=[{"Name": "Go live", "OwnerId": lee, "DueDate": "2026-06-01"}]), query="withObjectives=true"
    )

    (row,) = tenant.held("call_to_action")
    assert (row["OwnerId"], row["DueDate"]) == (lee, "2026-06-01")
