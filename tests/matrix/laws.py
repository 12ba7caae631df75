"""What must hold of a pair of systems, whatever they are; the quiet day is the measure of the bad one."""

from tests.matrix.course import Faulty, Quiet

WON = 45
"""The won deals of the sandbox's tenant."""


def sound(calm: Quiet) -> None:
    """A dry run and a second pass write nothing, every deal is accounted for, and each piece of work is there once."""
    assert (calm.looked, calm.written > 0, calm.written_again) == (0, True, 0)
    assert calm.counts.get("done", 0) + calm.counts.get("needs_person", 0) == sum(calm.counts.values()) == WON
    assert calm.counts["done"] > WON / 2
    there = {key for keys in calm.held.values() for key in keys if key}
    assert there, "no record carries a key of ours"
    assert there <= calm.planned, "something was made that the dry run did not show"
    twice = {name: [key for key, count in keys.items() if key and count > 1] for name, keys in calm.held.items()}
    assert not any(twice.values()), twice


def one_of_each(calm: Quiet, bad: Faulty) -> None:
    """After a bad day the same work is there as after a quiet one: nothing is missing, nothing is there twice."""
    assert {"reset_after", "too_many"} <= {do for do, count in bad.struck.items() if count}, "some fault never struck"
    for name, keys in calm.held.items():
        assert bad.held.get(name, {}) == keys, f"{name} differs"
    assert (bad.held.keys(), bad.counts) == (calm.held.keys(), calm.counts)
