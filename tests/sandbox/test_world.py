from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import SimulatedClock
from sandbox.wire import Contents, Request, Response, as_json
from sandbox.world import SandboxError, World

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class FakeEngine:
    """A system whose only object is a note; it keeps what it was given."""

    def __init__(self, system):
        self.system = system
        self.notes = []
        self.settings = {}

    def handle(self, request: Request, now: datetime) -> Response:
        if request.method == "POST":
            self.notes.append(request.json())
            return as_json(201, {}, mutates=True, applied=True, records=1)
        return as_json(200, {"now": now.isoformat(), "path": request.path, "query": request.query}, records=7)

    def state(self):
        return {"note": [dict(note) for note in self.notes]}

    def load(self, objects, now):
        if set(objects) - {"note"}:
            raise ValueError(f"there is no object {next(iter(set(objects) - {'note'}))!r}. Use: note.")
        self.notes += objects["note"]

    def tenant(self, settings):
        if set(settings) - {"hidden_fields"}:
            raise ValueError(f"there is no switch {next(iter(set(settings) - {'hidden_fields'}))!r}.")
        self.settings |= settings


def fake_engines(tenancy, port_base):
    return {"salesforce": FakeEngine("salesforce"), "gainsight": FakeEngine("gainsight")}


def generated(number, now):
    return Contents(settings={}, objects={"salesforce": {"note": [{"seed": number}]}})


@pytest.fixture
def world():
    clock = SimulatedClock(real_now=lambda: START)
    return World(seed=1, clock=clock, real_now=lambda: START, engines=fake_engines, tenant=generated)


def test_an_answer_carries_the_date_in_simulated_time(world):
    world.clock.advance(86_400)

    answer = world.handle("salesforce", Request("GET", "/x"))

    assert answer.headers["date"] == "Tue, 03 Nov 2026 09:00:00 GMT"
    assert answer.headers["content-type"].startswith("application/json")


def test_every_call_to_a_system_is_a_row_of_the_journal(world):
    world.handle("gainsight", Request("GET", "/a b", query="key=value"))
    world.clock.advance(1.5)
    world.handle("salesforce", Request("POST", "/notes", body=b"{}"))

    assert world.journal() == [
        {
            "n": 1,
            "at": "2026-11-02T09:00:00.000Z",
            "system": "gainsight",
            "method": "GET",
            "path": "/a b",
            "status": 200,
            "mutates": False,
            "applied": False,
            "records": 7,
        },
        {
            "n": 2,
            "at": "2026-11-02T09:00:01.500Z",
            "system": "salesforce",
            "method": "POST",
            "path": "/notes",
            "status": 201,
            "mutates": True,
            "applied": True,
            "records": 1,
        },
    ]
    assert [row["n"] for row in world.journal("salesforce")] == [2]


def test_a_reset_is_a_new_org_and_tenant_with_an_empty_journal(world):
    before = world.healthz()
    world.load({"gainsight": {"note": [{"text": "hello"}]}})
    world.handle("gainsight", Request("GET", "/"))

    world.reset()

    after = world.healthz()
    assert after["systems"] == ["salesforce", "gainsight"]
    assert after["org"].startswith("00D")
    assert len(after["org"]) == 18
    assert after["org"] != before["org"]
    assert after["tenant"] != before["tenant"]
    assert world.journal() == []
    assert world.state() == {"salesforce": {"note": [{"seed": 1}]}, "gainsight": {"note": []}}


def test_a_reset_leaves_the_clock_running(world):
    world.clock.advance(3600)

    world.reset(seed=7)

    assert world.clock.now() == START + timedelta(hours=1)
    assert world.state("salesforce") == {"salesforce": {"note": [{"seed": 7}]}}


def test_the_state_narrows_and_keeps_its_nesting(world):
    world.load({"gainsight": {"note": [{"text": "hello"}]}})

    assert world.state("gainsight") == {"gainsight": {"note": [{"text": "hello"}]}}
    assert world.state(object="note") == {
        "salesforce": {"note": [{"seed": 1}]},
        "gainsight": {"note": [{"text": "hello"}]},
    }


def test_an_object_that_no_system_has_is_refused_by_name(world):
    for ask in (lambda: world.state("gainsight", "nota"), lambda: world.state(object="nota")):
        with pytest.raises(SandboxError, match=r"no object 'nota'\. Nearest: note"):
            ask()


def test_a_load_says_how_many_records_came_in(world):
    assert world.load({"gainsight": {"note": [{}, {}]}}) == {"gainsight": {"note": 2}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "any of: csv, tenant, salesforce, gainsight"),
        ({}, "any of: csv, tenant, salesforce, gainsight"),
        ({"salesfroce": {}}, "'salesfroce'. Nearest: salesforce"),
        ({"salesforce": []}, "as GET /state shows them"),
        ({"salesforce": {"note": {}}}, "as GET /state shows them"),
        ({"salesforce": {"note": [1]}}, "as GET /state shows them"),
        ({"salesforce": {"letter": []}}, "salesforce: there is no object 'letter'"),
        ({"tenant": []}, "object of settings"),
        ({"tenant": {"speed": 1}}, "no switch 'speed'"),
        ({"csv": 5}, "path of a directory"),
    ],
)
def test_what_cannot_be_loaded_is_refused_with_what_to_write(world, body, message):
    with pytest.raises(SandboxError, match=message):
        world.load(body)


def test_a_load_with_an_unknown_system_changes_nothing(world):
    with pytest.raises(SandboxError):
        world.load({"gainsight": {"note": [{}]}, "sap": {}})

    assert world.state("gainsight", "note") == {"gainsight": {"note": []}}


def test_an_unknown_system_is_refused_by_name(world):
    for ask in (world.state, world.journal, lambda name: world.handle(name, Request("GET", "/"))):
        with pytest.raises(SandboxError, match="Nearest: gainsight"):
            ask("gainsigth")
