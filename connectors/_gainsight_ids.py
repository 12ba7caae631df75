"""A CRM account's id, as a company may hold it: a Salesforce id with 18 characters or with 15."""

import re
from typing import Any

_SFDC_ID = re.compile(r"[A-Za-z0-9]{15}([A-Z0-5]{3})?")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def forms(account: str) -> list[str]:
    """Return the ways an account's id may be stored."""
    if not _SFDC_ID.fullmatch(account):
        return [account]
    return [account[:15] + _suffix(account[:15]), account[:15]]


def plain(account: Any) -> str:
    """Return the id in the one form by which two are compared."""
    text = str(account or "").strip()
    return text[:15] if _SFDC_ID.fullmatch(text) else text.casefold()  # its letters' case tells two ids apart


def _suffix(id15: str) -> str:
    """Return the three letters that make an 18-character Salesforce id: which characters are capitals."""
    fives = (id15[start : start + 5] for start in (0, 5, 10))
    return "".join(_LETTERS[sum(1 << place for place, char in enumerate(five) if char.isupper())] for five in fives)
