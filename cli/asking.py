"""Questions to the person at the terminal; a script is never asked."""

import sys

from cli.console import err, out, progress_bar
from flows import _wiring
from handoff.run import more_than_allowed


def at_terminal() -> bool:
    """Return whether a person sees what is printed and can answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def answer(question: str) -> str:
    """Return what the person says, in lower case; "" for Enter, and where the input ends."""
    return said(question).lower()


def said(question: str) -> str:
    """Return what the person says, as they say it; "" for Enter, and where the input ends."""
    try:
        return out.input(f"{question} ", markup=False).strip()
    except EOFError:
        return ""


def how_many(chosen: _wiring.Choice) -> tuple[bool, int | None]:
    """
    Return whether to go on, and how many deals to hand off for the first time; None: as many as the contract allows.

    The person is asked when more are new than the contract allows in one pass. While they think no lock is held.
    """
    loaded = _wiring.mappings_of(chosen)
    if loaded.contract.limits.new_per_pass is None or loaded.contract.rollout.mode == "shadow":
        return True, None
    with progress_bar() as progress, _wiring.wired(chosen, read_only=True, progress=progress) as bridge:
        more = more_than_allowed(bridge)
    if more is None:
        return True, None
    count, allowed = more
    out.print(f"{count:,} deals are new, and limits.new_per_pass allows {allowed:,} in one pass.")
    said = answer(f"Hand off all {count:,}? [y = all, Enter = the oldest {allowed:,}, q = nothing]")
    if said in ("y", "yes"):
        return True, count
    if said:
        err.print("Nothing was handed off.")
        return False, None
    return True, None
