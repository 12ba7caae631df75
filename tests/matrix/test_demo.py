"""The demo over every pair of systems: what a person sees, whatever the systems are."""

import re

import pytest

import connectors
from tests.matrix.test_matrix import PAIRS
from tests.processes import handoff

pytestmark = pytest.mark.matrix


@pytest.mark.parametrize(("crm", "platform"), PAIRS)
def test_the_demo_of_a_pair_shows_what_was_made_and_that_a_second_pass_sends_nothing(crm: str, platform: str) -> None:
    shown = handoff("demo", "--crm", crm, "--platform", platform, env={"COLUMNS": "120"})

    assert shown.returncode == 0, shown.stderr
    assert re.search(r"45 deals were won\. \d\d are handed off, \d+ needs? a person, 0 wait\.", shown.stdout)
    assert f"Made in {connectors.platforms()[platform].called}: " in shown.stdout
    assert "A second pass saw the same 45 deals and sent nothing." in shown.stdout
    piece = shown.stdout.partition(", as the CSM finds it\n")[2].partition("\n\n")[0].splitlines()
    assert len(piece) > 1, shown.stdout
    assert not any(line.strip().startswith("hb:") for line in piece), "a key is shown instead of words"
