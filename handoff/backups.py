"""A copy of a ledger that is kept in a file: whole while passes go on, on the disk, and looked at before it is told."""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from handoff.errors import ConfigError, Transient


@dataclass(frozen=True)
class Backup:
    """A copy, and how many rows each of its tables holds."""

    file: Path
    rows: Mapping[str, int]


def back_up(ledger: Path, file: Path) -> Backup:
    """
    Copy a ledger as it is at this moment; passes on it go on meanwhile. The copy is on the disk on return.

    Raises:
        ConfigError: There is no such ledger, or something is there already where the copy should be.
        Transient: It cannot be written there, or what was written is not sound; then nothing is left of it.
    """
    if not ledger.is_file():
        raise ConfigError(f"There is no ledger at {ledger} yet. The first pass makes it.")
    if file.exists():
        raise ConfigError(f"{file} is there already, and is not written over. Name another file, or move it away.")
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        rows = _copied(ledger, part)
        _to_the_disk(part)
        part.rename(file)
        _to_the_disk(file.parent)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        why = error.strerror if isinstance(error, OSError) else str(error)
        remedy = "Check that its folder is there and can be written, and that the disk has room."
        raise Transient(system="the ledger", doing="copying it", why=f"{why}.", remedy=remedy) from error
    return Backup(file, rows)


def free_name(file: Path) -> Path:
    """Return this name, or the first with a number behind it that nothing has yet."""
    names = (file if number == 1 else file.with_name(f"{file.name}.{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def _copied(ledger: Path, part: Path) -> dict[str, int]:
    with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)  # all pages in one step: of one moment, whatever is written meanwhile
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        (said,) = copy.execute("PRAGMA integrity_check").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError("the copy is not sound")
        names = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names}  # noqa: S608


def _to_the_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
