"""The cassettes themselves: public, whole, used to the last call, and what the sandbox says today."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.request import Request

from tests.cassettes import test_recorded, test_recorded_in_the_crm, test_recorded_platforms
from tests.cassettes.recorder import CASSETTES, Systems, cassette
from tests.cassettes.scrub import Scrubber, leaks_in

pytestmark = pytest.mark.whole

RECORDED: dict[str, Callable[[Systems], None]] = {
    name: test
    for module in (test_recorded, test_recorded_in_the_crm, test_recorded_platforms)
    for name, test in vars(module).items()
    if name.startswith("test_")
}
FILES = sorted(path for path in CASSETTES.rglob("*") if path.is_file())
SALESFORCE = "test_salesforce_gives_won_deals_page_by_page_and_takes_what_became_of_them"
GAINSIGHT = "test_gainsight_finds_makes_and_refuses_work_record_by_record"


@pytest.fixture(autouse=True)
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests choose themselves whether to play or to record."""
    monkeypatch.delenv("HANDOFF_RECORD", raising=False)


def test_every_cassette_is_named_after_its_test():
    assert [path.relative_to(CASSETTES).as_posix() for path in FILES] == sorted(f"{name}.yaml" for name in RECORDED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_cassette_holds_no_secret_and_nobody(path: Path):
    assert leaks_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "authorization:\n      - Bearer 6f1c2d3e4b5a69788796a5b4c3d2e1f0",
        "authorization:\n      - Basic c2FuZGJveDpzYW5kYm94",
        "accesskey:\n      - 0c9a4d1e-77aa",
        "accesskey: 0c9a4d1e-77aa",
        "app-token:\n      - 0c9a4d1e-77aa",
        "authorization:\n      - app-token 0c9a4d1e-77aa",
        'body: \'[{"appKey":"0c9a4d1e"}]\'',
        '"pat-eu1-0c9a4d1e-77aa"',
        '{"access_token":"sandbox-token-1"}',
        '{"access_token": "REDACTED", "signature": "c2lnbmF0dXJl"}',
        "grant_type=client_credentials&client_secret=hunter2",
        "assertion=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0",
        "00D000000000062!AQ0fWkN3",
        "-----BEGIN PRIVATE KEY-----",
        "rita.hale@harbor.com",
        "query=%7B%22in_list%22%3A+%5B%22rita.hale%40harbor.com%22%5D%7D",
        "https://acme.my.salesforce.com/services/data",
        "https://127.0.0.1:8701/lightning",
        "http://localhost:8701",
        "10.20.30.40",
        "/home/rita/handoff.db",
        "C:\\Users\\rita",
    ],
)
def test_each_kind_of_leak_is_noticed(text: str):
    assert leaks_in(f"body: nothing here\n{text}\n") != []


@pytest.mark.parametrize("name", RECORDED)
def test_recording_again_gives_the_same_file(name: str, tmp_path: Path):
    with cassette(name, folder=tmp_path, switch="sandbox", port_base=0) as systems:
        RECORDED[name](systems)

    anew, kept = ((folder / f"{name}.yaml").read_text(encoding="utf-8") for folder in (tmp_path, CASSETTES))
    assert anew == kept, "The sandbox answers otherwise than it did when this was recorded. Record it anew: make record"


def test_a_recorded_call_that_is_not_made_fails():
    with (
        pytest.raises(AssertionError, match=r"calls that were not made: .*composite/sobjects"),
        cassette(SALESFORCE) as on,
    ):
        on.salesforce(wanted=test_recorded.WANTED, write_fields=()).org()


def test_a_call_with_another_body_is_refused():
    with pytest.raises(CannotOverwriteExistingCassetteException), cassette(GAINSIGHT) as on:
        on.gainsight().people(["somebody.else@harbor.example"])


def test_a_call_is_answered_once_for_each_time_it_was_recorded():
    with pytest.raises(CannotOverwriteExistingCassetteException), cassette(GAINSIGHT) as on:
        on.gainsight().people([test_recorded.PRIYA, test_recorded.OLGA, "nobody@harbor.example"])
        on.gainsight().people([test_recorded.PRIYA, test_recorded.OLGA, "nobody@harbor.example"])


def test_a_call_to_another_host_is_refused():
    with pytest.raises(CannotOverwriteExistingCassetteException), cassette(GAINSIGHT) as on:
        other = on.environment | {"HANDOFF_PLATFORM_MAIN_BASE_URL": "https://other.gainsight.example"}
        Systems(on.clock, other).gainsight().people([test_recorded.PRIYA])


