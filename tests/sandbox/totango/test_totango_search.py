"""What searches find, and how they fail."""

import json
from urllib.parse import urlencode

import pytest
from totango_tenant import GLOBEX, PRIYA, attribute, by_id

from sandbox.wire import Request

STAGE = {"type": "lifecycle_attribute_stage_by_id", "attribute": "Onboarding Stage"}


@pytest.fixture
def three(tenant):
    """Give the tenant three accounts, a to c; the last one has nothing but its name."""
    tenant.engine.load({"accounts": [{"id": GLOBEX, "_deleted": True}]}, tenant.now)
    first = {"Status": "Paying", "Contract Value": "10", "Success Manager___tid": PRIYA, "Onboarding Stage": "Kick Off"}
    second = {"Status": "Free", "Contract Value": "20", "Contract Start Date": "2026-11-25", "Onboarding Stage": "Live"}
    records = [("a", "Zeta", first), ("b", "Mu", second), ("c", "Alpha", {})]
    tenant.upsert(*({"id": key, "attributes": {"account_name": name, **more}} for key, name, more in records))
    return tenant


@pytest.mark.parametrize(
    ("term", "found"),
    [
        (by_id("a", "c", "d"), ["c", "a"]),
        ({"type": "string", "term": "search_name", "contains": "ALPH"}, ["c"]),
        ({"type": "string", "term": "status_group", "in_list": ["paying", "unknown"]}, ["c", "a"]),
        (attribute("Status", in_list=["Free"]), ["b"]),
        (attribute("Status", in_list=["free"]), []),
        ({"type": "number_attribute", "attribute": "Contract Value", "gte": 10, "lt": 20}, ["a"]),
        ({"type": "simple_date_attribute", "attribute": "Contract Start Date", "joker": "next_7_days"}, ["b"]),
        (
            {
                "type": "simple_date_attribute",
                "attribute": "Contract Start Date",
                "joker": "between_next_6_and_9_days",
            },
            [],
        ),
        ({**STAGE, "in_list": ["1"]}, ["a"]),
        ({**STAGE, "not_in_list": ["6"]}, ["a"]),
        ({"type": "active_list", "is_in_one_of": [10001306]}, ["a"]),
        ({"type": "owner", "account_role": "Success Manager", "is_one_of": [PRIYA]}, ["a"]),
        ({"type": "or", "or": [by_id("a"), attribute("Status", in_list=["Free"])]}, ["b", "a"]),
    ],
)
def test_a_term_narrows_a_search_and_hits_come_by_name(three, term, found):
    assert [hit["name"] for hit in three.search(term).hits()] == found


def test_an_account_without_a_value_may_meet_what_is_not_in_a_list(three):
    three.switch(absent_is_not_in=True)

    assert [hit["name"] for hit in three.search({**STAGE, "not_in_list": ["6"]}).hits()] == ["c", "a"]


def test_values_come_in_the_order_of_the_fields(three):
    lifecycle = {"type": "lifecycle_attribute", "attribute": "Onboarding Stage"}
    owner = {"type": "owner", "account_role": "Success Manager"}
    fields = [
        attribute("Contract Value"),
        lifecycle,
        attribute("Nothing"),
        owner,
        {"type": "string", "term": "identifier"},
    ]

    (hit,) = three.search(by_id("a"), fields=fields).hits()

    assert (hit["name"], hit["display_name"]) == ("a", "Zeta")
    assert hit["selected_fields"] == ["10", "Kick Off", None, "Priya Shah", "a"]


def test_an_offset_counts_records(three):
    pages = [three.search(count=2, offset=offset).body["response"]["accounts"] for offset in (0, 2)]

    assert [[hit["name"] for hit in page["hits"]] for page in pages] == [["c", "b"], ["a"]]
    assert {page["total_hits"] for page in pages} == {3}


