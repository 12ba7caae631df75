"""HubSpot, and the work in either CRM, against recorded conversations: byte for byte, and what comes back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connectors._hubspot_mapped import Wanted as HubSpotWanted
from connectors.salesforce import Wanted
from handoff.keys import step_key
from handoff.model import Deal, DealRef, How, Result, Scope, Step, Window, WonHow
from handoff.ports import Destination, Receipt
from tests.cassettes.recorder import Systems
from tests.cassettes.scene import DEALS, PORTAL_DEALS, REP

pytestmark = pytest.mark.whole

MARCH = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
WANTED = HubSpotWanted(
    ("company.name", "business_goal"),
    {"contacts": ("name", "email", "label"), "line_items": ("name", "product.family", "quantity")},
)
TOLD = ("handoff_status", "handoff_reason", "handoff_sequence")


def test_hubspot_gives_won_deals_page_by_page_and_takes_what_became_of_them(systems: Systems):
    crm = systems.hubspot(wanted=WANTED, write_fields=TOLD, page=2)

    pages = [page.deals for page in crm.changed(MARCH)]
    (dock, yard), (customs,) = pages
    again = crm.read([customs.ref.id, dock.ref.id]).deals
    found = crm.search("Globex")
    gone = DealRef(dock.ref.instance, dock.ref.system, dock.ref.org, "51000000009")
    outcomes = crm.write_back([told(dock), Receipt(f"hb:{gone}:receipt", gone, told(dock).fields)])

    assert [[deal.name for deal in page] for page in pages] == [
        ["Northwind: Dock roll-out", "Globex: Yard app"],
        ["Northwind: Customs & <audit>"],
    ]
    assert (dock.account_name, dock.amount, dock.currency) == ("Northwind", Decimal(48_000), "USD")
    assert (yard.amount, yard.currency) == (Decimal("12500.5"), "USD")
    assert (dock.owner_email, dock.owner_active) == ("rita.hale@harbor.example", True)
    assert (dock.won_at, dock.won_how, dock.episode) == (datetime(2026, 3, 2, 9, 15, tzinfo=UTC), WonHow.HISTORY, 1)
    assert dock.source == {"company.name": "Northwind", "business_goal": "<p>Dock to stock in <b>4 hours</b></p>"}
    assert dock.children["contacts"] == (
        {"name": "Iris Bell", "email": "iris.bell@northwind.example", "label": "Champion"},
    )
    assert yard.children["line_items"] == (
        {"name": "Yard Mobile", "product.family": "Mobile", "quantity": Decimal(50)},
    )
    assert [deal.name for deal in again] == ["Northwind: Customs & <audit>", "Northwind: Dock roll-out"]
    assert found == [(yard.ref.id, "Globex: Yard app, Globex")]
    assert [outcome.result for outcome in outcomes] == [Result.UPDATED, Result.REJECTED]


def told(deal: Deal) -> Receipt:
    values = {"handoff_status": "Handed off", "handoff_reason": None, "handoff_sequence": 1}
    return Receipt(f"hb:{deal.ref}:receipt", deal.ref, values)


def test_work_in_hubspot_is_made_found_and_refused_record_by_record(systems: Systems):
    crm = systems.hubspot(wanted=WANTED, write_fields=TOLD)
    deal = DealRef("hubspot", "hubspot", crm.org(), PORTAL_DEALS[1])

    assert_made_found_and_refused(crm.work("main"), deal, owner="96000001")


def test_work_in_salesforce_is_made_found_and_refused_record_by_record(systems: Systems):
    crm = systems.salesforce(wanted=Wanted((), {}), write_fields=())
    deal = DealRef("main", "salesforce", crm.org(), DEALS[1])

    assert_made_found_and_refused(crm.work("main"), deal, owner=REP)


def assert_made_found_and_refused(work: Destination, deal: DealRef, *, owner: str) -> None:
    nowhere = DealRef(deal.instance, deal.system, deal.org, f"{deal.id[:-4]}9{deal.id[-3:]}")
    task, note = step(deal, "task", "onboarding", owner=owner), step(deal, "note", "brief")

    people = work.people(["rita.hale@harbor.example", "nobody@harbor.example"])
    before = work.find([task, note])
    made = [*work.put([task, step(nowhere, "task", "onboarding", owner=owner)]), *work.put([note])]
    after = work.find([task, note])

    assert {email: user.id for email, user in people.items()} == {"rita.hale@harbor.example": owner}
    assert before == {}
    assert [one.result for one in made] == [Result.CREATED, Result.REJECTED, Result.CREATED]
    ((seen,), (entry,)) = (after[one.key] for one in (task, note))
    assert (seen.ref, seen.how, seen.closed, entry.ref) == (made[0].ref, How.KEY, False, made[2].ref)
    assert seen.holds["due"] == date(2026, 3, 13)


def step(deal: DealRef, kind: str, name: str, **more: object) -> Step:
    payload = {"subject": "Onboard Globex: Yard app", "body": "<p>Yard Mobile, EUR 12,500.50.</p>", **more}
    if kind == "task":
        payload |= {"due": date(2026, 3, 13), "priority": "High"}
    return Step(step_key(deal, 1, "main", name), name, kind, Scope.DEAL, deal, payload)
