"""Cut off at any point, restarted: the same end. Frozen at any point while another goes on: nothing twice."""

import pytest

from tests.simulator.crash_points import ALONE, FIRST_PASS, TOGETHER, cut_at, frozen_at, lasting, points

PARTS = 8


@pytest.fixture(scope="module")
def clean():
    return cut_at(None)


def test_the_small_company_needs_every_kind_of_step(clean):
    made = clean.holds

    assert clean.found.problems == []
    assert len(made["gainsight Company"]) == 3
    assert len(made["gainsight cta_group"]) == 4
    assert sum("Begun for" in row for row in made["gainsight call_to_action"]) == 1
    assert sum("Promise" in row for row in made["gainsight call_to_action"]) == 2
    assert sum("change-" in row for row in made["gainsight activity_timeline"]) == 1
    assert len(made["letters"]) == 2
    assert sum("Handed off" in row for row in made["salesforce Opportunity"]) == 4


@pytest.mark.parametrize("part", range(PARTS))
def test_cut_off_at_any_point_and_restarted_the_end_is_the_same(part, clean):
    names = points(ALONE)
    parked = []

    for number in range(part + 1, len(names) + 1, PARTS):
        cut = cut_at(number)
        assert cut.found.problems == [], cut.at
        if cut.found.parked:
            parked.append(cut.at)
            assert cut.found.parked == ["Deal 1", "Deal 4"]
        else:
            assert cut.holds == clean.holds, cut.at

    assert all(near_the_letters(at, names) for at in parked)


def near_the_letters(at: str, names: list[str]) -> bool:
    """Whether a point lies between the intent of the letters and the keeping of their answer."""
    number = int(at.partition(":")[0])
    return any("/letters" in name for name in names[number - 2 : number + 2])


@pytest.mark.parametrize("part", range(PARTS))
def test_frozen_at_any_point_while_another_worker_goes_on_nothing_is_made_twice(part):
    numbers = lasting(points(TOGETHER)[:FIRST_PASS])

    for number in numbers[part::PARTS]:
        frozen = frozen_at(number)
        assert frozen.found.problems == [], frozen.at
