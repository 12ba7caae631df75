"""`handoff init`, and what the other commands say to its files."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import connectors
from cli.app import app
from tests.desk import Desk

SECRETS = [f"HANDOFF_{kind}_MAIN_CLIENT_{part}" for kind in ("CRM", "PLATFORM") for part in ("ID", "SECRET")]


def called(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """A folder that `init` has just filled, and in which a person works without a sandbox."""
    for name in (*SECRETS, "HANDOFF_SANDBOX", "HANDOFF_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)
    assert called("init", str(tmp_path / "bridge")).exit_code == 0
    monkeypatch.chdir(tmp_path / "bridge")
    return tmp_path / "bridge"


def test_init_says_what_it_wrote_which_secrets_to_set_and_what_to_do_next(tmp_path):
    said = json.loads(called("init", str(tmp_path / "bridge"), "--json").stdout)

    written = {
        str(path.relative_to(tmp_path / "bridge")) for path in (tmp_path / "bridge").rglob("*") if path.is_file()
    }
    assert (said["ok"], set(said["files"])) == (True, written)
    assert {"handoff.toml", ".env.example", ".gitignore", "mappings/handoff.yml"} < written
    assert said["secrets"] == SECRETS
    assert said["next"][-4:] == [
        "handoff check",
        "handoff check --live",
        "handoff sync --dry-run",
        "handoff sync --limit 1",
    ]


def test_init_in_a_folder_that_has_a_deployment_names_its_files_and_ends_with_2(folder):
    before = (folder / "handoff.toml").read_bytes()

    done = called("init", ".", "--json")

    said = json.loads(done.stdout)
    assert (done.exit_code, said["ok"]) == (2, False)
    assert "handoff.toml" in said["error"]["findings"]
    assert (folder / "handoff.toml").read_bytes() == before


@pytest.mark.parametrize(("option", "wrong"), [("--crm", "gainsight"), ("--platform", "totanga")])
def test_init_for_a_system_without_a_connector_names_those_that_have_one(tmp_path, option, wrong):
    done = called("init", str(tmp_path / "bridge"), option, wrong, "--json")

    assert done.exit_code == 2
    assert f"no connector for '{wrong}'. Use one of: " in json.loads(done.stdout)["error"]["message"]
    assert not (tmp_path / "bridge").exists()


@pytest.mark.parametrize("platform", connectors.platforms())
@pytest.mark.parametrize("crm", connectors.crms())
def test_check_runs_the_examples_of_init_and_finds_no_mistake(crm, platform, tmp_path, monkeypatch):
    called("init", str(tmp_path / "bridge"), "--crm", crm, "--platform", platform)
    monkeypatch.chdir(tmp_path / "bridge")

    for more in ([], ["--mappings", "mappings"]):
        done = called("check", *more, "--json")

        said = json.loads(done.stdout)
        assert (done.exit_code, said["findings"], said["examples"]) == (0, [], 2)


def test_a_dry_run_after_init_misses_the_secrets_and_then_what_stands_in_angle_brackets(folder, monkeypatch):
    said = []
    for name in SECRETS:
        said.append(json.loads(called("sync", "--dry-run", "--json").stdout)["error"]["findings"])
        if name.startswith("HANDOFF_CRM"):
            monkeypatch.setenv(name, "x")

    assert said[:3] == [
        [
            "handoff.toml [crm.main]: client_id is missing. "
            "Set it there, or HANDOFF_CRM_MAIN_CLIENT_ID in the environment."
        ],
        ["handoff.toml [crm.main]: auth = client_credentials needs the environment's ..._CLIENT_SECRET"],
        ["handoff.toml [crm.main]: domain: <acme> stands for something of yours. Write that in its place."],
    ]


@pytest.mark.process
def test_the_mappings_of_init_drive_the_sandbox(desk: Desk, tmp_path):
    desk.json("init", str(tmp_path / "bridge"))

    said = desk.json("sync", "--sandbox", "--mappings", str(tmp_path / "bridge/mappings"))

    assert said["balance"]["seen"] == sum(
        said["balance"][part] for part in ("done", "waiting", "needs_person", "excluded")
    )
