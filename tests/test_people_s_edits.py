"""What people did in Gainsight stands while the deal and a template change, over the stand-ins' own engines."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flows._wiring import SHIPPED_MAPPINGS
from handoff.run import run_once
from sandbox.world import World
from tests.in_process import bridge_over, world_at

pytestmark = pytest.mark.whole


def ctas(world: World) -> dict[str, dict[str, Any]]:
    """Return the CTAs that carry a key, by the id of their deal."""
    rows = world.state("gainsight", "call_to_action")["gainsight"]["call_to_action"]
    return {row["Bridge_Key__gc"].split(":")[4]: row for row in rows if row["Bridge_Key__gc"]}


def entries(world: World) -> list[dict[str, Any]]:
    return world.state("gainsight", "activity_timeline")["gainsight"]["activity_timeline"]


def companies(world: World) -> list[dict[str, Any]]:
    return world.state("gainsight", "Company")["gainsight"]["Company"]


def passed(world: World, tmp_path: Path, mappings: Path) -> Any:
    world.clock.advance(120)
    return run_once(bridge_over(world, tmp_path, mappings=mappings))


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_MAPPINGS, tmp_path / "mappings"))


def test_a_csm_s_edits_stand_while_the_deal_and_a_template_change(tmp_path: Path, mappings: Path):
    world = world_at()
    passed(world, tmp_path, mappings)
    before = ctas(world)
    edited, closed, deleted, untouched, other = sorted(before)[:5]
    other_user = next(row["Gsid"] for row in world.state("gainsight", "gsuser")["gainsight"]["gsuser"])

    world.load(
        {
            "gainsight": {
                "call_to_action": [
                    {
                        "Gsid": before[edited]["Gsid"],
                        "OwnerId": other_user,
                        "DueDate": "2026-12-24",
                        "StatusId": "Work In Progress",
                        "Comments": "<p>Mine now</p>",
                    },
                    {"Gsid": before[closed]["Gsid"], "StatusId": "Closed Success"},
                    {"Gsid": before[deleted]["Gsid"], "_deleted": True},
                ]
            },
            "salesforce": {
                "Opportunity": [
                    {"Id": deal, "Amount": 77_777, "ARR__c": 77_777} for deal in (edited, closed, deleted, untouched)
                ]
            },
        }
    )
    template = mappings / "templates" / "gainsight_cta.html.j2"
    template.write_text(template.read_text(encoding="utf-8") + "<p>A new line of the template</p>\n", encoding="utf-8")
    by_hand, notes_before, customers = ctas(world), len(entries(world)), companies(world)
    calls = len(world.journal())

    report = passed(world, tmp_path, mappings)

    after = ctas(world)
    assert report.balance.remainder == 0
    # Nothing that a person touched is written, closed work stays closed, deleted work is not made again.
    for deal in (edited, closed):
        assert after[deal] == by_hand[deal]
    assert deleted not in after
    # Where nobody touched anything, the comments follow the deal, and nothing else of the CTA does.
    changed = {name for name in after[untouched] if after[untouched][name] != by_hand[untouched][name]}
    assert changed - {"ModifiedDate", "ModifiedById"} == {"Comments"}
    assert "77,777" in after[untouched]["Comments"]
    # The template's edit alone sends nothing: every CTA of a deal that did not change is as it was.
    assert {deal: row for deal, row in after.items() if deal not in (edited, closed, untouched)} == {
        deal: row for deal, row in by_hand.items() if deal not in (edited, closed, deleted, untouched)
    }
    assert "A new line" not in after[other]["Comments"]
    # One change note for each deal that changed, and its record is told.
    notes = entries(world)[notes_before:]
    assert sorted(row["ExternalId"].split(":")[4] for row in notes) == sorted((edited, closed, deleted, untouched))
    assert all("77,777" in row["Notes"] and ".change-" in row["ExternalId"] for row in notes)
    writes = [entry for entry in world.journal()[calls:] if entry["mutates"]]
    assert sorted((entry["system"], entry["path"].rstrip("/"), entry["records"]) for entry in writes) == [
        ("gainsight", "/v1/ant/es/activity", 4),
        ("gainsight", "/v2/cockpit/cta", 1),
        ("salesforce", "/services/data/v66.0/composite/sobjects", 4),
    ]
    assert companies(world) == customers


def test_a_pass_after_it_sends_nothing(tmp_path: Path, mappings: Path):
    world = world_at()
    passed(world, tmp_path, mappings)
    first = sorted(ctas(world))[0]
    world.load({"salesforce": {"Opportunity": [{"Id": first, "Amount": 77_777, "ARR__c": 77_777}]}})
    passed(world, tmp_path, mappings)
    calls = len(world.journal())

    passed(world, tmp_path, mappings)

    assert [json.dumps(entry) for entry in world.journal()[calls:] if entry["mutates"]] == []
