"""One pass: what it reads, what it counts, and what it leaves for the next."""

import weakref
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from handoff.errors import BridgeBug, ConfigError, NotAllowed, ServiceError
from handoff.mapping import Mappings
from handoff.model import Deal, Page, WonHow
from handoff.run import preview, run_once
from handoff.waves import waves_of
from tests.fakes import ACTING, NOON, End, FakeClock, PowerCut, World
from tests.handoff.builders import CONTRACT, DEAL, WON, a_deal, mappings_in, users

pytestmark = pytest.mark.whole

SECOND = "0065g00000SeCoNAAV"
THIRD = "0065g00000ThIrDAAV"
HOUR = timedelta(hours=1)


@cache
def acting_mappings() -> Mappings:
    with TemporaryDirectory() as folder:
        return mappings_in(Path(folder), ACTING)


@pytest.fixture
def acting() -> Mappings:
    return acting_mappings()


@pytest.fixture
def world(acting: Mappings, ledger_url: str) -> World:
    return World(acting, ledger_url, users())


def nth(number: int, **about) -> Deal:
    """Return the deal of a number, on an account of its own; the greater the number, the later it was won."""
    where = {"account_id": f"0015g0000000{number:03d}AAV", "account_name": f"Account {number}"}
    source = {"Account.Name": f"Account {number}"}
    return a_deal(f"0065g0000000{number:03d}AAV", **{**where, "won_at": WON + number * HOUR, "source": source, **about})


def numbers_made(world: World) -> list[int]:
    """Return the numbers of the deals that have a CTA, in the order these were made."""
    return [int(cta.key.split(":")[4][12:15]) for cta in world.platform.of("cta")]


def rows_of(world: World, but: tuple[str, ...] = ()) -> dict[str, list[tuple]]:
    """Return the rows of every table of the ledger."""
    with world.ledger.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {n: sorted(connection.exec_driver_sql(f"SELECT * FROM {n}"), key=str) for n in names if n not in but}


# The cursor


def test_the_first_window_runs_from_start_from_to_server_time_less_the_lag(world):
    world.run()

    (window,) = world.crm.windows
    assert window.lower == world.bridge.mappings.contract.starts
    assert window.upper == NOON + timedelta(seconds=60 - 10)
    assert world.ledger.read_until(world.bridge.crm_name, NOON) == window.upper


def test_the_next_window_overlaps_the_last_and_sends_nothing_again(world):
    world.crm.win(nth(1))
    world.run()
    sent = len(world.platform.sent)

    report = world.run()

    first, second = world.crm.windows
    assert second.lower == first.upper - timedelta(minutes=10)
    assert (report.balance.seen, report.balance.done) == (1, 1)
    assert len(world.platform.sent) == sent


def test_when_the_crm_breaks_at_its_second_page_the_cursor_stays_and_the_first_pages_deals_are_kept(acting, ledger_url):
    world = World(acting, ledger_url, users(), wave=2, page_size=2)
    world.crm.win(*(nth(n) for n in range(3)))
    world.crm.breaks_at_page = 2
    with pytest.raises(ServiceError):
        world.run()
    cursor, kept = world.ledger.read_until(world.bridge.crm_name, NOON), numbers_made(world)
    world.crm.breaks_at_page = None

    report = world.run()

    assert (cursor, kept) == (None, [0, 1])
    assert numbers_made(world) == [0, 1, 2]
    assert report.balance.done == 3
    assert world.keys_twice() == []


def test_rows_and_cursor_are_stored_together_or_not_at_all(world, monkeypatch):
    world.crm.win(nth(1))
    upsert = world.ledger.upsert

    def cut(connection, table, *rest, **more):
        if table.name == "windows":
            raise PowerCut
        upsert(connection, table, *rest, **more)

    monkeypatch.setattr(world.ledger, "upsert", cut)
    with pytest.raises(PowerCut):
        world.run()

    assert rows_of(world)["deals"] == rows_of(world)["windows"] == []


def test_the_cursor_moves_after_a_wave_that_is_just_full(acting, ledger_url):
    world = World(acting, ledger_url, users(), wave=2, page_size=2)
    world.crm.win(nth(1), nth(2))

    world.run()

    assert world.ledger.read_until(world.bridge.crm_name, NOON) == NOON + timedelta(seconds=50)


def test_every_wave_but_the_last_is_full_and_the_last_never_is():
    pages = [Page((nth(1),)), Page((nth(2), nth(3))), Page((nth(4),))]

    waves = waves_of(pages, 2, lambda: NOON)

    assert [[d.ref.id[12:15] for d in page.deals] for page, _ in waves] == [["001", "002"], ["003", "004"], []]


