import socket
from datetime import UTC, datetime

import httpx
import pytest

from sandbox.clock import SimulatedClock
from sandbox.shell import Background, free_port_base, serve
from sandbox.wire import Contents, as_json
from sandbox.world import SandboxError, World

pytestmark = pytest.mark.whole

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class Echo:
    """Answers with what it was asked, keeps the notes it was given, and breaks when asked to."""

    def __init__(self, system):
        self.system = system
        self.notes = []

    def handle(self, request, now):
        if request.path == "/broken":
            raise RuntimeError("the engine has a bug")
        if request.path == "/notes":
            self.notes.append(request.json())
            return as_json(201, {}, mutates=True, applied=True, records=1)
        return as_json(200, {"path": request.path, "query": request.query})

    def state(self):
        return {"note": list(self.notes)}

    def load(self, objects, now):
        self.notes += objects.get("note", [])

    def tenant(self, settings):
        pass


def engines(tenancy, port_base):
    return {name: Echo(name) for name in ("salesforce", "gainsight")}


def echoing_world():
    return World(
        seed=1,
        clock=SimulatedClock(real_now=lambda: START),
        real_now=lambda: START,
        engines=engines,
        tenant=lambda number, now: Contents(settings={}, objects={}),
    )


@pytest.fixture(scope="module")
def served():
    with Background(echoing_world(), 0) as background:
        yield background


@pytest.fixture
def control(served):
    with httpx.Client(base_url=served.url("control"), trust_env=False) as client:
        client.post("/reset")
        yield client


@pytest.fixture
def salesforce(served):
    with httpx.Client(base_url=served.url("salesforce"), trust_env=False) as client:
        yield client


def test_a_system_is_asked_with_a_decoded_path_and_the_query_as_it_stands(control, salesforce):
    answer = salesforce.get("/services/data/a%20b/?q=SELECT+Id%2C")

    assert answer.json()["path"] == "/services/data/a b/"
    assert answer.json()["query"] == "q=SELECT+Id%2C"


def test_the_date_is_simulated_and_no_server_names_itself(control, salesforce):
    answer = salesforce.get("/")

    assert answer.headers.get_list("date") == ["Mon, 02 Nov 2026 09:00:00 GMT"]
    assert "server" not in answer.headers


def test_a_chunked_body_arrives_whole(control, salesforce):
    answer = salesforce.post("/notes", content=iter([b'{"text":', b'"hello"}']))

    assert answer.status_code == 201
    assert control.get("/state?object=note").json()["salesforce"] == {"note": [{"text": "hello"}]}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_every_method_reaches_the_engine(control, salesforce, method):
    salesforce.request(method, "/anything", content=b"{}")

    assert [row["method"] for row in control.get("/journal?system=salesforce").json()] == [method]


def test_control_calls_are_not_in_the_journal(control):
    for path in ("/state", "/clock", "/healthz", "/journal"):
        assert control.get(path).status_code == 200

    assert control.get("/journal").json() == []


def test_a_bug_of_an_engine_answers_500_and_the_next_call_is_served(capfd):
    with Background(echoing_world(), 0) as served:
        assert httpx.get(served.url("gainsight") + "/broken", trust_env=False).status_code == 500
        assert httpx.get(served.url("gainsight") + "/well", trust_env=False).status_code == 200

    assert "RuntimeError: the engine has a bug" in capfd.readouterr().err


def test_the_clock_is_read_and_moved(control):
    before = control.get("/clock").json()

    after = control.post("/clock", json={"advance": 60, "scale": 30}).json()

    assert set(before) == {"real", "simulated", "scale"}
    assert after["simulated"] - before["simulated"] == 60
    assert after["scale"] == 30
    control.post("/clock", json={"set": "2026-11-02T09:00:00Z", "scale": 1})
    assert control.get("/clock").json()["simulated"] == START.timestamp()


def test_a_load_and_a_reset_are_seen_in_the_state(control):
    loaded = control.post("/load", json={"gainsight": {"note": [{"text": "hello"}]}})
    seen = control.get("/state?system=gainsight&object=note").json()
    org = control.get("/healthz").json()["org"]
    reset = control.post("/reset", json={"seed": 3}).json()

    assert loaded.json() == {"loaded": {"gainsight": {"note": 1}}}
    assert seen == {"gainsight": {"note": [{"text": "hello"}]}}
    assert reset["ok"] is True
    assert reset["org"] != org
    assert control.get("/state?system=gainsight").json() == {"gainsight": {"note": []}}


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/clock", b"{", "no JSON"),
        ("/clock", b"[]", "takes an object"),
        ("/clock", b'{"set": "soon"}', "2026-11-02T09:00:00Z"),
        ("/load", b"", "nothing to load"),
        ("/load", b'{"hubspot": {}}', "There is no key 'hubspot'"),
        ("/load", b'{"csv": "/no/such/directory"}', "accounts.csv"),
        ("/reset", b'{"sead": 1}', "seed"),
        ("/reset", b'{"seed": "one"}', "whole number"),
    ],
)
def test_wrong_input_answers_400_and_says_how_to_fix_it(control, path, body, message):
    answer = control.post(path, content=body)

    assert answer.status_code == 400
    assert message in answer.json()["error"]


@pytest.mark.parametrize("path", ["/state?sytem=x", "/state?system=sap", "/journal?system=sap"])
def test_a_wrong_parameter_answers_400(control, path):
    answer = control.get(path)

    assert answer.status_code == 400
    assert "Use" in answer.json()["error"]


def test_an_unknown_control_route_names_the_right_ones(control):
    answer = control.get("/stat")

    assert answer.status_code == 404
    assert "GET /state" in answer.json()["error"]


def test_a_port_in_use_is_named_with_the_way_out():
    base = free_port_base()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base + 3))
        taken.listen()
        with pytest.raises(SandboxError, match=rf"port {base + 3}.*--port-base"):
            serve(echoing_world(), base)


def test_free_ports_are_eight_in_a_row():
    base = free_port_base()

    listeners = [socket.create_server(("127.0.0.1", base + offset)) for offset in range(8)]

    for listener in listeners:
        listener.close()
