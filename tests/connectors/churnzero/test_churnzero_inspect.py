"""A look at a tenant before anything is sent: what is wrong is named, and what nobody can know is said so."""

from typing import Any

import httpx
import pytest

from connectors.churnzero import SYSTEM, Addresses
from handoff.expected import expected_of_platform
from handoff.inspection import Addressed, Check, ExpectedField, ExpectedOfPlatform, ExpectedStep, State
from handoff.loading import load_mappings
from tests.connectors.churnzero.world import ACCOUNT, PRIYA, StandIn, connector
from tests.handoff.builders import SHIPPED

NEW, UNKNOWN = "ben.okafor@harbor.example", "nobody@harbor.example"
WANTED = ExpectedOfPlatform(
    steps=(
        ExpectedStep("account", "account", (ExpectedField("accountExternalId", "a"), ExpectedField("Goal", "g"))),
        ExpectedStep("won", "event", (ExpectedField("eventName", "e", literals=("Deal Closed Won",)),)),
    ),
    people=(Addressed(PRIYA, ("csm, people.yml",)),),
)


def looked_at(tenant: StandIn, wanted: ExpectedOfPlatform = WANTED, **more: Any) -> dict[str, Check]:
    checks = tenant.connector(read_only=True, **more).inspect(wanted)
    return {f"{one.system.removeprefix('churnzero cs').strip()} {one.name}".strip(): one for one in checks}


def told(check: Check) -> str:
    return "; ".join(f"{one.what} {one.remedy}" for one in check.findings)


def test_a_tenant_that_has_all_is_well_and_its_key_is_said_to_be_unknown():
    checks = looked_at(StandIn())

    assert {name: one.state for name, one in checks.items()} == {
        "address": State.WELL,
        "application key": State.NOT_CHECKED,
        "steps": State.WELL,
        "rest credentials": State.WELL,
        "rest one account": State.WELL,
        "rest filters": State.WELL,
        "rest attributes": State.WELL,
        "rest event types": State.WELL,
        "rest people": State.WELL,
    }
    assert "hand off one deal" in checks["application key"].because


@pytest.mark.parametrize(("region", "host"), [("us1", "analytics"), ("eu1", "eu1analytics")])
def test_a_host_that_nobody_named_is_not_checked_and_said_to_be_the_generic_one(region, host):
    """A wrong one answers 200 and a picture too, and loses all that is sent."""
    checks = looked_at(StandIn(), addresses=Addresses.of("acme", region, verify=True))

    assert checks["host"].state is State.NOT_CHECKED
    assert f"https://{host}.churnzero.net" in checks["host"].because
    assert "Admin > Application Keys" in checks["host"].because
    assert "`push_url`" in checks["host"].because


def test_a_host_that_is_named_is_taken_for_right():
    mine = Addresses.of("acme", "us1", push="https://acme.churnzero.net", verify=True)
    generic = Addresses.of("acme", "us1", push="https://analytics.churnzero.net", verify=True)

    assert "host" not in looked_at(StandIn(), addresses=mine)
    assert "host" not in looked_at(StandIn(), addresses=generic)


def test_a_look_sends_nothing_and_no_key_to_the_api_that_takes():
    tenant = StandIn()

    looked_at(tenant)

    assert tenant.pushed() == []
    assert [one.content for one in tenant.asked if one.url.path == "/"] == [b""]


def test_without_the_rest_api_it_is_said_what_cannot_be_known():
    checks = looked_at(StandIn(), verify=False)

    assert checks["address"].state is State.WELL
    assert {one.state for name, one in checks.items() if name.startswith("rest")} == {State.NOT_CHECKED}
    assert "OwnerUserAccount is matched by name" in checks["rest people"].because


def test_an_add_on_that_is_missing_is_named():
    checks = looked_at(StandIn(add_on=False))

    assert checks["rest credentials"].state is State.FOUND
    assert "(HTTP 403)" in told(checks["rest credentials"])
    assert "add-on" in told(checks["rest credentials"])
    assert checks["rest people"].state is State.NOT_CHECKED


def test_a_list_of_users_that_has_another_name_keeps_nothing_else_from_being_looked_at():
    checks = looked_at(StandIn(user_object="User"))

    assert (checks["rest credentials"].state, checks["rest attributes"].state) == (State.WELL, State.WELL)
    assert "`user_object`" in told(checks["rest people"])
    assert looked_at(StandIn(user_object="User"), user_object="User")["rest people"].state is State.WELL


