"""The commands that read the mapping files alone."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import connectors
from cli.app import app
from flows._wiring import SHIPPED_MAPPINGS
from handoff.example_files import load_examples

PAIRS = [(crm, platform) for crm in connectors.crms() for platform in connectors.platforms()]


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
    example = folder / "examples" / "enterprise_complete" / "salesforce.yml"
    example.write_text(example.read_text(encoding="utf-8").replace("segment: enterprise", "segment: smb"), "utf-8")

    said = json.loads(called("check", "--mappings", str(folder), "--json").stdout)

    assert said["findings"] == said["error"]["findings"] != []


@pytest.mark.parametrize(("crm", "platform"), PAIRS)
def test_check_runs_the_shipped_examples_of_each_pair(crm: str, platform: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HANDOFF_SANDBOX_CRM", crm)
    monkeypatch.setenv("HANDOFF_SANDBOX_PLATFORM", platform)

    for more in (["--sandbox"], ["--mappings", str(SHIPPED_MAPPINGS)]):
        done = called("check", *more, "--json")

        said = json.loads(done.stdout)
        assert (done.exit_code, said["findings"], said["examples"]) == (0, [], 2)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("targets/totango.yml", "object: touchpoint", "object: touchpont", "Nearest: touchpoint."),
        ("sources/hubspot.yml", "as: date", "as: dat", "Nearest: date."),
    ],
)
def test_check_finds_a_mistake_of_every_pair_of_the_sandbox_without_asking_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, file: str, right: str, wrong: str, said: str
):
    monkeypatch.setenv("HANDOFF_SANDBOX_CRM", "salesforce,hubspot")
    monkeypatch.setenv("HANDOFF_SANDBOX_PLATFORM", "gainsight,totango")
    assert called("check", "--mappings", str(folder)).exit_code == 0
    written = (folder / file).read_text(encoding="utf-8")
    assert right in written
    (folder / file).write_text(written.replace(right, wrong, 1), encoding="utf-8")

    alone, of_sandbox = (called("check", "--mappings", str(folder), *more) for more in ([], ["--sandbox"]))

    for done in (alone, of_sandbox):
        assert done.exit_code == 2
        assert f"{file}:" in done.output
        assert said in done.output


def test_check_asks_for_the_file_of_each_system_of_the_sandbox(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HANDOFF_SANDBOX_PLATFORM", "gainsight,totango")
    (folder / "targets" / "totango.yml").unlink()

    done = called("check", "--mappings", str(folder))

    assert done.exit_code == 2
    assert "needs totango.yml; there is: churnzero, crm, gainsight." in " ".join(done.output.split())


@pytest.mark.parametrize(("crm", "platform"), PAIRS)
def test_of_each_pair_a_complete_deal_and_one_with_gaps_are_shown(crm: str, platform: str):
    shown = load_examples(SHIPPED_MAPPINGS, crm=crm, platform=platform).read

    assert {bool(one.example.expect.missing) for one in shown} == {True, False}


def test_the_sandbox_is_looked_at_whatever_the_folders_deployment_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert called("init", str(tmp_path), "--crm", "hubspot", "--platform", "totango").exit_code == 0
    monkeypatch.chdir(tmp_path)

    own, shipped = (json.loads(called("check", *more, "--json").stdout)["steps"] for more in ([], ["--sandbox"]))

    assert "enrolment" in own
    assert "onboarding_cta" in shipped


def test_the_examples_of_other_systems_are_counted_and_not_run(folder: Path):
    example = "platform: totango\nrecord: {}\nexpect: {steps: {never: {}}}\n"
    (folder / "examples" / "of_totango.yml").write_text(example, "utf-8")

    assert (
        "examples: 2, all as expected; 1 of other systems not run" in called("check", "--mappings", str(folder)).stdout
    )


def test_lineage_says_where_a_field_comes_from(folder: Path):
    done = called("lineage", "brief.Subject", "--mappings", str(folder))

    assert done.exit_code == 0
    assert "account.name <- Account.Name [sources/salesforce.yml:" in done.stdout


@pytest.mark.parametrize("name", ["handoff", "people", "source", "target"])
def test_the_schema_of_each_file_is_json_and_knows_no_other_keys(name: str):
    schema = json.loads(called("schema", name).stdout)

    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
