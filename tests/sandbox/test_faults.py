import json
from contextlib import suppress
from datetime import timedelta

import pytest

from sandbox.faults.kinds import KINDS, systems_with
from sandbox.wire import Cut, Request
from sandbox.world import SandboxError
from tests.sandbox.faulty import (
    DEAL,
    OTHER,
    SALESFORCE_TOKEN,
    START,
    activities,
    companies,
    ctas,
    gainsight,
    names,
    query_companies,
    said,
    salesforce,
    small_world,
    soql,
    write_back,
)


@pytest.fixture
def world():
    return small_world()


def struck_by(world, fault, call, times):
    """Set a fault on Gainsight and say of each of so many calls whether it got no connection."""
    world.faults([{"system": "gainsight", **fault}])
    return [refused(world, call) for _ in range(times)]


def refused(world, call):
    try:
        world.handle("gainsight", call)
    except Cut as cut:
        return cut.how == "refused"
    return False


@pytest.mark.parametrize(
    ("do", "how", "made"),
    [
        ("refuse", "refused", []),
        ("reset_before", "reset", []),
        ("reset_after", "reset", ["Kickoff"]),
        ("lose_answer", "silent", ["Kickoff"]),
    ],
)
def test_a_call_that_gets_no_answer_is_cut_and_in_the_journal_with_what_it_did(world, do, how, made):
    world.faults([{"system": "gainsight", "do": do}])

    with pytest.raises(Cut) as cut:
        world.handle("gainsight", ctas("Kickoff"))

    row = world.journal()[-1]
    assert cut.value.how == how
    assert names(world, "call_to_action") == made
    assert (row["status"], row["mutates"], row["applied"]) == (0, True, bool(made))


def test_a_fault_strikes_the_calls_of_its_system_only(world):
    world.faults([{"system": "salesforce", "do": "refuse"}])

    assert world.handle("gainsight", ctas("Kickoff")).status == 200


@pytest.mark.parametrize(
    ("route", "struck"),
    [
        ("POST /v2/cockpit/cta", [True, False, False]),
        ("PUT /v2/cockpit/cta", [False, False, False]),
        ("/v1/data/objects", [False, True, True]),
        ("/v1/data/obj", [False, False, False]),
        ("*/query/*", [False, True, False]),
        ("writes", [True, False, True]),
        ("reads", [False, True, False]),
        ("writes /v1/data/objects/Company", [False, False, True]),
        ("POST", [True, True, True]),
        ("tokens", [False, False, False]),
    ],
)
def test_a_route_means_calls_by_method_by_what_they_are_for_and_by_path(world, route, struck):
    world.faults([{"system": "gainsight", "do": "refuse", "route": route}])

    assert [refused(world, call) for call in (ctas("A"), query_companies("Acme"), companies("B"))] == struck


def test_a_fault_about_a_record_strikes_the_calls_that_name_it(world):
    world.faults([{"system": "salesforce", "do": "refuse", "record": DEAL}])

    assert world.handle("salesforce", write_back(OTHER)).status == 200
    with pytest.raises(Cut):
        world.handle("salesforce", write_back(OTHER, DEAL))
    with pytest.raises(Cut):
        world.handle("salesforce", salesforce("GET", f"sobjects/Opportunity/{DEAL}"))


@pytest.mark.parametrize("escaped", [True, False])
def test_a_record_is_found_however_json_spells_it(world, escaped):
    world.faults([{"system": "gainsight", "do": "status", "record": 'Müller "Söhne"'}])
    body = json.dumps({"records": [{"Name": 'Müller "Söhne" GmbH'}]}, ensure_ascii=escaped).encode()

    answer = world.handle("gainsight", Request("POST", "/v1/data/objects/Company", "", {"accesskey": "sandbox"}, body))

    assert answer.status == 503


def test_nth_times_and_rate_say_when_a_fault_strikes(world):
    read = query_companies("Acme")

    assert struck_by(world, {"do": "refuse", "nth": 2}, read, 4) == [False, True, False, False]
    assert struck_by(world, {"do": "refuse", "nth": [1, 4]}, read, 4) == [True, False, False, True]
    assert struck_by(world, {"do": "refuse", "times": 2}, read, 4) == [True, True, False, False]
    assert struck_by(world, {"do": "refuse", "rate": 0}, read, 4) == [False] * 4
    assert struck_by(world, {"do": "refuse", "rate": 1}, read, 4) == [True] * 4


