import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import requests
from urllib3.exceptions import NewConnectionError

from connectors._http import Lost, NotSent, httpx_send, requests_send
from sandbox import shell
from sandbox.shell import Background
from sandbox.world import port_of
from tests.in_process import Adapter, Transport
from tests.sandbox.faulty import BEARER, DATA, ctas, small_world

READ = f"{DATA}/query?q=SELECT+Id+FROM+Opportunity"
WRITE = f"{DATA}/sobjects/Opportunity/006000000000001AAA"


@pytest.fixture
def world():
    return small_world()


@pytest.fixture
def over_httpx(world):
    with httpx.Client(transport=Transport(world, "salesforce"), base_url="http://127.0.0.1", headers=BEARER) as client:
        yield client


@pytest.fixture
def over_requests(world):
    with requests.Session() as session:
        session.headers.update(BEARER)
        session.mount("https://", Adapter(world, "salesforce"))
        yield session


CUTS = [
    ("refuse", httpx.ConnectError, requests.ConnectionError, NotSent),
    ("reset_before", httpx.RemoteProtocolError, requests.ConnectionError, Lost),
    ("reset_after", httpx.RemoteProtocolError, requests.ConnectionError, Lost),
    ("lose_answer", httpx.ReadTimeout, requests.ReadTimeout, Lost),
]


@pytest.mark.parametrize(("do", "raised", "_", "meaning"), CUTS)
def test_in_process_a_cut_is_the_error_that_httpx_raises(world, over_httpx, do, raised, _, meaning):
    world.faults([{"system": "salesforce", "do": do}])

    with pytest.raises(raised):
        over_httpx.get(READ)
    with pytest.raises(meaning):
        httpx_send(over_httpx, "GET", READ)


@pytest.mark.parametrize(("do", "_", "raised", "meaning"), CUTS)
def test_in_process_a_cut_is_the_error_that_requests_raises(world, over_requests, do, _, raised, meaning):
    world.faults([{"system": "salesforce", "do": do}])

    with pytest.raises(raised):
        over_requests.get("https://127.0.0.1" + READ)
    with pytest.raises(meaning):
        requests_send(over_requests, "GET", "https://127.0.0.1" + READ)


def test_a_refused_connection_has_the_cause_that_requests_gives_it(world, over_requests):
    world.faults([{"system": "salesforce", "do": "refuse"}])

    with pytest.raises(requests.ConnectionError) as error:
        over_requests.get("https://127.0.0.1" + READ)

    assert isinstance(error.value.args[0].reason, NewConnectionError)


@pytest.mark.parametrize(
    ("fault", "real_seconds"),
    [({"do": "lose_answer"}, 10), ({"do": "slow", "seconds": 2}, 2), ({"do": "slow", "seconds": 60}, 10)],
)
def test_in_process_real_time_that_a_call_takes_passes_on_the_clock(world, over_httpx, fault, real_seconds):
    world.faults([{"system": "salesforce", **fault}])
    before = world.clock.reading()

    try:
        answered = over_httpx.get(READ).status_code
    except httpx.ReadTimeout:
        answered = None

    assert answered == (200 if real_seconds == 2 else None)
    assert world.clock.reading()["simulated"] - before["simulated"] == real_seconds * before["scale"]


@pytest.fixture(scope="module")
def served():
    with Background(small_world(), 0) as background:
        yield background


@pytest.fixture
def control(served):
    with httpx.Client(base_url=served.url("control"), trust_env=False) as client:
        client.post("/reset")
        client.post("/load", json={"salesforce": {"Account": [{"Id": "001000000000001AAA", "Name": "Acme"}]}})
        yield client


@pytest.fixture
def client(served):
    with httpx.Client(base_url=served.url("salesforce"), headers=BEARER, timeout=5, trust_env=False) as client:
        yield client


def create(client, name):
    return client.post(f"{DATA}/sobjects/Account", json={"Name": name})


def accounts(control):
    return {row["Name"] for row in control.get("/state?object=Account").json()["salesforce"]["Account"]}


