"""Several platforms: where the work of a deal is made, that it stays there, and that each is reconciled alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from flows._instances import file_of, must_fit
from handoff.bridge import Lane
from handoff.errors import ConfigError
from handoff.lanes import lane_of
from handoff.mapping import Mappings
from handoff.model import Deal, DealRef
from handoff.reconcile import reconcile
from handoff.run import preview, run_once
from handoff.settings import Instance, Settings
from tests.fakes import ACTING, FakeCrm, FakeDestination, World
from tests.handoff.builders import CONTRACT, DEAL, a_deal, mappings_in, users

SMALL = "0065g00000SmAlLAAV"
EMEA_ORG = "00D7h000004EmEaEAK"
BIG, LITTLE = 480_000, 900
RULES = """
platforms:
  - {crms: [emea], to: smb}
  - {segments: [smb], to: smb}
  - {to: main}
"""


def contract() -> str:
    return CONTRACT + RULES


@pytest.fixture
def mappings(tmp_path: Path) -> Mappings:
    return mappings_in(tmp_path, ACTING | {"handoff.yml": contract()})


@pytest.fixture
def world(mappings: Mappings, tmp_path: Path) -> World:
    world = World(mappings, f"sqlite:///{tmp_path / 'handoff.db'}", users())
    smb = FakeDestination(users())
    smb.instance = "smb"
    lanes = {"main": Lane(world.platform, mappings), "smb": Lane(smb, mappings)}
    world.bridge = replace(world.bridge, lanes=lanes)
    return world


def smb(world: World) -> FakeDestination:
    there = world.bridge.lanes["smb"].platform
    assert isinstance(there, FakeDestination)
    return there


def big(**changes: object) -> Deal:
    return a_deal(amount=BIG, **changes)


def little(deal_id: str = SMALL, **changes: object) -> Deal:
    return a_deal(deal_id, account_id="0015g00000SmAlLAAV", account_name="Skiff", amount=LITTLE, **changes)


def test_each_deal_s_work_is_made_on_the_platform_that_its_segment_chooses(world):
    world.crm.win(big(), little())

    report = world.run()

    assert (report.balance.seen, report.balance.done) == (2, 2)
    assert {one.key.split(":e1:")[-1].split(".")[0] for one in smb(world).of("cta")} == {"smb"}
    assert {DEAL in one.key for one in world.platform.of("cta")} == {True}
    assert {SMALL in one.key for one in smb(world).of("cta")} == {True}


def test_a_second_pass_over_several_platforms_sends_nothing(world):
    world.crm.win(big(), little())
    world.run()
    sent = len(world.platform.sent) + len(smb(world).sent)

    world.run()

    assert len(world.platform.sent) + len(smb(world).sent) == sent


def test_a_deal_of_a_crm_goes_where_the_rule_of_that_crm_sends_it(world):
    crm = FakeCrm(world.clock, org=EMEA_ORG, instance="emea")
    crm.win(replace(big(), ref=DealRef("emea", "salesforce", EMEA_ORG, DEAL)))

    world.clock.advance(60)
    run_once(replace(world.bridge, crm=crm))

    assert smb(world).of("cta")
    assert not world.platform.made


def test_a_handoff_stays_on_the_platform_where_it_was_begun(world):
    world.crm.win(little())
    world.run()
    world.crm.win(little(source={"Business_Goal__c": "Sail further"}))
    grown = replace(little(), amount=big().amount, source=little().source | {"Amount": big().amount})
    world.crm.win(grown)

    world.run()

    assert not world.platform.made
    assert lane_of(world.bridge, grown).platform.instance == "smb"


def test_a_handoff_begun_on_a_platform_that_is_named_no_more_goes_nowhere_else(world, mappings):
    world.crm.win(little())
    world.run()
    left = replace(world.bridge, lanes={"main": world.bridge.lanes["main"]})

    with pytest.raises(ConfigError, match=rf"deal {SMALL} was begun on \[platform\.smb\]"):
        lane_of(left, little())


def test_a_preview_shows_the_work_of_each_platform(world):
    world.crm.win(big(), little())
    world.clock.advance(60)

    keys = {one.prepared.deal.ref.id: one.decisions[-1].planned.step.key for one in preview(world.bridge)}

    assert ":main." in keys[DEAL]
    assert ":smb." in keys[SMALL]
    assert not world.platform.made


def test_a_reconciliation_looks_for_each_piece_of_work_on_its_own_platform(world):
    world.crm.win(big(), little())
    world.run()
    world.clock.advance(3_600)
    well = reconcile(world.bridge)
    smb(world).made.clear()

    done = reconcile(world.bridge)

    assert (well.findings, well.strangers) == ((), 0)
    assert well.records > len(world.platform.of("cta"))
    assert {one.deal for one in done.findings} == {SMALL}


def settings(*platforms: str, crms: tuple[str, ...] = ("main", "emea")) -> Settings:
    of_crms = tuple(Instance("crm", name, {"system": "salesforce"}, {}) for name in crms)
    return Settings(
        "sqlite://", of_crms, tuple(Instance("platform", p, {"system": "gainsight"}, {}) for p in platforms), Path()
    )


def test_several_platforms_need_rules_that_say_which_deals_go_where(tmp_path):
    with pytest.raises(ConfigError, match=r"several platforms \(main, smb\), and handoff.yml does not say"):
        must_fit(mappings_in(tmp_path, ACTING), settings("main", "smb"))


def test_rules_name_platforms_and_crms_that_there_are(mappings):
    must_fit(mappings, settings("main", "smb"))
    with pytest.raises(ConfigError, match=r"no \[platform\.smb\] section\. Nearest: smc"):
        must_fit(mappings, settings("main", "smc"))
    with pytest.raises(ConfigError, match=r"no \[crm\.emea\] section"):
        must_fit(mappings, settings("main", "smb", crms=("main",)))


def test_a_file_of_an_instance_s_own_goes_before_that_of_its_system(tmp_path):
    (tmp_path / "gainsight-smb.yml").touch()
    main, own = settings("main", "smb").platforms

    assert (file_of(tmp_path, main), file_of(tmp_path, own)) == ("gainsight", "gainsight-smb")
