"""`handoff check --live` on a Totango tenant: each mistake is one finding with its remedy, and nothing is sent."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows._wiring import SHIPPED_MAPPINGS
from sandbox.totango.catalogue import PLAYS
from tests.desk import Desk, at_a_desk

pytestmark = pytest.mark.process

PROBE = "/api/v2/automations/run-manual-successplay"
CLEO = "cleo.martin@harbor.example"
KICKED_OFF = {"totango": {"accounts": [{"id": "A1", "name": "Globex", "attributes": {"Onboarding Stage": "Kick Off"}}]}}
"""What people have put into the tenant: no call lists the stages, so one is known once an account is in it."""
PLAY = """\
  handover_play:
    object: play
    needs: [enrolment]
    fields:
      accountId:     {{step: account}}
      successplayId: {{value: {play}}}

  deal_row:"""


@dataclass(frozen=True)
class Tenant:
    """A sandbox with Totango as the platform, and the command beside it."""

    desk: Desk

    def finding(self, *arguments: str, **setting: str) -> dict[str, str]:
        """Return the one finding of a check that must end with 2 and change nothing."""
        desk = Desk(self.desk.base, self.desk.env | setting)
        before = self.held()
        done = desk.run("check", "--live", *arguments, "--json")
        (finding,) = json.loads(done.stdout)["findings"]
        assert done.returncode == 2
        self.untouched(before)
        return finding

    def untouched(self, before: Any) -> None:
        """Fail where a call of ours changed something, or was one that could, but for asking about a play in vain."""
        asked = [(row["path"], row["status"]) for row in self.desk.control("/journal") if row["mutates"]]
        assert set(asked) <= {(PROBE, 400)}
        assert [row for row in self.desk.control("/journal") if row["applied"]] == []
        assert self.held() == before

    def held(self) -> Any:
        return self.desk.control("/state?system=totango")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with at_a_desk(tmp_path_factory.mktemp("desk"), HANDOFF_SANDBOX_PLATFORM="totango") as desk:
        yield desk


@pytest.fixture
def tenant(sandbox: Desk) -> Tenant:
    sandbox.order("/reset", {})
    sandbox.load(KICKED_OFF)
    return Tenant(sandbox)


def edited(folder: Path, name: str, was: str, is_: str) -> str:
    """Return a copy of the shipped mappings with one edit; their examples, which tell of the edit too, are left out."""
    copy = folder / "mappings"
    shutil.copytree(SHIPPED_MAPPINGS, copy, ignore=shutil.ignore_patterns("examples"))
    text = (copy / name).read_text(encoding="utf-8")
    assert text.count(was) == 1
    (copy / name).write_text(text.replace(was, is_), encoding="utf-8")
    return str(copy)


def line_of(folder: Path, name: str, words: str) -> str:
    lines = (folder / "mappings" / name).read_text(encoding="utf-8").splitlines()
    return f"{name}:{next(number for number, line in enumerate(lines, 1) if words in line)}"


def test_a_sound_tenant_gives_no_finding_and_is_left_as_it_is(tenant):
    before = tenant.held()

    done = tenant.desk.run("check", "--live")

    assert done.returncode == 0, done.stdout
    assert "Nothing is wrong. Nothing was written." in done.stdout
    tenant.untouched(before)


@pytest.mark.parametrize(("ours", "theirs"), [("eu", "us"), ("us", "eu")])
def test_the_wrong_region_is_named_with_the_right_one(tenant, ours, theirs):
    tenant.desk.load({"tenant": {"totango": {"region": theirs}}})

    finding = tenant.finding(HANDOFF_PLATFORM_MAIN_REGION=ours)

    assert finding == {
        "system": "totango main",
        "check": "region",
        "what": f"region is {ours}, and the token is one of region {theirs}.",
        "who": "whoever runs the bridge",
        "remedy": f'Write region = "{theirs}" in handoff.toml [platform.main], or '
        f"HANDOFF_PLATFORM_MAIN_REGION={theirs} where the environment sets it.",
    }


def test_the_screen_tells_the_finding_alone_and_what_could_not_be_checked(tenant):
    tenant.desk.load({"tenant": {"totango": {"region": "eu"}}})

    done = tenant.desk.run("check", "--live")

    assert done.returncode == 2
    assert (
        "  ✗ region\n      region is us, and the token is one of region eu.\n        whoever runs the br" in done.stdout
    )
    assert "  – plays: not checked: the token is of the other region (see region)\n" in done.stdout
    assert "1 finding; 8 not checked. Nothing was written." in done.stdout


def test_the_full_service_id_is_named_with_the_number_that_is_needed(tenant):
    finding = tenant.finding(HANDOFF_PLATFORM_MAIN_SERVICE_ID="SP-10001-01")

    assert (finding["check"], finding["who"]) == ("service id", "whoever runs the bridge")
    assert finding["what"] == ("service_id is 'SP-10001-01'; the Integration Hub takes the number in its middle alone.")
    assert finding["remedy"].startswith(
        'Write service_id = "10001" in handoff.toml [platform.main], or HANDOFF_PLATFORM_'
    )


def test_a_token_whose_user_was_deactivated_is_named_with_who_makes_a_new_one(tenant):
    tenant.desk.load({"tenant": {"inactive_users": ["integration@harbor.example"]}})

    finding = tenant.finding()

    assert (finding["check"], finding["who"]) == ("credentials", "a Totango admin")
    assert finding["what"] == ("The token is accepted in neither region (us, eu): its user may have been deactivated.")
    assert "Activate the user, or make a new token" in finding["remedy"]
    assert "set HANDOFF_PLATFORM_MAIN_TOKEN" in finding["remedy"]


def test_a_stage_in_the_wrong_case_is_named_with_the_right_one(tenant, tmp_path):
    mappings = edited(tmp_path, "targets/totango.yml", "{value: Kick Off}", "{value: Kick off}")

    finding = tenant.finding("--mappings", mappings)

    place = line_of(tmp_path, "targets/totango.yml", "Kick off}")
    assert (finding["check"], finding["who"]) == ("stages", "RevOps")
    assert finding["what"] == (
        f"Onboarding Stage: 'Kick off' is spelled 'Kick Off' in Totango; enrolment, {place} writes it."
    )
    assert finding["remedy"] == "Write 'Kick Off' in the mapping: the case counts, and another stage is passed over."


def test_an_owner_who_is_no_user_is_named_with_each_line_that_names_them(tenant):
    tenant.desk.load({"totango": {"totango_users": [{"id": CLEO, "_deleted": True}]}})

    finding = tenant.finding()

    assert (finding["check"], finding["who"]) == ("people", "a Totango admin")
    assert re.sub(r":\d+", ":LINE", finding["what"]) == (
        f"{CLEO} (receives smb, handoff.yml:LINE; csm, people.yml:LINE) is no user of Totango."
    )
    assert finding["remedy"] == "Add the user in Totango, or correct the address in the file."


@pytest.mark.parametrize(
    ("name", "said", "who", "remedy"),
    [
        ("Kick-off Prep", "is not marked manual.", "a Totango admin", "Mark it in Totango, or name another one"),
        ("Legacy", "is not active.", "a Totango admin", "Activate it in Totango, or name another one"),
    ],
)
def test_a_play_that_cannot_be_run_by_hand_is_named_with_the_line_that_runs_it(
    tenant, tmp_path, name, said, who, remedy
):
    (play,) = [one.id for one in PLAYS if one.name == name]
    mappings = edited(tmp_path, "targets/totango.yml", "  deal_row:", PLAY.format(play=play))

    finding = tenant.finding("--mappings", mappings)

    place = line_of(tmp_path, "targets/totango.yml", play)
    assert (finding["check"], finding["who"]) == ("plays", who)
    assert finding["what"] == f"handover_play, {place}, runs {play}: the SuccessPlay {said}"
    assert finding["remedy"] == f"{remedy} in the mapping."
