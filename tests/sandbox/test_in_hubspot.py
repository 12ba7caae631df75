"""The same tenant in HubSpot as in Salesforce."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox import csv_data, seed
from sandbox.clock import SimulatedClock
from sandbox.shell import build
from sandbox.world import SandboxError, World
from tests.sandbox.test_csv_data import FILES

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def world(number: int = 1) -> World:
    return World(seed=number, clock=SimulatedClock(real_now=lambda: START), real_now=lambda: START)


def held(one: World, name: str) -> list[dict[str, Any]]:
    return one.state("hubspot", name)["hubspot"][name]


@pytest.fixture(scope="module")
def harbor() -> World:
    return world()


def test_both_crms_hold_the_same_won_deals_closed_at_the_same_moments(harbor):
    opportunities = harbor.state("salesforce", "Opportunity")["salesforce"]["Opportunity"]

    won = {
        (deal["dealname"], deal["closedate"]) for deal in held(harbor, "deals") if deal["hs_is_closed_won"] == "true"
    }

    there = {
        (deal["Name"], deal["LastStageChangeDate"].replace("+0000", "Z")) for deal in opportunities if deal["IsWon"]
    }
    assert won == there
    assert len(won) == 45


def test_a_contact_s_role_is_the_label_of_its_association(harbor):
    roles = {
        row["Role"]
        for row in harbor.state("salesforce", "OpportunityContactRole")["salesforce"]["OpportunityContactRole"]
    }

    labels = [each["labels"] for deal in held(harbor, "deals") for each in deal["associations"].get("contacts", ())]

    assert {label for each in labels for label in each} == roles
    assert all(len(each) == 1 for each in labels)


def test_a_deal_s_products_add_up_to_its_amount(harbor):
    items = {item["id"]: float(item["amount"]) for item in held(harbor, "line_items")}

    for deal in held(harbor, "deals"):
        sold = [items[each["id"]] for each in deal["associations"].get("line_items", ())]
        assert sum(sold) == pytest.approx(float(deal.get("amount", 0)))


def test_the_trouble_is_in_hubspot_too(harbor):
    deals = {deal["dealname"].partition(":")[0]: deal for deal in held(harbor, "deals")}
    owners = {owner["id"]: owner for owner in held(harbor, "owners")}

    assert deals["No account"]["associations"].keys() == {"line_items"}
    assert "amount" not in deals["No amount"]
    assert owners[deals["Inactive rep"]["hubspot_owner_id"]]["archived"]
    assert len(deals["Long notes"]["handoff_notes"]) == 40_000
    assert deals["In pounds"]["deal_currency_code"] == "GBP"


def test_a_portal_takes_back_what_its_state_shows(harbor):
    before = harbor.state("hubspot")["hubspot"]
    other = World(
        seed=1,
        clock=SimulatedClock(real_now=lambda: START),
        real_now=lambda: START,
        tenant=lambda number, now: seed.Contents({}, {"hubspot": before}),
    )

    assert other.state("hubspot")["hubspot"] == before


@pytest.mark.parametrize(
    ("crm", "system", "accounts", "id"),
    [
        ("salesforce", "salesforce", "Account", "Id"),
        ("hubspot", "hubspot", "companies", "id"),
        (None, "salesforce", "Account", "Id"),
    ],
)
def test_gainsight_knows_its_companies_by_their_ids_in_the_crm_that_the_tenant_works_with(crm, system, accounts, id):
    one = build(port_base=8700, seed=None, scale=None, scenario=None, load_csv=None, crm=crm)
    names = {row[id]: row.get("name") or row.get("Name") for row in one.state(system, accounts)[system][accounts]}

    companies = one.state("gainsight", "Company")["gainsight"]["Company"]

    assert len(companies) == 13
    assert {row["Name"].removesuffix(" (duplicate)") for row in companies} == {
        names[row["SfdcAccountId"]] for row in companies
    }


def test_a_tenant_of_a_crm_that_is_none_is_refused_in_words():
    with pytest.raises(SandboxError, match="Nearest: hubspot"):
        build(port_base=8700, seed=None, scale=None, scenario=None, load_csv=None, crm="hubspt")


def test_the_data_set_goes_into_the_crm_that_is_named(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    one = world()

    loaded = one.load({"csv": str(tmp_path), "into": "hubspot"})

    deals = {deal["legacy_id"]: deal for deal in held(one, "deals")}
    assert loaded["hubspot"]["deals"] == 4
    assert one.state("salesforce", "Opportunity") == {"salesforce": {"Opportunity": []}}
    assert (deals["1C1I7A6R"]["dealstage"], deals["1C1I7A6R"]["hs_closed_won_date"]) == (
        "closedwon",
        "2017-03-01T12:00:00.000Z",
    )
    assert deals["EC4QE1BX"]["dealstage"] == "qualifiedtobuy"
    assert [step["value"] for step in deals["Z063OYW0"]["dealstage_history"]] == ["closedlost", "qualifiedtobuy"]


@pytest.mark.parametrize("body", [{"csv": ".", "into": "hubspt"}, {"into": "hubspot"}])
def test_a_crm_that_is_none_or_without_a_directory_is_refused_in_words(body):
    with pytest.raises(SandboxError, match=r"Nearest: hubspot|Give both"):
        world().load(body)


def test_every_crm_of_the_data_set_is_one_of_the_sandbox():
    assert set(csv_data.CRMS) <= set(world().systems)
