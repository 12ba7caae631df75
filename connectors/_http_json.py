"""JSON as it comes from outside, made fit to be stored and sent on."""

import json
import re
from collections.abc import Callable
from typing import Any

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""How JSON begins to write a surrogate, of which a whole pair makes one sign; or a bare one."""


def loaded(body: bytes, *, parse_float: Callable[[str], Any] | None = None) -> Any:
    """
    Return the JSON body; `ValueError` if it is none.

    Half of a surrogate pair (an emoji cut by some integration) becomes the replacement sign: no text can carry it on.
    """
    text = body.decode(json.detect_encoding(body), "surrogatepass")
    found = json.loads(text, parse_float=parse_float)
    return _whole(found) if SURROGATE.search(text) else found


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {_whole(name): _whole(item) for name, item in value.items()} if isinstance(value, dict) else value
