"""The files as their users want to write them drive the sandbox from end to end."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from flows._wiring import SHIPPED_MAPPINGS
from handoff.loading import load_mappings
from handoff.run import run_once
from tests.in_process import bridge_over, world_at
from tests.systems import GAINSIGHT

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parent.parent
SETS = [folder for folder in (ROOT / "tests/handoff/whole_set", ROOT.parent / "shared/examples") if folder.is_dir()]
"""Our own set, which uses every key, and where it is there the one that the users wrote."""

OURS = {
    **{"Goal__c": "Business_Goal__c", "Go_Live__c": "Promised_Go_Live__c", "Promises__c": "Commitments__c"},
    **{"Old_Tool__c": "Replacing__c", "Why_Leave__c": "Switch_Reason__c"},
    **{"Paused_Until__c": "Handoff_Paused_Until__c", "Pause_Reason__c": "Handoff_Pause_Reason__c"},
}
"""What the fields of our own set are called in the sandbox's org."""

TENANT = {
    "gainsight": {"custom_fields": {"Company": {"Headline__gc": "STRING"}}},
    "picklists": {
        "SUCCESS_PLAN_TEMPLATE": ["Enterprise Template", "Enterprise Start"],
        "CTA_REASON": {"Lifecycle": ["Onboarding", "Promise"]},
    },
}
"""What both customers have in Gainsight beside what the sandbox begins with."""

LIVE = (
    (r"effective_from: [\d-]+", "effective_from: 2017-01-01"),
    (r"start_from: [\d-]+", "start_from: 2017-01-01"),
    (r"rollout:(?: \{.*?\}|.*\n(?:  .*\n)+)", "rollout: {mode: live}\n"),
)
"""All that is changed before the files are used: from when they hold, and that they are live."""


@pytest.fixture(params=SETS, ids=lambda folder: folder.name)
def files(request, tmp_path) -> Path:
    """Return a copy of a set that is live."""
    folder = tmp_path / "mappings"
    shutil.copytree(request.param, folder)
    text = (folder / "handoff.yml").read_text(encoding="utf-8")
    for written, live in LIVE:
        text, changed = re.subn(written, live, text, count=1)
        assert changed == 1, written
    (folder / "handoff.yml").write_text(text, encoding="utf-8")
    source = folder / "sources" / "salesforce.yml"
    if request.param == SETS[0]:
        source.write_text(re.sub("|".join(OURS), lambda found: OURS[found[0]], source.read_text(encoding="utf-8")))
    return folder


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_the_files_load_as_they_are_written(folder):
    mappings = load_mappings(folder, crm="salesforce", platform=GAINSIGHT)

    assert mappings.contract.rollout.mode == "pilot"
    assert any("not in force yet" in notice for notice in mappings.notices)


def test_live_files_hand_every_deal_off_once_and_a_second_pass_sends_nothing(files, tmp_path):
    world = world_at()
    emails = set(re.findall(r"email: ([\w.@-]+)", (files / "people.yml").read_text(encoding="utf-8")))
    users = [{"Email": email, "Name": email.split("@")[0], "IsActiveUser": True} for email in sorted(emails)]
    world.load({"tenant": TENANT})
    world.load({"gainsight": {"gsuser": users}})
    bridge = bridge_over(world, tmp_path, mappings=files)

    first = run_once(bridge)
    while first.balance.waiting:  # more are new than the contract lets go in one pass
        world.clock.advance(300)
        first = run_once(bridge)
    calls = len(world.journal("gainsight"))
    made = world.state("gainsight")["gainsight"]
    second = run_once(bridge)

    assert first.balance.remainder == 0
    assert len(made["activity_timeline"]) >= 20
    for name in ("call_to_action", "cta_group"):
        keys = [row["Bridge_Key__gc"] for row in made[name] if row["Bridge_Key__gc"]]
        assert keys and max(Counter(keys).values()) == 1
    assert len(made["activity_timeline"]) == len({row["ExternalId"] for row in made["activity_timeline"]})
    assert any(row["TypeId__label"] == "Objective" for row in made["call_to_action"])
    assert second.steps == {}
    assert not any(entry["mutates"] for entry in world.journal("gainsight")[calls:])


def test_what_a_pass_in_shadow_says_it_would_do_is_what_the_live_pass_after_it_does(tmp_path):
    folder = Path(shutil.copytree(SHIPPED_MAPPINGS, tmp_path / "mappings"))
    contract = (folder / "handoff.yml").read_text(encoding="utf-8")
    (folder / "handoff.yml").write_text(contract + "\nrollout: {mode: shadow}\n", encoding="utf-8")
    world = world_at()

    shadow = run_once(bridge_over(world, tmp_path, mappings=folder, read_only=True))
    untouched = [entry for entry in world.journal() if entry["mutates"]]
    live = run_once(bridge_over(world, tmp_path))

    assert untouched == []
    made = {
        kind: {end: n for end, n in ends.items() if end in ("created", "updated")} for kind, ends in live.steps.items()
    }
    # A deal whose company is a person's to decide would make its own work too, once the company is decided.
    waiting = {kind: ends.get("waiting", 0) for kind, ends in live.steps.items()}
    for kind, ends in made.items():
        assert shadow.would[kind]["created"] - ends["created"] in (0, waiting[kind])
        assert shadow.would[kind].get("updated", 0) == ends.get("updated", 0)
