"""How a record of the platform is named in a reason: reasons are kept in the ledger and told to the CRM."""

import re

from handoff.model import Found, Scope, Step

HIDDEN = "…"
_ADDRESS = re.compile(r"[^\s<>(),;:]+@[^\s<>(),;:]+")
_PHONE = re.compile(r"\+?\(?\d[\d ()./-]{5,}\d")


def named(found: Found, step: Step, link: str = "") -> str:
    """
    Return a found record by its id, its kind or name, and its link.

    The record of an account is a company, whose name says which. What stands in the title of a piece of work is what
    somebody typed, about anybody, so work is named by its kind alone.
    """
    shown = masked(found.label) if step.scope is Scope.ACCOUNT else step.kind
    return " ".join(part for part in (shown, f"({found.ref})", link) if part)


def masked(text: str) -> str:
    """Return a text without e-mail addresses and what looks like a telephone number."""
    return _PHONE.sub(HIDDEN, _ADDRESS.sub(HIDDEN, text)).strip()
