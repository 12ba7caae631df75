"""What a person gets who calls without knowing the way."""

import pytest
from typer.testing import CliRunner

from cli import app as application
from cli.app import app
from cli.console import STOPPED


def called(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_without_a_command_the_help_is_shown_and_all_is_well():
    done = called()

    assert done.exit_code == 0
    assert "handoff demo" in done.output
    for command in ("sync", "why", "runs", "sandbox", "demo", "serve"):
        assert command in done.output


@pytest.mark.parametrize("words", [("nosuch",), ("sync", "--limit", "0"), ("why",), ("sandbox", "--port-base", "80")])
def test_a_wrong_call_is_a_mistake_of_the_caller_and_shows_no_traceback(words):
    done = called(*words)

    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_the_version_is_printed_when_asked():
    assert called("--version").output.startswith("handoff-bridge 0.")


def test_a_person_who_stops_a_run_is_told_that_nothing_is_lost(monkeypatch):
    def stopped(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(application._wiring, "choice", stopped)

    done = called("sync")

    assert done.exit_code == STOPPED
    assert "the next run goes on from there" in done.output


def test_a_bug_of_ours_is_said_to_be_ours_and_ends_with_4(monkeypatch):
    def broken(**_):
        raise ZeroDivisionError

    monkeypatch.setattr(application._wiring, "choice", broken)

    done = called("sync")

    assert done.exit_code == 4
    assert "This is our mistake: ZeroDivisionError" in done.output
