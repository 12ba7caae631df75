"""
Counts the calls that handing the public data set off from HubSpot to Totango costs, in simulated time, beside a floor.

    python benchmarks/calls_to_totango.py --data ../shared/data/crm_sales_opportunities [--write docs/calls.md]

The real core and connectors over the sandbox's engines, at the vendors' limits, every call taking a third of a
simulated second: Totango's 100 calls a minute make it hours, and this machine's speed counts for nothing. The floor is
arithmetic over the vendors' batch sizes and the data set.
"""

import argparse
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.calls import won_deals  # noqa: E402
from handoff.run import run_once  # noqa: E402
from handoff.status import status  # noqa: E402
from sandbox.wire import Request, Response  # noqa: E402
from tests.in_process import START, bridge_over, world_at  # noqa: E402

TASKS, PLAYS, A_MINUTE, HUB_RECORDS = 1, 0, 100, 100
"""What the shipped target makes for a deal and runs for an account, and what Totango takes."""
SEARCH_PAGE, BATCH, BATCH_WITH_HISTORY, TIES = 200, 100, 50, 1_000
LISTS = ("contacts", "companies", "line items")
"""What a deal is associated with, as far as the shipped source reads it."""
OVER_AT_MOST = 0.10
CALL_SECONDS = 0.33
MINUTE = timedelta(minutes=1)
MOST_PASSES = 400
FIGURES = re.compile(r"(<!-- to totango -->\n).*?(<!-- end of to totango -->)", re.DOTALL)


@dataclass(frozen=True)
class Measured:
    """What the handoff cost, and how it stands at the end."""

    deals: int
    done: int
    calls: Counter[str]
    floors: dict[str, int]
    refused: int
    fullest_minute: int
    took: timedelta
    passes: int
    made: dict[str, int]

    def over(self, system: str) -> float:
        """Return by which share the calls are over the floor."""
        return self.calls[system] / self.floors[system] - 1


def totango_floor(deals: int, accounts: int) -> int:
    """
    Return the fewest calls: a touchpoint and its tasks by themselves, accounts and rows of deals in bulk.

    A deal's row is written twice: before its work is made, and when it is, with the ids of the work.
    """
    bulk = ceil(accounts / HUB_RECORDS) + 2 * ceil(deals / HUB_RECORDS)
    return deals * (1 + TASKS) + PLAYS * accounts + bulk


def hubspot_floor(deals: int, accounts: int) -> int:
    """Return the fewest calls: ids, deals with their stages, whom they belong to, what was sold, and what is told."""
    read = ceil(deals / SEARCH_PAGE) + ceil(deals / BATCH_WITH_HISTORY) + len(LISTS) * ceil(deals / TIES)
    return read + ceil(accounts / BATCH) + ceil(deals / BATCH) + ceil(deals / BATCH)


def mappings_in(folder: Path) -> Path:
    """Return the measuring contract with the shipped files of HubSpot and Totango."""
    copy = Path(shutil.copytree(ROOT / "benchmarks" / "one_per_deal", folder / "mappings"))
    for name in ("sources/hubspot.yml", "targets/totango.yml"):
        shutil.copy(ROOT / "mappings" / name, copy / name)
    shutil.copytree(ROOT / "mappings" / "templates", copy / "templates", dirs_exist_ok=True)
    return copy


