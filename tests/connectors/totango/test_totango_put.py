"""Work sent to Totango: what a search shows is done, what an account holds stands, and nothing is made twice."""

import httpx
import pytest

from connectors._totango_words import NO_ACCOUNT, in_words
from handoff.errors import NotAllowed
from handoff.model import How, Result
from handoff.ports import Identity
from tests.connectors.totango.world import ACCOUNT, OTHER, PRIYA, TAKEN, Script, connector, found, hit, step
from tests.fakes import FakeClock

GONE = httpx.ReadTimeout("the answer is lost")


def stamp_of(script: Script, at: int = 0) -> str:
    """Return the stamp that a call to the hub planted."""
    (record,) = next(iter(script.asked[at][2].values()))
    return next(value for name, value in record["attributes"].items() if name.startswith("bridge_"))


class Hub(Script):
    """Takes one upsert, and answers the search after it with the stamp just planted behind what `shows` says."""

    def __init__(self, name: str, *shows: object) -> None:
        super().__init__(TAKEN)
        self._name, self._shows = name, shows

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not self.answers:
            self.answers.append(found("accounts", hit(ACCOUNT, self._name, *self._shows, stamp_of(self))))
        return super().__call__(request)


ENROLLED = {"account_id": ACCOUNT, "Onboarding Stage": "Kick Off", "Success Manager___tid": PRIYA}


# Accounts


def test_an_account_is_made_once_a_search_shows_it():
    script = Script(TAKEN, found("accounts"), found("accounts", hit(ACCOUNT, "Globex", "")))
    clock = FakeClock()
    told = []

    (outcome,) = connector(script, clock=clock).put(
        [step("account", {"id": ACCOUNT, "account_name": "Globex"})], told.append
    )

    assert (outcome.result, outcome.ref, clock.slept) == (Result.CREATED, ACCOUNT, [12])
    assert len(told) == 1


def test_an_account_that_no_search_shows_is_in_doubt():
    script = Script(TAKEN, found("accounts"), found("accounts"))

    (outcome,) = connector(script).put([step("account", {"id": ACCOUNT, "account_name": "Globex"})])

    assert (outcome.result, outcome.ref) == (Result.UNKNOWN, None)


def test_many_accounts_are_a_call_and_their_visibility_is_asked_for_in_one():
    accounts = [f"ACC-{number}" for number in range(150)]
    some = [found("accounts", *(hit(one, "x", "") for one in part)) for part in (accounts[:100], accounts[100:])]
    script = Script(TAKEN, some[0], TAKEN, some[1])
    platform = connector(script)
    steps = [step("account", {"id": one, "account_name": "x"}) for one in accounts]

    outcomes = platform.put(steps)

    assert {one.result for one in outcomes} == {Result.CREATED}
    assert (len(script.asked), platform.calls(steps), platform.traffic().calls) == (4, 4, 4)


@pytest.mark.parametrize("account", ["001A0000006Vm9u", "a b", ""])
def test_an_id_that_totango_would_not_take_is_not_sent(account):
    (outcome,) = connector(Script()).put([step("account", {"id": account, "account_name": "x"}, account="x")])

    assert outcome.result is Result.REJECTED


def test_the_case_of_an_account_s_id_counts():
    script = Script(found("accounts", hit(ACCOUNT.lower(), "Another", "")))

    assert connector(script).find([step("account", {"id": ACCOUNT, "account_name": "Globex"})]) == {}


def test_an_account_with_the_shorter_id_is_a_person_s_to_decide():
    script = Script(found("accounts", hit(ACCOUNT[:15], "Globex", "")))

    ((one,),) = connector(script).find([step("account", {"id": ACCOUNT, "account_name": "Globex"})]).values()

    assert (one.ref, "15 characters" in one.conflict) == (ACCOUNT[:15], True)


def test_a_service_id_that_the_hub_refuses_is_told_as_such():
    script = Script(*[httpx.Response(400, json={"message": "Invalid service_id"})] * 3)
    steps = [step("account", {"id": one, "account_name": "x"}) for one in (ACCOUNT, OTHER)]

    with pytest.raises(NotAllowed, match="number between the dashes"):
        connector(script).put(steps)

    assert len(script.asked) == 1


# Enrolment


