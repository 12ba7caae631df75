"""What the ledger keeps of backfills: each plan, and of each of its deals the digest of that deal's own plan."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, or_, select, update

from handoff import tables as t
from handoff.backgrounds import kept as kept_background
from handoff.errors import ConfigError
from handoff.fingerprints import field_hashes, fingerprint
from handoff.kinds import Background
from handoff.ledger import NAMES_A_PERSON, Ledger
from handoff.model import Standing, Step
from handoff.owners import Owner
from handoff.report import Notice
from handoff.rows import event

PLAN_HOLDS = timedelta(days=7)
"""How long after it was made a planned backfill may be carried out."""

PLANNED, DONE, LEFT_OUT = "planned", "done", "left out"

UNTOLD = "its write-back is pending"
"""Why something is left to do of a deal that is done."""

APPROVED = "approved"
"""What the ledger's events call it when a plan is done by somebody's word."""


@dataclass(frozen=True)
class Asked:
    """
    Which deals somebody wants handed off: those won from one day to another, both whole days in UTC.

    `owner` is the rep's address. `full` makes what a live deal gets; `replan` takes deals that were handed off before.
    `platform` is the one whose deals are meant, where there are several, and `crm` the CRM in which they were won.
    `by` is what asked, where that may ask again: it is given the plan that it was given before.
    """

    since: date
    until: date
    segment: str | None = None
    owner: str | None = None
    limit: int | None = None
    full: bool = False
    replan: bool = False
    by: str = ""
    platform: str | None = None
    crm: str | None = None

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise ConfigError(f"--until {self.until} is before --since {self.since}. Swap them.")

    @property
    def begins(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.since, time(), UTC)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.until, time(), UTC) + timedelta(days=1)

    def as_dict(self) -> dict[str, Any]:
        """Return it as the ledger keeps it: an owner is a person, and is not named."""
        said = asdict(self) | {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return said | {"owner": "one" if self.owner else None}


@dataclass(frozen=True)
class PlannedDeal:
    """One deal of a plan; `background` and `kind` are what it was planned with, and do not change any more."""

    ref: str
    deal_id: str
    key: str
    slice: int
    digest: str
    kind: str
    background: Background


def digest(steps: Sequence[Step]) -> str:
    """
    Return what tells that a deal's own plan changed: the steps, and a fingerprint of each field they carry.

    A record that is only looked up carries nothing.
    """
    return fingerprint({one.key: [one.kind, {} if one.reference else field_hashes(one.payload)] for one in steps})


def as_handoff(key: str, kind: str, background: Mapping[str, Any] | None, moment: datetime, won_at: datetime) -> Any:
    """Return a deal of a plan in the shape of a handoff's row: first handled at this moment, as the kind it was."""
    return SimpleNamespace(
        key=key,
        kind=kind,
        background=background,
        handed_off_at=moment,
        work_starts_at=max(moment, won_at),
        delivered_at=None,
        steps=[],
        told=None,
    )


def keep_plan(
    ledger: Ledger, deals: Sequence[PlannedDeal], *, asked: Asked, made_at: datetime, version: str, counts: Any
) -> int:
    """Keep a plan and its deals, in one transaction, and return its number."""
    plan = {"made_at": made_at, "mapping_version": version, "asked": asked.as_dict(), "counts": counts}
    with ledger.writing() as connection:
        number = connection.execute(t.backfills.insert().values(plan)).inserted_primary_key
        assert number is not None
        ledger.insert(connection, t.backfill_deals, [_row(int(number[0]), one) for one in deals])
        known = [{"owner": one.key, "what": t.BACKGROUND, "body": body, "at": made_at} for one, body in _named(deals)]
        ledger.upsert(connection, t.payloads, known, ["owner", "what"], keep=("body",))
        return int(number[0])


