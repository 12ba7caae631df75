"""An edited mapping applied to 1,000 delivered deals, over the stand-ins' own engines: the plan, then exactly that."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from flows._wiring import SHIPPED_MAPPINGS
from handoff.applied import carry_out_plan
from handoff.comparing import Comparison
from handoff.reapplication import Reapplication, To
from handoff.reapply import plan_again
from handoff.run import run_once
from sandbox.ids import Ids
from sandbox.people import customer_success_users
from sandbox.wire import Contents
from sandbox.world import World
from tests.in_process import bridge_over, world_at

pytestmark = pytest.mark.whole

DEALS, ACCOUNTS = 1_000, 250
IDS = Ids("App")
REP = IDS.salesforce("005")
MODES = {"default: Low}": "default: Low, write: always}"}


def tenant(deals: int) -> Any:
    """Return the maker of a tenant with so many won deals on a quarter as many accounts; Gainsight holds users."""
    accounts = [
        {"Id": IDS.salesforce("001"), "Name": f"Harbour {number:03d}", "OwnerId": REP}
        for number in range(max(1, deals * ACCOUNTS // DEALS))
    ]
    sold = [
        {
            "Id": IDS.salesforce("006"),
            "Name": f"Dock {number:04d}",
            "AccountId": accounts[number % len(accounts)]["Id"],
            "OwnerId": REP,
            "StageName": "Closed Won",
            "CloseDate": "2026-03-09",
            "Amount": (5_000, 48_000, 250_000)[number % 3],
            "Business_Goal__c": "Dock to stock in 4 hours",
        }
        for number in range(deals)
    ]
    crm = {
        "User": [{"Id": REP, "Name": "Rita Hale", "Email": "rita.hale@harbor.example", "IsActive": True}],
        "Account": accounts,
        "Opportunity": sold,
    }
    gainsight = {"gsuser": customer_success_users()}
    return lambda seed, now: Contents({}, {"salesforce": crm, "gainsight": gainsight})


class Deployment:
    """A world, a ledger and a copy of the shipped mappings in which a CTA's comments and priority follow the deal."""

    def __init__(self, folder: Path, deals: int) -> None:
        self.folder, self.mappings = folder, folder / "mappings"
        shutil.copytree(SHIPPED_MAPPINGS, self.mappings)
        for old, new in MODES.items():
            self.edit("targets/gainsight.yml", old, new)
        self.world: World = world_at(tenant=tenant(deals))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.mappings / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def bridge(self, *, read_only: bool = False) -> Any:
        self.world.clock.advance(60)
        return bridge_over(self.world, self.folder, mappings=self.mappings, read_only=read_only)

    def ctas(self) -> dict[str, dict[str, Any]]:
        rows = self.world.state("gainsight", "call_to_action")["gainsight"]["call_to_action"]
        return {row["Gsid"]: row for row in rows}

    def cta_of(self, deal: str) -> str:
        (found,) = [ref for ref, row in self.ctas().items() if row["Name"].endswith(deal)]
        return found

    def people_edit(self, *rows: dict[str, Any]) -> None:
        self.world.load({"gainsight": {"call_to_action": list(rows)}})

    def calls_since(self, start: int) -> list[dict[str, Any]]:
        return self.world.journal()[start:]

    def writes(self) -> int:
        return sum(row["mutates"] for row in self.world.journal())


