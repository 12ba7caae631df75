"""
Measures how many handoffs a second the core carries out on one core, the vendors' systems taking no time at all.

    python benchmarks/throughput.py [--deals 1000 10000 100000] [--write docs/throughput.md]

The real `run_once` over stand-ins at the level of the ports: five steps a handoff in batches of 50, and a real SQLite
file with synchronous=FULL. Each size runs in a process of its own, pinned to one core. What a commit costs on this disk
and how fast this core runs plain Python are measured in the same process, before and after.
"""

import argparse
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import handoff.prepare as preparing  # noqa: E402
from benchmarks.memory import peak_mb  # noqa: E402
from benchmarks.port_stand_ins import CountingPlatform, StillClock, WallClock, WonDeals  # noqa: E402
from connectors.gainsight import SYSTEM as GAINSIGHT  # noqa: E402
from handoff.bridge import Bridge  # noqa: E402
from handoff.ledger import Ledger  # noqa: E402
from handoff.loading import load_mappings  # noqa: E402
from handoff.mapping import Mappings  # noqa: E402
from handoff.run import run_once  # noqa: E402

SIZES = (1_000, 10_000, 100_000)
WARM_UP = 200
STEPS = 5
WANTED = 1_500
COMMITS = 200
FIGURES = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
PLAN_FOR_ALL = (
    "with_plan: [{field: segment, in: [enterprise, mid_market]}]",
    "with_plan: [{field: segment, present: true}]",
)
KICKOFF = """\
  kickoff_cta:
    object: cta
    fields:
      CompanyId:  {step: company}
      CtaGroupId: {step: plan}
      OwnerId:    {from: [receiver.email, lead.email], find: active_user}
      Name:       {text: "Kick-off with {account.name}: {deal.name}", max: 80, shorten: deal.name}
      type:       {value: Lifecycle}
      reason:     {value: Kickoff}
      status:     {value: New}
      priority:   {value: Medium}
      DueDate:    {from: work_starts_at, plus: 14 days, as: date}

  brief:
"""


@dataclass(frozen=True)
class Measured:
    """One size: wall and processor seconds, milliseconds a deal by phase, and what the machine was like meanwhile."""

    deals: int
    wall: float
    cpu: float
    phases: dict[str, float]
    commits: int
    commit_ms: float
    python_ms: float
    peak_mb: float
    start_mb: float


class Phases:
    """Adds up the time of what is timed; of what runs inside another timed work only the inner one counts it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._open: list[str] = []
        self._since = 0.0

    def timed(self, phase: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same work, its time counted as this phase."""

        def measured(*arguments: Any, **named: Any) -> Any:
            self._switch()
            self._open.append(phase)
            try:
                return work(*arguments, **named)
            finally:
                self._switch()
                self._open.pop()

        return measured

    def _switch(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] = self.seconds.get(self._open[-1], 0.0) + now - self._since
        self._since = now


def five_steps(folder: Path) -> Mappings:
    """Return the shipped mappings with a plan for every deal and a second CTA: five steps a handoff."""
    files = Path(shutil.copytree(ROOT / "mappings", folder / "mappings"))
    for name, before, after in (
        ("handoff.yml", *PLAN_FOR_ALL),
        ("targets/gainsight.yml", "  brief:\n", KICKOFF),
    ):
        text = (files / name).read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{name} no longer says {before!r} once"
        (files / name).write_text(text.replace(before, after), encoding="utf-8")
    return load_mappings(files, crm="salesforce", platform=GAINSIGHT.platform)


def carry_out(deals: int, mappings: Mappings, path: Path) -> CountingPlatform:
    """Hand off that many deals with a ledger of their own; raises `SystemExit` if one is missing."""
    clock, platform, ledger = StillClock(), CountingPlatform(), Ledger(f"sqlite:///{path}")
    crm = WonDeals(clock, deals)
    ledger.open(stamps={})
    report = run_once(Bridge(crm, platform, mappings, ledger, clock, lease_clock=WallClock()))
    ledger.close()
    made = sum(platform.made.values())
    if report.balance.done != deals or made != STEPS * deals or crm.told != deals:
        raise SystemExit(f"{deals} deals: {report.balance.words()}; {made} steps made, {crm.told} deals told")
    return platform