def _row(plan: int, one: PlannedDeal) -> dict[str, Any]:
    background = kept_background(one.background)
    kept = background | {NAMES_A_PERSON: None} if background else None
    columns = {name: getattr(one, name) for name in ("ref", "deal_id", "key", "slice", "digest", "kind")}
    return {"plan": plan, **columns, "background": kept, "state": PLANNED, "reason": ""}


def _named(deals: Sequence[PlannedDeal]) -> Iterator[tuple[PlannedDeal, dict[str, Any]]]:
    for one in deals:
        named = (kept_background(one.background) or {}).get(NAMES_A_PERSON)
        if named:
            yield one, {NAMES_A_PERSON: named}


def plan_of(ledger: Ledger, number: int) -> Row[Any]:
    """Return a kept plan; raises `ConfigError` where there is none of this number."""
    with ledger.reading() as connection:
        row = connection.execute(select(t.backfills).where(t.backfills.c.id == number)).one_or_none()
        last = connection.execute(select(func.max(t.backfills.c.id))).scalar()
    if row is None:
        there = f"The last one is {last}" if last else "Make one: handoff backfill --since DAY --until DAY"
        raise ConfigError(f"There is no planned backfill {number}. {there}.")
    return row


def plan_made_for(ledger: Ledger, by: str) -> int | None:
    """Return the plan that this asked for before, None where it did not."""
    c = t.backfills.c
    with ledger.reading() as connection:
        rows = connection.execute(select(c.id, c.asked).order_by(c.id.desc()))
        return next((row.id for row in rows if row.asked["by"] == by), None)


def slices_left(ledger: Ledger, plan: int) -> list[int]:
    """Return the slices of a plan in which something is left to do, in order."""
    c = t.backfill_deals.c
    query = select(c.slice).where(c.plan == plan, _to_do()).distinct().order_by(c.slice)
    with ledger.reading() as connection:
        return list(connection.execute(query).scalars())


def elsewhere(ledger: Ledger, plan: int, mine: Collection[int]) -> int:
    """Return in how many deals of the slices that are not these something is left: another process works on them."""
    c = t.backfill_deals.c
    query = select(c.slice, func.count()).where(c.plan == plan, _to_do()).group_by(c.slice)
    with ledger.reading() as connection:
        return sum(count for slice_, count in connection.execute(query).tuples() if slice_ not in mine)


def untold(ledger: Ledger, plan: int) -> int:
    """Return how many deals of a plan are done with their write-back pending."""
    c = t.backfill_deals.c
    query = select(func.count()).where(c.plan == plan, c.state == DONE, c.reason == UNTOLD)
    with ledger.reading() as connection:
        return int(connection.execute(query).scalar_one())


def keep_approval(ledger: Ledger, plan: int, run: int, now: datetime, *, by: str) -> None:
    """Keep by whose word a run does a plan; `by` as `runs` names who acts."""
    said = event(now, run, APPROVED, None, f"backfill plan {plan}")
    ledger.write_down([said | {"actor": by}])


def slice_subject(plan: int, slice_: int) -> str:
    """Return what a lease on a slice of a plan is taken on."""
    return f"backfill:{plan}:{slice_}"


def slices_to_do(ledger: Ledger, plan: int) -> Iterator[int]:
    """
    Yield each slice in which something is left once, in order; its lease is held until the next is asked for.

    One that another run has comes later, if it is free by then.
    """
    left = slices_left(ledger, plan)
    while (mine := next((one for one in left if ledger.take([slice_subject(plan, one)])), None)) is not None:
        left.remove(mine)
        yield mine
        ledger.release([slice_subject(plan, mine)])


def holders_alive(ledger: Ledger, plan: int, lease_now: datetime) -> set[bool]:
    """Return of the runs that have a slice in which something is left whether they are alive, on the lease clock."""
    left = [slice_subject(plan, one) for one in slices_left(ledger, plan)]
    c, r = t.leases.c, t.runs.c
    query = select(r.alive_until).join(t.leases, c.run == r.id).where(c.subject.in_(left))
    with ledger.reading() as connection:
        return {until is not None and until > lease_now for until in connection.execute(query).scalars()}


