"""Deals, handoffs and mappings for tests: whole by default, each test names only what matters to it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from handoff.loading import load_mappings
from handoff.mapping import Mappings
from handoff.model import Deal, DealRef, Handoff, User, Value, WonHow
from handoff.policy import Times, judge
from tests.systems import GAINSIGHT

SHIPPED = Path(__file__).parents[2] / "mappings"
ORG = "00D5g000004XyZwEAK"
DEAL = "0065g00000AbCdEAAV"
ACCOUNT = "0015g00000QrStUAAV"
WON = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

PRIYA, BEN, CLEO, MAYA = (f"{name}@harbor.example" for name in ("priya.shah", "ben.okafor", "cleo.martin", "maya.lind"))
TOMAS = "tomas.reyes@harbor.example"

CONTRACT = f"""\
start_from: 2026-01-01
currency: {{base: USD, rates: {{EUR: 1.08, GBP: 1.27}}}}
conditions:
  with_plan: [{{field: segment, in: [enterprise, mid_market]}}]
fields:
  arr: {{section: deal, label: Amount, prompt: What is it worth a year?}}
  business_goal: {{section: goals, label: Why they bought, prompt: Which number moves?}}
  champion: {{section: people, label: Champion, prompt: Who wanted us?, person_with_role: Champion}}
  commitments: {{section: promises, label: What we promised}}
  go_live_on: {{section: deal, label: Promised go-live}}
segments:
  - {{name: enterprise, when: [{{field: arr, at_least: 100000}}], extends: mid_market, requires: [go_live_on]}}
  - {{name: mid_market, when: [{{field: arr, at_least: 20000}}], extends: smb, requires: [champion]}}
  - {{name: smb, requires: [arr, business_goal]}}
routing:
  - {{use: fixed, receiver: {PRIYA}, segments: [enterprise]}}
  - {{use: fixed, receiver: {BEN}, segments: [mid_market]}}
  - {{use: fixed, receiver: {CLEO}}}
"""
PEOPLE = f"""\
teams:
  enterprise: {{lead: {MAYA}}}
  mid_market: {{lead: {TOMAS}}}
  smb: {{lead: {TOMAS}}}
people:
  - {{email: {PRIYA}, role: csm, team: enterprise}}
  - {{email: {BEN}, role: csm, team: mid_market}}
  - {{email: {CLEO}, role: csm, team: smb}}
  - {{email: {MAYA}, role: manager, team: enterprise}}
  - {{email: {TOMAS}, role: manager, team: mid_market}}
"""
SOURCE = """\
fields:
  deal.name: {from: Name}
  arr: {from: [ARR__c, Amount], as: decimal}
  business_goal: {from: Business_Goal__c, as: plain}
  commitments: {from: Commitments__c, as: lines}
  go_live_on: {from: Promised_Go_Live__c, as: date}
  account.name: {from: Account.Name}
people:
  each: OpportunityContactRoles
  fields:
    name: {from: Contact.Name}
    role: {from: Role, values: {Evaluator: Champion}, default: Other}
products:
  each: OpportunityLineItems
  fields:
    name: {from: Product2.Name}
write_back:
  to: opportunity
  fields:
    Handoff_Status__c: {from: status}
"""
TARGET = """\
steps:
  company:
    object: company
    match: [{SfdcAccountId: account.id}, {Name: account.name}]
    fields:
      Name: {from: account.name, max: 255, write: create_only}
      Score: {from: completeness, as: percent}
  plan:
    object: success_plan
    when: with_plan
    fields:
      CompanyId: {step: company}
      OwnerId: {from: [receiver.email, lead.email], find: active_user}
      Name: {text: "{account.name}: first 90 days", max: 80, shorten: account.name}
      SuccessPlanType: {value: Onboarding}
  onboarding_cta:
    object: cta
    fields:
      CompanyId: {step: company}
      CtaGroupId: {step: plan}
      OwnerId: {from: [receiver.email, lead.email], find: active_user}
      Name: {text: "Onboard {account.name}: {deal.name}", max: 80, shorten: deal.name}
      type: {value: Lifecycle}
      reason: {value: Onboarding}
      status: {value: New}
      priority: {value: Medium}
      DueDate: {from: work_starts_at, plus: 3 days, as: date}
      Comments: {template: cta.html.j2, max: 30000}
  brief:
    object: timeline
    needs: [onboarding_cta]
    fields:
      GsCompanyId: {step: company}
      ContextName: {value: Company}
      TypeName: {value: Update}
      Author: {from: [receiver.email, lead.email], find: active_email}
      Subject: {text: "Sales handoff: {account.name}", max: 120, shorten: account.name}
      Notes: {template: cta.html.j2, max: 30000}
