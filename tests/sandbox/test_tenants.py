import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from sandbox.clock import SimulatedClock
from sandbox.shell import Background, build, free_port_base
from sandbox.wire import Request
from sandbox.world import SandboxError, World

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PIPELINE = {
    "accounts.csv": "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
    "Bioholding,medical,2012,587.34,1356,Philipines,\n",
    "products.csv": "product,series,sales_price\nGTX Pro,GTX,4821\n",
    "sales_teams.csv": "sales_agent,manager,regional_office\nAnna Snelling,Dustin Brinkmann,Central\n",
    "sales_pipeline.csv": "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
    "1C1I7A6R,Anna Snelling,GTXPro,Bioholding,Won,2016-10-20,2017-03-01,4514\n"
    "EC4QE1BX,Anna Snelling,GTXPro,,Engaging,,,\n",
}


@pytest.fixture
def world():
    return World(seed=1, clock=SimulatedClock(real_now=lambda: START), real_now=lambda: START)


@pytest.fixture
def directory(tmp_path):
    for name, text in PIPELINE.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def soql(world, query):
    answer = world.handle("salesforce", Request("POST", "/services/oauth2/token", body=LOGIN, headers=FORM))
    bearer = {"authorization": f"Bearer {json.loads(answer.body)['access_token']}"}
    asked = Request("GET", "/services/data/v66.0/query", query=urlencode({"q": query}), headers=bearer)
    return json.loads(world.handle("salesforce", asked).body)


LOGIN = urlencode(
    {"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox"},
).encode()
FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_the_generated_tenant_answers_as_the_vendors_do(world):
    found = soql(world, "SELECT Id, Name, CurrencyIsoCode, Owner.Team__c FROM Opportunity WHERE IsWon = true")
    asked = json.dumps({"select": ["Name", "SfdcAccountId", "Csm__gr.Email"], "limit": 100}).encode()
    answer = world.handle(
        "gainsight", Request("POST", "/v1/data/objects/query/Company", headers={"accesskey": "sandbox"}, body=asked)
    )

    assert found["totalSize"] == 45
    assert all(deal["Owner"]["Team__c"] for deal in found["records"])
    companies = json.loads(answer.body)["data"]["records"]
    assert len(companies) == 13
    assert len({company["SfdcAccountId"] for company in companies}) == 12
    assert all(company["Csm__gr.Email"].endswith("@harbor.example") for company in companies)


def test_the_history_of_a_generated_deal_is_the_one_it_was_given(world):
    deals = world.state("salesforce", "Opportunity")["salesforce"]["Opportunity"]
    history = world.state("salesforce", "OpportunityHistory")["salesforce"]["OpportunityHistory"]

    for deal in deals:
        rows = [row for row in history if row["OpportunityId"] == deal["Id"]]
        assert rows[-1]["StageName"] == deal["StageName"]
        assert rows[-1]["CreatedDate"] == deal["LastStageChangeDate"] == deal["SystemModstamp"]
        assert rows[0]["CreatedDate"] == deal["CreatedDate"]


def test_a_csv_pipeline_takes_the_place_of_the_generated_tenant(world, directory):
    org = world.healthz()["org"]

    loaded = world.load({"csv": str(directory)})
    deals = world.state("salesforce", "Opportunity")["salesforce"]["Opportunity"]

    assert loaded["salesforce"]["Opportunity"] == 2
    assert [deal["Name"] for deal in deals] == ["Bioholding: GTX Pro (1C1I7A6R)", "No account: GTX Pro (EC4QE1BX)"]
    assert [deal["IsWon"] for deal in deals] == [True, False]
    assert "CurrencyIsoCode" not in deals[0]
    assert world.state("gainsight", "Company") == {"gainsight": {"Company": []}}
    assert len(world.state("gainsight", "gsuser")["gainsight"]["gsuser"]) == 2 + 9
    assert world.healthz()["org"] != org


def test_a_csv_pipeline_that_cannot_be_read_leaves_the_tenant_as_it_was(world, directory):
    org = world.healthz()["org"]
    (directory / "accounts.csv").unlink()

    with pytest.raises(SandboxError, match=r"accounts\.csv"):
        world.load({"csv": str(directory)})

    assert world.healthz()["org"] == org
    assert len(world.state("salesforce", "Opportunity")["salesforce"]["Opportunity"]) == 120


