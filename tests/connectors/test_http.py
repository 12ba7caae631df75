"""The one exchange: permission, budget, retry, server time, and errors that say what to do."""

import pickle
import random
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._http import Answer, Exchange, Lost, NotSent, Route, httpx_send, requests_send
from connectors._http_time import ServerTime
from handoff.errors import Ambiguous, BridgeBug, NotAllowed, Rejected, ServiceError, Transient
from handoff.ports import Limit, Traffic
from tests.fakes import NOON, FakeClock, OpenBudget, WindowBudget

READ = Route("reading won deals", reads=True, repeatable=True)
KEYED = Route("updating companies", reads=False, repeatable=True)
CREATE = Route("making CTAs", reads=False, repeatable=False)
BLIND = Route("running a play", reads=False, repeatable=False, findable=False)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
GOOD = Answer(200, {}, b"{}")


class Vendor:
    """Gives prepared answers or raises prepared exceptions, one a call; the last one stays."""

    def __init__(self, *turns: Answer | Exception, clock: FakeClock | None = None, takes: float = 0.0) -> None:
        self.turns, self.calls, self.clock, self.takes = list(turns), 0, clock, takes
        self.moments: list[datetime] = []

    def __call__(self) -> Answer:
        self.calls += 1
        if self.clock:
            self.moments.append(self.clock.now())
            self.clock.advance(self.takes)
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(turn, Exception):
            raise turn
        return turn


def exchange(clock: FakeClock | None = None, budget=None, **more) -> Exchange:
    def judge(route: Route, answer: Answer) -> ServiceError | None:
        if answer.status == 429:
            return made.busy(route, answer)
        if answer.status >= 500:
            return made.broken(route, answer)
        if answer.status >= 400:
            return made.refused(route, answer, "the field Stage is unknown.", "Correct the mapping.", code="X_1")
        answer.json()
        return None

    usual = {"limits": (Limit(MINUTE, 30),), "jitter": lambda: 0.5}
    made = Exchange(
        system="gainsight main",
        clock=clock or FakeClock(),
        budget=budget or OpenBudget(),
        judge=judge,
        **{**usual, **more},
    )
    return made


def test_calls_that_count_are_counted_tries_again_among_them_and_a_token_is_not():
    made = exchange()

    made.call(READ, Vendor(Answer(500), GOOD))
    made.call(READ, Vendor(GOOD), counts=False)

    assert made.traffic() == Traffic("gainsight main", 2, (Limit(MINUTE, 30),))


@pytest.mark.parametrize("turn", [Lost("cut"), Answer(500), Answer(503), Answer(200, {}, b'{"cut')])
@pytest.mark.parametrize("route", [READ, KEYED])
def test_what_may_be_repeated_is_tried_again(route, turn):
    vendor = Vendor(turn, turn, GOOD)

    assert exchange().call(route, vendor) is GOOD
    assert vendor.calls == 3


@pytest.mark.parametrize("turn", [Lost("cut"), Answer(500), Answer(503), Answer(200, {}, b'{"cut')])
def test_a_create_without_a_proper_answer_is_ambiguous_and_never_repeated(turn):
    vendor = Vendor(turn, GOOD)

    with pytest.raises(Ambiguous):
        exchange().call(CREATE, vendor)
    assert vendor.calls == 1


@pytest.mark.parametrize("turn", [NotSent("refused"), Answer(429)])
def test_a_create_that_was_not_taken_up_is_tried_again(turn):
    vendor = Vendor(turn, GOOD)

    assert exchange().call(CREATE, vendor) is GOOD
    assert vendor.calls == 2


@pytest.mark.parametrize(("status", "kind"), [(400, Rejected), (404, Rejected), (403, NotAllowed), (401, NotAllowed)])
def test_a_refusal_is_never_tried_again(status, kind):
    vendor = Vendor(Answer(status))

    with pytest.raises(kind):
        exchange().call(READ, vendor)
    assert vendor.calls == 1


def test_retrying_stops_after_four_tries():
    vendor = Vendor(Answer(500))

    with pytest.raises(Transient):
        exchange().call(READ, vendor)
    assert vendor.calls == 4


