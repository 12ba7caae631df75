"""What a change of a deal means for a handoff that was delivered: which fields, which steps, and a note."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from types import MappingProxyType
from typing import Any

from handoff import tables as t
from handoff.bridge import Bridge
from handoff.entries import Told
from handoff.fingerprints import GIVEN, differing, fingerprint, rows_of
from handoff.inputs import as_it_was
from handoff.intents import IN_DOUBT
from handoff.mapping import Mappings
from handoff.model import Handoff, Outcome, Result, Step, Value
from handoff.notes import Note, as_delivered, frozen_names, label, listed_changes, name_of, note_step, words_of
from handoff.policy import Times, judge, receivers
from handoff.prepare import Prepared, after_delivery

ARRIVED = (t.steps.c.remote_id, t.steps.c.state, t.steps.c.intended)
"""What tells of a step whether it was made, or may have been."""


@dataclass(frozen=True)
class Delivered:
    """What is kept of a delivered handoff: its row, its deal's row, the words told, the rows of its steps."""

    handoff: Any
    deal: Any
    words: Mapping[str, str] | None
    steps: Mapping[str, Any]
    body: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> Mapping[str, str]:
        """The fingerprints of what was told last; empty when nobody knows."""
        return self.handoff.told or {}

    def made(self, key: str) -> bool:
        """Whether this step was made by the handoff, or linked to it."""
        row = self.steps.get(key)
        return row is not None and row.remote_id is not None

    def made_names(self) -> set[str]:
        """Return the names of the steps that were made."""
        return {step["name"] for step in self.handoff.steps if self.made(step["key"])}

    def unmade(self) -> set[str]:
        """Return the steps that are on the handoff's list and were never made."""
        return {step["key"] for step in self.handoff.steps if not self.made(step["key"])}

    def begun(self) -> list[tuple[str, Any]]:
        """Return the notes that may or may not have arrived, as name and kept body, in order."""
        doubted = (step for step in self.handoff.steps if step["key"] in self.notes and not self.made(step["key"]))
        rows = ((step, self.steps.get(step["key"])) for step in doubted)
        return [(step["name"], self.notes[step["key"]]) for step, row in rows if row and row.state in IN_DOUBT]

    def unsure(self) -> dict[str, set[str]]:
        """Return by step the fields of an update that may or may not have arrived."""
        return {key: set(row.intended or ()) for key, row in self.steps.items() if row.state in IN_DOUBT}


def followed_up(
    bridge: Bridge, prepared: Sequence[Prepared], known: Mapping[str, Any], *, whole: bool = False, gains: bool = False
) -> list[Prepared]:
    """
    Return the deals as they were prepared; of those delivered before only what their change asks for, and a note.

    Args:
        known: The ledger's rows of the handoffs, by key.
        whole: Carry out every field of a delivered handoff, not only those whose inputs the deal changed, and tell
            no change: the mapping is applied again.
        gains: With `whole`, make also the steps that the mapping gained since the handoff.
    """
    late = [one for one in prepared if one.key in known and known[one.key].delivered_at is not None]
    kept = _kept(bridge, late, known)
    begun = _begun_before(bridge, prepared, known)
    now = bridge.clock.now()
    return [
        _applied_again(bridge.mappings, one, kept[one.key], gains=gains)
        if whole and one.key in kept
        else _followed_up(bridge, one, kept[one.key], now)
        if one.key in kept
        else begun.get(one.key, one)
        for one in prepared
    ]


def told_by(one: Prepared, mappings: Mappings, outcomes: Mapping[str, Outcome] = MappingProxyType({})) -> Told | None:
    """
    Return what Customer Success has been told once this deal is done, None when that stays what it was.

    What an earlier pass made for it tells what that pass knew, unless it was made only now, as `outcomes` have it.
    """
    if one.handoff is None or not one.tells:
        return None
    hashes, words = told_hashes(one.handoff, mappings), words_of(one.handoff.values)
    fixed, (before, spoken) = _fixed(one, outcomes), one.told
    hashes |= {name: before[name] for name in fixed if name in before}
    if fixed and spoken is not None:
        words = {name: said for name, said in words.items() if name not in fixed}
        words |= {name: said for name, said in spoken.items() if name in fixed}
    return Told(one.key, hashes, words, again=one.delivered and bool(one.changed))


