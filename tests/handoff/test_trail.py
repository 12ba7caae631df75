"""The trail: each run sealed with its events and the seal before it, whatever runs beside it or is cut off."""

import hashlib
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from handoff import tables as t
from handoff.entries import Judged
from handoff.ledger import Ledger
from handoff.model import Standing
from tests.fakes import NOON, FakeClock
from tests.handoff.builders import a_deal


@pytest.fixture
def ledger(ledger_url: str) -> Ledger:
    ledger = Ledger(ledger_url)
    ledger.open(stamps={})
    return ledger


def begun(ledger: Ledger, reason: str = "") -> int:
    """Begin a run that does something."""
    run = ledger.begin_run("sync", NOON, "v1")
    reason = reason or f"run {run}"
    ledger.conclude([Judged(a_deal(), {}, Standing.NEEDS_PERSON, reason)], NOON, run)
    return run


def ended(ledger: Ledger, *runs: int) -> None:
    for run in runs:
        ledger.end_run(run, NOON, counts={"seen": run}, report=None, error=None)


def change(ledger: Ledger, statement) -> None:
    with ledger.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(statement)


def three(ledger: Ledger) -> list[int]:
    runs = []
    for _ in range(3):
        runs.append(begun(ledger))
        ended(ledger, runs[-1])
    return runs


def test_what_was_left_alone_fits_and_has_a_last_seal(ledger):
    three(ledger)

    checked = ledger.check_trail()

    assert (checked.broken, checked.runs, checked.events, checked.open_events) == (None, 3, 3, 0)
    assert checked.last == ledger.runs(1)[0].digest


