"""JSON as it comes from outside, made fit to be stored and sent on."""

import json
from collections.abc import Callable
from typing import Any

SURROGATES = ("\\ud", "\\uD")
"""How JSON begins to write a surrogate, of which a whole pair makes one sign."""


def loaded(body: bytes, *, parse_float: Callable[[str], Any] | None = None) -> Any:
    """
    Return the JSON body; `ValueError` if it is none.

    Half of a surrogate pair (an emoji cut by some integration) becomes the replacement sign: no text can carry it on.
    """
    text, bare = _text(body)
    found = json.loads(text, parse_float=parse_float)
    return _whole(found) if bare or any(each in text for each in SURROGATES) else found


def _text(body: bytes) -> tuple[str, bool]:
    """Return the body's text, and whether bare surrogates may be in it."""
    encoding = json.detect_encoding(body)
    try:
        return body.decode(encoding), False
    except UnicodeDecodeError:
        return body.decode(encoding, "surrogatepass"), True


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {_whole(name): _whole(item) for name, item in value.items()} if isinstance(value, dict) else value
