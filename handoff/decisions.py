"""A step as planned, and what is to be done about it now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from handoff.fields import Compared, FieldDecision, Memory
from handoff.model import Outcome, Step


@dataclass(frozen=True)
class Planned:
    """A step as the plan has it, and when its deal was won: on an account's step the newest win has the word."""

    step: Step
    won_at: datetime

    @property
    def precedence(self) -> tuple[datetime, str]:
        """Which of two plans for one account step holds: the later one."""
        return self.won_at, str(self.step.deal)


NOT_COMPARED, NOTHING_KNOWN = Compared(), Memory()


@dataclass(frozen=True)
class Decision:
    """
    What is to be done about one step now: `send` it, or it has an `outcome` already.

    `kept` says that the ledger holds this outcome already; `looked` that it was looked for in vain; `learns` that only
    what is known of the record changes, and `gone` why it is never made again. `against` compares the step with a
    record that is there; `memory` is what was known of that before. `remarks` tell of the fields that were kept as
    people have them, `fields_kept` counts them.
    """

    planned: Planned
    send: Step | None = None
    outcome: Outcome | None = None
    kept: bool = False
    looked: bool = False
    learns: bool = False
    adopts: bool = False
    gone: str = ""
    against: Compared = NOT_COMPARED
    memory: Memory = NOTHING_KNOWN
    remarks: tuple[str, ...] = ()
    fields_kept: int = 0

    @property
    def fields(self) -> tuple[FieldDecision, ...]:
        """What becomes of each field, where a record is there."""
        return self.against.fields


def merged(planned: Iterable[Planned]) -> dict[str, Planned]:
    """
    Return one plan a key: of several deals on one account, the newest won has the word.

    A deal that only looks the record up has none where another makes it.
    """
    by_key: dict[str, Planned] = {}
    for one in planned:
        there = by_key.get(one.step.key)
        if there is None or outweighs(one, there):
            by_key[one.step.key] = one
    return by_key


def outweighs(one: Planned, other: Planned) -> bool:
    """Return whether the first of two plans for one step has the word."""
    return _weight(other) < _weight(one)


def _weight(one: Planned) -> tuple[bool, tuple[datetime, str]]:
    return not one.step.reference, one.precedence
