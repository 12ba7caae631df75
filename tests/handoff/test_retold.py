"""What a handoff was made of, told again without asking any system."""

import pytest

from handoff.mapping import Mappings
from handoff.model import Customer
from handoff.retold import Retold, retold
from tests.fakes import World
from tests.handoff.builders import (
    ACCOUNT,
    CLEO,
    CONTRACT,
    PRIYA,
    SOURCE,
    TARGET,
    TOMAS,
    a_deal,
    a_ref,
    mappings_in,
    users,
)

PARENT = "0015g00000PaReNAAV"
JUDGED_BY_AMOUNT = {
    "handoff.yml": CONTRACT.replace("when: [{field: arr,", "when: [{field: deal.amount,"),
    "sources/salesforce.yml": SOURCE.replace(
        "  account.name:", "  account.parent_id: {from: Account.ParentId}\n  account.name:"
    ),
    "targets/gainsight.yml": TARGET.replace(
        "      Score:",
        "      Parent__gc: {from: account.parent_id, find: company}\n"
        "      Tier__gc: {from: segment}\n      Worth__gc: {from: deal.amount}\n      Score:",
    ),
}
"""Segments are judged on the deal's amount, which the source does not map; a field names another account's record."""


@pytest.fixture
def mappings(tmp_path) -> Mappings:
    return mappings_in(tmp_path, JUDGED_BY_AMOUNT)


def told_of(world: World, mappings: Mappings | None = None) -> Retold:
    found = retold(world.ledger.story(str(a_ref())), mappings or world.bridge.mappings)
    assert found is not None
    return found


def fields(told: Retold, step: str) -> dict[str, object]:
    return {one.field: one.value for one in told.steps[step]}


def test_a_deal_is_retold_in_the_segment_and_with_the_amount_of_then_though_no_rule_reads_it(mappings):
    world = World(mappings, "sqlite://", users())
    world.crm.win(a_deal(amount="123456.789"))
    world.run()

    company = fields(told_of(world), "company")

    assert (company["Tier__gc"], str(company["Worth__gc"])) == ("enterprise", "123456.789")
    assert fields(told_of(world), "onboarding_cta")["OwnerId"] == PRIYA


def test_the_record_of_another_account_is_retold_as_it_was_found(mappings):
    world = World(mappings, "sqlite://", users())
    world.platform.known[PARENT] = Customer("1P02-fjord", "Fjord Group")
    world.crm.win(a_deal(source={"Account.ParentId": PARENT}))
    world.run()

    assert fields(told_of(world), "company")["Parent__gc"] == "1P02-fjord"


@pytest.mark.parametrize("known", [users(PRIYA, TOMAS, inactive=[CLEO]), users(PRIYA, TOMAS)])
def test_who_could_not_receive_work_then_does_not_receive_it_in_the_story(mappings, known):
    world = World(mappings, "sqlite://", known)
    world.crm.win(a_deal(amount=5))
    world.run()

    assert fields(told_of(world), "onboarding_cta")["OwnerId"] == TOMAS


def test_edited_files_say_that_they_are_others_now(mappings, tmp_path):
    world = World(mappings, "sqlite://", users())
    world.crm.win(a_deal(account_id=ACCOUNT))
    world.run()
    edited = mappings_in(tmp_path / "later", JUDGED_BY_AMOUNT | {"templates/cta.html.j2": "<p>Other</p>\n"})

    assert (told_of(world).edited, told_of(world, edited).edited) == (False, True)
    assert fields(told_of(world, edited), "onboarding_cta")["Comments"] == "<p>Other</p>"
