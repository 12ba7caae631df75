"""Plans the re-application of an edited mapping to delivered handoffs; only reads."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

from handoff import keys
from handoff.backfills import digest
from handoff.bridge import Bridge
from handoff.calls import since
from handoff.carry import Carrier
from handoff.changes import followed_up
from handoff.decisions import Decision, Planned, outweighs
from handoff.fields import Compared, FieldDecision, Memory, Verdict
from handoff.fingerprints import field_fingerprint
from handoff.foreseen import foreseen_calls, foreseen_tells
from handoff.lanes import delivered
from handoff.model import Deal, Standing, Value
from handoff.ports import Traffic
from handoff.prepare import Prepared, prepare, standing_of
from handoff.reapplication import Reapplication, Sample, StepCount, To, mark_of
from handoff.report import Notice
from handoff.settled import in_flight, left_out_of, read_anew

SAMPLES = 3
"""Changes of fields that are shown of each step."""


def plan_again(
    bridge: Bridge, to: To, *, with_new_steps: bool = False, only: Container[str] | None = None
) -> Reapplication:
    """
    Return what applying the mapping to delivered handoffs would do; only reads.

    A deal that changed since its last pass, is no longer won, cannot be read, or needs a person is left out.

    Args:
        with_new_steps: Make also the steps that the mapping gained since a handoff was delivered.
        only: The refs of the deals to plan for; None: all.

    Raises:
        ServiceError: A system does not answer.
    """
    return _Planning(bridge, with_new_steps=with_new_steps).plan(to, only)


class _Planning:
    def __init__(self, bridge: Bridge, *, with_new_steps: bool) -> None:
        self.bridge, self.gains = bridge, with_new_steps
        self.before = self._traffic()
        self.deals: list[Prepared] = []
        self.handoffs: dict[str, Any] = {}
        self.deal_rows: dict[str, Any] = {}
        self.decided: dict[str, Decision] = {}
        self.marks: dict[str, Any] = {}
        self.seen: dict[str, dict[str, Value]] = {}
        self.left_out: list[Notice] = []
        self.digests: dict[str, str] = {}
        self.kept: dict[str, int] = {}
        self.new_only: dict[str, int] = {}
        self.samples: dict[str, list[Sample]] = {}

    def plan(self, to: To, only: Container[str] | None) -> Reapplication:
        bridge, started = self.bridge, self.bridge.clock.now()
        there = [row for row in delivered(bridge) if only is None or row.deal in only]
        chosen = in_flight(bridge, there) if to is To.IN_FLIGHT and there else there
        for wave in read_anew(bridge, chosen):
            self.left_out += wave.left_out
            self.deal_rows |= wave.rows
            self._wave(wave.deals)
            bridge.progress("comparing", len(self.deals) + len(self.left_out), len(chosen))
        ours = {str(one.deal.ref) for one in self.deals}
        acts = {key: one for key, one in self.decided.items() if one.send is not None or not one.kept}
        tells = foreseen_tells(bridge, self.deals, acts, handoffs=self.handoffs, rows=self.deal_rows)
        writes, look_ups, ahead = foreseen_calls(bridge, acts, len(tells))
        return Reapplication(
            version=bridge.mappings.version,
            planned_at=started,
            deals=tuple(self.deals),
            decisions=acts,
            tells=tells,
            left_out=tuple(self.left_out),
            not_in_flight=len(there) - len(chosen),
            marks={key: self.marks[key] for key in acts} | {ref: mark_of(self.deal_rows[ref]) for ref in ours},
            steps=self._counts([step for row in chosen if row.deal not in ours for step in row.steps]),
            writes=writes,
            looked=tuple(since(now, before) for now, before in zip(self._traffic(), self.before, strict=True)),
            ahead=ahead,
            look_ups=look_ups,
            seen=self.seen,
            digests=self.digests,
        )

    def _traffic(self) -> list[Traffic]:
        return [self.bridge.crm.traffic(), self.bridge.platform.traffic()]

    def _wave(self, deals: Sequence[Deal]) -> None:
        """Judge and decide about some deals; what is kept of them is what sending it takes."""
        bridge = self.bridge
        known = bridge.ledger.handoffs(keys.deal_key(deal.ref, deal.episode) for deal in deals)
        self.handoffs |= known
        prepared = [one for one in prepare(bridge, deals, known=known) if not self._stopped(one)]
        whole = followed_up(bridge, prepared, known, whole=True, gains=self.gains)
        planned = [Planned(step, one.deal.won_at) for one in whole for step in one.steps]
        rows = bridge.ledger.steps(one.step.key for one in planned)
        carrier = Carrier(bridge.platform, bridge.mappings.target, bridge.ledger, bridge.clock, 0, "")
        decisions = {one.planned.step.key: one for one in carrier.preview(planned)}
        going = [one for one in whole if not self._waits(one, carrier)]
        names = {str(one.deal.ref): one.deal.name for one in going}
        for key, decision in decisions.items():
            there = self.decided.get(key)
            owner = str(decision.planned.step.deal)
            if owner in names and (there is None or outweighs(decision.planned, there.planned)):
                self.marks[key] = mark_of(rows.get(key))
                self._keep(key, decision, names[owner])
        self.digests |= {str(one.deal.ref): digest(one.steps) for one in going}
        self.deals += [_slim(one) for one in going]

    def _stopped(self, one: Prepared) -> bool:
        why = one.stopped or (one.handoff.excluded if one.handoff else "")
        return self._leave_out(one, why)

    def _waits(self, one: Prepared, carrier: Carrier) -> bool:
        standing, why = standing_of(one, carrier.outcomes)
        return self._leave_out(one, "" if standing is Standing.DONE else why)

    def _leave_out(self, one: Prepared, why: str) -> bool:
        if why:
            self.left_out.append(left_out_of(self.deal_rows[str(one.deal.ref)], why))
        return bool(why)

    def _keep(self, key: str, decision: Decision, deal: str) -> None:
        self.kept[key] = sum(_kept(one, decision.against) for one in decision.fields)
        self.new_only[key] = sum(_for_new_only(one, decision.memory) for one in decision.fields)
        samples = self.samples.setdefault(decision.planned.step.name, [])
        if len(samples) < SAMPLES:
            samples += _sampled(decision, deal)[: SAMPLES - len(samples)]
        self.seen.pop(key, None)
        if decision.send is not None and decision.send.ref is not None:
            sent = decision.send.payload
            self.seen[key] = {one.name: one.held for one in decision.fields if one.read and one.name in sent}
        self.decided[key] = _slim_decision(decision)

    def _counts(self, others: Sequence[Mapping[str, str]]) -> dict[str, StepCount]:
        """Return the counts by step, in the order of the target; `others` are steps of deals that are left out."""
        target = self.bridge.mappings.target
        counts = {name: StepCount(target.file.steps[name].object) for name in target.order}
        for key, one in self.decided.items():
            count = counts[one.planned.step.name]
            count.fields_kept += self.kept[key]
            count.for_new_only += self.new_only[key]
            count.add(one)
        for key, name in {step["key"]: step["name"] for step in others}.items():
            if name in counts and key not in self.decided:
                counts[name].left_out += 1
        for name, samples in self.samples.items():
            counts[name].samples += samples
        return {name: count for name, count in counts.items() if any(count.counts().values())}


def _for_new_only(one: FieldDecision, memory: Memory) -> bool:
    """Whether a field is left as it was made, although the mapping says another value now."""
    was = memory.ours.get(one.name)
    return one.verdict is Verdict.KEPT_CREATE_ONLY and was not in (None, field_fingerprint(one.would_be))


def _slim(one: Prepared) -> Prepared:
    """A plan holds many deals at once: of their steps only which they are is needed."""
    steps, added = (tuple(replace(step, payload={}, modes={}) for step in some) for some in (one.steps, one.added))
    return replace(one, steps=steps, added=added)


def _slim_decision(one: Decision) -> Decision:
    """Of a decision that is made only what is sent, and whose word each field holds, is needed."""
    step, sent = one.planned.step, one.send.payload if one.send else {}
    slim = replace(step, payload={name: value for name, value in step.payload.items() if name in sent})
    return replace(one, planned=replace(one.planned, step=slim), against=replace(one.against, fields=()))


def _kept(one: FieldDecision, against: Compared) -> bool:
    return one.verdict in (Verdict.KEPT_THEIRS, Verdict.UNKNOWN) and one.name in against.declined


def _sampled(decision: Decision, deal: str) -> list[Sample]:
    if decision.send is None:
        return []
    if decision.send.ref is not None:
        return [Sample(deal, one) for one in decision.fields if one.verdict is Verdict.SEND]
    fields = decision.send.payload.items()
    return [
        Sample(deal, FieldDecision(name, Verdict.SEND, None, value, read=False), new=True) for name, value in fields
    ]
