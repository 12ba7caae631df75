"""The paths of a mapping, and where in HubSpot they stand: `company.name`, `dealstage.label`, a contact's `label`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors._hubspot_records import Tie
from connectors._hubspot_schema import COMPANIES, CONTACTS, DEALS, LINE_ITEMS, PRODUCTS, Owner, Property, Stages
from connectors._hubspot_values import parsed
from handoff.errors import ConfigError
from handoff.model import Value
from handoff.yaml_files import nearest

LISTS = (CONTACTS, COMPANIES, LINE_ITEMS)
OWNER, TIE = "owner", "tie"
OF_OWNER = ("name", "email", "team", "active")
OF_TIE = ("label", "primary")
OF_PERSON = ("firstname", "lastname", "email")
"""What a contact's `name` is made of."""
LABEL = "label"
STAGE, PIPELINE = "dealstage", "pipeline"


@dataclass(frozen=True)
class Wanted:
    """The CRM paths a mapping reads: of the deal (`company.industry`), and of each list of child rows."""

    fields: tuple[str, ...]
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Spot:
    """Where a path leads: a property of a kind of record, or the `label` that people see of its value."""

    kind: str
    name: str
    labelled: bool = False

    @property
    def properties(self) -> tuple[str, ...]:
        """Return the properties that must be read for it."""
        if self.kind in (OWNER, TIE):
            return ()
        return OF_PERSON if (self.kind, self.name) == (CONTACTS, "name") else (self.name,)


def spot(path: str) -> Spot:
    """Return where a path of the deal leads; raises `ConfigError` for one that leads nowhere."""
    first, *rest = path.split(".")
    if first == "company" and rest:
        return _of(COMPANIES, path, rest)
    if first == OWNER and len(rest) == 1:
        if rest[0] in OF_OWNER:
            return Spot(OWNER, rest[0])
        raise ConfigError(f"{path!r} is nothing that HubSpot tells of an owner. {nearest(rest[0], OF_OWNER)}")
    return _of(DEALS, path, [first, *rest])


def row_spot(each: str, path: str) -> Spot:
    """Return where a path of a list's row leads; raises `ConfigError` for one that leads nowhere."""
    if each not in LISTS:
        raise ConfigError(f"{each!r} is no list of a HubSpot deal. Use one of: {', '.join(LISTS)}.")
    first, *rest = path.split(".")
    if each == LINE_ITEMS and first == "product" and rest:
        return _of(PRODUCTS, path, rest)
    if each != LINE_ITEMS and path in OF_TIE:
        return Spot(TIE, path)
    return _of(each, path, [first, *rest])


def _of(kind: str, path: str, rest: list[str]) -> Spot:
    name, *behind = rest
    if behind not in ([], [LABEL]):
        raise ConfigError(
            f"{path!r} is no path of a HubSpot deal. Write a property (dealname), its label (dealtype.label), "
            "company.name, or owner.email."
        )
    return Spot(kind, name, bool(behind))


@dataclass(frozen=True)
class Whole:
    """A deal with all that belongs to it: its record, its company and owner, and the stages of the portal."""

    record: Mapping[str, Any]
    company: Mapping[str, Any] | None
    owner: Owner | None
    stages: Stages


class Mapped:
    """
    What a mapping reads, compiled.

    Raises `ConfigError` for paths that lead nowhere, all of them at once.
    """

    def __init__(self, wanted: Wanted) -> None:
        wrong: list[str] = []
        self.fields = dict(_spots(((path, None) for path in wanted.fields), wrong))
        self.rows = {
            each: dict(_spots(((path, each) for path in paths), wrong)) for each, paths in wanted.children.items()
        }
        if wrong:
            raise ConfigError("The source mapping reads what a HubSpot deal does not have.", tuple(wrong))

    def properties(self, kind: str) -> tuple[str, ...]:
        """Return the properties of one kind of record that the mapping reads."""
        spots = [*self.fields.values(), *(one for spots in self.rows.values() for one in spots.values())]
        return tuple(dict.fromkeys(name for one in spots if one.kind == kind for name in one.properties))

    def source(self, whole: Whole, known: Mapping[str, Mapping[str, Property]]) -> dict[str, Value]:
        """Return every path of the deal with what stands there; `known` are the properties by kind of record."""
        return {path: _value(one, whole, known) for path, one in self.fields.items()}

    def row(
        self,
        each: str,
        record: Mapping[str, Any],
        tie: Tie,
        label: str | None,
        product: Mapping[str, Any] | None,
        known: Mapping[str, Mapping[str, Property]],
    ) -> dict[str, Value]:
        """Return every path of a list's row with what stands there."""
        row: dict[str, Value] = {}
        for path, one in self.rows[each].items():
            if one.kind == TIE:
                row[path] = label if one.name == LABEL else tie.primary
            elif one.kind == PRODUCTS:
                row[path] = held(one, product, known)
            else:
                row[path] = held(one, record, known)
        return row


def held(one: Spot, record: Mapping[str, Any] | None, known: Mapping[str, Mapping[str, Property]]) -> Value:
    """Return what a record says at one spot; None where there is no record."""
    told = record.get("properties") if record else None
    if not isinstance(told, Mapping):
        return None
    facts = known.get(one.kind, {}).get(one.name)
    if (one.kind, one.name) == (CONTACTS, "name"):
        names = " ".join(str(told[key]).strip() for key in ("firstname", "lastname") if told.get(key))
        return names or told.get("email") or None
    raw = told.get(one.name)
    if one.labelled and raw and facts is not None:
        return ";".join(facts.options.get(part, part) for part in str(raw).split(";"))
    return parsed(one.name, facts.kind if facts else "string", raw)


def _value(one: Spot, whole: Whole, known: Mapping[str, Mapping[str, Property]]) -> Value:
    if one.kind == OWNER:
        return getattr(whole.owner, one.name) if whole.owner else None
    if one.kind == COMPANIES:
        return held(one, whole.company, known)
    if one.labelled and one.name in (STAGE, PIPELINE):
        raw = (whole.record.get("properties") or {}).get(one.name)
        return whole.stages.label(raw) if one.name == STAGE else whole.stages.pipelines.get(raw or "", raw)
    return held(one, whole.record, known)


def _spots(paths: Iterable[tuple[str, str | None]], wrong: list[str]) -> Iterator[tuple[str, Spot]]:
    for path, each in paths:
        try:
            yield path, spot(path) if each is None else row_spot(each, path)
        except ConfigError as error:
            wrong.append(error.message)
