"""The engine, broken on purpose: each mutant takes one safeguard away, and the simulator must notice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connectors import _totango_wire, _totango_write
from connectors._gainsight_find import Finder
from connectors._gainsight_write import Writer
from connectors._hubspot_work import Work as WorkInHubSpot
from connectors._hubspot_write_back import WriteBack
from connectors._totango_bulk import BulkWriter
from connectors._totango_values import account_of, row_id
from connectors._totango_work import Work
from handoff import decider, intake
from handoff.bridge import Bridge
from handoff.carry import Carrier
from handoff.decider import Decider
from handoff.decisions import Decision
from handoff.intents import Ending, Intents
from handoff.leases import Leases
from handoff.model import Outcome, Result
from tests.simulator.hub import CALM, Chances
from tests.simulator.pairs import PAIRS
from tests.simulator.play import Plan, play

Patch = tuple[Any, str, Callable[[Any], Any]]
"""Where something is, how it is called, and what makes the broken one from the real one."""


@dataclass(frozen=True)
class Mutant:
    """A safeguard that is taken away: what it is called, what replaces what, and in which worlds that must show."""

    name: str
    patches: Sequence[Patch]
    plan: Plan
    seeds: range

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Break the engine as long as the block runs; raises `AttributeError` where nothing is left to be broken."""
        real = [(owner, name, owner.__dict__[name]) for owner, name, _ in self._found()]
        for (owner, name, make), (_, _, before) in zip(self.patches, real, strict=True):
            setattr(owner, name, make(before))
        try:
            yield
        finally:
            for owner, name, before in real:
                setattr(owner, name, before)

    def _found(self) -> Sequence[Patch]:
        gone = [f"{owner.__name__}.{name}" for owner, name, _ in self.patches if name not in owner.__dict__]
        if gone:
            raise AttributeError(f"The mutant {self.name!r} breaks {', '.join(gone)}, which is no more: find it anew.")
        return self.patches


def _no_look(real: Any) -> Any:
    return lambda self, kind, steps: {}


def _settled_at_once(real: Any) -> Any:
    def intend(self: Intents, intents: Sequence[Any], now: Any, run: int, version: str, **named: Any) -> None:
        real(self, intents, now, run, version, **named)
        done = [
            Ending(one.step, Outcome(one.step.key, Result.CREATED, one.step.ref or "sent"), one.won_at)
            for one in intents
        ]
        self.settle(done, now, run, version)

    return intend


def _all_ours(real: Any) -> Any:
    def take(self: Leases, subjects: Any) -> set[str]:
        return set(subjects)

    return take


def _never_too_late(real: Any) -> Any:
    def intend(self: Carrier, intents: Any) -> None:
        self.ledger.intend(intents, self.clock.now(), self.run, self.version)

    return intend


def _blind_again(real: Any) -> Any:
    return lambda self, planned, step, row: Decision(planned, send=step)


def _success(real: Any) -> Any:
    def outcome(self: Writer, step: Any, ref: Any, failure: Any, sent: Mapping[str, Any]) -> Outcome:
        return real(self, step, ref if isinstance(ref, str) and ref else "made", failure, sent)  # type: ignore[no-any-return]

    return outcome


def _no_look_for_work(real: Any) -> Any:
    return lambda self, kind, steps: {}


def _no_work_found(real: Any) -> Any:
    return lambda self, steps: {}


def _repeatable(real: Any) -> Any:
    return replace(real, repeatable=True)


def _taken_is_done(real: Any) -> Any:
    def seen(self: BulkWriter, steps: Sequence[Any], batch: str) -> list[Outcome]:
        refs = [row_id(step) if step.kind == "collection" else account_of(step) for step in steps]
        return [Outcome(step.key, Result.CREATED, ref) for step, ref in zip(steps, refs, strict=True)]

    return seen


def _written_all_the_same(real: Any) -> Any:
    def read_back(self: WriteBack, doubted: Sequence[Any], rows: Mapping[str, Any]) -> dict[int, Outcome]:
        return {one.at: Outcome(one.receipt.key, Result.UPDATED, one.receipt.deal.id) for one in doubted}

    return read_back