CHANGES = {
    "an event edited": lambda second: update(t.events).where(t.events.c.run == second).values(detail="fine"),
    "an event deleted": lambda second: delete(t.events).where(t.events.c.run == second),
    "an event added": lambda second: insert(t.events).values(at=NOON, run=second, actor="x", what="done", detail=""),
    "a run's counts": lambda second: update(t.runs).where(t.runs.c.id == second).values(counts={"seen": 0}),
    "a run's command": lambda second: update(t.runs).where(t.runs.c.id == second).values(command="other"),
    "a run's actor": lambda second: update(t.runs).where(t.runs.c.id == second).values(actor="somebody"),
    "a run's end": lambda second: update(t.runs).where(t.runs.c.id == second).values(ended_at=NOON + timedelta(1)),
    "a seal": lambda second: update(t.runs).where(t.runs.c.id == second).values(digest="0" * 64),
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_first_run_that_was_changed_is_named(ledger, what):
    _, second, _ = three(ledger)

    change(ledger, CHANGES[what](second))

    assert ledger.check_trail().broken == second


def test_a_run_taken_out_is_noticed_by_the_one_after_it(ledger):
    _, second, third = three(ledger)

    change(ledger, delete(t.events).where(t.events.c.run == second))
    change(ledger, delete(t.runs).where(t.runs.c.id == second))

    assert ledger.check_trail().broken == third


def test_events_of_a_run_that_never_was_are_noticed(ledger):
    three(ledger)

    change(ledger, insert(t.events).values(at=NOON, run=99, actor="x", what="done", detail=""))

    assert ledger.check_trail().broken == 99


def test_a_cut_tail_shows_in_the_last_seal(ledger):
    _, _, third = three(ledger)
    before = ledger.check_trail().last

    change(ledger, delete(t.events).where(t.events.c.run == third))
    change(ledger, delete(t.runs).where(t.runs.c.id == third))

    checked = ledger.check_trail()
    assert checked.broken is None
    assert checked.last != before


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_runs_side_by_side_are_sealed_in_the_order_in_which_they_end(ledger, order):
    three(ledger)
    runs = [begun(ledger, f"beside {n}") for n in range(3)]

    ended(ledger, *(runs[place] for place in order))

    assert (ledger.check_trail().broken, ledger.check_trail().runs) == (None, 6)
    change(ledger, update(t.events).where(t.events.c.run == runs[order[1]]).values(detail="fine"))
    assert ledger.check_trail().broken == runs[order[1]]


def test_a_run_that_was_cut_off_is_sealed_by_the_next_that_ends(ledger):
    clock = FakeClock()
    killed = begun(ledger)
    ledger.hold(killed, clock)
    ledger.fence = None
    clock.advance(600)
    later = begun(ledger)
    assert ledger.check_trail().open_events == 2

    ended(ledger, later)

    by_id = {row.id: row for row in ledger.runs()}
    assert (by_id[killed].error, by_id[killed].ok) == ("cut off", False)
    assert (ledger.check_trail().broken, ledger.check_trail().open_events) == (None, 0)


def test_a_run_that_is_alive_is_not_sealed_by_another(ledger):
    clock = FakeClock()
    alive = begun(ledger)
    ledger.hold(alive, clock)
    ledger.fence = None
    later = begun(ledger)

    ended(ledger, later)
    assert ledger.check_trail().open_events == 1
    ended(ledger, alive)

    assert (ledger.check_trail().broken, ledger.check_trail().runs) == (None, 2)


def test_a_run_that_was_sealed_as_cut_off_and_ends_after_all_breaks_nothing(ledger):
    clock = FakeClock()
    slow = begun(ledger)
    ledger.hold(slow, clock)
    ledger.fence = None
    clock.advance(600)
    ended(ledger, begun(ledger))

    ended(ledger, slow)

    assert ledger.check_trail().broken is None
    assert {row.id: row.error for row in ledger.runs()}[slow] == "cut off"


def test_seals_of_older_releases_hold_by_their_own_rule(ledger):
    seal = ""
    for _ in range(2):
        run = begun(ledger)
        with ledger.engine.connect() as connection:
            events = connection.execute(t.events.select().where(t.events.c.run == run).order_by(t.events.c.id)).all()
        lines = "".join("\x1f".join(str(part) for part in event) + "\n" for event in events)
        seal = hashlib.sha256((seal + lines).encode()).hexdigest()
        change(ledger, update(t.runs).where(t.runs.c.id == run).values(digest=seal, actor=None, ended_at=NOON, ok=True))
    three(ledger)

    assert (ledger.check_trail().broken, ledger.check_trail().runs) == (None, 5)
    change(ledger, update(t.events).where(t.events.c.run == 1).values(detail="fine"))
    assert ledger.check_trail().broken == 1


def test_a_run_that_was_cut_off_under_an_older_release_is_sealed_by_the_rule_of_this_one(ledger):
    killed = begun(ledger)
    change(ledger, update(t.runs).where(t.runs.c.id == killed).values(actor=None, started_at=NOON - timedelta(1)))

    three(ledger)

    assert (ledger.check_trail().broken, ledger.check_trail().runs) == (None, 4)
    change(ledger, update(t.events).where(t.events.c.run == killed).values(detail="fine"))
    assert ledger.check_trail().broken == killed


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_run_that_ended_and_lost_its_seal_is_noticed_also_when_it_was_the_last(ledger, which):
    run = three(ledger)[which]

    change(ledger, update(t.runs).where(t.runs.c.id == run).values(digest=None))

    assert ledger.check_trail().broken is not None


@pytest.mark.parametrize("release", ["0.1.0", "0.2.0"])
def test_a_ledger_of_an_older_release_holds_once_it_is_brought_up(tmp_path, release):
    file = tmp_path / "handoff.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((Path(__file__).parent / "old_ledgers" / f"{release}.sql").read_text("utf-8"))
    ledger = Ledger(f"sqlite:///{file}")
    ledger.open(stamps={})

    three(ledger)

    assert (ledger.check_trail().broken, ledger.check_trail().runs) == (None, 4)
    change(ledger, update(t.events).where(t.events.c.run == 1).values(detail="fine"))
    assert ledger.check_trail().broken == 1
