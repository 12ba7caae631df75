"""Finds the deal that a person means: an id, a pasted address, or part of a name."""

import re

from handoff.errors import ConfigError
from handoff.ledger import Ledger
from handoff.ports import Crm

ID = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z0-9]{18}|[A-Za-z0-9]{15})(?![A-Za-z0-9])")
REMOTE_ID = re.compile(r"(?<![A-Za-z0-9])[A-Z0-9]{36}(?![A-Za-z0-9])")
MOST_SHOWN = 10


def known_deal(ledger: Ledger, words: str) -> str | None:
    """
    Return the ref of the deal that the ledger knows by these words, None when it knows none.

    Raises:
        ConfigError: Several deals fit; they are listed.
    """
    words = words.strip()
    for remote in REMOTE_ID.findall(words):
        ref = ledger.deal_of(remote)
        if ref:
            return ref
    candidates = [one for one in ID.findall(words) if _looks_like_id(one)] or [words]
    for candidate in candidates:
        rows = ledger.search(candidate)
        if len(rows) == 1:
            return str(rows[0].ref)
        if rows:
            raise _several(
                words, [(str(row.deal_id), f"{row.account_name or 'no account'}: {row.name}") for row in rows]
            )
    return None


def live_deal(crm: Crm, words: str) -> str:
    """
    Return the CRM id of the won deal that these words mean, asking the CRM.

    Raises:
        ConfigError: None fits, or several do.
    """
    ids = [one for one in ID.findall(words) if _looks_like_id(one)]
    if ids:
        return str(ids[0])
    found = crm.search(words.strip(), limit=MOST_SHOWN + 1)
    if not found:
        raise ConfigError(
            f"No won deal is called {words!r}, here or in the CRM. Give an id, the deal's address, or part of its "
            "account's name."
        )
    if len(found) > 1:
        raise _several(words, found)
    return found[0][0]


def _looks_like_id(word: str) -> bool:
    return any(c.isdigit() for c in word) and word[:3].isalnum() and word[0].isdigit()


def _several(words: str, found: list[tuple[str, str]]) -> ConfigError:
    listed = tuple(f"  {one}  {name}" for one, name in found[:MOST_SHOWN])
    more = (f"  ... and {len(found) - MOST_SHOWN} more",) if len(found) > MOST_SHOWN else ()
    return ConfigError(f"{len(found)} deals fit {words!r}. Give the id of one:", (*listed, *more))
