"""The page that says what was tried, and what came of it."""

from collections.abc import Iterator
from pathlib import Path

from tests.simulator.assumptions import ASSUMPTIONS, broken
from tests.simulator.crash_points import ALONE, points
from tests.simulator.faults import MIX
from tests.simulator.mutants import MUTANTS, caught
from tests.simulator.ranges import Totals


def write(path: Path, totals: Totals) -> None:
    """Write the page anew; the assumptions and the broken engines are tried again for it."""
    path.write_text("\n".join([*_head(totals), *_mix(totals), *_crash_points(), *_assumptions(), *_mutants()]) + "\n")


def _head(totals: Totals) -> Iterator[str]:
    yield "# Nothing lost, nothing twice\n"
    yield "The real core and connectors hand deals off in a simulated company, over the sandbox's own engines:"
    yield "two workers, one ledger, a clock that moves only while everybody waits. `make reliability` writes this page."
    yield "What fails is told with its seed; `python -m tests.simulator --seed N --trace` plays it again.\n"
    yield "| | |\n| --- | ---: |"
    for name, value in (
        ("handoffs", totals.handoffs),
        ("worlds", totals.worlds),
        ("**lost**", totals.lost),
        ("**made twice**", totals.doubled),
        ("otherwise wrong", totals.wrong),
        ("parked for a person: blind steps that may have happened", totals.parked),
        ("calls", totals.calls),
        ("calls disturbed", totals.disturbed),
        ("of these ambiguous: a write was applied, and its caller cannot know", totals.ambiguous),
        ("workers cut off", totals.crashes),
        ("workers frozen, for 5 s to 10 min", totals.freezes),
        ("passes that ended", totals.passes),
        ("passes broken off by an error", totals.broken_off),
    ):
        yield f"| {name} | {value:,} |"
    disturbed, ambiguous = totals.disturbed / totals.calls, totals.ambiguous / totals.disturbed
    yield f"\n{disturbed:.1%} of the calls were disturbed, {ambiguous:.0%} of those ambiguously. Beside that: what was"
    yield "made stays invisible to look-ups for up to a minute, rows of the CRM appear up to 8 s after their stamp, and"
    yield "deals are won and change while they work. Then the faults end, and passes go on until nothing waits.\n"


def _mix(totals: Totals) -> Iterator[str]:
    yield "## The faults\n\n| fault | what happens | ambiguous | times |\n| --- | --- | --- | ---: |"
    for kind in MIX:
        ambiguous = "of writes" if kind.applied else "no"
        yield f"| `{kind.name}` | {kind.words} | {ambiguous} | {totals.faults[kind.name]:,} |"
    yield ""


def _crash_points() -> Iterator[str]:
    yield "## Crash points\n"
    yield f"A small company that needs every kind of step passes {len(points(ALONE))} yield points: before and after"
    yield "every transaction of the ledger and every call. Its worker is cut off at each at which"
    yield "ledger, CRM, platform or letters are other than at the point before, and restarted until nothing waits; then"
    yield "CRM and platform hold what they hold without it, but for blind steps that were"
    yield "just under way: those are parked, and named. Of two workers, one is frozen for 15 minutes at each point of"
    yield "a pass."
    yield "\n"


def _assumptions() -> Iterator[str]:
    yield "## What the promises rest on\n"
    yield "| assumption | broken on purpose | doubles | losses | not named by `handoff reconcile` |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for one in ASSUMPTIONS:
        judged = broken(one)
        yield f"| {one.holds} | {one.broken} | {judged.doubles} | {judged.losses} | {len(judged.unnamed)} |"
    yield ""


def _mutants() -> Iterator[str]:
    yield "## The engine, broken on purpose\n"
    yield "| what is broken | seed | the first thing seen |\n| --- | ---: | --- |"
    for one in MUTANTS:
        found = caught(one)
        yield f"| {one.name} | {found.seed} | {found.by or 'NOT CAUGHT'} |"
