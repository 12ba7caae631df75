"""One pass: read what was won, hand it off in waves, tell the CRM, and account for every deal."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from handoff import keys
from handoff.backgrounds import kept as kept_background
from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.bursts import Slice, slices
from handoff.carry import Carrier, Decision, Planned
from handoff.changes import followed_up, told_by, told_by_notes, told_otherwise
from handoff.decisions import merged
from handoff.entries import Frozen, Judged, Told
from handoff.intake import WAIT_UNDER_A_LIMIT, Intake, Stage, at_once
from handoff.lanes import lanes
from handoff.model import Deal, Outcome, Result, Standing, Window
from handoff.prepare import Prepared, body, ends_that_go_on, owner_of, prepare, standing_of, step_list
from handoff.provenance import Evidence
from handoff.recorded import recorded
from handoff.report import Report, Tally
from handoff.telling import Teller
from handoff.waves import Wave

log = logging.getLogger("handoff.run")

PERSON_AGAIN = timedelta(hours=1)
"""How long what needed a person is left alone before it is tried again: the person may have acted elsewhere."""


@dataclass(frozen=True)
class Shown:
    """
    What a pass would do for one deal: a decision for each of its steps, in order, and what its record would be told.

    `told` holds the write-back's fields that would be written, as far as they are known before the work is made; it is
    empty when nothing would be.
    """

    prepared: Prepared
    decisions: tuple[Decision, ...]
    told: tuple[Evidence, ...]

    @property
    def sends(self) -> bool:
        """Whether anything would be sent for this deal."""
        return bool(self.told) or any(decision.send is not None for decision in self.decisions)


def preview(bridge: Bridge, *, deals: Sequence[str] = (), limit: int | None = None) -> Iterator[Shown]:
    """Yield what `run_once` would do, deal by deal; nothing is written but the calls that the look-ups cost."""
    return Pass(bridge, limit=limit, command="preview", stage=at_once, forced=frozenset(deals)).look()


def run_once(
    bridge: Bridge,
    *,
    deals: Sequence[str] = (),
    limit: int | None = None,
    command: str = "sync",
    stage: Stage = at_once,
) -> Report:
    """
    Do one pass and return what it did.

    Args:
        deals: CRM ids; only these are handed off, also if they were refused before. Nothing else is read.
        limit: At most so many deals are handed off; the others wait in the ledger, the oldest win goes first. None:
            as many as the contract's `limits.new_per_pass` allows.
        stage: How a named piece of work is carried out; it must call it once and return what it returned.

    Raises:
        ConfigError: Nothing was sent.
        ServiceError: A whole system refused; what was done is in the ledger, the next pass goes on.
        BridgeBug: The run does not balance.
    """
    one = Pass(bridge, limit=limit, command=command, stage=stage, forced=frozenset(deals))
    return one.shadow() if bridge.mappings.contract.rollout.mode == "shadow" else one.carry_out()


def more_than_allowed(bridge: Bridge) -> tuple[int, int] | None:
    """
    Return how many deals a pass would hand off for the first time, and how many the contract allows in one pass.

    None where it allows that many. Nothing is written but the calls that reading costs.
    """
    allowed = bridge.mappings.contract.limits.new_per_pass
    if allowed is None:
        return None
    count = Pass(bridge, limit=None, command="count", stage=at_once, forced=frozenset()).count_first_handoffs()
    return (count, allowed) if count > allowed else None


class Pass:
    """One pass over the deals; use `run_once`."""

    def __init__(
        self, bridge: Bridge, *, limit: int | None, command: str, stage: Stage, forced: frozenset[str]
    ) -> None:
        self.bridge, self.ledger, self.clock = bridge, bridge.ledger, bridge.clock
        self.command, self.stage, self.forced = command, stage, forced
        self.tally = Tally()
        self.intake = Intake(bridge, self.tally, limit=limit, forced=forced, stage=stage)
        self.teller = Teller(bridge)
        self.version = bridge.mappings.version
        self.run = 0

    def carry_out(self) -> Report:
        """Do it; the run is closed in the ledger whatever happens."""
        return recorded(self.bridge, self.tally, self.command, self._hand_all_off)

    def shadow(self) -> Report:
        """Do all but write: the run and its report are kept, and every deal counts as left out."""
        return recorded(self.bridge, self.tally, f"{self.command} (shadow)", self._look_at_all, shadow=True)

    def _hand_all_off(self, run: int) -> Window | None:
        self.run = run
        numbers = count(1)
        for wave in self.intake.waves():
            self.bridge.go_on()
            self.stage(f"wave {next(numbers)}", self._carry_out, wave)
            del wave  # one wave of deals in memory is enough: the next is read now
        for deals in batches(self.intake.held, self.bridge.pace.wave):
            self.stage("the oldest wins", self._hand_off, deals)
        return self.intake.window

    def _look_at_all(self, run: int) -> Window | None:
        self.run = run
        for shown in self.look():
            one = shown.prepared
            self.tally.counts_as(Standing.EXCLUDED)
            for decision in shown.decisions:
                if decision.send is not None:
                    self.tally.would_send(decision.send)
            if one.stopped:
                self.tally.hear(one.deal, "needs a person", one.stopped)
            for note in one.handoff.notes if one.handoff else ():
                self.tally.hear(one.deal, "note", note)
        self.tally.rest_is(Standing.EXCLUDED)
        return self.intake.window

    def count_first_handoffs(self) -> int:
        """Return how many deals would be handed off for the first time; only reads."""
        return sum(self.intake.first_handoffs(wave) for wave in self.intake.waves())

    def look(self) -> Iterator[Shown]:
        """Yield what `carry_out` would do for each deal; only reads."""
        for wave in self.intake.waves():
            yield from self._shown(self.intake.looked_at(wave))
        for deals in batches(self.intake.held, self.bridge.pace.wave):
            yield from self._shown(deals)

    def _shown(self, deals: Sequence[Deal]) -> Iterator[Shown]:
        for bridge, some in lanes(self.bridge, deals):
            yield from self._on(bridge)._shown_of(some)

    def _on(self, bridge: Bridge) -> "Pass":
        """Return this pass as it works on one of several platforms; it counts in the same tally."""
        if bridge is self.bridge:
            return self
        one = copy(self)
        one.bridge, one.teller = bridge, Teller(bridge)
        return one

    def _shown_of(self, deals: Sequence[Deal]) -> Iterator[Shown]:
        prepared = self._prepared(deals, self._known(deals))
        carrier = self._carrier()
        decisions = carrier.preview(Planned(step, one.deal.won_at) for one in prepared for step in one.steps)
        by_key = {decision.planned.step.key: decision for decision in decisions}
        ended = self.teller.ended(prepared, [self._judge(one, carrier.outcomes) for one in prepared])
        rows = self.ledger.deals(str(one.deal.ref) for one in prepared)
        for one, end in zip(prepared, ended, strict=True):
            row = rows.get(str(one.deal.ref))
            told = self.teller.would_tell(end, row)
            yield Shown(one, tuple(by_key[step.key] for step in one.steps), told)

    def _carry_out(self, wave: Wave) -> None:
        """Keep the rows (and with the last the cursor), then hand off those that are new, changed or waiting."""
        todo = self.intake.taken_in(wave, self.run)
        by_hand = {str(deal.ref): (deal, row) for deal, row in self.intake.by_hand}
        for bridge, some in lanes(self.bridge, [deal for deal, _ in self.intake.by_hand]):
            self._on(bridge).teller.tell_by_hand([by_hand[str(deal.ref)] for deal in some], self.tally)
        self.intake.by_hand.clear()
        if todo:
            self._hand_off(todo)

    def _hand_off(self, deals: Sequence[Deal]) -> None:
        """Hand off those of these deals that no other pass works on."""
        todo = self.intake.taken(deals)
        if todo:
            for bridge, some in lanes(self.bridge, todo):
                self._on(bridge)._hand_off_ours(some)
            self.ledger.release(one for deal in todo for one in self.bridge.subjects(deal))

    def _hand_off_ours(self, todo: Sequence[Deal]) -> None:
        bridge = self.bridge
        bridge.progress("judging", 0, len(todo))
        known = self._known(todo)
        prepared = self._prepared(todo, known)
        bridge.progress("judging", len(todo), len(todo))
        self._keep(prepared, known)
        carrier = self._carrier()
        # Of an account's step the newest win of all has the word, whoever goes first.
        words = merged(Planned(step, one.deal.won_at) for one in prepared for step in one.steps)
        going = self._parts(prepared)
        self.ledger.expect([(str(d.deal.ref), s.expected_at) for s in going for d in s.deals if s.expected_at])
        for part in going:
            bridge.go_on()
            self._carry_out_slice(part.deals, carrier, words)
        self.tally.fields_kept += carrier.fields_kept

    def _parts(self, prepared: Sequence[Prepared]) -> list[Slice]:
        """Return the deals in the order in which they go, those together that go together."""
        segments = {segment.name: place for place, segment in enumerate(self.bridge.mappings.contract.segments)}
        return list(slices(prepared, self.bridge.platform, segments=segments, now=self.clock.now()))

    def _carry_out_slice(self, prepared: Sequence[Prepared], carrier: Carrier, words: Mapping[str, Planned]) -> None:
        steps = [step for one in prepared for step in one.steps if step.key not in carrier.outcomes]
        outcomes = carrier.carry_out(words[step.key] for step in steps)
        self.tally.ended({step.key: step.kind for step in steps}, outcomes)
        for one in prepared:
            for remark in carrier.remarks.pop(str(one.deal.ref), ()):
                self.tally.hear(one.deal, "note", remark)
        self._conclude(prepared, outcomes)

    def _carrier(self) -> Carrier:
        bridge = self.bridge
        return Carrier(
            destination=bridge.platform,
            target=bridge.mappings.target,
            ledger=bridge.ledger,
            clock=bridge.clock,
            run=self.run,
            version=self.version,
            lease_clock=bridge.leasing,
            look_again=bool(self.forced),
            progress=bridge.progress,
            go_on=bridge.go_on,
        )

    def _known(self, deals: Sequence[Deal]) -> dict[str, Any]:
        """Return the ledger's rows of those of these deals' handoffs that were begun before, by key."""
        return self.ledger.handoffs(keys.deal_key(deal.ref, deal.episode) for deal in deals)

    def _prepared(self, deals: Sequence[Deal], known: Mapping[str, Any]) -> list[Prepared]:
        """Return the deals judged and planned, each with the moments and the work of its first time."""
        return followed_up(self.bridge, prepare(self.bridge, deals, known=known), known)

    def _keep(self, prepared: Sequence[Prepared], known: Mapping[str, Any]) -> None:
        frozen, bodies, words = [], [], []
        for one in prepared:
            handoff, row = one.handoff, known.get(one.key)
            if handoff is None or one.excluded:
                continue
            if row is None or row.delivered_at is None:
                bodies.append((one.key, body(one)))
                steps = step_list(one.steps) or (row.steps if row else [])
                told = told_by(one, self.bridge.mappings)
                words += [(one.key, told.words)] if told else []
                hashes = told.hashes if told else None
                frozen.append(Frozen(one.key, handoff, steps, kept_background(one.background), hashes))
        going_on = {one.key: known[one.key] for one in frozen if one.key in known}
        notes = [(note.step.key, note.body()) for one in prepared for note in one.notes]
        added = {one.key: step_list(one.added) for one in prepared if one.added}
        now = self.clock.now()
        with self.ledger.writing():
            self.ledger.freeze(frozen, self.version, known=going_on)
            self.ledger.keep_bodies("told", words, now)
            self.ledger.keep_bodies("note", notes, now)
            self.ledger.list_more(added)
            self.ledger.keep_bodies("handoff", bodies, now)

    def _conclude(self, prepared: Sequence[Prepared], outcomes: dict[str, Outcome]) -> None:
        now = self.clock.now()
        judged = [self._judge(one, outcomes) for one in prepared]
        later = [(one.key, body(one)) for one in prepared if one.handoff and one.delivered]
        with self.ledger.writing():
            self.ledger.conclude(judged, now, self.run, tell=self.teller.wanted)
            self.ledger.keep_bodies("handoff", later, now)
        ended = self.teller.ended(prepared, judged)
        for one, result, end in zip(prepared, judged, ended, strict=True):
            self.tally.counts_as(result.standing)
            first = end.delivered_at == now
            self.tally.handed_off += first
            self.tally.with_gaps += first and bool(one.handoff and one.handoff.gaps)
            if result.standing is Standing.NEEDS_PERSON:
                self.tally.hear(one.deal, "needs a person", result.reason)
            if result.standing is Standing.EXCLUDED:
                continue
            for note in one.handoff.notes if one.handoff else ():
                self.tally.hear(one.deal, "note", note)
            log.debug("deal=%s standing=%s", one.deal.ref, result.standing.value)
        log.info("wave run=%s deals=%s balance=%r", self.run, len(prepared), self.tally.balance().words())
        self.teller.tell(ended, self.tally, at_once=bool(self.forced))

    def _judge(self, one: Prepared, outcomes: Mapping[str, Outcome]) -> Judged:
        standing, reason = standing_of(one, outcomes)
        try_at = None
        goes_on = [end for end in ends_that_go_on(one, outcomes) if standing is Standing.NEEDS_PERSON]
        if goes_on:
            try_at = min((end.again for end in goes_on if end.again is not None), default=self.clock.now())
        elif standing is Standing.NEEDS_PERSON or one.unhandled:
            try_at = self.clock.now() + PERSON_AGAIN
        elif standing is Standing.WAITING and self.intake.limit is not None and not self._got_on(one, outcomes):
            try_at = self.clock.now() + WAIT_UNDER_A_LIMIT
        again = [outcomes[step.key].again for step in one.steps if standing is Standing.WAITING]
        expected_at = max((moment for moment in again if moment is not None), default=try_at)
        stale = told_otherwise(one, outcomes) if standing is Standing.DONE else ()
        if stale:
            try_at = self.clock.now()  # the next pass tells it in a note
        handled = standing is Standing.DONE and not one.unhandled
        return Judged(
            one.deal,
            one.source_hashes,
            standing,
            reason,
            try_at=try_at,
            mapping_version=self.version,
            changed=stale if handled else one.changed,
            told=self._told(one, outcomes, handled=handled),
            silent=one.silent,
            read_at=self.intake.read_at(one.deal),
            expected_at=expected_at,
            owner=owner_of(one, outcomes),
        )

    def _told(self, one: Prepared, outcomes: Mapping[str, Outcome], *, handled: bool) -> Told | None:
        if not handled:
            return told_by_notes(one, outcomes)
        first = not one.delivered and not one.fixed  # kept before anything was sent
        return None if first else told_by(one, self.bridge.mappings, outcomes)

    def _got_on(self, one: Prepared, outcomes: Mapping[str, Outcome]) -> bool:
        return any(outcomes[step.key].result in (Result.CREATED, Result.UPDATED) for step in one.steps)
