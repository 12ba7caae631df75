"""Many worlds in ranges of seeds: what came of each range is added up, and kept so that it need not be played again."""

import gc
import hashlib
import json
import math
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tests.simulator.pairs import FIRST, Pair
from tests.simulator.play import Ended, Plan, play

ROOT = Path(__file__).resolve().parents[2]
CODE = ("handoff", "connectors", "sandbox", "flows", "tests/simulator")
"""What a stored result depends on."""

SEEDS_A_RANGE, OF_OTHERS = 10, 4
"""How many worlds of the first pair are one range, and how many of another: those take longer."""
HANDED_OFF = 530 / 600
"""At least this share of a world's deals must be handed off; the others are lost, open, or renewals."""


@dataclass
class Totals:
    """What came of many worlds; `problems` say with the seed in front what must not have been."""

    worlds: int = 0
    handoffs: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    stuck: int = 0
    parked: int = 0
    calls: int = 0
    ambiguous: int = 0
    crashes: int = 0
    freezes: int = 0
    passes: int = 0
    broken_off: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, ended: Ended) -> None:
        """Count one world."""
        found = ended.found
        self.worlds += 1
        self.handoffs += found.handoffs
        self.lost, self.doubled = self.lost + len(found.lost), self.doubled + len(found.doubled)
        self.wrong, self.parked = self.wrong + len(found.wrong), self.parked + len(found.parked)
        self.stuck += found.stuck
        for name in ("calls", "ambiguous", "crashes", "freezes", "passes", "broken_off"):
            setattr(self, name, getattr(self, name) + getattr(ended, name))
        self.faults.update(ended.faults)
        again = f"python -m tests.simulator {ended.plan.words} --trace"
        self.problems += [f"seed {ended.plan.seed}: {problem} ({again})" for problem in found.problems]

    def merge(self, other: "Totals") -> None:
        """Count what somebody else counted."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            setattr(self, each.name, mine + theirs)

    @property
    def disturbed(self) -> int:
        """How many calls were disturbed."""
        return sum(self.faults.values())

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**vars(self), "faults": dict(self.faults)}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Totals":
        """Return what `as_dict` gave."""
        return cls(**{**said, "faults": Counter(said["faults"])})


def played(seeds: Iterable[int], pair: Pair = FIRST) -> Totals:
    """Return what comes of the worlds of a pair with these seeds."""
    totals = Totals()
    gc.disable()  # a world is one web of objects: looking for garbage in it takes a tenth of the time
    gc.freeze()  # and nothing that was there before it ever becomes garbage
    try:
        for seed in seeds:
            totals.add(play(Plan.of(pair, seed)))
            gc.collect()
    finally:
        gc.enable()
    return totals


def ranges(handoffs: int, pair: Pair = FIRST) -> list[range]:
    """Return as many ranges of seeds as it takes to hand off so many deals."""
    worlds = math.ceil(handoffs / (pair.size * HANDED_OFF))
    at_once = SEEDS_A_RANGE if pair == FIRST else OF_OTHERS
    return [range(first, first + at_once) for first in range(1, worlds + 1, at_once)]


class Kept:
    """The results in a file of JSON lines, one a range of a pair; those of other code do not count."""

    def __init__(self, path: Path) -> None:
        self._path, self._code = path, code_version()

    def results(self, pair: Pair) -> dict[int, Totals]:
        """Return by first seed what was found of a pair, by this very code."""
        if not self._path.exists():
            return {}
        rows = [json.loads(line) for line in self._path.read_text().splitlines()]
        mine = (row for row in rows if row["code"] == self._code and row.get("pair") == pair.name)
        return {row["first"]: Totals.of(row["totals"]) for row in mine}

    def keep(self, pair: Pair, seeds: range, totals: Totals) -> None:
        """Add the result of one range."""
        row = {"code": self._code, "pair": pair.name, "first": seeds.start, "seeds": len(seeds)}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(json.dumps({**row, "totals": totals.as_dict()}) + "\n")


def simulated(pair: Pair, handoffs: int, kept: Kept, *, processes: int, tell: Callable[[int], None]) -> Totals:
    """
    Return what came of at least so many handoffs of a pair; ranges that were kept are not played again.

    `tell` hears after each range how many handoffs are done.
    """
    known, total = kept.results(pair), Totals()
    wanted = ranges(handoffs, pair)
    for seeds in wanted:
        total.merge(known.get(seeds.start, Totals()))
    tell(total.handoffs)
    todo = [(seeds, pair) for seeds in wanted if seeds.start not in known]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for seeds, found in pool.imap_unordered(_one, todo):
            kept.keep(pair, seeds, found)
            total.merge(found)
            tell(total.handoffs)
    return total


def _one(asked: tuple[range, Pair]) -> tuple[range, Totals]:
    return asked[0], played(*asked)


def code_version() -> str:
    """Return a fingerprint of all code that a result depends on."""
    digest = hashlib.sha256()
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".yml", ".j2"):
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
