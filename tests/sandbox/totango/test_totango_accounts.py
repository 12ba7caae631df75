"""Accounts, their users and collection rows: what the Integration Hub and the pixel make of what they are sent."""

from datetime import timedelta

import pytest
from totango_tenant import GLOBEX, LEE, PRIYA, Tenant, attribute, by_id

from sandbox.wire import Refusal, Request, Twist

NEW = "001A0000006Vm9vIAC"


def test_the_hub_accepts_first_and_applies_later(tenant):
    tenant.switch(hub_delay_seconds=60)

    answer = tenant.upsert({"id": NEW, "attributes": {"account_name": "Initech"}})
    at_once = [row["id"] for row in tenant.held("accounts")]
    tenant.later(60)
    tenant.engine.settle(tenant.now)

    assert (answer.status, answer.body["status"], at_once) == (200, "success", [GLOBEX])
    assert [row["name"] for row in tenant.held("accounts")] == ["Globex", "Initech"]


def test_a_bad_record_of_a_batch_is_told_only_by_its_status(tenant):
    long = {"id": NEW, "attributes": {"account_name": "x" * 129}}
    answer = tenant.upsert({"id": "a b", "attributes": {}}, long, {"id": "ok", "attributes": {}}, {"id": "ok"})

    status = tenant.hub(f"status/{answer.body['batch_id']}", method="GET").body

    assert answer.body["status"] == "success"
    assert (status["total_records"], status["valid_records"], status["invalid_records"]) == (4, 2, 2)
    assert status["duplicate_records"] == 1
    assert [(each["account_id"], each["description"]) for each in status["errors"]] == [
        ("a b", "Account id contains characters that are not allowed"),
        (NEW, "Value of attribute 'account_name' is longer than 128 characters"),
    ]


@pytest.mark.parametrize("body", [{}, {"accounts": []}, {"accounts": {}}, [], {"accounts": [{}] * 101}])
def test_a_batch_that_is_none_or_too_long_is_refused(tenant, body):
    assert tenant.hub("accounts", body).status == 400
    assert tenant.held("batches") == []


def test_an_upsert_leaves_attributes_alone_that_it_does_not_name_and_empty_ones(tenant):
    tenant.upsert(Region="EMEA", Licenses="5")
    tenant.upsert(Licenses="6", Region="")

    assert tenant.account()["attributes"]["Region"] == "EMEA"
    assert tenant.account()["attributes"]["Licenses"] == "6"


def test_where_the_tenant_says_so_an_empty_value_clears(tenant):
    tenant.switch(empty_values="clears")
    tenant.upsert(Region="EMEA")
    tenant.upsert(Region=None)

    assert "Region" not in tenant.account()["attributes"]


def test_where_the_tenant_says_so_an_unknown_attribute_is_dropped_and_written_down(tenant):
    tenant.engine.tenant({"totango": {"unknown_attributes": "dropped", "attributes": ["Region"]}})

    tenant.upsert(Region="EMEA", Regoin="EMEA", Licenses="5")

    held = tenant.account()["attributes"]
    assert ({"Region", "Licenses"} <= held.keys(), "Regoin" in held) == (True, False)
    assert [row["attribute"] for row in tenant.held("ignored")] == ["Regoin"]


def test_a_csm_is_found_by_email_or_by_the_exact_full_name(tenant):
    tenant.upsert(**{"Success Manager___tid": PRIYA.upper(), "Sales Manager": "Priya Shah"})

    assert tenant.account()["roles"] == {"Success Manager": PRIYA, "Sales Manager": PRIYA}
    assert tenant.account()["attributes"]["Success Manager"] == "Priya Shah"


@pytest.mark.parametrize(
    ("name", "value"), [("Success Manager", "priya shah"), ("Success Manager___tid", "x@y.example")]
)
def test_an_unknown_csm_stays_raw_and_holds_no_role(tenant, name, value):
    tenant.upsert(**{"Success Manager___tid": PRIYA})
    tenant.upsert(**{name: value})

    assert tenant.account()["attributes"][name] == value
    assert tenant.account()["roles"] == {}
    assert [row["why"] for row in tenant.held("ignored")] == ["no such Totango user"]


