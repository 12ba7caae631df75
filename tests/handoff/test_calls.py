"""How long calls take at the allowed rate, in words."""

from datetime import timedelta

import pytest

from handoff.calls import Ahead, since, spoken
from handoff.ports import Limit, Traffic

MINUTE, DAY = Limit(timedelta(minutes=1), 30), Limit(timedelta(days=1), 1_000)


@pytest.mark.parametrize(
    ("calls", "takes"),
    [
        (0, timedelta(0)),
        (1, timedelta(0)),
        (30, timedelta(0)),
        (31, timedelta(minutes=1)),
        (100, timedelta(minutes=3)),
        (2_500, timedelta(days=2)),
    ],
)
def test_calls_take_the_windows_that_must_pass_before_the_last_of_them(calls, takes):
    assert Ahead("gainsight main", calls, (MINUTE, DAY)).takes == takes


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(0), "less than a minute"),
        (timedelta(seconds=61), "about 2 minutes"),
        (timedelta(minutes=60), "about 1 hour"),
        (timedelta(minutes=125), "about 2 hours 5 minutes"),
    ],
)
def test_a_span_is_said_as_a_person_says_it(span, said):
    assert spoken(span) == said


@pytest.mark.parametrize(
    ("per", "said"),
    [
        (timedelta(seconds=1), "3 a second"),
        (timedelta(seconds=10), "3 every 10 seconds"),
        (timedelta(minutes=1), "3 a minute"),
        (timedelta(days=1), "3 a day"),
    ],
)
def test_a_rate_is_said_as_a_person_says_it(per, said):
    told = Ahead("hubspot main", 1, (Limit(per, 3),)).words()

    assert told == f"1 call to hubspot main, at {said}: less than a minute"


def test_calls_without_a_limit_are_told_without_a_time():
    assert Ahead("salesforce main", 5).words() == "5 calls to salesforce main"
    assert Ahead("gainsight main", 1, (MINUTE,)).words() == (
        "1 call to gainsight main, at 30 a minute: less than a minute"
    )


def test_the_calls_between_two_readings_are_their_difference():
    assert since(Traffic("gainsight main", 12), Traffic("gainsight main", 5)).calls == 7
