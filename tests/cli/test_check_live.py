"""`handoff check --live` against the sandbox: what is wrong is named before anything is sent, and who must act."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import connectors
from cli.app import app
from flows._wiring import SHIPPED_MAPPINGS
from sandbox.clock import SimulatedClock
from sandbox.shell import Background, real_now
from sandbox.world import World

pytestmark = pytest.mark.whole

SALESFORCE_CHECKS = [
    *("credentials", "objects", "fields it reads", "lists it reads", "fields it writes", "stages"),
    "won deals in sight",
    "calls a day",
]
GAINSIGHT_CHECKS = [
    *("credentials", "objects", "fields", "key fields", "values of Company", "values of Success Plan"),
    *("values of Call To Action", "reasons of Call To Action", "types of Timeline", "people", "calls a minute"),
    "work that others make",
]


@dataclass(frozen=True)
class Desk:
    """A sandbox in this process, behind sockets, and the command beside it; `state` is where a ledger would be."""

    world: World
    state: Path

    def run(self, *arguments: str) -> Any:
        return CliRunner().invoke(app, ["check", "--live", *arguments])

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run("--json", *arguments).stdout)

    def writes(self) -> int:
        return sum(row["mutates"] for row in self.world.journal())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    world = World(seed=7, clock=SimulatedClock(real_now=real_now, scale=60.0), real_now=real_now)
    with Background(world, 0) as running:
        monkeypatch.setenv("HANDOFF_SANDBOX", str(running.port_base))
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        yield Desk(world, tmp_path / "state")


def states(said: Any, system: str) -> dict[str, str]:
    return {check["name"]: check["state"] for check in said["checks"] if check["system"] == system}


def without_line(what: str) -> str:
    """The shipped mappings grow, and their lines move."""
    return re.sub(r"\.yml:\d+", ".yml:LINE", what)


def break_nine_things(world: World) -> None:
    deals = [row["Id"] for row in world.state("salesforce", "Opportunity")["salesforce"]["Opportunity"]]
    users = world.state("gainsight", "gsuser")["gainsight"]["gsuser"]
    (victor,) = [user["Gsid"] for user in users if user["Email"] == "victor.stone@harbor.example"]
    world.load(
        {
            "tenant": {
                "hidden_fields": [
                    "call_to_action.Bridge_Key__gc",
                    "Opportunity.Promised_Go_Live__c",
                    "Contact.Title",
                ],
                "read_only_fields": ["Opportunity.Handoff_Reason__c"],
                "unshared": deals[::4],
                "inactive_users": ["cleo.martin@harbor.example"],
                "picklists": {
                    "CTA_REASON": {"Lifecycle": ["Onboarding project", "Kickoff", "Renewal"]},
                    "SUCCESS_PLAN_TYPE": ["Onboarding plan", "Growth"],
                },
            },
            "gainsight": {"gsuser": [{"Gsid": victor, "_deleted": True}]},
        }
    )


def test_nine_things_wrong_are_nine_findings_of_one_run_each_with_its_remedy(desk: Desk):
    break_nine_things(desk.world)

    done = desk.run("--json")

    said = json.loads(done.stdout)
    assert done.exit_code == 2
    assert said["ok"] is False
    assert [(f["system"], f["check"], without_line(f["what"]), f["who"]) for f in said["findings"]] == [
        (
            "salesforce main",
            "fields it reads",
            "Opportunity.Promised_Go_Live__c is missing or hidden; it is read for "
            "go_live_on, sources/salesforce.yml:LINE.",
            "a Salesforce admin",
        ),
        (
            "salesforce main",
            "lists it reads",
            "Contact.Title is missing or hidden; it is read for title, sources/salesforce.yml:LINE.",
            "a Salesforce admin",
        ),
        (
            "salesforce main",
            "fields it writes",
            "Opportunity.Handoff_Reason__c is read-only; it is written by sources/salesforce.yml:LINE.",
            "a Salesforce admin",
        ),
        (
            "salesforce main",
            "won deals in sight",
            "The integration user sees 90 of about 120 opportunities.",
            "a Salesforce admin",
        ),
        (
            "gainsight main",
            "key fields",
            "The key field Call To Action.Bridge_Key__gc is missing or hidden: without it the bridge cannot find "
            "its own work again.",
            "a Gainsight admin",
        ),
        (
            "gainsight main",
            "values of Success Plan",
            "Success Plan.SuccessPlanType: 'Onboarding' is inactive; it is written by plan, "
            "targets/gainsight.yml:LINE. Nearest: Onboarding plan.",
            "a Gainsight admin",
        ),
        (
            "gainsight main",
            "reasons of Call To Action",
            "Call To Action.reason of type 'Lifecycle': 'Onboarding' is inactive; it is written by onboarding_cta, "
            "targets/gainsight.yml:LINE. Nearest: Onboarding project.",
            "a Gainsight admin",
        ),
        (
            "gainsight main",
            "people",
            "cleo.martin@harbor.example (receives smb, handoff.yml:LINE; csm, people.yml:LINE) is an inactive user of "
            "Gainsight.",
            "a Gainsight admin",
        ),
        (
            "gainsight main",
            "people",
            "victor.stone@harbor.example (vp, people.yml:LINE) is no user of Gainsight.",
            "a Gainsight admin",
        ),
    ]
    assert all(len(finding["remedy"]) > 20 for finding in said["findings"])
    assert states(said, "gainsight main")["work that others make"] == "not checked"


def test_the_screen_tells_the_same_nine_and_who_must_do_what(desk: Desk):
    break_nine_things(desk.world)

    done = desk.run()

    assert done.exit_code == 2
    assert done.stdout.startswith(f"sandbox on port {desk.world.port_base}: Salesforce to Gainsight (reads only)\n")
    assert done.stdout.count("\n        a Salesforce admin: ") == 4
    assert done.stdout.count("\n        a Gainsight admin: ") == 5
    assert "  ✗ key fields" in done.stdout
    assert "  – work that others make: not checked: without Bridge_Key__gc" in done.stdout
    assert "9 findings; 2 not checked. Nothing was written." in done.stdout


def test_a_wrong_token_is_one_finding_and_each_check_it_prevented_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HANDOFF_CRM_MAIN_CLIENT_SECRET", "wrong")

    done = desk.run("--json")

    said = json.loads(done.stdout)
    assert done.exit_code == 2
    (finding,) = said["findings"]
    assert (finding["system"], finding["check"]) == ("salesforce main", "credentials")
    assert "the login was refused (invalid_client)" in finding["what"]
    assert finding["remedy"] == "Check the consumer key and the consumer secret of the External Client App."
    crm = states(said, "salesforce main")
    assert list(crm) == SALESFORCE_CHECKS
    assert set(list(crm.values())[1:]) == {"not checked"}
    assert all(check["because"] for check in said["checks"] if check["state"] == "not checked")
    assert states(said, "gainsight main")["people"] == "well"
    screen = desk.run().stdout
    assert [name for name in SALESFORCE_CHECKS[1:] if f"  – {name}: not checked: " not in screen] == []


def test_a_wrong_platform_secret_is_one_finding_too(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HANDOFF_PLATFORM_MAIN_CLIENT_SECRET", "wrong")

    said = desk.json()

    assert [(f["system"], f["check"]) for f in said["findings"]] == [("gainsight main", "credentials")]
    platform = states(said, "gainsight main")
    assert list(platform) == GAINSIGHT_CHECKS
    assert set(list(platform.values())[1:]) == {"not checked"}
    assert set(states(said, "salesforce main").values()) == {"well"}


def test_a_healthy_sandbox_with_the_shipped_mappings_gives_no_finding(desk: Desk):
    done = desk.run("--json")

    said = json.loads(done.stdout)
    assert (done.exit_code, said["ok"], said["findings"]) == (0, True, [])
    assert list(states(said, "salesforce main")) == SALESFORCE_CHECKS
    assert list(states(said, "gainsight main")) == GAINSIGHT_CHECKS
    assert {name for name, state in states(said, "gainsight main").items() if state != "well"} == {"types of Timeline"}


@pytest.mark.parametrize("platform", connectors.platforms())
@pytest.mark.parametrize("crm", connectors.crms())
def test_a_healthy_sandbox_gives_no_finding_for_any_pair(
    desk: Desk, crm: str, platform: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HANDOFF_SANDBOX_CRM", crm)
    monkeypatch.setenv("HANDOFF_SANDBOX_PLATFORM", platform)

    done = desk.run("--json")

    said = json.loads(done.stdout)
    assert (done.exit_code, said["ok"], said["findings"]) == (0, True, [])
    assert {check["system"].split()[0] for check in said["checks"]} == {"files", crm, platform} - {"crm"}
    assert desk.writes() == 0


def test_nothing_is_written_no_ledger_is_made_and_few_calls_are_enough(desk: Desk):
    desk.run()

    assert desk.writes() == 0
    assert list(desk.state.rglob("*.db*")) == []
    assert len(desk.world.journal()) <= 20


def test_an_admins_count_of_won_deals_is_compared_exactly(desk: Desk):
    enough, short = desk.json("--won-deals", "45"), desk.json("--won-deals", "46")

    assert enough["findings"] == []
    assert [f["what"] for f in short["findings"]] == ["The integration user sees 45 of 46 won deals."]


def test_mistakes_in_the_files_come_first_and_then_no_system_is_asked(desk: Desk, tmp_path: Path):
    folder = Path(shutil.copytree(SHIPPED_MAPPINGS, tmp_path / "mappings"))
    with (folder / "people.yml").open("a", encoding="utf-8") as file:
        file.write("teems: {}\n")

    done = desk.run("--mappings", str(folder), "--json")

    said = json.loads(done.stdout)
    assert done.exit_code == 2
    assert [(f["system"], f["who"]) for f in said["findings"]] == [("files", "RevOps")]
    assert "Nearest: teams." in said["findings"][0]["what"]
    assert (said["ok"], said["notices"], "error" in said) == (False, [], False)
    assert states(said, "salesforce main") == states(said, "gainsight main") == {"all": "not checked"}
    assert desk.world.journal() == []


def with_more(tmp_path: Path, **more: str) -> str:
    folder = Path(shutil.copytree(SHIPPED_MAPPINGS, tmp_path / "mappings"))
    for name, text in more.items():
        with (folder / f"{name}.yml").open("a", encoding="utf-8") as file:
            file.write(text)
    return str(folder)


def test_a_slip_in_a_stage_is_found_before_it_leaves_every_deal_out(desk: Desk, tmp_path: Path):
    said = desk.json("--mappings", with_more(tmp_path, handoff="trigger: {won: [Closd Won]}\n"))

    assert [(f["check"], f["who"], without_line(f["what"])) for f in said["findings"]] == [
        (
            "stages",
            "RevOps",
            "'Closd Won' is no stage of the org; it is named by trigger.won, handoff.yml:LINE. Nearest: Closed Won.",
        )
    ]


OBJECTIVES = """
    children:
      Objectives:
        each: commitments
        key: item.id
        fields:
          Name:        {text: "{item.text}", max: 80, shorten: item.text}
          status:      {value: Neww}
          Nothing__gc: {from: account.name}

  onboarding_cta:
