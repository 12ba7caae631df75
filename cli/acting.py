"""Who acts: the user of this machine, or whom a script says it acts for."""

import getpass
import os

ACTOR = "HANDOFF_ACTOR"
"""The variable in which a script says for whom it acts."""


def actor() -> str:
    """Return who acts, as the trail names people."""
    named = os.environ.get(ACTOR, "").strip()
    if named:
        return named
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number that has no name
        return f"user {os.getuid()}"
