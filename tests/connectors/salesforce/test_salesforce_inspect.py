"""A look at an org: each thing that is wrong is one finding, and nothing is asked that could write."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors._salesforce_inspect_org import CALLS_A_PASS
from handoff.inspection import Check, ExpectedOfCrm, ExpectedStage, Form, State, Use, Written
from handoff.run import run_once
from sandbox.salesforce.engine import SalesforceEngine
from sandbox.salesforce.ids import new_id
from tests.connectors.salesforce.fake_org import CREDENTIALS, FakeOrg, Reply, gateway_to, refusal, salesforce_over
from tests.connectors.salesforce.sandbox_org import ORG_ID, SandboxOrg, engine_at
from tests.fakes import FakeClock
from tests.in_process import bridge_over, world_at

GOAL = Use("Business_Goal__c", "business_goal, s.yml:2")
ROLES = (Use("Contact.Title", "title, s.yml:9"), Use("Role", "role, s.yml:10"))
STATUS = Written("Handoff_Status__c", "s.yml:20", Form.TEXT, 16, ("Handed off",))
WANTED = ExpectedOfCrm(
    reads=(GOAL, Use("Account.Industry", "industry, s.yml:3"), Use("Owner.Name", "rep, s.yml:4")),
    lists={"OpportunityContactRoles": ROLES},
    writes=(STATUS,),
    starts=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.fixture
def engine() -> SalesforceEngine:
    clock = FakeClock()
    engine = engine_at(clock)
    won = [
        {"Id": new_id("006", n, ORG_ID), "Name": f"D{n}", "StageName": "Closed Won", "CloseDate": f"2026-0{n}-01"}
        for n in range(1, 5)
    ]
    old = [{"Id": new_id("006", 9, ORG_ID), "Name": "Old", "StageName": "Closed Won", "CloseDate": "2025-12-31"}]
    engine.load({"Opportunity": [*won, *old]}, clock.now())
    return engine


def look(engine: SalesforceEngine, wanted: ExpectedOfCrm = WANTED) -> dict[str, Check]:
    clock = FakeClock()
    auth = type(CREDENTIALS)("acme.my", "sandbox", "sandbox")
    gateway = gateway_to(
        SandboxOrg(engine, clock), clock, auth=auth, rewrite_to="http://127.0.0.1:8701", read_only=True
    )
    return {check.name: check for check in salesforce_over(gateway).inspect(wanted)}


def found(checks: Mapping[str, Check]) -> dict[str, list[str]]:
    return {name: [finding.what for finding in check.findings] for name, check in checks.items() if check.findings}


def test_an_org_as_it_must_be_gives_no_finding(engine: SalesforceEngine):
    checks = look(engine)

    assert {check.state for check in checks.values()} == {State.WELL}
    assert {check.system for check in checks.values()} == {"salesforce main"}
    assert checks["won deals in sight"].told.startswith("4 won deals with a close date from 2026-01-01 on;")


def test_a_hidden_field_is_one_finding_however_many_rules_read_it(engine: SalesforceEngine):
    engine.tenant({"hidden_fields": ["Opportunity.Business_Goal__c"]})
    again = Use("Business_Goal__c", "notes, s.yml:7")

    checks = look(engine, ExpectedOfCrm(reads=(GOAL, again, GOAL)))

    assert found(checks) == {
        "fields it reads": [
            "Opportunity.Business_Goal__c is missing or hidden; it is read for business_goal, s.yml:2; notes, s.yml:7."
        ]
    }
    (finding,) = checks["fields it reads"].findings
    assert finding.who == "a Salesforce admin"
    assert "field-level security" in finding.remedy and "create it" in finding.remedy


def test_a_path_is_followed_through_parents_and_lists_to_the_field_that_is_missing(engine: SalesforceEngine):
    engine.tenant({"hidden_fields": ["Account.Industry", "Contact.Title"]})

    checks = look(engine)

    assert {name: what[0].split(" is ")[0] for name, what in found(checks).items()} == {
        "fields it reads": "Account.Industry",
        "lists it reads": "Contact.Title",
    }


def test_a_parent_or_a_list_that_is_not_there_is_named(engine: SalesforceEngine):
    wanted = ExpectedOfCrm(reads=(Use("Region__r.Name", "region, s.yml:5"),), lists={"Promises__r": ROLES})

    assert found(look(engine, wanted)) == {
        "fields it reads": ["Opportunity.Region__r is missing or hidden; it is read for region, s.yml:5."],
        "lists it reads": [
            "Opportunity.Promises__r is missing or hidden; it is read for title, s.yml:9; role, s.yml:10."
        ],
    }


def test_what_the_bridge_itself_needs_is_looked_for_too(engine: SalesforceEngine):
    engine.tenant({"hidden_fields": ["Opportunity.Amount"]})

    assert found(look(engine, ExpectedOfCrm())) == {
        "fields it reads": ["Opportunity.Amount is missing or hidden; it is read for the bridge itself."]
    }


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (Written("Nowhere__c", "s.yml:1"), "Opportunity.Nowhere__c is missing or hidden; it is written by s.yml:1."),
        (Written("IsWon", "s.yml:1"), "Opportunity.IsWon is read-only; it is written by s.yml:1."),
        (
            Written("Handoff_Status__c", "s.yml:1", Form.NUMBER),
            "Opportunity.Handoff_Status__c is of type string, and s.yml:1 writes a number.",
        ),
        (
            Written("Handoff_Status__c", "s.yml:1", Form.TEXT, 41),
            "Opportunity.Handoff_Status__c holds 40 characters, and s.yml:1 writes up to 41: the rest is cut off.",
        ),
        (
            Written("StageName", "s.yml:1", Form.TEXT, None, ("Closed Won", "Handed off")),
            "Opportunity.StageName does not take 'Handed off'.",
        ),
    ],
)
def test_a_field_that_cannot_take_what_is_written_is_found(engine: SalesforceEngine, one: Written, what: str):
    assert found(look(engine, ExpectedOfCrm(writes=(one, STATUS)))) == {"fields it writes": [what]}


def test_a_field_that_is_just_long_enough_and_of_any_form_is_well(engine: SalesforceEngine):
    well = (Written("Handoff_Status__c", "s.yml:1", Form.TEXT, 40), Written("Handoff_Sequence__c", "s.yml:2"))

    assert found(look(engine, ExpectedOfCrm(writes=well))) == {}


def test_deals_that_sharing_hides_are_noticed_by_the_orgs_own_count(engine: SalesforceEngine):
    engine.tenant({"unshared": [new_id("006", 1, ORG_ID)]})

    checks = look(engine)

    assert found(checks) == {"won deals in sight": ["The integration user sees 4 of about 5 opportunities."]}
    assert "approximate" in checks["won deals in sight"].told


def test_an_admins_count_is_taken_at_its_word(engine: SalesforceEngine):
    four, five = (look(engine, ExpectedOfCrm(starts=WANTED.starts, won_deals=count)) for count in (4, 5))

    assert found(four) == {}
    assert found(five) == {"won deals in sight": ["The integration user sees 4 of 5 won deals."]}


def test_without_leave_to_view_setup_the_count_is_told_and_not_compared(engine: SalesforceEngine):
    engine.tenant({"view_setup": False})

    check = look(engine)["won deals in sight"]

    assert (check.state, check.findings) == (State.NOT_CHECKED, ())
    assert "--won-deals N" in check.because
    assert check.told == "4 won deals with a close date from 2026-01-01 on"


def test_polling_that_takes_more_than_a_fifth_of_the_calls_left_is_found(engine: SalesforceEngine):
    engine.tenant({"daily_limit": 15_000})

    checks = look(engine)
    slower = look(engine, ExpectedOfCrm(every_seconds=300))

    assert found(checks) == {"calls a day": ["Polling takes 77% of the calls left in the org's day."]}
    assert checks["calls a day"].findings[0].who == "whoever runs the bridge"
    assert found(slower) == {}
    assert "`handoff check --live --every 240`" in checks["calls a day"].findings[0].remedy
    assert found(look(engine, ExpectedOfCrm(every_seconds=240))) == {}
    assert "takes about 2,304 of the" in slower["calls a day"].told


def test_slower_polling_is_no_remedy_where_few_calls_are_left(engine: SalesforceEngine):
    engine.tenant({"daily_limit": 100})

    (finding,) = look(engine)["calls a day"].findings

    assert finding.remedy == "See which tools use up the org's calls, or buy more."


WON, EARLY = "trigger.won, handoff.yml:3", "trigger.prepare_at, handoff.yml:4"


def test_a_stage_that_the_org_does_not_know_is_found_with_the_nearest_right_name(engine: SalesforceEngine):
    stages = (
        ExpectedStage("Closed Won", WON, won=True),
        ExpectedStage("Closd Won", WON, won=True),
        ExpectedStage("closed won", WON, won=True),
        ExpectedStage("Closed Lost", WON, won=True),
        ExpectedStage("Prospecting", EARLY),
        ExpectedStage("Prospectin", EARLY),
    )

    checks = look(engine, ExpectedOfCrm(stages=stages))

    assert found(checks) == {
        "stages": [
            f"'Closd Won' is no stage of the org; it is named by {WON}. Nearest: Closed Won.",
            f"'closed won' is no stage of the org; it is named by {WON}. Nearest: Closed Won.",
            f"'Closed Lost' is no won stage of the org; it is named by {WON}. Nearest: Closed Won.",
            f"'Prospectin' is no stage of the org; it is named by {EARLY}. Nearest: Prospecting.",
        ]
    }
    assert {finding.who for finding in checks["stages"].findings} == {"RevOps"}


def test_a_stage_may_be_named_as_the_api_or_as_people_see_it(engine: SalesforceEngine):
    engine.tenant(
        {"picklists": {"Opportunity.StageName": [{"MasterLabel": "Gewonnen", "ApiName": "Won", "IsWon": True}]}}
    )
    stages = (ExpectedStage("Gewonnen", WON, won=True), ExpectedStage("Won", WON, won=True))

    assert "stages" not in found(look(engine, ExpectedOfCrm(stages=stages)))


def test_an_object_out_of_reach_is_found_once_and_hides_its_fields(engine: SalesforceEngine):
    clock = FakeClock()
    org = FakeOrg(clock)
    org.queue("describe", Reply(404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]))
    org.queue("more", Reply(200, {"sObjects": [{"count": 0, "name": "Opportunity"}]}))

    checks = {check.name: check for check in salesforce_over(gateway_to(org, clock)).inspect(WANTED)}

    assert [finding.what for finding in checks["objects"].findings] == [
        "The object Opportunity is missing or hidden from the integration user."
    ]
    assert {checks[name].state for name in ("fields it reads", "lists it reads", "fields it writes")} == {
        State.NOT_CHECKED
    }


def test_after_a_refused_session_nothing_more_is_asked(engine: SalesforceEngine):
    clock = FakeClock()
    org = FakeOrg(clock)
    org.queue("org", refusal("API_DISABLED_FOR_ORG", status=403))

    checks = salesforce_over(gateway_to(org, clock)).inspect(WANTED)

    assert [check.state for check in checks] == [State.FOUND, *[State.NOT_CHECKED] * 7]
    assert org.count("describe") == 0


@pytest.mark.whole
def test_a_quiet_pass_over_open_deals_makes_the_calls_we_reckon_with(tmp_path: Any):
    world = world_at(seed=7)
    for _ in range(3):
        before = len(world.journal("salesforce"))
        bridge = bridge_over(world, tmp_path)
        run_once(bridge)
        bridge.ledger.close()
        world.clock.advance(3_600)

    assert len(world.journal("salesforce")) - before == CALLS_A_PASS + 1  # an hour later each pass sweeps