"""


def test_objectives_do_not_escape_the_look(desk: Desk, tmp_path: Path):
    target = Path(with_more(tmp_path)) / "targets" / "gainsight.yml"
    whole = target.read_text(encoding="utf-8")
    target.write_text(whole.replace("\n  onboarding_cta:\n", OBJECTIVES), encoding="utf-8")
    shutil.rmtree(tmp_path / "mappings" / "examples")

    said = desk.json("--mappings", str(tmp_path / "mappings"))

    assert [(f["check"], without_line(f["what"]).split("; ")[0]) for f in said["findings"]] == [
        ("fields", "Call To Action.Nothing__gc is missing or hidden"),
        ("values of Call To Action", "Call To Action.status: 'Neww' is not there"),
    ]


def test_what_is_not_in_force_yet_is_told_as_by_the_plain_check(desk: Desk, tmp_path: Path):
    folder = with_more(tmp_path, handoff="trigger: {prepare_at: [Prospecting]}\n")

    done = desk.run("--mappings", folder)
    said, plain = (
        json.loads(CliRunner().invoke(app, ["check", *live, "--json", "--mappings", folder]).stdout)
        for live in (["--live"], [])
    )

    assert done.exit_code == 0
    assert said["notices"] == plain["notices"]
    assert ["not in force yet" in notice for notice in said["notices"]] == [True]
    assert f"      {said['notices'][0]}\n" in done.stdout


def test_polling_too_often_is_cleared_by_the_remedy_that_it_names(desk: Desk):
    desk.world.load({"tenant": {"daily_limit": 15_000}})

    (finding,) = desk.json()["findings"]
    slower = re.findall(r"handoff check --live (--every) (\d+)", finding["remedy"])

    assert finding["check"] == "calls a day"
    assert desk.json(*slower[0])["findings"] == []


@pytest.mark.parametrize("word", ["9", "0", "soon"])
def test_passes_are_no_closer_than_serve_makes_them(word: str):
    done = CliRunner().invoke(app, ["check", "--live", "--every", word])

    assert done.exit_code == 2
    assert "Invalid value for '--every'" in done.stderr


def test_settings_that_are_not_there_are_a_finding_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HANDOFF_SANDBOX", raising=False)
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(app, ["check", "--live", "--json"])

    said = json.loads(done.stdout)
    assert (done.exit_code, said["ok"], "error" in said) == (2, False, False)
    assert [(f["system"], f["check"], f["who"]) for f in said["findings"]] == [
        ("files", "settings", "whoever runs the bridge")
    ]
    assert "There is no handoff.toml here" in said["findings"][0]["what"]


def test_a_sandbox_that_does_not_answer_is_an_error_and_no_finding(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HANDOFF_SANDBOX", "64990")

    done = CliRunner().invoke(app, ["check", "--live", "--json"])

    said = json.loads(done.stdout)
    assert (done.exit_code, said["ok"], said["findings"], said["exit"]) == (3, False, [], 3)
    assert said["error"]["kind"] == "Transient"


def test_an_address_is_shown_to_the_reader_and_never_logged(desk: Desk, caplog: pytest.LogCaptureFixture):
    break_nine_things(desk.world)
    caplog.set_level("DEBUG", "connectors")

    assert "cleo.martin@harbor.example" in desk.run().stdout
    assert "@harbor.example" not in caplog.text


def test_what_needs_the_systems_is_refused_without_live(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HANDOFF_SANDBOX", raising=False)

    for option in ("--won-deals", "--every"):
        done = CliRunner().invoke(app, ["check", option, "50"])

        assert done.exit_code == 2
        assert "--live" in done.stderr
