"""An edited mapping, applied to what was delivered: a plan, and then exactly that."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.applied import PLAN_HOLDS, carry_out_plan
from handoff.errors import ConfigError
from handoff.reapplication import Reapplication, To
from handoff.reapply import plan_again
from handoff.report import Report
from tests.fakes import EDITED, End, PowerCut, World, with_files
from tests.handoff.builders import DEAL, FILES, TEMPLATE, WON, a_deal, users

SECOND = "0065g00000SeCoNAAV"
OTHER = "0015g00000ElSeWAAV"
REWORDED = ("templates/cta.html.j2", TEMPLATE, "<p>The reason: {{ business_goal or 'unknown' }}</p>\n")
WITH_PLAN = (
    "targets/gainsight.yml",
    "  onboarding_cta:\n",
    """\
  plan:
    object: success_plan
    fields:
      CompanyId: {step: company}
      OwnerId: {from: [receiver.email, lead.email], find: active_user}
      Name: {text: "{account.name}: first 90 days", max: 80, shorten: account.name}
      SuccessPlanType: {value: Onboarding}
      status: {value: Draft}
  onboarding_cta:
""",
)


@pytest.fixture
def world() -> World:
    return World(with_files(), "sqlite://", users())


def edit(world: World, *edits: tuple[str, str, str]) -> None:
    """Edit the mapping files of a running deployment."""
    files: dict[str, str] = {}
    for name, old, new in edits:
        text = files.get(name) or EDITED.get(name) or FILES[name]
        assert old in text
        files[name] = text.replace(old, new)
    world.bridge = replace(world.bridge, mappings=with_files(*files.items()))


def delivered(world: World, *deals) -> int:
    """Hand deals off; return how many steps were sent."""
    world.crm.win(*(deals or [a_deal()]))
    report = world.run()
    assert report.balance.done == report.balance.seen
    return len(world.platform.sent)


def two() -> list:
    return [
        a_deal(),
        a_deal(SECOND, account_id=OTHER, account_name="Isar Foods", name="Cold chain", won_at=WON + timedelta(1)),
    ]


def planned(world: World, to: To = To.ALL, **options) -> Reapplication:
    world.clock.advance(60)
    return plan_again(world.bridge, to, **options)


def applied(world: World, plan: Reapplication | None = None) -> Report:
    return carry_out_plan(world.bridge, plan or planned(world))


def sent_since(world: World, start: int) -> list[tuple[str, dict]]:
    return [(step.name, dict(step.payload)) for step in world.platform.sent[start:]]


def reasons(notices) -> list[str]:
    return [one.reason for one in notices]


# The plan


def test_a_plan_counts_what_would_be_sent_and_the_calls_it_takes_and_sends_nothing(world):
    start = delivered(world, *two())
    edit(world, REWORDED)

    plan = planned(world)

    assert sent_since(world, start) == []
    counted = {name: {what: n for what, n in one.counts().items() if n} for name, one in plan.steps.items()}
    assert counted == {"company": {"unchanged": 2}, "onboarding_cta": {"update": 2}, "brief": {"unchanged": 2}}
    assert [(one.system, one.kind, one.action, one.records, one.calls) for one in plan.writes] == [
        ("gainsight main", "cta", "update", 2, 1),
        ("salesforce main", "deal", "tell", 2, 1),
    ]
    assert world.ledger.runs()[0].command == "sync"


def test_a_plan_counts_the_fields_that_were_edited_and_that_only_new_records_get(world):
    delivered(world)
    edit(world, ("targets/gainsight.yml", "Onboard {account.name}", "Welcome {account.name}"))

    plan = planned(world)

    assert plan.steps["onboarding_cta"].for_new_only == 1
    assert plan.does_nothing


def test_a_plan_shows_a_few_fields_as_they_are_and_as_they_would_be(world):
    delivered(world)
    edit(world, REWORDED)

    (sample,) = planned(world).steps["onboarding_cta"].samples

    assert (sample.deal, sample.field.name) == ("Harbor lights, 40 seats", "Comments")
    assert sample.field.held == "<p>Why: Fewer late berths</p>"
    assert sample.field.would_be == "<p>The reason: Fewer late berths</p>"


def test_a_mapping_that_was_not_edited_plans_nothing(world):
    delivered(world, *two())

    plan = planned(world)

    assert plan.does_nothing
    assert plan.writes == ()


def test_an_edited_mapping_sends_nothing_before_it_is_applied(world):
    start = delivered(world, *two())
    edit(world, REWORDED)

    world.run()

    assert sent_since(world, start) == []


# Doing it


def test_what_was_planned_is_sent_and_nothing_else(world):
    start = delivered(world, *two())
    edit(world, REWORDED)
    plan, calls, told = planned(world), world.platform.put_calls, len(world.crm.receipts)

    report = applied(world, plan)

    assert sent_since(world, start) == [("onboarding_cta", {"Comments": "<p>The reason: Fewer late berths</p>"})] * 2
    assert world.platform.put_calls - calls == 1
    assert len(world.crm.receipts) - told == 2
    assert (report.balance.seen, report.balance.done, report.steps) == (2, 2, {"cta": {"updated": 2}})
    assert world.ledger.runs()[0].command == "apply-mapping"


def test_a_second_application_and_the_next_sync_send_nothing(world):
    delivered(world, *two())
    edit(world, REWORDED)
    applied(world)
    start, told = len(world.platform.sent), len(world.crm.receipts)

    plan = planned(world)
    world.run()

    assert plan.does_nothing
    assert (sent_since(world, start), len(world.crm.receipts)) == ([], told)


def test_a_field_for_a_new_record_only_is_not_written(world):
    start = delivered(world)
    edit(world, ("targets/gainsight.yml", '"Onboard {account.name}"', '"Welcome {account.name}"'))

    assert planned(world).does_nothing
    assert sent_since(world, start) == []


def test_what_a_person_edited_is_kept_and_counted_and_not_asked_for_again(world):
    start = delivered(world, *two())
    first, second = world.platform.of("cta")
    world.platform.edit(first.ref, Comments="mine")
    edit(world, REWORDED)

    plan = planned(world)
    report = applied(world, plan)

    assert (plan.steps["onboarding_cta"].update, plan.steps["onboarding_cta"].fields_kept) == (1, 1)
    assert first.payload["Comments"] == "mine"
    assert [step.ref for step in world.platform.sent[start:]] == [second.ref]
    assert report.fields_kept == 1
    assert "a person changed Comments of onboarding_cta: kept" in reasons(report.exceptions)
    assert planned(world).does_nothing


def test_a_field_that_is_always_written_takes_the_new_mapping_s_word(world):
    delivered(world)
    (cta,) = world.platform.of("cta")
    world.platform.edit(cta.ref, Tier__gc="gold")
    edit(
        world,
        ("targets/gainsight.yml", "Tier__gc: {from: segment, write: always}", "Tier__gc: {value: a, write: always}"),
    )

    applied(world)

    assert cta.payload["Tier__gc"] == "a"


def test_closed_and_deleted_work_is_left_as_it_is(world):
    start = delivered(world, *two())
    first, second = world.platform.of("cta")
    world.platform.close(first.ref)
    world.platform.delete(second.ref)
    edit(world, REWORDED)

    applied(world)

    assert sent_since(world, start) == []
    assert len(world.platform.of("cta")) == 1


def test_work_that_is_over_is_not_in_flight(world):
    start = delivered(world, *two())
    first, second = world.platform.of("cta")
    world.platform.close(first.ref)
    edit(
        world,
        ("targets/gainsight.yml", "Segment: {from: segment, write: always}", "Segment: {value: x, write: always}"),
    )

    plan = planned(world, To.IN_FLIGHT)
    applied(world, plan)

    assert plan.not_in_flight == 1
    assert [(step.name, dict(step.payload)) for step in world.platform.sent[start:]] == [("company", {"Segment": "x"})]
    assert world.platform.of("company")[1].payload["Segment"] == "x"
    assert second.closed is False


def test_deals_of_one_account_write_it_once_and_the_newest_win_has_the_word(world):
    delivered(
        world, a_deal(amount=30_000, source={"Amount": Decimal(30_000)}), a_deal(SECOND, won_at=WON + timedelta(1))
    )
    start = len(world.platform.sent)
    edit(world, ("targets/gainsight.yml", "Goal: {from: business_goal}", 'Goal: {text: "{deal.name}: {arr}"}'))
    world.bridge = replace(world.bridge, pace=replace(world.bridge.pace, wave=1))

    plan = planned(world)
    applied(world, plan)

    assert plan.steps["company"].counts()["update"] == 1
    assert [payload for name, payload in sent_since(world, start) if name == "company"] == [
        {"Goal": "Harbor lights, 40 seats: 48,000"}
    ]
    assert planned(world).does_nothing


# Steps that the mapping gained


def test_a_step_that_the_mapping_gained_is_made_only_when_asked_for(world):
    start = delivered(world)
    edit(world, WITH_PLAN)

    without = planned(world)
    applied(world, planned(world, with_new_steps=True))

    assert without.does_nothing
    assert [name for name, _ in sent_since(world, start)] == ["plan"]
    (made,) = world.platform.of("success_plan")
    assert made.payload["CompanyId"] == world.platform.of("company")[0].ref
    assert planned(world, with_new_steps=True).does_nothing


def test_a_step_that_was_gained_is_on_the_handoff_s_list_and_follows_the_deal_from_then_on(world):
    delivered(world)
    edit(world, (WITH_PLAN[0], WITH_PLAN[1], WITH_PLAN[2].replace("{value: Draft}", "{from: region, write: always}")))
    world.crm.edit(DEAL, source={"Region__c": "North"})
    world.run()
    applied(world, planned(world, with_new_steps=True))
    start = len(world.platform.sent)
    world.crm.edit(DEAL, source={"Region__c": "South"})

    world.run()

    assert ("plan", {"status": "South"}) in sent_since(world, start)


def test_a_gained_step_that_could_not_be_made_is_made_whole_by_the_next_sync(world):
    delivered(world)
    edit(world, WITH_PLAN)
    world.platform.ends = lambda step: End.WAITING
    report = applied(world, planned(world, with_new_steps=True))
    world.platform.ends = lambda step: None

    world.run()

    assert report.balance.waiting == 1
    assert world.platform.of("success_plan")[0].payload["Name"] == "Nordwind Freight: first 90 days"
    assert world.standing(DEAL) == "done"


def test_a_gained_step_waits_for_another_that_was_refused(world):
    delivered(world)
    edit(
        world,
        WITH_PLAN,
        (
            "targets/gainsight.yml",
            "  brief:\n",
            "  second_cta:\n    object: cta\n    needs: [plan]\n    fields:\n"
            "      CompanyId: {step: company}\n      CtaGroupId: {step: plan}\n      Name: {value: Review}\n"
            "      OwnerId: {from: [receiver.email, lead.email], find: active_user}\n      type: {value: Lifecycle}\n"
            "      reason: {value: Onboarding}\n      status: {value: New}\n      priority: {value: Low}\n"
            "      DueDate: {from: go_live_on}\n  brief:\n",
        ),
    )
    plan = planned(world, with_new_steps=True)
    world.platform.ends = lambda step: End.REFUSED if step.kind == "success_plan" else None

    report = applied(world, plan)

    assert [(one.kind, one.records) for one in plan.writes] == [("success_plan", 1), ("cta", 1), ("deal", 1)]
    assert len(world.platform.of("cta")) == 1
    assert report.steps == {"cta": {"waiting": 1}, "success_plan": {"rejected": 1}}
    assert report.balance.needs_person == 1


# Who is left out


def test_a_deal_that_changed_since_is_left_out_until_the_next_sync(world):
    start = delivered(world, *two())
    edit(world, REWORDED)
    world.crm.edit(SECOND, source={"Business_Goal__c": "Fewer claims"})

    plan = planned(world)
    applied(world, plan)

    assert reasons(plan.left_out) == ["changed since: the next sync comes first"]
    assert plan.steps["onboarding_cta"].left_out == 1
    assert [payload for _, payload in sent_since(world, start)] == [
        {"Comments": "<p>The reason: Fewer late berths</p>"}
    ]


def test_deals_that_are_lost_unreadable_or_need_a_person_are_left_out_and_listed(world):
    third = "0065g00000ThIrDAAV"
    start = delivered(world, *two(), a_deal(third, account_id="0015g00000ThIrDAAV", account_name="Third"))
    world.crm.lose(DEAL)
    world.crm.unreadable[SECOND] = "Its account is hidden."
    world.platform.delete(world.platform.of("company")[1].ref)
    edit(world, REWORDED, ("targets/gainsight.yml", "Goal: {from: business_goal}", "Goal: {value: x}"))

    plan = planned(world)

    said = dict(zip((one.deal for one in plan.left_out), reasons(plan.left_out), strict=True))
    assert said[DEAL] == "it is no longer won in the CRM, or not visible to the integration user"
    assert said[SECOND] == "Its account is hidden."
    assert said[third].startswith("company: the company is not there any more")
    assert plan.does_nothing
    assert sent_since(world, start) == []


def test_a_deal_that_was_won_again_is_left_out(world):
    delivered(world)
    edit(world, REWORDED)
    world.crm.edit(DEAL, episode=2)

    assert reasons(planned(world).left_out) == ["it was won again since: the next sync comes first"]


def test_a_deal_that_waits_is_left_out(world):
    delivered(world)
    world.platform.ends = lambda step: End.WAITING
    world.crm.edit(DEAL, amount=Decimal(52_000), source={"Amount": Decimal(52_000)})
    world.run()
    edit(world, REWORDED)

    assert reasons(planned(world).left_out) == ["it waits: the next sync comes first"]


# Between the plan and its doing


def test_what_another_pass_wrote_since_the_plan_is_left_out_and_listed(world):
    delivered(world, *two())
    edit(world, REWORDED)
    plan = planned(world)
    world.crm.edit(SECOND, amount=Decimal(52_000), source={"Amount": Decimal(52_000)})
    world.run()
    start = len(world.platform.sent)

    report = applied(world, plan)

    assert [step.deal.id for step in world.platform.sent[start:]] == [DEAL]
    assert ("left out", "another pass wrote it since the plan; plan again") in [
        (one.what, one.reason) for one in report.exceptions
    ]
    assert report.balance.seen == 1


def test_a_deal_that_another_pass_works_on_is_left_out_and_listed(world):
    delivered(world, *two())
    edit(world, REWORDED)
    plan = planned(world)
    run = world.ledger.begin_run("sync", world.clock.now(), "v")
    world.ledger.hold(run, world.clock)
    world.ledger.take([str(world.deal(SECOND).ref)])
    world.ledger.fence = None
    start = len(world.platform.sent)

    report = applied(world, plan)

    assert [step.deal.id for step in world.platform.sent[start:]] == [DEAL]
    assert "another pass works on it; plan again" in reasons(report.exceptions)


def test_an_account_s_record_that_another_pass_wrote_since_is_left_out_alone(world):
    delivered(world)
    edit(world, REWORDED, ("targets/gainsight.yml", "Segment: {from: segment,", "Segment: {value: x,"))
    plan = planned(world)
    world.crm.win(a_deal(SECOND, amount=52_000, source={"Amount": Decimal(52_000)}, won_at=WON + timedelta(1)))
    world.run()
    start = len(world.platform.sent)

    report = applied(world, plan)

    assert [name for name, _ in sent_since(world, start)] == ["onboarding_cta"]
    assert "company: another pass wrote it since the plan; plan again" in reasons(report.exceptions)


def test_a_plan_is_not_carried_out_when_it_is_old_or_the_files_changed(world):
    start = delivered(world)
    edit(world, REWORDED)
    plan = planned(world)
    world.clock.advance(PLAN_HOLDS.total_seconds() + 1)
    with pytest.raises(ConfigError, match=r"more than 10 minutes old\. Nothing was sent"):
        applied(world, plan)
    fresh = planned(world)
    edit(world, ("templates/cta.html.j2", TEMPLATE, "<p>Third: {{ business_goal }}</p>\n"))
    with pytest.raises(ConfigError, match=r"changed since the plan was made\. Nothing was sent"):
        applied(world, fresh)

    assert sent_since(world, start) == []


def test_nothing_is_applied_in_shadow(world):
    start = delivered(world)
    edit(world, REWORDED, ("handoff.yml", "start_from:", "rollout: {mode: shadow}\nstart_from:"))

    with pytest.raises(ConfigError, match="rollout is shadow"):
        applied(world)

    assert sent_since(world, start) == []


# Afterwards


def test_no_change_note_is_made_for_an_edited_mapping_and_a_later_change_is_told_from_what_was_written(world):
    start = delivered(world)
    edit(
        world,
        ("sources/salesforce.yml", "business_goal: {from: Business_Goal__c,", "business_goal: {from: Replacing__c,"),
    )
    applied(world)
    told = sent_since(world, start)
    world.run()
    quiet = len(world.platform.sent)
    world.crm.edit(DEAL, source={"Replacing__c": "A whiteboard"})

    world.run()

    assert told == [
        ("company", {"Goal": "A spreadsheet"}),
        ("onboarding_cta", {"Comments": "<p>Why: A spreadsheet</p>"}),
    ]
    assert quiet == start + 2
    (note,) = [one for one in world.platform.of("timeline") if ".change-" in one.key]
    assert note.payload["Notes"] == "<ul><li>Why they bought: A spreadsheet → A whiteboard</li></ul>"


def test_a_cut_while_it_is_sent_loses_nothing_and_makes_nothing_twice(world):
    delivered(world, *two())
    edit(world, REWORDED, WITH_PLAN)
    plan = planned(world, with_new_steps=True)
    world.platform.ends = lambda step: End.CUT_AFTER if step.kind == "success_plan" else None
    with pytest.raises(PowerCut):
        applied(world, plan)
    world.platform.ends = lambda step: None

    world.until_quiet()
    applied(world, planned(world, with_new_steps=True))

    assert len(world.platform.of("success_plan")) == 2
    assert world.keys_twice() == []
    assert {one.payload["Comments"] for one in world.platform.of("cta")} == {"<p>The reason: Fewer late berths</p>"}
    assert planned(world, with_new_steps=True).does_nothing
    assert world.ledger.runs()[2].ok is not True


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_it_sends_exactly_what_it_planned_and_a_second_time_nothing(data):
    world = World(
        with_files(), "sqlite://", users(), wave=data.draw(st.integers(1, 4)), batch=data.draw(st.integers(1, 3))
    )
    ids = [f"0065g0000{number:06d}AAV" for number in range(data.draw(st.integers(1, 5)))]
    accounts = [f"0015g0000{data.draw(st.integers(0, 2)):06d}AAV" for _ in ids]
    delivered(
        world,
        *(
            a_deal(one, account_id=account, account_name=account, won_at=WON + timedelta(hours=place))
            for place, (one, account) in enumerate(zip(ids, accounts, strict=True))
        ),
    )
    theirs = data.draw(st.sets(st.sampled_from([one.ref for one in world.platform.of("cta")])))
    for ref in theirs:
        data.draw(
            st.sampled_from(
                [
                    lambda ref: world.platform.edit(ref, Comments="mine"),
                    world.platform.close,
                    world.platform.delete,
                ]
            )
        )(ref)
    untouched = {one.ref: dict(one.payload) for one in world.platform.made if one.ref in theirs}
    edit(world, REWORDED, ("targets/gainsight.yml", "Segment: {from: segment,", "Segment: {value: x,"), WITH_PLAN)
    plan = planned(world, with_new_steps=data.draw(st.booleans()))
    start, calls, told = len(world.platform.sent), world.platform.put_calls, len(world.crm.receipts)

    report = applied(world, plan)

    sent = [(step.kind, "update" if step.ref else "create") for step in world.platform.sent[start:]]
    on_platform = [one for one in plan.writes if one.kind != "deal"]
    assert sorted(sent) == sorted(pair for one in on_platform for pair in [(one.kind, one.action)] * one.records)
    assert world.platform.put_calls - calls == sum(one.calls for one in on_platform)
    assert len(world.crm.receipts) - told == len(plan.tells)
    assert {one.ref: dict(one.payload) for one in world.platform.made if one.ref in theirs} == untouched
    assert report.balance.seen == report.balance.done == len(ids)
    assert planned(world).does_nothing
    again = len(world.platform.sent)
    world.run()
    assert len(world.platform.sent) == again


@pytest.mark.parametrize("touch", ["edit", "close", "delete"])
def test_what_a_person_did_to_a_record_since_the_plan_stands(world, touch):
    start = delivered(world, *two())
    edit(world, REWORDED)
    plan = planned(world)
    first, second = world.platform.of("cta")
    changes = {"Comments": "Call them first."} if touch == "edit" else {}
    getattr(world.platform, touch)(first.ref, **changes)
    before = dict(first.payload)

    report = applied(world, plan)

    assert first.payload == before
    assert second.payload["Comments"] == "<p>The reason: Fewer late berths</p>"
    assert len(world.platform.sent) == start + 1
    assert reasons(report.exceptions) == ["onboarding_cta: a person changed it since the plan; plan again"]
    assert report.steps["cta"] == {"updated": 1, "unchanged": 1}
