"""Every command that takes a DEAL or an ID takes those of HubSpot: a number, or the address of a deal's page."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.app import app
from handoff.model import DealRef
from tests.desk import Desk, at_a_desk
from tests.fakes import End, World
from tests.handoff.builders import a_deal

NUMBER = "51000000012"
ADDRESS = f"https://app.hubspot.com/contacts/62515/record/0-3/{NUMBER}"
FIRST, SECOND = DealRef("main", "hubspot", "62515", NUMBER), DealRef("main", "hubspot", "62515", "51000000036")
by_both = pytest.mark.parametrize("words", [NUMBER, ADDRESS], ids=["number", "address"])


def called(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"HANDOFF_ACTOR": "ada"})


@pytest.fixture
def portal(world: World) -> World:
    """Return a world with two deals of one company in HubSpot, handed off but for their refused briefs."""
    world.crm.system = "hubspot"
    world.crm._org = "62515"
    world.crm.win(replace(a_deal(), ref=FIRST), replace(a_deal(name="Berths"), ref=SECOND))
    world.platform.ends = lambda step: End.REFUSED if step.name == "brief" else None
    assert called("sync").exit_code == 0
    world.platform.ends = lambda step: None
    return world


@by_both
def test_why_and_trail_know_the_deal_that_was_handed_off(portal: World, words: str) -> None:
    story, trail = (json.loads(called(name, words, "--json").stdout) for name in ("why", "trail"))

    assert story["deal"]["id"] == NUMBER
    assert {event["deal"] for event in trail["events"]} == {NUMBER}


@by_both
@pytest.mark.parametrize(
    "command", [("sync", "--deal"), ("sync", "--dry-run", "--deal"), ("preview",), ("diff",)], ids=" ".join
)
def test_a_deal_is_looked_at_or_handed_off_by_what_names_it(
    portal: World, command: tuple[str, ...], words: str
) -> None:
    done = called(*command, words)

    assert done.exit_code == 0, done.output
    assert portal.crm.asked[-1] == [NUMBER]


@by_both
@pytest.mark.parametrize("word", ["retry", "resolve", "skip"])
def test_a_word_on_a_deal_of_the_queue_is_taken(portal: World, word: str, words: str) -> None:
    done = called("queue", word, words, "--reason", "as agreed")

    assert done.exit_code == 0, done.output
    assert f"{NUMBER}  Nordwind Freight: Harbor lights, 40 seats" in done.output


@pytest.mark.parametrize("word", ["retry", "resolve", "skip"])
def test_every_id_that_the_queue_lists_is_taken(portal: World, word: str) -> None:
    listed = json.loads(called("queue", "--json").stdout)["entries"]
    ids = [one["id"] for entry in listed for one in (*entry["steps"], entry)]
    assert set(ids) == {f"{ref.id}{step}" for ref in (FIRST, SECOND) for step in ("", "/brief")}

    for one in ids:
        done = called("queue", word, one, "--reason", "as agreed")
        assert done.exit_code == 0, done.output


def test_the_ids_that_are_listed_for_a_name_lead_on(portal: World) -> None:
    listed = json.loads(called("why", "Nordwind", "--json").stdout)["error"]["deals"]

    assert [called("why", one["id"]).exit_code for one in listed] == [0, 0]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with two CRMs, whose deals in HubSpot were handed off."""
    with at_a_desk(tmp_path_factory.mktemp("desk"), HANDOFF_SANDBOX_CRM="salesforce,hubspot") as desk:
        desk.json("sync", "--crm", "hubspot")
        yield desk


@pytest.mark.process
def test_a_known_deal_of_one_of_two_crms_needs_no_crm_to_be_named(desk: Desk) -> None:
    deals = {event["deal"] for event in desk.json("trail", "--limit", "500")["events"] if event["deal"]}

    some = sorted(deals)[0]
    story = desk.json("why", some)
    address = story["deal"]["url"]

    assert story["deal"]["id"] == some
    assert "hubspot" in address
    assert desk.json("why", address)["deal"]["id"] == some
    assert desk.json("preview", some, "--crm", "hubspot")["ok"]
    assert desk.json("trail", address)["events"]


@pytest.mark.process
def test_what_a_person_copies_from_the_queue_is_taken_back_by_it(desk: Desk) -> None:
    entry = desk.json("queue")["entries"][0]

    assert desk.json("queue", "skip", entry["id"], "--reason", "a test deal")["id"] == entry["id"]
