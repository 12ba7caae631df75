"""What the deal's own record is told, and that it is told once, in the end, whatever happens on the way."""

import pytest

from handoff.errors import ServiceError
from handoff.mapping import Mappings
from handoff.model import Standing
from handoff.owners import Owner
from handoff.receipts import next_step
from tests.fakes import ACTING, End, PowerCut, World
from tests.handoff.builders import BEN, DEAL, a_deal, mappings_in, users

SECOND = "0065g00000SeCoNAAV"


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("acting"), ACTING)


@pytest.fixture
def world(acting: Mappings) -> World:
    return World(acting, "sqlite://", users())


def test_a_delivered_deal_says_so_with_owner_link_moment_and_a_receipt_of_each_record(world):
    world.crm.win(a_deal())

    world.run()

    told = world.crm.told[DEAL]
    assert told["Handoff_Status__c"] == "Handed off"
    assert told["Handoff_Owner__c"] == BEN
    assert told["Handoff_Link__c"] == f"https://acme.gainsight.example/timeline/{world.platform.of('timeline')[0].ref}"
    assert told["Handoff_Delivered_At__c"] == world.clock.now()
    assert told["Handoff_Next_Step__c"] == "CSM: review the handoff"
    assert told["Handoff_Reason__c"] is None
    lines = [line.split(" ") for line in told["Handoff_Receipt__c"].splitlines()]
    assert [(key, ref) for key, ref, _ in lines] == [(one.key, one.ref) for one in world.platform.made]


def test_a_deal_with_gaps_tells_sales_what_to_fill(world):
    world.crm.win(a_deal(contacts=(), source={"Business_Goal__c": None}))

    world.run()

    assert world.crm.told[DEAL]["Handoff_Next_Step__c"] == "Sales: fill Why they bought, Champion"
    assert world.crm.told[DEAL]["Handoff_Missing__c"] == "Why they bought\nChampion"


def test_the_sequence_grows_by_one_with_each_write_and_nothing_is_written_that_says_the_same(world):
    world.crm.win(a_deal())
    world.run()
    world.run(deals=[DEAL])
    world.crm.edit(DEAL, source={"Business_Goal__c": None})
    world.run()

    assert [receipt.fields["Handoff_Sequence__c"] for receipt in world.crm.receipts] == [1, 2]


def test_our_own_write_is_no_change_of_the_deal(world):
    world.crm.win(a_deal())
    world.run()
    told = world.deal(DEAL)

    report = world.run()

    assert report.balance.done == 1  # read again, since its stamp moved
    assert world.deal(DEAL).run == told.run


def test_a_deal_that_waits_says_so_and_later_that_it_is_done(world):
    world.crm.win(a_deal())
    world.platform.ends = lambda step: End.WAITING if step.kind == "cta" else None
    world.run()
    waiting = world.crm.told[DEAL]
    world.platform.ends = lambda step: None

    world.run()

    assert (waiting["Handoff_Status__c"], waiting["Handoff_Delivered_At__c"]) == ("Being handed off", None)
    assert waiting["Handoff_Reason__c"] == "onboarding_cta waits: too many calls"
    assert world.crm.told[DEAL]["Handoff_Status__c"] == "Handed off"
    assert world.crm.told[DEAL]["Handoff_Reason__c"] is None
    assert world.crm.told[DEAL]["Handoff_Delivered_At__c"] == world.clock.now()


def test_a_refused_receipt_leaves_its_deal_done_its_neighbours_told_and_is_listed_apart(world):
    world.crm.win(a_deal(), a_deal(SECOND))
    world.crm.refuses_receipts = {DEAL: "a validation rule says no"}

    report, later = world.run(), world.run()

    assert report.balance.done == later.balance.done == 2
    assert report.receipts == {"written": 1, "pending": 1}
    assert later.receipts == {"written": 0, "pending": 1}
    assert [(e.what, e.deal, e.reason) for e in later.exceptions] == [
        ("receipt pending", DEAL, "a validation rule says no")
    ]
    assert world.deal(DEAL).sequence == 0


