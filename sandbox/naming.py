"""What to say about a name nobody knows."""

import difflib
from collections.abc import Iterable


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """Return the message for a name nobody knows, with the nearest right one."""
    names = list(known)
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f" Nearest: {near[0]}." if near else ""
    return f"There is no {what} {name!r}.{hint} Use one of: {', '.join(names)}."
