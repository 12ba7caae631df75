"""A step against the record that is there: field by field, whose word stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from handoff.fingerprints import field_fingerprint
from handoff.intents import IN_DOUBT, State, Tried
from handoff.model import Held, Scope, Step, Value, Write
from handoff.transforms import missing

ON_THEIR_STATE = frozenset({Write.IF_OURS, Write.IF_EMPTY})
"""The modes that ask what the record holds now."""


class Verdict(StrEnum):
    """What becomes of one field of a record that is there."""

    SEND = "send"
    SAME = "same"
    KEPT_THEIRS = "kept_theirs"
    KEPT_CREATE_ONLY = "kept_create_only"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class FieldDecision:
    """
    One field of a record that is there: what it `held` (None: empty), what is planned, and why.

    `read` says whether what it holds is known: it was asked for, and can be read back.
    """

    name: str
    verdict: Verdict
    held: Value
    would_be: Value
    why: str = ""
    read: bool = True


@dataclass(frozen=True)
class Memory:
    """
    What the ledger knows of a record, as fingerprints by field.

    `ours` are the values that we wrote last, `tried` those sent without an answer, `declined` those that we had for
    it and left to a person. `unsure` says that an update may or may not have arrived.
    """

    ours: Mapping[str, str] = field(default_factory=dict)
    tried: Tried = field(default_factory=dict)
    declined: Mapping[str, str] = field(default_factory=dict)
    unsure: bool = False

    @classmethod
    def of(cls, row: Any) -> "Memory":
        """Return what a row of the ledger remembers."""
        return cls(row.field_hashes or {}, row.intended or {}, row.declined or {}, row.state in IN_DOUBT)

    @classmethod
    def of_created(cls, row: Any, held: Held) -> "Memory":
        """
        Return what is ours in a record that was found by its key, and whose making had no answer.

        What was tried counts on: where the update that follows has no answer either, it tells again what is ours.
        """
        tried: Tried = (row.intended or {}) if row is not None else {}
        ours = {}
        for name, hashes in tried.items():
            there = field_fingerprint(held.values[name]) if name in held.values else None
            ours[name] = there if there is not None and there in hashes else hashes[-1]
        return cls(ours, tried)


@dataclass(frozen=True)
class Compared:
    """A plan against a record: a decision for each field, and the fingerprints that count without a send."""

    fields: tuple[FieldDecision, ...] = ()
    ours: Mapping[str, str] = field(default_factory=dict)
    declined: Mapping[str, str] = field(default_factory=dict)

    @property
    def send(self) -> dict[str, Value]:
        """Return the fields to send."""
        return {one.name: one.would_be for one in self.fields if one.verdict is Verdict.SEND}

    def newly_kept(self, memory: Memory) -> tuple[FieldDecision, ...]:
        """Return the fields that were left to a person for the first time with this value."""
        return tuple(
            one
            for one in self.fields
            if one.name in self.declined and memory.declined.get(one.name) != self.declined[one.name]
        )


def must_be_read(step: Step, memory: Memory) -> bool:
    """
    Return whether nothing can be decided without asking what the record holds.

    A deal's own work may be closed or deleted by now, so it is always asked for before it is written.
    """
    wanted = [mode for name, mode in _modes(step).items() if _wanted(name, step.payload[name], mode, memory)]
    return any(mode in ON_THEIR_STATE for mode in wanted) or bool(wanted and step.scope is Scope.DEAL)


def compared(step: Step, memory: Memory, held: Held | None) -> Compared:
    """
    Return what becomes of each field of a step whose record is there.

    Args:
        held: What the record holds now; None where nothing depends on it.
    """
    fields = tuple(_field(name, mode, step.payload[name], memory, held) for name, mode in _modes(step).items())
    ours, declined = dict(memory.ours), dict(memory.declined)
    for one in fields:
        said = field_fingerprint(one.would_be)
        if one.verdict is Verdict.SAME:
            ours[one.name] = said
        elif one.verdict is not Verdict.SEND and _wanted(one.name, one.would_be, _modes(step)[one.name], memory):
            declined[one.name] = said
        if one.verdict in (Verdict.SAME, Verdict.SEND):
            declined.pop(one.name, None)
    return Compared(fields, ours, declined)


def adopted(step: Step, held: Held) -> Compared:
    """Return what is written to a record that somebody else made and that becomes ours: what it leaves empty."""
    fields, ours, declined = [], {}, {}
    for name, mode in _modes(step).items():
        value, there = step.payload[name], held.values.get(name)
        if name not in held.values:
            one = FieldDecision(name, Verdict.UNKNOWN, None, value, "it cannot be read back", read=False)
        elif missing(there) and held.closed:
            one = FieldDecision(name, Verdict.KEPT_THEIRS, there, value, "its work is over")
        elif missing(there):
            one = FieldDecision(name, Verdict.SEND, None, value, "it is empty")
        elif field_fingerprint(there) == field_fingerprint(value):
            one = FieldDecision(name, Verdict.SAME, there, value)
            ours[name] = field_fingerprint(value)
        else:
            one = FieldDecision(name, Verdict.KEPT_THEIRS, there, value, "it was filled when it was linked")
        if one.verdict in (Verdict.UNKNOWN, Verdict.KEPT_THEIRS) and mode in ON_THEIR_STATE:
            declined[name] = field_fingerprint(value)
        fields.append(one)
    return Compared(tuple(fields), ours, declined)


def linked(step: Step, memory: Memory, held: Held) -> Compared:
    """
    Return what is written to a record that was linked by a send without an answer.

    Args:
        memory: What is ours in it: what was sent with the link. Everything else it had before, from somebody else.
    """
    sent = compared(step.with_payload({n: v for n, v in step.payload.items() if n in memory.ours}), memory, held)
    rest = adopted(step.with_payload({n: v for n, v in step.payload.items() if n not in memory.ours}), held)
    return Compared((*sent.fields, *rest.fields), {**sent.ours, **rest.ours}, {**sent.declined, **rest.declined})


def settles(row: Any, result: Compared) -> bool:
    """Return whether the ledger would hold something else of a known record after this comparison."""
    return (
        row.state != State.SETTLED
        or dict(row.field_hashes or {}) != result.ours
        or dict(row.declined or {}) != result.declined
    )


def _modes(step: Step) -> dict[str, Write]:
    return {name: step.modes.get(name, Write.CREATE_ONLY) for name in step.payload}


def _wanted(name: str, value: Value, mode: Write, memory: Memory) -> bool:
    """Whether a field differs from our last word in it; of an update that was cut off all its fields are unsure."""
    said = field_fingerprint(value)
    if mode is Write.CREATE_ONLY or memory.declined.get(name) == said:
        return False
    return memory.ours.get(name) != said or (memory.unsure and name in memory.tried)


def _field(name: str, mode: Write, value: Value, memory: Memory, held: Held | None) -> FieldDecision:
    said = field_fingerprint(value)
    there = held.values.get(name) if held else None

    read = held is not None and name in held.values

    def ends(verdict: Verdict, why: str = "") -> FieldDecision:
        return FieldDecision(name, verdict, there, value, why, read=read)

    if read and field_fingerprint(there) == said:
        return ends(Verdict.SAME)
    if mode is Write.CREATE_ONLY:
        same = held is None and memory.ours.get(name) == said
        return ends(Verdict.SAME) if same else ends(Verdict.KEPT_CREATE_ONLY, "it is written to a new record only")
    if memory.declined.get(name) == said:
        return ends(Verdict.KEPT_THEIRS, "it was left to a person")
    if not _wanted(name, value, mode, memory):
        # Our value did not change: the record may hold another by now, and nothing is sent.
        return ends(Verdict.KEPT_THEIRS, "a person changed it") if read else ends(Verdict.SAME)
    if held and held.closed:
        return ends(Verdict.KEPT_THEIRS, "its work is over")
    if mode is Write.ALWAYS:
        return ends(Verdict.SEND)
    if not read:
        return ends(Verdict.UNKNOWN, "it cannot be read back")
    if missing(there) and (mode is Write.IF_EMPTY or name not in memory.ours):
        return ends(Verdict.SEND, "it is empty")
    if mode is Write.IF_EMPTY:
        return ends(Verdict.KEPT_THEIRS, "it is not empty")
    if field_fingerprint(there) in (memory.ours.get(name), *memory.tried.get(name, ())):
        return ends(Verdict.SEND, "it holds our last value")
    return ends(Verdict.KEPT_THEIRS, "a person changed it" if name in memory.ours else "it was filled by somebody else")
