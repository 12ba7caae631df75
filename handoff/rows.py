"""What the ledger writes down of a deal and of what happened to it."""

from datetime import datetime
from typing import Any

from handoff.model import Deal, Step, Unreadable, WonHow

BRIDGE = "bridge"

LONGEST_ACTOR = 80
"""Letters that are kept of who acted."""
"""The actor of what nobody did by hand."""


def deal_row(deal: Deal, now: datetime, run: int) -> dict[str, Any]:
    """Return the columns of `deals` that reading a deal fills."""
    return {
        "ref": str(deal.ref),
        "instance": deal.ref.instance,
        "deal_id": deal.ref.id,
        "name": deal.name,
        "account_id": deal.account_id,
        "account_name": deal.account_name,
        "url": deal.url,
        "won_at": deal.won_at,
        "won_how": deal.won_how.value,
        "episode": deal.episode,
        "first_seen_at": now,
        "read_at": now,
        "run": run,
    }


def unreadable_row(one: Unreadable, now: datetime, run: int) -> dict[str, Any]:
    """Return the columns of `deals` for a deal of which only the id and name could be read."""
    return {
        "ref": str(one.ref),
        "instance": one.ref.instance,
        "deal_id": one.ref.id,
        "name": one.name,
        "account_id": None,
        "account_name": None,
        "url": "",
        "won_at": now,
        "won_how": WonHow.FIRST_SEEN.value,
        "episode": 1,
        "first_seen_at": now,
        "read_at": now,
        "run": run,
    }


def step_row(step: Step, won_at: datetime, now: datetime, run: int, version: str) -> dict[str, Any]:
    """Return the columns of `steps` that say which step it is and who wrote it last."""
    return {
        "key": step.key,
        "deal": str(step.deal),
        "name": step.name,
        "kind": step.kind,
        "scope": step.scope.value,
        "writer_won_at": won_at,
        "mapping_version": version,
        "changed_at": now,
        "run": run,
    }


def event(
    now: datetime, run: int, what: str, step: Step | None, detail: str, *, deal: str | None = None
) -> dict[str, Any]:
    """Return a row of `events`; `detail` names no person."""
    return {
        "at": now,
        "run": run,
        "actor": BRIDGE,
        "what": what,
        "deal": deal or (str(step.deal) if step else None),
        "step": step.key if step else None,
        "detail": detail,
    }
