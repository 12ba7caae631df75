"""What a handoff was made of, told again from the ledger: every field with the record that it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handoff.backgrounds import customer_kept
from handoff.errors import RecordError
from handoff.examples import everybody, raw_record
from handoff.kinds import Background
from handoff.mapping import Mappings
from handoff.model import Deal, DealRef, WonHow
from handoff.plan import emails_wanted, plan
from handoff.policy import Times, judge
from handoff.provenance import Evidence, evidence
from handoff.routing import receivers


@dataclass(frozen=True)
class Retold:
    """The fields of each step; `edited` says that the files are others now than those it was handed off by."""

    steps: Mapping[str, Sequence[Evidence]]
    edited: bool


def retold(kept: Mapping[str, Any], mappings: Mappings) -> Retold | None:
    """
    Return what a handoff is made of by the files as they are now, None when nothing is kept of what was read.

    No system is asked, so every user counts as active and is told by e-mail.

    Args:
        kept: What `Archive.story` returns.
    """
    row, handoff, body = kept["deal"], kept["handoff"], kept["body"]
    if handoff is None or not body or "record" not in body:
        return None
    deal = _deal(row, body)
    times = Times(handoff.handed_off_at, handoff.work_starts_at)
    background = Background(customer=customer_kept(handoff.background, kept["private"]), kind=handoff.kind)
    users = everybody(receivers(mappings))
    judged = judge(deal, mappings, users, times, background)
    users |= everybody(emails_wanted([judged], mappings.target))
    edited = handoff.mapping_version != mappings.version
    try:
        steps, _ = plan(judged, mappings, users, platform="platform")
    except RecordError:
        return Retold({}, edited)
    return Retold(
        {
            step.key.rpartition(".")[2]: [
                evidence(trace, step.payload[trace.field], judged, mappings)
                for trace in step.traces
                if trace.field in step.payload
            ]
            for step in steps
            if not step.reference
        },
        edited,
    )


def _deal(row: Any, body: Mapping[str, Any]) -> Deal:
    source, children = raw_record(body["record"])
    instance, system, org, record = str(row.ref).split(":", 3)
    values = body["values"]
    return Deal(
        ref=DealRef(instance, system, org, record),
        name=row.name,
        account_id=row.account_id,
        account_name=row.account_name,
        amount=None,
        currency=values.get("deal.currency"),
        owner_email=values.get("owner.email"),
        owner_active=True,
        won_at=row.won_at,
        won_how=WonHow(row.won_how),
        episode=row.episode,
        url=row.url,
        source=source,
        children=children,
    )
