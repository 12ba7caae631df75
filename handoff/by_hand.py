"""What a person says of the queue: try it again, it was done, or leave it; each a run with an actor and a reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NoReturn

from sqlalchemy import Connection, select, update

from handoff import tables as t
from handoff.deals import IdsIn, known_deal
from handoff.errors import ConfigError, HandoffError, Transient
from handoff.fingerprints import fingerprint
from handoff.intents import State
from handoff.leases import CALL_ENDS_WITHIN, account_subject
from handoff.ledger import UNTOLD, Ledger
from handoff.model import DealRef, Result, Scope, Standing
from handoff.owners import Owner
from handoff.queue import parked
from handoff.report import ADDRESS
from handoff.rows import LONGEST_ACTOR, event


class Word(StrEnum):
    """What a person can say."""

    RETRY = "retry"
    RESOLVE = "resolve"
    SKIP = "skip"


@dataclass(frozen=True)
class Subject:
    """What is spoken of: a deal's row of the ledger, and that of one of its steps, None for the deal as a whole."""

    deal: Any
    step: Any = None
    account: str | None = None

    @property
    def id(self) -> str:
        """What a person types."""
        return f"{self.deal.deal_id}/{self.step.name}" if self.step is not None else str(self.deal.deal_id)


@dataclass(frozen=True)
class Said:
    """
    One word of a person.

    `ref` is the record in the platform that a person made or found for a step that is resolved.
    """

    word: Word
    actor: str
    reason: str
    ref: str | None = None


def subject(ledger: Ledger, words: str, ids_in: IdsIn) -> Subject:
    """
    Return what an id of the queue means: a deal, or `<deal>/<step>`.

    Raises:
        ConfigError: Nothing, or several deals, fit.
    """
    deal, slash, name = words.rpartition("/")
    is_step = bool(slash) and "/" not in deal and bool(name) and not any(c.isspace() for c in name)
    ref = known_deal(ledger, deal if is_step else words, ids_in)
    if ref is None:
        raise ConfigError(f"The ledger knows no deal by {words!r}. `handoff queue` lists the ids.")
    kept = ledger.story(ref)
    account = kept["handoff"].account if kept["handoff"] else kept["deal"].account_id
    if not is_step:
        return Subject(kept["deal"], account=account)
    steps = {row.name: row for row in kept["steps"]}
    if name not in steps:
        there = ", ".join(f"{kept['deal'].deal_id}/{one}" for one in steps) or "none was tried yet"
        raise ConfigError(f"The deal has no step {name!r}. Its steps: {there}.")
    return Subject(kept["deal"], steps[name], account)


def say(ledger: Ledger, about: Subject, said: Said, *, at: datetime, lease_now: datetime) -> int:
    """
    Carry out what a person said, and return the number of the run that records it.

    Args:
        at: The business clock's moment; the next pass takes up from then what is to be tried again.
        lease_now: The lease clock's: whoever holds the deal by then is working on it.

    Raises:
        ConfigError: It makes no sense of this deal or step as it stands.
        Transient: A pass is working on it.
    """
    if about.step is not None and about.deal.owner == Owner.BY_HAND:
        _refuse(about, f"a person took its deal over; first: handoff queue retry {about.deal.deal_id}")
    changes = _CHANGES[said.word, about.step is not None](about, said)
    run = ledger.begin_run(f"queue {said.word}", at, None, actor=said.actor[:LONGEST_ACTOR])
    error: str | None = None
    try:
        with ledger.writing() as connection:
            _free(connection, about, lease_now)
            _unchanged(connection, about)
            _over(about, lease_now)
            _unheld(connection, about, said)
            _write(connection, about, said, changes, at=at, run=run)
    except BaseException as failed:
        error = str(failed) if isinstance(failed, HandoffError) else type(failed).__name__
        raise
    finally:
        ledger.end_run(run, at, counts={"about": about.id}, report=None, error=error)
    return run


Changes = Mapping[str, Any]
"""The columns of the deal or step that change."""


def _retry_deal(about: Subject, said: Said) -> Changes:
    row = about.deal
    if row.owner == Owner.BY_HAND:
        return {"standing": Standing.WAITING.value, "owner": Owner.BRIDGE.value, "reason": _why("asked for", said)}
    if row.standing == Standing.EXCLUDED:
        _refuse(about, f"it is left out, and a retry would leave it out again: {row.reason}")
    if row.standing == Standing.DONE and row.try_at is None and row.receipt_pending is None:
        _refuse(about, "it is done; nothing is left to be tried")
    return {}