def test_the_other_order_is_the_other_way_round(three):
    assert [hit["name"] for hit in three.search(sort_order="DESC").hits()] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "asked",
    [
        {"terms": None},
        {"fields": None},
        {"count": 1001},
        {"count": 0},
        {"count": 1000, "offset": 9001},
        {"offset": -1},
        {"terms": [{"type": "nonsense"}]},
        {"terms": ["nonsense"]},
        {"terms": [{"type": "string", "term": "nonsense", "in_list": []}]},
        {"terms": [{"type": "string", "term": "identifier"}]},
        {"terms": [{"type": "active_list", "is_in_one_of": [1]}]},
        {"terms": [{"type": "or", "or": 5}]},
        {"terms": [{**STAGE, "attribute": "nonsense", "in_list": []}]},
    ],
)
@pytest.mark.parametrize("accounts", [True, False])
def test_a_search_that_is_not_understood_fails_with_200(tenant, asked, accounts):
    if not accounts:
        tenant.engine.load({"accounts": [{"id": GLOBEX, "_deleted": True}]}, tenant.now)

    answer = tenant.form("/api/v1/search/accounts", query=json.dumps({"terms": [], "fields": [], **asked}))

    assert (answer.status, answer.body["status"], "response" in answer.body) == (200, "failed", False)
    assert answer.body["_error"]


@pytest.mark.parametrize("body", [b"", b"query=%7B", b"query=5", b"query=%5B%5D", b'{"terms": []}'])
def test_a_query_that_is_no_form_or_no_json_fails(tenant, body):
    headers = {"app-token": "sandbox", "content-type": "application/x-www-form-urlencoded"}

    assert tenant.handle(Request("POST", "/api/v1/search/accounts", "", headers, body)).body["status"] == "failed"


def test_users_are_found_by_their_account(tenant):
    tenant.hub(
        "users", {"users": [{"id": "a@b.example", "account_id": key, "attributes": {}} for key in (GLOBEX, "x")]}
    )

    hits = tenant.search({"type": "parent_account", "terms": [by_id(GLOBEX)]}, path="users").hits("users")

    assert [(hit["name"], hit["account"]["name"]) for hit in hits] == [("a@b.example", GLOBEX)]


def test_rows_of_another_collection_are_not_found(tenant):
    for kind in ("deals", "tickets"):
        tenant.hub(
            f"collections/{kind}", {"collections": [{"id": "1", "account_id": GLOBEX, "attributes": {"kind": kind}}]}
        )
    kinds = {"type": "string", "term": "collection_type", "in_list": ["deals"]}
    found = [
        tenant.search(*terms, fields=[attribute("kind")], path="accounts/collections").hits("collections")
        for terms in ([kinds, by_id("1")], [kinds])
    ]

    assert [[hit["selected_fields"] for hit in hits] for hits in found] == [[["deals"]]] * 2


def events(tenant, **asked):
    return tenant.form("/api/v2/events/search", query=json.dumps({"terms": [], "fields": [], **asked})).body


def test_the_offset_of_events_is_a_page(tenant):
    for number in range(5):
        tenant.touchpoint(content=str(number), create_date=1_700_000_000_000 + number)

    pages = [events(tenant, count=2, offset=page)["response"]["events"]["hits"] for page in range(3)]

    assert [[hit["note_content"]["text"] for hit in page] for page in pages] == [["4", "3"], ["2", "1"], ["0"]]


def test_events_are_narrowed_by_account_kind_and_moment(tenant):
    tenant.upsert({"id": "other", "attributes": {}})
    tenant.touchpoint(account_id="other")
    tenant.touchpoint(create_date=1_700_000_000_000)
    tenant.touchpoint()
    tenant.task()
    terms = [{"type": "event_type", "in_list": ["note"]}, {"type": "date", "term": "date", "gt": 1_700_000_000_000}]
    query = json.dumps({"terms": terms, "fields": [], "count": 10, "offset": 0})

    hits = tenant.form("/api/v2/events/search", query=query, account_id=GLOBEX).body["response"]["events"]["hits"]

    assert [(hit["type"], hit["account"]["id"]) for hit in hits] == [("note", GLOBEX)]


@pytest.mark.parametrize("asked", [{"count": 2}, {"offset": 0}, {"count": 2, "offset": 0, "fields": [1]}])
def test_a_search_of_events_needs_its_count_its_offset_and_no_fields(tenant, asked):
    assert events(tenant, **asked)["status"] == "failed"


def test_a_query_may_come_url_encoded_as_a_whole(tenant):
    assert urlencode({"query": "{}"}) == "query=%7B%7D"
    assert tenant.search(by_id(GLOBEX)).hits()


def test_the_term_that_names_ids_may_be_another_one(three):
    three.switch(id_term="account_id")

    assert [hit["name"] for hit in three.search({**by_id("a"), "term": "account_id"}).hits()] == ["a"]
    assert three.search(by_id("a")).body["status"] == "failed"
