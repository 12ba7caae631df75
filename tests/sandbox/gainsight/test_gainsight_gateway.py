"""What the gateway promises: keys, unknown paths, limits, headers, and what the journal is told."""

import base64
import json
from datetime import timedelta

import pytest
from gainsight_tenant import START, Tenant, a_cta, an_activity
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.gainsight.choices import Choices
from sandbox.gainsight.limits import Limits
from sandbox.wire import Request

_TOKEN = "/v1/users/m2m/oauth/token"
_BASIC = "Basic " + base64.b64encode(b"sandbox:sandbox").decode()


def test_a_wrong_key_is_refused_without_data(tenant):
    answer = tenant.call("POST", "/v1/data/objects/query/Company", {"select": ["Gsid"]}, accesskey="other")

    assert (answer.status, answer.code) == (401, "GS_APIG_2401")
    assert "data" not in answer.body


def test_a_call_without_credentials_is_refused(tenant):
    assert tenant.call("POST", "/v1/data/objects/query/Company", {}, accept="application/json").status == 401


def test_a_token_opens_the_door_for_a_day_of_real_time(tenant):
    given_token = tenant.call("POST", _TOKEN, b"grant_type=client_credentials", authorization=_BASIC)
    bearer = "Bearer " + given_token.body["access_token"]

    def status():
        return tenant.call("POST", "/v1/data/objects/query/Company", {"select": ["Gsid"]}, authorization=bearer).status

    tenant.now += timedelta(days=400)
    assert given_token.body["expires_in"] == 86_400
    assert status() == 200
    tenant.real += timedelta(seconds=86_400)
    assert status() == 401


def test_the_bearer_sandbox_is_accepted(tenant):
    answer = tenant.call("GET", "/v1/meta/services/objects/list", authorization="Bearer sandbox")

    assert answer.status == 200


@pytest.mark.parametrize("header", ["Basic bm86bm8=", "Basic ???", "Bearer sandbox", ""])
def test_a_wrong_client_gets_no_token(tenant, header):
    assert tenant.call("POST", _TOKEN, b"grant_type=client_credentials", authorization=header).status == 401


def test_another_grant_gets_no_token(tenant):
    assert tenant.call("POST", _TOKEN, b"grant_type=password", authorization=_BASIC).status == 400


def test_a_reset_key_refuses_the_old_one_at_once(tenant):
    tenant.switch(accesskey="renewed")

    assert tenant.query("Company").status == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/ctas"),
        ("POST", "/v1/successplans"),
        ("POST", "/v1/timeline/activities"),
        ("GET", "/v2/cockpit/cta/list"),
        ("DELETE", "/v2/cockpit/cta/1S01"),
        ("POST", "/v2/cockpit/task/"),
        ("POST", "/v1/ant/es/activity/bulk"),
        ("PATCH", "/v1/data/objects/Company/1P02"),
    ],
)
def test_a_path_the_vendor_does_not_have_is_not_found(tenant, method, path):
    answer = tenant.call(method, path, {})

    assert (answer.status, answer.code) == (404, "GS_APIG_1000")


def test_every_answer_carries_its_request_id_three_times(tenant):
    answer = tenant.query("Company")

    ids = {answer.response.headers[name] for name in ("x-gs-request-id", "x-request-id")}
    assert ids == {answer.body["requestId"]}
    assert answer.body["requestId"] != tenant.query("Company").body["requestId"]


