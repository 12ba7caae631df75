"""Single records: create, read, change, delete, upsert, describe, replication."""

import pytest
from salesforce_org import ACME, DEAL, IDA, JONAS, ORG, SEATS, deal

from sandbox.salesforce import new_id

PATH = f"sobjects/Opportunity/{DEAL}"
NOBODY = new_id("006", 999, ORG)


def test_a_created_record_is_answered_with_its_id_and_location(org):
    made = org.call("POST", "sobjects/Task/", {"Subject": "Call Jonas", "WhatId": DEAL, "WhoId": JONAS})

    assert (org.last.status, made["success"], made["errors"]) == (201, True, [])
    assert org.last.headers["location"] == f"/services/data/v66.0/sobjects/Task/{made['id']}"
    assert (org.last.mutates, org.last.applied, org.last.records) == (True, True, 1)
    [task] = org.query("SELECT Status, What.Name, Who.Name, CreatedBy.Username FROM Task")["records"]
    assert (task["Status"], task["What"]["Name"], task["Who"]["Name"]) == (
        "Not Started",
        "Acme - 50 seats",
        "Jonas Holm",
    )
    assert task["CreatedBy"]["Username"] == "sandbox"


def test_a_new_deal_with_a_contact_gets_a_primary_role(org):
    org.call("POST", "sobjects/Opportunity", deal(ContactId=JONAS))

    [role] = org.query("SELECT ContactId, IsPrimary FROM OpportunityContactRole")["records"]
    assert (role["ContactId"], role["IsPrimary"]) == (JONAS, True)


def test_a_record_is_read_by_either_id_with_the_fields_asked_for(org):
    row = org.call("GET", f"sobjects/opportunity/{DEAL[:15]}", params={"fields": "name,IsWon"})

    assert list(row) == ["attributes", "Name", "IsWon", "Id"]
    assert org.last.headers["last-modified"] == "Fri, 20 Nov 2026 12:00:00 GMT"


def test_an_update_with_equal_values_still_moves_the_stamps(org):
    org.later(minutes=5)

    org.call("PATCH", PATH, {"Name": "Acme - 50 seats"})

    assert (org.last.status, org.last.body) == (204, b"")
    assert org.deal()["SystemModstamp"] == org.deal()["LastModifiedDate"] == "2026-11-20T12:05:00.000+0000"
    assert org.deal()["CreatedDate"] == "2026-11-20T12:00:00.000+0000"


def test_an_update_of_a_record_that_changed_meanwhile_fails_its_precondition(org):
    org.later(minutes=5)
    org.load(Opportunity=[{"Id": DEAL, "NextStep": "Call"}])
    at_noon = {"if_unmodified_since": "Fri, 20 Nov 2026 12:00:00 GMT"}

    refused = org.refusal("PATCH", PATH, {"NextStep": "Mail"}, **at_noon)

    assert (refused, org.deal()["NextStep"]) == ((412, "PRECONDITION_FAILED"), "Call")
    org.call("PATCH", PATH, {"NextStep": "Mail"}, if_unmodified_since="Fri, 20 Nov 2026 12:05:00 GMT")
    assert (org.last.status, org.deal()["NextStep"]) == (204, "Mail")


