"""Rows written many at a time say what the same rows say that were written one by one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Executable, bindparam, insert, select, update

from handoff import tables as t
from handoff.ledger import Ledger
from handoff.stored_json import read, written

CET = timezone(timedelta(hours=1))
NOON = datetime(2026, 3, 10, 12, 0, 0, 123_456, UTC)
HALF_A_LETTER = "\ud83d"


def a_row(key: str, **said: Any) -> dict[str, Any]:
    return {
        "key": key,
        "deal": "main:salesforce:00D:006",
        "name": "brief",
        "kind": "timeline",
        "scope": "deal",
        "writer_won_at": datetime(2026, 3, 9, 16, tzinfo=CET),
        "state": "settled",
        "payload_hash": "0" * 16,
        "field_hashes": {"Näme": "1f2e"},
        "mapping_version": "v1",
        "changed_at": NOON,
        "run": 1,
    } | said


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger("sqlite://")
    ledger.open(stamps={})
    return ledger


def rows_after(ledger: Ledger, work: Callable[[Any], object]) -> list[tuple[Any, ...]]:
    with ledger.writing() as connection:
        work(connection)
        return [tuple(row) for row in connection.execute(select(t.steps).order_by(t.steps.c.key))]


def test_rows_that_are_inserted_together_are_those_that_are_inserted_alone(ledger):
    rows = [
        a_row("a", declined=None, gone=True, try_at=None, reason="it waits"),
        a_row("b", declined={}, gone=None, try_at=NOON, reason=HALF_A_LETTER.encode("utf-8", "replace").decode()),
    ]

    together = rows_after(ledger, lambda c: ledger.insert(c, t.steps, rows))
    rows_after(ledger, lambda c: c.execute(t.steps.delete()))
    alone = rows_after(ledger, lambda c: [c.execute(insert(t.steps).values(row)) for row in rows])

    assert together == alone
    assert [row[-1] for row in together] == [1, 1]


def test_an_upsert_replaces_what_is_not_kept_and_counts_up_what_is_added(ledger):
    rows_after(ledger, lambda c: ledger.upsert(c, t.steps, [a_row("a", attempts=1, reason="first")], ["key"]))

    again = [a_row("a", attempts=1, reason="second", name="other"), a_row("b", attempts=1, reason="new")]
    named = {"keep": ("name",), "add": {"attempts": 1}}
    rows_after(ledger, lambda c: ledger.upsert(c, t.steps, again, ["key"], **named))

    steps = ledger.steps(["a", "b"])
    assert {key: (row.name, row.reason, row.attempts) for key, row in steps.items()} == {
        "a": ("brief", "second", 2),
        "b": ("brief", "new", 1),
    }


def test_rows_with_other_columns_have_a_statement_of_their_own(ledger):
    rows_after(ledger, lambda c: ledger.upsert(c, t.steps, [a_row("a", reason="said")], ["key"]))
    rows_after(ledger, lambda c: ledger.upsert(c, t.steps, [a_row("a")], ["key"]))
    rows_after(ledger, lambda c: ledger.upsert(c, t.steps, [a_row("a", attempts=7)], ["key"], keep=("attempts",)))

    assert (ledger.steps(["a"])["a"].reason, ledger.steps(["a"])["a"].attempts) == ("said", 0)


def test_a_row_that_lacks_a_value_is_refused(ledger):
    rows = [a_row("a", reason="said"), a_row("b")]

    with pytest.raises(KeyError, match="reason"):
        rows_after(ledger, lambda c: ledger.insert(c, t.steps, rows))
    assert ledger.steps(["a", "b"]) == {}


def test_a_statement_is_executed_with_each_row_and_with_its_own_constants(ledger):
    rows_after(ledger, lambda c: ledger.insert(c, t.steps, [a_row("a"), a_row("b"), a_row("c")]))
    statement: Executable = (
        update(t.steps)
        .where(t.steps.c.key == bindparam("k"))
        .values(empty_looks=t.steps.c.empty_looks + 2, try_at=bindparam("at"))
    )

    rows_after(ledger, lambda c: ledger.each(c, statement, [{"k": "a", "at": NOON}, {"k": "b", "at": None}]))

    steps = ledger.steps(["a", "b", "c"])
    assert {key: (row.empty_looks, row.try_at) for key, row in steps.items()} == {
        "a": (2, NOON),
        "b": (2, None),
        "c": (0, None),
    }


@pytest.mark.parametrize(
    "value", [{"said": HALF_A_LETTER}, {"many": 10**30}, 10**30, {1: "one"}, [None, True, 0.5, "Grüße 🚢"], None]
)
def test_whatever_json_can_say_is_stored(value):
    assert json.loads(written(value)) == json.loads(json.dumps(value))
    assert read(written(value)) == read(written(value).encode()) == json.loads(json.dumps(value))


@pytest.mark.parametrize("value", [{"said": HALF_A_LETTER}, {"many": 10**30}, [1, 10**30], [float("inf")], None])
def test_what_an_older_release_stored_is_read_as_it_was_meant(value):
    assert read(json.dumps(value)) == value
