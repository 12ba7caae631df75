"""Phrases that templates are made of: a field as a sentence, people by role, days and amounts as people write them."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Protocol

from markupsafe import Markup

from handoff.model import Value
from handoff.transforms import text


class Asked(Protocol):
    """A field of the contract: the part of the handoff it belongs to, and what people call it."""

    @property
    def section(self) -> str:
        """The part of the handoff."""
        ...

    @property
    def label(self) -> str:
        """What people call it."""
        ...


def told(label: str, said: str | Markup) -> Markup:
    """Return it as a sentence, `Label: words.`; nothing of what says nothing."""
    if not str(said).strip():
        return Markup("")
    end = "" if str(said).rstrip().endswith((".", "!", "?", "…", "</a>")) else "."
    return Markup("{}{}{}").format(f"{label}: " if label else "", said, end)


def said(value: Value) -> str | Markup:
    """Return a field as people read it: the items of a list divided by semicolons, a date as a day."""
    if value is None or isinstance(value, Markup):
        return value or ""
    if isinstance(value, list | tuple):
        return Markup("; ").join(item_words(item) for item in value)
    if isinstance(value, Mapping):
        return item_words(value)
    return day(value) if isinstance(value, date) else text(value)


def item_words(item: Any) -> str | Markup:
    """Return an item of a list: a promise with its day, a person with title and role, else its text."""
    if not isinstance(item, Mapping):
        return said(item)
    if item.get("due_on"):
        return Markup("{}, by {}").format(item.get("text") or "", day(item["due_on"]))
    more = ", ".join(str(item[key]) for key in ("title", "role") if item.get(key))
    name = item.get("text") or item.get("name") or item.get("label") or ""
    return Markup("{} ({})").format(name, more) if more and "text" not in item else name


def not_found(gaps: Iterable[Mapping[str, Any]]) -> str:
    """Return what Sales did not say, `Not found in the CRM: Champion.`; "" when all is there."""
    named = labels(gaps)
    return f"Not found in the CRM: {named}." if named else ""


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


def person(people: Iterable[Mapping[str, Any]], role: str) -> Value:
    """Return the name of the first person with this role, "" when there is none."""
    return next((p["name"] for p in people if p.get("role") == role and p.get("name")), "")
