"""A lost ledger built anew, from the keys in the platform's records and the receipts on the deals; nothing is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handoff.backgrounds import kept as kept_background
from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.census import Census, census, each_platform
from handoff.changes import told_by
from handoff.counted import CountedDeal
from handoff.entries import Frozen, Judged, ReceiptState
from handoff.errors import ConfigError, HandoffError
from handoff.evidence import Evidence, Witness
from handoff.keys import planted
from handoff.model import Scope, Standing, Step
from handoff.notes import is_note
from handoff.prepare import body
from handoff.receipts import Ended, says_the_same
from handoff.recovered import Recovered, Recovery
from handoff.restoring import Restored, known, restore_delivery, restore_steps
from handoff.run import PERSON_AGAIN

COMMAND = "ledger rebuild"


@dataclass
class Rebuilt:
    """
    What was built anew.

    `left` counts the won deals of which nothing tells that they were ever handled: the next sync hands them off.
    `parked` are steps of which a person must say whether they were done. `records` are those of deals that are not won
    any more, `untold` the deals whose record says something else than it would be told now.
    """

    run: int = 0
    deals: int = 0
    handoffs: int = 0
    steps: int = 0
    parked: int = 0
    left: int = 0
    records: int = 0
    untold: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return dict(vars(self))


def rebuild(bridge: Bridge) -> Rebuilt:
    """
    Build a lost ledger anew, and return what was found; recorded as a run.

    Raises:
        ConfigError: The ledger knows something: it was not lost.
        ServiceError: A system does not answer. Empty the ledger, and build it again.
    """
    ledger, clock = bridge.ledger, bridge.clock
    there = known(ledger, bridge.crm.instance)
    if there:
        raise ConfigError(
            f"This ledger is not lost: it knows {there:,} deals and steps of {bridge.crm.instance}. "
            "Building it anew is for an empty one; "
            "what differs from the systems is named by `handoff reconcile`."
        )
    run = ledger.begin_run(COMMAND, clock.now(), bridge.mappings.version)
    try:
        done = _Rebuilder(bridge, run).rebuild()
    except BaseException as error:
        said = str(error) if isinstance(error, HandoffError) else type(error).__name__
        ledger.end_run(run, clock.now(), counts={}, report=None, error=said)
        raise
    ledger.end_run(run, clock.now(), counts=done.as_dict(), report=done.as_dict(), error=None)
    return done


@dataclass
class _Rebuilder:
    bridge: Bridge
    run: int
    done: Rebuilt = field(default_factory=Rebuilt)

    def rebuild(self) -> Rebuilt:
        witnesses = [Witness.of(counted) for counted in each_platform(census(self.bridge))]
        won = witnesses[0].census.won
        told = {ref: _told_by(witnesses, deal) for ref, deal in won.items() if not deal.deleted}
        handled = {ref: evidence for ref, (_, evidence) in told.items() if evidence.says_something}
        self.done.run, self.done.left = self.run, len(told) - len(handled)
        oldest_first = sorted(handled, key=lambda ref: (won[ref].won_at, ref))
        for witness in witnesses:
            counted, seen = witness.census, set[str]()
            recovery = Recovery(counted.bridge, counted)
            here = [ref for ref in oldest_first if told[ref][0] is witness]
            for refs in batches(here, self.bridge.pace.wave):
                wave = recovery.read({ref: handled[ref] for ref in refs})
                self.done.left += len(refs) - len(wave)
                self._keep(counted, witness, wave)
                seen |= {made.step.key for one in wave for made in one.steps}
                self.bridge.progress("building the ledger anew", self.done.deals, len(handled))
            self._keep_the_rest(counted, seen)
        return self.done

    # Writing it down

    def _keep(self, counted: Census, witness: Witness, wave: Sequence[Recovered]) -> None:
        ledger, now, version = self.bridge.ledger, self.bridge.clock.now(), self.bridge.mappings.version
        made = [step for one in wave for step in one.steps]
        restore_steps(ledger, made, now, self.run, version)
        begun = [one for one in wave if one.steps and one.prepared.handoff is not None]
        ledger.freeze([_frozen(one) for one in begun], version)
        ledger.keep_bodies("handoff", [(one.prepared.key, body(one.prepared)) for one in begun], now)
        standings = {one.prepared.key: self._stands(one) for one in wave}
        done = [one for one in begun if standings[one.prepared.key][0] is Standing.DONE]
        restore_delivery(ledger, [(one.prepared.key, one.evidence.delivered_at or now, _notes(one)) for one in done])
        judged = [self._judged(counted, one, *standings[one.prepared.key], now) for one in wave]
        ledger.conclude(judged, now, self.run)
        self._keep_told(counted, witness, wave, judged)
        self.done.deals += len(wave)
        self.done.handoffs += len(begun)
        self.done.steps += len({one.step.key for one in made if one.ref is not None})
        self.done.parked += sum(one.ref is None for one in made)

    def _stands(self, one: Recovered) -> tuple[Standing, str]:
        told, prepared = one.evidence.standing, one.prepared
        if told is not None:
            return told, "" if told is Standing.DONE else one.evidence.reason
        if prepared.excluded:
            return Standing.EXCLUDED, prepared.excluded
        if prepared.stopped:
            return Standing.NEEDS_PERSON, prepared.stopped
        whole = {step.key for step in prepared.steps} <= one.refs.keys()
        return (Standing.DONE, "") if whole else (Standing.WAITING, "the ledger was lost before it was handed off")

    def _judged(self, counted: Census, one: Recovered, standing: Standing, reason: str, now: datetime) -> Judged:
        told = told_by(one.prepared, counted.bridge.mappings) if standing is Standing.DONE and one.steps else None
        return Judged(
            one.prepared.deal,
            one.prepared.source_hashes,
            standing,
            reason,
            try_at=now + PERSON_AGAIN if standing is Standing.NEEDS_PERSON else None,
            mapping_version=self.bridge.mappings.version,
            told=told,
            owner=one.prepared.owner if one.prepared.stopped else None,
        )

    def _keep_told(
        self, counted: Census, witness: Witness, wave: Sequence[Recovered], judged: Sequence[Judged]
    ) -> None:
        """What a deal's record says counts as told where it is what it would be told now."""
        rows = self.bridge.ledger.steps(step.step.key for one in wave for step in one.steps)
        states = []
        for one, result in zip(wave, judged, strict=True):
            made = [rows[step.step.key] for step in one.steps if step.ref is not None]
            ended = Ended(result, one.prepared.handoff, made, one.evidence.delivered_at)
            receipt, says = witness.receipts.receipt(ended, one.evidence.sequence)
            held = counted.won[str(one.prepared.deal.ref)].told
            same = all(says_the_same(held.get(name), value) for name, value in receipt.fields.items())
            self.done.untold += not same
            states.append(
                ReceiptState(one.prepared.deal.ref, says if same else None, None, one.evidence.sequence, None)
            )
        if witness.receipts.wanted:
            self.bridge.ledger.receipts_written(states)

    def _keep_the_rest(self, counted: Census, seen: set[str]) -> None:
        """Records of ours whose deal is not won now are kept as what they are: nobody need wonder at them."""
        rest = []
        for key, records in counted.records.items():
            said = planted(key)
            if key in seen or said is None or len(records) != 1:
                continue
            scope = Scope.ACCOUNT if said.episode is None else Scope.DEAL
            step = Step(key, said.step, records[0].kind, scope, said.ref, payload={})
            rest.append(Restored(step, records[0].made_at or counted.now, records[0].ref))
        restore_steps(self.bridge.ledger, rest, self.bridge.clock.now(), self.run, self.bridge.mappings.version)
        self.done.records += len(rest)


def _told_by(witnesses: Sequence[Witness], deal: CountedDeal) -> tuple[Witness, Evidence]:
    """Return what is known of a deal, and the witness of the platform on which its work was begun, else the first."""
    told = [(witness, witness.tell(deal)) for witness in witnesses]
    return next(((witness, said) for witness, said in told if _begun(said) == _platform(witness)), told[0])


def _begun(evidence: Evidence) -> str | None:
    """Return the platform on which the work that is told of was begun, None where there is none."""
    said = next((planted(key) for key in (*(one.key for one in evidence.made), *evidence.records)), None)
    return said.platform if said is not None else None


def _platform(witness: Witness) -> str:
    return witness.census.bridge.platform.instance


def _notes(one: Recovered) -> int:
    return sum(is_note(made.step.name) for made in one.steps)


def _frozen(one: Recovered) -> Frozen:
    prepared = one.prepared
    assert prepared.handoff is not None
    return Frozen(prepared.key, prepared.handoff, one.listed(), kept_background(prepared.background))
