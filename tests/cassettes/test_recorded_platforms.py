"""Totango and ChurnZero against recorded conversations: byte for byte, and what comes back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connectors._churnzero_objects import OBJECTS as OF_CHURNZERO
from connectors._totango_objects import OBJECTS as OF_TOTANGO
from handoff.keys import account_key, step_key
from handoff.model import Customer, DealRef, How, Outcome, Result, Scope, Step, User
from handoff.platforms import ObjectFacts
from tests.cassettes.recorder import Systems
from tests.cassettes.scene import DEALS, GLOBEX, NORTHWIND, START

pytestmark = pytest.mark.whole

DEAL = DealRef("main", "salesforce", "00D000000000062EAA", DEALS[1])
PRIYA, OLGA = "priya.shah@harbor.example", "olga.brandt@harbor.example"


def test_totango_enrols_an_account_and_finds_its_work_again(systems: Systems):
    totango = systems.totango()

    people = totango.people([PRIYA, OLGA, "nobody@harbor.example"])
    found = totango.find([account(NORTHWIND, "Northwind"), account(GLOBEX, "Globex")])
    (made,) = totango.put([account(GLOBEX, "Globex")])
    (enrolled,) = totango.put([enrolment()])
    (row,) = totango.put([of_totango("collection", "deal_row", account_id=GLOBEX, deal_name="Globex: Yard app")])
    tasks = totango.put([task("kickoff", PRIYA), task("nobody_s", "nobody@harbor.example")])
    (told,) = totango.put([touchpoint()])
    looked = totango.find([task("kickoff", PRIYA), touchpoint()])
    held = totango.read([known(touchpoint(), told), known(enrolment(), enrolled)])
    customers = totango.customers([NORTHWIND, GLOBEX])

    assert people == {
        PRIYA: User(PRIYA, PRIYA, active=True, name="Priya Shah"),
        OLGA: User(OLGA, OLGA, active=False, name="Olga Brandt"),
    }
    ((north,),) = found.values()
    assert (north.ref, north.how, north.label) == (NORTHWIND, How.MATCH, "Northwind")
    assert [one.result for one in (made, enrolled, row, told)] == [Result.CREATED] * 4
    assert [one.result for one in tasks] == [Result.CREATED, Result.REJECTED]
    assert "it does not know the assignee" in tasks[1].reason
    assert {key: [one.ref for one in some] for key, some in looked.items()} == {
        task("kickoff", PRIYA).key: [tasks[0].ref],
        touchpoint().key: [told.ref],
    }
    assert held[touchpoint().key].values["content"] == touchpoint().payload["content"]
    assert held[enrolment().key].values["Onboarding Stage"] == "Kick Off"
    assert customers[NORTHWIND] == Customer(NORTHWIND, "Northwind", "Paying", "Adoption")
    assert customers[GLOBEX].csm_email == PRIYA


def test_churnzero_takes_everything_alike_and_shows_what_became_of_it(systems: Systems):
    churnzero = systems.churnzero()

    people = churnzero.people([PRIYA, OLGA, "nobody@harbor.example"])
    found = churnzero.find([customer(NORTHWIND, "Northwind"), customer(GLOBEX, "Globex")])
    (made,) = churnzero.put([customer(GLOBEX, "Globex", OwnerUserAccount="nobody@harbor.example")])
    (changed,) = churnzero.put([customer(NORTHWIND, "Northwind", ref=NORTHWIND, OwnerUserAccount=PRIYA)])
    (told,) = churnzero.put([event()])
    looked = churnzero.find([event()])
    held = churnzero.read([customer(GLOBEX, "Globex", ref=GLOBEX, OwnerUserAccount=PRIYA)])
    customers = churnzero.customers([NORTHWIND])

    assert people[PRIYA].active
    assert not people[OLGA].active
    assert "nobody@harbor.example" not in people
    assert {key: [(one.ref, one.how) for one in some] for key, some in found.items()} == {
        customer(NORTHWIND, "Northwind").key: [(NORTHWIND, How.MATCH)]
    }
    assert [one.result for one in (made, changed, told)] == [Result.CREATED, Result.UPDATED, Result.CREATED]
    assert "not verified" in made.reason
    ((seen,),) = looked.values()
    assert (seen.ref, seen.how, seen.label) == (told.ref, How.KEY, "Deal Closed Won")
    (globex,) = held.values()  # for the unknown owner the whole of it was passed over; the event made the account
    assert (globex.values["Name"], globex.values["OwnerUserAccount"]) == (None, None)
    assert customers == {NORTHWIND: Customer(NORTHWIND, "Northwind", None, None, PRIYA)}


def known(step: Step, outcome: Outcome) -> Step:
    return step.with_payload(step.payload, ref=outcome.ref)


def made_of(facts: ObjectFacts, kind: str, name: str, about: str, payload: dict[str, object], ref: str | None) -> Step:
    of_account = facts.scope is Scope.ACCOUNT
    key = account_key(DEAL, about, "main", name) if of_account else step_key(DEAL, 1, "main", name)
    return Step(key, name, kind, facts.scope, DEAL, payload, modes=dict.fromkeys(payload, facts.write), ref=ref)


def of_totango(kind: str, name: str, **payload: object) -> Step:
    about = str(payload.get("id") or payload["account_id"])
    return made_of(OF_TOTANGO[kind], kind, name, about, payload, None)


def account(number: str, name: str) -> Step:
    return of_totango("account", "account", id=number, account_name=name, Status="Paying")


def enrolment() -> Step:
    stage = {"Onboarding Stage": "Kick Off", "Success Manager___tid": PRIYA}
    return of_totango("enrolment", "enrolment", account_id=GLOBEX, **stage)


def task(name: str, assignee: str) -> Step:
    about = {"account_id": GLOBEX, "activity_type_id": "onboarding", "assignee": assignee}
    return of_totango("task", name, title="Kick off Globex", due_date=date(2026, 3, 13), priority="1", **about)


def touchpoint() -> Step:
    about = {"account_id": GLOBEX, "activity_type_id": "onboarding", "touchpointType": "Internal note"}
    text = "WHAT WAS SOLD\nYard Mobile, EUR 12,500.50."
    return of_totango("touchpoint", "brief", subject="Sales handoff", content=text, create_date=START, **about)


def customer(number: str, name: str, *, ref: str | None = None, **more: object) -> Step:
    payload = {"accountExternalId": number, "Name": name, "TotalContractAmount": Decimal("12500.50"), **more}
    return made_of(OF_CHURNZERO["account"], "account", "account", number, payload, ref)


def event() -> Step:
    payload: dict[str, object] = {
        "accountExternalId": GLOBEX,
        "contactExternalId": "sales-handoff",
        "eventName": "Deal Closed Won",
        "eventDate": datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC),
        "description": "Globex: Yard app",
        "quantity": 1,
    }
    return made_of(OF_CHURNZERO["event"], "event", "closed_won", GLOBEX, payload, None)
