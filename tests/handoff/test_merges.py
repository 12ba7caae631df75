"""A deal into which one was merged that was handed off before is not handed off again."""

from dataclasses import replace

import pytest

from handoff.model import Deal
from handoff.owners import Owner
from tests.fakes import End, World, with_files
from tests.handoff.builders import CONTRACT, DEAL, a_deal, users

NEW = "0065g00000NeWiDAAV"
LINKED = f"linked: it was handed off as deal {DEAL} (Harbor lights, 40 seats), which was merged into it"


@pytest.fixture
def world() -> World:
    return World(with_files(), "sqlite://", users())


def merge(world: World, *gone: str) -> Deal:
    """Win the deal into which these were merged, which are gone with that."""
    for one in gone:
        world.crm.won.pop(one, None)
    new = replace(a_deal(NEW), merged=gone)
    world.crm.win(new)
    return new


def test_it_is_linked_to_the_deal_that_was_merged_into_it_and_nothing_is_sent(world):
    world.crm.win(a_deal())
    world.run()
    sent = len(world.platform.sent)
    merge(world, DEAL)

    report = world.run()

    assert (world.standing(NEW), world.deal(NEW).reason) == ("excluded", LINKED)
    assert len(world.platform.sent) == sent
    assert (report.balance.excluded, report.balance.remainder) == (1, 0)
    assert world.run().steps == {}


def test_where_the_merged_deal_was_never_begun_it_is_handed_off(world):
    merge(world, DEAL)

    world.run()

    assert world.standing(NEW) == "done"
    assert {NEW in one.key for one in world.platform.of("cta")} == {True}


def test_a_deal_that_was_begun_itself_goes_on_whatever_is_merged_into_it(world):
    world.crm.win(a_deal(), a_deal(NEW, name="More seats"))
    world.run()
    grown = replace(merge(world, DEAL), name="More seats", source={**a_deal(NEW).source, "Business_Goal__c": "Faster"})
    world.crm.win(grown)

    world.run()

    assert world.standing(NEW) == "done"


def test_where_the_merged_deal_was_begun_and_not_finished_a_person_must_look(world):
    world.platform.ends = lambda step: End.REFUSED if step.kind == "timeline" else None
    world.crm.win(a_deal())
    world.run()
    sent = len(world.platform.sent)
    merge(world, DEAL)

    world.run()

    assert (world.standing(NEW), world.deal(NEW).owner) == ("needs_person", Owner.CS_OPS)
    assert f"It was begun as deal {DEAL} (Harbor lights, 40 seats), which was merged into it" in world.deal(NEW).reason
    assert len(world.platform.sent) == sent


def test_under_a_limit_it_takes_the_place_of_no_other_deal():
    world = World(with_files(("handoff.yml", CONTRACT + "limits: {new_per_pass: 1}\n")), "sqlite://", users())
    world.crm.win(a_deal())
    world.run()
    merge(world, DEAL)
    other = a_deal("0065g00000OtHeRAAV", account_id="0015g00000OtHeRAAV", account_name="Isar Foods")
    world.crm.win(other)

    world.run()

    assert (world.standing(NEW), world.standing(other.ref.id)) == ("excluded", "done")
