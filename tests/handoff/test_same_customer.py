"""A customer that two CRMs have is handed off once, by the deal that was won first; the other deal is linked to it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from handoff.ahead import look_ahead
from handoff.bridge import Bridge
from handoff.firsts import WAITS_AT_MOST
from handoff.ledger import Ledger
from handoff.model import Deal, DealRef, Standing
from handoff.ports import Crm
from handoff.prepare import judged
from handoff.report import Report
from handoff.run import run_once
from handoff.same_customer import domain, external_id, marks, name
from tests.fakes import ACTING, FakeCrm, World
from tests.handoff.builders import CONTRACT, DEAL, WON, a_deal, mappings_in, users

EMEA_ORG = "00D7h000004EmEaEAK"
TWIN = "0067h00000TwInAAAV"
MAPPED = "  account.domain: {from: Account.Website}\n  account.external_id: {from: Account.Number}\n"
FILES = ACTING | {
    "handoff.yml": CONTRACT + "same_customer: [domain, external_id, name]\n",
    "sources/salesforce.yml": ACTING["sources/salesforce.yml"].replace("fields:\n", f"fields:\n{MAPPED}", 1),
}
BEFORE, AFTER = WON - timedelta(hours=2), WON + timedelta(hours=2)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'handoff.db'}"


@pytest.fixture
def main(tmp_path: Path, url: str) -> World:
    return World(mappings_in(tmp_path, FILES), url, users())


@pytest.fixture
def emea(main: World) -> Bridge:
    return replace(main.bridge, crm=FakeCrm(main.clock, org=EMEA_ORG, instance="emea"))


def of_main(**record: str) -> Deal:
    return a_deal(source={"Account.Website": "https://www.nordwind.example/en"} | record)


def of_emea(deal_id: str = TWIN, **changes: object) -> Deal:
    ours = {"account_id": "0017h00000NoRdWAAV", "source": {"Account.Website": "nordwind.example"}} | changes
    return replace(a_deal(deal_id, **ours), ref=DealRef("emea", "salesforce", EMEA_ORG, deal_id))


def fake(crm: Crm) -> FakeCrm:
    assert isinstance(crm, FakeCrm)
    return crm


def sync(main: World, emea: Bridge, *, after: float = 60) -> tuple[Report, Report]:
    """Pass over both CRMs as one command does."""
    main.clock.advance(after)
    for bridge in (main.bridge, emea):
        look_ahead(bridge)
    return run_once(main.bridge), run_once(emea)


def row(main: World, deal: Deal) -> object:
    return main.ledger.deals([str(deal.ref)])[str(deal.ref)]


def test_a_customer_of_two_crms_is_handed_off_once_and_the_other_deal_is_linked(main, emea):
    main.crm.win(of_main())
    fake(emea.crm).win(of_emea(won_at=AFTER))

    first, second = sync(main, emea)

    assert (first.balance.done, second.balance.excluded) == (1, 1)
    assert len(main.platform.of("company")) == 1
    assert not [one for one in main.platform.made if TWIN in one.key]
    assert row(main, of_emea()).reason == (
        f"linked: it is handed off by deal {DEAL} (Harbor lights, 40 seats) of main, whose customer has the same domain"
    )


def test_the_record_of_the_linked_deal_is_told_in_its_own_crm(main, emea):
    main.crm.win(of_main())
    fake(emea.crm).win(of_emea(won_at=AFTER))

    sync(main, emea)

    told = fake(emea.crm).told[TWIN]
    assert told["Handoff_Status__c"] == "Excluded"
    assert DEAL in str(told["Handoff_Reason__c"])


def test_the_deal_that_was_won_first_is_handed_off_whichever_crm_is_read_first(main, emea):
    main.crm.win(of_main())
    fake(emea.crm).win(of_emea(won_at=BEFORE))

    first, second = sync(main, emea)
    then, _ = sync(main, emea)

    assert (first.balance.waiting, second.balance.done, then.balance.excluded) == (1, 1, 1)
    assert {TWIN in one.key for one in main.platform.of("cta")} == {True}


def test_what_was_begun_is_gone_on_with_though_an_earlier_win_turns_up_in_another_crm(main, emea):
    main.crm.win(of_main())
    sync(main, emea)
    fake(emea.crm).win(of_emea(won_at=BEFORE))

    _, second = sync(main, emea)

    assert second.balance.excluded == 1
    assert row(main, of_main()).standing == Standing.DONE


def test_no_deal_of_another_crm_goes_once_a_customer_s_handoff_was_begun(main, emea):
    main.crm.win(of_main())
    sync(main, emea)
    fake(emea.crm).win(of_emea(won_at=BEFORE), of_emea("0067h00000LaTeRAAV", won_at=AFTER))

    _, second = sync(main, emea)

    assert second.balance.excluded == 2


def test_a_deal_waits_no_longer_than_an_hour_for_a_crm_that_is_away(main, emea):
    main.crm.win(of_main())
    fake(emea.crm).win(of_emea(won_at=BEFORE))
    main.clock.advance(60)
    look_ahead(emea)

    first = main.run()
    later = main.run(after=WAITS_AT_MOST.total_seconds())

    assert (first.balance.waiting, later.balance.done) == (1, 1)


def test_nothing_is_linked_to_a_deal_that_was_not_begun(main, emea):
    main.crm.win(of_main())
    fake(emea.crm).win(of_emea(won_at=BEFORE))
    main.clock.advance(60)
    look_ahead(emea)

    (one,) = judged(main.bridge, [of_main()], {}, {})

    assert not one.excluded


def test_a_deal_that_is_left_out_links_no_other(main, emea):
    main.crm.win(of_main())
    fake(emea.crm).win(of_emea(won_at=BEFORE))
    main.clock.advance(60)
    look_ahead(emea)
    main.run()
    fake(emea.crm).lose(TWIN)
    main.ledger.take_in([of_emea(won_at=BEFORE)], [], main.clock.now(), 1)
    main.ledger.exclude("emea", [TWIN], "no longer won in the CRM", main.clock.now(), 1)

    assert main.run().balance.done == 1


def test_a_customer_is_handed_off_from_the_crm_of_its_first_win_and_no_deal_of_that_crm_waits(main, emea):
    main.crm.win(of_main(), replace(of_main(), ref=replace(of_main().ref, id="0065g00000LaTeRAAV"), won_at=AFTER))
    fake(emea.crm).win(of_emea(won_at=WON + timedelta(hours=1)))

    first, second = sync(main, emea)

    assert (first.balance.done, first.balance.waiting, second.balance.excluded) == (2, 0, 1)


def test_a_second_sync_over_linked_deals_sends_and_tells_nothing(main, emea):
    main.crm.win(of_main())
    fake(emea.crm).win(of_emea(won_at=AFTER))
    sync(main, emea)
    sent, told = len(main.platform.sent), len(fake(emea.crm).receipts)

    sync(main, emea)

    assert (len(main.platform.sent), len(fake(emea.crm).receipts)) == (sent, told)


def test_two_deals_of_one_crm_are_no_matter_of_this(main, emea):
    fake(emea.crm).win(of_emea(), of_emea("0067h00000OtHeRAAV", won_at=AFTER))

    assert sync(main, emea)[1].balance.done == 2


def test_while_one_pass_works_on_a_customer_a_pass_over_another_crm_leaves_it_alone(main, emea, url):
    main.crm.win(of_main())
    fake(emea.crm).win(of_emea(won_at=AFTER))
    other = Ledger(url)
    other.hold(other.begin_run("sync", main.clock.now(), "v1"), main.clock)
    other.take(main.bridge.subjects(of_main()))
    main.clock.advance(12)  # past the lag, and the other pass is still alive

    assert run_once(emea).balance.waiting == 1
    assert not main.platform.made


@pytest.mark.parametrize(
    ("record", "theirs", "known_by"),
    [
        ({"Account.Website": ""}, {"Account.Website": ""}, "name"),
        ({"Account.Number": "N-7"}, {"Account.Website": "", "Account.Number": "n-7 "}, "external id"),
        ({"Account.Website": "other.example"}, {}, ""),
        ({"Account.Number": "N-7", "Account.Website": ""}, {"Account.Number": "N-8"}, ""),
    ],
)
def test_the_first_that_both_accounts_have_decides(main, emea, record, theirs, known_by):
    main.crm.win(of_main(**record))
    fake(emea.crm).win(of_emea(won_at=AFTER, source={"Account.Website": "nordwind.example"} | theirs))

    _, second = sync(main, emea)

    assert second.balance.excluded == bool(known_by)
    assert known_by in row(main, of_emea()).reason


def test_without_a_rule_each_crm_hands_off_its_own(tmp_path, url):
    main = World(mappings_in(tmp_path, ACTING), url, users())
    emea = replace(main.bridge, crm=FakeCrm(main.clock, org=EMEA_ORG, instance="emea"))
    main.crm.win(of_main())
    fake(emea.crm).win(of_emea())

    assert look_ahead(emea) == 0
    assert marks(of_main(), main.bridge.mappings) == {}
    assert [one.balance.excluded for one in sync(main, emea)] == [0, 0]


@pytest.mark.parametrize(
    ("compared", "said", "as_"),
    [
        (domain, "HTTPS://www.Nordwind.example:443/en?x=1", "nordwind.example"),
        (domain, "ida@nordwind.example", "nordwind.example"),
        (domain, "somebody@gmail.com", ""),
        (domain, "n/a", ""),
        (external_id, " N-7 ", "n-7"),
        (name, "Nordwind  Freight, Inc.", "nordwind freight inc"),
        (name, "Café-Société", "cafe societe"),
        (name, "--", ""),
    ],
)
def test_what_is_written_otherwise_is_compared_alike(compared, said, as_):
    assert compared(said) == as_
