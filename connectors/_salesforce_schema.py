"""What describe tells of opportunities: which fields are there, and which can be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOT_SEEN = "Grant field-level security to the integration user, or take it out of the mapping."


@dataclass(frozen=True)
class Field:
    """What describe tells of one field."""

    name: str
    updateable: bool
    length: int


@dataclass(frozen=True)
class Schema:
    """What describe tells of opportunities, by lower-case name: fields, parents and lists of child rows."""

    fields: Mapping[str, Field]
    parents: frozenset[str]
    children: frozenset[str]


def schema_of(told: Mapping[str, Any]) -> Schema:
    fields = [Field(str(f["name"]), f.get("updateable") is True, int(f.get("length") or 0)) for f in told["fields"]]
    return Schema(
        {one.name.lower(): one for one in fields},
        frozenset(str(f["relationshipName"]).lower() for f in told["fields"] if f.get("relationshipName")),
        frozenset(
            str(c["relationshipName"]).lower() for c in told.get("childRelationships", ()) if c.get("relationshipName")
        ),
    )


def readable(path: str, schema: Schema) -> bool:
    first, *rest = path.lower().split(".")
    return first in (schema.parents if rest else schema.fields)


def unwritable(name: str, schema: Schema | None) -> str:
    known = schema.fields.get(name.lower()) if schema else None
    if known is None:
        return "is missing or hidden. Grant field-level security to the integration user, or take it out of write_back."
    if not known.updateable:
        return "is read-only. Grant edit access to the integration user, or take it out of write_back."
    return ""
