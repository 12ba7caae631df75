"""The files of a mappings folder, checked against each other."""

import copy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.errors import ConfigError
from handoff.loading import load_mappings
from handoff.model import Scope
from tests.handoff.builders import ACCOUNT, CONTRACT, SOURCE, TARGET, WON, a_deal, folder_in, mappings_in, shipped
from tests.systems import GAINSIGHT

raw = st.recursive(
    st.none() | st.booleans() | st.text() | st.decimals(allow_nan=True) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PATHS = ("Name", "Amount", "ARR__c", "Business_Goal__c", "Commitments__c", "Promised_Go_Live__c", "Account.Name")


def findings(tmp_path: Path, changes: dict[str, str | None]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        mappings_in(tmp_path, changes)
    return [caught.value.message, *caught.value.findings]


def test_the_shipped_mappings_are_sound():
    assert shipped().target.order == ("company", "plan", "onboarding_cta", "brief")


def test_a_deal_is_told_in_canonical_fields_and_what_says_nothing_is_absent(mappings):
    values, notes = mappings.source.canonical(a_deal(source={"Promised_Go_Live__c": "", "Business_Goal__c": None}))

    assert values["deal.name"] == "Harbor lights, 40 seats"
    assert values["account.id"] == ACCOUNT
    assert values["won_at"] == WON
    assert values["people"] == [{"name": "Ida Brandt", "role": "Champion"}]
    assert values["products"] == [{"name": "Lights"}]
    assert "business_goal" not in values
    assert "go_live_on" not in values
    assert notes == []


@given(
    st.dictionaries(st.sampled_from(PATHS), raw), st.lists(st.fixed_dictionaries({"Contact.Name": raw, "Role": raw}))
)
def test_mapping_never_alters_its_input_and_never_fails_on_a_strange_one(mappings, source, contacts):
    deal = a_deal(source=source)
    deal.children["OpportunityContactRoles"] = tuple(contacts)  # type: ignore[index]
    before = copy.deepcopy(deal)

    mappings.source.canonical(deal)

    assert repr(deal) == repr(before)


BOTH = CONTRACT + "deliver: {new_customer: [totango.account, totango.brief, gainsight.company, gainsight.brief]}\n"
IN_TOTANGO = {"targets/totango.yml": "steps: {}\n"}


def test_a_contract_for_several_platforms_delivers_to_each_its_own_steps(tmp_path):
    loaded = mappings_in(tmp_path, {"handoff.yml": BOTH, **IN_TOTANGO})

    assert loaded.delivered("new_customer") == ("company", "brief")


def test_a_contract_that_delivers_only_elsewhere_is_refused(tmp_path):
    elsewhere = CONTRACT + "deliver: {new_customer: [totango.account]}\n"

    found = findings(tmp_path, {"handoff.yml": elsewhere, **IN_TOTANGO})

    assert any("none of these is made in gainsight. Add one, like gainsight.company." in one for one in found), found


def test_a_step_of_a_platform_that_the_folder_has_no_file_for_is_refused(tmp_path):
    found = findings(tmp_path, {"handoff.yml": BOTH})

    assert any("'totango.account' is no step" in one for one in found), found


def test_two_loads_give_the_same_version_and_any_byte_another(tmp_path):
    first = mappings_in(tmp_path / "a").version
    same = mappings_in(tmp_path / "b").version
    prose = mappings_in(tmp_path / "c", {"templates/cta.html.j2": "<p>Why:  {{ business_goal }}</p>\n"}).version

    assert first == same
    assert first != prose


def test_what_is_read_of_the_record_is_known_beforehand(mappings):
    assert mappings.source.paths == (
        "Name",
        "ARR__c",
        "Amount",
        "Business_Goal__c",
        "Commitments__c",
        "Promised_Go_Live__c",
        "Account.Name",
    )
    assert mappings.source.child_paths == {
        "OpportunityContactRoles": ("Contact.Name", "Role"),
        "OpportunityLineItems": ("Product2.Name",),
    }


def test_steps_come_after_those_they_need_and_companies_belong_to_the_account(tmp_path):
    lines = TARGET.splitlines(keepends=True)
    brief = next(i for i, line in enumerate(lines) if line.startswith("  brief:"))
    turned = "".join([lines[0], *lines[brief:], *lines[1:brief]])

    target = mappings_in(tmp_path, {"targets/gainsight.yml": turned}).target

    assert target.order.index("company") < target.order.index("onboarding_cta") < target.order.index("brief")
    assert target.scope("company") is Scope.ACCOUNT
    assert target.scope("plan") is Scope.DEAL


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        (
            "handoff.yml",
            "{field: segment, in",
            "{field: segmnt, in",
            "conditions -> with_plan -> 0 -> field: 'segmnt' is filled by no mapping. Nearest: segment.",
        ),
        (
            "handoff.yml",
            "extends: smb",
            "extends: smbb",
            "segments -> 1 -> extends: 'smbb' is no segment. Nearest: smb.",
        ),
        (
            "handoff.yml",
            "segments: [enterprise]",
            "segments: [big]",
            "routing -> 0 -> segments -> 0: 'big' is no segment. Use one of: enterprise, mid_market, smb.",
        ),
        (
            "sources/salesforce.yml",
            "{from: status}",
            "{from: stauts}",
            "'stauts' cannot be written back. Nearest: status",
        ),
        ("sources/salesforce.yml", "as: plain", "as: plane", "as: 'plane' is no transform. Nearest: plain."),
        ("targets/gainsight.yml", "object: cta", "object: ctas", "'ctas' is no object of gainsight. Nearest: cta."),
        (
            "targets/gainsight.yml",
            "when: with_plan",
            "when: with_paln",
            "'with_paln' is no condition. Nearest: with_plan.",
        ),
        (
            "targets/gainsight.yml",
            "{Name: account.name}",
            "{Name: acount.name}",
            "'acount.name' is filled by no mapping.",
        ),
        ("targets/gainsight.yml", "needs: [onboarding_cta]", "needs: [cta]", "there is no step 'cta'."),
        ("targets/gainsight.yml", "{account.name}: first", "{account.nmae}: first", "'account.nmae' is filled by no"),
        ("targets/gainsight.yml", "from: completeness", "from: completness", "'completness' is filled by no mapping."),
        ("targets/gainsight.yml", "  company:\n    object", "  the-company:\n    object", "'the-company' is no name."),
    ],
)
def test_a_wrong_name_is_found_at_load_with_file_and_line(tmp_path, file, old, new, finding):
    text = {"handoff.yml": CONTRACT, "sources/salesforce.yml": SOURCE, "targets/gainsight.yml": TARGET}[file]

    first, *found = findings(tmp_path, {file: text.replace(old, new, 1).replace("shorten: account.name", "")})

    assert first.startswith(f"{file} has ")
    assert any(one.startswith(f"{file}:") and finding in one for one in found), found


