"""People's work is theirs: what they edit, close, delete or make themselves, and what may still be written."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from handoff import prepare
from handoff.fields import Memory, Verdict, compared
from handoff.fingerprints import field_hashes
from handoff.model import Held, Scope, Step, Write
from handoff.run import preview
from handoff.story import known_story
from tests.fakes import EDITED_TARGET, End, Made, PowerCut, World, with_files
from tests.handoff.builders import ACCOUNT, DEAL, WON, a_deal, a_ref, users

SECOND = "0065g00000SeCoNAAV"
THIRD = "0065g00000ThIrDAAV"
ELSEWHERE = "0015g00000ElSeWAAV"
CUSTOMER = {"SfdcAccountId": ACCOUNT, "Name": "Nordwind"}


@pytest.fixture
def world() -> World:
    return World(with_files(), "sqlite://", users())


def with_target(old: str, new: str) -> World:
    """Return a world whose target file differs in this."""
    assert old in EDITED_TARGET
    return World(with_files(("targets/gainsight.yml", EDITED_TARGET.replace(old, new))), "sqlite://", users())


def amount(world: World, value: int, deal: str = DEAL) -> None:
    """Let a rep change what a deal is worth."""
    world.crm.edit(deal, amount=Decimal(value), source={"Amount": Decimal(value)})


def the(world: World, kind: str) -> Made:
    """Return the first record of a kind."""
    return world.platform.of(kind)[0]


def sent_since(world: World, start: int, kind: str = "") -> list[tuple[str, dict]]:
    """Return name and fields of what was sent since, notes by the start of their name."""
    steps = [step for step in world.platform.sent[start:] if not kind or step.kind == kind]
    return [(step.name[:7] if step.name.startswith("change-") else step.name, dict(step.payload)) for step in steps]


def notes(report) -> list[str]:
    return [one.reason for one in report.exceptions if one.what == "note"]


# Edits


def test_a_field_that_a_person_changed_is_kept_and_the_run_says_so_once(world):
    world.crm.win(a_deal())
    world.run()
    before = len(world.platform.sent)
    world.platform.edit(the(world, "cta").ref, ARR__gc=Decimal(1))
    amount(world, 52_000)

    first, second = world.run(), world.run()

    assert the(world, "cta").payload["ARR__gc"] == Decimal(1)
    assert "onboarding_cta" not in [name for name, _ in sent_since(world, before)]
    assert notes(first) == ["a person changed ARR__gc of onboarding_cta: kept"]
    assert (first.fields_kept, second.fields_kept, notes(second)) == (1, 0, [])


def test_a_field_nobody_touched_follows_the_deal_in_an_account_s_and_in_a_deal_s_own_work(world):
    world.crm.win(a_deal())
    world.run()
    before = len(world.platform.sent)
    amount(world, 52_000)

    world.run()

    assert sent_since(world, before)[:2] == [
        ("company", {"ARR__gc": Decimal(52_000)}),
        ("onboarding_cta", {"ARR__gc": Decimal(52_000)}),
    ]


def test_a_field_for_a_new_record_only_is_never_written_again(world):
    world.crm.win(a_deal())
    world.run()
    world.crm.edit(DEAL, account_name="Nordwind AG", source={"Account.Name": "Nordwind AG"})

    world.run()

    assert the(world, "company").payload["Name"] == "Nordwind Freight"
    assert the(world, "cta").payload["Name"] == "Onboard Nordwind Freight"


def test_a_field_that_is_always_written_takes_the_deal_s_word_over_a_person_s(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.edit(the(world, "cta").ref, Tier__gc="gold")
    amount(world, 120_000)

    world.run()

    assert the(world, "cta").payload["Tier__gc"] == "enterprise"


def test_a_field_filled_only_while_empty_is_filled_once_and_then_the_platform_s(world):
    world.crm.win(a_deal(source={"Region__c": None}))
    world.run()
    world.crm.edit(DEAL, source={"Region__c": "North"})
    world.run()
    filled = the(world, "company").payload["Region"]
    world.crm.edit(DEAL, source={"Region__c": "South"})

    world.run()

    assert (filled, the(world, "company").payload["Region"]) == ("North", "North")


def test_a_field_that_a_person_emptied_stays_empty(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.edit(the(world, "cta").ref, ARR__gc=None)
    amount(world, 52_000)

    world.run()

    assert the(world, "cta").payload["ARR__gc"] is None


def test_a_field_that_a_person_set_to_what_we_would_write_is_ours_again(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.edit(the(world, "cta").ref, ARR__gc=Decimal(52_000))
    amount(world, 52_000)
    world.run()
    amount(world, 60_000)

    world.run()

    assert the(world, "cta").payload["ARR__gc"] == Decimal(60_000)


def test_a_field_that_cannot_be_read_back_is_left_alone_and_told(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.hidden = {"ARR__gc"}
    amount(world, 52_000)

    report = world.run()

    assert the(world, "cta").payload["ARR__gc"] == Decimal(48_000)
    assert notes(report) == [
        "ARR__gc of company cannot be read back: left as it is; "
        "ARR__gc of onboarding_cta cannot be read back: left as it is"
    ]


def test_records_are_asked_for_in_one_go_a_layer_and_only_those_that_a_change_concerns(world):
    deals = [
        a_deal(f"0065g0000000{n:03d}AAV", account_id=f"0015g0000000{n:03d}AAV", source={"Account.Name": f"A{n}"})
        for n in range(4)
    ]
    world.crm.win(*deals)
    world.run()
    asked_first = list(world.platform.asked)
    for deal in deals[:3]:
        amount(world, 52_000, deal.ref.id)

    world.run()
    changed = [len(keys) for keys in world.platform.asked]
    world.run()

    assert asked_first == []
    assert changed == [3, 3]  # companies, then CTAs
    assert len(world.platform.asked) == 2


def test_a_pass_in_which_no_deal_changed_asks_and_sends_nothing_whatever_people_did(world):
    world.crm.win(a_deal())
    world.run()
    before = len(world.platform.sent)
    world.platform.edit(the(world, "cta").ref, OwnerId="1P01-else", DueDate=date(2027, 1, 1))

    world.run()

    assert (len(world.platform.sent), world.platform.asked) == (before, [])


def test_a_dry_run_tells_of_every_field_whose_word_would_stand(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.edit(the(world, "cta").ref, ARR__gc=Decimal(1))
    amount(world, 120_000)
    world.clock.advance(60)

    (shown,) = preview(world.bridge)

    told = {one.planned.step.name: {f.name: f.verdict for f in one.fields} for one in shown.decisions}
    assert told["onboarding_cta"]["ARR__gc"] is Verdict.KEPT_THEIRS
    assert told["onboarding_cta"]["Tier__gc"] is Verdict.SEND
    assert told["onboarding_cta"]["OwnerId"] is Verdict.SEND
    assert [d.planned.step.kind for d in shown.decisions if d.send] == ["company", "cta", "timeline"]


def test_what_people_kept_is_read_again_for_nobody_while_other_deals_of_the_account_go_on(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.edit(the(world, "company").ref, ARR__gc=Decimal(1))
    world.crm.win(a_deal(SECOND, won_at=WON + timedelta(1), amount=52_000))
    world.platform.ends = lambda step: End.WAITING if step.kind == "timeline" else None

    for _ in range(3):
        world.run()

    assert len(world.platform.asked) == 1
    assert the(world, "company").payload["ARR__gc"] == Decimal(1)


# Closed and deleted work


def test_closed_work_is_not_written_however_its_fields_are(world):
    world.crm.win(a_deal())
    world.run()
    before = len(world.platform.sent)
    world.platform.close(the(world, "cta").ref)
    amount(world, 120_000)

    report = world.run()

    assert "onboarding_cta" not in [name for name, _ in sent_since(world, before)]
    assert report.balance.done == 1
    assert any(note.startswith("onboarding_cta is closed") for note in notes(report)[0].split("; "))


def test_deleted_work_is_not_made_again_is_told_once_and_is_not_asked_for_again(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.delete(the(world, "cta").ref)
    amount(world, 52_000)
    first = world.run()
    asked = len(world.platform.asked)
    amount(world, 56_000)

    second = world.run()

    assert world.platform.of("cta") == []
    assert (first.balance.done, second.balance.done) == (1, 1)
    said = "onboarding_cta: somebody deleted it in the platform; it is not made again"
    assert (said in notes(first)[0], said in str(notes(second))) == (True, False)
    assert [keys for keys in world.platform.asked[asked:] if "cta" in keys[0]] == []


def test_deleted_work_stays_in_the_story_with_the_reason(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.delete(the(world, "cta").ref)
    amount(world, 52_000)
    world.run()

    story = known_story(world.ledger, str(world.deal(DEAL).ref), world.bridge.mappings.contract)

    (cta,) = (done for done in story.done if done["step"] == "onboarding_cta")
    assert cta["words"] == "onboarding_cta is no longer there"
    assert cta["reason"] == "somebody deleted it in the platform; it is not made again"


def test_deleted_work_is_not_made_again_when_the_deal_is_asked_for_by_name(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.delete(the(world, "cta").ref)
    amount(world, 52_000)
    world.run()

    world.run(deals=[DEAL])

    assert world.platform.of("cta") == []


def test_what_needs_deleted_work_is_made_without_it():
    company = "      GsCompanyId: {step: company}\n"
    world = with_target(company, company + "      Cta__gc: {step: onboarding_cta}\n")
    world.crm.win(a_deal())
    world.platform.ends = lambda step: End.WAITING if step.kind == "timeline" else None
    world.run()
    world.platform.ends = lambda step: None
    world.platform.delete(the(world, "cta").ref)
    amount(world, 52_000)

    report = world.run()

    assert report.balance.done == 1
    assert "Cta__gc" not in the(world, "timeline").payload


def test_a_customer_that_is_gone_needs_a_person_and_is_found_again_when_the_deal_is_asked_for(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.delete(the(world, "company").ref)
    amount(world, 52_000)
    gone = world.run()
    survivor = world.platform.add("company", {"Name": "Nordwind Freight"})

    report = world.run(deals=[DEAL])

    assert gone.balance.needs_person == 1
    assert "somebody deleted or merged it" in gone.exceptions[0].reason
    assert report.balance.done == 1
    assert world.platform.one(survivor).payload["ARR__gc"] == Decimal(52_000)


# Records that were there before us


def test_a_company_that_is_met_for_the_first_time_keeps_what_it_holds_and_gets_our_key_with_what_is_empty(world):
    there = world.platform.add("company", CUSTOMER | {"ARR__gc": Decimal(9), "Goal": None, "Segment": "gold"})
    world.crm.win(a_deal())

    world.run()

    company = world.platform.one(there)
    assert company.payload == CUSTOMER | {
        "ARR__gc": Decimal(9),
        "Goal": "Fewer late berths",
        "Segment": "mid_market",
    }
    assert company.key.endswith("main.company")


def test_a_company_that_holds_all_we_would_write_is_not_updated_for_the_sake_of_our_key(world):
    says = {"ARR__gc": Decimal(9), "Goal": "Theirs", "Segment": "mid_market"}
    there = world.platform.add("company", CUSTOMER | says)
    world.crm.win(a_deal())

    world.run()

    assert world.platform.one(there).key == ""
    assert [step.kind for step in world.platform.sent] == ["cta", "timeline"]


def test_a_record_found_by_its_key_after_the_ledger_was_lost_keeps_what_people_made_of_it(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.edit(the(world, "company").ref, ARR__gc=Decimal(1), Goal=None)
    lost = World(with_files(), "sqlite://", users())
    lost.clock = world.clock
    lost.bridge = replace(lost.bridge, crm=world.crm, platform=world.platform, clock=world.clock)

    lost.run()

    company = the(world, "company")
    assert (company.payload["ARR__gc"], company.payload["Goal"]) == (Decimal(1), "Fewer late berths")
    assert [one.kind for one in world.platform.made] == ["company", "cta", "timeline"]


# Adoption


@pytest.fixture
def adopter(monkeypatch) -> World:
    """A world whose CTA step adopts open CTAs of the same company with the same name."""
    world = World(with_files(), "sqlite://", users())
    change_steps(monkeypatch, "onboarding_cta", adopt=("CompanyId", "Name"))
    world.company = world.platform.add("company", CUSTOMER)
    return world


def change_steps(monkeypatch, name: str, **changes) -> None:
    """Let the plan say something of a step that the small mappings cannot say."""
    plan = prepare.plan

    def planned(*arguments, **more):
        steps, told = plan(*arguments, **more)
        return tuple(replace(step, **changes) if step.name == name else step for step in steps), told

    monkeypatch.setattr(prepare, "plan", planned)


def theirs(world: World, **fields) -> str:
    """Let a platform's rule make the onboarding CTA; return its id."""
    payload = {"CompanyId": world.company, "Name": "Onboard Nordwind Freight", "ARR__gc": None, "status": "Open"}
    return world.platform.add("cta", payload | fields)


