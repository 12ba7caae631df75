"""Credentials, and what each kind of answer means."""

import pickle
import threading

import httpx
import pytest

from connectors.gainsight import M2M, AccessKey, new_client
from handoff.errors import NotAllowed, Rejected, Transient
from handoff.model import Result
from tests.connectors.gainsight.world import Script, StandIn, connector, step
from tests.fakes import FakeClock, OpenBudget, WindowBudget

EMPTY = {"result": True, "data": {"records": []}}
PAYLOAD = {"Name": "Onboard Globex"}


def token(value: str) -> dict[str, object]:
    return {"access_token": value, "token_type": "Bearer", "expires_in": 86400}


def unauthorized() -> httpx.Response:
    return httpx.Response(401, json={"result": False, "errorCode": "GS_APIG_2401", "errorDesc": "Unauthorized"})


def put_ctas(answer, **more):
    return connector(answer, **more).put([step("cta", "a", PAYLOAD)])[0]


def test_a_token_is_fetched_once_and_used_by_every_call():
    script = Script(token("t1"), EMPTY, EMPTY)
    platform = connector(script, auth=M2M("id", "secret"))

    platform.find([step("cta", "a")])
    platform.find([step("cta", "b")])

    assert [path for _, path, _ in script.asked].count("/v1/users/m2m/oauth/token") == 1
    assert [h.get("authorization") for h in script.headers] == ["Basic aWQ6c2VjcmV0", "Bearer t1", "Bearer t1"]
    assert all("accesskey" not in headers for headers in script.headers)


def test_an_outlived_token_is_renewed_once_and_the_call_made_again():
    script = Script(token("t1"), unauthorized(), token("t2"), EMPTY)

    assert connector(script, auth=M2M("id", "secret")).find([step("cta", "a")]) == {}
    assert script.headers[-1]["authorization"] == "Bearer t2"


def test_a_new_token_that_is_refused_too_stops_the_connector():
    script = Script(token("t1"), unauthorized(), token("t2"), unauthorized())

    with pytest.raises(NotAllowed, match="client id and secret"):
        connector(script, auth=M2M("id", "secret")).find([step("cta", "a")])


def test_a_refused_client_stops_the_connector_without_asking_again():
    script = Script(unauthorized())

    with pytest.raises(NotAllowed, match="asking for a token"):
        connector(script, auth=M2M("id", "secret")).find([step("cta", "a")])
    assert len(script.asked) == 1


def test_the_token_call_takes_nothing_from_the_budget():
    budget = OpenBudget()

    connector(Script(token("t1"), EMPTY), auth=M2M("id", "secret"), budget=budget).find([step("cta", "a")])

    assert len(budget.spent) == 1


def test_many_threads_whose_token_died_fetch_one_new_one():
    fetched, barrier, lock = [], threading.Barrier(4), threading.Lock()

    def answer(request):
        if request.url.path.endswith("token"):
            with lock:
                fetched.append(request)
            return httpx.Response(200, json=token(f"t{len(fetched)}"))
        if request.headers["authorization"] == "Bearer t1":
            barrier.wait(timeout=5)
            return unauthorized()
        return httpx.Response(200, json=EMPTY)

    platform = connector(answer, auth=M2M("id", "secret"))
    threads = [threading.Thread(target=platform.find, args=([step("cta", f"k{n}")],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=5)

    assert len(fetched) == 2


def test_a_refused_access_key_is_not_tried_again():
    script = Script(unauthorized())

    with pytest.raises(NotAllowed, match="was it reset"):
        connector(script).find([step("cta", "a")])
    assert len(script.asked) == 1


def test_credentials_never_show_in_a_repr():
    shown = repr(AccessKey("s3cret")) + repr(M2M("id", "s3cret"))

    assert "s3cret" not in shown


def test_the_client_follows_no_redirect_and_no_proxy_of_the_machine():
    with new_client() as client:
        assert (client.follow_redirects, client.trust_env, client.timeout.read) == (False, False, 10.0)


def test_result_false_under_200_is_a_refusal():
    outcome = put_ctas(Script({"result": False, "errorCode": "COCKPIT_5101", "errorDesc": "x", "data": {}}))

    assert outcome.result is Result.REJECTED
    assert outcome.reason.startswith("COCKPIT_5101")


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b'{"result": tr'])
def test_a_429_is_too_many_calls_whatever_its_body(body):
    clock, budget = FakeClock(), OpenBudget()
    script = Script(httpx.Response(429, content=body), {"result": True, "data": {"success": [{"1": "1S01"}]}})

    assert put_ctas(script, clock=clock, budget=budget).result is Result.CREATED
    assert len(budget.closed) == 1


