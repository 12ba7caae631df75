"""A planned backfill: what it would make, in counts, calls, time and a few deals in full, and whom it leaves alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff.backfills import PLAN_HOLDS, Asked
from handoff.calls import Ahead
from handoff.prepare import Prepared
from handoff.reapplication import StepCount, Writes
from handoff.report import Notice

UNSAID = "whom the platform gives it"
"""Whose open work is of which no field says whose."""


@dataclass(frozen=True)
class BackfillPlan:
    """
    A plan as it was kept under its `number`.

    `steps` counts the work by step, `writes` the calls that write, `looks` those that only read while it is carried
    out, and `ahead` all of them by system at the share of the limits that a backfill uses. `skipped` counts by reason
    the deals that were asked for and get nothing, `listed` names them. `not_asked` counts those of other
    segments, owners and platforms, `beyond_limit` those after the last that was asked for. `tasks` counts by e-mail the
    open work that each person gets, and under `UNSAID` what the platform gives to somebody; `overdue` is what of it is
    overdue when it is made. `samples` are a few deals in full.
    """

    number: int
    version: str
    made_at: datetime
    asked: Asked
    deals: int
    steps: Mapping[str, StepCount]
    writes: tuple[Writes, ...]
    looks: int
    reads: int
    ahead: tuple[Ahead, ...]
    share: float
    skipped: Mapping[str, int]
    listed: tuple[Notice, ...]
    not_asked: int
    beyond_limit: int
    tasks: Mapping[str, int]
    overdue: int
    samples: tuple[Prepared, ...]

    @property
    def holds_until(self) -> datetime:
        """Until when it may be carried out."""
        return self.made_at + PLAN_HOLDS

    def counts(self) -> dict[str, Any]:
        """Return what the ledger keeps of it as plain data: nothing in it names a person."""
        return {
            "deals": self.deals,
            "steps": {name: {"kind": one.kind, **one.counts()} for name, one in self.steps.items()},
            "calls": {
                "writes": [vars(one) for one in self.writes],
                "look_ups": self.looks,
                "reads": self.reads,
                "ahead": [one.as_dict() for one in self.ahead],
                "share": self.share,
            },
            "skipped": dict(self.skipped),
            "not_asked": self.not_asked,
            "beyond_limit": self.beyond_limit,
            "people_with_tasks": len(self.tasks.keys() - {UNSAID}),
            "most_tasks": max((count for who, count in self.tasks.items() if who != UNSAID), default=0),
            "tasks_the_platform_gives": self.tasks.get(UNSAID, 0),
            "overdue": self.overdue,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return all but the samples as plain data."""
        return {
            "plan": self.number,
            "mapping_version": self.version,
            "made_at": self.made_at.isoformat(),
            "holds_until": self.holds_until.isoformat(),
            "asked": self.asked.as_dict(),
            **self.counts(),
            "left_out": [one.as_dict() for one in self.listed],
            "tasks": dict(self.tasks),
        }