def test_retrying_stops_when_patience_ends_even_if_tries_are_left():
    clock = FakeClock()
    vendor = Vendor(Answer(500), clock=clock, takes=100.0)

    with pytest.raises(Transient):
        exchange(clock, tries=50, limits=()).call(READ, vendor)
    assert vendor.calls == 3


def test_patience_is_never_shorter_than_two_real_seconds():
    clock = FakeClock(scale=3600)
    vendor = Vendor(Answer(500), GOOD, clock=clock, takes=400.0)

    assert exchange(clock, limits=()).call(READ, vendor) is GOOD


def test_the_waits_grow_and_carry_chance():
    clock = FakeClock()

    with pytest.raises(Transient):
        exchange(clock, limits=(), jitter=lambda: 0.25).call(READ, Vendor(Answer(500)))
    assert clock.slept == [0.75, 1.5, 3.0]


@pytest.mark.parametrize("hint", ["7", "Tue, 10 Mar 2026 12:00:37 GMT"])
def test_the_vendors_own_hint_when_to_come_back_is_obeyed(hint):
    clock = FakeClock()

    exchange(clock, limits=()).call(READ, Vendor(Answer(429, {"retry-after": hint}), GOOD))
    assert clock.slept == [7.0]


@pytest.mark.parametrize("hint", ["", "soon", "²", "-5", "1e400", "nan"])
def test_a_hint_that_says_nothing_is_passed_over(hint):
    clock = FakeClock()

    assert exchange(clock, limits=()).call(READ, Vendor(Answer(429, {"retry-after": hint}), GOOD)) is GOOD
    assert clock.slept == [1.0]


def test_a_hint_of_a_day_is_handed_on_and_not_slept_through():
    clock = FakeClock()

    with pytest.raises(Transient) as caught:
        exchange(clock).call(READ, Vendor(Answer(429, {"retry-after": "86400"})))
    assert caught.value.wait == 86400.0
    assert clock.slept == []


def test_a_429_closes_the_window_for_every_worker_and_waits_for_the_next():
    clock, budget = FakeClock(), WindowBudget()
    one, other = exchange(clock, budget), exchange(clock, budget)

    one.call(CREATE, Vendor(Answer(429), GOOD))
    first = budget.spent[-1][1]
    other.call(READ, Vendor(GOOD))

    assert budget.closed == [("gainsight main", NOON)]
    assert first == NOON.replace(minute=1, second=2)
    assert budget.spent[-1][1] >= first


def test_a_call_that_does_not_count_neither_spends_nor_closes():
    budget = OpenBudget()

    exchange(budget=budget).call(READ, Vendor(Answer(429), GOOD), counts=False)

    assert (budget.spent, budget.closed) == ([], [])


def test_a_429_without_limits_of_ours_is_waited_out():
    clock, budget = FakeClock(), WindowBudget()

    exchange(clock, budget, limits=()).call(READ, Vendor(Answer(429), GOOD))

    assert clock.slept == [1.0]


def test_each_try_is_reserved_before_it_is_sent():
    order: list[str] = []

    class Noting(OpenBudget):
        def spend(self, *args, **more):
            order.append("spend")
            return super().spend(*args, **more)

    def send() -> Answer:
        order.append("send")
        return Answer(500) if order.count("send") == 1 else GOOD

    exchange(budget=Noting()).call(READ, send)

    assert order == ["spend", "send", "spend", "send"]


def test_a_days_budget_that_is_used_up_ends_the_call_and_says_when_it_goes_on():
    clock, budget = FakeClock(), WindowBudget()
    limits = (Limit(MINUTE, 30), Limit(DAY, 1))
    exchange(clock, budget, limits=limits).call(READ, Vendor(GOOD))
    vendor = Vendor(GOOD)

    with pytest.raises(Transient, match="2026-03-11 00:00 UTC") as caught:
        exchange(clock, budget, limits=limits).call(READ, vendor)
    assert (vendor.calls, clock.slept) == (0, [])
    assert caught.value.wait == pytest.approx(43170)


def test_a_budget_so_slow_that_its_window_is_over_is_asked_again():
    clock = FakeClock()

    class Slow(OpenBudget):
        def spend(self, name, limits, at, calls=1):
            clock.advance(40 if not self.spent else 0)
            return super().spend(name, limits, at, calls)

    vendor = Vendor(GOOD, clock=clock)
    budget = Slow()
    exchange(clock, budget).call(READ, vendor)

    assert len(budget.spent) == 2
    assert vendor.moments[0].minute == budget.spent[-1][1].minute == 1


