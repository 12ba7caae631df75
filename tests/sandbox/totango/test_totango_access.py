"""Who may call, how often, and what people set up and edit."""

from base64 import b64encode
from datetime import timedelta

import pytest
from totango_tenant import GLOBEX, PRIYA, Tenant, attribute

from sandbox.totango.choices import Choices
from sandbox.wire import Request


def tasks_by(tenant, **headers):
    return tenant.call("GET", "/api/v3/tasks", query=f"account_id={GLOBEX}", **headers)


def token(tenant, who=b"sandbox:sandbox", grant="client_credentials"):
    headers = {"authorization": f"Basic {b64encode(who).decode()}"}
    return tenant.handle(
        Request("POST", "/t01/harbor/oauth2/api/v1/token", "", headers, f"grant_type={grant}".encode())
    )


def test_a_call_needs_the_token(tenant):
    assert tasks_by(tenant).status == 200
    assert tasks_by(tenant, **{"app-token": "Sandbox"}).status == 401
    assert tasks_by(tenant, accept="*/*").status == 401


def test_a_token_stops_with_its_user(tenant):
    tenant.engine.tenant({"inactive_users": [Choices.token_user]})

    assert tasks_by(tenant).status == 401
    assert tenant.upsert(Region="EMEA").status == 401


def test_a_token_of_somebody_who_is_no_admin_only_reads(tenant):
    tenant.switch(token_admin=False)

    assert (tasks_by(tenant).status, tenant.task().status) == (200, 403)


def test_an_oauth_token_is_good_for_an_hour_of_real_time(tenant):
    bearer = {"authorization": f"Bearer {token(tenant).body['access_token']}"}

    at_once = tasks_by(tenant, **bearer).status
    tenant.real += timedelta(hours=1)

    assert (at_once, tasks_by(tenant, **bearer).status) == (200, 401)


def test_a_forgotten_oauth_token_is_worth_nothing_and_another_client_gets_none(tenant):
    bearer = {"authorization": f"Bearer {token(tenant).body['access_token']}"}
    tenant.engine.forget_logins()

    assert tasks_by(tenant, **bearer).status == 401
    assert (token(tenant, b"sandbox:wrong").status, token(tenant, grant="password").status) == (401, 400)


def test_the_same_paths_are_there_within_the_web_app(tenant):
    found = tenant.call("GET", "/t01/harbor/api/v3/tasks", query=f"account_id={GLOBEX}")

    assert (found.status, found.body) == (200, [])


@pytest.mark.parametrize(("region", "us", "eu"), [("us", 200, 401), ("eu", 401, 200)])
def test_the_other_region_knows_no_token(region, us, eu):
    tenant = Tenant(region=region)
    query = f"account_id={GLOBEX}"

    assert tasks_by(tenant).status == us
    assert tenant.call("GET", "/api-eu1/api/v3/tasks", query=query).status == eu
    assert tenant.upsert(Region="EMEA").status == us