def test_a_wave_knows_a_moment_before_its_first_deal_was_read():
    clock = FakeClock()

    def pages():
        for number in (1, 2, 3):
            clock.advance(10)
            yield Page((nth(2 * number - 1), nth(2 * number)))

    read = [(clock.now() - NOON, moment - NOON) for _, moment in waves_of(pages(), 3, clock.now)]

    assert [before.seconds for _, before in read] == [0, 10, 30]
    assert all(before <= at for at, before in read)


def test_a_deal_that_a_page_holds_twice_counts_once(world):
    world.crm._page = lambda deals: Page(tuple(deals) * 2)
    world.crm.win(nth(1))

    report = world.run()

    assert report.balance.words().startswith("1 seen = 1 done")
    assert len(world.platform.of("cta")) == 1


def test_a_run_over_three_waves_keeps_about_one_wave_of_deals_alive(acting, ledger_url):
    alive: weakref.WeakSet[Deal] = weakref.WeakSet()
    most = 0
    world = World(acting, ledger_url, {}, wave=200)

    class Counted(Deal):
        __hash__ = object.__hash__

    def pages(window):
        nonlocal most
        for start in range(0, 600, 50):
            deals = [Counted(**vars(_stopped(n))) for n in range(start, start + 50)]
            alive.update(deals)
            most = max(most, len(alive))
            yield Page(tuple(deals))
            del deals

    world.crm.changed = pages

    report = world.run()

    assert report.balance.needs_person == 600
    assert most <= 300


def _stopped(number: int) -> Deal:
    return a_deal(f"0065g00000{number:05d}AAV", account_id=None)


# What counts, and what does not


def test_wins_before_start_from_are_counted_apart_and_never_written_to(world):
    older = a_deal(won_at=world.bridge.mappings.contract.starts - timedelta(seconds=1))
    world.crm.win(older, nth(1))

    report = world.run()
    by_name = world.run(deals=[DEAL])

    assert (report.before_start, report.balance.seen) == (1, 1)
    assert (by_name.before_start, by_name.balance.seen) == (1, 0)
    assert DEAL not in world.crm.told
    assert [row for row in rows_of(world)["deals"] if DEAL in row[0]] == []


def test_an_older_win_that_could_not_be_read_at_first_waits_for_nothing_once_it_can(world):
    world.crm.win(a_deal(won_at=world.bridge.mappings.contract.starts - timedelta(1)))
    world.crm.unreadable = {DEAL: "its account was not returned"}
    world.run()
    world.crm.unreadable = {}

    report = world.run()
    world.run()

    assert (report.before_start, report.balance.seen) == (1, 0)
    assert world.standing(DEAL) == "excluded"
    assert len(world.crm.asked) == 1
    assert world.crm.told == {}


def test_without_start_from_nothing_is_read(tmp_path, ledger_url):
    contract = CONTRACT.replace("start_from: 2026-01-01\n", "")
    world = World(mappings_in(tmp_path, ACTING | {"handoff.yml": contract}), ledger_url, users())

    with pytest.raises(ConfigError, match="start_from"):
        world.run()

    assert world.crm.windows == []


def test_a_deal_without_an_account_needs_a_person_and_its_record_says_so(world):
    world.crm.win(a_deal(account_id=None, account_name=None))

    report = world.run()

    assert report.balance.needs_person == 1
    assert world.platform.made == []
    assert world.crm.told[DEAL]["Handoff_Status__c"] == "Needs a person"
    assert world.crm.told[DEAL]["Handoff_Reason__c"].startswith("The deal has no account.")
    assert [(e.what, e.deal) for e in report.exceptions] == [("needs a person", DEAL)]


def test_a_deal_that_needs_a_person_is_told_in_every_run_that_sees_it(world):
    world.crm.win(a_deal(account_id=None))
    world.run()

    report = world.run()

    assert [(e.what, e.deal) for e in report.exceptions] == [("needs a person", DEAL)]
    assert len(world.crm.receipts) == 1


def test_an_unreadable_deal_waits_is_told_and_is_read_again(world):
    world.crm.win(nth(1), nth(2))
    first = nth(1).ref.id
    world.crm.unreadable = {first: "the API names an account that it did not return"}
    report = world.run()
    world.crm.unreadable = {}

    later = world.run()

    assert (report.balance.done, report.balance.waiting) == (1, 1)
    assert [(e.what, e.deal, e.reason) for e in report.exceptions] == [
        ("not readable", first, "the API names an account that it did not return")
    ]
    assert world.crm.asked == [[first]]
    assert later.balance.done == 2


