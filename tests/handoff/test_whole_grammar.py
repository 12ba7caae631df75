"""What a contract that uses the whole grammar says of a deal, and what work becomes of it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handoff.kinds import Background
from handoff.loading import load_mappings
from handoff.mapping import Mappings
from handoff.model import Customer, Deal, Handoff, Needed, Scope, Step, Write
from handoff.plan import companies_wanted, plan
from handoff.policy import Times, judge
from tests.handoff.builders import ACCOUNT, a_deal, users
from tests.mistakes.table import CONTRACT, GOOD, TARGET, Edit, Mistake
from tests.systems import GAINSIGHT

IDA, JON, EVA, ROLF = (f"{name}@fjord.example" for name in ("ida.holm", "jon.berg", "eva.lund", "rolf.dahl"))
THURSDAY = datetime(2026, 12, 17, 15, 0, tzinfo=UTC)
OSLO, AUSTIN = ZoneInfo("Europe/Oslo"), ZoneInfo("America/Chicago")
SAYS = {
    "ARR__c": 90_000,
    "Type": "New Business",
    "Goal__c": "<p>From 11 hours to 4</p>",
    "Go_Live__c": "2027-04-01",
    "Promises__c": "Two ports | 2027-02-01 | service | rolf.dahl@fjord.example\nA weekly call",
    "Owner.Email": ROLF,
    "Owner.Team__c": "Nordics",
    "Account.Name": "Nordwind Freight",
    "AccountId": "0015g00000ZzZzZAAV",
}
OTHER_ACCOUNT = "0015g00000ZzZzZAAV"


@pytest.fixture(scope="module")
def mappings() -> Mappings:
    return load_mappings(GOOD["whole"], crm="salesforce", platform=GAINSIGHT)


def won(account_id: str = OTHER_ACCOUNT, contacts: Any = (("Ida Brandt", "Economic Buyer"),), **source: Any) -> Deal:
    return a_deal(
        account_id=account_id,
        owner_email=ROLF,
        currency="EUR",
        won_at=THURSDAY,
        contacts=contacts,
        products=["Enterprise"],
        source=SAYS | source,
    )


def judged(mappings: Mappings, deal: Deal | None = None, background: Background | None = None) -> Handoff:
    deal = deal or won()
    return judge(deal, mappings, users(IDA, JON, EVA), Times.first(deal, THURSDAY), background)


def steps_of(mappings: Mappings, handoff: Handoff, companies: dict[str, str] | None = None) -> dict[str, Step]:
    steps, _ = plan(handoff, mappings, users(IDA, JON, EVA), platform="main", companies=companies)
    return {step.key.rpartition(":")[2].removeprefix("main."): step for step in steps}


# The contract


def test_what_is_required_comes_through_all_segments_that_it_extends(mappings):
    handoff = judged(mappings, won(Goal__c=None, contacts=()))

    assert handoff.segment == "enterprise"
    assert handoff.segment_because == "arr is at least 80,000"
    assert [gap.field for gap in handoff.gaps] == ["goal", "sponsor"]
    assert handoff.completeness == Decimal("0.5")


@pytest.mark.parametrize(
    ("tool", "gaps", "completeness"), [(None, [], 1), ("A spreadsheet", ["why_leave"], Decimal("0.8"))]
)
def test_a_field_is_required_where_its_condition_holds_and_counts_only_there(mappings, tool, gaps, completeness):
    handoff = judged(mappings, won(Old_Tool__c=tool))

    assert [gap.field for gap in handoff.gaps] == gaps
    assert handoff.completeness == completeness


@pytest.mark.parametrize("words", ["Nothing beyond the contract", " nothing BEYOND the contract\n"])
def test_the_words_for_nothing_are_an_answer_and_empty(mappings, words):
    handoff = judged(mappings, won(Promises__c=words))

    assert "promises" not in [gap.field for gap in handoff.gaps]
    assert "promises" not in handoff.values


def test_no_words_at_all_are_no_answer(mappings):
    assert "promises" in [gap.field for gap in judged(mappings, won(Promises__c=" ")).gaps]


def test_an_answer_that_cannot_be_measured_is_a_gap_that_says_why_and_stays(mappings):
    handoff = judged(mappings, won(Goal__c="To be faster"))

    assert [(gap.field, gap.why) for gap in handoff.gaps] == [("goal", "it names no number")]
    assert handoff.values["goal"] == "To be faster"
    assert handoff.values["gaps"][0]["why"] == "it names no number"


def test_a_go_live_before_the_usual_one_is_told_and_is_no_gap(mappings):
    handoff = judged(mappings, won(Go_Live__c="2027-02-01"))

    assert handoff.gaps == ()
    assert "Promised go-live: 2027-02-01 is before 2027-02-15, the usual 60 days" in handoff.notes


def test_a_field_that_is_no_day_is_left_out_and_told(mappings):
    handoff = judged(mappings, won(Go_Live__c="in spring"))

    assert [gap.field for gap in handoff.gaps] == ["go_live_on"]
    assert "Go_Live__c: 'in spring' is no day like 2026-12-01; it was left out" in handoff.notes


def test_a_field_that_holds_several_answers_is_a_list_of_items(mappings):
    assert judged(mappings).values["promises"] == [
        {"id": "1", "text": "Two ports", "due_on": date(2027, 2, 1), "kind": "service", "owner": ROLF},
        {"id": "2", "text": "A weekly call"},
    ]


def test_deadlines_fall_due_in_the_calendar_of_who_must_act(mappings):
    to_ida = judged(mappings, won(Old_Tool__c="A spreadsheet"))
    values = to_ida.values

    assert to_ida.receiver == IDA
    assert values["deadlines.fill_gaps.due"] == datetime(2026, 12, 18, 16, 0, tzinfo=OSLO)
    assert values["deadlines.first_call.due"] == datetime(2026, 12, 21, 16, 0, tzinfo=OSLO)


def test_a_deadline_of_the_receiver_is_in_the_receiver_s_calendar(mappings):
    to_jon = judged(mappings, won(ACCOUNT))

    why = "the receiver set by an exception (Their board knows ours)"
    assert (to_jon.receiver, to_jon.receiver_because) == (JON, why)
    assert to_jon.values["deadlines.first_call.due"] == datetime(2026, 12, 21, 9, 0, tzinfo=AUSTIN)


def test_a_deadline_of_other_segments_has_no_due_date(mappings):
    deal = a_deal(account_id=OTHER_ACCOUNT, amount=5, currency="EUR", won_at=THURSDAY, source=SAYS | {"ARR__c": 5})
    small = judged(mappings, deal)

    assert small.segment == "small"
    assert "deadlines.first_call.due" not in small.values
    assert "deadlines.fill_gaps.due" in small.values


def test_the_transfer_is_the_exception_s_else_the_segment_s_or_that_of_one_it_extends(mappings):
    mid = a_deal(account_id=OTHER_ACCOUNT, currency="EUR", won_at=THURSDAY, source=SAYS | {"ARR__c": 20_000})

    assert judged(mappings, won(ACCOUNT)).values["transfer"] == "hybrid"
    assert judged(mappings).values["transfer"] == "hot"
    assert judged(mappings, mid).segment == "mid"
    assert judged(mappings, mid).values["transfer"] == "cold"


def test_an_exception_puts_its_account_into_a_segment_while_it_lasts(mappings):
    def of(account: str, today: datetime) -> Handoff:
        deal = a_deal(account_id=account, amount=5, currency="EUR", won_at=today, source=SAYS | {"ARR__c": 5})
        return judge(deal, mappings, users(IDA, JON, EVA), Times.first(deal, today))

    last_day, after = datetime(2027, 6, 30, 23, 0, tzinfo=UTC), datetime(2027, 7, 1, 1, 0, tzinfo=UTC)

    assert (of(ACCOUNT, last_day).segment, of(ACCOUNT, last_day).segment_because) == (
        "enterprise",
        "an exception says so: Their board knows ours",
    )
    assert of(ACCOUNT, after).segment == "small"
    assert of(OTHER_ACCOUNT, last_day).segment == "small"


def test_an_exception_holds_for_the_account_s_id_with_15_characters_too(mappings):
    assert judged(mappings, won(ACCOUNT[:15])).receiver == JON


@pytest.mark.parametrize(
    ("source", "customer", "kind", "excluded"),
    [
        ({}, None, "new_customer", ""),
        ({"Type": "Renewal"}, None, "excluded", "Renewals stay with their CSM"),
        ({}, Customer("1C01", status="Active"), "expansion", ""),
        ({"Owner.Team__c": "DACH"}, None, "new_customer", "it is not in the pilot: owner.team is one of Nordics"),
    ],
)
def test_a_deal_has_a_kind_and_is_excluded_by_it_or_by_the_pilot(mappings, source, customer, kind, excluded):
    handoff = judged(mappings, won(**source), Background(customer=customer))

    assert (handoff.kind, handoff.excluded) == (kind, excluded)
    assert handoff.values["kind"] == kind


# The plan


def test_each_promise_becomes_work_of_its_own_with_a_key_that_its_item_gives_it(mappings):
    steps = steps_of(mappings, judged(mappings))

    assert set(steps) == {"company", "plan", "onboarding", "promise-1", "promise-2", "brief"}
    assert steps["promise-1"].payload["Name"] == "Promised: Two ports"
    assert steps["promise-1"].payload["DueDate"] == date(2027, 2, 1)
    assert steps["promise-2"].payload["DueDate"] == date(2026, 12, 17)
    assert steps["promise-1"].needs == (steps["company"].key, steps["onboarding"].key)


def test_a_step_for_each_item_of_an_empty_list_is_not_made(mappings):
    steps = steps_of(mappings, judged(mappings, won(Promises__c=None)))

    assert set(steps) == {"company", "plan", "onboarding", "brief"}


def test_two_items_with_one_key_become_one_record_and_it_is_told(tmp_path):
    texts = Mistake(
        "keyed by text",
        (Edit(TARGET, "    key: item.id\n    when", "    key: item.text\n    when"),),
        (),
    )
    keyed = load_mappings(texts.made_in(tmp_path), crm="salesforce", platform=GAINSIGHT)

    steps, notes = plan(
        judged(keyed, won(Promises__c="Two ports\nTwo ports\nTwo ports and a long walk")),
        keyed,
        users(IDA, JON, EVA),
        platform="main",
    )

    marks = [step.key.rpartition("promise-")[2] for step in steps if step.name == "promise"]
    assert len(marks) == 2
    assert all(len(mark) == 8 for mark in marks)
    assert "promise: an item of promises has the same item.text; left out" in notes


def test_children_are_made_with_their_step_one_for_each_item(mappings):
    assert steps_of(mappings, judged(mappings))["plan"].payload["Objectives"] == [
        {"Name": "Two ports", "DueDate": date(2027, 2, 1), "OwnerId": "1P01-eva.lund"},
        {"Name": "A weekly call", "DueDate": date(2027, 4, 1), "OwnerId": "1P01-eva.lund"},
    ]


def test_an_expansion_makes_what_is_delivered_for_it_and_only_looks_up_the_company(mappings):
    expansion = judged(mappings, background=Background(customer=Customer("1C01", status="Active")))

    steps = steps_of(mappings, expansion)

    assert set(steps) == {"company", "onboarding", "brief"}
    assert [name for name, step in steps.items() if step.reference] == ["company"]
    assert steps["onboarding"].needs == (steps["company"].key,)
    assert "CtaGroupId" not in steps["onboarding"].payload


def test_a_further_win_makes_a_note_only(mappings):
    joining = judged(mappings, background=Background(opened=THURSDAY, opened_by="Harbor lights"))

    assert joining.kind == "joining"
    assert [name for name, step in steps_of(mappings, joining).items() if not step.reference] == ["brief"]


def test_without_a_word_on_delivery_a_further_win_makes_the_notes_and_other_kinds_make_all(tmp_path):
    text = (GOOD["whole"] / CONTRACT).read_text(encoding="utf-8")
    silent = Mistake("silent", (Edit(CONTRACT, text[text.index("deliver:") :], ""),), ())
    loaded = load_mappings(silent.made_in(tmp_path), crm="salesforce", platform=GAINSIGHT)

    assert loaded.delivered("joining") == ("brief",)
    assert loaded.delivered("expansion") == loaded.delivered("new_customer") == loaded.target.order


def test_a_mode_is_the_field_s_else_the_step_s_else_that_of_its_kind(mappings):
    steps = steps_of(mappings, judged(mappings))

    assert steps["company"].modes == {
        "Name": Write.CREATE_ONLY,
        "ARR": Write.IF_OURS,
        "Csm": Write.IF_EMPTY,
        "RenewalDate": Write.IF_OURS,
        "Headline__gc": Write.IF_OURS,
        "Handoff_Completeness__gc": Write.ALWAYS,
    }
    assert steps["onboarding"].modes["Comments"] is Write.IF_OURS
    assert steps["onboarding"].modes["Name"] is Write.CREATE_ONLY
    assert steps["brief"].modes["Notes"] is Write.CREATE_ONLY
    assert steps["company"].scope is Scope.ACCOUNT


def test_work_to_link_is_recognised_by_the_fields_that_the_mapping_names(mappings):
    steps = steps_of(mappings, judged(mappings))

    assert steps["onboarding"].adopt == ("type", "reason")
    assert steps["promise-1"].adopt == ()


@pytest.mark.parametrize(("tool", "comments"), [("A spreadsheet", "Replaces A spreadsheet"), (None, None)])
def test_a_field_with_a_condition_is_filled_only_where_it_holds(mappings, tool, comments):
    steps = steps_of(mappings, judged(mappings, won(Old_Tool__c=tool, Why_Leave__c="Slow")))

    assert steps["promise-1"].payload.get("Comments") == comments


def test_a_company_is_found_by_the_account_and_what_is_not_found_is_left_out(tmp_path):
    by_parent = Mistake(
        "parent",
        (
            Edit(TARGET, "      Headline__gc: {from: headline}\n", ""),
            Edit(
                TARGET,
                "      Csm: {from: receiver.email, find: user, write: if_empty}\n",
                "      Parent__gc: {from: account.parent_id, find: company}\n",
            ),
        ),
        (),
    )
    loaded = load_mappings(by_parent.made_in(tmp_path), crm="salesforce", platform=GAINSIGHT)
    handoff = judged(loaded, won(**{"Account.ParentId": "0015g00000ParEnTAV"}))

    assert companies_wanted([handoff], loaded.target) == {"0015g00000ParEnTAV"}
    assert steps_of(loaded, handoff, {"0015g00000ParEnTAV": "1C99"})["company"].payload["Parent__gc"] == "1C99"
    assert "Parent__gc" not in steps_of(loaded, handoff)["company"].payload


def test_a_text_without_a_maximum_is_cut_to_what_the_platform_takes(tmp_path):
    free = Mistake(
        "free",
        (
            Edit(
                TARGET, 'Name: {text: "Promised: {item.text}", max: 80, shorten: item.text}', "Name: {from: item.text}"
            ),
        ),
        (),
    )
    loaded = load_mappings(free.made_in(tmp_path), crm="salesforce", platform=GAINSIGHT)

    name = steps_of(loaded, judged(loaded, won(Promises__c="berth " * 50)))["promise-1"].payload["Name"]

    assert len(name) <= 80
    assert name.startswith("berth berth")
    assert name.endswith("…")


def test_the_payload_of_work_knows_the_ids_of_the_work_it_belongs_to(mappings):
    steps = steps_of(mappings, judged(mappings))

    assert steps["onboarding"].payload["CtaGroupId"] == Needed(steps["plan"].key)
    assert steps["brief"].payload["GsCompanyId"] == Needed(steps["company"].key)


def test_sentences_stand_in_the_brief(mappings):
    notes = steps_of(mappings, judged(mappings, won(Old_Tool__c="A spreadsheet")))["brief"].payload["Notes"]

    assert "Why they bought: From 11 hours to 4. What they replace: A spreadsheet." in notes
    assert "Ida Brandt (Sponsor)." in notes
    assert "Not found in the CRM: Why they leave it." in notes