def test_a_deleted_record_says_so_and_its_children_go_with_it(org):
    org.load(OpportunityContactRole=[{"OpportunityId": DEAL, "ContactId": JONAS}])

    org.call("DELETE", PATH)

    assert org.last.status == 204
    assert org.refusal("GET", PATH) == (404, "ENTITY_IS_DELETED")
    assert org.refusal("PATCH", PATH, {"NextStep": "Call"}) == (404, "ENTITY_IS_DELETED")
    assert org.query("SELECT Id FROM OpportunityContactRole")["totalSize"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Nothing__c": 1}, "INVALID_FIELD"),
        ({"IsWon": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"ContactId": JONAS}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Id": DEAL}, "INVALID_FIELD"),
        ({"Name": None}, "REQUIRED_FIELD_MISSING"),
        ({"Handoff_Status__c": "x" * 41}, "STRING_TOO_LONG"),
        ({"StageName": "Nearly"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"AccountId": "acme"}, "MALFORMED_ID"),
        ({"AccountId": DEAL}, "MALFORMED_ID"),
        ({"AccountId": new_id("001", 77, ORG)}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"Amount": 10**16}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"Amount": "many"}, "JSON_PARSER_ERROR"),
        ({"Amount": float("inf")}, "JSON_PARSER_ERROR"),
        ({"CloseDate": "20 November"}, "JSON_PARSER_ERROR"),
        ({"Handoff_Delivered_At__c": "2026-11-20T12:00:00"}, "JSON_PARSER_ERROR"),
        ({"IsPrivate": "yes"}, "JSON_PARSER_ERROR"),
        ([1], "JSON_PARSER_ERROR"),
    ],
)
def test_a_value_the_org_cannot_take_is_refused_and_changes_nothing(org, body, code):
    before = org.engine.state()

    assert org.refusal("PATCH", PATH, body) == (400, code)
    assert (org.last.mutates, org.last.applied) == (True, False)
    assert org.engine.state() == before


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "sobjects/Opportunity", {"Name": "No stage"}, (400, "REQUIRED_FIELD_MISSING")),
        (
            "POST",
            "sobjects/OpportunityLineItem",
            {"OpportunityId": DEAL, "Quantity": 1},
            (400, "REQUIRED_FIELD_MISSING"),
        ),
        ("POST", "sobjects/Contact", {"LastName": "A", "Email": "a b"}, (400, "INVALID_EMAIL_ADDRESS")),
        ("POST", "sobjects/OpportunityHistory", {}, (400, "INVALID_TYPE_FOR_OPERATION")),
        ("POST", "sobjects/ContentNote", {"Title": "Handoff"}, (404, "NOT_FOUND")),
        ("GET", f"sobjects/Opportunity/{NOBODY}", None, (404, "NOT_FOUND")),
        ("GET", f"sobjects/Opportunity/{ACME}", None, (404, "NOT_FOUND")),
        ("GET", "sobjects/Opportunity/acme", None, (400, "MALFORMED_ID")),
        ("GET", f"{PATH}x", None, (400, "MALFORMED_ID")),
        ("PATCH", f"sobjects/Opportunity/{NOBODY}", {}, (404, "NOT_FOUND")),
        ("DELETE", f"sobjects/User/{IDA}", None, (400, "INVALID_TYPE_FOR_OPERATION")),
        ("PUT", PATH, {}, (405, "METHOD_NOT_ALLOWED")),
        ("GET", "sobjects/Quote/describe", None, (404, "NOT_FOUND")),
    ],
)
def test_what_is_not_there_or_not_allowed_is_refused(org, method, path, body, expected):
    assert org.refusal(method, path, body) == expected


def test_an_upsert_creates_once_and_then_updates(org):
    path = "sobjects/Opportunity/Legacy_Id__c/SB 7/1"

    first = org.call("PATCH", path, deal("Nordwind"))
    status = org.last.status
    again = org.call("PATCH", path, {"NextStep": "Call"})

    assert (status, first["created"], org.last.status, again["created"]) == (201, True, 200, False)
    assert first["id"] == again["id"]
    made = org.deal(first["id"])
    assert (made["Legacy_Id__c"], made["NextStep"], made["Name"]) == ("SB 7/1", "Call", "Nordwind")
    assert org.call("GET", path)["Id"] == first["id"]


def test_an_upsert_is_refused_for_a_field_that_is_no_external_id_and_for_a_repeated_key(org):
    assert org.refusal("PATCH", "sobjects/Opportunity/Name/Acme", {}) == (404, "NOT_FOUND")
    assert org.refusal("PATCH", "sobjects/Opportunity/Legacy_Id__c/1", {"legacy_id__c": "1"}) == (400, "INVALID_FIELD")
    assert org.refusal("PATCH", "sobjects/Opportunity/Legacy_Id__c/1", deal(), params={"updateOnly": "true"}) == (
        404,
        "NOT_FOUND",
    )


def test_an_external_id_that_several_records_have_is_answered_with_their_addresses(org):
    org.load(Opportunity=[deal("One", Legacy_Id__c="L1"), deal("Two", Legacy_Id__c="l1")])

    urls = org.call("PATCH", "sobjects/Opportunity/Legacy_Id__c/L1", {})

    assert (org.last.status, len(urls), org.last.applied) == (300, 2, False)


