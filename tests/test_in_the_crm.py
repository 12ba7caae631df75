"""Without a platform: tasks and a note in the won deal's own CRM, through the stand-in's engine."""

from pathlib import Path
from typing import Any

import pytest

import connectors
from flows._instances import stand_in, titles
from handoff.deals import known_deal
from handoff.errors import ConfigError
from handoff.reconcile import reconcile
from handoff.run import run_once
from sandbox.world import World
from tests.in_process import bridge_over, world_at

pytestmark = pytest.mark.whole


def tasks(world: World, deal: str | None = None) -> list[dict[str, Any]]:
    rows = [row for row in world.state("salesforce", "Task")["salesforce"]["Task"] if row["Bridge_Key__c"]]
    return [row for row in rows if deal in (None, row["WhatId"])]


def deal_named(world: World, words: str) -> str:
    rows = world.state("salesforce", "Opportunity")["salesforce"]["Opportunity"]
    return next(str(row["Id"]) for row in rows if words in row["Name"])


def edit(world: World, task: dict[str, Any], **fields: Any) -> None:
    world.load({"salesforce": {"Task": [{"Id": task["Id"], **fields}]}})


def later(world: World) -> None:
    world.clock.advance(600)


def test_every_won_deal_gets_its_tasks_and_one_note_and_a_second_pass_changes_nothing(tmp_path: Path) -> None:
    world = world_at()
    bridge = bridge_over(world, tmp_path, platform="crm")
    first = run_once(bridge)
    made = tasks(world)

    second = run_once(bridge)

    assert (first.balance.seen, first.balance.done) == (45, 44)
    assert len([row for row in made if row["Bridge_Key__c"].endswith("|note")]) == 44
    assert len({row["Bridge_Key__c"] for row in made}) == len(made)
    assert (sum(sum(results.values()) for results in second.steps.values()), tasks(world)) == (0, made)


def test_a_task_is_the_csm_s_at_the_deal_and_the_note_is_done_from_the_start(tmp_path: Path) -> None:
    world = world_at()
    run_once(bridge_over(world, tmp_path, platform="crm"))
    people = {row["Id"]: row["Email"] for row in world.state("salesforce", "User")["salesforce"]["User"]}

    review, onboarding, note = sorted(tasks(world, deal_named(world, "In pounds")), key=lambda row: row["Subject"])

    assert (people[onboarding["OwnerId"]], onboarding["Status"]) == ("ben.okafor@harbor.example", "Not Started")
    assert review["ActivityDate"] > onboarding["ActivityDate"]
    assert (note["Status"], note["IsClosed"]) == ("Completed", True)
    assert "<" not in note["Description"]


def test_the_address_of_a_task_names_the_deal_it_was_made_for(tmp_path: Path) -> None:
    world = world_at()
    bridge = bridge_over(world, tmp_path, platform="crm")
    run_once(bridge)
    task = tasks(world)[0]
    address = f"https://harbor.lightning.force.com/lightning/r/Task/{task['Id']}/view"

    ref = known_deal(bridge.ledger, address, connectors.ids_in())

    assert ref is not None and ref.endswith(task["WhatId"])


def test_a_text_that_a_person_edited_stays_and_closed_work_stays_closed(tmp_path: Path) -> None:
    world = world_at()
    bridge = bridge_over(world, tmp_path, platform="crm")
    run_once(bridge)
    deal = deal_named(world, "In pounds")
    task = next(row for row in tasks(world, deal) if row["Subject"].startswith("Onboard"))
    edit(world, task, Description="Mine now.", Status="Completed")
    later(world)
    world.load({"salesforce": {"Opportunity": [{"Id": deal, "Amount": 1}]}})
    later(world)

    run_once(bridge)

    after = next(row for row in tasks(world, deal) if row["Id"] == task["Id"])
    assert (after["Description"], after["Status"]) == ("Mine now.", "Completed")
    assert any(row["Subject"].startswith("Changed after the handoff") for row in tasks(world, deal))


def test_a_reconciliation_finds_all_as_it_was_made_and_names_a_task_that_somebody_deleted(tmp_path: Path) -> None:
    world = world_at()
    bridge = bridge_over(world, tmp_path, platform="crm")
    run_once(bridge)
    later(world)
    before = reconcile(bridge)
    task = next(row for row in tasks(world) if row["Subject"].startswith("Onboard"))

    edit(world, task, _deleted=True)
    later(world)
    after = reconcile(bridge)

    assert before.differences == 0
    assert task["Bridge_Key__c"] in [one.step for one in after.findings]


def test_a_platform_in_a_crm_that_the_deployment_does_not_have_is_a_mistake_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"crm = 'emea' is no CRM of this deployment\. There is: main"):
        bridge_over(world_at(), tmp_path, platform="crm", PLATFORM_MAIN_CRM="emea")


def test_whoever_must_act_on_work_in_the_crm_is_the_crm_s_own() -> None:
    hubspot, itself, totango = (
        stand_in(connectors.system(kind, name), 8700, {})
        for kind, name in (("crm", "hubspot"), ("platform", "crm"), ("platform", "totango"))
    )

    assert titles([hubspot], [itself]) == {"crm": "HubSpot", "platform": "HubSpot"}
    assert titles([hubspot], [totango]) == {"crm": "HubSpot", "platform": "Totango"}


