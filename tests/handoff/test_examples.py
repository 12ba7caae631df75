"""Examples of a mapping: a deal and what must come of it."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from handoff.example_files import Example
from handoff.examples import Ran, deal_of, run_examples, worked_out
from tests.handoff.builders import BEN, CONTRACT, mappings_in

GOOD = f"""\
about: A mid-market deal with everything filled
given: {{won_at: 2026-03-09T15:00:00Z, now: 2026-03-10T12:00:00Z}}
record:
  Name: Harbor lights
  Amount: 48000
  Business_Goal__c: <p>Fewer late berths</p>
  Account: {{Name: Nordwind Freight}}
  OpportunityContactRoles:
    - {{Contact: {{Name: Ida Brandt}}, Role: Evaluator}}
expect:
  segment: mid_market
  receiver: {BEN}
  missing: []
  steps:
    company: {{Name: Nordwind Freight, Score: 100}}
    plan:
      CompanyId: {{step: company}}
      OwnerId: {BEN}
      Name: "Nordwind Freight: first 90 days"
      SuccessPlanType: Onboarding
    onboarding_cta:
      CompanyId: {{step: company}}
      CtaGroupId: {{step: plan}}
      OwnerId: {BEN}
      Name: "Onboard Nordwind Freight: Harbor lights"
      type: Lifecycle
      reason: Onboarding
      status: New
      priority: Medium
      DueDate: 2026-03-13
      Comments: {{contains: Fewer late berths}}
    brief:
      GsCompanyId: {{step: company}}
      ContextName: Company
      TypeName: Update
      Author: {BEN}
      Subject: "Sales handoff: Nordwind Freight"
      Notes: "<p>Why: Fewer late berths</p>"
