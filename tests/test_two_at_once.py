"""
Two `handoff sync` at once over HTTP while a fifth of all calls goes wrong, killed and restarted at random.

`HANDOFF_KILLS` says how often one of them is killed (5; `make kills`: 20), `HANDOFF_SEED` which moments are chosen.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import SimulatedClock
from sandbox.shell import Background, real_now
from sandbox.world import World
from tests.processes import HANDOFF, ROOT
from tests.test_apply_mapping import tenant

pytestmark = pytest.mark.process

DEALS = 240
KILLS = int(os.environ.get("HANDOFF_KILLS", "5"))
SEED = int(os.environ.get("HANDOFF_SEED", "1"))
LONGEST_SECONDS = 600.0

FAULTS = [
    {"do": "reset_after", "route": "writes", "rate": 0.07},
    {"do": "status", "route": "writes", "rate": 0.04, "applied": True},
    {"do": "truncate", "route": "writes", "rate": 0.02},
    {"do": "refuse", "rate": 0.06},
    {"do": "reset_before", "rate": 0.06},
    {"do": "status", "rate": 0.06},
    {"do": "too_many", "rate": 0.04, "retry_after": 1},
]
"""A fifth of all calls, and a third of the writes, of which every third was carried out all the same."""


SIZES = {"LIST_SIZE": "2", "OBJECT_LIST_SIZE": "4", "TIMELINE_LIST_SIZE": "4", "KEYS_PER_LOOKUP": "20"}
"""Small calls, so that there are many of them."""


def environment(port: int, ledger: Path) -> dict[str, str]:
    sizes = {f"HANDOFF_PLATFORM_MAIN_{name}": size for name, size in SIZES.items()}
    return {**os.environ, **sizes, "HANDOFF_SANDBOX": str(port), "HANDOFF_LEDGER_URL": f"sqlite:///{ledger}"}


def syncing(port: int, ledger: Path, log: Path) -> subprocess.Popen[bytes]:
    env = environment(port, ledger)
    with log.open("ab") as out:
        command = [*HANDOFF, "sync", "--json"]
        return subprocess.Popen(command, stdout=out, stderr=out, env=env, cwd=ROOT, stdin=subprocess.DEVNULL)


def test_two_syncs_at_once_killed_at_random_make_exactly_one_of_each(tmp_path: Path):
    chance = random.Random(SEED)
    clock = SimulatedClock(real_now=real_now, scale=60.0)
    world = World(seed=1, clock=clock, real_now=real_now, tenant=tenant(DEALS))
    ends = time.monotonic() + LONGEST_SECONDS
    ledger, log = tmp_path / "ledger.db", tmp_path / "sync.log"
    with Background(world, 0) as served:
        faulty = [
            {"system": system, "seed": SEED * 100 + number, **fault}
            for number, fault in enumerate(FAULTS)
            for system in ("salesforce", "gainsight")
        ]
        world.faults(faulty)
        two = [syncing(served.port_base, ledger, log) for _ in range(2)]
        killed = 0
        try:
            while killed < KILLS:
                time.sleep(chance.uniform(1.0, 5.0))
                assert time.monotonic() < ends, said(log)
                victim = chance.randrange(2)
                if two[victim].poll() is None:
                    two[victim].send_signal(signal.SIGKILL)
                    killed += 1
                for place in range(2):
                    if two[place].poll() is not None or place == victim:
                        two[place].wait()
                        two[place] = syncing(served.port_base, ledger, log)
        finally:
            for one in two:
                one.wait(120)
        struck = sum(world.struck().values())
        passes = until_quiet(served.port_base, ledger, log, ends)

    seconds = LONGEST_SECONDS - (ends - time.monotonic())
    figures = f"{killed} kills, {struck} faults, {passes} passes until quiet, {seconds:.0f} s, seed {SEED}"
    sys.stderr.write(f"\n{figures}\n")
    assert (killed, struck > KILLS) == (KILLS, True), figures
    exactly_one_of_each(world)


def until_quiet(port: int, ledger: Path, log: Path, ends: float) -> int:
    """Run `sync` until nothing waits; return how often it ran."""
    passes = 0
    while True:
        assert time.monotonic() < ends, said(log)
        env = environment(port, ledger)
        done = subprocess.run(
            [*HANDOFF, "sync", "--json"], capture_output=True, text=True, env=env, cwd=ROOT, timeout=200, check=False
        )
        passes += 1
        if '"waiting": 0' in done.stdout and '"pending": 0' in done.stdout and f'"done": {DEALS}' in done.stdout:
            return passes
        with log.open("a") as out:
            out.write(done.stdout + done.stderr)
        time.sleep(1.0)


def exactly_one_of_each(world: World) -> None:
    """Check against the stand-ins alone: each deal has its work once, each account its company once."""
    held = world.state()
    gainsight, crm = held["gainsight"], held["salesforce"]
    won = {deal["Id"]: deal for deal in crm["Opportunity"]}

    def per_deal(kind: str, field: str) -> Counter[str]:
        return Counter(row[field].split(":")[4] for row in gainsight[kind] if row[field])

    planned = {deal["Id"]: 1 for deal in won.values() if deal["Amount"] > 20_000}
    assert per_deal("call_to_action", "Bridge_Key__gc") == dict.fromkeys(won, 1)
    assert per_deal("activity_timeline", "ExternalId") == dict.fromkeys(won, 1)
    assert per_deal("cta_group", "Bridge_Key__gc") == planned
    companies = Counter(row["SfdcAccountId"] for row in gainsight["Company"])
    assert companies == dict.fromkeys({deal["AccountId"] for deal in won.values()}, 1)
    assert Counter(deal["Handoff_Status__c"] for deal in won.values()) == {"Handed off": len(won)}


def said(log: Path) -> Any:
    return log.read_text(errors="replace")[-3_000:]