def test_an_edit_by_a_person_moves_the_stamp_to_simulated_now(world):
    deal = world.state("salesforce", "Opportunity")["salesforce"]["Opportunity"][-1]
    world.clock.advance(3600)

    world.load({"salesforce": {"Opportunity": [{"Id": deal["Id"], "StageName": "Closed Won"}]}})

    (edited,) = soql(world, f"SELECT IsWon, SystemModstamp FROM Opportunity WHERE Id = '{deal['Id']}'")["records"]
    assert edited["IsWon"] is True
    assert edited["SystemModstamp"] == "2026-11-02T10:00:00.000+0000"


def test_each_system_takes_its_own_settings(world):
    settings = {
        "hidden_fields": ["Opportunity.ARR__c", "Company.ARR"],
        "inactive_users": ["priya.shah@harbor.example"],
        "page_size": 2000,
        "gainsight": {"per_minute": 1},
        "hubspot": {"per_day": 0},
    }

    world.load({"tenant": settings})
    refused = soql(world, "SELECT ARR__c FROM Opportunity")
    calls = [
        world.handle("gainsight", Request("POST", "/v1/data/objects/query/Company", headers={"accesskey": "sandbox"}))
        for _ in range(2)
    ]

    deals = Request("GET", "/crm/objects/2026-03/deals", headers={"authorization": "Bearer sandbox"})

    assert refused[0]["errorCode"] == "INVALID_FIELD"
    assert calls[1].status == 429
    assert json.loads(world.handle("hubspot", deals).body)["policyName"] == "DAILY"
    users = world.state("gainsight", "gsuser")["gainsight"]["gsuser"]
    assert [user["Name"] for user in users if not user["IsActiveUser"]] == ["Priya Shah"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"multi_curency": True}, "salesforce: .*'multi_curency'"),
        ({"gainsight": {"per_minut": 1}}, "gainsight: .*'per_minut'"),
        ({"hubspot": {"per_dey": 1}}, "hubspot: .*'per_dey'"),
        ({"hubspot": 5}, "hubspot: .*takes switches"),
        ({"hidden_fields": ["Opportunity.Nope__c"]}, "salesforce: .*'Nope__c'"),
        ({"hidden_fields": 5}, "salesforce: "),
    ],
)
def test_a_setting_that_no_system_has_is_refused(world, settings, message):
    with pytest.raises(SandboxError, match=message):
        world.load({"tenant": settings})


def test_a_token_names_the_port_that_is_served(world):
    with Background(world, 0) as served:
        token = httpx.post(
            served.url("salesforce") + "/services/oauth2/token", content=LOGIN, headers=FORM, trust_env=False
        )
        org = httpx.get(served.url("control") + "/healthz", trust_env=False).json()["org"]

    assert token.json()["instance_url"].endswith(f"127.0.0.1:{served.port_base + 1}")
    assert token.json()["id"].find(org) > 0


def test_the_command_line_goes_before_the_scenario(tmp_path, directory):
    scenario = tmp_path / "monday.yml"
    scenario.write_text(
        f"seed: 5\nclock: {{set: 2026-03-02T09:00:00Z, scale: 10}}\ncsv: {directory}\ntenant: {{page_size: 7}}\n",
        encoding="utf-8",
    )

    told = build(port_base=8700, seed=None, scale=None, scenario=scenario, load_csv=None)
    overruled = build(port_base=8700, seed=9, scale=30.0, scenario=scenario, load_csv=None)

    assert (told.seed, told.clock.reading()["scale"]) == (5, 10)
    assert (overruled.seed, overruled.clock.reading()["scale"]) == (9, 30)
    assert told.clock.now().date().isoformat() == "2026-03-02"
    assert len(told.state("salesforce", "Opportunity")["salesforce"]["Opportunity"]) == 2


@pytest.mark.process
def test_the_process_says_where_it_is_and_ends_well_when_told():
    base = free_port_base()
    arguments = f"port_base={base}, seed=2, scale=60, scenario=None, load_csv=None"
    code = f"from sandbox.shell import run; run({arguments}, say=lambda line: print(line, flush=True))"

    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        line = process.stdout.readline()
        health = httpx.get(f"http://127.0.0.1:{base}/healthz", trust_env=False).json()
        process.send_signal(signal.SIGTERM)
        ended = process.wait(timeout=5)

    assert f"salesforce http://127.0.0.1:{base + 1}" in line
    assert "120 deals, 45 won, 120 HubSpot deals, 45 won, 13 Gainsight companies" in line
    assert health["ok"] is True
    assert ended == 0
