"""Steps carried out: in order, once, and never over somebody else's word."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from handoff import tables as t
from handoff.mapping import Mappings
from handoff.ports import Capability, Identity
from tests.fakes import ACTING, End, PowerCut, World
from tests.handoff.builders import ACCOUNT, DEAL, WON, a_deal, mappings_in, users

SECOND = "0065g00000SeCoNAAV"
THIRD = "0065g00000ThIrDAAV"
ELSEWHERE = "0015g00000ElSeWAAV"
KINDS = ["company", "success_plan", "cta", "timeline"]


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def world(acting: Mappings, ledger_url: str) -> World:
    return World(acting, ledger_url, users())


def ending(kind: str, end: End, *, deal: str = ""):
    """Return how steps end when those of one kind (and one deal) end like this."""
    return lambda step: end if step.kind == kind and deal in str(step.deal) else None


def looking_first(world: World, kind: str, *, looks: bool) -> None:
    """Let the platform's steps of one kind be looked for before their first send, or only in doubt."""
    world.platform.kinds = {**world.platform.kinds, kind: replace(world.platform.kinds[kind], looks_first=looks)}


def state_of(world: World, kind: str) -> list[str]:
    with world.ledger.engine.connect() as connection:
        return list(connection.execute(select(t.steps.c.state).where(t.steps.c.kind == kind)).scalars())


# Making


def test_a_won_deal_becomes_company_plan_cta_and_entry_in_that_order_each_knowing_the_ids_before_it(world):
    world.crm.win(a_deal())

    report = world.run()

    company, plan, cta, entry = world.platform.made
    assert [company.kind, plan.kind, cta.kind, entry.kind] == KINDS
    assert plan.payload["CompanyId"] == cta.payload["CompanyId"] == entry.payload["GsCompanyId"] == company.ref
    assert cta.payload["CtaGroupId"] == plan.ref
    assert report.balance.as_dict() == {"seen": 1, "done": 1, "waiting": 0, "needs_person": 0, "excluded": 0}
    assert report.handed_off == 1


def test_a_deal_of_a_segment_without_a_plan_has_a_cta_that_names_none(world):
    world.crm.win(a_deal(amount=5_000))

    world.run()

    assert [one.kind for one in world.platform.made] == ["company", "cta", "timeline"]
    assert "CtaGroupId" not in world.platform.of("cta")[0].payload


def test_a_second_run_sends_nothing_and_writes_no_receipt(world):
    world.crm.win(a_deal())
    world.run()
    sent, told = len(world.platform.sent), len(world.crm.receipts)

    report = world.run()

    assert (len(world.platform.sent), len(world.crm.receipts)) == (sent, told) == (4, 1)
    assert report.balance.done == 1
    assert report.handed_off == 0


# Power cuts and answers that never came


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_made_just_before_the_power_went_is_found_by_its_key_and_not_made_twice(world, kind):
    world.crm.win(a_deal())
    world.platform.ends = ending(kind, End.CUT_AFTER)
    with pytest.raises(PowerCut):
        world.run()
    world.platform.ends = lambda step: None

    report = world.run()

    assert [one.kind for one in world.platform.made] == KINDS
    assert report.balance.done == 1


@pytest.mark.parametrize("kind", ["company", "success_plan", "cta"])
def test_a_record_never_made_is_looked_for_twice_with_the_settle_time_between_and_then_made_once(world, kind):
    world.crm.win(a_deal())
    world.platform.ends = ending(kind, End.CUT_BEFORE)
    with pytest.raises(PowerCut):
        world.run()
    world.platform.ends = lambda step: None

    waited = [(world.run(after=50).balance.waiting, len(world.platform.of(kind))) for _ in range(4)]

    # looked at 50 s; again at 100 and 150 s, too early; settled at 200 s, when the second look counts
    assert waited == [(1, 0), (1, 0), (1, 0), (0, 1)]
    assert world.keys_twice() == []


