"""A run that is asked to stop: it ends where nothing is under way, and the next one finishes the work."""

from dataclasses import replace

import pytest

from handoff.errors import Stopped
from tests.fakes import World
from tests.handoff.builders import users
from tests.handoff.test_run import acting_mappings, nth, rows_of

pytestmark = pytest.mark.whole


def asked_at(world: World, question: int) -> None:
    """Let the run be asked to stop when it looks for the `question`th time whether it was."""
    left = iter([False] * question)
    world.bridge = replace(world.bridge, stopping=lambda: next(left, True))


@pytest.mark.parametrize("question", range(16))
def test_wherever_a_run_stops_nothing_is_in_doubt_and_the_next_one_finishes_it(question):
    world = World(acting_mappings(), "sqlite://", users(), wave=2, batch=1)
    world.crm.win(*(nth(n) for n in range(3)))
    asked_at(world, question)

    with pytest.raises(Stopped):
        world.run()

    (stopped,) = world.ledger.runs()
    assert stopped.ended_at is not None
    assert stopped.error == "Stopped. What was done is in the ledger; the next run goes on from there."
    assert rows_of(world)["leases"] == []
    with world.ledger.engine.connect() as connection:
        states = connection.exec_driver_sql("SELECT state FROM steps").scalars().all()
    assert set(states) <= {"settled"}
    world.bridge = replace(world.bridge, stopping=lambda: False)
    assert world.until_quiet().balance.done == 3
    assert (len(world.platform.of("cta")), world.keys_twice()) == (3, [])


def test_a_run_asked_to_stop_before_it_read_anything_keeps_its_cursor(world_of_one):
    asked_at(world_of_one, 0)

    with pytest.raises(Stopped):
        world_of_one.run()

    assert rows_of(world_of_one)["windows"] == rows_of(world_of_one)["deals"] == []


def test_a_run_that_nobody_asks_to_stop_goes_on_to_its_end(world_of_one):
    asked_at(world_of_one, 1_000)

    assert world_of_one.run().handed_off == 1


@pytest.fixture
def world_of_one() -> World:
    world = World(acting_mappings(), "sqlite://", users())
    world.crm.win(nth(1))
    return world
