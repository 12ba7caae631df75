"""A backfill between systems other than Salesforce and Gainsight, over their stand-ins' own engines."""

import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows._artifacts import backfill_summary
from handoff.backfill import HANDED_OFF, plan_backfill
from handoff.backfill_plan import UNSAID, BackfillPlan
from handoff.backfills import Asked, plan_of, states
from handoff.bridge import Bridge
from handoff.plans import carried_out
from handoff.run import run_once
from sandbox.world import World
from tests.fakes import PowerCut
from tests.flows.test_backfill_flow import historic_mappings
from tests.in_process import bridge_over, world_at

pytestmark = pytest.mark.whole

ALL = Asked(date(2017, 1, 1), date(2098, 12, 31), full=True)
PAIRS = pytest.mark.parametrize(
    "pair", [("hubspot", "totango"), ("hubspot", "crm"), ("salesforce", "churnzero")], ids=" to ".join
)


ASKED_FIRST = 6
"""Calls that any process makes before it can do a thing: which org it is, its stages and fields, who its people are."""


@dataclass
class Deployment:
    """A seeded tenant of two systems whose every win is historical."""

    crm: str
    platform: str
    folder: Path

    def __post_init__(self) -> None:
        self.world: World = world_at()
        self.mappings = historic_mappings(self.folder)

    def bridge(self, mappings: Path | None = None) -> Bridge:
        chosen = mappings or self.mappings
        return bridge_over(self.world, self.folder, crm=self.crm, platform=self.platform, mappings=chosen, share=0.8)

    def plan(self, asked: Asked = ALL) -> BackfillPlan:
        self.world.clock.advance(60)
        return plan_backfill(self.bridge(), asked)

    def writes(self) -> list[dict[str, Any]]:
        return [row for row in self.world.journal() if row["mutates"]]


@pytest.fixture
def there(pair: tuple[str, str], tmp_path: Path) -> Deployment:
    return Deployment(*pair, tmp_path)


@PAIRS
def test_what_is_planned_is_done_in_the_calls_that_the_plan_says_and_nothing_is_left(there):
    plan = there.plan()
    planned = len(there.writes())

    bridge = there.bridge()
    reports = carried_out(bridge, plan.number)

    assert (planned, plan.deals) == (0, 44)
    assert [report.balance.done for report in reports] == [44]
    assert states(bridge.ledger, plan.number) == {"done": 44}
    said = {one.system: one.calls for one in plan.ahead}
    used = {port.system: port.calls for port in (bridge.platform.traffic(), bridge.crm.traffic())}
    assert used.keys() == said.keys()
    assert all(0 <= used[system] - said[system] <= ASKED_FIRST for system in said), (used, said)
    assert there.plan().skipped[HANDED_OFF] == 44


@PAIRS
def test_by_default_it_is_the_notes_of_customers_that_are_there_and_a_live_pass_has_nothing_to_add(there):
    plan = there.plan(Asked(ALL.since, ALL.until))
    notes = {name for name in there.bridge().mappings.target.order if name in plan.steps}
    bridge = there.bridge()

    carried_out(bridge, plan.number)
    done = len(there.writes())
    there.world.clock.advance(600)
    live = run_once(there.bridge())

    assert notes == set(plan.steps)
    assert states(bridge.ledger, plan.number) == ({"done": plan.deals} if plan.deals else {})
    assert (live.balance.seen, len(there.writes())) == (0, done)


@PAIRS
def test_the_plan_says_who_gets_how_much_open_work_and_what_of_it_would_be_overdue(there):
    late = there.mappings / f"targets/{there.platform}.yml"
    said = late.read_text(encoding="utf-8")
    late.write_text(re.sub(r"from: work_starts_at, plus: \d+ days", "from: won_at", said), encoding="utf-8")

    plan = there.plan(replace(ALL, until=date(2026, 3, 8)))

    # ChurnZero has no work of people; every other step that is a task is one person's, due when it was won.
    work = sum(count.create for count in plan.steps.values() if count.kind == "task")
    assert (work > 0) == (there.platform != "churnzero")
    assert sum(plan.tasks.values()) == plan.overdue == work
    assert all(who.endswith(".example") for who in plan.tasks)
    assert plan.counts()["people_with_tasks"] == len(plan.tasks)


def test_a_play_is_open_work_of_whom_the_platform_gives_it(tmp_path):
    there = Deployment("hubspot", "totango", tmp_path)
    target = there.mappings / "targets/totango.yml"
    play = "  handover_play: {object: play, fields: {accountId: {step: account}, successplayId: {value: 0-0}}}\n"
    target.write_text(target.read_text(encoding="utf-8") + play)
    contract = there.mappings / "handoff.yml"
    contract.write_text(
        contract.read_text(encoding="utf-8").replace("totango.brief", "totango.handover_play, totango.brief")
    )

    plan = there.plan()

    counts = plan.counts()
    assert plan.tasks[UNSAID] == counts["tasks_the_platform_gives"] == plan.steps["handover_play"].create > 0
    assert counts["people_with_tasks"] == len(plan.tasks) - 1
    assert f"{plan.tasks[UNSAID]} pieces of open work go to whom the platform gives them" in backfill_summary(
        plan_of(there.bridge().ledger, plan.number)
    )


@PAIRS
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_cut_off_at_a_write_it_goes_on_and_makes_everything_once(there, after):
    plan = there.plan()
    answer, writes = there.world.handle, 0

    def cut(system, request):
        nonlocal writes
        before = len(there.writes())
        if not after and writes == 2:
            writes += 1
            raise PowerCut
        said = answer(system, request)
        writes += len(there.writes()) > before
        if after and writes == 3:
            writes += 1
            raise PowerCut
        return said

    there.world.handle = cut
    with pytest.raises(PowerCut):
        carried_out(there.bridge(), plan.number)
    bridge = there.bridge()
    carried_out(bridge, plan.number)

    assert states(bridge.ledger, plan.number) == {"done": 44}
    assert made_of(there) == made_of(undisturbed(there))


def undisturbed(there: Deployment) -> Deployment:
    """Return another deployment of the same systems, in which nothing went wrong."""
    folder = there.folder / "undisturbed"
    folder.mkdir()
    other = Deployment(there.crm, there.platform, folder)
    carried_out(other.bridge(), other.plan().number)
    return other


def made_of(there: Deployment) -> dict[str, int]:
    """Return how many records of each object the two systems hold; a Totango upload that came again is no record."""
    systems = [there.crm, *([there.platform] if there.platform != "crm" else [])]
    held = [(system, name, rows) for system in systems for name, rows in there.world.state(system)[system].items()]
    return {f"{system} {name}": len(rows) for system, name, rows in held if name != "batches"}