def test_after_a_429_the_next_call_waits_for_the_next_minute():
    clock = FakeClock()
    script = Script(httpx.Response(429), EMPTY)

    connector(script, clock=clock, budget=WindowBudget()).find([step("cta", "a")])

    assert (clock.now().minute, clock.now().second) == (1, 2)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, json={"result": False, "errorCode": "GU_1101"}),
        httpx.Response(503),
        httpx.Response(200, html="<html>maintenance</html>"),
        httpx.Response(200, content=b'{"result": true, "da'),
        httpx.Response(200, content=b"[]"),
        httpx.Response(200, json={"data": {}}),
        httpx.RemoteProtocolError("cut"),
        httpx.ReadTimeout("slow"),
    ],
    ids=["500", "503", "html", "truncated", "no object", "no result", "cut", "slow"],
)
def test_a_broken_answer_to_a_create_is_unknown_and_not_repeated(answer):
    script = Script(answer)

    assert put_ctas(script).result is Result.UNKNOWN
    assert len(script.asked) == 1


def test_a_broken_answer_to_a_look_up_is_asked_for_again():
    script = Script(httpx.Response(200, html="<html>"), httpx.Response(500), httpx.ReadTimeout("slow"), EMPTY)

    assert connector(script).find([step("cta", "a")]) == {}


NO_LIST = [None, {}, {"records": None}, {"records": {}}, {"success": []}, "none", [None], {"records": ["row"]}]


@pytest.mark.parametrize("data", NO_LIST)
def test_a_look_up_that_succeeds_without_a_list_of_records_is_not_taken_for_an_empty_one(data):
    script = Script(*[{"result": True, "data": data}] * 8)

    with pytest.raises(Transient, match="looking users up"):
        connector(script).people(["kim@acme.example"])
    with pytest.raises(Transient, match="looking records up"):
        connector(script).find([step("cta", "a")])


def test_a_look_up_that_succeeds_without_data_at_all_is_not_taken_for_an_empty_one():
    with pytest.raises(Transient):
        connector(Script(*[{"result": True}] * 4)).find([step("cta", "a")])


@pytest.mark.parametrize(
    "answer",
    [
        {"result": True, "data": []},
        {"result": True, "data": {"records": []}},
        {"result": False, "errorDesc": "No data found for given criteria", "data": None},
        httpx.Response(400, json={"result": False, "errorCode": "GSOBJ_1011", "data": None}),
    ],
    ids=["list", "records", "no data found", "1011"],
)
def test_each_way_of_saying_that_nothing_is_there_is_understood(answer):
    assert connector(Script(answer)).find([step("cta", "a")]) == {}


def test_half_an_emoji_in_a_record_can_be_stored_and_sent_on():
    row = rb'{"Gsid": "1S01", "Name": "cut \ud83d here", "Bridge_Key__gc": "a"}'
    script = Script(httpx.Response(200, content=b'{"result": true, "data": {"records": [' + row + b"]}}"))

    (found,) = connector(script).find([step("cta", "a")])["a"]

    assert found.label.encode() == "cut \N{REPLACEMENT CHARACTER} here".encode()


