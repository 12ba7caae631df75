"""What the ledger knows of deals and handoffs, of the CRMs that were read and of what was done; nothing is written."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, and_, not_, or_, select

from handoff import tables as t
from handoff.batches import batches
from handoff.contract import NEW_CUSTOMER
from handoff.database import IN_AT_ONCE
from handoff.intents import Intents
from handoff.model import Standing
from handoff.trail import Checked, check


class Known(Intents):
    """The part of a ledger that answers questions about deals and handoffs."""

    def deals(self, refs: Iterable[str], *only: Column[Any]) -> dict[str, Row[Any]]:
        """Return the known deals among these, by ref; `only` some of their columns, where they are named."""
        column = t.deals.c.ref
        rows = self.rows_of(t.deals, column, refs, (column, *only) if only else ())
        return {row.ref: row for row in rows}

    def handoffs(self, keys: Iterable[str], *only: Column[Any]) -> dict[str, Row[Any]]:
        """Return the known handoffs among these, by key; `only` some of their columns, where they are named."""
        column = t.handoffs.c.key
        rows = self.rows_of(t.handoffs, column, keys, (column, *only) if only else ())
        return {row.key: row for row in rows}

    def due(
        self,
        instance: str,
        now: datetime,
        version: str,
        *,
        untried: bool | None = None,
        starts: datetime | None = None,
    ) -> list[str]:
        """
        Return the CRM ids of the deals that may go on now, oldest win first.

        Those that wait, or whose receipt does; those that need a person, if only for a change after their handoff, when
        their moment has come or the mapping is another than the one that stopped them; and those that another mapping
        left out.

        Args:
            untried: True: only those that wait and were never begun. False: all but those.
            starts: From when wins are live: a backfill's older deal goes on with that backfill alone.
        """
        c = t.deals.c
        waits = and_(c.standing == Standing.WAITING.value, or_(c.try_at.is_(None), c.try_at <= now))
        untold = and_(c.receipt_pending.is_not(None), or_(c.receipt_try_at.is_(None), c.receipt_try_at <= now))
        needs_person = c.standing == Standing.NEEDS_PERSON.value
        unhandled = and_(c.standing == Standing.DONE.value, c.try_at.is_not(None))
        stopped = and_(or_(needs_person, unhandled), or_(c.try_at <= now, c.mapping_version != version))
        left_out = and_(c.standing == Standing.EXCLUDED.value, c.mapping_version != version)
        may_go_on = or_(waits, untold, stopped, left_out)
        query = select(c.deal_id).where(c.instance == instance, may_go_on).order_by(c.won_at, c.ref)
        if starts is not None:
            query = query.where(or_(c.won_at >= starts, c.ref.not_in(select(t.backfill_deals.c.ref))))
        if untried is not None:
            h = t.handoffs.c
            begun = select(h.key).where(h.deal == c.ref, h.episode == c.episode).exists()
            never = and_(c.standing == Standing.WAITING.value, ~begun, c.receipt_pending.is_(None))
            query = query.where(never if untried else not_(never))
        with self.reading() as connection:
            return list(connection.execute(query).scalars())

    def read_until(self, crm: str, starts: datetime) -> datetime | None:
        """
        Return the end of the last window that was read to its last page, None before the first.

        None also when that reading began with later wins than `starts`: the older ones were never kept.
        """
        c = t.windows.c
        query = select(c.cursor).where(c.crm == crm, c.starts <= starts)
        with self.reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def swept_at(self, crm: str) -> datetime | None:
        """Return when a CRM was last swept, None when it never was."""
        with self.reading() as connection:
            query = select(t.windows.c.swept_at).where(t.windows.c.crm == crm)
            return connection.execute(query).scalar_one_or_none()

    def crms(self) -> frozenset[str]:
        """Return the names of the CRMs that were read, each as instance, system and org."""
        with self.reading() as connection:
            return frozenset(connection.execute(select(t.windows.c.crm)).scalars())

    def openings(self, accounts: Iterable[str]) -> dict[str, Row[Any]]:
        """Return by account its latest handoff of a new customer, with when its deal was won and how it is called."""
        c, d = t.handoffs.c, t.deals.c
        query = select(c.key, c.account, c.deal, c.delivered_at, c.background, d.won_at, d.name)
        query = query.join(t.deals, c.deal == d.ref)
        found: dict[str, Row[Any]] = {}
        with self.reading() as connection:
            for some in batches(list(accounts), IN_AT_ONCE):
                # A handoff of the first release has no kind: all of them were of new customers.
                opening = or_(c.kind == NEW_CUSTOMER, c.kind.is_(None))
                asked = query.where(c.account.in_(some), opening).order_by(d.won_at, c.deal, c.episode)
                found |= {row.account: row for row in connection.execute(asked)}
        return found

    def check_trail(self) -> Checked:
        """Return whether every run and event is as it was sealed."""
        with self.reading() as connection:
            return check(connection)
