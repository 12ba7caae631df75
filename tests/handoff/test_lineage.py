"""Where a field comes from, and what it feeds."""

import pytest

from handoff.errors import ConfigError
from handoff.lineage import lineage
from handoff.loading import load_mappings
from tests.handoff.builders import shipped
from tests.mistakes.table import GOOD


@pytest.fixture(scope="module")
def mappings():
    return shipped()


@pytest.mark.parametrize("words", ["onboarding_cta.DueDate", "gainsight.onboarding_cta.duedate"])
def test_an_output_field_is_traced_to_what_decides_it(mappings, words):
    [output] = lineage(mappings, words).comes_from

    assert output.name == "gainsight.onboarding_cta.DueDate"
    assert [origin.name for origin in output.trace.origins] == ["work_starts_at"]
    assert output.trace.place.startswith("targets/gainsight.yml:")


def test_a_field_that_several_steps_write_is_traced_for_each(mappings):
    assert [output.name for output in lineage(mappings, "DueDate").comes_from] == [
        "gainsight.plan.DueDate",
        "gainsight.onboarding_cta.DueDate",
    ]


def test_a_field_of_the_crm_leads_to_all_it_feeds_and_decides(mappings):
    found = lineage(mappings, "Amount")

    assert [origin.name for origin in found.is_read_by] == ["deal.amount", "arr"]
    assert {output.name for output in found.feeds} == {"gainsight.onboarding_cta.Comments", "gainsight.brief.Notes"}
    assert found.decides == (
        "whether a deal is in segment enterprise",
        "whether a handoff of segment enterprise is complete",
        "whether a deal is in segment mid_market",
        "whether a handoff of segment mid_market is complete",
        "whether a handoff of segment smb is complete",
    )


def test_a_canonical_field_leads_both_to_its_outputs_and_to_the_steps_it_finds(mappings):
    found = lineage(mappings, "account.name")

    assert "gainsight.company.Name" in {output.name for output in found.feeds}
    assert found.decides == ("which record the step company finds",)


@pytest.fixture(scope="module")
def whole():
    return load_mappings(GOOD["whole"], crm="salesforce", platform="gainsight")


def test_a_field_of_the_crm_leads_to_all_that_the_whole_grammar_decides_by_it(whole):
    assert lineage(whole, "Old_Tool__c").decides == (
        "whether why_leave is required",
        "whether rule 3 of routing applies",
        "whether promise.Comments is filled",
    )
    assert lineage(whole, "Owner.Team__c").decides == ("whether a deal is in the pilot",)
    assert lineage(whole, "Type").decides == ("whether a deal is excluded", "whether a deal is expansion")
    assert lineage(whole, "Account.Industry").decides == ("whether rule 4 of routing applies",)


def test_a_list_of_the_crm_leads_to_the_work_and_the_records_that_are_made_of_it(whole):
    found = lineage(whole, "Promises__c")

    assert "gainsight.plan.Objectives" in {output.name for output in found.feeds}
    assert "gainsight.promise.Name" in {output.name for output in found.feeds}
    assert "how often the step promise is made" in found.decides


def test_a_moment_leads_to_the_deadlines_that_count_from_it(whole):
    assert lineage(whole, "handed_off_at").decides == ("the deadline first_call",)


def test_a_field_that_an_included_template_tells_is_traced_to_the_whole_text(whole):
    [comments] = lineage(whole, "onboarding.Comments").comes_from

    assert "deal.url" in [origin.name for origin in comments.trace.origins]


def test_a_field_that_no_file_speaks_of_is_refused_with_the_nearest(mappings):
    with pytest.raises(ConfigError, match=r"'Acount.Name'\. Nearest: Account.Name\."):
        lineage(mappings, "Acount.Name")
