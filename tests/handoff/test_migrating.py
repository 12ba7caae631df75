"""The schema of a ledger: the same however it came about, and brought up without losing a row."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from handoff import tables as t
from handoff.errors import ConfigError
from handoff.ledger import Ledger
from handoff.migrating import _config, _revisions, migrate, outstanding
from tests.databases import Server
from tests.fakes import NOON
from tests.handoff.builders import a_deal

OLD = Path(__file__).parent / "old_ledgers"
RELEASES = ["0.1.0", "0.2.0"]
DEAL = "main:salesforce:00D5g00000ORGaaEAG:0065g00000DeaLAAAV"
COMPANY = "hb:main:salesforce:00D5g00000ORGaaEAG:0015g00000NoRdWAAV:main.company"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'handoff.db'}"
        return
    with request.getfixturevalue("postgresql").database(made=False) as url:
        yield url


@pytest.fixture(params=RELEASES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a ledger as a release left it."""
    file = tmp_path / "handoff.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((OLD / f"{request.param}.sql").read_text(encoding="utf-8"))
    return file


def differences(connection: Connection) -> list[object]:
    """Return what Alembic would still change so that the tables are those of the code."""
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), t.metadata)


def upgraded(ledger: Ledger, schema: str) -> None:
    """Make the tables up to this schema by the migrations alone, as that release would have stood there."""
    with ledger.writing() as connection:
        command.upgrade(_config(connection), schema)
        connection.execute(t.meta.insert().values(name="schema", value=schema))


def rows_of(file: Path) -> dict[str, list[sqlite3.Row]]:
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}


def stamped(ledger: Ledger) -> list[str]:
    with ledger.reading() as connection:
        return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def test_the_newest_migration_is_the_schema_of_the_code():
    assert list(_revisions())[-1] == t.SCHEMA_VERSION
    assert list(_revisions()) == ["1", "2", "3", "4"]


def test_a_new_ledger_has_the_tables_that_the_migrations_make(empty_url):
    ledger = Ledger(empty_url)
    ledger.open(stamps={})

    with ledger.reading() as connection:
        assert differences(connection) == []
    assert stamped(ledger) == [t.SCHEMA_VERSION]


def test_the_migrations_make_the_tables_of_the_code(empty_url):
    ledger = Ledger(empty_url)
    upgraded(ledger, "head")

    with ledger.reading() as connection:
        assert differences(connection) == []
        made = {
            table: inspect(connection).get_pk_constraint(table)["constrained_columns"] for table in t.metadata.tables
        }
    assert made == {name: [c.name for c in table.primary_key] for name, table in t.metadata.tables.items()}


def test_a_difference_between_tables_and_code_is_seen(empty_url):
    ledger = Ledger(empty_url)
    upgraded(ledger, "2")

    with ledger.reading() as connection:
        missing = {str(one[0]) for one in differences(connection) if isinstance(one, tuple)}
    assert missing == {"add_table", "add_column", "add_index"}


def test_a_person_whom_an_earlier_release_kept_in_a_handoff_is_moved_where_it_can_be_purged(empty_url):
    before = {"ref": "1P02", "status": "Active", "csm_email": "ida@fjord.example"}
    ledger = Ledger(empty_url)
    upgraded(ledger, "2")
    handoff = {"deal": DEAL, "episode": 1, "steps": [], "mapping_version": "v1", "background": before}
    handoff |= {"handed_off_at": NOON, "work_starts_at": NOON}
    keys = ["hb:k:e1", "hb:k:e2"]
    with ledger.writing() as connection:
        connection.execute(t.handoffs.insert(), [handoff | {"key": key} for key in keys])
        kept = {"owner": "hb:k:e2", "what": "background", "body": {"csm_email": "the first"}, "at": NOON}
        connection.execute(t.payloads.insert(), kept)

    migrate(ledger)

    assert {row.background["csm_email"] for row in ledger.handoffs(keys).values()} == {None}
    assert ledger.bodies("background", keys) == {
        "hb:k:e1": {"csm_email": "ida@fjord.example"},
        "hb:k:e2": {"csm_email": "the first"},
    }


def test_a_ledger_of_an_older_release_is_brought_up_and_keeps_every_row_and_value(old):
    before = rows_of(old)
    ledger = Ledger(f"sqlite:///{old}")

    ledger.open(stamps={"salesforce main": "00D5g00000ORGaaEAG"})

    with ledger.reading() as connection:
        assert differences(connection) == []
    after = rows_of(old)
    assert sum(len(rows) for rows in before.values()) == 10
    for table in set(before) - {"meta"}:
        kept = [{name: row[name] for name in before[table][0].keys()} for row in after[table]]  # noqa: SIM118
        assert kept == [dict(row) for row in before[table]], table
    assert ledger.deals([DEAL])[DEAL].account_name == "Nordwind Freight"
    assert ledger.holders(["1P02MADE"]) == {"1P02MADE": COMPANY}
    assert (ledger.steps([COMPANY])[COMPANY].send_by, stamped(ledger)) == (None, [t.SCHEMA_VERSION])


