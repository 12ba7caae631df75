"""A planned re-application of an edited mapping: what it would send, in counts, samples and calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from handoff.calls import Ahead
from handoff.decisions import Decision
from handoff.fields import FieldDecision
from handoff.model import Value
from handoff.prepare import Prepared
from handoff.report import Notice


class To(StrEnum):
    """To which delivered handoffs a mapping is applied."""

    IN_FLIGHT = "in-flight"
    ALL = "all"


@dataclass(frozen=True)
class Sample:
    """One field that would change, of which deal; `new` says that its record is not there yet."""

    deal: str
    field: FieldDecision
    new: bool = False


@dataclass
class StepCount:
    """
    What would become of the steps of one name: in steps, and the fields that people's edits keep.

    `for_new_only` counts the fields that the edit changed and whose mode writes them to a new record only.
    """

    kind: str
    create: int = 0
    update: int = 0
    link: int = 0
    unchanged: int = 0
    fields_kept: int = 0
    for_new_only: int = 0
    left_out: int = 0
    samples: list[Sample] = field(default_factory=list)

    def add(self, decision: Decision) -> None:
        """Count what one decision does with its record."""
        send = decision.send
        self.unchanged += send is None
        self.create += send is not None and send.ref is None
        self.link += send is not None and decision.adopts
        self.update += send is not None and send.ref is not None and not decision.adopts

    def counts(self) -> dict[str, int]:
        """Return the numbers by name."""
        names = ("create", "update", "link", "unchanged", "fields_kept", "for_new_only", "left_out")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Writes:
    """Some calls that write: what they do, to how many records, and in how many calls exactly if none is refused."""

    system: str
    kind: str
    action: str
    records: int
    calls: int


@dataclass(frozen=True)
class Reapplication:
    """
    A plan: `decisions` by step key, for these `deals`, of which `tells` (refs) have their record told.

    `marks` say by step key and by ref how the ledger's rows were when it was made, `seen` by step key what the record
    of an update held of the fields to send. `looked` are the calls that it cost, `writes` those that it leads to;
    `look_ups` are made
    while it is carried out: the records of updates are read once more just before they are put. `digests`
    tell by ref whether what the mapping says of a deal is the same as in another plan.
    """

    version: str
    planned_at: datetime
    deals: tuple[Prepared, ...]
    decisions: Mapping[str, Decision]
    tells: frozenset[str]
    left_out: tuple[Notice, ...]
    not_in_flight: int
    marks: Mapping[str, Any]
    steps: Mapping[str, StepCount]
    writes: tuple[Writes, ...]
    looked: tuple[Ahead, ...]
    ahead: tuple[Ahead, ...]
    look_ups: int = 0
    seen: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def sends(self) -> int:
        """How many records it writes on the platform."""
        return sum(one.send is not None for one in self.decisions.values())

    @property
    def does_nothing(self) -> bool:
        """Whether nothing would be sent, neither to the platform nor to the CRM."""
        return not self.sends and not self.tells


def mark_of(row: Any) -> Any:
    """Return what tells that a row of the ledger, of a deal or of a step, was written since; None: there is none."""
    if row is None:
        return None
    names = ("run", "read_at", "changed_at", "standing", "state", "payload_hash", "receipt_hash")
    return tuple(getattr(row, name, None) for name in names)
