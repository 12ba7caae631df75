"""The note that tells Customer Success what changed in a deal after its handoff."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from handoff import keys
from handoff.amounts import MONEY
from handoff.contract import Contract
from handoff.fingerprints import fingerprint
from handoff.mapping import Target
from handoff.model import Handoff, Needed, Step, Trace, Value, Write
from handoff.phrases import money
from handoff.transforms import missing, plain, shortened, text

CHANGE = "change-"
"""How the names of notes begin."""

EMPTY, NOT_KEPT = "(empty)", "(not kept)"
LONGEST_VALUE, LONGEST_TITLE, LONGEST_BODY = 300, 120, 30_000
FROM_THE_CHANGE = "what changed in the deal"


@dataclass(frozen=True)
class Note:
    """
    A note and what it tells: of each field the fingerprint told before and the one told by it, and the new words.

    `lines` and `moment` are what the entry says; they stand once it is planned, so that it says one thing for ever.
    """

    step: Step
    before: Mapping[str, str | None]
    after: Mapping[str, str]
    words: Mapping[str, str]
    lines: Sequence[str]
    moment: datetime

    def body(self) -> dict[str, Any]:
        """Return what is kept of it until it is settled; it names people."""
        told = {"before": dict(self.before), "after": dict(self.after), "words": dict(self.words)}
        return told | {"lines": [str(line) for line in self.lines], "moment": self.moment.isoformat()}

    def tell(
        self, told: Mapping[str, str], words: Mapping[str, str] | None
    ) -> tuple[dict[str, str], dict[str, str] | None]:
        """Return what has been told once it is settled: fingerprints, and words where they are kept."""
        said = None if words is None else {n: w for n, w in words.items() if n not in self.after} | dict(self.words)
        return {**told, **self.after}, said


def words_of(values: Mapping[str, Value]) -> dict[str, str]:
    """Return the canonical fields that say something as a person reads them, each on one short line."""
    return {name: _spoken(name, value, values) for name, value in values.items() if not missing(value)}


def _spoken(name: str, value: Value, values: Mapping[str, Value]) -> str:
    said = money(value, values.get("deal.currency")) if name in MONEY else _said(value)
    return shortened(" ".join(said.split()), LONGEST_VALUE)


def _said(value: Value) -> str:
    if type(value) is str:
        return value
    if isinstance(value, Markup):
        return str(value.striptags())
    if isinstance(value, Mapping):
        name = str(value.get("label") or value.get("text") or value.get("name") or "")
        return f"{name} ({value['role']})" if value.get("role") else name
    if isinstance(value, list | tuple):
        return "; ".join(_said(item) for item in value)
    return text(value)


def frozen_names(target: Target, made: Iterable[str]) -> frozenset[str]:
    """Return the canonical fields behind the fields of these steps that are written to a new record only."""
    traces = [(step, trace) for step in set(made) & target.traces.keys() for trace in target.traces[step]]
    frozen = (trace for step, trace in traces if target.mode(step, trace.field) is Write.CREATE_ONLY)
    return frozenset(origin.name for trace in frozen for origin in trace.origins)


def listed_changes(
    names: Iterable[str], handoff: Handoff, words: Mapping[str, str] | None, contract: Contract
) -> list[str]:
    """
    Return a line of HTML for each field: `Amount: USD 48,000 → USD 52,000`.

    Args:
        words: What was told before, by field; None where it was purged.
    """
    now = words_of(handoff.values)
    return [
        f"<li>{escape(label(name, contract))}: "
        f"{escape(NOT_KEPT if words is None else words.get(name, EMPTY))} → {escape(now.get(name, EMPTY))}</li>"
        for name in sorted(names, key=lambda name: label(name, contract))
    ]


def label(name: str, contract: Contract) -> str:
    """Return what a canonical field is called: by the contract, else its name in words."""
    if name in contract.fields:
        return contract.fields[name].label
    return name.replace(".", " ").replace("_", " ").capitalize()


def note_step(
    handoff: Handoff,
    base: Step,
    lines: Sequence[str],
    listed: Sequence[Mapping[str, str]],
    target: Target,
    *,
    name: str,
    now: datetime,
    after: Sequence[str] = (),
) -> Step:
    """
    Return the note as a step: like the entry of the handoff itself, but for its title, body and moment.

    Args:
        base: The handoff's own entry, as planned today.
        listed: The steps of which the handoff was made; the note belongs to their records.
        name: What it is called; equal names give the same key, so that a note is sent once.
        after: The keys of notes that must be settled before this one is made.
    """
    fields, rules = target.facts(base.name).note, target.file.steps[base.name].fields
    assert fields is not None  # the base is an entry that can be a note
    longest = {name: rule.max for name, rule in rules.items()}
    title = f"Changed after the handoff: {handoff.deal.account_name}, {handoff.deal.name}"
    said = {
        fields.title: shortened(title, longest.get(fields.title) or LONGEST_TITLE),
        fields.body: _list(lines, longest.get(fields.body) or LONGEST_BODY, html=fields.html),
        fields.moment: now,
    }
    moved = _moved(base, listed)
    payload = {name: _delivered(value, moved) for name, value in base.payload.items()} | said
    payload = {name: value for name, value in payload.items() if value is not None}
    return replace(
        base,
        key=keys.beside(base.key, name),
        name=name,
        payload=payload,
        needs=(*(key for need in base.needs if (key := moved.get(need))), *after),
        modes=dict.fromkeys(payload, Write.CREATE_ONLY),
        traces=tuple(_trace(trace, said) for trace in base.traces),
        adopt=(),
        match=(),
    )


def name_of(before: Mapping[str, str | None], after: Mapping[str, str], tellings: int) -> str:
    """
    Return what a note of these changes is called.

    A deal may come back to what it said before: the count of tellings keeps its second note apart from the first.
    """
    return f"{CHANGE}{fingerprint([dict(before), dict(after), tellings])[:8]}"


def is_note(name: str) -> bool:
    """Return whether a step of this name is a note of a change."""
    return name.startswith(CHANGE)


def as_delivered(step: Step, listed: Sequence[Mapping[str, str]]) -> Step:
    """Return a step that refers to the records of its handoff, also where the deal has moved to another account."""
    moved = _moved(step, listed)
    payload = {name: _delivered(value, moved, else_=value) for name, value in step.payload.items()}
    return replace(step, payload=payload, needs=tuple(moved.get(need, need) for need in step.needs))


def _moved(base: Step, listed: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return by key planned today the key delivered then: a deal may have moved to another account since."""
    there = {step["key"] for step in listed}
    by_name = {step["name"]: step["key"] for step in listed}
    wanted = {*base.needs, *(value.key for value in base.payload.values() if isinstance(value, Needed))}
    found = {key: key if key in there else by_name.get(key.rsplit(".", 1)[-1]) for key in wanted}
    return {key: then for key, then in found.items() if then is not None}


def _delivered(value: Value, moved: Mapping[str, str], *, else_: Value = None) -> Value:
    if not isinstance(value, Needed):
        return value
    return Needed(moved[value.key]) if value.key in moved else else_


def _trace(trace: Trace, said: Mapping[str, Value]) -> Trace:
    return Trace(trace.field, trace.place, how=FROM_THE_CHANGE) if trace.field in said else trace


def _list(lines: Sequence[str], limit: int, *, html: bool = True) -> str:
    """Return the lines (HTML) as a list that fits, of HTML or of plain lines; what does not fit is counted."""
    for shown in range(len(lines), 0, -1):
        more = f"<li>... and {len(lines) - shown} more</li>" if shown < len(lines) else ""
        listed = f"<ul>{''.join(lines[:shown])}{more}</ul>"
        whole = listed if html else plain(listed)
        if len(whole) <= limit:
            return whole
    return f"<ul><li>{len(lines)} fields</li></ul>" if html else f"{len(lines)} fields"
