"""Every record of Gainsight that carries a key of ours, and which records were deleted."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from connectors import _gainsight_ids as ids
from connectors._gainsight_records import Records
from connectors._gainsight_settings import COMPANY, CTA, KEY_FIELD, PLAN, TIMELINE
from connectors._gainsight_values import moment_in
from connectors._gainsight_wire import Json, Wire
from handoff.batches import batches
from handoff.counted import Counted
from handoff.errors import NotAllowed, Rejected

OURS = "hb:"
"""How every key of ours begins; other tools plant theirs in a timeline's `ExternalId` too."""

_CHANGED = {TIMELINE: "LastModifiedDate"}


class Census:
    """Counts what a tenant holds of ours; every method raises what `Exchange.call` raises."""

    def __init__(self, wire: Wire, records: Records) -> None:
        self._wire, self._records, self._settings = wire, records, wire.settings

    def pages(self, since: datetime | None) -> Iterator[Sequence[Counted]]:
        """Yield the records that carry a key of ours, kind by kind; those surely unchanged since are left out."""
        for kind in (COMPANY, PLAN, CTA, TIMELINE):
            for rows in self._rows(kind):
                page = [self._counted(kind, row) for row in rows]
                yield [one for one in page if since is None or one.changed_at is None or one.changed_at >= since]

    def _rows(self, kind: str) -> Iterator[list[Json]]:
        """Yield pages until one is empty: a page shorter than asked for proves nothing."""
        name, key = self._settings.objects[kind], _key_field(kind)
        closed = ["IsClosed"] if kind in (CTA, PLAN) else []
        wanted = [self._of(kind), "CreatedDate", _CHANGED.get(kind, "ModifiedDate")]
        seen: set[str] = set()
        last = ""
        while True:
            ask = partial(self._page, name, key, last, len(seen))
            rows = self._records.asked(name, ["Gsid", key, *closed], wanted, ask)
            fresh = list({row["Gsid"]: row for row in rows if row.get("Gsid") and row["Gsid"] not in seen}.values())
            if not fresh:
                return
            seen.update(row["Gsid"] for row in fresh)
            last = fresh[-1]["Gsid"]
            yield fresh

    def _page(self, name: str, key: str, last: str, offset: int, select: Sequence[str]) -> list[Json]:
        conditions: list[Json] = [{"name": key, "alias": "A", "value": [OURS], "operator": "STARTS_WITH"}]
        by_id = self._settings.census_paging == "keyset"
        if by_id and last:
            conditions.append({"name": "Gsid", "alias": "B", "value": [last], "operator": "GT"})
        where = {"conditions": conditions, "expression": " AND ".join(each["alias"] for each in conditions)}
        body = {"select": list(select), "where": where, "orderBy": {"Gsid": "asc"}}
        return self._wire.page(name, body | {"limit": self._settings.rows_per_query, "offset": 0 if by_id else offset})

    def _of(self, kind: str) -> str:
        return {COMPANY: self._settings.crm_id_field, TIMELINE: "GsCompanyId"}.get(kind, "CompanyId")

    def _counted(self, kind: str, row: Json) -> Counted:
        of = str(row.get(self._of(kind)) or "")
        return Counted(
            key=str(row[_key_field(kind)]),
            kind=kind,
            ref=row["Gsid"],
            of=ids.forms(of)[0] if kind == COMPANY else of,
            closed=row.get("IsClosed") is True,
            made_at=_stamp(row, "CreatedDate"),
            changed_at=_stamp(row, _CHANGED.get(kind, "ModifiedDate")),
        )

    def deleted(self, refs: Sequence[str]) -> dict[str, datetime]:
        """Return those of these records that the log of deleted ones names; a tenant may have no such log."""
        name = self._settings.delete_log_object
        found: dict[str, datetime] = {}
        for some in batches(list(dict.fromkeys(refs)), self._settings.keys_per_lookup) if name else ():
            where = {"conditions": [{"name": "RecordId", "alias": "A", "value": list(some), "operator": "IN"}]}
            body = {"select": ["RecordId", "DeletedOn"], "where": where | {"expression": "A"}}
            try:
                rows = self._wire.page(name, body | {"limit": self._settings.rows_per_query, "offset": 0})
            except (Rejected, NotAllowed) as error:
                if error.status == 401:
                    raise
                return {}
            stamps = {row["RecordId"]: _stamp(row, "DeletedOn") for row in rows if row.get("RecordId") in some}
            found |= {ref: at for ref, at in stamps.items() if at is not None}
        return found


def _key_field(kind: str) -> str:
    return "ExternalId" if kind == TIMELINE else KEY_FIELD


def _stamp(row: Mapping[str, Any], name: str) -> datetime | None:
    try:
        return moment_in(row[name]) if row.get(name) is not None else None
    except ValueError:
        return None
