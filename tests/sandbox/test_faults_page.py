"""docs/faults.md says what the sandbox's faults are."""

import re
from pathlib import Path

import pytest

from sandbox.faults.kinds import KINDS, systems_with
from sandbox.scenario import read_scenario
from tests.sandbox import faults_page
from tests.sandbox.faulty import small_world

PAGE = (Path(__file__).parents[2] / "docs/faults.md").read_text(encoding="utf-8")
ISSUE = (
    "refuse reset_before reset_after lose_answer slow status too_many unauthorized truncate result_false partial "
    "drop_reference bad_record lag late_commit expire_cursor short_pages repeat_rows daily_limit clock_step hide_field "
    "edit_record"
)


def test_the_tables_of_the_page_are_those_of_the_code():
    rows = [line for line in PAGE.splitlines() if line.startswith("| `") and not line.startswith("| `do`")]

    assert rows == [*faults_page.heads(), *faults_page.kinds()], "python -m tests.sandbox.faults_page prints them"


def test_every_fault_that_people_script_against_is_there():
    assert set(KINDS) == set(ISSUE.split())


def test_the_page_names_every_system_that_a_fault_may_strike():
    assert f"`system` ({', '.join(systems_with('status'))}) and `do` must be there" in PAGE


@pytest.mark.parametrize(("system", "do"), [(system, do) for do in KINDS for system in systems_with(do)])
def test_every_fault_can_be_set_by_its_name_alone(system, do):
    assert small_world().faults([{"system": system, "do": do}])[0]["struck"] == 0


def test_the_scenario_of_the_page_can_be_read(tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "monday.yml"
    path.write_text(text, encoding="utf-8")

    assert len(read_scenario(path).faults) == 7
