"""Finding the deal a person means, by whatever they have at hand."""

from dataclasses import replace
from typing import Any

import pytest

import connectors
from handoff.deals import SeveralDeals, known_deal, left_alone, live_deal
from handoff.entries import Frozen
from handoff.errors import ConfigError
from handoff.intents import Ending
from handoff.ledger import Ledger
from handoff.mapping import Mappings
from handoff.model import Deal, DealRef, Outcome, Result, Scope, Step
from tests.fakes import NOON, FakeClock, FakeCrm
from tests.handoff.builders import ACCOUNT, DEAL, WON, a_deal, a_ref, as_judged

SECOND = "0065g00000SeCoNAAV"
GSID = "1P01E316G9DAPFOLE6SOOUG71XRMN5F3PLER"
COMPANY = "1P02E316G9DAPFOLE6SOOUG71XRMN5F3PLER"
NUMBER = "51000000012"
IN_HUBSPOT = DealRef("hubspot", "hubspot", "62515", NUMBER)
IDS_IN = connectors.ids_in()


def in_hubspot(ref: DealRef = IN_HUBSPOT, **changes: Any) -> Deal:
    return replace(a_deal(**changes), ref=ref)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger("sqlite://")
    ledger.open(stamps={})
    ledger.take_in([a_deal(), a_deal(SECOND, account_name="Ostwind Logistik", name="Berths")], [], NOON, 1)
    step = Step("hb:k:e1:main.cta", "cta", "cta", Scope.DEAL, a_ref(), {})
    ledger.settle([Ending(step, Outcome(step.key, Result.CREATED, GSID), WON)], NOON, 1, "v1")
    return ledger


@pytest.fixture
def crm() -> FakeCrm:
    crm = FakeCrm(FakeClock())
    crm.win(a_deal(), a_deal(SECOND, account_name="Ostwind Logistik", name="Berths"))
    return crm


@pytest.mark.parametrize(
    "words",
    [
        DEAL,
        DEAL[:15],
        f"  {DEAL} ",
        f"https://acme.lightning.force.example/lightning/r/Opportunity/{DEAL}/view",
        f"https://acme.my.salesforce.example/{DEAL[:15]}",
        f"https://acme.gainsightcloud.example/v1/ui/cta?ctaId={GSID}",
        GSID,
        "nordwind",
        "Freight",
        "40 seats",
    ],
)
def test_a_known_deal_is_found_by_id_address_or_part_of_a_name(ledger, words):
    assert known_deal(ledger, words, IDS_IN) == str(a_ref())


@pytest.mark.parametrize(
    "words",
    [
        NUMBER,
        f" {NUMBER} ",
        str(IN_HUBSPOT),
        f"https://app.hubspot.com/contacts/62515/record/0-3/{NUMBER}",
        f"https://app-eu1.hubspot.com/contacts/62515/record/0-3/{NUMBER}/?eschref=%2Fcontacts%2F62515%2Fobjects",
        f"https://app.hubspot.com/contacts/62515/deal/{NUMBER}",
    ],
)
def test_a_known_deal_of_hubspot_is_found_by_its_number_or_address(ledger, words):
    ledger.take_in([in_hubspot(account_name="Ostwind Logistik")], [], NOON, 1)

    assert known_deal(ledger, words, IDS_IN) == str(IN_HUBSPOT)


@pytest.mark.parametrize(
    "words",
    [
        f"https://app.hubspot.com/contacts/62515/record/0-2/{NUMBER}",
        f"https://app.hubspot.com/contacts/{NUMBER}/record/0-3/51000000099",
        NUMBER[:-1],
    ],
)
def test_a_number_that_is_not_a_deals_id_in_hubspot_names_no_deal(ledger, words):
    ledger.take_in([in_hubspot()], [], NOON, 1)

    assert known_deal(ledger, words, IDS_IN) is None


def test_a_number_is_part_of_a_name_where_it_is_no_known_id(ledger):
    ledger.take_in([in_hubspot(account_name="Studio 54")], [], NOON, 1)

    assert known_deal(ledger, "54", IDS_IN) == str(IN_HUBSPOT)


def test_the_number_of_a_company_of_hubspot_lists_its_deals(ledger):
    ledger.take_in([in_hubspot(account_id="41000000007")], [], NOON, 1)

    with pytest.raises(SeveralDeals, match=r"41000000007 is an account's id, not a deal's") as caught:
        known_deal(ledger, "41000000007", IDS_IN)

    assert [deal for deal, _ in caught.value.deals] == [NUMBER]


def test_each_id_that_is_listed_for_a_name_finds_its_deal(ledger):
    second = replace(IN_HUBSPOT, id="51000000036")
    ledger.take_in([in_hubspot(name="Berths"), in_hubspot(second, name="Cranes")], [], NOON, 1)

    with pytest.raises(SeveralDeals) as caught:
        known_deal(ledger, "nordwind", IDS_IN)

    found = {known_deal(ledger, one, IDS_IN) for one, _ in caught.value.deals}
    assert found == {str(a_ref()), str(IN_HUBSPOT), str(second)}


def test_one_id_of_two_portals_is_told_apart_by_the_crm_or_by_what_is_listed(ledger):
    emea = replace(IN_HUBSPOT, instance="emea", org="62516")
    ledger.take_in([in_hubspot(), in_hubspot(emea)], [], NOON, 1)

    with pytest.raises(SeveralDeals) as caught:
        known_deal(ledger, NUMBER, IDS_IN)

    assert known_deal(ledger, NUMBER, IDS_IN, crm="emea") == str(emea)
    assert {known_deal(ledger, one, IDS_IN) for one, _ in caught.value.deals} == {str(IN_HUBSPOT), str(emea)}


