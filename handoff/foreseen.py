"""What is known before it is done: which deals will be told something else, and how many calls the writes take."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.calls import Ahead
from handoff.carry import Carrier, checked_at_once
from handoff.decisions import Decision
from handoff.entries import Judged
from handoff.fingerprints import field_hashes, fingerprint
from handoff.model import Standing
from handoff.ports import Destination
from handoff.prepare import Prepared
from handoff.reapplication import Writes
from handoff.receipts import Ended
from handoff.telling import Teller


def foreseen_tells(
    bridge: Bridge,
    deals: Sequence[Prepared],
    acts: Mapping[str, Decision],
    *,
    handoffs: Mapping[str, Any],
    rows: Mapping[str, Any],
) -> frozenset[str]:
    """
    Return by ref the deals whose record will be told something else once these decisions are carried out.

    Args:
        acts: The decisions by step key.
        handoffs: The ledger's rows of the handoffs by key.
        rows: The ledger's rows of the deals by ref.
    """
    teller, tells = Teller(bridge), set[str]()
    for some in batches(deals, bridge.pace.wave):
        lists = {one.key: _listed(one, handoffs[one.key]) for one in some}
        steps = bridge.ledger.steps(key for keys in lists.values() for key in keys)
        for one in some:
            made = [_made(key, steps.get(key), acts.get(key)) for key in lists[one.key]]
            done = Judged(one.deal, one.source_hashes, Standing.DONE, "")
            settled = [step for step in made if step is not None]
            ended = Ended(done, one.handoff, settled, handoffs[one.key].delivered_at)
            if teller.differs(ended, rows[str(one.deal.ref)]):
                tells.add(str(one.deal.ref))
    return frozenset(tells)


def foreseen_calls(
    bridge: Bridge, acts: Mapping[str, Decision], tells: int
) -> tuple[tuple[Writes, ...], int, tuple[Ahead, ...]]:
    """
    Return the calls that write, of the very batches that will be sent, the look-ups between them, and the sum a system.

    The records of updates are read once more just before they are put.
    """
    carrier = Carrier(bridge.platform, bridge.mappings.target, bridge.ledger, bridge.clock, 0, "")
    records: Counter[tuple[str, str]] = Counter()
    calls: Counter[tuple[str, str]] = Counter()
    for steps, count in carrier.calls_for(acts.values()):
        group = steps[0].kind, "update" if steps[0].ref else "create"
        records[group] += len(steps)
        calls[group] += count
    looks = _checks(bridge.platform, acts)
    platform, crm = bridge.platform.traffic(), bridge.crm.traffic()
    writes = [Writes(platform.system, *group, records[group], calls[group]) for group in records]
    told = ceil(tells / bridge.crm.receipts_a_call)
    writes += [Writes(crm.system, "deal", "tell", tells, told)] if tells else []
    ahead = Ahead(platform.system, sum(calls.values()) + looks, platform.limits), Ahead(crm.system, told, crm.limits)
    return tuple(writes), looks, tuple(one for one in ahead if one.calls)


def _checks(platform: Destination, acts: Mapping[str, Decision]) -> int:
    """Return how many look-ups it takes to read once more the records of all updates, layer by layer."""
    updates = Counter(
        (one.planned.step.name, one.planned.step.kind) for one in acts.values() if one.send is not None and one.send.ref
    )
    looks = 0
    for (_, kind), count in updates.items():
        whole, rest = divmod(count, checked_at_once(platform, kind))
        per = platform.kinds[kind].keys_per_lookup
        looks += whole * ceil(checked_at_once(platform, kind) / per) + ceil(rest / per)
    return looks


def _listed(one: Prepared, handoff: Any) -> list[str]:
    """Return the keys of the handoff's steps, those that it gains among them."""
    return [*(step["key"] for step in handoff.steps), *(step.key for step in one.added)]


@dataclass(frozen=True)
class _Made:
    """A step as the ledger's row will have it."""

    key: str
    kind: str
    remote_id: str
    payload_hash: str


def _made(key: str, row: Any, act: Decision | None) -> Any:
    """Return a step's row of the ledger as it will be; None where nothing was or will be made."""
    if act is None:
        return row if row is not None and row.remote_id is not None else None
    step = act.planned.step
    ours = dict(act.against.ours) | (field_hashes(act.send.payload) if act.send else {})
    ref = (act.send.ref if act.send else None) or (row.remote_id if row is not None else None)
    return _Made(key, step.kind, ref or "(new)", fingerprint(ours))