def go_on_at(ledger: Ledger, plan: int, now: datetime) -> list[datetime]:
    """Return the moments, the past ones as `now`, at which deals of a plan go on that wait for no person."""
    c, d = t.backfill_deals.c, t.deals.c
    waits = (d.standing == Standing.WAITING.value, d.owner == Owner.BRIDGE.value)
    query = select(d.expected_at).join(t.backfill_deals, c.ref == d.ref).distinct()
    with ledger.reading() as connection:
        moments = connection.execute(query.where(c.plan == plan, c.state == PLANNED, *waits)).scalars()
        return [max(moment or now, now) for moment in moments]


def deals_planned(ledger: Ledger, plan: int, slice_: int) -> dict[str, Row[Any]]:
    """Return by ref the deals of a slice in which something is left to do."""
    c = t.backfill_deals.c
    query = select(t.backfill_deals).where(c.plan == plan, c.slice == slice_, _to_do())
    with ledger.reading() as connection:
        return {row.ref: row for row in connection.execute(query)}


def _to_do() -> ColumnElement[bool]:
    c = t.backfill_deals.c
    return or_(c.state == PLANNED, and_(c.state == DONE, c.reason == UNTOLD))


def finished(ledger: Ledger, rows: Mapping[str, Any]) -> dict[str, str]:
    """Return the refs of those of these deals that were handed off; `UNTOLD` where their record was not told so."""
    h, d = t.handoffs.c, t.deals.c
    delivered = ledger.handoffs((row.key for row in rows.values()), h.delivered_at)
    told = ledger.deals(rows, d.receipt_pending)
    made = {ref for ref, row in rows.items() if row.key in delivered and delivered[row.key].delivered_at is not None}
    return {ref: "" if told[ref].receipt_pending is None else UNTOLD for ref in made if ref in told}


def end(ledger: Ledger, plan: int, ended: Mapping[str, tuple[str, str]]) -> None:
    """Keep of deals of a plan, by ref, the state in which they are now, and why."""
    c = t.backfill_deals.c
    statement = update(t.backfill_deals).where(c.plan == plan, c.ref == bindparam("r"))
    statement = statement.values(state=bindparam("s"), reason=bindparam("w"))
    rows = [{"r": ref, "s": state, "w": why} for ref, (state, why) in ended.items()]
    if rows:
        with ledger.writing() as connection:
            connection.execute(statement, rows)


def left_out(ledger: Ledger, plan: int) -> tuple[Notice, ...]:
    """Return the deals of a plan that were left out and why, by the name that the ledger knows or else by their id."""
    c, d = t.backfill_deals.c, t.deals.c
    query = select(c.deal_id, c.reason, d.account_name, d.name, d.url).outerjoin(t.deals, c.ref == d.ref)
    with ledger.reading() as connection:
        rows = connection.execute(query.where(c.plan == plan, c.state == LEFT_OUT).order_by(c.slice, c.ref)).all()
    return tuple(Notice(row.deal_id, name_of(row) or row.deal_id, LEFT_OUT, row.reason, row.url or "") for row in rows)


def name_of(row: Any) -> str:
    """Return how a deal is called, from its row of the ledger; "" where it has none."""
    return f"{row.account_name or 'no account'}: {row.name}" if row is not None and row.name else ""


def in_words(states: Mapping[str, int], pending: int) -> str:
    """Return how the deals of a plan stand, `pending` of the done ones with their write-back pending."""
    said = ", ".join(f"{count:,} {state}" for state, count in states.items())
    return (said or "nothing is in it") + (f", {pending:,} of them with the write-back pending" if pending else "")


def states(ledger: Ledger, plan: int) -> dict[str, int]:
    """Return how many deals of a plan are in each state."""
    c = t.backfill_deals.c
    query = select(c.state, func.count()).where(c.plan == plan).group_by(c.state)
    with ledger.reading() as connection:
        return dict(connection.execute(query).tuples().all())
