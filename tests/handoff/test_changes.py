"""A deal that changes after its handoff: what follows it, what is told in a note, and what stays as it is."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from handoff import tables as t
from handoff.carry import Carrier, Planned
from handoff.changes import changed_names, followed_up
from handoff.fingerprints import source_hashes
from handoff.mapping import Mappings, Target
from handoff.model import Outcome, Result
from handoff.platforms import ObjectFacts
from handoff.prepare import prepare
from handoff.story import known_story
from tests.fakes import EDITED, End, Made, PowerCut, World, with_files
from tests.handoff.builders import BEN, CLEO, DEAL, FILES, WON, a_deal, a_handoff, users

SECOND = "0065g00000SeCoNAAV"
THIRD = "0065g00000ThIrDAAV"
ELSEWHERE = "0015g00000ElSeWAAV"


@pytest.fixture
def world() -> World:
    return World(with_files(), "sqlite://", users())


def other_mappings(world: World, name: str, old: str, new: str) -> None:
    """Edit one mapping file of a running deployment."""
    text = EDITED.get(name) or FILES[name]
    assert old in text
    world.bridge = replace(world.bridge, mappings=with_files((name, text.replace(old, new))))


def amount(world: World, value: int, deal: str = DEAL) -> None:
    world.crm.edit(deal, amount=Decimal(value), source={"Amount": Decimal(value)})


def delivered(world: World, **about) -> int:
    """Hand a deal off; return how many steps were sent."""
    world.crm.win(a_deal(**about))
    assert world.run().balance.done == 1
    return len(world.platform.sent)


def change_notes(world: World) -> list[Made]:
    return [one for one in world.platform.of("timeline") if ".change-" in one.key]


def sent_since(world: World, start: int) -> list[tuple[str, dict]]:
    """Return name and fields of what was sent since, but for notes."""
    steps = [step for step in world.platform.sent[start:] if not step.name.startswith("change-")]
    return [(step.name, dict(step.payload)) for step in steps]


def heard(report) -> str:
    return "; ".join(one.reason for one in report.exceptions)


# What changed


def names(before, after, mappings: Mappings | None = None, **told) -> set[str]:
    mappings = mappings or with_files()
    found = changed_names(
        a_handoff(mappings, after).values,
        mappings,
        before=source_hashes(before),
        now=source_hashes(after),
        told=told,
    )
    return set(found)


def test_what_is_read_from_a_changed_path_has_changed_and_nothing_else():
    assert names(a_deal(), a_deal(source={"Business_Goal__c": "Fewer claims"})) == {"business_goal"}


def test_an_amount_that_the_bridge_fills_itself_has_changed_beside_what_is_read_from_it():
    assert names(a_deal(), a_deal(amount=52_000)) == {"arr", "deal.amount"}


def test_a_name_that_the_mapping_fills_counts_by_what_the_mapping_reads():
    assert names(a_deal(), replace(a_deal(), name="Renamed")) == set()


def test_people_and_products_have_changed_with_their_list():
    assert names(a_deal(), a_deal(contacts=[("Jo Lie", "Evaluator")])) == {"people"}
    assert names(a_deal(), a_deal(products=[])) == {"products"}


def test_a_list_read_wider_has_not_changed_and_one_whose_rows_say_otherwise_has():
    deal = a_deal()
    wide = replace(deal, children=deal.children | {"OpportunityLineItems": ({"Product2.Name": "Lights", "Price": 9},)})

    assert names(deal, wide) == set()
    assert names(deal, a_deal(products=["Buoys"])) == {"products"}


OWNED = {"before": a_deal(owner_email="old@harbor.example"), "after": a_deal()}


def test_what_is_decided_has_changed_when_the_deal_did_and_it_is_another_than_what_was_told():
    told = {"segment": "another", "completeness": "another"}

    assert names(**OWNED, **told) == {"segment", "completeness", "owner.email"}
    assert names(a_deal(), a_deal(), **told) == set()


def test_a_person_by_role_counts_by_who_it_is():
    assert names(**OWNED, champion="another") == {"champion", "owner.email"}


def test_what_the_platform_says_of_the_customer_is_no_change_of_the_deal():
    assert names(a_deal(), a_deal(), kind="another", **{"company.status": "another"}) == set()


def test_what_the_mapping_reads_otherwise_has_not_changed():
    edited = with_files(("sources/salesforce.yml", EDITED["sources/salesforce.yml"].replace("as: plain", "max: 5")))

    assert names(a_deal(), a_deal(), edited, business_goal="another") == set()


# What is said again


@pytest.mark.parametrize("touch", [{}, {"owner_email": "new@harbor.example"}])
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("handoff.yml", "at_least: 100000", "at_least: 40000"),
        ("handoff.yml", "requires: [champion]", "requires: [champion, renewal_on]"),
        ("handoff.yml", f"receiver: {BEN}", f"receiver: {CLEO}"),
    ],
)
def test_an_edited_contract_sends_nothing_whatever_pass_goes_over_the_deal(world, name, old, new, touch):
    start = delivered(world)
    text = EDITED.get(name) or FILES[name]
    text = text.replace("  go_live_on: {", "  renewal_on: {section: deal, label: Renewal}\n  go_live_on: {")
    source = EDITED["sources/salesforce.yml"].replace(
        "  go_live_on:", "  renewal_on: {from: Renewal__c}\n  go_live_on:"
    )
    assert old in text
    changes = (name, text.replace(old, new)), ("sources/salesforce.yml", source)
    world.bridge = replace(world.bridge, mappings=with_files(*changes))
    world.crm.edit(DEAL, **touch)

    report = world.run(deals=[DEAL])

    assert report.balance.done == 1
    assert len(world.platform.sent) == start


def test_a_deal_that_moves_to_another_segment_is_followed(world):
    start = delivered(world)
    amount(world, 120_000)

    world.run()

    assert ("company", {"ARR__gc": Decimal(120_000), "Segment": "enterprise"}) in sent_since(world, start)


def test_an_edited_template_alone_sends_nothing_and_goes_along_only_where_an_input_changed(world):
    start = delivered(world)
    other_mappings(world, "templates/cta.html.j2", "Why:", "The reason:")
    alone = world.run(deals=[DEAL])
    nothing = len(world.platform.sent) - start
    amount(world, 52_000)
    world.run()
    other_input = [fields for name, fields in sent_since(world, start) if name == "onboarding_cta"]
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})

    world.run()

    assert (alone.balance.done, nothing) == (1, 0)
    assert other_input == [{"ARR__gc": Decimal(52_000)}]
    assert world.platform.of("cta")[0].payload["Comments"] == "<p>The reason: Fewer claims</p>"


def test_an_edited_mapping_sends_nothing_for_a_deal_that_changed_in_something_else(world):
    start = delivered(world)
    other_mappings(
        world, "targets/gainsight.yml", "Goal: {from: business_goal}", 'Goal: {text: "Goal: {business_goal}"}'
    )
    amount(world, 52_000)

    world.run()

    assert ("company", {"ARR__gc": Decimal(52_000)}) in sent_since(world, start)


def test_a_mapping_applied_again_carries_every_field_that_its_mode_allows(world):
    delivered(world)
    other_mappings(
        world, "targets/gainsight.yml", "Goal: {from: business_goal}", 'Goal: {text: "Goal: {business_goal}"}'
    )
    deal = world.crm.won[DEAL][0]
    (one,) = prepare(world.bridge, [deal], known={})
    known = world.ledger.handoffs([one.key])

    (whole,) = followed_up(world.bridge, [one], known, whole=True)
    bridge = world.bridge
    carrier = Carrier(bridge.platform, bridge.mappings.target, world.ledger, world.clock, 1, "v")
    decisions = carrier.preview(Planned(step, deal.won_at) for step in whole.steps)

    assert [(d.send.name, dict(d.send.payload)) for d in decisions if d.send] == [
        ("company", {"Goal": "Goal: Fewer late berths"})
    ]


def test_a_change_that_could_not_be_carried_out_is_kept_until_it_can(world):
    start = delivered(world)
    amount(world, 52_000)
    world.platform.ends = lambda step: End.WAITING if step.kind == "company" else None
    world.run()
    kept = set(world.deal(DEAL).changed)
    world.platform.ends = lambda step: None

    world.run()

    assert kept == {"arr", "deal.amount"}
    assert world.deal(DEAL).changed == []
    assert ("company", {"ARR__gc": Decimal(52_000)}) in sent_since(world, start)
    assert len(change_notes(world)) == 1


def test_a_change_that_nobody_can_receive_is_kept_until_somebody_can(world):
    delivered(world)
    everyone = dict(world.platform.users)
    world.platform.users = users(inactive=list(everyone))
    amount(world, 52_000)
    report = world.run()
    kept, notes = set(world.deal(DEAL).changed), len(change_notes(world))
    world.platform.users = everyone

    world.run(deals=[DEAL])

    assert report.balance.done == 1
    assert {"arr", "deal.amount"} <= kept
    assert (notes, len(change_notes(world))) == (0, 1)


def test_a_step_that_would_be_new_after_the_delivery_is_not_made(world):
    delivered(world)
    more = """\
  second_cta:
    object: cta
    fields:
      CompanyId: {step: company}
      OwnerId: {from: receiver.email, find: user}
      Name: {text: More}
      type: {value: Lifecycle}
      reason: {value: Onboarding}
      status: {value: New}
      priority: {value: Low}
      DueDate: {from: work_starts_at, as: date}
  brief:
