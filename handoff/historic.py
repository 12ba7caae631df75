"""The mapping files as a backfill reads them: what historical deals get, whenever they were won."""

from dataclasses import replace
from datetime import date
from typing import Any

from handoff.contract import DELIVERED, Deadline, Limits
from handoff.mapping import Mappings

FIRST_DAY = date(1900, 1, 1)


def historic(mappings: Mappings, *, full: bool) -> Mappings:
    """
    Return the files by which historical deals are handed off; their version stays.

    No win is too old for them, and no limit of a pass holds. Deadlines that count from the win count from when work
    starts: nobody gets work that is overdue when it is made.

    Args:
        full: Make what a live deal of the same kind gets; else what `backfill.deliver` lists, or the notes alone.
    """
    contract = mappings.contract
    changes: dict[str, Any] = {
        "start_from": FIRST_DAY,
        "agreed": None,
        "limits": Limits(),
        "deadlines": {name: _from_work(one) for name, one in contract.deadlines.items()},
    }
    if not full:
        changes["deliver"] = dict.fromkeys(DELIVERED, steps_for_history(mappings))
    return replace(mappings, contract=contract.model_copy(update=changes))


def steps_for_history(mappings: Mappings) -> list[str]:
    """Return the steps made for a historical deal by policy, as `deliver` has them; without one, the notes."""
    listed, target = mappings.contract.backfill.deliver, mappings.target
    if listed is not None:
        return list(listed)
    return [f"{target.called}.{name}" for name in target.order if target.facts(name).note is not None]


def _from_work(deadline: Deadline) -> Deadline:
    if deadline.from_ != "won_at":
        return deadline
    return deadline.model_copy(update={"from_": "work_starts_at"})
