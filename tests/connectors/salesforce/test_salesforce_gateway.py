"""The gateway keeps what simple-salesforce 1.12.10 does not (vendors/salesforce.md, 3.5), and says what went wrong."""

import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors import _salesforce_login as module
from connectors._http import CALL_TIMEOUT_SECONDS, Route
from connectors._salesforce_gateway import Gateway
from connectors._salesforce_login import ClientCredentials, JwtBearer
from connectors._salesforce_records import id18, soql
from handoff.errors import BridgeBug, ConfigError, NotAllowed, Rejected, ServiceError, Transient
from tests.connectors.salesforce.fake_org import CREDENTIALS, EXPIRED, FakeOrg, Reply, gateway_to, page, refusal, token
from tests.fakes import FakeClock

READ = Route("reading won deals", reads=True, repeatable=True)
WRITE = Route("writing back", reads=False, repeatable=True)
QUERY = {"q": "SELECT Id FROM Opportunity"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def org(clock: FakeClock) -> FakeOrg:
    return FakeOrg(clock)


@pytest.fixture
def gateway(org: FakeOrg, clock: FakeClock) -> Gateway:
    return gateway_to(org, clock)


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, format_ = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, format_, serialization.NoEncryption()).decode()


def query(gateway: Gateway, **more: object) -> object:
    return gateway.ask(READ, "GET", "query/", params=QUERY, **more)


# Defect 1: a lasting 401


def test_a_session_that_ran_out_is_renewed_once_and_the_call_repeated(org: FakeOrg, gateway: Gateway) -> None:
    org.queue("deals", EXPIRED)

    query(gateway)

    assert org.logins == 2
    assert [call.headers["Authorization"] for call in org.of("deals")] == ["Bearer token-1", "Bearer token-2"]


def test_a_401_for_ever_ends_after_one_new_login(org: FakeOrg, gateway: Gateway) -> None:
    org.queue("deals", *[EXPIRED] * 20)

    with pytest.raises(NotAllowed) as caught:
        query(gateway)

    assert (org.logins, org.count("deals")) == (2, 2)
    assert (caught.value.status, caught.value.code) == (401, "INVALID_SESSION_ID")
    assert "integration user" in str(caught.value)


def test_the_host_stays_known_while_the_session_is_renewed(org: FakeOrg, gateway: Gateway) -> None:
    query(gateway)
    gateway._renew()

    assert gateway.host == "acme.my.salesforce.com"


def test_the_host_is_not_asked_for_before_the_first_call(gateway: Gateway) -> None:
    with pytest.raises(BridgeBug):
        assert gateway.host


# Defect 2: headers lost on the retry


def test_the_same_headers_go_with_the_repeated_call(org: FakeOrg, gateway: Gateway) -> None:
    org.queue("deals", EXPIRED)

    query(gateway, headers={"Sforce-Query-Options": "batchSize=2000"})

    assert [call.headers["Sforce-Query-Options"] for call in org.of("deals")] == ["batchSize=2000"] * 2


# Defect 3: a 401 of a proxy


@pytest.mark.parametrize("body", ["<html>Sign in</html>", {"error": "expired"}, [], [None], ""])
def test_a_401_of_any_body_is_a_session_that_ran_out(org: FakeOrg, gateway: Gateway, body: object) -> None:
    org.queue("deals", Reply(401, body))

    assert query(gateway) == page([])
    assert org.logins == 2


# Defects 4, 5, 8: bulk and metadata clients


