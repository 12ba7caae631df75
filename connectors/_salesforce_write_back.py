"""Writes receipts to opportunities, 200 a call; one refused record leaves the others written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

from connectors._http import Route
from connectors._salesforce_gateway import Gateway
from connectors._salesforce_records import LATER, id18, outgoing, refusal
from connectors._salesforce_schema import Schema, unwritable
from handoff.errors import Rejected, Transient
from handoff.model import Outcome, Result
from handoff.ports import Receipt

WRITE_BACK = Route("writing the handoff's status back", reads=False, repeatable=True)
COLLECTION = 200
SPLITS = 20
ONE_SINKS_ALL = frozenset({"JSON_PARSER_ERROR", "INVALID_INPUT", "MALFORMED_ID"})


class WriteBack:
    """
    The write-back of one org.

    Args:
        gateway: The way to the org.
        described: Gives what opportunities have, from describe.
        fields: The fields that receipts are written to.
    """

    def __init__(self, gateway: Gateway, described: Callable[[], Schema], fields: tuple[str, ...]) -> None:
        self._gateway, self._described, self._fields = gateway, described, fields

    def write(self, receipts: Sequence[Receipt]) -> list[Outcome]:
        """
        Write each receipt to its deal; one refused record leaves the others written. Same order.

        A receipt with a field that cannot be written is rejected whole, and says which field. What could not be
        sent, or met a locked record, is waiting: the same values may be sent again.
        """
        outcomes: dict[int, Outcome] = {}
        schema = self._described() if receipts else None
        for at, receipt in enumerate(receipts):
            bad = [f"{name} {why}" for name in receipt.fields if (why := unwritable(name, schema))]
            if bad:
                outcomes[at] = Outcome(receipt.key, Result.REJECTED, reason="; ".join(bad))
        pending = [at for at in range(len(receipts)) if at not in outcomes]
        spare = repeat(None, SPLITS)
        while pending:
            batch, pending = self._batch(receipts, pending)
            try:
                outcomes.update(self._write([(at, receipts[at]) for at in batch], spare))
            except Transient as error:
                # The system does not answer, tried often enough: the rest goes with the next run.
                for at in (*batch, *pending):
                    outcomes[at] = Outcome(receipts[at].key, Result.WAITING, reason=str(error))
                break
        return [outcomes[at] for at in range(len(receipts))]

    def unwritable(self) -> dict[str, str]:
        """Return which of the write-back's fields cannot be written, and why; empty when all is well."""
        if not self._fields:
            return {}
        schema = self._described()
        return {name: why for name in self._fields if (why := unwritable(name, schema))}

    def _batch(self, receipts: Sequence[Receipt], pending: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return up to 200 receipts of different deals, and the rest: a call that names a record twice is refused."""
        batch: list[int] = []
        rest: list[int] = []
        deals: set[str] = set()
        for at in pending:
            deal = id18(receipts[at].deal.id)
            if len(batch) == COLLECTION or deal in deals:
                rest.append(at)
            else:
                batch.append(at)
                deals.add(deal)
        return batch, rest

    def _write(self, batch: Sequence[tuple[int, Receipt]], spare: Iterator[None]) -> dict[int, Outcome]:
        try:
            results = self._send(batch)
        except Rejected as error:
            half = len(batch) // 2
            if not half or error.code not in ONE_SINKS_ALL or next(spare, True):
                return {at: Outcome(receipt.key, Result.REJECTED, reason=str(error)) for at, receipt in batch}
            # One value of the wrong type sinks the whole call: halve it until the culprit stands alone.
            return {**self._write(batch[:half], spare), **self._write(batch[half:], spare)}
        return {at: _outcome(receipt, said) for (at, receipt), said in zip(batch, results, strict=True)}

    def _send(self, batch: Sequence[tuple[int, Receipt]]) -> Sequence[Mapping[str, Any]]:
        schema = self._described()
        records = [
            {
                "attributes": {"type": "Opportunity"},
                "id": id18(receipt.deal.id),
                **{n: outgoing(v, length=schema.fields[n.lower()].length) for n, v in receipt.fields.items()},
            }
            for _, receipt in batch
        ]
        results = self._gateway.ask(
            WRITE_BACK, "PATCH", "composite/sobjects", body={"allOrNone": False, "records": records}
        )
        if not isinstance(results, list) or len(results) != len(batch):
            # Results are told apart by their place alone, so none of these can be believed.
            raise self._gateway.exchange.error(Transient, WRITE_BACK, "it answered for another number of records.")
        return results


def _outcome(receipt: Receipt, said: Mapping[str, Any]) -> Outcome:
    if said.get("success") is True:
        return Outcome(receipt.key, Result.UPDATED, ref=id18(receipt.deal.id))
    code, why = refusal(said.get("errors") or ())
    return Outcome(receipt.key, Result.WAITING if code in LATER else Result.REJECTED, reason=why)
