"""The files of one `mappings/` folder, checked against each other and compiled once."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import Field, field_validator

from handoff.conditions import Condition
from handoff.contract import Contract, People, named
from handoff.errors import ConfigError
from handoff.model import Deal, Origin, Scope, Trace, Value
from handoff.rules import Compiled, Context, FieldRule, compile_rule, trace
from handoff.templates import Templates
from handoff.yaml_files import Frozen, Lines, Location, nearest, read_model

OBJECTS: Mapping[str, Mapping[str, Scope]] = {
    "gainsight": {
        "company": Scope.ACCOUNT,
        "success_plan": Scope.DEAL,
        "cta": Scope.DEAL,
        "timeline": Scope.DEAL,
    },
}
"""What a target file may create on each platform, and whose it is."""

GIVEN = (
    *("deal.id", "deal.name", "deal.url", "deal.amount", "deal.currency"),
    *("account.id", "account.name", "owner.email", "won_at", "people", "products"),
)
"""Canonical fields that the bridge fills itself; a source file may fill them otherwise."""

DECIDED = ("segment", "receiver.email", "lead.email", "completeness", "gaps", "handed_off_at", "work_starts_at")
"""Canonical fields that the policy fills."""

RECEIPT = (
    *("status", "reason", "next_step", "owner", "completeness", "gaps", "link", "delivered_at", "sequence", "receipt"),
)
"""What can be written back to the deal."""


class Children(Frozen):
    """A list of the record whose rows become people or products."""

    each: str
    fields: dict[str, FieldRule]


class WriteBack(Frozen):
    """What the deal's own record is told."""

    to: Literal["opportunity", "nothing"] = "opportunity"
    fields: dict[str, FieldRule] = Field(default_factory=dict)


class SourceFile(Frozen):
    """`sources/<crm>.yml`, whole."""

    fields: dict[str, FieldRule]
    people: Children | None = None
    products: Children | None = None
    write_back: WriteBack = Field(default_factory=WriteBack)


class TargetStep(Frozen):
    """One piece of work that a handoff becomes."""

    object: str
    when: str | None = None
    match: list[dict[str, str]] = Field(default_factory=list)
    none: Literal["insert", "wait", "person"] = "insert"
    needs: list[str] = Field(default_factory=list)
    fields: dict[str, FieldRule]

    def needed(self) -> tuple[str, ...]:
        """Return the steps whose ids this one uses, and those it must follow."""
        return tuple(dict.fromkeys([*(rule.step for rule in self.fields.values() if rule.step), *self.needs]))


class TargetFile(Frozen):
    """`targets/<platform>.yml`, whole."""

    steps: dict[str, TargetStep] = Field(min_length=1)

    @field_validator("steps")
    @classmethod
    def _names(cls, steps: dict[str, TargetStep]) -> dict[str, TargetStep]:
        return named(steps)


@dataclass(frozen=True)
class Source:
    """A source file, compiled."""

    file: SourceFile
    lines: Lines
    fields: Mapping[str, Compiled]
    children: Mapping[str, tuple[str, Mapping[str, Compiled]]]

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every path of the record that the file reads."""
        return tuple(dict.fromkeys(path for rule in self.file.fields.values() for path in rule.sources))

    @property
    def child_paths(self) -> dict[str, tuple[str, ...]]:
        """Return for each list of the record the paths that the file reads in its rows."""
        lists = [part for part in (self.file.people, self.file.products) if part]
        return {p.each: tuple(dict.fromkeys(s for r in p.fields.values() for s in r.sources)) for p in lists}

    @cached_property
    def origins(self) -> dict[str, tuple[str, ...]]:
        """Return for each canonical field the record's paths behind it."""
        origins = {name: rule.sources for name, rule in self.file.fields.items()}
        for name, part in (("people", self.file.people), ("products", self.file.products)):
            if part:
                origins[name] = tuple(f"{part.each}.{s}" for r in part.fields.values() for s in r.sources)
        return origins

    def origin(self, name: str) -> Origin:
        """Return where a canonical field comes from: a rule of this file, the contract, or the bridge itself."""
        paths = self.origins.get(name, ())
        if name in self.file.fields:
            return Origin(name, paths, self.lines.place("fields", name))
        if name in self.origins:
            return Origin(name, paths, self.lines.place(name))
        return Origin(name, (), "decided by handoff.yml" if name in DECIDED else "given with every deal")

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
        context = Context(deal.source)
        values |= {name: value for name, rule in self.fields.items() if (value := rule(context)) is not None}
        for name, (each, fields) in self.children.items():
            values[name] = [self._row(fields, row, context.notes) for row in deal.children.get(each, ())]
        return {name: value for name, value in values.items() if value is not None}, context.notes

    def _row(self, fields: Mapping[str, Compiled], row: Mapping[str, Value], notes: list[str]) -> dict[str, Value]:
        context = Context(row, notes=notes)
        return {name: value for name, rule in fields.items() if (value := rule(context)) is not None}


