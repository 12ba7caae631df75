"""The records that a write carries, whichever vendor it is for."""

import json
from collections.abc import Callable
from random import Random

from sandbox.wire import Json, Record, Refusal, Request

_NAMES = (
    "name",
    "dealname",
    "id",
    "gsid",
    "externalid",
    "referenceid",
    "subject",
    "hs_task_subject",
    "hs_task_body",
    "hs_note_body",
    "title",
    "description",
)
_LISTS = ("records", "requests", "inputs", "accounts", "users", "collections", "usages")
_KEY = "key"
Refuses = Callable[[int, Record], Refusal | None]


def sent(request: Request) -> list[Record]:
    """Return the records of a write, in their order: one, a form, a list, or requests or inputs that wrap them."""
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return [dict(request.form())]
    try:
        body = json.loads(request.body)
    except ValueError:
        return []
    if isinstance(body, list):
        return [unwrapped(each) for each in body]
    if not isinstance(body, dict):
        return []
    listed = next((body[name] for name in _LISTS if isinstance(body.get(name), list)), [body])
    return [unwrapped(each) for each in listed]


def unwrapped(entry: Json) -> Record:
    """Return the record of an entry, which may be wrapped; an empty one for what is none."""
    record = entry.get("record", entry) if isinstance(entry, dict) else {}
    if not isinstance(record, dict):
        return {}
    properties = record.get("properties")
    return {**record, **properties} if isinstance(properties, dict) else record


def named(words: str, record: Record) -> bool:
    """Return whether a name, id or key of the record contains these words."""
    texts = (value for name, value in record.items() if isinstance(value, str) and _is_name(name))
    return any(words in text for text in texts)


def picked(words: str, records: list[Record]) -> list[int]:
    """Return the places of the records that the words name; without words the first."""
    if not words:
        return [0] if records else []
    return [place for place, record in enumerate(records) if named(words, record)]


def refusing(words: str, why: Refusal) -> Refuses:
    """Return what refuses the records that the words name; without words the first."""
    return lambda place, record: why if (named(words, record) if words else place == 0) else None


def refusing_some(share: float, why: Refusal, chance: Random, count: int) -> Refuses:
    """Return what refuses a share of so many records, at least one."""
    refused = set(chance.sample(range(count), max(1, round(share * count)))) if count else set()
    return lambda place, record: why if place in refused else None


def _is_name(name: str) -> bool:
    lower = name.lower()
    return lower in _NAMES or _KEY in lower or lower.endswith("id")