def test_a_wrong_name_stands_on_the_line_that_is_named(tmp_path):
    _, found = findings(tmp_path, {"targets/gainsight.yml": TARGET.replace("when: with_plan", "when: with_paln")})

    assert (
        found == "targets/gainsight.yml:10:5: steps -> plan -> when: 'with_paln' is no condition. Nearest: with_plan."
    )


def test_steps_that_wait_for_each_other_are_refused(tmp_path):
    circle = TARGET.replace("    object: cta\n", "    object: cta\n    needs: [brief]\n")

    assert findings(tmp_path, {"targets/gainsight.yml": circle})[1:] == [
        "targets/gainsight.yml:16:3: steps -> onboarding_cta: these steps wait for each other: "
        "onboarding_cta -> brief -> onboarding_cta. Take one need away."
    ]


def test_all_mistakes_of_one_file_are_told_at_once(tmp_path):
    wrong = TARGET.replace("object: cta", "object: ctas").replace("{Name: account.name}", "{Name: acount.name}")

    assert findings(tmp_path, {"targets/gainsight.yml": wrong})[0] == (
        "targets/gainsight.yml has 2 mistakes; nothing was sent."
    )


def test_a_template_that_is_not_there_is_refused_at_load(tmp_path):
    assert findings(tmp_path, {"templates/cta.html.j2": None}) == [
        "targets/gainsight.yml has 2 mistakes; nothing was sent.",
        "targets/gainsight.yml:28:18: steps -> onboarding_cta -> fields -> Comments -> template: "
        "there is no template 'cta.html.j2'. None is defined; add it first.",
        "targets/gainsight.yml:38:15: steps -> brief -> fields -> Notes -> template: "
        "there is no template 'cta.html.j2'. None is defined; add it first.",
    ]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"^sources/hubspot.yml:1:1: the file is not there\. Put it at "):
        load_mappings(folder_in(tmp_path), crm="hubspot", platform=GAINSIGHT)