def test_nothing_of_the_librarys_own_calls_is_used(
    org: FakeOrg, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a data call went through the library")

    for name in ("SFType", "SFBulkHandler", "SFBulk2Handler", "SfdcMetadataApi"):
        monkeypatch.setattr(f"simple_salesforce.api.{name}", forbidden)
    monkeypatch.setattr("simple_salesforce.api.Salesforce._call_salesforce", forbidden)
    org.queue("deals", EXPIRED)

    query(gateway)

    assert org.count("deals") == 2


def test_the_sessions_own_headers_are_never_touched(org: FakeOrg, gateway: Gateway) -> None:
    untouched = dict(requests.Session().headers)

    query(gateway, headers={"If-Unmodified-Since": "today"})

    assert dict(gateway._session().headers) == untouched
    assert "If-Unmodified-Since" not in query_headers(org, gateway)


def query_headers(org: FakeOrg, gateway: Gateway) -> dict[str, str]:
    query(gateway)
    return dict(org.of("deals")[-1].headers)


# Defect 6: threads


def test_many_threads_that_lose_the_session_together_log_in_once(org: FakeOrg, gateway: Gateway) -> None:
    query(gateway)
    together = threading.Barrier(4)
    first_round = threading.local()

    def wait_for_all(call: object) -> None:
        if getattr(call, "kind", "") == "deals" and not getattr(first_round, "over", False):
            first_round.over = True
            together.wait(timeout=5)

    org.before = wait_for_all
    org.ended.add("token-1")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: query(gateway), range(4)))

    assert answers == [page([])] * 4
    assert org.logins == 2


def test_every_thread_has_a_session_of_its_own(gateway: Gateway) -> None:
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(gateway._session).result()

    assert other is not gateway._session()
    assert gateway._session() is gateway._session()


# Defect 7: time-outs


def test_every_call_has_a_time_out_also_the_login(org: FakeOrg, gateway: Gateway) -> None:
    query(gateway)

    assert [(call.kind, call.timeout) for call in org.calls] == [
        ("token", CALL_TIMEOUT_SECONDS),
        ("deals", CALL_TIMEOUT_SECONDS),
    ]


def test_a_login_that_times_out_is_tried_again_by_the_exchange(org: FakeOrg, gateway: Gateway) -> None:
    org.queue("token", requests.ReadTimeout("slow"))

    assert query(gateway) == page([])
    assert org.count("token") == 2


# Defect 9: literals


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (Decimal("48000.10"), "48000.10"),
        (Decimal("1E+3"), "1000"),
        (datetime(2026, 11, 20, 17, 3, 22, tzinfo=UTC), "2026-11-20T17:03:22Z"),
        (datetime(2026, 11, 20, 18, 3, 22, tzinfo=timezone(timedelta(hours=1))), "2026-11-20T17:03:22Z"),
        ([Decimal(1), "it's"], "(1,'it\\'s')"),
        (None, "null"),
        (True, "true"),
        ('say "hi"\\', "'say \\\"hi\\\"\\\\'"),
    ],
)
def test_every_value_is_written_as_salesforce_reads_it(value: object, literal: str) -> None:
    assert soql("{}", value) == literal


def test_a_pattern_is_escaped_against_quotes_and_wildcards() -> None:
    assert soql("'%{:like}%'", "50%_o'r") == "'%50\\%\\_o\\'r%'"


@pytest.mark.parametrize("at", [datetime(2026, 11, 20, 17, 3, 22, 5, tzinfo=UTC), datetime(2026, 11, 20, 17, 3, 22)])  # noqa: DTZ001
def test_a_moment_that_would_lose_something_is_not_written(at: datetime) -> None:
    with pytest.raises(BridgeBug, match="whole second"):
        soql("{}", at)


# Defect 10: the SOAP login


def test_no_password_or_soap_login_is_offered(org: FakeOrg, gateway: Gateway) -> None:
    query(gateway)

    offered = {f for kind in (ClientCredentials, JwtBearer) for f in kind.__dataclass_fields__}
    assert not offered & {"password", "security_token", "organizationId"}
    assert not [call for call in org.calls if "Soap" in call.path or "SOAPAction" in call.headers]
    assert not hasattr(module, "soap_login")


# Logging in