def test_a_record_that_shows_late_is_found_at_the_second_look(world):
    world.crm.win(a_deal())
    world.platform.ends = ending("cta", End.UNKNOWN_AFTER)
    world.run()
    world.platform.ends = lambda step: None
    (cta,) = world.platform.of("cta")
    world.platform.unseen = {cta.ref}
    world.run()
    world.platform.unseen = set()

    report = world.run(after=130)

    assert report.balance.done == 1
    assert world.platform.of("cta") == [cta]


def test_an_outcome_nobody_knows_lets_its_deal_wait_and_nothing_after_it_is_sent(world):
    world.crm.win(a_deal())
    world.platform.ends = ending("cta", End.UNKNOWN_BEFORE)

    report = world.run()

    assert report.balance.waiting == 1
    assert world.platform.of("timeline") == []
    assert "onboarding_cta waits: the connection broke" in world.deal(DEAL).reason


def test_a_natural_kind_is_sent_again_without_a_look(world):
    world.crm.win(a_deal())
    world.platform.ends = ending("timeline", End.UNKNOWN_AFTER)
    world.run()
    world.platform.ends = lambda step: None
    world.platform.looked.clear()

    report = world.run()

    assert report.balance.done == 1
    assert len(world.platform.of("timeline")) == 1
    assert world.platform.looked == []


def test_a_kind_that_only_we_make_is_looked_for_only_when_it_is_in_doubt(world):
    looking_first(world, "cta", looks=False)
    world.crm.win(a_deal())
    world.platform.ends = ending("cta", End.UNKNOWN_AFTER)
    world.run()
    (cta,) = world.platform.of("cta")
    before = [key for keys in world.platform.looked for key in keys]
    world.platform.ends = lambda step: None

    report = world.run()

    assert cta.key not in before
    assert cta.key in [key for keys in world.platform.looked for key in keys]
    assert (report.balance.done, world.platform.of("cta")) == (1, [cta])


def test_a_natural_kind_that_may_be_there_without_us_is_looked_for_and_not_written_over(world):
    world.platform.kinds = {**world.platform.kinds, "company": Capability(Identity.NATURAL, 50)}
    looking_first(world, "company", looks=True)
    ref = world.platform.add("company", {"SfdcAccountId": ACCOUNT, "Name": "As a person has it"})
    world.crm.win(a_deal())

    world.run()

    assert world.platform.one(ref).payload["Name"] == "As a person has it"
    assert len(world.platform.of("company")) == 1


def test_a_step_in_doubt_stays_in_doubt_while_it_waits_for_another(world):
    """Else its record, made and not yet seen, would be made a second time."""
    world.crm.win(a_deal())
    world.platform.ends = ending("cta", End.UNKNOWN_AFTER)
    world.run()
    (cta,) = world.platform.of("cta")
    world.platform.unseen = {cta.ref}
    world.crm.edit(DEAL, account_id=ELSEWHERE, source={"Account.Name": "Nordwind Holding"})
    world.platform.ends = ending("company", End.WAITING)
    world.run()
    world.platform.ends = lambda step: None
    world.run()
    world.platform.unseen = set()

    report = world.run(after=130)

    assert report.balance.done == 1
    assert world.platform.of("cta") == [cta]


def test_a_change_of_the_deal_during_a_power_cut_reaches_the_company_that_was_made(world):
    world.crm.win(a_deal())
    world.platform.ends = ending("company", End.CUT_AFTER)
    with pytest.raises(PowerCut):
        world.run()
    world.platform.ends = lambda step: None
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})

    world.run()

    (company,) = world.platform.of("company")
    assert company.payload["Goal"] == "Fewer claims"


# Companies, which deals share


def test_two_deals_of_one_account_in_one_wave_make_one_company_with_the_newest_wins_fields(world):
    world.crm.win(
        a_deal(SECOND, won_at=WON + timedelta(hours=1), source={"Business_Goal__c": "newer"}),
        a_deal(source={"Business_Goal__c": "older"}),
    )

    report = world.run()

    (company,) = world.platform.of("company")
    assert company.payload["Goal"] == "newer"
    assert report.balance.done == 2
    assert {cta.payload["CompanyId"] for cta in world.platform.of("cta")} == {company.ref}


