"""A deal as it was when it was last handled, put together from what was kept of it and from the deal as it is now."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from handoff.fingerprints import OF_THE_DEAL, differing, rows_of
from handoff.model import Deal, Value
from handoff.transforms import exact


def given_of(deal: Deal) -> dict[str, Any]:
    """Return what comes with every deal as JSON has it, as `as_it_was` reads it again."""
    amount = None if deal.amount is None else exact(deal.amount)
    return {name: getattr(deal, attribute) for name, attribute in OF_THE_DEAL.items()} | {"deal.amount": amount}


def as_it_was(deal: Deal, kept: Mapping[str, Any], before: Mapping[str, str], now: Mapping[str, str]) -> Deal | None:
    """
    Return the deal with the old values where it changed, None where they were not kept.

    What was not read both times stands as it is now: a mapping that reads more changes no deal.

    Args:
        kept: The body that is kept of the handoff: its `record` and what was `given`.
    """
    if "record" not in kept or "given" not in kept:
        return None
    differ, record, given = differing(before, now), kept["record"], kept["given"]
    source = {path: record.get(path) if path in differ else value for path, value in deal.source.items()}
    children = {name: _rows(name, rows, record.get(name) or (), differ) for name, rows in deal.children.items()}
    other = {attribute: given[name] for name, attribute in OF_THE_DEAL.items() if name in differ}
    if other.get("amount") is not None:
        other["amount"] = Decimal(other["amount"])
    return replace(deal, source=source, children=children, **other)


def _rows(
    name: str, rows: tuple[Mapping[str, Value], ...], old: Any, differ: frozenset[str]
) -> tuple[Mapping[str, Value], ...]:
    if rows_of(name) in differ or len(old) != len(rows):
        return tuple(old)
    return tuple(
        {path: was.get(path) if f"{name}.{path}" in differ else value for path, value in row.items()}
        for row, was in zip(rows, old, strict=True)
    )
