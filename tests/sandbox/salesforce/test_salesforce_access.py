"""The front door: sessions, versions, limits, and what the org does not have."""

import base64
import json
from datetime import timedelta
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from salesforce_org import DEAL, JONAS, NOON, ORG, Client

from sandbox.salesforce import SalesforceEngine
from sandbox.salesforce.ids import normalised
from sandbox.wire import Request

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)


def token(engine, form, **headers):
    body = urlencode(form).encode()
    response = engine.handle(Request("POST", "/services/oauth2/token", "", headers, body), NOON)
    assert not response.mutates
    return response.status, json.loads(response.body)


def client_credentials(engine, key="sandbox", secret="sandbox", **headers):
    form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
    return token(engine, form, **headers)


def assertion(key=KEY, **changed):
    claims = {"iss": "sandbox", "sub": "sandbox", "aud": "https://login.salesforce.com"}
    claims |= {"exp": int((NOON + timedelta(minutes=3)).timestamp()), **changed}
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": jwt.encode(claims, key, algorithm="RS256"),
    }


def test_client_credentials_open_a_session_from_body_or_basic_header(org):
    basic = "Basic " + base64.b64encode(b"sandbox:sandbox").decode()

    _, by_body = client_credentials(org.engine)
    status, by_header = token(org.engine, {"grant_type": "client_credentials"}, authorization=basic)

    assert status == 200
    assert by_header["access_token"].startswith(f"{ORG}!AQ")
    assert by_header["access_token"] != by_body["access_token"]
    assert by_header["instance_url"] == "https://127.0.0.1:8701"
    assert f"/id/{normalised(ORG)}/005" in by_header["id"]
    assert "expires_in" not in by_header and "refresh_token" not in by_header
    assert org.call("GET", "limits/", authorization=f"Bearer {by_header['access_token']}")
    assert org.last.status == 200
    org.call("GET", "limits", authorization=f"OAuth {by_body['access_token']}")
    assert org.last.status == 200


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "client_credentials", "client_id": "x", "client_secret": "sandbox"}, 400, "invalid_client_id"),
        ({"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "password", "username": "sandbox", "password": "sandbox"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type"),
        ({}, 400, "unsupported_grant_type"),
    ],
)
def test_a_wrong_login_is_refused_in_the_vendors_words(org, form, status, error):
    answered, body = token(org.engine, form)

    assert (answered, body["error"]) == (status, error)


def test_client_credentials_need_the_my_domain_host(org):
    assert client_credentials(org.engine, host="login.salesforce.com")[1]["error_description"] == (
        "request not supported on this domain"
    )


@pytest.mark.parametrize(
    "audience",
    ["https://login.salesforce.com", "https://test.salesforce.com", "https://acme--uat.sandbox.my.salesforce.com"],
)
def test_a_signed_assertion_opens_a_session(org, audience):
    org.engine.tenant({"jwt_public_key": PUBLIC})

    assert token(org.engine, assertion(aud=audience))[0] == 200


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (assertion(OTHER_KEY), "authentication failure"),
        (assertion(aud="https://login.example"), "authentication failure"),
        (assertion(exp=int(NOON.timestamp())), "expired authorization code"),
        (assertion(exp=int((NOON + timedelta(hours=1)).timestamp())), "authentication failure"),
        (assertion(sub="somebody"), "user hasn't approved this consumer"),
        (assertion(iss="somebody"), "client identifier invalid"),
        ({**assertion(), "assertion": "nonsense"}, "authentication failure"),
    ],
)
def test_an_assertion_that_proves_nothing_is_refused(org, form, why):
    org.engine.tenant({"jwt_public_key": PUBLIC})

    status, body = token(org.engine, form)

    assert (status, body["error_description"]) == (400, why)


def test_without_a_known_key_no_assertion_is_approved(org):
    assert token(org.engine, assertion())[1]["error_description"] == "user hasn't approved this consumer"


def test_a_session_ends_two_real_hours_after_its_last_use():
    real = [NOON]
    client = Client(SalesforceEngine(org_id=ORG, real_now=lambda: real[0]))
    opened = {"authorization": "Bearer " + client_credentials(client.engine)[1]["access_token"]}

    client.later(days=3)
    real[0] += timedelta(minutes=119)
    client.call("GET", "limits", **opened)
    assert client.last.status == 200
    real[0] += timedelta(minutes=119)
    client.call("GET", "limits", **opened)
    assert client.last.status == 200
    real[0] += timedelta(minutes=121)
    assert client.refusal("GET", "limits", **opened) == (401, "INVALID_SESSION_ID")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer somebody", "Basic sandbox", "sandbox"])
def test_without_a_session_nothing_is_answered_and_nothing_is_counted(org, header):
    assert org.refusal("PATCH", f"sobjects/Opportunity/{DEAL}", {"NextStep": "x"}, authorization=header) == (
        401,
        "INVALID_SESSION_ID",
    )
    assert (org.last.mutates, org.last.headers["sforce-limit-info"]) == (True, "api-usage=0/100000")
    assert org.deal()["NextStep"] is None


