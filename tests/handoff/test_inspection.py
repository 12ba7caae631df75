"""What the mapping files need of the two systems, and how a look at them is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from handoff.errors import BridgeBug, ConfigError, NotAllowed, Transient
from handoff.expected import expected_of_crm, expected_of_platform
from handoff.inspection import (
    Addressed,
    Check,
    ExpectedField,
    ExpectedOfPlatform,
    ExpectedStage,
    ExpectedStep,
    Finding,
    Form,
    State,
    Use,
    Written,
    attempt,
    looked,
    not_checked,
)
from handoff.loading import load_mappings
from handoff.mapping import Mappings
from handoff.people import Person
from handoff.routing import receivers
from tests.handoff.builders import CONTRACT, PEOPLE, SOURCE
from tests.systems import GAINSIGHT

LEAN_CONTRACT = """\
fields: {arr: {section: deal, label: Amount}}
segments: [{name: all}]
routing: [{use: fixed, receiver: priya.shah@harbor.example}]
"""
LEAN_TARGET = """\
steps:
  company:
    object: company
    match: [{SfdcAccountId: account.id}]
    fields:
      Name: {from: account.name, max: 255, write: create_only}
"""


def mappings(folder: Path, *, source: str = SOURCE, target: str = LEAN_TARGET, contract: str = CONTRACT) -> Mappings:
    texts = {"handoff.yml": contract, "people.yml": PEOPLE, "sources/salesforce.yml": source}
    for name, text in (texts | {"targets/gainsight.yml": target}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return load_mappings(folder, crm="salesforce", platform=GAINSIGHT)


def test_every_path_of_the_source_is_expected_with_the_rule_that_reads_it(tmp_path: Path):
    wanted = expected_of_crm(mappings(tmp_path))

    assert Use("ARR__c", "arr, sources/salesforce.yml:3") in wanted.reads
    assert Use("Amount", "arr, sources/salesforce.yml:3") in wanted.reads
    assert wanted.lists == {
        "OpportunityContactRoles": (
            Use("Contact.Name", "name, sources/salesforce.yml:11"),
            Use("Role", "role, sources/salesforce.yml:12"),
        ),
        "OpportunityLineItems": (Use("Product2.Name", "name, sources/salesforce.yml:16"),),
    }
    assert (wanted.starts.isoformat() if wanted.starts else "") == "2026-01-01T00:00:00+00:00"


WRITE_BACK = """\
fields:
  arr: {from: Amount, as: decimal}
write_back:
  fields:
    Status__c:   {from: status}
    Reason__c:   {from: reason, max: 255}
    Missing__c:  {from: gaps, as: lines, max: 80}
    Complete__c: {from: completeness, as: percent}
    Done_On__c:  {from: delivered_at, as: date}
    Done_At__c:  {from: delivered_at}
    Number__c:   {from: sequence}
    Source__c:   {value: bridge}
"""


def test_what_is_written_back_is_expected_in_its_form_and_length(tmp_path: Path):
    found = expected_of_crm(mappings(tmp_path, source=WRITE_BACK, contract=LEAN_CONTRACT))

    words = ("Handed off", "Being handed off", "Needs a person", "Excluded")
    assert found.writes == (
        Written("Status__c", "sources/salesforce.yml:5", Form.TEXT, 16, words),
        Written("Reason__c", "sources/salesforce.yml:6", Form.TEXT, 255),
        Written("Missing__c", "sources/salesforce.yml:7", Form.TEXT, 80),
        Written("Complete__c", "sources/salesforce.yml:8", Form.NUMBER),
        Written("Done_On__c", "sources/salesforce.yml:9", Form.DAY),
        Written("Done_At__c", "sources/salesforce.yml:10", Form.MOMENT),
        Written("Number__c", "sources/salesforce.yml:11", Form.NUMBER),
        Written("Source__c", "sources/salesforce.yml:12", Form.ANY),
    )
    assert found.starts is None


def test_nothing_is_written_back_to_nothing(tmp_path: Path):
    source = SOURCE.replace("to: opportunity", "to: nothing")

    assert expected_of_crm(mappings(tmp_path, source=source)).writes == ()


def test_fields_literals_and_matches_of_each_step_are_expected(tmp_path: Path):
    target = """\
