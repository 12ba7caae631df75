"""A ledger on PostgreSQL, where several machines work on it: one writes at a time, and nobody holds up the others."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from handoff import engines
from handoff import tables as t
from handoff.budgets import SharedBudget
from handoff.entries import Frozen
from handoff.errors import NotAllowed, ServiceError, Transient
from handoff.ledger import Ledger
from handoff.ports import Limit
from tests.databases import Server
from tests.fakes import NOON
from tests.handoff.builders import a_deal, a_ref, as_judged

LONG = 60
"""Seconds after which a test that waits for another thread has failed."""


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.database() as url:
        yield url


@pytest.fixture
def two(url: str) -> Iterator[tuple[Ledger, Ledger]]:
    ledgers = Ledger(url), Ledger(url)
    yield ledgers
    for ledger in ledgers:
        ledger.close()


@contextmanager
def writing_meanwhile(ledger: Ledger, *works: Callable[[], object]) -> Iterator[list[Future[object]]]:
    """Begin works, each in a thread of its own, while somebody writes; they end after the block."""
    with ThreadPoolExecutor(len(works)) as pool:
        with ledger.writing():
            begun = [pool.submit(work) for work in works]
            _until_waiting(ledger, len(works))
            yield begun
        for one in begun:
            one.result(LONG)


def _until_waiting(ledger: Ledger, count: int) -> None:
    """Return when so many transactions wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        "WHERE d.datname = current_database() AND NOT granted"
    )
    tick = threading.Event()
    for _ in range(LONG * 100):
        with ledger.reading() as connection:
            if connection.execute(waiting).scalar_one() >= count:
                return
        tick.wait(0.01)
    raise AssertionError("nobody waits: writers write side by side")


def test_a_writer_waits_for_the_one_before_it_and_a_reader_for_nobody(two):
    mine, theirs = two

    with writing_meanwhile(mine, lambda: theirs.begin_run("sync", NOON, "v1")) as (begun,):
        assert theirs.runs() == []
        assert not begun.done()

    assert [row.id for row in mine.runs()] == [begun.result()]


def test_runs_that_begin_at_once_have_numbers_of_their_own(two):
    mine, theirs = two

    with writing_meanwhile(mine, *(lambda: theirs.begin_run("sync", NOON, "v1") for _ in range(4))) as begun:
        pass

    assert len({one.result() for one in begun}) == 4


def test_budgets_spent_side_by_side_never_exceed_the_limit(two):
    limits = [Limit(timedelta(minutes=1), 25), Limit(timedelta(hours=1), 1_000)]

    def spend(number: int) -> object:
        return SharedBudget(two[number % 2]).spend("gainsight main", limits, NOON)

    with ThreadPoolExecutor(4) as pool:
        granted = list(pool.map(spend, range(60)))

    assert granted.count(None) == 25
    with two[0].reading() as connection:
        assert sorted(connection.execute(select(t.budgets.c.used)).scalars()) == [25, 25]


def test_the_same_deals_written_in_opposite_order_do_not_block_each_other(two):
    deals = [a_deal(f"0065g0000000{number:03d}AAV") for number in range(200)]
    orders = (deals, deals[::-1])

    def write(number: int) -> None:
        for _ in range(5):
            two[number].take_in(orders[number], [], NOON, number)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write, number) for number in range(2)]:
            done.result(LONG)

    assert len(two[0].search("")) == 200


def test_steps_that_two_list_at_once_are_both_listed(two):
    mine, theirs = two
    mine.freeze([Frozen("hb:k:e1", as_judged(a_deal(), NOON), [])], "v1")
    listed = [lambda name=name: theirs.list_more({"hb:k:e1": [{"key": name}]}) for name in ("one", "other")]

    with writing_meanwhile(mine, *listed):
        pass

    assert {step["key"] for step in mine.handoffs(["hb:k:e1"])["hb:k:e1"].steps} == {"one", "other"}


