"""Deals judged and planned before anything is sent, and what each counts as in the end."""

from datetime import timedelta

import pytest

from handoff.mapping import Mappings
from handoff.model import Outcome, Result, Scope, Standing, Step
from handoff.prepare import Prepared, body, ends_that_go_on, plain, prepare, standing_of, step_list
from tests.fakes import ACTING, World
from tests.handoff.builders import BEN, DEAL, MAYA, PRIYA, TOMAS, WON, a_deal, mappings_in, users

SECOND = "0065g00000SeCoNAAV"


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def world(acting: Mappings) -> World:
    return World(acting, "sqlite://", users())


def one_of(world: World, **about) -> Prepared:
    (one,) = prepare(world.bridge, [a_deal(**about)], known={})
    return one


def test_a_deal_is_judged_and_planned_and_nothing_is_written(world):
    one = one_of(world)

    assert [step.name for step in one.steps] == ["company", "plan", "onboarding_cta", "brief"]
    assert one.handoff.receiver == BEN
    assert world.ledger.deals([str(one.deal.ref)]) == {}


def test_deals_come_back_in_their_order_those_without_an_account_stopped(world):
    first, second = prepare(world.bridge, [a_deal(SECOND, account_id=None), a_deal()], known={})

    assert first.stopped == "The deal has no account. Put it on an account in the CRM."
    assert (first.steps, second.stopped) == ((), "")


def test_a_deal_that_nobody_active_can_receive_is_stopped_and_its_neighbours_go_on(acting):
    world = World(acting, "sqlite://", users(PRIYA, MAYA, inactive=(BEN, TOMAS)))

    first, second = prepare(world.bridge, [a_deal(), a_deal(SECOND, amount=250_000)], known={})

    assert "Nobody active can be OwnerId" in first.stopped
    assert second.stopped == ""
    assert standing_of(first, {})[0] is Standing.NEEDS_PERSON


def test_a_handoff_handled_before_keeps_its_moments(world):
    world.crm.win(a_deal())
    world.run()
    key = "hb:main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV:e1"
    first = world.clock.now()
    world.clock.advance(86_400)

    (one,) = prepare(world.bridge, [a_deal()], known=world.ledger.handoffs([key]))

    assert (one.handoff.handed_off_at, one.handoff.work_starts_at) == (first, first)


def test_an_old_win_is_not_overdue_at_birth(world):
    one = one_of(world, won_at=WON - timedelta(days=40))

    assert one.handoff.work_starts_at == world.clock.now()


@pytest.mark.parametrize(
    ("results", "standing", "reason"),
    [
        ("created created created created", Standing.DONE, ""),
        ("unchanged adopted updated created", Standing.DONE, ""),
        ("created created waiting waiting", Standing.WAITING, "onboarding_cta waits: because"),
        ("created created unknown waiting", Standing.WAITING, "onboarding_cta waits: because"),
        ("created unknown rejected waiting", Standing.NEEDS_PERSON, "onboarding_cta: because"),
        ("rejected waiting waiting waiting", Standing.NEEDS_PERSON, "company: because"),
    ],
)
def test_a_deal_counts_as_the_worst_of_its_steps(world, results, standing, reason):
    one = one_of(world)
    ends = zip(one.steps, results.split(), strict=True)
    outcomes = {step.key: Outcome(step.key, Result(result), reason="because") for step, result in ends}

    assert standing_of(one, outcomes) == (standing, reason)


def test_what_is_kept_of_a_handoff_is_plain_and_its_steps_are_listed(world):
    one = one_of(world)

    kept, steps = body(one), step_list(one.steps)

    assert kept["values"]["won_at"] == "2026-03-09 15:00:00+00:00"
    assert kept["values"]["deal.amount"] == "48,000"
    assert kept["receiver"] == BEN
    assert [step["name"] for step in steps] == ["company", "plan", "onboarding_cta", "brief"]
    assert all(DEAL in step["key"] for step in steps[1:])


def test_plain_data_keeps_lists_and_mappings_and_what_is_missing():
    assert plain({"a": [1, True, None, ("x",)]}) == {"a": ["1", True, None, ["x"]]}


def test_what_waits_for_nobody_goes_on_beside_a_step_that_a_person_must_decide():
    def a_step(name: str, *needs: str) -> Step:
        return Step(name, name, "cta", Scope.DEAL, a_deal().ref, {}, needs=needs)

    steps = (a_step("parked"), a_step("after", "parked"), a_step("doubtful"), a_step("done"), a_step("next", "done"))
    outcomes = {
        "parked": Outcome("parked", Result.UNKNOWN, parked=True),
        "after": Outcome("after", Result.WAITING),
        "doubtful": Outcome("doubtful", Result.UNKNOWN),
        "done": Outcome("done", Result.CREATED, "1S01"),
        "next": Outcome("next", Result.WAITING),
    }
    one = Prepared(a_deal(), {}, steps=steps)

    assert standing_of(one, outcomes)[0] is Standing.NEEDS_PERSON
    assert [end.key for end in ends_that_go_on(one, outcomes)] == ["doubtful", "next"]
