"""Plans of both kinds, historical deals and changed mappings: made, and done in as many runs as that takes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from handoff.backfill import plan_backfill
from handoff.backfill_plan import BackfillPlan
from handoff.backfilling import carry_out_backfill
from handoff.backfills import Asked, go_on_at, holders_alive, plan_of, slices_left, states
from handoff.bridge import Bridge
from handoff.errors import ConfigError
from handoff.intake import Stage, at_once
from handoff.leases import LEASE
from handoff.replanning import carry_out_replan, plan_replan
from handoff.report import Report
from handoff.rows import BRIDGE, LONGEST_ACTOR
from handoff.yaml_files import nearest

SOON = timedelta(minutes=10)
"""What goes on by itself within so much time is waited for; on a clock on the wall, as all here."""

PAST_IT = timedelta(seconds=1)
"""So long after a moment it has passed for certain."""

FIRST_PAUSE, LONGEST_PAUSE = LEASE, timedelta(minutes=5)
"""How long the pause is between two runs at least: twice the one before where the run got nothing done."""


def planned(bridge: Bridge, asked: Asked) -> BackfillPlan:
    """
    Plan what is asked for, keep the plan, and return it; neither system is written; see the two it stands for.

    Raises:
        ConfigError: There is no such platform or segment; nothing was read.
    """
    bridge, asked = bridge.to_one_platform(asked.platform), replace(asked, crm=bridge.crm.instance)
    _must_be_known(asked.segment, [segment.name for segment in bridge.mappings.contract.segments])
    return plan_replan(bridge, asked) if asked.replan else plan_backfill(bridge, asked)


def _must_be_known(segment: str | None, names: Sequence[str]) -> None:
    if segment is not None and segment not in names:
        raise ConfigError(f"handoff.yml has no segment {segment!r}. {nearest(segment, names)}")


def carried_out(bridge: Bridge, number: int, *, by: str = BRIDGE, stage: Stage = at_once) -> list[Report]:
    """
    Do what is left of a plan of either kind, and return the report of each run.

    A run follows while time alone keeps something from being done: what may have been made is looked for again after
    a while, and a slice that another process works on is free once that has died. What waits for a person is left.

    Args:
        by: Who approved it, for the trail; cut at the trail's length.
        stage: How a named piece of work is carried out, see `carry_out_backfill`.

    Raises:
        ConfigError: As with `carry_out_backfill`.
        ServiceError: A whole system refused; doing it again goes on from there.
    """
    asked = plan_of(bridge.ledger, number).asked
    bridge = bridge.to_one_platform(asked.get("platform"))
    one = carry_out_replan if asked["replan"] else partial(carry_out_backfill, stage=stage)
    a_run = partial(one, bridge, number, by=by[:LONGEST_ACTOR])
    reports, left, pause = [a_run()], states(bridge.ledger, number), FIRST_PAUSE
    while _waited(bridge, number, pause):
        reports.append(a_run())
        before, left = left, states(bridge.ledger, number)
        pause = 2 * pause if left == before else FIRST_PAUSE
    return reports


def _waited(bridge: Bridge, number: int, pause: timedelta) -> bool:
    """Wait until something that is left may be done, at least for `pause`; return False where no time brings it."""
    ledger, clock = bridge.ledger, bridge.clock
    others = holders_alive(ledger, number, bridge.leasing.now())
    while True in others:
        _sleep(bridge, "waiting for what another process does", LEASE * clock.scale)
        others = {False} | holders_alive(ledger, number, bridge.leasing.now())
    if others:  # they have ended, or died: what they left is free
        return bool(slices_left(ledger, number))
    now = clock.now()
    soon = [moment - now for moment in go_on_at(ledger, number, now) if moment <= now + SOON * max(1.0, clock.scale)]
    if not soon or pause > LONGEST_PAUSE:
        return False
    _sleep(bridge, "waiting for what goes on by itself", max(*soon, pause * clock.scale) + PAST_IT)
    return True


def _sleep(bridge: Bridge, why: str, span: timedelta) -> None:
    bridge.go_on()
    bridge.progress(why, 0, 0)
    bridge.clock.sleep(span.total_seconds())
