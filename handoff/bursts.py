"""In what order deals go when there are more than the calls of a minute carry, and when each is expected to be done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from handoff.batches import batches
from handoff.calls import Ahead, finding
from handoff.model import Step
from handoff.ports import Destination
from handoff.prepare import Prepared

SMALLEST = 50
"""Deals that go together at least: smaller groups would leave the calls that take many records half empty."""


@dataclass(frozen=True)
class Slice:
    """Deals that go together, first to last, and about when they are done; None when that is at once."""

    deals: tuple[Prepared, ...]
    expected_at: datetime | None = None


def slices(
    prepared: Sequence[Prepared], platform: Destination, *, segments: Mapping[str, int], now: datetime
) -> Iterator[Slice]:
    """
    Yield the deals in the order in which they go: the segment's place in the contract, then the oldest win.

    All go together where one window of the platform's shortest limit carries them; else so many as one carries.

    Args:
        segments: The place of each segment in the contract.
    """
    ranked = sorted(prepared, key=lambda one: (rank(one, segments), one.deal.won_at, one.deal.ref))
    calls, limits = about(platform, [step for one in ranked for step in one.steps]), platform.traffic().limits
    shortest = min(limits, key=lambda limit: limit.per, default=None)
    if shortest is None or calls <= shortest.calls:
        yield Slice(tuple(ranked))
        return
    size = max(SMALLEST, len(ranked) * shortest.calls // calls // SMALLEST * SMALLEST)
    done = 0
    for some in batches(ranked, size):
        done += len(some)
        ahead = Ahead(platform.system, ceil(calls * done / len(ranked)), limits)
        yield Slice(tuple(some), now + ahead.takes + shortest.per)


def rank(one: Prepared, segments: Mapping[str, int]) -> int:
    """Return the place of a deal's segment in the contract; one that has none goes last."""
    return segments.get(one.handoff.segment, len(segments)) if one.handoff else len(segments)


def about(platform: Destination, steps: Sequence[Step]) -> int:
    """Return about how many calls it takes to make these steps, look-ups among them."""
    kinds: dict[tuple[str, str], dict[str, Step]] = {}
    for step in steps:
        kinds.setdefault((step.name, step.kind), {})[step.key] = step
    calls = 0
    for (_, kind), some in kinds.items():
        capability = platform.kinds[kind]
        made = [step for step in some.values() if not step.reference]
        calls += ceil(len(made) / capability.batch) + finding(capability, list(some.values()))
    return calls
