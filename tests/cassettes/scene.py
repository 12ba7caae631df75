"""What the recorded tenant holds: two customers, three won deals, four people, a CTA; all of them invented."""

from datetime import UTC, datetime

from sandbox.ids import Ids
from sandbox.people import gainsight_user
from sandbox.salesforce.schema import WHOLE
from sandbox.wire import Contents

START = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)

SCENE_POD = "Cas"
IDS = Ids(SCENE_POD)
REP = IDS.salesforce("005")
NORTHWIND, GLOBEX = (IDS.salesforce("001") for _ in range(2))
NORTHWIND_THERE = f"1P02{1:032d}"
IRIS = IDS.salesforce("003")
DEALS = tuple(IDS.salesforce("006") for _ in range(3))
PRODUCT, ENTRY = IDS.salesforce("01t"), IDS.salesforce("01u")
SEEN = frozenset(
    {
        *("Id", "IsDeleted", "AccountId", "Name", "StageName", "Amount", "CloseDate", "IsClosed", "IsWon"),
        *("OwnerId", "CurrencyIsoCode", "SystemModstamp", "CreatedDate", "LastStageChangeDate", "Business_Goal__c"),
        *("Handoff_Status__c", "Handoff_Reason__c", "Handoff_Sequence__c", "Handoff_Receipt__c"),
    }
)
"""The fields of an opportunity that the integration user is shown; describe tells of no others, so it stays short."""


def scene(seed: int, now: datetime) -> Contents:
    """Return the tenant; the same whatever the seed and the moment are."""
    hidden = [f"Opportunity.{name}" for name in WHOLE.objects["Opportunity"].fields if name not in SEEN]
    rule = {"when": {"Handoff_Status__c": "Excluded"}, "message": "Ask RevOps first", "fields": ["Handoff_Status__c"]}
    settings = {
        "multi_currency": True,
        "page_size": 2,
        "hidden_fields": hidden,
        "validation_rules": [rule],
    }
    return Contents({"salesforce": settings}, {"salesforce": _crm(), "gainsight": _platform()})


def _crm() -> dict[str, list[dict[str, object]]]:
    sold = (
        ("Northwind: Dock roll-out", NORTHWIND, 48_000, "USD", "2026-03-02T09:15:00Z"),
        ("Globex: Yard app", GLOBEX, 12_500.5, "EUR", "2026-03-04T16:40:00Z"),
        ("Northwind: Customs & <audit>", NORTHWIND, 140_000, "GBP", "2026-03-09T11:05:00Z"),
    )
    return {
        "User": [{"Id": REP, "Name": "Rita Hale", "Email": "rita.hale@harbor.example", "IsActive": True}],
        "Account": [
            {"Id": NORTHWIND, "Name": "Northwind", "Industry": "Retail", "OwnerId": REP},
            {"Id": GLOBEX, "Name": "Globex", "Industry": "Energy", "OwnerId": REP},
        ],
        "Contact": [
            {
                "Id": IRIS,
                "FirstName": "Iris",
                "LastName": "Bell",
                "Email": "iris.bell@northwind.example",
                "AccountId": NORTHWIND,
                "OwnerId": REP,
            }
        ],
        "Product2": [{"Id": PRODUCT, "Name": "Yard Mobile", "Family": "Mobile", "IsActive": True}],
        "PricebookEntry": [{"Id": ENTRY, "Product2Id": PRODUCT, "UnitPrice": 240.0, "IsActive": True}],
        "Opportunity": [
            {
                "Id": deal,
                "Name": name,
                "AccountId": account,
                "OwnerId": REP,
                "StageName": "Closed Won",
                "CloseDate": moment[:10],
                "Amount": amount,
                "CurrencyIsoCode": currency,
                "Business_Goal__c": "<p>Dock to stock in <b>4 hours</b></p>",
                "CreatedDate": "2026-01-15T08:00:00Z",
                "LastStageChangeDate": moment,
                "SystemModstamp": moment,
            }
            for deal, (name, account, amount, currency, moment) in zip(DEALS, sold, strict=True)
        ],
        "OpportunityHistory": [
            {"OpportunityId": deal, "StageName": stage, "CreatedDate": moment}
            for deal, (_, _, _, _, won) in zip(DEALS, sold, strict=True)
            for stage, moment in (("Negotiation/Review", "2026-02-01T10:00:00Z"), ("Closed Won", won))
        ],
        "OpportunityContactRole": [
            {"OpportunityId": DEALS[0], "ContactId": IRIS, "Role": "Evaluator", "IsPrimary": True}
        ],
        "OpportunityLineItem": [
            {"OpportunityId": DEALS[1], "PricebookEntryId": ENTRY, "Product2Id": PRODUCT, "Quantity": 50.0}
        ],
    }


def _platform() -> dict[str, list[dict[str, object]]]:
    gone = gainsight_user("Olga Brandt") | {"IsActiveUser": False}
    there = {"Gsid": NORTHWIND_THERE, "Name": "Northwind", "SfdcAccountId": NORTHWIND}
    welcome = {
        "Name": "Welcome Northwind",
        "CompanyId": NORTHWIND_THERE,
        "OwnerEmail": "priya.shah@harbor.example",
        "TypeId": "Lifecycle",
        "ReasonId": "Onboarding",
        "StatusId": "New",
        "PriorityId": "Low",
        "DueDate": "2026-03-20",
    }
    return {
        "gsuser": [gainsight_user("Priya Shah"), gone],
        "Company": [there | {"Stage": "Launched", "Status": "Active"}],
        "call_to_action": [welcome],
    }
