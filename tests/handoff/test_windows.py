"""What one pass reads, and up to where it says that all is read."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.errors import LeaseLost, NotAllowed
from handoff.model import Updated, Window
from tests.fakes import NOON, PowerCut, World
from tests.handoff.builders import users
from tests.handoff.test_run import acting_mappings, nth

pytestmark = pytest.mark.whole


@pytest.fixture
def world(ledger_url: str) -> World:
    return World(acting_mappings(), ledger_url, users())


def cursor_of(world: World) -> datetime | None:
    return world.ledger.read_until(world.bridge.crm_name, NOON)


def covering(world: World, until: datetime) -> None:
    """Let a transaction run in the CRM since this moment."""
    world.crm.log = lambda span: Updated(frozenset(), min(span.upper, until))


def test_a_deal_that_became_visible_long_after_its_stamp_is_found_by_the_sweep_of_the_hour(world):
    world.run()
    world.run(after=600)
    late = nth(1)
    world.crm.won[late.ref.id] = late, world.clock.now() - timedelta(hours=2)  # stamped then, committed now

    handed_off = [world.run(after=300).handed_off for _ in range(11)]

    assert (sum(handed_off[:9]), sum(handed_off)) == (0, 1)
    assert world.standing(late.ref.id) == "done"


def test_between_two_sweeps_a_pass_reads_only_the_overlap_again(world):
    world.run()
    for _ in range(3):
        world.run(after=300)

    spans = [window.upper - window.lower for window in world.crm.windows[1:]]

    assert spans == [timedelta(minutes=15)] * 3


def test_a_sweep_goes_a_day_behind_the_cursor_however_long_nobody_read(world):
    world.run()
    cursor = cursor_of(world)

    world.run(after=5 * 86_400)

    assert world.crm.windows[-1] == Window(cursor - timedelta(days=1), NOON + timedelta(days=5, seconds=60 - 10))


def test_while_a_transaction_runs_deals_are_handed_off_and_only_the_cursor_waits_for_it(world):
    world.run()
    since = world.clock.now()
    covering(world, since)
    world.crm.win(nth(1))

    reports = [world.run(after=600) for _ in range(3)]

    assert [report.handed_off for report in reports] == [1, 0, 0]
    assert cursor_of(world) == since
    world.crm.won[nth(2).ref.id] = nth(2), since  # it ends, half an hour after its stamp
    world.crm.log = world.crm._log
    assert world.run(after=600).handed_off == 1
    assert cursor_of(world) == world.clock.now() - timedelta(seconds=10)


def test_the_cursor_waits_for_a_transaction_a_day_at_most_and_never_goes_back(world):
    world.run()
    cursor = cursor_of(world)
    covering(world, NOON - timedelta(days=9))

    world.run()
    stays = cursor_of(world)
    world.run(after=2 * 86_400)

    assert stays == cursor
    assert cursor_of(world) == world.clock.now() - timedelta(seconds=10, days=1)


def test_a_deal_that_the_log_names_and_no_window_shows_is_handed_off_before_the_cursor_moves(world, monkeypatch):
    world.run()
    cursor = cursor_of(world)
    world.crm.win(nth(1), nth(2))
    world.crm.unseen = {nth(1).ref.id}
    read = world.crm.read

    def cut(ids):
        raise PowerCut

    monkeypatch.setattr(world.crm, "read", cut)
    with pytest.raises(PowerCut):
        world.run()
    stayed = cursor_of(world)
    monkeypatch.setattr(world.crm, "read", read)

    report = world.run()

    assert stayed == cursor
    assert (report.balance.seen, report.balance.done) == (2, 2)
    assert cursor_of(world) == world.clock.now() - timedelta(seconds=10)


def test_the_log_costs_a_quiet_pass_one_call_and_is_asked_for_the_last_minutes_only(world):
    world.run()
    before = world.crm.calls

    world.run()

    assert world.crm.calls - before == 3  # the time, the log, the window
    assert {span.upper - span.lower for span in world.crm.logged} == {timedelta(minutes=10)}


def test_where_the_log_is_refused_the_pass_goes_on_and_says_so(world):
    def refused(span):
        raise NotAllowed(system="salesforce main", doing="asking the log of changes", why="no permission.")

    world.crm.log = refused
    world.crm.win(nth(1))

    report = world.run()

    assert report.handed_off == 1
    assert cursor_of(world) == world.clock.now() - timedelta(seconds=10)
    (note,) = report.exceptions
    assert (note.name, note.what) == ("salesforce main", "note")
    assert "with the lag and the overlap alone: salesforce main failed while asking the log of changes" in note.reason


def test_a_pass_that_lost_its_hold_while_it_asked_the_log_ends(world):
    def lost(span):
        raise LeaseLost(system="the ledger", doing="keeping hold of it", why="it stood still.")

    world.crm.log = lost

    with pytest.raises(LeaseLost):
        world.run()


DELAYS = st.lists(st.tuples(st.integers(0, 7_200), st.sampled_from([0, 0, 5, 700, 4_000, 70_000])), max_size=5)
PAUSES = st.lists(st.sampled_from([60, 300, 2_000, 90_000]), min_size=1, max_size=8)


@given(commits=DELAYS, pauses=PAUSES, logs=st.booleans())
@settings(max_examples=30, deadline=None)
def test_however_late_within_a_day_a_deal_becomes_visible_it_is_handed_off_once(commits, pauses, logs):
    world = World(acting_mappings(), "sqlite://", users())
    coming = {nth(n).ref.id: (nth(n), NOON + timedelta(0, at), late) for n, (at, late) in enumerate(commits)}

    def appear() -> None:
        now = world.clock.now()
        for ref, (deal, at, late) in list(coming.items()):
            if at + timedelta(seconds=late) <= now:
                world.crm.won[ref] = deal, at  # with the stamp of its change, as late as it is
                del coming[ref]

    def log(span: Window) -> Updated | None:
        running = [at for _, at, _ in coming.values() if at < span.upper]
        return Updated(world.crm._log(span).ids, min([span.upper, *running])) if logs else None

    world.crm.log = log
    for pause in [*pauses, 60, 80_000, 3_700, 3_700]:
        world.clock.advance(pause)
        appear()
        world.run(after=0)

    assert coming == {}
    assert sorted(cta.key.split(":")[4] for cta in world.platform.of("cta")) == sorted(world.crm.won)
    assert world.keys_twice() == []