def test_a_unique_value_is_taken_once_in_whatever_case(org):
    org.load(Opportunity=[deal("One", Legacy_Id__c="Old-1")])

    assert org.refusal("PATCH", PATH, {"Legacy_Id__c": "OLD-1"}) == (400, "DUPLICATE_VALUE")


def test_describe_shows_flags_children_and_picklists_as_recorded(org):
    told = org.call("GET", "sobjects/opportunity/describe")
    fields = {field["name"]: field for field in told["fields"]}

    assert (told["name"], told["keyPrefix"], told["undeletable"]) == ("Opportunity", "006", True)
    assert fields["Description"]["filterable"] is False
    assert (fields["IsWon"]["createable"], fields["IsWon"]["updateable"], fields["IsWon"]["sortable"]) == (
        False,
        False,
        True,
    )
    assert (fields["Amount"]["precision"], fields["Amount"]["scale"]) == (18, 2)
    assert (fields["AccountId"]["referenceTo"], fields["AccountId"]["relationshipName"]) == (["Account"], "Account")
    assert fields["ContactId"]["relationshipName"] is None
    assert fields["Business_Goal__c"]["htmlFormatted"] and fields["Business_Goal__c"]["length"] == 32768
    assert fields["Legacy_Id__c"]["externalId"] and fields["Legacy_Id__c"]["unique"]
    assert "Closed Won" in [each["value"] for each in fields["StageName"]["picklistValues"]]
    assert all(field["compoundFieldName"] is None and field["type"] for field in told["fields"])
    assert {"OpportunityContactRoles", "OpportunityLineItems", "OpportunityHistories"} <= {
        child["relationshipName"] for child in told["childRelationships"]
    }
    assert "Opportunity" in [each["name"] for each in org.call("GET", "sobjects/")["sobjects"]]


def test_updated_and_deleted_tell_the_ids_of_a_window(org):
    org.later(hours=1)
    gone = new_id("006", 2, ORG)
    org.load(Opportunity=[deal("Gone", Id=gone)])
    org.load(Opportunity=[{"Id": gone, "_deleted": True}])
    window = {"start": "2026-11-20T12:00:00+00:00", "end": "2026-11-20T14:00:00+00:00"}

    updated = org.call("GET", "sobjects/Opportunity/updated/", params=window)
    deleted = org.call("GET", "sobjects/Opportunity/deleted", params=window)

    assert updated == {"ids": [DEAL], "latestDateCovered": "2026-11-20T13:00:00.000+0000"}
    assert deleted["deletedRecords"] == [{"id": gone, "deletedDate": "2026-11-20T13:00:00.000+0000"}]


@pytest.mark.parametrize(
    "window",
    [
        {},
        {"start": "2026-11-20T12:00:00+00:00", "end": "2026-11-20T12:00:00.5+00:00"},
        {"start": "2026-10-01T12:00:00+00:00", "end": "2026-11-20T12:00:00+00:00"},
        {"start": "2026-11-19T12:00:00", "end": "2026-11-20T12:00:00"},
    ],
)
def test_a_replication_window_that_makes_no_sense_is_refused(org, window):
    assert org.refusal("GET", "sobjects/Opportunity/updated", params=window) == (400, "INVALID_REPLICATION_DATE")


def test_a_line_item_works_out_its_total_and_marks_its_deal_without_moving_its_stamp(org):
    org.later(minutes=1)
    org.load(PricebookEntry=[{"Id": new_id("01u", 1, ORG), "Product2Id": SEATS, "UnitPrice": 90, "Pricebook2Id": None}])

    made = org.call(
        "POST",
        "sobjects/OpportunityLineItem",
        {"OpportunityId": DEAL, "PricebookEntryId": new_id("01u", 1, ORG), "Quantity": 50},
    )

    row = org.call("GET", f"sobjects/OpportunityLineItem/{made['id']}")
    assert (row["TotalPrice"], row["ListPrice"], row["ProductCode"]) == (4500.0, 90.0, "SEAT")
    assert (org.deal()["HasOpportunityLineItem"], org.deal()["SystemModstamp"]) == (
        True,
        "2026-11-20T12:00:00.000+0000",
    )
    org.call("PATCH", PATH, {"Amount": 1})
    assert (org.last.status, org.deal()["Amount"]) == (204, 48000.0)
