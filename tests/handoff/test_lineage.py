"""Where a field comes from, and what it feeds."""

import pytest

from handoff.errors import ConfigError
from handoff.lineage import lineage
from tests.handoff.builders import shipped


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


def test_a_field_that_no_file_speaks_of_is_refused_with_the_nearest(mappings):
    with pytest.raises(ConfigError, match=r"'Acount.Name'\. Nearest: Account.Name\."):
        lineage(mappings, "Acount.Name")
