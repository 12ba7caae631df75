"""Repairs what is safe, in the ledger alone: nothing is deleted, no person's edit reverted, nothing made twice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from handoff.batches import batches
from handoff.census import Census
from handoff.decider import DELETED
from handoff.fields import Memory
from handoff.findings import Finding, Heal
from handoff.intents import Ending, Learnt
from handoff.keys import deal_key, planted
from handoff.leases import account_subject
from handoff.model import DealRef, Held, Outcome, Result, Scope, Step
from handoff.rows import event

FOUND = "found by its key when the platform was counted"
NEVER_ARRIVED = "it was accepted and never arrived; the next sync sends it"


@dataclass(frozen=True)
class Healer:
    """
    Repairs what the findings of one census allow.

    `run` is the number it is recorded under, and holds the ledger; `rows` are the steps as they are once leased.
    """

    census: Census
    run: int
    rows: dict[str, Any] = field(default_factory=dict)

    def heal(self, findings: Sequence[Finding]) -> list[Finding]:
        """
        Return the findings, those that were repaired as healed.

        What a pass works on now, or wrote since the census, is left alone: the next reconciliation sees it.
        """
        ledger = self.census.bridge.ledger
        wanted = [one for one in findings if one.heal is not None]
        with ledger.leased(subject for one in wanted for subject in self._subjects(one)) as mine:
            free = [one for one in wanted if mine.issuperset(self._subjects(one))]
            self.rows.update(ledger.steps(one.step for one in free if one.step))
            healed = self._healed([one for one in free if self._as_counted(one)])
        return [one.repaired() if one in healed else one for one in findings]

    def _healed(self, findings: Sequence[Finding]) -> set[Finding]:
        healers: Mapping[Heal, Callable[[Sequence[Finding]], set[Finding]]] = {
            Heal.TAKE_IN: self._take_in,
            Heal.SETTLE: self._settle,
            Heal.REMEMBER: self._remember,
            Heal.SEND: self._send_again,
            Heal.TELL: self._tell,
        }
        healed: set[Finding] = set()
        for how, healer in healers.items():
            some = [one for one in findings if one.heal is how]
            healed |= healer(some) if some else set()
        now = self.census.bridge.clock.now()
        rows = [event(now, self.run, "healed", None, f"{one.what}: {one.heal}", deal=self._ref(one)) for one in healed]
        self.census.bridge.ledger.write_down(
            [row | {"step": one.step or None} for row, one in zip(rows, healed, strict=True)]
        )
        return healed

    def _subjects(self, one: Finding) -> set[str]:
        """Return what must be held to write of a finding: its deal, and the account that its handoff is for."""
        ref, crm = self._ref(one), self.census.bridge.crm
        if ref is None:
            return set()
        accounts = self.census.books.accounts.get(ref, ())
        return {ref, *(account_subject(crm.instance, crm.system, crm.org(), one) for one in accounts)}

    def _as_counted(self, one: Finding) -> bool:
        """Whether the ledger still says of it what it said when it was counted."""
        books, ref = self.census.books, self._ref(one) or ""
        deal, step = self.census.bridge.ledger.deals([ref]).get(ref), self.rows.get(one.step)
        return _same(deal, books.deals.get(ref)) and _same(step, books.steps.get(one.step))

    def _ref(self, one: Finding) -> str | None:
        crm = self.census.bridge.crm
        return str(DealRef(crm.instance, crm.system, crm.org(), one.deal)) if one.deal else None

    def _take_in(self, lost: Sequence[Finding]) -> set[Finding]:
        """What is not won any more by now, or cannot be read whole, is left to the next time."""
        bridge, taken = self.census.bridge, set()
        for some in batches(lost, bridge.pace.wave):
            page = bridge.crm.read([one.deal for one in some])
            bridge.ledger.take_in(page.deals, [], bridge.clock.now(), self.run)
            there = {deal.ref.id for deal in page.deals}
            taken |= {one for one in some if one.deal in there}
        return taken

    def _send_again(self, lost: Sequence[Finding]) -> set[Finding]:
        """The deal waits first: a step that nobody takes up must not count as never sent."""
        taken = self._take_in(lost)
        bridge, now = self.census.bridge, self.census.bridge.clock.now()
        bridge.ledger.count_as_never_sent((one.step for one in taken), NEVER_ARRIVED, now, self.run)
        return taken

    def _settle(self, found: Sequence[Finding]) -> set[Finding]:
        bridge = self.census.bridge
        endings = [self._ending(one) for one in found]
        bridge.ledger.settle(endings, bridge.clock.now(), self.run, bridge.mappings.version)
        more: dict[str, list[Mapping[str, str]]] = {}
        for one in endings:
            handoff = self._handoff(one.step)
            if handoff is not None:
                listed = {"key": one.step.key, "name": one.step.name, "kind": one.step.kind}
                more.setdefault(handoff.key, []).append(listed)
        bridge.ledger.list_more(more)
        told = {str(one.step.deal) for one in endings if self._is_told(str(one.step.deal))}
        bridge.ledger.tell_again(sorted(told))
        return set(found)

    def _ending(self, one: Finding) -> Ending:
        row = self.rows.get(one.step)
        (ref,) = one.refs
        deal = self._ref(one)
        assert deal is not None
        step = _step(one, deal, row)
        ours: Mapping[str, str] = dict(row.field_hashes or {}) if row is not None else {}
        if row is not None and row.remote_id is None:
            ours = Memory.of_created(row, Held(ref, {})).ours
        result = Result.ADOPTED if row is not None and row.adopting else Result.UNCHANGED
        return Ending(step, Outcome(one.step, result, ref, FOUND), self.census.books.deals[deal].won_at, ours)

    def _handoff(self, step: Step) -> Any:
        """Return the delivered handoff that a deal's own step belongs to, None where there is none."""
        said = planted(step.key)
        if said is None or said.episode is None:
            return None
        row = self.census.books.handoffs.get(deal_key(said.ref, said.episode))
        return row if row is not None and row.delivered_at is not None else None

    def _is_told(self, ref: str) -> bool:
        row = self.census.books.deals.get(ref)
        return row is not None and row.receipt_hash is not None

    def _remember(self, vanished: Sequence[Finding]) -> set[Finding]:
        bridge, rows = self.census.bridge, [self.rows[one.step] for one in vanished]
        learnt = [Learnt(row.key, row.field_hashes or {}, row.declined or {}, gone=DELETED) for row in rows]
        bridge.ledger.learn(learnt, bridge.clock.now(), self.run)
        return set(vanished)

    def _tell(self, differing: Sequence[Finding]) -> set[Finding]:
        self.census.bridge.ledger.tell_again(sorted(ref for one in differing if (ref := self._ref(one))))
        return set(differing)


def _same(row: Any, counted: Any) -> bool:
    """Return whether a row is the one that was counted, by the columns that were read then."""
    if row is None or counted is None:
        return row is counted
    return all(getattr(row, name) == said for name, said in counted._mapping.items())


def _step(one: Finding, deal: str, row: Any) -> Step:
    said = planted(one.step)
    assert said is not None
    scope = Scope.ACCOUNT if said.episode is None else Scope.DEAL
    name = row.name if row is not None else said.step
    return Step(one.step, name, one.kind, scope, DealRef(*deal.split(":")), payload={})
