"""What happens to a handoff after it was delivered, or stopped: mappings, people and deals change."""

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from handoff.errors import ServiceError
from handoff.mapping import Mappings
from handoff.model import WonHow
from tests.fakes import ACTING, End, World
from tests.handoff.builders import BEN, CLEO, DEAL, FILES, MAYA, PRIYA, TOMAS, WON, a_deal, mappings_in, users

SECOND = "0065g00000SeCoNAAV"
KINDS = ["company", "success_plan", "cta", "timeline"]


@cache
def with_files(*changes: tuple[str, str]) -> Mappings:
    with TemporaryDirectory() as folder:
        return mappings_in(Path(folder), ACTING | dict(changes))


@pytest.fixture
def world() -> World:
    return World(with_files(), "sqlite://", users())


def other_mappings(world: World, name: str, old: str, new: str) -> None:
    """Edit one mapping file of a running deployment."""
    text = ACTING.get(name, FILES[name])
    assert old in text
    world.bridge = replace(world.bridge, mappings=with_files((name, text.replace(old, new))))


def test_a_step_that_got_another_name_is_not_made_again_for_a_deal_that_is_done(world):
    world.crm.win(a_deal())
    world.run()
    other_mappings(world, "targets/gainsight.yml", "onboarding_cta", "kickoff_cta")
    world.crm.edit(DEAL, name="Harbor lights, 41 seats")

    report = world.run()

    assert report.balance.done == 1
    assert [one.kind for one in world.platform.made] == KINDS


def test_a_deal_whose_csm_has_left_since_stays_done_and_the_problem_is_told(world):
    world.crm.win(a_deal())
    world.run()
    told = dict(world.crm.told[DEAL])
    for email in (PRIYA, BEN, CLEO, MAYA, TOMAS):
        world.platform.users[email] = replace(world.platform.users[email], active=False)
    world.crm.edit(DEAL, name="Harbor lights, 41 seats")

    report = world.run()

    assert report.balance.done == 1
    assert any("after it was handed off" in notice.reason for notice in report.exceptions)
    assert world.crm.told[DEAL]["Handoff_Status__c"] == "Handed off"
    assert world.crm.told[DEAL]["Handoff_Receipt__c"] == told["Handoff_Receipt__c"]


def test_a_change_that_nobody_could_receive_is_carried_out_once_somebody_can(world):
    world.crm.win(a_deal())
    world.run()
    users = dict(world.platform.users)
    for email in (PRIYA, BEN, CLEO, MAYA, TOMAS):
        world.platform.users[email] = replace(world.platform.users[email], active=False)
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})
    world.run()
    assert world.platform.of("company")[0].payload["Goal"] == "Fewer late berths"
    world.platform.users.update(users)

    assert world.run(after=3_600).balance.done == 1
    assert world.platform.of("company")[0].payload["Goal"] == "Fewer claims"
    assert world.deal(DEAL).try_at is None


def test_the_receipt_states_what_was_sent_not_what_would_be_sent_today(world):
    world.crm.win(a_deal())
    world.run()
    before = world.crm.told[DEAL]["Handoff_Receipt__c"]
    world.crm.edit(DEAL, name="Harbor lights, 41 seats")

    world.run()

    assert world.crm.told[DEAL]["Handoff_Receipt__c"] == before
    hashes = {row.payload_hash for row in world.ledger.steps(one.key for one in world.platform.made).values()}
    assert {line.split()[2] for line in before.splitlines()} == hashes


def test_the_receipt_names_also_what_was_made_and_is_planned_no_longer(world):
    world.platform.ends = lambda step: End.REFUSED if step.kind == "timeline" else None
    world.crm.win(a_deal())
    world.run()
    world.platform.ends = lambda step: None
    (cta,) = world.platform.of("cta")
    never = "    object: cta\n    when: {field: segment, is: nothing}\n"
    other_mappings(world, "targets/gainsight.yml", "    object: cta\n", never)

    world.run()

    assert world.standing(DEAL) == "done"
    assert cta.ref in world.crm.told[DEAL]["Handoff_Receipt__c"]


