"""Carries a planned re-application out: exactly what was planned, but for what another pass wrote in the meantime."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.carry import Carrier
from handoff.changes import told_hashes
from handoff.decisions import Decision
from handoff.entries import Judged, Told
from handoff.errors import ConfigError
from handoff.fingerprints import field_fingerprint
from handoff.model import Held, Outcome, Result, Standing
from handoff.notes import words_of
from handoff.prepare import Prepared, body, owner_of, standing_of, step_list
from handoff.reapplication import Reapplication, mark_of
from handoff.receipts import Ended
from handoff.recorded import recorded
from handoff.report import Report, Tally
from handoff.run import PERSON_AGAIN
from handoff.settled import LEFT_OUT, left_out_of
from handoff.telling import Teller

PLAN_HOLDS = timedelta(minutes=10)
"""How long after it was made, on a clock on the wall, a plan is carried out: people go on working on the platform."""
SINCE = "another pass wrote it since the plan"

ELSEWHERE = "another pass works on it"
BY_A_PERSON = "a person changed it since the plan"

COMMAND = "apply-mapping"


def carry_out_plan(bridge: Bridge, plan: Reapplication) -> Report:
    """
    Send what was planned, tell the CRM, and return what was done; the run is closed in the ledger whatever happens.

    Steps and deals whose row of the ledger was written since the plan are left out, and listed; so are updates of
    records that a person changed, closed or deleted since: they are read again just before they are put.

    Raises:
        ConfigError: The files are others than those of the plan, nothing may be written in shadow, or the plan is old;
            nothing was sent.
        ServiceError: A whole system refused; the next pass goes on with what was not told.
    """
    _must_hold(bridge, plan)
    tally = Tally()

    def apply(run: int) -> None:
        apply_in(run, bridge, plan, tally)

    return recorded(bridge, tally, COMMAND, apply)


def apply_in(run: int, bridge: Bridge, plan: Reapplication, tally: Tally) -> None:
    """Do as `carry_out_plan` does within a run that is under way, and count it there."""
    _Applying(bridge, plan, tally, run).apply()


def _must_hold(bridge: Bridge, plan: Reapplication) -> None:
    again = "Nothing was sent. Run `handoff apply-mapping` again."
    if bridge.mappings.version != plan.version:
        raise ConfigError(f"The mapping files changed since the plan was made. {again}")
    refuse_in_shadow(bridge)
    if bridge.clock.now() - plan.planned_at > PLAN_HOLDS * max(1.0, bridge.clock.scale):
        raise ConfigError(f"The plan is more than {PLAN_HOLDS.seconds // 60} minutes old. {again}")


def refuse_in_shadow(bridge: Bridge, *, instead: str = ", or add --dry-run to see the plan") -> None:
    """Raise `ConfigError` where the contract lets nothing be written; `instead` is what may be done all the same."""
    if bridge.mappings.contract.rollout.mode == "shadow":
        raise ConfigError(f"rollout is shadow, so nothing is written. Set it to live in handoff.yml{instead}.")


class _Applying:
    def __init__(self, bridge: Bridge, plan: Reapplication, tally: Tally, run: int) -> None:
        self.bridge, self.ledger, self.clock = bridge, bridge.ledger, bridge.clock
        self.plan = plan
        self.tally, self.teller, self.run = tally, Teller(bridge), run

    def apply(self) -> None:
        for notice in self.plan.left_out:
            self.tally.tell(notice)
        subjects = {str(one.deal.ref): self.bridge.subjects(one.deal) for one in self.plan.deals}
        with self.ledger.leased(one for some in subjects.values() for one in some) as mine:
            self._apply(self._still_planned(subjects, mine))

    def _apply(self, deals: Sequence[Prepared]) -> None:
        bridge, now = self.bridge, self.clock.now()
        for one in deals:
            self.tally.see(one.deal.ref)
        acts = self._still_decided(deals)
        self.ledger.list_more({one.key: step_list(one.added) for one in deals if one.added})
        self.ledger.keep_bodies("handoff", [(one.key, body(one)) for one in deals if one.handoff], now)
        sends = {str(act.planned.step.deal) for act in acts.values() if act.send is not None}
        self.ledger.owe_receipts(sends)  # should we be cut off, the next pass goes on with these
        carrier = Carrier(
            destination=bridge.platform,
            target=bridge.mappings.target,
            ledger=self.ledger,
            clock=self.clock,
            run=self.run,
            version=self.plan.version,
            lease_clock=bridge.leasing,
            still=self._still_as_seen,
            progress=bridge.progress,
            go_on=bridge.go_on,
        )
        outcomes = carrier.send(acts.values())
        self.tally.ended({key: act.planned.step.kind for key, act in acts.items()}, outcomes)
        self.tally.fields_kept += carrier.fields_kept
        for one in deals:
            for remark in carrier.remarks.get(str(one.deal.ref), ()):
                self.tally.hear(one.deal, "note", remark)
        self._conclude(deals, acts, outcomes)

    def _still_planned(self, subjects: Mapping[str, Sequence[str]], mine: set[str]) -> list[Prepared]:
        """Return the deals that are ours to work on now, and whose row of the ledger is as it was when planned."""
        rows = self.ledger.deals(subjects)
        still = []
        for one in self.plan.deals:
            ref = str(one.deal.ref)
            if not mine.issuperset(subjects[ref]):
                self.tally.tell(left_out_of(rows[ref], f"{ELSEWHERE}; plan again"))
            elif mark_of(rows.get(ref)) == self.plan.marks[ref]:
                still.append(one)
            elif ref in rows:
                self.tally.tell(left_out_of(rows[ref], f"{SINCE}; plan again"))
        return still

    def _still_decided(self, deals: Sequence[Prepared]) -> dict[str, Decision]:
        """Return the decisions about steps of these deals whose row of the ledger is as it was."""
        by_ref = {str(one.deal.ref): one.deal for one in deals}
        rows = self.ledger.steps(self.plan.decisions)
        still: dict[str, Decision] = {}
        for key, act in self.plan.decisions.items():
            deal = by_ref.get(str(act.planned.step.deal))
            if deal is None:
                continue
            if mark_of(rows.get(key)) == self.plan.marks[key]:
                still[key] = act
            else:
                self.tally.hear(deal, LEFT_OUT, f"{act.planned.step.name}: {SINCE}; plan again")
        return still

    def _still_as_seen(self, batch: Sequence[Decision]) -> list[Decision]:
        """Return the updates of a batch; one whose record a person touched since the plan sends nothing any more."""
        held = self.bridge.platform.read([act.send for act in batch if act.send is not None])
        names = {one.deal.ref: one.deal for one in self.plan.deals}
        still = []
        for act in batch:
            step, there = act.planned.step, held.get(act.planned.step.key)
            if there is not None and not there.closed and self._same(step.key, there):
                still.append(act)
                continue
            self.tally.hear(names[step.deal], LEFT_OUT, f"{step.name}: {BY_A_PERSON}; plan again")
            ref = act.send.ref if act.send is not None else None
            still.append(replace(act, send=None, outcome=Outcome(step.key, Result.UNCHANGED, ref), kept=True))
        return still

    def _same(self, key: str, there: Held) -> bool:
        seen = self.plan.seen.get(key, {})
        return all(
            field_fingerprint(there.values[name]) == field_fingerprint(value)
            for name, value in seen.items()
            if name in there.values
        )

    def _conclude(
        self, deals: Sequence[Prepared], acts: Mapping[str, Decision], outcomes: Mapping[str, Outcome]
    ) -> None:
        ended: list[Ended] = []
        for some in batches(deals, self.bridge.pace.wave):
            told = self._told(some, acts, outcomes)
            judged = [self._judged(one, outcomes, told.get(one.key)) for one in some]
            self.ledger.conclude(judged, self.clock.now(), self.run, tell=self.teller.wanted)
            ended += self.teller.ended(some, judged)
            for result in judged:
                self.tally.counts_as(result.standing)
                if result.standing is Standing.NEEDS_PERSON:
                    self.tally.hear(result.deal, "needs a person", result.reason)
                elif result.standing is Standing.WAITING:
                    self.tally.hear(result.deal, "waiting", result.reason)
        self.teller.tell(ended, self.tally, at_once=True)

    def _judged(self, one: Prepared, outcomes: Mapping[str, Outcome], told: Told | None) -> Judged:
        acted = tuple(step for step in one.steps if step.key in outcomes)
        acted_on = replace(one, steps=acted)
        standing, reason = standing_of(acted_on, outcomes)
        again = self.clock.now() + PERSON_AGAIN if standing is Standing.NEEDS_PERSON else None
        version = self.plan.version
        owner = owner_of(acted_on, outcomes)
        return Judged(
            one.deal,
            one.source_hashes,
            standing,
            reason,
            try_at=again,
            mapping_version=version,
            told=told,
            owner=owner,
        )

    def _told(
        self, deals: Sequence[Prepared], acts: Mapping[str, Decision], outcomes: Mapping[str, Outcome]
    ) -> dict[str, Told]:
        """Return by handoff what Customer Success knows now: only fields that were written count as told anew."""
        written = {one.key: self._written(one, acts, outcomes) for one in deals}
        keys = [key for key, names in written.items() if names]
        before, words = self.ledger.handoffs(keys), self.ledger.bodies("told", keys)
        told = {}
        for one in deals:
            names = written[one.key]
            if not names or one.handoff is None:
                continue
            hashes, said = told_hashes(one.handoff, self.bridge.mappings), words_of(one.handoff.values)
            if not before[one.key].told:
                told[one.key] = Told(one.key, hashes, said)
                continue
            kept = dict(before[one.key].told) | {name: hashes[name] for name in names & hashes.keys()}
            told[one.key] = Told(one.key, kept, _reworded(words.get(one.key), said, names))
        return told

    def _written(self, one: Prepared, acts: Mapping[str, Decision], outcomes: Mapping[str, Outcome]) -> frozenset[str]:
        """Return the canonical fields behind what was written of a deal."""
        names: set[str] = set()
        for step in one.steps:
            act = acts.get(step.key)
            if act is None or act.send is None or act.planned.step.deal != one.deal.ref:
                continue
            if outcomes[step.key].result is not Result.UNCHANGED and outcomes[step.key].settled:
                traces = (trace for trace in act.planned.step.traces if trace.field in act.send.payload)
                names |= {origin.name for trace in traces for origin in trace.origins}
        return frozenset(names)


def _reworded(
    before: Mapping[str, str] | None, now: Mapping[str, str], names: frozenset[str]
) -> Mapping[str, str] | None:
    """Return the words told, anew those of these fields; what was purged stays so."""
    if before is None:
        return None
    return {name: said for name, said in before.items() if name not in names} | {
        name: said for name, said in now.items() if name in names
    }