@dataclass(frozen=True)
class Target:
    """A target file, compiled; `order` is the steps so that each comes after those it needs."""

    system: str
    file: TargetFile
    lines: Lines
    order: tuple[str, ...]
    fields: Mapping[str, Mapping[str, Compiled]]
    conditions: Mapping[str, Condition]
    traces: Mapping[str, tuple[Trace, ...]]

    def scope(self, step: str) -> Scope:
        """Return whose step this is."""
        return OBJECTS[self.system][self.file.steps[step].object]


@dataclass(frozen=True)
class Mappings:
    """All that RevOps decided; `version` changes with any byte of any file."""

    folder: Path
    version: str
    contract: Contract
    people: People
    source: Source
    target: Target

    @property
    def known(self) -> frozenset[str]:
        """Return every canonical field that a target may use."""
        return frozenset((*GIVEN, *DECIDED, *self.contract.fields, *self.source.file.fields))


def load_mappings(folder: Path, *, crm: str, platform: str) -> Mappings:
    """
    Return the folder's files, checked and compiled.

    Raises:
        ConfigError: With a finding for every mistake of every file; what the files say of each other is checked
            once each can be read by itself.
    """
    source_name, target_name = f"sources/{crm}.yml", f"targets/{platform}.yml"
    wanted: dict[str, type[Frozen]] = {
        "handoff.yml": Contract,
        "people.yml": People,
        source_name: SourceFile,
        target_name: TargetFile,
    }
    read, lines = _read(folder, wanted)
    contract, people = cast(Contract, read["handoff.yml"]), cast(People, read["people.yml"])
    source_file, target_file = cast(SourceFile, read[source_name]), cast(TargetFile, read[target_name])
    known = {*GIVEN, *DECIDED, *contract.fields, *source_file.fields}
    found = {
        "handoff.yml": _contract_findings(contract, lines["handoff.yml"], known),
        source_name: [
            *_source_findings(source_file, lines[source_name]),
            *_write_back_findings(source_file, lines[source_name]),
        ],
        target_name: _target_findings(target_file, lines[target_name], platform, contract, known),
    }
    _raise({name: findings for name, findings in found.items() if findings})
    source = _source(source_file, lines[source_name])
    templates = Templates(folder / "templates", known)
    target = _target(platform, target_file, lines[target_name], contract, source, templates)
    return Mappings(folder, _version(folder), contract, people, source, target)


def _read(folder: Path, wanted: Mapping[str, type[Frozen]]) -> tuple[dict[str, Frozen], dict[str, Lines]]:
    """Return each file as its model, and its lines; one error tells the mistakes of all."""
    read: dict[str, Frozen] = {}
    lines: dict[str, Lines] = {}
    refused: dict[str, ConfigError] = {}
    for name, model in wanted.items():
        try:
            read[name], lines[name] = read_model(folder / name, model, name=name)
        except ConfigError as error:
            refused[name] = error
    if len(refused) == 1:
        raise next(iter(refused.values()))
    _raise({name: error.findings or (error.message,) for name, error in refused.items()})
    return read, lines


def _source(file: SourceFile, lines: Lines) -> Source:
    fields = _compiled(file.fields, lines, ("fields",))
    children = {
        name: (part.each, _compiled(part.fields, lines, (name, "fields")))
        for name, part in (("people", file.people), ("products", file.products))
        if part
    }
    return Source(file, lines, fields, children)


def _compiled(
    fields: Mapping[str, FieldRule], lines: Lines, at: Location, templates: Templates | None = None
) -> dict[str, Compiled]:
    return {
        name: compile_rule(name, rule, place=lines.place(*at, name), templates=templates)
        for name, rule in fields.items()
    }


def _target(
    system: str, file: TargetFile, lines: Lines, contract: Contract, source: Source, templates: Templates
) -> Target:
    fields = {
        name: _compiled(step.fields, lines, ("steps", name, "fields"), templates) for name, step in file.steps.items()
    }
    traces = {
        name: tuple(
            trace(
                field, rule, lines.place("steps", name, "fields", field), source.origin, templates.uses(rule.template)
            )
            for field, rule in step.fields.items()
        )
        for name, step in file.steps.items()
    }
    graph = {name: step.needed() for name, step in file.steps.items()}
    order = tuple(TopologicalSorter(graph).static_order())
    conditions = {name: tuple(tests) for name, tests in contract.conditions.items()}
    return Target(system, file, lines, order, fields, conditions, traces)