def test_of_two_wins_at_one_moment_the_greater_ref_has_the_word(world):
    world.crm.win(
        a_deal(source={"Business_Goal__c": "smaller id"}), a_deal(SECOND, source={"Business_Goal__c": "greater"})
    )

    world.run()

    assert world.platform.of("company")[0].payload["Goal"] == "greater"


def test_an_older_deal_never_overwrites_a_newer_one_in_a_later_run(world):
    world.crm.win(a_deal(SECOND, won_at=WON + timedelta(hours=1), source={"Business_Goal__c": "newer"}))
    world.run()
    world.crm.win(a_deal(source={"Business_Goal__c": "older"}))

    report = world.run()

    (company,) = world.platform.of("company")
    assert company.payload["Goal"] == "newer"
    assert report.balance.done == 2


def test_a_newer_deal_in_a_later_run_sends_only_the_company_fields_that_differ_and_create_only_ones_never(world):
    world.crm.win(a_deal())
    world.run()
    sent = len(world.platform.sent)
    world.crm.win(
        a_deal(
            SECOND, account_name="Nordwind AG", won_at=WON + timedelta(1), source={"Business_Goal__c": "Fewer claims"}
        )
    )

    world.run()

    update = world.platform.sent[sent]
    assert (update.kind, update.ref) == ("company", world.platform.of("company")[0].ref)
    assert dict(update.payload) == {"Goal": "Fewer claims"}


def test_a_changed_deal_sends_only_the_company_fields_that_changed_and_leaves_the_csms_work_alone(world):
    world.crm.win(a_deal())
    world.run()
    before = len(world.platform.sent)
    world.crm.edit(DEAL, source={"Name": "Harbor lights, 60 seats", "Business_Goal__c": "Fewer claims"})

    report = world.run()

    update, note = world.platform.sent[before:]
    assert (update.kind, dict(update.payload)) == ("company", {"Goal": "Fewer claims"})
    assert (note.kind, note.name[:7]) == ("timeline", "change-")
    assert report.balance.done == 1


@pytest.mark.parametrize("end", [End.CUT_BEFORE, End.CUT_AFTER])
def test_an_update_cut_off_on_its_way_is_sent_again(world, end):
    world.crm.win(a_deal())
    world.run()
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})
    world.platform.ends = ending("company", end)
    with pytest.raises(PowerCut):
        world.run()
    world.platform.ends = lambda step: None

    report = world.run()

    (company,) = world.platform.of("company")
    assert company.payload["Goal"] == "Fewer claims"
    assert report.balance.done == 1


def test_an_update_cut_off_and_then_taken_back_by_the_rep_leaves_the_old_value_in_the_company(world):
    world.crm.win(a_deal())
    world.run()
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})
    world.platform.ends = ending("company", End.CUT_AFTER)
    with pytest.raises(PowerCut):
        world.run()
    world.platform.ends = lambda step: None
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer late berths"})

    world.run()

    assert world.platform.of("company")[0].payload["Goal"] == "Fewer late berths"
    assert state_of(world, "company") == ["settled"]


def test_an_update_that_waits_and_is_taken_back_by_the_rep_waits_no_more(world):
    world.crm.win(a_deal())
    world.run()
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})
    world.platform.ends = ending("company", End.WAITING)
    world.run()
    world.platform.ends = lambda step: None
    sent = len(world.platform.sent)
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer late berths"})

    world.run()

    assert state_of(world, "company") == ["settled"]
    # The note of the change went out at once, so one more says that it was taken back.
    assert [step.kind for step in world.platform.sent[sent:]] == ["timeline"]