def test_open_work_that_a_rule_made_is_linked_with_our_key_and_only_its_empty_fields(adopter):
    ref = theirs(adopter, OwnerId="1P01-else")
    adopter.crm.win(a_deal())

    report = adopter.run()

    (cta,) = adopter.platform.of("cta")
    assert cta.ref == ref
    assert cta.key.endswith("main.onboarding_cta")
    assert (cta.payload["OwnerId"], cta.payload["status"]) == ("1P01-else", "Open")
    assert (cta.payload["ARR__gc"], cta.payload["DueDate"]) == (Decimal(48_000), date(2026, 5, 4))
    assert report.steps["cta"] == {"adopted": 1}


def test_adopted_work_follows_the_modes_afterwards(adopter):
    ref = theirs(adopter, OwnerId="1P01-else")
    adopter.crm.win(a_deal())
    adopter.run()
    amount(adopter, 120_000)

    adopter.run()

    cta = adopter.platform.one(ref)
    assert (cta.payload["ARR__gc"], cta.payload["OwnerId"]) == (Decimal(120_000), "1P01-else")


def test_two_records_that_could_be_adopted_need_a_person_and_are_named(adopter):
    refs = [theirs(adopter), theirs(adopter)]
    adopter.crm.win(a_deal())

    report = adopter.run()

    assert report.balance.needs_person == 1
    assert all(ref in adopter.deal(DEAL).reason for ref in refs)
    assert [one.key for one in adopter.platform.of("cta")] == ["", ""]