def test_an_enrolment_never_writes_a_stage_that_the_account_is_in():
    there = found("accounts", hit(ACCOUNT, "Globex", "Training/UAT", None))
    shown = found("accounts", hit(ACCOUNT, "Globex", "Priya Shah", None))
    users = found("users", {"name": PRIYA, "display_name": "Priya Shah", "selected_fields": ["Active"]})
    script = Script(there, TAKEN, shown, users)

    (outcome,) = connector(script).put([step("enrolment", ENROLLED)])

    (sent,) = script.asked[1][2]["accounts"]
    assert outcome.result is Result.CREATED
    assert "Onboarding Stage" not in sent["attributes"]
    assert sent["attributes"]["Success Manager___tid"] == PRIYA


def test_an_enrolment_waits_until_the_account_shows():
    (outcome,) = connector(Script(found("accounts"))).put([step("enrolment", ENROLLED)])

    assert outcome.result is Result.WAITING
    assert outcome.again is not None


def test_a_stage_that_totango_passes_over_is_a_finding():
    script = Hub("Globex", None)
    about = {"account_id": ACCOUNT, "Onboarding Stage": "Kick off"}

    (outcome,) = connector(script).put([step("enrolment", about, ref=ACCOUNT)])

    assert outcome.result is Result.REJECTED
    assert "Onboarding Stage" in outcome.reason


# Touchpoints, tasks and plays


TOUCHPOINT = {"account_id": ACCOUNT, "subject": "Sales handoff", "content": "Sold"}


def test_a_lost_answer_leaves_a_touchpoint_in_doubt_and_it_is_found_by_its_key():
    script = Script(GONE)
    platform = connector(script)
    brief = step("touchpoint", TOUCHPOINT)

    (outcome,) = platform.put([brief])
    content = script.asked[0][2]["content"]
    event = {"id": "evt-1", "type": "note", "account": {"id": ACCOUNT}, "note_content": {"note_id": 7, "text": content}}
    script.answers = [[event]]
    ((one,),) = platform.find([brief]).values()

    assert outcome.result is Result.UNKNOWN
    assert (one.ref, one.how, one.holds["content"]) == (f"{ACCOUNT}/7", How.KEY, "Sold")


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("play", {"accountId": ACCOUNT, "successplayId": "p-1"}),
        ("objective", {"accountId": ACCOUNT, "ObjectiveTemplateId": "t-1"}),
    ],
)
def test_of_a_blind_step_without_an_answer_a_person_is_told_to_look(kind, payload):
    platform = connector(Script(GONE), objectives="by_template")

    (outcome,) = platform.put([step(kind, payload)])

    assert platform.kinds[kind].identity is Identity.BLIND
    assert outcome.result is Result.UNKNOWN
    assert "may have happened, and cannot be looked up" in outcome.reason
    assert "looked up before it is sent again" not in outcome.reason


def test_a_touchpoint_fits_with_its_key_whatever_was_written():
    script = Script({"note": {"id": 1}})

    connector(script).put([step("touchpoint", {**TOUCHPOINT, "content": "x" * 20_000})])

    content = script.asked[0][2]["content"]
    assert len(content) <= 12_000
    assert content.endswith(f"[ref {step('touchpoint').key}]")


def test_each_touchpoint_is_told_of_right_before_it_is_sent():
    script = Script({"note": {"id": 1}}, {"note": {"id": 2}})
    told = []

    def intend(steps):
        told.append((len(script.asked), [one.name for one in steps]))

    steps = [step("touchpoint", TOUCHPOINT, name=name) for name in ("a", "b")]
    platform = connector(script)
    outcomes = platform.put(steps, intend)

    assert told == [(0, ["a"]), (1, ["b"])]
    assert [one.ref for one in outcomes] == [f"{ACCOUNT}/1", f"{ACCOUNT}/2"]
    assert platform.calls(steps) == 2


def test_a_touchpoint_that_was_never_sent_is_not_looked_for():
    kinds = connector(Script()).kinds

    assert [kinds[kind].looks_for(in_doubt=False) for kind in ("touchpoint", "task", "collection")] == [False] * 3
    assert [kinds[kind].looks_for(in_doubt=True) for kind in ("touchpoint", "task")] == [True] * 2
    assert all(kinds[kind].looks_for(in_doubt=False) for kind in ("account", "enrolment"))