def test_after_a_refused_update_the_next_deal_of_the_account_still_sends_its_fields(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.ends = ending("company", End.REFUSED)
    world.crm.win(a_deal(SECOND, won_at=WON + timedelta(1), source={"Business_Goal__c": "refused"}))
    world.run()
    world.platform.ends = lambda step: None
    world.crm.win(a_deal(THIRD, won_at=WON + timedelta(2), source={"Business_Goal__c": "taken"}))

    world.run()

    (company,) = world.platform.of("company")
    assert company.payload["Goal"] == "taken"


def test_a_refused_update_of_a_newer_deal_does_not_stop_an_older_one(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.ends = ending("company", End.REFUSED)
    world.crm.win(a_deal(SECOND, won_at=WON + timedelta(1), source={"Business_Goal__c": "refused"}))
    world.run()
    world.crm.win(a_deal(THIRD, won_at=WON - timedelta(1), source={"Business_Goal__c": "older"}))

    world.run()

    assert world.standing(SECOND) == "needs_person"
    assert world.standing(THIRD) == "done"


def test_a_deal_that_moves_to_another_account_keeps_its_work_and_makes_nothing_twice(world):
    world.crm.win(a_deal())
    world.run()
    world.crm.edit(DEAL, account_id=ELSEWHERE, source={"Account.Name": "Nordwind Holding"})

    report = world.run()

    assert report.balance.done == 1
    assert [one.kind for one in world.platform.made] == [*KINDS, "timeline"]  # the last tells of the new account
    assert world.platform.made[-1].payload["GsCompanyId"] == world.platform.of("company")[0].ref
    assert world.keys_twice() == []


def test_a_deal_won_again_gets_its_own_work_on_the_same_company(world):
    world.crm.win(a_deal())
    world.run()
    world.crm.edit(DEAL, episode=2, won_at=WON + timedelta(hours=20))

    report = world.run()

    assert report.balance.done == 1
    assert [one.kind for one in world.platform.made] == [*KINDS, *KINDS[1:]]
    assert [one.key.split(":")[5] for one in world.platform.of("cta")] == ["e1", "e2"]
    assert world.deal(DEAL).episode == 2


# What a person decides


def test_a_refused_step_leaves_its_neighbours_and_makes_only_its_deal_need_a_person(world):
    world.crm.win(a_deal(), a_deal(SECOND, account_id=ELSEWHERE, account_name="Ostwind"))
    world.platform.ends = ending("cta", End.REFUSED, deal=DEAL)

    report = world.run()

    assert (world.standing(DEAL), world.standing(SECOND)) == ("needs_person", "done")
    assert world.deal(DEAL).reason == "onboarding_cta: the picklist has no such value"
    assert [one.key for one in world.platform.of("timeline")] == [
        f"hb:main:salesforce:{world.crm.org()}:{SECOND}:e1:main.brief"
    ]
    assert report.balance.needs_person == 1


def test_a_refused_step_is_not_tried_again_until_its_deal_changes(world):
    world.crm.win(a_deal())
    world.platform.ends = ending("cta", End.REFUSED)
    world.run()
    world.platform.ends = lambda step: None

    unchanged = world.run()
    world.crm.edit(DEAL, source={"Name": "Harbor lights, 60 seats"})
    changed = world.run()

    assert unchanged.balance.needs_person == 1
    assert changed.balance.done == 1
    assert world.platform.of("cta")[0].payload["Name"] == "Onboard Nordwind Freight: Harbor lights, 60 seats"


def test_a_refused_step_is_tried_again_when_the_deal_is_asked_for_by_name(world):
    world.crm.win(a_deal())
    world.platform.ends = ending("cta", End.REFUSED)
    world.run()
    world.platform.ends = lambda step: None

    report = world.run(deals=[DEAL])

    assert report.balance.done == 1
    assert world.crm.told[DEAL]["Handoff_Status__c"] == "Handed off"


def test_a_refused_update_is_tried_again_when_the_deal_is_asked_for_by_name(world):
    world.crm.win(a_deal())
    world.run()
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})
    world.platform.ends = ending("company", End.REFUSED)
    world.run()
    world.platform.ends = lambda step: None
    still = world.run()

    report = world.run(deals=[DEAL])

    assert still.balance.needs_person == report.balance.done == 1
    assert world.platform.of("company")[0].payload["Goal"] == "Fewer claims"


