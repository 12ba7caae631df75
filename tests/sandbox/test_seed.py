import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sandbox.seed import contents

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def tenant():
    return contents(1, START)


@pytest.fixture(scope="module")
def crm(tenant):
    return tenant.objects["salesforce"]


@pytest.fixture(scope="module")
def platform(tenant):
    return tenant.objects["gainsight"]


@pytest.fixture(scope="module")
def won(crm):
    return [deal for deal in crm["Opportunity"] if deal["StageName"] == "Closed Won"]


def named(deals, beginning):
    (found,) = [deal for deal in deals if deal["Name"].startswith(beginning)]
    return found


def test_the_same_seed_and_start_give_the_same_tenant(tenant):
    assert contents(1, START) == tenant


def test_another_seed_gives_other_people_and_deals(crm):
    other = contents(2, START).objects["salesforce"]

    assert {user["Name"] for user in other["User"]} != {user["Name"] for user in crm["User"]}
    assert [deal["Amount"] for deal in other["Opportunity"]] != [deal["Amount"] for deal in crm["Opportunity"]]


@pytest.mark.parametrize("number", range(12))
def test_every_seed_holds_its_trouble_cases_once(number):
    objects = contents(number, START).objects
    deals = [deal for deal in objects["salesforce"]["Opportunity"] if deal["StageName"] == "Closed Won"]
    users = {user["Id"]: user for user in objects["salesforce"]["User"]}
    companies = Counter(company["SfdcAccountId"] for company in objects["gainsight"]["Company"])

    assert named(deals, "No account: ")["AccountId"] is None
    assert named(deals, "No amount: ")["Amount"] is None
    assert users[named(deals, "Inactive rep: ")["OwnerId"]]["IsActive"] is False
    assert companies[named(deals, "Two companies: ")["AccountId"]] == 2
    assert len(named(deals, "Long notes: ")["Handoff_Notes__c"]) == 40_000
    assert {'"', "'", "{", "<", "🚀"} <= set(named(deals, "Odd characters ")["Name"])
    assert [deal["Name"] for deal in deals if deal["CurrencyIsoCode"] == "GBP"] == [named(deals, "In pounds: ")["Name"]]
    assert sum(1 for deal in deals if deal["AccountId"] is None) == 1
    assert sum(1 for deal in deals if deal["Amount"] is None) == 1
    assert sum(1 for deal in deals if not users[deal["OwnerId"]]["IsActive"]) == 1
    assert Counter(companies.values()) == {1: 11, 2: 1}


def test_a_trouble_case_is_the_only_deal_of_its_account(crm):
    deals = Counter(deal["AccountId"] for deal in crm["Opportunity"])

    for beginning in (
        "No amount: ",
        "Inactive rep: ",
        "Two companies: ",
        "Long notes: ",
        "Odd characters ",
        "In pounds: ",
    ):
        assert deals[named(crm["Opportunity"], beginning)["AccountId"]] == 1


def test_the_pipeline_has_every_stage(crm):
    stages = Counter(deal["StageName"] for deal in crm["Opportunity"])

    assert len(crm["Account"]) == 60
    assert stages.pop("Closed Won") == 45
    assert stages.pop("Closed Lost") == 25
    assert len(stages) == 8
    assert sum(stages.values()) == 50


def test_won_deals_are_spread_over_sixty_days_and_three_segments(won):
    days = sorted((START - datetime.fromisoformat(deal["LastStageChangeDate"])) / timedelta(days=1) for deal in won)
    amounts = [deal["Amount"] for deal in won if deal["Amount"] is not None]

    assert days[0] > 0
    assert days[-1] < 61
    assert max(later - earlier for earlier, later in pairwise(days)) < 3
    assert all(3_000 <= amount < 400_000 for amount in amounts)
    assert min(Counter((amount >= 20_000) + (amount >= 100_000) for amount in amounts).values()) >= 12


def test_about_half_of_the_won_deals_are_well_prepared(won):
    well = [deal for deal in won if deal.get("Business_Goal__c")]
    thin = [deal for deal in won if not deal.get("Business_Goal__c") and deal.get("Handoff_Notes__c")]

    assert (len(well), len(thin), len(won) - len(well) - len(thin)) == (22, 15, 8)


def test_a_commitment_is_text_due_date_kind_and_owner(won):
    lines = [line for deal in won for line in (deal.get("Commitments__c") or "").splitlines()]

    assert lines
    assert all(re.fullmatch(r"[^|]+ \| \d{4}-\d\d-\d\d \| [a-z]+ \| \S+@harbor\.example", line) for line in lines)


def test_the_history_leads_from_the_creation_to_where_the_deal_stands(crm):
    for deal in crm["Opportunity"]:
        rows = [row for row in crm["OpportunityHistory"] if row["OpportunityId"] == deal["Id"]]
        moments = [row["CreatedDate"] for row in rows]

        assert moments == sorted(moments)
        assert moments[0] == deal["CreatedDate"]
        assert moments[-1] == deal["LastStageChangeDate"]
        assert rows[-1]["StageName"] == deal["StageName"]


def test_the_products_of_a_deal_add_up_to_its_amount(crm):
    for deal in crm["Opportunity"]:
        items = [item for item in crm["OpportunityLineItem"] if item["OpportunityId"] == deal["Id"]]

        assert sum(item["Quantity"] * item["UnitPrice"] for item in items) == pytest.approx(deal["Amount"] or 0)


def test_every_address_ends_in_example(tenant):
    addresses = [
        value
        for objects in tenant.objects.values()
        for records in objects.values()
        for record in records
        for field, value in record.items()
        if field in ("Email", "Username")
    ]

    assert len(addresses) > 150
    assert all(re.fullmatch(r"[a-z0-9.-]+@[a-z0-9.-]+\.example", each) for each in addresses)


def test_customer_success_can_be_assigned_in_gainsight(platform):
    assert {user["Email"] for user in platform["gsuser"] if user["IsActiveUser"]} == {
        f"{name}@harbor.example"
        for name in (
            "priya.shah",
            "ben.okafor",
            "cleo.martin",
            "dana.kim",
            "emil.novak",
            "farah.aziz",
            "maya.lind",
            "tomas.reyes",
            "victor.stone",
        )
    }