def _contract_findings(contract: Contract, lines: Lines, known: set[str]) -> list[str]:
    tests: list[tuple[Location, Sequence[Any]]] = [
        (("conditions", name), tests) for name, tests in contract.conditions.items()
    ]
    tests += [(("segments", i), s.when) for i, s in enumerate(contract.segments) if isinstance(s.when, list)]
    unfilled = [
        (at, f"{test.field!r} is filled by no mapping. {nearest(test.field, known)}")
        for at, group in tests
        for test in group
        if test.field not in known
    ]
    found = (*contract.mistakes(), *unfilled, *_too_early(contract))
    return [f"{lines.place(*at)}: {' -> '.join(map(str, at))}: {what}" for at, what in found]


def _too_early(contract: Contract) -> Iterator[tuple[Location, str]]:
    """Yield the tests of segments that ask for what is decided only after the segment."""
    for index, segment in enumerate(contract.segments):
        when = segment.when if isinstance(segment.when, list) else contract.conditions.get(segment.when or "", [])
        for test in when:
            if test.field in DECIDED:
                yield (
                    ("segments", index, "when"),
                    f"{test.field!r} is decided after the segment. Test a field of the deal",
                )


def _source_findings(file: SourceFile, lines: Lines) -> list[str]:
    """A source reads the record: what needs the plan or the platform belongs into the target."""
    parts: list[tuple[Location, Mapping[str, FieldRule]]] = [(("fields",), file.fields)]
    parts += [((n, "fields"), p.fields) for n, p in (("people", file.people), ("products", file.products)) if p]
    return [
        f"{lines.place(*at, name)}: {' -> '.join(map(str, (*at, name)))}: {word} cannot be used in a source. "
        "Use from or value here, and that in the target"
        for at, rules in parts
        for name, rule in rules.items()
        for word in ("step", "find", "template")
        if getattr(rule, word) is not None
    ]


def _write_back_findings(file: SourceFile, lines: Lines) -> list[str]:
    return [
        f"{lines.place('write_back', 'fields', name)}: write_back -> {name}: {source!r} cannot be written back. "
        f"{nearest(source, RECEIPT)}"
        for name, rule in file.write_back.fields.items()
        for source in rule.sources
        if source not in RECEIPT
    ]


def _target_findings(file: TargetFile, lines: Lines, system: str, contract: Contract, known: set[str]) -> list[str]:
    findings: list[str] = []

    def find(at: Location, what: str) -> None:
        findings.append(f"{lines.place(*at)}: {' -> '.join(str(part) for part in at)}: {what}")

    for name, step in file.steps.items():
        here: Location = ("steps", name)
        if step.object not in OBJECTS[system]:
            find(
                (*here, "object"), f"{step.object!r} is no object of {system}. {nearest(step.object, OBJECTS[system])}"
            )
        if step.when is not None and step.when not in contract.conditions:
            find((*here, "when"), f"{step.when!r} is no condition. {nearest(step.when, contract.conditions)}")
        for index, match in enumerate(step.match):
            for canonical in match.values():
                if canonical not in known:
                    find((*here, "match", index), f"{canonical!r} is filled by no mapping. {nearest(canonical, known)}")
        for other in step.needed():
            if other not in file.steps:
                find((*here, "needs"), f"there is no step {other!r}. {nearest(other, file.steps)}")
        for field, rule in step.fields.items():
            for source in rule.sources:
                if source not in known:
                    find((*here, "fields", field), f"{source!r} is filled by no mapping. {nearest(source, known)}")
    try:
        TopologicalSorter({name: step.needed() for name, step in file.steps.items()}).prepare()
    except CycleError as error:
        find(("steps",), f"these steps wait for each other: {' -> '.join(error.args[1])}. Take one need away")
    return findings


def _raise(found: Mapping[str, Sequence[str]]) -> None:
    """Raise one error for all findings, by file; none where there is none."""
    findings = tuple(finding for some in found.values() for finding in some)
    if findings:
        names = list(found)
        said = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        count = "1 mistake" if len(findings) == 1 else f"{len(findings)} mistakes"
        raise ConfigError(f"{said} {'has' if len(names) == 1 else 'have'} {count}; nothing was sent.", findings)


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in (".yml", ".j2", ".csv")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
