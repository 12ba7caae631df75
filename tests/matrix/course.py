"""One CRM with one platform from end to end, as a person runs it: on a quiet day and on a bad one."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.stand_ins import stand_ins
from tests.desk import Desk, at_a_desk

KEY = re.compile(r"hb:[\w-]+:[\w-]+:([\w-]+):(?P<record>[\w-]+):(?P<step>[\w:.-]+)")
"""A key of ours: its record is a deal's where the step begins with its episode, else an account's."""
EPISODE = re.compile(r"e\d+:")
FAULTS = (
    {"do": "reset_after", "route": "writes", "nth": list(range(1, 1_000, 10))},
    {"do": "status", "applied": True, "route": "writes", "nth": list(range(6, 1_000, 10))},
    {"do": "too_many", "retry_after": 1, "nth": list(range(3, 2_000, 5))},
)
"""Of every fifth write the answer is lost, though it was carried out; every fifth call is refused with 429."""
PASSES_WITH_FAULTS, MOST_PASSES = 3, 12
BETWEEN_PASSES = 120.0
"""Simulated seconds."""

Held = Mapping[str, Counter[str]]
"""By object, how often each key of ours stands in a record; an object's own count stands under ""."""


@dataclass(frozen=True)
class Quiet:
    """A day without faults: how many calls of each sync changed something, and what is there after them."""

    planned: frozenset[str]
    looked: int
    made: Mapping[str, Mapping[str, int]]
    written: int
    written_again: int
    counts: Mapping[str, int]
    held: Held


@dataclass(frozen=True)
class Faulty:
    """A bad day: how many faults struck, how many passes it took until nothing waited, and what is there after it."""

    struck: Mapping[str, int]
    passes: int
    counts: Mapping[str, int]
    held: Held


def environment(crm: str, platform: str) -> dict[str, str]:
    """Return what chooses the two systems of the sandbox."""
    return {"HANDOFF_SANDBOX_CRM": crm, "HANDOFF_SANDBOX_PLATFORM": platform}


def quiet(folder: Path, crm: str, platform: str) -> Quiet:
    """Look, hand off until nothing waits, and hand off again."""
    with at_a_desk(folder, crm=crm, **environment(crm, platform)) as desk:
        shown = desk.json("sync", "--dry-run")["deals"]
        looked = desk.writes()
        made = desk.json("sync")["steps"]
        until_quiet(desk)
        written = desk.writes()
        desk.json("sync")
        planned = frozenset(plain(step["key"]) for deal in shown for step in deal["steps"])
        again = desk.writes() - written
        return Quiet(
            planned, looked, made, written - looked, again, standing(desk)["counts"], held_in(desk, crm, platform)
        )


def faulty(folder: Path, crm: str, platform: str) -> Faulty:
    """Hand off while every fifth call fails on both sides, then without faults until nothing waits."""
    with at_a_desk(folder, crm=crm, **environment(crm, platform)) as desk:
        there = [name for name in (crm, platform) if name in desk.control("/healthz")["systems"]]
        desk.order("/faults", [{"system": name, **fault} for name in there for fault in FAULTS])
        for _ in range(PASSES_WITH_FAULTS):
            desk.run("sync", "--json")
            desk.wait(BETWEEN_PASSES)
        struck: Counter[str] = Counter()
        for one in desk.control("/faults"):
            struck[one["fault"]["do"]] += one["struck"]
        desk.order("/faults", [])
        desk.json("sync")
        passes = until_quiet(desk) + PASSES_WITH_FAULTS + 1
        return Faulty(struck, passes, standing(desk)["counts"], held_in(desk, crm, platform))


def until_quiet(desk: Desk) -> int:
    """Run `sync` until nothing waits and every deal is told; return how often it ran."""
    for passes in range(MOST_PASSES):
        stands = standing(desk)
        if not stands["counts"].get("waiting") and not stands["receipts_pending"]:
            return passes
        desk.wait(BETWEEN_PASSES)
        desk.json("sync")
    raise AssertionError(f"not quiet after {MOST_PASSES} passes: {json.dumps(standing(desk))}")


def standing(desk: Desk) -> Any:
    """Return how handoffs stand; that somebody must act is no error here."""
    return json.loads(desk.run("status", "--json").stdout)


def held_in(desk: Desk, crm: str, platform: str) -> Held:
    """Return what carries our keys in the place where the work is made; a deal's own receipt is no work."""
    state = desk.control("/state")
    where = platform if platform in state else crm
    found: dict[str, Counter[str]] = {}
    for name in state[where].keys() - stand_ins()[where].journals:
        rows = state[where][name]
        keys = Counter(key for row in rows for key in keys_of(row, receipts=where == crm))
        if keys:
            found[name] = keys + Counter({"": len(rows)})
    return found


def keys_of(row: Mapping[str, Any], *, receipts: bool) -> Iterator[str]:
    """Yield each key in a record once; none of a deal that tells its own receipt."""
    found = list(KEY.finditer(json.dumps(row)))
    own = {row.get("Id"), row.get("id")}
    if receipts and any(EPISODE.match(one["step"]) and one["record"] in own for one in found):
        return
    yield from dict.fromkeys(plain(one[0]) for one in found)


def plain(key: str) -> str:
    """Return a key without the CRM's org, which is another in each sandbox."""
    return KEY.sub(r"\g<record>:\g<step>", key)
