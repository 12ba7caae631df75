"""Reads the files of one `mappings/` folder, checks them against each other, and compiles them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, cast

from handoff import not_yet
from handoff.contract import Contract
from handoff.contract_checks import Neighbours, mistakes_in_contract, never_true, roles_in, somebody
from handoff.errors import ConfigError
from handoff.example_files import FOLDER
from handoff.known_kinds import Known
from handoff.mapping import Many, Mappings, Source, Target, item_fields, known_fields
from handoff.mapping_files import Children, SourceFile, TargetFile, TargetStep
from handoff.model import Origin, Trace
from handoff.named_accounts import mistakes_in_accounts
from handoff.people import People
from handoff.platforms import Platform
from handoff.reading import Parsed, parsed
from handoff.rules import Compiled, FieldRule, compile_record, compile_rule, trace
from handoff.source_checks import mistakes_in_source
from handoff.target_checks import Around, mistakes_in_target
from handoff.templates import Templates
from handoff.yaml_files import Frozen, Lines, Location, Mistake, counted, read_yaml

NOT_YET: tuple[Any, ...] = (not_yet.of_contract, not_yet.of_people, not_yet.of_source, not_yet.of_target)
"""What of each file is not in force yet, in the order of the files."""


SPOKEN_OF = {
    "segments": ("is no segment", "no segment is called"),
    "conditions": ("is no condition",),
    "teams": ("is no team",),
    "calendars": ("is no calendar",),
    "people": ("is nobody ", "has the role", "gives nobody the role"),
    "fields": ("is filled by no mapping", "no source fills", "is no field."),
    "steps": ("is no step", "there is no step"),
    "signals": ("nothing reports",),
}
"""How findings speak of what a section holds; when the section itself cannot be read, they would all be wrong."""


def load_mappings(folder: Path, *, crm: str, platform: Platform, target: str = "") -> Mappings:
    """
    Return the folder's files, checked and compiled.

    Args:
        crm: How its source file is called.
        target: How the platform's target file is called; as its system, where that is left out.

    Raises:
        ConfigError: With a finding for every mistake of every file, in the order of the files and their lines.
    """
    survey = Survey(folder, crm, platform, target)
    found = survey.findings()
    if found:
        raise survey.refusal(found)
    return survey.compiled()


@dataclass
class Survey:
    """The files of one folder while they are read and compared."""

    folder: Path
    crm: str
    platform: Platform
    target: str = ""
    read: dict[str, Parsed[Any]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    _templates_by_fields: dict[frozenset[str], Templates] = field(default_factory=dict)

    def findings(self) -> dict[str, list[str]]:
        """Return every mistake by file; what a file says of another is compared as far as both can be read."""
        models = self.models()
        for name, model in models.items():
            try:
                self.read[name] = parsed(read_yaml(self.folder / name, name=name), model)
            except ConfigError as error:
                self.unread[name] = error.message
        found = {name: [*([self.unread[name]] if name in self.unread else self.read[name].findings)] for name in models}
        if all(name in self.read and self.read[name].model is not None for name in models):
            for name, more in self._compared().items():
                found.setdefault(name, []).extend(more)
        return {name: sorted(set(some), key=_by_line) for name, some in found.items() if some}

    @property
    def target_file(self) -> str:
        """The target file's name in the folder."""
        return f"targets/{self.called}.yml"

    @property
    def called(self) -> str:
        """How the platform's target file, and its steps in the contract, are called."""
        return self.target or self.platform.system

    def models(self) -> dict[str, type[Frozen]]:
        """Return the files that are read, and what each is."""
        return {
            "handoff.yml": Contract,
            "people.yml": People,
            f"sources/{self.crm}.yml": SourceFile,
            self.target_file: TargetFile,
        }

    def refusal(self, found: Mapping[str, list[str]]) -> ConfigError:
        """Return the error that tells all findings."""
        findings = [finding for some in found.values() for finding in some]
        names = list(found)
        if len(findings) == 1 and names[0] in self.unread:
            return ConfigError(findings[0])
        said = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        verb = "has" if len(names) == 1 else "have"
        return ConfigError(f"{said} {verb} {counted(findings)}; nothing was sent.", tuple(findings))

    def notices(self) -> list[str]:
        """Return what is no mistake and should be known: what is not in force yet, and files that are odd."""
        odd = [oddity for one in self.read.values() for oddity in one.oddities]
        waiting = zip(self.models(), NOT_YET, strict=True)
        later = [
            words
            for name, of in waiting
            for words in not_yet.not_in_force(self._lines(name), of(self.read[name].model))
        ]
        contract, people, source, _ = self._parts()
        told = {"people.yml": people.notices(), "handoff.yml": never_true(contract, source)}
        surprising = [self._lines(name).finding(at, f"{what}.") for name, some in told.items() for at, what in some]
        return [*odd, *surprising, *later]

    def _lines(self, name: str) -> Lines:
        return self.read[name].lines

    def _parts(self) -> tuple[Contract, People, SourceFile, TargetFile]:
        parts = tuple(self.read[name].model for name in self.models())
        return cast(tuple[Contract, People, SourceFile, TargetFile], parts)

    def _compared(self) -> dict[str, list[str]]:
        contract, people, source, target = self._parts()
        known = known_fields(contract, source)
        around = Around(self.platform, contract, source, known)
        near = Neighbours(self.folder, people, source, target, self.called, known)
        found: list[Iterable[Mistake]] = [
            mistakes_in_contract(contract, near),
            people.mistakes(),
            mistakes_in_source(source),
            mistakes_in_target(target, around),
        ]
        told = {
            name: [self._lines(name).finding(at, f"{what}.".replace("..", ".")) for at, what in mistakes]
            for name, mistakes in zip(self.models(), found, strict=True)
        }
        for more in (self._accounts(contract, people), self._templates(target, source, known)):
            for name, some in more.items():
                told.setdefault(name, []).extend(some)
        lost = frozenset(word for one in self.read.values() for word in one.lost)
        return {name: [words for words in some if not self._follows(words, lost)] for name, some in told.items()}

    def _follows(self, words: str, lost: frozenset[str]) -> bool:
        """Whether a finding only says that something is missing of which it was told already what is wrong with it."""
        speaks_of = {repr(word) for word in lost} | {repr(f"{self.called}.{word}") for word in lost}
        of_a_section = (
            phrase for section, phrases in SPOKEN_OF.items() if f"all of {section}" in lost for phrase in phrases
        )
        return any(word in words for word in speaks_of) or any(phrase in words for phrase in of_a_section)

    def _accounts(self, contract: Contract, people: People) -> dict[str, list[str]]:
        """Return what is wrong in the files of named accounts, each by its own name."""
        found: dict[str, list[str]] = {}
        for name in dict.fromkeys(rule.file for rule in contract.routing if rule.file):
            if (self.folder / name).is_file():
                mistakes = mistakes_in_accounts(self.folder / name, partial(somebody, people=people))
                found[name] = [f"{name}:{line}:1: {what}.".replace("..", ".") for line, what in mistakes]
        return found

    def _templates(self, target: TargetFile, source: SourceFile, known: frozenset[str]) -> dict[str, list[str]]:
        """Return what is wrong in the templates that the target uses; a missing one is the target's mistake."""
        found: dict[str, list[str]] = {}
        lines = self._lines(self.target_file)
        for name, step in target.steps.items():
            templates = self._of_step(step.each, source, known)
            for rule_name, rule in step.fields.items():
                if rule.template is None:
                    continue
                at: Location = ("steps", name, "fields", rule_name, "template")
                for file, what in templates.mistakes(rule.template):
                    words = what if file else lines.finding(at, what)
                    found.setdefault(f"templates/{file}" if file else lines.name, []).append(words)
        return found

    def _of_step(self, each: str | None, source: SourceFile, known: frozenset[str]) -> Templates:
        """Return the templates as a step uses them; steps that know the same fields have the same."""
        names = known | (item_fields(each, source) if each else frozenset())
        if names not in self._templates_by_fields:
            contract = cast(Contract, self.read["handoff.yml"].model)
            self._templates_by_fields[names] = Templates(
                self.folder / "templates", names, contract.fields, roles_in(source), Known(contract, source).lists
            )
        return self._templates_by_fields[names]

    # Compiling

    def compiled(self) -> Mappings:
        """Return the files, compiled; there must be no mistake in them."""
        contract, people, source_file, target_file = self._parts()
        source = self._source(source_file, self._lines(f"sources/{self.crm}.yml"))
        lines = self._lines(self.target_file)
        target = self._target(target_file, lines, contract, source)
        version, notices = _version(self.folder), tuple(self.notices())
        of_contract, of_people = self._lines("handoff.yml"), self._lines("people.yml")
        whole = Mappings(self.folder, version, contract, people, source, target, of_contract, of_people, notices)
        return replace(whole, target=replace(target, traces=self._traces(whole)))

    def _traces(self, whole: Mappings) -> dict[str, tuple[Trace, ...]]:
        known = whole.known
        return {
            name: tuple(_step_traces(name, step, whole, self._of_step(step.each, whole.source.file, known)))
            for name, step in whole.target.file.steps.items()
        }

    def _source(self, file: SourceFile, lines: Lines) -> Source:
        fields = _compiled(file.fields, lines, ("fields",))
        children = {}
        for name, part in (("people", file.people), ("products", file.products)):
            if part:
                row = compile_record(part.fields, _compiled(part.fields, lines, (name, "fields")))
                children[name] = (part.each, row)
        return Source(file, lines, fields, compile_record(file.fields, fields), children)

    def _target(self, file: TargetFile, lines: Lines, contract: Contract, source: Source) -> Target:
        known = known_fields(contract, source.file)
        fields, children = {}, {}
        for name, step in file.steps.items():
            templates = self._of_step(step.each, source.file, known)
            facts = self.platform.objects[step.object]
            longest = {field: fact.longest for field, fact in facts.fields.items()}
            at: Location = ("steps", name)
            fields[name] = _compiled(step.fields, lines, (*at, "fields"), templates, contract, longest)
            children[name] = {
                child: Many(
                    many.each,
                    many.key,
                    _compiled(many.fields, lines, (*at, "children", child, "fields"), templates, contract),
                )
                for child, many in step.children.items()
            }
        order = tuple(TopologicalSorter({name: step.needed() for name, step in file.steps.items()}).static_order())
        conditions = {name: contract.condition(step.when) for name, step in file.steps.items() if step.when is not None}
        return Target(self.platform, file, lines, order, fields, conditions, {}, children)