def test_client_credentials_go_to_the_orgs_own_domain(org: FakeOrg, gateway: Gateway) -> None:
    query(gateway)

    (login,) = org.of("token")
    assert (login.method, login.host, login.path) == ("POST", "acme.my.salesforce.com", "/services/oauth2/token")
    assert login.body == "grant_type=client_credentials"
    assert login.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("domain", ["login", "test", ""])
def test_client_credentials_need_my_domain(domain: str) -> None:
    with pytest.raises(ConfigError, match=r"acme\.my"):
        ClientCredentials(domain=domain, key="k", secret="s")


def test_a_signed_assertion_goes_to_my_domain(org: FakeOrg, clock: FakeClock, private_key: str) -> None:
    auth = JwtBearer(domain="acme.my", username="bridge@northwind.example", key="k", private_key=private_key)

    query(gateway_to(org, clock, auth=auth))

    (login,) = org.of("token")
    assert login.host == "acme.my.salesforce.com"
    assert login.body.startswith("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=")


@pytest.mark.parametrize(
    ("domain", "audience"),
    [("acme.my", "login"), ("login", "login"), ("test", "test"), ("acme--uat.sandbox.my", "test")],
)
def test_the_assertion_is_meant_for_the_login_host_of_the_orgs_kind(domain: str, audience: str) -> None:
    assert JwtBearer(domain=domain, username="u", key="k", private_key="p").arguments()["domain"] == audience


def test_a_private_key_that_is_none_is_a_mistake_of_the_settings(org: FakeOrg, clock: FakeClock) -> None:
    auth = JwtBearer(domain="acme.my", username="bridge@northwind.example", key="k", private_key="not a key")

    with pytest.raises(ConfigError, match="PEM"):
        query(gateway_to(org, clock, auth=auth))

    assert org.calls == []


@pytest.mark.parametrize(
    ("status", "error", "description", "remedy"),
    [
        (401, "invalid_client", "invalid client credentials", "consumer secret"),
        (400, "invalid_client_id", "client identifier invalid", "consumer key"),
        (400, "invalid_grant", "no client credentials user enabled", "run-as user"),
        (400, "invalid_grant", "user hasn't approved this consumer", "Pre-authorise"),
        (400, "invalid_grant", "request not supported on this domain", "My Domain"),
        (400, "invalid_grant", "authentication failure", "private key"),
        (400, "inactive_user", "user is inactive", "Activate"),
    ],
)
def test_a_wrong_secret_is_told_after_exactly_one_token_call(
    org: FakeOrg, gateway: Gateway, status: int, error: str, description: str, remedy: str
) -> None:
    org.queue("token", *[Reply(status, {"error": error, "error_description": description})] * 9)

    for _ in range(3):
        with pytest.raises(NotAllowed) as caught:
            query(gateway)

    assert org.count("token") == 1
    assert remedy in str(caught.value)
    assert error in str(caught.value)


def test_a_wrong_secret_is_told_once_to_many_threads(org: FakeOrg, gateway: Gateway) -> None:
    started = threading.Barrier(4)
    org.before = lambda call: time.sleep(0.05)  # so that the others stand at the door
    org.queue("token", *[Reply(401, {"error": "invalid_client", "error_description": "no"})] * 9)

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(lambda: (started.wait(timeout=5), query(gateway))) for _ in range(4)]
        ends = [one.exception() for one in asked]

    assert {type(end) for end in ends} == {NotAllowed}
    assert org.count("token") == 1


def test_a_corrected_app_is_let_in_again_after_a_while(org: FakeOrg, gateway: Gateway, clock: FakeClock) -> None:
    org.queue("token", Reply(401, {"error": "invalid_client", "error_description": "no"}))
    with pytest.raises(NotAllowed):
        query(gateway)

    clock.advance(301)

    assert query(gateway) == page([])


def test_too_many_logins_may_work_later_but_not_at_once(org: FakeOrg, gateway: Gateway) -> None:
    org.queue("token", *[Reply(400, {"error": "rate_limit_exceeded", "error_description": "login rate exceeded"})] * 9)

    with pytest.raises(Transient):
        query(gateway)

    assert org.count("token") == 1


