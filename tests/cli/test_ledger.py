"""`handoff ledger`: brings the bridge's memory up to date and copies it, and calls no system."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from handoff.backups import back_up
from handoff.errors import Transient
from handoff.ledger import Ledger
from tests.fakes import NOON
from tests.handoff.builders import a_deal

OLD = Path(__file__).parents[1] / "handoff" / "old_ledgers" / "0.2.0.sql"
TOML = """
[crm.main]
system = "salesforce"
domain = "acme.my"

[platform.main]
system = "gainsight"
base_url = "https://acme.gainsightcloud.com"
"""


def called(*arguments: str):
    return CliRunner().invoke(app, ["ledger", *arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a deployment's folder, which is the current one."""
    (tmp_path / "handoff.toml").write_text(TOML, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("HANDOFF_SANDBOX", "HANDOFF_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def old(folder: Path) -> Path:
    with closing(sqlite3.connect(folder / "handoff.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(OLD.read_text(encoding="utf-8"))
    return folder / "handoff.db"


@pytest.fixture
def ledger(folder: Path) -> Ledger:
    ledger = Ledger(f"sqlite:///{folder / 'handoff.db'}")
    ledger.open(stamps={})
    ledger.take_in([a_deal()], [], NOON, 1)
    return ledger


def test_migrate_says_what_would_change_and_changes_nothing_when_only_asked(old):
    before = old.read_bytes()

    done = called("migrate", "--dry-run")

    assert done.exit_code == 0
    assert "Schema 2 -> 4" in done.output
    assert "3: Release 0.3: leases" in done.output
    assert "Nothing was changed" in done.output
    assert old.read_bytes() == before


def test_migrate_keeps_a_copy_brings_the_ledger_up_and_then_has_nothing_to_do(old):
    first, again = called("migrate", "--json"), called("migrate", "--json")

    said, then = json.loads(first.stdout), json.loads(again.stdout)
    assert (first.exit_code, said["schemas"], said["done"]) == (0, {"from": "2", "to": "4"}, True)
    assert said["backup"] == f"{old}.schema-2"
    assert Path(said["backup"]).exists()
    assert (again.exit_code, then["schemas"], then["done"], then["backup"]) == (
        0,
        {"from": "4", "to": "4"},
        False,
        None,
    )


def test_migrate_makes_a_ledger_where_none_is_and_asking_makes_none(folder):
    assert called("migrate", "--dry-run").exit_code == 0
    assert not (folder / "handoff.db").exists()

    assert "has schema 4 now" in called("migrate").output
    assert (folder / "handoff.db").exists()


def test_migrate_brings_up_an_empty_database_on_a_server(folder, postgresql, monkeypatch):
    with postgresql.database(made=False) as url:
        monkeypatch.setenv("HANDOFF_LEDGER_URL", url)

        done = called("migrate", "--json")

        assert json.loads(done.stdout)["schemas"] == {"from": None, "to": "4"}
        Ledger(url).open(stamps={})


def test_a_backup_made_while_a_pass_writes_is_of_one_moment_and_says_what_it_holds(ledger, folder):
    with ledger.writing() as connection:
        connection.exec_driver_sql("DELETE FROM deals")  # not durable yet, so not in the copy
        done = called("backup", "copy.db", "--json")

    said = json.loads(done.stdout)
    assert (done.exit_code, said["rows"]["deals"], said["bytes"] > 0) == (0, 1, True)
    copy = Ledger(f"sqlite:///{folder / 'copy.db'}")
    copy.open(stamps={})
    assert [row.name for row in copy.search("")] == ["Harbor lights, 40 seats"]


def test_a_backup_without_a_name_is_named_after_the_moment(ledger, folder):
    assert called("backup").exit_code == 0

    assert len(list(folder.glob("handoff-20*Z.db"))) == 1


def test_a_backup_never_replaces_a_file(ledger, folder):
    (folder / "copy.db").write_text("mine")

    done = called("backup", "copy.db")

    assert done.exit_code == 2
    assert "is not written over" in done.output
    assert (folder / "copy.db").read_text() == "mine"


def test_there_is_nothing_to_back_up_before_the_first_pass(folder):
    done = called("backup")

    assert done.exit_code == 2
    assert "no ledger" in done.output
    assert not (folder / "handoff.db").exists()


def test_a_ledger_on_a_server_is_backed_up_by_the_server_s_tool(folder, monkeypatch):
    monkeypatch.setenv("HANDOFF_LEDGER_URL", "postgresql://bridge:hunter2@db.example/handoff")

    done = called("backup")

    assert done.exit_code == 2
    assert "pg_dump" in done.output
    assert "hunter2" not in done.output


def test_a_password_in_the_file_is_refused(folder):
    (folder / "handoff.toml").write_text(f'[ledger]\nurl = "postgresql://b:hunter2@db.example/x"\n{TOML}')

    done = called("migrate")

    assert done.exit_code == 2
    assert "url names a password" in done.output
    assert "hunter2" not in done.output


def test_a_copy_that_is_not_sound_is_not_kept(ledger, folder):
    ledger.close()
    whole = (folder / "handoff.db").read_bytes()
    (folder / "torn.db").write_bytes(whole[:8192] + b"\xff" * 8192 + whole[16384:])

    with pytest.raises(Transient, match="copying it"):
        back_up(folder / "torn.db", folder / "copy.db")

    assert not list(folder.glob("copy.db*"))
