"""A person works with several platforms at once: what makes one plan says which platforms there are, and takes one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows._wiring import SHIPPED_MAPPINGS
from tests.desk import Desk, at_a_desk

pytestmark = pytest.mark.process

RULES = "\nplatforms:\n  - {segments: [smb], to: totango}\n  - {to: main}\n"
DAYS = ("--since", "2017-01-01", "--until", "2026-12-31")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk whose small customers are Totango's, and all others Gainsight's."""
    folder = tmp_path_factory.mktemp("desk")
    mappings = Path(shutil.copytree(SHIPPED_MAPPINGS, folder / "mappings"))
    with (mappings / "handoff.yml").open("a", encoding="utf-8") as file:
        file.write(RULES)
    with at_a_desk(folder, HANDOFF_SANDBOX_PLATFORM="gainsight,totango") as desk:
        desk.json("sync", "--mappings", str(mappings), "--limit", "8")
        yield Desk(desk.base, desk.env | {"MAPPINGS": str(mappings)})


@pytest.mark.parametrize(
    "command",
    [("diff",), ("apply-mapping", "--to", "all", "--dry-run"), ("backfill", *DAYS)],
    ids=lambda command: command[0],
)
def test_a_plan_is_of_one_platform_that_is_named(desk: Desk, command: tuple[str, ...]):
    files = ("--mappings", desk.env["MAPPINGS"])

    unnamed, wrong = (desk.run(*command, *files, *more) for more in ((), ("--platform", "totanga")))

    assert (unnamed.returncode, wrong.returncode) == (2, 2)
    said = "handoff.toml has several platforms: main, totango. Say which one is meant: --platform NAME."
    assert said in " ".join(unnamed.stderr.split())
    assert "has no [platform.totanga] section. Nearest: totango." in " ".join(wrong.stderr.split())
    assert desk.json(*command, *files, "--platform", "totango")["ok"]


def test_a_comparison_of_one_deal_finds_its_platform(desk: Desk):
    files = ("--mappings", desk.env["MAPPINGS"])
    small = desk.json("diff", *files, "--platform", "totango", "--all")["deals"][0]

    (found,) = desk.json("diff", *files, small["deal"])["deals"]

    assert {step["key"].split(":")[-1].split(".")[0] for step in found["steps"]} == {"totango"}


def test_what_is_left_to_do_is_told_with_the_platform(desk: Desk, tmp_path: Path):
    edited = Path(shutil.copytree(desk.env["MAPPINGS"], tmp_path / "mappings"))
    cta = edited / "templates" / "gainsight_cta.html.j2"
    cta.write_text("<p>Read this first.</p>\n" + cta.read_text(encoding="utf-8"), encoding="utf-8")

    done = desk.run("apply-mapping", "--to", "all", "--platform", "main", "--mappings", str(edited))

    assert done.returncode == 0
    said = "Nothing was sent. To do it: handoff apply-mapping --to all --platform main --yes"
    assert said in " ".join(done.stdout.split())