def test_a_stage_in_the_wrong_case_is_passed_over_without_a_word(tenant):
    answer = tenant.upsert(**{"Onboarding Stage": "Kick off"})

    assert answer.body["status"] == "success"
    assert "Onboarding Stage" not in tenant.account()["attributes"]
    assert [row["why"] for row in tenant.held("ignored")] == ["'Kick off' is no stage"]
    assert tenant.held("tasks") == []


def test_entering_a_stage_is_history_and_fires_the_plays_for_it_once(tenant):
    tenant.upsert(**{"Success Manager___tid": PRIYA, "Onboarding Stage": "Kick Off"})
    tenant.upsert(**{"Onboarding Stage": "Kick Off"})

    assert [one["stage"] for one in tenant.account()["lifecycle"]] == ["Kick Off"]
    assert [(row["title"], row["assignee"]) for row in tenant.held("tasks")] == [
        ("Prepare the kick-off", PRIYA),
        ("Invite to the kick-off", PRIYA),
    ]
    assert [(run["account_id"], run["manual"]) for run in tenant.held("play_runs")] == [(GLOBEX, False)]


@pytest.mark.parametrize(("again", "tasks"), [(True, 4), (False, 2)])
def test_a_stage_entered_again_restarts_its_clock_and_may_fire_again(again, tasks):
    tenant = Tenant(play_reentry=again)
    for stage in ("Kick Off", "Integration", "Kick Off"):
        tenant.upsert(**{"Onboarding Stage": stage})

    assert [one["stage"] for one in tenant.account()["lifecycle"]] == ["Kick Off", "Integration", "Kick Off"]
    assert len(tenant.held("tasks")) == tasks


def test_ids_are_told_apart_by_case(tenant):
    tenant.upsert({"id": GLOBEX.lower(), "attributes": {}})

    assert [row["id"] for row in tenant.held("accounts")] == [GLOBEX, GLOBEX.lower()]


def test_a_collection_row_is_upserted_by_type_and_id_and_needs_its_account(tenant):
    row = {"id": "006A", "account_id": GLOBEX, "attributes": {"amount": "1"}}
    for changed in (row, {**row, "attributes": {"amount": "2"}}, {**row, "id": "006B", "account_id": "nobody"}):
        tenant.hub("collections/deals", {"collections": [changed]})
    tenant.hub("collections/others", {"collections": [row]})

    assert [(each["type"], each["attributes"]["amount"]) for each in tenant.held("collections")] == [
        ("deals", "2"),
        ("others", "1"),
    ]


def test_a_user_brings_its_account_and_usage_its_last_activity(tenant):
    tenant.hub("users", {"users": [{"id": "a@b.example", "account_id": NEW, "attributes": {"name": "Ann"}}]})
    tenant.hub("usage", {"usages": [{"account_id": NEW, "user_id": "a@b.example", "module": "m", "activity": "x"}]})

    (hit,) = tenant.search(by_id(NEW)).hits()
    assert hit["last_activity_time"] == int(tenant.now.timestamp() * 1000)
    assert [row["attributes"]["name"] for row in tenant.held("users")] == ["Ann"]


@pytest.mark.parametrize("path", ["/sdr/pixel.gif", "/pixel.gif/", "/pixel.gif"])
def test_the_pixel_takes_attributes_of_an_account(tenant, path):
    answer = tenant.pixel(
        path, **{"sdr_s": "SP-10001-01", "sdr_o": NEW, "sdr_odn": "Initech", "sdr_o.Status": "Paying"}
    )

    assert (answer.status, len(answer.response.body), answer.response.applied) == (200, 43, True)
    assert (tenant.account(NEW)["name"], tenant.account(NEW)["attributes"]["Status"]) == ("Initech", "Paying")


