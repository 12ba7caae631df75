"""Cut off at any point, restarted: the same end. Frozen at any point while another goes on: nothing twice."""

import json
import re
import sqlite3
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.simulator.crash_points import ALONE, FIRST_PASS, TOGETHER, cut_at, every_kind, frozen_at, lasting, points
from tests.simulator.play import Play

PARTS = 8
WRITES = re.compile(r"PUT|PATCH|POST (?!.*(/query|oauth))")


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


def test_after_each_intent_and_each_write_there_is_another_cut():
    names, cuts = points(ALONE), differing()

    wrote = [n for n, name in enumerate(names, start=1) if name.startswith("answer") and WRITES.search(name)]
    meant = [n - 1 for n, name in enumerate(names, start=1) if name == "ledger: an intent is written"]

    assert len(wrote) >= len(meant) > 5
    assert {*wrote, *meant} <= {*cuts}


@pytest.mark.parametrize("part", range(PARTS))
def test_cut_off_at_any_point_and_restarted_the_end_is_the_same(part, clean):
    names, parked = points(ALONE), []

    for number in differing()[part::PARTS]:
        cut = cut_at(number)
        assert cut.found.problems == [], cut.at
        if cut.found.parked:
            parked.append(cut.at)
            assert cut.found.parked == ["Deal 1", "Deal 4"]
        else:
            assert cut.holds == clean.holds, cut.at

    assert all(near_the_letters(at, names) for at in parked)


@cache
def differing() -> list[int]:
    """
    Return the numbers of all points that are not the same cut as the point before.

    A cut forgets all that the process knew. What a cut leaves is what the ledger and the systems hold; where that is
    as it was at the point before, the next process finds the same.
    """
    left: list[str] = []

    def note(number: int, name: str) -> None:
        left.append(stored(world, ledger))

    with TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "handoff.db")) as ledger:
        world = Play(ALONE, Path(folder), scene=every_kind())
        world.hub.at_point = note
        world.run()
    return [number for number, one in enumerate(left, start=1) if number == 1 or one != left[number - 2]]


def stored(world: Play, ledger: sqlite3.Connection) -> str:
    """Return a fingerprint of everything that outlives a process of this world."""
    held = json.dumps([world.world.state(), world.post.letters, [*ledger.iterdump()]], sort_keys=True, default=str)
    return sha256(held.encode()).hexdigest()


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
