"""What is said when the ledger's database cannot be used: in our own words, which name no person and no password."""

import re
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from handoff.errors import NotAllowed, ServiceError, Transient

SQLITE_REMEDY = "Check that its folder is there and can be written, that the disk has room, and that nothing locks it."
REACH = "Check that the server runs, that this machine may reach it, and the ledger's url."
AGAIN = "Nothing was lost: the next pass goes on."


class Said(NamedTuple):
    """What is told of one trouble."""

    kind: type[ServiceError]
    why: str
    remedy: str


LOGIN = Said(
    NotAllowed,
    "the server did not let us in",
    "Check the user and the password (HANDOFF_LEDGER_URL, PGPASSWORD or the password file), and the server's rules.",
)
NO_DATABASE = Said(
    NotAllowed, "the server has no database of that name", "Make it (createdb), or correct the ledger's url."
)
NO_RIGHT = Said(
    NotAllowed,
    "its role may not do that",
    "Let the role make and change tables: GRANT USAGE, CREATE ON SCHEMA public TO it, or give it a schema of its own.",
)
STANDBY = Said(Transient, "the server takes no writes", "Let the ledger's url lead to the primary, not to a standby.")
FULL = Said(Transient, "the server has no room left, on its disk or for one more connection", "Make some there.")
STOPPING = Said(Transient, "the server is starting or stopping, or ended the call", AGAIN)
STOOD_STILL = Said(Transient, "this process stood still in the middle of writing, and was cut off", AGAIN)
HELD = Said(Transient, "another pass held it for too long", AGAIN)
CROSSED = Said(Transient, "two passes wanted the same rows", AGAIN)
BROKEN = Said(Transient, "the connection to its server broke, or never came about", REACH)

BY_STATE = {
    "28": LOGIN,
    "3D": NO_DATABASE,
    "42501": NO_RIGHT,
    "25006": STANDBY,
    "25P03": STOOD_STILL,
    "40": CROSSED,
    "53": FULL,
    "55P03": HELD,
    "57": STOPPING,
    "08": BROKEN,
}
"""By the beginning of the SQLSTATE."""

BY_WORDS = {
    'authentication failed|no password|pg_hba|role "[^"]*" does not exist': LOGIN,
    'database "[^"]*" does not exist': NO_DATABASE,
    "too many clients|connection slots": FULL,
    "starting up|shutting down": STOPPING,
    "connection refused|no such file": Said(Transient, "nothing listens at its address", REACH),
    "timeout expired|timed out": Said(Transient, "its server did not answer in time", REACH),
    "resolve host|translate host": Said(Transient, "its host has no address", REACH),
    "": BROKEN,
}
"""By what is said when no connection comes about: there is no SQLSTATE then."""


def trouble(error: DBAPIError, *, postgresql: bool) -> ServiceError | None:
    """Return what to say of a database that is locked, full or out of reach; None when the mistake is ours."""
    said = _postgresql(error) if postgresql else Said(Transient, _first_line(error), SQLITE_REMEDY)
    if said is None:
        return None
    return said.kind(system="the ledger", doing="opening or writing it", why=f"{said.why}.", remedy=said.remedy)


def _postgresql(error: DBAPIError) -> Said | None:
    state = getattr(error.orig, "sqlstate", None)
    if state:
        return next((said for begins, said in BY_STATE.items() if state.startswith(begins)), None)
    words = str(error.orig).lower()
    return next(said for phrase, said in BY_WORDS.items() if re.search(phrase, words))


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).partition("\n")[0].rstrip(".")
