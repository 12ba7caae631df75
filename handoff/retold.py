"""What today's files make of what was read of a handoff: every field with the record that it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handoff.backgrounds import customer_kept
from handoff.entries import Judged
from handoff.errors import RecordError
from handoff.examples import everybody, raw_record
from handoff.kinds import Background
from handoff.mapping import Mappings
from handoff.model import Deal, DealRef, Handoff, Standing, User, WonHow
from handoff.plan import emails_wanted, plan
from handoff.policy import Times, judge
from handoff.provenance import Evidence, evidence_of
from handoff.queue import owner_of
from handoff.receipts import Ended, Receipts
from handoff.routing import receivers


@dataclass(frozen=True)
class Retold:
    """
    The fields of each step and, where the deal's own record was told, of the write-back.

    `edited` says that the files are others now than those it was handed off by.
    """

    steps: Mapping[str, Sequence[Evidence]]
    told: Sequence[Evidence]
    edited: bool


def retold(kept: Mapping[str, Any], mappings: Mappings) -> Retold | None:
    """
    Return what a handoff is made of by the files as they are now, None when nothing is kept of what was read.

    No system is asked: users are called by their e-mail, and are active but for those who could not receive work then.

    Args:
        kept: What `Archive.story` returns.
    """
    row, handoff, body = kept["deal"], kept["handoff"], kept["body"]
    if handoff is None or not body or "given" not in body:
        return None
    deal = _deal(row, body)
    times = Times(handoff.handed_off_at, handoff.work_starts_at)
    background = Background(customer=customer_kept(handoff.background, kept["private"]), kind=handoff.kind)
    users = _users(receivers(mappings), body)
    judged = judge(deal, mappings, users, times, background)
    users |= _users(emails_wanted([judged], mappings.target), body)
    edited = handoff.mapping_version != mappings.version
    try:
        steps, _ = plan(judged, mappings, users, platform="platform", companies=body["given"]["companies"])
    except RecordError:
        steps = ()
    made = (step for step in steps if not step.reference)
    fields = {step.key.rpartition(".")[2]: evidence_of(step, step.payload, judged, mappings) for step in made}
    return Retold(fields, _told(kept, judged, mappings), edited)


def _told(kept: Mapping[str, Any], handoff: Handoff, mappings: Mappings) -> tuple[Evidence, ...]:
    """Return what was written back last; a link is the platform's to give, and is left out."""
    row = kept["deal"]
    if not row.receipt_hash:
        return ()
    made = [step for step in kept["steps"] if step.remote_id is not None]
    judged = Judged(handoff.deal, {}, Standing(row.standing), row.reason or "", owner=owner_of(row))
    ended = Ended(judged, handoff, made, kept["handoff"].delivered_at)
    return Receipts(mappings.source, lambda *_: "").shown(ended, row.sequence)


def _deal(row: Any, body: Mapping[str, Any]) -> Deal:
    source, children = raw_record(body["record"])
    instance, system, org, record = str(row.ref).split(":", 3)
    given = body["given"]
    return Deal(
        ref=DealRef(instance, system, org, record),
        name=row.name,
        account_id=row.account_id,
        account_name=row.account_name,
        amount=None if given["deal.amount"] is None else Decimal(given["deal.amount"]),
        currency=given["deal.currency"],
        owner_email=given["owner.email"],
        owner_active=given["owner.active"],
        won_at=row.won_at,
        won_how=WonHow(row.won_how),
        episode=row.episode,
        url=row.url,
        source=source,
        children=children,
        stage=given["stage"],
    )


def _users(emails: set[str], body: Mapping[str, Any]) -> dict[str, User]:
    away: Mapping[str, bool | None] = body["given"]["away"]
    nobody = {email for email in emails if away.get(email.lower(), True) is None}
    return everybody(emails - nobody, [email for email, active in away.items() if active is False])
