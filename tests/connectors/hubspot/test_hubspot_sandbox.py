"""The HubSpot connector and the stand-in together, with the shipped mapping."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import connectors
from connectors._hubspot_mapped import Wanted
from connectors._hubspot_settings import HubSpotSettings
from connectors.hubspot import HubSpot
from handoff.budgets import OwnBudget
from handoff.counted import Whereabouts
from handoff.loading import load_mappings
from handoff.model import DealRef, Result, Window, WonHow
from handoff.ports import Receipt
from sandbox.hubspot import HubspotEngine
from tests.connectors.hubspot.fake_portal import OAUTH, hubspot_over, wire_to
from tests.connectors.hubspot.sandbox_portal import SandboxPortal
from tests.fakes import FakeClock
from tests.sandbox.hubspot.hubspot_portal import ACME, BIRCH, CEDAR, COMPANY, contents

AT = datetime(2026, 11, 20, 17, 5, tzinfo=UTC)
TODAY = Window(datetime(2026, 11, 20, 17, tzinfo=UTC), AT + timedelta(hours=1))
MAPPINGS = load_mappings(
    Path(__file__).parents[3] / "mappings", crm="hubspot", platform=connectors.platforms()["gainsight"].platform
)
ONCE = HubSpotSettings(second_reader_seconds=0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(AT)


@pytest.fixture
def portal(clock: FakeClock) -> SandboxPortal:
    engine = HubspotEngine(portal_id=123, real_now=lambda: AT)
    engine.load(contents(), AT)
    clock.advance(60)  # the index shows what there is
    return SandboxPortal(engine, clock)


def over(portal: SandboxPortal, settings: HubSpotSettings = ONCE, **changes: Any) -> HubSpot:
    source = MAPPINGS.source
    wire = wire_to(portal, portal.clock, **{"settings": settings, "budget": OwnBudget(), **changes})
    return hubspot_over(
        wire,
        wanted=Wanted(source.paths, source.child_paths),
        write_fields=tuple(source.file.write_back.fields),
        first_seen=portal.clock.now,
    )


def won(crm: HubSpot, window: Window = TODAY) -> dict[str, Any]:
    return {deal.ref.id: deal for page in crm.changed(window) for deal in page.deals}


@pytest.mark.parametrize("version", ["classic", "2026-03", "2026-09"])
def test_the_shipped_mapping_reads_a_deal_whole_over_either_family_of_addresses(
    version: str, portal: SandboxPortal
) -> None:
    found = won(over(portal, version=version))

    deal = found[ACME]
    assert set(found) == {ACME, BIRCH}
    assert (deal.account_id, deal.account_name, deal.amount) == (COMPANY, "Acme", Decimal(48000))
    assert (deal.won_at, deal.won_how) == (datetime(2026, 11, 20, 17, 3, 22, 101_000, tzinfo=UTC), WonHow.HISTORY)
    values, notes = MAPPINGS.source.canonical(deal)
    assert notes == []
    assert values["people"] == [
        {
            "name": "Ada Poe",
            "email": "ada.poe@acme.example",
            "title": "VP Operations",
            "role": "Decision Maker",
        }
    ]
    assert values["products"][0]["name"] == "Seats"
    assert (values["account.country"], values["owner.name"]) == ("United States", "Rae Rep")
    assert not portal.wrote


def test_ids_that_are_text_in_one_answer_and_numbers_in_another_are_the_same(portal: SandboxPortal) -> None:
    portal.engine.tenant({"to_object_id": "string"})

    assert won(over(portal))[ACME].account_id == COMPANY


def test_a_deal_that_surfaces_an_hour_late_is_found_by_the_second_reader(
    portal: SandboxPortal, clock: FakeClock
) -> None:
    portal.engine.tenant({"search_delay_seconds": 3_500.0})
    clock.advance(900)  # its earlier change is in no window any more
    edited = clock.now()
    portal.load(deals=[{"id": ACME, "dealname": "Acme - 60 seats"}])
    crm, span = over(portal, HubSpotSettings()), timedelta(minutes=11)
    clock.advance(60)
    early = won(crm, Window(clock.now() - span, clock.now()))
    clock.at = edited + timedelta(seconds=3_660)

    late = won(crm, Window(clock.now() - span, clock.now()))

    assert ACME not in early
    assert late[ACME].name == "Acme - 60 seats"


def test_a_window_of_many_deals_out_of_order_is_read_to_the_last(portal: SandboxPortal, clock: FakeClock) -> None:
    portal.engine.tenant({"search_order": "loose"})
    template = contents()["deals"][1]
    many = [{**template, "id": str(600_000_000_000 + n), "dealname": f"Deal {n}"} for n in range(650)]
    portal.load(deals=many)
    clock.advance(60)

    assert len(won(over(portal))) == 652


def test_a_deal_lost_and_won_again_is_in_its_second_episode(portal: SandboxPortal, clock: FakeClock) -> None:
    for stage in ("closedlost", "closedwon"):
        clock.advance(60)
        portal.load(deals=[{"id": ACME, "dealstage": stage}])
    again = clock.now()
    clock.advance(60)

    (deal,) = over(portal).read([ACME]).deals

    assert (deal.episode, deal.won_at) == (2, again)


def test_deals_that_left_are_told_and_found_where_they_stand(portal: SandboxPortal, clock: FakeClock) -> None:
    portal.load(deals=[{"id": ACME, "dealstage": "contractsent"}, {"id": BIRCH, "_deleted": True}])
    clock.advance(60)
    crm = over(portal)

    left = {one.ref.id: one.stage for page in crm.left(TODAY) for one in page}

    assert left == {ACME: "Contract Sent", BIRCH: None}
    assert crm.whereabouts([ACME, BIRCH, CEDAR, "99"]) == {
        ACME: Whereabouts.OPEN,
        BIRCH: Whereabouts.DELETED,
        CEDAR: Whereabouts.WON,
    }


@pytest.mark.parametrize("silent", ["missing", "resolved", "error"])
def test_a_deal_that_was_merged_away_is_absent_however_the_vendor_says_so(silent: str, portal: SandboxPortal) -> None:
    portal.engine.tenant({"silent_merged": silent})
    portal.load(deals=[{"id": BIRCH, "_merged_into": ACME}])

    page = over(portal).read([ACME, BIRCH])

    assert [deal.ref.id for deal in page.deals] == [ACME]


@pytest.mark.parametrize(("merge_id", "gone"), [("winner", (BIRCH,)), ("new", (BIRCH, ACME))])
def test_a_deal_tells_which_deals_were_merged_into_it(
    merge_id: str, gone: tuple[str, ...], portal: SandboxPortal, clock: FakeClock
) -> None:
    portal.engine.tenant({"merge_id": merge_id})
    portal.load(deals=[{"id": BIRCH, "_merged_into": ACME}])
    clock.advance(60)

    (deal,) = won(over(portal)).values()

    assert deal.merged == gone
    assert deal.ref.id not in gone


def test_the_census_counts_won_deals_deleted_ones_too(portal: SandboxPortal) -> None:
    portal.load(deals=[{"id": BIRCH, "_deleted": True}])

    counted = {one.ref.id: one for page in over(portal).census(TODAY) for one in page}

    assert {one: row.deleted for one, row in counted.items()} == {ACME: False, BIRCH: True}
    assert counted[ACME].account_name == "Acme"


def test_what_is_written_back_is_in_the_portal_and_read_back_the_same(portal: SandboxPortal) -> None:
    crm = over(portal)
    fields = {
        "handoff_status": "Handed off",
        "handoff_completeness": Decimal("66.7"),
        "handoff_delivered_at": AT,
        "handoff_sequence": 3,
        "handoff_missing": None,
    }
    refs = [DealRef("main", "hubspot", "123", one) for one in (ACME, BIRCH, "99")]

    outcomes = crm.write_back([Receipt(ref.id, ref, fields) for ref in refs])

    assert [one.result for one in outcomes] == [Result.UPDATED, Result.UPDATED, Result.REJECTED]
    assert portal.deal(ACME)["handoff_status"] == "Handed off"
    told = next(one for page in crm.census(TODAY) for one in page if one.ref.id == ACME).told
    assert (told["handoff_completeness"], told["handoff_sequence"]) == (Decimal("66.7"), Decimal(3))
    assert told["handoff_delivered_at"] == "2026-11-20T17:05:00.000Z"


def test_a_record_that_an_answer_leaves_out_without_a_word_is_read_back(portal: SandboxPortal) -> None:
    portal.engine.tenant({"dropped_id": ACME})
    refs = [DealRef("main", "hubspot", "123", one) for one in (ACME, BIRCH)]

    outcomes = over(portal).write_back([Receipt(r.id, r, {"handoff_status": "Handed off"}) for r in refs])

    assert [one.result for one in outcomes] == [Result.UPDATED, Result.UPDATED]


def test_deals_are_found_by_their_company_s_name(portal: SandboxPortal) -> None:
    assert over(portal).search("acme") == [(ACME, "Acme - 50 seats, Acme")]


def test_an_oauth_app_reads_the_same(portal: SandboxPortal) -> None:
    auth = type(OAUTH)("sandbox", "sandbox", "sandbox")

    assert set(won(over(portal, auth=auth))) == {ACME, BIRCH}


def test_its_own_budgets_are_never_refused_by_the_vendor_s(portal: SandboxPortal) -> None:
    portal.engine.tenant({"per_ten_seconds": 100})
    crm = over(portal)

    for _ in range(40):
        won(crm)

    assert 429 not in portal.statuses
