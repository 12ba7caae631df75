"""`diff`, `apply-mapping` and the question of `sync`, over a small bridge in memory."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app as application
from cli import applying, asking
from cli.app import app
from flows._wiring import Choice
from handoff.settings import Instance, Settings
from tests.fakes import EDITED, World
from tests.handoff.builders import CONTRACT, DEAL, WON, a_deal, folder_in, mappings_in, users

SECOND = "0065g00000SeCoNAAV"
OTHER = "0015g00000ElSeWAAV"
REWORDED = {"templates/cta.html.j2": "<p>The reason: {{ business_goal }}</p>\n"}


class Chosen(Choice):
    """The choice of the world below."""

    def settings(self) -> Settings:
        """Return settings of which only the mappings are read."""
        crm, platform = (
            Instance(k, "main", {"system": s}, {}) for k, s in (("crm", "salesforce"), ("platform", "gainsight"))
        )
        return Settings("sqlite://", (crm,), (platform,), self.folder)


class Desk:
    """A world that every command of this process works on; `wired` says of each wiring whether it only reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World(mappings_in(folder, EDITED), "sqlite://", users())
        self.wired: list[bool] = []

    def edit(self, **files: str) -> None:
        """Edit the mapping files."""
        self.world.bridge = replace(self.world.bridge, mappings=mappings_in(self.folder, EDITED | files))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(tmp_path)

    @contextmanager
    def wired(*_: object, read_only: bool = False, **__: object) -> Iterator[object]:
        desk.wired.append(read_only)
        desk.world.clock.advance(60)
        yield desk.world.bridge

    chosen = Chosen(folder_in(tmp_path, EDITED))
    monkeypatch.setattr(application._wiring, "choice", lambda **_: chosen)
    monkeypatch.setattr(application._wiring, "systems", lambda _: "a world in memory")
    monkeypatch.setattr(application._wiring, "wired", wired)
    return desk


def called(*arguments: str, said: str | None = None):
    return CliRunner().invoke(app, list(arguments), input=said)


def answers(monkeypatch: pytest.MonkeyPatch, word: str) -> list[str]:
    """Put a person before the screen who says this; return what was asked."""
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return word

    for module in (applying, asking):
        monkeypatch.setattr(module, "answer", answer)
    for module in (applying, application):
        monkeypatch.setattr(module, "at_terminal", lambda: True)
    return asked


def delivered(desk: Desk) -> int:
    desk.world.crm.win(a_deal(), a_deal(SECOND, account_id=OTHER, account_name="Isar Foods", won_at=WON + timedelta(1)))
    assert called("sync").exit_code == 0
    return len(desk.world.platform.sent)


# diff


def test_diff_tells_its_calls_first_and_shows_what_is_held_and_what_would_be(desk):
    delivered(desk)
    desk.world.crm.edit(DEAL, amount=Decimal(52_000), source={"Amount": Decimal(52_000)})
    desk.world.platform.hidden = {"Comments"}

    done = called("diff")

    assert done.exit_code == 0
    assert done.stderr.startswith("Read: ")
    assert "Next: about 3 calls to gainsight main, at 30 a minute: less than a minute." in done.stderr
    assert "  onboarding_cta (cta): updated (" in done.stdout
    assert "    ARR__gc: 48,000 -> 52,000\n      sent" in done.stdout
    assert "type: Lifecycle" not in done.stdout
    assert "A sync would change something for 1 of 1 deals. Nothing was written." in done.stdout
    assert all(desk.wired[1:])


def test_diff_of_one_deal_shows_every_field_and_says_unknown_and_empty(desk):
    delivered(desk)
    desk.world.platform.hidden = {"Comments"}
    desk.world.platform.edit(desk.world.platform.of("cta")[0].ref, DueDate=None)

    done = called("diff", DEAL)

    assert "    type: Lifecycle (same)\n" in done.stdout
    assert (
        "    Comments: unknown -> <p>Why: Fewer late berths</p>\n      unknown: it cannot be read back" in done.stdout
    )
    assert "    DueDate: (empty) -> 2026-05-04\n      kept: a person changed it" in done.stdout


def test_diff_of_a_new_deal_says_that_nothing_is_there(desk):
    desk.world.crm.win(a_deal())

    assert "    ARR__gc: (not there) -> 48,000" in called("diff").stdout


def test_diff_as_data_has_its_calls_and_keeps_unknown_apart_from_empty(desk):
    delivered(desk)
    desk.world.platform.hidden = {"Comments"}
    desk.world.platform.edit(desk.world.platform.of("cta")[0].ref, DueDate=None)

    said = json.loads(called("diff", "--all", "--limit", "1", "--json").stdout)

    assert (said["ok"], said["command"], len(said["deals"])) == (True, "diff", 1)
    assert said["calls"]["ahead"] == {"system": "gainsight main", "calls": 3, "seconds": 0}
    fields = next(step for step in said["deals"][0]["steps"] if step["kind"] == "cta")["fields"]
    assert (fields["Comments"]["state"], fields["Comments"]["holds"]) == ("unknown", None)
    assert (fields["DueDate"]["state"], fields["DueDate"]["holds"]) == ("known", None)


def test_diff_of_a_deal_that_is_not_won_and_of_two_things_at_once_are_mistakes(desk):
    assert called("diff", DEAL).exit_code == 2
    done = called("diff", DEAL, "--all")
    assert (done.exit_code, "not both" in done.stderr) == (2, True)


# apply-mapping