def _resolve_deal(about: Subject, said: Said) -> Changes:
    if said.ref is not None:
        raise ConfigError(f"A record belongs to a step: handoff queue resolve {about.id}/STEP --ref {said.ref}")
    return _taken_over(about, Standing.DONE, _why("handled by hand", said))


def _skip_deal(about: Subject, said: Said) -> Changes:
    return _taken_over(about, Standing.EXCLUDED, _why("skipped by hand", said))


def _taken_over(about: Subject, standing: Standing, reason: str) -> Changes:
    if about.deal.standing == Standing.DONE and about.deal.try_at is None:
        _refuse(about, "it is done already")
    left: dict[str, Any] = {
        "try_at": None,
        "expected_at": None,
        "mapping_version": None,
        "changed": [],
    }
    if about.deal.receipt_hash is not None:  # its record says that it is the bridge's: the next pass tells it
        left |= {"receipt_pending": UNTOLD, "receipt_try_at": None}
    return {"standing": standing.value, "owner": Owner.BY_HAND.value, "reason": reason, **left}


def _retry_step(about: Subject, said: Said) -> Changes:
    step = about.step
    if step.state in (State.SETTLED, State.LOOKED_UP) and not step.gone:
        _refuse(about, f"it is settled: record {step.remote_id}")
    if step.gone or parked(step):
        again = {"state": State.PLANNED.value, "result": None, "remote_id": None, "gone": False, "send_by": None}
        return {**again, "try_at": None, "owner": Owner.BRIDGE.value, "reason": _why("to be made again", said)}
    return {}  # what can be looked for stays in doubt, and as long as before: else it would be made twice


def _resolve_step(about: Subject, said: Said) -> Changes:
    if about.step.state == State.SETTLED and not about.step.gone:
        _refuse(about, f"it is settled: record {about.step.remote_id}")
    settled = _settled(Result.ADOPTED if said.ref else Result.UNCHANGED, _why("done by hand", said))
    if said.ref is None and about.step.remote_id is not None:
        ours = {**(about.step.field_hashes or {}), **_tried(about)}
        return {**settled, **_kept(about), "field_hashes": ours, "payload_hash": fingerprint(ours)}
    # Without a record it is as one that is gone: nobody asks for it again, and what needs its id goes without.
    return {**settled, "remote_id": said.ref, "gone": said.ref is None}


def _skip_step(about: Subject, said: Said) -> Changes:
    if about.step.state == State.SETTLED:
        _refuse(about, "it is settled already; nothing is left to be skipped")
    settled = _settled(Result.UNCHANGED, _why("skipped by hand", said))
    if about.step.remote_id is not None and _tried(about):
        return {**settled, **_kept(about), "declined": {**(about.step.declined or {}), **_tried(about)}}
    return {**settled, "remote_id": None, "gone": True}


def _kept(about: Subject) -> dict[str, Any]:
    """Return what stays known of a record that is there: only what was to be written to it is spoken of."""
    names = ("remote_id", "field_hashes", "payload_hash", "declined")
    return {name: getattr(about.step, name) for name in names} | {"gone": False}


def _tried(about: Subject) -> dict[str, str]:
    """Return by field the fingerprint of what was sent last, and refused or not answered."""
    return {name: hashes[-1] for name, hashes in (about.step.intended or {}).items()}


def _settled(result: Result, reason: str) -> dict[str, Any]:
    nothing = {"field_hashes": {}, "payload_hash": fingerprint({}), "intended": {}, "declined": {}, "adopting": False}
    ended = {"state": State.SETTLED.value, "result": result.value, "send_by": None, "empty_looks": 0}
    return {**nothing, **ended, "try_at": None, "reason": reason, "owner": Owner.BY_HAND.value}


_CHANGES: Mapping[tuple[Word, bool], Callable[[Subject, Said], Changes]] = {
    (Word.RETRY, False): _retry_deal,
    (Word.RETRY, True): _retry_step,
    (Word.RESOLVE, False): _resolve_deal,
    (Word.RESOLVE, True): _resolve_step,
    (Word.SKIP, False): _skip_deal,
    (Word.SKIP, True): _skip_step,
}
"""What each word does to a deal (False) and to a step."""