def test_before_a_ledger_is_changed_a_copy_is_kept_beside_it_once(old):
    before = {table: [tuple(row) for row in rows] for table, rows in rows_of(old).items()}
    schema = dict(before["meta"])["schema"]

    for _ in range(2):
        ledger = Ledger(f"sqlite:///{old}")
        ledger.open(stamps={})
        ledger.close()

    (copy,) = [
        file for file in old.parent.iterdir() if file.name not in (old.name, f"{old.name}-wal", f"{old.name}-shm")
    ]
    assert copy.name == f"handoff.db.schema-{schema}"
    assert {table: [tuple(row) for row in rows] for table, rows in rows_of(copy).items()} == before


def test_a_migration_that_fails_half_way_leaves_the_ledger_as_it_was(old):
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("CREATE TABLE leases (theirs TEXT)")  # one of the last things that are made
    before = {table: [tuple(row) for row in rows] for table, rows in rows_of(old).items()}

    with pytest.raises(Exception, match="leases"):
        Ledger(f"sqlite:///{old}").open(stamps={})

    assert {table: [tuple(row) for row in rows] for table, rows in rows_of(old).items()} == before


def test_an_older_ledger_that_several_machines_share_is_not_changed_until_somebody_says_so(postgresql: Server):
    with postgresql.database(made=False) as url:
        ledger = Ledger(url)
        upgraded(ledger, "2")

        with pytest.raises(ConfigError, match=r"has schema 2, and .* needs 4.*run `handoff ledger migrate`"):
            ledger.open(stamps={})
        assert stamped(ledger) == ["2"]
        migrate(ledger)

        ledger.open(stamps={})
        with ledger.reading() as connection:
            assert differences(connection) == []


def test_rows_on_postgresql_go_through_every_migration(postgresql: Server):
    with postgresql.database(made=False) as url:
        ledger = Ledger(url)
        upgraded(ledger, "1")
        with ledger.writing() as connection:
            for statement in _inserts("0.1.0"):
                connection.execute(text(statement))

        migrate(ledger)

        ledger.open(stamps={"salesforce main": "00D5g00000ORGaaEAG"})
        assert ledger.holders(["1P02MADE"]) == {"1P02MADE": COMPANY}
        ledger.take_in([a_deal()], [], NOON, ledger.begin_run("sync", NOON, "abc123"))
        assert len(ledger.search("")) == 2


def _inserts(release: str) -> list[str]:
    """Return the rows of an old ledger, in words that PostgreSQL takes too, but for what is stamped already."""
    said = (OLD / f"{release}.sql").read_text(encoding="utf-8").replace("('schema', '1'), ", "")
    said = said.replace("06.000000', 1, 'abc123'", "06.000000', true, 'abc123'").replace(
        "VALUES (\n\t1, ", "VALUES (\n\t-1, "
    )
    return [f"INSERT{one}".replace(":", r"\:") for one in said.split("INSERT")[1:]]


def test_what_is_outstanding_is_told_in_order():
    assert [one.schema for one in outstanding("1")] == ["2", "3", "4"]
    assert outstanding("4") == []
    assert "leases" in outstanding("2")[0].brings


def test_a_ledger_of_a_later_release_is_refused_and_that_release_is_named(empty_url):
    ledger = Ledger(empty_url)
    ledger.open(stamps={})
    with ledger.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '5'"))
        for name, value in (("schema", "5"), ("release", "9.9.0")):
            connection.execute(t.meta.update().values(value=value).where(t.meta.c.name == name))

    for use in (lambda: ledger.open(stamps={}), lambda: migrate(ledger)):
        with pytest.raises(ConfigError, match=r"has schema 5, made by Handoff Bridge 9\.9\.0\. This is .* schema 4"):
            use()


def test_a_ledger_of_a_release_that_nobody_knows_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / "handoff.db")) as connection:
        connection.execute("CREATE TABLE meta (name, value)")

    with pytest.raises(ConfigError, match="has schema None, made by Handoff Bridge another release"):
        Ledger(f"sqlite:///{tmp_path / 'handoff.db'}").open(stamps={})


def test_a_database_that_holds_something_else_is_left_alone(empty_url):
    ledger = Ledger(empty_url)
    with ledger.writing() as connection:
        connection.execute(text("CREATE TABLE flow_run (id INTEGER)"))

    with pytest.raises(ConfigError, match="not empty, and no ledger"):
        ledger.open(stamps={})

    with ledger.reading() as connection:
        assert inspect(connection).get_table_names() == ["flow_run"]


def test_a_ledger_may_have_a_schema_of_postgresql_for_itself(postgresql: Server):
    with postgresql.database(made=False) as url:
        other = Ledger(url)
        with other.writing() as connection:
            connection.execute(text("CREATE TABLE flow_run (id INTEGER)"))
            connection.execute(text("CREATE SCHEMA handoff"))
        ledger = Ledger(f"{url}&options=-csearch_path%3Dhandoff")

        ledger.open(stamps={})

        with other.reading() as connection:
            assert "deals" in inspect(connection).get_table_names("handoff")
            assert inspect(connection).get_table_names() == ["flow_run"]
