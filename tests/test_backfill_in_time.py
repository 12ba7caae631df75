"""1,000 historical deals with full work in simulated time: killed on the way, and beside live deals."""

import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest

from flows._wiring import SHIPPED_MAPPINGS
from handoff.backfill import plan_backfill
from handoff.backfill_plan import BackfillPlan
from handoff.backfilling import carry_out_backfill
from handoff.backfills import Asked, states
from handoff.bridge import Bridge
from handoff.run import run_once
from sandbox.ids import Ids
from sandbox.journal import iso_z
from sandbox.wire import Contents
from tests.fakes import PowerCut
from tests.in_process import START, SleepAdvances, bridge_over, world_at
from tests.test_apply_mapping import tenant

pytestmark = pytest.mark.whole

DEALS = 1_000
SHARE = 0.8
A_MINUTE = 30
LIVE = Ids("Bfl")
ASKED = Asked(date(2024, 1, 1), date(2026, 3, 9), full=True)
SYNC_EVERY = timedelta(minutes=1)


class Sleeping(SleepAdvances):
    """A clock on which others work while somebody sleeps: `each` is called at every whole minute that passes."""

    def __init__(self, world: Any) -> None:
        super().__init__(world.clock)
        self.each: Any = lambda: None
        self._next = world.clock.now() + SYNC_EVERY

    def sleep(self, seconds: float) -> None:
        ends = self.now() + timedelta(seconds=max(0.0, seconds))
        while self._next <= ends:
            super().sleep((self._next - self.now()).total_seconds())
            self._next += SYNC_EVERY
            self.each()
        super().sleep((ends - self.now()).total_seconds())


class Deployment:
    """Historical wins from before `start_from`, and accounts for live ones; `won` says when each of those was won."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mappings = folder, folder / "mappings"
        shutil.copytree(SHIPPED_MAPPINGS, self.mappings)
        contract = self.mappings / "handoff.yml"
        contract.write_text(contract.read_text().replace("start_from: 2017-01-01", "start_from: 2026-03-10"))
        self.live = [(LIVE.salesforce("001"), LIVE.salesforce("006")) for _ in range(200)]
        self.world = world_at(START - timedelta(days=2), tenant=self._tenant)
        self.world.clock.advance(timedelta(days=2).total_seconds())
        self.clock = Sleeping(self.world)
        self.won: dict[str, datetime] = {}

    def _tenant(self, seed: int, now: datetime) -> Contents:
        made = tenant(DEALS)(seed, now)
        crm = made.objects["salesforce"]
        rep = crm["User"][0]["Id"]
        for number, (account, deal) in enumerate(self.live):
            crm["Account"].append({"Id": account, "Name": f"Quay {number:03d}", "OwnerId": rep})
            open_ = {"StageName": "Prospecting", "CloseDate": "2026-03-10", "Amount": 48_000}
            crm["Opportunity"].append(
                {"Id": deal, "Name": f"Live {number}", "AccountId": account, "OwnerId": rep, **open_}
            )
        return made

    def bridge(self, **how: Any) -> Bridge:
        how = {"PLATFORM_MAIN_CALLS_PER_MINUTE": str(A_MINUTE)} | how
        return bridge_over(self.world, self.folder, mappings=self.mappings, **how)

    def backfill(self) -> Bridge:
        return self.bridge(share=SHARE, clock=self.clock)

    def plan(self) -> BackfillPlan:
        return plan_backfill(self.backfill(), ASKED)

    def win(self) -> None:
        """Let one live deal be won now."""
        _, deal = self.live[len(self.won)]
        now = self.world.clock.now()
        self.won[deal] = now
        row = {"Id": deal, "StageName": "Closed Won", "LastStageChangeDate": iso_z(now), "SystemModstamp": iso_z(now)}
        self.world.load({"salesforce": {"Opportunity": [row]}})

    def calls(self) -> Counter[str]:
        return Counter(row["system"] for row in self.world.journal() if not row["path"].endswith("/token"))

    def fullest_minute(self) -> int:
        rows = (row for row in self.world.journal("gainsight") if not row["path"].endswith("/token"))
        return max(Counter(row["at"][:16] for row in rows).values())

    def ctas(self) -> dict[str, dict[str, Any]]:
        """Return the CTAs by deal; two of one deal are an error."""
        rows = self.world.state("gainsight", "call_to_action")["gainsight"]["call_to_action"]
        by_deal = {row["Bridge_Key__gc"].split(":")[4]: row for row in rows}
        assert len(by_deal) == len(rows)
        return by_deal


def test_a_backfill_killed_three_times_makes_each_record_once_in_the_calls_that_its_plan_says(tmp_path):
    there = Deployment(tmp_path)
    plan = there.plan()
    assert plan.deals == DEALS
    before, started = there.calls(), there.world.clock.now()
    minutes = 0

    def cut() -> None:
        nonlocal minutes
        minutes += 1
        if minutes in (1, 3, 4):
            raise PowerCut

    there.clock.each = cut
    kills = 0
    while states(there.backfill().ledger, plan.number) != {"done": DEALS}:
        try:
            carry_out_backfill(there.backfill(), plan.number)
        except PowerCut:
            kills += 1

    assert kills == 3
    assert len(there.ctas()) == DEALS
    made = {name: len(rows) for name, rows in there.world.state("gainsight")["gainsight"].items()}
    assert made["activity_timeline"] == DEALS
    assert made["Company"] == 250
    used, said = there.calls() - before, {one.system.split()[0]: one for one in plan.ahead}
    assert used["gainsight"] <= said["gainsight"].calls * 1.05
    assert there.fullest_minute() <= A_MINUTE * SHARE
    assert there.world.clock.now() - started <= said["gainsight"].takes + timedelta(minutes=1)


def test_live_deals_are_handed_off_within_two_minutes_while_a_backfill_runs(tmp_path):
    there = Deployment(tmp_path)
    plan = there.plan()
    live = there.bridge()

    def each() -> None:
        run_once(live)
        there.win()

    there.clock.each = each
    carry_out_backfill(there.backfill(), plan.number)
    for _ in range(3):
        there.clock.sleep(60)

    ctas = there.ctas()
    waits = [
        (datetime.fromisoformat(ctas[deal]["CreatedDate"]).astimezone(UTC) - at).total_seconds()
        for deal, at in list(there.won.items())[:-2]
    ]
    assert len(waits) >= 5
    assert states(live.ledger, plan.number) == {"done": DEALS}
    assert quantiles(waits, n=100, method="inclusive")[98] <= 120
    assert there.fullest_minute() <= A_MINUTE