def _compiled(
    fields: Mapping[str, FieldRule],
    lines: Lines,
    at: Location,
    templates: Templates | None = None,
    contract: Contract | None = None,
    longest: Mapping[str, int | None] | None = None,
) -> dict[str, Compiled]:
    compiled = {}
    for name, rule in fields.items():
        fits = (longest or {}).get(name)
        if fits is not None and rule.max is None and (rule.text or rule.template or rule.from_):
            rule = rule.model_copy(update={"max": fits})  # the platform takes no more
        when = contract.condition(rule.when) if contract is not None and rule.when is not None else None
        compiled[name] = compile_rule(name, rule, place=lines.place(*at, name), templates=templates, when=when)
    return compiled


def _by_line(finding: str) -> tuple[str, int, int, str]:
    name, _, rest = finding.partition(":")
    line, _, rest = rest.partition(":")
    column = rest.partition(":")[0]
    return name, int(line) if line.strip().isdigit() else 0, int(column) if column.isdigit() else 0, finding


def _step_traces(name: str, step: TargetStep, whole: Mappings, templates: Templates) -> Iterable[Trace]:
    at: Location = ("steps", name)

    def origin(field_name: str) -> Origin:
        return whole.origin(step.each or "" if field_name.startswith("item.") else field_name)

    for field_name, rule in step.fields.items():
        place = whole.target.lines.place(*at, "fields", field_name)
        yield trace(field_name, rule, place, origin, templates.uses(rule.template))
    for child, many in step.children.items():
        used = {source_name for rule in many.fields.values() for source_name in rule.sources}
        origins = [whole.origin(one) for one in (many.each, *sorted(used)) if not one.startswith("item.")]
        inside: Location = (*at, "children", child)
        parts = tuple(_child_traces(child, many, whole, templates, (*inside, "fields")))
        yield Trace(child, whole.target.lines.place(*inside), tuple(dict.fromkeys(origins)), parts=parts)


def _child_traces(child: str, many: Children, whole: Mappings, templates: Templates, at: Location) -> Iterable[Trace]:
    def origin(field_name: str) -> Origin:
        return whole.origin(many.each if field_name.startswith("item.") else field_name)

    for field_name, rule in many.fields.items():
        place = whole.target.lines.place(*at, field_name)
        part = trace(f"{child}.{field_name}", rule, place, origin, templates.uses(rule.template))
        yield replace(part, origins=tuple(dict.fromkeys(part.origins)), sources=rule.sources)


def _decides(folder: Path, path: Path) -> bool:
    """Whether a file has a say in what is sent: an example only tells what is expected."""
    return path.is_file() and path.suffix in (".yml", ".j2", ".csv") and folder / FOLDER not in path.parents


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if _decides(folder, p)):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
