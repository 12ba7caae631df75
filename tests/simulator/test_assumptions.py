"""Where a stated assumption does not hold, something is doubled or lost, and a reconciliation names it."""

import pytest

from tests.simulator.assumptions import ASSUMPTIONS, broken


@pytest.mark.parametrize("one", ASSUMPTIONS, ids=lambda one: one.name)
def test_whatever_goes_wrong_beyond_an_assumption_is_named(one):
    judged = broken(one)

    assert judged.doubles + judged.losses > 0
    assert judged.unnamed == ()