def test_a_company_that_is_there_is_linked_and_gets_our_fields_but_not_those_for_new_ones(world):
    there = world.platform.add("company", {"SfdcAccountId": ACCOUNT, "Name": "Nordwind"})
    world.crm.win(a_deal())

    world.run()

    (company,) = world.platform.of("company")
    assert company.ref == there
    assert company.payload == {
        "SfdcAccountId": ACCOUNT,
        "Name": "Nordwind",
        "Goal": "Fewer late berths",
        "Score": 100,
    }


def test_two_companies_that_match_need_a_person_and_both_are_named(world):
    refs = [world.platform.add("company", {"SfdcAccountId": ACCOUNT, "Name": "Nordwind"}) for _ in range(2)]
    world.crm.win(a_deal())

    report = world.run()

    assert report.balance.needs_person == 1
    assert all(f"Nordwind ({ref})" in world.deal(DEAL).reason for ref in refs)
    assert len(world.platform.made) == 2
    assert world.crm.told[DEAL]["Handoff_Status__c"] == "Needs a person"


def test_a_match_that_belongs_to_somebody_else_needs_a_person(world):
    ref = world.platform.add("company", {"Name": "Nordwind Freight"})
    world.platform.conflicts = {ref: "belongs to another CRM account"}
    world.crm.win(a_deal())

    report = world.run()

    assert report.balance.needs_person == 1
    assert world.deal(DEAL).reason == f"company: Nordwind Freight ({ref}) belongs to another CRM account"


@pytest.mark.parametrize(("word", "standing"), [("wait", "waiting"), ("person", "needs_person")])
def test_where_the_mapping_inserts_nothing_a_deal_without_a_company(tmp_path, word, standing, ledger_url):
    target = ACTING["targets/gainsight.yml"].replace("object: company\n", f"object: company\n    none: {word}\n")
    world = World(mappings_in(tmp_path, ACTING | {"targets/gainsight.yml": target}), ledger_url, users())
    world.crm.win(a_deal())

    report = world.run()

    assert world.standing(DEAL) == standing
    assert world.deal(DEAL).reason.endswith(f"no company was found, and the mapping says `none: {word}`")
    assert world.platform.made == []
    assert getattr(report.balance, standing) == 1


def test_a_deal_that_waits_for_its_company_goes_on_when_somebody_makes_it(tmp_path, ledger_url):
    target = ACTING["targets/gainsight.yml"].replace("object: company\n", "object: company\n    none: wait\n")
    world = World(mappings_in(tmp_path, ACTING | {"targets/gainsight.yml": target}), ledger_url, users())
    world.crm.win(a_deal())
    world.run()
    world.platform.add("company", {"SfdcAccountId": ACCOUNT, "Name": "Nordwind"})

    report = world.run()

    assert report.balance.done == 1
    assert [one.kind for one in world.platform.made] == KINDS


def test_what_waits_for_another_step_is_told_once_and_not_in_every_run(world):
    world.crm.win(a_deal())
    world.platform.ends = ending("company", End.WAITING)

    for _ in range(3):
        world.run()

    with world.ledger.engine.connect() as connection:
        told = connection.exec_driver_sql("SELECT count(*) FROM events WHERE what = 'cta waiting'").scalar()
    assert told == 1


def test_a_refused_company_stops_its_deals_later_steps(world):
    world.crm.win(a_deal())
    world.platform.ends = ending("company", End.REFUSED)

    world.run()

    assert world.standing(DEAL) == "needs_person"
    assert world.platform.sent == []


def test_batches_are_as_large_as_the_platform_takes(acting, ledger_url):
    world = World(acting, ledger_url, users(), batch=2)
    calls = []
    put = world.platform.put
    world.platform.put = lambda steps, intend: calls.append((steps[0].kind, len(steps))) or put(steps, intend)
    world.crm.win(*(a_deal(f"0065g0000000{n:03d}AAV", account_id=f"0015g0000000{n:03d}AAV") for n in range(3)))

    world.run()

    assert [size for kind, size in calls if kind == "cta"] == [2, 1]
