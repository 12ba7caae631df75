"""The delivered deals, read anew: those that an edited mapping can be applied to, and why the others cannot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from handoff import keys
from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.fingerprints import changed
from handoff.model import Deal, DealRef, Scope, Standing, Step, WonHow
from handoff.ports import Identity
from handoff.report import Notice

LEFT_OUT = "left out"
SYNC_FIRST = "the next sync comes first"


@dataclass(frozen=True)
class Reread:
    """
    Some delivered deals as they are now, with their rows of the ledger by ref, and those that are left out.

    `there` are all that could be read of the delivered episode, those that are left out among them.
    """

    deals: tuple[Deal, ...]
    there: tuple[Deal, ...]
    rows: Mapping[str, Any]
    left_out: tuple[Notice, ...]


def in_flight(bridge: Bridge, handoffs: Sequence[Any]) -> list[Any]:
    """Return those of these handoffs of which at least one piece of work is known to be open on the platform now."""
    facts, able = bridge.mappings.target.platform.objects, bridge.platform.kinds
    tells = {kind for kind, one in facts.items() if one.work and able[kind].identity is not Identity.BLIND}
    listed = [step["key"] for row in handoffs for step in row.steps if step["kind"] in tells]
    rows = [row for row in bridge.ledger.steps(listed).values() if row.remote_id is not None and not row.gone]
    held = bridge.platform.read([_bare(row) for row in rows])
    still_open = {key for key, one in held.items() if not one.closed}
    return [row for row in handoffs if any(step["key"] in still_open for step in row.steps)]


def _bare(row: Any) -> Step:
    """Return a step of which only whether it is there, and closed, is asked."""
    ref = DealRef(*row.deal.split(":"))
    return Step(row.key, row.name, row.kind, Scope(row.scope), ref, payload={}, ref=row.remote_id)


def read_anew(bridge: Bridge, handoffs: Sequence[Any]) -> Iterator[Reread]:
    """Yield the deals of these handoffs as the CRM has them now, a wave at a time, the oldest win first."""
    bridge.progress("reading deals", 0, len(handoffs))
    done = 0
    for some in batches(handoffs, bridge.pace.wave):
        rows = bridge.ledger.deals(row.deal for row in some)  # before the CRM, so that a pass in between is noticed
        page = bridge.crm.read([row.deal_id for row in some])
        there = {str(deal.ref): deal for deal in page.deals}
        torn = {str(one.ref): one.why for one in page.unreadable}
        deals: list[Deal] = []
        same: list[Deal] = []
        left_out: list[Notice] = []
        for handoff in some:
            row, deal = rows[handoff.deal], there.get(handoff.deal)
            if deal is not None and deal.won_how is WonHow.FIRST_SEEN:
                deal = replace(deal, won_at=row.won_at)
            why = torn.get(handoff.deal) or _why_not(bridge, handoff, row, deal)
            if deal is not None and _key(deal) == handoff.key:
                same.append(deal)
            if why or deal is None:
                left_out.append(left_out_of(row, why))
            else:
                deals.append(deal)
        done += len(some)
        bridge.progress("reading deals", done, len(handoffs))
        yield Reread(_oldest_first(deals), _oldest_first(same), rows, tuple(left_out))


def _oldest_first(deals: Sequence[Deal]) -> tuple[Deal, ...]:
    return tuple(sorted(deals, key=lambda deal: (deal.won_at, deal.ref)))


def _key(deal: Deal) -> str:
    return keys.deal_key(deal.ref, deal.episode)


def left_out_of(row: Any, why: str) -> Notice:
    """Return what is told of a deal that is left out, from its row of the ledger."""
    return Notice(row.deal_id, f"{row.account_name or 'no account'}: {row.name}", LEFT_OUT, why, row.url)


def _why_not(bridge: Bridge, handoff: Any, row: Any, deal: Deal | None) -> str:
    """Return why a mapping is not applied to a deal, "" when it may be."""
    if deal is None:
        return "it is no longer won in the CRM, or not visible to the integration user"
    if _key(deal) != handoff.key:
        return f"it was won again since: {SYNC_FIRST}"
    if row.standing == Standing.WAITING:
        return f"it waits: {SYNC_FIRST}"
    if row.standing != Standing.DONE:
        return str(row.reason)
    if row.changed or changed(row.source_hashes, bridge.fingerprints(deal)):
        return f"changed since: {SYNC_FIRST}"
    return ""
