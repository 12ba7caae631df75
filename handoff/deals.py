"""Finds the deal that a person means: an id, a pasted address, or part of a name."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from handoff.contract import Contract
from handoff.errors import ConfigError
from handoff.ledger import Ledger
from handoff.ports import Crm

MOST_SHOWN = 10

IdsIn = Mapping[str, Callable[[str], Sequence[str]]]
"""By system: returns the ids of records that words name, as it writes ids and addresses; whole, as it keeps them."""


class SeveralDeals(ConfigError):
    """Words that fit more than one deal; `deals` holds (id, name) of each."""

    deals: Sequence[tuple[str, str]] = ()


def known_deal(ledger: Ledger, words: str, ids_in: IdsIn, *, crm: str | None = None) -> str | None:
    """
    Return the ref of the deal that the ledger knows by these words, None when it knows none.

    Args:
        words: An id, an address of the deal or of a record made for it, a ref, or part of a name.
        crm: The instance whose deal is meant where deals of several fit.

    Raises:
        ConfigError: Several deals fit, and are listed; or the words are blank, a known deal's id in other letter
            case, or the id of a known account.
    """
    words = _said(words)
    for rows in _found(ledger, words, ids_in):
        if rows:
            return _one_of(rows, words, crm)
    return None


def _found(ledger: Ledger, words: str, ids_in: IdsIn) -> Iterator[Sequence[Any]]:
    """Yield the deals that each way of reading the words finds, the surest first."""
    named = [(system, one) for system, read in ids_in.items() for one in read(words)]
    yield ledger.deals_with_ref(words)
    for system, one in named:
        yield ledger.deals_with_id(system, one)
    for system, one in named:
        _must_not_resemble(ledger, system, one)
    for _, one in named:
        yield ledger.deals_of(one)
    yield ledger.search(words)


def _said(words: str) -> str:
    if not words.strip():
        raise ConfigError("No deal is named. Give an id, the deal's address, or part of its account's name.")
    return words.strip()


def _one_of(rows: Sequence[Any], words: str, crm: str | None) -> str:
    rows = [row for row in rows if row.instance == crm] or rows
    if len(rows) > 1:
        raise _several(words, _listed(rows))
    return str(rows[0].ref)


def _listed(rows: Sequence[Any]) -> list[tuple[str, str]]:
    # Two CRMs of one system may have given one id twice: then the ref alone tells their deals apart.
    times = Counter(row.deal_id for row in rows)
    shown = [str(row.deal_id if times[row.deal_id] == 1 else row.ref) for row in rows]
    return [(one, f"{row.account_name or 'no account'}: {row.name}") for one, row in zip(shown, rows, strict=True)]


def _must_not_resemble(ledger: Ledger, system: str, word: str) -> None:
    rows = ledger.resembling(system, word)
    cased = [row.deal_id for row in rows if row.deal_id.lower() == word.lower()]
    if cased:
        raise ConfigError(f"There is no deal {word}: ids are case-sensitive. Did you mean {cased[0]}?")
    if rows:
        raise _several(
            word, _listed(rows), f"{word} is an account's id, not a deal's. Give the id of one of its deals:"
        )


def deal_id(ledger: Ledger, crm: Crm, words: str, ids_in: IdsIn) -> str:
    """
    Return the CRM id of the deal that these words mean, by the ledger or else by the CRM.

    Raises:
        ConfigError: None fits, or several do, or the words are blank, or the deal is another CRM's.
    """
    known = known_deal(ledger, words, ids_in, crm=crm.instance)
    if known is None:
        return live_deal(crm, words, ids_in)
    theirs, *_, of_crm = known.split(":")
    if theirs != crm.instance:
        raise ConfigError(f"{words!r} is a deal of [crm.{theirs}], not of [crm.{crm.instance}]: --crm {theirs}")
    return of_crm


def live_deal(crm: Crm, words: str, ids_in: IdsIn) -> str:
    """
    Return the CRM id of the won deal that these words mean, asking the CRM where they name none.

    An id or address may be that of a deal that is not won, or of none.

    Raises:
        ConfigError: None fits, or several do, or the words are blank.
    """
    words = _said(words)
    named = ids_in[crm.system](words)
    if named and not words.isdecimal():  # a bare number may be part of a name as well
        return named[0]
    found = crm.search(words, limit=MOST_SHOWN + 1)
    if not found and named:
        return named[0]
    if not found:
        raise ConfigError(
            f"No won deal is called {words!r}, here or in the CRM. Give an id, the deal's address, or part of its "
            "account's name."
        )
    if len(found) > 1:
        raise _several(words, found)
    return found[0][0]


def left_alone(words: str, contract: Contract, *, early: bool) -> ConfigError:
    """Return why nothing is handed off of a deal that was asked for: it was won too `early`, or is not seen as won."""
    if early:
        return ConfigError(
            f"The deal {words!r} was won before start_from ({contract.start_from}); older wins are left alone. "
            "If it is yours all the same, set an earlier start_from in handoff.yml."
        )
    return ConfigError(
        f"The deal {words!r} is not won, or not visible to the integration user. "
        "Check its stage in the CRM, and what the integration user may see."
    )


def _several(words: str, found: Sequence[tuple[str, str]], said: str = "") -> SeveralDeals:
    listed = tuple(f"  {one}  {name}" for one, name in found[:MOST_SHOWN])
    more = (f"  ... and {len(found) - MOST_SHOWN} more",) if len(found) > MOST_SHOWN else ()
    error = SeveralDeals(said or f"{len(found)} deals fit {words!r}. Give the id of one:", (*listed, *more))
    error.deals = tuple(found)
    return error
