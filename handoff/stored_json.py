"""JSON as the ledger stores it: by a fast library, and by the standard one what that does not take."""

import json
from typing import Any

import orjson

MARK = " "


def written(value: Any) -> str:
    """Return the value as JSON."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # half a letter, a number beyond 64 bits, a key that is no text
        return MARK + json.dumps(value)


def read(stored: str | bytes) -> Any:
    """Return what `written` was given, also by older releases; PostgreSQL's driver gives it in bytes."""
    text = stored if isinstance(stored, str) else stored.decode()
    # The fast library would round a number beyond 64 bits. It writes no such number, and no space but inside a text;
    # the standard one puts a space between any two things.
    if MARK not in text:
        try:
            return orjson.loads(text)
        except ValueError:  # not a number (NaN), or half a letter
            pass
    return json.loads(text)
