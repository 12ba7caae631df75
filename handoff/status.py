"""How handoffs stand now: what waits and until when, who must act, and whether the bridge itself is well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select

from handoff import tables as t
from handoff.books import about
from handoff.budgets import SharedBudget
from handoff.ledger import Ledger
from handoff.model import Standing
from handoff.owners import Owner
from handoff.ports import Limit, Traffic
from handoff.queue import only_parked, open_steps

OVERDUE = timedelta(minutes=15)
"""How old the last good pass may be before something is wrong."""

SHOWN = 5
"""Deals of each kind that are named."""

PASSES = ("sync", "flow sync-won-deals")
RECONCILED = "reconcile"


@dataclass(frozen=True)
class Named:
    """
    A deal that waits, or needs somebody: why, since when (None: unknown), and when it goes on (None: next pass).

    `parked`: it does not, until a person says what became of its steps; see `handoff.queue.Entry`.
    """

    deal: str
    name: str
    reason: str
    won_at: datetime
    again: datetime | None
    url: str
    parked: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        again = self.again.isoformat() if self.again else None
        told = {"deal": self.deal, "name": self.name, "reason": self.reason, "again": again, "url": self.url}
        return told | {"won_at": self.won_at.isoformat()}


@dataclass(frozen=True)
class Budget:
    """The calls of one system that are left in the span that holds this moment."""

    system: str
    per: timedelta
    allowed: int
    left: int

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        per = int(self.per.total_seconds())
        return {"system": self.system, "per_seconds": per, "allowed": self.allowed, "left": self.left}


@dataclass(frozen=True)
class Status:
    """
    How things stand at `at`.

    `counts` are the deals by standing, `owners` those that need a person by who that is; `last_pass` is the end of the
    last good pass (None: none yet), and `overdue` says that it was too long ago. `running` are the numbers of the runs
    that give signs of life now, `pending` the deals whose own record could not be told. `lease_ahead` is how far the
    clock of the leases is ahead of ours.
    """

    at: datetime
    counts: Mapping[str, int]
    owners: Mapping[Owner, int]
    waiting: Sequence[Named]
    needs_person: Sequence[Named]
    pending: int
    last_pass: datetime | None
    last_error: str
    overdue: bool
    running: Sequence[int]
    read_to: datetime | None
    swept_at: datetime | None
    counted_at: datetime | None
    reconciled_at: datetime | None
    budgets: Sequence[Budget]
    schema: str
    lease_ahead: timedelta

    @property
    def well(self) -> bool:
        """Whether nobody has to do anything; waiting is well."""
        return not self.overdue and not self.counts.get(Standing.NEEDS_PERSON.value, 0)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        moments = {
            name: moment.isoformat() if moment else None
            for name in ("last_pass", "read_to", "swept_at", "counted_at", "reconciled_at")
            for moment in [getattr(self, name)]
        }
        return moments | {
            "at": self.at.isoformat(),
            "well": self.well,
            "counts": dict(self.counts),
            "owners": {owner.value: count for owner, count in self.owners.items()},
            "waiting": [one.as_dict() for one in self.waiting],
            "needs_person": [one.as_dict() for one in self.needs_person],
            "receipts_pending": self.pending,
            "last_error": self.last_error,
            "overdue": self.overdue,
            "running": list(self.running),
            "budgets": [one.as_dict() for one in self.budgets],
            "ledger_schema": self.schema,
            "lease_clock_ahead_seconds": self.lease_ahead.total_seconds(),
        }


def status(
    ledger: Ledger,
    traffic: Sequence[Traffic],
    *,
    now: datetime,
    lease_now: datetime,
    overdue_after: timedelta = OVERDUE,
    crm: str,
) -> Status:
    """
    Return how things stand with the deals of one CRM; only the ledger is asked.

    Args:
        traffic: The systems' names and limits.
        now: The business clock.
        lease_now: The clock of the leases.
        overdue_after: How old the last good pass may be, on the business clock.
        crm: The name of the CRM's instance.
    """
    budget = SharedBudget(ledger)
    budgets = [one for each in traffic for one in _budgets(budget, each.system, each.limits, now)]
    with ledger.reading() as connection:
        last, error = _last_pass(connection, crm)
        of_crm = t.windows.c.crm.startswith(f"{crm}:", autoescape=True)
        window = connection.execute(select(t.windows).where(of_crm).order_by(t.windows.c.read_at.desc())).first()
        return Status(
            at=now,
            counts=_counts(connection, crm),
            owners=_owners(connection, crm),
            waiting=_named(connection, Standing.WAITING, crm),
            needs_person=_named(connection, Standing.NEEDS_PERSON, crm),
            pending=_pending(connection, crm),
            last_pass=last,
            last_error=error,
            overdue=last is None or now - last > overdue_after,
            running=_running(connection, lease_now, crm),
            read_to=window.cursor if window else None,
            swept_at=window.swept_at if window else None,
            counted_at=window.counted_at if window else None,
            reconciled_at=_ended(connection, RECONCILED, crm),
            budgets=budgets,
            schema=_schema(connection),
            lease_ahead=lease_now - now,
        )


def _counts(connection: Connection, crm: str) -> dict[str, int]:
    c = t.deals.c
    query = select(c.standing, func.count()).where(c.instance == crm).group_by(c.standing)
    return dict(connection.execute(query).tuples().all())


def _owners(connection: Connection, crm: str) -> dict[Owner, int]:
    """Return who must act, and on how many deals; releases before 0.3 kept nobody, and it was CS Ops."""
    c = t.deals.c
    owner = func.coalesce(c.owner, Owner.CS_OPS.value)
    wanting = (c.standing == Standing.NEEDS_PERSON.value, c.instance == crm)
    query = select(owner, func.count()).where(*wanting).group_by(owner)
    found = dict(connection.execute(query).tuples().all())
    return {one: found[one.value] for one in Owner if one.value in found}


def _named(connection: Connection, standing: Standing, crm: str) -> list[Named]:
    c = t.deals.c
    standing_so = select(t.deals).where(c.standing == standing.value, c.instance == crm)
    rows = connection.execute(standing_so.order_by(c.won_at).limit(SHOWN)).all()
    stopped = only_parked(open_steps(connection, [row.ref for row in rows if row.standing == Standing.NEEDS_PERSON]))
    return [
        Named(
            row.deal_id,
            f"{row.account_name or 'no account'}: {row.name}",
            row.reason,
            row.won_at,
            row.expected_at or row.try_at,
            row.url,
            parked=row.ref in stopped,
        )
        for row in rows
    ]


def _pending(connection: Connection, crm: str) -> int:
    c = t.deals.c
    query = select(func.count()).select_from(t.deals).where(c.receipt_pending.is_not(None), c.instance == crm)
    return int(connection.execute(query).scalar_one())


def _last_pass(connection: Connection, crm: str) -> tuple[datetime | None, str]:
    """Return when the last good pass ended, and what stopped the last one of all, "" when nothing did."""
    c = t.runs.c
    passes = or_(*(c.command.startswith(name) for name in PASSES))
    of_crm = (passes, about(crm), c.ended_at.is_not(None))
    ended = select(c.ended_at, c.ok, c.error).where(*of_crm).order_by(c.ended_at.desc())
    newest = connection.execute(ended.limit(1)).first()
    good = connection.execute(ended.where(c.ok.is_(True)).limit(1)).first()
    return (good.ended_at if good else None), ("" if newest is None or newest.ok else str(newest.error))


def _ended(connection: Connection, command: str, crm: str) -> datetime | None:
    c = t.runs.c
    query = select(func.max(c.ended_at)).where(c.command.contains(command), c.ok.is_(True), about(crm))
    return connection.execute(query).scalar_one_or_none()


def _running(connection: Connection, lease_now: datetime, crm: str) -> list[int]:
    c = t.runs.c
    query = select(c.id).where(c.ended_at.is_(None), c.alive_until > lease_now, about(crm)).order_by(c.id)
    return list(connection.execute(query).scalars())


def _schema(connection: Connection) -> str:
    query = select(t.meta.c.value).where(t.meta.c.name == "schema")
    return str(connection.execute(query).scalar_one_or_none() or t.SCHEMA_VERSION)


def _budgets(budget: SharedBudget, system: str, limits: Sequence[Limit], now: datetime) -> list[Budget]:
    left = budget.left(system, limits, now) if limits else []
    return [Budget(system, limit.per, limit.calls, rest) for limit, rest in zip(limits, left, strict=True)]
