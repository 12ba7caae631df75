"""What people changed in what we wrote: news, and theirs; and what never arrived although it was accepted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from handoff.batches import batches
from handoff.census import Census
from handoff.findings import Finding, Heal, What
from handoff.fingerprints import field_fingerprint
from handoff.intents import State
from handoff.keys import deal_key
from handoff.model import Held, Result, Scope, Step
from handoff.owners import Owner
from handoff.prepare import prepare

SENT = frozenset({Result.CREATED, Result.UPDATED})


def altered(census: Census, *, was_seen: Callable[[Any], bool]) -> Iterator[Finding]:
    """
    Yield the work whose fields hold something else than what we wrote last.

    Only records that changed after our last word are read, and those that tell no stamp or carry no key.

    Args:
        was_seen: Returns whether the work of a row was there when it was last reconciled.
    """
    touched: dict[str, list[str]] = {}
    for row in census.books.steps.values():
        if _touched(census, row):
            touched.setdefault(row.deal, []).append(row.key)
    for deals in batches(sorted(touched), census.bridge.pace.wave):
        rows = census.bridge.ledger.steps(key for deal in deals for key in touched[deal])
        steps = _as_planned(census, deals, rows)
        held = census.bridge.platform.read(steps) if steps else {}
        for step in steps:
            row, there = rows[step.key], held.get(step.key)
            names, unmarked = _differing(row, there), there is not None and _unmarked(census, row)
            what, heal, which = What.ALTERED, None, ", ".join(names)
            if names and unmarked and not was_seen(row):
                what, heal = What.LOST, Heal.SEND
                why = f"it was accepted, and its record lacks our key and what we wrote in {which}"
            elif names:
                why = f"{which} of {step.name} hold something else than what we wrote"
            elif unmarked and row.scope == Scope.DEAL:
                why = "our key was taken out of it"
            else:
                continue
            yield census.finding(
                what, why, deal=row.deal, step=step.key, kind=step.kind, refs=[str(step.ref)], heal=heal
            )


def _touched(census: Census, row: Any) -> bool:
    if row.remote_id is None or row.gone or row.state != State.SETTLED:
        return False
    records = census.records.get(row.key, ())
    if not records:
        # An account that was linked by what it shares with the deal: no key tells of it.
        return bool(row.scope == Scope.ACCOUNT) or _unmarked(census, row)
    (one, *others) = records
    return not others and (one.changed_at is None or one.changed_at > row.changed_at)


def _unmarked(census: Census, row: Any) -> bool:
    """Whether a record lacks our key although none of our writes comes without it."""
    kind = census.bridge.platform.kinds.get(row.kind)
    if kind is None or not kind.marks or row.result not in SENT or row.owner == Owner.BY_HAND:
        return False
    return row.key not in census.records and census.now >= row.changed_at + kind.settle


def _as_planned(census: Census, deals: Sequence[str], touched: Mapping[str, Any]) -> list[Step]:
    """Return the steps as they would be planned now: that says of what type each field is, and which can be read."""
    page = census.bridge.crm.read([ref.rpartition(":")[2] for ref in deals])
    known = census.bridge.ledger.handoffs(deal_key(deal.ref, deal.episode) for deal in page.deals)
    steps = (step for one in prepare(census.bridge, page.deals, known=known) for step in one.steps)
    wanted = {step.key: step for step in steps if step.key in touched}
    return [replace(step, ref=touched[key].remote_id) for key, step in wanted.items()]


def _differing(row: Any, held: Held | None) -> list[str]:
    if held is None:
        return []
    ours: Mapping[str, str] = row.field_hashes or {}
    return sorted(
        name for name, value in held.values.items() if name in ours and field_fingerprint(value) != ours[name]
    )
