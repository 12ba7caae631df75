"""Create or change by external id."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.salesforce.faults import Fault, not_found
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import ObjectType
from sandbox.wire import Record


class Several(Exception):
    """More than one record has the external id."""

    def __init__(self, records: list[Record]) -> None:
        super().__init__(len(records))
        self.records = records

    def ids(self) -> list[str]:
        """Return the ids of the records."""
        return [record["Id"] for record in self.records]


def upsert(
    org: Org,
    kind: ObjectType,
    field_name: str,
    value: str,
    body: Mapping[str, Any],
    now: datetime,
    *,
    update_only: bool = False,
) -> tuple[str, bool]:
    """
    Return the id of the record that has the external id now, and whether it was created.

    Raises:
        Fault: the field is no external id, is repeated in the body, or the write itself is refused.
        Several: more than one record has that external id.
    """
    field = org.external(kind, field_name)
    for name in body:
        if name.lower() in ("id", field.name.lower()):
            raise Fault("INVALID_FIELD", f"The {name} field should not be specified in the sobject data.")
    found = matching(org, kind, field_name, value)
    if len(found) > 1:
        raise Several(found)
    if found:
        org.writer.update(kind, found[0], body, now)
        return str(found[0]["Id"]), False
    if update_only or field.name == "Id":
        raise not_found()
    return org.writer.create(kind, {**body, field.name: value}, now), True


def matching(org: Org, kind: ObjectType, field_name: str, value: str) -> list[Record]:
    """Return the living records that an external id names."""
    field = org.external(kind, field_name)
    if field.name == "Id":
        return [org.writer.existing(kind, value)]
    return org.store.by_key(kind.name, field.name, value)
