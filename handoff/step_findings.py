"""The work: what is there twice, what is there unknown, and what is known and not there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from handoff.census import Census, bare
from handoff.counted import Counted
from handoff.findings import Finding, Heal, What
from handoff.intents import IN_DOUBT, State
from handoff.keys import planted
from handoff.leases import CALL_ENDS_WITHIN
from handoff.model import Scope, Standing
from handoff.notes import is_note
from handoff.owners import Owner
from handoff.ports import Identity

IN_FLIGHT = timedelta(minutes=2)
"""How long after its last word a step may still be carried out by somebody: calls, waits and leases are shorter."""

STUCK_AFTER = timedelta(hours=1)


@dataclass
class StepFindings:
    """
    What is to be said of the work of one census.

    Args:
        seen_at: When a reconciliation that is on record last looked at all work, None when none did.
        missed: The steps that it did not find.
    """

    census: Census
    seen_at: datetime | None = None
    missed: frozenset[str] = frozenset()
    _books_of_accounts: Mapping[str, str] = field(default_factory=dict)

    def all(self) -> list[Finding]:
        """Return what is to be said, each piece of work once."""
        self._books_of_accounts = self.census.books.deal_of_account()
        return [*self._twice(), *self._unrecorded(), *self._not_there(), *self._never_listed(), *self._in_doubt()]

    def _finding(self, what: What, why: str, key: str, kind: str, refs: Sequence[str], heal: Heal | None) -> Finding:
        return self.census.finding(what, why, deal=self._deal(key), step=key, kind=kind, refs=refs, heal=heal)

    def _deal(self, key: str) -> str:
        row = self.census.books.steps.get(key)
        if row is not None:
            return str(row.deal)
        said = planted(key)
        if said is not None and said.episode is not None:
            return str(said.ref)
        return self._books_of_accounts.get(key, "")

    def _twice(self) -> Iterator[Finding]:
        by_meaning: dict[Any, list[Counted]] = {}
        for key, some in self.census.records.items():
            said = planted(key)
            assert said is not None  # others are strangers
            by_meaning.setdefault(said.meaning, []).extend(some)
        for records in by_meaning.values():
            refs = sorted(one.ref for one in records)
            if len(refs) < 2:
                continue
            keys = sorted({one.key for one in records})
            why = "both carry its key" if len(keys) == 1 else f"they carry {' and '.join(keys)}, which mean the same"
            why = f"{len(refs)} records: {why}. Keep one, and take the key out of the other or delete it"
            yield self._finding(What.DUPLICATE, why, self._known(keys), records[0].kind, refs, None)

    def _known(self, keys: Sequence[str]) -> str:
        return next((key for key in keys if key in self.census.books.steps), keys[0])

    def _unrecorded(self) -> Iterator[Finding]:
        books, now = self.census.books, self.census.now
        for key, records in self.census.records.items():
            row = books.steps.get(key)
            if row is not None and (row.remote_id is not None or row.gone):
                continue
            if row is not None and row.state in IN_DOUBT and (now < row.changed_at + IN_FLIGHT or self._under_way(row)):
                continue  # somebody is at it, or was just now
            why = "the ledger does not know it" if row is None else f"the ledger has it as {row.state}"
            heal = Heal.SETTLE if len(records) == 1 and self._can_settle(key) else None
            if heal is None and len(records) == 1:
                why += ", nor the deal it was made for: see whether the ledger was lost (`handoff ledger rebuild`)"
            yield self._finding(What.UNRECORDED, why, key, records[0].kind, [one.ref for one in records], heal)

    def _under_way(self, row: Any) -> bool:
        """Whether the worker that wrote the intent may still be sending it."""
        return row.send_by is not None and self.census.bridge.leasing.now() <= row.send_by + CALL_ENDS_WITHIN

    def _can_settle(self, key: str) -> bool:
        return key in self.census.books.steps or self._deal(key) in self.census.books.deals

    def _not_there(self) -> Iterator[Finding]:
        """What the ledger counts as there is looked for by key, in the census, and then by its record."""
        asked = {row.key: row for row in self.census.books.steps.values() if self._is_missed(row)}
        platform = self.census.bridge.platform
        held = platform.read([bare(row) for row in asked.values()]) if asked else {}
        gone = []
        for key, row in asked.items():
            others = [one.ref for one in self.census.records.get(key, ()) if one.ref != row.remote_id]
            if key in held and others:
                why = "one is the ledger's, the other carries the key. Merge them, or take the key out of one"
                yield self._finding(What.DUPLICATE, why, key, row.kind, [row.remote_id, *others], None)
            elif others:
                why = (
                    f"the ledger knows it as {row.remote_id}, which is gone; the record that carries its key is another"
                )
                heal = Heal.SETTLE if len(others) == 1 else None
                yield self._finding(What.UNRECORDED, why, key, row.kind, others, heal)
            elif key in held and self.census.bridge.platform.kinds[row.kind].marks:
                continue  # what its fields hold tells whether our write ever arrived: `altered`
            elif key in held and row.scope == Scope.DEAL and row.owner != Owner.BY_HAND:
                why = "our key was taken out of it"
                yield self._finding(What.ALTERED, why, key, row.kind, [row.remote_id], None)
            elif key not in held:
                gone.append(row)
        yield from self._gone(gone)

    def _is_missed(self, row: Any) -> bool:
        if row.remote_id is None or row.gone or row.state == State.LOOKED_UP:
            return False
        kind = self.census.bridge.platform.kinds.get(row.kind)
        if kind is None or kind.identity is Identity.BLIND or self.census.now < row.changed_at + kind.settle:
            return False  # it cannot be looked for, or may not be visible yet
        found = {one.ref for one in self.census.records.get(row.key, ())}
        # The id that answers the making of a natural kind need not be the record's own.
        return not found if kind.identity is Identity.NATURAL else row.remote_id not in found

    def _gone(self, rows: Sequence[Any]) -> Iterator[Finding]:
        """Deleted by a person, or never visible: what the platform's log and earlier reconciliations tell."""
        platform = self.census.bridge.platform
        deleted = platform.deleted([row.remote_id for row in rows]) if rows else {}
        for row in rows:
            heal = Heal.REMEMBER if row.scope == Scope.DEAL else None
            if row.remote_id in deleted:
                why = f"it was deleted on {deleted[row.remote_id]:%Y-%m-%d %H:%M} UTC"
                yield self._finding(What.VANISHED, why, row.key, row.kind, [row.remote_id], heal)
            elif self.was_seen(row):
                why = f"it was there on {self.seen_at:%Y-%m-%d}, when it was last reconciled"
                yield self._finding(What.VANISHED, why, row.key, row.kind, [row.remote_id], heal)
            else:
                why = (
                    f"the ledger settled it on {row.changed_at:%Y-%m-%d %H:%M} UTC, and neither its key nor its id "
                    "finds it; the platform has no deletion of it on record. If nobody deleted it, make it by hand"
                )
                yield self._finding(What.LOST, why, row.key, row.kind, [row.remote_id], None)

    def was_seen(self, row: Any) -> bool:
        """Return whether the work of a row was there when it was last reconciled on record."""
        settle = self.census.bridge.platform.kinds[row.kind].settle
        return self.seen_at is not None and row.changed_at + settle < self.seen_at and row.key not in self.missed

    def _never_listed(self) -> Iterator[Finding]:
        """Work that a delivered handoff lists, of which there is neither a row nor a record."""
        books, named = self.census.books, set()
        for handoff, step in books.listed():
            key = step["key"]
            if handoff.delivered_at is None or key in books.steps or key in self.census.records or key in named:
                continue
            if is_note(step["name"]):
                continue  # it is listed before it is sent, and dropped when the deal says something else by then
            named.add(key)
            why = "its handoff counts it as made, and neither the ledger nor the platform knows it"
            yield self.census.finding(What.LOST, why, deal=handoff.deal, step=key, kind=step["kind"])

    def _in_doubt(self) -> Iterator[Finding]:
        for row in self.census.books.steps.values():
            if row.state not in IN_DOUBT or row.remote_id is not None or row.key in self.census.records:
                continue
            deal = self.census.books.deals.get(row.deal)
            if deal is not None and (deal.standing == Standing.EXCLUDED or deal.owner == Owner.BY_HAND):
                continue  # it surely is not there, and nobody waits for it
            moment = max(row.try_at or row.changed_at, row.changed_at)
            if moment + STUCK_AFTER < self.census.now:
                why = f"it was sent, and since {row.changed_at:%Y-%m-%d %H:%M} UTC nothing tells what became of it"
                yield self._finding(What.STUCK, why, row.key, row.kind, [], None)
