"""What the recorded systems hold: two customers, three won deals, four people, a CTA; all of them invented."""

from datetime import UTC, datetime

from sandbox.churnzero.org import user_account
from sandbox.hubspot.schema import Schema
from sandbox.ids import Ids
from sandbox.people import gainsight_user
from sandbox.salesforce.schema import WHOLE
from sandbox.totango.org import totango_user
from sandbox.wire import Contents

START = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)

SCENE_POD = "Cas"
IDS = Ids(SCENE_POD)
REP = IDS.salesforce("005")
NORTHWIND, GLOBEX = (IDS.salesforce("001") for _ in range(2))
NORTHWIND_THERE = f"1P02{1:032d}"
IRIS = IDS.salesforce("003")
DEALS = tuple(IDS.salesforce("006") for _ in range(3))
PORTAL_DEALS = ("51000000001", "51000000002", "51000000003")
PRODUCT, ENTRY = IDS.salesforce("01t"), IDS.salesforce("01u")
SEEN = frozenset(
    {
        *("Id", "IsDeleted", "AccountId", "Name", "StageName", "Amount", "CloseDate", "IsClosed", "IsWon"),
        *("OwnerId", "CurrencyIsoCode", "SystemModstamp", "CreatedDate", "LastStageChangeDate", "Business_Goal__c"),
        *("Handoff_Status__c", "Handoff_Reason__c", "Handoff_Sequence__c", "Handoff_Receipt__c"),
    }
)
"""The fields of an opportunity that the integration user is shown; describe tells of no others, so it stays short."""

PORTAL_SCHEMA = Schema(())
SEEN_IN_PORTAL = {
    "deals": {
        *("dealname", "amount", "dealstage", "pipeline", "closedate", "createdate", "hs_lastmodifieddate"),
        *("hs_is_closed_won", "hs_closed_won_date", "hubspot_owner_id", "deal_currency_code", "business_goal"),
        *("handoff_status", "handoff_reason", "handoff_sequence"),
    },
    "companies": {"name", "createdate"},
    "contacts": {"firstname", "lastname", "email"},
    "products": {"name", "family"},
    "line_items": {"name", "quantity", "hs_product_id"},
}
"""The properties that the service key is shown, for the same reason."""


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
    prompt = {
        "totango": {"hub_delay_seconds": 0, "index_lag_seconds": 0},
        "churnzero": {"read_lag_seconds": 0, "account_columns": "all"},
    }
    return Contents(
        {
            "salesforce": settings,
            "hubspot": {
                "search_delay_seconds": 0.0,
                "association_labels": ["Champion"],
                "hidden_fields": [
                    f"{kind}.{one.name}"
                    for kind, seen in SEEN_IN_PORTAL.items()
                    for one in PORTAL_SCHEMA.all(kind)
                    if one.name not in seen
                ],
            },
            **{name: {name: switches} for name, switches in prompt.items()},
        },
        {
            "salesforce": _crm(),
            "hubspot": _portal(),
            "gainsight": _platform(),
            "totango": _totango(),
            "churnzero": _churnzero(),
        },
    )


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


def _portal() -> dict[str, list[dict[str, object]]]:
    sold = (
        ("Northwind: Dock roll-out", "9000000001", 48_000, "2026-03-02T09:15:00.000Z"),
        ("Globex: Yard app", "9000000002", 12_500.5, "2026-03-04T16:40:00.000Z"),
        ("Northwind: Customs & <audit>", "9000000001", 140_000, "2026-03-09T11:05:00.000Z"),
    )
    tied = ({"contacts": [{"id": "44000000001", "labels": ["Champion"]}]}, {"line_items": [{"id": "7000000001"}]}, {})
    return {
        "owners": [{"id": "96000001", "email": "rita.hale@harbor.example", "firstName": "Rita", "lastName": "Hale"}],
        "companies": [
            {"id": "9000000001", "name": "Northwind", "industry": "RETAIL"},
            {"id": "9000000002", "name": "Globex"},
        ],
        "contacts": [
            {"id": "44000000001", "firstname": "Iris", "lastname": "Bell", "email": "iris.bell@northwind.example"}
        ],
        "products": [{"id": "1600000001", "name": "Yard Mobile", "family": "Mobile"}],
        "line_items": [{"id": "7000000001", "name": "Yard Mobile", "hs_product_id": "1600000001", "quantity": 50}],
        "deals": [
            {
                "id": deal,
                "dealname": name,
                "amount": amount,
                "dealstage": "closedwon",
                "closedate": moment,
                "hubspot_owner_id": "96000001",
                "business_goal": "<p>Dock to stock in <b>4 hours</b></p>",
                "createdate": "2026-01-15T08:00:00.000Z",
                "hs_lastmodifieddate": moment,
                "dealstage_history": [
                    {"value": "closedwon", "timestamp": moment, "by": "96000001"},
                    {"value": "contractsent", "timestamp": "2026-02-01T10:00:00.000Z", "by": "96000001"},
                ],
                "associations": {"companies": [{"id": company, "labels": ["Primary"]}], **more},
            }
            for deal, (name, company, amount, moment), more in zip(PORTAL_DEALS, sold, tied, strict=True)
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


def _totango() -> dict[str, list[dict[str, object]]]:
    gone = totango_user("Olga Brandt", "olga.brandt@harbor.example") | {"active": False}
    there = {
        "id": NORTHWIND,
        "name": "Northwind",
        "attributes": {"Customer Journey Stage": "Adoption", "Status": "Paying"},
    }
    return {"totango_users": [totango_user("Priya Shah", "priya.shah@harbor.example"), gone], "accounts": [there]}


def _churnzero() -> dict[str, list[dict[str, object]]]:
    gone = user_account(2, "Olga Brandt", "olga.brandt@harbor.example") | {"IsActive": False}
    return {
        "UserAccount": [user_account(1, "Priya Shah", "priya.shah@harbor.example"), gone],
        "Account": [{"ExternalId": NORTHWIND, "Name": "Northwind"}],
    }
