"""What the promises rest on, each broken on purpose: what goes wrong then, and that a reconciliation names it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from handoff.findings import What
from handoff.reconcile import Reconciled
from tests.simulator.hub import CALM, Chances
from tests.simulator.oracle import Found
from tests.simulator.play import Plan, playing

NAMES_A_LOSS = frozenset({What.LOST, What.STUCK, What.UNRECORDED})


@dataclass(frozen=True)
class Assumption:
    """Something that is taken for granted, a world in which it does not hold, and what goes wrong there."""

    name: str
    holds: str
    broken: str
    plan: Plan
    seeds: Sequence[int]


@dataclass(frozen=True)
class Judged:
    """What came of broken worlds: doubles and losses, and those of them that the reconciliation did not name."""

    doubles: int
    losses: int
    unnamed: tuple[str, ...]


ALL_IS_VISIBLE_AFTER_SECONDS = 1_000.0

_SMALL = Plan(seed=0, size=60)

ASSUMPTIONS = (
    Assumption(
        "settle horizon",
        "what was made is found by a look-up within `settle_seconds` (120 s)",
        "it stays invisible for 10 to 15 minutes",
        replace(_SMALL, lag_seconds=(600, 900)),
        range(1, 5),
    ),
    Assumption(
        "no long sleep between check and send",
        "a worker that has checked `send_by` sends within the call's time-out (10 s)",
        "it is frozen right there for 10 to 15 minutes, and then sends",
        replace(
            _SMALL,
            rate=0.0,
            chances=Chances(
                freeze=0.3,
                frozen_seconds=(600.0, 900.0),
                on_the_way_seconds=900.0,
                frozen_only_at="call: gainsight POST /v2",
            ),
            busy_for=timedelta(minutes=40),
        ),
        range(1, 5),
    ),
    Assumption(
        "clocks agree",
        "the business clocks of two workers differ by less than `settle_seconds`",
        "one worker's clock is 10 minutes ahead",
        replace(_SMALL, size=40, lag_seconds=(110, 115), ahead_seconds=600.0, between_seconds=20.0, chances=CALM),
        (1, 5, 6, 7),
    ),
    Assumption(
        "late commits",
        "a row of the CRM is visible within 10 s of its stamp, or within the 10 minutes of overlap",
        "it appears up to 14 minutes late",
        replace(_SMALL, rate=0.0, late_seconds=840.0, between_seconds=30.0),
        range(1, 5),
    ),
)


def broken(assumption: Assumption) -> Judged:
    """Return what goes wrong where it does not hold, and what of that no finding names."""
    doubles, losses, unnamed = 0, 0, list[str]()
    for seed in assumption.seeds:
        with playing(replace(assumption.plan, seed=seed)) as world:
            found = world.run().found
            world.hub.sleep(ALL_IS_VISIBLE_AFTER_SECONDS)
            doubles, losses = doubles + len(found.twins), losses + len(found.missing)
            unnamed += [f"seed {seed}: {one}" for one in _not_named(found, world.reconciled())]
    return Judged(doubles, losses, tuple(unnamed))


def _not_named(found: Found, by: Reconciled) -> list[str]:
    doubles = [set(one.refs) for one in by.findings if one.what is What.DUPLICATE]
    lost = {one.deal for one in by.findings if one.what in NAMES_A_LOSS}
    twins = [f"twins {sorted(twin)}" for twin in found.twins if not any(twin <= refs for refs in doubles)]
    return twins + [f"loss of {deal}" for deal in sorted(found.missing - lost)]
