"""The files of one `mappings/` folder, compiled once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath

from handoff.canonical import DECIDED, GIVEN, ITEM_FIELDS, LATER, OF_CUSTOMER
from handoff.compiling import Read
from handoff.conditions import Condition
from handoff.contract import Contract
from handoff.mapping_files import Rows, SourceFile, TargetFile
from handoff.model import Deal, Origin, Scope, Trace, Value, Write
from handoff.people import People
from handoff.platforms import ObjectFacts, Platform
from handoff.rules import Compiled
from handoff.yaml_files import Lines


@dataclass(frozen=True)
class Source:
    """A source file, compiled: each field alone, all of the record at once, and the rows of each list."""

    file: SourceFile
    lines: Lines
    fields: Mapping[str, Compiled]
    record: Read
    children: Mapping[str, tuple[str, Read]]

    @cached_property
    def called(self) -> str:
        """How the file is called: as its CRM."""
        return PurePath(self.lines.name).stem

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every path of the record that the file reads."""
        return tuple(dict.fromkeys(path for rule in self.file.fields.values() for path in rule.sources))

    @property
    def lists(self) -> Mapping[str, Rows]:
        """The lists of the record that become people and products."""
        return {name: part for name, part in (("people", self.file.people), ("products", self.file.products)) if part}

    @property
    def child_paths(self) -> dict[str, tuple[str, ...]]:
        """Return for each list of the record the paths that the file reads in its rows."""
        return {
            part.each: tuple(dict.fromkeys(s for rule in part.fields.values() for s in rule.sources))
            for part in self.lists.values()
        }

    @cached_property
    def origins(self) -> dict[str, tuple[str, ...]]:
        """Return for each canonical field the record's paths behind it."""
        origins = {name: rule.sources for name, rule in self.file.fields.items()}
        for name, part in self.lists.items():
            origins[name] = tuple(f"{part.each}.{s}" for r in part.fields.values() for s in r.sources)
        return origins

    def origin(self, name: str) -> Origin:
        """Return where a canonical field comes from: a rule of this file, the contract, or the bridge itself."""
        paths = self.origins.get(name, ())
        if name in self.file.fields:
            return Origin(name, paths, self.lines.place("fields", name))
        if name in self.origins:
            return Origin(name, paths, self.lines.place(name))
        decided = name in DECIDED or name.startswith("deadlines.")
        given = "read from the platform" if name in OF_CUSTOMER else "given with every deal"
        return Origin(name, (), "decided by handoff.yml" if decided else given)

    @property
    def system(self) -> str:
        """The kind of CRM, as the file is called."""
        return PurePath(self.lines.name).stem

    @cached_property
    def told(self) -> tuple[Trace, ...]:
        """Return where each field of the write-back comes from; its origins are what became of the deal."""
        rules = self.file.write_back.fields.items()
        return tuple(
            Trace(
                name,
                self.lines.place("write_back", "fields", name),
                tuple(Origin(source, (), "what became of it") for source in rule.sources),
                how="" if rule.sources else "written in the mapping",
            )
            for name, rule in rules
        )

    def canonical(self, deal: Deal) -> tuple[dict[str, Value], list[str]]:
        """Return the deal's canonical fields (those that say something), and what a person should hear."""
        values: dict[str, Value] = {
            "deal.id": deal.ref.id,
            "deal.name": deal.name,
            "deal.url": deal.url,
            "deal.amount": deal.amount,
            "deal.currency": deal.currency,
            "account.id": deal.account_id,
            "account.name": deal.account_name,
            "owner.email": deal.owner_email,
            "won_at": deal.won_at,
        }
        fields, notes = self.read(deal.source)
        values |= fields
        for name, (each, read) in self.children.items():
            values[name] = [read(row, notes) for row in deal.children.get(each, ())]
        return {name: value for name, value in values.items() if value is not None}, notes

    def read(self, values: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
        """Return what the record's own fields say, by the values at its paths, and what a person should hear."""
        notes: list[str] = []
        return self.record(values, notes), notes


@dataclass(frozen=True)
class Many:
    """A list of which each item becomes a record of its own: `key` is what tells two items apart."""

    each: str
    key: str
    fields: Mapping[str, Compiled]


@dataclass(frozen=True)
class Target:
    """A target file, compiled; `order` is the steps so that each comes after those it needs."""

    platform: Platform
    file: TargetFile
    lines: Lines
    order: tuple[str, ...]
    fields: Mapping[str, Mapping[str, Compiled]]
    conditions: Mapping[str, Condition]
    traces: Mapping[str, tuple[Trace, ...]]
    children: Mapping[str, Mapping[str, Many]] = field(default_factory=dict)

    @property
    def system(self) -> str:
        """Which product the platform is."""
        return self.platform.system

    @cached_property
    def called(self) -> str:
        """How the contract calls the platform of its steps: as the file is called."""
        return PurePath(self.lines.name).stem

    @cached_property
    def needed(self) -> Mapping[str, tuple[str, ...]]:
        """Return for each step those whose ids it uses, and those it must follow."""
        return {name: step.needed() for name, step in self.file.steps.items()}

    @cached_property
    def found(self) -> Mapping[str, frozenset[tuple[str, str]]]:
        """Return for each way to `find` something the list ("": none) and the field of each rule that does so."""
        found: dict[str, set[tuple[str, str]]] = {}
        for step in self.file.steps.values():
            lists = [(step.each or "", step.fields), *((many.each, many.fields) for many in step.children.values())]
            for each, fields in lists:
                for rule in fields.values():
                    if rule.find is not None:
                        found.setdefault(rule.find, set()).update((each, source) for source in rule.sources)
        return {find: frozenset(places) for find, places in found.items()}

    @cached_property
    def modes(self) -> Mapping[str, Mapping[str, Write]]:
        """Return the write mode of each field and list of children, by step."""
        steps = self.file.steps.items()
        return {name: {one: self.mode(name, one) for one in (*step.fields, *step.children)} for name, step in steps}

    def facts(self, step: str) -> ObjectFacts:
        """Return what is known of the kind of record that a step makes."""
        return self.platform.objects[self.file.steps[step].object]

    def scope(self, step: str) -> Scope:
        """Return whose step this is."""
        return self.facts(step).scope

    def mode(self, step: str, name: str) -> Write:
        """Return the write mode of a step's field: its own, the step's, or the usual one of its kind."""
        spec = self.file.steps[step]
        rule = spec.fields.get(name)
        return (rule and rule.write) or spec.write or self.facts(step).write


@dataclass(frozen=True)
class Mappings:
    """All that RevOps decided; `version` changes with any byte of a file that decides; `lines` are the contract's."""

    folder: Path
    version: str
    contract: Contract
    people: People
    source: Source
    target: Target
    lines: Lines
    lines_of_people: Lines
    notices: Sequence[str] = ()

    @cached_property
    def known(self) -> frozenset[str]:
        """Return every canonical field that a target may use."""
        return known_fields(self.contract, self.source.file)

    @cached_property
    def asks_customer(self) -> bool:
        """Whether anything depends on what the platform knows of the account."""
        return bool(set(OF_CUSTOMER) & set(self._asked()))

    def _asked(self) -> Iterator[str]:
        """Yield every canonical field that a condition asks about or a target's field comes from."""
        contract = self.contract
        groups = (contract.kinds, contract.segments, contract.routing, contract.platforms)
        rules = [one.when for group in groups for one in group]
        rules += [field.required_when for field in contract.fields.values()] + [contract.rollout.only]
        for step in self.target.file.steps.values():
            rules += [step.when, *(rule.when for rule in step.fields.values())]
        yield from (name for rule in rules if rule is not None for name in contract.condition(rule).fields)
        traces = (trace for some in self.target.traces.values() for trace in some)
        yield from (origin.name for trace in traces for origin in trace.origins)

    @cached_property
    def by_role(self) -> dict[str, str]:
        """Return the fields of the contract that are a person by role, and the role."""
        fields = self.contract.fields.items()
        mapped = self.source.file.fields
        return {name: one.person_with_role for name, one in fields if one.person_with_role and name not in mapped}

    def origin(self, name: str) -> Origin:
        """Return where a canonical field comes from; of a person by role, from the rows that become people."""
        if name in self.by_role:
            return Origin(name, self.source.origins.get("people", ()), self.lines.place("fields", name))
        return self.source.origin(name)

    def delivered(self, kind: str) -> tuple[str, ...]:
        """Return the steps that are made for a kind of deal, in order; all where the contract does not say."""
        if kind not in self._delivered:
            self._delivered[kind] = self._steps_of(kind)
        return self._delivered[kind]

    @cached_property
    def _delivered(self) -> dict[str, tuple[str, ...]]:
        return {}

    def _steps_of(self, kind: str) -> tuple[str, ...]:
        target = self.target
        listed = self.contract.deliver.get(kind)  # type: ignore[call-overload]
        if listed is not None:
            return tuple(name for name in target.order if f"{target.called}.{name}" in listed)
        if kind == "joining":
            return tuple(name for name in target.order if target.facts(name).note is not None)
        return target.order


def known_fields(contract: Contract, source: SourceFile) -> frozenset[str]:
    """Return every canonical field that conditions and targets may use."""
    deadlines = (f"deadlines.{name}.due" for name in contract.deadlines)
    return frozenset((*GIVEN, *DECIDED, *OF_CUSTOMER, *LATER, *deadlines, *contract.fields, *source.fields))


def item_fields(each: str, source: SourceFile) -> frozenset[str]:
    """Return what an item of a list has, as `item.text`."""
    rows = source.people if each == "people" else source.products if each == "products" else None
    rule = source.fields.get(each)
    own = ITEM_FIELDS["commitments"] if rule is not None and rule.as_ == "lines" else ("id", "text")
    names = {*ITEM_FIELDS.get(each, own), *(rows.fields if rows else ())}
    return frozenset(f"item.{name}" for name in names)