def test_closed_work_is_not_adopted(adopter):
    adopter.platform.close(theirs(adopter))
    adopter.crm.win(a_deal())

    adopter.run()

    assert len(adopter.platform.of("cta")) == 2


def test_of_two_deals_in_one_wave_the_oldest_win_adopts_and_the_other_makes_its_own(adopter):
    ref = theirs(adopter)
    adopter.crm.win(a_deal(SECOND, won_at=WON + timedelta(1)), a_deal())

    adopter.run()

    by_key = {one.key.split(":")[4]: one.ref for one in adopter.platform.of("cta")}
    assert by_key[DEAL] == ref
    assert len(by_key) == 2


def test_a_record_that_belongs_to_another_step_is_not_adopted_a_second_time(adopter):
    ref = theirs(adopter)
    adopter.crm.win(a_deal())
    adopter.run()
    adopter.platform.one(ref).key = ""  # the key does not show yet, or somebody emptied it
    adopter.crm.win(a_deal(SECOND, won_at=WON + timedelta(1)))

    adopter.run()

    assert len(adopter.platform.of("cta")) == 2


@pytest.mark.parametrize("end", [End.CUT_BEFORE, End.CUT_AFTER, End.UNKNOWN_BEFORE, End.UNKNOWN_AFTER])
def test_an_adoption_whose_answer_never_came_ends_with_one_record(adopter, end):
    ref = theirs(adopter)
    adopter.crm.win(a_deal())
    adopter.platform.ends = lambda step: end if step.kind == "cta" else None
    with suppress(PowerCut):
        adopter.run()
    adopter.platform.ends = lambda step: None

    report = adopter.until_quiet()

    assert report.balance.needs_person == 0
    assert [one.ref for one in adopter.platform.of("cta")] == [ref]
    assert adopter.platform.one(ref).payload["ARR__gc"] == Decimal(48_000)


