"""One pass: read what was won, hand it off in waves, tell the CRM, and account for every deal."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from handoff import keys
from handoff.backgrounds import kept as kept_background
from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.carry import Carrier, Decision, Planned
from handoff.changes import followed_up, told_by
from handoff.errors import ConfigError, HandoffError
from handoff.fingerprints import changed
from handoff.ledger import Frozen, Judged, ReadTo
from handoff.mapping import Mappings
from handoff.model import Deal, Outcome, Result, Standing, Trace, Unreadable, Value, Window, WonHow
from handoff.prepare import Prepared, body, prepare, standing_of, step_list
from handoff.report import Notice, Report, Tally, report
from handoff.telling import Teller, come
from handoff.waves import Wave, waves_of

log = logging.getLogger("handoff.run")

PERSON_AGAIN = timedelta(hours=1)
"""How long what needed a person is left alone before it is tried again: the person may have acted elsewhere."""

WAIT_UNDER_A_LIMIT = timedelta(minutes=2)
"""How long a deal that got nowhere makes room for younger ones, where only so many are handed off a pass."""


def at_once(name: str, work: Callable[..., Any], *arguments: Any) -> Any:
    """Do a stage of a run here and now; a flow passes its own way, which makes a task of it."""
    return work(*arguments)


@dataclass(frozen=True)
class Shown:
    """
    What a pass would do for one deal: a decision for each of its steps, in order, and what its record would be told.

    `told` holds the write-back's fields that would be written, as far as they are known before the work is made; it is
    empty when nothing would be.
    """

    prepared: Prepared
    decisions: tuple[Decision, ...]
    told: tuple[tuple[Trace, Value], ...]

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
    stage: Callable[..., Any] = at_once,
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
        self, bridge: Bridge, *, limit: int | None, command: str, stage: Callable[..., Any], forced: frozenset[str]
    ) -> None:
        self.bridge, self.ledger, self.clock = bridge, bridge.ledger, bridge.clock
        allowed = None if forced else bridge.mappings.contract.limits.new_per_pass
        self.limit, self.by_contract = (allowed, True) if limit is None else (limit, False)
        self.command, self.stage, self.forced = command, stage, forced
        self.handed_off_before: set[str] = set()
        self.held: list[Deal] = []
        self.older: set[str] = set()
        self.read_otherwise: dict[str, Mapping[str, str]] = {}
        self.tally = Tally()
        self.window: Window | None = None
        self.teller = Teller(bridge)
        self.version = bridge.mappings.version
        self.starts = first_moment(bridge.mappings)
        self.run = 0

    def carry_out(self) -> Report:
        """Do it; the run is closed in the ledger whatever happens."""
        started = self.clock.now()
        self.run = self.ledger.begin_run(self.command, started, self.version)
        try:
            numbers = count(1)
            for wave in self._waves():
                self.stage(f"wave {next(numbers)}", self._carry_out, wave)
                del wave  # one wave of deals in memory is enough: the next is read now
            for deals in batches(self.held, self.bridge.pace.wave):
                self.stage("the oldest wins", self._hand_off, deals)
            done = self._report(started)
        except BaseException as error:
            so_far = {"balance": self.tally.balance().as_dict()}
            said = str(error) if isinstance(error, HandoffError) else type(error).__name__
            self.ledger.end_run(self.run, self.clock.now(), counts=so_far, report=None, error=said)
            raise
        counts: dict[str, Any] = {"balance": done.balance.as_dict(), "handed_off": done.handed_off, "steps": done.steps}
        self.ledger.end_run(self.run, done.ended_at, counts=counts, report=done.as_dict(), error=None)
        return done

    def shadow(self) -> Report:
        """Do all but write: the run and its report are kept, and every deal counts as left out."""
        started = self.clock.now()
        self.run = self.ledger.begin_run(f"{self.command} (shadow)", started, self.version)
        try:
            for shown in self.look():
                one = shown.prepared
                self.tally.counts_as(Standing.EXCLUDED)
                self.tally.would_do({d.planned.step.kind: d.send for d in shown.decisions if d.send is not None})
                if one.stopped:
                    self.tally.hear(one.deal, "needs a person", one.stopped)
                for note in one.handoff.notes if one.handoff else ():
                    self.tally.hear(one.deal, "note", note)
            self.tally.rest_is(Standing.EXCLUDED)
            done = self._report(started)
        except BaseException as error:
            said = str(error) if isinstance(error, HandoffError) else type(error).__name__
            self.ledger.end_run(self.run, self.clock.now(), counts={}, report=None, error=said)
            raise
        counts: dict[str, Any] = {"balance": done.balance.as_dict(), "steps": done.steps}
        self.ledger.end_run(self.run, done.ended_at, counts=counts, report=done.as_dict(), error=None)
        return done

    def count_first_handoffs(self) -> int:
        """Return how many deals would be handed off for the first time; only reads."""
        count = 0
        for wave in self._waves():
            new, again, _ = self._sorted_out(wave.page.deals)
            count += sum(str(deal.ref) not in self.handed_off_before for deal in (*new, *again))
        return count

    def look(self) -> Iterator["Shown"]:
        """Yield what `carry_out` would do for each deal; only reads."""
        for wave in self._waves():
            new, again, _ = self._sorted_out(wave.page.deals)
            yield from self._shown(self._to_hand_off([*new, *again]))
        for deals in batches(self.held, self.bridge.pace.wave):
            yield from self._shown(deals)

    def _shown(self, deals: Sequence[Deal]) -> Iterator["Shown"]:
        prepared = self._prepared(deals) if deals else []
        carrier = self._carrier()
        decisions = carrier.preview(Planned(step, one.deal.won_at) for one in prepared for step in one.steps)
        by_key = {decision.planned.step.key: decision for decision in decisions}
        ended = self.teller.ended(prepared, [self._judge(one, carrier.outcomes) for one in prepared])
        rows = self.ledger.deals(str(one.deal.ref) for one in prepared)
        for one, end in zip(prepared, ended, strict=True):
            row = rows.get(str(one.deal.ref))
            told = self.teller.would_tell(end, row)
            yield Shown(one, tuple(by_key[step.key] for step in one.steps), told)

    def _report(self, started: datetime) -> Report:
        return report(
            self.tally,
            run=self.run,
            command=self.command,
            started_at=started,
            ended_at=self.clock.now(),
            mapping_version=self.version,
            window=(self.window.lower, self.window.upper) if self.window else None,
            shadow=self.bridge.mappings.contract.rollout.mode == "shadow",
        )

    # Reading

    def _waves(self) -> Iterator[Wave]:
        crm, size, now = self.bridge.crm, self.bridge.pace.wave, self.clock.now()
        if self.forced:
            asked = sorted(self.forced)
            yield Wave(self.stage("read the deals asked for", crm.read, asked))
            return
        # The window is fixed before anything is read: what changes while we work belongs to the next one.
        self.window = self._window()
        for ids in batches(self.ledger.due(crm.instance, now, self.version, self.limit), size):
            yield Wave(self.stage("read waiting deals", crm.read, ids), asked=tuple(ids))
        read_to = ReadTo(self.bridge.crm_name, self.window.upper, self.starts)
        pages = waves_of(crm.changed(self.window), size)
        last = False
        while not last:
            page = self.stage("read won deals", next, pages)
            last = len(page.deals) < size
            yield Wave(page, read_to if last else None)
            del page

    def _window(self) -> Window:
        pace = self.bridge.pace
        upper = self.bridge.crm.server_now() - pace.lag
        cursor = self.ledger.read_until(self.bridge.crm_name, self.starts)
        return Window(cursor - pace.overlap if cursor else min(self.starts, upper), upper)

    # One wave

    def _carry_out(self, wave: Wave) -> None:
        """Keep the rows (and with the last the cursor), then hand off those that are new, changed or waiting."""
        self._gone(wave)
        now, page = self.clock.now(), wave.page
        unreadable = [one for one in page.unreadable if str(one.ref) not in self.tally.seen]
        new, again, waiting = self._sorted_out(page.deals)
        if self.read_otherwise:
            self.ledger.rebase(self.read_otherwise)
            self.read_otherwise = {}
        self.ledger.take_in(new, unreadable, now, self.run, read_to=wave.read_to)
        for one in unreadable:
            self._unreadable(one)
        for _ in range(waiting):
            self.tally.counts_as(Standing.WAITING)
        todo = self._to_hand_off([*new, *again])
        if todo:
            self._hand_off(todo)

    def _to_hand_off(self, deals: Sequence[Deal]) -> list[Deal]:
        """
        Return the deals to go on with now, the oldest win first.

        Under a limit the oldest of those that were never handed off are held until all are read; the others wait.
        """
        oldest = sorted([*self.held, *deals], key=lambda deal: (deal.won_at, deal.ref))
        if self.limit is None:
            return oldest
        first = [deal for deal in oldest if str(deal.ref) not in self.handed_off_before]
        self.held = first[: self.limit]
        for deal in first[self.limit :]:
            self.tally.counts_as(Standing.WAITING)
            if self.by_contract:
                why = f"limits.new_per_pass lets {self.limit:,} go in one pass, the oldest wins first"
                self.tally.hear(deal, "waiting", f"{why}; it goes with a later one")
        return [deal for deal in oldest if str(deal.ref) in self.handed_off_before]

    def _gone(self, wave: Wave) -> None:
        """A waiting deal that is no longer won waits for nothing; nor does one that turns out to be an older win."""
        there = {deal.ref.id for deal in wave.page.deals} | {one.ref.id for one in wave.page.unreadable}
        gone = [one for one in wave.asked if one not in there]
        for ref, standing in self._exclude(gone, "no longer won in the CRM").items():
            self.tally.seen.add(ref)
            self.tally.counts_as(standing)
        asked = set(wave.asked)
        older = [deal for deal in wave.page.deals if deal.ref.id in asked and deal.won_how is not WonHow.FIRST_SEEN]
        self._exclude([deal.ref.id for deal in older if deal.won_at < self.starts], "won before start_from")

    def _exclude(self, ids: Sequence[str], because: str) -> dict[str, Standing]:
        if not ids:
            return {}
        return self.ledger.exclude(self.bridge.crm.instance, ids, because, self.clock.now(), self.run)

    def _sorted_out(self, deals: Iterable[Deal]) -> tuple[list[Deal], list[Deal], int]:
        """Return the deals that are new or changed, those that go on, and how many wait for their moment."""
        # A page may hold a deal twice; the later one is the newer.
        listed = {str(deal.ref): deal for deal in deals if str(deal.ref) not in self.tally.seen}
        rows = self.ledger.deals(listed)
        new: list[Deal] = []
        again: list[Deal] = []
        waiting, now = 0, self.clock.now()
        for ref, deal in listed.items():
            row = rows.get(ref)
            if row is not None and deal.won_how is WonHow.FIRST_SEEN:
                deal = replace(deal, won_at=row.won_at)
            if deal.won_at < self.starts:
                self.older.add(ref)
                self.tally.before_start = len(self.older)
                continue
            self.tally.see(deal.ref)
            if row is not None and row.standing == Standing.DONE:
                self.handed_off_before.add(ref)
            hashes = self.bridge.fingerprints(deal)
            if row is None or changed(row.source_hashes, hashes):
                new.append(deal)
                continue
            if row.source_hashes.keys() != hashes.keys():
                self.read_otherwise[ref] = hashes
            if self.forced or self._goes_on(row, now):
                again.append(deal)
            elif row.standing == Standing.WAITING:
                waiting += 1
            else:
                self._stands(deal, row)
        return new, again, waiting

    def _goes_on(self, row: Any, now: datetime) -> bool:
        """Whether the moment has come for a deal that waits, or for a receipt that does."""
        if row.receipt_pending and come(row.receipt_try_at, now):
            return True
        if row.standing == Standing.EXCLUDED:
            return row.mapping_version not in (None, self.version)
        if row.standing == Standing.NEEDS_PERSON:
            return row.mapping_version != self.version or come(row.try_at, now)
        return bool(row.standing == Standing.WAITING and come(row.try_at, now))

    def _stands(self, deal: Deal, row: Any) -> None:
        """Count a deal that needs nothing from this run; what a person must see is told again."""
        standing = Standing(row.standing)
        self.tally.counts_as(standing)
        if standing is Standing.NEEDS_PERSON:
            self.tally.hear(deal, "needs a person", row.reason)
        if row.receipt_pending:
            self.tally.pending(deal, row.receipt_pending)

    def _unreadable(self, one: Unreadable) -> None:
        self.tally.see(one.ref)
        self.tally.counts_as(Standing.WAITING)
        self.tally.tell(Notice(one.ref.id, one.name, "not readable", one.why))

    def _hand_off(self, todo: Sequence[Deal]) -> None:
        bridge = self.bridge
        bridge.progress("judging", 0, len(todo))
        prepared = self._prepared(todo)
        bridge.progress("judging", len(todo), len(todo))
        self._keep(prepared)
        planned = [Planned(step, one.deal.won_at) for one in prepared for step in one.steps]
        carrier = self._carrier()
        outcomes = carrier.carry_out(planned)
        self.tally.ended({one.step.key: one.step.kind for one in planned}, outcomes)
        self.tally.fields_kept += carrier.fields_kept
        for one in prepared:
            for remark in carrier.remarks.get(str(one.deal.ref), ()):
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
            look_again=bool(self.forced),
            progress=bridge.progress,
        )

    def _prepared(self, deals: Sequence[Deal]) -> list[Prepared]:
        """Return the deals judged and planned, each with the moments and the work of its first time."""
        known = self.ledger.handoffs(keys.deal_key(deal.ref, deal.episode) for deal in deals)
        return followed_up(self.bridge, prepare(self.bridge, deals, known=known), known)

    def _keep(self, prepared: Sequence[Prepared]) -> None:
        known = self.ledger.handoffs(one.key for one in prepared)
        frozen, bodies = [], []
        for one in prepared:
            handoff, row = one.handoff, known.get(one.key)
            if handoff is None or one.excluded:
                continue
            bodies.append((one.key, body(handoff)))
            if row is None or row.delivered_at is None:
                steps = step_list(one.steps) or (row.steps if row else [])
                frozen.append(Frozen(one.key, handoff, steps, kept_background(one.background)))
        self.ledger.freeze(frozen, self.version)
        self.ledger.list_more({one.key: step_list(one.added) for one in prepared if one.added})
        self.ledger.keep_bodies("handoff", bodies, self.clock.now())

    def _conclude(self, prepared: Sequence[Prepared], outcomes: dict[str, Outcome]) -> None:
        now = self.clock.now()
        judged = [self._judge(one, outcomes) for one in prepared]
        self.ledger.conclude(judged, now, self.run, tell=self.teller.wanted)
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
        if standing is Standing.NEEDS_PERSON:
            try_at = self.clock.now() + PERSON_AGAIN
        elif standing is Standing.WAITING and self.limit is not None and not self._got_on(one, outcomes):
            try_at = self.clock.now() + WAIT_UNDER_A_LIMIT
        handled = standing is Standing.DONE and not one.unhandled
        return Judged(
            one.deal,
            one.source_hashes,
            standing,
            reason,
            try_at=try_at,
            mapping_version=self.version,
            changed=() if handled else one.changed,
            told=told_by(one, self.bridge.mappings) if handled else None,
            silent=one.silent,
        )

    def _got_on(self, one: Prepared, outcomes: Mapping[str, Outcome]) -> bool:
        return any(outcomes[step.key].result in (Result.CREATED, Result.UPDATED) for step in one.steps)


def first_moment(mappings: Mappings) -> datetime:
    """Return the moment from which wins are ours; raises `ConfigError` when the contract does not say."""
    starts = mappings.contract.starts
    if starts is None:
        raise ConfigError(
            "handoff.yml has no start_from, so the first run would hand off the company's whole history. "
            "Add the day from which wins are handed off: start_from: 2026-12-01"
        )
    return starts
