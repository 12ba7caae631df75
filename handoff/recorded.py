"""A run and its place in the ledger: begun before anything is done, closed whatever happens."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from handoff.bridge import Bridge
from handoff.errors import HandoffError
from handoff.model import Window
from handoff.report import Report, Tally, report
from handoff.rows import BRIDGE


def recorded(
    bridge: Bridge,
    tally: Tally,
    command: str,
    work: Callable[[int], Window | None],
    *,
    shadow: bool = False,
    actor: str = BRIDGE,
) -> Report:
    """
    Do the work of a run, and return its report, which the ledger keeps.

    Args:
        work: Is given the run's number, counts in `tally`, and returns the span that was read, if one was.
        shadow: Nothing was written; the report says what would have been.
        actor: The person by whose word it is done, where it is one's.

    Raises:
        BridgeBug: The run does not balance.
    """
    with _seldom_collected():
        return _recorded(bridge, tally, command, work, shadow=shadow, actor=actor)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """
    Let Python look for garbage less often than it does for small programs.

    A wave makes many objects that all live until it ends: looking through them finds nothing.
    """
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _recorded(
    bridge: Bridge,
    tally: Tally,
    command: str,
    work: Callable[[int], Window | None],
    *,
    shadow: bool,
    actor: str,
) -> Report:
    ledger, clock, version = bridge.ledger, bridge.clock, bridge.mappings.version
    started = clock.now()
    run = ledger.begin_run(command, started, version, actor=actor, crm=bridge.crm.instance)
    ledger.hold(run, bridge.leasing)
    try:
        window = work(run)
        done = report(
            tally,
            run=run,
            command=command,
            started_at=started,
            ended_at=clock.now(),
            mapping_version=version,
            window=(window.lower, window.upper) if window else None,
            shadow=shadow,
        )
    except BaseException as error:
        so_far = {"balance": tally.balance().as_dict()}
        said = str(error) if isinstance(error, HandoffError) else type(error).__name__
        ledger.let_go()
        ledger.end_run(run, clock.now(), counts=so_far, report=None, error=said)
        raise
    counts: dict[str, Any] = {"balance": done.balance.as_dict(), "handed_off": done.handed_off, "steps": done.steps}
    ledger.let_go()
    ledger.end_run(run, done.ended_at, counts=counts, report=done.as_dict(), error=None)
    return done