def test_a_flow_that_is_not_there_is_refused_with_the_nearest():
    flows = {"onboarding": {"activity_type_id": "onboarding", "display_name": "Onboarding"}}
    script = Script(flows, flows)

    (outcome,) = connector(script).put(
        [step("task", {"account_id": ACCOUNT, "title": "x", "activity_type_id": "onbording"})]
    )

    assert outcome.result is Result.REJECTED
    assert "Onboarding" in outcome.reason


def test_a_play_whose_answer_is_lost_is_in_doubt():
    payload = {"accountId": ACCOUNT, "successplayId": "p1"}

    (outcome,) = connector(Script(GONE)).put([step("play", payload)])

    assert outcome.result is Result.UNKNOWN


def test_an_objective_is_refused_while_it_is_switched_off():
    (outcome,) = connector(Script()).put([step("objective", {"accountId": ACCOUNT, "ObjectiveTemplateId": "t"})])

    assert outcome.result is Result.REJECTED


def test_after_three_calls_without_an_answer_the_rest_waits_untried():
    script = Script(*[httpx.Response(429)] * 12)
    steps = [step("touchpoint", TOUCHPOINT, name=f"n{number}") for number in range(5)]

    outcomes = connector(script).put(steps)

    assert {one.result for one in outcomes} == {Result.WAITING}
    assert script.answers == []


# The register


def test_a_deal_s_row_holds_the_keys_of_its_steps():
    needs = (step("touchpoint", name="brief").key, step("task", name="kickoff").key)
    last = step("collection", {"account_id": ACCOUNT, "touchpoint_id": "55102"}, name="done", needs=needs)
    script = Script(TAKEN, found("collections"), found("collections"))

    connector(script).put([last])

    assert script.asked[0][1] == "/api/v1/collections/closed_won_deals"
    (row,) = script.asked[0][2]["collections"]
    assert (row["id"], row["account_id"]) == ("main-006000000000001AAA-e1", ACCOUNT)
    assert row["attributes"]["bridge_steps"] == "brief kickoff"
    assert row["attributes"]["bridge_last_key"].split(" ")[0] == last.key


# What is not there


NOT_THERE = {
    "touchpoint": TOUCHPOINT,
    "task": {"account_id": ACCOUNT, "title": "Kick off"},
    "play": {"accountId": ACCOUNT, "successplayId": "p-1"},
}


@pytest.mark.parametrize("kind", NOT_THERE)
def test_a_404_that_names_the_account_is_of_that_account_alone(kind):
    script = Script(httpx.Response(404, json={"status": 404, "message": f"Account {ACCOUNT} not found"}))

    (outcome,) = connector(script).put([step(kind, NOT_THERE[kind])])

    assert (outcome.result, "does not know the account" in outcome.reason) == (Result.WAITING, True)


def test_a_404_that_names_the_play_is_of_that_play_alone():
    script = Script(httpx.Response(404, json={"message": "SuccessPlay not found"}))

    (outcome,) = connector(script).put([step("play", NOT_THERE["play"])])

    assert (outcome.result, "no such SuccessPlay" in outcome.reason) == (Result.REJECTED, True)


@pytest.mark.parametrize("kind", ["touchpoint", "task"])
@pytest.mark.parametrize("status", [400, 404])
def test_an_account_that_is_not_there_has_no_work(kind, status):
    script = Script(httpx.Response(status, json={"message": "Account not found"}))

    assert connector(script).find([step(kind, NOT_THERE[kind])]) == {}


@pytest.mark.parametrize("kind", NOT_THERE)
@pytest.mark.parametrize("body", [b"", b"<html>Not Found</html>", b"{}", b'{"status": 404, "message": "Not Found"}'])
def test_a_404_that_says_nothing_of_a_record_is_of_the_address(kind, body):
    with pytest.raises(NotAllowed, match="does not know this address"):
        connector(Script(httpx.Response(404, content=body))).put([step(kind, NOT_THERE[kind])])


@pytest.mark.parametrize("body", [b"", b'{"message": "Not Found"}', b'{"message": "no Route matched"}'])
def test_a_look_at_an_address_that_is_not_there_is_no_empty_account(body):
    with pytest.raises(NotAllowed, match="does not know this address"):
        connector(Script(httpx.Response(404, content=body))).find([step("task", NOT_THERE["task"])])


