"""What the ledger knows of steps: what is about to be sent, how it ended, and whose word each field holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Row, bindparam, delete, select, update

from handoff import tables as t
from handoff.batches import batches
from handoff.database import IN_AT_ONCE
from handoff.fingerprints import fingerprint
from handoff.leases import Leases
from handoff.model import Outcome, Result, Step
from handoff.owners import Owner
from handoff.rows import event, step_row


class State(StrEnum):
    """Where a step is."""

    PLANNED = "planned"
    INTENDED = "intended"
    SETTLED = "settled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    LOOKED_UP = "looked_up"


IN_DOUBT = frozenset({State.INTENDED, State.UNKNOWN})
"""It was sent, and no answer says what became of it."""

STATE_AFTER = {
    Result.CREATED: State.SETTLED,
    Result.UPDATED: State.SETTLED,
    Result.ADOPTED: State.SETTLED,
    Result.UNCHANGED: State.SETTLED,
    Result.WAITING: State.PLANNED,
    Result.UNKNOWN: State.UNKNOWN,
    Result.REJECTED: State.REJECTED,
}

KNOWN_OF_THE_RECORD = ("remote_id", "payload_hash", "field_hashes", "intended", "declined", "gone", "adopting")
"""What is known of a record until a step that sends something to it is settled."""

Tried = Mapping[str, Sequence[str]]
"""By field the fingerprints that were sent without an answer, the oldest first."""


@dataclass(frozen=True)
class Intent:
    """
    A step that is about to be sent: the fingerprints of its fields, and those of sends without an answer.

    `adopts` says that it links a record that somebody else made.
    """

    step: Step
    won_at: datetime
    hashes: Mapping[str, str] = field(default_factory=dict)
    tried: Tried = field(default_factory=dict)
    adopts: bool = False

    def all_tried(self) -> dict[str, list[str]]:
        """Return every fingerprint that the record may hold after this send."""
        tried = {name: list(hashes) for name, hashes in self.tried.items()}
        for name, said in self.hashes.items():
            tried[name] = [one for one in tried.get(name, []) if one != said] + [said]
        return tried


@dataclass(frozen=True)
class Ending:
    """
    How a step (as the plan had it) ended.

    `hashes` are the fingerprints of the values that we wrote, by field, all that still count; `declined` those of
    values that we had for it and left to a person. Both count once the step is settled. `intended` says that this run
    wrote down before that it sends it.
    """

    step: Step
    outcome: Outcome
    won_at: datetime
    hashes: Mapping[str, str] = field(default_factory=dict)
    declined: Mapping[str, str] = field(default_factory=dict)
    intended: bool = False


@dataclass(frozen=True)
class Learnt:
    """What was learnt of the record of a settled step without sending anything; `gone` for good if it says so."""

    key: str
    hashes: Mapping[str, str]
    declined: Mapping[str, str]
    gone: str = ""


_ONLY_LOOKED_UP = t.steps.c.state == State.LOOKED_UP.value

_FORGOTTEN = delete(t.steps).where(t.steps.c.key == bindparam("k"), _ONLY_LOOKED_UP)

_OVER: dict[str, Any] = {"intended": {}, "gone": False, "adopting": False, "send_by": None}
"""What the row of a step says as soon as nobody sends it any more."""

_SETTLED = (
    update(t.steps)
    .where(t.steps.c.key == bindparam("k"))
    .values(
        {name: bindparam(f"new_{name}") for name in ("result", "reason", "remote_id", "payload_hash", "field_hashes")}
        | {name: bindparam(f"new_{name}") for name in ("declined", "owner", "changed_at")}
        | {"state": State.SETTLED.value, **_OVER}
    )
)


class Intents(Leases):
    """Steps, as the ledger keeps them."""

    def steps(self, keys: Iterable[str], *only: Column[Any]) -> dict[str, Row[Any]]:
        """Return the known steps among these, by key; `only` some of their columns, where they are named."""
        column = t.steps.c.key
        return {row.key: row for row in self.rows_of(t.steps, column, keys, (column, *only) if only else ())}

    def holders(self, refs: Iterable[str]) -> dict[str, str]:
        """Return by record of a platform the key of a step that it belongs to; free ones are absent."""
        return {row.remote_id: row.key for row in self.rows_of(t.steps, t.steps.c.remote_id, refs)}

    def intend(
        self, intents: Sequence[Intent], now: datetime, run: int, version: str, *, send_by: datetime | None = None
    ) -> None:
        """Write down that these steps are about to be sent, at the latest at `send_by` (lease clock); then durable."""
        rows: list[dict[str, Any]] = [
            step_row(one.step, one.won_at, now, run, version)
            | {
                "state": State.INTENDED.value,
                "result": None,
                "attempts": 1,
                "try_at": None,
                "empty_looks": 0,
                "reason": "",
                "remote_id": None,
                "payload_hash": fingerprint(one.hashes),
                "field_hashes": {},
                "intended": one.all_tried(),
                "adopting": one.adopts,
                "send_by": send_by,
                "owner": Owner.BRIDGE.value,
            }
            for one in intents
        ]
        known = ("field_hashes", "remote_id", "payload_hash")
        with self.writing() as connection:
            self.upsert(connection, t.steps, rows, ["key"], keep=known, add={"attempts": 1}, anew=_ONLY_LOOKED_UP)

    def settle(self, ended: Sequence[Ending], now: datetime, run: int, version: str) -> None:
        """Write down how these steps ended; what is known of a record changes only with a step that is settled."""
        settled: list[dict[str, Any]] = []
        whole: list[dict[str, Any]] = []
        open_: list[dict[str, Any]] = []
        told: list[dict[str, Any]] = []
        for one in ended:
            step, outcome = one.step, one.outcome
            said = {
                "result": outcome.result.value,
                "reason": outcome.reason,
                "remote_id": outcome.ref if outcome.settled else None,
                "payload_hash": fingerprint(one.hashes),
                "field_hashes": dict(one.hashes) if outcome.settled else {},
                "declined": dict(one.declined) if outcome.settled else {},
                "owner": outcome.acts,
            }
            if one.intended and outcome.settled:
                row = {f"new_{name}": value for name, value in said.items()}
                settled.append(row | {"k": step.key, "new_changed_at": now})
            else:
                state = STATE_AFTER[outcome.result]
                row = step_row(step, one.won_at, now, run, version) | said | _OVER
                (whole if state is State.SETTLED else open_).append(row | {"state": state.value, "attempts": 0})
            told.append(event(now, run, f"{step.kind} {outcome.result.value}", step, outcome.reason))
        keep = ("attempts", *KNOWN_OF_THE_RECORD)
        with self.writing() as connection:
            self.each(connection, _SETTLED, settled)
            self.upsert(connection, t.steps, whole, ["key"], keep=("attempts",), anew=_ONLY_LOOKED_UP)
            self.upsert(connection, t.steps, open_, ["key"], keep=keep, anew=_ONLY_LOOKED_UP)
            self.insert(connection, t.events, told)

    def look_up(self, found: Sequence[Ending], now: datetime, run: int, version: str) -> None:
        """
        Keep records that steps only look up.

        A step that makes or writes its record keeps its row as it is, and one that will finds nothing known.
        """
        rows = [
            step_row(one.step, one.won_at, now, run, version)
            | {
                "state": State.LOOKED_UP.value,
                "result": one.outcome.result.value,
                "reason": one.outcome.reason,
                "remote_id": one.outcome.ref,
                "payload_hash": fingerprint({}),
                "field_hashes": {},
            }
            for one in found
        ]
        with self.writing() as connection:
            self.each(connection, _FORGOTTEN, [{"k": row["key"]} for row in rows])
            there = select(t.steps.c.key).where(t.steps.c.key.in_(bindparam("k", expanding=True)))
            taken = {
                key
                for some in batches([row["key"] for row in rows], IN_AT_ONCE)
                for key in connection.execute(there, {"k": some}).scalars()
            }
            free = [row for row in rows if row["key"] not in taken]
            if free:
                connection.execute(t.steps.insert(), free)

    def learn(self, learnt: Sequence[Learnt], now: datetime, run: int) -> None:
        """Keep what was learnt of records without sending anything; how their steps ended stays."""
        statement = (
            update(t.steps)
            .where(t.steps.c.key == bindparam("k"))
            .values(
                field_hashes=bindparam("ours"),
                payload_hash=bindparam("all"),
                declined=bindparam("left"),
                gone=bindparam("is_gone"),
                reason=bindparam("why"),
                changed_at=now,
                run=run,
            )
        )
        rows = [
            {
                "k": one.key,
                "ours": dict(one.hashes),
                "all": fingerprint(one.hashes),
                "left": dict(one.declined),
                "is_gone": bool(one.gone),
                "why": one.gone,
            }
            for one in learnt
        ]
        with self.writing() as connection:
            connection.execute(statement, rows)

    def count_as_never_sent(self, keys: Iterable[str], why: str, now: datetime, run: int) -> None:
        """Forget what settled these steps: the pass that comes to them looks for their records, and sends them."""
        statement = (
            update(t.steps)
            .where(t.steps.c.key == bindparam("k"))
            .values(
                state=State.PLANNED.value,
                result=None,
                reason=why,
                remote_id=None,
                payload_hash=fingerprint({}),
                field_hashes={},
                declined={},
                owner=Owner.BRIDGE.value,
                changed_at=now,
                run=run,
                **_OVER,
            )
        )
        rows = [{"k": key} for key in keys]
        if rows:
            with self.writing() as connection:
                connection.execute(statement, rows)

    def looked_in_vain(self, looked: Sequence[tuple[str, datetime]]) -> None:
        """Count an empty look-up for steps that may have been carried out; each is looked for again at its moment."""
        statement = (
            update(t.steps)
            .where(t.steps.c.key == bindparam("k"))
            .values(empty_looks=t.steps.c.empty_looks + 1, try_at=bindparam("at"))
        )
        with self.writing() as connection:
            connection.execute(statement, [{"k": key, "at": moment} for key, moment in looked])