"""


def found(tmp_path: Path, text: str = GOOD) -> list[str]:
    return list(ran(tmp_path, {"examples/mid_market.yml": text}).findings)


def ran(tmp_path: Path, files: dict[str, str]) -> Ran:
    return run_examples([mappings_in(tmp_path, files)])


def test_an_example_that_is_met_says_nothing(tmp_path):
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("was", "is_", "said"),
    [
        (
            "priority: Medium",
            "priority: High",
            "examples/mid_market.yml:29:7: expect -> steps -> onboarding_cta -> priority: expected 'High', and the "
            "mapping gives 'Medium'. Correct the example, or targets/gainsight.yml:26.",
        ),
        (
            "DueDate: 2026-03-13",
            "DueDate: 2026-03-12",
            "examples/mid_market.yml:30:7: expect -> steps -> onboarding_cta -> DueDate: expected "
            "'2026-03-12', and the mapping gives '2026-03-13'. Correct the example, or targets/gainsight.yml:27.",
        ),
        (
            "Score: 100",
            "Score: 100, Region: North",
            "examples/mid_market.yml:15:51: expect -> steps -> company -> Region: expected 'North', and the mapping "
            "leaves it out. Correct the example.",
        ),
        (
            "Name: Nordwind Freight, Score: 100",
            "Name: Nordwind Freight",
            "examples/mid_market.yml:15:5: expect -> steps -> company: Score is '100', and is not expected. "
            "Add it to the example, or targets/gainsight.yml:7.",
        ),
        (
            "segment: mid_market",
            "segment: smb",
            "examples/mid_market.yml:11:3: expect -> segment: expected 'smb', and the mapping gives 'mid_market'. "
            "Correct the example.",
        ),
    ],
)
def test_a_difference_is_told_field_by_field_with_its_place_and_that_of_the_rule(tmp_path, was, is_, said):
    (finding,) = found(tmp_path, GOOD.replace(was, is_))

    assert finding == said


def test_a_step_that_is_made_and_not_expected_is_told_and_one_that_is_expected_and_not_made(tmp_path):
    text = GOOD.replace("Amount: 48000", "Amount: 5000").replace("segment: mid_market", "segment: smb")

    said = "\n".join(found(tmp_path, text))

    assert "expect -> steps -> plan: no such step is made; there are company, onboarding_cta, brief." in said


def test_a_mistake_in_an_example_is_a_finding_with_its_place(tmp_path):
    (finding,) = found(tmp_path, GOOD.replace("  segment:", "  segmnt:"))

    assert finding == "examples/mid_market.yml:11:3: expect -> segmnt: unknown key. Nearest: segment."


DEAL, WORK = GOOD.partition("  steps:\n")[0], "expect:\n  steps:\n" + GOOD.partition("  steps:\n")[2]
PARTS = {"examples/lights/salesforce.yml": DEAL, "examples/lights/gainsight.yml": WORK}
"""The same example, told in a part for each system."""
OTHERS = {"targets/totango.yml": "steps: {}\n", "sources/hubspot.yml": "fields: {}\n"}


def test_an_example_in_parts_is_one_example(tmp_path):
    assert ran(tmp_path, PARTS) == Ran(("examples/lights",), (), ())


def test_what_differs_is_told_with_the_part_that_says_it(tmp_path):
    wrong = {name: text.replace("Medium", "High").replace("mid_market", "smb") for name, text in PARTS.items()}

    of_deal, of_work = ran(tmp_path, wrong).findings

    assert of_deal.startswith("examples/lights/salesforce.yml:11:3: expect -> segment: expected 'smb'")
    assert of_work.startswith("examples/lights/gainsight.yml:17:7: expect -> steps -> onboarding_cta -> priority:")


@pytest.mark.parametrize(
    ("key", "others"), [("platform: totango", OTHERS), ("crm: hubspot", OTHERS), ("platform: gainsight", {})]
)
def test_an_example_that_names_its_systems_runs_for_them_alone(tmp_path, key, others):
    end = ran(tmp_path, {"examples/mid_market.yml": f"{key}\n{GOOD}", **others})

    name = ("examples/mid_market.yml",)
    assert end == (Ran((), name, ()) if others else Ran(name, (), ()))


@pytest.mark.parametrize("missing", PARTS)
def test_an_example_without_a_part_of_ours_is_of_others(tmp_path, missing):
    parts = {name: text for name, text in PARTS.items() if name != missing}

    assert ran(tmp_path, parts) == Ran((), ("examples/lights",), ())


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"examples/mid_market.yml": f"platform: gainsigt\n{GOOD}"},
            "examples/mid_market.yml:1:1: platform: there is no targets/gainsigt.yml. Nearest: gainsight.",
        ),
        (
            {"examples/mid_market.yml": f"crm: hubspot\n{GOOD}"},
            "examples/mid_market.yml:1:1: crm: there is no sources/hubspot.yml. Use one of: salesforce.",
        ),
        (
            {"examples/mid_market.yml": DEAL},
            "examples/mid_market.yml:10:1: expect -> steps: this key is missing. Add it.",
        ),
        ({"examples/mid_market.yml": WORK}, "examples/mid_market.yml:1:1: record: this key is missing. Add it."),
        (
            PARTS | {"examples/lights/gainsigt.yml": WORK},
            "examples/lights/gainsigt.yml:1:1: the file: a part is called as its system's file in sources/ or "
            "targets/. Nearest: gainsight.",
        ),
        (
            PARTS | {"examples/lights/salesforce.yml": GOOD},
            "examples/lights/salesforce.yml:14:3: expect -> steps: the steps stand in the platform's part. "
            "Move them to gainsight.yml beside it.",
        ),
        (
            PARTS | {"examples/lights/gainsight.yml": WORK + "given: {}\n"},
            "examples/lights/gainsight.yml:27:1: given: it stands in the CRM's part. "
            "Move it to salesforce.yml beside it.",
        ),
        (
            PARTS | {"examples/lights/gainsight.yml": WORK + "  receiver: nobody\n"},
            "examples/lights/gainsight.yml:27:3: expect -> receiver: it stands in the CRM's part. "
            "Move it to salesforce.yml beside it.",
        ),
        (
            PARTS | {"examples/lights/gainsight.yml": WORK + "platform: gainsight\n"},
            "examples/lights/gainsight.yml:27:1: platform: a part's file name says which system it is of. "
            "Take the key out.",
        ),
    ],
)
def test_an_example_that_could_never_run_or_says_a_thing_in_the_wrong_place_is_a_finding(tmp_path, files, said):
    assert ran(tmp_path, files).findings == (said,)


def test_an_edit_of_an_example_is_no_other_mapping(tmp_path):
    before = mappings_in(tmp_path / "a", PARTS | {"examples/mid_market.yml": GOOD}).version
    edited = {name: f"{text}# read\n" for name, text in PARTS.items()} | {"examples/mid_market.yml": DEAL}

    assert mappings_in(tmp_path / "b", edited).version == before


JOINING = {
    "handoff.yml": CONTRACT
    + """\
kinds:
  - {kind: expansion, when: [{field: company.status, is: Active}]}
  - {kind: new_customer, same_account_within: 14 days}
"""
}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("opened: {won_at: 2026-03-01T09:00:00Z}", "joining"),
        ("opened: {won_at: 2026-02-01T09:00:00Z}", "new_customer"),
        ("customer: {status: Active}", "expansion"),
        ("customer: {status: Prospect}", "new_customer"),
    ],
)
def test_an_example_says_what_the_account_was_before(tmp_path, given, kind):
    mappings = mappings_in(tmp_path, JOINING)
    text = f"given: {{{given}, won_at: 2026-03-09T15:00:00Z, now: 2026-03-10T12:00:00Z}}"
    example = Example.model_validate(YAML(typ="safe", pure=True).load(f"{text}\nrecord: {{}}\nexpect: {{steps: {{}}}}"))

    assert worked_out(example, mappings).handoff.kind == kind


@pytest.mark.parametrize(("given", "amount"), [({}, 48_000), ({"amount": 500}, 500)])
def test_what_no_rule_fills_is_given_beside_the_record(tmp_path, given, amount):
    example = Example(given={**given, "owner": "rep@x.example"}, record={"Amount": 48_000}, expect={"steps": {}})

    deal = deal_of(example, mappings_in(tmp_path))

    assert (deal.amount, deal.owner_email) == (amount, "rep@x.example")
