"""How handoffs stand: what a person sees at nine in the morning, from the ledger alone."""

from datetime import timedelta

import pytest

from handoff.budgets import SharedBudget
from handoff.errors import ServiceError
from handoff.mapping import Mappings
from handoff.owners import Owner
from handoff.ports import Capability, Identity, Limit, Traffic
from handoff.status import Status, status
from tests.fakes import ACTING, End, World
from tests.handoff.builders import DEAL, a_deal, mappings_in, users

SECOND = "0065g00000SeCoNAAV"
TRAFFIC = [Traffic("gainsight main", 0, (Limit(timedelta(minutes=1), 30),))]


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def world(acting: Mappings) -> World:
    return World(acting, "sqlite://", users())


def stands(world: World, *, after: float = 0.0) -> Status:
    world.clock.advance(after)
    return status(world.ledger, TRAFFIC, now=world.clock.now(), lease_now=world.clock.now(), crm="main")


def test_before_the_first_pass_it_is_not_well(world):
    assert (stands(world).well, stands(world).last_pass) == (False, None)


def test_after_a_good_pass_without_trouble_it_is_well_until_passes_stop(world):
    world.crm.win(a_deal())
    world.run()

    soon, late = stands(world, after=60), stands(world, after=15 * 60)

    assert (soon.well, soon.overdue, soon.counts) == (True, False, {"done": 1})
    assert (late.well, late.overdue) == (False, True)


def test_what_waits_is_well_and_says_when_it_goes_on(world):
    world.crm.win(a_deal())
    world.platform.ends = lambda step: End.UNKNOWN_BEFORE if step.kind == "cta" else None
    world.run()
    world.run()

    done = stands(world)

    (waiting,) = done.waiting
    assert done.well
    assert (waiting.deal, waiting.reason[:21]) == (DEAL, "onboarding_cta waits:")
    assert waiting.again == world.clock.now() + timedelta(seconds=120)


def test_what_needs_a_person_is_named_with_its_reason_and_is_not_well(world):
    world.crm.win(a_deal(), a_deal(SECOND, account_id=None))
    world.run()

    done = stands(world)

    (person,) = done.needs_person
    assert not done.well
    assert (person.deal, person.reason) == (SECOND, "The deal has no account. Put it on an account in the CRM.")


def test_what_only_a_person_can_say_is_not_said_to_go_on_at_a_moment(world):
    world.platform.kinds = {**world.platform.kinds, "timeline": Capability(Identity.BLIND, 50)}
    world.platform.ends = lambda step: End.UNKNOWN_AFTER if step.kind == "timeline" else None
    world.crm.win(a_deal(), a_deal(SECOND, account_id=None))
    world.run()

    assert {one.deal: one.parked for one in stands(world).needs_person} == {DEAL: True, SECOND: False}


def test_a_pass_that_was_stopped_is_told_beside_the_last_good_one(world):
    world.run()
    world.platform.gone = True
    world.crm.win(a_deal())
    with pytest.raises(ServiceError):
        world.run()

    done = stands(world)

    assert "gainsight" in done.last_error
    assert done.last_pass == world.clock.now() - timedelta(seconds=60)


def test_a_run_that_gives_signs_of_life_is_running_and_one_that_stood_still_is_not(world):
    run = world.ledger.begin_run("sync", world.clock.now(), "v")
    world.ledger.hold(run, world.clock)

    assert (stands(world).running, stands(world, after=20).running) == ([run], [])


def test_what_is_left_of_each_budget_is_told(world):
    SharedBudget(world.ledger).spend("gainsight main", TRAFFIC[0].limits, world.clock.now(), calls=7)

    (budget,) = stands(world).budgets

    assert (budget.system, budget.allowed, budget.left) == ("gainsight main", 30, 23)


def test_a_sweep_and_a_receipt_that_is_pending_show(world):
    world.crm.win(a_deal())
    world.crm.refuses_receipts = {DEAL: "a validation rule"}
    world.run()

    done = stands(world)

    assert (done.pending, done.swept_at) == (1, world.clock.now())
    assert done.as_dict()["receipts_pending"] == 1


def test_who_must_act_is_counted_by_deal(world):
    world.crm.win(a_deal(account_id=None), a_deal(SECOND))
    world.platform.ends = lambda step: End.REFUSED if step.name == "plan" else None
    world.run()

    assert stands(world).owners == {Owner.SALES: 1, Owner.REVOPS: 1}
    assert stands(world).as_dict()["owners"] == {"sales": 1, "revops": 1}