@pytest.mark.whole
def test_faults_are_set_told_and_cleared_over_the_control_api(control, client):
    fault = {"system": "salesforce", "do": "status"}

    assert control.post("/faults", json=[fault]).json() == [{"fault": fault, "calls": 0, "struck": 0}]
    assert client.get(READ).status_code == 503
    assert control.get("/faults").json() == [{"fault": fault, "calls": 1, "struck": 1}]
    assert control.post("/faults", json=[]).json() == []
    assert client.get(READ).status_code == 200


@pytest.mark.whole
def test_a_wrong_fault_answers_400_with_what_is_allowed(control):
    answer = control.post("/faults", json=[{"system": "salesforce", "do": "refus"}])

    assert answer.status_code == 400
    assert "Nearest: refuse" in answer.json()["error"]


@pytest.mark.whole
@pytest.mark.parametrize(("do", "made"), [("refuse", False), ("reset_before", False), ("reset_after", True)])
def test_over_http_the_connection_closes_without_an_answer(control, client, do, made):
    control.post("/faults", json=[{"system": "salesforce", "do": do, "times": 1}])

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        create(client, do)

    assert (do in accounts(control)) is made
    assert client.get(READ).status_code == 200


@pytest.mark.whole
@pytest.mark.parametrize("do", ["refuse", "reset_before", "reset_after"])
@pytest.mark.parametrize("calls_before", [0, 1])
def test_over_http_a_closed_connection_is_lost_for_requests_new_or_kept_alive(control, client, do, calls_before):
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(BEARER)
        url = f"{client.base_url}{READ}"
        for _ in range(calls_before):
            assert requests_send(session, "GET", url).status == 200
        control.post("/faults", json=[{"system": "salesforce", "do": do, "times": 1}])

        with pytest.raises(Lost):
            requests_send(session, "GET", url)

        assert requests_send(session, "GET", url).status == 200


@pytest.mark.whole
def test_over_http_a_lost_answer_is_awaited_until_the_caller_gives_up_and_others_are_answered(control, client):
    control.post("/faults", json=[{"system": "salesforce", "do": "lose_answer", "route": "writes"}])

    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(client.post, f"{DATA}/sobjects/Account", json={"Name": "lost"}, timeout=0.5)
        assert client.get(READ).status_code == 200
        with pytest.raises(httpx.ReadTimeout):
            waiting.result()

    assert "lost" in accounts(control)


@pytest.mark.whole
def test_over_http_a_lost_answer_s_connection_closes_at_last(control, client, monkeypatch):
    monkeypatch.setattr(shell, "SILENCE", 0.05)
    control.post("/faults", json=[{"system": "salesforce", "do": "lose_answer", "times": 1}])

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        create(client, "lost")


@pytest.mark.whole
def test_over_http_a_slow_answer_comes_late_and_whole(control, client):
    control.post("/faults", json=[{"system": "salesforce", "do": "slow", "seconds": 0.2}])

    begun = time.monotonic()
    answer = client.get(READ)

    assert answer.status_code == 200
    assert answer.json()["done"] is True
    assert time.monotonic() - begun >= 0.2


@pytest.mark.whole
def test_a_call_that_is_held_does_not_hold_up_the_end(caplog):
    world = small_world()
    with ThreadPoolExecutor(1) as other:
        with Background(world, 0) as background:
            world.faults([{"system": "gainsight", "do": "lose_answer"}])
            call, url = ctas("Kickoff"), background.url("gainsight")
            waiting = other.submit(
                httpx.post, url + call.path, content=call.body, headers=dict(call.headers), timeout=30, trust_env=False
            )
            while not world.struck()["lose_answer"]:
                time.sleep(0.01)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            waiting.result(5)

    assert caplog.records == []


def test_a_caller_that_goes_away_in_the_middle_of_its_call_leaves_no_trace(capfd):
    with Background(small_world(), 0) as background:
        port = background.port_base + port_of("gainsight")
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(b"POST /v2/cockpit/cta HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        httpx.get(f"{background.url('control')}/healthz", trust_env=False)
        rows = background.world.journal("gainsight")

    assert rows == []
    assert "Traceback" not in capfd.readouterr().err
