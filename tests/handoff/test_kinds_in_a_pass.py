"""What a pass makes of excluded deals, expansions, further wins, pilots, shadow, and more new deals than allowed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from handoff import tables as t
from handoff.mapping import Mappings
from handoff.model import Customer, Deal, Standing
from handoff.run import more_than_allowed, preview
from tests.fakes import ACTING, End, World
from tests.handoff.builders import ACCOUNT, CONTRACT, DEAL, WON, a_deal, mappings_in, users

SECOND = "0065g00000SeCoNAAV"
THIRD = "0065g00000ThIrDAAV"
COMPANY = f"hb:main:salesforce:00D5g000004XyZwEAK:{ACCOUNT}:main.company"
KINDS = """
kinds:
  - {kind: excluded, when: [{field: deal_type, is: Renewal}], because: Renewals stay with their CSM}
  - {kind: expansion, when: [{field: company.status, is: Active}]}
  - {kind: new_customer, same_account_within: 14 days}
deliver:
  new_customer: [gainsight.company, gainsight.plan, gainsight.onboarding_cta, gainsight.brief]
  expansion: [gainsight.brief]
"""
SOURCE = ACTING["sources/salesforce.yml"].replace("  go_live_on:", "  deal_type: {from: Type}\n  go_live_on:")


def contract(more: str, *, old: str = "", new: str = "") -> dict[str, str]:
    return ACTING | {"handoff.yml": CONTRACT.replace(old, new) + more, "sources/salesforce.yml": SOURCE}


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("kinds"), contract(KINDS))


@pytest.fixture
def world(kinds: Mappings) -> World:
    return World(kinds, "sqlite://", users())


def made(world: World) -> list[str]:
    return [one.kind for one in world.platform.made]


def test_an_excluded_deal_makes_nothing_and_its_record_is_told_why(world):
    world.crm.win(a_deal(source={"Type": "Renewal"}))

    report = world.run()

    assert made(world) == []
    assert report.balance.words() == "1 seen = 0 done + 0 waiting + 0 needs a person + 1 excluded"
    assert world.crm.told[DEAL]["Handoff_Status__c"] == "Excluded"
    assert world.crm.told[DEAL]["Handoff_Reason__c"] == "Renewals stay with their CSM"


def test_an_excluded_deal_stays_out_and_is_written_to_once(world):
    world.crm.win(a_deal(source={"Type": "Renewal"}))
    world.run()

    report = world.run()

    assert report.balance.excluded == 1
    assert len(world.crm.receipts) == 1


def test_a_deal_that_a_corrected_rule_no_longer_excludes_is_handed_off(world, tmp_path):
    world.crm.win(a_deal(source={"Type": "Renewal"}))
    world.run()
    rest = KINDS.replace("is: Renewal", "is: Paper renewal")
    bridge = World(mappings_in(tmp_path, contract(rest)), "sqlite://", users())
    bridge.bridge = world.bridge.__class__(
        world.crm, world.platform, bridge.bridge.mappings, world.ledger, world.clock, world.bridge.pace
    )

    report = bridge.run(after=7_200)

    assert report.balance.done == 1
    assert made(world) == ["company", "success_plan", "cta", "timeline"]


def test_an_expansion_of_a_customer_gets_the_entry_alone_on_the_company_that_is_there(world):
    company = world.platform.add("company", {"SfdcAccountId": ACCOUNT, "Name": "Nordwind Freight", "Status": "Active"})
    world.crm.win(a_deal())

    report = world.run()

    assert made(world) == ["company", "timeline"]
    assert world.platform.of("timeline")[0].payload["GsCompanyId"] == company
    assert world.platform.of("company")[0].payload == {
        "SfdcAccountId": ACCOUNT,
        "Name": "Nordwind Freight",
        "Status": "Active",
    }
    assert report.balance.done == 1


def test_a_customer_that_we_made_ourselves_stays_a_new_one_for_the_deal_that_made_it(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.edit(world.platform.of("company")[0].ref, Status="Active")
    world.crm.edit(DEAL, source={"Business_Goal__c": "Another goal"})

    report = world.run()

    assert report.balance.done == 1
    assert world.ledger.story(str(a_deal().ref))["body"]["kind"] == "new_customer"


def test_a_further_win_of_the_account_joins_the_open_handoff_with_an_entry_alone(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.edit(world.platform.of("company")[0].ref, Status="Active")
    world.crm.win(a_deal(SECOND, name="More lights", won_at=WON + timedelta(days=3)))

    world.run()

    assert made(world) == ["company", "success_plan", "cta", "timeline", "timeline"]
    told = world.ledger.story(str(a_deal(SECOND).ref))["body"]
    assert (told["kind"], told["kind_because"]) == (
        "joining",
        "it joins the handoff of Harbor lights, 40 seats, 14 days at most",
    )


def test_a_further_win_joins_also_a_handoff_of_the_first_release_which_kept_no_kind(world):
    world.crm.win(a_deal())
    world.run()
    with world.ledger.writing() as connection:
        connection.execute(update(t.handoffs).values(kind=None))
    world.crm.win(a_deal(SECOND, name="More lights", won_at=WON + timedelta(days=3)))

    world.run()

    assert world.ledger.story(str(a_deal(SECOND).ref))["body"]["kind"] == "joining"


def test_two_wins_of_one_account_in_one_wave_are_one_handoff_and_one_that_joins_it(world):
    world.crm.win(a_deal(SECOND, name="More lights", won_at=WON + timedelta(days=1)), a_deal())

    report = world.run()

    assert made(world).count("cta") == 1
    assert made(world).count("timeline") == 2
    assert report.balance.done == 2
    assert world.ledger.story(str(a_deal(SECOND).ref))["body"]["kind"] == "joining"


def test_a_win_after_the_span_is_judged_by_what_the_platform_says_now(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.edit(world.platform.of("company")[0].ref, Status="Active")
    world.crm.win(a_deal(SECOND, won_at=WON + timedelta(days=15)))

    world.run()

    assert world.ledger.story(str(a_deal(SECOND).ref))["body"]["kind"] == "expansion"


def test_deals_outside_the_pilot_are_left_out_and_never_written_to(tmp_path):
    pilot = "\nrollout: {mode: pilot, only: [{field: arr, at_least: 100000}]}\n"
    world = World(mappings_in(tmp_path, contract(pilot)), "sqlite://", users())
    world.crm.win(a_deal(), a_deal(SECOND, amount=250_000, account_id="0015g00000ElSeWAAV", account_name="Elsewhere"))

    report = world.run()

    assert report.balance.words() == "2 seen = 1 done + 0 waiting + 0 needs a person + 1 excluded"
    assert list(world.crm.told) == [SECOND]
    assert world.deal(DEAL).reason == "it is not in the pilot: arr is at least 100,000"


def test_in_shadow_everything_is_computed_and_reported_and_nothing_is_written(tmp_path):
    world = World(mappings_in(tmp_path, contract("\nrollout: {mode: shadow}\n")), "sqlite://", users())
    world.crm.win(a_deal())

    reports = [world.run(), world.run()]

    for report in reports:
        assert report.balance.words() == "1 seen = 0 done + 0 waiting + 0 needs a person + 1 excluded"
        assert report.would == {
            "company": {"created": 1},
            "cta": {"created": 1},
            "success_plan": {"created": 1},
            "timeline": {"created": 1},
        }
    assert (world.platform.made, world.crm.receipts) == ([], [])
    assert [row.command for row in world.ledger.runs()] == ["sync (shadow)", "sync (shadow)"]


def test_after_the_shadow_the_deals_since_the_start_are_handed_off(tmp_path):
    world = World(mappings_in(tmp_path / "a", contract("\nrollout: {mode: shadow}\n")), "sqlite://", users())
    world.crm.win(a_deal())
    world.run()
    live = mappings_in(tmp_path / "b", contract(""))
    world.bridge = world.bridge.__class__(world.crm, world.platform, live, world.ledger, world.clock, world.bridge.pace)

    assert world.run().balance.done == 1


def test_of_more_new_deals_than_a_pass_may_hand_off_the_oldest_go_and_the_rest_are_listed(tmp_path):
    world = World(mappings_in(tmp_path, contract("\nlimits: {new_per_pass: 1}\n")), "sqlite://", users())
    world.crm.win(a_deal(SECOND, won_at=WON + timedelta(hours=1)), a_deal())
    world.clock.advance(60)
    allowed = more_than_allowed(world.bridge)

    first, second = world.run(), world.run(after=3_600)

    assert allowed == (2, 1)
    assert (first.balance.done, first.balance.waiting) == (1, 1)
    assert world.standing(DEAL) == Standing.DONE
    assert [(one.deal, one.what, one.reason) for one in first.exceptions] == [
        (
            SECOND,
            "waiting",
            "limits.new_per_pass lets 1 go in one pass, the oldest wins first; it goes with a later one",
        )
    ]
    assert second.balance.done == 2


def test_a_change_of_a_delivered_deal_takes_no_place_of_a_new_one(tmp_path):
    world = World(mappings_in(tmp_path, contract("\nlimits: {new_per_pass: 1}\n")), "sqlite://", users())
    world.crm.win(a_deal())
    world.run()
    world.crm.edit(DEAL, source={"Business_Goal__c": "Another goal"})
    world.crm.win(a_deal(THIRD, won_at=WON + timedelta(days=2), account_id="0015g00000ElSeWAAV"))

    report = world.run()

    assert report.balance.words() == "2 seen = 2 done + 0 waiting + 0 needs a person + 0 excluded"


def test_a_dry_run_says_why_a_deal_is_excluded(world):
    world.crm.win(a_deal(source={"Type": "Renewal"}))
    world.clock.advance(60)

    (shown,) = preview(world.bridge)

    assert (shown.prepared.excluded, shown.decisions) == ("Renewals stay with their CSM", ())


def test_who_was_the_csm_before_is_in_no_row_and_still_known_in_later_passes(tmp_path):
    files = contract(KINDS.replace("company.status, is: Active", "company.csm, present: true"))
    world = World(mappings_in(tmp_path, files), "sqlite://", users())
    ref = world.platform.add("company", {"SfdcAccountId": ACCOUNT, "Name": "Nordwind Freight"})
    world.platform.known = {ACCOUNT: Customer(ref, "Nordwind Freight", csm_email="ida@fjord.example")}
    world.crm.win(a_deal())
    world.run()
    world.platform.known = {}
    world.crm.edit(DEAL, source={"Business_Goal__c": "Another goal"})

    report = world.run()

    assert report.balance.done == 1
    story = world.ledger.story(world.deal(DEAL).ref)
    assert "ida" not in str(story["handoff"].background)
    assert (story["body"]["kind"], story["body"]["values"]["company.csm"]) == ("expansion", "ida@fjord.example")


def nth(number: int, **changes) -> Deal:
    own = {"account_id": f"0015g0000{number:06d}AAV", "account_name": f"A{number}"}
    return a_deal(f"0065g0000{number:06d}AAV", won_at=WON + timedelta(minutes=number), **(own | changes))


def test_stuck_deals_take_at_most_half_of_the_places_of_new_ones(tmp_path):
    world = World(mappings_in(tmp_path, contract("\nlimits: {new_per_pass: 2}\n")), "sqlite://", users())
    world.platform.ends = lambda step: End.REFUSED if step.kind == "cta" and step.deal.id != DEAL else None
    world.crm.win(*(nth(number) for number in range(4)), a_deal(won_at=WON + timedelta(days=1)))

    standings = []
    for _ in range(4):
        world.run(after=86_400)
        standings.append(world.standing(DEAL))

    assert standings == ["waiting", "waiting", "waiting", "done"]


def test_excluded_deals_take_no_place(tmp_path):
    world = World(mappings_in(tmp_path, contract(KINDS + "\nlimits: {new_per_pass: 1}\n")), "sqlite://", users())
    world.crm.win(*(nth(number, source={"Type": "Renewal"}) for number in range(3)))
    world.crm.win(a_deal(won_at=WON + timedelta(days=1)))
    world.clock.advance(60)

    assert more_than_allowed(world.bridge) is None
    assert world.run().balance.words() == "4 seen = 1 done + 0 waiting + 0 needs a person + 3 excluded"


def test_an_update_of_a_delivered_deal_that_waits_takes_no_place(tmp_path):
    world = World(mappings_in(tmp_path, contract("\nlimits: {new_per_pass: 1}\n")), "sqlite://", users())
    world.crm.win(a_deal())
    world.run()
    world.platform.ends = lambda step: End.WAITING if ".change-" in step.key else None
    world.crm.edit(DEAL, source={"Business_Goal__c": "Another goal"})
    world.run()
    world.crm.win(nth(1))

    world.run(after=300)

    assert world.standing(nth(1).ref.id) == "done"


def test_refused_receipts_take_no_place(tmp_path):
    world = World(mappings_in(tmp_path, contract("\nlimits: {new_per_pass: 1}\n")), "sqlite://", users())
    world.crm.refuses_receipts = {DEAL: "locked"}
    world.crm.win(a_deal())
    world.run()
    world.crm.win(nth(1), nth(2))
    world.run(after=86_400)
    world.run(after=86_400)

    assert [world.standing(nth(number).ref.id) for number in (1, 2)] == ["done", "done"]


def test_a_deal_that_was_excluded_and_is_held_back_counts_as_excluded(tmp_path):
    limit = "\nlimits: {new_per_pass: 1}\n"
    world = World(mappings_in(tmp_path / "a", contract(KINDS + limit)), "sqlite://", users())
    world.crm.win(*(nth(number, source={"Type": "Renewal"}) for number in range(2)))
    world.run()
    world.bridge = replace(world.bridge, mappings=mappings_in(tmp_path / "b", contract(limit)))

    report = world.run()

    assert report.balance.words() == "2 seen = 1 done + 0 waiting + 0 needs a person + 1 excluded"


ADDED_LATER = KINDS.replace("company.status, is: Active", "deal_type, is: Expansion")


@pytest.fixture
def expanding(tmp_path) -> World:
    return World(mappings_in(tmp_path, contract(ADDED_LATER)), "sqlite://", users())


@pytest.mark.parametrize("kind", [None, "Expansion"])
@pytest.mark.parametrize("end", [End.UNKNOWN_AFTER, End.WAITING])
def test_a_deal_that_needs_a_company_waits_while_another_may_have_made_it(expanding, end, kind):
    world = expanding
    world.crm.win(a_deal())
    world.platform.ends = lambda step: end if step.kind == "company" else None
    world.run()
    world.platform.unseen = {one.ref for one in world.platform.of("company")}
    more = a_deal(SECOND, name="More", won_at=WON + timedelta(hours=2), source={"Type": kind})
    world.crm.win(more)
    row = world.ledger.steps([COMPANY])[COMPANY]

    world.run(deals=[SECOND])

    assert world.standing(SECOND) == "waiting"
    assert world.deal(SECOND).reason == "company waits: another deal makes the company"
    assert world.ledger.steps([COMPANY])[COMPANY] == row


@pytest.mark.parametrize("kind", [None, "Expansion"])
def test_a_company_in_doubt_is_made_once_also_when_another_deal_looks_it_up(expanding, kind):
    world = expanding
    world.crm.win(a_deal())
    world.platform.ends = lambda step: End.UNKNOWN_AFTER if step.kind == "company" and not step.ref else None
    world.run()
    world.platform.unseen = {one.ref for one in world.platform.of("company")}
    world.platform.ends = lambda step: None
    world.crm.win(a_deal(SECOND, name="More", won_at=WON + timedelta(hours=2), source={"Type": kind}))

    world.run()
    world.run(after=10)
    world.platform.unseen = set()
    report = world.until_quiet()

    assert len(world.platform.of("company")) == 1
    assert world.keys_twice() == []
    assert report.balance.needs_person == 0


def test_a_company_that_was_only_looked_up_is_filled_by_the_older_deal_that_makes_it(expanding):
    world = expanding
    company = world.platform.add("company", {"SfdcAccountId": ACCOUNT, "Name": "Nordwind Freight"})
    world.crm.win(a_deal(SECOND, won_at=WON + timedelta(hours=2), source={"Type": "Expansion"}))
    world.run()

    world.crm.win(a_deal())
    world.run()

    assert world.platform.one(company).payload["Goal"] == "Fewer late berths"
    assert world.platform.one(company).key == COMPANY


def test_looking_a_company_up_again_forgets_nothing_of_what_another_deal_wrote(expanding):
    world = expanding
    world.crm.win(a_deal())
    world.run()
    world.crm.win(a_deal(SECOND, won_at=WON + timedelta(days=20), source={"Type": "Expansion"}))
    world.run()
    row = world.ledger.steps([COMPANY])[COMPANY]
    was = world.platform.of("company")[0]
    world.platform.delete(was.ref)
    world.platform.add("company", dict(was.payload))

    world.run(deals=[SECOND])

    assert world.ledger.steps([COMPANY])[COMPANY] == row
