"""The trail of what was done: events of runs, each run sealed by a digest that covers the run sealed before it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from handoff import tables as t
from handoff.rows import BRIDGE

STOOD_STILL = timedelta(minutes=1)
"""How long after its lease a run that gave no sign is taken to have been cut off."""

NEVER_HELD = timedelta(hours=1)
"""The same for a run that holds nothing."""

CUT_OFF = "cut off"

_later = t.runs.alias("later")
_LAST_SEALED = (
    select(t.runs.c.id, t.runs.c.digest)
    # Runs that work side by side end in any order. Those of older releases name no run before them.
    .where(t.runs.c.digest.is_not(None), ~select(_later.c.id).where(_later.c.previous == t.runs.c.id).exists())
    .order_by(t.runs.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Checked:
    """
    What checking the whole trail found.

    `broken` is the first run that does not fit, and `why`; None when all do. `last` is the newest seal: whoever wrote
    it down elsewhere notices when runs are missing at the end. `open_events` belong to runs that have not ended.
    """

    runs: int
    events: int
    open_events: int
    last: str | None
    broken: int | None = None
    why: str = ""


def seal(
    connection: Connection,
    run: int,
    now: datetime,
    *,
    counts: Mapping[str, Any],
    error: str | None,
    alive_after: datetime,
) -> None:
    """
    End a run and seal it with its events; runs that were cut off before are sealed first, as that.

    A run that was sealed already stays as it is.

    Args:
        alive_after: A run whose sign of life is not later (lease clock) was cut off.
    """
    r = t.runs.c
    dead = select(r.id).where(
        r.ended_at.is_(None),
        r.id != run,
        (r.alive_until <= alive_after - STOOD_STILL) | (r.alive_until.is_(None) & (r.started_at < now - NEVER_HELD)),
    )
    for one in connection.execute(dead.order_by(r.id)).scalars().all():
        _seal(connection, one, now, {}, CUT_OFF)
    _seal(connection, run, now, counts, error)


def _seal(connection: Connection, run: int, now: datetime, counts: Mapping[str, Any], error: str | None) -> None:
    r = t.runs.c
    last = connection.execute(_LAST_SEALED).first()
    ended: dict[str, Any] = {"ended_at": now, "ok": error is None, "counts": dict(counts), "error": error}
    ended["previous"] = last.id if last else None
    ended["actor"] = func.coalesce(r.actor, BRIDGE)  # by this the check tells which rule a run was sealed by
    open_ = (r.id == run, r.digest.is_(None))
    if connection.execute(update(t.runs).where(*open_).values(ended)).rowcount == 0:
        return
    row = connection.execute(select(t.runs).where(r.id == run)).one()
    digest = _digest(row, last.digest if last else None, _events(connection, run))
    connection.execute(update(t.runs).where(r.id == run).values(digest=digest))


def check(connection: Connection) -> Checked:
    """Compute every seal anew, from the first run on."""
    rows = {row.id: row for row in connection.execute(select(t.runs).order_by(t.runs.c.id))}
    sealed = [row for row in rows.values() if row.digest is not None]
    events, strays = _counted(connection, rows)
    chain = _in_order(sealed)
    for place, row in enumerate(chain):
        why = _broken(connection, row, chain[place - 1] if place else None)
        if why:
            return Checked(place, events, strays, chain[-1].digest, row.id, why)
    missing = {row.id for row in sealed} - {row.id for row in chain}
    if missing:
        return Checked(len(chain), events, strays, None, min(missing), "it follows a run that is not there")
    bare = next((row.id for row in rows.values() if row.ended_at is not None and row.digest is None), None)
    if bare is not None:
        return Checked(len(chain), events, strays, None, bare, "it has ended, and its seal is gone")
    foreign = _foreign(connection, rows)
    last = chain[-1].digest if chain else None
    if foreign is not None:
        return Checked(len(chain), events, strays, last, foreign, "it has events, and the ledger has no such run")
    return Checked(len(chain), events, strays, last)


def _in_order(sealed: list[Row[Any]]) -> list[Row[Any]]:
    """Return the sealed runs, each after the one that its seal covers; those of older releases by number."""
    old = [row for row in sealed if row.actor is None]
    after: dict[int | None, list[Row[Any]]] = {}
    for row in sealed:
        if row.actor is not None:
            after.setdefault(row.previous, []).append(row)
    chain = list(old)
    at: int | None = old[-1].id if old else None
    while at in after:
        chain.append(after[at][0])
        at = chain[-1].id
    return chain


def _broken(connection: Connection, row: Row[Any], before: Row[Any] | None) -> str:
    digest = before.digest if before is not None else None
    computed = (
        _digest_of_old(digest, _events(connection, row.id))
        if row.actor is None
        else _digest(row, digest, _events(connection, row.id))
    )
    return "" if computed == row.digest else "it, or one of its events, is not what was sealed"


def _digest(row: Row[Any], before: str | None, events: Iterable[Row[Any]]) -> str:
    facts = (row.id, row.command, row.actor, row.started_at, row.ended_at, row.ok, row.error, row.mapping_version)
    digest = hashlib.sha256((before or "").encode())
    digest.update("\x1f".join(str(part) for part in facts).encode())
    digest.update(json.dumps(row.counts, sort_keys=True).encode() + b"\n")
    _add(digest, events)
    return digest.hexdigest()


def _digest_of_old(before: str | None, events: Iterable[Row[Any]]) -> str:
    """The seal of releases before 0.3, which covered events alone."""
    digest = hashlib.sha256((before or "").encode())
    _add(digest, events)
    return digest.hexdigest()


def _add(digest: Any, events: Iterable[Row[Any]]) -> None:
    for event in events:
        digest.update("\x1f".join(str(part) for part in event).encode() + b"\n")


def _events(connection: Connection, run: int) -> Iterable[Row[Any]]:
    return connection.execute(select(t.events).where(t.events.c.run == run).order_by(t.events.c.id))


def _counted(connection: Connection, rows: Mapping[int, Row[Any]]) -> tuple[int, int]:
    counts = connection.execute(select(t.events.c.run, func.count()).group_by(t.events.c.run)).tuples().all()
    open_ = {run for run, row in rows.items() if row.digest is None}
    return sum(count for _, count in counts), sum(count for run, count in counts if run in open_)


def _foreign(connection: Connection, rows: Mapping[int, Row[Any]]) -> int | None:
    runs = connection.execute(select(t.events.c.run).distinct().order_by(t.events.c.run)).scalars()
    return next((run for run in runs if run not in rows), None)
