"""A look at a tenant names what is wrong before anything is sent, and says what no call can tell."""

from dataclasses import replace

import httpx
import pytest

from connectors._totango_settings import Addresses
from handoff.expected import expected_of_platform
from handoff.inspection import Addressed, ExpectedField, ExpectedOfPlatform, ExpectedStep, State
from sandbox.totango.catalogue import PLAYS
from sandbox.totango.org import totango_user
from tests.connectors.totango.standing import BASE, StandIn, mappings, platform
from tests.connectors.totango.world import PRIYA
from tests.fakes import FakeClock


def catalogue():
    """Return the plays of the stand-in by name."""
    return {play.name: play.id for play in PLAYS}


def wanted(*, play="", stage="Kick Off", flow="onboarding", email=PRIYA):
    steps = [
        ExpectedStep(
            "enrolment", "enrolment", (ExpectedField("Onboarding Stage", "totango.yml:9", literals=(stage,)),)
        ),
        ExpectedStep("brief", "touchpoint", (ExpectedField("activity_type_id", "totango.yml:12", literals=(flow,)),)),
    ]
    if play:
        field = ExpectedField("successplayId", "totango.yml:15", literals=(play,))
        steps.append(ExpectedStep("handover", "play", (field,)))
    return ExpectedOfPlatform(tuple(steps), (Addressed(email, ("csm in people.yml",)),))


@pytest.fixture
def totango():
    stand_in = StandIn(FakeClock())
    stand_in.load(accounts=[{"id": "A1", "name": "Globex", "attributes": {"Onboarding Stage": "Kick Off"}}])
    return stand_in


def findings(checks):
    return {check.name: [one.what for one in check.findings] for check in checks if check.findings}


def look(totango, expected=None, **more):
    return platform(totango, read_only=True, **more).inspect(expected or wanted())


def test_a_tenant_that_has_all_is_well_and_nothing_was_written(totango):
    before = [totango.rows(name) for name in ("accounts", "tasks", "play_runs")]

    checks = look(totango, wanted(play=catalogue()["Internal Handover"]))

    assert findings(checks) == {}
    assert {check.state for check in checks} == {State.WELL}
    assert [totango.rows(name) for name in ("accounts", "tasks", "play_runs")] == before


def test_the_wrong_region_is_named(totango):
    checks = look(totango, region="eu", elsewhere=Addresses.of("us", BASE))

    assert findings(checks) == {"region": ["region is eu, and the token is one of region us."]}
    assert {check.state for check in checks if check.name != "region"} == {State.NOT_CHECKED}
    assert 'region = "us" in handoff.toml [platform.cs]' in checks[0].findings[0].remedy


class Cut(StandIn):
    """A stand-in of which the European part is out of reach."""

    def __call__(self, request):
        if request.url.path.startswith("/api-eu1"):
            raise httpx.ConnectError("no route")
        return super().__call__(request)


def test_that_the_token_is_of_no_region_is_said_only_where_the_other_one_refused_it_too():
    totango = Cut(FakeClock())
    totango.engine.tenant({"inactive_users": ["integration@harbor.example"]})

    (what,) = findings(look(totango, elsewhere=Addresses.of("eu", BASE)))["credentials"]

    assert "the token is not accepted" in what
    assert "neither region" not in what


def test_the_full_service_id_is_named_with_the_number_in_it(totango):
    (finding,) = next(one for one in look(totango, service_id="SP-10001-01") if one.name == "service id").findings

    assert "takes the number in its middle alone" in finding.what
    assert 'service_id = "10001"' in finding.remedy


def test_the_number_of_another_service_is_named(totango):
    assert findings(look(totango, service_id="777"))["service id"] == [
        "service_id is 777, and the token is of the service 10001."
    ]


def test_the_token_of_a_deactivated_user_is_not_accepted(totango):
    totango.engine.tenant({"inactive_users": ["integration@harbor.example"]})

    checks = look(totango, elsewhere=Addresses.of("eu", BASE))

    (finding,) = next(check for check in checks if check.name == "credentials").findings
    assert finding.what.startswith(
        "The token is accepted in neither region (us, eu): its user may have been deactivated"
    )
    assert "HANDOFF_PLATFORM_CS_TOKEN" in finding.remedy
    assert "region" not in findings(checks)


def test_a_stage_in_the_wrong_case_is_named(totango):
    (what,) = findings(look(totango, wanted(stage="kick off")))["stages"]

    assert "'kick off' is spelled 'Kick Off'" in what


def test_a_stage_in_which_no_account_is_cannot_be_checked(totango):
    checks = look(totango, wanted(stage="Live"))

    assert next(check for check in checks if check.name == "stages").state is State.NOT_CHECKED


@pytest.mark.parametrize(
    ("email", "said"),
    [("nobody@harbor.example", "is no user of Totango"), ("lee.left@harbor.example", "is a disabled user")],
)
def test_an_owner_who_is_no_active_user_is_named(totango, email, said):
    totango.load(totango_users=[totango_user("Lee Left", "lee.left@harbor.example")])
    totango.engine.tenant({"inactive_users": ["lee.left@harbor.example"]})

    (what,) = findings(look(totango, wanted(email=email)))["people"]

    assert said in what


@pytest.mark.parametrize(
    ("play", "said"), [("Kick-off Prep", "not marked manual"), ("Legacy", "not active"), ("", "no such SuccessPlay")]
)
def test_a_play_that_cannot_be_run_is_named(totango, play, said):
    (what,) = findings(look(totango, wanted(play=catalogue().get(play, "no-such-play"))))["plays"]

    assert said in what


def test_each_wrong_play_is_told_at_its_own_step(totango):
    def step(name, place, play):
        return ExpectedStep(name, "play", (ExpectedField("successplayId", place, literals=(play,)),))

    steps = (
        step("one", "totango.yml:15", "no-such-play"),
        step("two", "totango.yml:19", "none-either"),
        step("three", "totango.yml:23", "none-either"),
    )

    said = findings(look(totango, ExpectedOfPlatform(steps)))["plays"]

    assert [one.partition(", runs ")[0] for one in said] == ["totango.yml:15", "totango.yml:19; totango.yml:23"]


def test_plays_are_not_tried_where_that_is_switched_off(totango):
    checks = look(totango, wanted(play="any"), probe_plays=False)

    assert next(check for check in checks if check.name == "plays").state is State.NOT_CHECKED


def test_a_flow_that_is_not_there_is_named(totango):
    (what,) = findings(look(totango, wanted(flow="onbording")))["lists"]

    assert what == "There is no flow 'onbording'; totango.yml:12 names it."


def test_the_shipped_mapping_finds_all_it_needs_in_the_stand_in(totango):
    expected = replace(expected_of_platform(mappings()), people=())

    assert findings(look(totango, expected)) == {}


def test_a_play_that_is_refused_with_a_good_status_is_named(totango):
    totango.engine.tenant({"totango": {"play_refusal": "body"}})

    (what,) = findings(look(totango, wanted(play=catalogue()["Legacy"])))["plays"]

    assert "the SuccessPlay is not active" in what


@pytest.mark.parametrize("name", ["Region (EMEA)", "contract.value", "x" * 101])
def test_a_name_that_no_attribute_can_have_is_named(totango, name):
    fields = (ExpectedField("Onboarding Stage", "totango.yml:9"), ExpectedField(name, "totango.yml:10"))

    (what,) = findings(look(totango, ExpectedOfPlatform((ExpectedStep("enrolment", "enrolment", fields),))))[
        "attributes"
    ]

    assert what.startswith(f"{name!r}, totango.yml:10: an attribute's name may have letters")
