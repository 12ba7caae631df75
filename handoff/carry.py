"""Carries steps out, layer by layer across many deals: look first, write the intent down, send, settle."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handoff.batches import batches
from handoff.fingerprints import field_hashes, fingerprint
from handoff.ledger import Ledger, State
from handoff.mapping import Target
from handoff.model import Found, How, Needed, Outcome, Result, Scope, Step, Value, Write
from handoff.ports import Clock, Destination, Identity, Progress, silent

LOOKS_BEFORE_SENDING_AGAIN = 2
IN_DOUBT = frozenset({State.INTENDED, State.UNKNOWN})
"""It was sent, and no answer says what became of it."""


@dataclass(frozen=True)
class Planned:
    """A step as the plan has it, and when its deal was won: on an account's step the newest win has the word."""

    step: Step
    won_at: datetime

    @property
    def precedence(self) -> tuple[datetime, str]:
        """Which of two plans for one account step holds: the later one."""
        return self.won_at, str(self.step.deal)


@dataclass(frozen=True)
class Decision:
    """
    What is to be done about one step now: `send` it, or it has an `outcome` already.

    `kept` says that the ledger holds this outcome already; `looked` that it was looked for in vain.
    """

    planned: Planned
    send: Step | None = None
    outcome: Outcome | None = None
    kept: bool = False
    looked: bool = False


def merged(planned: Iterable[Planned]) -> dict[str, Planned]:
    """Return one plan a key: of several deals on one account, the newest won has the word."""
    by_key: dict[str, Planned] = {}
    for one in planned:
        there = by_key.get(one.step.key)
        if there is None or there.precedence < one.precedence:
            by_key[one.step.key] = one
    return by_key


