"""The terms and fields of a search: which accounts, users and collection rows meet them, and what is shown of them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.totango.answers import SearchFailed
from sandbox.totango.asked import texts
from sandbox.totango.attributes import BY_EMAIL
from sandbox.totango.catalogue import STATUS_GROUPS
from sandbox.totango.org import Org
from sandbox.wire import Json, Record


@dataclass(frozen=True)
class Subject:
    """One record that may be found: its built-in words, its attributes, and the account it belongs to."""

    org: Org
    now: datetime
    words: Mapping[str, Json]
    attributes: Mapping[str, Json]
    account: "Subject | None" = None


ACCOUNT_WORDS = ("identifier", "search_name", "display_name", "status_group", "health", "parent_id")


def of_account(org: Org, now: datetime, row: Record) -> Subject:
    """Return an account as searches see it; its id is `identifier`, and `name` in a hit."""
    attributes = row["attributes"]
    words = {
        "identifier": row["id"],
        "search_name": row["name"],
        "display_name": row["name"],
        "status_group": STATUS_GROUPS.get(str(attributes.get("Status")), "unknown"),
        "health": None,
        "parent_id": row["parent_id"],
        **{f"role {role}": holder for role, holder in row["roles"].items()},
    }
    shown = {f"{role}{BY_EMAIL}": holder for role, holder in row["roles"].items()}
    all_of_it = {**shown, **attributes, "account_name": row["name"]}
    seen = {name: value for name, value in all_of_it.items() if name not in org.hidden | org.withheld}
    return Subject(org, now, words, seen)


def check(org: Org, now: datetime, words: Iterable[str], terms: Iterable[Json]) -> None:
    """Raise `SearchFailed` for a term that is not understood, be there anything to find or not."""
    account = Subject(org, now, dict.fromkeys(ACCOUNT_WORDS), {})
    nothing = Subject(org, now, dict.fromkeys(words), {}, account)
    for term in terms:
        meets(nothing, term)


def meets(subject: Subject, term: Json) -> bool:
    """Return whether a record meets a term; raises `SearchFailed` for one that is not understood."""
    kind = term.get("type") if isinstance(term, dict) else None
    if kind not in _TERMS:
        raise SearchFailed(f"Unknown term type: {kind}")
    return _TERMS[kind](subject, term)


def shown(subject: Subject, field: Json) -> Json:
    """Return what a record has in a field that was asked for, None where it has nothing."""
    kind = field.get("type") if isinstance(field, dict) else None
    if kind == "string":
        return subject.words.get(str(field.get("term")))
    if kind == "owner":
        holder = subject.org.user(subject.words.get(f"role {field.get('account_role', 'Success Manager')}"))
        return holder["name"] if holder else None
    if kind in ("string_attribute", "number_attribute", "simple_date_attribute", "lifecycle_attribute"):
        return subject.attributes.get(str(field.get("attribute")))
    raise SearchFailed(f"Unknown field type: {kind}")


def _listed(subject: Subject, value: Json, term: Record) -> bool:
    """Return whether a value meets what a term says of it by lists and parts."""
    if "in_list" in term:
        return value is not None and str(value) in texts(term["in_list"], "in_list")
    if "not_in_list" in term:
        if value is None:
            return subject.org.choices.absent_is_not_in
        return str(value) not in texts(term["not_in_list"], "not_in_list")
    if "contains" in term:
        return value is not None and str(term["contains"]).casefold() in str(value).casefold()
    raise SearchFailed("A term needs in_list, not_in_list or contains")


def _word(subject: Subject, term: Record) -> bool:
    name, of_id = str(term.get("term")), subject.org.choices.id_term
    if name != of_id and (name == "identifier" or name not in subject.words):
        raise SearchFailed(f"Unknown term: {name}")
    return _listed(subject, subject.words["identifier" if name == of_id else name], term)


def _text(subject: Subject, term: Record) -> bool:
    return _listed(subject, _attribute(subject, term), term)


def _number(subject: Subject, term: Record) -> bool:
    value = _attribute(subject, term)
    try:
        number = float(value)
        limits = {sign: float(term[sign]) for sign in _SIGNS if sign in term}
    except (TypeError, ValueError):
        return False
    return bool(limits) and all(_SIGNS[sign](number, than) for sign, than in limits.items())


_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "eq": lambda value, than: value == than,
    "gt": lambda value, than: value > than,
    "gte": lambda value, than: value >= than,
    "lt": lambda value, than: value < than,
    "lte": lambda value, than: value <= than,
}
_BETWEEN = re.compile(r"between_(next|last)_(\d+)_and_(\d+)_days")
_WITHIN = re.compile(r"(next|last)_(\d+)_days")
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}


def _date(subject: Subject, term: Record) -> bool:
    try:
        day = date.fromisoformat(str(_attribute(subject, term))[:10])
    except ValueError:
        return False
    since, until = _span(str(term.get("joker")))
    today = subject.now.date()
    return today + timedelta(days=since) <= day <= today + timedelta(days=until)


def _span(joker: str) -> tuple[int, int]:
    if joker in _DAYS:
        return _DAYS[joker], _DAYS[joker]
    if found := _BETWEEN.fullmatch(joker):
        near, far = int(found[2]), int(found[3])
        return (near, far) if found[1] == "next" else (-far, -near)
    if found := _WITHIN.fullmatch(joker):
        return (0, int(found[2])) if found[1] == "next" else (-int(found[2]), 0)
    raise SearchFailed(f"Unknown joker: {joker}")


def _stage(subject: Subject, term: Record) -> bool:
    """Compare by the stage's id, which is its place from 1; writes and answers have its name."""
    row = subject.org.rows("lifecycles").get(term.get("attribute"))
    if row is None:
        raise SearchFailed(f"Unknown lifecycle attribute: {term.get('attribute')}")
    stage = subject.attributes.get(row["id"])
    return _listed(subject, str(row["stages"].index(stage) + 1) if stage in row["stages"] else None, term)


def _segment(subject: Subject, term: Record) -> bool:
    asked = term.get("is_in_one_of")
    if not isinstance(asked, list):
        raise SearchFailed("is_in_one_of must be a list")
    found = [subject.org.rows("segments").get(each) for each in asked]
    if None in found:
        raise SearchFailed("Unknown segment")
    return any(all(meets(subject, each) for each in segment["terms"]) for segment in found if segment)


def _owner(subject: Subject, term: Record) -> bool:
    holder = subject.words.get(f"role {term.get('account_role', 'Success Manager')}")
    wanted = [subject.org.user(each) for each in texts(term.get("is_one_of"), "is_one_of")]
    return any(user is not None and user["id"] == holder for user in wanted)


def _or(subject: Subject, term: Record) -> bool:
    terms = term.get("or")
    if not isinstance(terms, list):
        raise SearchFailed("or must be a list")
    met = [meets(subject, each) for each in terms]
    return any(met)


def _of_account(subject: Subject, term: Record) -> bool:
    terms, account = term.get("terms"), subject.account
    if not isinstance(terms, list) or account is None:
        raise SearchFailed("parent_account needs terms")
    met = [meets(account, each) for each in terms]
    return all(met)


def _attribute(subject: Subject, term: Record) -> Json:
    return subject.attributes.get(str(term.get("attribute")))


_TERMS: Mapping[Json, Callable[[Subject, Record], bool]] = {
    "string": _word,
    "string_attribute": _text,
    "number_attribute": _number,
    "simple_date_attribute": _date,
    "lifecycle_attribute_stage_by_id": _stage,
    "active_list": _segment,
    "owner": _owner,
    "or": _or,
    "parent_account": _of_account,
}
