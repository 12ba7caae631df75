"""What people ask the ledger: which deal, why, which runs."""

from typing import Any

from sqlalchemy import Row, func, or_, select

from handoff import tables as t
from handoff.database import Database


class Archive(Database):
    """The questions of people; nothing here writes."""

    def search(self, words: str) -> list[Row[Any]]:
        """Return the deals whose id is this, or whose account or deal name contains it; newest win first."""
        found = or_(
            func.substr(t.deals.c.deal_id, 1, 15) == words[:15] if len(words) in (15, 18) else False,
            t.deals.c.account_name.icontains(words, autoescape=True),
            t.deals.c.name.icontains(words, autoescape=True),
        )
        with self.reading() as connection:
            return list(connection.execute(select(t.deals).where(found).order_by(t.deals.c.won_at.desc())))

    def deal_of(self, remote_id: str) -> str | None:
        """Return the ref of the deal for which this record of a platform was made or last written."""
        with self.reading() as connection:
            return connection.execute(select(t.steps.c.deal).where(t.steps.c.remote_id == remote_id)).scalars().first()

    def story(self, ref: str) -> dict[str, Any]:
        """Return all that is kept of one deal: `deal`, `handoff`, `body`, `steps`, `events`."""
        with self.reading() as connection:
            deal = connection.execute(select(t.deals).where(t.deals.c.ref == ref)).one()
            handoff = connection.execute(
                select(t.handoffs).where(t.handoffs.c.deal == ref).order_by(t.handoffs.c.episode.desc())
            ).first()
            body = self.body(connection, handoff.key, "handoff") if handoff else None
            keys = [row["key"] for row in (body or {}).get("steps", [])]
            rows = connection.execute(select(t.steps).where(t.steps.c.key.in_(keys))).all()
            by_key = {row.key: row for row in rows}
            told = connection.execute(select(t.events).where(t.events.c.deal == ref).order_by(t.events.c.id)).all()
        return {
            "deal": deal,
            "handoff": handoff,
            "body": body,
            "steps": [by_key[k] for k in keys if k in by_key],
            "events": told,
        }

    def runs(self, limit: int = 20) -> list[Row[Any]]:
        """Return the newest runs first."""
        with self.reading() as connection:
            return list(connection.execute(select(t.runs).order_by(t.runs.c.id.desc()).limit(limit)))

    def run(self, number: int) -> tuple[Row[Any], dict[str, Any]] | None:
        """Return a run and what it reported, None when there was no such run."""
        with self.reading() as connection:
            row = connection.execute(select(t.runs).where(t.runs.c.id == number)).one_or_none()
            return None if row is None else (row, self.body(connection, f"run:{number}", "report") or {})
