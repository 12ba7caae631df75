"""`handoff serve` and the Prefect server it needs."""

import pytest
from typer.testing import CliRunner

from cli import app as application
from cli.app import app
from cli.serving import NoPrefect, must_answer
from sandbox.shell import free_port_base


def test_a_prefect_server_that_does_not_answer_is_named_with_what_to_do():
    port = free_port_base()

    with pytest.raises(NoPrefect) as caught:
        must_answer(f"http://someone:secret@127.0.0.1:{port}/api")

    assert str(caught.value) == (
        f"the Prefect server at http://127.0.0.1:{port}/api does not answer; "
        "start one with: prefect server start, or unset PREFECT_API_URL"
    )


def test_without_a_named_server_nothing_has_to_answer():
    must_answer(None)


def test_serve_without_an_answering_server_ends_as_a_system_out_of_reach_without_a_traceback(monkeypatch):
    monkeypatch.setattr(application._wiring, "systems", lambda _: "a system")
    monkeypatch.setattr(application._wiring.Choice, "settings", lambda _: None)

    from prefect.settings import PREFECT_API_URL, temporary_settings  # tests of flows give it a home before that

    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port_base()}/api"}):
        done = CliRunner().invoke(app, ["serve"])

    assert done.exit_code == 3
    assert "does not answer; start one with: prefect server start" in done.output
    assert "Traceback" not in done.output