def test_runs_that_end_in_another_order_than_they_began_make_one_chain(two):
    first, second, third = (two[n % 2].begin_run("sync", NOON, "v1") for n in range(3))

    for run in (second, first, third):
        two[run % 2].end_run(run, NOON, counts={}, report=None, error=None)

    assert {row.id: row.previous for row in two[0].runs()} == {second: None, first: second, third: first}


def test_a_reader_sees_one_moment_though_others_write_meanwhile(two):
    mine, theirs = two
    counted = select(func.count()).select_from(t.deals)

    with mine.reading() as connection:
        before = connection.execute(counted).scalar_one()
        theirs.take_in([a_deal()], [], NOON, 1)
        assert connection.execute(counted).scalar_one() == before == 0


def test_a_reader_cannot_write(two):
    with pytest.raises(Transient, match="takes no writes"), two[0].reading() as connection:
        connection.execute(t.runs.insert().values(command="sync", started_at=NOON))


def test_whoever_stands_still_while_writing_holds_nobody_up_and_has_written_nothing(two, monkeypatch):
    monkeypatch.setattr(engines, "STANDS_STILL_SECONDS", 1)
    frozen, other = two

    with pytest.raises(Transient), frozen.writing() as connection:
        connection.execute(t.runs.insert().values(command="frozen", started_at=NOON))
        other.begin_run("sync", NOON, "v1")  # waits until the server has ended the transaction that does nothing
        connection.execute(select(1))

    assert [row.command for row in other.runs()] == ["sync"]


def test_whoever_waits_too_long_is_told_who_is_to_blame(two, monkeypatch):
    monkeypatch.setattr(engines, "WAITS_SECONDS", 1)
    mine, theirs = two

    with mine.writing() as connection:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        with pytest.raises(Transient, match="another pass held it for too long"):
            theirs.begin_run("sync", NOON, "v1")


@pytest.mark.parametrize(
    ("about", "kind", "said"),
    [
        ({"username": "nobody"}, NotAllowed, "did not let us in"),
        ({"database": "nowhere"}, NotAllowed, "has no database of that name"),
        ({"query": {"host": "/no/such/folder"}}, Transient, "nothing listens at its address"),
        ({"host": "127.0.0.1", "port": 1, "query": {}}, Transient, "nothing listens at its address"),
    ],
)
def test_a_server_that_cannot_be_used_is_told_without_user_password_or_place(url, about, kind, said):
    address = engines.parsed(url).set(password="hunter2").set(**about).render_as_string(hide_password=False)

    with pytest.raises(kind, match=said) as caught:
        Ledger(address).open(stamps={})

    told = str(caught.value)
    assert [word for word in ("hunter2", "nobody", "nowhere", "postgres:", "127.0.0.1", "/no/") if word in told] == []


def test_a_role_that_may_make_no_tables_is_told_what_it_lacks(postgresql):
    postgresql.run("CREATE ROLE reader LOGIN")
    with postgresql.database(made=False) as url:
        ledger = Ledger(engines.parsed(url).set(username="reader").render_as_string())

        with pytest.raises(NotAllowed, match="GRANT USAGE, CREATE ON SCHEMA"):
            ledger.open(stamps={})
    postgresql.run("DROP ROLE reader")


def test_a_mistake_of_ours_is_not_taken_for_a_trouble_of_the_server(two):
    with pytest.raises(Exception, match="nosuch") as caught, two[0].reading() as connection:
        connection.execute(text("SELECT nosuch"))

    assert not isinstance(caught.value, ServiceError)


def test_an_error_shows_nothing_of_what_was_written(two):
    with pytest.raises(Exception, match="too long") as caught, two[0].writing() as connection:
        connection.execute(t.runs.insert().values(command="Ada Lovelace " * 9, started_at=NOON))

    assert "Ada" not in str(caught.value)


def test_a_deal_of_an_instance_with_the_longest_name_has_room(two):
    ref = a_ref(instance="a" * 30)
    two[0].take_in([replace(a_deal(), ref=ref)], [], NOON, 1)

    assert list(two[0].deals([str(ref)])) == [str(ref)]
