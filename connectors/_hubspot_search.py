"""Searches for ids: inside a fixed window, by the id alone, so that no window is too large and none is told twice."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors._http import Route
from connectors._hubspot_schema import DEALS
from connectors._hubspot_values import milliseconds
from connectors._hubspot_wire import Wire, rows_in
from handoff.model import Window

ROWS = 200
ID, CHANGED = "hs_object_id", "hs_lastmodifieddate"
WON: Mapping[str, Any] = {"propertyName": "hs_is_closed_won", "operator": "EQ", "value": "true"}
NOT_WON: Sequence[Mapping[str, Any]] = (
    {"propertyName": "hs_is_closed_won", "operator": "EQ", "value": "false"},
    {"propertyName": "hs_is_closed_won", "operator": "NOT_HAS_PROPERTY"},
)

Filter = Mapping[str, Any]


def within(window: Window) -> list[Filter]:
    """Return the filters for records that changed inside the window."""
    lower, upper = milliseconds(window.lower), milliseconds(window.upper)
    return [
        {"propertyName": CHANGED, "operator": "GTE", "value": lower},
        {"propertyName": CHANGED, "operator": "LT", "value": upper},
    ]


def changed_since(moment: datetime | None) -> list[Filter]:
    """Return the filters for records that changed at this moment or later; none without one."""
    return [{"propertyName": CHANGED, "operator": "GTE", "value": milliseconds(moment)}] if moment else []


class Search:
    """Asks the index of one portal; what it says is only where to look."""

    def __init__(self, wire: Wire, *, repeats: int) -> None:
        self._wire, self._repeats = wire, repeats

    def ids(self, route: Route, groups: Sequence[Sequence[Filter]], kind: str = DEALS) -> Iterator[list[str]]:
        """
        Yield the ids of all records that fit one of the groups of filters, in pages and none twice.

        Each page is asked for behind the highest id of the one before, so that the vendor's cap on one search is never
        met. The index is not reliably in order: where fewer came than it counted, it is asked once more.
        """
        seen: set[str] = set()
        for _ in range(1 + self._repeats):
            counted, told = 0, len(seen)
            for total, page in self._walk(route, groups, kind):
                counted = max(counted, total)
                fresh = [one for one in dict.fromkeys(page) if one not in seen]
                seen.update(fresh)
                if fresh:
                    yield fresh
            if len(seen) >= counted or (told and told == len(seen)):
                return

    def _walk(self, route: Route, groups: Sequence[Sequence[Filter]], kind: str) -> Iterator[tuple[int, list[str]]]:
        last = 0
        while True:
            behind = [{"propertyName": ID, "operator": "GT", "value": str(last)}] if last else []
            page = self.page(route, kind, [[*group, *behind] for group in groups], ROWS)
            total, ids = page
            yield total, ids
            highest = max((int(one) for one in ids), default=0)
            if highest <= last or (len(ids) < ROWS and total <= len(ids)):
                return
            last = highest

    def page(
        self, route: Route, kind: str, groups: Sequence[Sequence[Filter]], limit: int, *, newest: bool = False
    ) -> tuple[int, list[str]]:
        """Return how many records fit as the index counts them, and the ids of the first, by id or the newest first."""
        order = {"propertyName": "createdate" if newest else ID, "direction": "DESCENDING" if newest else "ASCENDING"}
        said = self._wire.search(
            route,
            kind,
            {
                "filterGroups": [{"filters": list(group)} for group in groups],
                "sorts": [order],
                "properties": [ID],
                "limit": limit,
            },
        )
        rows = rows_in(said)
        if rows is None or not all(str(row.get("id") or "").isdecimal() for row in rows):
            raise self._wire.odd(route)
        total = said.get("total")
        return total if isinstance(total, int) else 0, [str(row["id"]) for row in rows]
