"""The org itself: what it works out, what loading promises, and its switches."""

from datetime import timedelta

import pytest
from salesforce_org import ACME, DEAL, IDA, JONAS, NOON, ORG, SEATS, Client, deal

from sandbox.salesforce import SalesforceEngine, new_id

HISTORY = "SELECT StageName, Amount, Probability, PrevAmount, CreatedDate FROM OpportunityHistory ORDER BY CreatedDate"


def history(client):
    rows = client.query(HISTORY)["records"]
    return [(row["StageName"], row["Amount"], row["CreatedDate"][:16]) for row in rows]


def test_a_won_stage_sets_every_derived_field_and_the_stage_change_date(org):
    org.later(hours=1)

    org.load(Opportunity=[{"Id": DEAL, "StageName": "Closed Won"}])

    won = org.deal()
    assert (won["IsWon"], won["IsClosed"], won["Probability"]) == (True, True, 100.0)
    assert (won["ForecastCategory"], won["ForecastCategoryName"]) == ("Closed", "Closed")
    assert (won["ExpectedRevenue"], won["Fiscal"]) == (48000.0, "2026 4")
    assert won["LastStageChangeDate"] == won["SystemModstamp"] == "2026-11-20T13:00:00.000+0000"
    assert won["LastModifiedById"] == IDA


def test_history_tells_the_creation_and_each_of_the_four_changes_and_nothing_else(org):
    for step in ({"Amount": 50000}, {"NextStep": "Call"}, {"StageName": "Closed Won"}, {"Probability": 95}):
        org.later(minutes=1)
        org.call("PATCH", f"sobjects/Opportunity/{DEAL}", step)

    assert history(org) == [
        ("Prospecting", 48000.0, "2026-11-20T12:00"),
        ("Prospecting", 50000.0, "2026-11-20T12:01"),
        ("Closed Won", 50000.0, "2026-11-20T12:03"),
        ("Closed Won", 50000.0, "2026-11-20T12:04"),
    ]
    assert org.query(HISTORY)["records"][1]["PrevAmount"] == 48000.0
    assert org.deal()["LastStageChangeDate"] == "2026-11-20T12:03:00.000+0000"


def test_a_deal_born_won_has_no_stage_change_date(empty):
    empty.load(Opportunity=[deal(StageName="Closed Won")])

    [born] = empty.engine.state_of("Opportunity")
    assert (born["IsWon"], born["LastStageChangeDate"]) == (True, None)


def test_loaded_history_stands_instead_of_the_creation_row_and_stamps_are_kept(empty):
    empty.load(
        OpportunityHistory=[
            {"OpportunityId": DEAL[:15], "StageName": "Qualification", "CreatedDate": "2026-01-02T09:00:00Z"},
            {"OpportunityId": DEAL, "StageName": "Closed Won", "CreatedDate": "2026-02-03T09:00:00Z"},
        ],
        Opportunity=[
            deal(
                Id=DEAL[:15],
                StageName="Closed Won",
                CreatedDate="2026-01-02T09:00:00Z",
                LastStageChangeDate="2026-02-03T10:00:00+01:00",
                SystemModstamp="2026-02-03T09:00:00.000+0000",
            )
        ],
    )

    assert history(empty) == [
        ("Qualification", None, "2026-01-02T09:00"),
        ("Closed Won", None, "2026-02-03T09:00"),
    ]
    row = empty.deal()
    assert row["CreatedDate"] == "2026-01-02T09:00:00.000+0000"
    assert row["LastStageChangeDate"] == row["SystemModstamp"] == "2026-02-03T09:00:00.000+0000"
    assert row["LastModifiedDate"] == "2026-11-20T12:00:00.000+0000"


