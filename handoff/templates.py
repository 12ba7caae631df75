"""Prose from templates: sandboxed, everything a record says is shown as text, long texts are cut with a link."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateNotFound, meta, nodes
from jinja2.loaders import FileSystemLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from handoff.errors import ConfigError, RecordError
from handoff.model import Value
from handoff.phrases import Asked, day, labels, money, names, not_found, person, said, told
from handoff.template_checks import (
    Found,
    Speaks,
    included,
    mistakes_in_tree,
    unknown_words,
    unreadable,
)
from handoff.transforms import shortened
from handoff.yaml_files import counted, nearest

LONGEST_TEXT = 8_000
SHORTEST_TEXT = 20
PLAIN = ".txt.j2"
"""How the names of templates end that make plain text, for readers who see no HTML."""
_TAG, _BREAK = re.compile(r"</?[A-Za-z][^<>]*>"), re.compile(r"<br\s*/?>")


class Templates:
    """
    The templates of one mappings folder.

    A text of the record longer than `LONGEST_TEXT` characters is cut and followed by a link to the record.

    Args:
        known: Every canonical field.
        asked: The contract's fields, by which `sentence` and `not_found` speak of them.
        roles: The roles that people can have, None where the source leaves them as the CRM says.
        lists: The fields that hold several items; one that says nothing is an empty list.
    """

    def __init__(
        self,
        folder: Path,
        known: Iterable[str],
        asked: Mapping[str, Asked] | None = None,
        roles: Collection[str] | None = None,
        lists: Collection[str] = (),
    ) -> None:
        self.folder = folder
        self._asked = dict(asked or {})
        self._fields = sorted(known)
        self.speaks = Speaks(tuple(self._fields), self._asked, roles)
        self.known = sorted(self.speaks.roots)
        self._branches = self.speaks.branches - set(lists)
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder, encoding="utf-8-sig"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            finalize=_read,
        )
        self._environment.globals.clear()  # what is not documented is no function
        self._empty: dict[str, Any] = dict.fromkeys(self.known) | dict.fromkeys(lists, ())
        self._seen: tuple[Mapping[str, Value], int, Mapping[str, Any]] | None = None
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
        try:
            source = self._source(name)
        except TemplateNotFound:
            yield "", self._absent(name)
            return
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            yield name, f"templates/{name}:{line}:1: a letter here is not UTF-8. Save the file as UTF-8."
            return
        found = list(self._found(name, source, around))
        for line, word, what in sorted(set(found)):
            yield name, f"templates/{name}:{line}:{_column(source, line, word)}: {what.rstrip('.')}."
        for other in dict.fromkeys(other for _, other in self._included(source)):
            if self._is_there(other) and other not in (name, *around):
                yield from self.mistakes(other, (*around, name))

    def _found(self, name: str, source: str, around: tuple[str, ...]) -> Iterator[Found]:
        try:
            tree = self._parsed(source)
        except TemplateError as error:
            yield unreadable(error, source)
            return
        yield from unknown_words(tree, self._environment.filters, self._environment.tests)
        yield from mistakes_in_tree(tree, source, self.speaks)
        for line, other in included(tree):
            if not self._is_there(other):
                yield line, other, self._absent(other).rstrip(".")
            elif other in (name, *around):
                yield line, other, f"{other!r} includes itself, so it would never end. Take this include out"

    def _parsed(self, source: str) -> nodes.Template:
        """Return a template's tree; filters and tests that there are not are told elsewhere, so here they are."""
        lenient = self._environment.overlay()
        tree = lenient.parse(source)
        lenient.filters = {**lenient.filters, **dict.fromkeys((one.name for one in tree.find_all(nodes.Filter)), day)}
        lenient.tests = {**lenient.tests, **dict.fromkeys((one.name for one in tree.find_all(nodes.Test)), day)}
        return tree

    def _included(self, source: str) -> list[tuple[int, str]]:
        try:
            return list(included(self._environment.parse(source)))
        except TemplateError:
            return []

    def _is_there(self, name: str) -> bool:
        try:
            self._source(name)
        except TemplateNotFound:
            return False
        return True

    def _absent(self, name: str) -> str:
        return f"there is no template {name!r}. {nearest(name, (one.name for one in self.folder.glob('*.j2')))}"

    def _source(self, name: str) -> str:
        source, _, _ = self._environment.loader.get_source(self._environment, name)  # type: ignore[union-attr]
        return source

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

    def _context(self, values: Mapping[str, Value], longest: int) -> Mapping[str, Any]:
        """Return what a template sees; the templates of one handoff see the same."""
        seen = self._seen
        if seen is None or seen[0] is not values or seen[1] != longest:
            seen = self._seen = values, longest, self._all_of(values, longest)
        return seen[2]

    def _all_of(self, values: Mapping[str, Value], longest: int) -> dict[str, Any]:
        link = str(values.get("deal.url") or "")
        context: dict[str, Any] = self._empty | {name: _Branch() for name in self._branches}
        for name, value in values.items():
            root, _, rest = name.partition(".")
            shown = _shown(value, longest, link)
            if not rest:
                context[root] = shown
                continue
            branch = context.setdefault(root, _Branch())
            if isinstance(branch, _Branch):
                branch[rest] = shown
        return context | {
            "person": lambda role: person(context.get("people") or (), role),
            "money": lambda amount: money(amount, values.get("deal.currency")),
            "sentence": lambda word: self._sentence(word, context),
            "not_found": lambda: not_found(context.get("gaps") or ()),
        }

    def _sentence(self, word: str, context: Mapping[str, Any]) -> Markup:
        """Return a field as a sentence, `Why they bought: 11 hours to 4.`; of a section those of all its fields."""
        if word == "people" and word not in self._asked:
            return told("", said(context.get("people")))
        names = [word] if word in self._asked else [n for n, asked in self._asked.items() if asked.section == word]
        sentences = (told(self._asked[name].label, said(context.get(name))) for name in names)
        return Markup(" ").join(one for one in sentences if one)


def _column(source: str, line: int, word: str) -> int:
    """Return the column, from 1, of a word in a line of a source; 1 where it does not stand there."""
    lines = source.splitlines()
    return max(0, lines[line - 1].find(word)) + 1 if word and line <= len(lines) else 1


def _rendered(template: Template, context: Mapping[str, Any]) -> str:
    try:
        prose = template.render(context).strip()
        return _unmarked(prose) if str(template.name).endswith(PLAIN) else prose
    except TemplateError as error:
        why = str(error.message)
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
        why = type(error).__name__  # its text may quote the record
    raise RecordError(f"templates/{template.name} cannot tell of this deal: {why}. Correct the template.")


def _unmarked(prose: str) -> str:
    """Return prose as a reader sees it who sees no HTML: what a record says of tags was escaped, so it stays."""
    return unescape(_TAG.sub("", _BREAK.sub("\n", prose)))


def _sentences(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "sentence" and call.args:
            word = call.args[0]
            if isinstance(word, nodes.Const):
                yield call.lineno, str(word.value)


def _read(value: Any) -> Any:
    """Return what is shown of a value: nobody wants to read "None"."""
    return value if type(value) is str else "" if value is None or value == {} else value


class _Branch(dict[str, Any]):
    """`account.name` in a template: a field that nobody filled is None, so `or` works."""

    def __missing__(self, key: str) -> None:
        return None


def _shown(value: Value, longest: int, link: str) -> Value:
    if value is None or (type(value) is str and len(value) <= longest):
        return value
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
