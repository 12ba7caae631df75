from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.csv_data import contents

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PUBLIC = Path(__file__).parents[2].parent / "shared" / "data" / "crm_sales_opportunities"

FILES = {
    "accounts.csv": """account,sector,year_established,revenue,employees,office_location,subsidiary_of
Acme Corporation,technolgy,1996,1100.04,2822,United States,
Bioholding,medical,2012,587.34,1356,Philipines,Acme Corporation
""",
    "products.csv": "product,series,sales_price\nGTX Pro,GTX,4821\nMG Special,MG,55\n",
    "sales_teams.csv": """sales_agent,manager,regional_office
Anna Snelling,Dustin Brinkmann,Central
Mei-Mei Johns,Dustin Brinkmann,Central
Zane Levy,Summer Sewald,West
""",
    "sales_pipeline.csv": """\
opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value
1C1I7A6R,Anna Snelling,GTXPro,Bioholding,Won,2016-10-20,2017-03-01,4514
Z063OYW0,Mei-Mei Johns,MG Special,Acme Corporation,Lost,2017-01-05,2017-02-01,0
EC4QE1BX,Zane Levy,GTX Pro,,Engaging,2017-11-01,,
MV1LWRNH,Zane Levy,MG Special,Acme Corporation,Prospecting,,,
""",
}


@pytest.fixture
def directory(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def crm(directory):
    return contents(directory, START).objects["salesforce"]


def by_name(records):
    return {record["Name"]: record for record in records}


def test_accounts_keep_their_dirt_and_find_their_parent(crm):
    accounts = by_name(crm["Account"])
    parent, child = accounts["Acme Corporation"], accounts["Bioholding"]

    assert parent["Industry"] == "technolgy"
    assert parent["AnnualRevenue"] == 1_100_040_000
    assert parent["Founded__c"] == 1996
    assert child["BillingCountry"] == "Philipines"
    assert child["NumberOfEmployees"] == 1356
    assert child["ParentId"] == parent["Id"]


def test_agents_report_to_their_manager_and_belong_to_their_office(crm):
    users = by_name(crm["User"])

    assert len(users) == 5
    assert users["Mei-Mei Johns"]["Email"] == "meimei.johns@harbor.example"
    assert users["Anna Snelling"]["ManagerId"] == users["Dustin Brinkmann"]["Id"]
    assert users["Zane Levy"]["Team__c"] == "West"


def test_a_won_deal_was_qualified_when_engaged_and_won_at_noon_of_its_close_date(crm):
    deal = crm["Opportunity"][0]
    history = [row for row in crm["OpportunityHistory"] if row["OpportunityId"] == deal["Id"]]

    assert deal["Name"] == "Bioholding: GTX Pro (1C1I7A6R)"
    assert deal["Legacy_Id__c"] == "1C1I7A6R"
    assert (deal["Amount"], deal["CloseDate"]) == (4514, "2017-03-01")
    assert [(row["StageName"], row["CreatedDate"]) for row in history] == [
        ("Qualification", "2016-10-20T12:00:00.000Z"),
        ("Closed Won", "2017-03-01T12:00:00.000Z"),
    ]
    assert deal["LastStageChangeDate"] == "2017-03-01T12:00:00.000Z"
    assert deal["SystemModstamp"] == "2026-11-02T08:00:00.000Z"


def test_a_product_spelled_differently_is_found_in_the_catalogue(crm):
    product = by_name(crm["Product2"])["GTX Pro"]

    assert [item["Product2Id"] for item in crm["OpportunityLineItem"]].count(product["Id"]) == 2
    assert crm["OpportunityLineItem"][0]["UnitPrice"] == 4514


def test_open_deals_without_account_or_dates_come_in(crm):
    engaging, prospecting = crm["Opportunity"][2:]

    assert engaging["Name"] == "No account: GTX Pro (EC4QE1BX)"
    assert engaging["AccountId"] is None
    assert (engaging["StageName"], engaging["CloseDate"]) == ("Qualification", "2018-01-30")
    assert (prospecting["StageName"], prospecting["CloseDate"]) == ("Prospecting", "2027-01-31")
    assert prospecting["CreatedDate"] == "2026-10-03T09:00:00.000Z"
    assert prospecting["Amount"] is None


def test_gainsight_holds_the_people_and_no_company(directory):
    platform = contents(directory, START).objects["gainsight"]

    assert list(platform) == ["gsuser"]
    assert {"anna.snelling@harbor.example", "priya.shah@harbor.example", "victor.stone@harbor.example"} <= {
        user["Email"] for user in platform["gsuser"]
    }
    assert len(platform["gsuser"]) == 5 + 9


def test_the_org_has_one_currency(directory):
    assert contents(directory, START).settings == {"salesforce": {"multi_currency": False}}


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "sales_pipeline.csv",
            "2017-03-01",
            "01.03.2017",
            r"sales_pipeline\.csv:2: close_date '01.03.2017'.*2017-03-01",
        ),
        ("sales_pipeline.csv", "4514", "4.514 USD", r"sales_pipeline\.csv:2: close_value '4.514 USD'"),
        ("sales_pipeline.csv", "4514", "4,514", r"sales_pipeline\.csv:2: there are 9 cells under 8 columns"),
        ("sales_pipeline.csv", "4514", "nan", r"sales_pipeline\.csv:2: close_value 'nan'"),
        ("sales_pipeline.csv", ",Lost,", ",Lots,", r"sales_pipeline\.csv:3: deal_stage 'Lots'.*Won, Lost"),
        ("sales_pipeline.csv", "GTXPro", "GTX Max", r"sales_pipeline\.csv:2: there is no product 'GTX Max'.*GTX Pro"),
        ("sales_pipeline.csv", "Zane Levy", "Zoe Levy", r"sales_pipeline\.csv:4: .*sales_agent.*Nearest: Zane Levy"),
        ("sales_pipeline.csv", "engage_date", "engaged", r"sales_pipeline\.csv:1: there is no column 'engage_date'"),
        ("accounts.csv", "1100.04", "much", r"accounts\.csv:2: revenue 'much'"),
        ("accounts.csv", ",Acme Corporation\n", ",Acne\n", r"accounts\.csv:3: there is no subsidiary_of 'Acne'"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_and_line(directory, name, old, new, message):
    path = directory / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ValueError, match=message):
        contents(directory, START)


def test_a_missing_file_is_named_with_those_that_are_needed(directory):
    (directory / "products.csv").unlink()

    with pytest.raises(ValueError, match=r"products\.csv: cannot be read.*sales_pipeline\.csv"):
        contents(directory, START)


def test_every_row_of_a_pipeline_becomes_one_deal_with_one_product(directory):
    # the public data set where it is at hand, 8,800 rows of real dirt; else the four rows above
    source, rows = (PUBLIC, 8_800) if PUBLIC.is_dir() else (directory, 4)
    crm = contents(source, START).objects["salesforce"]
    stages = Counter(deal["StageName"] for deal in crm["Opportunity"])

    assert len(crm["Opportunity"]) == len(crm["OpportunityLineItem"]) == rows
    assert len({deal["Legacy_Id__c"] for deal in crm["Opportunity"]}) == rows
    assert len(crm["OpportunityHistory"]) == rows + stages["Closed Won"] + stages["Closed Lost"]
    assert set(stages) == {"Closed Won", "Closed Lost", "Qualification", "Prospecting"}
