"""Changed mappings, brought to deals that were handed off before: planned, approved and done as a backfill is."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from handoff import replanning
from handoff.backfill_plan import BackfillPlan
from handoff.backfilling import CHANGED
from handoff.backfills import Asked, states
from handoff.errors import ConfigError
from handoff.ledger import Ledger
from handoff.replanning import carry_out_replan, plan_replan
from handoff.report import Report
from tests.fakes import PowerCut, World, with_files
from tests.handoff.builders import TEMPLATE, WON, a_deal, users

ALL = Asked(date(2026, 1, 1), date(2026, 12, 31), replan=True)
REWORDED = ("templates/cta.html.j2", TEMPLATE.replace("Why", "The reason"))


def deal(number: int, **said):
    account = f"0015g{number:010d}AAV"
    given = {"account_id": account, "account_name": f"Harbour {number}", "won_at": WON + timedelta(days=number)}
    return a_deal(f"0065g{number:010d}AAV", **(given | said))


@pytest.fixture
def world() -> World:
    return delivered("sqlite://")


def delivered(url: str) -> World:
    """Return a world whose three deals were delivered before a template was reworded."""
    world = World(with_files(), url, users())
    world.crm.win(*(deal(number) for number in range(3)))
    assert world.run().balance.done == 3
    world.bridge = replace(world.bridge, mappings=with_files(REWORDED))
    return world


def planned(world: World, asked: Asked = ALL) -> BackfillPlan:
    world.clock.advance(60)
    return plan_replan(world.bridge, asked)


def applied(world: World, plan: BackfillPlan) -> Report:
    world.clock.advance(60)
    return carry_out_replan(world.bridge, plan.number)


def called_by(alone: World) -> int:
    """Return how many calls to the platform it takes one process to do all of it."""
    plan, before = planned(alone), alone.platform.called
    applied(alone, plan)
    return alone.platform.called - before


def reworded(world: World) -> int:
    return sum("The reason" in str(one.payload["Comments"]) for one in world.platform.of("cta"))


def test_a_plan_counts_what_the_changed_mapping_says_and_sends_nothing(world):
    sent = len(world.platform.sent)

    plan = planned(world)

    assert (plan.deals, plan.steps["onboarding_cta"].update, len(world.platform.sent)) == (3, 3, sent)


def test_only_deals_won_in_these_days_and_at_most_so_many_are_planned(world):
    first = replace(ALL, until=WON.date())

    assert planned(world, first).deals == 1
    some = planned(world, replace(ALL, limit=2))
    assert (some.deals, some.beyond_limit) == (2, 1)


def test_it_is_done_slice_after_slice_and_then_nothing_is_left(world, monkeypatch):
    monkeypatch.setattr(replanning, "SLICE", 2)
    plan = planned(world)

    report = applied(world, plan)

    assert (report.balance.seen, report.balance.done) == (3, 3)
    assert (reworded(world), states(world.ledger, plan.number)) == (3, {"done": 3})
    assert applied(world, plan).balance.seen == 0


def test_a_deal_of_which_the_mapping_says_something_else_by_now_is_left_out_and_listed(world):
    plan = planned(world)
    world.crm.edit(f"0065g{0:010d}AAV", source={"Business_Goal__c": "Another one"})
    world.run()

    report = applied(world, plan)

    assert (reworded(world), states(world.ledger, plan.number)) == (3, {"done": 2, "left out": 1})
    assert [one.reason for one in report.exceptions if one.what == "left out"] == [f"{CHANGED}; plan again"]


def test_cut_off_on_the_way_it_goes_on_with_the_same_approval(world, monkeypatch):
    monkeypatch.setattr(replanning, "SLICE", 2)
    plan = planned(world)
    put, puts = world.platform.put, []

    def cut(steps, intend=lambda steps: None):
        done = put(steps, intend)
        puts.append(steps)
        if len(puts) == 1:
            raise PowerCut
        return done

    monkeypatch.setattr(world.platform, "put", cut)
    with pytest.raises(PowerCut):
        applied(world, plan)
    for _ in range(3):
        world.clock.advance(3_600)
        applied(world, plan)

    assert (reworded(world), states(world.ledger, plan.number)) == (3, {"done": 3})


def test_two_processes_that_bring_a_mapping_at_once_share_the_slices_and_send_nothing_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(replanning, "SLICE", 2)
    world, alone = delivered(f"sqlite:///{tmp_path / 'handoff.db'}"), delivered("sqlite://")
    plan, calls = planned(world), called_by(alone)
    other = Ledger(f"sqlite:///{tmp_path / 'handoff.db'}")
    other.open(stamps={})
    put, helped = world.platform.put, []
    before, sent = world.platform.called, len(world.platform.sent)

    def meanwhile(steps, intend=lambda steps: None):
        monkeypatch.setattr(world.platform, "put", put)
        helped.append(carry_out_replan(replace(world.bridge, ledger=other), plan.number))
        return put(steps, intend)

    monkeypatch.setattr(world.platform, "put", meanwhile)
    report = applied(world, plan)

    assert (report.balance.done, helped[0].balance.done) == (2, 1)
    assert len({step.key for step in world.platform.sent[sent:]}) == len(world.platform.sent[sent:]) == 3
    assert world.platform.called - before == calls
    assert states(world.ledger, plan.number) == {"done": 3}


def test_the_trail_names_who_approved_it(world):
    plan = planned(world)

    carry_out_replan(world.bridge, plan.number, by="maya.lind")

    (approved,) = [event for event in world.ledger.events(limit=50) if event.what == "approved"]
    assert (approved.actor, approved.detail) == ("maya.lind", f"backfill plan {plan.number}")


def test_an_owner_cannot_be_asked_for(world):
    with pytest.raises(ConfigError, match="--owner does not go with --replan"):
        planned(world, replace(ALL, owner="rita.hale@harbor.example"))
