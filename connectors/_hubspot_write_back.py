"""Writes receipts to deals, 100 a call; each is told apart by its id, and what was not taken over is noticed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from connectors._http import Route
from connectors._hubspot_records import Records
from connectors._hubspot_schema import DEALS, Portal, Property
from connectors._hubspot_values import outgoing, same
from connectors._hubspot_wire import Json, Wire, of_one, rows_in
from connectors._hubspot_words import Flaw, flaw_in
from handoff.errors import NotAllowed, Rejected, Transient
from handoff.model import Outcome, Result
from handoff.ports import Receipt

WRITE_BACK = Route("writing the handoff's status back", reads=False, repeatable=True)
"""A plain overwrite of the same values: sending it twice does no more than once."""
READ_BACK = Route("reading the handoff's status back", reads=True, repeatable=True)

SPLITS = 20
MISSING = (
    "is missing or hidden. Create it in HubSpot (docs/set-up.md lists those the bridge needs), or take it out of "
    "write_back."
)
READ_ONLY = "is read-only: HubSpot fills it itself. Take it out of write_back."
GONE = "The deal is gone, or was merged into another."
SILENT = "HubSpot's answer does not say what became of it; it is written again."
UNTOLD = "HubSpot said yes, and the deal does not hold what was written; it is written again."


@dataclass(frozen=True)
class Sent:
    """A receipt as it is sent: its place among all, and the properties as HubSpot takes them."""

    at: int
    receipt: Receipt
    properties: Mapping[str, str]

    @property
    def trace(self) -> str:
        """Return what tells this input apart in an answer."""
        return f"r{self.at}"

    def input(self) -> Json:
        """Return the input of a batch; with a trace id one bad value leaves the others written."""
        return {"id": self.receipt.deal.id, "properties": dict(self.properties), "objectWriteTraceId": self.trace}


class WriteBack:
    """The write-back of one portal; `fields` are the properties that receipts are written to."""

    def __init__(self, *, wire: Wire, portal: Portal, records: Records, fields: Sequence[str]) -> None:
        self._wire, self._portal, self._records, self._fields = wire, portal, records, tuple(fields)

    def write(self, receipts: Sequence[Receipt]) -> list[Outcome]:
        """
        Write each receipt to its deal; one refused record leaves the others written. Same order.

        A receipt that could not be sent now is waiting: the same values may be sent again.
        """
        outcomes: dict[int, Outcome] = {}
        known = self._portal.properties(DEALS) if receipts else {}
        pending: list[Sent] = []
        for at, receipt in enumerate(receipts):
            bad = [f"{name} {why}" for name in receipt.fields if (why := unwritable(known.get(name)))]
            if bad:
                outcomes[at] = Outcome(receipt.key, Result.REJECTED, reason="; ".join(bad))
                continue
            pending.append(Sent(at, receipt, {n: outgoing(v, known[n].kind) for n, v in receipt.fields.items()}))
        spare = repeat(None, SPLITS)
        while pending:
            batch, pending = self._batch(pending)
            try:
                outcomes.update(self._write(batch, spare))
            except Transient as error:
                # The portal does not answer, tried often enough: the rest goes with the next run.
                for one in (*batch, *pending):
                    outcomes[one.at] = Outcome(one.receipt.key, Result.WAITING, reason=str(error))
                break
        return [outcomes[at] for at in range(len(receipts))]

    def unwritable(self) -> dict[str, str]:
        """Return which of the write-back's properties cannot be written, and why; empty when all is well."""
        known = self._portal.properties(DEALS) if self._fields else {}
        return {name: why for name in self._fields if (why := unwritable(known.get(name)))}

    def _batch(self, pending: Sequence[Sent]) -> tuple[list[Sent], list[Sent]]:
        """Return up to a call of receipts of different deals, and the rest: a batch that names one twice is refused."""
        batch: list[Sent] = []
        rest: list[Sent] = []
        deals: set[str] = set()
        for one in pending:
            deal = one.receipt.deal.id
            if len(batch) == self._wire.settings.write_size or deal in deals:
                rest.append(one)
            else:
                batch.append(one)
                deals.add(deal)
        return batch, rest

    def _write(self, batch: Sequence[Sent], spare: Iterator[None]) -> dict[int, Outcome]:
        path = self._wire.paths.objects(DEALS, "batch", "update")
        try:
            said = self._wire.post(WRITE_BACK, path, {"inputs": [one.input() for one in batch]})
        except NotAllowed:
            raise
        except Rejected as error:
            half = len(batch) // 2
            if not half or not of_one(error) or next(spare, True):
                return {one.at: _refused(one, error.why) for one in batch}
            # One bad value can sink the whole call: halve it until the culprit stands alone.
            return {**self._write(batch[:half], spare), **self._write(batch[half:], spare)}
        rows = rows_in(said)
        if rows is None:
            raise self._wire.odd(WRITE_BACK)
        return self._ends(batch, {str(row.get("id")): row for row in rows}, said.get("errors") or ())

    def _ends(self, batch: Sequence[Sent], rows: Mapping[str, Json], errors: Sequence[Any]) -> dict[int, Outcome]:
        """Return how each ended: by its id, never by its place. What the answer leaves open is read back."""
        flaws = [flaw_in(one) for one in errors]
        ends: dict[int, Outcome] = {}
        doubted: list[Sent] = []
        for one in batch:
            flaw = next((flaw for flaw in flaws if _about(flaw, one)), None)
            held = (rows.get(one.receipt.deal.id) or {}).get("properties")
            if flaw is not None:
                ends[one.at] = _failed(one, flaw)
            elif isinstance(held, Mapping) and self._holds(one, held):
                ends[one.at] = Outcome(one.receipt.key, Result.UPDATED, ref=one.receipt.deal.id)
            else:
                doubted.append(one)
        return ends | self._read_back(doubted, rows)

    def _read_back(self, doubted: Sequence[Sent], rows: Mapping[str, Json]) -> dict[int, Outcome]:
        if not doubted:
            return {}
        names = list(dict.fromkeys(name for one in doubted for name in one.properties))
        found = self._records.read(READ_BACK, DEALS, [one.receipt.deal.id for one in doubted], names)
        return {one.at: self._read(one, found.get(one.receipt.deal.id), rows) for one in doubted}

    def _read(self, one: Sent, row: Json | None, rows: Mapping[str, Json]) -> Outcome:
        deal = one.receipt.deal.id
        if row is None or str(row.get("id")) != deal:
            return _refused(one, GONE)
        if self._holds(one, row.get("properties") or {}):
            return Outcome(one.receipt.key, Result.UPDATED, ref=deal)
        return Outcome(one.receipt.key, Result.WAITING, reason=UNTOLD if deal in rows else SILENT)

    def _holds(self, one: Sent, held: Mapping[str, Any]) -> bool:
        """Whether a record shows every property as it was sent; one that the answer leaves out is not shown."""
        known: Mapping[str, Property] = self._portal.properties(DEALS)
        return all(n in held and same(n, known[n].kind, sent, held[n]) for n, sent in one.properties.items())


def unwritable(known: Property | None) -> str:
    """Return why a property cannot be written; "" when it can."""
    if known is None:
        return MISSING
    return "" if known.writable else READ_ONLY


def _about(flaw: Flaw, one: Sent) -> bool:
    return one.trace in flaw.traces if flaw.traces else one.receipt.deal.id in flaw.ids


def _failed(one: Sent, flaw: Flaw) -> Outcome:
    if flaw.passing:
        return Outcome(one.receipt.key, Result.WAITING, reason=flaw.words())
    return _refused(one, flaw.words())


def _refused(one: Sent, why: str) -> Outcome:
    return Outcome(one.receipt.key, Result.REJECTED, reason=why)