def test_ids_that_differ_in_case_alone_are_two_deals(ledger):
    assert known_deal(ledger, "0065g00000aBcDe", IDS_IN) is None


@pytest.mark.parametrize("words", ["Westwind", "0065g00000XxXxXAAV", "1P01" + "Z" * 32, "100%"])
def test_what_no_deal_is_called_is_nobody(ledger, words):
    assert known_deal(ledger, words, IDS_IN) is None


def test_a_name_that_several_deals_share_lists_them_with_their_ids(ledger):
    with pytest.raises(ConfigError, match=r"2 deals fit 'wind'\. Give the id of one:") as caught:
        known_deal(ledger, "wind", IDS_IN)

    assert caught.value.findings == (
        f"  {DEAL}  Nordwind Freight: Harbor lights, 40 seats",
        f"  {SECOND}  Ostwind Logistik: Berths",
    )


def test_a_list_of_very_many_is_cut_and_counted(ledger):
    ledger.take_in([a_deal(f"0065g0000000{n:03d}AAV", account_name="Many") for n in range(14)], [], NOON, 1)

    with pytest.raises(ConfigError) as caught:
        known_deal(ledger, "Many", IDS_IN)

    assert len(caught.value.findings) == 11
    assert caught.value.findings[-1] == "  ... and 4 more"


def test_a_live_deal_is_found_by_its_id_without_asking_the_crm(crm):
    crm.gone = True

    assert live_deal(crm, f"https://acme.lightning.force.example/lightning/r/Opportunity/{DEAL}/view", IDS_IN) == DEAL


def test_a_live_deal_of_hubspot_is_found_by_its_address_without_asking_the_crm(crm):
    crm.gone, crm.system = True, "hubspot"

    assert live_deal(crm, f"https://app.hubspot.com/contacts/62515/record/0-3/{NUMBER}", IDS_IN) == NUMBER


def test_a_number_that_no_name_in_hubspot_holds_is_an_id(crm):
    crm.system = "hubspot"

    assert live_deal(crm, "40", IDS_IN) == DEAL  # Harbor lights, 40 seats
    assert live_deal(crm, NUMBER, IDS_IN) == NUMBER


def test_a_live_deal_is_searched_by_name(crm):
    assert live_deal(crm, " ostwind ", IDS_IN) == SECOND


def test_a_live_name_that_fits_none_or_several_is_a_mistake_that_says_what_to_give(crm):
    with pytest.raises(ConfigError, match=r"No won deal is called 'Westwind', here or in the CRM\. Give an id"):
        live_deal(crm, "Westwind", IDS_IN)
    with pytest.raises(ConfigError, match="2 deals fit 'wind'"):
        live_deal(crm, "wind", IDS_IN)


@pytest.mark.parametrize("words", ["", " ", "\t\n"])
def test_blank_words_mean_no_deal_and_never_all_of_them(ledger, crm, words):
    with pytest.raises(ConfigError, match=r"No deal is named\. Give an id"):
        known_deal(ledger, words, IDS_IN)
    with pytest.raises(ConfigError, match=r"No deal is named\. Give an id"):
        live_deal(crm, words, IDS_IN)


def test_a_known_id_in_other_letter_case_is_refused_with_the_right_one(ledger):
    with pytest.raises(ConfigError, match=f"ids are case-sensitive. Did you mean {DEAL}"):
        known_deal(ledger, DEAL.upper(), IDS_IN)


@pytest.mark.parametrize("words", [ACCOUNT, ACCOUNT[:15], f"https://acme.my.salesforce.example/{ACCOUNT}"])
def test_the_id_of_an_account_is_no_deal_and_lists_those_of_the_account(ledger, words):
    ledger.take_in([a_deal(SECOND, account_id="0015g00000ElseWAAV")], [], NOON, 1)

    with pytest.raises(SeveralDeals, match=r"is an account's id, not a deal's") as caught:
        known_deal(ledger, words, IDS_IN)

    assert [deal for deal, _ in caught.value.deals] == [DEAL]


def test_a_company_that_several_deals_share_lists_them_and_picks_none(ledger):
    step = Step("hb:company:1", "company", "company", Scope.ACCOUNT, a_ref(SECOND), {})
    listed = [{"key": step.key, "name": step.name, "kind": step.kind}]
    both = [Frozen(f"hb:{deal}:e1", as_judged(a_deal(deal), WON), listed) for deal in (DEAL, SECOND)]
    ledger.freeze(both, "v1")
    ledger.settle([Ending(step, Outcome(step.key, Result.CREATED, COMPANY), WON)], NOON, 1, "v1")

    with pytest.raises(SeveralDeals) as caught:
        known_deal(ledger, f"https://acme.gainsightcloud.example/v1/ui/customersuccess360?cid={COMPANY}", IDS_IN)

    assert {deal for deal, _ in caught.value.deals} == {DEAL, SECOND}


@pytest.mark.parametrize(
    ("early", "said"),
    [
        (True, r"'x' was won before start_from \(2026-01-01\)"),
        (False, "'x' is not won, or not visible to the integrat"),
    ],
)
def test_a_deal_that_is_left_alone_is_said_to_be_so_for_its_own_reason(mappings: Mappings, early, said):
    with pytest.raises(ConfigError, match=said):
        raise left_alone("x", mappings.contract, early=early)