def test_the_same_tenant_gives_the_same_ids():
    first, second = Tenant(), Tenant()

    assert first.engine.state() == second.engine.state()
    assert first.cta(a_cta()).body == second.cta(a_cta()).body


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 119), max_size=300), st.integers(1, 100))
def test_no_window_ever_lets_more_through_than_its_limit(seconds, most):
    limits, choices = Limits(), Choices(per_minute=most)

    accepted = [0, 0]
    for second in seconds:
        accepted[second // 60] += not limits.admit("sync", START.replace(second=0) + timedelta(seconds=second), choices)

    asked = [sum(second // 60 == minute for second in seconds) for minute in (0, 1)]
    assert accepted == [min(each, most) for each in asked]


def test_the_hundred_and_first_call_of_a_minute_waits_for_the_next_minute(tenant):
    tenant.now = START.replace(second=0, microsecond=0)
    ask = tenant.engine.handle
    request = _request()

    statuses = [ask(request, tenant.now).status for _ in range(101)]

    assert statuses == [200] * 100 + [429]
    assert ask(request, tenant.now + timedelta(seconds=59)).status == 429
    assert ask(request, tenant.now + timedelta(seconds=60)).status == 200


def _request():
    return Request("GET", "/v1/meta/services/objects/list", headers={"accesskey": "sandbox"})


def test_the_day_has_its_own_limit(tenant):
    tenant.switch(per_day=2)

    answers = [tenant.query("Company") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    tenant.now += timedelta(days=1)
    assert tenant.query("Company").status == 200


def test_timeline_has_a_minute_of_its_own(tenant):
    tenant.now = START.replace(second=0)
    tenant.switch(per_minute=1, timeline_per_minute=2)
    tenant.query("Company")

    statuses = [tenant.activity(an_activity(f"e{n}")).status for n in range(3)]

    assert statuses == [200, 200, 429]


def test_a_timeline_answer_tells_its_limit(tenant):
    assert tenant.activity(an_activity()).response.headers["x-ratelimit-limit"] == "200"


def test_a_token_call_uses_up_no_limit(tenant):
    tenant.switch(per_minute=1)
    tenant.now = START.replace(second=0)

    for _ in range(3):
        assert tenant.call("POST", _TOKEN, b"grant_type=client_credentials", authorization=_BASIC).status == 200
    assert tenant.query("Company").status == 200


@pytest.mark.parametrize(
    ("style", "body", "retry"), [("json", True, False), ("empty", False, False), ("retry_after", True, True)]
)
def test_a_throttled_call_is_told_in_the_tenants_way(tenant, style, body, retry):
    tenant.switch(per_minute=0, throttle_body=style)

    answer = tenant.query("Company")

    assert answer.status == 429
    assert bool(answer.response.body) is body
    assert not body or answer.code == "GU_2400"
    assert ("retry-after" in answer.response.headers) is retry


def test_the_wait_told_ends_with_the_window(tenant):
    tenant.now = START.replace(second=19)
    tenant.switch(per_minute=0, throttle_body="retry_after")

    assert tenant.query("Company").response.headers["retry-after"] == "40"


def test_the_journal_hears_of_writes_even_when_they_are_refused(tenant):
    made = tenant.cta(a_cta(), a_cta("2", priority="Urgent")).response
    refused = tenant.insert({"Name": "X", "Stage": "Nowhere"}).response
    locked_out = tenant.call("POST", "/v2/cockpit/cta/", {}, accesskey="other").response
    read = tenant.query("Company").response
    token = tenant.call("POST", _TOKEN, b"grant_type=client_credentials", authorization=_BASIC).response

    assert [(r.mutates, r.applied, r.records) for r in (made, refused, locked_out, read, token)] == [
        (True, True, 1),
        (True, False, 0),
        (True, False, 0),
        (False, False, 2),
        (False, False, 0),
    ]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_condition = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Name", "ARR", "RenewalDate", "CreatedDate", "Csm__gr.Email"]) | _json,
        "fieldName": st.sampled_from(["Name", "DueDate", "IsClosed"]) | _json,
        "alias": st.sampled_from(["A", "B"]) | _json,
        "operator": st.sampled_from(["EQ", "IN", "BTW", "CONTAINS", "IS_NULL", "NE", "LT"]) | _json,
        "value": st.lists(_json, max_size=3) | _json,
        "associatedRecord": st.booleans(),
    },
)
_record = st.dictionaries(
    st.sampled_from(["Gsid", "Name", "ARR", "Stage", "referenceId", "type", "reason", "status", "CompanyId", "OwnerId"])
    | st.sampled_from(["ExternalId", "ActivityDate", "internalAttendees", "DueDate", "Objectives", "Templates"]),
    _json,
    max_size=6,
)
_body = st.fixed_dictionaries(
    {},
    optional={
        "select": st.just(["Name"]) | _json,
        "where": st.fixed_dictionaries({"conditions": st.lists(_condition), "expression": st.just("A") | _json})
        | _json,
        "orderBy": st.just({"Name": "asc"}) | _json,
        "limit": _json,
        "offset": _json,
        "pageSize": _json,
        "pageNumber": _json,
        "records": st.lists(_record | _json) | _json,
        "requests": st.lists(_json | st.fixed_dictionaries({"record": _record | _json})) | _json,
        "lookups": _json | st.dictionaries(st.sampled_from(["CompanyId", "Csm"]), _json),
        "objectNames": _json,
    },
)
_ROUTES = [
    ("POST", "/v1/data/objects/query/Company", ""),
    ("POST", "/v1/data/objects/Company", ""),
    ("PUT", "/v1/data/objects/Company", "keys=Gsid"),
    ("PUT", "/v1/data/objects/Company", "keys=Name,ARR"),
    ("POST", "/v1/meta/services/objects/describe", ""),
    ("POST", "/v2/cockpit/cta", ""),
    ("PUT", "/v2/cockpit/cta", ""),
    ("POST", "/v2/cockpit/cta/list", ""),
    ("POST", "/v2/successPlan", "withObjectives=true"),
    ("PUT", "/v2/successPlan", ""),
    ("POST", "/v2/successPlan/list", ""),
    ("POST", "/v1/ant/es/activity", ""),
    ("PUT", "/v1/ant/es/activity", "identifier=externalid"),
]
_shared = Tenant()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_ROUTES), _body | _json)
def test_a_body_of_any_shape_is_answered_never_a_crash(route, body):
    method, path, query = route
    _shared.now += timedelta(minutes=1)

    answer = _shared.call(method, path, body, query)

    assert answer.status in (200, 400)


def test_a_body_that_is_no_json_is_refused(tenant):
    for method, path, query in _ROUTES:
        for body in (b"{not json", b'{"records": [{"Name": NaN}]}', b'{"records": [{"Name": "\\ud800"}]}', b"\xff"):
            tenant.now += timedelta(minutes=1)
            assert tenant.call(method, path, body, query).status == 400


def test_answers_are_json(tenant):
    answer = tenant.query("Company")

    assert answer.response.headers["content-type"].startswith("application/json")
    assert json.loads(answer.response.body)["result"] is True
