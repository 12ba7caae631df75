"""What works on one of several platforms: it takes the deals of that one, and leaves the others' work alone."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from handoff.applied import carry_out_plan
from handoff.backfills import Asked
from handoff.bridge import Lane
from handoff.comparing import Comparison
from handoff.errors import ConfigError
from handoff.lanes import delivered
from handoff.ledger import Ledger
from handoff.mapping import Mappings
from handoff.model import Deal, DealRef
from handoff.plans import carried_out, planned
from handoff.reapplication import To
from handoff.reapply import plan_again
from handoff.rebuild import rebuild
from handoff.reconcile import reconcile
from handoff.run import run_once
from tests.fakes import EDITED, FakeCrm, FakeDestination, World, with_files
from tests.handoff.builders import DEAL, FILES, a_deal, users
from tests.handoff.test_lanes import BIG, EMEA_ORG, SMALL, big, contract, little, smb

OLD = datetime(2024, 5, 6, 9, 0, tzinfo=UTC)
RULES = ("handoff.yml", contract())


def edited(name: str, was: str, is_: str) -> Mappings:
    text = EDITED.get(name) or FILES[name]
    assert was in text
    return with_files(RULES, (name, text.replace(was, is_)))


def lanes_of(world: World, there: FakeDestination, mappings: Mappings) -> None:
    lanes = {"main": Lane(world.platform, mappings), "smb": Lane(there, mappings)}
    world.bridge = replace(world.bridge, mappings=mappings, lanes=lanes)


@pytest.fixture
def world() -> World:
    world = World(with_files(RULES), "sqlite://", users())
    there = FakeDestination(users())
    there.instance = "smb"
    lanes_of(world, there, world.bridge.mappings)
    return world


def sent(world: World) -> tuple[int, int]:
    """Return how many steps each platform was sent."""
    return len(world.platform.sent), len(smb(world).sent)


def test_it_says_which_platforms_there_are_when_none_was_named_or_a_wrong_one(world):
    with pytest.raises(ConfigError, match=r"several platforms: main, smb. Say which one is meant: --platform NAME\.$"):
        world.bridge.to_one_platform()
    with pytest.raises(ConfigError, match=r"handoff.toml has no \[platform.smbs\] section. Nearest: smb\.$"):
        world.bridge.to_one_platform("smbs")


def test_a_single_platform_need_not_be_named_and_may_be():
    bridge = World(with_files(), "sqlite://", users()).bridge

    assert bridge.to_one_platform() is bridge.to_one_platform("main") is bridge
    with pytest.raises(ConfigError, match=r"no \[platform.smb\] section"):
        bridge.to_one_platform("smb")


@pytest.mark.parametrize(("name", "deal"), [("main", DEAL), ("smb", SMALL)])
def test_a_comparison_shows_the_deals_of_the_platform_alone_before_and_after_they_are_delivered(world, name, deal):
    world.crm.win(big(), little())
    world.clock.advance(60)
    bridge = world.bridge.to_one_platform(name)

    before = list(Comparison(bridge).look())
    world.run()
    after = list(Comparison(bridge, every=True).look())

    assert [[one.prepared.deal.ref.id for one in some] for some in (before, after)] == [[deal], [deal]]
    assert {step.key.split(":")[-1].split(".")[0] for one in before for step in one.steps} == {name}
    assert {step.end for step in after[0].steps} == {"stays"}


def test_an_edited_mapping_is_applied_to_what_was_delivered_on_the_platform_alone(world):
    world.crm.win(big(), little())
    world.run()
    before = sent(world)
    lanes_of(world, smb(world), edited("templates/cta.html.j2", "Why", "The reason"))
    bridge = world.bridge.to_one_platform("smb")
    world.clock.advance(60)

    plan = plan_again(bridge, To.ALL)
    report = carry_out_plan(bridge, plan)

    assert [one.deal.ref.id for one in plan.deals] == [SMALL]
    assert report.balance.seen == 1
    assert [now - was for now, was in zip(sent(world), before, strict=True)] == [0, 1]
    assert [row.deal.split(":")[-1] for row in delivered(bridge)] == [SMALL]


def old(deal: Deal) -> Deal:
    return replace(deal, won_at=OLD)


def test_a_backfill_hands_off_the_deals_of_its_platform_and_knows_it_when_it_is_done(world):
    world.crm.win(old(big()), old(little()))
    world.clock.advance(60)
    asked = Asked(date(2024, 1, 1), date(2024, 12, 31), full=True, platform="smb")

    plan = planned(world.bridge, asked)
    (report,) = carried_out(world.bridge, plan.number)

    assert (plan.deals, plan.not_asked) == (1, 1)
    assert (report.balance.seen, report.balance.done) == (1, 1)
    assert {SMALL in one.key for one in smb(world).of("cta")} == {True}
    assert not world.platform.made


def test_a_planned_backfill_is_not_done_in_another_crm(world):
    world.crm.win(old(little()))
    world.clock.advance(60)
    plan = planned(world.bridge, Asked(date(2024, 1, 1), date(2024, 12, 31), full=True, platform="smb"))
    emea = replace(world.bridge, crm=FakeCrm(world.clock, org=EMEA_ORG, instance="emea"))

    with pytest.raises(ConfigError, match=r"is about \[crm.main\]. Nothing was sent. Name that one: --crm main"):
        carried_out(emea, plan.number)


def test_a_lost_ledger_is_built_anew_from_every_platform(world):
    world.crm.win(big(), little())
    world.run()
    before = sent(world)
    world.ledger = Ledger("sqlite://")
    world.ledger.open(stamps={})
    world.bridge = replace(world.bridge, ledger=world.ledger)
    world.clock.advance(86_400)

    done = rebuild(world.bridge)
    report = world.run()
    world.clock.advance(3_600)

    assert (done.deals, done.handoffs, done.left, done.parked, done.records) == (2, 2, 0, 0, 0)
    assert (sent(world), report.balance.waiting) == (before, 0)
    assert reconcile(world.bridge).findings == ()


def test_a_lost_ledger_is_built_anew_for_one_crm_after_the_other(world):
    emea = FakeCrm(world.clock, org=EMEA_ORG, instance="emea")
    theirs = a_deal("0065g00000EmEaDAAV", account_id="0015g00000EmEaDAAV", account_name="Fjord", amount=BIG)
    emea.win(replace(theirs, ref=DealRef("emea", "salesforce", EMEA_ORG, "0065g00000EmEaDAAV")))
    world.crm.win(big())
    of_emea = replace(world.bridge, crm=emea)
    for bridge in (world.bridge, of_emea):
        world.clock.advance(60)
        run_once(bridge)
    ledger = Ledger("sqlite://")
    ledger.open(stamps={})
    world.clock.advance(86_400)

    done = [rebuild(replace(bridge, ledger=ledger)) for bridge in (world.bridge, of_emea)]

    assert [one.deals for one in done] == [1, 1]
    with pytest.raises(ConfigError, match=r"not lost: it knows \d+ deals and steps of emea"):
        rebuild(replace(of_emea, ledger=ledger))
