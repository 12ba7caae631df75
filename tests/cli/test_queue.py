"""`queue`: what is not done, by who must act, and a person's word on it."""

import json
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli import acting, queueing
from cli.app import app
from handoff.ports import Capability, Identity
from tests.fakes import End, World
from tests.handoff.builders import DEAL, a_deal

SECOND = "0065g00000SeCoNAAV"
THIRD = "0065g00000ThIrDAAV"


def called(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, ["queue", *arguments], env={"HANDOFF_ACTOR": "ada"} | environment)


def sync() -> Any:
    done = CliRunner().invoke(app, ["sync", "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def three(world: World) -> World:
    """Return a world of a deal whose plan was refused, one without an account, and one that waits."""
    world.crm.win(
        a_deal(),
        a_deal(SECOND, account_id=None),
        a_deal(THIRD, account_id="0015g00000ThIrDAAV", account_name="Albatros"),
    )
    ends = {DEAL: ("plan", End.REFUSED), THIRD: ("company", End.WAITING)}
    world.platform.ends = lambda step: next(
        (end for deal, (name, end) in ends.items() if (step.deal.id, step.name) == (deal, name)), None
    )
    sync()
    world.platform.ends = lambda step: None
    return world


def test_nothing_open_is_said_so(world):
    assert "Nothing waits, and nothing needs a person." in called().output


def test_the_queue_is_grouped_by_who_must_act_and_what_goes_on_by_itself_comes_last(three):
    lines = called().output.splitlines()

    assert [line for line in lines if line and not line.startswith(" ")][1:] == [
        "Sales (1)",
        "RevOps (1)",
        "The bridge goes on with these by itself (1)",
        "To act: handoff queue retry ID, resolve ID or skip ID (see --help).",
    ]


def test_an_entry_says_its_id_why_since_when_when_it_is_looked_at_again_and_where(three):
    text = called("--owner", "revops").output

    assert f"  {DEAL}  Nordwind Freight: Harbor lights, 40 seats" in text
    assert "      plan: " in text
    assert f"      its step: {DEAL}/plan" in text
    assert "since 2026-03-10 12:01 UTC; looked at again at 13:01 UTC" in text
    assert SECOND not in text


def test_what_may_have_happened_and_cannot_be_looked_up_is_not_said_to_go_on_by_itself(world):
    world.platform.kinds = {**world.platform.kinds, "timeline": Capability(Identity.BLIND, 50)}
    world.platform.ends = lambda step: End.UNKNOWN_AFTER if step.kind == "timeline" else None
    world.crm.win(a_deal())
    sync()

    text = called().output

    assert DEAL in text
    assert "once somebody said what became of it" in text
    assert "again at" not in text


def test_what_waits_goes_on_with_the_next_pass(three):
    assert "goes on with the next pass" in called("--owner", "bridge").output


def test_the_queue_as_data_counts_by_owner(three):
    said = json.loads(called("--json").stdout)

    assert said["counts"] == {"bridge": 1, "sales": 1, "revops": 1}
    assert {one["id"]: one["retry"] for one in said["entries"]} == {DEAL: "person", SECOND: "person", THIRD: "later"}


def test_a_long_queue_is_cut_and_says_how_to_see_it_whole(world):
    world.crm.win(*(a_deal(f"0065g00000{number:05d}AAV", account_id=None) for number in range(12)))
    sync()

    assert "  and 2 more: handoff queue --all" in called().output
    assert "more" not in called("--all").output


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("retry", DEAL), "It is tried by the next pass."),
        (("skip", f"{DEAL}/plan"), "The step counts as skipped."),
        (("resolve", f"{DEAL}/plan"), "The step counts as done by hand."),
        (("resolve", DEAL), "The deal counts as done by hand."),
    ],
)
def test_a_word_takes_the_deal_out_of_the_queue_with_the_next_pass(three, arguments, answer):
    done = called(*arguments, "--reason", "as agreed")

    assert done.exit_code == 0, done.output
    assert f"{answer} Recorded as run 2, by ada." in done.output
    sync()
    assert DEAL not in called().output


def test_a_word_as_data_names_the_run(three):
    said = json.loads(called("skip", SECOND, "--reason", "a test deal", "--json").stdout)

    assert said == {"ok": True, "command": "queue skip", "id": SECOND, "run": 2, "actor": "ada"}


def test_the_user_of_the_machine_is_the_actor_where_nobody_else_is_named(three, monkeypatch):
    monkeypatch.setattr(acting.getpass, "getuser", lambda: "grace")

    assert "by grace." in called("skip", SECOND, "--reason", "a test deal", HANDOFF_ACTOR="").output


def test_a_reason_is_asked_for_at_a_terminal(three, monkeypatch):
    monkeypatch.setattr(queueing, "at_terminal", lambda: True)
    monkeypatch.setattr(queueing, "said", lambda question: "They have a plan of their own")

    called("skip", f"{DEAL}/plan")

    trail = json.loads(CliRunner().invoke(app, ["trail", "--run", "2", "--json"]).stdout)["events"]
    assert [(one["actor"], one["detail"]) for one in trail] == [("ada", "because: They have a plan of their own")]


@pytest.mark.parametrize("reason", [(), ("--reason", "  ")])
def test_without_a_reason_nothing_is_done(three, reason):
    done = called("skip", SECOND, *reason)

    assert done.exit_code == 2
    assert "Add --reason TEXT." in done.output
    assert SECOND in called().output


def test_words_that_fit_several_deals_list_them(three):
    done = called("retry", "Harbor", "--reason", "x")

    assert done.exit_code == 2
    assert DEAL in done.output


@pytest.mark.parametrize("option", ["--sandbox", "--json", "--all"])
def test_an_option_before_the_word_is_refused_so_that_it_is_not_lost(three, option):
    done = called(option, "skip", DEAL, "--reason", "a test deal")

    assert done.exit_code == 2
    assert "handoff queue skip ID ..." in done.output
    assert three.standing(DEAL) == "needs_person"
