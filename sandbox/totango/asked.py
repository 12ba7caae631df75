"""What a search asks: the query in its form, and the page of what is found."""

import json
from collections.abc import Sequence
from typing import TypeVar

from sandbox.totango.answers import Call, SearchFailed
from sandbox.wire import Json, Record

Row = TypeVar("Row")

PAGE, REACH = 1000, 10_000  # C


def query(call: Call) -> Record:
    """Return the query of a search; raises `SearchFailed` for what is none, or has no list of terms."""
    try:
        asked = json.loads(call.request.form()["query"])
    except (KeyError, ValueError, RecursionError) as error:
        raise SearchFailed("Missing or invalid query") from error
    if not isinstance(asked, dict) or not isinstance(asked.get("terms"), list):
        raise SearchFailed("Missing mandatory field: terms")
    return asked


def most(asked: Record, *, required: bool = False) -> int:
    """Return how many hits a page has at most."""
    count = asked.get("count", None if required else PAGE)
    if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= PAGE:
        raise SearchFailed(f"count must be a number from 1 to {PAGE}")
    return count


def offset(asked: Record) -> int:
    """Return the number of the first record of a page."""
    first = asked.get("offset", 0)
    if not isinstance(first, int) or isinstance(first, bool) or first < 0:
        raise SearchFailed("offset must be a number from 0")
    return first


def paged(rows: Sequence[Row], count: int, first: int) -> list[Row]:
    """Return a page; raises `SearchFailed` where it reaches further than searches do."""
    if first + count > REACH:
        raise SearchFailed(f"A search reaches no further than {REACH} records")
    return list(rows[first : first + count])


def texts(value: Json, name: str) -> list[str]:
    """Return a list of a term as texts; raises `SearchFailed` for what is none."""
    if not isinstance(value, list):
        raise SearchFailed(f"{name} must be a list")
    return [str(each) for each in value]
