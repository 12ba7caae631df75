"""Salesforce and Gainsight against recorded conversations: byte for byte, and what comes back."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connectors.salesforce import Wanted
from handoff.model import Customer, Deal, DealRef, Found, How, Outcome, Result, Scope, Step, User, Window, WonHow
from handoff.ports import Receipt
from tests.cassettes.recorder import Systems
from tests.cassettes.scene import DEALS, GLOBEX, NORTHWIND

pytestmark = pytest.mark.whole

MARCH = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
WANTED = Wanted(
    ("Account.Industry", "Business_Goal__c"),
    {
        "OpportunityContactRoles": ("Contact.Name", "Contact.Email", "Role"),
        "OpportunityLineItems": ("Product2.Name", "Quantity"),
    },
)
TOLD = ("Handoff_Status__c", "Handoff_Reason__c", "Handoff_Sequence__c")
NORTH = {"Stage": "Launched", "Status": "Active"}
PRIYA, OLGA = "priya.shah@harbor.example", "olga.brandt@harbor.example"


def test_salesforce_gives_won_deals_page_by_page_and_takes_what_became_of_them(systems: Systems):
    crm = systems.salesforce(wanted=WANTED, write_fields=TOLD)

    pages = [page.deals for page in crm.changed(MARCH)]
    (dock, yard), (customs,) = pages
    again = crm.read([customs.ref.id, dock.ref.id]).deals
    found = crm.search("Globex")
    outcomes = crm.write_back([told(dock, "Handed off"), told(yard, "Excluded")])

    assert [[deal.name for deal in page] for page in pages] == [
        ["Northwind: Dock roll-out", "Globex: Yard app"],
        ["Northwind: Customs & <audit>"],
    ]
    assert (dock.account_name, dock.amount, dock.currency) == ("Northwind", Decimal(48_000), "USD")
    assert (yard.amount, yard.currency) == (Decimal("12500.5"), "EUR")
    assert (dock.owner_email, dock.owner_active) == ("rita.hale@harbor.example", True)
    assert (dock.won_at, dock.won_how, dock.episode) == (datetime(2026, 3, 2, 9, 15, tzinfo=UTC), WonHow.HISTORY, 1)
    assert dock.source == {
        "Account.Industry": "Retail",
        "Business_Goal__c": "<p>Dock to stock in <b>4 hours</b></p>",
    }
    assert dock.children["OpportunityContactRoles"] == (
        {"Contact.Name": "Iris Bell", "Contact.Email": "iris.bell@northwind.example", "Role": "Evaluator"},
    )
    assert yard.children["OpportunityLineItems"] == ({"Product2.Name": "Yard Mobile", "Quantity": Decimal(50)},)
    assert [deal.name for deal in again] == ["Northwind: Customs & <audit>", "Northwind: Dock roll-out"]
    assert found == [(yard.ref.id, "Globex: Yard app, Globex")]
    assert [outcome.result for outcome in outcomes] == [Result.UPDATED, Result.REJECTED]
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in outcomes[1].reason


def told(deal: Deal, status: str) -> Receipt:
    values = {"Handoff_Status__c": status, "Handoff_Reason__c": None, "Handoff_Sequence__c": 1}
    return Receipt(f"hb:{deal.ref}:receipt", deal.ref, values)


def test_gainsight_finds_makes_and_refuses_work_record_by_record(systems: Systems):
    gainsight = systems.gainsight()

    people = gainsight.people([PRIYA, OLGA, "nobody@harbor.example"])
    found = gainsight.find([company("north", NORTHWIND, "Northwind"), company("globex", GLOBEX, "Globex")])
    (north,) = found["north"]
    (made,) = gainsight.put([company("globex", GLOBEX, "Globex")])
    (changed,) = gainsight.put([company("north", NORTHWIND, "Northwind", ref=north.ref)])
    (planned,) = gainsight.put([plan("plan", made.ref, people[PRIYA])])
    ctas = gainsight.put(
        [cta("cta", people[PRIYA], CompanyId=made.ref, CtaGroupId=planned.ref), cta("no company", people[PRIYA])]
    )
    looked = gainsight.find([cta("cta", people[PRIYA])])
    (entered,) = gainsight.put([entry("entry", made.ref)])
    (twice,) = gainsight.put([entry("entry", made.ref)])
    made_cta = known(cta("cta", people[PRIYA], CompanyId=made.ref, CtaGroupId=planned.ref), ctas[0])
    held = gainsight.read(
        [
            known(company("globex", GLOBEX, "Globex"), made),
            known(plan("plan", made.ref, people[PRIYA]), planned),
            made_cta,
            known(entry("entry", made.ref), entered),
        ]
    )
    customers = gainsight.customers([NORTHWIND, GLOBEX])

    assert people == {
        PRIYA: User(people[PRIYA].id, PRIYA, active=True, name="Priya Shah"),
        OLGA: User(people[OLGA].id, OLGA, active=False, name="Olga Brandt"),
    }
    holds = {"Handoff_Completeness__gc": None, "Name": "Northwind", "SfdcAccountId": NORTHWIND}
    assert found == {"north": [Found(north.ref, How.MATCH, "Northwind", holds=holds | NORTH)]}
    assert (made.result, changed, planned.result) == (
        Result.CREATED,
        Outcome("north", Result.UPDATED, north.ref),
        Result.CREATED,
    )
    assert [outcome.result for outcome in ctas] == [Result.CREATED, Result.REJECTED]
    assert ctas[1].reason.startswith("COCKPIT_9700 (CompanyId)")
    (seen,) = looked["cta"]
    assert (seen.ref, seen.how, seen.label, seen.closed) == (ctas[0].ref, How.KEY, "Onboard Globex", False)
    assert entered.result is Result.CREATED
    assert twice == Outcome("entry", Result.UNCHANGED, entered.ref)
    assert held["globex"].values == company("globex", GLOBEX, "Globex").payload
    assert held["plan"].values == plan("plan", made.ref, people[PRIYA]).payload
    assert held["cta"].values == made_cta.payload
    assert held["entry"].values == entry("entry", made.ref).payload
    assert customers == {
        NORTHWIND: Customer(str(north.ref), "Northwind", "Active", "Launched"),
        GLOBEX: Customer(str(made.ref), "Globex", "Active", "New Customer"),
    }


def test_gainsight_links_open_work_that_somebody_else_made(systems: Systems):
    gainsight = systems.gainsight()
    priya = gainsight.people([PRIYA])[PRIYA]
    (north,) = gainsight.find([company("north", NORTHWIND, "Northwind")])["north"]
    wanted = replace(cta("ours", priya, CompanyId=north.ref), adopt=("type", "reason"))

    (theirs,) = gainsight.find([wanted])["ours"]
    link = replace(wanted.with_payload({"Comments": wanted.payload["Comments"]}, ref=theirs.ref), plants=True)
    outcomes = gainsight.put([link])
    (ours,) = gainsight.find([wanted])["ours"]

    assert (theirs.how, theirs.label, theirs.closed) == (How.ADOPT, "Welcome Northwind", False)
    assert (theirs.holds["Comments"], theirs.holds["DueDate"]) == (None, date(2026, 3, 20))
    assert outcomes == [Outcome("ours", Result.ADOPTED, theirs.ref)]
    assert (ours.ref, ours.how, ours.holds["Comments"]) == (theirs.ref, How.KEY, wanted.payload["Comments"])


def known(step: Step, outcome: Outcome) -> Step:
    return step.with_payload(step.payload, ref=outcome.ref)


def step(
    kind: str, key: str, ref: str | None = None, match: tuple[dict[str, str], ...] = (), **payload: object
) -> Step:
    deal = DealRef("main", "salesforce", "00D000000000062EAA", DEALS[1])
    return Step(key, kind, kind, Scope.DEAL, deal, payload, match=match, ref=ref)


def company(key: str, account: str, name: str, *, ref: str | None = None) -> Step:
    match = ({"SfdcAccountId": account}, {"Name": name})
    values = {"Handoff_Completeness__gc": Decimal("83.3")}
    if ref is None:
        values |= {"Name": name, "SfdcAccountId": account, "Stage": "New Customer", "Status": "Active"}
    return step("company", key, ref, match, **values)


def plan(key: str, company: str | None, owner: User) -> Step:
    return step(
        "success_plan",
        key,
        CompanyId=company,
        OwnerId=owner.id,
        Name="Globex: first 90 days",
        SuccessPlanType="Onboarding",
        status="Draft",
        DueDate=date(2026, 6, 8),
    )


def cta(key: str, owner: User, **more: object) -> Step:
    return step(
        "cta",
        key,
        OwnerId=owner.id,
        Name="Onboard Globex",
        type="Lifecycle",
        reason="Onboarding",
        status="New",
        priority="High",
        DueDate=date(2026, 3, 13),
        Comments="<p><b>Globex</b> bought Yard Mobile for EUR 12,500.50.</p>",
        **more,
    )


def entry(key: str, company: str | None) -> Step:
    return step(
        "timeline",
        key,
        ContextName="Company",
        TypeName="Update",
        Author=PRIYA,
        GsCompanyId=company,
        Subject="Sales handoff: Globex, Yard app",
        Notes="<h3>What was sold</h3><p>Yard Mobile, EUR 12,500.50.</p>",
        ActivityDate=datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC),
    )
