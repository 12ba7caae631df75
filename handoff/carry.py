"""Carries steps out, layer by layer across many deals: look first, write the intent down, send, settle."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from handoff.batches import batches
from handoff.decider import Decider, parked
from handoff.decisions import Decision, Planned, merged
from handoff.errors import NotAllowed, TooLate
from handoff.fields import Compared
from handoff.fingerprints import field_hashes
from handoff.intents import Ending, Intent, Learnt
from handoff.leases import SEND_WITHIN
from handoff.ledger import Ledger
from handoff.mapping import Target
from handoff.model import Needed, Outcome, Result, Step, to_be_made
from handoff.ports import Clock, Destination, Identity, LeaseClock, Progress, silent

__all__ = ["Carrier", "Decision", "Planned"]


@dataclass
class Carrier:
    """
    Decides and carries out the steps of one wave.

    Args:
        lease_clock: The clock of `send_by`; None where the business clock is as good, or nothing is sent.
        look_again: Find the records of accounts again although they are known: a person asked for a deal by name.
        compare: Ask what every known record holds, also where nothing depends on it: somebody wants to see it.
        still: Asked just before updates are put, for as many as one look-up takes; returns the decisions anew, in
            order. One that sends nothing any more has an outcome.
        go_on: Asked before each put; what it raises ends the work there, with nothing under way.

    `remarks` holds by deal what a person should hear of people's edits that were kept, `fields_kept` how many fields.
    """

    destination: Destination
    target: Target
    ledger: Ledger
    clock: Clock
    run: int
    version: str
    lease_clock: LeaseClock | None = None
    look_again: bool = False
    compare: bool = False
    still: Callable[[Sequence[Decision]], Sequence[Decision]] | None = None
    progress: Progress = silent
    go_on: Callable[[], None] = lambda: None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    fields_kept: int = 0
    _decider: Decider = field(init=False)
    _refs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._decider = Decider(
            destination=self.destination,
            target=self.target,
            ledger=self.ledger,
            clock=self.clock,
            leasing=self._leasing,
            look_again=self.look_again,
            compare=self.compare,
            outcomes=self.outcomes,
        )

    def carry_out(self, planned: Iterable[Planned]) -> dict[str, Outcome]:
        """
        Return the outcome of every step so far; raises a `ServiceError` when the platform as a whole refuses.

        A step that has an outcome already is not carried out again.
        """
        for layer, rows in self._layers(one for one in planned if one.step.key not in self.outcomes):
            self._do(self._decider.decide(layer, rows))
        return self.outcomes

    def send(self, decisions: Iterable[Decision]) -> dict[str, Outcome]:
        """Carry out what `preview` decided, as it was decided; nothing is looked up again."""
        by_key = {one.planned.step.key: one for one in decisions}
        self._know_others(one.planned for one in by_key.values())
        for layer in self._in_order(by_key.values()):
            self._do([self._decider.ready(one) for one in layer])
        return self.outcomes

    def calls_for(self, decisions: Iterable[Decision]) -> list[tuple[list[Step], int]]:
        """Return the steps that `send` puts in one go, in order, and how many calls that makes if none is refused."""
        puts = [put for layer in self._in_order(decisions) for put in self._puts(layer)]
        steps = [[one.send for one in put if one.send is not None] for put in puts]
        return [(some, self.destination.calls(some)) for some in steps]

    def _do(self, decisions: Sequence[Decision]) -> None:
        for one in decisions:
            self.remarks.setdefault(str(one.planned.step.deal), []).extend(one.remarks)
            self.fields_kept += one.fields_kept
        self._settle([d for d in decisions if d.outcome is not None])
        self._send([d for d in decisions if d.send is not None])

    def preview(self, planned: Iterable[Planned]) -> list[Decision]:
        """Return what `carry_out` would do now; only looks things up."""
        shown: list[Decision] = []
        for layer, rows in self._layers(planned):
            for decision in self._decider.decide(layer, rows):
                key = decision.planned.step.key
                ref = (decision.send.ref if decision.send else None) or to_be_made(decision.planned.step.name)
                self.outcomes[key] = decision.outcome or Outcome(key, Result.CREATED, ref)
                shown.append(decision)
        return shown

    def _layers(self, planned: Iterable[Planned]) -> Iterator[tuple[list[Planned], Mapping[str, Any]]]:
        """Yield the steps of one name together, those the target does not name (change notes) last and by kind."""
        by_key = merged(planned)
        rows = self._know_others(by_key.values())

        def layer_of(one: Planned) -> tuple[int, str]:
            return self._layer_of(one.step)

        for _, layer in groupby(sorted(by_key.values(), key=layer_of), key=layer_of):
            yield list(layer), rows

    def _know_others(self, planned: Iterable[Planned]) -> Mapping[str, Any]:
        """Return the ledger's rows of these steps and of those they need; keep the records of the latter."""
        steps = [one.step for one in planned]
        keys = [step.key for step in steps]
        needed = {need for step in steps for need in _needed(step)} - set(keys)
        rows = self.ledger.steps([*keys, *needed])
        self._refs = {key: row.remote_id for key, row in rows.items() if row.remote_id is not None}
        self._decider.elsewhere = {
            key: Outcome(key, Result.UNCHANGED, None if row.gone else row.remote_id)
            for key, row in rows.items()
            if key in needed and row.remote_id is not None
        }
        return rows

    def _layer_of(self, step: Step) -> tuple[int, str]:
        """Return the place of a step among all: as the target has it, those it does not name last and by kind."""
        order = self.target.order
        return (order.index(step.name), "") if step.name in order else (len(order), step.kind)

    def _in_order(self, decisions: Iterable[Decision]) -> list[list[Decision]]:
        def layer_of(one: Decision) -> tuple[int, str]:
            return self._layer_of(one.planned.step)

        return [list(layer) for _, layer in groupby(sorted(decisions, key=layer_of), key=layer_of)]

    def _puts(self, decisions: Iterable[Decision]) -> Iterator[list[Decision]]:
        """Yield those of one layer that are put in one go: what is made apart from what is updated."""
        sends = [d for d in decisions if d.send is not None]
        for is_update in (False, True):
            group = [d for d in sends if d.send is not None and (d.send.ref is not None) is is_update]
            if group:
                yield from batches(group, self.destination.kinds[group[0].planned.step.kind].batch)

    def _send(self, decisions: Sequence[Decision]) -> None:
        done: dict[bool, int] = {}
        totals = Counter(d.send is not None and d.send.ref is not None for d in decisions)
        for batch in self._puts_checked(decisions):
            self.go_on()
            self._send_batch(batch)
            first = batch[0]
            is_update = first.send is not None and first.send.ref is not None
            done[is_update] = done.get(is_update, 0) + len(batch)
            step = first.planned.step
            name = step.name if step.name in self.target.order else step.kind
            self.progress(f"{'updating' if is_update else 'creating'} {name}", done[is_update], totals[is_update])

    def _puts_checked(self, decisions: Sequence[Decision]) -> Iterator[list[Decision]]:
        """Yield what is put in one go; updates are asked about as many at a time as one look-up takes."""
        if self.still is None or not decisions:
            yield from self._puts(decisions)
            return
        yield from self._puts([d for d in decisions if d.send is not None and d.send.ref is None])
        updates = [d for d in decisions if d.send is not None and d.send.ref is not None]
        for some in batches(updates, checked_at_once(self.destination, decisions[0].planned.step.kind)):
            checked = self.still(some)
            self._settle([d for d in checked if d.send is None])
            yield from self._puts(checked)

    def _send_batch(self, batch: Sequence[Decision]) -> None:
        sent = [d.send for d in batch if d.send is not None]
        intents = [
            Intent(d.planned.step, d.planned.won_at, field_hashes(step.payload), d.memory.tried, adopts=d.adopts)
            for d, step in zip(batch, sent, strict=True)
        ]
        for step in sent:
            if step.ref is not None and step.ref == self._refs.get(step.key):
                self._decider.there[step.key] = Outcome(step.key, Result.UNCHANGED, step.ref)
        by_key = {one.step.key: one for one in intents}
        intended: set[str] = set()

        def intend(steps: Sequence[Step]) -> None:
            self._intend([by_key[step.key] for step in steps])
            intended.update(step.key for step in steps)

        blind = self.destination.kinds[sent[0].kind].identity is Identity.BLIND
        try:
            outcomes = self.destination.put(sent, intend)
        except NotAllowed as error:
            if blind:  # what nobody can look up is sent once: this was its one call, and it was refused
                self._settle([_refused(one, error) for one in batch if one.planned.step.key in intended], intended)
            raise
        ends = zip(batch, intents, outcomes, strict=True)
        self._settle(
            [_ended(decision, intent, outcome, blind=blind) for decision, intent, outcome in ends], intended=intended
        )

    @property
    def _leasing(self) -> LeaseClock:
        return self.lease_clock or self.clock

    def _intend(self, intents: Sequence[Intent]) -> None:
        """Write down that these steps are sent now; raises `TooLate` when that took longer than they may wait."""
        send_by = self._leasing.now() + SEND_WITHIN
        self.ledger.intend(intents, self.clock.now(), self.run, self.version, send_by=send_by)
        if self._leasing.now() >= send_by:
            raise TooLate(
                system=f"{self.destination.system} {self.destination.instance}",
                doing="sending what was written down to be sent",
                why="this pass stood still meanwhile.",
                remedy="Nothing was sent.",
            )

    def _settle(self, decisions: Sequence[Decision], intended: Container[str] = ()) -> None:
        now = self.clock.now()
        looked: list[tuple[str, datetime]] = []
        learnt: list[Learnt] = []
        ended: list[Ending] = []
        looked_up: list[Ending] = []
        for one in decisions:
            assert one.outcome is not None
            step = one.planned.step
            self.outcomes[step.key] = one.outcome
            if one.kept:
                continue
            if step.reference:
                if one.outcome.settled:
                    looked_up.append(Ending(step, one.outcome, one.planned.won_at))
                continue
            if one.learns:
                learnt.append(Learnt(step.key, one.against.ours, one.against.declined, one.gone))
                continue
            known = one.against
            sent = step.key in intended
            ended.append(Ending(step, one.outcome, one.planned.won_at, known.ours, known.declined, intended=sent))
            if one.looked:
                looked.append((step.key, one.outcome.again or now))
        if learnt:
            self.ledger.learn(learnt, now, self.run)
        if ended:
            self.ledger.settle(ended, now, self.run, self.version)
        if looked_up:
            self.ledger.look_up(looked_up, now, self.run, self.version)
        if looked:
            self.ledger.looked_in_vain(looked)


