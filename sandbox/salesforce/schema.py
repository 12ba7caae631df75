"""What an org shows: its objects, their fields and what may be done with each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from sandbox.salesforce import objects as data

_LINE = re.compile(
    r"(?P<name>\w+):(?P<type>[a-z]+)(?P<length>\d+)?(?:\((?P<precision>\d+),(?P<scale>\d+)\))?"
    r"(?:>(?P<targets>[\w,]+)(?:\((?P<relationship>\w+)\))?)?:(?P<flags>[A-Z]+)"
)
TEXTS = frozenset({"string", "textarea", "picklist", "email", "phone", "url"})
NUMBERS = frozenset({"currency", "double", "percent", "int"})
IDS = frozenset({"id", "reference"})


@dataclass(frozen=True)
class Field:
    """One field of an object and its describe flags."""

    name: str
    type: str
    flags: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    targets: tuple[str, ...] = ()
    relationship: str | None = None

    @property
    def custom(self) -> bool:
        """Whether an admin added it."""
        return self.name.endswith("__c")

    @property
    def label(self) -> str:
        """What people read; it also opens the vendor's messages about a value."""
        if self.custom:
            return self.name.removesuffix("__c").replace("_", " ")
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", self.name).replace(" Id", " ID")

    def may(self, flag: str) -> bool:
        """Whether the describe flag is set: one letter of the notation in `objects`."""
        return flag in self.flags

    def locked(self) -> "Field":
        """Return the field as one sees it who may read it and not edit it."""
        return replace(self, flags=self.flags.replace("C", "").replace("U", ""))

    @property
    def required(self) -> bool:
        """Whether a record cannot be made without it."""
        return self.may("C") and not self.may("N") and not self.may("D")


@dataclass(frozen=True)
class Child:
    """A relationship from a parent to many children."""

    name: str
    object: str
    field: str
    cascade: bool


class ObjectType:
    """One object as some org shows it."""

    def __init__(self, name: str, fields: Iterable[Field]) -> None:
        self.name = name
        self.prefix = data.PREFIXES[name]
        self.label = data.LABELS.get(name, name)
        self.writable = name not in data.READ_ONLY
        self.fields = {field.name: field for field in fields}
        self._by_lower = {name.lower(): field for name, field in self.fields.items()}
        self._parents = {f.relationship.lower(): f for f in self.fields.values() if f.relationship}
        self.children = {
            called.lower(): Child(called, child, field, cascade)
            for (child, field), (called, cascade) in data.CHILDREN.items()
            if name in _all_fields(child)[field].targets
        }

    def field(self, name: str) -> Field | None:
        """Return the field of that name in whatever case, or None."""
        return self._by_lower.get(name.lower())

    def parent(self, relationship: str) -> Field | None:
        """Return the reference field behind a relationship name in whatever case, or None."""
        return self._parents.get(relationship.lower())

    def child(self, relationship: str) -> Child | None:
        """Return the child relationship of that name in whatever case, or None."""
        return self.children.get(relationship.lower())


class Schema:
    """The objects as one org shows them to the integration user."""

    def __init__(
        self,
        hidden: Iterable[tuple[str, str]] = (),
        read_only: Iterable[tuple[str, str]] = (),
        *,
        multi_currency: bool = False,
    ) -> None:
        unseen, locked = set(hidden), set(read_only)
        if not multi_currency:
            unseen |= {(name, "CurrencyIsoCode") for name in data.FIELDS}
        self.objects: dict[str, ObjectType] = {
            name: ObjectType(
                name,
                (
                    f.locked() if (name, f.name) in locked else f
                    for f in _all_fields(name).values()
                    if (name, f.name) not in unseen
                ),
            )
            for name in data.FIELDS
        }
        self._by_lower = {name.lower(): kind for name, kind in self.objects.items()}
        self._by_prefix = {kind.prefix: kind for kind in self.objects.values()}

    def object(self, name: str) -> ObjectType | None:
        """Return the object of that name in whatever case, or None."""
        return self._by_lower.get(name.lower())

    def of_id(self, record_id: str) -> ObjectType | None:
        """Return the object whose key prefix the id has, or None."""
        return self._by_prefix.get(record_id[:3])


@cache
def _all_fields(name: str) -> Mapping[str, Field]:
    fields = (_field(line) for line in data.FIELDS[name].split())
    return {field.name: field for field in fields}


def _field(line: str) -> Field:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"{line!r} is no field in the notation of this module.")
    part = found.groupdict()
    return Field(
        name=part["name"],
        type=part["type"],
        flags=part["flags"],
        length=int(part["length"] or (18 if part["type"] in IDS else 0)),
        precision=int(part["precision"] or (8 if part["type"] == "int" else 0)),
        scale=int(part["scale"] or 0),
        targets=tuple((part["targets"] or "").split(",")) if part["targets"] else (),
        relationship=part["relationship"],
    )


WHOLE = Schema(multi_currency=True)
"""Every object with every field, whatever an org hides."""
