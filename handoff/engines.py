"""What a ledger is kept in: SQLite in a file, or PostgreSQL by its address; one writer at a time on both."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from handoff.errors import ConfigError
from handoff.stored_json import read, written

SQLITE, POSTGRESQL = "sqlite", "postgresql"
PSYCOPG = "postgresql+psycopg"
DRIVERS = {"postgres": PSYCOPG, POSTGRESQL: PSYCOPG, PSYCOPG: PSYCOPG, SQLITE: SQLITE, "sqlite+pysqlite": SQLITE}

WAITS_SECONDS = 30
"""How long a writer waits for the one before it."""

STANDS_STILL_SECONDS = 5
"""How long a write transaction may do nothing before PostgreSQL ends it: whoever stands still holds up nobody."""

READS: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""What PostgreSQL is told of a transaction that only reads: it sees one moment, as on SQLite, and cannot write."""


def parsed(url: str) -> URL:
    """Return the address with the driver that is used for it; raises `ConfigError` where no ledger can be kept."""
    kind = url.partition(":")[0]
    try:
        said = make_url(url)
        return said.set(drivername=DRIVERS[said.drivername])
    except (ArgumentError, KeyError, ValueError):
        raise ConfigError(
            f"The ledger cannot be kept in {kind!r}. Use an address like sqlite:///handoff.db, or "
            "postgresql://user@host/database."
        ) from None


def names_a_password(url: str) -> bool:
    """Return whether a password stands in the address."""
    said = parsed(url)
    return said.password is not None or "password" in said.query


def engine_of(url: str) -> Engine:
    """Return the engine for an address; nothing is connected yet."""
    address = parsed(url)
    # Statements carry what deals say and who they name: none of it belongs into an error.
    engine_is: dict[str, Any] = {"hide_parameters": True, "json_serializer": written, "json_deserializer": read}
    try:
        if address.get_backend_name() == SQLITE:
            engine = create_engine(address, connect_args={"timeout": WAITS_SECONDS}, **engine_is)
            _sqlite(engine)
        else:
            asked = {"connect_timeout": 10, "application_name": "handoff"}
            left = {name: value for name, value in asked.items() if name not in address.query}
            engine = create_engine(
                address, connect_args=left, isolation_level="READ COMMITTED", pool_pre_ping=True, **engine_is
            )
            _postgresql(engine)
    except (NoSuchModuleError, ImportError) as error:
        raise ConfigError(
            f"The driver of {address.drivername} is not installed. Install handoff-bridge anew."
        ) from error
    return engine


def _sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def durable(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, by what they are for
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={WAITS_SECONDS}000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAITS_SECONDS}s'")
            connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{STANDS_STILL_SECONDS}s'")
            # One writer at a time, as SQLite has it: no two wait for each other, and what one has read in its
            # transaction stays so until it has written. Every one is short, and waits for no system.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('handoff'), hashtext(current_schema()))")