moments = st.floats(min_value=0, max_value=7200, allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(
    arrivals=st.lists(moments, min_size=1, max_size=40),
    calls=st.integers(1, 7),
    scale=st.sampled_from([1.0, 60.0, 600.0]),
    takes=st.sampled_from([0.0, 0.3, 5.0]),
    ahead=st.sampled_from([0, -37, 3]),
)
def test_no_window_of_the_vendor_ever_holds_more_calls_than_allowed_nor_one_near_its_edge(
    arrivals, calls, scale, takes, ahead
):
    clock, budget = FakeClock(NOON, scale), WindowBudget()
    limits = (Limit(MINUTE, calls), Limit(timedelta(hours=1), 10 * calls))
    door = exchange(clock, budget, limits=limits, patience=timedelta(days=2))
    door.server_time.low = door.server_time.high = float(ahead)
    vendor = Vendor(GOOD, clock=clock, takes=takes)

    for arrival in sorted(arrivals):
        clock.at = max(clock.at, NOON + timedelta(seconds=arrival))
        door.call(READ, vendor)

    server = [moment.timestamp() + ahead for moment in vendor.moments]
    for limit in limits:
        span = limit.per.total_seconds()
        windows = [stamp // span for stamp in server]
        assert all(windows.count(window) <= limit.calls for window in windows)
    margin = min(max(2.0, 0.1 * scale), 15.0)
    assert all(margin - 1e-4 <= stamp % 60 <= 60 - margin + 1e-4 for stamp in server)


def date_of(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


@settings(deadline=None)
@given(ahead=st.floats(-4000, 4000), seed=st.integers(0, 999), answers=st.integers(1, 30))
def test_the_servers_time_is_known_within_a_second_after_any_number_of_answers(ahead, seed, answers):
    chance, ours, known = random.Random(seed), NOON, ServerTime()
    for _ in range(answers):
        there, back = chance.uniform(0, 0.2), chance.uniform(0, 0.2)
        arrived = ours + timedelta(seconds=there)
        received = arrived + timedelta(seconds=back)
        known.learn(date_of(arrived + timedelta(seconds=ahead)), ours, received)
        ours = received + timedelta(seconds=chance.uniform(0, 3))

    assert known.known
    assert abs(known.ahead.total_seconds() - ahead) <= 1.0


@pytest.mark.parametrize("step", [-3600, -2, 2, 3600])
def test_a_stepped_clock_is_learned_anew_from_the_next_answer(step):
    known = ServerTime()
    for second in range(10):
        ours = NOON + timedelta(seconds=second)
        known.learn(date_of(ours), ours, ours)

    stepped = NOON + timedelta(seconds=20)
    known.learn(date_of(stepped + timedelta(seconds=step)), stepped, stepped)

    assert abs(known.ahead.total_seconds() - step) <= 1.0


@pytest.mark.parametrize(
    "header", [None, "", "yesterday", "Tue, 10 Mar 2026 12:00:00 -0000", "Tue, 99 Mar 2026 12:00:00 GMT"]
)
def test_a_date_that_cannot_be_read_teaches_nothing(header):
    known = ServerTime()

    known.learn(header, NOON, NOON)

    assert not known.known
    assert known.ahead == timedelta(0)


def test_the_exchange_learns_the_servers_time_from_its_answers():
    door = exchange()

    door.call(READ, Vendor(Answer(200, {"date": date_of(NOON + timedelta(minutes=5))}, b"{}")))

    assert abs((door.now() - NOON).total_seconds() - 300) <= 1.0


def test_new_credentials_are_got_once_and_the_call_is_made_again():
    renewed: list[str] = []
    vendor = Vendor(Answer(401), GOOD)

    assert exchange(renew=lambda: renewed.append("now")).call(CREATE, vendor) is GOOD
    assert (renewed, vendor.calls) == (["now"], 2)


def test_new_credentials_that_are_refused_too_are_not_renewed_again():
    renewed: list[str] = []
    vendor = Vendor(Answer(401))

    with pytest.raises(NotAllowed):
        exchange(renew=lambda: renewed.append("now")).call(READ, vendor)
    assert (renewed, vendor.calls) == (["now"], 2)


def test_a_403_gets_no_new_credentials():
    renewed: list[str] = []

    with pytest.raises(NotAllowed):
        exchange(renew=lambda: renewed.append("now")).call(READ, Vendor(Answer(403)))
    assert renewed == []


def test_a_renewal_that_fails_for_now_is_not_multiplied_by_the_retries_of_the_call():
    door, tokens = exchange(limits=()), Vendor(Answer(500))

    def renew() -> None:
        door.call(READ, tokens)

    with pytest.raises(Transient):
        exchange(renew=renew).call(READ, Vendor(Answer(401)))
    assert tokens.calls == 4


@pytest.mark.parametrize("route", [KEYED, CREATE])
def test_a_reading_command_cannot_write(route):
    budget, vendor = OpenBudget(), Vendor(GOOD)

    with pytest.raises(BridgeBug, match=route.doing):
        exchange(budget=budget, read_only=True).call(route, vendor)
    assert (vendor.calls, budget.spent) == (0, [])


def test_a_reading_command_may_read():
    assert exchange(read_only=True).call(READ, Vendor(GOOD)) is GOOD


@pytest.mark.parametrize(
    ("turn", "route", "says"),
    [
        (Answer(400, {"x-request-id": "7f3a"}), READ, ["HTTP 400", "request 7f3a", "Stage is unknown", "Correct the"]),
        (Answer(401), READ, ["HTTP 401"]),
        (Answer(429, {"x-request-id": "7f3a"}), READ, ["HTTP 429", "request 7f3a", "too many calls", "next window"]),
        (Answer(500, {"x-request-id": "7f3a"}), READ, ["HTTP 500", "request 7f3a", "next run"]),
        (Answer(500), CREATE, ["HTTP 500", "looked up before it is sent again"]),
        (Lost("cut"), CREATE, ["the connection broke", "It is looked up before it is sent again"]),
        (Lost("cut"), BLIND, ["the connection broke", "may have happened, and cannot be looked up", "handoff queue"]),
        (Answer(500), BLIND, ["HTTP 500", "may have happened, and cannot be looked up", "handoff queue"]),
        (NotSent("refused"), READ, ["could not be reached", "Check the address"]),
    ],
)
def test_an_error_says_what_was_done_what_went_wrong_and_what_to_do_and_survives_pickling(turn, route, says):
    with pytest.raises(ServiceError) as caught:
        exchange().call(route, Vendor(turn))

    error = caught.value
    again = pickle.loads(pickle.dumps(error))
    assert str(error).startswith(f"gainsight main failed while {route.doing}")
    assert all(part in str(error) for part in says)
    assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)


def test_the_code_of_a_refusal_and_the_hint_of_a_429_survive_pickling():
    with pytest.raises(Rejected) as refused:
        exchange().call(READ, Vendor(Answer(400)))
    with pytest.raises(Transient) as busy:
        exchange().call(READ, Vendor(Answer(429, {"retry-after": "9000"})))

    assert pickle.loads(pickle.dumps(refused.value)).code == "X_1"
    assert pickle.loads(pickle.dumps(busy.value)).wait == 9000.0


def test_an_error_keeps_its_cause():
    with pytest.raises(Ambiguous) as caught:
        exchange().call(CREATE, Vendor(Lost("ReadTimeout")))

    assert isinstance(caught.value.__cause__, Lost)


def test_a_bug_of_ours_is_not_taken_for_a_failure_of_the_vendor():
    vendor = Vendor(KeyError("ours"))

    with pytest.raises(KeyError):
        exchange().call(READ, vendor)
    assert vendor.calls == 1


# Real exceptions of the two libraries, from sockets of this machine that nobody else can reach.


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Rude(BaseHTTPRequestHandler):
    """Reads the request and hangs up, half an answer sent or none; `/moved` sends elsewhere."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/half":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        if self.path == "/zip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\nnope")
        if self.path == "/moved":
            self.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /half\r\nX-Who: me\r\nContent-Length: 0\r\n\r\n")
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def rude():
    server = HTTPServer(("127.0.0.1", 0), Rude)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def by_httpx(url: str) -> Answer:
    with httpx.Client(timeout=5, trust_env=False) as client:
        return httpx_send(client, "POST", url, json={"a": 1})


def by_requests(url: str) -> Answer:
    with requests.Session() as session:
        session.trust_env = False
        return requests_send(session, "POST", url, json={"a": 1}, timeout=5)


both = pytest.mark.parametrize("send", [by_httpx, by_requests])


@both
def test_a_port_nobody_listens_on_was_not_sent(send: Callable[[str], Answer]):
    with pytest.raises(NotSent):
        send(f"http://127.0.0.1:{closed_port()}/")


@both
@pytest.mark.parametrize("address", ["nothing", "ftp://127.0.0.1/", "http://", "http://[bad/"])
def test_an_address_that_is_none_was_not_sent(send: Callable[[str], Answer], address):
    with pytest.raises(NotSent):
        send(address)


@both
@pytest.mark.parametrize("path", ["/none", "/half", "/zip"])
def test_an_answer_that_breaks_off_is_lost(send: Callable[[str], Answer], rude, path):
    with pytest.raises(Lost):
        send(rude + path)


@both
def test_a_redirect_is_not_followed_and_header_names_are_lower_case(send: Callable[[str], Answer], rude):
    answer = send(rude + "/moved")

    assert (answer.status, answer.headers["x-who"]) == (302, "me")


@pytest.mark.parametrize(("send", "kind"), [(by_httpx, NotSent), (by_requests, Lost)])
def test_a_failed_handshake_is_not_sent_only_where_the_library_is_sure(send, kind, rude):
    with pytest.raises(kind):
        send(rude.replace("http:", "https:"))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectTimeout("x"), NotSent),
        (httpx.PoolTimeout("x"), NotSent),
        (httpx.ReadTimeout("x"), Lost),
        (httpx.WriteTimeout("x"), Lost),
        (httpx.ReadError("x"), Lost),
        (httpx.WriteError("x"), Lost),
        (httpx.RemoteProtocolError("x"), Lost),
        (httpx.ProxyError("x"), Lost),
    ],
)
def test_an_exception_of_httpx_is_sorted_by_whether_the_request_went_out(error, kind):
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    client = httpx.Client(transport=httpx.MockTransport(answer))
    with pytest.raises(kind):
        httpx_send(client, "POST", "https://acme.example/")


def refused_certificate() -> requests.exceptions.SSLError:
    from urllib3.exceptions import MaxRetryError, SSLError

    return requests.exceptions.SSLError(MaxRetryError(None, "/", SSLError(ssl.SSLCertVerificationError("x"))))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.ConnectTimeout("x"), NotSent),
        (refused_certificate(), NotSent),
        (requests.ReadTimeout("x"), Lost),
        (requests.ConnectionError("reset"), Lost),
        (requests.ConnectionError(), Lost),
        (requests.exceptions.SSLError("mid-way"), Lost),
        (requests.exceptions.ChunkedEncodingError("x"), Lost),
    ],
)
def test_an_exception_of_requests_is_sorted_by_whether_the_request_went_out(error, kind):
    class Failing(requests.Session):
        def request(self, *args, **more):
            raise error

    with pytest.raises(kind):
        requests_send(Failing(), "POST", "https://acme.example/")


def test_json_that_is_none_is_lost_or_none_as_the_caller_asks():
    page = Answer(200, {}, b"<html>")

    with pytest.raises(Lost):
        page.json()
    assert page.json_or_none() is None
    assert Answer(200, {}, b'{"a": 1}').json() == {"a": 1}


@pytest.mark.parametrize("half", [rb"\ud83d", rb"\uD83D", rb"\ude80", b"\xed\xa0\xbd"])
def test_half_an_emoji_in_an_answer_becomes_the_replacement_sign_in_names_too(half):
    answer = Answer(200, {}, b'{"x' + half + b'": ["cut ' + half + rb' here", "\ud83d\ude80 whole"]}')

    clean = {"x\N{REPLACEMENT CHARACTER}": ["cut \N{REPLACEMENT CHARACTER} here", "\N{ROCKET} whole"]}
    assert answer.json() == answer.json_or_none() == clean
