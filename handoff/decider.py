"""Decides about each step of a layer by what the ledger remembers and what the platform holds; only looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from handoff.decisions import Decision, Planned
from handoff.fields import Compared, Memory, adopted, compared, linked, must_be_read, settles
from handoff.intents import IN_DOUBT, State
from handoff.labels import named
from handoff.leases import CALL_ENDS_WITHIN
from handoff.ledger import Ledger
from handoff.mapping import Target
from handoff.model import Found, Held, How, Needed, Outcome, Result, Scope, Standing, Step, Value
from handoff.owners import Owner
from handoff.ports import Clock, Destination, Identity, LeaseClock
from handoff.remarks import remarks_on

LOOKS_BEFORE_SENDING_AGAIN = 2
CUT_OFF = (
    "the pass was cut off while it was sent, so it may have happened, and nothing can be looked up. "
    "Look there, then say so: handoff queue"
)
NOT_FOUND_YET = "it may have been made, is not found yet, and is looked for again"
UNDER_WAY = "its call may still be under way; it is looked for once that is over"
DELETED = "somebody deleted it in the platform; it is not made again"


Known = tuple[Planned, Step, Any]
"""A plan, its step with the ids that it needs, and its row of the ledger (None: never sent)."""


@dataclass
class Decider:
    """
    Decides about the steps of one wave, layer by layer; only looks things up.

    Args:
        look_again: Find the records of accounts again although they are known: a person asked for a deal by name.
        compare: Ask what every known record holds, also where nothing depends on it: somebody wants to see it.
        outcomes: How the steps before ended; filled by who carries them out.
        elsewhere: The records of steps that this wave needs and does not carry out.
        there: The known records that were updated, however that ended; filled by who carries the steps out.
    """

    destination: Destination
    target: Target
    ledger: Ledger
    clock: Clock
    leasing: LeaseClock
    look_again: bool
    compare: bool
    outcomes: Mapping[str, Outcome]
    elsewhere: Mapping[str, Outcome] = field(default_factory=dict)
    there: dict[str, Outcome] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def decide(self, layer: Sequence[Planned], rows: Mapping[str, Any]) -> list[Decision]:
        """Return what is to be done about the steps of one kind, whose needs have outcomes already."""
        decisions: list[Decision] = []
        known: list[Known] = []
        fresh: list[Known] = []
        for planned in layer:
            row = self._own(planned.step, rows.get(planned.step.key))
            at_once = self._at_once(planned, row)
            if at_once is not None:
                decisions.append(at_once)
            elif row is not None and self._is_known(planned.step, row):
                known.append((planned, self._resolved(planned.step, row.remote_id), row))
            else:
                fresh.append((planned, self._resolved(planned.step), row))
        return decisions + self._against_records(known) + self._looked_up(fresh)

    def ready(self, decision: Decision) -> Decision:
        """
        Return an earlier decision with the ids that its step needs as they are now.

        What was to be made waits where a step that it needs did not get its record after all.
        """
        send, planned = decision.send, decision.planned
        if send is None:
            return decision
        if send.ref is None:
            waits = self._waits(planned.step)
            if waits:
                return Decision(planned, outcome=Outcome(planned.step.key, Result.WAITING, reason=waits))
        whole = self._resolved(planned.step).payload
        return replace(decision, send=replace(send, payload={n: v for n, v in whole.items() if n in send.payload}))

    def _own(self, step: Step, row: Any) -> Any:
        """Return a step's row as far as it counts: what was only looked up is not known to whoever makes it."""
        looked_up = row is not None and row.state == State.LOOKED_UP
        return None if looked_up and (self.look_again or not step.reference) else row

    def _is_known(self, step: Step, row: Any) -> bool:
        """A person who asks for a deal may have merged or deleted what all deals of its account share."""
        find_again = self.look_again and step.scope is Scope.ACCOUNT
        return row is not None and row.remote_id is not None and not find_again

    def _at_once(self, planned: Planned, row: Any) -> Decision | None:
        """Return the decision that asks the platform nothing, None when the step is to be made or compared."""
        step = planned.step
        if row is not None and self._under_way(row):
            over = self.clock.now() + (row.send_by + CALL_ENDS_WITHIN - self.leasing.now()) * self.clock.scale
            busy = Outcome(step.key, Result.WAITING, reason=UNDER_WAY, again=over)
            return Decision(planned, outcome=busy, kept=True)
        if row is not None and row.gone:
            return Decision(planned, outcome=Outcome(step.key, Result.UNCHANGED, reason=row.reason), kept=True)
        if self._is_known(step, row):
            as_it_is = step.reference or _older(planned, row)
            return self._stays(planned, row) if as_it_is else None
        waits = self._waits(step)
        if not waits:
            return None
        # What may have been made stays in doubt while it waits: it is looked for before it is sent again.
        told = row is not None and (row.state in IN_DOUBT or (row.state, row.reason) == (State.PLANNED, waits))
        return Decision(planned, outcome=Outcome(step.key, Result.WAITING, reason=waits), kept=told)

    def _under_way(self, row: Any) -> bool:
        """Whether the worker that wrote the intent may still be sending it."""
        if row.state != State.INTENDED or row.send_by is None:
            return False
        return bool(self.leasing.now() <= row.send_by + CALL_ENDS_WITHIN)

    def _waits(self, step: Step) -> str:
        """Return what a step waits for before it can be made, "" when nothing."""
        outcomes = ((need, self._outcome(need)) for need in step.needs)
        unmade = (need for need, outcome in outcomes if outcome is None or not outcome.settled)
        return next((f"for the step {need.rsplit('.', 1)[-1]}" for need in unmade), "")

    def _stays(self, planned: Planned, row: Any) -> Decision:
        return Decision(planned, outcome=Outcome(planned.step.key, Result.UNCHANGED, row.remote_id), kept=True)

    def _outcome(self, key: str) -> Outcome | None:
        """Return how a step ended for those that need it; a record that is there stays when its update is refused."""
        outcome = self.outcomes.get(key) or self.elsewhere.get(key)
        return outcome if outcome is not None and outcome.settled else self.there.get(key, outcome)

    def _resolved(self, step: Step, ref: str | None = None) -> Step:
        """Return the step with the ids that it needs; those that are not to be had are left out."""
        values = {name: self._value(value) for name, value in step.payload.items()}
        return step.with_payload({name: value for name, value in values.items() if value is not None}, ref=ref)

    def _value(self, value: Value) -> Value:
        if not isinstance(value, Needed):
            return value
        outcome = self._outcome(value.key)
        return outcome.ref if outcome is not None and outcome.settled else None

    # Records that are there

    def _against_records(self, known: Sequence[Known]) -> list[Decision]:
        """Return what is to be done about records we know, asking in one go for those where it matters."""
        asked = [step for _, step, row in known if self.compare or must_be_read(step, Memory.of(row))]
        held = self.destination.read(asked) if asked else {}
        gone = {step.key for step in asked} - held.keys()
        return [
            self._lost(planned, row) if step.key in gone else self._changed(planned, step, row, held.get(step.key))
            for planned, step, row in known
        ]

    def _lost(self, planned: Planned, row: Any) -> Decision:
        """What a deal has for itself is never made again; a customer that is gone is a person's to sort out."""
        step, memory = planned.step, Memory.of(row)
        if step.scope is Scope.DEAL:
            outcome = Outcome(step.key, Result.UNCHANGED, reason=DELETED)
            told = (f"{step.name}: {DELETED}",)
            known = Compared((), memory.ours, memory.declined)
            return Decision(planned, outcome=outcome, learns=True, gone=DELETED, remarks=told, against=known)
        reason = (
            f"the {step.kind} is not there any more: somebody deleted or merged it in the platform. "
            "`handoff sync --deal` looks for the one that is left."
        )
        return Decision(planned, outcome=Outcome(step.key, Result.REJECTED, row.remote_id, reason, owner=Owner.CS_OPS))

    def _changed(self, planned: Planned, step: Step, row: Any, held: Held | None) -> Decision:
        """A record carries what changed since our last send, as far as its modes let it."""
        memory = Memory.of(row)
        result = compared(step, memory, held)
        kept = result.newly_kept(memory)
        decision = Decision(
            planned, against=result, memory=memory, remarks=remarks_on(step, kept), fields_kept=len(kept)
        )
        if result.send:
            return replace(decision, send=step.with_payload(result.send, ref=row.remote_id))
        # Another deal's update that may have arrived stays in doubt until that deal says its fields again.
        doubt = memory.unsure and not memory.tried.keys() <= step.payload.keys()
        return replace(
            decision,
            outcome=Outcome(step.key, Result.UNCHANGED, row.remote_id),
            kept=doubt or not settles(row, result),
            learns=row.state == State.SETTLED,
        )

    # Records to be found

    def _looked_up(self, fresh: Sequence[Known]) -> list[Decision]:
        if not fresh:
            return []
        if self.destination.kinds[fresh[0][1].kind].identity is Identity.BLIND:
            return [self._blind(*one) for one in fresh]
        looked = [one for one in fresh if self._looks_for(*one)]
        sent = [one for one in fresh if not self._looks_for(*one)]
        found = self.destination.find([step for _, step, _ in looked]) if looked else {}
        adoptable = {one.ref for some in found.values() for one in some if one.how is How.ADOPT}
        holders = self.ledger.holders(adoptable) if adoptable else {}
        # The oldest win chooses first what it adopts; all go on in the order in which they came.
        judged = {
            one[1].key: self._judged(one, [f for f in found.get(one[1].key, []) if self._free(f, one[1], holders)])
            for one in sorted(looked, key=lambda one: one[0].precedence)
        }
        return [
            *(Decision(planned, send=step, memory=_memory(row)) for planned, step, row in sent),
            *(judged[step.key] for _, step, _ in looked),
        ]

    def _looks_for(self, planned: Planned, step: Step, row: Any) -> bool:
        in_doubt = row is not None and row.state in IN_DOUBT
        return step.reference or self.destination.kinds[step.kind].looks_for(in_doubt=in_doubt)

    def _blind(self, planned: Planned, step: Step, row: Any) -> Decision:
        """What nobody can look up is sent once; where that may have happened a person must say."""
        if row is None or row.state not in IN_DOUBT:
            return Decision(planned, send=step, memory=_memory(row))
        return Decision(planned, outcome=parked(step.key, row.reason or CUT_OFF), kept=row.state == State.UNKNOWN)

    def _free(self, found: Found, step: Step, holders: Mapping[str, str]) -> bool:
        """Whether a record can be taken: one that is to be adopted must be open, and nobody's yet."""
        if found.how is not How.ADOPT:
            return True
        return not found.closed and found.ref not in self._taken and holders.get(found.ref, step.key) == step.key

    def _judged(self, known: Known, found: Sequence[Found]) -> Decision:
        planned, step, row = known
        linked = row is not None and row.remote_id is not None
        if len(found) > 1:
            return self._rejected(planned, self._several(step, found))
        if linked and (not found or found[0].ref == row.remote_id):
            return self._still_there(known, found)
        if not found:
            return self._absent(known, Decision(planned, send=step, memory=_memory(row)))
        (one,) = found
        if one.conflict:
            return self._rejected(planned, f"{named(one, step)} {one.conflict}")
        if step.reference:
            return Decision(planned, outcome=Outcome(step.key, Result.UNCHANGED, one.ref, f"it is {named(one, step)}"))
        if one.how is not How.ADOPT:
            return self._met(known, one)
        self._taken.add(one.ref)
        return self._absent(known, self._adopted(known, one), there=True)

    def _still_there(self, known: Known, found: Sequence[Found]) -> Decision:
        planned, step, row = known
        if step.reference or _older(planned, row):
            return self._stays(planned, row)
        step = replace(step, ref=row.remote_id)
        if not found:
            (decision,) = self._against_records([(planned, step, row)])
            return decision
        return self._changed(planned, step, row, _held(found[0]))

    def _met(self, known: Known, one: Found) -> Decision:
        """What a record holds when we meet it for the first time stands; what it leaves empty is ours to fill."""
        planned, step, row = known
        held, by_key = _held(one), one.how is How.KEY
        if by_key and row is not None and row.adopting:
            return self._linked(known, one)
        memory = Memory.of_created(row, held) if by_key else Memory(tried=_memory(row).tried)
        result = compared(step, memory, held)
        if result.send:
            send = replace(step.with_payload(result.send, ref=one.ref), plants=not by_key)
            return Decision(planned, send=send, against=result, memory=memory)
        reason = "found by its key: an earlier run made it" if by_key else f"it was there: {named(one, step)}"
        return Decision(planned, outcome=Outcome(step.key, Result.UNCHANGED, one.ref, reason), against=result)

    def _linked(self, known: Known, one: Found) -> Decision:
        """A link whose answer never came has arrived: only what we sent with it is ours."""
        planned, step, row = known
        memory, result = Memory(tried=_memory(row).tried), linked(step, Memory.of_created(row, _held(one)), _held(one))
        if result.send:
            send = step.with_payload(result.send, ref=one.ref)
            return Decision(planned, send=send, adopts=True, against=result, memory=memory)
        outcome = Outcome(step.key, Result.ADOPTED, one.ref, "found by its key: an earlier run linked it")
        return Decision(planned, outcome=outcome, against=result)

    def _adopted(self, known: Known, one: Found) -> Decision:
        planned, step, row = known
        result = adopted(step, _held(one))
        # What a create without an answer carried was not written to this record.
        memory = _memory(row) if row is not None and row.adopting else Memory()
        send = replace(step.with_payload(result.send, ref=one.ref), plants=True)
        return Decision(planned, send=send, adopts=True, against=result, memory=memory)

    def _absent(self, known: Known, else_: Decision, *, there: bool = False) -> Decision:
        """
        Nothing of ours was found: do what else is to be done, unless it may have been made and cannot be seen yet.

        With `there` something was found that can be linked instead.
        """
        planned, step, row = known
        if not there and step.reference:
            return self._not_there(planned, row)
        spec = self.target.file.steps.get(step.name)
        if not there and spec is not None and spec.none != "insert":
            result = Result.REJECTED if spec.none == "person" else Result.WAITING
            reason = f"no {step.kind} was found, and the mapping says `none: {spec.none}`"
            return Decision(planned, outcome=Outcome(step.key, result, reason=reason, owner=Owner.CS_OPS))
        if row is None or row.state not in IN_DOUBT:
            return else_
        unknown = Outcome(step.key, Result.UNKNOWN, reason=NOT_FOUND_YET, again=row.try_at)
        if row.try_at is not None and self.clock.now() < row.try_at:
            return Decision(planned, outcome=unknown, kept=True)
        if row.empty_looks + 1 >= LOOKS_BEFORE_SENDING_AGAIN:
            return else_
        again = self.clock.now() + self.destination.kinds[step.kind].settle
        return Decision(planned, outcome=replace(unknown, again=again), looked=True)

    def _rejected(self, planned: Planned, reason: str, owner: Owner = Owner.CS_OPS) -> Decision:
        return Decision(planned, outcome=Outcome(planned.step.key, Result.REJECTED, reason=reason, owner=owner))

    def _several(self, step: Step, found: Sequence[Found]) -> str:
        """Say which records a person must choose from: by id, kind and link, without what people typed into them."""
        names = ", ".join(sorted(named(one, step, self.destination.link(step.kind, one.ref)) for one in found))
        if found[0].how is How.ADOPT:
            return f"{len(found)} open records could be this work: {names}. Close those that are not it."
        return f"{len(found)} records match: {names}. Merge them, or correct one."

    def _not_there(self, planned: Planned, row: Any) -> Decision:
        """What is only looked up is waited for while another deal is about to make it, or may have made it."""
        step = planned.step
        if row is None or not self._still_comes(step, row):
            owner = Owner.CS_OPS if step.scope is Scope.ACCOUNT else Owner.PLATFORM_ADMIN
            return self._rejected(planned, self._missing(step), owner)
        return Decision(
            planned, outcome=Outcome(step.key, Result.WAITING, reason=f"another deal makes the {step.kind}")
        )

    def _still_comes(self, step: Step, row: Any) -> bool:
        owner = self.ledger.deals([row.deal]).get(row.deal) if row.deal != str(step.deal) else None
        if owner is not None and owner.standing in (Standing.WAITING, Standing.NEEDS_PERSON):
            return True
        seen_at = row.changed_at + self.destination.kinds[step.kind].settle
        return row.state in IN_DOUBT and self.clock.now() < seen_at

    def _missing(self, step: Step) -> str:
        platform = self.destination.title
        if step.scope is Scope.ACCOUNT:
            return f"the customer is not in {platform}. Add the {step.kind} there, or correct the deal's account."
        return f"no such {step.kind} is in {platform}. Add it there, or correct the mapping."


def parked(key: str, why: str) -> Outcome:
    """Return the end of a step that may have been carried out, which only a person can find out."""
    return Outcome(key, Result.UNKNOWN, reason=why, parked=True)


def _older(planned: Planned, row: Any) -> bool:
    """Whether a newer won deal of the account wrote this step last."""
    return planned.step.scope is Scope.ACCOUNT and (row.writer_won_at, row.deal) > planned.precedence


def _memory(row: Any) -> Memory:
    return Memory() if row is None else Memory.of(row)


def _held(found: Found) -> Held:
    return Held(found.ref, found.holds, found.closed, found.label)
