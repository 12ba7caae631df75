"""Counts what a planned backfill makes: its steps, the calls that write, and the open work that people get."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from handoff.backfill_plan import UNSAID
from handoff.bridge import Bridge
from handoff.decisions import Decision
from handoff.foreseen import foreseen_calls
from handoff.model import Step
from handoff.plan import emails_wanted
from handoff.prepare import Prepared
from handoff.reapplication import StepCount, Writes


class BackfillCounts:
    """
    What the deals of a plan make, counted as they are added.

    `steps` counts by the step's name, `tasks` by address, `overdue` what is due before the day of `made_at`.
    """

    def __init__(self, bridge: Bridge, made_at: datetime) -> None:
        self._bridge, self._made_at = bridge, made_at
        self._calls: Counter[tuple[str, str, str]] = Counter()
        self._records: Counter[tuple[str, str, str]] = Counter()
        self.steps: dict[str, StepCount] = {}
        self.tasks: Counter[str] = Counter()
        self.overdue = 0

    def writes(self) -> tuple[Writes, ...]:
        """Return the calls that write, by system, kind and action."""
        return tuple(Writes(*group, self._records[group], calls) for group, calls in self._calls.items())

    def add(self, decisions: Mapping[str, Decision], going: Sequence[Prepared]) -> None:
        """Count deals that are carried out together, and by key what their steps do."""
        tells = len(going) if self._bridge.mappings.source.file.write_back.fields else 0
        writes, _, _ = foreseen_calls(self._bridge, decisions, tells)
        for one in writes:
            group = one.system, one.kind, one.action
            self._records[group] += one.records
            self._calls[group] += one.calls
        ours = [one for one in decisions.values() if not one.planned.step.reference]
        for decision in ours:
            step = decision.planned.step
            self.steps.setdefault(step.name, StepCount(step.kind)).add(decision)
        self._add_open_work([one.send for one in ours if one.send is not None and one.send.ref is None], going)

    def _add_open_work(self, made: Iterable[Step], going: Sequence[Prepared]) -> None:
        wanted = emails_wanted([one.handoff for one in going if one.handoff], self._bridge.mappings.target)
        address = {user.id: email for email, user in self._bridge.platform.people(wanted).items()}
        for step in made:
            work = self._bridge.mappings.target.platform.objects[step.kind].work
            if work is None:
                continue
            owner, due = (step.payload.get(field) for field in (work.owner, work.due))
            self.tasks[address.get(str(owner), str(owner)) if owner else UNSAID] += 1
            self.overdue += isinstance(due, date) and _day(due) < self._made_at.date()


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
