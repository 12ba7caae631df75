"""More wins than a minute's calls can carry: who goes first, and when the others are expected."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handoff.errors import Transient
from handoff.mapping import Mappings
from handoff.ports import Limit, Traffic
from tests.fakes import ACTING, World
from tests.handoff.builders import WON, a_deal, mappings_in, users

LARGE, SMALL = 52_000, 5_000


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def world(acting: Mappings) -> World:
    world = World(acting, "sqlite://", users(), batch=10)
    limits = (Limit(timedelta(minutes=1), 30), Limit(timedelta(days=1), 40_000))
    world.platform.traffic = lambda: Traffic("gainsight main", world.platform.called, limits)
    return world


def wins(count: int, *, first: int = 0, amount: int = SMALL):
    """Return deals of accounts of their own, each won a minute after the one before."""
    return [
        a_deal(
            f"0065g0000000{n:03d}AAV",
            account_id=f"0015g0000000{n:03d}AAV",
            account_name=f"Account {n}",
            amount=amount,
            won_at=WON + timedelta(minutes=n),
        )
        for n in range(first, first + count)
    ]


def order_of_ctas(world: World) -> list[str]:
    return [one.key.split(":")[4] for one in world.platform.of("cta")]


def test_in_a_burst_the_first_segment_goes_first_and_in_it_the_oldest_win(world):
    small, large = wins(200), wins(100, first=200, amount=LARGE)
    world.crm.win(*reversed(small), *reversed(large))

    report = world.run()

    assert report.balance.done == 300
    assert order_of_ctas(world) == [deal.ref.id for deal in (*large, *small)]


def test_what_goes_first_is_done_before_the_next_begins_its_first_step(world):
    world.crm.win(*wins(200))

    world.run()

    kinds = [step.kind for step in world.platform.sent]
    assert kinds.index("timeline") < len(kinds) - kinds[::-1].index("company") - 1


def test_where_a_minute_s_calls_are_enough_all_go_together(world):
    world.crm.win(*wins(40))

    world.run()

    kinds = [step.kind for step in world.platform.sent]
    assert [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before] == [
        "company",
        "cta",
        "timeline",
    ]


def test_every_deal_that_waits_for_its_turn_shows_when_it_is_expected(world):
    deals = wins(200)
    world.crm.win(*deals)
    put, calls = world.platform.put, []

    def out_of_reach_later(steps, intend):
        calls.append(len(steps))
        if len(calls) > 20:
            raise Transient(system="gainsight main", doing="making CTAs", why="it could not be reached.")
        return put(steps, intend)

    world.platform.put = out_of_reach_later
    with pytest.raises(Transient):
        world.run()

    expected = [(world.deal(deal.ref.id).standing, world.deal(deal.ref.id).expected_at) for deal in deals]
    waiting = [moment for standing, moment in expected if standing == "waiting"]
    assert len(waiting) == 150
    assert all(moment is not None for moment in waiting)
    assert waiting == sorted(waiting)
    assert timedelta(minutes=1) < waiting[-1] - world.clock.now() < timedelta(minutes=10)
    assert {moment for standing, moment in expected if standing == "done"} == {None}


def test_an_account_s_record_says_what_its_newest_win_says_whoever_goes_first(world):
    deals = wins(120)
    newest = replace(deals[-1], account_id=deals[0].account_id, source=deals[-1].source | {"Amount": LARGE})
    world.crm.win(*deals[:-1], replace(newest, amount=LARGE))

    world.run()

    companies = [one for one in world.platform.of("company") if one.payload["SfdcAccountId"] == deals[0].account_id]
    assert [one.payload["Name"] for one in companies] == ["Account 119"]
