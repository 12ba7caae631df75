"""The memory of the bridge: what was read, intended, done, and why. Every write is short and works on sets."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from handoff import tables as t
from handoff.errors import ConfigError
from handoff.model import Deal, DealRef, Outcome, Result, Standing, Step, Unreadable, WonHow
from handoff.plan import field_hashes, fingerprint
from handoff.policy import Times
from handoff.ports import Limit

IN_AT_ONCE = 500
BUDGETS_KEPT_SECONDS = 3 * 86_400
T = TypeVar("T")


class State(StrEnum):
    """Where a step is."""

    PLANNED = "planned"
    INTENDED = "intended"
    SETTLED = "settled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


STATE_AFTER = {
    Result.CREATED: State.SETTLED,
    Result.UPDATED: State.SETTLED,
    Result.ADOPTED: State.SETTLED,
    Result.UNCHANGED: State.SETTLED,
    Result.WAITING: State.PLANNED,
    Result.UNKNOWN: State.UNKNOWN,
    Result.REJECTED: State.REJECTED,
}

KEPT_WHEN_SETTLING: Mapping[frozenset[State], tuple[str, ...]] = {
    frozenset({State.SETTLED}): ("attempts",),
    frozenset({State.REJECTED}): ("attempts", "field_hashes", "remote_id"),
    frozenset({State.PLANNED, State.UNKNOWN}): ("attempts", "field_hashes", "remote_id", "payload_hash"),
}
"""What a step's row keeps as it ends: what the record holds is known by what was settled, or at least sent."""

KNOWN_WHEN_READ = ("first_seen_at", "name", "account_id", "account_name", "url", "won_at", "won_how", "episode")
"""What a deal that cannot be read for once keeps from when it was read."""

UNTOLD = "the deal's record has not been told yet"


@dataclass(frozen=True)
class Judged:
    """What became of one deal in a run, as the ledger keeps it."""

    deal: Deal
    source_hash: str
    standing: Standing
    reason: str
    try_at: datetime | None = None
    mapping_version: str | None = None


@dataclass(frozen=True)
class ReceiptState:
    """What the CRM was told of a deal: the fingerprint that is there now, or why the last one is pending."""

    ref: DealRef
    hash: str | None
    pending: str | None
    sequence: int
    try_at: datetime | None


_DELIVERED = (
    update(t.handoffs)
    .where(
        t.handoffs.c.deal == bindparam("d"),
        t.handoffs.c.episode == bindparam("e"),
        t.handoffs.c.delivered_at.is_(None),
    )
    .values(delivered_at=bindparam("at"))
)


