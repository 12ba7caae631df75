"""The queue: what waits and what needs a person; and what a person's word does to it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

import connectors
from handoff import tables as t
from handoff.by_hand import Said, Word, say, subject
from handoff.errors import ConfigError, NotAllowed, Transient
from handoff.leases import LEASE, account_subject
from handoff.mapping import Mappings
from handoff.owners import Owner
from handoff.ports import Capability, Identity
from handoff.queue import Entry, Retry, queue
from tests.fakes import ACTING, End, World
from tests.handoff.builders import ACCOUNT, DEAL, a_deal, mappings_in, users

SECOND = "0065g00000SeCoNAAV"


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def world(acting: Mappings, ledger_url: str) -> World:
    world = World(acting, ledger_url, users())
    world.crm.win(a_deal())
    return world


@pytest.fixture
def blind(world: World) -> World:
    """Return a world whose timeline cannot be looked up, and whose entry may have been made."""
    world.platform.kinds = {**world.platform.kinds, "timeline": Capability(Identity.BLIND, 50)}
    world.platform.ends = lambda step: End.UNKNOWN_AFTER if step.kind == "timeline" else None
    world.run()
    world.platform.ends = lambda step: None
    return world


@pytest.fixture
def refused(world: World) -> World:
    """Return a world whose success plan was refused, and would not be any more."""
    world.platform.ends = lambda step: End.REFUSED if step.name == "plan" else None
    world.run()
    world.platform.ends = lambda step: None
    return world


def told(world: World, word: str, words: str, *, ref: str | None = None, reason: str = "seen in the platform") -> int:
    about = subject(world.ledger, words, connectors.ids_in())
    now = world.clock.now()
    return say(world.ledger, about, Said(Word(word), "ada", reason, ref), at=now, lease_now=now)


def only(world: World) -> Entry:
    (entry,) = queue(world.ledger)
    return entry


def step_of(world: World, name: str) -> Any:
    return next(row for row in world.ledger.story(str(world.deal(DEAL).ref))["steps"] if row.name == name)


# What is listed


def test_nothing_is_listed_of_what_is_done(world):
    world.run()

    assert queue(world.ledger) == []


def test_what_waits_is_the_bridge_s_and_tried_by_the_next_pass(world):
    world.platform.ends = lambda step: End.WAITING if step.name == "company" else None
    world.run()

    entry = only(world)

    assert (entry.id, entry.retry, entry.owner, entry.next_try) == (DEAL, Retry.LATER, Owner.BRIDGE, None)
    assert entry.reason.startswith("company waits: ")


def test_what_needs_a_person_says_who_why_since_when_and_when_it_is_looked_at_again(refused):
    entry, now = only(refused), refused.clock.now()

    assert (entry.id, entry.what, entry.retry, entry.owner) == (DEAL, "deal", Retry.PERSON, Owner.REVOPS)
    assert (entry.since, entry.next_try) == (now, now + timedelta(hours=1))
    assert [step.id for step in entry.steps] == [f"{DEAL}/plan"]


def test_since_is_when_it_came_to_stand_so_and_not_when_it_was_looked_at_last(refused):
    since = refused.clock.now()
    refused.platform.ends = lambda step: End.REFUSED if step.name == "plan" else None
    refused.run(after=3_700)

    assert only(refused).since == since


def test_since_begins_anew_when_the_reason_is_another(world):
    world.platform.ends = lambda step: End.WAITING if step.name == "company" else None
    world.run()
    world.platform.ends = lambda step: End.REFUSED if step.name == "company" else None
    world.run()

    assert only(world).since == world.clock.now()


def test_the_newest_problems_come_first(world):
    world.crm.edit(DEAL, account_id=None)
    world.run()
    world.crm.win(a_deal(SECOND, account_id=None))
    world.run()

    assert [entry.id for entry in queue(world.ledger)] == [SECOND, DEAL]


def test_a_parked_step_is_listed_with_its_deal(blind):
    (step,) = only(blind).steps

    assert (step.id, step.retry, step.owner) == (f"{DEAL}/brief", Retry.PERSON, Owner.CS_OPS)


def test_what_cannot_be_looked_up_and_was_refused_is_no_doubt_and_is_sent_by_a_later_pass(world):
    world.platform.kinds = {**world.platform.kinds, "timeline": Capability(Identity.BLIND, 50)}
    world.platform.ends = lambda step: End.SHUT_OUT if step.kind == "timeline" else None

    with pytest.raises(NotAllowed):
        world.run()
    refused = step_of(world, "brief")
    world.platform.ends = lambda step: None
    world.run()

    assert (refused.state, refused.reason) == ("planned", "the key was revoked.")
    assert queue(world.ledger) == []
    assert len(world.platform.of("timeline")) == 1


def test_a_deal_that_only_a_parked_step_holds_up_is_parked_and_one_with_a_refused_step_is_not(blind):
    parked = only(blind)
    with blind.ledger.writing() as connection:
        connection.execute(update(t.steps).where(t.steps.c.name == "plan").values(state="rejected"))

    assert (parked.parked, only(blind).parked) == (True, False)


def test_a_parked_step_of_an_account_is_listed_with_each_deal_that_it_holds_up(world):
    world.platform.kinds = {**world.platform.kinds, "company": Capability(Identity.BLIND, 50)}
    world.platform.ends = lambda step: End.UNKNOWN_AFTER if step.kind == "company" else None
    world.crm.win(a_deal(SECOND))
    world.run()

    listed = {entry.id: ([step.id for step in entry.steps], entry.parked) for entry in queue(world.ledger)}

    ((step,), _), (others, _) = listed[DEAL], listed[SECOND]
    assert (others, listed[DEAL][1], listed[SECOND][1]) == ([step], True, True)


def test_a_refused_write_back_of_a_deal_that_is_done_is_for_who_administers_the_crm(world):
    world.run()
    later = world.clock.now() + timedelta(hours=1)
    with world.ledger.writing() as connection:
        connection.execute(update(t.deals).values(receipt_pending="the record is locked", receipt_try_at=later))

    entry = only(world)

    assert (entry.what, entry.retry, entry.owner, entry.next_try) == ("receipt", Retry.PERSON, Owner.CRM_ADMIN, later)
    assert "the record is locked" in entry.reason


def test_an_entry_is_plain_data(refused):
    said = only(refused).as_dict()

    assert (said["retry"], said["owner"], said["steps"][0]["id"]) == ("person", "revops", f"{DEAL}/plan")
    assert said["since"] == refused.clock.now().isoformat()


# Retry


@pytest.mark.parametrize("words", [DEAL, f"{DEAL}/plan", "Nordwind"])
def test_retry_lets_the_next_pass_try_at_once_what_it_would_leave_for_an_hour(refused, words):
    assert refused.run().balance.needs_person == 1

    told(refused, "retry", words)

    assert refused.run().balance.done == 1
    assert queue(refused.ledger) == []


def test_a_parked_step_is_not_sent_again_by_retrying_its_deal(blind):
    sent = len(blind.platform.sent)

    told(blind, "retry", DEAL)

    assert blind.run().balance.needs_person == 1
    assert len(blind.platform.sent) == sent


def test_a_parked_step_is_sent_again_by_retrying_it_by_name(blind):
    told(blind, "retry", f"{DEAL}/brief")

    assert blind.run().balance.done == 1
    assert len(blind.platform.of("timeline")) == 2  # the person said that the first was not made


def test_retrying_what_two_deals_of_an_account_share_lets_both_go_on(world):
    world.crm.win(a_deal(SECOND))
    world.platform.ends = lambda step: End.REFUSED if step.name == "company" else None
    assert world.run().balance.needs_person == 2
    world.platform.ends = lambda step: None

    told(world, "retry", f"{SECOND}/company")

    assert world.run().balance.done == 2


def test_a_step_of_a_deal_that_a_person_took_over_is_left_alone_too(refused):
    told(refused, "skip", DEAL)

    with pytest.raises(ConfigError, match=f"first: handoff queue retry {DEAL}"):
        told(refused, "retry", f"{DEAL}/plan")


def test_retry_of_what_is_done_is_refused(world):
    world.run()

    for words in (DEAL, f"{DEAL}/plan"):
        with pytest.raises(ConfigError, match=r"it is (done|settled)"):
            told(world, "retry", words)


# Resolve


def test_a_resolved_step_is_not_sent_and_its_record_is_ours_from_now_on(blind):
    sent = len(blind.platform.sent)
    (entry,) = blind.platform.of("timeline")

    told(blind, "resolve", f"{DEAL}/brief", ref=entry.ref)

    assert blind.run().balance.done == 1
    assert len(blind.platform.sent) == sent
    assert (step_of(blind, "brief").state, step_of(blind, "brief").remote_id) == ("settled", entry.ref)
    assert queue(blind.ledger) == []


def test_a_step_resolved_without_a_record_is_settled_too_and_not_sent(blind):
    told(blind, "resolve", f"{DEAL}/brief")
    sent = len(blind.platform.sent)

    assert blind.run().balance.done == 1
    assert len(blind.platform.sent) == sent
    assert step_of(blind, "brief").reason == "done by hand: seen in the platform"


def test_what_needs_a_resolved_step_is_given_its_record(world):
    world.platform.ends = lambda step: End.REFUSED if step.name == "company" else None
    world.run()
    world.platform.ends = lambda step: None

    told(world, "resolve", f"{DEAL}/company", ref=world.platform.add("company", {"Name": "Nordwind"}))
    world.run()

    assert world.standing(DEAL) == "done"
    assert len(world.platform.of("company")) == 1


def test_a_record_that_another_step_holds_is_not_taken(blind):
    with pytest.raises(ConfigError, match="belongs to another step"):
        told(blind, "resolve", f"{DEAL}/brief", ref=step_of(blind, "plan").remote_id)

    assert step_of(blind, "brief").state == "unknown"


@pytest.mark.parametrize(("word", "standing"), [("resolve", "done"), ("skip", "excluded")])
def test_a_deal_taken_over_by_a_person_is_left_alone_though_it_changes(refused, word, standing):
    told(refused, word, DEAL)
    sent = len(refused.platform.sent)
    refused.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})

    reports = [refused.run(after=3_700) for _ in range(2)]

    assert [getattr(report.balance, standing) for report in reports] == [1, 1]
    assert len(refused.platform.sent) == sent
    assert queue(refused.ledger) == []


@pytest.mark.parametrize("word", ["resolve", "skip"])
def test_a_deal_taken_over_by_a_person_goes_on_when_somebody_says_retry(refused, word):
    told(refused, word, DEAL)
    refused.run()

    told(refused, "retry", DEAL)
    refused.run()

    assert refused.standing(DEAL) == "done"
    assert refused.deal(DEAL).owner is None
    assert len(refused.platform.of("success_plan")) == 1


@pytest.mark.parametrize(("word", "status"), [("resolve", "Handed off"), ("skip", "Excluded")])
def test_the_record_of_a_deal_taken_over_by_a_person_is_told_so_once(refused, word, status):
    assert refused.crm.told[DEAL]["Handoff_Status__c"] == "Needs a person"

    told(refused, word, DEAL)
    report, again = refused.run(), refused.run()

    assert refused.crm.told[DEAL]["Handoff_Status__c"] == status
    assert "seen in the platform" in refused.crm.told[DEAL]["Handoff_Reason__c"]
    assert (report.receipts, again.receipts) == ({"written": 1, "pending": 0}, {"written": 0, "pending": 0})


def test_a_record_that_refuses_to_be_told_of_a_person_s_word_is_told_later(refused):
    told(refused, "skip", DEAL)
    refused.crm.refuses_receipts = {DEAL: "the record is locked"}
    assert refused.run().receipts == {"written": 0, "pending": 1}
    assert (only(refused).what, only(refused).owner) == ("receipt", Owner.CRM_ADMIN)

    refused.crm.refuses_receipts = {}
    assert refused.run(after=3_700).receipts == {"written": 1, "pending": 0}
    assert queue(refused.ledger) == []


def test_a_deal_taken_over_by_a_person_is_new_when_it_is_won_again(refused):
    told(refused, "skip", DEAL)
    refused.crm.edit(DEAL, episode=2)

    assert refused.run().balance.done == 1


def test_a_deal_as_a_whole_has_no_record(refused):
    with pytest.raises(ConfigError, match=f"queue resolve {DEAL}/STEP --ref 1S01"):
        told(refused, "resolve", DEAL, ref="1S01")


# Skip


def test_a_skipped_step_is_never_made_and_the_deal_is_done_without_it(refused):
    told(refused, "skip", f"{DEAL}/plan")

    assert refused.run().balance.done == 1
    assert refused.run(after=3_700).balance.needs_person == 0
    assert refused.platform.of("success_plan") == []
    assert queue(refused.ledger) == []


def test_a_skipped_step_is_made_after_all_when_somebody_says_retry(refused):
    told(refused, "skip", f"{DEAL}/plan")
    told(refused, "retry", f"{DEAL}/plan")

    assert refused.run().balance.done == 1
    assert len(refused.platform.of("success_plan")) == 1


# What is recorded, and what is refused


def test_a_word_is_a_run_of_its_own_with_actor_and_reason_and_no_address(refused):
    number = told(refused, "skip", f"{DEAL}/plan", reason="ask ada@nordwind.example, it is hers")

    row, _ = refused.ledger.run(number)
    (event,) = refused.ledger.events(run=number)

    assert (row.command, row.actor, row.ok) == ("queue skip", "ada", True)
    assert (event.what, event.actor, event.detail) == ("queue skip", "ada", "because: ask (address), it is hers")
    assert event.step.endswith(".plan")
    assert refused.ledger.check_trail().broken is None


@pytest.mark.parametrize("held", ["deal", "account"])
def test_a_word_is_refused_while_a_pass_works_on_the_deal_or_its_account(refused, held):
    ref = refused.deal(DEAL).ref
    on = ref if held == "deal" else account_subject(*ref.split(":")[:3], ACCOUNT)
    run = refused.ledger.begin_run("sync", refused.clock.now(), "v1")
    with refused.ledger.writing() as connection:
        connection.execute(update(t.runs).where(t.runs.c.id == run).values(alive_until=refused.clock.now() + LEASE))
        connection.execute(insert(t.leases).values(subject=on, run=run))

    with pytest.raises(Transient, match=rf"a pass \(run {run}\) is working on it\. Try again in a few seconds\."):
        told(refused, "skip", f"{DEAL}/plan")
    assert step_of(refused, "plan").state == "rejected"

    refused.clock.advance(LEASE.total_seconds())  # the pass gave no sign: it does not work on it any more
    told(refused, "skip", f"{DEAL}/plan")
    assert step_of(refused, "plan").gone


def test_a_pass_that_read_the_deal_before_the_word_does_not_write_over_it(refused):
    before = refused.clock.now()
    refused.clock.advance(1)
    told(refused, "skip", DEAL)

    refused.ledger.take_in([a_deal()], [], refused.clock.now(), 9, read_at=before)

    assert (refused.standing(DEAL), refused.deal(DEAL).owner) == ("excluded", Owner.BY_HAND)


def test_a_word_about_what_a_pass_has_just_settled_is_refused(refused):
    about, now = subject(refused.ledger, f"{DEAL}/plan", connectors.ids_in()), refused.clock.now()
    refused.run(after=3_700)

    with pytest.raises(Transient, match="Look again: handoff queue"):
        say(refused.ledger, about, Said(Word.SKIP, "ada", "no need"), at=now, lease_now=refused.clock.now())
    assert step_of(refused, "plan").remote_id


@pytest.mark.parametrize("words", ["Harbor of nowhere", f"{DEAL}/nothing", "0065g00000NoSuChAAV/plan"])
def test_an_id_that_fits_nothing_is_a_mistake(refused, words):
    with pytest.raises(ConfigError, match=r"handoff queue|no step"):
        told(refused, "retry", words)