"""
    other_mappings(world, "targets/gainsight.yml", "  brief:\n", more)
    amount(world, 52_000)

    report = world.run()

    assert report.balance.done == 1
    assert len(world.platform.of("cta")) == 1


def test_a_delivered_deal_that_falls_outside_the_pilot_is_followed_all_the_same(world):
    pilot = FILES["handoff.yml"] + "rollout: {mode: pilot, only: [{field: arr, at_least: 20000}]}\n"
    world.bridge = replace(world.bridge, mappings=with_files(("handoff.yml", pilot)))
    start = delivered(world)
    amount(world, 5_000)

    report = world.run()

    assert report.balance.done == 1
    assert ("company", {"ARR__gc": Decimal(5_000), "Segment": "smb"}) in sent_since(world, start)
    assert "has no entry" not in heard(report)
    assert "<li>Amount: USD 48,000 → USD 5,000</li>" in change_notes(world)[0].payload["Notes"]


# The note


def test_a_change_of_what_is_said_only_once_becomes_one_note_on_the_customer(world):
    delivered(world)
    entry = world.platform.of("timeline")[0]
    amount(world, 52_000)

    report = world.run()

    (note,) = change_notes(world)
    assert note.payload == {
        "GsCompanyId": entry.payload["GsCompanyId"],
        "ContextName": "Company",
        "TypeName": "Update",
        "Author": BEN,
        "Subject": "Changed after the handoff: Nordwind Freight, Harbor…",
        "Notes": "<ul><li>Amount: USD 48,000 → USD 52,000</li></ul>",
        "ActivityDate": world.clock.now(),
    }
    assert note.key.startswith(entry.key.removesuffix("brief") + "change-")
    assert report.steps["timeline"] == {"created": 1, "unchanged": 1}


@pytest.mark.parametrize("kind", ["company", "cta"])
@pytest.mark.parametrize("end", [End.REFUSED, End.WAITING])
def test_a_change_is_noted_also_while_an_update_of_what_the_note_needs_is_refused(world, kind, end):
    delivered(world)
    world.crm.edit(DEAL, amount=Decimal(52_000), source={"Amount": Decimal(52_000), "Business_Goal__c": "Fewer claims"})
    refused = []
    world.platform.ends = lambda step: (refused.append(step.ref), end)[1] if step.kind == kind else None

    world.run()

    assert refused[0] is not None
    assert len(change_notes(world)) == 1
    assert world.standing(DEAL) != "done"


def test_a_change_that_every_record_follows_needs_no_note(world):
    delivered(world)
    world.crm.edit(DEAL, source={"Promised_Go_Live__c": "2026-06-01"})

    world.run()

    assert change_notes(world) == []
    assert world.platform.of("cta")[0].payload["DueDate"] == date(2026, 6, 1)


def test_a_note_says_before_and_after_of_each_field_escaped_and_short(world):
    delivered(world, source={"Business_Goal__c": "Berths & ports"})
    amount(world, 60_000)
    world.crm.edit(DEAL, source={"Business_Goal__c": "x" * 400})

    world.run()

    (note,) = change_notes(world)
    assert "<li>Amount: USD 48,000 → USD 60,000</li>" in note.payload["Notes"]
    assert f"<li>Why they bought: Berths &amp; ports → {'x' * 299}…</li>" in note.payload["Notes"]


def test_a_change_behind_a_step_that_would_not_be_made_today_is_told_all_the_same(world):
    plan = """\
  plan:
    object: success_plan
    when: with_plan
    fields:
      CompanyId: {step: company}
      OwnerId: {from: receiver.email, find: user}
      SuccessPlanType: {value: Onboarding}
      Name: {text: "{segment}"}
