"""Prose from templates: sandboxed, everything a record says is shown as text, long texts are cut with a link."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateNotFound, meta, nodes
from jinja2.loaders import FileSystemLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from handoff.errors import ConfigError, RecordError
from handoff.model import Value
from handoff.phrases import Asked, day, item_words, labels, money, names, not_found, person, said, told
from handoff.transforms import shortened
from handoff.yaml_files import counted, nearest

LONGEST_TEXT = 8_000
SHORTEST_TEXT = 20
FUNCTIONS = ("person", "money", "sentence", "not_found")
FILTERS = ("names", "labels", "day")


class Templates:
    """
    The templates of one mappings folder.

    A text of the record longer than `LONGEST_TEXT` characters is cut and followed by a link to the record.

    Args:
        known: Every canonical field.
        asked: The contract's fields, by which `sentence` and `not_found` speak of them.
    """

    def __init__(self, folder: Path, known: Iterable[str], asked: Mapping[str, Asked] | None = None) -> None:
        self.folder = folder
        self._asked = dict(asked or {})
        self._fields = sorted(known)
        self.known = sorted({name.split(".")[0] for name in self._fields})
        self._branches = {name.split(".")[0] for name in self._fields if "." in name}
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            finalize=lambda value: "" if value is None or value == {} else value,  # nobody wants to read "None"
        )
        self._environment.filters |= {"names": names, "labels": labels, "day": day}

    def load(self, name: str) -> Template:
        """Return a template; raises `ConfigError` with a finding for every mistake in it."""
        found = [what if file else f"templates/{name}: {what}" for file, what in self.mistakes(name)]
        if found:
            said = counted(found)
            raise ConfigError(f"The template {name} has {said}; nothing was sent.", tuple(found))
        return self._environment.get_template(name)

    def mistakes(self, name: str, around: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
        """
        Yield each mistake of a template and of those it includes: (file, words with file and line).

        Of a template that is not there the file is "", and the words have no place.
        """
        tree = None
        try:
            tree = self._environment.parse(self._source(name))
            self._environment.get_template(name)
        except TemplateNotFound:
            there = nearest(name, (one.name for one in self.folder.glob("*.j2")))
            yield (around[-1] if around else ""), f"there is no template {name!r}. {there}"
        except TemplateError as error:
            line = getattr(error, "lineno", None) or 1
            yield name, f"templates/{name}:{line}:1: {str(error).rstrip('.')}. {self._hint(str(error))}"
        if tree is None:
            return
        for line, word in self._unknown(tree):
            near = nearest(word, (*self._fields, *FUNCTIONS)) if "." in word else nearest(word, self._names)
            yield name, f"templates/{name}:{line}:1: {word!r} is filled by no mapping. {near}"
        for line, word in self._unspoken(tree):
            near = nearest(word, (*self._asked, *self._sections, "people"))
            yield name, f"templates/{name}:{line}:1: sentence({word!r}) speaks of no field or section. {near}"
        for other in meta.find_referenced_templates(tree):
            if other is not None and other not in (name, *around):
                yield from self.mistakes(other, (*around, name))

    def _source(self, name: str) -> str:
        source, _, _ = self._environment.loader.get_source(self._environment, name)  # type: ignore[union-attr]
        return source

    def _hint(self, problem: str) -> str:
        found = re.search(r"No filter named '(\w+)'", problem)
        return nearest(found[1], FILTERS) if found else "Correct the template."

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.known, *FUNCTIONS)

    @property
    def _sections(self) -> set[str]:
        return {asked.section for asked in self._asked.values()}

    def _unknown(self, tree: nodes.Template) -> list[tuple[int, str]]:
        roots = meta.find_undeclared_variables(tree)
        strange = roots - set(self._names)
        branches = self._branches & roots - set(self._fields)
        named = [(one.lineno, one.name) for one in tree.find_all(nodes.Name) if one.name in strange]
        parts = [
            (part.lineno, f"{part.node.name}.{part.attr}")
            for part in tree.find_all(nodes.Getattr)
            if isinstance(part.node, nodes.Name) and part.node.name in branches
        ]
        return sorted({*named, *((line, word) for line, word in parts if word not in self._fields)})

    def _unspoken(self, tree: nodes.Template) -> list[tuple[int, str]]:
        spoken = {*self._asked, *self._sections, "people"}
        return [(line, word) for line, word in _sentences(tree) if word not in spoken]

    def uses(self, name: str | None, around: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the canonical fields that a template, or one it includes, speaks of; () without a template."""
        if name is None:
            return ()
        source = self._source(name)
        tree = self._environment.parse(source)
        source = source.replace("person(", "people(").replace("not_found(", "gaps(")
        used = {field for field in self._fields if re.search(rf"\b{re.escape(field)}\b", source)}
        for _, word in _sentences(tree):
            used |= {field for field, asked in self._asked.items() if asked.section == word} - {word}
        for other in meta.find_referenced_templates(tree):
            if other is not None and other not in (name, *around):
                used |= set(self.uses(other, (*around, name)))
        return tuple(field for field in self._fields if field in used)

    def render(self, template: Template, values: Mapping[str, Value], *, limit: int | None) -> str:
        """
        Return the prose, in at most `limit` characters.

        Raises:
            RecordError: It does not fit, even with every text of the record cut short; or the template asks of
                this deal what cannot be done.
        """
        longest = LONGEST_TEXT
        while True:
            prose = _rendered(template, self._context(values, longest))
            if limit is None or len(prose) <= limit:
                return prose
            if longest < SHORTEST_TEXT:
                raise RecordError(
                    f"The text of {template.name} is {len(prose):,} characters even with every field cut short; "
                    f"{limit:,} fit. Shorten the lists of the deal, or the template."
                )
            longest //= 2

    def _context(self, values: Mapping[str, Value], longest: int) -> dict[str, Any]:
        link = str(values.get("deal.url") or "")
        context: dict[str, Any] = {name: _Branch() if name in self._branches else None for name in self.known}
        for name, value in values.items():
            root, _, rest = name.partition(".")
            shown = _shown(value, longest, link)
            if not rest:
                context[root] = shown
                continue
            branch = context.setdefault(root, _Branch())
            if isinstance(branch, _Branch):
                branch[rest] = shown
        context["person"] = lambda role: person(context.get("people") or (), role)
        context["money"] = lambda amount: money(amount, values.get("deal.currency"))
        context["sentence"] = lambda word: self._sentence(word, context)
        context["not_found"] = lambda: not_found(context.get("gaps") or ())
        return context

    def _sentence(self, word: str, context: Mapping[str, Any]) -> Markup:
        """Return a field as a sentence, `Why they bought: 11 hours to 4.`; of a section those of all its fields."""
        if word == "people" and word not in self._asked:
            return told("", "; ".join(item_words(person) for person in context.get("people") or ()))
        names = [word] if word in self._asked else [n for n, asked in self._asked.items() if asked.section == word]
        sentences = (told(self._asked[name].label, said(context.get(name))) for name in names)
        return Markup(" ").join(one for one in sentences if one)


