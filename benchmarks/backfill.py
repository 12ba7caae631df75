"""
Measures backfill: in simulated time beside live deals, by two processes on PostgreSQL, and by how many deals there are.

    python benchmarks/backfill.py --data ../shared/data/crm_sales_opportunities [--write docs/backfill.md]

Each part may be measured alone (`--part`). Calls, simulated time and records depend on nothing here; processor seconds
and memory do. A part fails where a deal's work is missing or there twice.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.backfill_by_processes import together  # noqa: E402
from benchmarks.backfill_in_time import KILLS, Measured, measured  # noqa: E402
from benchmarks.backfill_sizes import SIZES, Cost, Phase, cost  # noqa: E402
from benchmarks.calls import Setting  # noqa: E402

SEEDS = (1, 2, 3)
SHIPPED = Setting("lists of 10, as shipped", 10, 50, 50, 200, plan_for_all=True)
LONGER = Setting("lists of 50", 50, 50, 50, 200, plan_for_all=True)
MOST_OVER, SLOWEST_SECONDS = 0.05, 120.0


def in_time(data: Path, _: argparse.Namespace) -> str:
    """Measure the backfill of the data set, cut off on the way, with a live deal a minute beside it."""
    rows = [measured(data, setting, seed=seed) for setting in (SHIPPED, LONGER) for seed in SEEDS]
    lines = [
        "| lists | seed | deals | Gainsight calls | planned | over | arithmetic floor | Salesforce calls | planned "
        "| minutes | planned | windows over | of live deals: calls | deals | p99 s | longest s |",
        "| ---: |" + " ---: |" * 15,
    ]
    lines += [_in_time(row) for row in rows]
    lines += ["", f"The {KILLS} cuts of each:", ""]
    lines += [f"- lists of {row.lists}, seed {row.seed}: {', '.join(row.kills)}" for row in rows]
    for row in rows:
        used = row.calls["gainsight"]
        if used.backfill > used.planned * (1 + MOST_OVER) or row.p99 > SLOWEST_SECONDS:
            print(f"over the bound: lists of {row.lists}, seed {row.seed}", file=sys.stderr)
    return "\n".join(lines)


def _in_time(row: Measured) -> str:
    gainsight, salesforce = row.calls["gainsight"], row.calls["salesforce"]
    cells = [row.lists, row.seed, f"{row.deals:,}", f"{gainsight.backfill:,}", f"{gainsight.planned:,}"]
    cells += [f"{gainsight.backfill / gainsight.planned - 1:.1%}", f"{gainsight.arithmetic:,}"]
    cells += [salesforce.backfill, salesforce.planned]
    cells += [f"{row.took.total_seconds() / 60:.1f}", f"{row.planned.total_seconds() / 60:.0f}", row.windows_over]
    cells += [gainsight.live, row.live_deals, f"{row.p99:.0f}", f"{max(row.waits):.0f}"]
    return f"| {' | '.join(map(str, cells))} |"


def by_processes(data: Path, _: argparse.Namespace) -> str:
    """Measure two processes on PostgreSQL, one of them killed on the way."""
    one = together(data, SHIPPED)
    cells = [f"{one.deals:,}", one.twice, f"{one.calls:,}", f"{one.planned:,}", one.fullest_minute, one.allowed]
    cells += [f"{one.killed_after:,}", f"{one.seconds:.0f}"]
    head = (
        "| deals | records made twice | Gainsight calls | planned | fullest minute | allowed | killed after call | s |"
    )
    return "\n".join([head, "| ---: |" + " ---: |" * 7, f"| {' | '.join(map(str, cells))} |"])


def by_size(data: Path, chosen: argparse.Namespace) -> str:
    """Measure what a deal costs by how many there are, each size in a process of its own."""
    lines = [
        "| deals | Gainsight calls a deal: plan | do | Salesforce calls a deal | simulated hours | ms a deal: plan "
        "| do | MB at the start | MB at most | KB a deal | ledger KB a deal |",
        "| ---: |" + " ---: |" * 10,
    ]
    for deals in chosen.deals:
        command = [sys.executable, __file__, "--data", str(data), "--alone", str(deals)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        lines.append(_by_size(_cost(json.loads(done.stdout.splitlines()[-1]))))
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def _cost(said: Mapping[str, Any]) -> Cost:
    return Cost(**{**said, "plan": Phase(**said["plan"]), "do": Phase(**said["do"])})


def _by_size(one: Cost) -> str:
    cells = [f"{one.deals:,}", f"{one.plan.gainsight / one.deals:.4f}", f"{one.do.gainsight / one.deals:.4f}"]
    cells += [f"{(one.plan.salesforce + one.do.salesforce) / one.deals:.4f}"]
    cells += [f"{(one.plan.took + one.do.took) / 3_600:.1f}"]
    cells += [f"{1_000 * phase.cpu / one.deals:.2f}" for phase in (one.plan, one.do)]
    cells += [f"{one.start_mb:.0f}", f"{one.peak_mb:.0f}", f"{1_024 * (one.peak_mb - one.start_mb) / one.deals:.1f}"]
    return f"| {' | '.join([*cells, f'{1_024 * one.ledger_mb / one.deals:.1f}'])} |"


PARTS: Mapping[str, Callable[[Path, argparse.Namespace], str]] = {
    "time": in_time,
    "processes": by_processes,
    "sizes": by_size,
}


def written(page: str, part: str, table: str) -> str:
    """Return a page with other figures of a part between its markers."""
    between = re.compile(rf"(<!-- figures of {part} -->\n).*?(<!-- end of figures -->)", re.DOTALL)
    return between.sub(lambda found: f"{found[1]}{table}\n{found[2]}", page)


def main() -> None:
    """Print the figures of each part, and write them into the page if one is named."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True, help="folder of the CRM Sales Opportunities data set")
    options.add_argument("--part", choices=list(PARTS), nargs="+", default=list(PARTS), help="only these parts")
    options.add_argument("--deals", type=int, nargs="+", default=list(SIZES), help="the sizes to measure")
    options.add_argument("--write", type=Path, help="also put the tables into this file, between their markers")
    options.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    data = chosen.data.resolve()
    if chosen.alone:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(asdict(cost(data, chosen.alone, SHIPPED, Path(folder)))))
        return
    for part in chosen.part:
        print(f"measuring: {part} ...", file=sys.stderr, flush=True)
        table = PARTS[part](data, chosen)
        print(table)
        if chosen.write:
            page = chosen.write.read_text(encoding="utf-8")
            chosen.write.write_text(written(page, part, table), encoding="utf-8")


if __name__ == "__main__":
    main()
