"""Deals that are reopened, lost, deleted or moved to another account after they were read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes import End, World
from tests.handoff.builders import users
from tests.handoff.test_run import acting_mappings, nth

pytestmark = pytest.mark.whole

HOUR = 3_700
ONE = nth(1).ref.id


@pytest.fixture
def world(ledger_url: str) -> World:
    return World(acting_mappings(), ledger_url, users())


def told(report) -> list[tuple[str, str]]:
    return [(one.deal, one.reason) for one in report.exceptions]


@pytest.mark.parametrize(
    ("stage", "why"),
    [
        ("Negotiation", "no longer won in the CRM, its stage is Negotiation"),
        (None, "deleted in the CRM"),
    ],
)
def test_a_deal_that_left_after_its_handoff_keeps_its_work_and_is_told_once(world, stage, why):
    world.crm.win(nth(1))
    world.run()
    sent, receipts = len(world.platform.sent), len(world.crm.receipts)
    world.crm.lose(ONE, stage)

    reports = [world.run(after=HOUR) for _ in range(3)]

    stays = "it was handed off; the work stays with Customer Success, who must know"
    assert [told(report) for report in reports] == [[(ONE, f"{why}. {stays}")], [], []]
    assert {report.balance.words() for report in reports} == {
        "1 seen = 1 done + 0 waiting + 0 needs a person + 0 excluded"
    }
    assert (len(world.platform.sent), len(world.crm.receipts)) == (sent, receipts)
    assert [one.detail for one in world.ledger.story(str(nth(1).ref))["events"] if one.what == "left"] == [why]


def test_a_deal_that_left_while_a_person_was_to_act_is_left_out_with_the_reason(world):
    world.run()
    world.crm.win(nth(1, account_id=None))
    world.run(after=3_000)  # it is tried again in an hour, and the sweep is earlier
    world.crm.lose(ONE)

    reports = [world.run(after=300), world.run(after=400), world.run(after=HOUR)]

    assert world.standing(ONE) == "excluded"
    assert world.deal(ONE).reason == "no longer won in the CRM, its stage is Negotiation"
    assert [told(report) for report in reports] == [
        [],
        [(ONE, "no longer won in the CRM, its stage is Negotiation, it is not handed off")],
        [],
    ]
    assert [report.balance.excluded for report in reports] == [0, 1, 0]


def test_a_deal_that_is_won_again_is_a_new_episode_with_work_of_its_own(world):
    world.crm.win(nth(1))
    world.run()
    world.crm.lose(ONE)
    world.run(after=HOUR)
    first = list(world.platform.made)

    world.crm.win(replace(nth(1), episode=2, won_at=nth(1).won_at + timedelta(days=1)))
    again = world.run(after=HOUR)

    assert again.handed_off == 1
    assert [one for one in world.platform.made if one in first] == first
    assert [cta.key.split(":")[5] for cta in world.platform.of("cta")] == ["e1", "e2"]
    assert len(world.platform.of("company")) == 1
    world.crm.lose(ONE)
    assert [deal for deal, _ in told(world.run(after=HOUR))] == [ONE]


def test_a_deal_that_was_left_out_and_is_won_again_is_handed_off(world):
    world.crm.win(nth(1, account_id=None))
    world.run()
    world.crm.lose(ONE)
    world.run(after=HOUR)

    world.crm.win(nth(1))

    assert world.run().handed_off == 1


def test_open_deals_of_others_are_neither_counted_nor_kept(world):
    world.run()
    world.crm.win(nth(1))
    world.crm.lose(ONE, "Prospecting")

    report = world.run(after=HOUR)

    assert (report.balance.seen, told(report)) == (0, [])


def test_only_a_sweep_looks_for_deals_that_left_and_the_first_one_a_day_back_at_most(world, monkeypatch):
    spans = []
    monkeypatch.setattr(world.crm, "left", lambda window: spans.append(window) or iter(()))

    for _ in range(3):
        world.run(after=300)
    world.run(after=HOUR)

    assert [span.upper - span.lower for span in spans] == [
        timedelta(days=1),
        timedelta(days=1, seconds=HOUR),
    ]


MERGED_INTO = nth(2).account_id


@pytest.mark.parametrize("end", [None, End.WAITING, End.REFUSED, End.UNKNOWN_BEFORE, End.UNKNOWN_AFTER])
def test_a_deal_whose_account_is_merged_while_its_company_is_made_gets_one_company(world, end):
    world.crm.win(nth(1))
    world.platform.ends = lambda step: end if step.kind == "company" else End.WAITING
    world.run()
    world.platform.ends = lambda step: None
    world.crm.edit(ONE, account_id=MERGED_INTO)

    report = world.until_quiet()

    assert report.balance.done == 1
    (company,) = world.platform.of("company")
    made = end in (None, End.UNKNOWN_AFTER)
    assert company.payload["SfdcAccountId"] == (nth(1).account_id if made else MERGED_INTO)
    assert len(world.platform.of("cta")) == len(world.platform.of("success_plan")) == 1


def test_a_deal_whose_account_is_merged_after_its_handoff_keeps_its_company(world):
    world.crm.win(nth(1))
    world.run()
    world.crm.edit(ONE, account_id=MERGED_INTO)

    world.until_quiet()

    (company,) = world.platform.of("company")
    assert company.payload["SfdcAccountId"] == nth(1).account_id
    assert world.keys_twice() == []