def test_a_deal_that_is_unreadable_for_once_keeps_what_was_known_of_it(world):
    """A CRM that does not date wins: the moment it was first seen won is all there is."""
    world.crm.win(replace(a_deal(won_at=NOON, episode=2), won_how=WonHow.FIRST_SEEN))
    world.run()
    before = world.deal(DEAL)
    world.crm.edit(DEAL, won_at=NOON + HOUR)
    world.crm.unreadable = {DEAL: "its account was not returned"}
    world.run()
    torn = world.deal(DEAL)
    world.crm.unreadable = {}
    world.run()

    assert torn.standing == "waiting"
    assert (torn.won_at, torn.episode, torn.account_name) == (before.won_at, 2, "Nordwind Freight")
    assert world.deal(DEAL).won_at == NOON
    assert world.standing(DEAL) == "done"


# The ones that wait


def test_a_waiting_deal_is_read_again_although_it_did_not_change(world):
    world.crm.win(nth(1))
    world.platform.ends = lambda step: End.WAITING
    world.run()
    world.platform.ends = lambda step: None

    report = world.run(after=7_200)

    assert world.crm.asked == [[nth(1).ref.id]]
    assert report.balance.done == 1


def test_a_waiting_deal_that_is_no_longer_won_is_excluded(world):
    world.crm.win(nth(1))
    world.platform.ends = lambda step: End.WAITING
    world.run()
    world.crm.lose(nth(1).ref.id)

    report, quiet = world.run(), world.run()

    assert report.balance.as_dict() == {"seen": 1, "done": 0, "waiting": 0, "needs_person": 0, "excluded": 1}
    assert world.deal(nth(1).ref.id).reason == "no longer won in the CRM"
    assert quiet.balance.seen == 0


def test_an_excluded_deal_that_is_won_again_is_handed_off_even_where_the_crm_keeps_no_history(world):
    world.crm.win(nth(1))
    world.platform.ends = lambda step: End.WAITING
    world.run()
    world.crm.lose(nth(1).ref.id)
    world.run()
    world.platform.ends = lambda step: None
    world.crm.win(nth(1))

    report = world.run()

    assert report.balance.done == 1


def test_a_done_deal_that_is_lost_while_its_receipt_is_pending_stays_done(world):
    world.crm.win(nth(1))
    world.crm.refuses_receipts = {nth(1).ref.id: "the record is locked"}
    world.run()
    world.crm.lose(nth(1).ref.id)

    report, _ = world.run(after=4_000), world.run(after=4_000)

    assert (report.balance.done, report.receipts["pending"]) == (1, 0)
    assert world.standing(nth(1).ref.id) == "done"
    assert world.crm.asked == [[nth(1).ref.id]]


def test_only_deals_of_this_crm_are_asked_for_again(world):
    world.crm.win(nth(1))
    world.platform.ends = lambda step: End.WAITING
    world.run()
    with world.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE deals SET instance = 'other', ref = 'other:salesforce:x:y'")

    world.run(after=7_200)

    assert world.crm.asked == []


def test_when_the_platform_is_out_of_reach_the_run_fails_and_the_next_one_loses_nothing(world):
    world.crm.win(nth(1), nth(2))
    world.platform.gone = True
    with pytest.raises(ServiceError):
        world.run()
    world.platform.gone = False

    report = world.run()

    failed = world.ledger.runs()[1]
    assert failed.ok is False
    assert failed.error == "gainsight main failed while being asked: it could not be reached."
    assert report.balance.done == 2


# A limit


def test_under_a_limit_the_oldest_wins_go_first_and_the_rest_goes_on_in_the_next_runs(world):
    world.crm.win(*(nth(n) for n in (4, 2, 5, 1, 3)))

    first = world.run(limit=2)
    second = world.run(limit=2)
    third = world.run(limit=2)

    assert numbers_made(world) == [1, 2, 3, 4, 5]
    assert (first.balance.done, first.balance.waiting) == (2, 3)
    assert second.handed_off == 2
    assert third.balance.done == 5


def test_under_a_limit_the_oldest_wins_of_all_waves_go_first(acting, ledger_url):
    world = World(acting, ledger_url, users(), wave=2, page_size=2)
    for number in (5, 4, 3, 2, 1):
        world.crm.win(nth(number))
        world.clock.advance(1)

    shown = [one.prepared.deal.ref.id for one in preview(world.bridge, limit=2)]
    report = world.run(limit=2)

    assert numbers_made(world) == [1, 2]
    assert report.balance.words().startswith("5 seen = 2 done + 3 waiting")
    assert shown == []  # not read yet: the server's time less the lag
    assert [one.prepared.deal.ref.id for one in preview(world.bridge, limit=2)] == [nth(n).ref.id for n in (3, 4)]


