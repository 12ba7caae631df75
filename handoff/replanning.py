"""A backfill over deals that were handed off before: changed mappings applied to them, planned and approved alike."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from handoff import tables as t
from handoff.applied import apply_in
from handoff.backfill import SLICE, packed, shared
from handoff.backfill_plan import BackfillPlan
from handoff.backfilling import CHANGED, COMMAND, PLAN_AGAIN, must_hold
from handoff.backfills import (
    DONE,
    LEFT_OUT,
    Asked,
    PlannedDeal,
    deals_planned,
    elsewhere,
    end,
    keep_approval,
    keep_plan,
    slices_to_do,
)
from handoff.bridge import Bridge
from handoff.calls import Ahead
from handoff.errors import ConfigError
from handoff.lanes import delivered
from handoff.ledger import Ledger
from handoff.model import Standing
from handoff.prepare import Prepared
from handoff.reapplication import Reapplication, To
from handoff.reapply import plan_again
from handoff.recorded import recorded
from handoff.report import Notice, Report, Tally
from handoff.rows import BRIDGE
from handoff.settled import left_out_of


def plan_replan(bridge: Bridge, asked: Asked) -> BackfillPlan:
    """
    Plan what today's mappings change in the handoffs of these deals, keep the plan, and return it; only reads.

    With `full` the steps are made too that the mapping gained since a handoff was delivered.

    Raises:
        ConfigError: An owner is asked for: whose deal it is is not kept.
        ServiceError: A system does not answer.
    """
    if asked.owner:
        raise ConfigError(
            "--owner does not go with --replan: the ledger does not keep whose deal it was. Leave it out."
        )
    chosen = _chosen(bridge, asked)
    some = chosen[: asked.limit]
    again = plan_again(bridge, To.ALL, with_new_steps=asked.full, only=frozenset(row.ref for row in some))
    deals = _as_planned(bridge, again)
    plan = _told(bridge, asked, again, beyond_limit=len(chosen) - len(some))
    counts, made_at, version = plan.counts(), plan.made_at, plan.version
    number = keep_plan(bridge.ledger, deals, asked=asked, made_at=made_at, version=version, counts=counts)
    return replace(plan, number=number)


def carry_out_replan(bridge: Bridge, number: int, *, by: str = BRIDGE) -> Report:
    """
    Do what is left of such a plan, slice after slice, and return what this run did of it.

    What changed since it was approved is left out, and listed. Several processes may carry the same plan out at once:
    each takes slices that nobody works on.

    Args:
        by: Who approved it, for the trail.

    Raises:
        ConfigError: As with `carry_out_backfill`.
        ServiceError: A whole system refused; doing it again goes on from there.
    """
    return _Replanning(bridge, must_hold(bridge, number), by).carry_out()


def _chosen(bridge: Bridge, asked: Asked) -> list[Any]:
    """Return the rows of the delivered deals that were won in these days, the oldest win first."""
    there = {row.deal: row for row in delivered(bridge)}
    rows = bridge.ledger.deals(there)
    segments = bridge.ledger.handoffs((row.key for row in there.values()), t.handoffs.c.segment)
    return [
        rows[ref]
        for ref, one in there.items()
        if asked.begins <= rows[ref].won_at < asked.ends and asked.segment in (None, segments[one.key].segment)
    ]


def _as_planned(bridge: Bridge, again: Reapplication) -> list[PlannedDeal]:
    """Return the deals in whole accounts, slice by slice, each with the digest of its own plan."""
    groups: dict[str, list[Prepared]] = {}
    for one in again.deals:
        groups.setdefault(one.deal.account_id or str(one.deal.ref), []).append(one)
    return [
        PlannedDeal(
            str(one.deal.ref),
            one.deal.ref.id,
            one.key,
            slice_,
            again.digests[str(one.deal.ref)],
            one.handoff.kind if one.handoff else "",
            one.background,
        )
        for slice_, some in enumerate(packed(groups.values(), SLICE))
        for one in some
    ]


def _told(bridge: Bridge, asked: Asked, again: Reapplication, *, beyond_limit: int) -> BackfillPlan:
    share = bridge.mappings.contract.backfill.share
    reasons = [one.reason for one in again.left_out]
    return BackfillPlan(
        number=0,
        version=again.version,
        made_at=again.planned_at,
        asked=asked,
        deals=len(again.deals),
        steps=again.steps,
        writes=again.writes,
        looks=again.look_ups + again.looked[1].calls,
        reads=again.looked[0].calls,
        ahead=_ahead(again, share),
        share=share,
        skipped={why: reasons.count(why) for why in dict.fromkeys(reasons)},
        listed=again.left_out,
        not_asked=0,
        beyond_limit=beyond_limit,
        tasks={},
        overdue=0,
        samples=(),
    )


def _ahead(again: Reapplication, share: float) -> tuple[Ahead, ...]:
    """Return all calls by system: each slice is compared once more before it is carried out."""
    calls = {one.system: one.calls for one in again.looked}
    for one in again.ahead:
        calls[one.system] = calls.get(one.system, 0) + one.calls
    limits = {one.system: shared(one.limits, share) for one in again.looked}
    return tuple(Ahead(system, count, limits[system]) for system, count in calls.items() if count)


class _Replanning:
    """One run over what is left of a plan."""

    def __init__(self, bridge: Bridge, plan: Any, by: str) -> None:
        self.bridge, self.ledger, self.plan, self.by = bridge, bridge.ledger, plan, by
        self.tally = Tally()

    def carry_out(self) -> Report:
        return recorded(self.bridge, self.tally, COMMAND, self._slices, actor=self.by)

    def _slices(self, run: int) -> None:
        keep_approval(self.ledger, self.plan.id, run, self.bridge.clock.now(), by=self.by)
        mine = set()
        for slice_ in slices_to_do(self.ledger, self.plan.id):
            mine.add(slice_)
            self.bridge.go_on()
            self._slice(run, slice_)
        self.tally.elsewhere = elsewhere(self.ledger, self.plan.id, mine)

    def _slice(self, run: int, slice_: int) -> None:
        """Plan a slice anew, and do what of it is as approved; what another run did of it meanwhile is done."""
        rows = deals_planned(self.ledger, self.plan.id, slice_)
        if not rows:
            return
        again = self.plan.asked["full"]
        now = plan_again(self.bridge, To.ALL, with_new_steps=again, only=frozenset(rows))
        same = tuple(one for one in now.deals if now.digests[str(one.deal.ref)] == rows[str(one.deal.ref)].digest)
        refs = {str(one.deal.ref) for one in same}
        changed = {str(one.deal.ref) for one in now.deals} - refs
        known = self.ledger.deals(changed)
        listed = tuple(left_out_of(known[ref], f"{CHANGED}; {PLAN_AGAIN}") for ref in sorted(changed))
        part = replace(_only(now, same, refs), left_out=(*now.left_out, *listed))
        apply_in(run, self.bridge, part, self.tally)
        _end(self.ledger, self.plan.id, rows, refs, changed, now.left_out)


def _only(again: Reapplication, deals: tuple[Prepared, ...], refs: set[str]) -> Reapplication:
    """Return the part of a plan that is about these deals."""
    decisions = {key: one for key, one in again.decisions.items() if str(one.planned.step.deal) in refs}
    return replace(again, deals=deals, decisions=decisions, tells=again.tells & refs)


def _end(
    ledger: Ledger, plan: int, rows: Mapping[str, Any], same: set[str], changed: set[str], out: tuple[Notice, ...]
) -> None:
    """Keep what became of the deals of a slice; what waits or needs a person is left to be done."""
    whys = {one.deal: one.reason for one in out}
    standing = {ref: row.standing for ref, row in ledger.deals(same, t.deals.c.standing).items()}
    ended = {ref: (DONE, "") for ref in same if standing[ref] == Standing.DONE}
    ended |= dict.fromkeys(changed, (LEFT_OUT, CHANGED))
    ended |= {ref: (LEFT_OUT, whys[row.deal_id]) for ref, row in rows.items() if row.deal_id in whys}
    end(ledger, plan, ended)
