"""Who works on what: the hold of a run on the ledger, and on the deals and accounts it works on."""

from collections.abc import Iterable
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from handoff import tables as t
from handoff.archive import Archive
from handoff.errors import BridgeBug, LeaseLost
from handoff.ports import LeaseClock

LEASE = timedelta(seconds=15)
"""How long a run that gives no sign is taken to be alive."""

RENEW_AFTER = timedelta(seconds=5)
"""How old a sign of life may get before a wait, or a call, gives a new one."""

SEND_WITHIN = timedelta(seconds=10)
"""How long after its intent is written a step may still be sent."""

CALL_ENDS_WITHIN = timedelta(seconds=10)
"""How long a call may be under way before its time-out ends it; see `connectors._http`."""


def account_subject(instance: str, system: str, org: str, account: str) -> str:
    """Return what a lease on an account of the CRM is taken on."""
    return f"account:{instance}:{system}:{org}:{account}"


class Leases(Archive):
    """
    The leases of one ledger, for one run at a time.

    While a run holds it, every write transaction first renews the run's sign of life, and is given up with `LeaseLost`
    when that had run out: whoever stood still for too long can write nothing more.
    """

    def hold(self, run: int, clock: LeaseClock) -> None:
        """Begin to hold the ledger for this run, on the lease clock."""
        with self.writing() as connection:
            connection.execute(_of(run).values(alive_until=clock.now() + LEASE))
        self._held, self._clock, self._renewed = run, clock, clock.now()
        self.fence = self._renew

    def let_go(self) -> None:
        """Give up every lease of the run; what it writes from now on is not fenced. Nothing to do when none is held."""
        run = self._held
        self._held, self.fence = None, None
        if run is not None:
            with self.writing() as connection:
                connection.execute(delete(t.leases).where(t.leases.c.run == run))
                connection.execute(_of(run).values(alive_until=None))

    def lease_moment(self, default: datetime) -> datetime:
        """Return the moment of the lease clock, or another where nothing was ever held."""
        return self._clock.now() if self._clock is not None else default

    def beat(self) -> None:
        """Give a sign of life when the last one is some seconds old; raises `LeaseLost` when it had run out."""
        if self._held is not None and self._now() - self._renewed >= RENEW_AFTER:
            with self.writing():
                pass

    def take(self, subjects: Iterable[str]) -> set[str]:
        """
        Take what nobody works on, and return it; what this run has already is among it.

        A subject is free when its run has ended, or gave no sign for too long: such a run is given up for good.
        """
        run = self._held
        if run is None:
            raise BridgeBug("Leases were taken outside a run.")
        wanted = sorted(set(subjects))
        with self.writing() as connection:
            self._take_over(connection, wanted, run)
            self.insert_new(connection, t.leases, [{"subject": one, "run": run} for one in wanted], ["subject"])
            ours = set(connection.execute(_TAKEN, {"number": run}).scalars())
        return ours.intersection(wanted)

    def release(self, subjects: Iterable[str]) -> None:
        """Let others work on these."""
        with self.writing() as connection:
            self.each(connection, _RELEASED, [{"s": one, "number": self._held} for one in sorted(set(subjects))])

    @contextmanager
    def leased(self, wanted: Iterable[str]) -> Any:
        """Yield those of these subjects that could be taken, and release them at the end."""
        mine = self.take(wanted)
        try:
            yield mine
        finally:
            if self._held is not None:
                self.release(mine)

    def _take_over(self, connection: Connection, subjects: Iterable[str], run: int) -> None:
        """Give up the runs that stood still, and make their leases on these subjects ours."""
        c, r, now, wanted = t.leases.c, t.runs.c, self._now(), set(subjects)
        rows = [row for row in connection.execute(_ELSEWHERE, {"number": run}) if row.subject in wanted]
        dead = [row for row in rows if row.alive_until is None or row.alive_until <= now]
        if not dead:
            return
        # Its row is locked by whatever it is writing now: that ends first, and nothing it writes after this counts.
        still = (r.id.in_({row.run for row in dead}), r.alive_until.is_not(None), r.alive_until <= now)
        connection.execute(update(t.runs).where(*still).values(alive_until=None))
        stands = select(r.id).where(r.id == bindparam("before"), r.alive_until.is_not(None))
        statement = update(t.leases).where(c.subject == bindparam("s"), c.run == bindparam("before"), ~stands.exists())
        connection.execute(statement.values(run=run), [{"s": row.subject, "before": row.run} for row in dead])

    def _renew(self, connection: Connection) -> None:
        now, run = self._now(), self._held
        assert run is not None
        alive = connection.execute(_ALIVE, {"number": run, "now": now, "until": now + LEASE})
        if alive.rowcount == 0:
            raise LeaseLost(
                system="the ledger",
                doing="keeping hold of it",
                why="this pass gave no sign of life for too long, so another may have taken its work over.",
                remedy="Nothing was lost: the next pass goes on.",
            )
        self._renewed = now

    def _now(self) -> datetime:
        assert self._clock is not None  # set by `hold`
        return self._clock.now()

    _held: int | None = None
    _clock: LeaseClock | None = None
    _renewed: Any = None


_ALIVE = (
    update(t.runs)
    .where(t.runs.c.id == bindparam("number"), t.runs.c.alive_until > bindparam("now"))
    .values(alive_until=bindparam("until"))
)

_TAKEN = select(t.leases.c.subject).where(t.leases.c.run == bindparam("number"))
_RELEASED = delete(t.leases).where(t.leases.c.subject == bindparam("s"), t.leases.c.run == bindparam("number"))
# All of them are read: those are what the passes that run just now work on, which is no more than a few waves.
_ELSEWHERE = (
    select(t.leases.c.subject, t.leases.c.run, t.runs.c.alive_until)
    .outerjoin(t.runs, t.runs.c.id == t.leases.c.run)
    .where(t.leases.c.run != bindparam("number"))
)


def _of(run: int) -> Any:
    return update(t.runs).where(t.runs.c.id == run)
