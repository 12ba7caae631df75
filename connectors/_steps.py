"""What every platform asks of the steps that it is given; where one is not so, that is a bug of ours."""

from collections.abc import Collection, Sequence

from handoff.errors import BridgeBug
from handoff.model import Step


def by_kind(steps: Sequence[Step], kinds: Collection[str], title: str) -> dict[str, list[Step]]:
    """Return steps by their kinds; raises `BridgeBug` for one that the platform does not have."""
    groups: dict[str, list[Step]] = {}
    for step in steps:
        if step.kind not in kinds:
            raise BridgeBug(f"{title} has no kind {step.kind!r}. It has: {', '.join(kinds)}.")
        groups.setdefault(step.kind, []).append(step)
    return groups


def of_one_kind(steps: Sequence[Step], kinds: Collection[str], title: str) -> None:
    """Raise `BridgeBug` unless all steps are of one of these kinds, and none is there twice."""
    if len(by_kind(steps, kinds, title)) > 1 or len({step.key for step in steps}) < len(steps):
        raise BridgeBug(f"Steps of several kinds, or one step twice, were put to {title} in one go.")


def record_of(step: Step, title: str) -> str:
    """Return the id of the record of a step; raises `BridgeBug` where none was made yet."""
    if step.ref is None:
        raise BridgeBug(f"A step without a record was to be read from {title}.")
    return step.ref