@pytest.mark.parametrize("end", [End.CUT_BEFORE, End.UNKNOWN_BEFORE])
def test_a_change_is_written_though_neither_the_making_nor_its_first_sending_had_an_answer(world, end):
    world.crm.win(a_deal())
    world.platform.ends = lambda step: End.UNKNOWN_AFTER if step.kind == "company" else None
    world.run()
    amount(world, 52_000)
    world.platform.ends = lambda step: end if step.kind == "company" else None
    with suppress(PowerCut):
        world.run(after=130)
    world.platform.ends = lambda step: None

    world.until_quiet()

    assert the(world, "company").payload["ARR__gc"] == Decimal(52_000)


@pytest.mark.parametrize("end", [End.CUT_AFTER, End.UNKNOWN_AFTER])
def test_what_a_person_had_filled_stays_theirs_after_an_adoption_whose_answer_never_came(adopter, end):
    ref = theirs(adopter, OwnerId="1P01-else", Comments="theirs")
    adopter.crm.win(a_deal())
    adopter.platform.ends = lambda step: end if step.kind == "cta" else None
    with suppress(PowerCut):
        adopter.run()
    adopter.platform.ends = lambda step: None
    amount(adopter, 52_000)

    adopter.until_quiet()

    cta = adopter.platform.one(ref)
    assert (cta.payload["OwnerId"], cta.payload["Comments"]) == ("1P01-else", "theirs")
    assert cta.payload["ARR__gc"] == Decimal(52_000)
    (row,) = adopter.ledger.steps([cta.key]).values()
    assert {"OwnerId", "Comments"}.isdisjoint(row.field_hashes)
    assert row.result == "adopted"


