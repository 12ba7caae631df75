"""The deals: which are won and unknown, which are known and not won any more, which wait for too long."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handoff.batches import batches
from handoff.bridge import Bridge
from handoff.census import Census
from handoff.counted import CountedDeal, Whereabouts
from handoff.errors import BridgeBug
from handoff.findings import Finding, Heal, What
from handoff.keys import deal_key
from handoff.model import Deal, Standing, WonHow
from handoff.owners import Owner
from handoff.prepare import judged

STUCK_AFTER = timedelta(hours=1)
"""How long past its moment a deal may wait before somebody should look."""

MISSED = "it is won, and the ledger does not know it"
MISSED_WIN = "it was won again, and the ledger does not know that win"


@dataclass(frozen=True)
class WonBalance:
    """Every deal that is won in the CRM and in scope: seen = done + waiting + needs a person + excluded + lost."""

    seen: int
    done: int
    waiting: int
    needs_person: int
    excluded: int
    lost: int

    def as_dict(self) -> dict[str, int]:
        """Return the numbers by name."""
        return dict(vars(self))

    def words(self) -> str:
        """Return the line that is printed and stored."""
        return (
            f"{self.seen:,} won = {self.done:,} done + {self.waiting:,} waiting + {self.needs_person:,} needs a person"
            f" + {self.excluded:,} excluded + {self.lost:,} lost"
        )


def deal_findings(census: Census) -> tuple[list[Finding], WonBalance]:
    """Return what is to be said of the deals, and how the won ones stand."""
    in_scope = [one for one in census.won.values() if not one.deleted and _in_scope(census, one)]
    known = [one for one in in_scope if _known(census, one)]
    standing = Counter(str(census.books.deals[str(one.ref)].standing) for one in known)
    unknown = [one for one in in_scope if not _known(census, one)]
    shadow = unknown if census.bridge.mappings.contract.rollout.mode == "shadow" else []  # nothing is kept then
    to_come = [one for one in unknown if not shadow and _is_read_next(census, one)]
    missed = [one for one in unknown if not shadow and not _is_read_next(census, one)]
    lost, excluded, unread = _apart(census.bridge, missed)
    gone_since = len(missed) - len(lost) - excluded - unread
    balance = WonBalance(
        seen=len(in_scope) - gone_since,
        done=standing[Standing.DONE],
        waiting=standing[Standing.WAITING] + len(to_come) + unread,
        needs_person=standing[Standing.NEEDS_PERSON],
        excluded=standing[Standing.EXCLUDED] + excluded + len(shadow),
        lost=len(lost),
    )
    if balance.seen != balance.done + balance.waiting + balance.needs_person + balance.excluded + balance.lost:
        raise BridgeBug(f"A reconciliation does not balance: {balance.words()}.")
    found = [_lost(census, deal) for deal in lost]
    return [*found, *_not_made(census), *_stuck(census), *_not_won(census)], balance


def _in_scope(census: Census, one: CountedDeal) -> bool:
    row = census.books.deals.get(str(one.ref))
    if one.won_how is WonHow.FIRST_SEEN and row is not None:
        return bool(row.won_at >= census.starts)
    return one.won_at >= census.starts


def _known(census: Census, one: CountedDeal) -> bool:
    row = census.books.deals.get(str(one.ref))
    return row is not None and row.episode >= one.episode


def _is_read_next(census: Census, one: CountedDeal) -> bool:
    """Whether the next pass reads this deal in any case: then it is not lost, whatever the ledger knows."""
    until = census.books.read_until
    return until is None or one.changed_at >= until - census.bridge.pace.overlap


def _apart(bridge: Bridge, missed: Sequence[CountedDeal]) -> tuple[tuple[Deal, ...], int, int]:
    """Return the lost deals, how many others the policy excludes, and how many cannot be read whole now."""
    lost: list[Deal] = []
    excluded = unread = 0
    for some in batches(missed, bridge.pace.wave):
        page = bridge.crm.read([one.ref.id for one in some])
        unread += len(page.unreadable)
        wanted = [one.deal for one in judged(bridge, page.deals, {}, {}) if not one.excluded]
        lost += wanted
        excluded += len(page.deals) - len(wanted)
    return tuple(lost), excluded, unread


def _lost(census: Census, deal: Deal) -> Finding:
    again = str(deal.ref) in census.books.deals
    why = f"{MISSED_WIN if again else MISSED} (won {deal.won_at:%Y-%m-%d %H:%M} UTC)"
    return census.finding(What.LOST, why, deal=str(deal.ref), heal=Heal.TAKE_IN)


def _not_made(census: Census) -> Iterator[Finding]:
    """A deal that counts as done, of which no handoff is kept: what says that anything was made?"""
    for ref, row in census.books.deals.items():
        counted = census.won.get(ref)
        if row.standing != Standing.DONE or counted is None or counted.deleted or row.episode != counted.episode:
            continue
        if row.owner != Owner.BY_HAND and deal_key(counted.ref, row.episode) not in census.books.handoffs:
            why = "the ledger counts it as done, and keeps no handoff of it"
            yield census.finding(What.LOST, why, deal=ref, heal=Heal.TAKE_IN)


def _stuck(census: Census) -> Iterator[Finding]:
    for ref, row in census.books.deals.items():
        if row.standing != Standing.WAITING:
            continue
        moment = row.expected_at or max(row.try_at or row.read_at, row.read_at)
        if moment + STUCK_AFTER < census.now:
            why = f"it should have gone on by {moment:%Y-%m-%d %H:%M} UTC: {row.reason}"
            yield census.finding(What.STUCK, why, deal=ref)


def _not_won(census: Census) -> Iterator[Finding]:
    """A deal of ours that the CRM does not count as won: where is it now?"""
    begun = {handoff.deal for handoff in census.books.handoffs.values()}
    missing = {
        row.deal_id: ref
        for ref, row in census.books.deals.items()
        if row.won_at >= census.starts and _may_be_gone(row, begun) and _is_missing(census, ref)
    }
    where = census.bridge.crm.whereabouts(list(missing)) if missing else {}
    for deal_id, ref in missing.items():
        now = where.get(deal_id)
        if now is Whereabouts.WON:
            continue
        why = f"it is {now.value} in the CRM" if now else "it is gone for good, or hidden from the integration user"
        yield census.finding(What.NOT_WON, why, deal=ref)


def _may_be_gone(row: Any, begun: set[str]) -> bool:
    return row.ref in begun or row.standing != Standing.EXCLUDED


def _is_missing(census: Census, ref: str) -> bool:
    counted = census.won.get(ref)
    return counted is None or counted.deleted
