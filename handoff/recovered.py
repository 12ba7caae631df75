"""What was made for deals, by what tells of it outside the ledger: the steps as they would be planned, with records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from handoff.bridge import Bridge
from handoff.census import Census
from handoff.counted import Counted
from handoff.evidence import Evidence
from handoff.fingerprints import field_hashes, fingerprint
from handoff.keys import deal_key, planted
from handoff.model import Deal, DealRef, Needed, Scope, Step
from handoff.notes import is_note
from handoff.policy import Times
from handoff.ports import Identity
from handoff.prepare import Prepared, prepare
from handoff.restoring import Restored

NO_RECEIPT = (
    "the ledger was lost, and no receipt tells whether it was done; nothing can be looked up. "
    "Look there, then say so: handoff queue"
)


@dataclass
class Recovered:
    """One deal as it is rebuilt: what is won, what tells of it, what would be planned, and what was made."""

    prepared: Prepared
    evidence: Evidence
    steps: list[Restored] = field(default_factory=list)

    @property
    def refs(self) -> dict[str, str]:
        """Return the records of its steps, by key."""
        return {made.step.key: made.ref for made in self.steps if made.ref is not None}

    def listed(self) -> list[dict[str, str]]:
        """Return the steps of its handoff as the ledger lists them: what was made, then what was still to be made."""
        made = [made.step for made in self.steps]
        there = {step.key for step in made}
        rest = [] if self.evidence.whole else [step for step in self.prepared.steps if step.key not in there]
        return [{"key": step.key, "name": step.name, "kind": step.kind} for step in (*made, *rest)]


@dataclass(frozen=True)
class Recovery:
    """Finds out what was made, from one census."""

    bridge: Bridge
    counted: Census

    def read(self, handled: Mapping[str, Evidence]) -> list[Recovered]:
        """
        Return the deals of this evidence (by ref) with what was made for them, the oldest win first.

        One that was won again, or hidden, since it was counted is left out.
        """
        page = self.bridge.crm.read([self.counted.won[ref].ref.id for ref in handled])
        deals = [deal for deal in page.deals if deal_key(deal.ref, deal.episode) == handled[str(deal.ref)].key]
        deals.sort(key=lambda deal: (deal.won_at, deal.ref))
        frozen = {handled[str(deal.ref)].key: self._as_frozen(deal, handled[str(deal.ref)]) for deal in deals}
        known = {key: row for key, row in frozen.items() if row is not None}
        wave = [Recovered(one, handled[str(one.deal.ref)]) for one in prepare(self.bridge, deals, known=known)]
        linked = self._linked(wave)
        for one in wave:
            one.steps += self._made(one, linked)
        return wave

    def _as_frozen(self, deal: Deal, evidence: Evidence) -> Any:
        """Return the row that a begun handoff would have had; None of a deal that was only told of."""
        if not evidence.made and not evidence.records:
            return None
        times = Times.first(deal, evidence.first_at or self.bridge.clock.now())
        return SimpleNamespace(
            key=evidence.key,
            handed_off_at=times.handed_off_at,
            work_starts_at=times.work_starts_at,
            kind=evidence.kind(self.bridge.mappings),
            background=None,
        )

    def _linked(self, wave: Sequence[Recovered]) -> dict[str, str]:
        """Return by step the records that carry no key and no receipt names: those that are shared with a deal."""
        named = {made.key for one in wave for made in one.evidence.made}
        wanted = {
            step.key: step
            for one in wave
            if one.evidence.unfinished
            for step in one.prepared.steps
            if step.scope is Scope.ACCOUNT and step.key not in named and step.key not in self.counted.records
        }
        found = self.bridge.platform.find([_resolved(step, {}) for step in wanted.values()]) if wanted else {}
        return {key: some[0].ref for key, some in found.items() if len(some) == 1 and not some[0].conflict}

    def _made(self, one: Recovered, linked: Mapping[str, str]) -> Iterator[Restored]:
        """Yield the steps that were made, in the order of the receipt, then in that of the plan."""
        receipt = {made.key: made for made in one.evidence.made}
        planned = {step.key: step for step in one.prepared.steps}
        begun = [*planned, *one.evidence.records] if one.evidence.unfinished else []
        blind = [] if one.evidence.whole else [key for key, step in planned.items() if self._is_blind(step)]
        refs: dict[str, str] = {}
        for key in dict.fromkeys([*receipt, *begun, *blind]):
            step = planned.get(key) or self._unplanned(key, one.prepared.deal.ref, self.counted.records.get(key, ()))
            if step is None:
                continue
            ref = self._ref(step, receipt, self.counted.records.get(key, ()), linked)
            if ref is None and key in blind:
                yield Restored(step, one.prepared.deal.won_at, None, reason=NO_RECEIPT)
            if ref is None:
                continue
            refs[key] = ref
            said = receipt[key].payload_hash if key in receipt else ""
            ours = tuple(_proven(_resolved(step, refs), said).items())
            yield Restored(step, one.prepared.deal.won_at, ref, said, ours)

    def _ref(
        self, step: Step, receipt: Mapping[str, Any], records: Sequence[Counted], linked: Mapping[str, str]
    ) -> str | None:
        """The receipt names the record; where the key is in another one by now, that is the one."""
        told = receipt[step.key].remote_id if step.key in receipt else None
        held = [record.ref for record in records]
        natural = self.bridge.platform.kinds[step.kind].identity is Identity.NATURAL
        if told is not None and (natural or not held or told in held):
            return str(told)
        return held[0] if len(held) == 1 else linked.get(step.key)

    def _is_blind(self, step: Step) -> bool:
        """What nobody can look up, and no receipt tells of, may have been done."""
        return self.bridge.platform.kinds[step.kind].identity is Identity.BLIND

    def _unplanned(self, key: str, deal: DealRef, records: Sequence[Counted]) -> Step | None:
        """Return a step that today's plan does not have: a note of a change, or one of an older mapping."""
        said = planted(key)
        kind = records[0].kind if records else self._kind(said.step) if said is not None else None
        if said is None or kind is None:
            return None
        scope = Scope.ACCOUNT if said.episode is None else Scope.DEAL
        return Step(key, said.step, kind, scope, deal, payload={})

    def _kind(self, name: str) -> str | None:
        spec = self.bridge.mappings.target.file.steps.get(name)
        if spec is not None:
            return str(spec.object)
        objects = self.bridge.mappings.target.platform.objects
        notes = (kind for kind, facts in objects.items() if facts.note is not None)
        return next(notes, None) if is_note(name) else None


def _resolved(step: Step, refs: Mapping[str, str]) -> Step:
    """Return the step with the ids that it needs; those that are not known are left out."""
    said = {name: refs.get(value.key) if isinstance(value, Needed) else value for name, value in step.payload.items()}
    return step.with_payload({name: value for name, value in said.items() if value is not None})


def _proven(step: Step, said: str) -> dict[str, str]:
    """Return the fields that are ours: all that would be written now, where the receipt's fingerprint is theirs."""
    hashes = field_hashes(step.payload)
    return hashes if said and fingerprint(hashes) == said else {}
