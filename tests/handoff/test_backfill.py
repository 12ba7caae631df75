"""Historical deals, handed off by hand: a plan, and then exactly that."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from handoff import backfill
from handoff.backfill import HANDED_OFF, LIVE, plan_backfill
from handoff.backfill_plan import BackfillPlan
from handoff.backfilling import CHANGED, carry_out_backfill
from handoff.backfills import Asked, states, untold
from handoff.errors import ConfigError
from handoff.ledger import Ledger
from handoff.report import Report
from tests.fakes import End, PowerCut, World, with_files
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


def test_deals_that_get_nothing_take_no_place_under_a_limit(world):
    known_companies(world, 3, 4, 5)
    world.crm.win(*(old(number) for number in range(6)))

    plan = planned(world, replace(ALL, limit=2))

    assert [one.deal.name for one in plan.samples] == ["Dock 3", "Dock 4"]
    assert (plan.deals, sum(plan.skipped.values()), plan.beyond_limit) == (2, 3, 1)
    assert applied(world, plan).balance.done == 2
    assert [one.deal.name for one in planned(world, replace(ALL, limit=2)).samples] == ["Dock 5"]


def test_under_a_limit_the_oldest_wins_of_all_accounts_are_planned(world, monkeypatch):
    monkeypatch.setattr(backfill, "SLICE", 2)
    known_companies(world, 0, 1, 2)
    world.crm.win(*(old(number, account_id=account(number % 3)) for number in range(9)))

    plan = planned(world, replace(ALL, limit=4))

    assert [one.deal.name for one in plan.samples] == ["Dock 0", "Dock 3", "Dock 1"]
    assert applied(world, plan).balance.done == 4
    assert notes_of(world) == ["Dock 0", "Dock 1", "Dock 2", "Dock 3"]
    assert plan.beyond_limit == 5


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


# Doing it


def applied(world: World, plan: BackfillPlan) -> Report:
    world.clock.advance(60)
    return carry_out_backfill(world.bridge, plan.number)


def notes_of(world: World) -> list[str]:
    return sorted(str(one.payload["Subject"]).rpartition(", ")[2] for one in world.platform.of("timeline"))


def test_what_was_planned_is_made_and_told_and_a_second_time_nothing_is_left(world):
    known_companies(world, 0, 1)
    world.crm.win(old(0), old(1))
    plan = planned(world)

    report = applied(world, plan)

    assert (report.balance.seen, report.balance.done, report.handed_off) == (2, 2, 2)
    assert [step.name for step in world.platform.sent] == ["brief", "brief"]
    assert len(world.crm.receipts) == 2
    assert states(world.ledger, plan.number) == {"done": 2}
    again = applied(world, plan)
    assert (again.balance.seen, len(world.platform.sent), len(world.crm.receipts)) == (0, 2, 2)
    assert planned(world).skipped == {HANDED_OFF: 2}


def test_it_makes_the_calls_that_the_plan_says(world, monkeypatch):
    monkeypatch.setattr(backfill, "SLICE", 4)
    world.crm.win(*(old(number, account_id=account(number // 2)) for number in range(10)))
    plan = planned(world, FULL)
    before = world.platform.put_calls, world.crm.calls, world.platform.called

    applied(world, plan)

    writes = sum(one.calls for one in plan.writes if one.system == "gainsight main")
    tells = sum(one.calls for one in plan.writes if one.system == "salesforce main")
    assert world.platform.put_calls - before[0] == writes
    assert world.crm.calls - before[1] == plan.reads + tells
    assert plan.looks == world.platform.called - before[2] - writes


def test_a_whole_slice_goes_together_however_many_minutes_its_calls_take():
    world = World(with_files(), "sqlite://", users(), batch=2)
    world.crm.win(*(old(number) for number in range(120)))
    plan = planned(world, FULL)
    before = world.crm.calls

    applied(world, plan)

    assert world.crm.calls - before == 2


def test_a_deal_that_changed_since_the_plan_is_left_out_and_listed_and_the_others_are_done(world):
    known_companies(world, 0, 1)
    world.crm.win(old(0), old(1))
    plan = planned(world)
    world.crm.edit(f"0065g{0:010d}AAV", source={"Business_Goal__c": "Another one"})

    report = applied(world, plan)

    assert notes_of(world) == ["Dock 1"]
    assert [(one.what, one.reason) for one in report.exceptions] == [("left out", f"{CHANGED}; plan again")]
    assert (report.balance.seen, report.balance.done, report.balance.excluded) == (2, 1, 1)
    assert states(world.ledger, plan.number) == {"done": 1, "left out": 1}
    assert planned(world).deals == 1


def test_a_change_that_no_step_of_the_deal_shows_is_none(world):
    known_companies(world, 0)
    world.crm.win(old(0))
    plan = planned(world)
    world.crm.edit(f"0065g{0:010d}AAV", source={"Region__c": "North"})

    assert applied(world, plan).balance.done == 1


def test_a_deal_that_is_not_won_any_more_is_left_out(world):
    known_companies(world, 0)
    world.crm.win(old(0))
    plan = planned(world)
    world.crm.lose(f"0065g{0:010d}AAV")

    report = applied(world, plan)

    assert (report.balance.seen, report.balance.excluded, world.platform.sent) == (1, 1, [])


def test_a_plan_holds_for_seven_days_and_due_dates_count_from_the_day_it_is_done():
    world = world_of(SHIPPED_TARGET, ("templates/brief.html.j2", FILES["templates/cta.html.j2"]))
    world.crm.win(old(0))
    plan = planned(world, FULL)

    world.clock.advance(timedelta(days=6).total_seconds())
    assert applied(world, plan).balance.done == 1
    (cta,) = world.platform.of("cta")
    assert cta.payload["DueDate"] == date(2026, 3, 19)


def test_a_plan_that_is_more_than_seven_days_old_is_refused_and_nothing_is_sent(world):
    known_companies(world, 0)
    world.crm.win(old(0))
    plan = planned(world)
    world.clock.advance(timedelta(days=7).total_seconds())

    with pytest.raises(ConfigError, match="more than 7 days old"):
        applied(world, plan)
    assert world.platform.sent == []


def test_a_plan_made_with_other_files_is_refused(world):
    known_companies(world, 0)
    world.crm.win(old(0))
    plan = planned(world)
    world.bridge = replace(world.bridge, mappings=with_files(POLICY))

    with pytest.raises(ConfigError, match="mapping files changed since plan 1"):
        applied(world, plan)


def test_a_plan_that_is_not_there_is_named(world):
    with pytest.raises(ConfigError, match="no planned backfill 7"):
        carry_out_backfill(world.bridge, 7)


@pytest.mark.parametrize("end", [End.CUT_BEFORE, End.CUT_AFTER])
@pytest.mark.parametrize("kind", ["company", "cta", "timeline"])
def test_a_backfill_killed_three_times_makes_everything_once(monkeypatch, end, kind):
    monkeypatch.setattr(backfill, "SLICE", 3)
    world = world_of()
    world.crm.win(*(old(number) for number in range(12)))
    plan = planned(world, FULL)

    for _ in range(3):
        cut = [False]

        def once(step, cut=cut):
            cuts = step.kind == kind and not cut[0] and len(world.platform.of(kind)) % 3 == 0
            cut[0] = cut[0] or cuts
            return end if cuts else None

        world.platform.ends = once
        with pytest.raises(PowerCut):
            applied(world, plan)
    world.platform.ends = lambda step: None
    for _ in range(4):
        world.clock.advance(3_600)
        applied(world, plan)

    assert world.keys_twice() == []
    assert notes_of(world) == sorted(f"Dock {number}" for number in range(12))
    assert {kind: len(world.platform.of(kind)) for kind in ("company", "cta", "timeline")} == {
        "company": 12,
        "cta": 12,
        "timeline": 12,
    }
    assert states(world.ledger, plan.number) == {"done": 12}


def test_a_deal_whose_record_could_not_be_told_is_told_when_the_plan_is_done_again(world):
    known_companies(world, 0)
    world.crm.win(old(0))
    plan = planned(world)
    world.crm.refuses_receipts = {f"0065g{0:010d}AAV": "the record is locked"}
    assert applied(world, plan).receipts == {"written": 0, "pending": 1}
    assert (states(world.ledger, plan.number), untold(world.ledger, plan.number)) == ({"done": 1}, 1)

    world.crm.refuses_receipts = {}
    world.clock.advance(3_700)

    assert applied(world, plan).receipts == {"written": 1, "pending": 0}
    assert (states(world.ledger, plan.number), len(world.platform.sent)) == ({"done": 1}, 1)
    assert untold(world.ledger, plan.number) == 0


def test_a_deal_that_is_done_is_never_left_out_whatever_becomes_of_it_before_its_record_is_told(world):
    known_companies(world, 0, 1)
    world.crm.win(old(0), old(1))
    plan = planned(world)
    world.crm.refuses_receipts = {f"0065g{number:010d}AAV": "the record is locked" for number in range(2)}
    applied(world, plan)
    world.crm.edit(f"0065g{0:010d}AAV", source={"Business_Goal__c": "Another one"})
    world.crm.lose(f"0065g{1:010d}AAV")

    report = applied(world, plan)

    assert (report.balance.done, report.receipts["pending"], len(world.platform.sent)) == (2, 2, 2)
    assert {one.what for one in report.exceptions} == {"receipt pending"}
    assert states(world.ledger, plan.number) == {"done": 2}


def test_sync_leaves_alone_what_a_backfill_has_begun_and_the_backfill_goes_on_with_it(world):
    known_companies(world, 0)
    world.crm.win(old(0))
    plan = planned(world)
    world.platform.ends = lambda step: End.WAITING
    assert applied(world, plan).balance.waiting == 1

    world.platform.ends = lambda step: None
    live = world.run(after=3_700)

    assert (live.balance.seen, live.before_start, world.platform.sent) == (0, 1, [])
    assert world.standing(f"0065g{0:010d}AAV") == "waiting"
    assert applied(world, plan).balance.done == 1


def test_of_an_account_with_several_old_deals_nothing_is_made_twice_and_all_are_planned_together(world, monkeypatch):
    monkeypatch.setattr(backfill, "SLICE", 2)
    world.crm.win(
        *(old(number, account_id=account(number % 2), account_name=f"Harbour {number % 2}") for number in range(6))
    )
    plan = planned(world, FULL)

    report = applied(world, plan)

    assert report.balance.done == 6
    assert len(world.platform.of("company")) == 2
    assert counted(plan)["company"] == {"create": 2}


def test_a_slice_that_another_process_works_on_is_left_to_it_and_free_once_that_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(backfill, "SLICE", 2)
    world = World(with_files(), f"sqlite:///{tmp_path / 'handoff.db'}", users())
    known_companies(world, *range(4))
    world.crm.win(*(old(number) for number in range(4)))
    plan = planned(world)
    other = Ledger(f"sqlite:///{tmp_path / 'handoff.db'}")
    other.open(stamps={})
    other.hold(other.begin_run("backfill", world.clock.now(), None), world.clock)
    assert other.take([f"backfill:{plan.number}:0"])

    first = carry_out_backfill(world.bridge, plan.number)
    assert (first.balance.done, first.elsewhere) == (2, 2)
    assert notes_of(world) == ["Dock 2", "Dock 3"]
    second = carry_out_backfill(world.bridge, plan.number)
    assert (second.balance.seen, second.elsewhere) == (0, 2)
    other.let_go()
    assert carry_out_backfill(world.bridge, plan.number).balance.done == 2
    assert notes_of(world) == [f"Dock {number}" for number in range(4)]
