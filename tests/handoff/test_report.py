"""What a run did, in numbers that add up."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.errors import BridgeBug
from handoff.model import Outcome, Result, Standing
from handoff.report import MOST_EXCEPTIONS, Balance, Notice, Report, Tally, report
from tests.handoff.builders import a_ref

START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def a_report(tally: Tally) -> Report:
    return report(
        tally, run=7, command="sync", started_at=START, ended_at=START, mapping_version="daeccd5e61c9", window=None
    )


def a_tally(*standings: Standing) -> Tally:
    tally = Tally()
    for number, standing in enumerate(standings):
        tally.see(a_ref(f"0065g00000AbCdE{number:03d}"))
        tally.counts_as(standing)
    return tally


@given(st.lists(st.sampled_from(Standing)))
def test_every_deal_that_was_seen_is_counted_once(standings):
    balance = a_report(a_tally(*standings)).balance

    assert balance.seen == balance.done + balance.waiting + balance.needs_person + balance.excluded == len(standings)


def test_the_balance_is_one_line_that_adds_up():
    balance = Balance(seen=1_210, done=1_200, waiting=4, needs_person=5, excluded=1)

    assert balance.remainder == 0
    assert balance.words() == "1,210 seen = 1,200 done + 4 waiting + 5 needs a person + 1 excluded"
    assert balance.as_dict() == {"seen": 1210, "done": 1200, "waiting": 4, "needs_person": 5, "excluded": 1}


def test_a_deal_read_twice_in_one_run_is_one_deal():
    tally = a_tally(Standing.DONE)
    tally.see(a_ref("0065g00000AbCdE000"))

    assert a_report(tally).balance.seen == 1


def test_a_deal_that_nobody_accounts_for_is_our_bug():
    tally = a_tally(Standing.DONE)
    tally.see(a_ref("0065g00000LostAAV"))

    with pytest.raises(BridgeBug, match=r"Run 7 does not balance: 2 seen = 1 done .*; 1 unaccounted for\."):
        a_report(tally)


def test_a_deal_counted_twice_is_our_bug_too():
    tally = a_tally(Standing.DONE)
    tally.counts_as(Standing.WAITING)

    with pytest.raises(BridgeBug, match=r"-1 unaccounted for\."):
        a_report(tally)


def test_at_most_two_hundred_exceptions_are_kept_and_the_rest_counted():
    tally = Tally()
    for number in range(203):
        tally.tell(Notice(f"deal {number}", "Lights", "needs a person", "two companies match"))

    done = a_report(tally)

    assert MOST_EXCEPTIONS == 200
    assert [one.deal for one in done.exceptions] == [f"deal {number}" for number in range(200)]
    assert done.exceptions_left_out == 3


def test_steps_are_counted_by_kind_and_end():
    tally = Tally()
    tally.ended(
        {"a": "cta", "b": "cta", "c": "company"},
        {"a": Outcome("a", Result.CREATED), "b": Outcome("b", Result.CREATED), "c": Outcome("c", Result.ADOPTED)},
    )

    assert a_report(tally).steps == {"company": {"adopted": 1}, "cta": {"created": 2}}


def test_a_report_is_plain_data():
    tally = a_tally(Standing.NEEDS_PERSON)
    tally.tell(Notice("deal 1", "Lights", "needs a person", "two companies match"))

    said = json.loads(json.dumps(a_report(tally).as_dict()))

    assert said["started_at"] == "2026-03-10T12:00:00+00:00"
    assert said["balance"]["needs_person"] == 1
    assert said["exceptions"] == [
        {"deal": "deal 1", "name": "Lights", "what": "needs a person", "reason": "two companies match", "url": ""}
    ]


def test_who_is_needed_most_comes_first_and_is_not_crowded_out_by_notes():
    tally = Tally()
    for number in range(250):
        tally.tell(Notice(f"deal {number}", "Lights", "note", "the deal has no amount"))
    for what in ("not readable", "receipt pending", "needs a person"):
        tally.tell(Notice("deal 7", "Lights", what, "why"))

    done = a_report(tally)

    assert [one.what for one in done.exceptions[:4]] == ["needs a person", "receipt pending", "not readable", "note"]
    assert (len(done.exceptions), done.exceptions_left_out) == (200, 53)


def test_the_notes_of_a_deal_are_one_row():
    tally = Tally()
    for note in ("no amount", "no rate for XAU", "no amount"):
        tally.tell(Notice("deal 1", "Lights", "note", note))

    assert [one.reason for one in a_report(tally).exceptions] == ["no amount; no rate for XAU"]


def test_no_address_of_a_person_reaches_an_exception():
    one = Notice("deal 1", "Lights for ida@brandt.example", "note", "Ask <o'hara+x@brandt.example>, not @home.")

    assert (one.name, one.reason) == ("Lights for (address)", "Ask <(address)>, not @home.")
