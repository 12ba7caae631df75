"""The memory of the bridge: what was read, intended, done, and why. Every write is short and works on sets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from handoff import tables as t
from handoff.batches import batches
from handoff.database import IN_AT_ONCE
from handoff.entries import Frozen, Judged, ReadTo, ReceiptState, Told
from handoff.errors import ConfigError
from handoff.intents import State
from handoff.known import Known
from handoff.migrating import make_ready
from handoff.model import Deal, Standing, Unreadable
from handoff.owners import Owner
from handoff.rows import BRIDGE, deal_row, event, unreadable_row
from handoff.trail import seal

BUDGETS_KEPT_SECONDS = 3 * 86_400

KNOWN_WHEN_READ = ("first_seen_at", "name", "account_id", "account_name", "url", "won_at", "won_how", "episode")
"""What a deal that cannot be read for once keeps from when it was read."""

NAMES_A_PERSON = "csm_email"
"""What of a background names a person."""

AT_ONCE = timedelta(minutes=1)
"""How soon a deal that was just read is expected to be handed off, where nothing says otherwise."""

UNTOLD = "the deal's record has not been told yet"


_DELIVERED = (
    update(t.handoffs)
    .where(
        t.handoffs.c.deal == bindparam("d"),
        t.handoffs.c.episode == bindparam("e"),
        t.handoffs.c.delivered_at.is_(None),
    )
    .values(delivered_at=bindparam("at"))
)

_RECEIPT = (
    update(t.deals)
    .where(t.deals.c.ref == bindparam("r"))
    .values(
        receipt_hash=bindparam("h"),
        receipt_pending=bindparam("p"),
        sequence=bindparam("n"),
        receipt_try_at=bindparam("at"),
    )
)

_TOLD = (
    update(t.handoffs)
    .where(t.handoffs.c.key == bindparam("k"))
    .values(told=bindparam("said"), tellings=func.coalesce(t.handoffs.c.tellings, 0) + bindparam("more"))
)


def _left(made: Iterable[Mapping[str, str]], planned: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    keys = {step["key"] for step in planned}
    return [step for step in made if step["key"] not in keys]


def _longer(listed: Sequence[Mapping[str, str]], more: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    keys = {step["key"] for step in listed}
    return [*listed, *(dict(step) for step in more if step["key"] not in keys)]


class Ledger(Known):
    """
    One deployment, one ledger.

    Args:
        url: `sqlite:///handoff.db`, or `postgresql://user@host/database`.
    """

    def open(self, *, stamps: Mapping[str, str], keep: bool = True) -> None:
        """
        Make the tables in an empty database, bring those of an older release up, and check whose ledger this is.

        Without `keep` new stamps are not stored: a reading command binds a ledger to nothing.

        Raises:
            ConfigError: It belongs to another org or tenant or to a later release; or several machines share it, and
                `handoff ledger migrate` must bring it up first.
        """
        with self.writing() as connection:
            make_ready(connection)
            there = dict(connection.execute(select(t.meta.c.name, t.meta.c.value)).tuples().all())
            for name, value in stamps.items():
                if there.get(name, value) != value:
                    raise ConfigError(
                        f"This ledger belongs to {name} {there[name]}, but the settings lead to {value}. "
                        "One ledger serves one customer: set another [ledger] url, or correct the instance."
                    )
            if keep:
                self.upsert(connection, t.meta, [{"name": n, "value": v} for n, v in stamps.items()], ["name"])

    def begin_run(
        self, command: str, now: datetime, mapping_version: str | None, *, actor: str = BRIDGE, crm: str | None = None
    ) -> int:
        """Return a new run's number; `actor` is the person who does it, where it is one, `crm` the CRM it is about."""
        row = {"command": command, "started_at": now, "mapping_version": mapping_version, "actor": actor, "crm": crm}
        with self.writing() as connection:
            forgotten = int(now.timestamp()) - BUDGETS_KEPT_SECONDS
            connection.execute(delete(t.budgets).where(t.budgets.c.starts < forgotten))
            number = connection.execute(t.runs.insert().values(row)).inserted_primary_key
            assert number is not None
            return int(number[0])

    def end_run(self, run: int, now: datetime, *, counts: Mapping[str, Any], report: Any, error: str | None) -> None:
        """Close a run and seal it: see `handoff.trail`."""
        with self.writing() as connection:
            seal(connection, run, now, counts=counts, error=error, alive_after=self.lease_moment(now))
            self._keep(connection, [(f"run:{run}", "report", report)], now)

    def take_in(
        self,
        deals: Sequence[Deal],
        unreadable: Sequence[Unreadable],
        now: datetime,
        run: int,
        *,
        read_at: datetime | None = None,
        read_to: ReadTo | None = None,
    ) -> None:
        """
        Keep deals that are new or changed as waiting, in one transaction, before anything is done for them.

        One that somebody read after `read_at` (None: now) stays as that reading found it.

        With the last page of a window, `read_to` moves the cursor in the same transaction.
        """
        if not (deals or unreadable or read_to):
            return
        new = {"standing": Standing.WAITING.value, "try_at": None, "expected_at": now + AT_ONCE}
        whole = {"reason": "read, not yet handed off", "receipt_try_at": None, "owner": Owner.BRIDGE.value}
        torn_for = {"owner": Owner.CRM_ADMIN.value}
        read = {"read_at": read_at or now}
        rows = [deal_row(deal, now, run) | new | whole | read for deal in deals]
        torn = [unreadable_row(one, now, run) | new | torn_for | {"reason": one.why} | read for one in unreadable]
        with self.writing() as connection:
            self.upsert(connection, t.deals, rows, ["ref"], keep=("first_seen_at",), newer="read_at")
            self.upsert(connection, t.deals, torn, ["ref"], keep=KNOWN_WHEN_READ, newer="read_at")
            if read_to is not None:
                cursor = {"crm": read_to.crm, "cursor": read_to.end, "starts": read_to.starts}
                cursor |= {"read_at": now, "run": run} | ({"swept_at": now} if read_to.sweeps else {})
                self.upsert(connection, t.windows, [cursor], ["crm"])

    def freeze(self, frozen: Sequence[Frozen], version: str, *, known: Mapping[str, Any] | None = None) -> None:
        """
        Keep handoffs that are not delivered yet.

        The moments, the kind and the background are those of the first time, the steps those of the last, after those
        that were made and are planned no longer. Whom a background names is kept in `payloads`.

        Args:
            known: The rows of those among them that are kept already, by key, as they are now; None: they are read.
        """
        before = self.handoffs(one.key for one in frozen) if known is None else known
        made = self._made_before(before)
        kept = [
            {
                "key": one.key,
                "deal": str(one.handoff.deal.ref),
                "episode": one.handoff.deal.episode,
                "account": one.handoff.customer_id,
                "kind": one.handoff.kind,
                "background": one.background and {**one.background, NAMES_A_PERSON: None},
                "segment": one.handoff.segment,
                "handed_off_at": one.handoff.handed_off_at,
                "work_starts_at": one.handoff.work_starts_at,
                "mapping_version": version,
                "steps": [*_left(made.get(one.key, ()), one.steps), *one.steps],
                "told": one.told,
            }
            for one in frozen
        ]
        private = [
            {"owner": one.key, "what": t.BACKGROUND, "body": {NAMES_A_PERSON: named}, "at": one.handoff.handed_off_at}
            for one in frozen
            if one.key not in before and (named := (one.background or {}).get(NAMES_A_PERSON))
        ]
        first = ("handed_off_at", "work_starts_at", "kind", "background")
        with self.writing() as connection:
            self.upsert(connection, t.handoffs, kept, ["key"], keep=first)
            self.upsert(connection, t.payloads, private, ["owner", "what"], keep=("body",))

    def _made_before(self, known: Mapping[str, Any]) -> dict[str, list[Mapping[str, str]]]:
        """Return by handoff its listed steps that have a record, but for those that were only looked up."""
        steps = self.steps(step["key"] for handoff in known.values() for step in handoff.steps)
        made = {key for key, row in steps.items() if row.remote_id is not None and row.state != State.LOOKED_UP}
        return {key: [step for step in handoff.steps if step["key"] in made] for key, handoff in known.items()}

    def list_more(self, more: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
        """Add steps to the lists of handoffs, by key; one that is listed already is listed once."""
        if not more:
            return
        c = t.handoffs.c
        statement = update(t.handoffs).where(c.key == bindparam("k")).values(steps=bindparam("all"))
        with self.writing() as connection:
            for some in batches(list(more), IN_AT_ONCE):
                rows = connection.execute(select(c.key, c.steps).where(c.key.in_(some))).all()
                longer = [{"k": row.key, "all": _longer(row.steps, more[row.key])} for row in rows]
                if longer:
                    connection.execute(statement, longer)

    def rebase(self, hashes: Mapping[str, Mapping[str, str]]) -> None:
        """Keep what deals say now, by ref: nothing changed, but the mapping reads other fields of them."""
        statement = update(t.deals).where(t.deals.c.ref == bindparam("r")).values(source_hashes=bindparam("h"))
        with self.writing() as connection:
            connection.execute(statement, [{"r": ref, "h": dict(said)} for ref, said in hashes.items()])

    def expect(self, expected: Sequence[tuple[str, datetime]]) -> None:
        """Keep of deals, by ref, about when they are done."""
        statement = update(t.deals).where(t.deals.c.ref == bindparam("r")).values(expected_at=bindparam("at"))
        if expected:
            with self.writing() as connection:
                connection.execute(statement, [{"r": ref, "at": at} for ref, at in expected])

    def keep_bodies(self, what: str, bodies: Sequence[tuple[str, Any]], now: datetime) -> None:
        """Keep bodies that name people, by owner; the newest replaces the one before."""
        if bodies:
            with self.writing() as connection:
                self._keep(connection, [(owner, what, body) for owner, body in bodies], now)

    def conclude(self, judged: Sequence[Judged], now: datetime, run: int, *, tell: bool = False) -> None:
        """
        Keep what became of these deals, and an event for each whose standing or reason changed.

        With `tell` each has a receipt pending until `receipts_written`: a crash in between forgets nobody.
        """
        d = t.deals.c
        known = self.deals((str(j.deal.ref) for j in judged), d.standing, d.reason, d.receipt_pending)
        rows: list[dict[str, Any]] = []
        told: list[dict[str, Any]] = []
        delivered: list[dict[str, Any]] = []
        for j in judged:
            ref = str(j.deal.ref)
            before = known.get(ref)
            row = deal_row(j.deal, now, run) | {
                "source_hashes": j.source_hashes,
                "standing": j.standing.value,
                "reason": j.reason,
                "try_at": j.try_at,
                "mapping_version": j.mapping_version,
                "changed": list(j.changed),
                "read_at": j.read_at or now,
                "expected_at": j.expected_at,
                "owner": j.owner.value if j.owner else None,
                "receipt_pending": ((before and before.receipt_pending) or UNTOLD) if tell and not j.silent else None,
            }
            rows.append(row)
            if before is None or (before.standing, before.reason) != (j.standing.value, j.reason):
                told.append(event(now, run, j.standing.value, None, j.reason, deal=ref))
            if j.standing is Standing.DONE:
                delivered.append({"d": ref, "e": j.deal.episode, "at": now})
        with self.writing() as connection:
            self.upsert(connection, t.deals, rows, ["ref"], keep=("first_seen_at",), newer="read_at")
            self.insert(connection, t.events, told)
            self.each(connection, _DELIVERED, delivered)
            self._tell(connection, [j.told for j in judged if j.told is not None], now)

    def exclude(self, instance: str, ids: Sequence[str], reason: str, now: datetime, run: int) -> dict[str, Standing]:
        """
        Say of these deals that nothing more is done for them, and return by ref how each stands now.

        One that is done stays done, only its receipt is dropped. A deal that is won again counts as new.
        """
        gone = {"standing": Standing.EXCLUDED.value, "reason": reason, "source_hashes": None, "mapping_version": None}
        gone |= {"owner": None}
        standings: dict[str, Standing] = {}
        with self.writing() as connection:
            for some in batches(ids, IN_AT_ONCE):
                ours = (t.deals.c.instance == instance, t.deals.c.deal_id.in_(some))
                undone = (*ours, t.deals.c.standing != Standing.DONE.value)
                left = connection.execute(select(t.deals.c.ref).where(*undone)).scalars().all()
                connection.execute(update(t.deals).where(*ours).values(receipt_pending=None, run=run))
                connection.execute(update(t.deals).where(*undone).values(gone))
                told = [event(now, run, Standing.EXCLUDED.value, None, reason, deal=ref) for ref in left]
                if told:
                    connection.execute(t.events.insert(), told)
                query = select(t.deals.c.ref, t.deals.c.standing).where(*ours)
                standings |= {ref: Standing(standing) for ref, standing in connection.execute(query).tuples()}
        return standings

    def owe_receipts(self, refs: Iterable[str]) -> None:
        """Let these deals have a receipt pending: the next pass goes on with them should this one be cut off."""
        statement = (
            update(t.deals)
            .where(t.deals.c.ref == bindparam("r"))
            .values(receipt_pending=func.coalesce(t.deals.c.receipt_pending, UNTOLD), receipt_try_at=None)
        )
        rows = [{"r": ref} for ref in refs]
        if rows:
            with self.writing() as connection:
                connection.execute(statement, rows)

    def tell_again(self, refs: Iterable[str]) -> None:
        """Let these deals be told anew, whatever they were told before: the next pass does so."""
        forget = update(t.deals).where(t.deals.c.ref == bindparam("r")).values(receipt_hash=None)
        rows = [{"r": ref} for ref in refs]
        if rows:
            with self.writing() as connection:
                connection.execute(forget, rows)
            self.owe_receipts(row["r"] for row in rows)

    def counted(self, crm: str, now: datetime) -> None:
        """Keep when the won deals of a CRM were counted against this ledger."""
        with self.writing() as connection:
            connection.execute(update(t.windows).where(t.windows.c.crm == crm).values(counted_at=now))

    def write_down(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Keep events."""
        if events:
            with self.writing() as connection:
                connection.execute(t.events.insert(), list(events))

    def receipts_written(self, states: Sequence[ReceiptState]) -> None:
        """Keep what the CRM was told of these deals."""
        if not states:
            return
        rows = [{"r": str(s.ref), "h": s.hash, "p": s.pending, "n": s.sequence, "at": s.try_at} for s in states]
        with self.writing() as connection:
            self.each(connection, _RECEIPT, rows)

    def _tell(self, connection: Connection, told: Sequence[Told], now: datetime) -> None:
        if told:
            rows = [{"k": one.key, "said": dict(one.hashes), "more": int(one.again)} for one in told]
            self.each(connection, _TOLD, rows)
        self._keep(connection, [(one.key, "told", dict(one.words)) for one in told if one.words is not None], now)

    def _keep(self, connection: Connection, bodies: Sequence[tuple[str, str, Any]], now: datetime) -> None:
        rows = [{"owner": owner, "what": what, "body": body, "at": now} for owner, what, body in bodies]
        self.upsert(connection, t.payloads, rows, ["owner", "what"])
