"""Field by field, what a sync would change against what the platform holds now; only reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from handoff import keys
from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.calls import Ahead, look_ups, since
from handoff.carry import Carrier
from handoff.changes import followed_up
from handoff.decisions import Decision, Planned, merged
from handoff.fields import FieldDecision, Verdict
from handoff.intake import Intake
from handoff.lanes import delivered, ours
from handoff.model import Deal, Result, Value
from handoff.prepare import Prepared, prepare
from handoff.report import Tally
from handoff.settled import read_anew

NOT_READ_BACK = "unknown: it cannot be read back"
BY_MAPPING = "stays: the mapping changed, not the deal; `handoff apply-mapping` sends it"
WORDS = {
    Verdict.SEND: "sent",
    Verdict.SAME: "same",
    Verdict.KEPT_CREATE_ONLY: "kept: written to a new record only",
    Verdict.UNKNOWN: NOT_READ_BACK,
}
ENDS = {
    Result.UNCHANGED: "stays",
    Result.WAITING: "waits",
    Result.UNKNOWN: "waits",
    Result.REJECTED: "needs a person",
}


@dataclass(frozen=True)
class FieldDifference:
    """One field: what the platform `holds`, what it would hold, and why; `state` is known, unknown or not there."""

    name: str
    holds: Value
    would_be: Value
    verdict: str
    state: str = "known"

    @property
    def differs(self) -> bool:
        """Whether it is not simply the same."""
        return self.verdict != WORDS[Verdict.SAME]


@dataclass(frozen=True)
class StepDifference:
    """One step: how it would end (created, updated, linked, stays, waits, needs a person), and its fields."""

    name: str
    kind: str
    key: str
    end: str
    ref: str | None
    reason: str
    fields: tuple[FieldDifference, ...]


@dataclass(frozen=True)
class Difference:
    """One deal against what the platform holds."""

    prepared: Prepared
    steps: tuple[StepDifference, ...]

    @property
    def changes(self) -> bool:
        """Whether a sync would send something of it."""
        return any(step.end in ("created", "updated", "linked") for step in self.steps)


class Comparison:
    """
    A comparison: the deals are read when it is made; `ahead` says what `look` will ask the platform.

    Args:
        deals: CRM ids; only these, every step and field of them. Else what the next pass would hand off.
        every: Every delivered handoff instead, whether its deal changed or not.
        limit: At most so many deals, the oldest wins.
    """

    def __init__(
        self, bridge: Bridge, *, deals: Sequence[str] = (), every: bool = False, limit: int | None = None
    ) -> None:
        self.bridge, self._whole = bridge, bool(deals) or every
        before = [bridge.crm.traffic(), bridge.platform.traffic()]
        found = self._found(deals, every, limit)
        self._waves = [self._prepared(some) for some in batches(found, bridge.pace.wave)]
        now = [bridge.crm.traffic(), bridge.platform.traffic()]
        self.made = tuple(since(one, then) for one, then in zip(now, before, strict=True))
        self.ahead = self._ahead()

    def look(self) -> Iterator[Difference]:
        """Yield each deal, the oldest win first, asking the platform in batches."""
        done, total = 0, sum(len(wave) for wave in self._waves)
        for wave in self._waves:
            yield from self._compared(wave)
            done += len(wave)
            self.bridge.progress("comparing", done, total)

    def _found(self, ids: Sequence[str], every: bool, limit: int | None) -> list[Deal]:
        bridge = self.bridge
        if every:
            return [deal for wave in read_anew(bridge, delivered(bridge)[:limit]) for deal in wave.there]
        intake = Intake(bridge, Tally(), limit=None, forced=frozenset(ids))
        found = [deal for wave in intake.waves() for deal in intake.looked_at(wave)]
        return ours(bridge, [*found, *intake.held])[:limit]

    def _prepared(self, deals: Sequence[Deal]) -> list[tuple[Prepared, Mapping[str, frozenset[str]]]]:
        """Return the deals judged and planned, and by step the fields of which a sync would speak."""
        bridge = self.bridge
        known = bridge.ledger.handoffs(keys.deal_key(deal.ref, deal.episode) for deal in deals)
        prepared = prepare(bridge, deals, known=known)
        narrow = followed_up(bridge, prepared, known)
        whole = followed_up(bridge, prepared, known, whole=True) if self._whole else narrow
        return [(_with_notes(one, sync), _spoken(sync)) for one, sync in zip(whole, narrow, strict=True)]

    def _planned(self) -> Iterator[list[Planned]]:
        for wave in self._waves:
            yield [Planned(step, one.deal.won_at) for one, _ in wave for step in one.steps]

    def _ahead(self) -> Ahead:
        calls = 0
        for planned in self._planned():
            some = list(merged(planned).values())
            calls += look_ups(self.bridge.platform, some, self.bridge.ledger.steps(one.step.key for one in some)).calls
        traffic = self.bridge.platform.traffic()
        return Ahead(traffic.system, calls, traffic.limits)

    def _compared(self, wave: Sequence[tuple[Prepared, Mapping[str, frozenset[str]]]]) -> Iterator[Difference]:
        bridge = self.bridge
        carrier = Carrier(bridge.platform, bridge.mappings.target, bridge.ledger, bridge.clock, 0, "", compare=True)
        decisions = carrier.preview(Planned(step, one.deal.won_at) for one, _ in wave for step in one.steps)
        by_key = {one.planned.step.key: one for one in decisions}
        spoken = {str(one.deal.ref): fields for one, fields in wave}
        for one, _ in wave:
            steps = []
            for step in one.steps:
                decision = by_key[step.key]
                owner = spoken[str(decision.planned.step.deal)]
                steps.append(_difference(decision, owner.get(step.key, frozenset())))
            yield Difference(one, tuple(steps))


def _with_notes(one: Prepared, sync: Prepared) -> Prepared:
    """Return a deal with what a sync would tell of its change, too."""
    there = {step.key for step in one.steps}
    more = tuple(step for step in sync.steps if step.key not in there)
    return replace(sync, steps=(*one.steps, *more))


def _spoken(sync: Prepared) -> dict[str, frozenset[str]]:
    return {step.key: frozenset(step.payload) for step in sync.steps}


def _difference(decision: Decision, spoken: frozenset[str]) -> StepDifference:
    step, send, outcome = decision.planned.step, decision.send, decision.outcome
    fields = _fields(decision, spoken)
    if send is not None and send.ref is None:
        end = "created"
    elif send is not None:
        end = "linked" if decision.adopts else "updated"
        if not any(one.verdict == WORDS[Verdict.SEND] for one in fields) and not send.plants:
            end = "stays"
    else:
        assert outcome is not None
        end = ENDS[outcome.result]
    ref, reason = (outcome.ref, outcome.reason) if outcome is not None else (send.ref if send else None, "")
    return StepDifference(step.name, step.kind, step.key, end, ref, reason, fields)


def _fields(decision: Decision, spoken: frozenset[str]) -> tuple[FieldDifference, ...]:
    send = decision.send
    if send is not None and send.ref is None:
        sent = WORDS[Verdict.SEND]
        return tuple(FieldDifference(n, None, value, sent, "not there") for n, value in send.payload.items())
    return tuple(_field(one, spoken) for one in decision.fields)


def _field(one: FieldDecision, spoken: frozenset[str]) -> FieldDifference:
    verdict = WORDS.get(one.verdict) or f"kept: {one.why}"
    if one.verdict is Verdict.SAME and not one.read:
        verdict = NOT_READ_BACK
    if one.verdict is Verdict.SEND and one.name not in spoken:
        verdict = BY_MAPPING
    return FieldDifference(one.name, one.held, one.would_be, verdict, "known" if one.read else "unknown")
