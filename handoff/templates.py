"""Prose from templates: sandboxed, everything a record says is shown as text, long texts are cut with a link."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateNotFound, meta, nodes
from jinja2.loaders import FileSystemLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from handoff.errors import ConfigError, RecordError
from handoff.model import Value
from handoff.transforms import shortened, text

LONGEST_TEXT = 8_000
SHORTEST_TEXT = 20
FUNCTIONS = ("person", "money")


class Templates:
    """
    The templates of one mappings folder.

    A text of the record longer than `LONGEST_TEXT` characters is cut and followed by a link to the record.
    """

    def __init__(self, folder: Path, known: Iterable[str]) -> None:
        self.folder = folder
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
        """Return a template; raises `ConfigError` when it is not there, cannot be read, or uses an unknown name."""
        try:
            source, _, _ = self._environment.loader.get_source(self._environment, name)  # type: ignore[union-attr]
            tree = self._environment.parse(source)
            template = self._environment.get_template(name)
        except TemplateNotFound as error:
            there = ", ".join(sorted(p.name for p in self.folder.glob("*.j2"))) or "none"
            raise ConfigError(f"There is no template {name!r} in {self.folder.name}/. There are: {there}.") from error
        except TemplateError as error:
            line = getattr(error, "lineno", None) or 1
            raise ConfigError(f"templates/{name}:{line}: {error}. Correct the template.") from error
        unknown = self._unknown(tree)
        if unknown:
            raise ConfigError(
                f"templates/{name} uses {', '.join(unknown)}, which no mapping fills. "
                f"Known names: {', '.join(self._fields)}."
            )
        return template

    def _unknown(self, tree: nodes.Template) -> list[str]:
        roots = meta.find_undeclared_variables(tree)
        branches = self._branches & roots - set(self._fields)
        used = {
            f"{part.node.name}.{part.attr}"
            for part in tree.find_all(nodes.Getattr)
            if isinstance(part.node, nodes.Name) and part.node.name in branches
        }
        return sorted((roots - set(self.known) - set(FUNCTIONS)) | (used - set(self._fields)))

    def uses(self, name: str | None) -> tuple[str, ...]:
        """Return the canonical fields that a template speaks of, () without a template."""
        if name is None:
            return ()
        source = (self.folder / name).read_text(encoding="utf-8")
        source = source.replace("person(", "people(")
        return tuple(field for field in self._fields if re.search(rf"\b{re.escape(field)}\b", source))

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
        context["person"] = lambda role: _person(context.get("people") or (), role)
        context["money"] = lambda amount: money(amount, values.get("deal.currency"))
        return context


def _rendered(template: Template, context: Mapping[str, Any]) -> str:
    try:
        return template.render(context).strip()
    except TemplateError as error:
        why = str(error.message)
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
        why = type(error).__name__  # its text may quote the record
    raise RecordError(f"templates/{template.name} cannot tell of this deal: {why}. Correct the template.")


class _Branch(dict[str, Any]):
    """`account.name` in a template: a field that nobody filled is None, so `or` works."""

    def __missing__(self, key: str) -> None:
        return None


def names(items: Iterable[Any] | None) -> str:
    """Return the names of products or people in one line."""
    return Markup(", ").join(item["name"] for item in items or () if item.get("name")) or "nothing named"


def labels(gaps: Iterable[Any] | None) -> str:
    """Return what is missing, in the words of the contract."""
    return ", ".join(str(gap["label"]) for gap in gaps or ())


def day(moment: datetime | date | None) -> str:
    """Return the day as 1 December 2026."""
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def money(amount: Value, currency: str | None) -> str:
    """Return an amount with its currency, `GBP 48,000`; "" when there is none."""
    return f"{currency or ''} {text(amount)}".strip() if amount is not None else ""


def _person(people: Iterable[Mapping[str, Any]], role: str) -> Value:
    return next((p["name"] for p in people if p.get("role") == role and p.get("name")), "")


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
