"""How the things that a mapping file names may be called: fields, conditions, segments, deadlines, steps, signals."""

import re
from typing import Annotated

from pydantic import AfterValidator

NAME = re.compile(r"[a-z][a-z0-9_]*")
LONGEST = 60
"""Characters of a name: the ledger has room for so many."""


def plain_name(said: str) -> str | None:
    """Return what a name should be, `go_live_on` for `Go-live on`; None when nothing of it can be."""
    plain = re.sub(r"[^a-z0-9]+", "_", said.lower()).strip("_")
    return plain if NAME.fullmatch(plain) else None


def _name(said: str) -> str:
    if not NAME.fullmatch(said):
        plain = plain_name(said)
        fix = f"Write {plain}" if plain else "Use small letters, digits and _, a letter first"
        raise ValueError(f"{said!r} is no name. {fix}")
    if len(said) > LONGEST:
        raise ValueError(f"{said!r} has {len(said)} characters. Use at most {LONGEST}")
    return said


Name = Annotated[str, AfterValidator(_name)]
"""Small letters, digits and _, a letter first: so that templates and conditions can use it."""