@dataclass
class Carrier:
    """
    Decides and carries out the steps of one wave.

    Args:
        look_again: Find the records of accounts again although they are known: a person asked for a deal by name.
    """

    destination: Destination
    target: Target
    ledger: Ledger
    clock: Clock
    run: int
    version: str
    look_again: bool = False
    progress: Progress = silent
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def carry_out(self, planned: Iterable[Planned]) -> dict[str, Outcome]:
        """Return the outcome of every step; raises a `ServiceError` when the platform as a whole refuses."""
        for layer, rows in self._layers(planned):
            decisions = self.decide(layer, rows)
            self._settle([d for d in decisions if d.outcome is not None])
            self._send([d for d in decisions if d.send is not None])
        return self.outcomes

    def preview(self, planned: Iterable[Planned]) -> list[Decision]:
        """Return what `carry_out` would do now; only looks things up."""
        shown: list[Decision] = []
        for layer, rows in self._layers(planned):
            for decision in self.decide(layer, rows):
                key = decision.planned.step.key
                ref = (decision.send.ref if decision.send else None) or f"(new {decision.planned.step.name})"
                self.outcomes[key] = decision.outcome or Outcome(key, Result.CREATED, ref)
                shown.append(decision)
        return shown

    def decide(self, layer: Sequence[Planned], rows: Mapping[str, Any]) -> list[Decision]:
        """Return what is to be done about the steps of one name, whose needs have outcomes already."""
        decisions: list[Decision] = []
        fresh: list[tuple[Planned, Step]] = []
        for planned in layer:
            known = self._from_memory(planned, rows.get(planned.step.key))
            if known is not None:
                decisions.append(known)
            else:
                fresh.append((planned, self._resolved(planned.step)))
        return decisions + self._looked_up(fresh, rows)

    def _layers(self, planned: Iterable[Planned]) -> Iterator[tuple[list[Planned], Mapping[str, Any]]]:
        by_key = merged(planned)
        rows = self.ledger.steps(by_key)
        for name in self.target.order:
            layer = [one for one in by_key.values() if one.step.name == name]
            if layer:
                yield layer, rows

    def _from_memory(self, planned: Planned, row: Any) -> Decision | None:
        """Return the decision that needs no look-up, None when the step is to be made."""
        step = planned.step
        if row is not None and row.remote_id is not None and not self._to_find_again(step):
            return self._change(planned, row)
        for need in step.needs:
            outcome = self.outcomes.get(need)
            if outcome is None or not outcome.settled:
                waits = f"for the step {need.rsplit('.', 1)[-1]}"
                # What may have been made stays in doubt while it waits: it is looked for before it is sent again.
                told = row is not None and (row.state in IN_DOUBT or (row.state, row.reason) == (State.PLANNED, waits))
                return Decision(planned, outcome=Outcome(step.key, Result.WAITING, reason=waits), kept=told)
        return None

    def _to_find_again(self, step: Step) -> bool:
        """A person who asks for a deal may have merged or deleted what all deals of its account share."""
        return self.look_again and step.scope is Scope.ACCOUNT

    def _change(self, planned: Planned, row: Any) -> Decision:
        """An account's step carries what changed since our last send; a deal's own work is the CSM's once made."""
        step = planned.step
        there = Outcome(step.key, Result.UNCHANGED, row.remote_id)
        if step.scope is Scope.DEAL or (row.writer_won_at, row.deal) > planned.precedence:
            return Decision(planned, outcome=there, kept=True)
        hashes = field_hashes(step.payload)
        # Of an update that was cut off nobody knows which values the record holds: all are said again.
        unsure = row.state in IN_DOUBT
        changed = {
            name: value
            for name, value in step.payload.items()
            if step.modes.get(name) is not Write.CREATE_ONLY and (unsure or row.field_hashes.get(name) != hashes[name])
        }
        if changed:
            return Decision(planned, send=step.with_payload(changed, ref=row.remote_id))
        return Decision(planned, outcome=there, kept=row.state == State.SETTLED)

    def _resolved(self, step: Step) -> Step:
        return step.with_payload({name: self._value(value) for name, value in step.payload.items()})

    def _value(self, value: Value) -> Value:
        return self.outcomes[value.key].ref if isinstance(value, Needed) else value

    def _looked_up(self, fresh: Sequence[tuple[Planned, Step]], rows: Mapping[str, Any]) -> list[Decision]:
        if not fresh:
            return []
        capability = self.destination.kinds[fresh[0][1].kind]
        if capability.identity is Identity.NATURAL:
            return [Decision(planned, send=step) for planned, step in fresh]
        found = self.destination.find([step for _, step in fresh])
        return [self._judged(planned, step, found.get(step.key, []), rows.get(step.key)) for planned, step in fresh]

    def _judged(self, planned: Planned, step: Step, found: Sequence[Found], row: Any) -> Decision:
        def ends(result: Result, reason: str, ref: str | None = None) -> Decision:
            return Decision(planned, outcome=Outcome(step.key, result, ref, reason))

        if len(found) > 1:
            names = ", ".join(sorted(f"{one.label} ({one.ref})".strip() for one in found))
            return ends(Result.REJECTED, f"{len(found)} records match: {names}. Merge them, or correct one.")
        linked = row is not None and row.remote_id is not None
        if linked and (not found or found[0].ref == row.remote_id):
            return self._change(planned, row)
        if not found:
            return self._absent(planned, step, row)
        (one,) = found
        if one.conflict:
            return ends(Result.REJECTED, f"{one.label} ({one.ref}) {one.conflict}")
        if (
            one.how is How.KEY
            and not linked
            and (row is None or step.scope is Scope.DEAL or self._as_sent(planned, row))
        ):
            return ends(Result.UNCHANGED, "found by its key: an earlier run made it", one.ref)
        carried = {name: value for name, value in step.payload.items() if step.modes.get(name) is not Write.CREATE_ONLY}
        if not carried:
            return ends(Result.UNCHANGED, f"it was there: {one.label}", one.ref)
        return Decision(planned, send=step.with_payload(carried, ref=one.ref))

    def _as_sent(self, planned: Planned, row: Any) -> bool:
        """Whether the record we made holds what is planned now: the deal may have changed since it was sent."""
        return bool(row.payload_hash == fingerprint(planned.step.payload))

    def _absent(self, planned: Planned, step: Step, row: Any) -> Decision:
        """Nothing was found: make it, unless it may have been made a moment ago and cannot be seen yet."""
        none = self.target.file.steps[step.name].none
        if none != "insert":
            result = Result.REJECTED if none == "person" else Result.WAITING
            reason = f"no {step.kind} was found, and the mapping says `none: {none}`"
            return Decision(planned, outcome=Outcome(step.key, result, reason=reason))
        in_doubt = row is not None and row.state in IN_DOUBT
        if not in_doubt:
            return Decision(planned, send=step)
        unknown = Outcome(
            step.key, Result.UNKNOWN, reason="it may have been made, is not found yet, and is looked for again"
        )
        if row.try_at is not None and self.clock.now() < row.try_at:
            return Decision(planned, outcome=unknown, kept=True)
        if row.empty_looks + 1 >= LOOKS_BEFORE_SENDING_AGAIN:
            return Decision(planned, send=step)
        return Decision(planned, outcome=unknown, looked=True)

    def _send(self, decisions: Sequence[Decision]) -> None:
        ordered = sorted(decisions, key=lambda d: d.send is not None and d.send.ref is not None)
        for is_update in (False, True):
            group = [d for d in ordered if d.send is not None and (d.send.ref is not None) is is_update]
            if not group:
                continue
            first = group[0].planned.step
            done = 0
            for batch in batches(group, self.destination.kinds[first.kind].batch):
                self._send_batch(batch)
                done += len(batch)
                self.progress(f"{'updating' if is_update else 'creating'} {first.name}", done, len(group))

    def _send_batch(self, batch: Sequence[Decision]) -> None:
        self.ledger.intend(
            [(d.planned.step, d.planned.won_at) for d in batch], self.clock.now(), self.run, self.version
        )
        outcomes = self.destination.put([d.send for d in batch if d.send is not None])
        ended = [Decision(d.planned, outcome=outcome) for d, outcome in zip(batch, outcomes, strict=True)]
        self._settle(ended)

    def _settle(self, decisions: Sequence[Decision]) -> None:
        now = self.clock.now()
        settle = {name: capability.settle for name, capability in self.destination.kinds.items()}
        looked: list[tuple[str, datetime]] = []
        ended = []
        for decision in decisions:
            assert decision.outcome is not None
            planned = decision.planned
            self.outcomes[planned.step.key] = decision.outcome
            if decision.kept:
                continue
            ended.append((planned.step, decision.outcome, planned.won_at))
            if decision.looked:
                looked.append((planned.step.key, now + settle[planned.step.kind]))
        if ended:
            self.ledger.settle(ended, now, self.run, self.version)
        if looked:
            self.ledger.looked_in_vain(looked)