@pytest.mark.parametrize(
    ("path", "fields", "why"),
    [
        ("/sdr/pixel.gif", {"sdr_s": "10001", "sdr_o": NEW}, "wrong service id"),
        ("/sdr-eu1/pixel.gif", {"sdr_s": "SP-10001-01", "sdr_o": NEW}, "wrong region"),
        ("/sdr/pixel.gif", {"sdr_s": "SP-10001-01"}, "no account"),
        ("/sdr/pixel.gif", {}, "wrong service id"),
    ],
)
def test_the_pixel_says_200_also_to_what_it_drops(tenant, path, fields, why):
    answer = tenant.pixel(path, **fields)

    assert (answer.status, answer.response.applied) == (200, False)
    assert [row["why"] for row in tenant.held("rejected")] == [why]
    assert [row["id"] for row in tenant.held("accounts")] == [GLOBEX]


def test_the_pixel_counts_an_activity_each_time(tenant):
    said = {"sdr_s": "SP-10001-01", "sdr_o": GLOBEX, "sdr_u": "a@b.example", "sdr_a": "handed off", "sdr_m": "sales"}

    tenant.pixel(**said)
    tenant.pixel(**said)

    assert [row["activity"] for row in tenant.held("activities")] == ["handed off", "handed off"]


def test_a_fault_may_refuse_one_record_of_a_batch(tenant):
    refuses = lambda place, record: Refusal(message="no") if place == 0 else None  # noqa: E731
    body = {"accounts": [{"id": "a", "attributes": {}}, {"id": "b", "attributes": {}}]}

    answer = tenant.hub("accounts", body, twist=Twist(refuses=refuses))

    (error,) = tenant.hub(f"status/{answer.body['batch_id']}", method="GET").body["errors"]
    assert (error["account_id"], error["description"]) == ("a", "no")
    assert [row["id"] for row in tenant.held("accounts")] == [GLOBEX, "b"]


def test_what_is_written_is_searched_only_after_the_lag_and_a_fault_may_make_it_longer(tenant):
    tenant.switch(index_lag_seconds=5)
    tenant.upsert(Region="EMEA")
    region = attribute("Region")
    shown = []
    for _ in range(2):
        shown.append(tenant.search(by_id(GLOBEX), fields=[region]).hits()[0]["selected_fields"])
        tenant.later(5)
    tenant.hub("accounts", {"accounts": [{"id": NEW}]}, twist=Twist(lag=timedelta(seconds=60)))
    tenant.later(59)
    before = tenant.search(by_id(NEW)).hits()
    tenant.later(1)

    assert shown == [[None], ["EMEA"]]
    assert (before, len(tenant.search(by_id(NEW)).hits())) == ([], 1)


def test_a_later_change_that_is_seen_sooner_is_not_undone(tenant):
    slow = Twist(lag=timedelta(seconds=60))
    tenant.hub("accounts", {"accounts": [{"id": GLOBEX, "attributes": {"Region": "old"}}]}, twist=slow)
    tenant.upsert(Region="new")
    tenant.later(60)

    assert tenant.search(by_id(GLOBEX), fields=[attribute("Region")]).hits()[0]["selected_fields"] == ["new"]


def test_someone_disabled_can_be_told_by_search_and_by_scim(tenant):
    term = attribute("__internal_status", in_list=["Disabled"])
    hits = tenant.search(term, path="users/internal").hits("users")
    path, query = "/api/v2/scim/services/10001/Users", "filter=userName%20eq%20%22lee.left%40harbor.example%22"

    (found,) = tenant.call("GET", path, query=query).body["Resources"]

    assert [hit["name"] for hit in hits] == [LEE]
    assert found["active"] is False


def test_the_hub_needs_both_headers_and_the_number_alone(tenant):
    accounts = {"accounts": [{"id": NEW}]}
    head = {"authorization": "app-token sandbox"}
    without = tenant.handle(Request("POST", "/int-hub/api/v1/accounts", "", head, b"{}"))

    assert without.status == 401
    assert tenant.hub("accounts", accounts, authorization="app-token wrong").status == 401
    assert tenant.hub("accounts", accounts, service_id="SP-10001-01").status == 400
    assert [row["id"] for row in tenant.held("accounts")] == [GLOBEX]
