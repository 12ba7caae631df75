"""The page that says what was tried, and what came of it: a column a pair of systems."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path

import connectors
from tests.simulator.assumptions import ASSUMPTIONS, broken
from tests.simulator.crash_points import ALONE, points
from tests.simulator.faults import MIX, OWN, Kind
from tests.simulator.mutants import MUTANTS, caught
from tests.simulator.pairs import PAIRS, Pair
from tests.simulator.ranges import Totals

Row = tuple[str, Callable[[Totals], str]]
"""How a figure is called, and what it is."""

FIGURES: Sequence[Row] = (
    ("handoffs", lambda totals: f"{totals.handoffs:,}"),
    ("worlds", lambda totals: f"{totals.worlds:,}"),
    ("**lost**", lambda totals: f"{totals.lost:,}"),
    ("**made twice**", lambda totals: f"{totals.doubled:,}"),
    ("**parked, though they can be looked up**", lambda totals: f"{totals.stuck:,}"),
    ("otherwise wrong", lambda totals: f"{totals.wrong:,}"),
    ("parked for a person: blind steps that may have happened", lambda totals: f"{totals.parked:,}"),
    ("calls while faults are on", lambda totals: f"{totals.calls:,}"),
    ("calls disturbed", lambda totals: f"{totals.disturbed:,}"),
    ("of these ambiguous: a write was applied, and its caller cannot know", lambda totals: f"{totals.ambiguous:,}"),
    ("share of calls disturbed", lambda totals: f"{totals.disturbed / totals.calls:.1%}"),
    ("share of these ambiguous", lambda totals: f"{totals.ambiguous / totals.disturbed:.0%}"),
    ("workers cut off", lambda totals: f"{totals.crashes:,}"),
    ("workers frozen, for 5 s to 10 min", lambda totals: f"{totals.freezes:,}"),
    ("passes that ended", lambda totals: f"{totals.passes:,}"),
    ("passes broken off by an error", lambda totals: f"{totals.broken_off:,}"),
)
NO_FIGURE = "-"


def write(path: Path, found: Mapping[Pair, Totals]) -> None:
    """
    Write the page anew; the assumptions and the broken engines are tried again for it.

    A pair that was not played keeps the figures that the page has of it.
    """
    before = path.read_text() if path.exists() else ""
    parts = (_head(before, found), _mix(before, found), _crash_points(), _assumptions(), _mutants())
    path.write_text("\n".join(line for part in parts for line in part) + "\n")


def table(before: str, first: str, rows: Sequence[Row], found: Mapping[Pair, Totals]) -> Iterator[str]:
    """
    Yield a table with a column a pair; that of a pair which is not in `found` is taken from the page as it was.

    `first` is what stands over the names of the rows, by which the table is known again.
    """
    kept = _kept(before, first)
    titles = [title(pair) for pair in PAIRS.values()]
    yield f"| {first} | {' | '.join(titles)} |"
    yield f"| --- | {' | '.join('---:' for _ in titles)} |"
    for name, figure in rows:
        cells = [
            figure(found[pair]) if pair in found else kept.get((title(pair), name), NO_FIGURE)
            for pair in PAIRS.values()
        ]
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""


def title(pair: Pair) -> str:
    """Return how a pair is called on the page."""
    return f"{connectors.crms()[pair.crm].called} to {connectors.platforms()[pair.platform].called}"


def _kept(before: str, first: str) -> dict[tuple[str, str], str]:
    """Return what a page's table holds, by the names of its columns and rows."""
    lines = [line for line in before.splitlines() if line.startswith("|")]
    start = next((place for place, line in enumerate(lines) if line.startswith(f"| {first} |")), len(lines))
    titles, *rows = [_cells(line) for line in lines[start:]] or [[]]
    fitting = takewhile(lambda row: len(row) == len(titles), rows)
    return {(name, row[0]): cell for row in fitting for name, cell in zip(titles[1:], row[1:], strict=True)}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def _head(before: str, found: Mapping[Pair, Totals]) -> Iterator[str]:
    yield "# Nothing lost, nothing twice\n"
    yield "The real core and connectors hand deals off in a simulated company, over the sandbox's own engines:"
    yield "two workers, one ledger, a clock that moves only while everybody waits. `make reliability` writes this page."
    yield "What fails is told with its seed; `python -m tests.simulator --pair NAME --seed N --trace` plays it again.\n"
    yield from table(before, "what", FIGURES, found)
    yield "Beside that: what was made stays invisible to look-ups for up to a minute, and deals are won and change"
    yield "while they work. Rows of Salesforce appear up to 8 s after their stamp; HubSpot searches show a tenth of the"
    yield "changes up to half an hour late, and none in order; Totango applies batches late, and CSMs take customers to"
    yield "the next stage meanwhile. Then the faults end, and passes go on until nothing waits.\n"


def _mix(before: str, found: Mapping[Pair, Totals]) -> Iterator[str]:
    yield "## The faults\n\n| fault | what happens | ambiguous |\n| --- | --- | --- |"
    for kind in (*MIX, *OWN):
        yield f"| `{kind.name}` | {kind.words} | {'of writes' if kind.applied else 'no'} |"
    yield "\nHow often each happened:\n"
    yield from table(before, "times", [_times(kind) for kind in (*MIX, *OWN)], found)


def _times(kind: Kind) -> Row:
    return f"`{kind.name}`", lambda totals: f"{totals.faults[kind.name]:,}" if totals.faults[kind.name] else NO_FIGURE


def _crash_points() -> Iterator[str]:
    yield "## Crash points\n"
    yield f"A small company that needs every kind of step passes {len(points(ALONE))} yield points: before and after"
    yield "every transaction of the ledger and every call. Its worker is cut off at each at which"
    yield "ledger, CRM, platform or letters are other than at the point before, and restarted until nothing waits; then"
    yield "CRM and platform hold what they hold without it, but for blind steps that were"
    yield "just under way: those are parked, and named. Of two workers, one is frozen for 15 minutes at each point of"
    yield "a pass. The company hands off from Salesforce to Gainsight."
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
    yield "| what is broken | systems | seed | the first thing seen |\n| --- | --- | ---: | --- |"
    for one in MUTANTS:
        found = caught(one)
        yield f"| {one.name} | {title(one.plan.pair)} | {found.seed} | {found.by or 'NOT CAUGHT'} |"