@pytest.mark.parametrize(
    "body", ["<html>hello</html>", ["x"], {"access_token": "t"}, {"access_token": "t", "instance_url": None}]
)
def test_a_token_answer_that_is_none_is_an_error_of_ours_with_a_remedy(
    org: FakeOrg, gateway: Gateway, body: object
) -> None:
    org.queue("token", *[Reply(200, body)] * 9)

    with pytest.raises(ServiceError):
        query(gateway)

    assert org.count("token") <= 4


def test_a_login_address_that_sends_elsewhere_is_not_followed(org: FakeOrg, gateway: Gateway) -> None:
    org.queue("token", Reply(302, "", {"Location": "https://elsewhere.example/"}))

    with pytest.raises(NotAllowed, match="My Domain"):
        query(gateway)

    assert {call.host for call in org.calls} == {"acme.my.salesforce.com"}


# What answers mean


@pytest.mark.parametrize(
    ("reply", "kind", "tries", "words"),
    [
        (refusal("UNABLE_TO_LOCK_ROW"), Transient, 4, "locked"),
        (refusal("QUERY_TIMEOUT"), Transient, 4, "broke"),
        (Reply(503, "<html>Maintenance</html>"), Transient, 4, "broke"),
        (refusal("UNKNOWN_EXCEPTION", status=500), Transient, 4, "broke"),
        (refusal("MALFORMED_QUERY"), Rejected, 1, "bug"),
        (refusal("INVALID_QUERY_LOCATOR"), Rejected, 1, "INVALID_QUERY_LOCATOR"),
        (refusal("NOT_FOUND", status=404), Rejected, 1, "66.0"),
        (refusal("UNSUPPORTED_API_VERSION", status=410), Rejected, 1, "66.0"),
        (refusal("API_DISABLED_FOR_ORG", status=403), NotAllowed, 1, "edition"),
        (refusal("INSUFFICIENT_ACCESS", status=403), NotAllowed, 1, "INSUFFICIENT_ACCESS"),
        (Reply(414, "<html>"), Rejected, 1, "Map fewer"),
        (Reply(302, "", {"Location": "https://elsewhere.example/"}), Rejected, 1, "elsewhere"),
        (Reply(418, {"odd": 1}), Rejected, 1, "without a code"),
    ],
)
def test_an_answer_is_judged_by_its_code(
    org: FakeOrg, gateway: Gateway, reply: Reply, kind: type[ServiceError], tries: int, words: str
) -> None:
    org.queue("deals", *[reply] * 9)

    with pytest.raises(kind, match=words) as caught:
        query(gateway)

    assert org.count("deals") == tries
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_used_up_day_is_told_without_hammering(org: FakeOrg, gateway: Gateway, clock: FakeClock) -> None:
    org.queue("deals", *[refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)] * 9)

    for _ in range(5):
        with pytest.raises(Transient, match="used up"):
            query(gateway)

    assert org.count("deals") == 1
    assert clock.slept == []


def test_a_used_up_day_is_asked_again_after_a_while(org: FakeOrg, gateway: Gateway, clock: FakeClock) -> None:
    org.queue("deals", refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403))
    with pytest.raises(Transient):
        query(gateway)

    clock.advance(901)

    assert query(gateway) == page([])


def test_too_many_calls_at_once_are_waited_for(org: FakeOrg, gateway: Gateway, clock: FakeClock) -> None:
    words = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    org.queue("deals", refusal("REQUEST_LIMIT_EXCEEDED", words, 403))

    assert query(gateway) == page([])
    assert clock.slept == [12.5]


def test_a_hidden_field_is_named_with_what_to_do(org: FakeOrg, gateway: Gateway) -> None:
    words = (
        "\nSELECT Id, Secret__c FROM\n   ^\nERROR at Row:1:Column:8\nNo such column 'Secret__c' on entity 'Account'. If"
    )
    org.queue("deals", refusal("INVALID_FIELD", words))

    with pytest.raises(ConfigError) as caught:
        query(gateway)

    assert "Account.Secret__c" in str(caught.value)
    assert "field-level security" in str(caught.value)


