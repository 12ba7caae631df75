"""`handoff backfill`, over a small bridge in memory."""

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from cli.app import app
from handoff.backfill import GONE
from tests.fakes import World
from tests.handoff.builders import ACCOUNT, DEAL, a_deal

ASKED = ("--since", "2024-01-01", "--until", "2024-12-31")
WON = datetime(2024, 5, 6, 9, 0, tzinfo=UTC)


def called(*arguments: str):
    return CliRunner().invoke(app, ["backfill", *arguments])


@pytest.fixture
def old(world: World) -> World:
    """Return a world with one historical deal of a company that the platform knows."""
    world.crm.win(a_deal(won_at=WON))
    world.platform.add("company", {"SfdcAccountId": ACCOUNT, "Name": "Nordwind Freight"})
    return world


def test_a_plan_is_shown_with_its_number_and_a_deal_in_full_and_sends_nothing(old):
    said = called(*ASKED)

    assert said.exit_code == 0
    assert "Plan 1: 1 deal, 0 left alone." in said.output
    assert "Subject = Sales handoff: Nordwind Freight" in said.output
    assert "80% of the allowed rate" in said.output
    assert "at 24 a minute" in said.output
    assert "To do it: handoff backfill --apply 1" in said.output
    assert old.platform.sent == []


def test_a_plan_is_done_and_says_what_became_of_its_deals(old):
    called(*ASKED)

    said = called("--apply", "1")

    assert said.exit_code == 0
    assert "1 seen = 1 done" in said.output
    assert "Plan 1: 1 done." in said.output
    assert [step.name for step in old.platform.sent] == ["brief"]


def test_the_trail_names_who_did_the_plan(old, monkeypatch):
    monkeypatch.setenv("HANDOFF_ACTOR", "maya.lind")
    called(*ASKED)
    called("--apply", "1")

    (approved,) = [event for event in old.ledger.events(limit=50) if event.what == "approved"]

    assert (approved.actor, approved.detail) == ("maya.lind", "backfill plan 1")
    assert old.ledger.check_trail().broken is None


def test_plan_and_report_are_one_document_each(old):
    plan, done = (json.loads(called(*some, "--json").stdout) for some in ((*ASKED, "--full"), ("--apply", "1")))

    assert (plan["plan"], plan["deals"], plan["steps"]["onboarding_cta"]["create"]) == (1, 1, 1)
    assert plan["samples"][0]["deal"] == DEAL
    assert plan["tasks"] != {}
    assert (done["plan"], done["deals"], done["runs"][0]["balance"]["done"]) == (1, {"done": 1}, 1)


def test_as_data_a_plan_names_every_deal_that_it_leaves_alone(old):
    unknown = {"account_id": "0015g0000000099AAV", "account_name": "Quay Nine", "won_at": WON}
    old.crm.win(*(a_deal(f"0065g{number:010d}AAV", name=f"Dock {number}", **unknown) for number in range(1, 202)))

    plan = json.loads(called(*ASKED, "--json").stdout)

    assert sum(plan["skipped"].values()) == 201
    assert {one["deal"] for one in plan["left_out"]} == {f"0065g{number:010d}AAV" for number in range(1, 202)}


def test_a_deal_that_changed_since_is_listed(old):
    called(*ASKED)
    old.crm.edit(DEAL, source={"Business_Goal__c": "Something else"})

    said = called("--apply", "1")

    assert "plan again" in said.output
    assert "Plan 1: 1 left out." in said.output


def test_what_was_left_out_is_named_with_its_reason_each_time_the_plan_is_done(old):
    called(*ASKED)
    old.crm.lose(DEAL)

    for _ in range(2):
        said = called("--apply", "1").output
        assert DEAL in said
        assert "it is no longer won in the CRM" in " ".join(said.split())
    (left_out,) = json.loads(called("--apply", "1", "--json").stdout)["left_out"]

    assert (left_out["deal"], left_out["name"], left_out["reason"]) == (DEAL, DEAL, GONE)


def test_a_plan_of_which_nothing_is_left_says_so(old):
    called(*ASKED)
    called("--apply", "1")

    said = called("--apply", "1").output

    assert "Nothing of the plan is left to do." in said
    assert "not won" not in said
    assert "Plan 1: 1 done." in said


def test_a_plan_without_a_deal_says_so_when_it_is_done(old):
    called("--since", "2023-01-01", "--until", "2023-12-31")

    said = called("--apply", "1").output

    assert "not won" not in said
    assert "Plan 1: nothing is in it." in said


def test_a_deal_whose_write_back_is_refused_is_done_and_listed_apart(old):
    called(*ASKED)
    old.crm.refuses_receipts = {DEAL: "the record is locked"}

    said = called("--apply", "1").output
    data = json.loads(called("--apply", "1", "--json").stdout)

    assert "Plan 1: 1 done, 1 of them with the write-back pending." in said
    assert "the record is locked" in said
    assert "To go on with what is left: handoff backfill --apply 1" in said
    assert (data["deals"], data["receipts_pending"]) == ({"done": 1}, 1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "Say which deals"),
        (("--since", "2024-01-01"), "Say which deals"),
        (("--apply", "1", "--full"), "Leave the other options out"),
        (("--since", "2025-01-01", "--until", "2024-01-01"), "Swap them"),
        (("--apply", "9"), "no planned backfill 9"),
        ((*ASKED, "--segment", "entreprise"), "no segment 'entreprise'. Nearest: enterprise."),
        ((*ASKED, "--replan", "--segment", "nosuch"), "no segment 'nosuch'. Use one of: enterprise, mid_market, smb."),
        (("--since", "01.02.2024", "--until", "2024-12-31"), "does not match"),
    ],
)
def test_what_is_asked_for_wrongly_ends_with_2_and_says_how_to_ask(old, options, told):
    said = called(*options)

    assert said.exit_code == 2
    assert told in said.output
    assert old.platform.sent == []


def test_an_owner_who_has_none_of_the_deals_is_asked_about(old):
    said = called(*ASKED, "--owner", "nosuch@northwind.example")
    theirs = called(*ASKED, "--owner", "Rosa.Lang@northwind.example")

    assert "Plan 1: 0 deals" in said.output
    assert "None of the deals that can be planned is this owner's. Is it the address" in " ".join(said.output.split())
    assert "Plan 2: 1 deal," in theirs.output
    assert "this owner's" not in theirs.output