def test_without_a_terminal_only_the_plan_is_shown_and_how_to_do_it(desk):
    start = delivered(desk)
    desk.edit(**REWORDED)

    done = called("apply-mapping", "--to", "all")

    assert done.exit_code == 0
    assert "2 delivered handoffs, 0 left out." in done.stdout
    assert "  onboarding_cta     2 to update\n" in done.stdout
    assert "Comments: <p>Why: Fewer late berths</p> -> <p>The reason: Fewer late berths</p>" in done.stdout
    assert "  gainsight main: updating CTAs: 2 in 1\n" in done.stdout
    assert "  salesforce main: telling deals: 2 in 1\n" in done.stdout
    assert "  and 1 look-up while it is carried out\n" in done.stdout
    assert "  together 2 calls to gainsight main, at 30 a minute: less than a minute\n" in done.stdout
    assert "Nothing was sent. To do it: handoff apply-mapping --to all --yes" in done.stdout
    assert len(desk.world.platform.sent) == start
    assert desk.wired == [False, True]


@pytest.mark.parametrize(("word", "sent"), [("y", 2), ("", 0), ("n", 0)])
def test_at_a_terminal_it_is_done_when_the_person_agrees_and_no_lock_is_held_while_they_think(
    desk, monkeypatch, word, sent
):
    start = delivered(desk)
    desk.edit(**REWORDED)
    asked = answers(monkeypatch, word)

    done = called("apply-mapping", "--to", "all")

    assert asked == ["Do it? [y/N]"]
    assert len(desk.world.platform.sent) - start == sent
    assert ("2 seen = 2 done" in done.stdout) is bool(sent)
    assert desk.wired == [False, True, False][: 3 if sent else 2]


def test_yes_does_it_without_asking_and_a_dry_run_never_does(desk, monkeypatch):
    start = delivered(desk)
    desk.edit(**REWORDED)
    asked = answers(monkeypatch, "y")

    called("apply-mapping", "--to", "all", "--yes", "--dry-run")
    planned = len(desk.world.platform.sent)
    done = called("apply-mapping", "--to", "in-flight", "--yes")

    assert (planned, len(desk.world.platform.sent)) == (start, start + 2)
    assert "Run 2: 2 seen = 2 done" in done.stdout
    assert asked == []


def test_when_nothing_is_to_be_done_it_says_so_and_asks_nothing(desk, monkeypatch):
    delivered(desk)
    asked = answers(monkeypatch, "y")

    done = called("apply-mapping", "--to", "all")

    assert "Nothing to do: what was delivered is as this mapping says, or as people have it." in done.stdout
    assert asked == []


def test_the_plan_and_what_was_done_as_data(desk):
    delivered(desk)
    desk.edit(**REWORDED)
    desk.world.crm.edit(SECOND, source={"Business_Goal__c": "Fewer claims"})

    plan = json.loads(called("apply-mapping", "--to", "all", "--json").stdout)
    done = json.loads(called("apply-mapping", "--to", "all", "--json", "--yes").stdout)

    assert (plan["ok"], plan["done"], plan["report"]) == (True, False, None)
    assert plan["plan"]["steps"]["onboarding_cta"]["update"] == 1
    assert plan["plan"]["steps"]["onboarding_cta"]["samples"][0]["holds"] == "<p>Why: Fewer late berths</p>"
    assert [one["reason"] for one in plan["plan"]["left_out"]] == ["changed since: the next sync comes first"]
    assert plan["plan"]["calls"]["writes"][0] == {
        "system": "gainsight main",
        "kind": "cta",
        "action": "update",
        "records": 1,
        "calls": 1,
    }
    assert (done["done"], done["report"]["balance"]["done"]) == (True, 1)


def test_who_is_left_out_is_listed_with_the_reason(desk):
    delivered(desk)
    desk.edit(**REWORDED)
    desk.world.crm.lose(DEAL)

    shown = called("apply-mapping", "--to", "all").stdout

    assert "1 delivered handoff, 1 left out." in shown
    assert "it is no longer won in the CRM, or not visible to the integration user" in shown


def test_to_whom_it_is_applied_must_be_said(desk):
    assert called("apply-mapping").exit_code == 2
    assert called("apply-mapping", "--to", "some").exit_code == 2


# The question of sync


def limited(desk: Desk, tmp_path: Path) -> None:
    contract = CONTRACT.replace("start_from:", "limits: {new_per_pass: 1}\nstart_from:")
    folder_in(tmp_path, EDITED | {"handoff.yml": contract})
    desk.edit(**{"handoff.yml": contract})
    desk.world.crm.win(a_deal(), a_deal(SECOND, account_id=OTHER, won_at=WON + timedelta(1)))


@pytest.mark.parametrize(("word", "made"), [("y", 2), ("", 1), ("q", 0)])
def test_at_a_terminal_a_person_says_how_many_of_too_many_new_deals_go(desk, tmp_path, monkeypatch, word, made):
    limited(desk, tmp_path)
    asked = answers(monkeypatch, word)

    done = called("sync")

    assert asked == ["Hand off all 2? [y = all, Enter = the oldest 1, q = nothing]"]
    assert len(desk.world.platform.of("cta")) == made
    assert done.exit_code == 0
    assert desk.wired[0] is True


def test_nobody_is_asked_without_a_terminal_or_when_the_number_or_the_deal_is_given(desk, tmp_path, monkeypatch):
    limited(desk, tmp_path)

    called("sync")
    asked = answers(monkeypatch, "q")
    called("sync", "--deal", SECOND)
    called("sync", "--limit", "1")

    assert len(desk.world.platform.of("cta")) == 2
    assert asked == []


def test_nobody_is_asked_when_no_more_are_new_than_may_go(desk, tmp_path, monkeypatch):
    limited(desk, tmp_path)
    desk.world.crm.lose(SECOND)
    asked = answers(monkeypatch, "q")

    called("sync")

    assert len(desk.world.platform.of("cta")) == 1
    assert asked == []