def test_a_page_of_html_is_told_with_its_status():
    with pytest.raises(Transient, match="HTTP 200"):
        connector(Script(*[httpx.Response(200, html="<html>sign in</html>")] * 4)).find([step("cta", "a")])


def test_a_look_up_that_stays_broken_is_transient():
    with pytest.raises(Transient, match="looking records up"):
        connector(Script(*[httpx.Response(500)] * 4)).find([step("cta", "a")])


@pytest.mark.parametrize("status", [301, 404, 405])
def test_a_wrong_address_stops_the_connector(status):
    with pytest.raises(NotAllowed, match="base_url"):
        connector(Script(httpx.Response(status))).find([step("cta", "a")])


def test_a_field_the_tenant_does_not_have_is_a_refusal_that_names_it():
    gainsight = StandIn(hidden_fields=["call_to_action.Bridge_Key__gc"])

    with pytest.raises(Rejected, match=r"GSOBJ_1002.*Create the field in Gainsight.*docs/set-up\.md"):
        connector(gainsight).find([step("cta", "a")])


def test_a_refusal_never_shows_what_a_customer_wrote():
    desc = "Invalid/Inactive value provided for picklist. (Stage = Secret Plc)."
    rows = [[{"errors": [{"errorCode": "GSOBJ_1012", "fieldName": "Stage", "invalidValue": ["Secret Plc"]}]}]]
    bodies = [{"errors": rows}, None, {"errors": [{"errorMessage": desc}]}, {"errors": rows[0]}]
    for data in bodies:
        answer = httpx.Response(400, json={"result": False, "errorCode": "GSOBJ_1012", "errorDesc": desc, "data": data})
        outcome = connector(Script(answer)).put([step("company", "k", {"Name": "A"})])[0]

        assert outcome.result is Result.REJECTED
        assert "Secret" not in outcome.reason


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (
            "COCKPIT_9700: Missing mandatory fields for create - CompanyId, Region__gc",
            "COCKPIT_9700 (CompanyId, Region__gc)",
        ),
        ("Missing mandatory fields for create - OwnerId", "no code (OwnerId): a mandatory field is missing; map it."),
        ("Cannot take this - Secret Plc", "no code: Gainsight refused it and gave no reason we know"),
        ("Inactive user - OwnerId", "no code (OwnerId): a user or list value it names is inactive."),
        ({"weird": ["shape"]}, "no code"),
    ],
)
def test_a_failure_is_told_by_code_and_field_names_alone(failure, reason):
    outcome = put_ctas(Script({"result": True, "data": {"success": [], "failure": [{"1": failure}]}}))

    assert outcome.result is Result.REJECTED
    assert outcome.reason.startswith(reason)
    assert "Secret" not in outcome.reason


def test_a_refusal_survives_pickling():
    gainsight = StandIn(hidden_fields=["call_to_action.Bridge_Key__gc"])
    with pytest.raises(Rejected) as caught:
        connector(gainsight).find([step("cta", "a")])

    again = pickle.loads(pickle.dumps(caught.value))

    assert (type(again), str(again), again.flaws) == (type(caught.value), str(caught.value), caught.value.flaws)


def test_success_and_failure_may_come_as_mappings_too():
    outcome = put_ctas(Script({"result": True, "data": {"success": {"1": "1S01X"}, "failure": {}}}))

    assert (outcome.result, outcome.ref) == (Result.CREATED, "1S01X")


def test_calls_a_minute_are_kept_over_many_look_ups():
    gainsight = StandIn()
    clock, budget = gainsight.clock, WindowBudget()
    platform = connector(gainsight, clock=clock, budget=budget, keys_per_lookup=1)

    platform.find([step("cta", f"k{n}") for n in range(65)])

    minutes = [at.replace(second=0, microsecond=0) for _, at in budget.spent]
    assert sorted(minutes.count(minute) for minute in set(minutes)) == [5, 30, 30]
