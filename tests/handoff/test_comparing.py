"""A comparison with what the platform holds: field by field, unknown is said to be unknown, and nothing is written."""

from dataclasses import replace
from decimal import Decimal

import pytest

from handoff.comparing import Comparison, Difference, FieldDifference, StepDifference
from tests.fakes import World, with_files
from tests.handoff.builders import DEAL, a_deal, users

SECOND = "0065g00000SeCoNAAV"
OTHER = "0015g00000ElSeWAAV"


@pytest.fixture
def world() -> World:
    return World(with_files(), "sqlite://", users())


def compared(world: World, **asked) -> list[Difference]:
    world.clock.advance(60)
    return list(Comparison(world.bridge, **asked).look())


def step(one: Difference, name: str) -> StepDifference:
    (found,) = [each for each in one.steps if each.name == name]
    return found


def field(one: Difference, name: str, of: str = "onboarding_cta") -> FieldDifference:
    (found,) = [each for each in step(one, of).fields if each.name == name]
    return found


def delivered(world: World) -> None:
    world.crm.win(a_deal())
    assert world.run().balance.done == 1


def test_a_new_deal_s_work_is_not_there_and_would_be_created(world):
    world.crm.win(a_deal())

    (one,) = compared(world)

    assert {each.name: each.end for each in one.steps} == {
        "company": "created",
        "onboarding_cta": "created",
        "brief": "created",
    }
    said = field(one, "ARR__gc")
    assert (said.state, said.holds, said.would_be, said.verdict) == ("not there", None, Decimal(48_000), "sent")
    assert world.platform.sent == []
    assert world.ledger.runs() == []


def test_nothing_is_shown_of_a_delivered_deal_that_did_not_change_unless_it_is_asked_for(world):
    delivered(world)

    assert compared(world) == []
    (one,) = compared(world, deals=[DEAL])
    assert {each.name: each.end for each in one.steps} == dict.fromkeys(("company", "onboarding_cta", "brief"), "stays")
    assert not one.changes


def test_each_field_of_a_changed_deal_says_what_becomes_of_it(world):
    delivered(world)
    (cta,) = world.platform.of("cta")
    world.platform.edit(cta.ref, DueDate=None, Comments="mine", Name="mine")
    world.crm.edit(
        DEAL,
        amount=Decimal(52_000),
        source={"Amount": Decimal(52_000), "Business_Goal__c": "Fewer claims", "Promised_Go_Live__c": "2026-06-01"},
    )

    (one,) = compared(world, deals=[DEAL])

    assert step(one, "onboarding_cta").end == "updated"
    said = {each.name: (each.holds, each.would_be, each.verdict) for each in step(one, "onboarding_cta").fields}
    assert said["ARR__gc"] == (Decimal(48_000), Decimal(52_000), "sent")
    assert said["type"] == ("Lifecycle", "Lifecycle", "same")
    assert said["Comments"] == ("mine", "<p>Why: Fewer claims</p>", "kept: a person changed it")
    assert said["Name"] == ("mine", "Onboard Nordwind Freight", "kept: written to a new record only")
    assert said["DueDate"][0] is None
    assert field(one, "DueDate").state == "known"
    assert [each.end for each in one.steps if each.name.startswith("change-")] == ["created"]


def test_a_field_that_cannot_be_read_back_is_unknown_and_never_empty(world):
    delivered(world)
    world.platform.hidden = {"ARR__gc", "Tier__gc", "Name"}

    (same,) = compared(world, deals=[DEAL])
    world.crm.edit(DEAL, amount=Decimal(52_000), source={"Amount": Decimal(52_000)})
    (changed,) = compared(world, deals=[DEAL])

    for one in (same, changed):
        assert field(one, "ARR__gc").state == "unknown"
        assert field(one, "ARR__gc").verdict == "unknown: it cannot be read back"
        assert (field(one, "Name").state, field(one, "Name").verdict) == (
            "unknown",
            "kept: written to a new record only",
        )


def test_a_sync_does_not_send_what_only_the_mapping_changed_and_the_comparison_says_so(world):
    delivered(world)
    edited = with_files(("templates/cta.html.j2", "<p>The reason: {{ business_goal }}</p>\n"))
    world.bridge = replace(world.bridge, mappings=edited)

    (one,) = compared(world, deals=[DEAL])

    assert step(one, "onboarding_cta").end == "stays"
    assert field(one, "Comments").would_be == "<p>The reason: Fewer late berths</p>"
    assert field(one, "Comments").verdict == (
        "stays: the mapping changed, not the deal; `handoff apply-mapping` sends it"
    )
    assert not one.changes


def test_every_delivered_handoff_is_compared_when_asked_for(world):
    delivered(world)
    world.crm.win(a_deal(SECOND, account_id=OTHER, account_name="Isar Foods"))
    world.run()
    (cta, _) = world.platform.of("cta")
    world.platform.edit(cta.ref, OwnerId="somebody else")

    drift = compared(world, every=True)

    assert [one.prepared.deal.ref.id for one in drift] == sorted([DEAL, SECOND])
    assert [field(one, "OwnerId").verdict for one in drift if field(one, "OwnerId").differs] == [
        "kept: a person changed it"
    ]


def test_deleted_work_stays_deleted_and_a_company_that_is_gone_needs_a_person(world):
    delivered(world)
    world.platform.delete(world.platform.of("cta")[0].ref)
    world.platform.delete(world.platform.of("company")[0].ref)

    (one,) = compared(world, deals=[DEAL])

    assert (step(one, "onboarding_cta").end, step(one, "company").end) == ("stays", "needs a person")
    assert step(one, "onboarding_cta").reason.startswith("somebody deleted it")


def test_the_calls_are_told_before_they_are_made_and_come_to_about_that(world):
    delivered(world)
    before = world.platform.called

    one = Comparison(world.bridge, every=True)
    read, told = world.platform.called, one.ahead
    list(one.look())

    assert (told.system, told.calls) == ("gainsight main", 3)
    assert told.words() == "3 calls to gainsight main, at 30 a minute: less than a minute"
    assert read == before
    assert world.platform.called - read == 3
    assert [(each.system, each.calls) for each in one.made] == [("salesforce main", 1), ("gainsight main", 0)]


def test_a_limit_takes_the_oldest_wins(world):
    delivered(world)
    world.crm.win(a_deal(SECOND, account_id=OTHER, account_name="Isar Foods"))
    world.run()

    assert len(compared(world, every=True, limit=1)) == 1