def measure(deals: int, folder: Path) -> Measured:
    """Measure one size in this process."""
    mappings = five_steps(folder)
    carry_out(WARM_UP, mappings, folder / "warm.db")
    phases, commits = watched(Phases())
    machine = [(commit_ms(folder), python_ms())]
    start_mb = peak_mb()
    wall, cpu = time.perf_counter(), time.process_time()
    carry_out(deals, mappings, folder / "handoff.db")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    machine.append((commit_ms(folder), python_ms()))
    a_deal = {name: 1_000 * seconds / deals for name, seconds in phases.seconds.items()}
    a_deal["rest"] = 1_000 * wall / deals - sum(a_deal.values())
    commit, python = (median(both) for both in zip(*machine, strict=True))
    return Measured(deals, wall, cpu, a_deal, len(commits), commit, python, peak_mb(), start_mb)


def watched(phases: Phases) -> tuple[Phases, list[None]]:
    """Let the core's work be timed by phase, and its commits counted."""
    preparing.judged = phases.timed("judge", preparing.judged)
    preparing._planned = phases.timed("plan", preparing._planned)
    for name in dir(Ledger):
        work = getattr(Ledger, name)
        if callable(work) and not name.startswith("_") and name not in ("reading", "writing", "upsert", "rows_of"):
            setattr(Ledger, name, phases.timed("ledger", work))
    commits: list[None] = []
    writing = Ledger.writing

    def counted(ledger: Ledger) -> Any:
        commits.append(None)
        return writing(ledger)

    Ledger.writing = counted  # type: ignore[method-assign, assignment]
    return phases, commits


def commit_ms(folder: Path) -> float:
    """Return what one commit of one row costs here, in the ledger's own settings; the median of many."""
    connection = sqlite3.connect(folder / "commits.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE IF NOT EXISTS rows (said)")
    taken = []
    for _ in range(COMMITS):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO rows VALUES (?)", ("x" * 1_000,))
        begun = time.perf_counter()
        connection.execute("COMMIT")
        taken.append(time.perf_counter() - begun)
    connection.close()
    return 1_000 * median(taken)


def python_ms() -> float:
    """Return how long a fixed piece of plain Python takes here: what the machine was like."""
    taken = []
    for _ in range(20):
        begun = time.perf_counter()
        said = json.dumps({str(n): [n] * 3 for n in range(2_000)})
        sorted(said.split(","))
        taken.append(time.perf_counter() - begun)
    return 1_000 * median(taken)


def table(rows: list[Measured]) -> str:
    """Return the figures as Markdown."""
    lines = [
        "| deals | handoffs a second | a second of processor | ms a deal | judge | plan | ledger | rest "
        "| commits a deal | a commit, ms | of it commits | MB at the start | MB at most |",
        "| ---: |" + " ---: |" * 12,
    ]
    for m in rows:
        ms, commits = 1_000 * m.wall / m.deals, m.commits / m.deals
        cells = [f"{m.deals:,}", f"{m.deals / m.wall:,.0f}", f"{m.deals / m.cpu:,.0f}", f"{ms:.3f}"]
        cells += [f"{m.phases.get(name, 0):.3f}" for name in ("judge", "plan", "ledger", "rest")]
        cells += [f"{commits:.2f}", f"{m.commit_ms:.2f}", f"{commits * m.commit_ms / ms:.0%}"]
        cells += [f"{m.start_mb:.0f}", f"{m.peak_mb:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    machine = ", ".join(f"{m.python_ms:.1f}" for m in rows)
    return "\n".join([*lines, "", f"A fixed piece of plain Python took {machine} ms meanwhile, by row."])


def main() -> None:
    """Measure each size in a process of its own; print the table, and write it into the page where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deals", type=int, nargs="+", default=list(SIZES), help="the sizes to measure")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the core to run on")
    parser.add_argument("--write", type=Path, help="also put the table into this file, between its two markers")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.alone:
        os.sched_setaffinity(0, {chosen.core})
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(asdict(measure(chosen.deals[0], Path(folder)))))
        return
    rows = []
    for deals in chosen.deals:
        print(f"measuring {deals:,} deals ...", file=sys.stderr, flush=True)
        command = [sys.executable, __file__, "--alone", "--core", str(chosen.core), "--deals", str(deals)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        rows.append(Measured(**json.loads(done.stdout.splitlines()[-1])))
    print(table(rows))
    if chosen.write:
        page = chosen.write.read_text(encoding="utf-8")
        chosen.write.write_text(FIGURES.sub(lambda m: f"{m[1]}{table(rows)}\n{m[2]}", page), encoding="utf-8")


if __name__ == "__main__":
    main()
