"""A person works with several CRMs at once: one command passes over each, and one that is away stops no other."""

import json
import shutil
from dataclasses import replace

import pytest

from flows._each import for_each
from flows._wiring import SHIPPED_MAPPINGS, Choice
from handoff.errors import NotAllowed, Stopped
from handoff.settings import Instance, Settings
from tests.cli.conftest import Desk


@pytest.fixture
def both(desk: Desk) -> Desk:
    return replace(desk, env=desk.env | {"HANDOFF_SANDBOX_CRM": "salesforce,hubspot"})


def test_one_sync_hands_off_the_deals_of_each_crm_and_tells_each_and_all(both):
    said = both.json("sync")

    assert list(said["crms"]) == ["main", "hubspot"]
    assert said["crms"]["main"]["balance"]["done"] > 0
    assert said["balance"]["seen"] == sum(one["balance"]["seen"] for one in said["crms"].values())
    assert said["crms"]["hubspot"]["receipts"]["written"] > 0
    writes = both.writes()
    assert both.json("sync")["balance"]["seen"] == said["balance"]["seen"]
    assert both.writes() == writes


def test_a_crm_that_lets_nobody_in_stops_no_other_and_gives_the_exit_code(both):
    away = replace(both, env=both.env | {"HANDOFF_CRM_HUBSPOT_SERVICE_KEY": "wrong"})

    done = away.run("sync")
    told = json.loads(away.run("sync", "--json").stdout)

    assert done.returncode == 3
    assert "without hubspot" in done.stdout
    assert (told["ok"], told["crms"]["main"]["ok"], told["crms"]["hubspot"]["ok"]) == (False, True, False)
    assert told["crms"]["hubspot"]["error"]["exit"] == 3
    assert away.run("sync", "--crm", "main").returncode == 0


class Two(Choice):
    """A deployment with two CRMs."""

    def settings(self) -> Settings:
        crms = tuple(Instance("crm", name, {"system": "salesforce"}, {}) for name in ("main", "emea"))
        platform = Instance("platform", "main", {"system": "gainsight"}, {})
        return Settings("sqlite://", crms, (platform,), self.folder, only=self.crm)


def test_an_error_of_one_crm_is_kept_and_the_next_is_done(tmp_path):
    def work(of: Choice) -> str:
        if of.crm == "main":
            raise NotAllowed(system="salesforce main", doing="logging in", why="it refused us.")
        return f"did {of.crm}"

    first, second = for_each(Two(tmp_path), work)

    assert (first.crm, first.result, type(first.error)) == ("main", None, NotAllowed)
    assert (second.crm, second.result, second.error) == ("emea", "did emea", None)


def test_only_the_crm_that_is_named_is_worked_on(tmp_path):
    assert [one.result for one in for_each(Two(tmp_path, crm="emea"), lambda of: of.crm)] == ["emea"]


def test_who_asks_a_command_to_stop_stops_it_for_every_crm(tmp_path):
    begun = []

    def work(of: Choice) -> None:
        begun.append(of.crm)
        raise Stopped.as_asked()

    with pytest.raises(Stopped):
        for_each(Two(tmp_path), work)
    assert begun == ["main"]


def test_customers_that_both_crms_have_are_handed_off_once(both, tmp_path):
    folder = tmp_path / "mappings"
    shutil.copytree(SHIPPED_MAPPINGS, folder)
    with (folder / "handoff.yml").open("a", encoding="utf-8") as contract:
        contract.write("\nsame_customer: [name]\n")
    both.json("sync", "--mappings", str(folder))

    said = both.json("sync", "--mappings", str(folder))

    linked = sum(one["balance"]["excluded"] for one in said["crms"].values())
    assert linked == 44  # the stand-ins hold the same customers, and one deal of each has no account
    timelines = both.state("gainsight", "activity_timeline")
    assert len(timelines) == said["balance"]["done"]
