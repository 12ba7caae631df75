"""The deals' own records: whether the CRM still says what the ledger has it told."""

from collections.abc import Iterator, Mapping
from typing import Any

from handoff.census import Census
from handoff.findings import Finding, Heal, What
from handoff.keys import deal_key, planted
from handoff.model import Standing, Value
from handoff.receipts import Receipts, made_in, says_the_same


def receipt_findings(census: Census) -> Iterator[Finding]:
    """Yield the deals whose status, sequence or receipt differs from the ledger's; what is pending does not count."""
    receipts = Receipts(census.bridge.mappings.source, census.bridge.platform.link)
    if not receipts.wanted:
        return
    receipt = receipts.field_of("receipt")
    for ref, counted in census.won.items():
        row = census.books.deals.get(ref)
        if row is None or counted.deleted or row.episode != counted.episode or not _was_told(row):
            continue
        expected = receipts.from_the_ledger(Standing(row.standing), _made(census, row, counted), row.sequence)
        differing = [
            name
            for name, told in expected.items()
            if name in counted.told and not _same(counted.told[name], told, lines=name == receipt)
        ]
        if differing:
            yield census.finding(What.RECEIPT, f"it differs in {', '.join(differing)}", deal=ref, heal=Heal.TELL)


def _was_told(row: Any) -> bool:
    left_out = row.standing == Standing.EXCLUDED and row.mapping_version is None
    at_work = row.standing == Standing.WAITING
    return row.receipt_hash is not None and row.receipt_pending is None and not left_out and not at_work


def _made(census: Census, row: Any, counted: Any) -> list[Any]:
    handoff = census.books.handoffs.get(deal_key(counted.ref, counted.episode))
    steps = (census.books.steps.get(step["key"]) for step in handoff.steps) if handoff is not None else ()
    return [step for step in steps if step is not None and step.remote_id is not None]


def _same(held: Value, told: Value, *, lines: bool) -> bool:
    return _by_key(held) == _by_key(told) if lines else says_the_same(held, told)


def _by_key(receipt: Value) -> Mapping[str, tuple[str, str]]:
    """What deals of an account share may have been written for another deal since: there only the record counts."""
    return {one.key: (one.remote_id, one.payload_hash if _own(one.key) else "") for one in made_in(receipt)}


def _own(key: str) -> bool:
    said = planted(key)
    return said is not None and said.episode is not None
