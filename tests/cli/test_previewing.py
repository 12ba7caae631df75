"""`preview` of one deal, its example, and `why --fields`, over a small bridge in memory."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from handoff.model import Customer
from tests.fakes import ACTING
from tests.handoff.builders import ACCOUNT, CONTRACT, DEAL, a_deal, folder_in, mappings_in


def called(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_preview_shows_every_field_with_the_value_before_and_after_each_rule_and_sends_nothing(world):
    world.crm.win(a_deal(source={"Business_Goal__c": "<p>Fewer <b>late</b> berths</p>"}))

    done = called("preview", DEAL)

    assert done.exit_code == 0, done.stderr
    assert (
        "    Goal = Fewer late berths\n      <- business_goal = Fewer late berths <- Business_Goal__c = "
        "<p>Fewer <b>late</b> berths</p> [sources/salesforce.yml:4]  by targets/gainsight.yml:8\n" in done.stdout
    )
    assert (world.platform.sent, world.crm.receipts, world.ledger.runs()) == ([], [], [])


def test_preview_as_data_names_record_path_and_places_of_every_field(world):
    world.crm.win(a_deal())

    said = json.loads(called("preview", DEAL, "--json").stdout)

    company = next(step for step in said["steps"] if step["name"] == "company")
    assert company["fields"]["Name"] == {
        "value": "Nordwind Freight",
        "from": [
            {
                "name": "account.name",
                "paths": ["Account.Name"],
                "place": "sources/salesforce.yml:7",
                "value": "Nordwind Freight",
                "record": DEAL,
                "read": {"Account.Name": "Nordwind Freight"},
            }
        ],
        "rule": "targets/gainsight.yml:6",
    }


def test_an_example_saved_from_a_deal_passes_check_and_an_edit_of_the_mapping_makes_it_fail(world, tmp_path: Path):
    world.crm.win(a_deal())
    folder = folder_in(tmp_path / "mine", ACTING)

    saved = called("preview", DEAL, "--save-example", str(folder / "examples" / "mid_market.yml"))
    passes = called("check", "--mappings", str(folder))
    target = folder / "targets" / "gainsight.yml"
    target.write_text(target.read_text().replace("priority: {value: Medium}", "priority: {value: High}"))
    fails = called("check", "--mappings", str(folder))

    assert (saved.exit_code, passes.exit_code, fails.exit_code) == (0, 0, 2)
    assert "examples: 1, all as expected" in passes.stdout
    assert "-> priority: expected 'Medium', and the mapping gives 'High'. Correct the example, or" in fails.stderr


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("mappings/examples/one.yml", "Run it: handoff check --mappings {folder}"),
        (
            "mappings/examples/one.yaml",
            "move it to {folder}/examples/NAME.yml, then: handoff check --mappings {folder}",
        ),
        (
            "elsewhere/examples/one.yml",
            "move it to {folder}/examples/NAME.yml, then: handoff check --mappings {folder}",
        ),
        ("one.yml", "move it to {folder}/examples/NAME.yml, then: handoff check --mappings {folder}"),
    ],
)
def test_it_is_said_how_a_saved_example_is_run_or_where_it_belongs(world, tmp_path: Path, file, said):
    world.crm.win(a_deal())

    done = called("preview", DEAL, "--save-example", str(tmp_path / file))

    shown = "".join(done.stdout.partition("Saved as ")[2].split())
    assert shown.endswith("".join(said.format(folder=tmp_path / "mappings").split()))
    assert "colleaguesnamedinthemappingfilesstay." in shown


def test_in_the_folder_of_the_mappings_a_plain_check_runs_it(world, tmp_path: Path, monkeypatch):
    world.crm.win(a_deal())
    monkeypatch.chdir(tmp_path)

    done = called("preview", DEAL, "--save-example", "mappings/examples/one.yml")

    assert " ".join(done.stdout.split()).endswith("Run it: handoff check")
    assert "examples: 1, all as expected" in called("check").stdout


def test_the_example_of_an_expansion_is_an_expansion(world, tmp_path: Path):
    kinds = "kinds:\n  - {kind: expansion, when: [{field: company.status, is: Active}]}\n  - {kind: new_customer}\n"
    mappings = mappings_in(tmp_path / "kinds", ACTING | {"handoff.yml": CONTRACT + kinds})
    world.bridge = replace(world.bridge, mappings=mappings)
    world.platform.known = {ACCOUNT: Customer("1P02", "Nordwind Freight", "Active")}
    world.crm.win(a_deal())

    called("preview", DEAL, "--save-example", str(tmp_path / "one.yml"))

    assert "kind: expansion" in (tmp_path / "one.yml").read_text()


def test_an_example_is_never_written_over_a_file(world, tmp_path: Path):
    world.crm.win(a_deal())
    there = tmp_path / "mine.yml"
    there.write_text("mine")

    done = called("preview", DEAL, "--save-example", str(there))

    assert (done.exit_code, there.read_text()) == (2, "mine")
    assert "is there already. Name another file" in done.stderr


def test_why_tells_every_field_of_a_handoff_from_what_was_read_then(world):
    world.crm.win(a_deal(amount=48_000.5))
    called("sync")

    screen, data = called("why", DEAL, "--fields"), json.loads(called("why", DEAL, "--fields", "--json").stdout)

    assert (
        "    Goal = Fewer late berths\n      <- business_goal = Fewer late berths <- Business_Goal__c" in screen.stdout
    )
    assert data["fields"]["edited"] is False
    assert list(data["fields"]["steps"]) == ["company", "plan", "onboarding_cta", "brief"]


def test_why_of_a_deal_that_was_never_handed_off_says_that_nothing_is_kept(world):
    world.crm.win(a_deal())

    assert "never handed off" in called("why", DEAL, "--fields").stdout.split("Fields")[-1]
