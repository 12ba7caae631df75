"""Plans of both kinds, historical deals and changed mappings: made, and done in as many runs as that takes."""

from datetime import timedelta
from functools import partial

from handoff.backfill import plan_backfill
from handoff.backfill_plan import BackfillPlan
from handoff.backfilling import carry_out_backfill
from handoff.backfills import Asked, go_on_at, holders_alive, plan_of, slices_left, states
from handoff.bridge import Bridge
from handoff.intake import Stage, at_once
from handoff.leases import LEASE
from handoff.replanning import carry_out_replan, plan_replan
from handoff.report import Report

SOON = timedelta(minutes=10)
"""What goes on by itself within so much time is waited for."""

PAST_IT = timedelta(seconds=1)
"""So long after a moment it has passed for certain."""

LONGEST_PAUSE = timedelta(minutes=5)
"""The longest pause between two runs of which the second got nothing done; each is twice the one before."""


def planned(bridge: Bridge, asked: Asked) -> BackfillPlan:
    """Plan what is asked for, keep the plan, and return it; neither system is written; see the two it stands for."""
    return plan_replan(bridge, asked) if asked.replan else plan_backfill(bridge, asked)


def carried_out(bridge: Bridge, number: int, *, stage: Stage = at_once) -> list[Report]:
    """
    Do what is left of a plan of either kind, and return the report of each run.

    A run follows while time alone keeps something from being done: what may have been made is looked for again after
    a while, and a slice that another process works on is free once that has died. What waits for a person is left.

    Raises:
        ConfigError: As with `carry_out_backfill`.
        ServiceError: A whole system refused; doing it again goes on from there.
    """
    replans = plan_of(bridge.ledger, number).asked["replan"]
    a_run = partial(carry_out_replan if replans else partial(carry_out_backfill, stage=stage), bridge, number)
    reports, left, pause = [a_run()], states(bridge.ledger, number), _lease(bridge)
    while _waited(bridge, number, pause):
        reports.append(a_run())
        before, left = left, states(bridge.ledger, number)
        pause = 2 * pause if left == before else _lease(bridge)
    return reports


def _waited(bridge: Bridge, number: int, pause: timedelta) -> bool:
    """Wait until something that is left may be done, at least for `pause`; return False where no time brings it."""
    ledger, clock = bridge.ledger, bridge.clock
    others = holders_alive(ledger, number, bridge.leasing.now())
    while True in others:
        _sleep(bridge, "waiting for what another process does", _lease(bridge))
        others = {False} | holders_alive(ledger, number, bridge.leasing.now())
    if others:  # they have ended, or died: what they left is free
        return bool(slices_left(ledger, number))
    now = clock.now()
    soon = [moment - now for moment in go_on_at(ledger, number, now) if moment <= now + SOON]
    if not soon or pause > LONGEST_PAUSE:
        return False
    _sleep(bridge, "waiting for what goes on by itself", max(*soon, pause) + PAST_IT)
    return True


def _sleep(bridge: Bridge, why: str, span: timedelta) -> None:
    bridge.go_on()
    bridge.progress(why, 0, 0)
    bridge.clock.sleep(span.total_seconds())


def _lease(bridge: Bridge) -> timedelta:
    """Return how long a process that gives no sign is taken to be alive, on the business clock."""
    return LEASE * bridge.clock.scale