steps:
  company:
    object: company
    match: [{SfdcAccountId: account.id}, {Name: account.name}]
    fields:
      Name:  {from: account.name, max: 255, write: create_only}
      Stage: {from: segment, values: {enterprise: Launched, smb: New Customer}, default: Adopting}
  onboarding:
    object: cta
    fields:
      CompanyId: {step: company}
      OwnerId:   {from: receiver.email, find: active_user}
      Name:      {text: "Onboard {account.name}", max: 80}
      type:      {value: Lifecycle}
      reason:    {value: Onboarding}
      status:    {value: New}
      priority:  {value: Low}
      DueDate:   {from: work_starts_at, plus: 3 days, as: date}
"""

    company, onboarding = expected_of_platform(mappings(tmp_path, target=target)).steps

    at = "company, targets/gainsight.yml:"
    assert company == ExpectedStep(
        "company",
        "company",
        (
            ExpectedField("Name", f"{at}6", matched=True, longest=255),
            ExpectedField("Stage", f"{at}7", updates=True, literals=("Adopting", "Launched", "New Customer")),
            ExpectedField("SfdcAccountId", f"{at}4", sent=False, matched=True),
        ),
    )
    assert {field.name: field.literals for field in onboarding.fields if field.literals} == {
        "type": ("Lifecycle",),
        "reason": ("Onboarding",),
        "status": ("New",),
        "priority": ("Low",),
    }


def test_everybody_the_files_name_is_expected_once_with_every_role(tmp_path: Path):
    people = {one.email: one.roles for one in expected_of_platform(mappings(tmp_path)).people}

    assert people["priya.shah@harbor.example"] == ("receives enterprise, handoff.yml:16", "csm, people.yml:6")
    assert people["cleo.martin@harbor.example"] == ("receives every segment, handoff.yml:18", "csm, people.yml:8")
    leads = ("leads mid_market, people.yml:3", "leads smb, people.yml:4")
    assert people["tomas.reyes@harbor.example"] == (*leads, "manager, people.yml:10")
    assert len(people) == 5


def test_whoever_an_exception_or_a_named_account_sends_work_to_is_expected_too(tmp_path: Path):
    contract = """\
fields: {arr: {section: deal, label: Amount}}
segments: [{name: all}]
routing: [{use: named, file: accounts.csv}, {use: fixed, receiver: priya.shah@harbor.example}]
exceptions:
  - {account: 0015g00000QrStUAAV, set: {receiver: ben.okafor@harbor.example}, because: Their board knows his}
"""
    rows = ["account_id,csm_email", "0015g00000QrStUAAV,Cleo.Martin@harbor.example"]
    rows += ["0015g00000AbCdEAAV,cleo.martin@harbor.example", ","]
    (tmp_path / "accounts.csv").write_text("\n".join(rows), encoding="utf-8-sig")

    loaded = mappings(tmp_path, contract=contract)
    people = {one.email: one.roles for one in expected_of_platform(loaded).people}

    assert people["cleo.martin@harbor.example"] == ("CSM of 2 in accounts.csv", "csm, people.yml:8")
    assert "receives 0015g00000QrStUAAV, handoff.yml:5" in people["ben.okafor@harbor.example"]
    assert receivers(loaded) <= people.keys()


def test_what_is_made_within_a_record_is_a_step_of_its_own_whose_fields_are_sent_once(tmp_path: Path):
    target = """\
steps:
  company:
    object: company
    fields:
      Name: {from: account.name, max: 255}
  plan:
    object: success_plan
    fields:
      CompanyId:       {step: company}
      OwnerId:         {from: receiver.email, find: active_user}
      Name:            {text: "{account.name}: first 90 days", max: 80, shorten: account.name}
      SuccessPlanType: {value: Onboarding}
    children:
      Objectives:
        each: products
        key: item.name
        fields:
          Name:        {text: "{item.name}", max: 80, shorten: item.name}
          status:      {value: Neww}
          Nothing__gc: {from: account.name}
