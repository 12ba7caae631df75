"""The data set's backfill by two real processes over HTTP, on PostgreSQL; one of them is killed on the way."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.backfill_in_time import SHARE, historic_mappings, sizes_of
from benchmarks.calls import ROOT, Setting
from sandbox import csv_data
from sandbox.clock import SimulatedClock
from sandbox.shell import Background, real_now
from sandbox.world import World
from tests.databases import postgresql_server

SCALE = 60.0
A_MINUTE = 20
"""So few that both processes have to wait for one another's calls."""

KILLED_AFTER = 0.4
LONGEST_SECONDS = 1_200.0
ASKED = ("--since", "2017-01-01", "--until", "2017-12-31", "--full")


@dataclass(frozen=True)
class Together:
    """How it went: steps made twice, calls of the platform, the fullest minute, what the killed process had done."""

    deals: int
    twice: int
    planned: int
    calls: int
    fullest_minute: int
    allowed: int
    killed_after: int
    seconds: float


class Workers:
    """The processes that do one plan; all of them are gone after the block."""

    def __init__(self, world: World, environment: dict[str, str], mappings: Path, log: Path) -> None:
        self.world, self.log = world, log
        self.environment, self.mappings = {**os.environ, **environment}, mappings
        self.begun: list[subprocess.Popen[bytes]] = []

    def command(self, *arguments: str) -> list[str]:
        """Return a backfill command."""
        return [sys.executable, "-m", "cli", "backfill", *arguments, "--mappings", str(self.mappings), "--json"]

    def plan(self) -> dict[str, Any]:
        """Return the plan of all deals."""
        command = self.command(*ASKED)
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        plan: dict[str, Any] = json.loads(done.stdout)
        return plan

    def begin(self, plan: int) -> subprocess.Popen[bytes]:
        """Begin a process that does the plan."""
        with self.log.open("ab") as out:
            command = self.command("--apply", str(plan))
            self.begun.append(subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=out, stderr=out))
        return self.begun[-1]

    def calls(self) -> list[dict[str, Any]]:
        """Return the platform's calls so far, tokens apart."""
        return [row for row in self.world.journal("gainsight") if not row["path"].endswith("/token")]

    def end(self) -> None:
        """Let none of them be left."""
        for one in self.begun:
            if one.poll() is None:
                one.kill()
            one.wait()


def together(data: Path, setting: Setting) -> Together:
    """Do it; raises `SystemExit` where a deal's work is missing or there twice."""
    clock = SimulatedClock(real_now=real_now, scale=SCALE)
    tenant = partial(_tenant, data)
    world = World(seed=1, clock=clock, real_now=real_now, tenant=tenant)
    with (
        tempfile.TemporaryDirectory() as name,
        postgresql_server() as server,
        server.database() as url,
        Background(world, 0) as served,
    ):
        folder = Path(name)
        sizes = {f"HANDOFF_{end}": size for end, size in sizes_of(setting).items()}
        environment = {"HANDOFF_SANDBOX": str(served.port_base), "HANDOFF_LEDGER_URL": url} | sizes
        environment["HANDOFF_PLATFORM_MAIN_CALLS_PER_MINUTE"] = str(A_MINUTE)
        workers = Workers(world, environment, historic_mappings(setting, folder), folder / "backfill.log")
        try:
            return _watched(workers, world)
        finally:
            workers.end()


def _tenant(data: Path, seed: int, now: Any) -> Any:
    return csv_data.contents(data, now)


def _watched(workers: Workers, world: World) -> Together:
    plan = workers.plan()
    planned = next(one["calls"] for one in plan["calls"]["ahead"] if one["system"].startswith("gainsight"))
    before, began = len(workers.calls()), time.monotonic()
    first, second = workers.begin(plan["plan"]), workers.begin(plan["plan"])
    while len(workers.calls()) - before < planned * KILLED_AFTER:
        if first.poll() is not None or time.monotonic() - began > LONGEST_SECONDS:
            raise SystemExit(workers.log.read_text()[-3_000:])
        time.sleep(0.2)
    first.send_signal(signal.SIGKILL)
    killed_after = len(workers.calls()) - before
    if second.wait(LONGEST_SECONDS):
        raise SystemExit(workers.log.read_text()[-3_000:])
    seconds, calls = time.monotonic() - began, workers.calls()
    fullest = max(Counter(row["at"][:16] for row in calls).values())
    twice = _twice(world, plan["deals"])
    return Together(
        plan["deals"], twice, planned, len(calls) - before, fullest, int(A_MINUTE * SHARE), killed_after, seconds
    )


def _twice(world: World, deals: int) -> int:
    """Return how many records are there more than once; raises `SystemExit` where one is missing."""
    held, twice = world.state("gainsight")["gainsight"], 0
    for kind, field in (("call_to_action", "Bridge_Key__gc"), ("activity_timeline", "ExternalId")):
        keys = Counter(row[field] for row in held[kind] if row[field])
        if len(keys) != deals:
            raise SystemExit(f"{kind}: {len(keys)} of {deals} deals")
        twice += sum(keys.values()) - len(keys)
    companies = Counter(row["SfdcAccountId"] for row in held["Company"])
    return twice + sum(companies.values()) - len(companies)
