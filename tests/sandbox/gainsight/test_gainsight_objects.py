"""What the object API promises of writes: batches, keys, codes, lookups, and which objects it refuses."""

from datetime import timedelta

import pytest
from gainsight_tenant import JO, LEE, OWNER, company, where


def test_an_insert_answers_the_ids_in_the_order_sent(tenant):
    answer = tenant.insert({"Name": "Cedar"}, {"Name": "Dune"})

    assert (answer.data["count"], answer.data["errors"]) == (2, None)
    assert [row["Gsid"] for row in answer.records] == [
        tenant.gsid("Company", Name="Cedar"),
        tenant.gsid("Company", Name="Dune"),
    ]


def test_the_same_name_may_be_inserted_twice(tenant):
    assert tenant.insert({"Name": "Acme"}).status == 200
    assert len([row for row in tenant.held("Company") if row["Name"] == "Acme"]) == 2


def test_one_bad_record_refuses_the_whole_batch(tenant):
    before = tenant.held("Company")

    answer = tenant.insert({"Name": "Cedar"}, {"Name": "Dune", "Stage": "xyz"})

    assert (answer.status, answer.code) == (400, "GSOBJ_1012")
    assert answer.body["errorDesc"] == "Invalid/Inactive value provided for picklist. (Stage = xyz)."
    assert answer.data == {
        "count": 0,
        "errors": [
            [
                {
                    "success": False,
                    "parsedValue": "xyz",
                    "errors": [
                        {
                            "errorMessage": "Invalid/Inactive value provided for picklist.",
                            "errorCode": "GSOBJ_1012",
                            "fieldName": "Stage",
                            "invalidValue": ["xyz"],
                        }
                    ],
                }
            ]
        ],
        "records": None,
    }
    assert tenant.held("Company") == before


def test_a_partial_tenant_takes_the_good_records(tenant):
    tenant.switch(batch="partial")

    answer = tenant.insert({"Name": "Cedar"}, {"Name": "Dune", "Stage": "xyz"})

    assert (answer.status, answer.body["result"], answer.data["count"]) == (200, True, 1)
    assert answer.data["errors"][0][0]["errors"][0]["fieldName"] == "Stage"
    assert tenant.gsid("Company", Name="Cedar") == answer.records[0]["Gsid"]


def test_error_rows_may_be_flat_or_plain(tenant):
    tenant.switch(error_rows="flat")
    flat = tenant.insert({"Name": "Dune", "Stage": "xyz"}).data["errors"]
    tenant.switch(error_rows="plain")
    plain = tenant.insert({"Name": "Dune", "Stage": "xyz"}).data["errors"]

    assert flat[0]["parsedValue"] == "xyz"
    assert plain[0] == {
        "errorMessage": "Invalid/Inactive value provided for picklist.",
        "errorCode": "GSOBJ_1012",
    }


@pytest.mark.parametrize(
    ("record", "code", "field"),
    [
        ({"Name": "x" * 256}, "GSOBJ_1001", "Name"),
        ({"Name": "Cedar", "Wrong__gc": 1}, "GSOBJ_1002", "Wrong__gc"),
        ({"Name": "Cedar", "Employees": "many"}, "GSOBJ_1002", "Employees"),
        ({"Name": "Cedar", "Employees": True}, "GSOBJ_1002", "Employees"),
        ({"Name": 7}, "GSOBJ_1002", "Name"),
        ({"Name": "Cedar", "Gsid": "1P02"}, "GSOBJ_1002", "Gsid"),
        ({"Name": "Cedar", "CreatedDate": "2026-01-01T00:00:00Z"}, "GSOBJ_1002", "CreatedDate"),
        ({"Name": "Cedar", "Csm": "1P01NOBODY"}, "GSOBJ_1002", "Csm"),
        ({"Name": "Cedar", "RenewalDate": "31.12.2026"}, "GSOBJ_1006", "RenewalDate"),
        ({"Name": "Cedar", "RenewalDate": "2026-02-30"}, "GSOBJ_1006", "RenewalDate"),
        ({"Name": None}, "GSOBJ_1007", "Name"),
        ({"Name": " "}, "GSOBJ_1007", "Name"),
        ({"Industry": "Retail"}, "GSOBJ_1007", "Name"),
        ({"Name": "Cedar", "Handoff_Completeness__gc": "half"}, "GSOBJ_1008", "Handoff_Completeness__gc"),
        ({"Name": "Cedar", "Status": "Asleep"}, "GSOBJ_1012", "Status"),
    ],
)
def test_a_value_that_does_not_fit_has_its_own_code(tenant, record, code, field):
    answer = tenant.insert(record)

    assert (answer.status, answer.code) == (400, code)
    assert answer.data["errors"][0][0]["errors"][0]["fieldName"] == field
    assert field in answer.body["errorDesc"]