def told_otherwise(one: Prepared, outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    """Return the canonical fields of which work that was made before says something else than the deal by now."""
    if one.handoff is None or one.delivered:
        return ()
    before, values = one.told[0], one.handoff.values
    named = (name for name in _fixed(one, outcomes) if name in before and not _of_the_platform(name))
    return tuple(sorted(name for name in named if before[name] != fingerprint(values.get(name))))


def _fixed(one: Prepared, outcomes: Mapping[str, Outcome]) -> frozenset[str]:
    """Return the canonical fields that work says which was made before, and not only now."""
    made_now = (key for key in one.fixed if key in outcomes and outcomes[key].result is Result.CREATED)
    earlier = one.fixed.keys() - set(made_now)
    return frozenset().union(*(one.fixed[key] for key in earlier))


def told_by_notes(one: Prepared, outcomes: Mapping[str, Outcome]) -> Told | None:
    """Return what the notes told that are settled, while something else of the deal is not; None when nothing."""
    hashes, words = one.told
    settled = tuple(takewhile(lambda note: outcomes[note.step.key].settled, one.notes))
    for note in settled:
        hashes, words = note.tell(hashes, words)
    return Told(one.key, hashes, words, again=True) if settled else None


def told_hashes(handoff: Handoff, mappings: Mappings) -> dict[str, str]:
    """Return a fingerprint of each canonical field that the mappings know, those that say nothing among them."""
    return {name: fingerprint(handoff.values.get(name)) for name in sorted({*mappings.known, *handoff.values})}


def changed_names(
    values: Mapping[str, Value],
    mappings: Mappings,
    *,
    before: Mapping[str, str] | None,
    now: Mapping[str, str],
    told: Mapping[str, str],
    then: Mapping[str, Value] | None = None,
) -> frozenset[str]:
    """
    Return the canonical fields whose inputs the deal changed.

    What is read from the deal counts by what was read, so that an edited mapping changes nothing; what is decided
    from it (segment, receiver, people by role) by its value, where today's files also say another of the old deal.

    Args:
        before: The fingerprints of the deal when it was last handled; None when they are not known.
        told: The fingerprints of the values that were told last.
        then: What today's files say of the deal as it was; None when that was not kept.
    """
    differs = {name for name, said in told.items() if said != fingerprint(values.get(name))}
    if before is None:
        return frozenset(differs)
    read = differing(before, now)
    if not read:
        return frozenset()
    if then is not None:
        differs &= {name for name in differs if fingerprint(then.get(name)) != fingerprint(values.get(name))}
    origins = mappings.source.origins
    by_read = {name for name, paths in origins.items() if any(_reads(path, read) for path in paths)}
    given = read & GIVEN - origins.keys()
    by_role = {name for name, field in mappings.contract.fields.items() if field.person_with_role}
    decided = {name for name in differs - origins.keys() - GIVEN if not _of_the_platform(name)} | differs & by_role
    return frozenset(by_read | given | decided)


def _of_the_platform(name: str) -> bool:
    """Whether a field says what the platform holds, which our own delivery changed: no change of the deal."""
    return name == "kind" or name.startswith("company.")


def _reads(path: str, read: frozenset[str]) -> bool:
    """Whether a path was read otherwise: itself, or the list of which it is a part has more rows or fewer."""
    parts = path.split(".")
    return path in read or any(rows_of(".".join(parts[:end])) in read for end in range(1, len(parts)))


def _kept(bridge: Bridge, late: Sequence[Prepared], known: Mapping[str, Any]) -> dict[str, Delivered]:
    if not late:
        return {}
    ledger = bridge.ledger
    deals = ledger.deals(str(one.deal.ref) for one in late)
    words = ledger.bodies("told", [one.key for one in late])
    bodies = ledger.bodies("handoff", [one.key for one in late])
    steps = ledger.steps((step["key"] for one in late for step in known[one.key].steps), *ARRIVED)
    notes = ledger.bodies("note", [key for key, row in steps.items() if row.state in IN_DOUBT])

    def delivered(one: Prepared) -> Delivered:
        row = known[one.key]
        its = {step["key"]: steps[step["key"]] for step in row.steps if step["key"] in steps}
        return Delivered(row, deals[str(one.deal.ref)], words.get(one.key), its, bodies.get(one.key) or {}, notes)

    return {one.key: delivered(one) for one in late if str(one.deal.ref) in deals}


def _begun_before(bridge: Bridge, prepared: Sequence[Prepared], known: Mapping[str, Any]) -> dict[str, Prepared]:
    """Return by key the handoffs that were only begun, with what their work told."""
    begun = [one for one in prepared if one.key in known and known[one.key].delivered_at is None]
    begun = [one for one in begun if known[one.key].told]
    if not begun:
        return {}
    rows = bridge.ledger.steps((step["key"] for one in begun for step in known[one.key].steps), *ARRIVED)
    words = bridge.ledger.bodies("told", [one.key for one in begun])
    # What was sent without an answer may stand there as it was then, also where it may simply be sent again.
    there = {key for key, row in rows.items() if row.remote_id is not None or row.state in IN_DOUBT or row.intended}
    return {
        one.key: replace(
            one,
            told=(known[one.key].told, words.get(one.key)),
            fixed={
                step["key"]: frozen_names(bridge.mappings.target, [step["name"]])
                for step in known[one.key].steps
                if step["key"] in there
            },
        )
        for one in begun
    }


def _applied_again(mappings: Mappings, one: Prepared, kept: Delivered, *, gains: bool) -> Prepared:
    listed = kept.handoff.steps
    later = after_delivery(one, {step["key"] for step in listed}, changed=None)
    if one.handoff is None or later.unhandled:
        return replace(later, tells=False)
    names = {step["name"] for step in listed}
    gained = tuple(as_delivered(step, listed) for step in one.steps if gains and step.name not in names)
    tells = told_hashes(one.handoff, mappings) != kept.told
    return replace(later, steps=in_their_order(mappings, (*later.steps, *gained)), added=gained, tells=tells)


def in_their_order(mappings: Mappings, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps as the target orders them."""
    return tuple(sorted(steps, key=lambda step: mappings.target.order.index(step.name)))


def _values_then(bridge: Bridge, one: Prepared, kept: Delivered) -> Mapping[str, Value] | None:
    """Return what today's files say of the deal as it was when it was last handled, None where that is not kept."""
    before = kept.deal.source_hashes
    if before is None or one.handoff is None or not differing(before, one.source_hashes):
        return None
    deal = as_it_was(one.deal, kept.body, before, one.source_hashes)
    if deal is None:
        return None
    users = bridge.platform.people(receivers(bridge.mappings))
    times = Times(one.handoff.handed_off_at, one.handoff.work_starts_at)
    return judge(deal, bridge.mappings, users, times, one.background).values


def _followed_up(bridge: Bridge, one: Prepared, kept: Delivered, now: datetime) -> Prepared:
    mappings, handoff, listed = bridge.mappings, one.handoff, kept.handoff.steps
    names = frozenset(kept.deal.changed or ()).union(*(body["after"] for _, body in kept.begun()))
    if handoff is not None:
        hashes = {"before": kept.deal.source_hashes, "now": one.source_hashes, "told": kept.told}
        names |= changed_names(handoff.values, mappings, **hashes, then=_values_then(bridge, one, kept))
    allowed = {step["key"] for step in listed}
    later = after_delivery(one, allowed, changed=names, unsure=kept.unsure(), unmade=kept.unmade())
    later = replace(later, changed=tuple(sorted(names)), tells=bool(names) or not kept.told)
    if handoff is None or later.unhandled:
        return replace(later, tells=False)
    return _noted(mappings, one, later, kept, now)


def _noted(mappings: Mappings, one: Prepared, later: Prepared, kept: Delivered, now: datetime) -> Prepared:
    """
    Return the deal with the notes that it needs.

    A note that may have arrived is finished as it was begun, and tells what it told; what is to be told beyond it is a
    note of its own, which waits for it.
    """
    assert one.handoff is not None and later.handoff is not None
    base = _entry(mappings, one, kept)
    notes = [] if base is None else [_begun(mappings, one, kept, base, *note) for note in kept.begun()]
    told, words = kept.told, kept.words
    for note in notes:
        told, words = note.tell(told, words)
    frozen = frozen_names(mappings.target, kept.made_names())
    says = {name: fingerprint(one.handoff.values.get(name)) for name in later.changed if name in frozen}
    worth = {name: said for name, said in says.items() if told.get(name) != said}
    if worth and base is None:
        said = ", ".join(sorted(label(name, mappings.contract) for name in worth))
        heard = f"changed after the handoff, which has no entry to add a note to: {said}"
        return replace(later, handoff=replace(later.handoff, notes=(*later.handoff.notes, heard)))
    if worth and base is not None:
        before = {name: told.get(name) for name in worth}
        name = name_of(before, worth, kept.handoff.tellings or 0)
        lines = listed_changes(worth, one.handoff, words, mappings.contract)
        spoken = {name: said for name, said in words_of(one.handoff.values).items() if name in worth}
        waits_for = [note.step.key for note in notes]
        listed, target = kept.handoff.steps, mappings.target
        step = note_step(one.handoff, base, lines, listed, target, name=name, now=now, after=waits_for)
        notes.append(Note(step, before, worth, spoken, lines, now))
    added = tuple(note.step for note in notes)
    told_so_far = (dict(kept.told), kept.words)
    return replace(later, steps=(*later.steps, *added), added=added, notes=tuple(notes), told=told_so_far)


def _entry(mappings: Mappings, one: Prepared, kept: Delivered) -> Step | None:
    """Return the handoff's own entry, as planned today; None where it made none."""
    there = {step["key"] for step in kept.handoff.steps}
    entries = (step for step in one.steps if mappings.target.facts(step.name).note is not None)
    return next((step for step in entries if step.key in there and kept.made(step.key)), None)


def _begun(mappings: Mappings, one: Prepared, kept: Delivered, base: Step, name: str, body: Mapping[str, Any]) -> Note:
    """Return a note that was begun as it was: with the key, the words and the moment of then."""
    assert one.handoff is not None
    moment, lines = datetime.fromisoformat(body["moment"]), body["lines"]
    step = note_step(one.handoff, base, lines, kept.handoff.steps, mappings.target, name=name, now=moment)
    return Note(step, body["before"], body["after"], body["words"], lines, moment)
