"""Import lookups: a name or an e-mail sent in a record, turned into the GSID of the record it means."""

from collections.abc import Mapping
from typing import Any

from sandbox.gainsight.org import Org
from sandbox.gainsight.schema import ObjectType
from sandbox.wire import Record

_MULTI = ("FIRSTMATCH", "MARKASERROR")
_NONE = ("NULLABLE", "DEFAULTVALUE", "ERROR")


class NotFound(Exception):
    """A lookup that gives no value for its target field."""

    def __init__(self, target: str, why: str, value: Any = None) -> None:
        super().__init__(target, why, value)
        self.target = target
        self.why = why
        self.value = value


def well_formed(lookups: Any) -> bool:
    """Return whether a call's `lookups` block can be read at all."""
    if lookups is None:
        return True
    return isinstance(lookups, dict) and all(_readable(each) for each in lookups.values())


def _readable(lookup: Any) -> bool:
    if not isinstance(lookup, dict):
        return False
    fields = lookup.get("fields")
    return (
        isinstance(fields, dict)
        and bool(fields)
        and all(isinstance(each, str) for each in fields.values())
        and isinstance(lookup.get("objectName"), str)
        and isinstance(lookup.get("lookupField", "Gsid"), str)
        and lookup.get("multiMatchOption") in (None, *_MULTI)
        and lookup.get("onNoMatch") in (None, *_NONE)
    )


def resolve(org: Org, kind: ObjectType | None, record: Record, lookups: Mapping[str, Any] | None) -> Record:
    """
    Return `record` with each lookup's target filled in; raises `NotFound`.

    Keys that only feed a lookup are dropped, those that are fields of `kind` stay. A lookup none of
    whose keys is sent leaves its target as it is.
    """
    found: Record = {}
    sources: set[str] = set()
    for target, lookup in (lookups or {}).items():
        sources.update(lookup["fields"])
        if any(source in record for source in lookup["fields"]):
            found[target] = _value(org, target, lookup, record)
    kept = {key: value for key, value in record.items() if key not in sources or _own(org, kind, key)}
    return {**kept, **found}


def _own(org: Org, kind: ObjectType | None, key: str) -> bool:
    return kind is not None and org.field(kind, key) is not None


def _value(org: Org, target: str, lookup: Record, record: Record) -> Any:
    kind = org.schema.find(lookup["objectName"])
    wanted = org.field(kind, lookup.get("lookupField", "Gsid")) if kind else None
    names = {source: org.field(kind, name) if kind else None for source, name in lookup["fields"].items()}
    if kind is None or wanted is None or None in names.values():
        raise NotFound(target, "Invalid lookup configuration")
    criteria = {field.name: record.get(source) for source, field in names.items() if field is not None}
    rows = rows_like(org, kind, criteria)
    if not rows:
        return _no_match(org, target, lookup, criteria)
    multi = lookup.get("multiMatchOption") or org.choices.lookup_multi_match
    if len(rows) > 1 and multi == "MARKASERROR":
        raise NotFound(target, "Multiple matches found", _first(criteria))
    return rows[0].get(wanted.name)


def rows_like(org: Org, kind: ObjectType, criteria: Mapping[str, Any]) -> list[Record]:
    """Return the records that equal every one of `criteria` (canonical names); an empty one matches none."""
    if any(value is None or isinstance(value, dict | list) for value in criteria.values()):
        return []
    table = org.store.table(kind.name)
    seek = next((name for name in criteria if table.indexed(name)), None)
    rows = table.rows.values() if seek is None else table.among(seek, [criteria[seek]]).values()
    return [row for row in rows if all(_equal(org, row.get(n), value) for n, value in criteria.items())]


def _equal(org: Org, stored: Any, value: Any) -> bool:
    if isinstance(stored, str) and isinstance(value, str):
        return org.same_text(stored, value)
    return bool(stored == value)


def _no_match(org: Org, target: str, lookup: Record, criteria: Mapping[str, Any]) -> Any:
    option = lookup.get("onNoMatch") or org.choices.lookup_no_match
    if option == "NULLABLE":
        return None
    default = lookup.get(org.choices.lookup_default_key)
    if option == "DEFAULTVALUE" and default is not None:
        return default
    raise NotFound(target, "No match found", _first(criteria))


def _first(criteria: Mapping[str, Any]) -> Any:
    return next(iter(criteria.values()), None)
