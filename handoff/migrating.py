"""Which schema a ledger has, how an empty database gets the newest one, and how an older ledger is brought up to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from handoff import tables as t
from handoff.backups import Backup, back_up, free_name
from handoff.database import Database
from handoff.engines import POSTGRESQL
from handoff.errors import ConfigError

FOLDER = Path(__file__).parent / "migrations"
BEFORE_STAMPS = frozenset({"1", "2"})
"""The schemas of the releases that wrote theirs down in `meta` alone."""

_stamp = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


@dataclass(frozen=True)
class Migration:
    """One change of the tables: the schema after it, and what it brings."""

    schema: str
    brings: str


def schema_of(connection: Connection) -> str | None:
    """
    Return the schema of this ledger, None where the database is empty.

    Raises:
        ConfigError: What is there is no ledger, or one of a release that this one does not know.
    """
    there = set(inspect(connection).get_table_names())
    if not there:
        return None
    if t.meta.name not in there:
        raise ConfigError(
            "That database is not empty, and no ledger. Give the ledger a database of its own (on PostgreSQL a schema "
            "will do: add ?options=-csearch_path%3Dhandoff to the url)."
        )
    known = dict(connection.execute(select(t.meta.c.name, t.meta.c.value)).tuples().all())
    written = str(known.get("schema"))
    if _stamp.name in there:
        schema = str(connection.execute(select(_stamp.c.version_num)).scalar_one())
        if schema == t.SCHEMA_VERSION or schema in _revisions():
            return schema
    elif written in BEFORE_STAMPS:
        return written
    by = known.get("release", "another release")
    raise ConfigError(
        f"This ledger has schema {written}, made by Handoff Bridge {by}. This is {_release()}, which knows "
        f"schema {t.SCHEMA_VERSION} and those before. Use the release that made it, or a later one."
    )


def outstanding(schema: str) -> list[Migration]:
    """Return what brings a ledger of this schema up to the newest, the first change first."""
    return [Migration(str(r.revision), _says(r)) for r in _after(schema)]


def make_ready(connection: Connection) -> None:
    """
    Make the tables in an empty database, and bring up a ledger of an older release that one machine has for itself.

    A copy of that ledger as it was is kept beside it.

    Raises:
        ConfigError: It is no ledger, or of a later release; or several machines share it, and it must be brought up.
    """
    schema = schema_of(connection)
    if schema is None:
        _make(connection)
    elif schema != t.SCHEMA_VERSION:
        if connection.dialect.name == POSTGRESQL:
            raise ConfigError(
                f"This ledger has schema {schema}, and Handoff Bridge {_release()} needs {t.SCHEMA_VERSION}. End the "
                "passes on all machines, back it up with pg_dump, and run `handoff ledger migrate`."
            )
        _bring_up(connection, schema)


def migrate(database: Database) -> Backup | None:
    """
    Give the ledger the newest schema, whatever it has; all of it or nothing.

    Returns:
        The copy that was made of a ledger in a file before it was changed.

    Raises:
        ConfigError: It is no ledger, or of a later release.
    """
    with database.writing() as connection:
        schema = schema_of(connection)
        if schema is None:
            _make(connection)
        elif schema != t.SCHEMA_VERSION:
            return _bring_up(connection, schema)
    return None


def _make(connection: Connection) -> None:
    t.metadata.create_all(connection)
    _stamp.create(connection)
    connection.execute(_stamp.insert().values(version_num=t.SCHEMA_VERSION))
    _write_down(connection)


def _bring_up(connection: Connection, schema: str) -> Backup | None:
    from alembic import command  # here, for it is slow to load and seldom needed

    file = connection.engine.url.database
    kept = None
    if connection.dialect.name != POSTGRESQL and file and not file.startswith(":"):
        # Nobody can write meanwhile, for the transaction has begun: the copy is what is changed next.
        kept = back_up(Path(file), free_name(Path(f"{file}.schema-{schema}")))
    if not inspect(connection).has_table(_stamp.name):
        _stamp.create(connection)
        connection.execute(_stamp.insert().values(version_num=schema))
    command.upgrade(_config(connection), "head")
    _write_down(connection)
    return kept


def _write_down(connection: Connection) -> None:
    """Earlier releases read the schema here, and refuse; a person is told the release."""
    said = {"schema": t.SCHEMA_VERSION, "release": _release()}
    connection.execute(t.meta.delete().where(t.meta.c.name.in_(said)))
    connection.execute(t.meta.insert(), [{"name": name, "value": value} for name, value in said.items()])


def _release() -> str:
    return version("handoff-bridge")


def _config(connection: Connection | None = None) -> Any:
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _revisions() -> dict[str, Any]:
    """Return the changes by schema, the first one first."""
    from alembic.script import ScriptDirectory

    found = ScriptDirectory.from_config(_config()).walk_revisions()
    return {str(one.revision): one for one in reversed(list(found))}


def _after(schema: str) -> Iterator[Any]:
    passed = False
    for name, revision in _revisions().items():
        if passed:
            yield revision
        passed = passed or name == schema


def _says(revision: Any) -> str:
    return str(revision.doc).rstrip(".")