def test_objects_may_be_loaded_in_any_order(empty):
    empty.load(
        OpportunityLineItem=[{"OpportunityId": DEAL, "Product2Id": SEATS, "Quantity": 2, "UnitPrice": 5}],
        OpportunityContactRole=[{"OpportunityId": DEAL, "ContactId": JONAS}],
        Opportunity=[deal(Id=DEAL, AccountId=ACME, OwnerId=IDA)],
        Product2=[{"Id": SEATS, "Name": "Seats", "ProductCode": "SEAT"}],
        Contact=[{"Id": JONAS, "Name": "Jonas Holm"}],
        Account=[{"Id": ACME, "Name": "Acme"}],
        User=[{"Id": IDA, "Name": "Ida"}],
    )

    [item] = empty.engine.state_of("OpportunityLineItem")
    assert (item["ProductCode"], item["TotalPrice"]) == ("SEAT", 10.0)
    assert empty.engine.state_of("Contact")[0]["LastName"] == "Holm"
    assert empty.deal()["HasOpportunityLineItem"] is True


def test_loading_the_state_again_changes_nothing_and_rebuilds_a_lost_org(org):
    org.load(OpportunityContactRole=[{"OpportunityId": DEAL, "ContactId": JONAS}])
    org.load(Opportunity=[deal("Gone", Id=new_id("006", 2, ORG), StageName="Closed Lost")])
    org.load(Opportunity=[{"Id": new_id("006", 2, ORG), "_deleted": True}])
    before = org.engine.state()
    other = SalesforceEngine(org_id=ORG, real_now=lambda: NOON)

    org.engine.load(before, NOON + timedelta(days=1))
    other.load(before, NOON + timedelta(days=1))

    assert org.engine.state() == before
    assert other.state() == before


@pytest.mark.parametrize(
    ("objects", "why"),
    [
        ({"Deal": []}, "has no object 'Deal'"),
        ({"Opportunity": [deal(Nothing__c=1)]}, "has no field 'Nothing__c'"),
        ({"Opportunity": [deal(StageName="Nearly")]}, "has no stage 'Nearly'"),
        ({"Opportunity": [{"Name": "No stage"}]}, "has no stage None"),
        ({"Opportunity": [deal(), deal(Amount="many")]}, "VALUE_STRING"),
        ({"Opportunity": [deal(Id=ACME)]}, "incorrect type|start with 006"),
        ({"Opportunity": [{"Id": new_id("006", 9, ORG), "_deleted": True}]}, "no such record"),
    ],
)
def test_a_load_that_cannot_be_taken_is_refused_and_leaves_nothing_behind(org, objects, why):
    before = org.engine.state()

    with pytest.raises(ValueError, match=why):
        org.engine.load({"Account": [{"Name": "New"}], **objects}, NOON)

    assert org.engine.state() == before


def test_a_given_id_is_kept_in_18_characters_and_a_missing_one_assigned(empty):
    empty.load(Account=[{"Id": ACME[:15], "Name": "Acme"}, {"Name": "Nordwind"}, {"Name": "Lund"}])

    ids = [row["Id"] for row in empty.engine.state_of("Account")]
    assert ids[0] == ACME
    assert len({*ids}) == 3 and all(each.startswith("001") and len(each) == 18 for each in ids)


def test_an_edit_through_the_api_is_told_apart_from_a_persons(org):
    org.call("PATCH", f"sobjects/Opportunity/{DEAL}", {"Handoff_Status__c": "Handed off"})

    [row] = org.query("SELECT LastModifiedBy.Username, CreatedBy.Username FROM Opportunity")["records"]
    assert (row["LastModifiedBy"]["Username"], row["CreatedBy"]["Username"]) == ("sandbox", "ida@seller.example")


def test_what_state_returns_is_a_copy(org):
    org.engine.state()["Opportunity"][0]["Name"] = "Mine"
    org.engine.state_of("Opportunity").clear()

    assert org.deal()["Name"] == "Acme - 50 seats"


