"""Historical deals, handed off by hand: a plan, and then exactly that."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from handoff.backfill import LIVE, plan_backfill
from handoff.backfill_plan import BackfillPlan
from handoff.backfills import Asked
from tests.fakes import World, with_files
from tests.handoff.builders import BEN, CONTRACT, FILES, TARGET, a_deal, users

OLD = datetime(2024, 5, 6, 9, 0, tzinfo=UTC)
ALL = Asked(date(2024, 1, 1), date(2025, 12, 31))
FULL = replace(ALL, full=True)
POLICY = ("handoff.yml", CONTRACT + "backfill: {deliver: [gainsight.company, gainsight.brief], share: 0.5}\n")
SHIPPED_TARGET = ("targets/gainsight.yml", TARGET)


def account(number: int) -> str:
    return f"0015g{number:010d}AAV"


def old(number: int, **said) -> object:
    given = {"won_at": OLD + timedelta(days=number), "account_id": account(number), "name": f"Dock {number}"}
    given |= {"account_name": f"Harbour {number:03d}"}
    return a_deal(f"0065g{number:010d}AAV", **(given | said))


def world_of(*changes: tuple[str, str]) -> World:
    return World(with_files(*changes), "sqlite://", users())


@pytest.fixture
def world() -> World:
    return world_of()


def known_companies(world: World, *numbers: int) -> None:
    for number in numbers:
        world.platform.add("company", {"SfdcAccountId": account(number), "Name": f"Harbour {number:03d}"})


def planned(world: World, asked: Asked = ALL) -> BackfillPlan:
    world.clock.advance(60)
    return plan_backfill(world.bridge, asked)


def counted(plan: BackfillPlan) -> dict[str, dict[str, int]]:
    return {name: {what: n for what, n in one.counts().items() if n} for name, one in plan.steps.items()}


def test_a_plan_counts_what_would_be_made_and_the_calls_and_writes_to_neither_system(world):
    known_companies(world, 0, 1)
    world.crm.win(old(0), old(1))

    plan = planned(world)

    assert (plan.deals, counted(plan)) == (2, {"brief": {"create": 2}})
    assert [(one.system, one.kind, one.action, one.records, one.calls) for one in plan.writes] == [
        ("gainsight main", "timeline", "create", 2, 1),
        ("salesforce main", "deal", "tell", 2, 1),
    ]
    assert (world.platform.sent, world.crm.receipts) == ([], [])


def test_by_default_a_historical_deal_gets_the_notes_alone_and_with_full_all_that_a_live_one_gets(world):
    known_companies(world, 0)
    world.crm.win(old(0))

    assert list(planned(world).steps) == ["brief"]
    assert list(planned(world, FULL).steps) == ["company", "onboarding_cta", "brief"]


def test_what_a_historical_deal_gets_is_a_matter_of_policy():
    world = world_of(POLICY)
    world.crm.win(old(0))

    assert counted(planned(world)) == {"company": {"create": 1}, "brief": {"create": 1}}


def test_a_deal_whose_company_the_platform_does_not_know_is_skipped_and_the_reason_told(world):
    world.crm.win(old(0))

    plan = planned(world)

    ((why, count),) = plan.skipped.items()
    assert (plan.deals, count) == (0, 1)
    assert "company" in why
    assert [one.name for one in plan.listed] == ["Harbour 000: Dock 0"]


def test_live_wins_and_deals_handed_off_before_are_skipped(world):
    world.crm.win(a_deal())
    assert world.run().balance.done == 1
    world.crm.win(old(1, won_at=datetime(2026, 2, 1, tzinfo=UTC)))

    plan = planned(world, Asked(date(2024, 1, 1), date(2026, 12, 31)))

    assert plan.deals == 0
    assert plan.skipped == {LIVE: 2}


def test_only_the_segment_the_owner_and_the_number_asked_for_are_planned_the_oldest_first(world):
    known_companies(world, *range(4))
    world.crm.win(*(old(number) for number in range(4)))
    segment = world.crm.won and planned(world).samples[0].handoff.segment

    assert planned(world, replace(ALL, segment="nowhere")).not_asked == 4
    assert planned(world, replace(ALL, segment=segment)).deals == 4
    assert planned(world, replace(ALL, owner="nobody@harbor.example")).not_asked == 4
    some = planned(world, replace(ALL, limit=3))
    assert (some.deals, some.beyond_limit) == (3, 1)
    assert [one.deal.name for one in some.samples] == ["Dock 0", "Dock 1", "Dock 2"]


def test_the_days_asked_for_are_whole_and_both_count(world):
    known_companies(world, 0, 1, 2)
    world.crm.win(*(old(number, won_at=OLD + timedelta(days=number)) for number in range(3)))

    assert planned(world, Asked(OLD.date(), (OLD + timedelta(days=1)).date())).deals == 2


def test_with_full_work_due_dates_count_from_now_and_the_plan_says_who_gets_how_many_tasks():
    world = world_of(SHIPPED_TARGET, ("templates/brief.html.j2", FILES["templates/cta.html.j2"]))
    world.crm.win(old(0), old(1))

    plan = planned(world, FULL)

    due = [step.payload["DueDate"] for one in plan.samples for step in one.steps if step.kind == "cta"]
    assert due == [date(2026, 3, 13)] * 2
    assert plan.overdue == 0
    assert sum(plan.tasks.values()) == sum(
        plan.steps[name].create for name in ("plan", "onboarding_cta") if name in plan.steps
    )
    assert set(plan.tasks) == {BEN}


def test_the_time_is_that_at_the_share_which_a_backfill_may_use():
    world = world_of(POLICY)
    world.crm.win(*(old(number) for number in range(3)))

    (platform, _) = planned(world).ahead

    assert [limit.calls for limit in platform.limits] == [15]
