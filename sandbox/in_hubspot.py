"""A tenant's Salesforce records as HubSpot holds the same: other names and ids, the same people, deals and dates."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from sandbox.wire import Objects, Record

STAGES = {
    "Prospecting": "appointmentscheduled",
    "Qualification": "qualifiedtobuy",
    "Needs Analysis": "presentationscheduled",
    "Value Proposition": "presentationscheduled",
    "Id. Decision Makers": "decisionmakerboughtin",
    "Perception Analysis": "decisionmakerboughtin",
    "Proposal/Price Quote": "contractsent",
    "Negotiation/Review": "contractsent",
    "Closed Won": "closedwon",
    "Closed Lost": "closedlost",
}
_FIRST_IDS = {  # ids of one type are alike, so that a person sees what an id is of
    "User": 96_000_001,
    "Account": 9_000_000_001,
    "Contact": 44_000_000_001,
    "Product2": 1_600_000_001,
    "Opportunity": 51_000_000_001,
    "OpportunityLineItem": 7_000_000_001,
}


def in_hubspot(crm: Objects) -> Objects:
    """
    Return these Salesforce records in the shape of the HubSpot stand-in's `load`.

    A custom field such as `Handoff_Notes__c` is the property `handoff_notes`; contact roles are association labels.
    """
    return Twin(crm).objects()


class Twin:
    """Renames and renumbers one tenant."""

    def __init__(self, crm: Objects) -> None:
        self._crm = crm
        self._ids = {
            row["Id"]: str(first + place)
            for name, first in _FIRST_IDS.items()
            for place, row in enumerate(crm.get(name, ()))
        }
        names = dict.fromkeys(user.get("Team__c") for user in crm.get("User", ()))
        self._teams = {name: str(place) for place, name in enumerate(names, 1)}
        self._products = {row["Id"]: row for row in crm.get("Product2", ())}
        self._prices = {row["Product2Id"]: row["UnitPrice"] for row in crm.get("PricebookEntry", ())}
        self._roles = _by(crm.get("OpportunityContactRole", ()), "OpportunityId")
        self._items = _by(crm.get("OpportunityLineItem", ()), "OpportunityId")
        self._moves = _by(crm.get("OpportunityHistory", ()), "OpportunityId")

    def id(self, record: str) -> str:
        """Return the id in HubSpot of a Salesforce record."""
        return self._ids[record]

    def objects(self) -> Objects:
        """Return everything."""
        made: dict[str, tuple[str, Callable[[Record], Record]]] = {
            "owners": ("User", self._owner),
            "companies": ("Account", self._company),
            "contacts": ("Contact", self._contact),
            "products": ("Product2", self._product),
            "line_items": ("OpportunityLineItem", self._line_item),
            "deals": ("Opportunity", self._deal),
        }
        return {name: [_set(make(row)) for row in self._crm.get(of, ())] for name, (of, make) in made.items()}

    def _owner(self, user: Record) -> Record:
        first, _, last = user["Name"].partition(" ")
        team = user.get("Team__c")
        return {
            "id": self._ids[user["Id"]],
            "email": user["Email"],
            "firstName": first,
            "lastName": last,
            "archived": not user["IsActive"],
            "teams": [{"id": self._teams[team], "name": team, "primary": True}] if team else None,
        }

    def _company(self, account: Record) -> Record:
        website = account.get("Website")
        return {
            "id": self._ids[account["Id"]],
            "name": account["Name"],
            "website": website,
            "domain": urlsplit(website).netloc.removeprefix("www.") if website else None,
            "industry": account.get("Industry"),
            "country": account.get("BillingCountry"),
            "numberofemployees": account.get("NumberOfEmployees"),
            "annualrevenue": account.get("AnnualRevenue"),
            "founded_year": account.get("Founded__c"),
            "hs_parent_company_id": self._ids.get(account.get("ParentId") or ""),
            "hubspot_owner_id": self._ids.get(account.get("OwnerId") or ""),
            **_stamps(account),
        }

    def _contact(self, contact: Record) -> Record:
        return {
            "id": self._ids[contact["Id"]],
            "firstname": contact["FirstName"],
            "lastname": contact["LastName"],
            "email": contact["Email"],
            "jobtitle": contact["Title"],
            "hubspot_owner_id": self._ids.get(contact["OwnerId"]),
            "associations": {"companies": [{"id": self._ids[contact["AccountId"]], "labels": ["Primary"]}]},
            **_stamps(contact, modified="lastmodifieddate"),
        }

    def _product(self, product: Record) -> Record:
        return {
            "id": self._ids[product["Id"]],
            "name": product["Name"],
            "family": product["Family"],
            "hs_sku": product.get("ProductCode"),
            "price": self._prices.get(product["Id"]),
            **_stamps(product),
        }

    def _line_item(self, item: Record) -> Record:
        product = self._products[item["Product2Id"]]
        return {
            "id": self._ids[item["Id"]],
            "name": product["Name"],
            "hs_sku": product.get("ProductCode"),
            "hs_product_id": self._ids[product["Id"]],
            "quantity": item["Quantity"],
            "price": item["UnitPrice"],
            **_stamps(item),
        }

    def _deal(self, deal: Record) -> Record:
        stage = STAGES[deal["StageName"]]
        closed = stage.startswith("closed")
        return {
            "id": self._ids[deal["Id"]],
            "dealname": deal["Name"],
            "amount": deal["Amount"],
            "deal_currency_code": deal.get("CurrencyIsoCode"),
            "pipeline": "default",
            "dealstage": stage,
            "closedate": deal["LastStageChangeDate"] if closed else f"{deal['CloseDate']}T00:00:00.000Z",
            "dealtype": _dealtype(deal.get("Type")),
            "hubspot_owner_id": self._ids.get(deal["OwnerId"]),
            "createdate": deal["CreatedDate"],
            "hs_lastmodifieddate": deal["SystemModstamp"],
            "dealstage_history": self._history(deal),
            "associations": self._associations(deal),
            **{lower(name): value for name, value in deal.items() if name.endswith("__c")},
        }

    def _history(self, deal: Record) -> list[Record]:
        steps: list[Record] = []
        for move in sorted(self._moves.get(deal["Id"], ()), key=lambda move: str(move["CreatedDate"])):
            stage = STAGES[move["StageName"]]
            if not steps or steps[-1]["value"] != stage:
                by = self._ids.get(move["CreatedById"], "")
                steps.append({"value": stage, "timestamp": move["CreatedDate"], "by": by})
        return steps[::-1]

    def _associations(self, deal: Record) -> dict[str, list[Record]]:
        company = self._ids.get(deal["AccountId"] or "")
        roles, items = self._roles.get(deal["Id"], ()), self._items.get(deal["Id"], ())
        tied: dict[str, list[Record]] = {
            "companies": [{"id": company, "labels": ["Primary"]}] if company else [],
            "contacts": [{"id": self._ids[role["ContactId"]], "labels": [role["Role"]]} for role in roles],
            "line_items": [{"id": self._ids[item["Id"]]} for item in items],
        }
        return {name: rows for name, rows in tied.items() if rows}


def lower(name: str) -> str:
    """Return the property of a custom field: `Handoff_Notes__c` is `handoff_notes`."""
    return name.removesuffix("__c").lower()


def _dealtype(said: str | None) -> str | None:
    if said is None:
        return None
    return "existingbusiness" if said.startswith("Existing") else "newbusiness"


def _stamps(row: Record, modified: str = "hs_lastmodifieddate") -> Record:
    return {"createdate": row["CreatedDate"], modified: row.get("LastModifiedDate") or row["CreatedDate"]}


def _by(rows: Iterable[Record], key: str) -> dict[Any, list[Record]]:
    found: dict[Any, list[Record]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def _set(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not None}
