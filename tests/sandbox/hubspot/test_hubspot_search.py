"""Search: what it finds, when it finds it, and what it refuses."""

import pytest

from tests.sandbox.hubspot.hubspot_portal import ACME, ADA, BIRCH, CEDAR, PortalUnderTest


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([("hs_is_closed_won", "EQ", "true"), ("hs_object_id", "GT", ACME)], {BIRCH, CEDAR}),
        ([("amount", "GTE", "12000")], {ACME, BIRCH}),
        ([("amount", "BETWEEN", {"value": "6000", "highValue": "12000"})], {BIRCH, CEDAR}),
        ([("dealname", "EQ", "ACME - 50 SEATS")], {ACME}),
        ([("dealname", "CONTAINS_TOKEN", "bir*")], {BIRCH}),
        ([("dealname", "NOT_CONTAINS_TOKEN", "seats")], set()),
        ([("dealstage", "IN", {"values": ["closedwon"]}), ("amount", "NEQ", "6000")], {ACME, BIRCH}),
        ([("dealtype", "NOT_HAS_PROPERTY", {})], {ACME, BIRCH, CEDAR}),
        ([("closedate", "LT", "1794400000000")], {CEDAR}),
        ([("associations.contact", "EQ", ADA)], {ACME}),
    ],
)
def test_a_search_finds_what_fits(portal: PortalUnderTest, filters, found):
    assert portal.search(*filters).ids == found


def test_groups_are_alternatives(portal):
    groups = [
        {"filters": [{"propertyName": "hs_object_id", "operator": "EQ", "value": each}]} for each in (ACME, CEDAR)
    ]

    assert portal.objects("POST", "deals/search", {"filterGroups": groups}).ids == {ACME, CEDAR}


def test_a_change_is_found_a_few_moments_later_and_read_at_once(portal):
    portal.engine.load({"deals": [{"id": ACME, "dealstage": "contractsent"}]}, portal.now)

    assert ACME in portal.search(("hs_is_closed_won", "EQ", "true")).ids
    assert portal.read(ACME, properties=["dealstage"]).results[0]["properties"]["dealstage"] == "contractsent"
    portal.settle()
    assert ACME not in portal.search(("hs_is_closed_won", "EQ", "true")).ids


def test_some_changes_surface_later_than_younger_ones(portal):
    portal.engine.tenant({"search_late_share": 0.5, "search_late_seconds": 3600})
    for number in range(40):
        portal.now = portal.now.replace(microsecond=number * 1000)
        portal.engine.load({"deals": [{"id": str(1000 + number), "dealname": f"Late {number}"}]}, portal.now)
    portal.settle(30)

    seen = sorted(int(each) - 1000 for each in portal.search(("dealname", "CONTAINS_TOKEN", "late"), limit=200).ids)

    assert 0 < len(seen) < 40
    assert seen != list(range(len(seen))), "the late ones are not the youngest"
    portal.settle(3700)
    assert portal.search(("dealname", "CONTAINS_TOKEN", "late"), limit=200).body["total"] == 40


def test_an_older_version_does_not_come_back_over_a_younger_one(portal):
    portal.engine.tenant({"search_late_share": 1.0})
    portal.engine.load({"deals": [{"id": ACME, "dealname": "Old"}]}, portal.now)
    portal.engine.tenant({"search_late_share": 0.0})
    portal.engine.load({"deals": [{"id": ACME, "dealname": "New"}]}, portal.now)
    portal.settle(4000)

    assert portal.search(("dealname", "EQ", "New")).ids == {ACME}


def test_archived_deals_are_never_found(portal):
    portal.engine.load({"deals": [{"id": ACME, "_deleted": True}]}, portal.now)
    portal.settle()

    assert portal.search().ids == {BIRCH, CEDAR}


def test_the_order_is_the_one_asked_for_unless_it_is_loose(portal):
    names = [f"D{number:02}" for number in range(20)]
    portal.engine.load({"deals": [{"dealname": each} for each in names]}, portal.now)
    portal.settle()
    asked = {"sorts": ["-dealname"], "properties": ["dealname"], "limit": 20}

    def found() -> list[str]:
        said = portal.search(("dealname", "CONTAINS_TOKEN", "d*"), **asked).results
        return [each["properties"]["dealname"] for each in said]

    assert found() == names[::-1]
    portal.engine.tenant({"search_order": "loose"})
    assert found() != names[::-1]


ONE = {"propertyName": "hs_object_id", "operator": "GT", "value": "0"}


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"after": "9999", "limit": 200},
        {"filterGroups": [{"filters": [ONE]}] * 6},
        {"filterGroups": [{"filters": [ONE] * 7}]},
        {"filterGroups": [{"filters": [ONE] * 5}] * 4},
        {"properties": ["x" * 3_000]},
        {"sorts": ["amount", "dealname"]},
        {"filterGroups": [{"filters": [{**ONE, "propertyName": "no_such"}]}]},
        {"filterGroups": [{"filters": [{**ONE, "operator": "LIKE"}]}]},
        {"filterGroups": [{"filters": [{**ONE, "value": "abc"}]}]},
    ],
    ids=["limit", "reach", "groups", "in a group", "in all", "length", "sorts", "property", "operator", "value"],
)
def test_what_search_cannot_do_is_refused(portal, body):
    refused = portal.objects("POST", "deals/search", body)

    assert (refused.status, refused.category) == (400, "VALIDATION_ERROR")


def test_the_sixth_search_of_a_second_is_one_too_many(portal):
    second = portal.now

    def search() -> int:
        portal.now = second
        return portal.search().status

    assert [search() for _ in range(6)] == [200] * 5 + [429]
    assert portal.read(ACME).status == 200