def test_a_key_of_the_rest_api_that_is_not_accepted_is_named():
    checks = looked_at(StandIn(api_key="another"))

    assert "Admin > API Keys" in told(checks["rest credentials"])


def test_a_host_that_is_out_of_reach_is_named():
    def nowhere(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no such host", request=request)

    address = connector(nowhere, verify=False, read_only=True).inspect(WANTED)[0]

    assert (address.name, address.state) == ("address", State.FOUND)
    assert "could not be reached" in told(address)


def test_owners_who_are_no_users_or_not_active_are_named():
    tenant = StandIn()
    tenant.load(UserAccount=[{"Id": 7, "IsActive": False}])
    wanted = ExpectedOfPlatform(people=(Addressed(PRIYA, ("csm",)), Addressed(UNKNOWN, ("leads smb",))))

    said = told(looked_at(tenant, wanted)["rest people"])

    assert f"{PRIYA} (csm) is not active" in said
    assert f"the address {UNKNOWN} (leads smb)" in said


def test_attributes_and_events_that_are_nowhere_yet_are_told():
    tenant = StandIn()
    tenant.load(Account=[{"ExternalId": ACCOUNT, "Name": "Globex"}])

    checks = looked_at(tenant)

    assert "Goal (g)" in checks["rest attributes"].told
    assert checks["rest event types"].told.endswith("Deal Closed Won")


def test_attributes_that_are_there_are_not_told():
    tenant = StandIn()
    tenant.load(Account=[{"ExternalId": ACCOUNT, "Name": "Globex", "CfGoal": "Grow"}])

    assert looked_at(tenant)["rest attributes"].told.endswith("none")


def test_a_standard_attribute_that_is_not_shown_is_told_and_not_called_new():
    tenant, owned = StandIn(), (ExpectedField("OwnerUserAccount", "o"), ExpectedField("Name", "n"))
    tenant.load(Account=[{"ExternalId": ACCOUNT, "Name": "Globex"}])

    told = looked_at(tenant, ExpectedOfPlatform(steps=(ExpectedStep("account", "account", owned),)))[
        "rest attributes"
    ].told

    assert told.startswith(
        "not shown, so left alone in what is there already (write: always apart): OwnerUserAccount (o); "
    )
    assert told.endswith("none")


@pytest.mark.parametrize(("filtered", "found"), [(True, True), (False, False)])
def test_a_filter_by_account_that_the_tenant_refuses_is_found(filtered, found):
    tenant = StandIn(external_id_filter="refused")

    check = looked_at(tenant, account_filter=filtered)["rest filters"]

    assert bool(check.findings) is found
    assert ("`account_filter = false`" in told(check)) is found


def test_an_account_that_is_listed_and_not_found_by_its_id_is_found():
    """Every customer would be taken for a new one, and written over."""
    tenant = StandIn()
    tenant.load(Account=[{"ExternalId": ACCOUNT, "Name": "Globex"}])

    def by_no_key(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404) if "Account(" in request.url.path else tenant(request)

    checks = connector(by_no_key, clock=tenant.clock, read_only=True).inspect(WANTED)

    (one,) = [check for check in checks if check.name == "one account"]
    assert "account_lookup" in told(one)
    assert looked_at(tenant)["rest one account"].findings == ()


def test_an_event_that_would_not_be_counted_is_found():
    checks = looked_at(StandIn(), census_events=("Signed",))

    assert "'Deal Closed Won' is not among census_events" in told(checks["rest event types"])


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((ExpectedStep("won", "event", (ExpectedField("description", "d", updates=True),)),), "cannot be changed"),
        ((ExpectedStep("one", "account", ()), ExpectedStep("two", "account", ())), "Several steps"),
    ],
)
def test_what_no_tenant_could_take_is_found_without_asking(steps, words):
    assert words in told(looked_at(StandIn(), ExpectedOfPlatform(steps=steps), verify=False)["steps"])


def test_the_shipped_mapping_is_well_but_for_people_who_are_no_users():
    mappings = load_mappings(SHIPPED, crm="salesforce", platform=SYSTEM.platform)

    checks = looked_at(StandIn(), expected_of_platform(mappings))

    assert [name for name, one in checks.items() if one.findings] == ["rest people"]
