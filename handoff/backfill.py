"""Plans a backfill: which historical deals are handed off, what that makes, and how long it takes; only reads."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from handoff import keys
from handoff import tables as t
from handoff.backfill_counts import BackfillCounts
from handoff.backfill_plan import BackfillPlan
from handoff.backfills import Asked, PlannedDeal, as_handoff, digest, keep_plan
from handoff.backgrounds import kept as kept_background
from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.calls import Ahead
from handoff.carry import Carrier
from handoff.counted import CountedDeal
from handoff.decisions import Decision, Planned
from handoff.historic import historic
from handoff.intake import first_moment
from handoff.lanes import ours
from handoff.model import Deal, DealRef, Standing, Window, WonHow
from handoff.owners import Owner
from handoff.ports import Limit
from handoff.prepare import Prepared, judged, prepare, standing_of
from handoff.report import Notice
from handoff.settled import LEFT_OUT

SLICE = 400
"""Deals that are planned, and carried out, together: whole calls of 10, 50 and 200 records, and of whole accounts."""

SAMPLES = 3
"""Deals that are shown in full."""

HANDED_OFF = "handed off already"
LIVE = "won from start_from on: sync hands it off"
UNDATED = "the CRM does not say when it was won"
BY_HAND = "a person took it over"
GONE = "it is no longer won in the CRM, or not visible to the integration user"


@dataclass(frozen=True)
class StandingClock:
    """A clock that stands still: what is judged by it is judged as of that moment."""

    at: datetime
    scale: float = 1.0

    def now(self) -> datetime:
        """Return that moment."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Return at once."""


def plan_backfill(bridge: Bridge, asked: Asked) -> BackfillPlan:
    """
    Plan the backfill of the deals asked for, keep the plan in the ledger, and return it; neither system is written.

    Raises:
        ConfigError: The contract does not say from when wins are live.
        ServiceError: A system does not answer.
    """
    return _Planning(bridge, asked).plan()


def as_of(bridge: Bridge, moment: datetime) -> Bridge:
    """Return the same bridge, which judges as of another moment."""
    return replace(bridge, clock=StandingClock(moment, bridge.clock.scale))


def by_account(deals: Iterable[CountedDeal]) -> list[list[CountedDeal]]:
    """Return the deals of each account together, the account with the oldest win first."""
    groups: dict[str, list[CountedDeal]] = {}
    for one in sorted(deals, key=lambda one: (one.won_at, one.ref)):
        groups.setdefault(one.account_id or str(one.ref), []).append(one)
    return list(groups.values())


def packed(groups: Iterable[Sequence[Any]], size: int) -> Iterator[list[Any]]:
    """Yield whole groups together, up to `size` items; a larger group comes alone."""
    together: list[Any] = []
    for group in groups:
        if together and len(together) + len(group) > size:
            yield together
            together = []
        together += group
    if together:
        yield together


