"""The engine, broken on purpose: the simulator must notice each safeguard that is gone."""

import pytest

from tests.simulator import mutants
from tests.simulator.mutants import MUTANTS, Mutant, caught
from tests.simulator.play import play

WORLDS = list(dict.fromkeys(mutants.replace(one.plan, seed=one.seeds[0]) for one in MUTANTS))
"""The first world of each mutant, once."""


@pytest.mark.parametrize("one", MUTANTS, ids=lambda one: one.name)
def test_an_engine_without_this_safeguard_is_caught(one):
    assert caught(one).by


@pytest.mark.parametrize("plan", WORLDS)
def test_the_whole_engine_passes_where_the_broken_one_is_caught(plan):
    assert play(plan).found.problems == []


def test_a_mutant_that_finds_nothing_to_break_says_so():
    gone = Mutant("nothing", [(mutants.Decider, "_no_more", lambda real: real)], MUTANTS[0].plan, range(1))

    with pytest.raises(AttributeError, match=r"Decider\._no_more, which is no more"), gone.at_work():
        pass