def test_playing_leaves_the_file_as_it_is(tmp_path: Path):
    copy = tmp_path / f"{SALESFORCE}.yaml"
    copy.write_bytes((CASSETTES / copy.name).read_bytes())

    with pytest.raises(AssertionError), cassette(SALESFORCE, folder=tmp_path) as on:
        on.salesforce(wanted=test_recorded.WANTED, write_fields=()).org()

    assert copy.read_bytes() == (CASSETTES / copy.name).read_bytes()


def test_an_unknown_switch_is_refused_with_the_known_ones():
    with (
        pytest.raises(ValueError, match=r"'yes' is no way to record\. Use sandbox or live"),
        cassette("any", switch="yes"),
    ):
        pass


def test_recording_live_without_credentials_says_which_are_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HANDOFF_CRM_MAIN_DOMAIN", "acme.my")
    monkeypatch.delenv("HANDOFF_PLATFORM_MAIN_BASE_URL", raising=False)

    with (
        pytest.raises(ValueError, match="HANDOFF_PLATFORM_MAIN_BASE_URL"),
        cassette("any", folder=tmp_path, switch="live") as on,
    ):
        on.gainsight()

    assert list(tmp_path.iterdir()) == []


def test_a_live_tenant_leaves_no_name_of_itself():
    scrubber = Scrubber({"acme.my.salesforce.com": "org.salesforce.example"}, live=True)
    session = "00D5g000004XyZ1!AQ0AQFakeSession"
    asked = Request(
        "PATCH",
        "https://acme.my.salesforce.com/services/data/v66.0/composite/sobjects?of=0065g00000AbCdE",
        '{"id": "0065g00000AbCdEAAV", "note": "rita@acme.com, 0065g00000AbCdEAAV"}',
        {"Authorization": f"Bearer {session}", "Content-Type": "application/json", "User-Agent": "rita's laptop"},
    )
    said = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Set-Cookie": ["sid=1"], "Content-Type": ["application/json"]},
        "body": {
            "string": b'{"Id": "0065g00000AbCdEAAV", "url": "https://acme.my.salesforce.com/x", "Gsid": "1P02'
            b'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "see": "https://wiki.acme.com/y", "scene": "001Cas000000001IAA"}'
        },
    }

    kept, answered = scrubber.request(asked), scrubber.response(said)
    body, text = yaml.safe_load(kept.body), answered["body"]["string"].decode()

    assert kept.headers == {"authorization": "REDACTED", "content-type": "application/json"}
    assert answered["headers"] == {"content-type": ["application/json"]}
    assert leaks_in(f"{kept.uri}\n{kept.body.decode()}\n{text}") == []
    assert "acme" not in f"{kept.uri}{kept.body}{text}".lower()
    assert "AbCdE" not in f"{kept.uri}{kept.body}{text}"
    assert "ABCDEFGHIJ" not in text
    assert "001Cas000000001IAA" in text
    # One record stays one record, in questions and in answers, with 15 characters and with 18.
    assert yaml.safe_load(text)["Id"] == body["id"]
    assert body["note"].endswith(body["id"])
    assert kept.uri.endswith(f"?of={body['id'][:15]}")


def test_the_keys_of_totango_churnzero_and_hubspot_are_not_kept():
    scrubber = Scrubber({"api.totango.com": "tenant.totango.example/api"}, live=True)
    headers = {"app-token": "0c9a4d1e", "Authorization": "app-token 0c9a4d1e", "service_id": "12345"}
    body = b'[{"appKey": "0c9a4d1e", "action": "trackEvent", "portalId":4711}]'

    kept = scrubber.request(Request("POST", "https://api.totango.com/v3/tasks", body, headers))

    assert kept.headers == {"app-token": "REDACTED", "authorization": "REDACTED"}
    assert kept.body == b'[{"appKey": "REDACTED", "action": "trackEvent", "portalId":1}]'
    assert kept.uri == "https://tenant.totango.example/api/v3/tasks"


def test_an_address_in_a_form_is_replaced_like_any_other():
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"count=1&query=%7B%22in_list%22%3A+%5B%22rita%40acme.com%22%5D%7D"

    kept = Scrubber({}, live=True).request(Request("POST", "https://tenant.totango.example/search", body, form))

    assert kept.body.startswith(b"count=1&query=%7B%22in_list%22%3A+%5B%22somebody.")
    assert leaks_in(kept.body.decode()) == []


def test_the_password_of_a_login_is_not_kept():
    scrubber = Scrubber({}, live=False)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"grant_type=client_credentials&client_id=me&client_secret=hunter2&assertion=eyJ"

    kept = scrubber.request(Request("POST", "https://org.salesforce.example/services/oauth2/token", body, form))

    assert kept.body == b"grant_type=client_credentials&client_id=REDACTED&client_secret=REDACTED&assertion=REDACTED"