class _Planning:
    def __init__(self, bridge: Bridge, asked: Asked) -> None:
        self.asked, self.made_at = asked, bridge.clock.now()
        self.starts = first_moment(bridge.mappings)
        self.bridge = replace(bridge, mappings=historic(bridge.mappings, full=asked.full))
        self.counts = BackfillCounts(self.bridge, self.made_at)
        self.deals: list[PlannedDeal] = []
        self.samples: list[Prepared] = []
        self.skipped: Counter[str] = Counter()
        self.listed: list[Notice] = []
        self.not_asked = self.beyond_limit = self.slices = 0
        self.looks = self.reads = 0

    def plan(self) -> BackfillPlan:
        groups, limit = self._candidates(), self.asked.limit
        if limit is not None and limit < sum(len(group) for group in groups):
            self._oldest(groups, limit)
        else:
            for deals in packed(self._wanted(groups), SLICE):
                self._slice(*self._previewed(deals))
        plan = self._told()
        counts, version, ledger = plan.counts(), plan.version, self.bridge.ledger
        told = keep_plan(ledger, self.deals, asked=self.asked, made_at=self.made_at, version=version, counts=counts)
        return replace(plan, number=told)

    def _told(self) -> BackfillPlan:
        share = self.bridge.mappings.contract.backfill.share
        platform, crm = self.bridge.platform.traffic(), self.bridge.crm.traffic()
        writes, steps = self.counts.writes(), self.counts.steps
        calls = Counter({platform.system: self.looks})
        calls[crm.system] += self.reads  # without a platform the CRM is both
        for one in writes:
            calls[one.system] += one.calls
        limits = {system.system: shared(system.limits, share) for system in (platform, crm)}
        return BackfillPlan(
            number=0,
            version=self.bridge.mappings.version,
            made_at=self.made_at,
            asked=self.asked,
            deals=len(self.deals),
            steps={name: steps[name] for name in self.bridge.mappings.target.order if name in steps},
            writes=writes,
            looks=self.looks,
            reads=self.reads,
            ahead=tuple(Ahead(name, calls[name], some) for name, some in limits.items() if calls[name]),
            share=share,
            skipped=dict(self.skipped.most_common()),
            listed=tuple(self.listed),
            not_asked=self.not_asked,
            beyond_limit=self.beyond_limit,
            tasks=dict(self.counts.tasks.most_common()),
            overdue=self.counts.overdue,
            samples=tuple(self.samples),
        )

    # Which deals

    def _candidates(self) -> list[list[CountedDeal]]:
        """Return the won deals that nothing but what they say may rule out, by account."""
        won: dict[str, CountedDeal] = {}
        for page in self.bridge.crm.census(Window(self.asked.begins, self.asked.ends)):
            won |= {str(one.ref): one for one in page if not one.deleted and self._asked_for(one)}
            self.bridge.progress("counting won deals", len(won), 0)
        self.bridge.progress("counting won deals", len(won), len(won))
        d, h, ledger = t.deals.c, t.handoffs.c, self.bridge.ledger
        rows = ledger.deals(won, d.owner, d.episode)
        handoffs = ledger.handoffs((keys.deal_key(one.ref, one.episode) for one in won.values()), h.delivered_at)
        whys = {ref: self._why_not(one, rows.get(ref), handoffs) for ref, one in won.items()}
        for ref, why in whys.items():
            if why:
                self._skip(won[ref], why)
        return by_account(one for ref, one in won.items() if not whys[ref])

    def _asked_for(self, one: CountedDeal) -> bool:
        return one.won_how is WonHow.FIRST_SEEN or self.asked.begins <= one.won_at < self.asked.ends

    def _why_not(self, one: CountedDeal, row: Any, handoffs: Mapping[str, Any]) -> str:
        if one.won_how is WonHow.FIRST_SEEN:
            return UNDATED
        if one.won_at >= self.starts:
            return LIVE
        handoff = handoffs.get(keys.deal_key(one.ref, one.episode))
        if handoff is not None and handoff.delivered_at is not None:
            return HANDED_OFF
        taken_over = row is not None and row.owner == Owner.BY_HAND and row.episode == one.episode
        return BY_HAND if taken_over else ""

    def _wanted(self, groups: list[list[CountedDeal]]) -> Iterator[list[Prepared]]:
        """Yield the deals of each account that were asked for, judged, the oldest win first."""
        total, done = sum(len(group) for group in groups), 0
        for counted in packed(groups, SLICE):
            done += len(counted)
            self.bridge.progress("planning", done, total)
            yield from _accounts(self._chosen(self._read(counted)))

    def _by_win(self, groups: list[list[CountedDeal]]) -> Iterator[list[Prepared]]:
        """Yield the deals that were asked for, judged, the oldest win of all first; each account is read whole."""
        packs = list(packed(groups, SLICE))
        judged: list[Prepared] = []
        for place, counted in enumerate(packs):
            self.bridge.progress("planning", place, len(packs))
            judged = sorted([*judged, *self._chosen(self._read(counted))], key=lambda one: _moment(one.deal))
            # No account of a later pack has a win before the first of the next.
            rest = [one for pack in packs[place + 1 : place + 2] for one in pack[:1]]
            first = [one for one in judged if not rest or _moment(one.deal) < _moment(rest[0])]
            yield from batches(first, SLICE)
            judged = judged[len(first) :]

    def _read(self, counted: Sequence[CountedDeal]) -> list[Deal]:
        before = self.bridge.crm.traffic().calls
        page = self.bridge.crm.read([one.ref.id for one in counted])
        self.reads += self.bridge.crm.traffic().calls - before
        torn = {str(one.ref): one.why for one in page.unreadable}
        there = {str(deal.ref) for deal in page.deals}
        for one in counted:
            if str(one.ref) not in there:
                self._skip(one, torn.get(str(one.ref), GONE))
        return sorted(page.deals, key=lambda deal: (deal.won_at, deal.ref))

    def _chosen(self, deals: Sequence[Deal]) -> Iterator[Prepared]:
        known = self.bridge.ledger.handoffs(keys.deal_key(deal.ref, deal.episode) for deal in deals)
        here = ours(self.bridge, deals)
        self.not_asked += len(deals) - len(here)
        for one in judged(as_of(self.bridge, self.made_at), here, known, {}):
            handoff, asked = one.handoff, self.asked
            assert handoff is not None
            owner = (one.deal.owner_email or "").lower()
            if asked.segment not in (None, handoff.segment) or (asked.owner and asked.owner.lower() != owner):
                self.not_asked += 1
            elif one.excluded or one.stopped:
                self._leave(one, one.excluded or one.stopped)
            else:
                yield one

    def _skip(self, one: CountedDeal, why: str) -> None:
        self._say(Notice(one.ref.id, f"{one.account_name or 'no account'}: {one.name}", LEFT_OUT, why, one.url))

    def _leave(self, one: Prepared, why: str) -> None:
        deal = one.deal
        self._say(Notice(deal.ref.id, f"{deal.account_name or 'no account'}: {deal.name}", LEFT_OUT, why, deal.url))

    def _say(self, notice: Notice) -> None:
        self.skipped[notice.reason] += 1
        self.listed.append(notice)

    # What becomes of them

    def _oldest(self, groups: list[list[CountedDeal]], limit: int) -> None:
        """Keep of the deals that get something the oldest wins, at most so many."""
        left_alone = sum(self.skipped.values())
        going: list[Prepared] = []
        decisions: dict[str, Decision] = {}
        for some in self._by_win(groups):
            made, decided = self._previewed(some)
            going += made
            decisions |= decided
            if len(going) >= limit:
                break
        del going[limit:]
        seen = len(going) + self.not_asked + sum(self.skipped.values()) - left_alone
        self.beyond_limit = sum(len(group) for group in groups) - seen
        for deals in packed(_accounts(going), SLICE):
            self._slice(deals, decisions)

    def _previewed(self, chosen: Sequence[Prepared]) -> tuple[list[Prepared], dict[str, Decision]]:
        """Plan some deals as they are carried out; return those that get something, and by key what steps do."""
        rows = {one.key: as_planned(one, self.made_at) for one in chosen}
        before = self.bridge.platform.traffic().calls
        bridge = as_of(self.bridge, self.made_at)
        prepared = prepare(bridge, [one.deal for one in chosen], known=rows)
        carrier = Carrier(bridge.platform, bridge.mappings.target, bridge.ledger, self.bridge.clock, 0, "")
        ready = [one for one in prepared if not self._stops(one, one.stopped)]
        decisions = carrier.preview(Planned(step, one.deal.won_at) for one in ready for step in one.steps)
        self.looks += self.bridge.platform.traffic().calls - before
        going = [one for one in ready if not self._stops(one, _needs_person(one, carrier))]
        return going, {one.planned.step.key: one for one in decisions}

    def _slice(self, going: Sequence[Prepared], decisions: Mapping[str, Decision]) -> None:
        """Keep of some deals that are carried out together their digests and counts."""
        to_make = {step.key: decisions[step.key] for one in going for step in one.steps}
        self.counts.add(to_make, going)
        for one in going:
            assert one.handoff is not None
            self.deals.append(
                PlannedDeal(
                    str(one.deal.ref),
                    one.deal.ref.id,
                    one.key,
                    self.slices,
                    digest(one.steps),
                    one.handoff.kind,
                    one.background,
                )
            )
        self.samples += going[: SAMPLES - len(self.samples)]
        self.slices += bool(going)

    def _stops(self, one: Prepared, why: str) -> bool:
        if why:
            self._leave(one, why)
        return bool(why)


def _accounts(deals: Iterable[Prepared]) -> list[list[Prepared]]:
    accounts: dict[str, list[Prepared]] = {}
    for one in deals:
        accounts.setdefault(one.deal.account_id or "", []).append(one)
    return list(accounts.values())


def _moment(one: CountedDeal | Deal) -> tuple[datetime, DealRef]:
    return one.won_at, one.ref


def as_planned(one: Prepared, made_at: datetime) -> Any:
    """Return a judged deal in the shape of a handoff's row, as of the moment of the plan."""
    assert one.handoff is not None
    return as_handoff(one.key, one.handoff.kind, kept_background(one.background), made_at, one.deal.won_at)


def shared(limits: Sequence[Limit], share: float) -> tuple[Limit, ...]:
    """Return the limits of which a backfill uses only this part."""
    return tuple(replace(limit, calls=max(1, int(limit.calls * share))) for limit in limits)


def _needs_person(one: Prepared, carrier: Carrier) -> str:
    standing, why = standing_of(one, carrier.outcomes)
    return why if standing is Standing.NEEDS_PERSON else ""