def test_the_same_seed_strikes_the_same_calls_and_another_one_others(world):
    fault = {"do": "refuse", "rate": 0.3, "seed": 5}
    first = struck_by(world, fault, query_companies("Acme"), 80)
    again = struck_by(small_world(), fault, query_companies("Acme"), 80)
    other = struck_by(small_world(), {**fault, "seed": 6}, query_companies("Acme"), 80)

    assert first == again
    assert first != other
    assert 10 < sum(first) < 40


def test_two_faults_of_one_seed_draw_each_for_itself(world):
    fault = {"system": "gainsight", "do": "slow", "rate": 0.5}
    world.faults([{**fault, "seconds": 1}, {**fault, "seconds": 2}])

    delays = {world.handle("gainsight", query_companies("Acme")).delay for _ in range(60)}

    assert delays == {0, 1, 2, 3}


def anything(system):
    """Return calls of every sort, sound and not."""
    if system == "salesforce":
        bodies = [None, [], {}, {"records": None}, {"records": [1, {}]}]
        return [
            SALESFORCE_TOKEN,
            soql("SELECT Id FROM Opportunity"),
            soql("SELECT"),
            write_back(DEAL, OTHER),
            salesforce("GET", "query/0r8000000000001AAA-2000"),
            salesforce("DELETE", "composite/sobjects", query=f"ids={DEAL}"),
            salesforce("GET", "nowhere"),
            *(salesforce("PATCH", "composite/sobjects", body) for body in bodies),
        ]
    bodies = [None, [], {}, {"requests": None}, {"requests": [1, {}, {"record": 5}]}]
    return [
        gainsight_form("/v1/users/m2m/oauth/token", {}),
        query_companies("Acme"),
        companies("A", "B"),
        activities("k"),
        gainsight("PUT", "/v1/data/objects/Company", {"records": [{}]}, query="keys=Gsid"),
        gainsight("GET", "/nowhere"),
        *(gainsight("POST", "/v2/cockpit/cta", body) for body in bodies),
    ]


@pytest.mark.parametrize(("system", "do"), [(system, do) for do in KINDS for system in systems_with(do)])
def test_a_fault_makes_no_call_crash_and_leaves_a_row_for_each(world, system, do):
    calls = anything(system)
    world.faults([{"system": system, "do": do}])

    for call in calls:
        with suppress(Cut):
            world.handle(system, call)

    assert [row["path"] for row in world.journal()] == [call.path for call in calls]


def test_of_faults_that_settle_the_answer_the_first_strikes_and_the_others_are_not_asked(world):
    world.faults(
        [
            {"system": "gainsight", "do": "slow", "seconds": 1},
            {"system": "gainsight", "do": "status", "nth": 1},
            {"system": "gainsight", "do": "refuse"},
        ]
    )

    answer = world.handle("gainsight", query_companies("Acme"))

    assert (answer.status, answer.delay) == (503, 1)
    assert [(each["calls"], each["struck"]) for each in world.faults_set()] == [(1, 1), (1, 1), (0, 0)]


def test_what_is_set_is_told_with_the_calls_it_concerned_and_those_it_struck(world):
    fault = {"system": "gainsight", "do": "refuse", "route": "writes", "nth": 2}
    world.faults([fault])

    for call in (companies("A"), query_companies("A"), companies("B"), companies("C")):
        refused(world, call)

    assert world.faults_set() == [{"fault": fault, "calls": 3, "struck": 1}]
    assert world.struck() == {"refuse": 1}


