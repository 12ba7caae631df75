"""One look at both systems and at the ledger, in this order: what was settled while we looked is then known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from handoff.books import Books, books_of
from handoff.bridge import Bridge
from handoff.counted import Counted, CountedDeal
from handoff.findings import Finding, Heal, What
from handoff.intake import first_moment
from handoff.keys import planted
from handoff.model import DealRef, Scope, Step, Window

LONG = timedelta(days=1)
"""How far past the server's clock a census reaches: a moment of winning is never cut off by a clock."""


@dataclass(frozen=True)
class Census:
    """
    What is: won deals by ref, deleted ones among them, and records of the platform by key.

    `strangers` counts records with keys of another deployment. `books` is what the ledger says.
    """

    bridge: Bridge
    starts: datetime
    now: datetime
    won: Mapping[str, CountedDeal]
    records: Mapping[str, tuple[Counted, ...]]
    strangers: int
    books: Books

    def finding(
        self,
        what: What,
        why: str,
        *,
        deal: str = "",
        step: str = "",
        kind: str = "",
        refs: Iterable[str] = (),
        heal: Heal | None = None,
    ) -> Finding:
        """Return a finding of a deal by its ref, named and linked."""
        counted, row, found = self.won.get(deal), self.books.deals.get(deal), tuple(refs)
        known = row if row is not None else counted
        links = (self.bridge.platform.link(kind, ref) for ref in found) if kind else ()
        return Finding(
            what,
            why,
            deal=deal.rpartition(":")[2],
            name=f"{known.account_name or 'no account'}: {known.name}" if known else "",
            url=known.url if known else "",
            step=step,
            kind=kind,
            refs=found,
            links=tuple(dict.fromkeys(link for link in links if link)),
            heal=heal,
        )


def census(bridge: Bridge) -> Census:
    """Return both systems and the ledger as they are now; raises `ServiceError` when a system does not answer."""
    starts = first_moment(bridge.mappings)
    won = _won(bridge, Window(starts, bridge.crm.server_now() + LONG))
    records, strangers = _records(bridge)
    books = books_of(bridge.ledger, bridge.crm.instance, bridge.crm_name, starts)
    return Census(bridge, starts, bridge.clock.now(), won, records, strangers, books)


def each_platform(counted: Census) -> list[Census]:
    """
    Return the census of each platform, with what the ledger knows of it; of a single one the same census.

    What was made nowhere is the first one's. Raises `ServiceError` when a platform does not answer.
    """
    bridge, parts = counted.bridge, []
    for lane in bridge.each if bridge.lanes else ():
        first = lane.platform is bridge.platform
        records, strangers = (counted.records, counted.strangers) if first else _records(lane)
        books = counted.books.on(lane.platform.instance, rest=first)
        parts.append(replace(counted, bridge=lane, records=records, strangers=strangers, books=books))
    return parts or [counted]


def _won(bridge: Bridge, window: Window) -> dict[str, CountedDeal]:
    won: dict[str, CountedDeal] = {}
    for page in bridge.crm.census(window):
        won |= {str(one.ref): one for one in page}
        bridge.progress("counting won deals", len(won), 0)
    bridge.progress("counting won deals", len(won), len(won))
    return won


def _records(bridge: Bridge) -> tuple[dict[str, tuple[Counted, ...]], int]:
    records: dict[str, tuple[Counted, ...]] = {}
    strangers = count = 0
    org, others_of_ours = bridge.crm.org(), bridge.ledger.crms()
    for page in bridge.platform.census():
        for one in page:
            key = planted(one.key)
            if key is None or (key.ref.instance, key.ref.org) != (bridge.crm.instance, org):
                strangers += key is None or _crm_of(key.ref) not in others_of_ours
                continue
            others = [other for other in records.get(one.key, ()) if other.ref != one.ref]
            records[one.key] = (*others, one)
        count += len(page)
        bridge.progress("counting records of ours", count, 0)
    bridge.progress("counting records of ours", count, count)
    return records, strangers


def _crm_of(ref: DealRef) -> str:
    return f"{ref.instance}:{ref.system}:{ref.org}"


def bare(row: Any) -> Step:
    """Return a step of which only whether it is there is asked, from its row of the ledger."""
    ref = DealRef(*row.deal.split(":"))
    return Step(row.key, row.name, row.kind, Scope(row.scope), ref, payload={}, ref=row.remote_id)
