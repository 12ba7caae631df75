"""Who must act is known where the reason is, and kept with the deal and the step."""

from typing import Any

import pytest

from handoff.mapping import Mappings
from handoff.owners import Owner, in_words
from handoff.ports import Capability, Identity
from tests.fakes import ACTING, End, World
from tests.handoff.builders import DEAL, a_deal, mappings_in, users


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def world(acting: Mappings) -> World:
    world = World(acting, "sqlite://", users())
    world.crm.win(a_deal())
    return world


def step_of(world: World, name: str) -> Any:
    rows = world.ledger.story(str(world.deal(DEAL).ref))["steps"]
    return next(row for row in rows if row.name == name)


def test_nobody_must_act_on_a_deal_that_is_done(world):
    world.run()

    assert (world.standing(DEAL), world.deal(DEAL).owner) == ("done", None)
    assert step_of(world, "company").owner is None


def test_a_deal_without_an_account_is_for_sales(world):
    world.crm.edit(DEAL, account_id=None)
    world.run()

    assert (world.standing(DEAL), world.deal(DEAL).owner) == ("needs_person", Owner.SALES)


def test_a_deal_that_nobody_active_can_receive_is_for_revops(world):
    world.platform.users = {}
    world.run()

    assert (world.standing(DEAL), world.deal(DEAL).owner) == ("needs_person", Owner.REVOPS)


def test_a_refused_step_is_for_whom_the_platform_s_refusal_concerns_and_what_waits_for_it_is_the_bridge_s(world):
    world.platform.ends = lambda step: End.REFUSED if step.name == "company" else None
    world.run()

    assert (world.standing(DEAL), world.deal(DEAL).owner) == ("needs_person", Owner.REVOPS)
    assert step_of(world, "company").owner == Owner.REVOPS
    assert step_of(world, "plan").owner == Owner.BRIDGE


def test_what_waits_is_the_bridge_s(world):
    world.platform.ends = lambda step: End.WAITING if step.name == "company" else None
    world.run()

    assert (world.standing(DEAL), world.deal(DEAL).owner) == ("waiting", Owner.BRIDGE)


def test_a_deal_that_cannot_be_read_is_for_who_administers_the_crm(world):
    world.crm.unreadable = {DEAL: "its account is hidden"}
    world.run()

    assert (world.standing(DEAL), world.deal(DEAL).owner) == ("waiting", Owner.CRM_ADMIN)


def test_a_parked_step_is_for_cs_ops(world):
    world.platform.kinds = {**world.platform.kinds, "timeline": Capability(Identity.BLIND, 50)}
    world.platform.ends = lambda step: End.UNKNOWN_AFTER if step.kind == "timeline" else None
    world.run()

    assert (world.standing(DEAL), world.deal(DEAL).owner) == ("needs_person", Owner.CS_OPS)
    assert {row.owner for row in world.ledger.story(str(world.deal(DEAL).ref))["steps"] if row.kind == "timeline"} == {
        Owner.CS_OPS
    }


@pytest.mark.parametrize("owner", Owner)
def test_every_owner_has_words_that_fit_its_column(owner):
    assert in_words(owner, crm="salesforce", platform="gainsight")
    assert len(owner) <= 20


def test_an_admin_is_named_by_the_system_as_its_vendor_writes_it():
    assert in_words(Owner.CRM_ADMIN, crm="HubSpot", platform="ChurnZero") == "a HubSpot admin"
    assert in_words(Owner.PLATFORM_ADMIN, crm="HubSpot", platform="ChurnZero") == "a ChurnZero admin"
    assert in_words(Owner.CRM_ADMIN, crm="salesforce", platform="crm") == "a Salesforce admin"
