"""Whatever happened: once all is quiet a reconciliation finds no difference, and a lost ledger is known again."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from handoff import tables as t
from handoff.entries import ReadTo
from handoff.findings import What
from handoff.ledger import Ledger
from handoff.rebuild import rebuild
from handoff.reconcile import reconcile
from tests.fakes import End, PowerCut, World, with_files
from tests.handoff.builders import WON, a_deal, mappings_in, users
from tests.handoff.test_kinds_in_a_pass import KINDS, contract

DEALS = [f"0065g0000000{n:03d}AAV" for n in range(4)]
ACCOUNTS = ["0015g00000ACCouAAV", "0015g00000BCCouAAV"]


def win(world: World, which: int) -> None:
    account = ACCOUNTS[which % 2]
    world.crm.win(a_deal(DEALS[which], account_id=account, account_name=f"Customer {account[10]}"))


def change(world: World, which: int) -> None:
    if DEALS[which] in world.crm.won:
        worth = Decimal(10_000 + 1_000 * which + len(world.platform.sent))
        world.crm.edit(DEALS[which], amount=worth, source={"Amount": worth})


def reopen(world: World, which: int) -> None:
    if DEALS[which] in world.crm.won:
        world.crm.lose(DEALS[which])


def edit(world: World, which: int) -> None:
    ctas = world.platform.of("cta")
    if ctas:
        world.platform.edit(ctas[which % len(ctas)].ref, Comments=f"mine {which}", ARR__gc=Decimal(which))


def close(world: World, which: int) -> None:
    ctas = world.platform.of("cta")
    if ctas:
        world.platform.close(ctas[which % len(ctas)].ref)


def remove(world: World, which: int) -> None:
    own = [one for one in world.platform.made if one.kind != "company"]
    if own:
        world.platform.delete(own[which % len(own)].ref)


def run(end: End | None) -> Callable[[World, int], None]:
    def one(world: World, which: int) -> None:
        kind = ("company", "cta", "timeline", "cta")[which]
        world.platform.ends = lambda step: end if step.kind == kind else None
        try:
            world.run(after=600)
        except PowerCut:
            world.ledger.let_go()
        world.platform.ends = lambda step: None

    return one


RUNS = [run(end) for end in (None, End.WAITING, End.UNKNOWN_AFTER, End.UNKNOWN_BEFORE, End.CUT_AFTER, End.CUT_BEFORE)]
HAPPENING = st.tuples(st.sampled_from([win, change, reopen, edit, close, remove, *RUNS]), st.integers(0, 3))


def after(happenings: list[tuple[Callable[[World, int], None], int]]) -> World:
    """Return a world in which these things happened, one after the other, and that is quiet now."""
    world = World(with_files(), "sqlite://", users())
    for happens, which in [(win, 0), *happenings]:
        happens(world, which)
    world.until_quiet()
    world.clock.advance(86_400)
    world.run()
    return world


def differences(world: World) -> list[dict[str, Any]]:
    return [one.as_dict() for one in reconcile(world.bridge).findings if one.difference]


@settings(max_examples=30, deadline=None)
@given(st.lists(HAPPENING.filter(lambda one: one[0] is not reopen), max_size=10))
def test_once_all_is_quiet_nothing_differs(happenings):
    world = after(happenings)

    assert differences(world) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(HAPPENING, max_size=10))
def test_where_deals_are_reopened_only_work_in_doubt_differs_and_is_healed(happenings):
    world = after(happenings)

    healed = reconcile(world.bridge, heal=True)

    assert {one.what for one in healed.findings if one.difference} <= {What.UNRECORDED}
    assert differences(world) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(HAPPENING, max_size=10))
def test_after_a_rebuild_nothing_is_sent_and_nothing_differs(happenings):
    world = after(happenings)
    sent, told = len(world.platform.sent), len(world.crm.tried)
    world.ledger = Ledger("sqlite://")
    world.ledger.open(stamps={})
    world.bridge = replace(world.bridge, ledger=world.ledger)

    rebuild(world.bridge)
    world.run()

    assert [(step.key, dict(step.payload)) for step in world.platform.sent[sent:]] == []
    assert world.crm.tried[told:] == []
    assert differences(world) == []


def test_a_customer_written_for_a_later_deal_leaves_the_receipt_of_an_earlier_one_right():
    world = World(with_files(), "sqlite://", users())
    for which, worth in ((0, 48_000), (2, 99_000)):
        win(world, which)
        world.crm.edit(DEALS[which], amount=Decimal(worth), source={"Amount": Decimal(worth)})
        world.run()
    world.clock.advance(86_400)
    world.run()
    first, second = (str(world.crm.told[DEALS[which]]["Handoff_Receipt__c"]).splitlines()[0] for which in (0, 2))
    assert first != second, "the company was written again"

    assert differences(world) == []


def read_past(world: World) -> World:
    """Let the cursor pass a deal that no pass was told of."""
    world.crm.win(a_deal(source={"Type": "Renewal"}))
    world.clock.advance(3 * 86_400)
    reading = ReadTo(world.bridge.crm_name, world.clock.now(), world.bridge.mappings.contract.starts or WON)
    world.ledger.take_in([], [], world.clock.now(), 1, read_to=reading)
    return world


@pytest.mark.parametrize(
    ("policy", "counts"),
    [
        ("", "1 won = 0 done + 0 waiting + 0 needs a person + 0 excluded + 1 lost"),
        (KINDS, "1 won = 0 done + 0 waiting + 0 needs a person + 1 excluded + 0 lost"),
        ("\nrollout: {mode: shadow}\n", "1 won = 0 done + 0 waiting + 0 needs a person + 1 excluded + 0 lost"),
    ],
)
def test_a_deal_that_the_policy_excludes_is_not_lost(tmp_path, policy, counts):
    world = read_past(World(mappings_in(tmp_path, contract(policy)), "sqlite://", users()))

    done = reconcile(world.bridge)

    assert done.balance.words() == counts
    assert len(done.findings) == done.balance.lost


def test_a_ledger_of_either_kind_is_built_anew_and_healed(ledger_url):
    world = World(with_files(), "sqlite://", users())
    win(world, 0)
    win(world, 1)
    world.run()
    world.ledger = Ledger(ledger_url)
    world.ledger.open(stamps={})
    world.bridge = replace(world.bridge, ledger=world.ledger)
    rebuild(world.bridge)
    world.clock.advance(86_400)
    world.run()
    remove(world, 0)
    doubted = world.platform.of("timeline")[0].key
    with world.ledger.writing() as connection:
        connection.execute(update(t.steps).where(t.steps.c.key == doubted).values(state="unknown", remote_id=None))

    healed = reconcile(world.bridge, heal=True)
    world.run()

    assert {(one.what, one.healed) for one in healed.findings} >= {(What.UNRECORDED, True), (What.VANISHED, True)}
    assert differences(world) == []
    world.ledger.close()
