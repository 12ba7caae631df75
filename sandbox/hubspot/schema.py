"""What a portal has: types of objects under all their names, and their properties."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sandbox.hubspot.objects import ENTERED, KINDS, PROPERTIES, Kind
from sandbox.wire import Json, Loss

_LINE = re.compile(r"(?P<name>\w+):(?P<type>\w+)/(?P<field>\w+)(?::(?P<flags>[A-Z]+))?(?:=(?P<options>.*))?")
_NAMES = {
    alias: kind
    for kind in KINDS
    for alias in (kind.name, kind.singular, kind.type_id, kind.name.replace("_", ""), kind.singular.replace("_", ""))
}
BY_NAME = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True)
class Option:
    """One value of an enumeration, and what people read."""

    value: str
    label: str


@dataclass(frozen=True)
class Property:
    """One property of a type of object."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    options: tuple[Option, ...] = ()
    read_only: bool = False
    unique: bool = False
    custom: bool = False
    owner: bool = False
    money: bool = False
    description: str = ""
    made: str | None = None


def kind_named(name: str) -> Kind | None:
    """Return the type of object of a name, of whatever spelling, or of a type id; None when there is none."""
    return _NAMES.get(name.lower())


class Schema:
    """The properties of one portal; `hidden` and `locked` hold `(type, property)`, beside those withheld for now."""

    def __init__(self, stages: Iterable[str]) -> None:
        self._made = {kind.name: _properties(kind) for kind in KINDS}
        self.groups = {kind.name: [(group_of(kind), f"{label(kind.singular)} information")] for kind in KINDS}
        self.groups["deals"].append(("handoff", "Handoff"))
        self.hidden: frozenset[tuple[str, str]] = frozenset()
        self.withheld: dict[tuple[str, str], Loss] = {}
        self.stages: set[str] = set()
        self.enter(stages)

    def enter(self, stages: Iterable[str]) -> None:
        """Take the ids of stages, each of which has a property of its own."""
        for stage in stages:
            self.stages.add(stage)
            name = f"{ENTERED}{stage}"
            self._made["deals"][name] = _read_only(name, f"Date entered '{stage}'", "datetime", "date", "deals")

    def all(self, kind: str) -> list[Property]:
        """Return what the caller sees of a type's properties."""
        seen = (self.get(kind, name) for name in self._made[kind])
        return [each for each in seen if each is not None]

    def get(self, kind: str, name: str) -> Property | None:
        """Return a property as the caller sees it, or None."""
        found = self._made[kind].get(name)
        loss = self.withheld.get((kind, name))
        if found is None or loss == "sight" or (kind, name) in self.hidden:
            return None
        return replace(found, read_only=True) if loss == "write" else found

    def whole(self, kind: str, name: str) -> Property | None:
        """Return a property whatever is hidden, or None."""
        return self._made[kind].get(name)

    def unique(self, kind: str) -> list[str]:
        """Return the names of a type's properties of unique value; a contact's email is one."""
        made = [each.name for each in self._made[kind].values() if each.unique]
        return [*made, "email"] if kind == "contacts" else made

    def add(self, kind: str, made: Property) -> None:
        """Take a new property, or a new version of one."""
        self._made[kind][made.name] = made

    def owns(self, full: str) -> tuple[str, str] | None:
        """Return `type.property` in two, None when the type is not HubSpot's; `ValueError` for an unknown property."""
        kind, _, name = full.partition(".")
        if kind not in self._made:
            return None
        if name not in self._made[kind]:
            raise ValueError(f"{kind} has no property {name!r}. Use one of: {', '.join(self._made[kind])}.")
        return kind, name

    def set_options(self, kind: str, name: str, values: Iterable[Json]) -> None:
        """Give an enumeration these values."""
        made = self._made[kind][name]
        options = {each.value: each for each in made.options}
        self.add(kind, replace(made, options=tuple(options.get(str(v), Option(str(v), label(str(v)))) for v in values)))


def group_of(kind: Kind) -> str:
    """Return the name of the group in which HubSpot's own properties stand."""
    return f"{kind.singular.replace('_', '')}information"


def label(name: str) -> str:
    """Return what people read for a name."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def shown_option(option: Option, place: int) -> dict[str, Json]:
    """Return an option as the API shows it."""
    return {"label": option.label, "value": option.value, "displayOrder": place, "hidden": False}


def _properties(kind: Kind) -> dict[str, Property]:
    made = {each.name: each for each in (_property(line, kind) for line in PROPERTIES[kind.name].split("\n") if line)}
    for name, type_, field in (
        (kind.created, "datetime", "date"),
        (kind.modified, "datetime", "date"),
        ("hs_object_id", "number", "number"),
    ):
        made[name] = _read_only(name, label(name), type_, field, kind.name)
    return made


def _read_only(name: str, says: str, type_: str, field: str, kind: str) -> Property:
    return Property(name, says, type_, field, group_of(BY_NAME[kind]), read_only=True)


def _property(line: str, kind: Kind) -> Property:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"{line!r} is no property in the notation of `objects`.")
    part: Mapping[str, str | None] = found.groupdict()
    name, flags, options = str(part["name"]), part["flags"] or "", part["options"]
    return Property(
        name=name,
        label=label(name),
        type=str(part["type"]),
        field_type=str(part["field"]),
        group="handoff" if "C" in flags else group_of(kind),
        options=tuple(_option(each) for each in options.split(",")) if options else (),
        read_only="R" in flags,
        unique="U" in flags,
        custom="C" in flags,
        owner="O" in flags,
        money="M" in flags,
    )


def _option(written: str) -> Option:
    value, _, says = written.partition("|")
    return Option(value, says or label(value.lower()))
