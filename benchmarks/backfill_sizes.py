"""What a backfill costs by how many deals it has; the stand-ins are in another process, and take no memory here."""

import csv
import multiprocessing
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.backfill_in_time import A_MINUTE, ASKED, CALL_SECONDS, SHARE, historic_mappings, sizes_of
from benchmarks.calls import Setting
from benchmarks.memory import peak_mb
from handoff.backfill import plan_backfill
from handoff.backfills import states
from handoff.bridge import Bridge
from handoff.plans import carried_out
from sandbox import csv_data
from sandbox.clock import SimulatedClock
from sandbox.wire import Request, Response
from sandbox.world import World
from tests.in_process import START, bridge_over

SIZES = (1_000, 10_000, 100_000)
ACCOUNTS, DEALS, PRODUCTS, TEAMS = "accounts.csv", "sales_pipeline.csv", "products.csv", "sales_teams.csv"


@dataclass(frozen=True)
class Phase:
    """Planning a backfill, or doing it: calls by system, simulated time, and seconds of our processor."""

    gainsight: int
    salesforce: int
    took: float
    cpu: float


@dataclass(frozen=True)
class Cost:
    """What so many deals cost in a process of its own; sizes in MB."""

    deals: int
    plan: Phase
    do: Phase
    peak_mb: float
    start_mb: float
    ledger_mb: float


class Elsewhere:
    """A world in another process, as a bridge sees it: it answers calls at the moment of the clock that is here."""

    port_base = 8700

    def __init__(self, there: Connection) -> None:
        self.clock = SimulatedClock(real_now=lambda: START, start=START)
        self._there = there

    def handle(self, system: str, request: Request) -> Response:
        """Answer a call after it took its time."""
        self.clock.advance(CALL_SECONDS)
        self._there.send((system, request, self.clock.now()))
        said: Response = self._there.recv()
        return said

    def made(self, kind: str) -> int:
        """Return how many records of a kind there are."""
        self._there.send(("", kind, self.clock.now()))
        return int(self._there.recv())


def serve(here: Connection, data: Path) -> None:
    """Answer the calls of another process until it is gone."""
    clock = SimulatedClock(real_now=lambda: START, start=START)
    world = World(seed=1, clock=clock, real_now=lambda: START, tenant=lambda _, now: csv_data.contents(data, now))
    while True:
        try:
            system, asked, moment = here.recv()
        except EOFError:
            return
        clock.set(moment.isoformat())
        if system:
            here.send(world.handle(system, asked))
        else:
            here.send(len(world.state("gainsight", asked)["gainsight"][asked]))


@contextmanager
def world_elsewhere(data: Path) -> Iterator[Elsewhere]:
    """Yield a world that holds what the files say, in a process that ends with the block."""
    spawned = multiprocessing.get_context("spawn")
    ours, theirs = spawned.Pipe()
    process = spawned.Process(target=serve, args=(theirs, data))
    process.start()
    theirs.close()
    try:
        yield Elsewhere(ours)
    finally:
        ours.close()
        process.join(30)


def multiplied(data: Path, deals: int, folder: Path) -> Path:
    """Write the data set's won deals so many times over, each time on accounts of their own, and return where."""
    for name in (PRODUCTS, TEAMS):
        shutil.copy(data / name, folder / name)
    accounts, won = _rows(data / ACCOUNTS), [row for row in _rows(data / DEALS) if row["deal_stage"] == "Won"]
    won.sort(key=lambda row: row["account"])
    again = (
        row | {"account": _again(row["account"], time_), "opportunity_id": f"{row['opportunity_id']}-{time_}"}
        for time_ in count()
        for row in won
    )
    chosen = list(islice(again, deals))
    named = {row["account"] for row in chosen}
    copies = [
        row | {"account": _again(row["account"], time_), "subsidiary_of": ""}
        for time_ in range(deals // len(won) + 1)
        for row in accounts
    ]
    _write(folder / ACCOUNTS, [row for row in copies if row["account"] in named])
    _write(folder / DEALS, chosen)
    return folder


def _again(name: str, time_: int) -> str:
    return f"{name} {time_}" if time_ else name


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def cost(data: Path, deals: int, setting: Setting, folder: Path) -> Cost:
    """Plan and do the backfill of so many deals in this process; raises `SystemExit` where something is missing."""
    files = folder / "data"
    files.mkdir()
    mappings = historic_mappings(setting, folder)
    with world_elsewhere(multiplied(data, deals, files)) as world:

        def bridge() -> Bridge:
            how = {"PLATFORM_MAIN_CALLS_PER_MINUTE": str(A_MINUTE)} | sizes_of(setting)
            return bridge_over(world, folder, mappings=mappings, share=SHARE, **how)  # type: ignore[arg-type]

        first = bridge()
        first.crm.org()  # the tenant is made by then
        start_mb = peak_mb()
        planning = Watch(world, first)
        plan = plan_backfill(first, ASKED)
        planned, second = planning.phase(), bridge()
        doing = Watch(world, second)
        carried_out(second, plan.number)
        done = doing.phase()
        if states(second.ledger, plan.number) != {"done": deals} or world.made("call_to_action") != deals:
            raise SystemExit(f"{deals} deals: {states(second.ledger, plan.number)}")
        second.ledger.close()
        first.ledger.close()
    size = sum(path.stat().st_size for path in folder.glob("handoff.db*"))
    return Cost(deals, planned, done, peak_mb(), start_mb, size / 1_048_576)


class Watch:
    """What a piece of work costs from now on."""

    def __init__(self, world: Elsewhere, bridge: Bridge) -> None:
        self._world, self._bridge = world, bridge
        self._at, self._cpu, self._calls = world.clock.now(), time.process_time(), self._traffic()

    def phase(self) -> Phase:
        """Return what it cost so far."""
        gainsight, salesforce = (now - before for now, before in zip(self._traffic(), self._calls, strict=True))
        took = (self._world.clock.now() - self._at).total_seconds()
        return Phase(gainsight, salesforce, took, time.process_time() - self._cpu)

    def _traffic(self) -> tuple[int, int]:
        return self._bridge.platform.traffic().calls, self._bridge.crm.traffic().calls