def test_versions_are_listed_without_a_session(org):
    versions = org.call("GET", "/services/data/", authorization="")

    assert [each["version"] for each in versions] == [f"{n}.0" for n in range(60, 69)]
    assert (versions[0]["label"], versions[6]["label"], versions[-1]["label"]) == (
        "Spring '24",
        "Spring '26",
        "Winter '27",
    )


@pytest.mark.parametrize("version", ["v59.0", "v69.0", "v66.1", "66.0"])
def test_an_unknown_version_is_not_found(org, version):
    assert org.refusal("GET", f"/services/data/{version}/limits") == (404, "NOT_FOUND")


def test_calls_count_for_24_hours_and_the_limit_closes_the_door(org):
    org.engine.tenant({"daily_limit": 2})
    org.query("SELECT Id FROM Opportunity")
    org.later(hours=1)

    assert org.call("GET", "limits")["DailyApiRequests"] == {"Max": 2, "Remaining": 0}
    assert org.last.headers["sforce-limit-info"] == "api-usage=2/2"
    assert org.refusal("GET", "limits") == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "retry-after" not in org.last.headers
    org.later(hours=23)
    assert org.call("GET", "limits")["DailyApiRequests"]["Remaining"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "composite"),
        ("POST", "composite/batch"),
        ("POST", "composite/graph"),
        ("POST", "composite/tree/Task"),
        ("POST", "jobs/ingest"),
        ("POST", "jobs/query"),
        ("POST", "tooling/sobjects/CustomField"),
        ("GET", "search"),
        ("GET", "recent"),
        ("GET", "chatter/feeds"),
        ("GET", "/services/apexrest/handoff"),
        ("GET", "/"),
    ],
)
def test_what_the_org_does_not_have_is_not_found(org, method, path):
    body = {} if method == "POST" else None

    assert org.refusal(method, path, body) == (404, "NOT_FOUND")
    assert (org.last.mutates, org.last.applied) == (method == "POST", False)


def test_old_doors_are_shut_in_the_vendors_words(org):
    org.call("POST", "/services/async/66.0/job", {})
    assert (org.last.status, json.loads(org.last.body)["exceptionCode"]) == (400, "FeatureNotEnabled")

    for version, why in (
        ("59.0", b"SOAP API login() is disabled by default in this org"),
        ("66.0", b"SOAP Login operation is not available in the API version specified"),
    ):
        fault = org.engine.handle(Request("POST", f"/services/Soap/u/{version}"), NOON)
        assert fault.status == 500 and why in fault.body


def test_an_address_longer_than_16384_bytes_is_refused(org):
    request = Request("GET", "/services/data/v66.0/query", "q=" + "a" * 16_400, {"authorization": "Bearer sandbox"})

    assert org.engine.handle(request, NOON).status == 414


def test_a_body_that_is_no_json_is_a_parser_error(org):
    headers = {"authorization": "Bearer sandbox"}
    response = org.engine.handle(Request("POST", "/services/data/v66.0/sobjects/Task", "", headers, b"{oh"), NOON)

    assert (response.status, json.loads(response.body)[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_record_counts_leave_out_what_is_deleted_and_pass_over_what_is_no_object(org):
    org.call("DELETE", f"sobjects/Contact/{JONAS}")

    said = org.call("GET", "limits/recordCount", params={"sObjects": "Opportunity, contact,Nowhere__c"})

    assert said == {"sObjects": [{"count": 1, "name": "Opportunity"}, {"count": 0, "name": "Contact"}]}
    assert {row["name"] for row in org.call("GET", "limits/recordCount/")["sObjects"]} >= {"Account", "User"}


@pytest.mark.parametrize("path", ["limits", "limits/recordCount"])
def test_limits_are_for_those_who_may_view_setup(org, path):
    org.engine.tenant({"view_setup": False})

    assert org.refusal("GET", path) == (403, "INSUFFICIENT_ACCESS")
    assert org.last.headers["sforce-limit-info"] == "api-usage=1/100000"


def test_a_read_only_field_is_seen_and_cannot_be_written(org):
    org.engine.tenant({"read_only_fields": ["Opportunity.NextStep"]})

    fields = {each["name"]: each for each in org.call("GET", "sobjects/Opportunity/describe")["fields"]}

    assert (fields["NextStep"]["updateable"], fields["NextStep"]["createable"]) == (False, False)
    assert fields["NextStep"]["filterable"] is True
    refused = org.refusal("PATCH", f"sobjects/Opportunity/{DEAL}", {"NextStep": "Call"})
    assert refused == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


def test_an_opportunity_that_is_not_shared_is_invisible_not_refused(org):
    org.engine.tenant({"unshared": [DEAL]})

    assert org.query("SELECT COUNT() FROM Opportunity")["totalSize"] == 0
    assert org.names("WHERE Amount > 0") == []
    assert org.refusal("GET", f"sobjects/Opportunity/{DEAL}") == (404, "NOT_FOUND")
    assert org.refusal("PATCH", f"sobjects/Opportunity/{DEAL}", {"NextStep": "x"}) == (404, "NOT_FOUND")
    assert org.call("GET", "composite/sobjects/Opportunity", params={"ids": DEAL, "fields": "Name"}) == [None]
    counted = org.call("GET", "limits/recordCount", params={"sObjects": "Opportunity"})
    assert counted["sObjects"][0]["count"] == 1