def test_a_hidden_field_is_nowhere(org):
    org.engine.tenant({"hidden_fields": ["Opportunity.Business_Goal__c", "Company.Arr", "Account.plan"]})

    assert "Business_Goal__c" not in [f["name"] for f in org.call("GET", "sobjects/Opportunity/describe")["fields"]]
    assert org.query_refusal("SELECT Business_Goal__c FROM Opportunity") == (400, "INVALID_FIELD")
    assert org.refusal("PATCH", f"sobjects/Opportunity/{DEAL}", {"Business_Goal__c": "x"}) == (400, "INVALID_FIELD")
    assert "Business_Goal__c" not in org.call("GET", f"sobjects/Opportunity/{DEAL}")
    org.engine.tenant({"hidden_fields": []})
    assert org.query("SELECT Business_Goal__c FROM Opportunity")["totalSize"] == 1


def test_currencies_exist_only_where_there_are_several(org):
    org.engine.tenant({"multi_currency": True})

    [row] = org.query("SELECT CurrencyIsoCode FROM Opportunity")["records"]
    assert row["CurrencyIsoCode"] == "USD"
    assert "CurrencyIsoCode" in org.deal()
    org.engine.tenant({"multi_currency": False})
    assert "CurrencyIsoCode" not in org.deal()


def test_the_stages_of_an_org_decide_what_is_won(org):
    signed = {"MasterLabel": "Signed", "IsWon": True}
    org.engine.tenant({"picklists": {"Opportunity.StageName": ["Prospecting", signed, "Lost?"], "deal.stage": ["x"]}})

    org.load(Opportunity=[{"Id": DEAL, "StageName": "Signed"}])

    assert (org.deal()["IsWon"], org.deal()["Probability"]) == (True, 100.0)
    stages = org.query("SELECT MasterLabel, IsWon, IsClosed, SortOrder FROM OpportunityStage ORDER BY SortOrder")
    assert [(row["MasterLabel"], row["IsWon"], row["IsClosed"]) for row in stages["records"]] == [
        ("Prospecting", False, False),
        ("Signed", True, True),
        ("Lost?", False, False),
    ]
    assert org.refusal("PATCH", f"sobjects/Opportunity/{DEAL}", {"StageName": "Closed Won"}) == (
        400,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    )


def test_named_users_are_inactive_until_they_are_named_no_more(org):
    def active():
        return org.query(f"SELECT IsActive FROM User WHERE Id = '{IDA}'")["records"][0]["IsActive"]

    org.engine.tenant({"inactive_users": ["Ida@seller.example"]})
    assert active() is False
    org.load(User=[{"Id": IDA, "IsActive": True}])
    assert active() is False
    org.engine.tenant({"inactive_users": []})
    assert active() is True


def test_a_validation_rule_refuses_an_update_that_leaves_the_deal_matching(org):
    rule = {
        "when": {"StageName": "Closed Won", "NextStep": None},
        "message": "Say what is next",
        "fields": ["NextStep"],
    }
    org.engine.tenant({"validation_rules": [rule]})
    path = f"sobjects/Opportunity/{DEAL}"

    [error] = org.call("PATCH", path, {"StageName": "Closed Won"})

    assert error == {
        "message": "Say what is next",
        "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "fields": ["NextStep"],
    }
    org.call("PATCH", path, {"StageName": "Closed Won", "NextStep": "Hand off"})
    assert org.last.status == 204


@pytest.mark.parametrize(
    "settings",
    [
        {"colour": "blue"},
        {"hidden_fields": ["Opportunity.Busines_Goal__c"]},
        {"picklists": {"Opportunity.StageName": [{"Colour": "blue"}]}},
        {"daily_limit": 0},
        {"page_size": True},
        {"validation_rules": [{"if": {}}]},
        {"locked": ["acme"]},
    ],
)
def test_a_setting_that_is_none_is_refused(org, settings):
    with pytest.raises(ValueError):
        org.engine.tenant(settings)


def test_two_engines_given_the_same_calls_answer_the_same_bytes():
    def bodies():
        client = Client(SalesforceEngine(org_id=ORG, real_now=lambda: NOON))
        client.load(Opportunity=[deal("One"), deal("Two")], Account=[{"Name": "Acme"}])
        client.call("POST", "sobjects/Task", {"Subject": "Call"})
        yield client.last.body
        client.query("SELECT Id, OwnerId FROM Opportunity")
        yield client.last.body

    assert [*bodies()] == [*bodies()]