def counted(rows: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Return how many write calls were made, by system and what they write."""
    kinds = {"/v2/cockpit/cta": "cta", "/v2/successPlan": "success_plan", "/v1/data/objects/Company": "company"}
    written = [row for row in rows if row["mutates"]]
    return Counter((row["system"], kinds.get(row["path"], "deal")) for row in written)


def test_a_mapping_applied_to_1000_settled_deals_is_planned_and_then_done_exactly_so(tmp_path):
    there = Deployment(tmp_path, DEALS)
    assert run_once(there.bridge()).balance.done == DEALS
    edited, closed, deleted = (there.cta_of(f"Dock {number:04d}") for number in (1, 2, 3))
    there.people_edit(
        {"Gsid": edited, "Comments": "Call them first."},
        {"Gsid": closed, "StatusId": "Closed Success"},
        {"Gsid": deleted, "_deleted": True},
    )
    theirs = {ref: there.ctas()[ref] for ref in (edited, closed)}
    there.edit("templates/gainsight_cta.html.j2", "<p>", '<p class="new">')
    there.edit("targets/gainsight.yml", "enterprise: High, mid_market: Medium", "enterprise: High, mid_market: High")
    written = there.writes()

    # A mapping edit by itself sends nothing.
    quiet = run_once(there.bridge())
    assert (quiet.steps, there.writes()) == ({}, written)

    # The plan: reads only, and the look-ups it made are those in the journal.
    start = len(there.world.journal())
    plan: Reapplication = plan_again(there.bridge(read_only=True), To.ALL)
    looked = [row for row in there.calls_since(start) if "oauth" not in row["path"]]
    assert {one.system: one.calls for one in plan.looked} == {
        f"{system} main": count for system, count in Counter(row["system"] for row in looked).items()
    }
    assert there.writes() == written
    cta = plan.steps["onboarding_cta"]
    assert (cta.update, cta.unchanged, cta.create, cta.left_out) == (998, 2, 0, 0)
    assert plan.steps["company"].unchanged == ACCOUNTS
    assert [(one.kind, one.action, one.records, one.calls) for one in plan.writes] == [
        ("cta", "update", 998, 100),
        ("deal", "tell", 998, 5),
    ]

    # Then exactly that.
    start = len(there.world.journal())
    report = carry_out_plan(there.bridge(), plan)
    rows = there.calls_since(start)
    reads = [row for row in rows if row["system"] == "gainsight" and not row["mutates"] and "oauth" not in row["path"]]
    assert len(reads) == plan.look_ups == 5
    assert counted(rows) == {("gainsight", "cta"): 100, ("salesforce", "deal"): 5}
    assert sum(row["records"] for row in rows if row["mutates"]) == 998 * 2
    assert report.steps == {"cta": {"unchanged": 2, "updated": 998}}
    assert (report.balance.seen, report.balance.done, report.receipts["written"]) == (DEALS, DEALS, 998)
    now = there.ctas()
    assert {ref: now[ref]["StatusId"] for ref in theirs} == {ref: row["StatusId"] for ref, row in theirs.items()}
    assert now[edited]["Comments"] == "Call them first."
    assert now[closed] == theirs[closed]
    assert deleted not in now
    assert sum('class="new"' in row["Comments"] for row in now.values()) == 997

    # A second application plans and sends nothing, and so does the next sync.
    written = there.writes()
    assert plan_again(there.bridge(read_only=True), To.ALL).does_nothing
    run_once(there.bridge())
    assert there.writes() == written


def test_a_comparison_reads_only_and_tells_its_calls_before_it_makes_them(tmp_path):
    there = Deployment(tmp_path, 8)
    new = list(Comparison(there.bridge(read_only=True)).look())
    before = there.writes()
    run_once(there.bridge())
    (ref, *_) = there.ctas()
    there.people_edit({"Gsid": ref, "Comments": "Call them first."})
    written, start = there.writes(), len(there.world.journal())

    comparison = Comparison(there.bridge(read_only=True), every=True)
    read = len([row for row in there.calls_since(start) if row["system"] == "gainsight"])
    found = list(comparison.look())

    asked = [row for row in there.calls_since(start) if row["system"] == "gainsight"]
    assert (before, len(new), all(one.changes for one in new)) == (0, 8, True)
    assert there.writes() == written
    assert len(asked) - read - comparison.ahead.calls in (0, 1)  # the labels of picklists are asked for once
    drift = [field for one in found for step in one.steps for field in step.fields if "a person" in field.verdict]
    assert [(field.name, field.holds) for field in drift] == [("Comments", "Call them first.")]
    assert not any(one.changes for one in found)


@pytest.mark.parametrize(
    ("platform", "system", "object", "key_in", "closing"),
    [
        ("totango", "totango", "tasks", "title", {"status": "closed"}),
        ("crm", "salesforce", "Task", "Bridge_Key__c", {"Status": "Completed"}),
    ],
)
def test_a_handoff_is_in_flight_while_a_task_of_it_is_open(platform, system, object, key_in, closing, tmp_path):
    world = world_at()

    def in_flight() -> tuple[int, int]:
        plan = plan_again(bridge_over(world, tmp_path, platform=platform, read_only=True), To.IN_FLIGHT)
        return len(plan.deals), plan.not_in_flight

    run_once(bridge_over(world, tmp_path, platform=platform))
    world.clock.advance(600)
    run_once(bridge_over(world, tmp_path, platform=platform))
    before = in_flight()
    ours = [row for row in world.state(system, object)[system][object] if "hb:" in str(row[key_in])]
    deal = keys_of(ours[0][key_in])
    over = [row for row in ours if keys_of(row[key_in]) == deal]
    world.load(
        {system: {object: [{name: row[name] for name in ("id", "Id") if name in row} | closing for row in over]}}
    )

    assert before[0] > 40 and before[1] == 0
    assert in_flight() == (before[0] - 1, 1)


def keys_of(text: str) -> str:
    """Return the deal's part of the key in a text."""
    return text[text.index("hb:") :].rpartition(":")[0]
