from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import SimulatedClock

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class Watch:
    """A real clock that a test turns by hand."""

    def __init__(self) -> None:
        self.time = MONDAY

    def __call__(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def watch():
    return Watch()


def test_starts_at_real_time_unless_told(watch):
    friday = datetime(2026, 3, 6, 16, 55, tzinfo=UTC)

    assert SimulatedClock(real_now=watch).now() == MONDAY
    assert SimulatedClock(real_now=watch, start=friday).now() == friday


def test_a_second_of_real_time_is_scale_seconds_of_simulated_time(watch):
    clock = SimulatedClock(real_now=watch, scale=60)

    watch.wait(2)

    assert clock.now() == datetime(2026, 11, 2, 9, 2, tzinfo=UTC)


def test_the_reading_lets_another_process_compute_the_same_moment(watch):
    clock = SimulatedClock(real_now=watch, scale=60)
    clock.advance(3600)
    watch.wait(10)
    reading = clock.reading()

    watch.wait(5)
    computed = reading["simulated"] + (watch().timestamp() - reading["real"]) * reading["scale"]

    assert computed == pytest.approx(clock.now().timestamp(), abs=1e-3)


def test_can_be_set_to_any_moment_and_says_it_in_utc(watch):
    clock = SimulatedClock(real_now=watch)

    clock.set("2026-03-06T18:00:00+02:00")

    assert clock.now() == datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_orders_are_carried_out_together(watch):
    clock = SimulatedClock(real_now=watch)

    clock.change({"scale": 2, "advance": 60, "set": "2026-12-01T08:00:00Z"})
    watch.wait(30)

    assert clock.now() == datetime(2026, 12, 1, 8, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        ({}, "told nothing"),
        ({"speed": 2}, "'speed'. Say any of: set, advance, scale"),
        ({"advance": -1}, "at least 0"),
        ({"advance": "1h"}, "at least 0"),
        ({"advance": True}, "at least 0"),
        ({"advance": float("nan")}, "at least 0"),
        ({"scale": 0}, "above 0"),
        ({"scale": None}, "above 0"),
        ({"set": "tomorrow"}, "2026-11-02T09:00:00Z"),
        ({"set": 5}, "2026-11-02T09:00:00Z"),
    ],
)
def test_a_wrong_order_is_refused_whole_and_says_how_to_write_it(watch, orders, message):
    clock = SimulatedClock(real_now=watch)

    with pytest.raises(ValueError, match=message):
        clock.change({"set": "2030-01-01T00:00:00Z", **orders} if orders else orders)

    assert clock.now() == MONDAY


def test_a_real_clock_that_is_set_back_does_not_take_simulated_time_with_it(watch):
    clock = SimulatedClock(real_now=watch, scale=60)
    watch.wait(10)
    before = clock.now()

    watch.wait(-5)

    assert clock.now() == before


events = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0, 1e6)),
        st.tuples(st.just("advance"), st.floats(0, 1e6)),
        st.tuples(st.just("scale"), st.floats(0.001, 1e4)),
    ),
    max_size=12,
)


@given(events)
def test_time_never_goes_backwards(happenings):
    watch = Watch()
    clock = SimulatedClock(real_now=watch, scale=60)
    last = clock.now()

    for what, amount in happenings:
        watch.wait(amount) if what == "wait" else getattr(clock, what)(amount)
        assert clock.now() >= last
        last = clock.now()


@given(st.floats(0.001, 1e4), st.floats(0.001, 1e4), st.floats(0, 1e6))
def test_changing_the_scale_does_not_jump(first, second, seconds):
    watch = Watch()
    clock = SimulatedClock(real_now=watch, scale=first)
    watch.wait(seconds)
    before = clock.now()

    clock.scale(second)

    assert clock.now() == before