# Looking


def test_a_preview_shows_what_would_be_sent_and_leaves_no_trace(world):
    world.crm.win(nth(1), nth(2, amount=5_000))
    world.clock.advance(60)
    before = rows_of(world, but=("budgets",))

    shown = list(preview(world.bridge))

    assert [[d.planned.step.name for d in one.decisions if d.send] for one in shown] == [
        ["company", "plan", "onboarding_cta", "brief"],
        ["company", "onboarding_cta", "brief"],
    ]
    assert rows_of(world, but=("budgets",)) == before
    assert world.platform.sent == world.platform.made == world.crm.receipts == []


def test_a_preview_of_what_is_done_would_send_nothing(world):
    world.crm.win(nth(1))
    world.run()
    world.clock.advance(60)
    before = rows_of(world, but=("budgets",))

    shown = list(preview(world.bridge, deals=[nth(1).ref.id]))

    assert [one.sends for one in shown] == [False]
    assert rows_of(world, but=("budgets",)) == before


# The law of the balance


ENDS = st.lists(st.sampled_from([None, None, None, *(e for e in End if not e.name.startswith("CUT"))]), min_size=1)
DEALS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([48_000, 5_000]), st.booleans(), st.integers(0, 5)),
    min_size=1,
    max_size=7,
)
PASSES = st.lists(st.sampled_from([None, None, 1, 3]), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(deals=DEALS, ends=ENDS, passes=PASSES, cut=st.integers(0, 40), locked=st.booleans())
def test_every_run_balances_nothing_is_doubled_and_a_quiet_bridge_sends_nothing(deals, ends, passes, cut, locked):
    """Whatever is refused, lost, cut off or held back by a limit on the way."""
    world = World(acting_mappings(), "sqlite://", users(), wave=3, batch=2)
    count = 0

    def turn(step):
        nonlocal count
        count += 1
        return End.CUT_AFTER if count == cut else ends[count % len(ends)]

    for number, (account, amount, has_account, hours) in enumerate(deals):
        where = {"account_id": f"0015g0000000{account:03d}AAV" if has_account else None}
        source = {"Account.Name": f"Account {account}", "Business_Goal__c": f"goal {number}"}
        world.crm.win(nth(number, amount=amount, won_at=WON + hours * HOUR, source=source, **where))
    world.crm.refuses_receipts = {nth(0).ref.id: "locked"} if locked else {}
    world.platform.ends = turn

    for limit in passes:
        try:
            _balanced(world.run(limit=limit))
        except (PowerCut, NotAllowed):
            world.crm.edit(nth(0).ref.id, source={"Business_Goal__c": "changed meanwhile"})
    world.platform.ends, world.crm.refuses_receipts = lambda step: None, {}
    world.until_quiet()
    sent, told = len(world.platform.sent), len(world.crm.receipts)
    last = world.run()

    _balanced(last)
    assert world.keys_twice() == []
    assert (len(world.platform.sent), len(world.crm.receipts)) == (sent, told)
    _nothing_lost(world, deals)


def _balanced(report):
    by = report.balance
    assert by.seen == by.done + by.waiting + by.needs_person + by.excluded


def _nothing_lost(world, deals):
    ids = [nth(number).ref.id for number in range(len(deals))]
    done = {one for one in ids if world.standing(one) == "done"}
    assert {world.standing(one) for one in ids} <= {"done", "needs_person"}
    for kind in ("cta", "timeline"):
        assert done <= {one.key.split(":")[4] for one in world.platform.of(kind)}
    statuses = {one: world.crm.told[one]["Handoff_Status__c"] for one in ids}
    assert {one for one, status in statuses.items() if status == "Handed off"} == done


def test_a_run_that_does_not_balance_fails_and_says_so(world, monkeypatch):
    world.crm.win(nth(1))
    monkeypatch.setattr("handoff.intake.Intake._stands", lambda *_: None)
    world.run()

    with pytest.raises(BridgeBug, match="1 unaccounted for"):
        world.run()

    assert world.ledger.runs()[0].ok is False


def test_stages_are_named_and_few(world):
    names = []

    def stage(name, work, *arguments):
        names.append(name)
        return work(*arguments)

    world.crm.win(nth(1))
    world.clock.advance(60)
    run_once(world.bridge, stage=stage)

    assert names == ["read won deals", "wave 1"]
