"""What is said of a pass, and of the passes before it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cli import runs
from cli.runs import show_run, show_runs
from cli.screens import nothing_sent, nothing_to_do, show_report, shown_apart
from handoff.ledger import Ledger
from handoff.report import Balance, Report

START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
COUNTS = {"balance": {"seen": 5, "done": 3, "waiting": 1, "needs_person": 1, "excluded": 0}}
QUIET = Report(
    run=3,
    command="sync",
    started_at=START,
    ended_at=START,
    mapping_version="v1",
    balance=Balance(2, 2, 0, 0, 0),
    handed_off=0,
    with_gaps=0,
    steps={},
    before_start=0,
    receipts={"written": 0, "pending": 0},
    exceptions=(),
)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger("sqlite://")
    ledger.open(stamps={})
    return ledger


def a_run(ledger: Ledger, *, error: str | None = None, ends: bool = True) -> None:
    number = ledger.begin_run("sync", START, "v1")
    if ends:
        ledger.end_run(number, START + timedelta(seconds=90), counts=COUNTS, report={}, error=error)


def listed(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    show_runs(ledger.runs(), as_json=True)
    return list(json.loads(capsys.readouterr().out)["runs"])


@pytest.mark.parametrize(
    ("balance", "pending", "said"),
    [
        (Balance(2, 2, 0, 0, 0), 0, "Nothing has changed since they were handed off; nothing was sent."),
        (Balance(4, 1, 1, 2, 0), 0, "Nothing was sent: 2 need a person, 1 waits."),
        (Balance(3, 2, 0, 0, 1), 2, "Nothing was sent: 1 is excluded, 2 have a write-back pending."),
    ],
)
def test_a_pass_that_sent_nothing_says_what_is_true_of_its_deals(balance, pending, said, capsys):
    report = replace(QUIET, balance=balance, receipts={"written": 0, "pending": pending})

    show_report(report)

    assert nothing_sent(report) == said
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("elsewhere", "said"),
    [
        (0, "Nothing of the plan is left to do."),
        (1, "Another process works on 1 deal of the plan."),
        (400, "Another process works on 400 deals of the plan."),
    ],
)
def test_a_backfill_that_found_no_deal_says_whether_another_process_has_them(elsewhere, said):
    report = replace(QUIET, command="backfill", balance=Balance(0, 0, 0, 0, 0), elsewhere=elsewhere)

    assert nothing_to_do(report).strip() == said


def test_a_deal_asked_for_that_was_won_too_early_is_not_said_to_be_lost():
    said = nothing_to_do(replace(QUIET, balance=Balance(0, 0, 0, 0, 0), before_start=1))

    assert "won before start_from" in said
    assert "not won" not in said


def test_a_run_as_data_has_moments_with_a_zone_and_seconds_as_a_number(ledger, capsys):
    a_run(ledger)

    (one,) = listed(ledger, capsys)

    assert (one["started_at"], one["ended_at"]) == ("2026-03-10T12:00:00+00:00", "2026-03-10T12:01:30+00:00")
    assert (one["took"], one["end"], one["balance"]) == (90.0, "well", COUNTS["balance"])


def test_a_run_that_did_not_finish_has_no_balance_and_says_how_it_ended(ledger, capsys):
    a_run(ledger, error="KeyboardInterrupt")
    a_run(ledger, error="ran out of calls.\nTried 4 times.")

    failed, stopped = listed(ledger, capsys)
    show_runs(ledger.runs(), as_json=False)
    shown = capsys.readouterr().out

    assert (stopped["end"], stopped["balance"], failed["balance"]) == ("stopped by a person", None, None)
    assert "ran out of calls." in shown
    assert "Tried" not in shown
    assert "KeyboardInterrupt" not in shown


def test_a_run_without_an_end_was_cut_off_once_there_is_a_later_one(ledger, capsys):
    a_run(ledger, ends=False)
    a_run(ledger, ends=False)

    assert [one["end"] for one in listed(ledger, capsys)] == ["still running, or cut off", "cut off"]


def test_one_run_on_the_screen_has_words_for_its_moments(ledger, capsys):
    a_run(ledger)
    a_run(ledger, ends=False)

    show_run(*ledger.run(1), newest=2, as_json=False)
    show_run(*ledger.run(2), newest=2, as_json=False)

    shown = capsys.readouterr().out
    assert "Run 1, sync, started 2026-03-10 12:00:00 UTC, took 90 s" in shown
    assert "5 seen = 3 done + 1 waiting + 1 needs a person + 0 excluded" in shown
    assert "Run 2, sync, started 2026-03-10 12:00:00 UTC, took -" in shown


@pytest.mark.parametrize(("width", "there"), [(80, False), (120, True)])
def test_a_narrow_screen_leaves_columns_out_so_that_the_start_can_be_read(ledger, capsys, monkeypatch, width, there):
    a_run(ledger)
    monkeypatch.setattr(runs.out, "width", width)

    show_runs(ledger.runs(), as_json=False)

    shown = capsys.readouterr().out
    assert "2026-03-10 12:00:00" in shown
    assert ("Excluded" in shown, "Command" in shown) == (there, there)
    assert max(map(len, shown.splitlines())) <= width


def test_two_long_texts_are_shown_from_shortly_before_the_place_where_they_differ():
    start = "The champion changed roles during the deal and her successor starts on the first of the month. "

    assert shown_apart(start + "Call Ida.", start + "Call Per.", 60) == (
        "…first of the month. Call Ida.",
        "…first of the month. Call Per.",
    )


def test_short_values_and_values_of_other_kinds_are_shown_whole():
    assert shown_apart("Medium", "High", 60) == ("Medium", "High")
    assert shown_apart(None, Decimal("0.125"), 60) == ("(empty)", "0.125")
