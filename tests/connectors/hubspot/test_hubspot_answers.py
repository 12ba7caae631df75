"""What HubSpot's answers mean: its two budgets, its two shapes of a 429, its credentials, its pauses."""

import pickle
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors._hubspot_paths import Paths
from connectors._hubspot_settings import OAuth
from connectors._hubspot_wire import Wire
from connectors.hubspot import ROUTES, HubSpot
from handoff.errors import ConfigError, NotAllowed, Rejected, ServiceError, Transient
from handoff.model import Result, Window
from handoff.ports import Limit, Spans
from tests.connectors.hubspot.fake_portal import (
    OAUTH,
    FakePortal,
    Reply,
    hubspot_over,
    receipt,
    refusal,
    wire_to,
    won_deal,
)
from tests.fakes import FakeClock, OpenBudget

WINDOW = Window(datetime(2026, 3, 10, 11, tzinfo=UTC), datetime(2026, 3, 10, 12, tzinfo=UTC))
SECONDLY = Reply(
    429, {"status": "error", "message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}
)
TEN_SECONDLY = Reply(429, {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"})
DAILY = Reply(429, {"errorType": "RATE_LIMIT", "policyName": "DAILY"})


class KeptBudget(OpenBudget):
    """Grants every call; `limits` holds what each was spent from, `shut` what was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.limits: list[tuple[Limit, ...]] = []
        self.shut: list[tuple[timedelta, ...]] = []

    def spend(self, name: str, limits: Any, at: datetime, calls: int = 1) -> datetime | None:
        self.limits.append(tuple(limits))
        return super().spend(name, limits, at, calls)

    def close(self, name: str, limits: Any, at: datetime) -> None:
        self.shut.append(tuple(one.per for one in limits))
        super().close(name, limits, at)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def portal(clock: FakeClock) -> FakePortal:
    return FakePortal(clock)


@pytest.fixture
def budget() -> KeptBudget:
    return KeptBudget()


@pytest.fixture
def wire(portal: FakePortal, clock: FakeClock, budget: KeptBudget) -> Wire:
    return wire_to(portal, clock, budget=budget)


@pytest.fixture
def crm(wire: Wire) -> HubSpot:
    return hubspot_over(wire)


# Budgets


def test_searches_have_a_budget_of_their_own_and_share_the_day(crm: HubSpot, budget: KeptBudget) -> None:
    crm.org()
    list(crm.changed(WINDOW))

    ten, day = Limit(timedelta(seconds=10), 80, Spans.ROLLING), Limit(timedelta(days=1), 200_000)
    second = Limit(timedelta(seconds=1), 4, Spans.ROLLING)
    assert budget.limits == [(ten, day), (second, day), (second, day)]
    assert {name for name, _ in budget.spent} == {"hubspot main"}


def test_the_traffic_counts_searches_and_calls(crm: HubSpot) -> None:
    crm.org()
    list(crm.changed(WINDOW))

    told = crm.traffic()
    assert (told.system, told.calls, [one.calls for one in told.limits]) == ("hubspot main", 3, [4, 80, 200_000])


@pytest.mark.parametrize(("body", "pause"), [(SECONDLY, 1.5), (TEN_SECONDLY, 10.5)])
def test_both_shapes_of_a_429_close_the_search_s_span_and_are_tried_again_when_it_is_over(
    body: Reply, pause: float, crm: HubSpot, portal: FakePortal, budget: KeptBudget, clock: FakeClock
) -> None:
    portal.queue("search", body)

    assert list(crm.changed(WINDOW)) == []
    assert budget.shut == [(timedelta(seconds=1), timedelta(days=1))]
    assert clock.slept == [pause]


def test_a_retry_after_is_obeyed(crm: HubSpot, portal: FakePortal, clock: FakeClock) -> None:
    portal.queue("details", Reply(429, TEN_SECONDLY.body, {"retry-after": "7"}))

    crm.org()

    assert clock.slept == [7.0]


def test_a_used_up_day_is_no_hammering_until_midnight_in_the_portal_s_zone(
    portal: FakePortal, clock: FakeClock, budget: KeptBudget
) -> None:
    crm = hubspot_over(wire_to(portal, clock, budget=budget, zone="US/Eastern"))
    portal.queue("details", DAILY)

    for _ in range(3):
        with pytest.raises(Transient, match="calls of this day are used up"):
            crm.org()
    assert portal.count("details") == 1
    assert budget.shut[-1] == (timedelta(days=1),)

    clock.at = datetime(2026, 3, 11, 4, 0, 1, tzinfo=UTC)  # daylight saving time began on 8 March
    assert crm.org() == "123"


# Pauses and refusals


def test_a_locked_record_is_tried_again_after_two_seconds_at_least(
    crm: HubSpot, portal: FakePortal, clock: FakeClock
) -> None:
    portal.win(won_deal())
    portal.queue("write", refusal("LOCKED", status=423))

    assert [one.result for one in crm.write_back([receipt()])] == [Result.UPDATED]
    assert clock.slept[0] >= 2


def test_a_portal_that_is_being_moved_is_left_alone_for_as_long_as_it_says(
    crm: HubSpot, portal: FakePortal, clock: FakeClock
) -> None:
    portal.queue("details", Reply(477, None, {"retry-after": "86400"}))

    with pytest.raises(Transient, match="moved") as error:
        crm.org()

    assert (error.value.wait, portal.count("details"), clock.slept) == (86_400, 1, [])


@pytest.mark.parametrize("status", [500, 502, 503, 504, 521, 524])
def test_a_page_of_html_from_a_broken_server_is_transient(status: int, crm: HubSpot, portal: FakePortal) -> None:
    portal.queue("details", *[Reply(status, "<html>")] * 4)

    with pytest.raises(Transient):
        crm.org()


@pytest.mark.parametrize("body", ["", "[]", '{"portalId": 12'])
def test_a_good_status_without_a_whole_object_is_transient(body: str, crm: HubSpot, portal: FakePortal) -> None:
    portal.queue("details", *[Reply(200, body)] * 4)

    with pytest.raises(Transient):
        crm.org()


def test_a_refused_key_is_asked_once_and_then_left_alone_for_a_while(
    crm: HubSpot, portal: FakePortal, clock: FakeClock
) -> None:
    portal.queue("details", refusal("INVALID_AUTHENTICATION", status=401))

    for _ in range(3):
        with pytest.raises(NotAllowed, match="Service keys"):
            crm.org()
    assert portal.count("details") == 1

    clock.advance(301)
    assert crm.org() == "123"


def test_a_missing_scope_is_named_and_shuts_nothing_else(crm: HubSpot, portal: FakePortal) -> None:
    errors = [{"context": {"requiredGranularScopes": ["crm.objects.deals.read"]}}]
    portal.queue("search", refusal("MISSING_SCOPES", status=403, errors=errors))

    with pytest.raises(NotAllowed, match=r"lacks the scope crm\.objects\.deals\.read"):
        list(crm.changed(WINDOW))

    assert crm.org() == "123"


def test_a_refusal_names_the_property_and_the_request_and_no_value(crm: HubSpot, portal: FakePortal) -> None:
    message = (
        'Property values were not valid: [{"message":"ida@northwind.example","error":"INVALID_EMAIL","name":"x_y"}]'
    )
    portal.queue("search", refusal("VALIDATION_ERROR", message))

    with pytest.raises(Rejected) as error:
        list(crm.changed(WINDOW))

    assert str(error.value) == (
        "hubspot main failed while searching won deals (HTTP 400, request 7f3a): "
        "HubSpot refused it: INVALID_EMAIL on x_y."
    )


def test_a_call_that_is_sent_elsewhere_is_refused_and_not_followed(crm: HubSpot, portal: FakePortal) -> None:
    portal.queue("details", Reply(302, None, {"location": "https://elsewhere.example"}))

    with pytest.raises(NotAllowed, match="base_url"):
        crm.org()


@pytest.mark.parametrize("error", [httpx.ConnectError("no"), httpx.ReadTimeout("late")])
def test_a_read_that_got_no_answer_is_tried_again(error: Exception, crm: HubSpot, portal: FakePortal) -> None:
    portal.queue("details", error)

    assert crm.org() == "123"


# OAuth


def test_an_oauth_app_gets_a_token_first_and_keeps_it(portal: FakePortal, clock: FakeClock) -> None:
    crm = hubspot_over(wire_to(portal, clock, auth=OAUTH))

    crm.server_now()
    crm.server_now()

    assert [call.kind for call in portal.calls] == ["token", "details", "details"]
    assert portal.calls[1].headers["authorization"] == "Bearer fresh"
    assert "grant_type=refresh_token" in portal.calls[0].body


def test_a_token_is_renewed_before_it_ends(portal: FakePortal, clock: FakeClock) -> None:
    crm = hubspot_over(wire_to(portal, clock, auth=OAUTH))
    crm.server_now()
    clock.advance(1_700)

    crm.server_now()

    assert portal.count("token") == 2


def test_a_token_that_ended_early_is_renewed_once_and_never_in_a_loop(portal: FakePortal, clock: FakeClock) -> None:
    crm = hubspot_over(wire_to(portal, clock, auth=OAUTH))
    portal.queue("details", *[refusal("EXPIRED_AUTHENTICATION", status=401)] * 3)

    with pytest.raises(NotAllowed):
        crm.org()

    assert (portal.count("token"), portal.count("details")) == (2, 2)


def test_a_refused_refresh_token_is_asked_once(portal: FakePortal, clock: FakeClock) -> None:
    crm = hubspot_over(wire_to(portal, clock, auth=OAUTH))
    portal.queue("token", refusal("BAD_REFRESH_TOKEN"))

    with pytest.raises(NotAllowed, match="still installed"):
        crm.org()

    assert (portal.count("token"), portal.count("details")) == (1, 0)


def test_many_threads_renew_a_token_once(portal: FakePortal, clock: FakeClock) -> None:
    crm = hubspot_over(wire_to(portal, clock, auth=OAUTH))
    threads = [threading.Thread(target=crm.server_now) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert portal.count("token") == 1


def test_no_secret_is_shown() -> None:
    assert "secret" not in repr(OAuth("id", "secret", "secret"))


# Addresses


@pytest.mark.parametrize(
    ("version", "search", "ties", "owners"),
    [
        ("classic", "/crm/v3/objects/deals/search", "/crm/v4/associations/deals/contacts/batch/read", "/crm/v3/owners"),
        (
            "2026-09",
            "/crm/objects/2026-09/deals/search",
            "/crm/associations/2026-09/deals/contacts/batch/read",
            "/crm/owners/2026-09",
        ),
    ],
)
def test_one_setting_chooses_the_family_of_addresses(version: str, search: str, ties: str, owners: str) -> None:
    paths = Paths(version)

    assert paths.objects("deals", "search") == search
    assert paths.associations("deals", "contacts", "batch", "read") == ties
    assert paths.owners() == owners


@pytest.mark.parametrize("version", ["v3", "2026-04", "", "../2026-03"])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    with pytest.raises(ConfigError, match="Write 2026-03"):
        Paths(version)


def test_every_route_says_what_it_does_and_only_writes_are_no_reads() -> None:
    writes = ["writing the handoff's status back", "making tasks and notes", "changing tasks and notes"]
    assert [route.doing for route in ROUTES if not route.reads] == writes
    assert len({route.doing for route in ROUTES}) == len(ROUTES)


def test_errors_survive_being_sent_to_another_process(crm: HubSpot, portal: FakePortal) -> None:
    portal.queue("search", refusal("VALIDATION_ERROR", 'Property "x" does not exist'))

    with pytest.raises(Rejected) as error:
        list(crm.changed(WINDOW))

    again = pickle.loads(pickle.dumps(error.value))
    assert isinstance(again, ServiceError)
    assert str(again) == str(error.value)
