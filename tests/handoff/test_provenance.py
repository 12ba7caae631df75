"""Where a value came from, before and after each rule."""

from handoff.model import Needed
from handoff.plan import plan
from handoff.provenance import evidence, evidence_of
from tests.handoff.builders import DEAL, TARGET, a_deal, a_handoff, mappings_in, users


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


# Child records, item by item

OBJECTIVES = {
    "targets/gainsight.yml": TARGET.replace(
        "      SuccessPlanType: {value: Onboarding}\n",
        "      SuccessPlanType: {value: Onboarding}\n"
        "    children:\n      Objectives:\n        each: commitments\n        key: item.text\n        fields:\n"
        '          Name: {text: "{item.text}", max: 80}\n'
        "          DueDate: {from: [item.due_on, go_live_on], as: date}\n"
        "          status: {value: Open}\n",
    )
}
PROMISES = "Migrate two ports | 2026-04-20 | service | Rosa Lang\nMigrate two ports\n\nWeekly call"


def records_of(tmp_path, files, step: str, child: str, **deal):
    mappings = mappings_in(tmp_path, files)
    handoff = a_handoff(mappings, a_deal(**deal))
    steps, _ = plan(handoff, mappings, users(), platform="main")
    made = next(one for one in steps if one.name == step)
    told = next(one for one in evidence_of(made, made.payload, handoff, mappings) if one.field == child)
    return told, [{one.field: one for one in fields} for fields in told.records]


def test_each_field_of_a_child_record_tells_its_item_before_and_after_each_rule(tmp_path):
    told, (ports, call) = records_of(tmp_path, OBJECTIVES, "plan", "Objectives", source={"Commitments__c": PROMISES})

    (name,) = call["Name"].readings
    assert call["Name"].value == "Weekly call"
    assert (name.origin.name, name.value) == ("commitments[3].text", "Weekly call")  # the second is the first again
    assert (name.record, name.read) == (DEAL, {"Commitments__c": "Weekly call"})
    assert name.origin.place == "sources/salesforce.yml:5"
    assert ports["DueDate"].readings[0].read == {"Commitments__c": PROMISES.splitlines()[0]}
    assert call["Name"].trace.place == "targets/gainsight.yml:21"
    assert [row["Name"] for row in told.value] == ["Migrate two ports", "Weekly call"]


def test_a_field_of_a_child_record_that_falls_back_tells_the_field_of_the_deal_that_spoke(tmp_path):
    _, (ports, call) = records_of(tmp_path, OBJECTIVES, "plan", "Objectives", source={"Commitments__c": PROMISES})

    assert [one.origin.name for one in ports["DueDate"].readings] == ["commitments[1].due_on", "go_live_on"]
    (day,) = call["DueDate"].readings
    assert (day.origin.name, day.read) == ("go_live_on", {"Promised_Go_Live__c": "2026-05-04"})
    assert (call["status"].readings, call["status"].trace.how) == ([], "written in the mapping")


def test_a_child_record_made_of_a_row_tells_that_row_s_own_value(tmp_path):
    people = {name: said.replace("each: commitments", "each: people") for name, said in OBJECTIVES.items()}
    people = {
        name: said.replace("item.text", "item.role").replace("item.due_on, ", "") for name, said in people.items()
    }
    contacts = (("Ida Brandt", "Evaluator"), ("Per Holm", "Decision Maker"))
    _, rows = records_of(tmp_path, people, "plan", "Objectives", contacts=contacts)

    assert [row["Name"].value for row in rows] == ["Champion", "Other"]
    (name,) = rows[1]["Name"].readings
    assert (name.origin.name, name.value) == ("people[2].role", "Other")
    assert name.read == {"OpportunityContactRoles.Role": "Decision Maker"}
    assert name.origin.place == "sources/salesforce.yml:12"