def test_work_that_may_have_been_made_adopts_nothing_until_it_was_looked_for_twice(adopter):
    adopter.crm.win(a_deal())
    adopter.platform.ends = lambda step: End.UNKNOWN_AFTER if step.kind == "cta" else None
    adopter.run()
    adopter.platform.ends = lambda step: None
    (made,) = adopter.platform.of("cta")
    adopter.platform.unseen = {made.ref}
    other = theirs(adopter)

    waiting = adopter.run()
    adopter.platform.unseen = set()
    done = adopter.run(after=130)

    assert (waiting.balance.waiting, done.balance.done) == (1, 1)
    assert adopter.platform.one(other).key == ""


# Records that are only looked up


def test_a_customer_that_is_only_looked_up_is_linked_and_never_changed(monkeypatch, world):
    change_steps(monkeypatch, "company", reference=True)
    there = world.platform.add("company", CUSTOMER)
    world.crm.win(a_deal())
    world.run()
    amount(world, 52_000)

    world.run()

    assert world.platform.one(there).payload == CUSTOMER
    assert the(world, "cta").payload["CompanyId"] == there
    assert world.standing(DEAL) == "done"
    (row,) = world.ledger.steps([f"hb:main:salesforce:{world.crm.org()}:{ACCOUNT}:main.company"]).values()
    assert row.field_hashes == {}


def test_a_customer_that_is_only_looked_up_and_not_there_needs_a_person(monkeypatch, world):
    change_steps(monkeypatch, "company", reference=True)
    world.crm.win(a_deal())

    world.run()

    assert world.standing(DEAL) == "needs_person"
    assert "the customer is not in Gainsight" in world.deal(DEAL).reason
    assert world.platform.made == []


def test_modes_of_a_note_are_all_for_a_new_record_only(world):
    world.crm.win(a_deal())
    world.run()
    amount(world, 52_000)

    world.run()

    note: Step = world.platform.sent[-1]
    assert set(note.modes.values()) == {Write.CREATE_ONLY}


def test_titles_of_work_that_could_be_linked_are_in_no_reason(adopter):
    for _ in range(2):
        theirs(adopter, OwnerId="1P01-else")
    title = str(adopter.platform.of("cta")[0].payload["Name"])
    adopter.crm.win(a_deal())

    report = adopter.run()

    (said,) = [one.reason for one in report.exceptions if one.what == "needs a person"]
    refs = sorted(one.ref for one in adopter.platform.of("cta"))
    shown = ", ".join(f"cta ({ref}) https://acme.gainsight.example/cta/{ref}" for ref in refs)
    assert said == f"onboarding_cta: 2 open records could be this work: {shown}. Close those that are not it."
    assert title not in str(adopter.crm.told[DEAL])


def test_white_space_at_the_ends_of_our_last_text_does_not_make_it_a_persons(world):
    value = {"Goal": " Fewer late berths "}
    memory = Memory(ours=field_hashes(value))
    step = Step("k", "company", "company", Scope.ACCOUNT, a_ref(), {"Goal": "Faster"}, modes={"Goal": Write.IF_OURS})

    result = compared(step, memory, Held("1P01", {"Goal": "Fewer late berths"}))

    assert result.send == {"Goal": "Faster"}