"""
    other_mappings(world, "targets/gainsight.yml", "  onboarding_cta:\n", plan + "  onboarding_cta:\n")
    delivered(world)
    amount(world, 5_000)

    world.run()

    assert "<li>Segment: mid_market → smb</li>" in change_notes(world)[0].payload["Notes"]


def test_a_field_that_was_emptied_is_told_as_empty_and_its_gap_by_its_label(world):
    delivered(world)
    world.crm.edit(DEAL, source={"Business_Goal__c": None})

    world.run()

    said = change_notes(world)[0].payload["Notes"]
    assert "<li>Why they bought: Fewer late berths → (empty)</li>" in said
    assert "<li>Gaps: (empty) → Why they bought</li>" in said


def test_what_was_told_and_purged_since_is_said_to_be_not_kept(world):
    delivered(world)
    with world.ledger.writing() as connection:
        connection.execute(delete(t.payloads))
    amount(world, 52_000)

    world.run()

    assert change_notes(world)[0].payload["Notes"] == "<ul><li>Amount: (not kept) → USD 52,000</li></ul>"


def test_a_note_names_what_fits_and_counts_the_rest(world):
    other_mappings(world, "targets/gainsight.yml", "brief.html.j2, max: 30000", "brief.html.j2, max: 90")
    delivered(world)
    amount(world, 60_000)
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})

    world.run()

    said = change_notes(world)[0].payload["Notes"]
    assert said == "<ul><li>Amount: USD 48,000 → USD 60,000</li><li>... and 1 more</li></ul>"


def test_a_note_for_a_platform_without_html_is_plain_lines(world, monkeypatch):
    facts = Target.facts

    def without_html(target: Target, step: str) -> ObjectFacts:
        known = facts(target, step)
        return replace(known, note=known.note and replace(known.note, html=False))

    monkeypatch.setattr(Target, "facts", without_html)
    delivered(world)
    amount(world, 60_000)
    world.crm.edit(DEAL, source={"Business_Goal__c": "Berths & ports"})

    world.run()

    said = change_notes(world)[0].payload["Notes"]
    assert said.splitlines()[0] == "Amount: USD 48,000 → USD 60,000"
    assert said.splitlines()[1].endswith("→ Berths & ports")


def test_each_change_has_a_note_of_its_own_also_when_the_deal_goes_back_and_forth(world):
    delivered(world)
    for value in (52_000, 48_000, 52_000):
        amount(world, value)
        world.run()

    assert [note.payload["Notes"] for note in change_notes(world)] == [
        "<ul><li>Amount: USD 48,000 → USD 52,000</li></ul>",
        "<ul><li>Amount: USD 52,000 → USD 48,000</li></ul>",
        "<ul><li>Amount: USD 48,000 → USD 52,000</li></ul>",
    ]


def test_a_change_that_was_taken_back_before_it_was_told_needs_no_note(world):
    delivered(world)
    amount(world, 52_000)
    world.platform.ends = lambda step: End.WAITING if step.kind in ("company", "timeline") else None
    world.run()
    amount(world, 48_000)
    world.platform.ends = lambda step: None

    report = world.run()

    assert report.balance.done == 1
    assert change_notes(world) == []


@pytest.mark.parametrize("end", [End.CUT_BEFORE, End.CUT_AFTER, End.UNKNOWN_BEFORE, End.UNKNOWN_AFTER, End.WAITING])
def test_a_note_whose_answer_never_came_is_made_once(world, end):
    delivered(world)
    amount(world, 52_000)
    world.platform.ends = lambda step: end if step.kind == "timeline" else None
    with suppress(PowerCut):
        world.run()
    world.platform.ends = lambda step: None

    report = world.until_quiet()

    assert report.balance.needs_person == 0
    assert len(change_notes(world)) == 1
    assert world.standing(DEAL) == "done"


@pytest.mark.parametrize("end", [End.REFUSED, End.WAITING, End.UNKNOWN_BEFORE])
def test_a_deal_of_which_something_else_is_stuck_has_one_note_for_each_change(world, end):
    other_mappings(world, "targets/gainsight.yml", "    needs: [onboarding_cta]\n", "")
    delivered(world)
    world.platform.ends = lambda step: end if step.kind == "cta" else None
    amount(world, 52_000)
    world.run()
    world.crm.edit(DEAL, owner_email="new@harbor.example")
    world.run(after=3_700)
    amount(world, 56_000)

    world.run(after=3_700)

    assert world.standing(DEAL) != "done"
    assert [note.payload["Notes"] for note in change_notes(world)] == [
        "<ul><li>Amount: USD 48,000 → USD 52,000</li></ul>",
        "<ul><li>Amount: USD 52,000 → USD 56,000</li></ul>",
    ]


@pytest.mark.parametrize("end", [End.CUT_AFTER, End.UNKNOWN_BEFORE, End.UNKNOWN_AFTER])
@pytest.mark.parametrize(("then", "way"), [(56_000, "56,000"), (48_000, "48,000")])
def test_a_note_that_may_have_arrived_is_finished_as_it_was_begun_before_the_next_one(world, end, then, way):
    delivered(world)
    amount(world, 52_000)
    world.platform.ends = lambda step: end if step.kind == "timeline" else None
    with suppress(PowerCut):
        world.run()
    world.platform.ends = lambda step: None
    amount(world, then)

    world.until_quiet()

    assert world.standing(DEAL) == "done"
    assert [note.payload["Notes"] for note in change_notes(world)] == [
        "<ul><li>Amount: USD 48,000 → USD 52,000</li></ul>",
        f"<ul><li>Amount: USD 52,000 → USD {way}</li></ul>",
    ]


def test_a_note_is_listed_with_the_handoff_in_the_story_and_in_what_the_deal_is_told(world):
    delivered(world)
    amount(world, 52_000)
    world.run()

    (note,) = change_notes(world)
    story = known_story(world.ledger, str(world.deal(DEAL).ref), world.bridge.mappings.contract)
    assert note.key in world.crm.told[DEAL]["Handoff_Receipt__c"]
    assert f"{note.key.rsplit('.', 1)[-1]} made" in [done["words"] for done in story.done]


def test_a_power_cut_before_the_note_is_sent_leaves_it_in_the_list_of_the_handoff(world):
    delivered(world)
    amount(world, 52_000)
    world.platform.ends = lambda step: End.CUT_BEFORE if step.kind == "company" else None
    with suppress(PowerCut):
        world.run()

    (row,) = world.ledger.handoffs([f"hb:{world.deal(DEAL).ref}:e1"]).values()
    assert [step["name"][:7] for step in row.steps] == ["company", "onboard", "brief", "change-"]


def test_a_handoff_without_an_entry_has_no_note_and_the_run_says_what_changed(world):
    _, brief = EDITED["targets/gainsight.yml"].split("  brief:\n")
    other_mappings(world, "targets/gainsight.yml", f"  brief:\n{brief}", "")
    delivered(world)
    world.crm.edit(DEAL, source={"Account.Name": "Nordwind AG"})

    report = world.run()

    assert "changed after the handoff, which has no entry to add a note to: Account name" in heard(report)
    assert world.platform.of("timeline") == []


def test_a_note_goes_to_the_customer_of_the_handoff_when_the_deal_moved_to_another_account(world):
    delivered(world)
    world.crm.edit(DEAL, account_id=ELSEWHERE, account_name="Other", source={"Account.Name": "Other"})

    report = world.run()

    assert report.balance.done == 1
    assert len(world.platform.of("company")) == 1
    assert change_notes(world)[0].payload["GsCompanyId"] == world.platform.of("company")[0].ref


def test_notes_of_many_deals_go_out_in_full_batches(world):
    deals = [a_deal(f"0065g0000000{n:03d}AAV", account_id=f"0015g0000000{n:03d}AAV") for n in range(5)]
    world.crm.win(*(replace(d, source={**d.source, "Account.Name": f"A{n}"}) for n, d in enumerate(deals)))
    world.run()
    calls = []
    put = world.platform.put
    world.platform.put = lambda steps, intend: calls.append((steps[0].kind, len(steps))) or put(steps, intend)
    for deal in deals:
        amount(world, 52_000, deal.ref.id)

    world.run()

    assert calls == [("company", 5), ("cta", 5), ("timeline", 5)]


# The whole


def test_what_people_touched_stands_and_only_what_nobody_touched_follows_the_deal(world):
    """A CSM edits one CTA, closes one and deletes one; the amounts change; a template changes; then one pass."""
    deals = [
        a_deal(one, account_id=f"0015g0000000{n:03d}AAV", won_at=WON + timedelta(n), source={"Account.Name": f"A{n}"})
        for n, one in enumerate((DEAL, SECOND, THIRD))
    ]
    world.crm.win(*deals)
    world.run()
    edited, closed, deleted = world.platform.of("cta")
    world.platform.edit(edited.ref, OwnerId="1P01-else", DueDate=date(2027, 1, 1), status="Working")
    world.platform.close(closed.ref)
    world.platform.delete(deleted.ref)
    before = {one.ref: dict(one.payload) for one in world.platform.made}
    start, told = len(world.platform.sent), len(world.crm.receipts)
    other_mappings(world, "templates/cta.html.j2", "Why:", "The reason:")
    for deal in deals:
        amount(world, 120_000, deal.ref.id)
        world.crm.edit(deal.ref.id, source={"Promised_Go_Live__c": "2026-06-01"})

    report = world.run()

    assert report.balance.done == 3
    assert [name for name, _ in sent_since(world, start)] == ["company"] * 3 + ["onboarding_cta"]
    assert sent_since(world, start)[0] == ("company", {"ARR__gc": Decimal(120_000), "Segment": "enterprise"})
    assert sent_since(world, start)[3] == ("onboarding_cta", {"ARR__gc": Decimal(120_000), "Tier__gc": "enterprise"})
    assert edited.payload == before[edited.ref] | {"ARR__gc": Decimal(120_000), "Tier__gc": "enterprise"}
    assert closed.payload == before[closed.ref]
    assert [one.ref for one in world.platform.of("cta")] == [edited.ref, closed.ref]
    assert len(change_notes(world)) == 3
    assert len(world.crm.receipts) - told == 3
    assert "a person changed OwnerId, DueDate of onboarding_cta: kept" in heard(report)

    quiet = len(world.platform.sent)
    world.run()
    assert (len(world.platform.sent), len(world.crm.receipts) - told) == (quiet, 3)


EDITS = {
    "ARR__gc": st.sampled_from([Decimal(1), Decimal(2), None]),
    "OwnerId": st.sampled_from(["1P01-else", None]),
    "DueDate": st.sampled_from([date(2027, 1, 1), None]),
    "Comments": st.sampled_from(["mine", None]),
    "status": st.sampled_from(["Working", "Open"]),
}
HELD_BY_MODE = {"cta": {"OwnerId", "DueDate", "ARR__gc", "status", "Comments"}, "company": {"ARR__gc"}}
person = st.sampled_from(["cta", "company"]).flatmap(
    lambda kind: st.sampled_from(sorted(HELD_BY_MODE[kind])).flatmap(
        lambda field: st.tuples(st.just("person"), st.just(kind), st.just(field), EDITS[field])
    )
)
rep = st.one_of(
    st.tuples(st.just("amount"), st.sampled_from([5_000, 48_000, 52_000, 120_000])),
    st.tuples(st.just("goal"), st.sampled_from(["Fewer claims", "Fewer late berths", None])),
)
passes = st.tuples(st.just("pass"), st.sampled_from([None, End.WAITING, End.UNKNOWN_AFTER, End.CUT_AFTER, End.REFUSED]))


@pytest.mark.whole
@given(st.lists(st.one_of(person, rep, passes), max_size=10))
@settings(max_examples=60, deadline=None)
def test_a_field_that_a_person_touched_last_is_never_overwritten_and_a_quiet_bridge_sends_nothing(doings):
    world = World(with_files(), "sqlite://", users())
    delivered(world)
    theirs: dict[tuple[str, str], object] = {}
    for what, *how in doings:
        if what == "person":
            kind, field, value = how
            record = world.platform.of(kind)[0]
            if record.payload.get(field) != value:
                record.payload[field] = theirs[kind, field] = value
        elif what == "amount":
            amount(world, how[0])
        elif what == "goal":
            world.crm.edit(DEAL, source={"Business_Goal__c": how[0]})
        else:
            world.platform.ends = lambda step, end=how[0]: end
            with suppress(PowerCut):
                world.run(after=3_700)
            world.platform.ends = lambda step: None
        _hold(world, theirs)

    world.until_quiet()
    _hold(world, theirs)
    sent = len(world.platform.sent)
    world.run(after=3_700)

    assert len(world.platform.sent) == sent
    assert world.standing(DEAL) == "done"
    assert world.keys_twice() == []


def _hold(world: World, theirs: dict[tuple[str, str], object]) -> None:
    """What a person wrote last stands, unless it is what we wrote before them: then nobody can tell the two apart."""
    for (kind, field), value in theirs.items():
        held = world.platform.of(kind)[0].payload.get(field)
        ours = {step.payload[field] for step in world.platform.sent if step.kind == kind and field in step.payload}
        assert held == value or value in ours, (kind, field, held, value)


@pytest.mark.parametrize("end", [End.WAITING, End.CUT_BEFORE])
def test_a_change_between_the_first_work_and_the_rest_is_told_in_a_note(world, end):
    world.crm.win(a_deal())
    world.platform.ends = lambda step: end if step.kind == "timeline" else None
    with suppress(PowerCut):
        world.run()
    world.platform.ends = lambda step: None
    world.crm.edit(DEAL, account_name="Nordwind AG", source={"Account.Name": "Nordwind AG"})

    reports = [world.run(after=60) for _ in range(3)]

    (note,) = change_notes(world)
    assert "Nordwind AG" in note.payload["Notes"]
    assert "Nordwind Freight" in note.payload["Notes"]
    assert reports[-1].balance.done == reports[-1].balance.seen
    assert world.run().steps == {}


def test_a_change_before_the_first_work_is_said_by_the_work_itself(world):
    world.crm.win(a_deal())
    world.platform.ends = lambda step: End.WAITING
    world.run()
    world.platform.ends = lambda step: None
    world.crm.edit(DEAL, account_name="Nordwind AG", source={"Account.Name": "Nordwind AG"})

    for _ in range(3):
        world.run()

    assert change_notes(world) == []
    assert "Nordwind AG" in world.platform.of("cta")[0].payload["Name"]


def test_work_in_doubt_that_is_made_only_after_the_change_needs_no_note(world):
    world.crm.win(a_deal())
    world.platform.ends = lambda step: End.UNKNOWN_BEFORE
    world.run()
    world.platform.ends = lambda step: None
    world.crm.edit(DEAL, account_name="Nordwind AG", source={"Account.Name": "Nordwind AG"})

    for _ in range(5):
        world.run(after=300)

    assert world.standing(DEAL) == "done"
    assert "Nordwind AG" in world.platform.of("cta")[0].payload["Name"]
    assert change_notes(world) == []


def test_a_change_after_an_entry_that_arrived_without_an_answer_is_told_in_a_note(world):
    world.crm.win(a_deal())
    put, arrived = world.platform.put, []

    def arrives_unanswered(steps, intend):
        outcomes = put(steps, intend)
        if steps[0].kind == "timeline" and not arrived:
            arrived.append(steps[0].key)
            return [Outcome(step.key, Result.WAITING, reason="the connection broke") for step in steps]
        there = set(arrived) & {step.key for step in steps}
        return [replace(o, result=Result.UNCHANGED) if o.key in there else o for o in outcomes]

    world.platform.put = arrives_unanswered
    world.run()
    world.crm.edit(DEAL, source={"Business_Goal__c": "Fewer claims"})

    for _ in range(3):
        world.run()

    assert len(change_notes(world)) == 1
