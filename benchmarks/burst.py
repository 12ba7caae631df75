"""
Measures how long deals wait for their CTA when many are won at once, in simulated time at the shipped budget.

    python benchmarks/burst.py [--deals 500] [--write docs/burst.md]

The real core and connectors over the sandbox's engines, a pass each minute as the shipped schedule has it, every call
taking a third of a simulated second. Nothing here depends on how fast this machine is.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import select  # noqa: E402

from handoff import tables as t  # noqa: E402
from handoff.bridge import Bridge  # noqa: E402
from handoff.run import run_once  # noqa: E402
from sandbox.ids import Ids  # noqa: E402
from sandbox.journal import iso_z  # noqa: E402
from sandbox.people import customer_success_users  # noqa: E402
from sandbox.wire import Contents, Request, Response  # noqa: E402
from tests.in_process import START, bridge_over, world_at  # noqa: E402

CALL_SECONDS = 0.33
PASS_EVERY = timedelta(minutes=1)
SEGMENTS = ("enterprise", "mid_market", "smb")
AMOUNTS = (250_000, 48_000, 5_000)
FIGURES = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
IDS = Ids("Bst")


@dataclass(frozen=True)
class Shape:
    """So many deals, won evenly within a span of simulated time."""

    name: str
    deals: int
    within: timedelta

    def moments(self, start: datetime) -> list[datetime]:
        """Return when each deal is won."""
        return [start + self.within * number / self.deals for number in range(self.deals)]


@dataclass(frozen=True)
class Measured:
    """How a burst went: seconds from close to CTA by segment, passes, calls of the fullest minute, what was kept."""

    shape: Shape
    waits: dict[str, list[float]]
    passes: int
    fullest_minute: int
    limit: int
    out_of_order: int
    waiting_seen: int
    waiting_without_time: int


class Burst:
    """A tenant whose deals are won one after the other while passes run."""

    def __init__(self, shape: Shape, folder: Path) -> None:
        self.shape, self.folder = shape, folder
        self.deals = [IDS.salesforce("006") for _ in range(shape.deals)]
        self.world = world_at(tenant=self._tenant)
        self.start = START + timedelta(minutes=1)
        self.due = list(zip(self.deals, shape.moments(self.start), strict=True))
        self.won: dict[str, datetime] = {}
        self.seen: list[tuple[bool, bool]] = []
        self._handle = self.world.handle
        self.world.handle = self._answer  # type: ignore[method-assign]
        self.bridge: Bridge | None = None
        self._busy = False

    def _tenant(self, seed: int, now: datetime) -> Contents:
        rep = IDS.salesforce("005")
        accounts = [
            {"Id": IDS.salesforce("001"), "Name": f"Harbour {number:03d}", "OwnerId": rep}
            for number in range(max(1, self.shape.deals * 3 // 5))
        ]
        sold = [
            {
                "Id": deal,
                "Name": f"Dock {number:04d}",
                "AccountId": accounts[number % len(accounts)]["Id"],
                "OwnerId": rep,
                "StageName": "Prospecting",
                "CloseDate": START.date().isoformat(),
                "Amount": AMOUNTS[number % 3],
                "Business_Goal__c": "Dock to stock in 4 hours",
            }
            for number, deal in enumerate(self.deals)
        ]
        people = [{"Id": rep, "Name": "Rita Hale", "Email": "rita.hale@harbor.example", "IsActive": True}]
        crm: dict[str, list[dict[str, Any]]] = {"User": people, "Account": accounts, "Opportunity": sold}
        return Contents({}, {"salesforce": crm, "gainsight": {"gsuser": customer_success_users()}})

    def _answer(self, system: str, request: Request) -> Response:
        """Answer a call after it took its time; what was due to be won by then is."""
        self.world.clock.advance(CALL_SECONDS)
        self._win()
        if request.path == "/v2/cockpit/cta":
            self._look_at_the_waiting()
        return self._handle(system, request)

    def _win(self) -> None:
        now = self.world.clock.now()
        ready = [(deal, at) for deal, at in self.due if at <= now]
        self.due = self.due[len(ready) :]
        rows = [
            {"Id": deal, "StageName": "Closed Won", "LastStageChangeDate": iso_z(at), "SystemModstamp": iso_z(at)}
            for deal, at in ready
        ]
        self.won |= dict(ready)
        if rows:
            self.world.load({"salesforce": {"Opportunity": rows}})

    def _look_at_the_waiting(self) -> None:
        assert self.bridge is not None
        c = t.deals.c
        with self.bridge.ledger.engine.connect() as connection:
            rows = connection.execute(select(c.standing, c.expected_at).where(c.standing == "waiting")).all()
        self.seen += [(True, row.expected_at is not None) for row in rows]

    def measured(self) -> Measured:
        """Run a pass a minute until every deal has its CTA."""
        passes = 0
        self.bridge = bridge_over(self.world, self.folder, PLATFORM_MAIN_CALLS_PER_MINUTE="30")
        tick = self.start
        while len(self._ctas()) < self.shape.deals and passes < 120:
            wait = (tick - self.world.clock.now()).total_seconds()
            self.world.clock.advance(max(0.0, wait))
            self._win()
            run_once(self.bridge)
            passes += 1
            while tick <= self.world.clock.now():
                tick += PASS_EVERY
        return Measured(
            self.shape,
            self._waits(),
            passes,
            max(self._a_minute().values()),
            30,
            self._out_of_order(),
            len(self.seen),
            sum(not told for _, told in self.seen),
        )

    def _ctas(self) -> list[dict[str, Any]]:
        rows = self.world.state("gainsight", "call_to_action")["gainsight"]["call_to_action"]
        return [row for row in rows if row["Bridge_Key__gc"]]

    def _made(self) -> Iterator[tuple[str, datetime]]:
        for row in self._ctas():
            yield row["Bridge_Key__gc"].split(":")[4], datetime.fromisoformat(row["CreatedDate"]).astimezone(UTC)

    def _segment(self, deal: str) -> str:
        return SEGMENTS[self.deals.index(deal) % 3]

    def _waits(self) -> dict[str, list[float]]:
        waits: dict[str, list[float]] = {name: [] for name in SEGMENTS}
        for deal, made in self._made():
            waits[self._segment(deal)].append((made - self.won[deal]).total_seconds())
        return waits

    def _out_of_order(self) -> int:
        """Return how many CTAs were made before one that had been read by then and should have gone first."""
        assert self.bridge is not None
        c = t.deals.c
        with self.bridge.ledger.engine.connect() as connection:
            read = dict(connection.execute(select(c.deal_id, c.first_seen_at)).tuples().all())
        order = [(SEGMENTS.index(self._segment(deal)), self.won[deal], deal, made) for deal, made in self._made()]
        return sum(
            any(later[:3] < one[:3] and read[later[2]] <= one[3] for later in order[place:])
            for place, one in enumerate(order, start=1)
        )

    def _a_minute(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for row in self.world.journal("gainsight"):
            if not row["path"].endswith("/token"):
                counts[row["at"][:16]] = counts.get(row["at"][:16], 0) + 1
        return counts


def percentile(values: list[float], part: int) -> float:
    """Return a percentile of some values, in the unit they have."""
    return quantiles(values, n=100, method="inclusive")[part - 1] if len(values) > 1 else values[0]


def table(results: list[Measured]) -> str:
    """Return the figures as a table of Markdown."""
    head = (
        "| wins | segment | p50 s | p99 s | longest s | passes | calls in the fullest minute | allowed "
        "| out of order | waiting deals seen | of them without an expected time |"
    )
    lines = [head, "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for one in results:
        groups = {"all": [wait for waits in one.waits.values() for wait in waits], **one.waits}
        for name, waits in groups.items():
            cells = [one.shape.name, name, f"{median(waits):.0f}", f"{percentile(waits, 99):.0f}", f"{max(waits):.0f}"]
            if name == "all":
                cells += [str(one.passes), str(one.fullest_minute), str(one.limit), str(one.out_of_order)]
                cells += [f"{one.waiting_seen:,}", f"{one.waiting_without_time:,}"]
            else:
                cells += [""] * 6
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the figures, and write them into the page if one is named."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--deals", type=int, default=500)
    options.add_argument("--write", type=Path)
    asked = options.parse_args()
    shapes = [
        Shape(f"{asked.deals} in 10 minutes", asked.deals, timedelta(minutes=10)),
        Shape(f"{asked.deals} in 10 seconds", asked.deals, timedelta(seconds=10)),
    ]
    results = []
    for shape in shapes:
        print(f"measuring: {shape.name} ...", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            results.append(Burst(shape, Path(folder)).measured())
    figures = table(results)
    print(figures)
    if asked.write:
        page = asked.write.read_text(encoding="utf-8")
        asked.write.write_text(FIGURES.sub(lambda m: f"{m[1]}{figures}\n{m[2]}", page), encoding="utf-8")


if __name__ == "__main__":
    main()
