"""Plays one seed, many of them, or writes the page: `python -m tests.simulator --seed 7 --trace`."""

import argparse
import os
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from tests.simulator import report
from tests.simulator.mutants import mutant
from tests.simulator.pairs import FIRST, PAIRS, Pair
from tests.simulator.play import Ended, Plan, play
from tests.simulator.ranges import ROOT, Kept, Totals, simulated

KEPT = ROOT / "build" / "simulated.jsonl"


def main() -> int:
    """Return 1 when anything was lost, doubled or wrong."""
    said = _parsed()
    asked = {PAIRS[name]: said.handoffs if PAIRS[name] == FIRST else said.others for name in said.pair or PAIRS}
    if not any(asked.values()):
        return _seeds(said)
    kept, found = Kept(KEPT), dict[Pair, Totals]()
    for pair, handoffs in asked.items():
        if handoffs:
            found[pair] = _simulated(pair, handoffs, kept)
    if said.report:
        report.write(said.report, found)
        _say(f"written: {said.report}")
    return 1 if any(totals.problems for totals in found.values()) else 0


def _simulated(pair: Pair, handoffs: int, kept: Kept) -> Totals:
    began = time.monotonic()

    def tell(done: int) -> None:
        share = min(1.0, done / handoffs)
        bar = ("#" * int(40 * share)).ljust(40, ".")
        _say(f"{pair.name} [{bar}] {done:,} of {handoffs:,} handoffs, {time.monotonic() - began:,.0f} s")

    totals = simulated(pair, handoffs, kept, processes=os.cpu_count() or 1, tell=tell)
    _tell(totals)
    return totals


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--pair", choices=[*PAIRS], action="append", help="a CRM and a platform; with --handoffs: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    parser.add_argument("--size", type=int, default=0, help="deals in a world")
    parser.add_argument("--workers", type=int, default=Plan(0).workers)
    parser.add_argument("--rate", type=float, default=Plan(0).rate, help="share of calls that are disturbed")
    parser.add_argument("--mutant", default="", help="break the engine in this way")
    parser.add_argument("--trace", action="store_true", help="say what every worker does")
    parser.add_argument("--handoffs", type=int, default=0, help=f"of {FIRST.name}, kept by range in {KEPT.name}")
    parser.add_argument("--others", type=int, default=0, help="the same of each other pair")
    parser.add_argument(
        "--report", type=Path, help="with these: write the page, or of what was not played keep its part"
    )
    return parser.parse_args()


def _seeds(said: argparse.Namespace) -> int:
    bad = 0
    for seed in range(said.seed, said.seed + said.seeds):
        began = time.process_time()
        plan = replace(
            Plan.of(PAIRS[said.pair[0] if said.pair else FIRST.name], seed, said.size),
            workers=said.workers,
            rate=said.rate,
        )
        with mutant(said.mutant).at_work() if said.mutant else nullcontext():
            ended = play(plan, trace=_say if said.trace else None)
        _say(f"{_words(ended)}; {ended.found.handoffs / (time.process_time() - began):.0f}/s")
        bad += bool(ended.found.problems)
        for problem in ended.found.problems[:20]:
            _say(f"    {problem}")
    return 1 if bad else 0


def _words(ended: Ended) -> str:
    found = ended.found
    return (
        f"seed {ended.plan.seed}: {found.handoffs} handoffs, {len(found.lost)} lost, {len(found.doubled)} doubled, "
        f"{len(found.wrong)} wrong, {len(found.parked)} parked; {sum(ended.faults.values())} faults in {ended.calls} "
        f"calls ({ended.ambiguous} ambiguous), {ended.crashes} crashes, {ended.freezes} freezes, "
        f"{ended.passes} passes, {ended.broken_off} broken off, {ended.points} points, {ended.lasted}"
    )


def _tell(totals: Totals) -> None:
    _say(f"{totals.handoffs:,} handoffs: {totals.lost} lost, {totals.doubled} doubled, {totals.wrong} wrong")
    for problem in totals.problems[:50]:
        _say(f"    {problem}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