def test_a_bad_moment_has_its_own_code(tenant):
    tenant.switch(custom_fields={"Company": {"Signed__gc": "DATETIME", "Vip__gc": "BOOLEAN"}})

    assert tenant.insert({"Name": "Cedar", "Signed__gc": "yesterday"}).code == "GSOBJ_1005"
    assert tenant.insert({"Name": "Cedar", "Vip__gc": "perhaps"}).code == "GSOBJ_1008"
    assert tenant.insert({"Name": "Cedar", "Signed__gc": "2026-03-06T09:00:00-08:00", "Vip__gc": True}).status == 200
    assert tenant.held("Company")[-1]["Signed__gc"] == "2026-03-06T17:00:00.000Z"


def test_a_text_of_the_full_length_fits(tenant):
    assert tenant.insert({"Name": "x" * 255}).status == 200


def test_dates_are_taken_as_days_or_epoch_milliseconds(tenant):
    tenant.insert({"Name": "Cedar", "RenewalDate": 1798675200000, "OriginalContractDate": "2026-01-31"})

    row = tenant.held("Company")[-1]
    assert (row["RenewalDate"], row["OriginalContractDate"]) == ("2026-12-31", "2026-01-31")


def test_a_picklist_takes_its_label_or_its_id(tenant):
    stage = tenant.held("Company")[0]["Stage"]

    tenant.update("Name", {"Name": "Birch", "Stage": stage})
    by_id = tenant.held("Company")[1]["Stage__label"]
    tenant.update("Name", {"Name": "Birch", "Stage": "Launched"})

    assert (by_id, tenant.held("Company")[1]["Stage__label"]) == ("Kicked Off", "Launched")


def test_fifty_records_fit_into_a_call_and_fifty_one_do_not(tenant):
    rows = [{"Name": f"C{n}"} for n in range(51)]

    assert tenant.insert(*rows[:50]).status == 200
    assert tenant.insert(*rows).status == 400
    assert len(tenant.held("Company")) == 52


def test_an_update_changes_what_was_sent_and_stamps_it(tenant):
    before = tenant.held("Company")[0]
    tenant.now += timedelta(hours=1)

    answer = tenant.update("Gsid", {"Gsid": before["Gsid"], "Industry": "Retail"})

    after = tenant.held("Company")[0]
    assert answer.data == {"count": 1, "errors": None, "records": [{"Industry": "Retail", "Gsid": before["Gsid"]}]}
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"Industry", "ModifiedDate"}


def test_an_update_that_matches_none_is_refused_not_inserted(tenant):
    answer = tenant.update("Name", {"Name": "Nobody", "Industry": "Retail"})

    assert (answer.status, answer.code) == (400, "GSOBJ_1011")
    assert len(tenant.held("Company")) == 2


def test_an_update_that_matches_several_changes_them_all(tenant):
    tenant.insert({"Name": "Acme"})

    answer = tenant.update("Name", {"Name": "Acme", "Industry": "Retail"})

    assert answer.data["count"] == 2
    assert [row["Industry"] for row in tenant.held("Company")] == ["Retail", None, "Retail"]


