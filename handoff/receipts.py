"""What the deal's own record is told: status, reason, who acts next, and a receipt of the work that was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff.fingerprints import fingerprint
from handoff.ledger import Judged
from handoff.mapping import Source
from handoff.model import Handoff, Origin, Standing, Trace, Value
from handoff.ports import Destination, Receipt
from handoff.rules import Context, FieldRule, compile_rule
from handoff.transforms import missing

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


def receipt_values(ended: Ended, platform: Destination) -> dict[str, Value]:
    """Return what can be written back of this deal, by the names that `write_back` uses; no sequence number."""
    handoff, judged = ended.handoff, ended.judged
    gaps = list(handoff.values["gaps"]) if handoff else []
    return {
        "status": STATUS[judged.standing],
        "reason": judged.reason or None,
        "next_step": next_step(judged.standing, gaps),
        "owner": handoff.receiver if handoff else None,
        "completeness": handoff.completeness if handoff else None,
        "gaps": gaps,
        "link": _link(ended, platform),
        "delivered_at": ended.delivered_at,
        "receipt": _made(ended),
    }


def next_step(standing: Standing, gaps: Sequence[Mapping[str, str]]) -> str:
    """Return who acts next, in words that Sales reads on the deal."""
    if standing is Standing.NEEDS_PERSON:
        return "CS Ops: clear what stops it, then `handoff sync --deal` this deal"
    if standing is Standing.WAITING:
        return "Nobody: the bridge goes on by itself"
    if standing is Standing.EXCLUDED:
        return "Nobody"
    if gaps:
        return f"Sales: fill {', '.join(gap['label'] for gap in gaps)}"
    return "CSM: review the handoff"


class Receipts:
    """Makes the write-back of one CRM from its `write_back` rules."""

    def __init__(self, source: Source, platform: Destination) -> None:
        self._source, self._platform = source, platform
        rules: Mapping[str, FieldRule] = source.file.write_back.fields
        self._rules = {
            name: compile_rule(name, rule, place=source.lines.place("write_back", "fields", name))
            for name, rule in rules.items()
        }

    @property
    def wanted(self) -> bool:
        """Whether anything is written back at all."""
        return self._source.file.write_back.to == "opportunity" and bool(self._rules)

    def receipt(self, ended: Ended, sequence: int) -> tuple[Receipt, str]:
        """Return the receipt with this sequence number, and the fingerprint of what it says apart from it."""
        values = receipt_values(ended, self._platform)
        says = fingerprint(self._fields(values))
        fields = self._fields(values | {"sequence": sequence})
        ref = ended.judged.deal.ref
        return Receipt(f"hb:{ref}:receipt", ref, fields), says

    def shown(self, receipt: Receipt) -> tuple[tuple[Trace, Value], ...]:
        """Return each field of a receipt that says something, with where it comes from."""
        place, rules = self._source.lines.place, self._source.file.write_back.fields
        return tuple(
            (
                Trace(
                    name,
                    place("write_back", "fields", name),
                    tuple(Origin(source, (), "what became of it") for source in rules[name].sources),
                    how="" if rules[name].sources else "written in the mapping",
                ),
                value,
            )
            for name, value in receipt.fields.items()
            if value is not None
        )

    def _fields(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """A receipt states everything it maps: what no longer holds is cleared."""
        context = Context(values)
        filled = {name: rule(context) for name, rule in self._rules.items()}
        return {name: None if missing(value) else value for name, value in filled.items()}


def _link(ended: Ended, platform: Destination) -> str | None:
    links = (platform.link(row.kind, row.remote_id) for row in reversed(ended.made))
    return next((link for link in links if link), None)


def _made(ended: Ended) -> str | None:
    """What was sent, not what would be sent today."""
    return "\n".join(f"{row.key} {row.remote_id} {row.payload_hash}" for row in ended.made) or None