def checked_at_once(destination: Destination, kind: str) -> int:
    """Return how many updates are checked just before they are put: whole batches, as many as one look-up takes."""
    capability = destination.kinds[kind]
    return max(1, capability.keys_per_lookup // capability.batch) * capability.batch


def _ended(decision: Decision, intent: Intent, outcome: Outcome, *, blind: bool) -> Decision:
    """Return how a send ended, with the fingerprints of what the record holds of ours if it is settled."""
    assert decision.send is not None
    if outcome.result is Result.UNCHANGED and decision.send.ref is None:
        # The platform has it from an earlier send, whose values stand; what was planned today was not written.
        ours = {name: hashes[0] for name, hashes in decision.memory.tried.items()}
    else:
        ours = {**decision.against.ours, **intent.hashes}
    if outcome.settled and decision.adopts:
        outcome = replace(outcome, result=Result.ADOPTED)
    if outcome.result is Result.UNKNOWN and blind:
        outcome = parked(outcome.key, outcome.reason)
    return Decision(
        decision.planned, outcome=outcome, against=Compared(decision.against.fields, ours, decision.against.declined)
    )


def _refused(decision: Decision, error: NotAllowed) -> Decision:
    """Return how a send ended that the platform did not let in: nothing was done, and a later pass does it."""
    step = decision.planned.step
    return Decision(
        decision.planned, outcome=Outcome(step.key, Result.WAITING, step.ref, error.why), against=decision.against
    )


def _needed(step: Step) -> set[str]:
    return {*step.needs, *(value.key for value in step.payload.values() if isinstance(value, Needed))}
