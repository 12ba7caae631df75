"""What waits and what needs a person: each open deal and step with who acts, why, since when, and the next try."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from handoff import tables as t
from handoff.batches import batches
from handoff.database import IN_AT_ONCE, Database
from handoff.intents import IN_DOUBT, State
from handoff.model import Scope, Standing
from handoff.owners import Owner


class Retry(StrEnum):
    """
    When something is tried again.

    `now`: inside the call itself, so it is never seen at rest. `later`: by a pass, once its moment has come. `person`:
    once somebody acted; a pass looks again each hour, whether they did. `never`: nobody asks for it any more.
    """

    NOW = "now"
    LATER = "later"
    PERSON = "person"
    NEVER = "never"


CHANGED = "it was handed off, and something is still to be done about it"
UNTOLD = "it was handed off, and what changed since cannot be told"


@dataclass(frozen=True)
class Entry:
    """
    One thing that is not done.

    `id` is what a person types: a deal's id, or that and a step's name behind a slash. `what` is deal, step or receipt.
    `next_try` is None where it is the next pass. `steps` are those of a deal that a person must clear. `parked` says
    that only a person can tell whether it was carried out, of a deal that nothing else holds it up: no pass decides it.
    """

    id: str
    what: str
    name: str
    retry: Retry
    owner: Owner
    reason: str
    since: datetime
    next_try: datetime | None
    expected_at: datetime | None
    url: str
    steps: tuple["Entry", ...] = ()
    parked: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        moments = {name: getattr(self, name) for name in ("since", "next_try", "expected_at")}
        said = {name: getattr(self, name) for name in self.__dataclass_fields__}
        told = {name: moment.isoformat() if moment else None for name, moment in moments.items()}
        return said | told | {"steps": [step.as_dict() for step in self.steps]}


def queue(ledger: Database) -> list[Entry]:
    """Return all that is not done, the newest first; what a person settled or skipped is not among it."""
    d = t.deals.c
    unhandled = and_(d.standing == Standing.DONE.value, d.try_at.is_not(None))
    open_ = d.standing.in_([Standing.WAITING.value, Standing.NEEDS_PERSON.value])
    query = select(t.deals).where(or_(open_, unhandled, d.receipt_pending.is_not(None)))
    with ledger.reading() as connection:
        deals = connection.execute(query).all()
        since = _since(connection, [row.ref for row in deals])
        stopped = [row.ref for row in deals if row.standing == Standing.NEEDS_PERSON]
        steps = open_steps(connection, stopped)
    entries = {row.ref: _of_deal(row, since.get(row.ref, row.first_seen_at)) for row in deals}
    for row in steps:
        entries[row.deal] = replace(entries[row.deal], steps=(*entries[row.deal].steps, _of_step(row)))
    for ref in only_parked(steps):
        entries[ref] = replace(entries[ref], parked=True)
    return sorted(entries.values(), key=lambda one: (one.since, one.id), reverse=True)


def owner_of(row: Any) -> Owner:
    """Return who must act on a deal; older releases kept nobody."""
    if row.owner:
        return Owner(row.owner)
    return Owner.CS_OPS if row.standing == Standing.NEEDS_PERSON else Owner.BRIDGE


def called(row: Any) -> str:
    """Return how a person knows a deal."""
    return f"{row.account_name or 'no account'}: {row.name}"


def parked(step: Any) -> bool:
    """Return whether only a person can say if this step was carried out."""
    return step.state in IN_DOUBT and step.owner == Owner.CS_OPS


def _of_deal(row: Any, since: datetime) -> Entry:
    if row.standing == Standing.EXCLUDED or (row.standing == Standing.DONE and row.try_at is None):
        return _of_receipt(row, since)
    owner = owner_of(row)
    waits = row.standing == Standing.WAITING or owner is Owner.BRIDGE
    return Entry(
        id=row.deal_id,
        what="deal",
        name=called(row),
        retry=Retry.LATER if waits else Retry.PERSON,
        owner=owner,
        reason=row.reason or (CHANGED if waits else UNTOLD),
        since=since,
        next_try=row.try_at,
        expected_at=row.expected_at if waits else None,
        url=row.url,
    )


def _of_receipt(row: Any, since: datetime) -> Entry:
    refused = row.receipt_try_at is not None  # one that could not be sent goes with the next pass
    return Entry(
        id=row.deal_id,
        what="receipt",
        name=called(row),
        retry=Retry.PERSON if refused else Retry.LATER,
        owner=Owner.CRM_ADMIN if refused else Owner.BRIDGE,
        reason=f"its work is done, and its record does not say so yet: {row.receipt_pending}",
        since=since,
        next_try=row.receipt_try_at,
        expected_at=None,
        url=row.url,
    )


def _of_step(row: Any) -> Entry:
    return Entry(
        id=f"{row.deal_id}/{row.name}",
        what="step",
        name=f"{row.account_name or 'no account'}: {row.deal_name}",
        retry=Retry.PERSON,
        owner=Owner(row.owner) if row.owner else Owner.CS_OPS,
        reason=row.reason,
        since=row.changed_at,
        next_try=row.try_at,
        expected_at=None,
        url=row.url,
        parked=parked(row),
    )


def only_parked(steps: Sequence[Any]) -> set[str]:
    """Return the deals, by ref, of which each of these open steps is parked: no pass can go on with them."""
    return {row.deal for row in steps} - {row.deal for row in steps if not parked(row)}


def open_steps(connection: Connection, refs: Sequence[str]) -> list[Any]:
    """
    Return the steps that a person must clear before these deals go on, with what their deal is called.

    A step of an account holds up each deal of it; `deal_id` is that of the deal under which a person names the step.
    """
    s, d, held = t.steps.c, t.deals.c, t.deals.alias("held")
    same_account = and_(held.c.instance == d.instance, held.c.account_id == d.account_id)
    waits_for_it = held.c.reason.startswith(s.name + ": ")
    in_doubt = and_(s.state.in_([state.value for state in IN_DOUBT]), s.owner == Owner.CS_OPS.value)
    holds_up = or_(held.c.ref == s.deal, and_(s.scope == Scope.ACCOUNT.value, in_doubt, same_account, waits_for_it))
    query = select(held.c.ref.label("deal"), s.name, s.state, s.owner, s.reason, s.changed_at, s.try_at)
    query = query.add_columns(d.deal_id, d.account_name, d.url, d.name.label("deal_name"))
    query = query.join(t.deals, d.ref == s.deal).join(held, holds_up)
    query = query.where(or_(s.state == State.REJECTED.value, in_doubt)).order_by(s.key)
    return [row for some in batches(refs, IN_AT_ONCE) for row in connection.execute(query.where(held.c.ref.in_(some)))]


def _since(connection: Connection, refs: Sequence[str]) -> Mapping[str, datetime]:
    """Return by deal since when it stands as it does, for the reason it does."""
    e = t.events.c
    stands = e.what.in_([standing.value for standing in Standing])
    since: dict[str, datetime] = {}
    for some in batches(refs, IN_AT_ONCE):
        query = select(e.deal, func.max(e.at)).where(e.deal.in_(some), stands).group_by(e.deal)
        since |= dict(connection.execute(query).tuples().all())
    return since
