"""What ChurnZero's REST API is asked, and what is said where there is none."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors._churnzero_values import as_held
from handoff.errors import ConfigError, NotAllowed
from handoff.model import Step, User
from tests.connectors.churnzero.world import ACCOUNT, OTHER, PRIYA, Script, StandIn, connector, step

MOMENT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def account(account_id: str = ACCOUNT, **attributes: Any) -> Step:
    return step("account", {"accountExternalId": account_id, **attributes})


def event(**more: Any) -> Step:
    ids = {"accountExternalId": ACCOUNT, "contactExternalId": "sales-handoff"}
    said = {"eventName": "Deal Closed Won", "eventDate": MOMENT, "description": "Harbor lights"}
    return step("event", {**ids, **said}, **more)


def test_without_the_rest_api_everybody_counts_as_a_user_and_nothing_is_asked():
    tenant = StandIn()

    users = tenant.connector(verify=False).people(["New.CSM@harbor.example"])

    assert users == {"new.csm@harbor.example": User("new.csm@harbor.example", "new.csm@harbor.example", active=True)}
    assert tenant.asked == []


def test_without_the_rest_api_nothing_is_found_and_what_is_known_counts_as_there():
    tenant = StandIn()
    platform = tenant.connector(verify=False)
    platform.put([account(Name="Globex")])
    known = account(Name="Globex")
    known = known.with_payload(known.payload, ref=ACCOUNT)

    assert platform.find([known]) == {}
    assert platform.customers([ACCOUNT]) == {}
    assert {key: (one.ref, dict(one.values)) for key, one in platform.read([known]).items()} == {
        known.key: (ACCOUNT, {})
    }
    assert [one.url.path for one in tenant.asked] == ["/i"]


def test_without_the_rest_api_a_census_is_refused_and_not_empty():
    with pytest.raises(ConfigError, match="verify = true"):
        list(StandIn().connector(verify=False).census())


def test_a_record_is_read_by_its_id_alone():
    """The ledger asks for records without payloads."""
    tenant = StandIn()
    platform = tenant.connector()
    (made,), (recorded,) = platform.put([account(Name="Globex")]), platform.put([event()])

    bare = [step(kind, {}, ref=ref) for kind, ref in (("account", made.ref), ("event", recorded.ref))]
    held = platform.read(bare)

    assert {key: (one.ref, one.label) for key, one in held.items()} == {
        bare[0].key: (ACCOUNT, "Globex"),
        bare[1].key: (recorded.ref, "Deal Closed Won"),
    }


def test_what_somebody_deleted_is_not_there():
    tenant = StandIn()
    platform = tenant.connector()
    (made,) = platform.put([event()])
    tenant.load(Event=[{"Id": 1, "_deleted": True}])

    assert platform.read([event(ref=made.ref)]) == {}


def test_a_standard_attribute_that_is_not_shown_cannot_be_read_back_and_is_not_empty():
    tenant = StandIn()
    tenant.load(Account=[{"ExternalId": ACCOUNT, "OwnerUserAccount": PRIYA, "BillingAddressCity": "Hull"}])
    wanted = account(Name="Globex", OwnerUserAccount="ben", BillingAddressCity="Leeds", Goal="Grow")

    ((found,),) = tenant.connector().find([wanted]).values()

    assert found.holds == {"accountExternalId": ACCOUNT, "Name": None, "Goal": None}


def test_a_standard_attribute_that_is_shown_is_read_by_its_own_name():
    tenant = StandIn(account_columns="all")
    tenant.load(Account=[{"ExternalId": ACCOUNT, "OwnerUserAccount": PRIYA, "BillingAddressCity": "Hull"}])

    ((found,),) = tenant.connector().find([account(OwnerUserAccount="ben", BillingAddressCity="Leeds")]).values()

    assert found.holds == {"accountExternalId": ACCOUNT, "OwnerUserAccount": PRIYA, "BillingAddressCity": "Hull"}


def test_an_event_of_another_moment_or_another_key_is_another_one():
    tenant = StandIn()
    platform = tenant.connector()
    platform.put([event()])
    later = step("event", {**event().payload, "eventDate": MOMENT.replace(minute=31)})

    assert platform.find([later, event(name="other")]) == {}


@pytest.mark.parametrize("lookup", ["moment", "account"])
def test_events_are_found_among_many_pages(lookup):
    tenant = StandIn(page=2)
    platform = tenant.connector(event_lookup=lookup)
    steps = [event(name=f"won_{number}") for number in range(5)]
    made = platform.put(steps)

    found = platform.find(steps)

    assert {key: [one.ref for one in some] for key, some in found.items()} == {one.key: [one.ref] for one in made}
    assert len({one.ref for one in made}) == 5


def test_where_nothing_can_be_filtered_by_account_events_are_listed_by_moment():
    tenant = StandIn(page=2, external_id_filter="refused")
    platform = tenant.connector(account_filter=False, event_lookup="account")
    steps = [event(name=f"won_{number}") for number in range(5)]
    theirs = step("event", {**event().payload, "accountExternalId": OTHER}, name="won_0")
    made = platform.put(steps)
    platform.put([theirs])

    found = platform.find([*steps, event(name="unsent")])

    assert {key: [one.ref for one in some] for key, some in found.items()} == {one.key: [one.ref] for one in made}
    asked = [one.url.params.get("$filter") for one in tenant.asked if one.url.path.endswith("/Event")]
    assert asked == ["EventDate eq 2026-03-10T09:30:00Z"] * 3


def test_where_nothing_can_be_filtered_by_account_contacts_are_paged_through_once():
    tenant = StandIn(page=2, external_id_filter="refused")
    platform = tenant.connector(account_filter=False)
    ida, ben = (
        step("contact", {"accountExternalId": of, "contactExternalId": "ida", "FirstName": name}, name=name)
        for of, name in ((ACCOUNT, "Ida"), (OTHER, "Ben"))
    )
    platform.put([account(), account(OTHER)])
    platform.put([ida, ben])
    tenant.load(Contact=[{"ExternalId": f"x{number}", "AccountExternalId": "else"} for number in range(3)])

    found = platform.find([ida, ben])

    assert {key: one.holds["FirstName"] for key, (one,) in found.items()} == {ida.key: "Ida", ben.key: "Ben"}
    assert len([one for one in tenant.asked if one.url.path.endswith("/Contact")]) == 3


def test_accounts_are_asked_for_many_at_once_where_the_tenant_lets_it():
    tenant = StandIn(page=2)
    ids = [f"0015g0000000{number:03d}AAA" for number in range(5)]
    tenant.load(Account=[{"ExternalId": one, "Name": f"It's {one}"} for one in ids])

    known = tenant.connector(account_lookup="filter", accounts_per_lookup=3).customers([*ids, OTHER])

    assert {one: customer.name for one, customer in known.items()} == {one: f"It's {one}" for one in ids}
    accounts = [one for one in tenant.asked if one.url.path.endswith("/Account")]
    assert len(accounts) == 3  # of three a page of two and a page of one, of the other three a page of two


def test_a_quote_in_an_id_stays_in_the_id():
    tenant = StandIn()
    tenant.load(Account=[{"ExternalId": "o'hara 1", "Name": "O'Hara"}])

    known = tenant.connector().customers(["o'hara 1"])

    assert known["o'hara 1"].name == "O'Hara"


@pytest.mark.parametrize("how", ["error", "message", "empty", "204"])
def test_a_new_customer_is_not_there_however_that_is_said(how):
    tenant = StandIn(unknown_account=how)
    platform = tenant.connector()

    assert platform.find([account(Name="Globex")]) == {}
    assert platform.customers([OTHER]) == {}
    assert len(tenant.asked) == 2


@pytest.mark.parametrize(
    ("headers", "body"),
    [({"content-type": "text/html; charset=utf-8"}, b""), ({}, b"\r\n<!DOCTYPE html><p>404"), ({}, b"<HTML>")],
)
def test_a_page_where_an_account_was_asked_for_is_another_address(headers, body):
    platform = connector(Script(httpx.Response(404, headers=headers, content=body)))

    with pytest.raises(NotAllowed, match="Check `tenant` and `region`"):
        platform.customers([ACCOUNT])


@pytest.mark.parametrize("how", ["message", "empty"])
def test_a_list_that_is_not_known_is_another_address(how):
    body = b'{"Message": "No resource was found"}' if how == "message" else b""

    with pytest.raises(NotAllowed, match="Check `tenant` and `region`"):
        connector(Script(httpx.Response(404, content=body))).people([PRIYA])


def test_a_census_counts_by_the_names_it_is_told():
    tenant = StandIn()
    platform = tenant.connector(census_events=("Signed",))
    platform.put([event(), step("event", {**event().payload, "eventName": "Signed"}, name="signed")])

    counted = [one.key for page in platform.census() for one in page]

    assert counted == [event(name="signed").key]


def test_what_others_wrote_is_not_counted():
    tenant = StandIn()
    said = {"EventDate": "2026-03-10T09:30:00Z", "AccountExternalId": ACCOUNT, "ContactExternalId": "a"}
    tenant.load(
        Account=[{"ExternalId": ACCOUNT, "Name": "Globex", "CfBridgeKey": "hb: not a key"}],
        Event=[{"EventTypeName": "Deal Closed Won", "Description": "Signed by hand", **said}],
    )

    assert [one for page in tenant.connector().census() for one in page] == []


def test_a_user_without_activity_is_told_apart_and_asked_for_once():
    tenant = StandIn()
    tenant.load(UserAccount=[{"Id": 7, "IsActive": False}])
    platform = tenant.connector()

    first, second = platform.people([PRIYA]), platform.people([PRIYA, PRIYA.title()])

    assert (first[PRIYA].active, second) == (False, first)
    assert len(tenant.asked) == 1


def test_users_are_listed_by_the_name_that_the_tenant_has_for_them():
    tenant = StandIn(user_object="User")

    assert tenant.connector(user_object="User").people([PRIYA]) == {PRIYA: User(PRIYA, PRIYA, True, "Priya Shah")}


@pytest.mark.parametrize(
    ("said", "ours", "held"),
    [
        (None, "New", None),
        ("", "New", None),
        ("New", "New", "New"),
        ("new", "New", "new"),
        (48000.0, Decimal("48000.00"), Decimal("48000.00")),
        (5, Decimal(48000), Decimal(5)),
        ("2026-12-01T00:00:00Z", date(2026, 12, 1), date(2026, 12, 1)),
        ("2026-12-02T00:00:00Z", date(2026, 12, 1), date(2026, 12, 2)),
        ("2026-03-10T10:30:00+01:00", MOMENT, MOMENT),
        (True, True, True),
        ("No", True, False),
        ("a,b", ["a", "b"], ["a", "b"]),
        ("whenever", date(2026, 12, 1), "whenever"),
    ],
)
def test_what_a_record_holds_comes_in_the_type_of_our_value(said, ours, held):
    assert as_held(said, ours) == held