def test_a_refused_receipt_is_tried_again_after_an_hour_and_not_before(world):
    world.crm.win(a_deal())
    world.crm.refuses_receipts = {DEAL: "locked"}
    world.run()
    world.crm.refuses_receipts = {}

    early, late = world.run(after=3_599), world.run(after=1)

    assert (early.receipts["written"], late.receipts["written"]) == (0, 1)
    assert world.deal(DEAL).receipt_pending is None
    assert world.crm.told[DEAL]["Handoff_Sequence__c"] == 1


def test_a_refused_receipt_is_tried_at_once_when_the_deal_changes_or_is_asked_for(world):
    world.crm.win(a_deal(), a_deal(SECOND))
    world.crm.refuses_receipts = {DEAL: "locked", SECOND: "locked"}
    world.run()
    world.crm.refuses_receipts = {}
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})

    world.run()
    world.run(deals=[SECOND])

    assert set(world.crm.told) == {DEAL, SECOND}


def test_a_refused_receipt_does_not_hold_up_a_deal_that_waits(world):
    world.crm.win(a_deal())
    world.crm.refuses_receipts = {DEAL: "locked"}
    world.platform.ends = lambda step: End.WAITING if step.kind == "cta" else None
    world.run()
    world.platform.ends = lambda step: None

    soon = world.run()

    assert soon.balance.done == 1
    assert soon.receipts == {"written": 0, "pending": 1}
    assert world.crm.tried == [DEAL]  # the receipt has its hour, the deal has not


@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_crm_that_breaks_while_it_is_told_is_told_by_the_next_run(world, lost):
    world.crm.win(a_deal())
    if lost == "after":
        world.crm.loses_receipts = True
    else:
        world.crm.write_back = _cut
    with pytest.raises((ServiceError, PowerCut)):
        world.run()
    vars(world.crm).pop("write_back", None)
    world.crm.loses_receipts = False

    report = world.run(after=7_200)

    assert report.receipts == {"written": 1, "pending": 0}
    assert world.crm.told[DEAL]["Handoff_Status__c"] == "Handed off"
    assert [cta.kind for cta in world.platform.of("cta")] == ["cta"]


def _cut(receipts):
    raise PowerCut


def test_a_power_cut_before_the_crm_is_told_of_one_who_needs_a_person_forgets_nobody(world):
    world.crm.win(a_deal(account_id=None))
    world.crm.write_back = _cut
    with pytest.raises(PowerCut):
        world.run()
    del world.crm.write_back

    world.run(after=7_200)

    assert world.crm.told[DEAL]["Handoff_Status__c"] == "Needs a person"


def test_where_nothing_is_written_back_nothing_is_pending(tmp_path):
    source = ACTING["sources/salesforce.yml"].replace("to: opportunity", "to: nothing")
    world = World(mappings_in(tmp_path, ACTING | {"sources/salesforce.yml": source}), "sqlite://", users())
    world.crm.win(a_deal())

    report = world.run()

    assert report.balance.done == 1
    assert (world.crm.receipts, world.deal(DEAL).receipt_pending) == ([], None)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing.DONE, "CSM: review the handoff"),
        (Standing.WAITING, "Nobody: the bridge goes on by itself"),
        (
            Standing.NEEDS_PERSON,
            "CS Ops: clear what stops it; the bridge looks again each hour, at once after `handoff queue retry`",
        ),
        (Standing.EXCLUDED, "Nobody"),
    ],
)
def test_every_standing_says_who_acts_next(standing, words):
    assert next_step(standing, []) == words


@pytest.mark.parametrize(
    ("owner", "who"), [(Owner.SALES, "Sales"), (Owner.REVOPS, "RevOps"), (Owner.CS_OPS, "CS Ops"), (None, "CS Ops")]
)
def test_a_deal_that_needs_a_person_says_on_its_record_who_that_is(owner, who):
    assert next_step(Standing.NEEDS_PERSON, [], owner).startswith(f"{who}: clear what stops it")
