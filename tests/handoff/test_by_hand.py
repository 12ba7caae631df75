"""What a person's word must never do: make something twice, lose a record, or be forgotten."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

import connectors
from handoff import tables as t
from handoff.by_hand import Said, Word, say, subject
from handoff.errors import Transient
from handoff.mapping import Mappings
from handoff.ports import Capability, Identity
from handoff.reconcile import reconcile
from tests.fakes import ACTING, End, PowerCut, World
from tests.handoff.builders import DEAL, a_deal, mappings_in, users

REF = "1P01CALLEDBYHAND"


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def world(acting: Mappings, tmp_path: Path) -> World:
    return World(acting, f"sqlite:///{tmp_path / 'ledger.db'}", users())


def ending(world: World, kind: str, end: End) -> World:
    """Let a deal be won and handed off, with this end for its steps of a kind."""
    world.crm.win(a_deal())
    world.platform.ends = lambda step: end if step.kind == kind else None
    world.run()
    world.platform.ends = lambda step: None
    return world


def refused_update(world: World) -> World:
    """Let the company of a delivered deal be refused an update."""
    world.crm.win(a_deal())
    world.run()
    world.platform.ends = lambda step: End.REFUSED if step.kind == "company" else None
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})
    world.run()
    world.platform.ends = lambda step: None
    return world


def speak(world: World, word: Word, words: str = DEAL, ref: str | None = None) -> int:
    said = Said(word, "maya", "she looked", ref)
    about = subject(world.ledger, words, connectors.ids_in())
    return say(world.ledger, about, said, at=world.clock.now(), lease_now=world.bridge.leasing.now())


def step(world: World, kind: str):
    with world.ledger.reading() as connection:
        return connection.execute(select(t.steps).where(t.steps.c.kind == kind)).one()


@pytest.mark.parametrize("words", [DEAL, f"{DEAL}/onboarding_cta"])
def test_retry_never_shortens_how_long_what_may_have_been_made_is_looked_for(world, words):
    ending(world, "cta", End.UNKNOWN_AFTER)
    world.platform.unseen = {world.platform.of("cta")[0].ref}
    world.run()
    speak(world, Word.RETRY, words)
    world.run(after=1)
    hidden = len(world.platform.of("cta"))
    world.platform.unseen = set()

    done = world.run(after=3_700)

    assert (hidden, len(world.platform.of("cta")), done.balance.done) == (1, 1, 1)


@pytest.mark.parametrize("word", [Word.RESOLVE, Word.SKIP])
def test_a_refused_update_that_is_settled_by_hand_leaves_its_record_linked_and_as_it_is(world, word):
    refused_update(world)
    (company,) = world.platform.of("company")

    speak(world, word, f"{DEAL}/company")
    done = world.run()

    assert (done.balance.done, step(world, "company").remote_id, step(world, "company").gone) == (1, company.ref, False)
    assert company.payload["Goal"] != "Fewer claims"


def test_the_next_change_reaches_a_record_whose_refused_update_was_skipped(world):
    refused_update(world)
    (company,) = world.platform.of("company")
    speak(world, Word.SKIP, f"{DEAL}/company")
    world.run()

    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer returns"})
    world.run()

    assert company.payload["Goal"] == "Fewer returns"


@pytest.mark.parametrize("word", [Word.RESOLVE, Word.SKIP])
def test_a_deal_taken_over_by_a_person_stays_so_when_it_cannot_be_read_for_once(world, word):
    ending(world, "timeline", End.REFUSED)
    speak(world, word)
    stands = world.standing(DEAL)
    world.crm.unreadable[DEAL] = "a list is cut off"
    world.crm.edit(DEAL)
    torn = world.run()
    world.crm.unreadable.clear()

    whole = world.run(after=3_700)

    assert (torn.balance.waiting, whole.balance.waiting) == (0, 0)
    assert (world.standing(DEAL), world.deal(DEAL).owner) == (stands, "by_hand")
    assert world.platform.of("timeline") == []


@pytest.mark.parametrize("word", [Word.RESOLVE, Word.SKIP])
def test_nothing_is_said_of_a_step_whose_call_may_still_be_under_way(world, word):
    world.platform.kinds = {**world.platform.kinds, "timeline": Capability(Identity.BLIND, 50)}
    with pytest.raises(PowerCut):
        ending(world, "timeline", End.CUT_AFTER)
    world.platform.ends = lambda step: None
    world.clock.advance(16)  # its lease is over, its call may not be

    with pytest.raises(Transient, match="may still be under way"):
        speak(world, word, f"{DEAL}/brief")

    world.clock.advance(10)
    assert speak(world, word, f"{DEAL}/brief")


def test_a_step_that_was_refused_once_and_then_cut_off_stays_in_doubt_after_retry(world):
    ending(world, "cta", End.REFUSED)
    with world.ledger.writing() as connection:
        connection.execute(update(t.steps).where(t.steps.c.kind == "cta").values(owner="cs_ops"))
    world.platform.ends = lambda step: End.CUT_AFTER if step.kind == "cta" else None
    with pytest.raises(PowerCut):
        world.run(after=3_700)
    world.platform.ends = lambda step: None
    world.clock.advance(60)

    speak(world, Word.RETRY, f"{DEAL}/onboarding_cta")

    assert step(world, "cta").state == "intended"


@pytest.mark.parametrize("word", [Word.RESOLVE, Word.SKIP])
def test_a_deal_taken_over_with_a_step_in_doubt_is_no_difference_to_reconcile(world, word):
    world.platform.kinds = {**world.platform.kinds, "timeline": Capability(Identity.BLIND, 50)}
    ending(world, "timeline", End.UNKNOWN_BEFORE)
    speak(world, word)
    world.run(after=86_400)

    assert [one.what for one in reconcile(world.bridge).findings if one.what == "stuck"] == []
