"""The span of one pass: from where to where it reads, and up to where all is read when it is done."""

from dataclasses import dataclass
from datetime import datetime

from handoff.bridge import Bridge
from handoff.entries import ReadTo
from handoff.errors import LeaseLost, ServiceError
from handoff.model import Updated, Window


@dataclass(frozen=True)
class Reading:
    """
    What one pass reads.

    Args:
        window: Read to its end whatever may still become visible in it, so that nobody waits.
        read_to: Up to where nothing can appear any more once the window is read.
        named: Deals that the CRM's log of changes names in the last part of the window; not all of them are won.
        departures: The span in which deals that are not won are looked for; None in a pass that does not sweep.
        trouble: Why the log could not be asked; "" when all is well, or the CRM keeps none.
    """

    window: Window
    read_to: ReadTo
    named: frozenset[str] = frozenset()
    departures: Window | None = None
    trouble: str = ""


def reading(bridge: Bridge, starts: datetime) -> Reading:
    """Return what this pass reads, fixed now; wins count from `starts` on."""
    pace, name = bridge.pace, bridge.crm_name
    upper = bridge.crm.server_now() - pace.lag
    cursor, swept = bridge.ledger.read_until(name, starts), bridge.ledger.swept_at(name)
    sweeps = cursor is None or swept is None or bridge.clock.now() - swept >= pace.sweep_every
    lower = min(starts, upper) if cursor is None else cursor - (pace.sweep_back if sweeps else pace.overlap)
    window = Window(lower, upper)
    try:
        # Asked before the window is read: what it says nothing can become visible any more is visible then.
        told, trouble = bridge.crm.updated(Window(max(lower, upper - pace.overlap), upper)), ""
    except LeaseLost:
        raise
    except ServiceError as error:
        told, trouble = None, str(error)
    end = upper if told is None else _safe_end(bridge, window, told, cursor or lower)
    # Before its first pass nobody was handed off who could leave.
    departures = Window(max(lower, upper - pace.sweep_back) if cursor is None else lower, upper) if sweeps else None
    named = told.ids if told else frozenset()
    return Reading(window, ReadTo(name, end, starts, sweeps), named, departures, trouble)


def _safe_end(bridge: Bridge, window: Window, told: Updated, cursor: datetime) -> datetime:
    """Return up to where nothing can appear any more; not before the cursor, nor more than a sweep before the end."""
    return min(window.upper, max(told.covered, cursor, window.upper - bridge.pace.sweep_back))
