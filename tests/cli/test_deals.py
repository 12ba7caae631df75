"""`sync` and `why` of one deal, over a small bridge in memory."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app as application
from cli.app import app
from flows._wiring import Choice
from handoff.settings import Instance, Settings
from tests.fakes import ACTING, World
from tests.handoff.builders import DEAL, a_deal, folder_in, mappings_in, users

SECOND = "0065g00000SeCoNAAV"


class Chosen(Choice):
    """The choice of the world below."""

    def settings(self) -> Settings:
        """Return settings of which only the mappings are read."""
        crm, platform = (Instance(k, "main", {"system": s}, {}) for k, s in (("crm", "salesforce"), ("p", "gainsight")))
        return Settings("sqlite://", crm, platform, self.folder)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a world that every command of this process works on."""
    world = World(mappings_in(tmp_path, ACTING), "sqlite://", users())

    @contextmanager
    def wired(*_: object, **__: object) -> Iterator[object]:
        world.clock.advance(60)
        yield world.bridge

    @contextmanager
    def open_ledger(_: object) -> Iterator[object]:
        yield world.ledger

    chosen = Chosen(folder_in(tmp_path, ACTING))
    monkeypatch.setattr(application._wiring, "choice", lambda **_: chosen)
    monkeypatch.setattr(application._wiring, "systems", lambda _: "a world in memory")
    monkeypatch.setattr(application._wiring, "wired", wired)
    monkeypatch.setattr(application._wiring, "open_ledger", open_ledger)
    return world


def called(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("words", ["", "  "])
@pytest.mark.parametrize("command", [("sync", "--deal"), ("sync", "--dry-run", "--deal"), ("why",)])
def test_a_blank_deal_is_a_mistake_and_hands_nothing_off(world, command, words):
    world.crm.win(a_deal())

    done = called(*command, words)

    assert done.exit_code == 2
    assert "No deal is named" in done.output
    assert world.platform.sent == []


@pytest.mark.parametrize("command", [("sync", "--deal"), ("sync", "--dry-run", "--deal"), ("why",)])
def test_a_deal_that_is_not_won_is_said_to_be_so_in_the_same_words_by_every_command(world, command):
    done = called(*command, DEAL)

    assert done.exit_code == 2
    assert f"The deal {DEAL!r} is not won, or not visible to the integration user." in done.output


@pytest.mark.parametrize("command", [("sync", "--deal"), ("sync", "--dry-run", "--deal")])
def test_a_deal_won_before_start_from_is_not_said_to_be_lost(world, command):
    world.crm.win(a_deal(won_at=world.bridge.mappings.contract.starts - timedelta(1)))

    done = called(*command, DEAL)

    assert done.exit_code == 2
    assert "was won before start_from (2026-01-01)" in done.output
    assert "not won" not in done.output


def test_why_of_a_deal_won_before_start_from_says_so(world):
    world.crm.win(a_deal(won_at=world.bridge.mappings.contract.starts - timedelta(1)))

    assert "it was won before start_from (2026-01-01)" in called("why", DEAL).output


def test_words_that_fit_several_deals_name_them_as_data(world):
    world.crm.win(a_deal(), a_deal(SECOND))
    called("sync")

    error = json.loads(called("why", "Nordwind", "--json").stdout)["error"]

    assert (error["kind"], error["exit"]) == ("ConfigError", 2)
    assert {one["id"] for one in error["deals"]} == {DEAL, SECOND}
    assert error["deals"][0]["name"] == "Nordwind Freight: Harbor lights, 40 seats"
    assert len(error["findings"]) == 2


def test_the_company_of_several_deals_lists_them(world):
    world.crm.win(a_deal(), a_deal(SECOND))
    called("sync")
    (company,) = world.platform.of("company")

    done = called("why", company.ref)

    assert done.exit_code == 2
    assert DEAL in done.output
    assert SECOND in done.output


def test_moments_are_words_on_the_screen_and_iso_in_the_document(world):
    world.crm.win(a_deal())
    called("sync")

    assert "Won 2026-03-09 15:00 UTC" in called("why", DEAL).output
    assert json.loads(called("why", DEAL, "--json").stdout)["deal"]["won_at"] == "2026-03-09T15:00:00+00:00"


def test_a_deal_that_was_only_just_read_says_so(world):
    world.crm.win(a_deal())

    assert "read just now." in called("why", DEAL).output
