"""Examples of a mapping: a deal and what must come of it."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from handoff.examples import Example, deal_of, differences, load_examples, worked_out
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
    mappings = mappings_in(tmp_path, {"examples/mid_market.yml": text})
    examples, findings = load_examples(mappings.folder)
    return findings + [difference for one in examples for difference in differences(one, mappings)]


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


def test_an_edit_of_an_example_is_no_other_mapping(tmp_path):
    before = mappings_in(tmp_path / "a", {"examples/mid_market.yml": GOOD}).version

    assert mappings_in(tmp_path / "b", {"examples/mid_market.yml": GOOD + "# read\n"}).version == before


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