def test_an_empty_list_clears_and_the_counts_stay_until_a_reset(world):
    world.faults([{"system": "gainsight", "do": "refuse"}])
    refused(world, companies("A"))

    assert world.faults([]) == []
    assert world.handle("gainsight", companies("A")).status == 200
    assert world.struck() == {"refuse": 1}

    world.faults([{"system": "gainsight", "do": "refuse"}])
    world.reset()
    assert world.struck() == {}
    assert world.faults_set() == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"do": "refuse"}, "Faults are a list"),
        (["refuse"], "Fault 1: a fault is an object"),
        ([{"do": "refuse"}], "system is missing. Use one of: salesforce, hubspot, gainsight"),
        ([{"system": "gainsight"}], "do is missing. Use one of: refuse, reset_before"),
        ([{"system": "gainsigth", "do": "refuse"}], "'gainsigth'. Nearest: gainsight"),
        ([{"system": "gainsight", "do": "refus"}], "no do 'refus'. Nearest: refuse"),
        ([{"system": "gainsight", "do": ["refuse"]}], "Use one of: refuse"),
        ([{"system": "gainsight", "do": "expire_cursor"}], "expire_cursor is a fault of salesforce only"),
        (
            [{"system": "gainsight", "do": "slow"}, {"system": "gainsight", "do": "slow", "second": 2}],
            "Fault 2: .*seconds",
        ),
        ([{"system": "gainsight", "do": "refuse", "rout": "/x"}], "'rout'. Nearest: route"),
        (
            [{"system": "gainsight", "do": "refuse", "route": "post /x"}],
            "route takes a method, reads, writes or tokens",
        ),
        ([{"system": "gainsight", "do": "refuse", "route": 5}], "route takes"),
        ([{"system": "gainsight", "do": "refuse", "record": 5}], "record takes a text"),
        ([{"system": "gainsight", "do": "refuse", "rate": 1.5}], "rate takes a number from 0 to 1, not 1.5"),
        ([{"system": "gainsight", "do": "refuse", "rate": True}], "rate takes a number from 0 to 1"),
        ([{"system": "gainsight", "do": "refuse", "nth": 0}], "nth takes a whole number from 1"),
        ([{"system": "gainsight", "do": "refuse", "nth": []}], "nth takes a whole number from 1"),
        ([{"system": "gainsight", "do": "refuse", "nth": 1, "rate": 0.5}], "rate and nth exclude each other"),
        ([{"system": "gainsight", "do": "refuse", "times": 0}], "times takes a whole number from 1"),
        ([{"system": "gainsight", "do": "refuse", "seed": "x"}], "seed takes a whole number"),
        ([{"system": "gainsight", "do": "slow", "seconds": -1}], "seconds takes seconds, from 0 to 600, not -1"),
        (
            [{"system": "gainsight", "do": "status", "status": 404}],
            "status takes one of 503, 500, 502, 504, 423, 477, not 404",
        ),
        ([{"system": "gainsight", "do": "status", "applied": 1}], "applied takes true or false"),
        ([{"system": "gainsight", "do": "too_many", "retry_after": 1.5}], "retry_after takes whole seconds, or null"),
        ([{"system": "gainsight", "do": "hide_field", "lose": "write"}], "lose takes sight in gainsight"),
        ([{"system": "gainsight", "do": "edit_record", "action": "merge"}], "one of set, delete in gainsight"),
        ([{"system": "salesforce", "do": "edit_record", "set": []}], "set takes an object of fields"),
        ([{"system": "salesforce", "do": "short_pages", "least": 9, "most": 3}], "least is more than most"),
        ([{"system": "salesforce", "do": "late_commit", "route": "/x"}], "which have no route"),
    ],
)
def test_a_wrong_fault_is_refused_with_what_is_allowed_and_those_set_before_stay(world, body, message):
    world.faults([{"system": "gainsight", "do": "slow"}])

    with pytest.raises(SandboxError, match=message):
        world.faults(body)

    assert [each["fault"]["do"] for each in world.faults_set()] == ["slow"]


def test_every_argument_has_a_default(world):
    assert struck_by(world, {"do": "slow"}, query_companies("Acme"), 1) == [False]
    assert world.handle("gainsight", query_companies("Acme")).delay == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_page_comes_as_html_and_nothing_was_done(world, status):
    world.faults([{"system": "salesforce", "do": "status", "status": status}])

    answer = world.handle("salesforce", write_back(DEAL))

    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body.startswith(b"<html>")
    assert names(world, "Opportunity", "NextStep") == [None, None]


def test_an_error_page_can_come_after_the_write_was_carried_out(world):
    world.faults([{"system": "gainsight", "do": "status", "applied": True}])

    answer = world.handle("gainsight", ctas("Kickoff"))

    assert (answer.status, answer.applied) == (503, True)
    assert names(world, "call_to_action") == ["Kickoff"]


