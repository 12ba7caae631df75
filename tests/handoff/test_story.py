"""The answer to `why`: words for a person, from what the ledger kept."""

from datetime import timedelta

import pytest

from handoff.mapping import Mappings
from handoff.prepare import prepare
from handoff.story import Story, known_story, live_story
from tests.fakes import ACTING, End, World
from tests.handoff.builders import BEN, DEAL, a_deal, a_ref, mappings_in, users


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def world(acting: Mappings) -> World:
    return World(acting, "sqlite://", users())


def story_of(world: World) -> Story:
    return known_story(world.ledger, str(a_ref()), world.bridge.mappings.contract)


def words(story: Story) -> list[str]:
    return [part["words"] for part in story.done]


def test_a_done_deal_tells_what_was_read_decided_and_made_and_that_its_record_was_told(world):
    world.crm.win(a_deal())
    world.run()

    story = story_of(world)

    assert story.deal["won_at"] == "2026-03-09T15:00:00+00:00"
    assert story.deal["won_how"] == "the CRM's stage history says so"
    assert story.read["Why they bought"] == "Fewer late berths"
    assert story.read["People"] == "Ida Brandt (Champion)"
    assert (story.segment, story.segment_because) == ("mid_market", "arr is at least 20,000")
    assert (story.receiver, story.completeness, story.missing) == (BEN, "100%", [])
    assert words(story) == [
        "company made",
        "plan made",
        "onboarding_cta made",
        "brief made",
        "the deal's record was told (1 time)",
    ]
    assert [part["id"] for part in story.done[:4]] == [one.ref for one in world.platform.made]
    assert (story.now, story.next) == ("Handed off", "CSM: review the handoff")


def test_a_deal_with_gaps_tells_what_is_missing_and_what_to_ask(world):
    world.crm.win(a_deal(source={"Business_Goal__c": None}))
    world.run()

    story = story_of(world)

    assert story.missing == [{"label": "Why they bought", "ask": "Which number moves?"}]
    assert story.completeness == "67%"
    assert story.next == "Sales: fill Why they bought"


def test_a_waiting_deal_says_for_what_and_that_it_goes_on_by_itself(world):
    world.crm.win(a_deal())
    world.platform.ends = lambda step: End.UNKNOWN_BEFORE if step.kind == "cta" else None
    world.run()

    story = story_of(world)

    assert story.now == "Being handed off: onboarding_cta waits: the connection broke"
    assert story.next == "Nobody: the bridge goes on by itself"
    assert "onboarding_cta may have been made" in words(story)
    assert "brief waits" in words(story)


def test_a_deal_that_needs_a_person_says_who_acts_and_on_what(world):
    world.crm.win(a_deal())
    world.platform.ends = lambda step: End.REFUSED if step.kind == "cta" else None
    world.run()

    story = story_of(world)

    assert story.now == "Needs a person: onboarding_cta: the picklist has no such value"
    assert (
        story.next
        == "RevOps: clear what stops it; the bridge looks again each hour, at once after `handoff queue retry`"
    )
    assert "onboarding_cta was refused" in words(story)


def test_a_pending_receipt_stands_in_the_story_with_its_reason(world):
    world.crm.win(a_deal())
    world.crm.refuses_receipts = {DEAL: "a validation rule says no"}
    world.run()

    story = story_of(world)

    assert story.done[-1] == {
        "step": "write-back",
        "words": "write-back is pending",
        "reason": "a validation rule says no",
    }


def test_an_unreadable_deal_has_a_story_although_nothing_was_decided(world):
    world.crm.win(a_deal())
    world.crm.unreadable = {DEAL: "its account was not returned"}
    world.run()

    story = story_of(world)

    assert story.now == "Being handed off: its account was not returned"
    assert (story.segment, story.receiver, story.completeness, list(story.done)) == ("", "nobody", "", [])


def test_a_deal_won_again_tells_of_its_new_work(world):
    world.crm.win(a_deal())
    world.run()
    world.crm.edit(DEAL, episode=2)
    world.run()

    story = story_of(world)

    assert story.deal["episode"] == 2
    assert [part["id"] for part in story.done[1:4]] == [one.ref for one in world.platform.made[4:]]


def test_a_story_is_plain_data(world):
    world.crm.win(a_deal())
    world.run()

    assert story_of(world).as_dict()["deal"]["id"] == DEAL


def live(world: World, *, before_start: bool = False, **about) -> Story:
    (one,) = prepare(world.bridge, [a_deal(**about)], known={})
    return live_story(one, world.bridge.mappings.contract, before_start=before_start)


def test_a_live_deal_tells_what_would_be_decided_and_when(world):
    story = live(world)

    assert story.deal["read_at"] is None
    assert story.receiver == BEN
    assert story.now == "Not handed off yet; no run has read it"
    assert story.next == "Nobody: the next `handoff sync` hands it off"


def test_a_live_deal_without_an_account_needs_a_person(world):
    story = live(world, account_id=None)

    assert story.now == "Needs a person: The deal has no account. Put it on an account in the CRM."
    assert story.next == "Sales: clear what stops it"


def test_a_live_deal_won_before_start_from_is_never_handed_off(world):
    story = live(world, before_start=True, won_at=world.bridge.mappings.contract.starts - timedelta(1))

    assert story.now == (
        "Never handed off: it was won before start_from (2026-01-01); older wins belong to the backfill"
    )
    assert story.next == "Nobody"


def test_amounts_are_told_with_the_deals_own_currency(world):
    world.crm.win(a_deal(amount=74_900, currency="GBP"))
    world.run()

    assert story_of(world).read["Amount"] == "GBP 74,900"


def test_people_and_products_of_a_deal_that_was_never_judged_are_unknown_and_not_none(world):
    world.crm.win(a_deal())
    world.crm.unreadable = {DEAL: "its account was not returned"}
    world.run()

    assert story_of(world).read == {"People": None, "Products": None}
