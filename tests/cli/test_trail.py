"""`trail`: what was done, from a moment on, by a run, about a deal."""

import json
from datetime import timedelta

from typer.testing import CliRunner

from cli.app import app
from tests.handoff.builders import DEAL, a_deal

SECOND = "0065g00000SeCoNAAV"


def test_the_trail_can_be_of_a_deal_of_a_run_or_from_a_moment_on(world):
    for deal in (a_deal(), a_deal(SECOND, account_id="0015g00000SeCoNAAV", account_name="Albatros")):
        world.crm.win(deal)
        CliRunner().invoke(app, ["sync"])
        world.clock.advance(3_600)

    def runs(*arguments: str) -> set[int]:
        done = CliRunner().invoke(app, ["trail", *arguments, "--json"])
        return {one["run"] for one in json.loads(done.stdout)["events"]}

    assert runs() == {1, 2}
    assert (runs(DEAL), runs(SECOND)) == ({1}, {2})
    assert runs("--run", "2") == {2}
    assert runs("--since", f"{world.clock.now() - timedelta(hours=2):%Y-%m-%dT%H:%M:%S}") == {2}
