"""Which deals a pass reads, which of them it goes on with now, and what it says of the others."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from handoff import tables as t
from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.departures import departed
from handoff.errors import ConfigError
from handoff.fingerprints import changed
from handoff.firsts import firsts, keep_marks
from handoff.keys import deal_key
from handoff.lanes import lanes
from handoff.mapping import Mappings
from handoff.model import Deal, Page, Standing, Unreadable, Window, WonHow
from handoff.owners import Owner
from handoff.prepare import judged
from handoff.report import Notice, Tally
from handoff.telling import come
from handoff.waves import Wave, waves_of
from handoff.windows import reading

WAIT_UNDER_A_LIMIT = timedelta(minutes=2)
"""How long a deal that got nowhere makes room for younger ones, where only so many are handed off a pass."""

ELSEWHERE = "another pass works on it, or on its account; it goes on with a later one"

WITHOUT_LOG = "read without its log of changes, with the lag and the overlap alone"

Stage = Callable[..., Any]
"""How a named piece of work is carried out; it must call it once and return what it returned."""


def at_once(name: str, work: Callable[..., Any], *arguments: Any) -> Any:
    """Do a stage of a run here and now; a flow passes its own way, which makes a task of it."""
    return work(*arguments)


@dataclass(frozen=True)
class Sorted:
    """Deals by what is to be done about them: they are `new` or changed, go on `again`, or wait for their moment."""

    new: Sequence[Deal]
    again: Sequence[Deal]
    waiting: int


class Intake:
    """
    The deals of one pass.

    Args:
        tally: Counts what is seen, and what ends here: deals that wait, stand, or cannot be read.
        limit: At most so many deals are handed off for the first time; None: as many as the contract allows.
        forced: CRM ids; only these are read, and gone on with whatever their moment.
        stage: How a named piece of work is carried out.

    `held` are deals that are gone on with once all are read: under a limit the oldest wins go first. `window` is the
    span that was read, None before, and where deals were asked for by id.
    """

    def __init__(
        self, bridge: Bridge, tally: Tally, *, limit: int | None, forced: frozenset[str], stage: Stage = at_once
    ) -> None:
        self.bridge, self.ledger, self.clock = bridge, bridge.ledger, bridge.clock
        self.tally, self.forced, self._stage = tally, forced, stage
        allowed = None if forced else bridge.mappings.contract.limits.new_per_pass
        self.limit, self._by_contract = (allowed, True) if limit is None else (limit, False)
        self.starts = first_moment(bridge.mappings)
        self.version = bridge.mappings.version
        self.window: Window | None = None
        self.held: list[Deal] = []
        self.by_hand: list[tuple[Deal, Any]] = []
        self._begun: set[str] = set()
        self._rows: dict[str, Any] = {}
        self._read_at: dict[str, datetime] = {}
        self._older: set[str] = set()
        self._read_otherwise: dict[str, Mapping[str, str]] = {}

    def waves(self) -> Iterator[Wave]:
        """Yield the deals that were asked for, or those that wait and then those of the window."""
        crm, size = self.bridge.crm, self.bridge.pace.wave
        if self.forced:
            asked, before = sorted(self.forced), self.clock.now()
            yield Wave(self._stage("read the deals asked for", crm.read, asked), before)
            return
        # The window is fixed before anything is read: what changes while we work belongs to the next one.
        now = reading(self.bridge, self.starts)
        self.window, named = now.window, set(now.named)
        if now.trouble:
            self.tally.tell(Notice("", f"{crm.system} {crm.instance}", "note", f"{WITHOUT_LOG}: {now.trouble}"))
        for ids in self._due(size):
            before = self.clock.now()
            named.difference_update(ids)
            yield Wave(self._stage("read waiting deals", crm.read, ids), before, asked=tuple(ids))
        if now.departures:
            for left in crm.left(now.departures):
                named.difference_update(one.ref.id for one in left)
                known = self.ledger.deals(str(one.ref) for one in left)
                ours = tuple(one for one in left if str(one.ref) in known)
                if ours:
                    yield Wave(Page(()), self.clock.now(), left=ours)
        pages = waves_of(crm.changed(self.window), size, self.clock.now)
        last = False
        while not last:
            page, before = self._stage("read won deals", next, pages)
            last = len(page.deals) < size
            named.difference_update(one.ref.id for one in (*page.deals, *page.unreadable))
            yield Wave(page, before, now.read_to if last and not named else None)
            del page
        while named:
            ids = sorted(named)[:size]
            before = self.clock.now()
            named.difference_update(ids)
            yield Wave(self._stage("read deals the log names", crm.read, ids), before, None if named else now.read_to)

    def taken_in(self, wave: Wave, run: int) -> list[Deal]:
        """Keep a wave's rows (and with the last the cursor); return the deals to hand off now, the oldest win first."""
        self._gone(wave, run)
        self._left(wave, run)
        now, page = self.clock.now(), wave.page
        unreadable = self._ours([one for one in page.unreadable if str(one.ref) not in self.tally.seen])
        found = self.sorted_out(page.deals)
        if self._read_otherwise:
            self.ledger.rebase(self._read_otherwise)
            self._read_otherwise = {}
        self.ledger.take_in(found.new, unreadable, now, run, read_at=wave.read_at, read_to=wave.read_to)
        held = {str(deal.ref) for deal in self.held}
        self._read_at = {ref: at for ref, at in self._read_at.items() if ref in held}
        self._read_at |= dict.fromkeys((str(deal.ref) for deal in (*found.new, *found.again)), wave.read_at)
        for one in unreadable:
            self._unreadable(one)
        for _ in range(found.waiting):
            self.tally.counts_as(Standing.WAITING)
        return self.to_hand_off([*found.new, *found.again])

    def read_at(self, deal: Deal) -> datetime | None:
        """Return a moment before this deal was read; None where it was only looked at."""
        return self._read_at.get(str(deal.ref))

    def taken(self, deals: Sequence[Deal]) -> list[Deal]:
        """
        Take the leases of these deals, and return those that are ours to work on; the others are counted.

        A deal is not when another pass works on it or on its account, or has read it after we did.
        """
        subjects = {str(deal.ref): self.bridge.subjects(deal) for deal in deals}
        mine = self.ledger.take(one for some in subjects.values() for one in some)
        d = t.deals.c
        rows = self.ledger.deals(subjects, d.read_at, d.standing, d.reason, d.receipt_pending)
        ours: list[Deal] = []
        for deal in deals:
            row = rows.get(str(deal.ref))
            read_at = self.read_at(deal)
            if row is not None and read_at is not None and row.read_at > read_at:
                self._stands(deal, row)
            elif mine.issuperset(subjects[str(deal.ref)]):
                ours.append(deal)
            else:
                self.tally.counts_as(Standing.WAITING)
                self.tally.hear(deal, "waiting", ELSEWHERE)
        ours = self._without_later_wins(ours)
        kept = {one for deal in ours for one in subjects[str(deal.ref)]}
        if mine - kept:
            self.ledger.release(mine - kept)
        return ours

    def _without_later_wins(self, deals: list[Deal]) -> list[Deal]:
        """Return the deals but those that wait for an earlier win of the same customer in another CRM."""
        if not self.bridge.mappings.contract.same_customer:
            return deals
        keep_marks(self.ledger, self.bridge.mappings, deals)
        known = self.ledger.handoffs(deal_key(deal.ref, deal.episode) for deal in deals)
        others = {ref: one for ref, one in firsts(self.bridge, deals, known).items() if not one.begun}
        for deal in deals:
            if str(deal.ref) in others:
                self.tally.counts_as(Standing.WAITING)
                self.tally.hear(deal, "waiting", f"for {others[str(deal.ref)].words}, which was won first")
        return [deal for deal in deals if str(deal.ref) not in others]

    def looked_at(self, wave: Wave) -> list[Deal]:
        """Return the same deals; only reads."""
        found = self.sorted_out(wave.page.deals)
        return self.to_hand_off([*found.new, *found.again])

    def first_handoffs(self, wave: Wave) -> int:
        """Return how many deals of a wave would be handed off for the first time; only reads."""
        found = self.sorted_out(wave.page.deals)
        return len(self._takes_place([*found.new, *found.again]))

    def to_hand_off(self, deals: Sequence[Deal]) -> list[Deal]:
        """
        Return the deals to go on with now, the oldest win first.

        Under a limit the oldest of those that would be handed off for the first time are held until all are read; the
        others wait. What was delivered before and what the files exclude takes no place. Deals that were begun before
        and got no further get at most half of the places (rounded down), and those that new ones leave free.
        """
        oldest = _oldest_first(deals)
        if self.limit is None:
            return oldest
        first = self._takes_place(oldest)
        placed = {str(deal.ref) for deal in first}
        wanting = _oldest_first([*self.held, *first])
        begun = [deal for deal in wanting if str(deal.ref) in self._begun]
        new = [deal for deal in wanting if str(deal.ref) not in self._begun]
        again = min(len(begun), max(self.limit // 2, self.limit - len(new)))
        self.held = _oldest_first([*begun[:again], *new[: self.limit - again]])
        for deal in (*begun[again:], *new[self.limit - again :]):
            self._held_back(deal)
        return [deal for deal in oldest if str(deal.ref) not in placed]

    def _held_back(self, deal: Deal) -> None:
        row = self._rows.get(str(deal.ref))
        if row is not None and row.standing != Standing.WAITING:
            self._stands(deal, row)
            return
        self.tally.counts_as(Standing.WAITING)
        if self._by_contract:
            why = f"limits.new_per_pass lets {self.limit:,} go in one pass, the oldest wins first"
            self.tally.hear(deal, "waiting", f"{why}; it goes with a later one")

    def _takes_place(self, deals: Sequence[Deal]) -> list[Deal]:
        """Return those of some deals that would be handed off for the first time, and keep which were begun before."""
        keys = {deal_key(deal.ref, deal.episode): deal for deal in deals}
        known = self.ledger.handoffs(keys)
        self._begun |= {str(keys[key].ref) for key, row in known.items() if row.delivered_at is None}
        first = [deal for key, deal in keys.items() if key not in known or known[key].delivered_at is None]
        contract = self.bridge.mappings.contract
        may_be_left_out = contract.kinds or contract.rollout.mode == "pilot" or contract.same_customer
        if not may_be_left_out and not any(deal.merged for deal in first):
            return first
        by_lane = lanes(self.bridge, _oldest_first(first))
        left_out = {one.key for lane, some in by_lane for one in judged(lane, some, known, {}) if one.excluded}
        return [deal for deal in first if deal_key(deal.ref, deal.episode) not in left_out]

    def _due(self, size: int) -> Iterator[Sequence[str]]:
        """Yield the ids of deals that wait; under a limit those never begun only until the places are taken."""
        now, instance = self.clock.now(), self.bridge.crm.instance
        if self.limit is None:
            yield from batches(self.ledger.due(instance, now, self.version, starts=self.starts), size)
            return
        begun = self.ledger.due(instance, now, self.version, untried=False, starts=self.starts)
        yield from batches(begun, size)
        untried = self.ledger.due(instance, now, self.version, untried=True, starts=self.starts)
        for ids in batches(untried, min(size, max(self.limit, 200))):
            yield ids
            stuck = sum(str(deal.ref) in self._begun for deal in self.held)
            if len(self.held) >= self.limit and stuck <= self.limit // 2:
                return

    def sorted_out(self, deals: Iterable[Deal]) -> Sorted:
        """Return the deals by what is to be done about them; those that stand as they are are counted."""
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
                self._older.add(ref)
                self.tally.before_start = len(self._older)
                continue
            self.tally.see(deal.ref)
            hashes = self.bridge.fingerprints(deal)
            if row is not None and not self.forced and _taken_over(row, deal):
                self._is_by_hand(deal, row, now)
                continue
            if row is None or changed(row.source_hashes, hashes):
                new.append(deal)
                continue
            if row.source_hashes.keys() != hashes.keys():
                self._read_otherwise[ref] = hashes
            if self.forced or self._goes_on(row, now):
                again.append(deal)
                self._rows[ref] = row
            elif row.standing == Standing.WAITING:
                waiting += 1
            else:
                self._stands(deal, row)
        return Sorted(new, again, waiting)

    def _gone(self, wave: Wave, run: int) -> None:
        """A waiting deal that is no longer won waits for nothing; nor does one that turns out to be an older win."""
        there = {deal.ref.id for deal in wave.page.deals} | {one.ref.id for one in wave.page.unreadable}
        gone = [one for one in wave.asked if one not in there]
        for ref, standing in self._exclude(gone, "no longer won in the CRM", run).items():
            self.tally.seen.add(ref)
            self.tally.counts_as(standing)
        asked = set(wave.asked)
        older = [deal for deal in wave.page.deals if deal.ref.id in asked and deal.won_how is not WonHow.FIRST_SEEN]
        self._exclude([deal.ref.id for deal in older if deal.won_at < self.starts], "won before start_from", run)

    def _left(self, wave: Wave, run: int) -> None:
        """Of the deals that are not won any more those that we know are told, and counted as they stand now."""
        left = [one for one in wave.left if str(one.ref) not in self.tally.seen]
        for one in departed(self.ledger, left, self.clock.now(), run):
            self.tally.seen.add(one.ref)
            self.tally.counts_as(one.standing)
            if one.notice is not None:
                self.tally.tell(one.notice)

    def _exclude(self, ids: Sequence[str], because: str, run: int) -> dict[str, Standing]:
        if not ids:
            return {}
        return self.ledger.exclude(self.bridge.crm.instance, ids, because, self.clock.now(), run)

    def _goes_on(self, row: Any, now: datetime) -> bool:
        """Whether the moment has come for a deal that waits, or for a receipt that does."""
        if row.receipt_pending and come(row.receipt_try_at, now):
            return True
        if row.standing == Standing.EXCLUDED:
            return row.mapping_version not in (None, self.version)
        needs_person = row.standing == Standing.NEEDS_PERSON
        if needs_person or (row.standing == Standing.DONE and row.try_at is not None):
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

    def _is_by_hand(self, deal: Deal, row: Any, now: datetime) -> None:
        """Nothing is done about a deal that a person took over, but its record is told so."""
        if not row.receipt_pending or not come(row.receipt_try_at, now):
            self._stands(deal, row)
            return
        self.tally.counts_as(Standing(row.standing))
        self.by_hand.append((deal, row))

    def _ours(self, unreadable: Sequence[Unreadable]) -> list[Unreadable]:
        """Return those that no person took over; the others are counted as they stand."""
        d = t.deals.c
        rows = self.ledger.deals((str(one.ref) for one in unreadable), d.standing, d.owner)
        taken_over = {ref: row for ref, row in rows.items() if row.owner == Owner.BY_HAND}
        for one in unreadable:
            if str(one.ref) in taken_over:
                self.tally.see(one.ref)
                self.tally.counts_as(Standing(taken_over[str(one.ref)].standing))
        return [one for one in unreadable if str(one.ref) not in taken_over]

    def _unreadable(self, one: Unreadable) -> None:
        self.tally.see(one.ref)
        self.tally.counts_as(Standing.WAITING)
        self.tally.tell(Notice(one.ref.id, one.name, "not readable", one.why))


def _taken_over(row: Any, deal: Deal) -> bool:
    """Whether a person settled or skipped it; one that is won again since is new."""
    return bool(row.owner == Owner.BY_HAND and row.episode == deal.episode)


def _oldest_first(deals: Iterable[Deal]) -> list[Deal]:
    return sorted(deals, key=lambda deal: (deal.won_at, deal.ref))


def first_moment(mappings: Mappings) -> datetime:
    """Return the moment from which wins are ours; raises `ConfigError` when the contract does not say."""
    starts = mappings.contract.starts
    if starts is None:
        raise ConfigError(
            "handoff.yml has no start_from, so the first run would hand off the company's whole history. "
            "Add the day from which wins are handed off: start_from: 2026-12-01"
        )
    return starts
