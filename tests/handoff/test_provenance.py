"""Where a value came from, before and after each rule."""

from handoff.model import Needed
from handoff.plan import plan
from handoff.provenance import evidence
from tests.handoff.builders import DEAL, a_deal, a_handoff, mappings_in, users


def told_of(tmp_path, step: str, field: str, **deal):
    mappings = mappings_in(tmp_path)
    handoff = a_handoff(mappings, a_deal(**deal))
    steps, _ = plan(handoff, mappings, users(), platform="main")
    made = next(one for one in steps if one.name == step)
    trace = next(one for one in made.traces if one.field == field)
    return evidence(trace, made.payload.get(field), handoff, mappings)


def test_a_field_tells_the_record_the_path_the_raw_value_the_value_and_the_places_of_both_rules(tmp_path):
    told = told_of(tmp_path, "company", "Name", account_name="  Nordwind Freight ")

    (reading,) = told.readings
    assert (reading.record, reading.read) == (DEAL, {"Account.Name": "  Nordwind Freight "})
    assert reading.value == "  Nordwind Freight "
    assert reading.origin.place == "sources/salesforce.yml:7"
    assert (told.value, told.trace.place) == ("  Nordwind Freight ", "targets/gainsight.yml:6")


def test_a_value_is_told_as_it_stood_before_the_source_s_rule_and_after_it(tmp_path):
    told = told_of(
        tmp_path, "onboarding_cta", "Comments", source={"Business_Goal__c": "<p>Fewer <b>late</b> berths</p>"}
    )

    (reading,) = told.readings
    assert reading.read == {"Business_Goal__c": "<p>Fewer <b>late</b> berths</p>"}
    assert reading.value == "Fewer late berths"


def test_of_a_fallback_list_only_the_field_that_spoke_is_told(tmp_path):
    told = told_of(tmp_path, "onboarding_cta", "OwnerId")

    assert [reading.origin.name for reading in told.readings] == ["receiver.email", "lead.email"]
    assert [reading.value for reading in told.readings] == ["ben.okafor@harbor.example", "tomas.reyes@harbor.example"]


def test_a_field_that_the_policy_decided_was_read_nowhere(tmp_path):
    told = told_of(tmp_path, "onboarding_cta", "DueDate")

    assert [(one.origin.place, one.read) for one in told.readings] == [("decided by handoff.yml", {})]


def test_the_id_of_another_step_has_no_reading_and_says_how_it_comes(tmp_path):
    told = told_of(tmp_path, "onboarding_cta", "CompanyId")

    assert isinstance(told.value, Needed)
    assert (told.readings, told.trace.how) == ([], "the id of the step company")
