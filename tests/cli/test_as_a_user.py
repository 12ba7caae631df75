"""One real sandbox process, and `handoff` driven over HTTP as a person would."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from flows._wiring import SHIPPED_MAPPINGS
from sandbox.shell import free_port_base
from tests.desk import Desk
from tests.processes import handoff

pytestmark = pytest.mark.process


def test_a_person_hands_deals_off_asks_why_and_finds_that_a_second_sync_sends_nothing(desk: Desk):
    dry = desk.json("sync", "--dry-run")
    assert desk.writes() == 0

    first = desk.json("sync")
    told = desk.writes()
    second = desk.json("sync")

    balance = first["balance"]
    assert balance["seen"] == balance["done"] + balance["waiting"] + balance["needs_person"] + balance["excluded"]
    assert balance["seen"] == 45
    assert balance["needs_person"] == 2
    assert len(dry["deals"]) == 45
    assert second["balance"] == balance
    assert desk.writes() == told
    ctas = desk.state("gainsight", "call_to_action")
    assert Counter(Counter(cta["Bridge_Key__gc"] for cta in ctas).values()) == {1: balance["done"]}
    won = [deal for deal in desk.state("salesforce", "Opportunity") if deal["IsWon"]]
    assert Counter(deal["Handoff_Status__c"] for deal in won) == {"Handed off": 43, "Needs a person": 2}


def test_a_backfill_is_planned_and_then_done_and_sync_leaves_its_deals_alone(desk: Desk, tmp_path: Path):
    shutil.copytree(SHIPPED_MAPPINGS, tmp_path / "mappings")
    contract = tmp_path / "mappings/handoff.yml"
    said = contract.read_text(encoding="utf-8")
    contract.write_text(said.replace("start_from: 2017-01-01", "start_from: 2099-01-01"), encoding="utf-8")
    ours = ("--mappings", str(tmp_path / "mappings"))

    plan = desk.json("backfill", "--since", "2017-01-01", "--until", "2098-12-31", "--full", *ours)
    assert (plan["plan"], desk.writes()) == (1, 0)
    done = desk.json("backfill", "--apply", "1", *ours)
    told = desk.writes()
    live = desk.json("sync", *ours)
    again = desk.json("backfill", "--apply", "1", *ours)

    assert plan["deals"] == done["deals"]["done"] == done["runs"][0]["balance"]["done"] > 40
    assert live["balance"]["seen"] == 0
    assert (again["runs"][0]["balance"]["seen"], desk.writes()) == (0, told)
    ctas = desk.state("gainsight", "call_to_action")
    assert Counter(Counter(cta["Bridge_Key__gc"] for cta in ctas).values()) == {1: plan["deals"]}
    assert desk.run("reconcile", *ours).returncode == 0


def test_a_dry_run_of_one_deal_shows_each_field_with_its_source_and_writes_nothing(desk: Desk):
    shown = desk.run("sync", "--dry-run", "--deal", "In pounds")

    assert shown.returncode == 0, shown.stderr
    assert "onboarding_cta (cta): would be created" in shown.stdout
    name = "Garrison, Roberts and Thomas"
    assert f"account.name = {name} <- Account.Name = {name} [sources/salesforce.yml:" in shown.stdout
    assert "by targets/gainsight.yml:" in shown.stdout
    assert "Handoff_Status__c = Handed off" in shown.stdout
    assert desk.writes() == 0
    assert desk.json("runs")["runs"] == []


def test_why_tells_what_was_read_decided_and_done_and_who_acts_next(desk: Desk):
    desk.json("sync")

    told = desk.run("why", "In pounds").stdout

    for part in ("Now: Handed off", "Who acts next: CSM", "Segment mid_market, because arr is at least 20,000"):
        assert part in told
    for part in ("Won 20", "Read from the CRM", "Missing (100% complete)", "onboarding_cta made (1S01"):
        assert part in told
    assert "needs a person" in desk.run("why", "Two companies").stdout.lower()


def test_a_deal_won_later_is_picked_up_by_the_next_sync_alone(desk: Desk):
    desk.json("sync")
    open_deal = next(
        deal for deal in desk.state("salesforce", "Opportunity") if not deal["IsClosed"] and deal["AccountId"]
    )
    desk.load({"salesforce": {"Opportunity": [{"Id": open_deal["Id"], "StageName": "Closed Won"}]}})
    desk.wait(120)

    after = desk.json("sync")

    assert after["handed_off"] == 1
    assert open_deal["Name"] in {deal["Name"] for deal in _handed_off(desk)}


def test_asking_for_a_deal_that_does_not_exist_says_what_can_be_given(desk: Desk):
    asked = desk.run("why", "no such customer")

    assert asked.returncode == 2
    assert "Give an id, the deal's address, or part of its account's name" in asked.stderr


def test_without_a_sandbox_the_command_says_how_to_start_one(tmp_path: Path):
    base = free_port_base()

    asked = handoff("sync", "--json", env={"HANDOFF_SANDBOX": str(base), "XDG_STATE_HOME": str(tmp_path)})

    assert asked.returncode == 3
    assert json.loads(asked.stdout)["ok"] is False
    assert "handoff sandbox" in asked.stderr


def test_without_settings_the_command_names_the_two_ways_on(tmp_path: Path):
    asked = handoff("sync", env={"HANDOFF_SANDBOX": "", "HANDOFF_LEDGER_URL": f"sqlite:///{tmp_path}/x.db"})

    assert asked.returncode == 2
    assert "--sandbox" in asked.stderr


def _handed_off(desk: Desk) -> list[dict[str, Any]]:
    return [d for d in desk.state("salesforce", "Opportunity") if d["Handoff_Status__c"] == "Handed off"]


def test_a_dry_run_says_so_when_only_the_deals_record_would_be_told(desk: Desk):
    desk.json("sync")
    done = next(d for d in desk.state("salesforce", "Opportunity") if d["Name"].startswith("In pounds"))
    desk.load({"salesforce": {"Opportunity": [{"Id": done["Id"], "Success_Metric__c": None}]}})
    desk.wait(120)

    [shown] = desk.json("sync", "--dry-run")["deals"]
    desk.json("sync")

    told = {name: field["value"] for name, field in shown["write_back"].items()}
    assert told["Handoff_Missing__c"] == "How they will judge us"
    after = next(d for d in desk.state("salesforce", "Opportunity") if d["Id"] == done["Id"])
    assert after["Handoff_Missing__c"] == "How they will judge us"
