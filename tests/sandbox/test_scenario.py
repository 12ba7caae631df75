import pytest

from sandbox.scenario import read_scenario
from sandbox.shell import build
from sandbox.world import SandboxError


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "monday.yml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_scenario_says_what_the_control_api_takes(written):
    scenario = read_scenario(
        written(
            """
seed: 7
csv: data
clock: {set: 2026-11-02T09:00:00Z, scale: 120}
tenant: {hidden_fields: [Opportunity.ARR__c]}
load:
  salesforce:
    Opportunity: [{Id: "006", CloseDate: 2026-11-02, Name: NO}]
"""
        )
    )

    assert scenario.seed == 7
    assert scenario.csv.name == "data"
    assert scenario.clock == {"set": "2026-11-02T09:00:00Z", "scale": 120}
    assert scenario.to_load() == {
        "salesforce": {"Opportunity": [{"Id": "006", "CloseDate": "2026-11-02", "Name": "NO"}]},
        "tenant": {"hidden_fields": ["Opportunity.ARR__c"]},
        "csv": str(scenario.csv),
    }


def test_a_scenario_says_the_faults_that_the_control_api_takes(written):
    text = "faults:\n  - {system: gainsight, do: status, route: writes, rate: 0.2}\n"

    assert read_scenario(written(text)).faults == [
        {"system": "gainsight", "do": "status", "route": "writes", "rate": 0.2}
    ]


def test_the_faults_of_a_scenario_are_set_when_its_sandbox_begins(written):
    path = written("faults: [{system: gainsight, do: slow, seconds: 1}]")

    world = build(port_base=8700, seed=None, scale=None, scenario=path, load_csv=None)

    assert [each["fault"]["do"] for each in world.faults_set()] == ["slow"]


def test_a_csv_directory_is_beside_the_scenario(written, tmp_path):
    assert read_scenario(written("csv: data")).csv == tmp_path / "data"


def test_an_empty_scenario_says_nothing(written):
    assert read_scenario(written("# later\n")).to_load() == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: 1\nclok: {scale: 2}\n", r"monday\.yml:2: .*'clok'\. Nearest: clock"),
        ("clock: {scal: 2}\n", r"monday\.yml:1: .*'scal'\. Nearest: scale"),
        ("seed: 1\nclock: {scale: 0}\n", r"monday\.yml:2: .*above 0"),
        ("seed: many\n", r"monday\.yml:1: seed takes a whole number, not 'many'"),
        ("seed: true\n", r"monday\.yml:1: seed takes a whole number"),
        ("load: []\n", r"monday\.yml:1: load takes a mapping"),
        ("seed: 1\nseed: 2\n", r"monday\.yml:2: .*duplicate key"),
        ("seed: [1\n", r"monday\.yml:2: .*no YAML"),
        ("faults: {}\n", r"monday\.yml:1: faults takes a list"),
        ("seed: 1\nfaults: [{system: gainsight, do: slwo}]\n", r"monday\.yml:2: Fault 1: .*'slwo'\. Nearest: slow"),
        ("- seed\n", "a scenario is a mapping"),
    ],
)
def test_a_wrong_scenario_is_refused_with_file_line_and_the_nearest_right_word(written, text, message):
    with pytest.raises(SandboxError, match=message):
        read_scenario(written(text))


def test_a_missing_scenario_is_named(tmp_path):
    with pytest.raises(SandboxError, match=r"nowhere\.yml.*--scenario"):
        read_scenario(tmp_path / "nowhere.yml")
