"""One writing pass at a time on one ledger file: a second one waits for the first."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handoff.errors import Transient
from handoff.ports import Progress

LOOK_AGAIN_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 900.0


@contextmanager
def alone(ledger_url: str, *, progress: Progress) -> Iterator[None]:
    """
    Hold the ledger's lock file; the system lets go of it when the process ends, however it ends.

    Real seconds count here, not simulated ones. A ledger that is no file has no such lock.

    Raises:
        Transient: Another pass still holds it after a quarter of an hour.
    """
    path = ledger_url.removeprefix("sqlite:///")
    if path == ledger_url or not path or path.startswith(":"):
        yield
        return
    try:
        file = Path(f"{path}.lock").open("w", encoding="utf-8")  # noqa: SIM115  held until the pass ends
    except OSError as error:
        why = f"{error.strerror or error}."
        remedy = "Check that its folder is there and can be written."
        raise Transient(system="the ledger", doing="opening it", why=why, remedy=remedy) from error
    with file:
        _wait(file.fileno(), progress)
        yield


def _wait(lock: int, progress: Progress) -> None:
    ends = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            progress("waiting for another pass", 0, 0)
        if time.monotonic() > ends:
            raise Transient(
                system="the ledger",
                doing="waiting for another pass on it",
                why="that pass has not ended within a quarter of an hour.",
                remedy="See what it does, or end it; the next one goes on from there.",
            )
        time.sleep(LOOK_AGAIN_SECONDS)
