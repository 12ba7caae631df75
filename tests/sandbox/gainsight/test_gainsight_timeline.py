"""What Timeline promises: one activity for each external id, plural failures, updates by either id."""

import pytest
from gainsight_tenant import JO, LEE, a_cta, an_activity, where, without


def _codes(answer, key="sf:006A:closed-won"):
    return [row["errorCode"] for row in answer.data["failures"].get(key, [])]


def test_an_activity_is_made_and_answered_by_its_external_id(tenant):
    answer = tenant.activity(an_activity("e1"), an_activity("e2", TypeName="Nowhere"))

    made = tenant.gsid("activity_timeline")
    assert answer.data["success"] == {"e1": [{"activityId": made}]}
    assert _codes(answer, "e2") == ["GS_TL_10_0213"]
    (row,) = tenant.query(
        "activity_timeline", "ActivityId", "TypeName", "ActivityDate", "GsCompanyId__gr.Name", "AuthorId__gr.Email"
    ).records
    assert row == {
        "ActivityId": made,
        "TypeName": "Update",
        "ActivityDate": "2026-03-06T16:00:00.000Z",
        "GsCompanyId__gr.Name": "Acme",
        "AuthorId__gr.Email": JO,
    }


def test_an_external_id_is_used_once(tenant):
    tenant.activity(an_activity())

    again = tenant.activity(an_activity(Subject="Another"))

    assert _codes(again) == ["GS_TL_10_0207"]
    assert again.response.applied is False
    assert [row["Subject"] for row in tenant.held("activity_timeline")] == ["Closed won: Acme"]


def test_an_external_id_is_used_once_within_a_call(tenant):
    answer = tenant.activity(an_activity("e1"), an_activity("e1"))

    assert (list(answer.data["success"]), list(answer.data["failures"])) == (["e1"], ["e1"])
    assert len(tenant.held("activity_timeline")) == 1


def test_a_tenant_may_answer_a_repeat_with_the_first_activity(tenant):
    tenant.switch(timeline_duplicate="existing")
    first = tenant.activity(an_activity())

    again = tenant.activity(an_activity(Subject="Another"))

    assert again.data == first.data
    assert again.response.applied is False
    assert [row["Subject"] for row in tenant.held("activity_timeline")] == ["Closed won: Acme"]


@pytest.mark.parametrize("name", ["Author", "ContextName", "TypeName", "Subject", "Notes", "companyName"])
def test_each_required_field_is_needed(tenant, name):
    assert _codes(tenant.activity(without(an_activity(), name))) == ["GS_TL_10_0206"]


def test_an_activity_without_external_id_fails(tenant):
    assert _codes(tenant.activity(without(an_activity(), "ExternalId")), "") == ["GS_TL_10_0206"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"Author": "gone@harbor.example"}, "GS_TL_10_0213"),
        ({"companyName": "Nobody"}, "GS_TL_10_0213"),
        ({"ContextName": "Nowhere"}, "GS_TL_10_0206"),
        ({"ContextName": "Relationship"}, "GS_TL_10_0213"),
        ({"ContextName": "CTA", "ContextId": "1S01X"}, "GS_TL_10_0213"),
        ({"ActivityDate": "2026-03-06"}, "GS_TL_10_0214"),
        ({"ActivityDate": "2026-03-06T09:00:00-07:00"}, "GS_TL_10_0214"),
        ({"ActivityDate": "2026-13-06T09:00:00.000-07:00"}, "GS_TL_10_0214"),
        ({"Notes": "x" * 32_001}, "GS_TL_10_0214"),
        ({"internalAttendees": LEE}, "GS_TL_10_0214"),
        ({"Wrong": "x"}, "GS_TL_10_0214"),
    ],
)
def test_a_value_that_does_not_fit_fails_its_record(tenant, wrong, code):
    assert _codes(tenant.activity(an_activity(**wrong))) == [code]
    assert tenant.held("activity_timeline") == []


def test_an_activity_may_stand_under_a_cta_of_its_company(tenant):
    tenant.cta(a_cta())
    cta = tenant.gsid("call_to_action")

    assert tenant.activity(an_activity(ContextName="CTA", ContextId=cta)).data["success"]
    other = tenant.activity(an_activity("e2", ContextName="CTA", ContextId=cta, companyName="Birch"))
    assert _codes(other, "e2") == ["GS_TL_10_0213"]


@pytest.mark.parametrize(("identifier", "key"), [("externalid", "ExternalId"), ("activityid", "ActivityId")])
def test_an_activity_is_updated_by_either_id(tenant, identifier, key):
    tenant.activity(an_activity())
    before = tenant.held("activity_timeline")[0]

    answer = tenant.activity({key: before[key], "Subject": "New"}, method="PUT", query=f"identifier={identifier}")

    after = tenant.held("activity_timeline")[0]
    assert answer.data["success"] == {before[key]: [{"activityId": before["Gsid"]}]}
    assert {name for name in after if after[name] != before[name]} == {"Subject", "LastModifiedDate"}


def test_an_update_of_an_unknown_activity_fails(tenant):
    answer = tenant.activity({"ExternalId": "e9", "Subject": "New"}, method="PUT", query="identifier=externalid")

    assert _codes(answer, "e9") == ["GS_TL_10_0213"]


def test_an_update_needs_to_say_which_id(tenant):
    assert tenant.activity({"ExternalId": "e9"}, method="PUT").status == 400


def test_an_update_cannot_take_anothers_external_id(tenant):
    tenant.activity(an_activity("e1"), an_activity("e2"))
    second = tenant.held("activity_timeline")[1]["ActivityId"]

    answer = tenant.activity({"ActivityId": second, "ExternalId": "e1"}, method="PUT", query="identifier=activityid")

    assert _codes(answer, second) == ["GS_TL_10_0207"]


def test_a_tenant_may_require_a_field_of_its_own(tenant):
    tenant.switch(required_timeline_field="Status")

    refused = tenant.activity(an_activity())
    taken = tenant.activity(an_activity(Ant__Status__c="Done"))

    assert "Missing required custom fields: 'Status'" in refused.data["failures"]["sf:006A:closed-won"][0]["message"]
    assert taken.data["success"]


def test_an_activity_is_found_by_its_external_id(tenant):
    tenant.activity(an_activity("e1"), an_activity("e2"))

    found = tenant.query("activity_timeline", "ExternalId", where=where(ExternalId=("IN", "e1", "e9"))).records

    assert found == [{"ExternalId": "e1"}]


def test_a_call_above_the_tenants_size_is_refused_whole(tenant):
    tenant.switch(requests_per_call=1)

    assert tenant.activity(an_activity("e1"), an_activity("e2")).status == 400
    assert tenant.held("activity_timeline") == []
