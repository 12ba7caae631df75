"""What people ask the ledger: which deal, why, which runs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, cast, func, or_, select

from handoff import tables as t
from handoff.database import Database
from handoff.model import Scope

_NEWEST = (t.deals.c.won_at.desc(), t.deals.c.ref)


def _of(system: str) -> ColumnElement[bool]:
    return t.deals.c.ref.contains(f":{system}:", autoescape=True)


class Archive(Database):
    """The questions of people; nothing here writes."""

    def search(self, words: str) -> list[Row[Any]]:
        """Return the deals whose account or deal name contains the words; newest win first."""
        c = t.deals.c
        return self._deals_where(or_(*(name.icontains(words, autoescape=True) for name in (c.account_name, c.name))))

    def deals_with_id(self, system: str, deal_id: str) -> list[Row[Any]]:
        """Return the deals of CRMs of this system that have this id: one for each org at most; newest win first."""
        return self._deals_where(_of(system), t.deals.c.deal_id == deal_id)

    def deals_with_ref(self, ref: str) -> list[Row[Any]]:
        """Return the deal with this ref, if there is one."""
        return self._deals_where(t.deals.c.ref == ref)

    def resembling(self, system: str, deal_or_account_id: str) -> list[Row[Any]]:
        """Return the deals that have this id in other letter case, or that belong to this account; newest win first."""
        c = t.deals.c
        cased = func.lower(c.deal_id) == deal_or_account_id.lower()
        return self._deals_where(_of(system), or_(cased, c.account_id == deal_or_account_id))

    def _deals_where(self, *conditions: ColumnElement[bool]) -> list[Row[Any]]:
        with self.reading() as connection:
            return list(connection.execute(select(t.deals).where(*conditions).order_by(*_NEWEST)))

    def deals_of(self, remote_id: str) -> list[Row[Any]]:
        """Return the deals whose handoff made, linked or wrote this record of a platform; newest win first."""
        with self.reading() as connection:
            steps = connection.execute(select(t.steps).where(t.steps.c.remote_id == remote_id)).all()
            if not steps:
                return []
            # An account's step names only the deal that wrote it last; the handoffs list the steps they share.
            keys = {step.key for step in steps if step.scope == Scope.ACCOUNT}
            listed = cast(t.handoffs.c.steps, Text)  # as it was written, on both databases; letter case may not count
            maybe = or_(False, *(listed.contains(key, autoescape=True) for key in sorted(keys)))
            sharing = connection.execute(select(t.handoffs.c.deal, t.handoffs.c.steps).where(maybe))
            shared = {row.deal for row in sharing if any(step["key"] in keys for step in row.steps)}
            refs = {*shared, *(step.deal for step in steps)}
            query = select(t.deals).where(t.deals.c.ref.in_(refs)).order_by(*_NEWEST)
            return list(connection.execute(query))

    def story(self, ref: str) -> dict[str, Any]:
        """Return what is kept of a deal: `deal`, `handoff`, `body`, `private` of its background, `steps`, `events`."""
        with self.reading() as connection:
            deal = connection.execute(select(t.deals).where(t.deals.c.ref == ref)).one()
            handoff = connection.execute(
                select(t.handoffs).where(t.handoffs.c.deal == ref).order_by(t.handoffs.c.episode.desc())
            ).first()
            body = self.body(connection, handoff.key, "handoff") if handoff else None
            private = self.body(connection, handoff.key, t.BACKGROUND) if handoff else None
            keys = [step["key"] for step in handoff.steps] if handoff else []
            rows = connection.execute(select(t.steps).where(t.steps.c.key.in_(keys))).all()
            by_key = {row.key: row for row in rows}
            told = connection.execute(select(t.events).where(t.events.c.deal == ref).order_by(t.events.c.id)).all()
        return {
            "deal": deal,
            "handoff": handoff,
            "body": body,
            "private": private,
            "steps": [by_key[k] for k in keys if k in by_key],
            "events": told,
        }

    def delivered(self, instance: str) -> list[Row[Any]]:
        """Return `key`, `deal`, `deal_id` and `steps` of the last delivered handoff of each deal, oldest win first."""
        c, d = t.handoffs.c, t.deals.c
        query = (
            select(c.key, c.deal, c.steps, d.deal_id)
            .join(t.deals, c.deal == d.ref)
            .where(d.instance == instance, c.delivered_at.is_not(None))
            .order_by(d.won_at, d.ref, c.episode)
        )
        with self.reading() as connection:
            return list({row.deal: row for row in connection.execute(query)}.values())

    def bodies(self, what: str, owners: Iterable[str]) -> dict[str, Any]:
        """Return what `payloads` keeps under these owners; what was purged, or never kept, is absent."""
        c = t.payloads.c
        return {
            row.owner: row.body
            for row in self.rows_of(t.payloads, c.owner, owners, (c.owner, c.body), where=c.what == what)
        }

    def events(
        self, *, deal: str | None = None, run: int | None = None, since: datetime | None = None, limit: int = 50
    ) -> list[Row[Any]]:
        """Return the newest events, the oldest of them first: of a deal by its ref, of a run, since then, or all."""
        c = t.events.c
        query = select(t.events).order_by(c.id.desc()).limit(limit)
        query = query if deal is None else query.where(c.deal == deal)
        query = query if run is None else query.where(c.run == run)
        query = query if since is None else query.where(c.at >= since)
        with self.reading() as connection:
            return list(reversed(connection.execute(query).all()))

    def runs(self, limit: int = 20) -> list[Row[Any]]:
        """Return the newest runs first."""
        with self.reading() as connection:
            return list(connection.execute(select(t.runs).order_by(t.runs.c.id.desc()).limit(limit)))

    def run(self, number: int) -> tuple[Row[Any], dict[str, Any]] | None:
        """Return a run and what it reported, None when there was no such run."""
        with self.reading() as connection:
            row = connection.execute(select(t.runs).where(t.runs.c.id == number)).one_or_none()
            return None if row is None else (row, self.body(connection, f"run:{number}", "report") or {})
