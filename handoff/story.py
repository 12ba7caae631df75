"""Why a deal stands where it stands: what was read, decided, done, and who acts next, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from handoff.amounts import MONEY
from handoff.canonical import DECIDED, GIVEN, RECEIPT
from handoff.contract import Contract
from handoff.ledger import Ledger
from handoff.model import Standing
from handoff.owners import ON_THE_DEAL, Owner
from handoff.phrases import money
from handoff.prepare import Prepared, body
from handoff.receipts import STATUS, next_step

WON_HOW = {
    "history": "the CRM's stage history says so",
    "last_stage_change": "the CRM's last stage change; there is no stage history",
    "first_seen": "the moment it was first seen won; the CRM does not date it",
}
RESULT = {
    "created": "made",
    "updated": "updated",
    "adopted": "linked",
    "unchanged": "was there already",
    "waiting": "waits",
    "unknown": "may have been made",
    "rejected": "was refused",
}
NOT_TOLD = frozenset({*GIVEN, *DECIDED, *RECEIPT}) - {"owner.email"}
"""Told elsewhere in the story, or of no use to a person."""


@dataclass(frozen=True)
class Story:
    """The answer to `why`; every part is plain data, ready for a screen or JSON."""

    deal: Mapping[str, Any]
    read: Mapping[str, str | None]
    kind: str
    kind_because: str
    segment: str
    segment_because: str
    missing: Sequence[Mapping[str, str]]
    completeness: str
    receiver: str
    receiver_because: str
    notes: Sequence[str]
    done: Sequence[Mapping[str, Any]]
    now: str
    next: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def known_story(ledger: Ledger, ref: str, contract: Contract) -> Story:
    """Return the story of a deal that the ledger knows."""
    kept = ledger.story(ref)
    row, told = kept["deal"], kept["body"]
    done = [
        {
            "step": step.name,
            "result": step.result or step.state,
            "words": f"{step.name} {_ended(step)}",
            "id": step.remote_id,
            "at": _moment(step.changed_at),
            "reason": step.reason,
            "run": step.run,
        }
        for step in kept["steps"]
    ]
    standing = Standing(row.standing)
    if row.receipt_hash:
        done.append(_written(row))
    if row.receipt_pending:
        done.append({"step": "write-back", "words": "write-back is pending", "reason": row.receipt_pending})
    return _story(
        deal={
            "id": row.deal_id,
            "name": row.name,
            "account": row.account_name,
            "url": row.url,
            "won_at": _moment(row.won_at),
            "won_how": WON_HOW[row.won_how],
            "episode": row.episode,
            "read_at": _moment(row.read_at),
            "run": row.run,
        },
        told=told,
        contract=contract,
        done=done,
        now=f"{STATUS[standing]}{': ' + row.reason if row.reason else ''}",
        following=next_step(standing, (told or {}).get("gaps", []), Owner(row.owner) if row.owner else None),
    )


def live_story(one: Prepared, contract: Contract, *, before_start: bool) -> Story:
    """Return the story of a deal that no run has handled: what was read just now, and what would be decided."""
    deal = one.deal
    told = body(one) if one.handoff else None
    start = contract.start_from
    if before_start:
        now = f"Never handed off: it was won before start_from ({start}); older wins belong to the backfill"
        following = "Nobody"
    else:
        now = f"Needs a person: {one.stopped}" if one.stopped else "Not handed off yet; no run has read it"
        who = ON_THE_DEAL.get(one.owner, "CS Ops")
        following = f"{who}: clear what stops it" if one.stopped else "Nobody: the next `handoff sync` hands it off"
    return _story(
        deal={
            "id": deal.ref.id,
            "name": deal.name,
            "account": deal.account_name,
            "url": deal.url,
            "won_at": _moment(deal.won_at),
            "won_how": WON_HOW[deal.won_how.value],
            "episode": deal.episode,
            "read_at": None,
            "run": None,
        },
        told=told,
        contract=contract,
        done=[],
        now=now,
        following=following,
    )


def _story(
    *,
    deal: Mapping[str, Any],
    told: Mapping[str, Any] | None,
    contract: Contract,
    done: Sequence[Mapping[str, Any]],
    now: str,
    following: str,
) -> Story:
    said = told or {}
    return Story(
        deal=deal,
        read=_read(said["values"], contract) if told else {"People": None, "Products": None},
        kind=said.get("kind", ""),
        kind_because=said.get("kind_because", ""),
        segment=said.get("segment", ""),
        segment_because=said.get("segment_because", ""),
        missing=[{"label": gap["label"], "ask": gap.get("prompt", "")} for gap in said.get("gaps", [])],
        completeness=f"{Decimal(said['completeness']) * 100:.0f}%" if said else "",
        receiver=said.get("receiver") or "nobody",
        receiver_because=said.get("receiver_because", ""),
        notes=said.get("notes", []),
        done=done,
        now=now,
        next=following,
    )


def _read(values: Mapping[str, Any], contract: Contract) -> dict[str, str | None]:
    """Return the fields that say something, under the contract's labels; amounts with the deal's currency."""
    told: dict[str, str | None] = {}
    for name, value in values.items():
        if name in NOT_TOLD or value in (None, "", []):
            continue
        label = (
            contract.fields[name].label
            if name in contract.fields
            else name.replace(".", " ").replace("_", " ").capitalize()
        )
        told[label] = money(value, values.get("deal.currency")) if name in MONEY else _short(value)
    for name in ("people", "products"):
        rows = values.get(name) or []
        told[name.capitalize()] = "; ".join(_row(row) for row in rows) or "none"
    return told


def _row(row: Mapping[str, Any]) -> str:
    role = row.get("role")
    return f"{row.get('name', '?')}{f' ({role})' if role else ''}"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_short(item) for item in value)
    if isinstance(value, Mapping):
        return str(value.get("text") or value.get("name") or "")
    line = " ".join(str(value).split())
    return line if len(line) <= 160 else f"{line[:157]}..."


def _ended(step: Any) -> str:
    return "is no longer there" if step.gone else RESULT.get(step.result or "", step.state)


def _written(row: Any) -> dict[str, Any]:
    return {
        "step": "write-back",
        "result": "written",
        "words": f"the deal's record was told ({row.sequence} {'time' if row.sequence == 1 else 'times'})",
        "id": row.deal_id,
        "reason": "",
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat()