def test_all_keys_must_match(tenant):
    assert tenant.update("Name,SfdcAccountId", {"Name": "Acme", "SfdcAccountId": "001B"}).code == "GSOBJ_1011"
    assert tenant.update("Name,SfdcAccountId", {"Name": "Acme", "SfdcAccountId": "001A"}).status == 200


@pytest.mark.parametrize("keys", ["", "Name,SfdcAccountId,Bridge_Key__gc,Gsid", "Wrong__gc", "Csm", "RenewalDate"])
def test_keys_are_one_to_three_fields_of_a_key_type(tenant, keys):
    assert tenant.update(keys, {"Name": "Acme"}).status == 400


def test_an_update_by_gsid_without_one_is_refused(tenant):
    assert tenant.update("Gsid", {"Industry": "Retail"}).code == "GSOBJ_1004"


def test_a_null_clears_a_field_unless_the_tenant_ignores_it(tenant):
    tenant.update("Name", {"Name": "Acme", "Industry": "Retail"})
    tenant.switch(null_on_update="ignored")
    tenant.update("Name", {"Name": "Acme", "Industry": None})
    kept = tenant.held("Company")[0]["Industry"]
    tenant.switch(null_on_update="clears")
    tenant.update("Name", {"Name": "Acme", "Industry": None})

    assert (kept, tenant.held("Company")[0]["Industry"]) == ("Retail", None)


def test_a_record_is_read_and_deleted_by_its_id(tenant):
    gsid = tenant.gsid("Company", Name="Birch")
    path = f"/v1/data/objects/Company/{gsid}"

    assert tenant.call("GET", path).records[0]["Name"] == "Birch"
    assert tenant.call("DELETE", path).data == f"Record with GSID: {gsid} successfully deleted."
    assert tenant.call("GET", path).code == "GSOBJ_1011"
    assert tenant.call("DELETE", path).status == 400


def test_deletes_are_readable_for_fifteen_days(tenant):
    gsid = tenant.gsid("Company", Name="Birch")
    tenant.call("DELETE", f"/v1/data/objects/company/{gsid}")

    def log():
        return tenant.query("record_delete_log", "RecordId", "ObjectName").records

    assert log() == [{"RecordId": gsid, "ObjectName": "Company"}]
    tenant.now += timedelta(days=16)
    assert log() == []


@pytest.mark.parametrize(
    "name", ["call_to_action", "cta_group", "cs_task", "gsuser", "activity_timeline", "da_picklist"]
)
def test_only_companies_and_custom_objects_are_written_here(tenant, name):
    assert tenant.insert({"Name": "x"}, name=name).code == "GSOBJ_1023"
    assert tenant.update("Gsid", {"Gsid": "x"}, name=name).code == "GSOBJ_1023"
    assert tenant.call("DELETE", f"/v1/data/objects/{name}/x").code == "GSOBJ_1023"


def test_a_custom_object_is_written_and_read_like_a_company(tenant):
    tenant.switch(custom_objects={"Handoff__gc": {"Score__gc": "NUMBER"}})

    made = tenant.insert({"Name": "H-1", "Score__gc": 4}, name="handoff__gc").records[0]["Gsid"]

    assert made.startswith("1Z02")
    assert tenant.query("Handoff__gc", "Score__gc", where=where(Gsid=("EQ", made))).records == [{"Score__gc": 4}]
    assert tenant.engine.state()["Handoff__gc"][0]["Name"] == "H-1"


def _csm(**options):
    return {"Csm": {**OWNER, **options}}


def test_a_lookup_turns_an_e_mail_into_an_id(tenant):
    tenant.insert({"Name": "Cedar", "OwnerEmail": LEE}, lookups=_csm(onNoMatch="ERROR"))

    assert tenant.held("Company")[-1]["Csm"] == tenant.gsid("gsuser", Email=LEE)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"onNoMatch": "ERROR"}, 400),
        ({"onNoMatch": "NULLABLE"}, 200),
        ({"onNoMatch": "DEFAULTVALUE"}, 400),
        ({}, 400),
    ],
)
def test_a_lookup_without_a_match_does_as_told(tenant, options, status):
    answer = tenant.insert({"Name": "Cedar", "OwnerEmail": "gone@harbor.example"}, lookups=_csm(**options))

    assert answer.status == status
    assert status == 400 or tenant.held("Company")[-1]["Csm"] is None