def _to_the_newest_row(real: Any) -> Any:
    def reading(bridge: Bridge, starts: datetime) -> Any:
        pace = replace(bridge.pace, overlap=timedelta(0), lag=timedelta(0), sweep_every=timedelta(days=9))
        read = real(replace(bridge, pace=pace), starts)
        return replace(read, read_to=replace(read.read_to, end=read.window.upper), named=frozenset())

    return reading


_SMALL = Plan(seed=0, size=40, most_passes=20)
_FROZEN = Chances(freeze=0.3, frozen_seconds=(500.0, 900.0), frozen_only_at="ledger: an intent is written")

_TO_TOTANGO = Plan.of(PAIRS["salesforce-totango"], 0, 60)
_IN_HUBSPOT = Plan.of(PAIRS["hubspot-crm"], 0, 60)
_FROM_HUBSPOT = replace(Plan.of(PAIRS["hubspot-gainsight"], 0, 100), chances=CALM, lag_seconds=(0, 0))

MUTANTS = (
    Mutant("skip the look-up", [(Finder, "by_key", _no_look)], _SMALL, range(1, 3)),
    Mutant(
        "one look-up instead of two",
        [(decider, "LOOKS_BEFORE_SENDING_AGAIN", lambda real: 1)],
        replace(_SMALL, lag_seconds=(80, 90)),
        range(1, 9),
    ),
    Mutant(
        "move the cursor to the newest row seen",
        [(intake, "reading", _to_the_newest_row)],
        replace(_SMALL, rate=0.0, chances=CALM, between_seconds=20.0),
        range(1, 7),
    ),
    Mutant("settle before the answer", [(Intents, "intend", _settled_at_once)], _SMALL, range(1, 3)),
    Mutant(
        "drop the lease",
        [(Leases, "take", _all_ours)],
        replace(_SMALL, workers=3, between_seconds=30.0),
        range(1, 5),
    ),
    Mutant(
        "forget send_by",
        [(Carrier, "_intend", _never_too_late)],
        replace(_SMALL, rate=0.0, chances=_FROZEN, busy_for=timedelta(minutes=40)),
        range(9, 19),
    ),
    Mutant("retry a blind call", [(Decider, "_blind", _blind_again)], _SMALL, range(1, 5)),
    Mutant("count a missing reference id as success", [(Writer, "_outcome", _success)], _SMALL, range(1, 9)),
    Mutant("skip Totango's look after doubt", [(Work, "by_key", _no_look_for_work)], _TO_TOTANGO, range(1, 9)),
    Mutant(
        "send the run of a play again",
        [(one, "RUN_PLAY", _repeatable) for one in (_totango_wire, _totango_write)],
        _TO_TOTANGO,
        range(1, 9),
    ),
    Mutant(
        "take what the Integration Hub accepts for done",
        [(BulkWriter, "_seen", _taken_is_done)],
        _TO_TOTANGO,
        range(1, 9),
    ),
    Mutant(
        "count a deal that a 207 does not name as written",
        [(WriteBack, "_read_back", _written_all_the_same)],
        _FROM_HUBSPOT,
        range(5, 13),
    ),
    Mutant("skip the look for work in the CRM", [(WorkInHubSpot, "find", _no_work_found)], _IN_HUBSPOT, range(1, 9)),
)


@dataclass(frozen=True)
class Caught:
    """In which world a mutant was caught, and by what; "" where it was not."""

    seed: int = 0
    by: str = ""


def caught(one: Mutant) -> Caught:
    """Return the first of its worlds in which a mutant does harm that the oracle sees."""
    with one.at_work():
        for seed in one.seeds:
            problems = play(replace(one.plan, seed=seed)).found.problems
            if problems:
                return Caught(seed, problems[0])
    return Caught()


def mutant(name: str) -> Mutant:
    """Return the mutant of this name."""
    return next(one for one in MUTANTS if one.name == name)
