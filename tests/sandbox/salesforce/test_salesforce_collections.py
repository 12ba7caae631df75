"""sObject Collections: one call, many records, each with its own result in its place."""

import pytest
from salesforce_org import ACME, DEAL, JONAS, ORG, deal

from sandbox.salesforce import new_id

SECOND, NOBODY = new_id("006", 2, ORG), new_id("006", 999, ORG)


def record(kind="Opportunity", **fields):
    return {"attributes": {"type": kind}, **fields}


@pytest.fixture
def two(org):
    org.load(Opportunity=[deal("Second", Id=SECOND, Legacy_Id__c="L2")])
    return org


def update(org, *records, strict=False):
    return org.call("PATCH", "composite/sobjects", {"allOrNone": strict, "records": [*records]})


def test_results_come_in_input_order_and_a_failed_one_has_no_id(two):
    results = update(
        two,
        record(id=DEAL[:15], Handoff_Status__c="Handed off"),
        record(id=SECOND, Handoff_Status__c="x" * 41),
        record(id=NOBODY, Handoff_Status__c="Handed off"),
    )

    assert (two.last.status, two.last.applied, two.last.records) == (200, True, 3)
    assert results[0] == {"id": DEAL, "success": True, "errors": []}
    assert [error["statusCode"] for result in results[1:] for error in result["errors"]] == [
        "STRING_TOO_LONG",
        "INVALID_CROSS_REFERENCE_KEY",
    ]
    assert results[1]["errors"][0]["fields"] == ["Handoff_Status__c"]
    assert not any("id" in result for result in results[1:])
    assert two.deal()["Handoff_Status__c"] == "Handed off"


def test_all_or_none_rolls_everything_back_and_names_only_the_offender(two):
    before = two.engine.state()

    results = update(two, record(id=DEAL, StageName="Closed Won"), record(id=SECOND, Nothing__c=1), strict=True)

    codes = [result["errors"][0]["statusCode"] for result in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_FIELD"]
    assert (two.last.status, two.last.applied) == (200, False)
    assert two.engine.state() == before


def test_the_same_id_twice_is_refused_the_second_time(two):
    results = update(two, record(id=DEAL, NextStep="A"), record(id=DEAL[:15], NextStep="B"))

    assert [result["success"] for result in results] == [True, False]
    assert (results[1]["errors"][0]["statusCode"], two.deal()["NextStep"]) == ("DUPLICATE_VALUE", "A")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"records": [record(id=DEAL)] * 201}, "INVALID_INPUT"),
        ({"records": [record("Opportunity" if n % 2 else "Contact") for n in range(11)]}, "INVALID_INPUT"),
        ({"records": [{"id": DEAL}]}, "INVALID_INPUT"),
        ({"records": []}, "INVALID_INPUT"),
        ([], "INVALID_INPUT"),
        ({"records": [record(id=DEAL, Amount="many")]}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_call_that_is_malformed_is_refused_as_a_whole(two, body, code):
    assert two.refusal("PATCH", "composite/sobjects/", body) == (400, code)


def test_mixed_types_are_created_and_deleted_in_one_call(org):
    made = org.call(
        "POST",
        "composite/sobjects",
        {"records": [record("Task", Subject="Call"), record("Contact", LastName="Lund"), record("Contact")]},
    )
    ids = [result.get("id", NOBODY) for result in made]

    gone = org.call("DELETE", "composite/sobjects", params={"ids": ",".join(ids), "allOrNone": "false"})

    assert [result["success"] for result in made] == [True, True, False]
    assert [result["success"] for result in gone] == [True, True, False]


def test_a_typed_upsert_tells_which_records_are_new(two):
    results = two.call(
        "PATCH",
        "composite/sobjects/Opportunity/Legacy_Id__c",
        {"records": [record(Legacy_Id__c="L2", NextStep="Call"), record(Legacy_Id__c="L3", **deal("Third"))]},
    )

    assert [(result["success"], result["created"]) for result in results] == [(True, False), (True, True)]
    assert results[0]["id"] == SECOND


def test_records_are_retrieved_in_the_order_asked_for_with_null_for_none(two):
    ids = [SECOND, NOBODY, DEAL[:15]]
    by_get = two.call("GET", "composite/sobjects/Opportunity", params={"ids": ",".join(ids), "fields": "Name"})
    by_post = two.call("POST", "composite/sobjects/Opportunity", {"ids": ids, "fields": ["Name"]})

    assert by_get == by_post
    assert [row and row["Name"] for row in by_get] == ["Second", None, "Acme - 50 seats"]
    assert (two.last.mutates, two.last.records) == (False, 2)


def test_a_locked_record_fails_alone(two):
    two.engine.tenant({"locked": [DEAL[:15]]})

    results = update(two, record(id=DEAL, NextStep="A"), record(id=SECOND, NextStep="A"))

    assert results[0]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
    assert results[1]["success"]


def test_a_parent_of_a_wrong_kind_or_a_deleted_record_is_a_result_not_a_failed_call(two):
    two.load(Opportunity=[{"Id": SECOND, "_deleted": True}])

    results = update(two, record(id=DEAL, AccountId=JONAS), record(id=SECOND, NextStep="A"), record(id=ACME))

    codes = [result["errors"][0]["statusCode"] for result in results]
    assert codes == ["MALFORMED_ID", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"]
