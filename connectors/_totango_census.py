"""Every record of Totango that carries a key of ours."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from connectors._totango_records import Hit, Records
from connectors._totango_settings import (
    ACCOUNT,
    ACCOUNT_STAMP,
    ENROLMENT,
    ENROLMENT_STAMP,
    LAST_ROW_STAMP,
    ROW,
    ROW_STAMP,
    TASK,
    TOUCHPOINT,
)
from connectors._totango_values import flat, key_in, milliseconds, moment_in, ref_of
from connectors._totango_wire import SEARCH_EVENTS, Json, TooMany, Wire
from connectors._totango_work import is_over, key_of, record_id
from handoff.counted import Counted

EVENTS_PATH = "/api/v2/events/search"
KINDS = {"note": TOUCHPOINT, "task": TASK}


class Census:
    """Counts what a tenant holds of ours; every method raises what `Exchange.call` raises."""

    def __init__(self, wire: Wire, records: Records) -> None:
        self._wire, self._records = wire, records

    def pages(self, since: datetime | None) -> Iterator[Sequence[Counted]]:
        """
        Yield the records that carry a key of ours; those surely unchanged since are left out.

        Accounts are left out where there are more than a search reaches: their ids are the CRM's, so none is lost or
        twice. Of rows, touchpoints and tasks none is left out; more than that raise `TooMany`, and pages that cannot be
        all of them `Rejected`.
        """
        with suppress(TooMany):
            for hits in self._records.every_account([ACCOUNT_STAMP, ENROLMENT_STAMP]):
                yield [*_of(hits, ACCOUNT, ACCOUNT_STAMP), *_of(hits, ENROLMENT, ENROLMENT_STAMP)]
        for hits in self._records.every_row([ROW_STAMP, LAST_ROW_STAMP]):
            yield [*_of(hits, ROW, ROW_STAMP), *_of(hits, ROW, LAST_ROW_STAMP)]
        yield list(self._events(since))

    def _events(self, since: datetime | None) -> Iterator[Counted]:
        """Yield a record for each touchpoint and each task, as its last event has it."""
        terms: list[Json] = [{"type": self._wire.settings.event_term, "in_list": list(KINDS)}]
        if since is not None:
            terms.append({"type": "date", "term": "date", "gte": milliseconds(since)})
        query: Json = {"terms": terms, "fields": []}
        last: dict[tuple[str, str], Json] = {}
        offset = self._wire.settings.events_offset
        for page in self._wire.all_of(SEARCH_EVENTS, EVENTS_PATH, "events", query, offset=offset):
            for event in page:
                if key_of(event) and event.get("type") in KINDS:
                    at = (str(event["type"]), record_id(event))
                    last[at] = max(last.get(at, event), event, key=lambda one: int(one.get("timestamp") or 0))
        for (kind, record), event in last.items():
            account = str(flat(event, "account", "id") or "")
            yield Counted(
                key=key_of(event),
                kind=KINDS[kind],
                ref=ref_of(account, record),
                of=account,
                closed=is_over(event),
                made_at=_stamp(flat(event, "properties", "creation_time")),
                changed_at=_stamp(event.get("timestamp")),
            )


def _of(hits: Sequence[Hit], kind: str, stamp: str) -> Iterator[Counted]:
    for hit in hits:
        key = key_in(hit.values.get(stamp))
        if key:
            yield Counted(key, kind, hit.id, hit.account)


def _stamp(said: Any) -> datetime | None:
    try:
        return moment_in(said) if said is not None else None
    except ValueError:
        return None