# In HubSpot


def held(world: World, name: str, deal: str | None = None) -> list[dict[str, Any]]:
    """Return HubSpot's tasks or notes, all that carry a key or those of a deal."""
    body = {"tasks": "hs_task_body", "notes": "hs_note_body"}[name]
    rows = [row for row in world.state("hubspot", name)["hubspot"][name] if "hb:" in row[body]]
    return [row for row in rows if deal is None or f":{deal}:" in row[body]]


def hubspot_deal(world: World, words: str) -> str:
    deals = world.state("hubspot", "deals")["hubspot"]["deals"]
    return next(str(row["id"]) for row in deals if words in row["dealname"])


def test_in_hubspot_every_won_deal_gets_its_tasks_and_one_note_and_a_second_pass_changes_nothing(
    tmp_path: Path,
) -> None:
    world = world_at()
    bridge = bridge_over(world, tmp_path, crm="hubspot", platform="crm")
    first = run_once(bridge)
    made = held(world, "tasks"), held(world, "notes")

    second = run_once(bridge)

    assert (first.balance.seen, first.balance.done, len(made[1])) == (45, 44, 44)
    assert sum(sum(results.values()) for results in second.steps.values()) == 0
    assert (held(world, "tasks"), held(world, "notes")) == made


def test_in_hubspot_the_csm_owns_the_tasks_and_the_note_has_its_subject_on_top(tmp_path: Path) -> None:
    world = world_at()
    run_once(bridge_over(world, tmp_path, crm="hubspot", platform="crm"))
    people = {row["id"]: row["email"] for row in world.state("hubspot", "owners")["hubspot"]["owners"]}

    deal = hubspot_deal(world, "In pounds")
    review, onboarding = sorted(held(world, "tasks", deal), key=lambda row: str(row["hs_task_subject"]))
    (note,) = held(world, "notes", deal)

    assert {people[row["hubspot_owner_id"]] for row in (review, onboarding)} == {"ben.okafor@harbor.example"}
    assert (onboarding["hs_task_status"], onboarding["hs_task_priority"]) == ("NOT_STARTED", "MEDIUM")
    assert review["hs_timestamp"] > onboarding["hs_timestamp"]
    assert note["hs_note_body"].startswith("<p><strong>Sales handoff: ")


def test_in_hubspot_a_text_follows_the_deal_until_a_person_edits_it(tmp_path: Path) -> None:
    world = world_at()
    bridge = bridge_over(world, tmp_path, crm="hubspot", platform="crm")
    run_once(bridge)
    ours, theirs = hubspot_deal(world, "In pounds"), hubspot_deal(world, "Long notes")
    (edited,) = (row for row in held(world, "tasks", theirs) if row["hs_task_subject"].startswith("Onboard"))
    world.load({"hubspot": {"tasks": [{"id": edited["id"], "hs_task_body": "Mine.", "hs_task_status": "COMPLETED"}]}})
    later(world)
    world.load({"hubspot": {"deals": [{"id": one, "amount": "1234567"} for one in (ours, theirs)]}})
    later(world)

    run_once(bridge)

    (followed,) = (row for row in held(world, "tasks", ours) if row["hs_task_subject"].startswith("Onboard"))
    (stayed,) = (row for row in world.state("hubspot", "tasks")["hubspot"]["tasks"] if row["id"] == edited["id"])
    assert "1,234,567" in followed["hs_task_body"]
    assert followed["hs_task_body"].endswith(".onboarding</p>")
    assert (stayed["hs_task_body"], stayed["hs_task_status"]) == ("Mine.", "COMPLETED")


@pytest.mark.parametrize("most", ["0", "20000"])
def test_in_hubspot_a_reconciliation_finds_all_as_it_was_made_and_names_a_task_that_somebody_deleted(
    most: str, tmp_path: Path
) -> None:
    world = world_at()
    bridge = bridge_over(world, tmp_path, crm="hubspot", platform="crm", CRM_MAIN_LIST_WORK_UP_TO=most)
    run_once(bridge)
    later(world)
    before = reconcile(bridge)
    task = next(row for row in held(world, "tasks") if row["hs_task_subject"].startswith("Onboard"))

    world.load({"hubspot": {"tasks": [{"id": task["id"], "_deleted": True}]}})
    later(world)
    after = reconcile(bridge)

    assert before.differences == 0
    assert [one.why.partition(" on ")[0] for one in after.findings] == ["it was deleted"]
    assert after.findings[0].step in task["hs_task_body"]


def test_in_hubspot_no_task_is_made_twice_whatever_answers_are_lost(tmp_path: Path) -> None:
    world = world_at()
    bridge = bridge_over(world, tmp_path, crm="hubspot", platform="crm")
    world.faults([{"system": "hubspot", "do": "lose_answer", "route": "writes", "times": 2}])
    for _ in range(3):
        run_once(bridge)
        later(world)
    struck = world.struck()["lose_answer"]
    world.faults([])
    world.clock.advance(6 * 3600)
    done = run_once(bridge)

    made = [*held(world, "tasks"), *held(world, "notes")]

    assert struck == 2
    assert done.balance.done == 44
    assert (
        len(made),
        len({(row.get("hs_task_body") or row["hs_note_body"]).rpartition("<p>")[2] for row in made}),
    ) == (116, 116)
