"""Where a field comes from, and what it feeds."""

import pytest

from handoff.errors import ConfigError
from handoff.lineage import lineage
from handoff.loading import load_mappings
from tests.handoff.builders import SOURCE, mappings_in, shipped
from tests.mistakes.table import GOOD
from tests.systems import GAINSIGHT


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
    return load_mappings(GOOD["whole"], crm="salesforce", platform=GAINSIGHT)


def test_a_field_of_the_crm_leads_to_all_that_the_whole_grammar_decides_by_it(whole):
    assert lineage(whole, "Old_Tool__c").decides == (
        "whether why_leave is required",
        "whether rule 3 of routing applies",
        "whether rule 3 of platforms applies",
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


# The write-back, child records, signals, and the clocks


@pytest.mark.parametrize(
    ("words", "name", "origin", "line"),
    [
        ("Handoff_Status__c", "salesforce.write_back.Handoff_Status__c", "status", 46),
        ("write_back.handoff_missing__c", "salesforce.write_back.Handoff_Missing__c", "gaps", 48),
    ],
)
def test_a_field_that_is_written_back_is_traced_to_what_became_of_the_deal(whole, words, name, origin, line):
    [output] = lineage(whole, words).comes_from

    assert output.name == name
    assert [(one.name, one.place) for one in output.trace.origins] == [(origin, "what became of it")]
    assert output.trace.place == f"sources/salesforce.yml:{line}"


@pytest.mark.parametrize(
    ("words", "fed"),
    [
        ("completeness", ["Handoff_Completeness__c"]),
        ("gaps", ["Handoff_Next_Step__c", "Handoff_Missing__c"]),
        ("receiver.email", ["Handoff_Owner__c"]),
        ("next_step", ["Handoff_Next_Step__c"]),
        ("reason", ["Handoff_Reason__c"]),
    ],
)
def test_what_is_judged_leads_to_the_fields_that_are_written_back(mappings, words, fed):
    feeds = [output.name for output in lineage(mappings, words).feeds if output.step == "write_back"]

    assert feeds == [f"salesforce.write_back.{name}" for name in fed]


def test_where_nothing_is_written_back_its_fields_are_no_outputs(tmp_path):
    silent = mappings_in(tmp_path, {"sources/salesforce.yml": SOURCE.replace("to: opportunity", "to: nothing")})

    with pytest.raises(ConfigError, match="No mapping file speaks of 'Handoff_Status__c'"):
        lineage(silent, "Handoff_Status__c")


def test_a_field_of_child_records_is_an_output_with_the_place_of_its_own_rule(whole):
    [output] = lineage(whole, "plan.Objectives.Name").comes_from

    assert (output.name, output.trace.place) == ("gainsight.plan.Objectives.Name", "targets/gainsight.yml:34")
    assert [(one.name, one.paths) for one in output.trace.origins] == [("promises", ("Promises__c",))]


def test_a_field_of_child_records_that_falls_back_is_traced_to_both(whole):
    [output] = lineage(whole, "Objectives.DueDate").comes_from

    assert [one.name for one in output.trace.origins] == ["promises", "go_live_on"]
    assert "gainsight.plan.Objectives.DueDate" in {one.name for one in lineage(whole, "Go_Live__c").feeds}


def test_a_list_decides_how_many_child_records_are_made(whole):
    assert "how many Objectives the step plan makes" in lineage(whole, "Promises__c").decides


def test_a_signal_is_traced_to_the_record_that_says_it_and_leads_to_the_deadlines_that_it_ends(whole):
    called, taken = lineage(whole, "called_at"), lineage(whole, "taken_at")

    [origin] = called.is_read_by
    assert (origin.paths, origin.place) == (("gainsight.timeline",), "targets/gainsight.yml:84")
    assert [one.paths for one in taken.is_read_by] == [("gainsight.onboarding.status",)]
    assert called.decides == ("the deadline first_call",)


def test_an_event_leads_to_the_deadlines_that_it_ends(whole):
    assert lineage(whole, "complete_at").decides == ("the deadline fill_gaps",)


def test_fields_of_a_pause_lead_to_the_clocks_that_they_stop(whole):
    assert lineage(whole, "Paused_Until__c").decides == ("until when the clocks of a deal stand still",)
    assert lineage(whole, "pause_reason").decides == ("why the clocks of a deal stand still",)


@pytest.mark.parametrize(
    ("words", "deadlines"),
    [("segment", ["first_call"]), ("receiver.email", ["first_call"]), ("Owner.Email", ["fill_gaps"])],
)
def test_segment_and_owner_lead_to_the_deadlines_that_depend_on_them(whole, words, deadlines):
    said = [one for one in lineage(whole, words).decides if one.startswith("the deadline ")]

    assert said == [f"the deadline {name}" for name in deadlines]