def _why(what: str, said: Said) -> str:
    return f"{what}: {ADDRESS.sub('(address)', said.reason)}"


def _refuse(about: Subject, why: str) -> NoReturn:
    raise ConfigError(f"{about.id}: {why}.")


def _free(connection: Connection, about: Subject, lease_now: datetime) -> None:
    """Raise `Transient` while a pass works on the deal or its account."""
    ref, subjects = DealRef(*about.deal.ref.split(":")), [about.deal.ref]
    if about.account:
        subjects.append(account_subject(ref.instance, ref.system, ref.org, about.account))
    c, r = t.leases.c, t.runs.c
    held = select(c.run).join(t.runs, r.id == c.run).where(c.subject.in_(subjects), r.alive_until > lease_now)
    run = connection.execute(held.limit(1)).scalar()
    if run is not None:
        why, remedy = f"a pass (run {run}) is working on it.", "Try again in a few seconds."
        raise Transient(system="the ledger", doing=f"changing {about.id}", why=why, remedy=remedy)


def _unchanged(connection: Connection, about: Subject) -> None:
    """Raise `Transient` when a pass has settled it since it was looked at."""
    d, s = t.deals.c, t.steps.c
    now = connection.execute(select(d.standing, d.run).where(d.ref == about.deal.ref)).one()
    same = tuple(now) == (about.deal.standing, about.deal.run)
    if same and about.step is not None:
        step = connection.execute(select(s.state, s.run).where(s.key == about.step.key)).one()
        same = tuple(step) == (about.step.state, about.step.run)
    if not same:
        why, remedy = "a pass has just worked on it.", "Look again: handoff queue"
        raise Transient(system="the ledger", doing=f"changing {about.id}", why=why, remedy=remedy)


def _over(about: Subject, lease_now: datetime) -> None:
    """Raise `Transient` while a call that was cut off may still be under way."""
    step = about.step
    if step is None or step.state != State.INTENDED or step.send_by is None:
        return
    if lease_now <= step.send_by + CALL_ENDS_WITHIN:
        why, remedy = "its call may still be under way.", "Try again in a few seconds."
        raise Transient(system="the ledger", doing=f"changing {about.id}", why=why, remedy=remedy)


def _unheld(connection: Connection, about: Subject, said: Said) -> None:
    """Raise `ConfigError` when the record is another step's."""
    if said.ref is None:
        return
    s = t.steps.c
    others = select(s.key).where(s.remote_id == said.ref, s.key != about.step.key)
    key = connection.execute(others.limit(1)).scalar()
    if key is not None:
        raise ConfigError(f"The record {said.ref} belongs to another step already: {key}")


def _write(connection: Connection, about: Subject, said: Said, changes: Changes, *, at: datetime, run: int) -> None:
    step, taken_over = about.step, about.step is None and changes.get("owner") == Owner.BY_HAND
    # A pass that read the deal before now must not write over this: its reading counts as old.
    of_deal: dict[str, Any] = {"read_at": at, "run": run}
    of_deal |= {} if taken_over else {"try_at": at, "receipt_try_at": None}
    of_deal |= changes if step is None else {}
    d, s = t.deals.c, t.steps.c
    connection.execute(update(t.deals).where(d.ref == about.deal.ref).values(of_deal))
    if step is not None:
        of_step = {"changed_at": at, "run": run, **changes}
        connection.execute(update(t.steps).where(s.key == step.key).values(of_step))
        _let_sharers_go_on(connection, about, at)
    detail = _why("with record " + said.ref if said.ref else "because", said)
    row = event(at, run, f"queue {said.word}", None, detail, deal=about.deal.ref)
    actor = {"actor": said.actor[:LONGEST_ACTOR], "step": step.key if step is not None else None}
    connection.execute(t.events.insert(), [row | actor])


def _let_sharers_go_on(connection: Connection, about: Subject, at: datetime) -> None:
    """What all deals of an account share stopped them all."""
    if about.step.scope != Scope.ACCOUNT:
        return
    d = t.deals.c
    stopped = (d.account_id == about.deal.account_id, d.standing == Standing.NEEDS_PERSON.value)
    connection.execute(update(t.deals).where(*stopped).values(try_at=at))
