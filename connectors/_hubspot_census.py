"""Every won deal of a portal, from the store of records and not from the index: by when it was won."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors._http import Route
from connectors._hubspot_deals import CLOSED, CLOSED_WON, ENTERED, OWNER_ID, WON, Deals
from connectors._hubspot_mapped import STAGE
from connectors._hubspot_records import Records
from connectors._hubspot_schema import DEALS, Portal
from connectors._hubspot_values import moment_or_none, parsed
from connectors._hubspot_wire import Json
from handoff.batches import batches
from handoff.counted import CountedDeal, Whereabouts
from handoff.model import Left, Window, WonHow

CENSUS = Route("counting won deals", reads=True, repeatable=True)
BIN = Route("looking through the recycle bin", reads=True, repeatable=True)
WHEREABOUTS = Route("asking where deals stand", reads=True, repeatable=True)

LISTED = ("dealname", STAGE, WON, "closedate", ENTERED, CLOSED_WON, "createdate")
DATED = ("closedate", ENTERED, CLOSED_WON, "createdate")
COUNTED = ("dealname", STAGE, WON, OWNER_ID, "closedate", "hs_lastmodifieddate", ENTERED, CLOSED_WON)
PAGE = 500


class Census:
    """Counts the won deals of one portal; `told` are the properties of the write-back."""

    def __init__(self, *, portal: Portal, records: Records, deals: Deals, told: Sequence[str]) -> None:
        self._portal, self._records, self._deals, self._told = portal, records, deals, tuple(told)

    def pages(self, window: Window) -> Iterator[Sequence[CountedDeal]]:
        """
        Yield every deal won inside the window, deleted ones too.

        The list of all deals is read; what may have been won since the window began is then read with its history.
        """
        seen: set[str] = set()
        for archived in (False, True):
            for ids in batches(self._perhaps(window.lower, archived=archived), PAGE):
                fresh = [one for one in ids if one not in seen]
                seen.update(fresh)
                page = self._counted(fresh, archived=archived)
                yield [
                    one for one in page if window.lower <= one.won_at < window.upper or one.won_how is WonHow.FIRST_SEEN
                ]

    def _perhaps(self, lower: datetime, *, archived: bool) -> Iterator[str]:
        route = BIN if archived else CENSUS
        for rows in self._records.listed(route, DEALS, LISTED, archived=archived):
            yield from (str(row["id"]) for row in rows if self._deals.won(row) and _since(row, lower))

    def _counted(self, ids: Sequence[str], *, archived: bool) -> list[CountedDeal]:
        known = self._portal.properties(DEALS)
        told = [name for name in self._told if name in known]
        properties = list(dict.fromkeys([*COUNTED, *told]))
        rows = self._records.read(CENSUS, DEALS, ids, properties, history=(STAGE,), archived=archived)
        won = [one for one in ids if one in rows and str(rows[one].get("id")) == one and self._deals.won(rows[one])]
        accounts = self._deals.accounts(won) if won and not archived else {}
        return [self._one(one, rows[one], accounts.get(one), told, archived) for one in won]

    def _one(self, record: str, row: Json, account: Json | None, told: Sequence[str], deleted: bool) -> CountedDeal:
        held, known = row["properties"], self._portal.properties(DEALS)
        won_at, how, episode = self._deals.dated(row)
        name = ((account or {}).get("properties") or {}).get("name")
        changed = moment_or_none(held.get("hs_lastmodifieddate")) or moment_or_none(row.get("updatedAt"))
        return CountedDeal(
            ref=self._deals.ref(record),
            name=str(held.get("dealname") or ""),
            account_id=str(account["id"]) if account else None,
            account_name=str(name) if name else None,
            url=str(row.get("url") or self._portal.link(record)),
            won_at=won_at,
            won_how=how,
            episode=episode,
            changed_at=changed or won_at,
            deleted=deleted,
            told={one: parsed(one, known[one].kind, held.get(one)) for one in told},
        )

    def whereabouts(self, ids: Sequence[str]) -> dict[str, Whereabouts]:
        """Return where these deals stand now; one that is gone for good, hidden or merged away is absent."""
        asked = [one for one in dict.fromkeys(ids) if one.isdecimal()]
        rows = self._records.read(WHEREABOUTS, DEALS, asked, (WON, CLOSED, STAGE))
        found = {one: self._stands(row) for one, row in rows.items() if str(row.get("id")) == one}
        missing = [one for one in asked if one not in rows]
        binned = self._records.read(WHEREABOUTS, DEALS, missing, (WON,), archived=True)
        return found | dict.fromkeys(binned, Whereabouts.DELETED)

    def _stands(self, row: Json) -> Whereabouts:
        if self._deals.won(row):
            return Whereabouts.WON
        told: Mapping[str, Any] = row.get("properties") or {}
        closed = str(told.get(CLOSED)).lower() == "true" and str(told.get(WON)).lower() != "true"
        return Whereabouts.LOST if closed else Whereabouts.OPEN

    def binned(self, window: Window) -> Iterator[Sequence[Left]]:
        """Yield the deals that were deleted inside the window, in pages; the bin cannot be asked for a span."""
        for rows in self._records.listed(BIN, DEALS, (WON,), archived=True):
            dated = ((row, moment_or_none(row.get("archivedAt"))) for row in rows)
            left = [row for row, at in dated if at is None or window.lower <= at < window.upper]
            yield [Left(self._deals.ref(str(row["id"])), None) for row in left]


def _since(row: Json, lower: datetime) -> bool:
    """Whether a deal may have been won since: one of its dates says so, or none says anything."""
    told = row.get("properties") or {}
    dates = [at for name in DATED if (at := moment_or_none(told.get(name))) is not None]
    return not dates or max(dates) >= lower.replace(hour=0, minute=0, second=0, microsecond=0)
