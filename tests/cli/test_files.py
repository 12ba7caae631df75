"""The commands that read the mapping files alone."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from flows._wiring import SHIPPED_MAPPINGS


def called(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_MAPPINGS, tmp_path / "mappings"))


def test_check_finds_nothing_in_the_shipped_files_and_names_what_they_do(folder: Path):
    done = called("check", "--mappings", str(folder), "--json")

    said = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (said["ok"], said["findings"]) == (True, [])
    assert said["steps"] == ["company", "plan", "onboarding_cta", "brief"]


def test_check_tells_every_mistake_of_every_file_with_its_line_and_ends_with_2(folder: Path):
    for name, wrong in (("handoff.yml", "segmants: []\n"), ("people.yml", "teems: {}\n")):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(wrong)

    done = called("check", "--mappings", str(folder), "--json")

    said = json.loads(done.stdout)
    findings = said["error"]["findings"]
    assert (said["ok"], said["findings"], said["exit"]) == (False, findings, 2)
    assert done.exit_code == 2
    assert [finding.split(":")[0] for finding in findings] == ["handoff.yml", "people.yml"]
    assert all(finding.split(":")[1].isdigit() for finding in findings)
    assert "Nearest: segments." in findings[0]
    assert "Nearest: teams." in findings[1]


def test_an_example_that_is_not_met_is_a_finding_on_top_too(folder: Path):
    example = folder / "examples" / "enterprise_complete.yml"
    example.write_text(example.read_text(encoding="utf-8").replace("segment: enterprise", "segment: smb"), "utf-8")

    said = json.loads(called("check", "--mappings", str(folder), "--json").stdout)

    assert said["findings"] == said["error"]["findings"] != []


def test_lineage_says_where_a_field_comes_from(folder: Path):
    done = called("lineage", "brief.Subject", "--mappings", str(folder))

    assert done.exit_code == 0
    assert "account.name <- Account.Name [sources/salesforce.yml:" in done.stdout


@pytest.mark.parametrize("name", ["handoff", "people", "source", "target"])
def test_the_schema_of_each_file_is_json_and_knows_no_other_keys(name: str):
    schema = json.loads(called("schema", name).stdout)

    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
