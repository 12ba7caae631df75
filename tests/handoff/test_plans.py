"""Plans done in as many runs as it takes: what only time keeps from being done is waited for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handoff import backfill
from handoff.backfills import states
from handoff.ledger import Ledger
from handoff.model import Step
from handoff.plans import LONGEST_PAUSE, carried_out
from tests.fakes import End, PowerCut, World, with_files
from tests.handoff.builders import users
from tests.handoff.test_backfill import FULL, applied, known_companies, notes_of, old, planned, world_of


@pytest.fixture
def world() -> World:
    return world_of()


def test_what_may_have_been_made_before_a_stop_is_looked_for_until_it_is_certain_and_then_made(world):
    world.crm.win(old(0), old(1))
    plan = planned(world, FULL)
    world.platform.ends = lambda step: End.CUT_BEFORE if step.kind == "cta" else None
    with pytest.raises(PowerCut):
        applied(world, plan)
    world.platform.ends = lambda step: None
    begun = world.clock.now()

    reports = carried_out(world.bridge, plan.number)

    assert states(world.ledger, plan.number) == {"done": 2}
    assert [report.balance.waiting for report in reports] == [2, 2, 0]
    assert world.clock.now() - begun < timedelta(minutes=5)
    assert world.keys_twice() == []


def test_what_waits_for_a_person_is_left_at_once(world):
    known_companies(world, 0)
    world.crm.win(old(0))
    plan = planned(world)
    world.platform.ends = lambda step: End.REFUSED
    begun = world.clock.now()

    assert len(carried_out(world.bridge, plan.number)) == 1
    assert world.clock.now() - begun < timedelta(seconds=1)


def test_runs_that_get_nothing_done_follow_each_other_more_and_more_seldom_and_then_no_more(world):
    known_companies(world, 0)
    world.crm.win(old(0))
    plan = planned(world)
    world.platform.ends = lambda step: End.WAITING
    begun = world.clock.now()

    reports = carried_out(world.bridge, plan.number)

    assert 2 < len(reports) < 10
    assert world.clock.now() - begun < 3 * LONGEST_PAUSE
    assert states(world.ledger, plan.number) == {"planned": 1}


def other_process(url: str, world: World, *, alive: bool) -> Ledger:
    """Return the ledger of a process that has the first slice of plan 1, and works on or has died since."""
    other = Ledger(url)
    other.open(stamps={})
    other.hold(other.begin_run("backfill", world.clock.now(), None), world.clock)
    assert other.take(["backfill:1:0"])
    slept = world.clock.sleep

    def beating(seconds: float) -> None:
        for _ in range(3):
            slept(seconds / 3)
            if alive:
                other.beat()

    world.clock.sleep = beating  # type: ignore[method-assign]
    return other


@pytest.mark.parametrize("alive", [True, False])
def test_the_slice_of_another_process_is_waited_for_and_done_once_that_ends_or_has_died(alive, tmp_path, monkeypatch):
    monkeypatch.setattr(backfill, "SLICE", 2)
    url = f"sqlite:///{tmp_path / 'handoff.db'}"
    world = World(with_files(), url, users())
    known_companies(world, *range(4))
    world.crm.win(*(old(number) for number in range(4)))
    plan = planned(world)
    other = other_process(url, world, alive=alive)
    waited: list[str] = []

    def progress(what: str, done: int, total: int) -> None:
        if what.startswith("waiting for what another"):
            waited.append(what)
            if len(waited) == 5:
                assert notes_of(world) == ["Dock 2", "Dock 3"]
                other.let_go()

    reports = carried_out(replace(world.bridge, progress=progress), plan.number)

    assert [report.balance.done for report in reports] == [2, 2]
    assert len(waited) == (5 if alive else 1)
    assert states(world.ledger, plan.number) == {"done": 4}


def test_the_slice_of_a_process_that_has_died_is_done_as_soon_as_it_is_free(tmp_path, monkeypatch):
    monkeypatch.setattr(backfill, "SLICE", 1)
    url = f"sqlite:///{tmp_path / 'handoff.db'}"
    world = World(with_files(), url, users())
    known_companies(world, *range(3))
    world.crm.win(*(old(number) for number in range(3)))
    plan = planned(world)
    other_process(url, world, alive=False)

    def a_moment_each(step: Step) -> None:
        for _ in range(2):
            world.clock.sleep(8)
            world.ledger.beat()

    world.platform.ends = a_moment_each

    reports = carried_out(world.bridge, plan.number)

    assert len(reports) == 1
    assert [step.name for step in world.platform.sent] == ["brief"] * 3
    assert [str(step.payload["Subject"])[-6:] for step in world.platform.sent] == ["Dock 1", "Dock 0", "Dock 2"]