def test_a_lookup_may_fall_back_on_its_default(tenant):
    jo = tenant.gsid("gsuser", Email=JO)
    lookup = _csm(onNoMatch="DEFAULTVALUE", defaultValue=jo)

    tenant.insert({"Name": "Cedar", "OwnerEmail": "gone@harbor.example"}, lookups=lookup)

    assert tenant.held("Company")[-1]["Csm"] == jo


def test_a_lookup_with_several_matches_takes_the_first_or_fails(tenant):
    tenant.engine.load({"gsuser": [{"Email": LEE, "Name": "Lee again"}]}, tenant.now)
    record = {"Name": "Cedar", "OwnerEmail": LEE}

    assert tenant.insert(record, lookups=_csm(multiMatchOption="MARKASERROR")).status == 400
    assert tenant.insert(record, lookups=_csm(multiMatchOption="FIRSTMATCH")).status == 200


def test_a_lookup_that_cannot_be_read_refuses_the_call(tenant):
    for lookups in ([], {"Csm": {}}, {"Csm": {**OWNER, "onNoMatch": "MAYBE"}}):
        assert tenant.call(
            "POST", "/v1/data/objects/Company", {"records": [{"Name": "C"}], "lookups": lookups}
        ).status in (400,)


def test_describe_tells_fields_and_options(tenant):
    path = "/v1/meta/services/objects"
    one = tenant.call("GET", f"{path}/company/describe", query="ic=false&cl=0&idd=false").data[0]
    many = tenant.call("POST", f"{path}/describe", {"objectNames": ["company"], "populatePickListOptions": True}).data
    every = tenant.call("POST", f"{path}/", {"externalUse": True}).data
    listed = tenant.call("GET", f"{path}/list", query="po=company&em=false").data

    fields = {field["fieldName"]: field for field in one["fields"]}
    assert many == [one]
    assert one["keyPrefix"] == "1P02"
    assert [option["label"] for option in fields["Stage"]["options"]][:2] == ["New Customer", "Kicked Off"]
    assert fields["Bridge_Key__gc"]["meta"]["createable"]
    assert fields["Name"]["meta"]["length"] == 255
    assert fields["Csm"]["meta"]["lookupDetail"]["lookupName"] == "Csm__gr"
    assert {row["objectName"] for row in every} == {row["objectName"] for row in listed} >= {"Company", "gsuser"}


def test_describe_gives_options_only_when_asked(tenant):
    body = {"objectNames": ["Company"]}

    fields = tenant.call("POST", "/v1/meta/services/objects/describe", body).data[0]["fields"]

    assert not any("options" in field for field in fields)


def test_a_dropdown_is_found_by_its_category(tenant):
    described = tenant.call("GET", "/v1/meta/services/objects/company/describe").data[0]["fields"]
    stage = next(field for field in described if field["fieldName"] == "Stage")

    category = stage["meta"]["properties"]["PICKLIST_CATEGORY_ID"]
    answer = tenant.call("GET", f"/v1/meta/services/dropdowns/{category}")

    assert answer.data["categoryDetails"]["gsid"] == category
    assert [item["name"] for item in answer.data["childItems"]][-1] == "Churn"
    assert tenant.call("GET", "/v1/meta/services/dropdowns/1I00").status == 400


def test_an_unknown_object_is_not_described(tenant):
    assert tenant.call("GET", "/v1/meta/services/objects/opportunity/describe").body["title"] == "OBJECT_NOT_FOUND"


def test_a_company_loaded_by_a_person_can_be_updated_by_the_bridge(tenant):
    tenant.engine.load({"Company": [company("Cedar", "001C")]}, tenant.now)

    assert tenant.update("SfdcAccountId", {"SfdcAccountId": "001C", "Bridge_Key__gc": "k"}).data["count"] == 1