@pytest.mark.parametrize("said", [False, "false"])
def test_a_run_of_a_play_that_is_told_as_no_success_is_refused_in_its_words(said):
    script = Script({"success": said, "message": "SuccessPlay is not active"})

    (outcome,) = connector(script).put([step("play", NOT_THERE["play"])])

    assert (outcome.result, "the SuccessPlay is not active" in outcome.reason) == (Result.REJECTED, True)


@pytest.mark.parametrize("answer", [{"success": True}, {"status": "Success"}, httpx.Response(200, text="Success")])
def test_a_run_of_a_play_is_a_success_in_whichever_shape(answer):
    (outcome,) = connector(Script(answer)).put([step("play", NOT_THERE["play"])])

    assert outcome.result is Result.CREATED


# An account that a play moves on


def test_a_stage_that_a_play_moved_on_was_written():
    script = Hub("Globex", "Business Discovery")

    (outcome,) = connector(script).put(
        [step("enrolment", {"account_id": ACCOUNT, "Onboarding Stage": "Kick Off"}, ref=ACCOUNT)]
    )

    assert (outcome.result, outcome.ref) == (Result.UPDATED, ACCOUNT)
    assert "Onboarding Stage is Business Discovery by now" in outcome.reason


def test_a_stage_that_is_left_out_is_a_finding_where_another_one_moved_on():
    script = Hub("Globex", "Business Discovery", None)
    stages = {"Onboarding Stage": "Kick Off", "Customer Journey Stage": "onboarding"}

    (outcome,) = connector(script).put([step("enrolment", {"account_id": ACCOUNT, **stages}, ref=ACCOUNT)])

    assert outcome.result is Result.REJECTED
    assert "Customer Journey Stage" in outcome.reason


# What an attribute cannot hold


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("account", "account_name", "x" * 129),
        ("account", "Industry", "x" * 513),
        ("account", "Contract.Value", "1"),
        ("account", "x" * 101, "1"),
        ("enrolment", "Onboarding Notes", "x" * 513),
        ("enrolment", "Region (EMEA)", "x"),
        ("collection", "deal_name", "x" * 513),
        ("collection", "deal/name", "x"),
    ],
)
def test_what_an_attribute_cannot_hold_is_refused_by_name_and_not_sent(kind, name, value):
    account = {"id": ACCOUNT} if kind == "account" else {"account_id": ACCOUNT}

    (outcome,) = connector(Script()).put([step(kind, {**account, name: value})])

    assert (outcome.result, outcome.reason.startswith(f"{name}: ")) == (Result.REJECTED, True)


@pytest.mark.parametrize("name", ["Onboarding Stage", "Success Manager___tid", "net-arr", "account_name", "x" * 100])
def test_a_name_that_an_attribute_may_have_is_sent(name):
    script = Script(TAKEN, found("accounts"), found("accounts"))

    connector(script).put([step("account", {"id": ACCOUNT, name: "x" * 128})])

    (sent,) = script.asked[0][2]["accounts"]
    assert sent["attributes"][name] == "x" * 128


def test_a_long_account_name_in_a_deal_s_row_is_an_attribute_like_others():
    script = Script(TAKEN, found("collections"), found("collections"))

    connector(script).put([step("collection", {"account_id": ACCOUNT, "account_name": "x" * 500})])

    assert script.asked[0][1] == "/api/v1/collections/closed_won_deals"


@pytest.mark.parametrize("off", [True, False])
def test_a_touchpoint_that_is_changed_is_kept_from_the_crm_as_one_that_is_made(off):
    event = {"id": "evt-1", "type": "note", "account": {"id": ACCOUNT}, "note_content": {"note_id": 7, "text": "x"}}
    script = Script([event], {"note": {"id": 7}})

    connector(script, disable_sync=off).put([step("touchpoint", TOUCHPOINT, ref=f"{ACCOUNT}/7")])

    assert script.asked[1][2].get("disable_sync", False) is off


@pytest.mark.parametrize(
    ("said", "of_the_account"),
    [
        ("Account not found", True),
        ("The account 'A-1' was not found.", True),
        ("account_id: A-1 could not be found", True),
        ("Account with id A-1 does not exist", True),
        ("No such account", True),
        ("SuccessPlay not found for account A-1", False),
        ("Account A-1: SuccessPlay not found", False),
        (f"account {'- ' * 5_000}", False),
    ],
)
def test_what_names_the_account_is_told_from_what_does_not(said, of_the_account):
    assert (in_words({"message": said})[0] == NO_ACCOUNT) is of_the_account