def test_a_vendor_s_own_error_is_in_its_own_words(world):
    world.faults([{"system": system, "do": "status", "form": "json"} for system in ("gainsight", "salesforce")])

    ours, theirs = world.handle("gainsight", ctas("A")), world.handle("salesforce", write_back(DEAL))

    assert said(ours)["errorCode"] == "GU_1101"
    assert said(ours)["requestId"] == ours.headers["x-request-id"]
    assert said(theirs)[0]["errorCode"] == "SERVER_UNAVAILABLE"


@pytest.mark.parametrize(
    ("arguments", "body", "retry_after"),
    [
        ({}, "GU_2400", None),
        ({"retry_after": 30}, "GU_2400", "30"),
        ({"form": "plain"}, "Too Many Requests", None),
        ({"form": "empty"}, "", None),
        ({"form": "empty", "retry_after": 5}, "", "5"),
    ],
)
def test_gainsight_says_429_in_each_of_its_forms(world, arguments, body, retry_after):
    world.faults([{"system": "gainsight", "do": "too_many", **arguments}])

    answer = world.handle("gainsight", ctas("Kickoff"))

    assert answer.status == 429
    assert answer.headers.get("retry-after") == retry_after
    assert (body in answer.body.decode()) if body else answer.body == b""
    assert names(world, "call_to_action") == []


