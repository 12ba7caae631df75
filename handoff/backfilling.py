"""Carries a planned backfill out: slice after slice, each deal as it was planned, by as many processes as there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from handoff import keys
from handoff import tables as t
from handoff.applied import refuse_in_shadow
from handoff.backfill import BY_HAND, GONE, as_of
from handoff.backfills import (
    DONE,
    LEFT_OUT,
    PLAN_HOLDS,
    as_handoff,
    deals_planned,
    digest,
    elsewhere,
    end,
    finished,
    keep_approval,
    name_of,
    plan_of,
    slices_to_do,
    states,
)
from handoff.bridge import Bridge
from handoff.bursts import Slice
from handoff.changes import followed_up
from handoff.errors import ConfigError
from handoff.historic import historic
from handoff.intake import Intake, Stage, at_once
from handoff.model import Deal, Page, Standing, Window
from handoff.owners import Owner
from handoff.prepare import Prepared, prepare
from handoff.recorded import recorded
from handoff.report import Notice, Report, Tally
from handoff.rows import BRIDGE
from handoff.run import Pass
from handoff.waves import Wave

COMMAND = "backfill"
CHANGED = "its own plan is another now: the deal, or who receives it, changed since it was approved"
AGAIN = "it was won again since the plan"
PLAN_AGAIN = "plan again"


def carry_out_backfill(bridge: Bridge, number: int, *, by: str = BRIDGE, stage: Stage = at_once) -> Report:
    """
    Do what is left of a planned backfill, and return what this run did of it.

    Deals whose own plan is another than the approved one are left out, and listed. Several processes may carry the same
    plan out at once: each takes slices that nobody works on.

    Args:
        by: Who approved it, for the trail.
        stage: How a named piece of work is carried out; it must call it once and return what it returned.

    Raises:
        ConfigError: There is no such plan, it has expired, the files are others than those of the plan, or nothing may
            be written in shadow; nothing was sent.
        ServiceError: A whole system refused; doing it again goes on from there.
    """
    return _Backfilling(bridge, must_hold(bridge, number), by, stage).carry_out()


def must_hold(bridge: Bridge, number: int) -> Any:
    """Return a kept plan that may be carried out now; raises `ConfigError` where it may not."""
    plan = plan_of(bridge.ledger, number)
    again = "Nothing was sent. Make a new one: handoff backfill --since DAY --until DAY"
    if bridge.clock.now() > plan.made_at + PLAN_HOLDS:
        raise ConfigError(f"Plan {number} is more than {PLAN_HOLDS.days} days old. {again}")
    crm = plan.asked.get("crm")
    if crm not in (None, bridge.crm.instance):
        raise ConfigError(f"Plan {number} is about [crm.{crm}]. Nothing was sent. Name that one: --crm {crm}")
    if plan.mapping_version != bridge.mappings.version:
        raise ConfigError(f"The mapping files changed since plan {number} was made. {again}")
    refuse_in_shadow(bridge, instead="")
    return plan


class _Backfilling(Pass):
    """One run over what is left of a plan: a pass whose deals are the plan's, and are first held against it."""

    def __init__(self, bridge: Bridge, plan: Any, by: str, stage: Stage) -> None:
        bridge = replace(bridge, mappings=historic(bridge.mappings, full=plan.asked["full"]))
        super().__init__(bridge, limit=None, command=COMMAND, stage=stage, forced=frozenset())
        self.plan, self.by = plan, by
        self.approved = _Approved(bridge, self.tally, plan, stage)
        self.intake = self.approved

    def carry_out(self) -> Report:
        """Do it; the run is closed in the ledger whatever happens."""
        return recorded(self.bridge, self.tally, self.command, self._by_word, actor=self.by)

    def _by_word(self, run: int) -> Window | None:
        keep_approval(self.ledger, self.plan.id, run, self.clock.now(), by=self.by)
        return self._hand_all_off(run)

    def _prepared(self, deals: Sequence[Deal], known: Mapping[str, Any]) -> list[Prepared]:
        """Return the deals planned as the kind they were approved as; the moments are those of now."""
        rows = self.approved.as_rows(deals, self.clock.now()) | dict(known)
        return followed_up(self.bridge, prepare(self.bridge, deals, known=rows), known)

    def _parts(self, prepared: Sequence[Prepared]) -> list[Slice]:
        """Let all of a slice go together: nobody waits for one of them, and full calls are the fewest."""
        return [Slice(tuple(prepared))]