def test_each_output_field_tells_where_it_came_from(mappings):
    traces = {trace.field: trace for trace in mappings.target.traces["onboarding_cta"]}

    assert traces["CompanyId"].how == "the id of the step company"
    assert [origin.words() for origin in traces["Name"].origins] == [
        "account.name <- Account.Name [sources/salesforce.yml:7]",
        "deal.name <- Name [sources/salesforce.yml:2]",
    ]
    assert traces["DueDate"].place == "targets/gainsight.yml:27"
    assert traces["DueDate"].origins[0].words() == "work_starts_at [decided by handoff.yml]"
    assert [origin.name for origin in traces["Comments"].origins] == ["business_goal"]


def test_a_segment_that_asks_for_what_is_decided_after_it_is_refused_with_its_line(tmp_path):
    contract = CONTRACT.replace(
        "name: enterprise, when: [{field: arr, at_least: 100000}]", "name: enterprise, when: with_plan"
    )

    assert findings(tmp_path, {"handoff.yml": contract})[1:] == [
        "handoff.yml:12:24: segments -> 0 -> when: 'segment' is decided later than this. Test a field of the deal."
    ]


@pytest.mark.parametrize("rule", ["{step: company}", "{from: Owner.Email, find: user}", "{template: cta.html.j2}"])
def test_a_source_that_asks_for_the_platform_is_refused_with_its_line(tmp_path, rule):
    [_, finding] = findings(tmp_path, {"sources/salesforce.yml": f"{SOURCE}".replace("{from: Name}", rule)})

    assert finding.startswith("sources/salesforce.yml:2:")
    assert "` cannot be used in a source. Use it in the target; here `from`." in finding


def test_the_mistakes_of_all_files_are_told_at_once(tmp_path):
    told = findings(
        tmp_path,
        {
            "people.yml": "teems: {}\n",
            "sources/salesforce.yml": SOURCE.replace("as: decimal", "as: dezimal"),
            "handoff.yml": "start_from: 2026-01-01\n\tfields: {}\n",
        },
    )

    assert told[0] == "handoff.yml, people.yml and sources/salesforce.yml have 3 mistakes; nothing was sent."
    assert [one.split(":")[0] for one in told[1:]] == ["handoff.yml", "people.yml", "sources/salesforce.yml"]


def test_what_files_say_of_each_other_is_told_for_all_at_once(tmp_path):
    told = findings(
        tmp_path,
        {
            "handoff.yml": CONTRACT.replace("requires: [champion]", "requires: [champoin]"),
            "targets/gainsight.yml": TARGET.replace("{from: account.name", "{from: acount.name"),
        },
    )

    assert told[0].startswith("handoff.yml and targets/gainsight.yml have ")
    assert any("Nearest: champion." in one for one in told[1:])
    assert any("Nearest: account.name." in one for one in told[1:])
