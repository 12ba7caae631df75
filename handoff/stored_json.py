"""JSON as the ledger stores it: written by a fast library, and by the standard one what that does not take."""

import json
from typing import Any

import orjson


def written(value: Any) -> str:
    """Return the value as JSON."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # half a letter, a number beyond 64 bits, a key that is no text
        return json.dumps(value)
