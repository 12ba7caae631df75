"""Tells the CRM what became of its deals: one write a deal and run, only when it says something else than before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from handoff import tables as t
from handoff.bridge import Bridge
from handoff.entries import Judged, ReceiptState
from handoff.model import Deal, Result, Standing
from handoff.ports import Receipt
from handoff.prepare import Prepared
from handoff.provenance import Evidence
from handoff.receipts import Ended, Receipts
from handoff.report import Tally

RECEIPT_AGAIN = timedelta(hours=1)
"""How long a refused receipt is left alone before it is tried again."""


class Teller:
    """The write-back of one bridge."""

    def __init__(self, bridge: Bridge) -> None:
        self._crm, self._ledger, self._clock = bridge.crm, bridge.ledger, bridge.clock
        self._receipts = Receipts(bridge.mappings.source, bridge.platform.link)

    @property
    def wanted(self) -> bool:
        """Whether anything is written back at all."""
        return self._receipts.wanted

    def ended(self, prepared: Sequence[Prepared], judged: Sequence[Judged]) -> list[Ended]:
        """Return each deal with what the ledger knows to be made for it."""
        h, s = t.handoffs.c, t.steps.c
        frozen = self._ledger.handoffs((one.key for one in prepared), h.steps, h.delivered_at)
        keys = (step["key"] for row in frozen.values() for step in row.steps)
        made = self._ledger.steps(keys, s.kind, s.remote_id, s.payload_hash)
        ended = []
        for one, result in zip(prepared, judged, strict=True):
            row = frozen.get(one.key)
            listed = [made.get(step["key"]) for step in row.steps] if row else []
            settled = [step for step in listed if step is not None and step.remote_id is not None]
            ended.append(Ended(result, one.handoff, settled, row.delivered_at if row else None))
        return ended

    def would_tell(self, ended: Ended, row: Any) -> tuple[Evidence, ...]:
        """Return what would be written of a deal, given its row of the ledger (None: never seen); () for nothing."""
        return self._receipts.shown(ended, (row.sequence if row else 0) + 1) if self.differs(ended, row) else ()

    def foretold(self, one: Prepared) -> tuple[Evidence, ...]:
        """Return what a deal's record is told once its work is made, as far as that is known before; () for nothing."""
        if not self.wanted or one.silent:
            return ()
        standing = Standing.EXCLUDED if one.excluded else Standing.NEEDS_PERSON if one.stopped else Standing.DONE
        (ended,) = self.ended([one], [Judged(one.deal, {}, standing, one.excluded or one.stopped, owner=one.owner)])
        row = self._ledger.deals([str(one.deal.ref)]).get(str(one.deal.ref))
        return self._receipts.shown(ended, (row.sequence if row else 0) + 1)

    def differs(self, ended: Ended, row: Any) -> bool:
        """Return whether a deal's record would be told something else than it was told last; `row` as above."""
        if not self.wanted or ended.judged.silent:
            return False
        return row is None or self._receipts.receipt(ended, 0)[1] != row.receipt_hash

    def tell_by_hand(self, deals: Sequence[tuple[Deal, Any]], tally: Tally) -> None:
        """Tell of deals that a person took over, each with its row of the ledger, how they stand."""
        if not deals:
            return
        judged = [Judged(deal, {}, Standing(row.standing), row.reason) for deal, row in deals]
        self.tell(self.ended([Prepared(deal, {}) for deal, _ in deals], judged), tally, at_once=False)

    def tell(self, ended: Sequence[Ended], tally: Tally, *, at_once: bool) -> None:
        """Write what differs, and keep what is pending; with `at_once` also what was refused less than an hour ago."""
        ended = [one for one in ended if not one.judged.silent]
        if not self.wanted or not ended:
            return
        d = t.deals.c
        of_receipt = (d.sequence, d.receipt_hash, d.receipt_pending, d.receipt_try_at)
        rows = self._ledger.deals((str(e.judged.deal.ref) for e in ended), *of_receipt)
        now = self._clock.now()
        todo: list[tuple[Deal, Receipt, str, Any]] = []
        states: list[ReceiptState] = []
        for one in ended:
            deal = one.judged.deal
            row = rows[str(deal.ref)]
            receipt, says = self._receipts.receipt(one, row.sequence + 1)
            if says == row.receipt_hash:
                states.append(ReceiptState(deal.ref, says, None, row.sequence, None))
            elif at_once or come(row.receipt_try_at, now):
                todo.append((deal, receipt, says, row))
            else:
                tally.pending(deal, row.receipt_pending)
        outcomes = self._crm.write_back([receipt for _, receipt, _, _ in todo]) if todo else []
        for (deal, _, says, row), outcome in zip(todo, outcomes, strict=True):
            if outcome.settled:
                tally.receipts_written += 1
                states.append(ReceiptState(deal.ref, says, None, row.sequence + 1, None))
                continue
            tally.pending(deal, outcome.reason)
            later = now + RECEIPT_AGAIN if outcome.result is Result.REJECTED else None
            states.append(ReceiptState(deal.ref, row.receipt_hash, outcome.reason, row.sequence, later))
        self._ledger.receipts_written(states)


def come(moment: datetime | None, now: datetime) -> bool:
    """Return whether a moment has come; none was set when it is None."""
    return moment is None or moment <= now
