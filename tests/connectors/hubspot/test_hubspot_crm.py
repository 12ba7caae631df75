"""The HubSpot connector reads every won deal whole, dates its winning, and looks twice where the index is late."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors._hubspot_instance import HubSpotInstance
from connectors._hubspot_mapped import Wanted
from connectors._hubspot_settings import HubSpotSettings
from connectors.hubspot import HubSpot
from handoff.counted import Whereabouts
from handoff.errors import ConfigError, Rejected, ServiceError, Transient
from handoff.model import Deal, DealRef, Page, Unreadable, Window, WonHow
from handoff.ports import Crm
from handoff.settings import Instance
from tests.connectors.hubspot.fake_portal import (
    PORTAL,
    SEEN,
    FakePortal,
    Reply,
    hubspot_over,
    multi,
    number,
    record,
    wire_to,
    won_deal,
)
from tests.fakes import FakeClock

WINDOW = Window(datetime(2026, 3, 10, 11, tzinfo=UTC), datetime(2026, 3, 10, 12, tzinfo=UTC))
ONCE = HubSpotSettings(second_reader_seconds=0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def portal(clock: FakeClock) -> FakePortal:
    return FakePortal(clock)


@pytest.fixture
def crm(portal: FakePortal, clock: FakeClock) -> HubSpot:
    return over(portal, clock, settings=ONCE)


def over(portal: FakePortal, clock: FakeClock, *, settings: HubSpotSettings | None = None, **changes: Any) -> HubSpot:
    return hubspot_over(wire_to(portal, clock, settings=settings or HubSpotSettings()), **changes)


def ids(pages: Iterable[Page]) -> list[str]:
    return [deal.ref.id for page in pages for deal in page.deals]


def only_deal(crm: HubSpot, portal: FakePortal, **changes: Any) -> Deal:
    portal.win(won_deal(**changes))
    ((deal,),) = [page.deals for page in crm.changed(WINDOW)]
    return deal


def only_unreadable(crm: HubSpot) -> Unreadable:
    ((one,),) = [page.unreadable for page in crm.changed(WINDOW)]
    return one


# Windows


def test_the_connector_is_what_the_core_asks_for(crm: HubSpot) -> None:
    port: Crm = crm

    assert (port.instance, port.system, port.receipts_a_call) == ("main", "hubspot", 100)


def test_a_window_of_more_deals_than_one_search_tells_is_read_by_the_last_id(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(*(won_deal(one) for one in range(1, 452)))

    assert ids(crm.changed(WINDOW)) == [number(one) for one in range(1, 452)]
    asked = [call.body for call in portal.of("search")]
    assert [len(body["filterGroups"][0]["filters"]) for body in asked] == [3, 4, 4]
    assert asked[1]["filterGroups"][0]["filters"][-1] == {
        "propertyName": "hs_object_id",
        "operator": "GT",
        "value": number(200),
    }
    assert all("after" not in body for body in asked)


def test_the_window_is_its_lower_end_included_and_its_upper_not(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(
        won_deal(1, hs_lastmodifieddate="2026-03-10T11:00:00.000Z"),
        won_deal(2, hs_lastmodifieddate="2026-03-10T12:00:00.000Z"),
    )

    assert ids(crm.changed(WINDOW)) == [number(1)]


def test_a_search_that_told_fewer_than_it_counted_is_made_once_more(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(won_deal(1), won_deal(2))
    portal.queue("search", Reply(200, {"total": 2, "results": [{"id": number(2)}]}), Reply(200, EMPTY))

    assert sorted(ids(crm.changed(WINDOW))) == [number(1), number(2)]


def test_what_surfaces_an_hour_late_in_the_index_is_found_by_the_second_reader(
    portal: FakePortal, clock: FakeClock
) -> None:
    crm, span = over(portal, clock), timedelta(minutes=11)
    upper = datetime(2026, 3, 10, 12, 40, tzinfo=UTC)
    portal.win(won_deal(hs_lastmodifieddate="2026-03-10T11:30:00.000Z"))

    assert ids(crm.changed(Window(upper - span, upper))) == [number(1)]
    bounds = [[f["value"] for f in call.body["filterGroups"][0]["filters"][1:]] for call in portal.of("search")]
    assert [int(later[0]) - int(earlier[0]) for later, earlier in [bounds]] == [3_600_000]


def test_a_sweep_is_read_once_for_it_looks_back_itself(portal: FakePortal, clock: FakeClock) -> None:
    crm = over(portal, clock)

    list(crm.changed(Window(WINDOW.upper - timedelta(days=1), WINDOW.upper)))

    assert portal.count("search") == 1


def test_a_deal_that_the_index_calls_won_is_believed_only_as_it_is_read(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(won_deal(1), won_deal(2), won_deal(3))

    def changed_meanwhile(call: Any) -> Reply:
        portal.records["deals"][number(2)]["properties"]["hs_is_closed_won"] = "false"
        portal.records["deals"][number(3)]["properties"]["dealstage"] = "appointmentscheduled"
        return portal._standing(call)

    portal.queue("read", changed_meanwhile)

    assert ids(crm.changed(WINDOW)) == [number(1)]


def test_a_search_names_ids_only_and_fits_the_vendor_s_3_000_characters(crm: HubSpot, portal: FakePortal) -> None:
    list(crm.changed(WINDOW))

    (asked,) = portal.of("search")
    assert asked.body["properties"] == ["hs_object_id"]
    assert len(str(asked.body)) < 3_000


# Reading by id


def test_deals_come_in_the_order_asked_whatever_the_order_of_the_answer(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(won_deal(1), won_deal(2), won_deal(3))

    assert ids([crm.read([number(2), number(3), number(1), number(2)])]) == [number(2), number(3), number(1)]


def test_stage_history_is_read_for_50_deals_a_call(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(*(won_deal(one) for one in range(1, 102)))

    crm.read([number(one) for one in range(1, 102)])

    deals = [call for call in portal.of("read") if "/deals/" in call.path]
    assert [len(call.body["inputs"]) for call in deals] == [50, 50, 1]
    assert deals[0].body["propertiesWithHistory"] == ["dealstage"]


def test_an_id_that_a_batch_silently_leaves_out_is_read_alone(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(won_deal(1), won_deal(2))
    portal.silent = {number(2)}

    assert ids([crm.read([number(1), number(2)])]) == [number(1), number(2)]
    assert [call.path.rsplit("/", 1)[1] for call in portal.of("get")] == [number(2)]


@pytest.mark.parametrize(
    ("categories", "error"),
    [(["INTERNAL_ERROR"], Transient), (["FORBIDDEN"], Rejected), (["INTERNAL_ERROR", "FORBIDDEN"], Rejected)],
)
def test_a_batch_read_that_fails_for_now_is_read_later_and_for_good_is_refused(
    categories: list[str], error: type[ServiceError], crm: HubSpot, portal: FakePortal
) -> None:
    portal.win(won_deal(1), won_deal(2))
    entries = [{"status": "error", "category": one, "context": {"ids": [number(2)]}} for one in categories]
    portal.queue("read", multi([won_deal(1)], entries))

    with pytest.raises(ServiceError, match=categories[-1]) as caught:
        crm.read([number(1), number(2)])

    assert type(caught.value) is error


def test_a_deal_that_was_deleted_is_absent_without_another_question(crm: HubSpot, portal: FakePortal) -> None:
    assert crm.read([number(9)]) == Page(())
    assert portal.count("get") == 0


def test_a_deal_that_was_merged_away_is_absent(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(won_deal(2))
    portal.silent, portal.merged = {number(1)}, {number(1): number(2)}

    assert crm.read([number(1)]) == Page(())


def test_what_is_no_id_is_refused_before_any_call(crm: HubSpot, portal: FakePortal) -> None:
    with pytest.raises(ConfigError, match="no id of a HubSpot deal"):
        crm.read(["006000000000001AAA"])

    assert portal.calls == []


# A deal, whole


def test_a_deal_is_read_whole(crm: HubSpot, portal: FakePortal) -> None:
    portal.records["companies"]["9001"] = record("9001", name="Northwind", industry="SHIPPING")
    portal.records["companies"]["9000"] = record("9000", name="Reseller")
    portal.records["contacts"]["7"] = record("7", firstname="Ida", lastname="Brandt", email="ida@northwind.example")
    portal.tie("companies", number(1), 9000)
    portal.tie("companies", number(1), 9001, primary=True)
    portal.tie("contacts", number(1), "7", "Champion", "Decision maker")

    deal = only_deal(crm, portal)

    assert deal.ref == DealRef("main", "hubspot", PORTAL, number(1))
    assert (deal.account_id, deal.account_name, deal.stage) == ("9001", "Northwind", "Closed won")
    assert (deal.amount, deal.currency) == (Decimal(48000), "USD")
    assert (deal.owner_email, deal.owner_active) == ("rep@northwind.example", True)
    assert deal.url == f"https://app.hubspot.com/contacts/123/record/0-3/{number(1)}"
    assert deal.source == {
        "dealname": "Northwind - 50 seats",
        "amount": Decimal(48000),
        "dealtype.label": "New business",
        "company.industry.label": "Shipping",
        "business_goal": "Cut returns from 9% to 4%",
        "closedate": "2026-03-31T00:00:00.000Z",
        "owner.name": "Rosa Lang",
    }
    ida = {"name": "Ida Brandt", "email": "ida@northwind.example"}
    assert deal.children == {"contacts": ({**ida, "label": "Champion"}, {**ida, "label": "Decision maker"})}


def test_a_deal_without_contacts_or_company_is_read_and_has_none(crm: HubSpot, portal: FakePortal) -> None:
    deal = only_deal(crm, portal)

    assert (deal.account_id, deal.account_name, deal.children) == (None, None, {"contacts": ()})
    assert portal.count("tie") == 0


def test_the_only_company_is_the_account_though_none_is_primary(crm: HubSpot, portal: FakePortal) -> None:
    portal.records["companies"]["9001"] = record("9001", name="Northwind")
    portal.tie("companies", number(1), 9001)

    assert only_deal(crm, portal).account_id == "9001"


def test_of_several_companies_none_is_taken_by_chance(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(won_deal())
    for one in (9000, 9001):
        portal.records["companies"][str(one)] = record(str(one), name="Northwind")
        portal.tie("companies", number(1), one)

    assert "Mark one as primary" in only_unreadable(crm).why


def test_line_items_come_with_their_product(portal: FakePortal, clock: FakeClock) -> None:
    portal.records["line_items"]["5"] = record("5", name="Platform", quantity="2", hs_product_id="44")
    portal.records["line_items"]["6"] = record("6", name="Free text", quantity="1", hs_product_id=None)
    portal.records["products"]["44"] = record("44", family="Core")
    for one in (5, 6):
        portal.tie("line_items", number(1), one)
    wanted = Wanted((), {"line_items": ("name", "quantity", "product.family")})

    deal = only_deal(over(portal, clock, settings=ONCE, wanted=wanted), portal)

    assert deal.children["line_items"] == (
        {"name": "Platform", "quantity": Decimal(2), "product.family": "Core"},
        {"name": "Free text", "quantity": Decimal(1), "product.family": None},
    )


def test_many_associations_of_one_deal_are_read_to_the_last_page(crm: HubSpot, portal: FakePortal) -> None:
    for one in (7, 8):
        portal.records["contacts"][str(one)] = record(str(one), firstname=f"Ida {one}")
    rows = [{"toObjectId": one, "associationTypes": []} for one in (7, 8)]
    first = {"from": {"id": number(1)}, "to": rows[:1], "paging": {"next": {"after": "7"}}}
    portal.queue("ties", multi([], []), multi([first], []), multi([{"from": {"id": number(1)}, "to": rows[1:]}], []))

    deal = only_deal(crm, portal)

    assert [row["name"] for row in deal.children["contacts"]] == ["Ida 7", "Ida 8"]
    assert portal.of("ties")[-1].body == {"inputs": [{"id": number(1), "after": "7"}]}


def test_a_deal_whose_associations_an_answer_leaves_out_is_asked_for_alone(crm: HubSpot, portal: FakePortal) -> None:
    portal.records["companies"]["9001"] = record("9001", name="Northwind")
    portal.tie("companies", number(1), 9001)
    portal.queue("ties", multi([], []))

    assert only_deal(crm, portal).account_id == "9001"


def test_an_association_error_other_than_none_makes_that_deal_unreadable_alone(
    crm: HubSpot, portal: FakePortal
) -> None:
    portal.win(won_deal(1), won_deal(2))
    trouble = {"category": "INTERNAL_ERROR", "context": {"fromObjectId": [number(2)]}}
    empty = {"from": {"id": number(1)}, "to": []}
    portal.queue("ties", multi([empty], [trouble]))

    (page,) = crm.changed(WINDOW)

    assert ids([page]) == [number(1)]
    assert [(one.ref.id, "companies could not be read" in one.why) for one in page.unreadable] == [(number(2), True)]


@pytest.mark.parametrize(("kind", "record_id"), [("companies", 9001), ("contacts", 7)])
def test_a_record_that_a_deal_names_and_nobody_shows_makes_it_unreadable(
    kind: str, record_id: int, crm: HubSpot, portal: FakePortal
) -> None:
    portal.win(won_deal())
    portal.tie(kind, number(1), record_id, primary=kind == "companies")

    assert f"its {kind} is hidden" in only_unreadable(crm).why


def test_a_deactivated_owner_is_named_and_inactive(crm: HubSpot, portal: FakePortal) -> None:
    deal = only_deal(crm, portal, hubspot_owner_id="78")

    assert (deal.owner_email, deal.owner_active) == ("gone@northwind.example", False)


def test_an_owner_who_came_since_is_asked_for_once_more(crm: HubSpot, portal: FakePortal) -> None:
    only_deal(crm, portal)
    portal.owners.append({**portal.owners[0], "id": "79", "email": "new@northwind.example"})

    deal = only_deal(crm, portal, hubspot_owner_id="79")

    assert deal.owner_email == "new@northwind.example"


def test_an_owner_whom_nobody_shows_makes_the_deal_unreadable(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(won_deal(hubspot_owner_id="99"))

    assert "owner is hidden" in only_unreadable(crm).why

    asked = portal.count("owners")
    only_unreadable(crm)
    assert portal.count("owners") == asked


def test_a_mapped_property_that_is_not_there_is_named_with_the_nearest(portal: FakePortal, clock: FakeClock) -> None:
    portal.win(won_deal())
    crm = over(portal, clock, wanted=Wanted(("busines_goal", "company.industri")))

    with pytest.raises(ConfigError) as error:
        list(crm.changed(WINDOW))

    assert error.value.findings == (
        "The property busines_goal of deals is missing. Nearest: business_goal.",
        "The property industri of companies is missing. Nearest: industry.",
    )


def test_paths_that_lead_nowhere_are_refused_before_any_call(portal: FakePortal, clock: FakeClock) -> None:
    wanted = Wanted(("owner.mail", "company.name.first"), {"roles": ("label",)})

    with pytest.raises(ConfigError) as error:
        over(portal, clock, wanted=wanted)

    assert len(error.value.findings) == 3
    assert portal.calls == []


# When it was won


def test_a_deal_is_won_when_its_history_says_so_not_by_its_close_date(crm: HubSpot, portal: FakePortal) -> None:
    deal = only_deal(crm, portal)

    assert (deal.won_at, deal.won_how, deal.episode) == (
        datetime(2026, 3, 6, 16, 55, tzinfo=UTC),
        WonHow.HISTORY,
        1,
    )


def test_a_deal_lost_and_won_again_is_in_its_second_episode(crm: HubSpot, portal: FakePortal) -> None:
    again = "2026-03-09T10:00:00.000Z"
    history = [
        ("closedwon", again),
        ("appointmentscheduled", "2026-03-08T10:00:00.000Z"),
        ("closedwon", "2026-03-07T10:00:00.000Z"),
        ("closedwon", "2026-03-06T16:55:00.000Z"),
    ]

    deal = only_deal(crm, portal, history=history)

    assert (deal.episode, deal.won_at) == (2, datetime.fromisoformat(again))


def test_without_history_the_day_it_entered_its_stage_dates_the_win(crm: HubSpot, portal: FakePortal) -> None:
    deal = only_deal(crm, portal, history=[])

    assert (deal.won_at, deal.won_how) == (datetime(2026, 3, 7, 9, tzinfo=UTC), WonHow.LAST_STAGE_CHANGE)


@pytest.mark.parametrize("empty", [None, "", "0"])
def test_a_win_that_nothing_dates_is_of_the_close_date_or_of_now(
    empty: str | None, crm: HubSpot, portal: FakePortal
) -> None:
    undated = {"history": [], "hs_v2_date_entered_current_stage": empty}

    late = only_deal(crm, portal, **undated)
    old = only_deal(crm, portal, **undated, closedate="2025-06-01T00:00:00.000Z")

    assert (late.won_at, late.won_how) == (SEEN, WonHow.FIRST_SEEN)
    assert old.won_at == datetime(2025, 6, 1, tzinfo=UTC)


# Departures, and where deals stand


def test_deals_that_are_not_won_any_more_are_told_by_their_stage_and_deleted_ones_without(
    crm: HubSpot, portal: FakePortal
) -> None:
    portal.win(
        won_deal(1, hs_is_closed_won="false", dealstage="appointmentscheduled"),
        won_deal(2, hs_is_closed_won=None, dealstage="closedlost"),
        won_deal(3),
    )
    portal.bin = {
        number(4): {**won_deal(4), "archivedAt": "2026-03-10T11:20:00.000Z"},
        number(5): {**won_deal(5), "archivedAt": "2026-03-09T11:20:00.000Z"},
    }

    left = [(one.ref.id, one.stage) for page in crm.left(WINDOW) for one in page]

    assert left == [(number(1), "Appointment scheduled"), (number(2), "Closed lost"), (number(4), None)]


def test_whereabouts_tell_won_open_lost_and_deleted_apart(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(
        won_deal(1),
        won_deal(2, hs_is_closed_won="false", hs_is_closed="false", dealstage="appointmentscheduled"),
        won_deal(3, hs_is_closed_won="false", dealstage="closedlost"),
    )
    portal.bin = {number(4): won_deal(4)}

    assert crm.whereabouts([number(one) for one in range(1, 6)]) == {
        number(1): Whereabouts.WON,
        number(2): Whereabouts.OPEN,
        number(3): Whereabouts.LOST,
        number(4): Whereabouts.DELETED,
    }


def test_a_census_counts_what_was_won_in_the_window_from_the_store_and_not_from_the_index(
    portal: FakePortal, clock: FakeClock
) -> None:
    crm = over(portal, clock, write_fields=("handoff_status", "handoff_completeness"))
    portal.records["companies"]["9001"] = record("9001", name="Northwind")
    portal.tie("companies", number(1), 9001)
    portal.win(
        won_deal(1, handoff_status="Handed off", handoff_completeness="80"),
        won_deal(2, history=[("closedwon", "2026-01-02T10:00:00.000Z")]),
        won_deal(3, hs_is_closed_won="false", dealstage="closedlost"),
    )
    portal.bin = {number(4): won_deal(4)}
    march = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))

    counted = [one for page in crm.census(march) for one in page]

    assert [(one.ref.id, one.deleted) for one in counted] == [(number(1), False), (number(4), True)]
    assert (counted[0].account_id, counted[0].account_name) == ("9001", "Northwind")
    assert counted[0].told == {"handoff_status": "Handed off", "handoff_completeness": Decimal(80)}
    assert portal.count("search") == 0


def test_a_census_always_counts_a_deal_whose_win_nothing_dates(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(won_deal(history=[], hs_v2_date_entered_current_stage=None))
    later = Window(datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 3, 25, tzinfo=UTC))

    assert [one.won_how for page in crm.census(later) for one in page] == [WonHow.FIRST_SEEN]


# Finding by name


def test_deals_are_found_by_their_own_and_by_their_company_s_name_the_newest_first(
    crm: HubSpot, portal: FakePortal
) -> None:
    portal.records["companies"]["9001"] = record("9001", name="Harbor Freight")
    portal.tie("companies", number(1), 9001)
    portal.win(
        won_deal(1, dealname="50 seats", closedate="2026-01-31T00:00:00.000Z"),
        won_deal(2, dealname="Harbor Freight, more"),
        won_deal(3, dealname="Harbor and Freight"),
    )

    assert crm.search("harbor freight") == [
        (number(2), "Harbor Freight, more"),
        (number(1), "50 seats, Harbor Freight"),
    ]


def test_an_id_and_a_pasted_address_find_the_deal(crm: HubSpot, portal: FakePortal) -> None:
    portal.win(won_deal())
    address = f"https://app.hubspot.com/contacts/123/record/0-3/{number(1)}?eschref=x"

    assert crm.search(number(1)) == crm.search(address) == [(number(1), "Northwind - 50 seats")]
    assert portal.count("search") == 0


def test_words_without_a_letter_find_nothing_and_ask_nothing(crm: HubSpot, portal: FakePortal) -> None:
    assert crm.search(" % ") == []
    assert portal.calls == []


# The portal itself


def test_the_server_s_time_is_the_answer_s_own_date(crm: HubSpot, clock: FakeClock) -> None:
    assert crm.server_now() == clock.now().replace(microsecond=0)
    assert crm.org() == PORTAL


@pytest.mark.parametrize("body", [{"results": "none"}, {}, {"results": [{"id": "x"}]}])
def test_a_search_that_is_none_is_transient_and_no_quiet_day(body: Any, crm: HubSpot, portal: FakePortal) -> None:
    portal.queue("search", Reply(200, body))

    with pytest.raises(Transient):
        list(crm.changed(WINDOW))


EMPTY: dict[str, Any] = {"total": 0, "results": []}


def test_a_time_zone_that_is_none_is_refused_with_the_setting_and_the_nearest() -> None:
    where = {"HANDOFF_CRM_EMEA_TIME_ZONE": "Mars/Base", "HANDOFF_CRM_EMEA_SERVICE_KEY": "sandbox"}

    with pytest.raises(ConfigError) as caught:
        Instance("crm", "emea", {"system": "hubspot"}, where).read(HubSpotInstance)

    assert "HANDOFF_CRM_EMEA_TIME_ZONE: time_zone: 'Mars/Base' is no time zone" in str(caught.value)