class Ledger:
    """
    One deployment, one ledger.

    Args:
        url: An SQLAlchemy address, `sqlite:///handoff.db`.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)

    def open(self, *, stamps: Mapping[str, str]) -> None:
        """
        Make the tables if they are not there, and check that this ledger is of these systems.

        Raises:
            ConfigError: It belongs to another org or tenant, or to another release.
        """
        with self._write() as connection:
            t.metadata.create_all(connection)
            wanted = {"schema": t.SCHEMA_VERSION, **stamps}
            there = dict(connection.execute(select(t.meta.c.name, t.meta.c.value)).tuples().all())
            for name, value in wanted.items():
                if there.get(name, value) != value:
                    raise ConfigError(
                        f"This ledger belongs to {name} {there[name]}, but the settings lead to {value}. "
                        "One ledger serves one customer: set another [ledger] url, or correct the instance."
                    )
            self._upsert(connection, t.meta, [{"name": n, "value": v} for n, v in wanted.items()], ["name"])

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    # What is known

    def deals(self, refs: Iterable[str]) -> dict[str, Row[Any]]:
        """Return the known deals among these, by ref."""
        return {row.ref: row for row in self._rows(t.deals, t.deals.c.ref, refs)}

    def steps(self, keys: Iterable[str]) -> dict[str, Row[Any]]:
        """Return the known steps among these, by key."""
        return {row.key: row for row in self._rows(t.steps, t.steps.c.key, keys)}

    def handoffs(self, keys: Iterable[str]) -> dict[str, Row[Any]]:
        """Return the known handoffs among these, by key."""
        return {row.key: row for row in self._rows(t.handoffs, t.handoffs.c.key, keys)}

    def due(self, instance: str, now: datetime, limit: int | None = None) -> list[str]:
        """Return the CRM ids of at most `limit` deals that wait, or whose receipt does, oldest win first."""
        c = t.deals.c
        waits = and_(c.standing == Standing.WAITING.value, or_(c.try_at.is_(None), c.try_at <= now))
        untold = and_(c.receipt_pending.is_not(None), or_(c.receipt_try_at.is_(None), c.receipt_try_at <= now))
        query = select(c.deal_id).where(c.instance == instance, or_(waits, untold)).order_by(c.won_at, c.ref)
        query = query.limit(limit)
        with self._read() as connection:
            return list(connection.execute(query).scalars())

    def cursor(self, crm: str) -> datetime | None:
        """Return the end of the last window that was read to its last page, None before the first."""
        with self._read() as connection:
            return connection.execute(select(t.windows.c.cursor).where(t.windows.c.crm == crm)).scalar_one_or_none()

    def search(self, words: str) -> list[Row[Any]]:
        """Return the deals whose id is this, or whose account or deal name contains it; newest win first."""
        found = or_(
            func.substr(t.deals.c.deal_id, 1, 15) == words[:15] if len(words) in (15, 18) else False,
            t.deals.c.account_name.icontains(words, autoescape=True),
            t.deals.c.name.icontains(words, autoescape=True),
        )
        with self._read() as connection:
            return list(connection.execute(select(t.deals).where(found).order_by(t.deals.c.won_at.desc())))

    def deal_of(self, remote_id: str) -> str | None:
        """Return the ref of the deal for which this record of a platform was made or last written."""
        with self._read() as connection:
            return connection.execute(select(t.steps.c.deal).where(t.steps.c.remote_id == remote_id)).scalars().first()

    def story(self, ref: str) -> dict[str, Any]:
        """Return all that is kept of one deal: `deal`, `handoff`, `body`, `steps`, `events`."""
        with self._read() as connection:
            deal = connection.execute(select(t.deals).where(t.deals.c.ref == ref)).one()
            handoff = connection.execute(
                select(t.handoffs).where(t.handoffs.c.deal == ref).order_by(t.handoffs.c.episode.desc())
            ).first()
            body = self._payload(connection, handoff.key, "handoff") if handoff else None
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
        with self._read() as connection:
            return list(connection.execute(select(t.runs).order_by(t.runs.c.id.desc()).limit(limit)))

    def run(self, number: int) -> tuple[Row[Any], dict[str, Any]] | None:
        """Return a run and what it reported, None when there was no such run."""
        with self._read() as connection:
            row = connection.execute(select(t.runs).where(t.runs.c.id == number)).one_or_none()
            return None if row is None else (row, self._payload(connection, f"run:{number}", "report") or {})

    # What a run writes

    def begin_run(self, command: str, now: datetime, mapping_version: str) -> int:
        """Return the number of a new run."""
        row = {"command": command, "started_at": now, "mapping_version": mapping_version}
        with self._write() as connection:
            forgotten = int(now.timestamp()) - BUDGETS_KEPT_SECONDS
            connection.execute(delete(t.budgets).where(t.budgets.c.starts < forgotten))
            number = connection.execute(t.runs.insert().values(row)).inserted_primary_key
            assert number is not None
            return int(number[0])

    def end_run(self, run: int, now: datetime, *, counts: Mapping[str, Any], report: Any, error: str | None) -> None:
        """Close a run; its digest covers its events and the digest of the run before it."""
        with self._write() as connection:
            before = (
                connection.execute(
                    select(t.runs.c.digest)
                    .where(t.runs.c.id < run, t.runs.c.digest.is_not(None))
                    .order_by(t.runs.c.id.desc())
                )
                .scalars()
                .first()
            )
            digest = hashlib.sha256((before or "").encode())
            for row in connection.execute(select(t.events).where(t.events.c.run == run).order_by(t.events.c.id)):
                digest.update("\x1f".join(str(part) for part in row).encode() + b"\n")
            connection.execute(
                update(t.runs)
                .where(t.runs.c.id == run)
                .values(ended_at=now, ok=error is None, counts=dict(counts), error=error, digest=digest.hexdigest())
            )
            self._keep(connection, [(f"run:{run}", "report", report)], now)

    def take_in(
        self,
        deals: Sequence[Deal],
        unreadable: Sequence[Unreadable],
        now: datetime,
        run: int,
        *,
        read_to: tuple[str, datetime] | None = None,
    ) -> None:
        """
        Keep deals that are new or changed as waiting, in one transaction, before anything is done for them.

        With the last page of a window, `read_to` moves the cursor of (CRM, end of the window) in the same transaction.
        """
        new = {"standing": Standing.WAITING.value, "try_at": None}
        whole = {"reason": "read, not yet handed off", "receipt_try_at": None}
        rows = [_deal_row(deal, now, run) | new | whole for deal in deals]
        torn = [_unreadable_row(one, now, run) | new | {"reason": one.why} for one in unreadable]
        with self._write() as connection:
            self._upsert(connection, t.deals, rows, ["ref"], keep=("first_seen_at",))
            self._upsert(connection, t.deals, torn, ["ref"], keep=KNOWN_WHEN_READ)
            if read_to is not None:
                cursor = {"crm": read_to[0], "cursor": read_to[1], "read_at": now, "run": run}
                self._upsert(connection, t.windows, [cursor], ["crm"])

    def freeze(self, rows: Sequence[tuple[str, Deal, Times, str, str]]) -> None:
        """Keep the moments of handoffs handled for the first time: (key, deal, times, segment, mapping version)."""
        kept = [
            {
                "key": key,
                "deal": str(deal.ref),
                "episode": deal.episode,
                "segment": segment,
                "handed_off_at": times.handed_off_at,
                "work_starts_at": times.work_starts_at,
                "mapping_version": version,
            }
            for key, deal, times, segment, version in rows
        ]
        with self._write() as connection:
            self._insert_new(connection, t.handoffs, kept, ["key"])

    def keep_bodies(self, what: str, bodies: Sequence[tuple[str, Any]], now: datetime) -> None:
        """Keep bodies that name people, by owner; the newest replaces the one before."""
        with self._write() as connection:
            self._keep(connection, [(owner, what, body) for owner, body in bodies], now)

    def intend(self, planned: Sequence[tuple[Step, datetime]], now: datetime, run: int, version: str) -> None:
        """Write down that these steps are about to be sent: (step, when its deal was won). Durable on return."""
        rows: list[dict[str, Any]] = [
            {
                "key": step.key,
                "deal": str(step.deal),
                "name": step.name,
                "kind": step.kind,
                "scope": step.scope.value,
                "writer_won_at": won_at,
                "state": State.INTENDED.value,
                "result": None,
                "attempts": 1,
                "try_at": None,
                "empty_looks": 0,
                "reason": "",
                "remote_id": step.ref,
                "payload_hash": fingerprint(step.payload),
                "field_hashes": {},
                "mapping_version": version,
                "changed_at": now,
                "run": run,
            }
            for step, won_at in planned
        ]
        with self._write() as connection:
            self._upsert(connection, t.steps, rows, ["key"], keep=("field_hashes", "remote_id"), add={"attempts": 1})

    def settle(self, ended: Sequence[tuple[Step, Outcome, datetime]], now: datetime, run: int, version: str) -> None:
        """
        Write down how these steps ended: (the step as the plan had it, its outcome, when its deal was won).

        A settled step remembers a fingerprint of every field that it carries.
        """
        rows: list[dict[str, Any]] = []
        told: list[dict[str, Any]] = []
        for step, outcome, won_at in ended:
            state = STATE_AFTER[outcome.result]
            rows.append(
                {
                    "key": step.key,
                    "deal": str(step.deal),
                    "name": step.name,
                    "kind": step.kind,
                    "scope": step.scope.value,
                    "writer_won_at": won_at,
                    "state": state.value,
                    "result": outcome.result.value,
                    "attempts": 0,
                    "reason": outcome.reason,
                    "remote_id": outcome.ref or step.ref,
                    "payload_hash": fingerprint(step.payload),
                    "field_hashes": field_hashes(step.payload) if outcome.settled else {},
                    "mapping_version": version,
                    "changed_at": now,
                    "run": run,
                }
            )
            told.append(_event(now, run, f"{step.kind} {outcome.result.value}", step, outcome.reason))
        with self._write() as connection:
            for states, keep in KEPT_WHEN_SETTLING.items():
                some = [row for row in rows if row["state"] in states]
                self._upsert(connection, t.steps, some, ["key"], keep=keep)
            if told:
                connection.execute(t.events.insert(), told)

    def looked_in_vain(self, looked: Sequence[tuple[str, datetime]]) -> None:
        """Count an empty look-up for steps that may have been carried out; each is looked for again at its moment."""
        statement = (
            update(t.steps)
            .where(t.steps.c.key == bindparam("k"))
            .values(empty_looks=t.steps.c.empty_looks + 1, try_at=bindparam("at"))
        )
        with self._write() as connection:
            connection.execute(statement, [{"k": key, "at": moment} for key, moment in looked])

    def conclude(self, judged: Sequence[Judged], now: datetime, run: int, *, tell: bool = False) -> None:
        """
        Keep what became of these deals, and an event for each whose standing or reason changed.

        With `tell` each has a receipt pending until `receipts_written`: a crash in between forgets nobody.
        """
        known = self.deals(str(j.deal.ref) for j in judged)
        rows: list[dict[str, Any]] = []
        told: list[dict[str, Any]] = []
        delivered: list[dict[str, Any]] = []
        for j in judged:
            ref = str(j.deal.ref)
            before = known.get(ref)
            row = _deal_row(j.deal, now, run) | {
                "source_hash": j.source_hash,
                "standing": j.standing.value,
                "reason": j.reason,
                "try_at": j.try_at,
                "mapping_version": j.mapping_version,
                "receipt_pending": ((before and before.receipt_pending) or UNTOLD) if tell else None,
            }
            rows.append(row)
            if before is None or (before.standing, before.reason) != (j.standing.value, j.reason):
                told.append(_event(now, run, j.standing.value, None, j.reason, deal=ref))
            if j.standing is Standing.DONE:
                delivered.append({"d": ref, "e": j.deal.episode, "at": now})
        with self._write() as connection:
            self._upsert(connection, t.deals, rows, ["ref"], keep=("first_seen_at",))
            if told:
                connection.execute(t.events.insert(), told)
            if delivered:
                connection.execute(_DELIVERED, delivered)

    def exclude(self, instance: str, ids: Sequence[str], reason: str, now: datetime, run: int) -> dict[str, Standing]:
        """
        Say of these deals that nothing more is done for them, and return by ref how each stands now.

        One that is done stays done, only its receipt is dropped. A deal that is won again counts as new.
        """
        gone = {"standing": Standing.EXCLUDED.value, "reason": reason, "source_hash": None}
        standings: dict[str, Standing] = {}
        with self._write() as connection:
            for some in _parts(ids):
                ours = (t.deals.c.instance == instance, t.deals.c.deal_id.in_(some))
                undone = (*ours, t.deals.c.standing != Standing.DONE.value)
                left = connection.execute(select(t.deals.c.ref).where(*undone)).scalars().all()
                connection.execute(update(t.deals).where(*ours).values(receipt_pending=None, run=run))
                connection.execute(update(t.deals).where(*undone).values(gone))
                told = [_event(now, run, Standing.EXCLUDED.value, None, reason, deal=ref) for ref in left]
                if told:
                    connection.execute(t.events.insert(), told)
                query = select(t.deals.c.ref, t.deals.c.standing).where(*ours)
                standings |= {ref: Standing(standing) for ref, standing in connection.execute(query).tuples()}
        return standings

    def receipts_written(self, states: Sequence[ReceiptState]) -> None:
        """Keep what the CRM was told of these deals."""
        if not states:
            return
        rows = [{"r": str(s.ref), "h": s.hash, "p": s.pending, "n": s.sequence, "at": s.try_at} for s in states]
        statement = (
            update(t.deals)
            .where(t.deals.c.ref == bindparam("r"))
            .values(
                receipt_hash=bindparam("h"),
                receipt_pending=bindparam("p"),
                sequence=bindparam("n"),
                receipt_try_at=bindparam("at"),
            )
        )
        with self._write() as connection:
            connection.execute(statement, rows)

    # Budgets

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        """Take calls from every window that holds `at`, or from none; see `handoff.ports.Budget`."""
        with self._write() as connection:
            for limit in limits:
                window = _window(name, limit, at)
                self._insert_new(connection, t.budgets, [window | {"used": 0}], list(window))
                taken = connection.execute(
                    update(t.budgets)
                    .where(*_is(t.budgets, window), t.budgets.c.used + calls <= limit.calls)
                    .values(used=t.budgets.c.used + calls)
                )
                if taken.rowcount == 0:
                    connection.rollback()
                    return _next_window(limit, at)
        return None

    def close_window(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        """Close the shortest window that holds `at` for all workers."""
        if not limits:
            return
        shortest = min(limits, key=lambda limit: limit.per)
        window = _window(name, shortest, at)
        with self._write() as connection:
            self._upsert(connection, t.budgets, [window | {"used": shortest.calls}], list(window))

    # How it is written

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def _rows(self, table: Table, column: Any, values: Iterable[str]) -> Iterator[Row[Any]]:
        wanted = list(dict.fromkeys(values))
        with self._read() as connection:
            for some in _parts(wanted):
                query: Select[Any] = select(table).where(column.in_(some))
                yield from connection.execute(query)

    def _payload(self, connection: Connection, owner: str, what: str) -> Any:
        query = select(t.payloads.c.body).where(t.payloads.c.owner == owner, t.payloads.c.what == what)
        return connection.execute(query).scalar_one_or_none()

    def _keep(self, connection: Connection, bodies: Sequence[tuple[str, str, Any]], now: datetime) -> None:
        rows = [{"owner": owner, "what": what, "body": body, "at": now} for owner, what, body in bodies]
        self._upsert(connection, t.payloads, rows, ["owner", "what"])

    def _insert(self, table: Table) -> Any:
        return (postgresql if self.engine.dialect.name == "postgresql" else sqlite).insert(table)

    def _insert_new(
        self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]
    ) -> None:
        if rows:
            connection.execute(self._insert(table).on_conflict_do_nothing(index_elements=list(key)), list(rows))

    def _upsert(
        self,
        connection: Connection,
        table: Table,
        rows: Sequence[Mapping[str, Any]],
        key: Sequence[str],
        *,
        keep: Sequence[str] = (),
        add: Mapping[str, int] | None = None,
    ) -> None:
        """Insert the rows; of those that are there replace all columns but `keep`, and add to those in `add`."""
        if not rows:
            return
        insert = self._insert(table)
        added = {name: table.c[name] + amount for name, amount in (add or {}).items()}
        changed = {name: insert.excluded[name] for name in rows[0] if name not in (*key, *keep, *added)}
        connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=changed | added), list(rows))


class SharedBudget:
    """The budget port, kept in the ledger so that all workers share it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        """See `handoff.ports.Budget`."""
        return self._ledger.spend(name, limits, at, calls)

    def close(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        """See `handoff.ports.Budget`."""
        self._ledger.close_window(name, limits, at)


def _engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 30} if url.startswith("sqlite") else {})
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def durable(connection: Any, _: Any) -> None:
            connection.isolation_level = None  # transactions are begun below, by what they are for
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            writes = connection.get_execution_options().get("writes")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the values in lists that one IN may hold."""
    for start in range(0, len(values), IN_AT_ONCE):
        yield values[start : start + IN_AT_ONCE]


def _deal_row(deal: Deal, now: datetime, run: int) -> dict[str, Any]:
    return {
        "ref": str(deal.ref),
        "instance": deal.ref.instance,
        "deal_id": deal.ref.id,
        "name": deal.name,
        "account_id": deal.account_id,
        "account_name": deal.account_name,
        "url": deal.url,
        "won_at": deal.won_at,
        "won_how": deal.won_how.value,
        "episode": deal.episode,
        "first_seen_at": now,
        "read_at": now,
        "run": run,
    }


def _unreadable_row(one: Unreadable, now: datetime, run: int) -> dict[str, Any]:
    return {
        "ref": str(one.ref),
        "instance": one.ref.instance,
        "deal_id": one.ref.id,
        "name": one.name,
        "account_id": None,
        "account_name": None,
        "url": "",
        "won_at": now,
        "won_how": WonHow.FIRST_SEEN.value,
        "episode": 1,
        "first_seen_at": now,
        "read_at": now,
        "run": run,
    }


def _event(
    now: datetime, run: int, what: str, step: Step | None, detail: str, *, deal: str | None = None
) -> dict[str, Any]:
    return {
        "at": now,
        "run": run,
        "actor": "bridge",
        "what": what,
        "deal": deal or (str(step.deal) if step else None),
        "step": step.key if step else None,
        "detail": detail,
    }


def _window(name: str, limit: Limit, at: datetime) -> dict[str, Any]:
    span = int(limit.per.total_seconds())
    return {"name": name, "per_seconds": span, "starts": int(at.timestamp()) // span * span}


def _next_window(limit: Limit, at: datetime) -> datetime:
    span = limit.per.total_seconds()
    return at + timedelta(seconds=span - at.timestamp() % span)


def _is(table: Table, values: Mapping[str, Any]) -> list[Any]:
    return [table.c[name] == value for name, value in values.items()]
