"""A small company that needs every kind of step; its worker is cut off, or frozen, at each yield point in turn."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.simulator.hub import CALM, CRASH
from tests.simulator.oracle import Found
from tests.simulator.pairs import CRMS, FIRST, PLATFORMS
from tests.simulator.play import START, Plan, playing
from tests.simulator.scene import Scene
from tests.simulator.sides import PLAIN, RENEWAL, WELCOMED

CHANGED_AFTER = timedelta(minutes=55)
"""By then whatever a cut-off pass left behind is done, so that the change meets the same world."""

ALONE = Plan(
    seed=1,
    workers=1,
    rate=0.0,
    chances=CALM,
    busy_for=timedelta(minutes=56),
    lag_seconds=(60, 60),
    between_seconds=600.0,
)
TOGETHER = replace(ALONE, workers=2, busy_for=timedelta(minutes=20), between_seconds=240.0)
FIRST_PASS = 170
"""The first pass has fewer yield points than this, whoever of two workers makes it."""

FROZEN_SECONDS = 900.0
"""Long enough for another worker to take everything over, look twice, and send again."""

STAMPS = re.compile(r"(Date|Stamp|stamp|On|At__c|ById|version)$")
NOT_COMPARED = frozenset({"Gsid", "ActivityId", "Id", "Handoff_Sequence__c"})
"""How often a record was told counts the news on the way: one that was cut off says once more that it waits."""
IDS = re.compile(r"\b(1[A-Z]\d\d[0-9A-Z]{32}|[0-9a-f]{16}\b)")


@dataclass(frozen=True)
class Disturbed:
    """A world that was disturbed at one point: where, what the oracle found, and what the systems hold in the end."""

    at: str
    found: Found
    holds: Mapping[str, Any]


def every_kind(*, changes_after: timedelta = CHANGED_AFTER) -> Scene:
    """Return a company whose deals need a new company, a known one, a CTA to adopt, objectives, letters and a note."""
    scene = Scene(START, CRMS[FIRST.crm](), PLATFORMS[FIRST.platform]())
    fresh, linked, named = scene.account(), scene.account(), scene.account()
    scene.known(linked, by_id=True, begun=True)
    scene.known(named, by_id=False)
    hour = timedelta(hours=1)
    changes = scene.deal(fresh, WELCOMED, before=5 * hour, promises=True)
    scene.deal(fresh, PLAIN, before=4 * hour)
    scene.deal(linked, PLAIN, before=3 * hour)
    scene.deal(named, WELCOMED, before=2 * hour)
    scene.deal(named, RENEWAL, before=hour)
    scene.changes_its_goal(changes, after=changes_after)
    return scene


def points(plan: Plan = ALONE) -> list[str]:
    """Return the names of all yield points of a world that nothing disturbs."""
    names: list[str] = []

    def note(number: int, name: str) -> None:
        names.append(name)

    _carried_through(plan, note)
    return names


def lasting(names: Sequence[str]) -> list[int]:
    """Return the numbers of those points before which something was stored, here or there."""
    stored = ("ledger: after", "ledger: an intent", "answer ")
    return [number for number, name in enumerate(names, start=1) if name.startswith(stored)]


def cut_at(number: int | None) -> Disturbed:
    """Return what becomes of the world when its only worker is cut off at this yield point, or at none."""
    return _disturbed(ALONE, number, CRASH)


def frozen_at(number: int | None) -> Disturbed:
    """Return what becomes of it when one of two workers is frozen at this yield point while the other goes on."""
    return _disturbed(TOGETHER, number, FROZEN_SECONDS)


def _disturbed(plan: Plan, number: int | None, how: float) -> Disturbed:
    where = ["nowhere"]

    def here(now: int, name: str) -> float | None:
        if now != number:
            return None
        where[0] = f"{number}: {name}"
        return how

    found, holds = _carried_through(plan, here)
    return Disturbed(where[0], found, holds)


def _carried_through(plan: Plan, at_point: Callable[[int, str], float | None]) -> tuple[Found, Mapping[str, Any]]:
    with playing(plan, scene=every_kind(changes_after=plan.busy_for - timedelta(minutes=1))) as world:
        world.hub.at_point = at_point
        ended = world.run()
        return ended.found, held(world.world.state(), world.post.letters)


def held(state: Mapping[str, Any], letters: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the systems hold, but for ids, stamps, and the order in which records were made."""
    names = _names(state)
    tables = {f"{system} {name}": rows for system, objects in state.items() for name, rows in objects.items()}
    return {name: _plain(rows, names) for name, rows in {**tables, "letters": letters}.items() if rows}


def _names(state: Mapping[str, Any]) -> dict[str, str]:
    """Return by id what a record is called."""
    platform = state["gainsight"].values()
    return {
        row["Gsid"]: str(row.get("ExternalId") or row.get("Bridge_Key__gc") or row.get("Name"))
        for rows in platform
        for row in rows
        if "Gsid" in row
    }


def _plain(rows: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    return sorted(
        "; ".join(f"{name}={_named(value, names)}" for name, value in sorted(row.items()) if _counts(name, value))
        for row in rows
    )


def _counts(name: str, value: Any) -> bool:
    return value is not None and not STAMPS.search(name) and name not in NOT_COMPARED


def _named(value: Any, names: Mapping[str, str]) -> str:
    return IDS.sub(lambda found: names.get(found[0], "..."), str(value))