def _rendered(template: Template, context: Mapping[str, Any]) -> str:
    try:
        return template.render(context).strip()
    except TemplateError as error:
        why = str(error.message)
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
        why = type(error).__name__  # its text may quote the record
    raise RecordError(f"templates/{template.name} cannot tell of this deal: {why}. Correct the template.")


def _sentences(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "sentence" and call.args:
            word = call.args[0]
            if isinstance(word, nodes.Const):
                yield call.lineno, str(word.value)


class _Branch(dict[str, Any]):
    """`account.name` in a template: a field that nobody filled is None, so `or` works."""

    def __missing__(self, key: str) -> None:
        return None


def _shown(value: Value, longest: int, link: str) -> Value:
    if isinstance(value, Markup):
        return value if len(value) <= longest else _cut(value.striptags(), longest, link)
    if isinstance(value, str):
        return value if len(value) <= longest else _cut(value, longest, link)
    if isinstance(value, Mapping):
        return _Branch({key: _shown(item, longest, link) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return [_shown(item, longest, link) for item in value]
    return value


def _cut(value: str, longest: int, link: str) -> Markup:
    whole = (
        Markup(' <a href="{}">cut here; the whole text is in the CRM</a>').format(link) if link else Markup(" (cut)")
    )
    return escape(shortened(value, longest)) + whole
