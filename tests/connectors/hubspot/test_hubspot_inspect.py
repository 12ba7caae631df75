"""A look at a portal: each thing that is wrong is one finding, and nothing is asked that could write."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors._hubspot_mapped import Wanted
from connectors.hubspot import HubSpot
from handoff.expected import expected_of_crm
from handoff.inspection import Check, ExpectedOfCrm, ExpectedStage, Form, State, Use, Written
from sandbox.hubspot import HubspotEngine
from tests.connectors.hubspot.fake_portal import FakePortal, Reply, hubspot_over, refusal, wire_to, won_deal
from tests.connectors.hubspot.sandbox_portal import SandboxPortal
from tests.connectors.hubspot.test_hubspot_sandbox import AT, MAPPINGS, over
from tests.fakes import FakeClock
from tests.sandbox.hubspot.hubspot_portal import contents

GOAL = Use("business_goal", "business_goal, s.yml:2")
STATUS = Written("handoff_status", "s.yml:20", Form.TEXT, 16, ("Handed off",))
MISSING = Written("handoff_missing", "s.yml:21", Form.TEXT, 255)
WANTED = ExpectedOfCrm(
    reads=(GOAL, Use("company.industry.label", "industry, s.yml:3"), Use("owner.name", "rep, s.yml:4")),
    lists={"contacts": (Use("name", "name, s.yml:9"), Use("label", "role, s.yml:10"))},
    writes=(STATUS, MISSING),
    stages=(ExpectedStage("Closed won", "trigger.won, h.yml:9", won=True),),
    starts=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.fixture
def portal() -> FakePortal:
    made = FakePortal(FakeClock())
    made.win(won_deal(1), won_deal(2), won_deal(3, closedate="2025-12-31T00:00:00.000Z"))
    return made


def look(portal: FakePortal, wanted: ExpectedOfCrm = WANTED) -> dict[str, Check]:
    crm: HubSpot = hubspot_over(
        wire_to(portal, portal.clock, read_only=True), wanted=Wanted((), {"contacts": ("name",)})
    )
    return {check.name: check for check in crm.inspect(wanted)}


def found(checks: Mapping[str, Check]) -> dict[str, list[str]]:
    return {name: [finding.what for finding in check.findings] for name, check in checks.items() if check.findings}


def test_a_portal_as_it_must_be_gives_no_finding(portal: FakePortal) -> None:
    checks = look(portal)

    assert found(checks) == {}
    assert {check.state for check in checks.values()} == {State.WELL}
    assert {check.system for check in checks.values()} == {"hubspot main"}
    assert checks["won deals in sight"].told == "2 won deals with a close date from 2026-01-01 on"
    assert checks["owners"].told == "1 active, 1 deactivated"
    assert portal.count("write") == 0


def test_the_shipped_mapping_finds_all_it_needs_in_the_sandbox() -> None:
    clock = FakeClock(AT)
    engine = HubspotEngine(portal_id=123, real_now=lambda: AT)
    engine.load(contents(), AT)
    clock.advance(60)
    portal = SandboxPortal(engine, clock)

    checks = over(portal, zone="US/Eastern", read_only=True).inspect(expected_of_crm(MAPPINGS))

    assert found({check.name: check for check in checks}) == {}
    assert not portal.wrote


def test_a_missing_property_is_one_finding_however_many_rules_read_it(portal: FakePortal) -> None:
    twice = (Use("busines_goal", "goal, s.yml:2"), Use("busines_goal.label", "notes, s.yml:7"))

    checks = look(portal, replace(WANTED, reads=twice))

    assert found(checks) == {
        "properties it reads": [
            "The property busines_goal of deals is missing; it is read for goal, s.yml:2; notes, s.yml:7."
        ]
    }
    assert "Nearest: business_goal." in checks["properties it reads"].findings[0].remedy


def test_a_path_that_leads_nowhere_is_named(portal: FakePortal) -> None:
    checks = look(portal, replace(WANTED, reads=(Use("owner.mail", "rep, s.yml:4"),), lists={"roles": (GOAL,)}))

    assert "'owner.mail' is nothing that HubSpot tells of an owner" in found(checks)["properties it reads"][0]
    assert "'roles' is no list" in found(checks)["lists it reads"][0]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (Written("nowhere", "s.yml:20"), "is missing"),
        (Written("hs_is_closed_won", "s.yml:20"), "is read-only"),
        (Written("amount", "s.yml:20", Form.TEXT), "is of type number, and s.yml:20 writes a text"),
        (Written("closedate", "s.yml:20", Form.DAY), "is of type datetime"),
        (Written("handoff_status", "s.yml:20", Form.TEXT), "takes only its options"),
        (Written("handoff_status", "s.yml:20", Form.TEXT, 16, ("Sent back",)), "does not take 'Sent back'"),
        (Written("handoff_missing", "s.yml:20", Form.TEXT, 70_000), "HubSpot holds 65,536"),
    ],
)
def test_a_property_that_cannot_take_what_is_written_is_named(written: Written, words: str, portal: FakePortal) -> None:
    ((finding,),) = found(look(portal, replace(WANTED, writes=(written,)))).values()

    assert words in finding


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("Closed lost", "no won stage"),
        ("Signed", "no stage"),
        ("closedwon", "It is the id of 'Closed won'."),
    ],
)
def test_a_stage_that_no_won_deal_has_is_named(stage: str, words: str, portal: FakePortal) -> None:
    named = ExpectedStage(stage, "trigger.won, h.yml:9", won=True)

    ((finding,),) = found(look(portal, replace(WANTED, stages=(named,)))).values()

    assert words in finding


def test_another_time_zone_of_the_portal_is_named_with_the_line_to_write(portal: FakePortal) -> None:
    portal.queue("details", Reply(200, {"portalId": 123, "timeZone": "US/Eastern"}))

    (finding,) = look(portal)["portal"].findings

    assert 'time_zone = "US/Eastern"' in finding.remedy


def test_a_missing_scope_is_named_by_what_it_hides(portal: FakePortal) -> None:
    portal.queue("list", Reply(200, {"results": []}), refusal("MISSING_SCOPES", status=403))

    (finding,) = look(portal)["scopes"].findings

    assert "crm.objects.companies.read" in finding.remedy


def test_a_refused_key_is_one_finding_and_the_rest_is_named(portal: FakePortal) -> None:
    portal.queue("details", refusal("INVALID_AUTHENTICATION", status=401))

    checks = look(portal)

    assert list(found(checks)) == ["credentials"]
    assert {check.state for name, check in checks.items() if name != "credentials"} == {State.NOT_CHECKED}
    assert len(portal.calls) == 1


def test_fewer_deals_than_an_admin_counts_is_a_finding(portal: FakePortal) -> None:
    checks = look(portal, replace(WANTED, won_deals=5))

    assert found(checks) == {"won deals in sight": ["The credentials see 2 of 5 won deals."]}


def test_polling_that_takes_too_many_calls_is_a_finding(portal: FakePortal) -> None:
    checks = look(portal, replace(WANTED, every_seconds=1))

    assert found(checks) == {"calls a day": ["Polling takes too many of the calls left."]}
