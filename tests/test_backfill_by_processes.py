"""Real processes that do a planned backfill over HTTP, killed on the way: one on SQLite, two at once on PostgreSQL."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import NullPool

from handoff import tables as t
from handoff.engines import parsed
from sandbox.clock import SimulatedClock
from sandbox.shell import Background, real_now
from sandbox.world import World
from tests.databases import Server
from tests.flows.test_backfill_flow import historic_mappings
from tests.processes import HANDOFF, ROOT, handoff
from tests.test_apply_mapping import tenant
from tests.test_two_at_once import exactly_one_of_each

pytestmark = pytest.mark.process

DEALS = 900
A_MINUTE, SHARE = 20, 0.8
"""So few calls a minute that processes wait for one another's, and the shipped share of them."""

LONGEST_SECONDS = 240.0
ASKED = ("--since", "2017-01-01", "--until", "2098-12-31", "--full")


class Deployment:
    """A sandbox whose every win is historical, and the processes that hand them off; nothing runs after the block."""

    def __init__(self, world: World, port: int, ledger: str, folder: Path) -> None:
        self.world, self.log = world, folder / "backfill.log"
        self.mappings = str(historic_mappings(folder))
        self.env = {"HANDOFF_SANDBOX": str(port), "HANDOFF_LEDGER_URL": ledger}
        self.env["HANDOFF_PLATFORM_MAIN_CALLS_PER_MINUTE"] = str(A_MINUTE)
        self.begun: list[subprocess.Popen[bytes]] = []

    def plan(self) -> dict[str, Any]:
        """Return the plan of all deals."""
        said = handoff("backfill", *ASKED, "--mappings", self.mappings, "--json", env=self.env)
        assert said.returncode == 0, said.stderr
        plan: dict[str, Any] = json.loads(said.stdout)
        return plan

    def begin(self, plan: int) -> subprocess.Popen[bytes]:
        """Begin a process that does a plan."""
        command = [*HANDOFF, "backfill", "--apply", str(plan), "--mappings", self.mappings, "--json"]
        env = {**os.environ, **self.env}
        with self.log.open("ab") as out:
            one = subprocess.Popen(command, stdout=out, stderr=out, env=env, cwd=ROOT, stdin=subprocess.DEVNULL)
        self.begun.append(one)
        return one

    def written(self) -> int:
        """Return how many calls wrote to the platform so far."""
        return sum(row["mutates"] for row in self.world.journal("gainsight"))

    def until_written(self, calls: int, *running: subprocess.Popen[bytes]) -> None:
        """Return when so many calls wrote to the platform, all of these processes being under way."""
        ends = time.monotonic() + LONGEST_SECONDS
        while self.written() < calls:
            assert time.monotonic() < ends, self.said()
            assert all(one.poll() is None for one in running), self.said()
            time.sleep(0.05)

    def said(self) -> str:
        """Return the end of what the processes printed."""
        return self.log.read_text(errors="replace")[-3_000:]

    def fullest_minute(self) -> int:
        """Return the calls of the platform's fullest minute."""
        rows = [row for row in self.world.journal("gainsight") if not row["path"].endswith("/token")]
        return max(Counter(row["at"][:16] for row in rows).values())


@contextmanager
def deployed(ledger: str, folder: Path) -> Iterator[Deployment]:
    clock = SimulatedClock(real_now=real_now, scale=60.0)
    world = World(seed=1, clock=clock, real_now=real_now, tenant=tenant(DEALS))
    with Background(world, 0) as served:
        there = Deployment(world, served.port_base, ledger, folder)
        try:
            yield there
        finally:
            for one in there.begun:
                if one.poll() is None:
                    one.kill()
                one.wait()


def settled_by_runs_that_did_not_end(ledger: str) -> int:
    """Return how many steps a run settled last that was cut off."""
    engine = create_engine(parsed(ledger), poolclass=NullPool)
    cut_off = select(t.runs.c.id).where(t.runs.c.command == "backfill", t.runs.c.ok.is_not(True))
    with engine.connect() as connection:
        counted = select(func.count()).select_from(t.steps).where(t.steps.c.run.in_(cut_off))
        return int(connection.execute(counted).scalar_one())


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_backfill_killed_three_times_and_done_again_makes_exactly_one_of_each(tmp_path: Path):
    with deployed(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path) as there:
        plan = there.plan()
        for killed in range(3):
            one = there.begin(plan["plan"])
            there.until_written(20 + 60 * killed, one)
            kill(one)
        assert there.begin(plan["plan"]).wait(LONGEST_SECONDS) == 0, there.said()
        most = there.fullest_minute()

    exactly_one_of_each(there.world)
    assert most <= A_MINUTE * SHARE


def test_two_processes_do_a_backfill_in_slices_on_postgresql_and_one_finishes_when_the_other_is_killed(
    postgresql: Server, tmp_path: Path
):
    with postgresql.database() as url, deployed(url, tmp_path) as there:
        plan = there.plan()
        first, second = there.begin(plan["plan"]), there.begin(plan["plan"])
        there.until_written(60, first, second)
        kill(first)
        assert second.wait(LONGEST_SECONDS) == 0, there.said()
        said = json.loads(there.log.read_text().splitlines()[-1])
        most, written = there.fullest_minute(), there.written()
        made_by_the_killed = settled_by_runs_that_did_not_end(url)

    exactly_one_of_each(there.world)
    assert said["deals"] == {"done": DEALS}
    assert made_by_the_killed > 0
    assert most <= A_MINUTE * SHARE
    planned = sum(one["calls"] for one in plan["calls"]["writes"] if one["system"].startswith("gainsight"))
    assert written <= planned + 1  # of the call that was cut off may be known only that nothing came of it
