"""The calls of a vendor's window, shared by all workers through the ledger."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handoff import tables as t
from handoff.budgets import OwnBudget, SharedBudget
from handoff.ledger import Ledger
from handoff.ports import Limit, Spans

AT = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def a_ledger(url: str) -> Ledger:
    ledger = Ledger(url)
    ledger.open(stamps={})
    return ledger


@pytest.fixture
def ledger(ledger_url: str) -> Ledger:
    return a_ledger(ledger_url)


def used(ledger: Ledger) -> dict[int, int]:
    """Return the calls used by the length of the window, in seconds."""
    with ledger.engine.connect() as connection:
        return {row.per_seconds: row.used for row in connection.execute(t.budgets.select())}


def test_a_window_gives_its_calls_and_then_names_the_next_one(ledger):
    budget = SharedBudget(ledger)
    limits = [Limit(MINUTE, 2)]

    granted = [budget.spend("gainsight main", limits, AT) for _ in range(3)]

    assert granted == [None, None, datetime(2026, 3, 10, 12, 1, tzinfo=UTC)]
    assert budget.spend("gainsight main", limits, AT + timedelta(seconds=30)) is None


def test_two_systems_have_windows_of_their_own(ledger):
    budget = SharedBudget(ledger)

    assert budget.spend("one", [Limit(MINUTE, 1)], AT) is None
    assert budget.spend("other", [Limit(MINUTE, 1)], AT) is None


def test_when_the_second_limit_refuses_the_first_is_not_spent(ledger):
    limits = [Limit(MINUTE, 10), Limit(HOUR, 1)]
    SharedBudget(ledger).spend("gainsight main", limits, AT)

    again = SharedBudget(ledger).spend("gainsight main", limits, AT)

    assert again == datetime(2026, 3, 10, 13, 0, tzinfo=UTC)
    assert used(ledger) == {60: 1, 3_600: 1}


def test_several_calls_are_taken_together_or_not_at_all(ledger):
    limits = [Limit(MINUTE, 3)]

    taken = [SharedBudget(ledger).spend("gainsight main", limits, AT, calls=2) for _ in range(2)]

    assert taken == [None, datetime(2026, 3, 10, 12, 1, tzinfo=UTC)]
    assert used(ledger) == {60: 2}


def test_a_closed_window_refuses_every_worker_until_the_next(shared_url):
    mine, theirs = a_ledger(shared_url), a_ledger(shared_url)
    limits = [Limit(HOUR, 1_000), Limit(MINUTE, 30)]

    SharedBudget(mine).close("gainsight main", limits, AT)

    assert SharedBudget(theirs).spend("gainsight main", limits, AT) == datetime(2026, 3, 10, 12, 1, tzinfo=UTC)
    assert SharedBudget(theirs).spend("gainsight main", limits, AT + MINUTE) is None
    assert used(mine)[3_600] == 1


def test_closing_without_any_limit_does_nothing(ledger):
    SharedBudget(ledger).close("gainsight main", [], AT)

    assert used(ledger) == {}


def test_two_ledgers_on_one_database_never_take_more_than_the_window_holds(shared_url):
    ledgers = [a_ledger(shared_url), a_ledger(shared_url)]
    limits = [Limit(MINUTE, 25), Limit(HOUR, 1_000)]

    with ThreadPoolExecutor(4) as pool:
        granted = list(pool.map(lambda n: SharedBudget(ledgers[n % 2]).spend("gainsight main", limits, AT), range(60)))

    assert granted.count(None) == 25
    assert used(ledgers[0]) == {60: 25, 3_600: 25}


def test_old_windows_are_forgotten_when_a_run_begins(ledger):
    SharedBudget(ledger).spend("gainsight main", [Limit(MINUTE, 30)], AT - timedelta(days=4))
    SharedBudget(ledger).spend("gainsight main", [Limit(HOUR, 30)], AT - timedelta(days=2))

    ledger.begin_run("sync", AT, "v1")

    assert used(ledger) == {3_600: 1}


def test_a_budget_of_ones_own_keeps_the_same_windows():
    budget, limits = OwnBudget(), [Limit(MINUTE, 2), Limit(HOUR, 3)]
    later = AT + MINUTE

    granted = [budget.spend("gainsight main", limits, at) for at in (AT, AT, AT, later, later)]

    assert granted == [
        None,
        None,
        datetime(2026, 3, 10, 12, 1, tzinfo=UTC),
        None,
        datetime(2026, 3, 10, 13, 0, tzinfo=UTC),
    ]
    assert budget.spend("salesforce main", limits, AT) is None


def test_a_closed_budget_of_ones_own_gives_nothing_until_the_next_window():
    budget, limits = OwnBudget(), [Limit(MINUTE, 2), Limit(HOUR, 30)]

    budget.close("gainsight main", limits, AT)
    budget.close("gainsight main", [], AT)

    assert budget.spend("gainsight main", limits, AT) == datetime(2026, 3, 10, 12, 1, tzinfo=UTC)
    assert budget.spend("gainsight main", limits, AT + MINUTE) is None


# Spans of other kinds


FIRST, ROLLING = Limit(MINUTE, 2, Spans.FIRST_CALL), Limit(MINUTE, 2, Spans.ROLLING)


@pytest.fixture(params=["sqlite", "postgresql", "own"])
def budget(request: pytest.FixtureRequest):
    if request.param == "postgresql":
        with request.getfixturevalue("postgresql").database() as url:
            yield SharedBudget(a_ledger(url))
    else:
        yield OwnBudget() if request.param == "own" else SharedBudget(a_ledger("sqlite://"))


def test_a_span_from_the_first_call_begins_when_something_is_called_and_not_before(budget):
    later = AT + timedelta(seconds=40)

    assert [budget.spend("n", [FIRST], at) for at in (AT, later, later)] == [None, None, AT + MINUTE]
    assert budget.spend("n", [FIRST], AT + MINUTE) is None


def test_a_rolling_span_frees_a_call_once_it_is_older_than_the_span(budget):
    assert [budget.spend("n", [ROLLING], AT + timedelta(seconds=s)) for s in (0, 40)] == [None, None]

    again = budget.spend("n", [ROLLING], AT + timedelta(seconds=50))

    assert again is not None
    assert AT + MINUTE <= again <= AT + MINUTE + timedelta(seconds=3)
    assert budget.spend("n", [ROLLING], again) is None


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60), st.sampled_from([Spans.FIRST_CALL, Spans.ROLLING]))
@example([1.5, 1.5, 1.5, 1.5, 0.5, 25.0, 29.5, 0.0, 0.0, 0.0, 0.0], Spans.FIRST_CALL)
def test_no_span_of_a_rolling_limit_ever_holds_more_calls_than_it_may(waits, spans):
    budget, limit, at, granted = OwnBudget(), Limit(MINUTE, 5, spans), AT, list[datetime]()
    for wait in waits:
        at += timedelta(seconds=wait)
        if budget.spend("n", [limit], at) is None:
            granted.append(at)

    held = [sum(first <= one < first + MINUTE for one in granted) for first in granted]
    assert max(held) <= (5 if spans is Spans.ROLLING else 9)  # two spans from a first call may meet


@pytest.mark.parametrize("limit", [Limit(MINUTE, 2), FIRST, ROLLING])
def test_what_a_vendor_closed_gives_nothing_until_the_span_is_over(budget, limit):
    budget.close("n", [limit], AT)

    again = budget.spend("n", [limit], AT)

    assert again is not None
    assert AT < again <= AT + MINUTE + timedelta(seconds=3)
    assert budget.spend("n", [limit], again) is None


def test_a_day_begins_at_midnight_where_the_vendor_is(ledger):
    limit = Limit(timedelta(days=1), 1, zone="America/Los_Angeles")
    budget = SharedBudget(ledger)

    assert budget.spend("n", [limit], datetime(2026, 3, 10, 6, 59, tzinfo=UTC)) is None
    assert budget.spend("n", [limit], datetime(2026, 3, 10, 7, 0, tzinfo=UTC)) is None
    assert budget.spend("n", [limit], datetime(2026, 3, 10, 12, 0, tzinfo=UTC)) == datetime(2026, 3, 11, 7, tzinfo=UTC)


def test_a_share_leaves_the_rest_of_a_limit_to_others(ledger):
    limits = [Limit(MINUTE, 10)]
    backfill, live = SharedBudget(ledger, share=0.8), SharedBudget(ledger)

    for_backfill = [backfill.spend("n", limits, AT) for _ in range(9)]
    for_live = [live.spend("n", limits, AT) for _ in range(3)]

    assert (for_backfill.count(None), for_live.count(None)) == (8, 2)


EACH_KIND = pytest.mark.parametrize(
    "limit", [Limit(MINUTE, 10), Limit(MINUTE, 10, Spans.FIRST_CALL), Limit(MINUTE, 10, Spans.ROLLING)]
)


def test_what_others_left_of_a_window_is_for_the_share_late_in_it(ledger):
    limits, late = [Limit(MINUTE, 10)], AT + timedelta(seconds=15)
    backfill, live = SharedBudget(ledger, share=0.8), SharedBudget(ledger)

    for_live = [live.spend("n", limits, AT) for _ in range(2)]
    early = [backfill.spend("n", limits, AT) for _ in range(7)]
    then = [backfill.spend("n", limits, late) for _ in range(3)]

    assert (for_live.count(None), early) == (2, [None] * 6 + [late])
    assert then == [None, None, AT + timedelta(seconds=30)]


@EACH_KIND
def test_the_rest_of_a_limit_stays_free_for_others_however_much_they_used(limit, ledger):
    backfill, live = SharedBudget(ledger, share=0.8), SharedBudget(ledger)

    for_live = [live.spend("n", [limit], AT) for _ in range(7)]
    for_backfill = [backfill.spend("n", [limit], AT) for _ in range(9)]
    for_live += [live.spend("n", [limit], AT) for _ in range(2)]

    assert (for_live, for_backfill.count(None)) == ([None] * 9, 1)


@EACH_KIND
def test_all_who_have_a_share_have_it_together(limit, shared_url):
    both = [SharedBudget(a_ledger(shared_url), share=0.8) for _ in range(2)]

    granted = [both[number % 2].spend("n", [limit], AT) for number in range(10)]

    assert granted.count(None) == 8


@pytest.mark.parametrize(
    "limit", [Limit(MINUTE, 5), Limit(MINUTE, 5, Spans.FIRST_CALL), Limit(MINUTE, 5, Spans.ROLLING)]
)
def test_what_is_left_is_told_without_taking_it(limit, ledger):
    budget = SharedBudget(ledger)
    budget.spend("n", [limit], AT, calls=2)

    assert [budget.left("n", [limit], AT) for _ in range(2)] == [[3], [3]]