"""
TEMPLATE = "<p>Why: {{ business_goal or 'Sales did not say.' }}</p>\n"

FILES = {
    "handoff.yml": CONTRACT,
    "people.yml": PEOPLE,
    "sources/salesforce.yml": SOURCE,
    "targets/gainsight.yml": TARGET,
    "templates/cta.html.j2": TEMPLATE,
}


def a_ref(deal_id: str = DEAL, *, instance: str = "main") -> DealRef:
    """Return a deal of the org that all tests share."""
    return DealRef(instance, "salesforce", ORG, deal_id)


def a_deal(
    deal_id: str = DEAL,
    *,
    name: str = "Harbor lights, 40 seats",
    account_id: str | None = ACCOUNT,
    account_name: str | None = "Nordwind Freight",
    amount: Decimal | int | None = 48_000,
    currency: str | None = "USD",
    owner_email: str | None = "rosa.lang@northwind.example",
    owner_active: bool = True,
    won_at: datetime = WON,
    episode: int = 1,
    source: Mapping[str, Value] | None = None,
    contacts: Sequence[tuple[str, str]] = (("Ida Brandt", "Evaluator"),),
    products: Sequence[str] = ("Lights",),
) -> Deal:
    """Return a well-filled won deal; `source` changes or adds raw fields, a None in it empties one."""
    record: dict[str, Value] = {
        "Name": name,
        "Amount": None if amount is None else Decimal(amount),
        "Business_Goal__c": "Fewer late berths",
        "Success_Metric__c": "Berth delay report",
        "Promised_Go_Live__c": "2026-05-04",
        "Commitments__c": "Migrate two ports | 2026-04-20 | service | Rosa Lang",
        "Replacing__c": "A spreadsheet",
        "Handoff_Notes__c": "They like short mails.",
        "Account.Name": account_name,
        "Account.Industry": "Shipping",
        "Account.BillingCountry": "NO",
        "Owner.Name": "Rosa Lang",
    }
    return Deal(
        ref=a_ref(deal_id),
        name=name,
        account_id=account_id,
        account_name=account_name,
        amount=None if amount is None else Decimal(amount),
        currency=currency,
        owner_email=owner_email,
        owner_active=owner_active,
        won_at=won_at,
        won_how=WonHow.HISTORY,
        episode=episode,
        url=f"https://acme.my.salesforce.example/{deal_id}",
        source=record | dict(source or {}),
        children={
            "OpportunityContactRoles": tuple({"Contact.Name": who, "Role": role} for who, role in contacts),
            "OpportunityLineItems": tuple({"Product2.Name": product, "Quantity": Decimal(1)} for product in products),
        },
    )


def users(*emails: str, inactive: Sequence[str] = ()) -> dict[str, User]:
    """Return these users of the platform by address (the five of the tests by default), `inactive` ones among them."""
    known = emails or (PRIYA, BEN, CLEO, MAYA, TOMAS)
    everyone = dict.fromkeys((*known, *inactive))
    return {email: User(f"1P01-{email.split('@')[0]}", email, email not in inactive) for email in everyone}


def a_handoff(
    mappings: Mappings,
    deal: Deal | None = None,
    *,
    known: Mapping[str, User] | None = None,
    now: datetime = NOON,
) -> Handoff:
    """Return the deal judged for the first time at `now`, by these mappings and these users of the platform."""
    deal = deal or a_deal()
    return judge(deal, mappings, users() if known is None else known, Times.first(deal, now))


def as_judged(deal: Deal, moment: datetime, *, kind: str = "new_customer") -> Handoff:
    """Return a handoff of this deal as the ledger keeps it, with nothing in it but its moments and its kind."""
    return Handoff(
        deal, {}, "smb", "", (), Decimal(1), None, "", (), handed_off_at=moment, work_starts_at=moment, kind=kind
    )


def folder_in(tmp_path: Path, changes: Mapping[str, str | None] | None = None) -> Path:
    """Return a mappings folder with these files changed, added or (None) left out."""
    folder = tmp_path / "mappings"
    for name, text in (FILES | dict(changes or {})).items():
        if text is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


def mappings_in(tmp_path: Path, changes: Mapping[str, str | None] | None = None) -> Mappings:
    """Return the small mappings of the tests, loaded, with these files changed: `{"people.yml": "..."}`."""
    return load_mappings(folder_in(tmp_path, changes), crm="salesforce", platform=GAINSIGHT)


def shipped() -> Mappings:
    """Return the mappings that are shipped."""
    return load_mappings(SHIPPED, crm="salesforce", platform=GAINSIGHT)


def payloads(steps: Sequence[Any]) -> dict[str, dict[str, Value]]:
    """Return each step's payload by the step's name."""
    return {step.name: dict(step.payload) for step in steps}
