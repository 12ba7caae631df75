"""The README's examples run as they stand."""

import re
import shlex
from pathlib import Path

import pytest

from tests.desk import Desk

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = [
    line.removeprefix("$ handoff ")
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ handoff ") and line != "$ handoff sandbox"
]


@pytest.mark.process
def test_the_commands_of_the_readme_do_what_it_says_one_after_the_other(desk: Desk):
    said = [desk.run(*shlex.split(example)) for example in EXAMPLES]

    assert [(done.args[3:], done.returncode, done.stderr) for done in said if done.returncode] == []
    assert len(said) == 4
    shown, synced = said[0].stdout, said[1].stdout
    assert re.search(
        r"Name = (.*)\n      <- account.name = \1 <- Account.Name = \1 \[sources/salesforce.yml:\d+\]", shown
    )
    assert "45 seen = 43 done + 0 waiting + 2 needs a person + 0 excluded" in synced


def test_every_target_of_make_that_the_readme_names_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    named = set(re.findall(r"make ([a-z][a-z-]*)", README)) - {"python"}

    assert named
    assert [name for name in sorted(named) if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
