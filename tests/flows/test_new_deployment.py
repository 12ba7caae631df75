"""The first files of a customer's own deployment."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

import connectors
from connectors._system import SWITCH, extra
from flows._new_deployment import NewDeployment, new_deployment, write_files
from flows._wiring import SHIPPED_MAPPINGS
from handoff.errors import ConfigError
from handoff.settings import Instance, read_settings

TODAY = date(2026, 3, 9)
HAND_WRITTEN = (
    "HANDOFF_CRM_MAIN_CLIENT_ID",
    "HANDOFF_CRM_MAIN_CLIENT_SECRET",
    "HANDOFF_PLATFORM_MAIN_CLIENT_ID",
    "HANDOFF_PLATFORM_MAIN_CLIENT_SECRET",
)
OWN = {
    "HANDOFF_CRM_MAIN_DOMAIN": "acme.my",
    "HANDOFF_PLATFORM_MAIN_BASE_URL": "https://acme.gainsightcloud.com",
}


def made(shipped: Path = SHIPPED_MAPPINGS) -> NewDeployment:
    return new_deployment(shipped, crm="salesforce", platform="gainsight", today=TODAY)


def variables(text: str) -> list[str]:
    return re.findall(r"^(HANDOFF_\w+)=''$", text, re.MULTILINE)


def test_the_first_file_says_where_churnzero_s_own_host_is_found_and_what_a_wrong_one_does():
    section = new_deployment(SHIPPED_MAPPINGS, crm="salesforce", platform="churnzero", today=TODAY).files[
        "handoff.toml"
    ]

    (line,) = [line for line in section.splitlines() if "push_url" in line]
    assert "Admin > Application Keys" in line
    assert "a wrong one loses all that is sent" in line


def test_the_first_run_hands_off_nothing_won_before_the_deployment_was_made():
    contract = made().files["mappings/handoff.yml"]

    assert re.findall(r"^start_from: *(\S+) +# (.*)$", contract, re.MULTILINE) == [
        ("2026-03-09", "what was won before this day is never handed off")
    ]


def test_the_copied_mappings_differ_from_the_shipped_ones_in_one_line_only():
    files = {name.removeprefix("mappings/"): text for name, text in made().files.items() if name.startswith("mappings")}

    differing = [
        (name, copied)
        for name, text in files.items()
        for copied, shipped in zip(
            text.splitlines(), (SHIPPED_MAPPINGS / name).read_text(encoding="utf-8").splitlines(), strict=True
        )
        if copied != shipped
    ]
    assert [(name, line.split()[0]) for name, line in differing] == [("handoff.yml", "start_from:")]
    assert {"handoff.yml", "people.yml", "sources/salesforce.yml", "targets/gainsight.yml"} < set(files)


def test_files_of_other_systems_are_left_out(tmp_path, monkeypatch):
    others = {("crm", "hubspot"): None, ("platform", "totango"): None}
    known = {**connectors.systems(), **others}
    monkeypatch.setattr("connectors.systems", lambda: known)
    names = ("sources/salesforce.yml", "sources/hubspot.yml", "targets/totango.yml", "templates/totango_task.html.j2")
    for name in (*names, "templates/brief.html.j2", "handoff.yml", "read_me.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("start_from: 2017-01-01\n", encoding="utf-8")

    copied = [name for name in made(tmp_path).files if name.startswith("mappings/")]

    assert copied == ["mappings/handoff.yml", "mappings/sources/salesforce.yml", "mappings/templates/brief.html.j2"]


def test_the_names_of_the_secrets_are_those_that_the_systems_ask_for():
    deployment = made()

    assert deployment.secrets == HAND_WRITTEN
    assert tuple(variables(deployment.files[".env.example"])) == HAND_WRITTEN


@pytest.mark.parametrize("kind", ["crm", "platform"])
def test_with_the_named_secrets_set_the_settings_are_whole_and_without_any_one_of_them_they_are_not(tmp_path, kind):
    write_files(tmp_path, made().files)
    whole = OWN | dict.fromkeys(HAND_WRITTEN, "x")

    def settings(environment: dict[str, str]) -> Instance:
        return getattr(read_settings(tmp_path, mappings=None, environment=environment), kind)

    model = connectors.systems()[kind, settings({}).system].settings
    assert settings(whole).read(model)
    for name in (name for name in HAND_WRITTEN if kind.upper() in name):
        with pytest.raises(ConfigError, match=r"CLIENT_SECRET|client_id is missing"):
            settings({key: value for key, value in whole.items() if key != name}).read(model)


def test_the_settings_of_every_way_to_log_in_are_shown_and_those_of_the_others_are_out_of_force():
    files = made().files

    assert '\n# username = "<integration.user@acme.example>"' in files["handoff.toml"]
    assert "\n# HANDOFF_CRM_MAIN_PRIVATE_KEY=''" in files[".env.example"]
    assert "\n# HANDOFF_PLATFORM_MAIN_ACCESS_KEY=''" in files[".env.example"]
    assert tomllib.loads(files["handoff.toml"])["crm"]["main"] == {
        "system": "salesforce",
        "domain": "<acme>.my",
        "auth": "client_credentials",
        "version": "66.0",
    }


@pytest.mark.parametrize("system", connectors.systems().values(), ids=lambda system: system.name)
def test_every_setting_says_what_it_means(system):
    asked = {
        n: i for n, i in system.settings.model_fields.items() if n != "system" and not extra(system.settings, n, SWITCH)
    }

    assert [name for name, info in asked.items() if not info.description] == []


def test_secrets_and_the_ledger_stay_out_of_version_control():
    assert {".env", "*.db", "*.pem"} < set(made().files[".gitignore"].splitlines())


def test_nothing_is_written_when_one_file_is_there_already_and_each_that_is_there_is_named(tmp_path):
    (tmp_path / ".gitignore").write_text("mine\n", encoding="utf-8")
    (tmp_path / "handoff.toml").write_text("# mine\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="Nothing was written") as caught:
        write_files(tmp_path, made().files)

    assert caught.value.findings == (f"{tmp_path}/handoff.toml", f"{tmp_path}/.gitignore")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "handoff.toml"]
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine\n"


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"taken.* cannot be written: .*\. Take another folder"):
        write_files(tmp_path / "taken", made().files)