"""

    wanted = expected_of_platform(mappings(tmp_path, target=target))

    at = "plan.Objectives, targets/gainsight.yml:"
    assert wanted.steps[2] == ExpectedStep(
        "plan.Objectives",
        "success_plan.Objectives",
        (
            ExpectedField("Name", f"{at}18", longest=80),
            ExpectedField("status", f"{at}19", literals=("Neww",)),
            ExpectedField("Nothing__gc", f"{at}20"),
        ),
        within="Objectives",
    )
    assert wanted.kinds == ("company", "success_plan")


def test_the_stages_that_the_contract_names_are_expected_with_their_places(tmp_path: Path):
    trigger = "trigger:\n  won: [Closed Won, Renewed]\n  prepare_at: [Negotiation]\n"

    expected = expected_of_crm(mappings(tmp_path, contract=LEAN_CONTRACT + trigger, source=WRITE_BACK))
    anything = expected_of_crm(mappings(tmp_path, contract=LEAN_CONTRACT, source=WRITE_BACK))

    assert expected.stages == (
        ExpectedStage("Closed Won", "trigger.won, handoff.yml:5", won=True),
        ExpectedStage("Renewed", "trigger.won, handoff.yml:5", won=True),
        ExpectedStage("Negotiation", "trigger.prepare_at, handoff.yml:6"),
    )
    assert anything.stages == ()


def test_people_of_sales_need_no_user_on_the_platform(tmp_path: Path):
    loaded = mappings(tmp_path)
    rep = Person(email="rita.rep@harbor.example", role="rep")
    people = loaded.people.model_copy(update={"people": [*loaded.people.people, rep]})

    named = [one.email for one in expected_of_platform(replace(loaded, people=people)).people]

    assert len(named) == 5
    assert rep.email not in named


def test_two_steps_of_one_object_expect_its_field_once_with_all_that_either_asks():
    one = ExpectedField("Name", "a, t.yml:1", sent=False, matched=True, literals=("x",))
    other = ExpectedField("Name", "b, t.yml:9", updates=True, literals=("y", "x"), longest=80)
    wanted = ExpectedOfPlatform((ExpectedStep("a", "cta", (one,)), ExpectedStep("b", "cta", (other,))))

    assert wanted.kinds == ("cta",)
    assert wanted.fields("cta") == (ExpectedField("Name", "a, t.yml:1; b, t.yml:9", True, True, True, ("x", "y"), 80),)
    (both,) = wanted.fields("cta")
    assert (both.place_of("x"), both.place_of("y")) == ("a, t.yml:1; b, t.yml:9", "b, t.yml:9")


def refusing(error: Exception):
    def look(name: str) -> Check:
        raise error

    return look


def test_a_refusal_is_the_finding_of_its_check_in_the_systems_words():
    denied = NotAllowed(system="gainsight main", doing="looking users up", why="no.", remedy="Ask.", status=403)
    later = Transient(system="gainsight main", doing="looking users up", why="it could not be reached.")
    hidden = ConfigError("It does not see all.", ("Opportunity.X is hidden.",))

    checks = [attempt("gainsight main", "people", refusing(error)) for error in (denied, later, hidden)]

    assert [check.findings[0] for check in checks] == [
        Finding("It failed while looking users up (HTTP 403): no.", "a Gainsight admin", "Ask."),
        Finding(
            "It failed while looking users up: it could not be reached.",
            "whoever runs the bridge",
            "Run the check again.",
        ),
        Finding("It does not see all.", "a Gainsight admin", "Opportunity.X is hidden."),
    ]
    assert {check.state for check in checks} == {State.FOUND}


def test_our_own_mistake_is_no_finding():
    with pytest.raises(BridgeBug):
        attempt("gainsight main", "people", refusing(BridgeBug("a write")))


def test_a_check_is_plain_data_without_its_findings():
    found = looked("files", "mapping files", [Finding("what", "who", "remedy")], "told")

    assert found.as_dict() == {
        "system": "files",
        "name": "mapping files",
        "state": "found",
        "told": "told",
        "because": "",
    }
    assert not_checked("files", "x", "why").as_dict()["state"] == "not checked"
    assert Addressed("a@b.example", ()).roles == ()