def test_the_window_begins_with_the_first_call_and_lets_a_hundred_through(tenant):
    tenant.later(30)
    first = tasks_by(tenant).headers
    answers = [tasks_by(tenant).status for _ in range(100)]
    tenant.later(20.5)
    refused = tasks_by(tenant)
    tenant.later(39.5)

    assert [first[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")] == ["100", "99", "60"]
    assert answers == [200] * 99 + [429]
    assert (refused.text, refused.headers["content-type"]) == ("Too many requests", "application/json")
    assert [refused.headers[f"ratelimit-{name}"] for name in ("remaining", "reset")] == ["0", "40"]
    assert "retry-after" not in refused.headers
    assert tasks_by(tenant).headers["ratelimit-remaining"] == "99"


@pytest.mark.parametrize(("limit", "status"), [("own", 200), ("shared", 429), ("none", 200)])
def test_the_hub_counts_in_a_bucket_of_its_own_or_not(limit, status):
    tenant = Tenant(hub_limit=limit, per_minute=1)
    tasks_by(tenant)

    assert tenant.upsert(Region="EMEA").status == status


def test_the_pixel_is_not_limited():
    tenant = Tenant(per_minute=1)

    for _ in range(3):
        tenant.pixel(sdr_s="SP-10001-01", sdr_o=GLOBEX, sdr_u="a", sdr_a="b", sdr_m="c")

    assert len(tenant.held("activities")) == 3


@pytest.mark.parametrize("key", ["message", "error", "_error"])
def test_the_key_of_an_error_is_a_switch(key):
    assert Tenant(error_key=key).task(account_id="nobody").body == {"status": 400, key: "Account not found"}


def test_people_edit_records_and_searches_show_it_at_once():
    tenant = Tenant(index_lag_seconds=60)
    tenant.engine.load({"tasks": [{"id": 9, "account_id": GLOBEX, "title": "By hand"}]}, tenant.now)
    tenant.engine.load({"tasks": [{"id": 9, "status": "closed"}], "touchpoints": [{"account_id": GLOBEX}]}, tenant.now)

    assert [(task["title"], task["status"]) for task in tenant.tasks()] == [("By hand", "closed")]
    assert [event["type"] for event in tenant.events()] == ["task", "task", "note"]


def test_a_stage_that_somebody_sets_by_hand_fires_its_plays(tenant):
    tenant.engine.load({"accounts": [{"id": GLOBEX, "attributes": {"Onboarding Stage": "Kick Off"}}]}, tenant.now)

    assert len(tenant.tasks()) == 2


def test_a_person_clears_an_attribute(tenant):
    tenant.upsert(Region="EMEA")
    tenant.engine.load({"accounts": [{"id": GLOBEX, "attributes": {"Region": None}}]}, tenant.now)

    assert "Region" not in tenant.account()["attributes"]


def test_a_play_is_switched_off_by_hand(tenant):
    tenant.engine.load({"plays": [{"id": tenant.play_id("Internal Handover"), "active": False}]}, tenant.now)

    assert tenant.play("Internal Handover").status == 400


def test_what_is_loaded_can_be_what_was_shown(tenant):
    tenant.task()
    tenant.touchpoint()
    shown = {name: tenant.held(name) for name in ("accounts", "tasks", "touchpoints", "totango_users")}
    shown["accounts"] = [{"id": row["id"], "attributes": row["attributes"]} for row in shown["accounts"]]

    tenant.engine.load(shown, tenant.now)

    assert [tenant.held(name) for name in ("tasks", "touchpoints")] == [shown["tasks"], shown["touchpoints"]]


@pytest.mark.parametrize(
    "objects",
    [
        {"acounts": []},
        {"accounts": [{"id": "a b"}]},
        {"accounts": [{"name": "no id"}]},
        {"tasks": [{"account_id": GLOBEX, "titel": "x"}]},
        {"touchpoints": [{"id": 1, "_deleted": True}]},
        {"batches": [{"id": "x"}]},
    ],
)
def test_what_totango_has_not_cannot_be_loaded(tenant, objects):
    with pytest.raises(ValueError, match=r"\w"):
        tenant.engine.load(objects, tenant.now)


@pytest.mark.parametrize(
    "settings",
    [{"totango": {"nonsense": 1}}, {"totango": {"region": "mars"}}, {"totango": 1}, {"inactive_users": "me"}],
)
def test_a_setting_that_totango_has_not_is_an_error(tenant, settings):
    with pytest.raises(ValueError, match=r"\w"):
        tenant.engine.tenant(settings)


def test_settings_of_other_systems_are_passed_over(tenant):
    tenant.engine.tenant({"hidden_fields": ["Opportunity.Amount"], "picklists": {"Opportunity.StageName": ["Won"]}})

    assert tasks_by(tenant).status == 200


def test_somebody_named_no_longer_is_active_again(tenant):
    tenant.engine.tenant({"inactive_users": [PRIYA]})
    tenant.engine.tenant({"inactive_users": []})

    assert {row["active"] for row in tenant.held("totango_users")} == {True}


def test_a_touchpoint_that_somebody_moves_is_in_the_other_account_s_timeline(tenant):
    note = tenant.touchpoint().body["note"]["id"]
    tenant.upsert({"id": "other", "attributes": {}})
    before = [len(tenant.events(account)) for account in (GLOBEX, "other")]

    tenant.engine.load({"touchpoints": [{"id": note, "account_id": "other"}]}, tenant.now)

    assert before == [1, 0]
    assert [len(tenant.events(account)) for account in (GLOBEX, "other")] == [0, 1]


def test_an_attribute_that_the_set_up_hides_is_not_found(tenant):
    tenant.upsert(Region="EMEA")
    tenant.engine.tenant({"hidden_fields": ["accounts.Region", "Company.Industry"]})
    hidden = tenant.search(fields=[attribute("Region")]).hits()[0]["selected_fields"]
    tenant.engine.tenant({"hidden_fields": []})

    assert (hidden, tenant.search(fields=[attribute("Region")]).hits()[0]["selected_fields"]) == ([None], ["EMEA"])
