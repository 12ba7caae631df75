"""Searches of accounts, of their users and collection rows, and of Totango users."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from sandbox.totango.answers import Call, Reply, SearchFailed
from sandbox.totango.asked import most, offset, paged, query
from sandbox.totango.envelope import found
from sandbox.totango.org import Org
from sandbox.totango.terms import ACCOUNT_WORDS, Subject, check, meets, of_account, shown
from sandbox.wire import Json, Record

Rows = Iterable[tuple[Subject, Record]]
_WORDS = {
    "accounts": ACCOUNT_WORDS,
    "users": ("identifier", "search_name", "display_name"),
    "collections": ("identifier", "collection_type", "display_name"),
}


def accounts(call: Call) -> Reply:
    """Search accounts: of a hit `name` is the id, and `display_name` the name."""
    org, now = call.org, call.now
    ids = _named(call, call.org.choices.id_term)
    rows = org.table("accounts").seen(now) if ids is None else _seen(call, "accounts", ids)
    return _page(call, "accounts", ((of_account(org, now, row), row) for row in rows), _account_hit)


def users(call: Call) -> Reply:
    """Search the users of accounts."""
    rows = call.org.table("users").seen(call.now)
    return _page(call, "users", _of_accounts(call, rows, _user_words), _user_hit)


def collections(call: Call) -> Reply:
    """Search the rows of collections."""
    ids, kinds = _named(call, call.org.choices.id_term), _named(call, "collection_type")
    if ids is None or kinds is None:
        rows = call.org.table("collections").seen(call.now)
    else:
        rows = _seen(call, "collections", [(kind, each) for kind in kinds for each in ids])
    return _page(call, "collections", _of_accounts(call, rows, _row_words), _row_hit)


def totango_users(call: Call) -> Reply:
    """Search the people who work in Totango, the disabled among them."""
    return _page(call, "users", _staff(call.org, call.now), _staff_hit)


def _page(call: Call, name: str, rows: Rows, hit: Callable[[Subject, Record], Record]) -> Reply:
    asked = query(call)
    terms, fields = asked["terms"], asked.get("fields")
    if not isinstance(fields, list):
        raise SearchFailed("Missing mandatory field: fields")
    check(call.org, call.now, _WORDS[name], terms)
    kept = [(subject, row) for subject, row in rows if all(meets(subject, term) for term in terms)]
    down = asked.get("sort_order") == "DESC"
    kept.sort(key=lambda each: _sorted_by(each[0], asked.get("sort_by", "display_name")), reverse=down)
    hits = [
        {**hit(subject, row), "selected_fields": [shown(subject, field) for field in fields]}
        for subject, row in paged(kept, most(asked), offset(asked))
    ]
    return found(call, name, len(kept), hits)


def _sorted_by(subject: Subject, name: Json) -> tuple[str, str]:
    value = subject.words.get(str(name), subject.attributes.get(str(name)))
    return ("" if value is None else str(value).casefold(), str(subject.words["identifier"]))


def _named(call: Call, word: str) -> list[Json] | None:
    """Return what a term allows for a built-in word, so that not every record need be looked at; None for no such."""
    wanted = {"type": "string", "term": word}
    terms = (term for term in query(call)["terms"] if isinstance(term, dict))
    lists = (term.get("in_list") for term in terms if wanted.items() <= term.items())
    found = next((each for each in lists if isinstance(each, list)), None)
    return None if found is None else list(dict.fromkeys(str(each) for each in found))


def _seen(call: Call, name: str, keys: Iterable[Any]) -> Iterator[Record]:
    rows = (call.org.table(name).one_seen(key, call.now) for key in keys)
    return (row for row in rows if row is not None)


def _of_accounts(
    call: Call, rows: Iterable[Record], words: Callable[[Record], Record]
) -> Iterator[tuple[Subject, Record]]:
    org, now = call.org, call.now
    for row in rows:
        account = org.table("accounts").one_seen(row["account_id"], now)
        if account is not None:
            whose = of_account(org, now, account)
            yield Subject(org, now, words(row), row["attributes"], whose), {**row, "account": account}


def _user_words(row: Record) -> Record:
    name = row["attributes"].get("name", row["id"])
    return {"identifier": row["id"], "search_name": name, "display_name": name}


def _row_words(row: Record) -> Record:
    return {"identifier": row["id"], "collection_type": row["type"], "display_name": row["id"]}


def _staff(org: Org, now: datetime) -> Iterator[tuple[Subject, Record]]:
    for row in org.rows("totango_users").values():
        words = {"identifier": row["id"], "search_name": row["name"], "display_name": row["name"]}
        attributes = {
            "__internal_status": "Active" if row["active"] else "Disabled",
            "__internal_role": row["role"],
            "__internal_teams": next((team["name"] for team in org.rows("teams").values()), None),
        }
        yield Subject(org, now, words, attributes), row


def _account_hit(subject: Subject, row: Record) -> Record:
    return {
        "name": row["id"],
        "display_name": row["name"],
        "last_activity_time": row["last_activity_at"],
    }


def _user_hit(subject: Subject, row: Record) -> Record:
    account = {"name": row["account"]["id"], "display_name": row["account"]["name"]}
    named = {"name": row["id"], "display_name": subject.words["display_name"]}
    return {**named, "last_activity_time": None, "account": account}


def _row_hit(subject: Subject, row: Record) -> Record:
    number = subject.org.choices.service_number
    account = {"name": row["account"]["id"], "display_name": row["account"]["name"], "service_id": number}
    return {"account": account}


def _staff_hit(subject: Subject, row: Record) -> Record:
    return {"name": row["id"], "display_name": row["name"], "last_activity_time": None}