@pytest.mark.parametrize(
    ("do", "message"),
    [
        ("too_many", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        ("daily_limit", "TotalRequests Limit exceeded."),
    ],
)
def test_salesforce_says_403_at_both_of_its_limits(world, do, message):
    world.faults([{"system": "salesforce", "do": do}])

    answer = world.handle("salesforce", write_back(DEAL))

    assert answer.status == 403
    assert said(answer) == [{"message": message, "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    assert "retry-after" not in answer.headers
    assert "sforce-limit-info" in answer.headers
    assert names(world, "Opportunity", "NextStep") == [None, None]


def test_gainsight_s_daily_limit_looks_like_any_other(world):
    world.faults([{"system": "gainsight", "do": "daily_limit", "route": "writes"}])

    assert said(world.handle("gainsight", ctas("A")))["errorCode"] == "GU_2400"
    assert world.handle("gainsight", query_companies("Acme")).status == 200


@pytest.mark.parametrize(
    ("system", "form", "body"),
    [
        ("salesforce", "json", [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
        ("salesforce", "object", {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}),
        ("salesforce", "html", None),
        ("gainsight", "html", None),
    ],
)
def test_a_401_comes_as_json_as_html_and_as_an_object(world, system, form, body):
    world.faults([{"system": system, "do": "unauthorized", "form": form}])

    answer = world.handle(system, write_back(DEAL) if system == "salesforce" else ctas("A"))

    assert answer.status == 401
    assert answer.body.startswith(b"<html>") if body is None else said(answer) == body


def test_gainsight_s_401_has_no_data(world):
    world.faults([{"system": "gainsight", "do": "unauthorized", "times": 1}])

    answer = world.handle("gainsight", ctas("A"))

    assert answer.status == 401
    assert said(answer) == {
        "result": False,
        "errorCode": "GS_APIG_2401",
        "errorDesc": "Unauthorized",
        "requestId": answer.headers["x-request-id"],
        "message": "Unauthorized",
    }
    assert world.handle("gainsight", ctas("A")).status == 200


def test_a_token_call_is_not_refused_as_unauthorized_unless_its_route_is_named(world):
    world.faults([{"system": "salesforce", "do": "unauthorized"}])
    assert said(world.handle("salesforce", SALESFORCE_TOKEN))["error"] == "invalid_client_id"

    world.faults([{"system": "salesforce", "do": "unauthorized", "route": "tokens"}])
    answer = world.handle("salesforce", SALESFORCE_TOKEN)
    assert answer.status == 401
    assert said(answer) == {"error": "invalid_client", "error_description": "invalid client credentials"}


@pytest.mark.parametrize("system", ["salesforce", "gainsight"])
def test_after_a_reset_of_the_key_tokens_given_before_are_no_longer_good(world, system):
    def token():
        path = "/services/oauth2/token" if system == "salesforce" else "/v1/users/m2m/oauth/token"
        basic = {"authorization": "Basic c2FuZGJveDpzYW5kYm94"}
        return said(world.handle(system, gainsight_form(path, basic)))["access_token"]

    def status(bearer):
        path = "/services/data/v66.0/limits" if system == "salesforce" else "/v2/cockpit/admin/picklist/lite"
        call = gainsight("GET", path)
        return world.handle(system, replaced(call, {"authorization": f"Bearer {bearer}"})).status

    old = token()
    world.faults([{"system": system, "do": "unauthorized", "reset": True, "times": 1}])

    assert status(old) == 401
    assert status(old) == 401
    assert status(token()) == 200


def gainsight_form(path, headers):
    return replaced(gainsight("POST", path), headers, b"grant_type=client_credentials")


def replaced(call, headers, body=b""):
    return type(call)(call.method, call.path, call.query, headers, body)


def test_a_truncated_answer_is_no_json_and_the_write_was_carried_out(world):
    world.faults([{"system": "gainsight", "do": "truncate"}])

    answer = world.handle("gainsight", ctas("Kickoff"))

    with pytest.raises(json.JSONDecodeError):
        said(answer)
    assert answer.body
    assert names(world, "call_to_action") == ["Kickoff"]


@pytest.mark.parametrize("at", [0, 0.99, 1])
def test_a_truncated_answer_is_never_whole(world, at):
    world.faults([{"system": "gainsight", "do": "truncate", "at": at}])

    with pytest.raises(json.JSONDecodeError):
        said(world.handle("gainsight", query_companies("Acme")))


def test_an_answer_without_a_body_cannot_be_cut_off(world):
    world.faults([{"system": "salesforce", "do": "truncate"}])

    answer = world.handle("salesforce", salesforce("PATCH", f"sobjects/Opportunity/{DEAL}", {"NextStep": "Call"}))

    assert answer.status == 204
    assert world.struck()["truncate"] == 0


@pytest.mark.parametrize(("arguments", "made"), [({}, []), ({"applied": True}, ["Kickoff"])])
def test_a_false_result_comes_with_200(world, arguments, made):
    world.faults([{"system": "gainsight", "do": "result_false", **arguments}])

    answer = world.handle("gainsight", ctas("Kickoff"))

    assert answer.status == 200
    assert said(answer)["result"] is False
    assert said(answer)["errorCode"] == "GU_1101"
    assert answer.applied == bool(made)
    assert names(world, "call_to_action") == made


def test_a_reference_goes_missing_from_the_answer_though_its_record_was_made(world):
    world.faults([{"system": "gainsight", "do": "drop_reference", "record": "Second"}])

    answer = world.handle("gainsight", ctas("First", "Second", "Third"))

    assert [list(each) for each in said(answer)["data"]["success"]] == [["1"], ["3"]]
    assert said(answer)["data"]["failure"] == []
    assert names(world, "call_to_action") == ["First", "Second", "Third"]


def test_an_external_id_goes_missing_from_timeline_s_answer(world):
    world.faults([{"system": "gainsight", "do": "drop_reference"}])

    answer = world.handle("gainsight", activities("k1", "k2"))

    assert list(said(answer)["data"]["success"]) == ["k2"]
    assert names(world, "activity_timeline", "ExternalId") == ["k1", "k2"]


def test_a_fault_that_found_nothing_to_do_did_not_strike(world):
    world.faults([{"system": "gainsight", "do": "drop_reference"}])

    world.handle("gainsight", gainsight("POST", "/v2/cockpit/cta", {"requests": [{"record": {"referenceId": "1"}}]}))

    assert world.faults_set()[0]["struck"] == 0


@pytest.mark.parametrize("seconds", [7200, -7200])
def test_a_clock_step_moves_the_date_and_stays(world, seconds):
    world.faults([{"system": "salesforce", "do": "clock_step", "seconds": seconds, "nth": 2}])

    dates = [world.handle("salesforce", soql("SELECT Id FROM Opportunity")).headers["date"] for _ in range(3)]

    moved = (START + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert dates == ["Tue, 10 Mar 2026 12:00:30 GMT", moved, moved]
