"""`sync` and `why` of one deal, over a small bridge in memory."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.handoff.builders import DEAL, a_deal

SECOND = "0065g00000SeCoNAAV"


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