def test_a_corrected_mapping_frees_the_deals_that_the_wrong_one_stopped(world):
    world.platform.ends = lambda step: End.REFUSED if step.kind == "company" else None
    world.crm.win(a_deal())
    world.run()
    stopped = world.standing(DEAL)
    world.platform.ends = lambda step: None
    still = world.run()
    other_mappings(world, "targets/gainsight.yml", "max: 80", "max: 79")

    freed = world.run()

    assert (stopped, still.balance.needs_person, freed.balance.done) == ("needs_person", 1, 1)


def test_what_needed_a_person_is_tried_again_after_an_hour_for_the_person_may_have_acted_elsewhere(world):
    world.platform.add("company", {"Name": "Nordwind Freight"})
    twin = world.platform.add("company", {"Name": "Nordwind Freight"})
    world.crm.win(a_deal())
    world.run()
    world.platform.made[:] = [one for one in world.platform.made if one.ref != twin]

    soon = world.run(after=600)
    later = world.run(after=3_700)

    assert (soon.balance.needs_person, soon.balance.done) == (1, 0)
    assert later.balance.done == 1


def test_wins_are_read_again_from_a_start_that_was_moved_earlier(world):
    world.crm.win(a_deal())
    contract = world.bridge.mappings.contract.model_copy(update={"start_from": (WON + timedelta(days=1)).date()})
    world.bridge = replace(world.bridge, mappings=replace(world.bridge.mappings, contract=contract))
    first = world.run()
    world.clock.advance(3 * 86_400)
    world.run()
    earlier = contract.model_copy(update={"start_from": WON.date()})
    world.bridge = replace(world.bridge, mappings=replace(world.bridge.mappings, contract=earlier))

    second = world.run()

    assert (first.before_start, first.balance.seen) == (1, 0)
    assert second.balance.done == 1


def test_a_deal_won_again_while_waiting_deals_are_worked_on_is_handed_off_by_the_next_pass(world):
    world.platform.gone = True
    world.crm.win(a_deal())
    with pytest.raises(ServiceError):
        world.run()
    world.platform.gone = False
    read = world.crm.read

    def read_then_won_again(ids):
        page = read(ids)
        world.clock.advance(12)
        world.crm.edit(DEAL, episode=2, won_at=world.clock.now())
        world.crm.read = read
        return page

    world.crm.read = read_then_won_again
    world.run()

    for _ in range(3):
        world.run(after=3_700)

    assert [one.key.split(":")[5] for one in world.platform.of("cta")] == ["e1", "e2"]


def test_under_a_limit_deals_that_get_nowhere_make_room_for_younger_ones(world):
    other_mappings(world, "targets/gainsight.yml", "    object: company\n", "    object: company\n    none: wait\n")
    stuck = [a_deal(f"0065g0000000{n:03d}AAV", account_id=f"0015g0000000{n:03d}AAV", won_at=WON) for n in range(3)]
    fine = a_deal(SECOND, won_at=WON + timedelta(hours=5), account_id="0015g0000000999AAV", account_name="Acme")
    world.platform.add("company", {"Name": "Acme"})
    world.crm.win(*stuck, fine)

    for _ in range(4):
        world.run(limit=3)

    assert world.standing(SECOND) == "done"


def test_a_company_that_was_merged_into_another_is_found_again_when_a_person_asks_for_a_deal(world):
    world.crm.win(a_deal())
    world.run()
    world.platform.made[:] = [one for one in world.platform.made if one.kind != "company"]
    survivor = world.platform.add("company", {"Name": "Nordwind Freight"})
    world.crm.win(a_deal(SECOND, won_at=WON + timedelta(hours=1)))

    world.run(deals=[SECOND])

    assert world.platform.of("cta")[-1].payload["CompanyId"] == survivor
    assert len(world.platform.of("company")) == 1


def test_a_win_of_which_only_the_first_sight_is_known_keeps_that_moment(world):
    world.crm.win(a_deal(won_at=WON))
    world.crm.edit(DEAL, won_how=WonHow.FIRST_SEEN)
    world.run()
    first = world.deal(DEAL).won_at
    world.crm.edit(DEAL, name="Harbor lights, 41 seats", won_at=WON + timedelta(days=1))

    world.run()

    assert world.deal(DEAL).won_at == first
