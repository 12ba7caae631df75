"""An example made from a real deal names nobody of it, and is of the same kind, segment and receiver."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handoff.example_files import CustomerThen
from handoff.examples import run_examples
from handoff.kinds import Background
from handoff.model import Customer
from handoff.policy import Times, judge
from handoff.prepare import Prepared
from handoff.saved_examples import as_yaml, example_of
from tests.handoff.builders import ACCOUNT, BEN, CLEO, CONTRACT, NOON, PRIYA, WON, a_deal, mappings_in, users

KINDS = """\
kinds:
  - {kind: expansion, when: [{field: company.status, is: Active}]}
  - {kind: new_customer, same_account_within: 14 days}
"""
EXCEPTION = f"exceptions:\n  - {{account: {ACCOUNT[:15]}, set: {{receiver: {PRIYA}, segment: smb}}, because: Board}}\n"
ACTIVE = Customer("1P02", "Nordwind Freight", "Active", "Adopting", "rosa@northwind.example")
OPEN = Background(opened=WON - timedelta(days=3), opened_by="Nordwind lights")


def judged(mappings, background=None, deal=None, known=None) -> Prepared:
    background, deal = background or Background(), deal or a_deal()
    handoff = judge(deal, mappings, known or users(), Times.first(deal, NOON), background)
    return Prepared(deal, {}, handoff, background=background)


def saved(tmp_path, mappings, one):
    """Return the example, and what `check` says of it once it stands in its file."""
    example = example_of(one, mappings, now=NOON + timedelta(days=9), about="")
    path = mappings.folder / "examples" / "saved.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(as_yaml(example), encoding="utf-8")
    ran = run_examples([mappings])
    assert ran.run == ("examples/saved.yml",)
    return example, list(ran.findings)


def test_an_example_made_from_a_real_deal_is_met_and_names_nobody_of_it(tmp_path):
    mappings = mappings_in(tmp_path)
    deal = a_deal(source={"Commitments__c": "Call Rosa weekly | 2026-04-20 | service | Rosa Lang"})

    example, said = saved(tmp_path, mappings, judged(mappings, deal=deal))

    text = as_yaml(example)
    assert said == []
    assert [real for real in ("Rosa", "Ida", "Brandt", "Nordwind", "berths", "Harbor lights") if real in text] == []
    assert example.expect.segment == "mid_market"
    assert example.record["OpportunityContactRoles"][0]["Role"] == "Evaluator"
    assert example.record["Commitments__c"] == "Example promise 1 | 2026-04-20 | example | example"


def test_a_saved_example_names_its_systems_so_that_no_other_pair_runs_it(tmp_path):
    mappings = mappings_in(tmp_path)

    example, _ = saved(tmp_path, mappings, judged(mappings))

    assert (example.crm, example.platform) == ("salesforce", "gainsight")
    assert "\ncrm: salesforce\nplatform: gainsight\n" in as_yaml(example)


def test_moments_stand_in_whole_seconds_as_a_file_has_them(tmp_path):
    mappings = mappings_in(tmp_path)
    one, part = judged(mappings), timedelta(microseconds=345_678)
    one = replace(one, handoff=replace(one.handoff, handed_off_at=NOON + part), deal=a_deal(won_at=WON + part))

    example, said = saved(tmp_path, mappings, one)

    assert (example.given.now, example.given.won_at) == (NOON, WON)
    assert said == []


def test_the_heading_says_what_stays(tmp_path):
    mappings = mappings_in(tmp_path)
    text = as_yaml(example_of(judged(mappings), mappings, now=NOON, about=""))

    assert BEN in text
    assert "names, addresses and texts of the deal are invented;\n# colleagues named in the mapping files stay." in text


@pytest.mark.parametrize(
    ("background", "kind"),
    [
        (Background(customer=ACTIVE), "expansion"),
        (Background(customer=replace(ACTIVE, status="Prospect")), "new_customer"),
        (OPEN, "joining"),
        (Background(kind="joining"), "joining"),
        (Background(), "new_customer"),
    ],
)
def test_a_saved_example_is_of_the_same_kind_as_its_deal(tmp_path, background, kind):
    mappings = mappings_in(tmp_path, {"handoff.yml": CONTRACT + KINDS})

    example, said = saved(tmp_path, mappings, judged(mappings, background))

    assert (example.expect.kind, said) == (kind, [])
    assert "Nordwind" not in as_yaml(example)


@pytest.mark.parametrize(("csm", "shown"), [("rosa@northwind.example", "person.a@example.example"), (CLEO, CLEO)])
def test_the_customer_is_told_with_a_csm_who_is_invented_unless_a_colleague(tmp_path, csm, shown):
    mappings = mappings_in(tmp_path, {"handoff.yml": CONTRACT + KINDS})
    one = judged(mappings, Background(customer=replace(ACTIVE, csm_email=csm)))
    one = replace(one, deal=replace(one.deal, owner_email=None))

    example = example_of(one, mappings, now=NOON, about="")

    assert example.given.customer == CustomerThen(name="Example account", status="Active", stage="Adopting", csm=shown)


def test_an_account_that_an_exception_names_is_given(tmp_path):
    mappings = mappings_in(tmp_path, {"handoff.yml": CONTRACT + EXCEPTION})

    example, said = saved(tmp_path, mappings, judged(mappings))

    assert (example.given.account, said) == (ACCOUNT[:15], [])
    assert (example.expect.segment, example.expect.receiver) == ("smb", PRIYA)


def test_any_other_account_is_not(tmp_path):
    mappings = mappings_in(tmp_path)

    assert ACCOUNT[:15] not in as_yaml(example_of(judged(mappings), mappings, now=NOON, about=""))


def test_who_could_not_receive_the_deal_is_inactive_in_its_example(tmp_path):
    mappings = mappings_in(tmp_path)
    one = judged(mappings, known=users(inactive=[BEN]))

    example, said = saved(tmp_path, mappings, one)

    assert (example.given.inactive, example.expect.receiver, said) == ([BEN], CLEO, [])


def test_stage_and_amount_decide_as_they_did(tmp_path):
    condition = CONTRACT.replace("field: arr, at_least: 100000", "field: deal.amount, at_least: 100000")
    mappings = mappings_in(tmp_path, {"handoff.yml": condition + "trigger: {won: [Signed]}\n"})
    deal = replace(a_deal(amount=120_000, source={"Amount": None}), stage="Signed")

    example, said = saved(tmp_path, mappings, judged(mappings, deal=deal))

    assert (example.given.stage, example.expect.kind, example.expect.segment, said) == (
        "Signed",
        "new_customer",
        "enterprise",
        [],
    )


def test_the_moment_of_the_handoff_counts_not_that_of_saving(tmp_path):
    mappings = mappings_in(tmp_path)

    assert example_of(judged(mappings), mappings, now=NOON + timedelta(days=9), about="").given.now == NOON
