"""What the deal's own record is told: status, reason, who acts next, and a receipt of the work that was made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from handoff.entries import Judged
from handoff.fingerprints import fingerprint
from handoff.mapping import Source
from handoff.model import Handoff, Standing, Trace, Value
from handoff.owners import ON_THE_DEAL, Owner
from handoff.ports import Receipt
from handoff.provenance import Evidence, Reading, told
from handoff.rules import Compiled, Context, FieldRule, compile_rule
from handoff.transforms import missing

Link = Callable[[str, str], str]
"""Gives the address where a person sees a record of this kind and id, "" where none is known."""

STATUS = {
    Standing.DONE: "Handed off",
    Standing.WAITING: "Being handed off",
    Standing.NEEDS_PERSON: "Needs a person",
    Standing.EXCLUDED: "Excluded",
}


@dataclass(frozen=True)
class Ended:
    """One deal at the end of its run: how it stands, and the ledger's rows of its settled steps, in order."""

    judged: Judged
    handoff: Handoff | None
    made: Sequence[Any]
    delivered_at: datetime | None


def receipt_values(ended: Ended, link: Link) -> dict[str, Value]:
    """Return what can be written back of this deal, by the names that `write_back` uses; no sequence number."""
    handoff, judged = ended.handoff, ended.judged
    gaps = list(handoff.values["gaps"]) if handoff else []
    return {
        "status": STATUS[judged.standing],
        "reason": judged.reason or None,
        "next_step": next_step(judged.standing, gaps, judged.owner),
        "owner": handoff.receiver if handoff else None,
        "completeness": handoff.completeness if handoff else None,
        "gaps": gaps,
        "link": _link(ended, link),
        "delivered_at": ended.delivered_at,
        "receipt": _made(ended.made),
    }


def next_step(standing: Standing, gaps: Sequence[Mapping[str, str]], owner: Owner | None = None) -> str:
    """Return who acts next, in words that Sales reads on the deal; `owner` is who must clear what stopped it."""
    if standing is Standing.NEEDS_PERSON:
        who = ON_THE_DEAL.get(owner or Owner.CS_OPS, "CS Ops")
        return f"{who}: clear what stops it; the bridge looks again each hour, at once after `handoff queue retry`"
    if standing is Standing.WAITING:
        return "Nobody: the bridge goes on by itself"
    if standing is Standing.EXCLUDED:
        return "Nobody"
    if gaps:
        return f"Sales: fill {', '.join(gap['label'] for gap in gaps)}"
    return "CSM: review the handoff"


class Receipts:
    """Makes the write-back of one CRM from its `write_back` rules; `link` is the platform's."""

    def __init__(self, source: Source, link: Link) -> None:
        self._source, self._link = source, link
        rules: Mapping[str, FieldRule] = source.file.write_back.fields
        self._rules = {
            name: compile_rule(name, rule, place=source.lines.place("write_back", "fields", name))
            for name, rule in rules.items()
        }
        self._numbered = {name: self._rules[name] for name, rule in rules.items() if "sequence" in rule.sources}

    @property
    def wanted(self) -> bool:
        """Whether anything is written back at all."""
        return self._source.file.write_back.on_deal and bool(self._rules)

    def receipt(self, ended: Ended, sequence: int) -> tuple[Receipt, str]:
        """Return the receipt with this sequence number, and the fingerprint of what it says apart from it."""
        values = receipt_values(ended, self._link)
        said = self._fields(values)
        numbered = self._fields(values | {"sequence": sequence}, self._numbered)
        says, fields = fingerprint(said), said | numbered
        ref = ended.judged.deal.ref
        return Receipt(f"hb:{ref}:receipt", ref, fields), says

    def from_the_ledger(self, standing: Standing, made: Sequence[Any], sequence: int) -> dict[str, Value]:
        """Return the fields of a receipt that the ledger alone can tell: how the deal stands, and what was made."""
        context = Context({"status": STATUS[standing], "receipt": _made(made), "sequence": sequence})
        rules = self._source.file.write_back.fields
        alone = [name for name, rule in rules.items() if rule.sources and {*rule.sources} <= context.values.keys()]
        return {name: self._rules[name](context) for name in alone}

    def field_of(self, value: str) -> str:
        """Return the CRM's field that is told this value and nothing else (`receipt`, `status`), "" if none is."""
        rules = self._source.file.write_back.fields
        return next((name for name, rule in rules.items() if rule.sources == (value,)), "")

    def shown(self, ended: Ended, sequence: int) -> tuple[Evidence, ...]:
        """Return each field of a receipt that says something, with what became of the deal behind it."""
        values = receipt_values(ended, self._link) | {"sequence": sequence}
        fields, record = self._fields(values), ended.judged.deal.ref.id

        def readings(trace: Trace) -> list[Reading]:
            return [Reading(origin, values[origin.name], record, {}) for origin in trace.origins]

        traces = [trace for trace in self._source.told if fields[trace.field] is not None]
        return tuple(told(trace, fields[trace.field], readings(trace)) for trace in traces)

    def _fields(self, values: Mapping[str, Value], rules: Mapping[str, Compiled] | None = None) -> dict[str, Value]:
        """A receipt states everything it maps: what no longer holds is cleared."""
        context = Context(values)
        filled = {name: rule(context) for name, rule in (self._rules if rules is None else rules).items()}
        return {name: None if missing(value) else value for name, value in filled.items()}


def _link(ended: Ended, link: Link) -> str | None:
    links = (link(row.kind, row.remote_id) for row in reversed(ended.made))
    return next((found for found in links if found), None)


def _made(made: Sequence[Any]) -> str | None:
    """What was sent, not what would be sent today."""
    return "\n".join(f"{row.key} {row.remote_id} {row.payload_hash}" for row in made) or None


def says_the_same(held: Value, told: Value) -> bool:
    """Return whether a field of the CRM holds what it was told, spelled as the CRM may spell it."""
    if missing(held) or missing(told):
        return missing(held) and missing(told)
    if isinstance(told, datetime):
        return _moment(held) == told.replace(microsecond=told.microsecond // 1000 * 1000)
    if isinstance(told, int | float | Decimal) and not isinstance(told, bool):
        return _number(held) == _number(told)
    return str(held).split() == str(told).split()


def _moment(held: Value) -> datetime | None:
    try:
        return datetime.fromisoformat(str(held))
    except ValueError:
        return None


def _number(said: Value) -> Decimal | None:
    try:
        return Decimal(str(said))
    except InvalidOperation:
        return None


@dataclass(frozen=True)
class Made:
    """One line of a receipt: a settled step, its record, and the fingerprint of what is ours in it."""

    key: str
    remote_id: str
    payload_hash: str


def made_in(text: Value) -> list[Made]:
    """Return the lines of a receipt in order; what is no such line, as where a text was cut off, is passed over."""
    parts = [line.split(" ") for line in str(text or "").splitlines()]
    return [Made(*said) for said in parts if len(said) == 3 and all(said)]