def measure(data: Path, folder: Path) -> Measured:
    """Hand everything off, a pass a minute until nothing waits, and count what reached the stand-ins."""
    deals = won_deals(data)
    accounts = len({account for account, _ in deals})
    world = world_at()
    world.load({"csv": str(data), "into": "hubspot"})
    answer = world.handle

    def slowly(system: str, request: Request) -> Response:
        world.clock.advance(CALL_SECONDS)
        return answer(system, request)

    world.handle = slowly  # type: ignore[method-assign]
    bridge = bridge_over(world, folder, crm="hubspot", platform="totango", mappings=mappings_in(folder))
    for passes in range(1, MOST_PASSES):
        run_once(bridge)
        stands = status(bridge.ledger, [], now=world.clock.now(), lease_now=world.clock.now(), crm=bridge.crm.instance)
        print(f"  pass {passes}: {dict(stands.counts)}", file=sys.stderr, flush=True)
        if not stands.counts.get("waiting") and not stands.pending:
            break
        world.clock.advance(MINUTE.total_seconds())
    journal = world.journal()
    api = [row for row in journal if row["system"] == "totango" and "/int-hub/" not in row["path"]]
    held = world.state("totango")["totango"]
    return Measured(
        len(deals),
        stands.counts.get("done", 0),
        Counter(str(row["system"]) for row in journal),
        {"totango": totango_floor(len(deals), accounts), "hubspot": hubspot_floor(len(deals), accounts)},
        sum(row["status"] == 429 for row in journal),
        fullest(datetime.fromisoformat(row["at"]) for row in api),
        world.clock.now() - START,
        passes,
        {
            "touchpoints": len(held["touchpoints"]),
            "tasks of ours": sum("[ref hb:" in row["title"] for row in held["tasks"]),
            "rows of deals": len(held["collections"]),
            "accounts": len(held["accounts"]),
        },
    )


def fullest(moments: Iterable[datetime]) -> int:
    """Return the calls of the fullest minute as Totango counts: a window begins with the first call after the last."""
    most, count, ends = 0, 0, None
    for at in moments:
        if ends is None or at >= ends:
            count, ends = 0, at + MINUTE
        count += 1
        most = max(most, count)
    return most


def table(one: Measured) -> str:
    """Return the figures as two Markdown tables: calls, and what is there at the end."""
    lines = ["| system | deals | calls | a deal | floor | a deal | over |", "| --- |" + " ---: |" * 6]
    for name, title in (("totango", "Totango"), ("hubspot", "HubSpot")):
        calls, floor = one.calls[name], one.floors[name]
        lines.append(
            f"| {title} | {one.deals:,} | {calls:,} | {calls / one.deals:.4f} | {floor:,} "
            f"| {floor / one.deals:.4f} | {one.over(name):.1%} |"
        )
    made = ", ".join(f"{count:,} {name}" for name, count in one.made.items())
    passes = "one pass" if one.passes == 1 else f"{one.passes} passes"
    lines += [
        "",
        f"{one.done:,} of {one.deals:,} deals are handed off: {made}. It took {one.took.total_seconds() / 3_600:.1f} "
        f"simulated hours and {passes}. The fullest minute of Totango's API had {one.fullest_minute} of {A_MINUTE} "
        f"calls, and {one.refused} calls were refused with 429 on either side.",
    ]
    return "\n".join(lines)


def check(one: Measured) -> None:
    """Leave with what is broken, if anything is."""
    each = {"touchpoints", "tasks of ours", "rows of deals"}
    broken = [f"{name}: {count:,} for {one.deals:,} deals" for name, count in one.made.items() if name in each]
    broken = [words for words in broken if not words.endswith(f": {one.deals:,} for {one.deals:,} deals")]
    if one.done != one.deals:
        broken.append(f"{one.done:,} of {one.deals:,} deals are handed off")
    if one.over("totango") > OVER_AT_MOST:
        broken.append(f"Totango's calls are {one.over('totango'):.1%} over the floor")
    if one.refused or one.fullest_minute > A_MINUTE:
        broken.append(f"{one.fullest_minute} calls in a minute, {one.refused} refused")
    if broken:
        raise SystemExit("; ".join(broken))


def main() -> None:
    """Measure, print the tables, and fail when a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the CRM Sales Opportunities data set")
    parser.add_argument("--write", type=Path, help="also put the tables into this file, between its two markers")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        one = measure(chosen.data.resolve(), Path(folder))
    figures = table(one)
    print(figures)
    if chosen.write:
        page = chosen.write.read_text(encoding="utf-8")
        chosen.write.write_text(FIGURES.sub(lambda m: f"{m[1]}{figures}\n{m[2]}", page), encoding="utf-8")
    check(one)


if __name__ == "__main__":
    main()
