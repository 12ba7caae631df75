"""What a handoff becomes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from handoff.errors import RecordError
from handoff.mapping import Mappings
from handoff.model import Deal, Needed, Scope, Step, Write
from handoff.plan import emails_wanted, plan
from tests.handoff.builders import BEN, CLEO, CONTRACT, TARGET, TOMAS, a_deal, a_handoff, mappings_in, payloads, users

COMPANY = "hb:main:salesforce:00D5g000004XyZwEAK:0015g00000QrStUAAV:main.company"
PLAN = "hb:main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV:e1:main.plan"
CTA = "hb:main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV:e1:main.onboarding_cta"
BRIEF = "hb:main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV:e1:main.brief"


def steps_of(mappings: Mappings, deal: Deal | None = None) -> dict[str, Step]:
    steps, _ = plan(a_handoff(mappings, deal), mappings, users(), platform="main")
    return {step.name: step for step in steps}


def test_each_step_has_its_exact_key(mappings):
    assert {name: step.key for name, step in steps_of(mappings).items()} == {
        "company": COMPANY,
        "plan": PLAN,
        "onboarding_cta": CTA,
        "brief": BRIEF,
    }


def test_a_second_win_has_new_keys_for_the_deal_and_the_same_for_the_account(mappings):
    steps = steps_of(mappings, a_deal(episode=2))

    assert steps["company"].key == COMPANY
    assert steps["onboarding_cta"].key == CTA.replace(":e1:", ":e2:")


def test_two_deals_of_one_account_share_the_account_s_step_and_nothing_else(mappings):
    first, second = steps_of(mappings), steps_of(mappings, a_deal("0065g00000ZzZzZAAV"))

    assert {step.key for step in first.values()} & {step.key for step in second.values()} == {COMPANY}
    assert first["company"].scope is Scope.ACCOUNT


def test_steps_come_after_those_they_need(mappings):
    steps = steps_of(mappings)

    assert {name: step.needs for name, step in steps.items()} == {
        "company": (),
        "plan": (COMPANY,),
        "onboarding_cta": (COMPANY, PLAN),
        "brief": (COMPANY, CTA),
    }
    assert list(steps) == ["company", "plan", "onboarding_cta", "brief"]


def test_a_step_whose_condition_fails_is_left_out_and_satisfies_those_that_need_it(mappings):
    steps = steps_of(mappings, a_deal(amount=5_000))

    assert list(steps) == ["company", "onboarding_cta", "brief"]
    assert steps["onboarding_cta"].needs == (COMPANY,)
    assert "CtaGroupId" not in steps["onboarding_cta"].payload


def test_a_step_s_condition_sees_amounts_in_the_base_currency_as_segments_do(tmp_path):
    large = CONTRACT.replace("{field: segment, in: [enterprise, mid_market]}", "{field: arr, at_least: 100000}")
    mappings = mappings_in(tmp_path, {"handoff.yml": large})

    assert "plan" in steps_of(mappings, a_deal(amount=80_000, currency="GBP"))
    assert "plan" not in steps_of(mappings, a_deal(amount=90_000, currency="USD"))
    assert "plan" not in steps_of(mappings, a_deal(amount=9_000_000, currency="JPY"))


def test_the_payload_is_what_the_mapping_says(mappings):
    handoff = a_handoff(mappings)

    assert payloads(plan(handoff, mappings, users(), platform="main")[0]) == {
        "company": {"Name": "Nordwind Freight", "Score": Decimal(100)},
        "plan": {
            "CompanyId": Needed(COMPANY),
            "OwnerId": "1P01-ben.okafor",
            "Name": "Nordwind Freight: first 90 days",
            "SuccessPlanType": "Onboarding",
        },
        "onboarding_cta": {
            "CompanyId": Needed(COMPANY),
            "CtaGroupId": Needed(PLAN),
            "OwnerId": "1P01-ben.okafor",
            "Name": "Onboard Nordwind Freight: Harbor lights, 40 seats",
            "type": "Lifecycle",
            "reason": "Onboarding",
            "status": "New",
            "priority": "Medium",
            "DueDate": date(2026, 3, 13),
            "Comments": "<p>Why: Fewer late berths</p>",
        },
        "brief": {
            "GsCompanyId": Needed(COMPANY),
            "ContextName": "Company",
            "TypeName": "Update",
            "Author": BEN,
            "Subject": "Sales handoff: Nordwind Freight",
            "Notes": "<p>Why: Fewer late berths</p>",
        },
    }


def test_an_old_win_is_due_counted_from_now_and_not_overdue_at_birth(mappings):
    cta = steps_of(mappings, a_deal(won_at=datetime(2024, 1, 2, tzinfo=UTC)))["onboarding_cta"]

    assert cta.payload["DueDate"] == date(2026, 3, 13)


def test_a_match_is_left_out_when_its_value_is_missing(mappings):
    company = steps_of(mappings)["company"]
    nameless = steps_of(mappings, a_deal(account_name=None))["company"]

    assert company.match == ({"SfdcAccountId": "0015g00000QrStUAAV"}, {"Name": "Nordwind Freight"})
    assert nameless.match == ({"SfdcAccountId": "0015g00000QrStUAAV"},)


def test_a_number_is_matched_as_it_is_and_not_as_a_person_writes_it(tmp_path):
    target = TARGET.replace("{Name: account.name}", "{CustomerNumber: arr}")

    company = steps_of(mappings_in(tmp_path, {"targets/gainsight.yml": target}), a_deal(source={"ARR__c": "48000.00"}))[
        "company"
    ]

    assert company.match[1] == {"CustomerNumber": "48000"}


def test_fields_for_a_new_record_only_are_named(mappings):
    steps = steps_of(mappings)

    assert steps["company"].modes == {"Name": Write.CREATE_ONLY, "Score": Write.IF_OURS}


def test_what_a_person_should_hear_of_a_plan_is_told_once(tmp_path):
    target = TARGET.replace(
        "Name: {from: account.name,", "Tier: {from: segment, values: {smb: C}}\n      Name: {from: account.name,"
    )
    mappings = mappings_in(tmp_path, {"targets/gainsight.yml": target})

    _, notes = plan(a_handoff(mappings), mappings, users(), platform="main")

    assert notes == ("segment: 'mid_market' is not among the values of the mapping; it was left out",)


def test_a_deal_that_nobody_active_can_own_is_stopped_by_itself(mappings):
    nobody = users(inactive=[BEN, CLEO, TOMAS])
    handoff = a_handoff(mappings, known=nobody)

    with pytest.raises(RecordError, match="Nobody active can be OwnerId"):
        plan(handoff, mappings, nobody, platform="main")


def test_the_addresses_that_a_plan_looks_up_are_known_beforehand(mappings):
    handoffs = [a_handoff(mappings), a_handoff(mappings, known={})]

    assert emails_wanted(handoffs, mappings.target) == {BEN, TOMAS}


def test_planning_twice_gives_the_same_plan(mappings):
    handoff = a_handoff(mappings)

    assert plan(handoff, mappings, users(), platform="main") == plan(handoff, mappings, users(), platform="main")