class _Approved(Intake):
    """The deals of a plan that are left, a slice at a time, without those that are otherwise than when planned."""

    def __init__(self, bridge: Bridge, tally: Tally, plan: Any, stage: Stage) -> None:
        super().__init__(bridge, tally, limit=None, forced=frozenset(), stage=stage)
        self.plan = plan
        self.rows: Mapping[str, Any] = {}

    def waves(self) -> Iterator[Wave]:
        """Yield what is left of each slice that nobody else works on."""
        there = states(self.ledger, self.plan.id)
        total, mine = sum(there.values()), set()
        for slice_ in slices_to_do(self.ledger, self.plan.id):
            mine.add(slice_)
            self.rows = self._undone(slice_)
            if self.rows:
                before = self.clock.now()
                ids = [row.deal_id for row in self.rows.values()]
                page = self._stage(f"read slice {slice_ + 1}", self.bridge.crm.read, ids)
                self.forced = frozenset(ids)  # whatever their moment is: a person asked for them
                yield Wave(Page(tuple(self._as_approved(page))), before)
                self._undone(slice_)
            there = states(self.ledger, self.plan.id)
            self.bridge.progress("backfill", total - there.get("planned", 0), total)
        self.tally.elsewhere = elsewhere(self.ledger, self.plan.id, mine)

    def as_rows(self, deals: Sequence[Deal], moment: Any) -> dict[str, Any]:
        """Return these deals by key in the shape of handoffs' rows: as they were planned, first handled at a moment."""
        planned = ((deal, self.rows[str(deal.ref)]) for deal in deals)
        return {row.key: as_handoff(row.key, row.kind, row.background, moment, deal.won_at) for deal, row in planned}

    def _undone(self, slice_: int) -> dict[str, Any]:
        """Return what is left of a slice; what was handed off is done, whoever wrote that down, and may be untold."""
        rows = deals_planned(self.ledger, self.plan.id, slice_)
        done = finished(self.ledger, rows)
        end(self.ledger, self.plan.id, {ref: (DONE, pending) for ref, pending in done.items()})
        return {ref: row for ref, row in rows.items() if ref not in done or done[ref]}

    def _as_approved(self, page: Page) -> list[Deal]:
        """Return the deals whose own plan is the approved one; leave the others out, and say why."""
        deals = {str(deal.ref): deal for deal in sorted(page.deals, key=lambda deal: (deal.won_at, deal.ref))}
        torn = {str(one.ref) for one in page.unreadable}
        whys = {ref: GONE for ref in self.rows if ref not in deals and ref not in torn}
        d = t.deals.c
        for ref, row in self.ledger.deals(deals, d.owner, d.episode).items():
            if row.owner == Owner.BY_HAND and row.episode == deals[ref].episode:
                whys[ref] = BY_HAND
        same = [deal for ref, deal in deals.items() if keys.deal_key(deal.ref, deal.episode) == self.rows[ref].key]
        whys |= dict.fromkeys(deals.keys() - {str(deal.ref) for deal in same} - whys.keys(), AGAIN)
        moment = self.plan.made_at
        for one in prepare(as_of(self.bridge, moment), same, known=self.as_rows(same, moment)):
            ref = str(one.deal.ref)
            if ref not in whys and (one.stopped or digest(one.steps) != self.rows[ref].digest):
                whys[ref] = one.stopped or CHANGED
        for unread in page.unreadable:
            self.tally.tell(Notice(unread.ref.id, unread.name, "not readable", unread.why))
        self._set_aside(whys, deals)
        return [deal for ref, deal in deals.items() if ref not in whys]

    def _set_aside(self, whys: Mapping[str, str], deals: Mapping[str, Deal]) -> None:
        out = {ref: why for ref, why in whys.items() if self.rows[ref].state != DONE}
        end(self.ledger, self.plan.id, {ref: (LEFT_OUT, why) for ref, why in out.items()})
        known = self.ledger.deals(whys)
        for ref, why in whys.items():
            self.tally.seen.add(ref)
            self.tally.counts_as(Standing.EXCLUDED if ref in out else Standing.DONE)
            if ref not in out:
                self.tally.receipts_pending += 1
                row = known[ref]
                self.tally.tell(Notice(row.deal_id, name_of(row), "receipt pending", f"{row.receipt_pending}; {why}"))
            elif ref in deals:
                self.tally.hear(deals[ref], LEFT_OUT, f"{why}; {PLAN_AGAIN}")
            else:
                deal_id = self.rows[ref].deal_id
                name = name_of(known.get(ref)) or deal_id
                self.tally.tell(Notice(deal_id, name, LEFT_OUT, f"{why}; {PLAN_AGAIN}"))