def test_a_hidden_field_of_a_write_is_a_refusal_of_that_write(org: FakeOrg, gateway: Gateway) -> None:
    org.queue("write", refusal("INVALID_FIELD", "No such column 'Handoff_Status__c' on entity 'Opportunity'."))

    with pytest.raises(Rejected) as caught:
        gateway.ask(WRITE, "PATCH", "composite/sobjects", body={"records": []})

    assert caught.value.code == "INVALID_FIELD"


def test_no_message_holds_a_body_a_token_or_an_address(org: FakeOrg, gateway: Gateway) -> None:
    org.queue("deals", refusal("SOME_CODE", "token-1 of rep@northwind.example at https://acme.my.salesforce.com"))

    with pytest.raises(Rejected) as caught:
        query(gateway)

    assert not [s for s in ("token-1", "@", "https", "acme") if s in str(caught.value)]
    assert "sandbox-secret" not in repr(ClientCredentials("acme.my", "key", "sandbox-secret"))


def test_a_cut_off_answer_is_asked_for_again(org: FakeOrg, gateway: Gateway) -> None:
    org.queue("deals", Reply(200, '{"totalSize":1,"done":true,"rec'))

    assert query(gateway) == page([])
    assert org.count("deals") == 2


def test_the_usage_of_the_day_is_kept_and_a_garbled_one_ignored(org: FakeOrg, gateway: Gateway) -> None:
    usage = {"Sforce-Limit-Info": "api-usage=4147/15000; per-app-api-usage=17/250(appName=bridge)"}
    org.queue("deals", Reply(200, page([]), usage), Reply(200, page([]), {"Sforce-Limit-Info": "api-usage=?"}))

    query(gateway)
    query(gateway)

    assert gateway.api_usage == (4147, 15000)


# The sandbox in place of Salesforce


def test_calls_are_turned_to_the_sandbox(org: FakeOrg, clock: FakeClock) -> None:
    gateway = gateway_to(org, clock, rewrite_to="http://127.0.0.1:8701")
    org.queue("token", Reply(200, {**token("t"), "instance_url": "http://127.0.0.1:8701"}))

    query(gateway)

    assert [(call.host, call.path) for call in org.calls] == [
        ("127.0.0.1:8701", "/services/oauth2/token"),
        ("127.0.0.1:8701", "/services/data/v66.0/query/"),
    ]
    assert gateway.host == "127.0.0.1:8701"


@pytest.mark.parametrize("address", ["https://acme.my.salesforce.com", "http://127.0.0.1.example", "ftp://127.0.0.1"])
def test_calls_are_turned_to_no_machine_but_this(org: FakeOrg, clock: FakeClock, address: str) -> None:
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1:8701"):
        gateway_to(org, clock, rewrite_to=address)


@pytest.mark.parametrize("version", ["v66.0", "66", ""])
def test_a_version_is_written_without_v(org: FakeOrg, clock: FakeClock, version: str) -> None:
    with pytest.raises(ConfigError, match=r"66\.0"):
        gateway_to(org, clock, version=version)


def test_the_environment_cannot_turn_calls_elsewhere(gateway: Gateway) -> None:
    assert gateway._session().trust_env is False
    assert CREDENTIALS.domain == "acme.my"


# Ids


@pytest.mark.parametrize(
    ("short", "long"),
    [("001XX000003DHPh", "001XX000003DHPhYAO"), ("006000000000001", "006000000000001AAA")],
)
def test_a_15_character_id_gets_its_checksum(short: str, long: str) -> None:
    assert id18(short) == long
    assert id18(long) == long


@pytest.mark.parametrize("wrong", ["", "006", "006000000000001A", "00600000000000'AAA"])
def test_what_is_no_id_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="15 or 18"):
        id18(wrong)
