"""Batches: what is written, what is refused, and what is left unsaid."""

import pytest

from tests.sandbox.hubspot.hubspot_portal import ACME, ADA, BIRCH, CEDAR, COMPANY, RAE, PortalUnderTest


def test_every_value_is_a_text_and_an_unset_one_null(portal: PortalUnderTest):
    (read,) = portal.read(ACME, properties=["amount", "hs_is_closed_won", "dealtype", "no_such"]).results

    shown = {
        name: read["properties"].get(name, "absent") for name in ("amount", "hs_is_closed_won", "dealtype", "no_such")
    }
    assert shown == {"amount": "48000", "hs_is_closed_won": "true", "dealtype": None, "no_such": "absent"}


def test_the_order_of_results_is_not_that_of_the_inputs(portal):
    portal.engine.load({"deals": [{"id": str(number)} for number in range(100, 150)]}, portal.now)
    asked = [str(number) for number in range(100, 150)]

    assert [each["id"] for each in portal.read(*asked).results] != asked


def test_an_empty_text_clears(portal):
    portal.update((ACME, {"amount": ""}))

    assert "amount" not in portal.deal(ACME)


@pytest.mark.parametrize(
    ("properties", "error"),
    [
        ({"no_such": "x"}, "PROPERTY_DOESNT_EXIST"),
        ({"dealtype": "x"}, "INVALID_OPTION"),
        ({"dealstage": "x"}, "INVALID_OPTION"),
        ({"amount": "x"}, "INVALID_NUMBER"),
        ({"closedate": "x"}, "INVALID_DATE"),
        ({"hubspot_owner_id": "1"}, "INVALID_OWNER_ID"),
        *(({name: "1"}, "READ_ONLY_VALUE") for name in ("hs_is_closed_won", "hs_object_id", "hs_lastmodifieddate")),
        ({"hs_v2_date_entered_closedwon": "1"}, "READ_ONLY_VALUE"),
    ],
)
def test_one_bad_value_refuses_the_whole_batch_without_trace_ids(portal, properties, error):
    refused = portal.update((BIRCH, {"handoff_status": "x"}), (ACME, properties))

    assert refused.status == 400
    assert error in refused.body["message"]
    assert "handoff_status" not in portal.deal(BIRCH)


def test_with_trace_ids_the_good_ones_are_written_and_told_apart(portal):
    said = portal.update((BIRCH, {"handoff_status": "x"}, "k1"), (ACME, {"amount": "x"}, "k2"), ("99", {}, "k3"))

    assert said.status == 207
    assert [each["objectWriteTraceId"] for each in said.results] == ["k1"]
    assert said.body["numErrors"] == 2
    assert [each["context"]["objectWriteTraceId"] for each in said.body["errors"]] == [["k3"], ["k2"]]


def test_ids_that_are_not_there_are_one_error(portal):
    said = portal.read(ACME, "98", "99")

    assert (said.status, said.ids) == (207, {ACME})
    assert [each["context"] for each in said.body["errors"]] == [{"ids": ["98", "99"]}]


@pytest.mark.parametrize(("way", "status", "found"), [("missing", 200, 0), ("resolved", 200, 1), ("error", 207, 0)])
def test_an_id_that_was_merged_away_is_missing_without_a_word_or_as_switched(portal, way, status, found):
    portal.engine.tenant({"silent_merged": way})
    portal.engine.load({"deals": [{"id": CEDAR, "_merged_into": ACME}]}, portal.now)

    said = portal.read(CEDAR)

    assert (said.status, len(said.results)) == (status, found)
    assert portal.objects("GET", f"deals/{CEDAR}").body["id"] == ACME


def test_a_merge_moves_associations_and_names_what_was_swallowed(portal):
    portal.engine.tenant({"merge_id": "new"})
    portal.engine.load({"deals": [{"id": ACME, "_merged_into": BIRCH}]}, portal.now)

    merged = portal.objects("GET", f"deals/{ACME}", properties="hs_merged_object_ids", associations="contacts").body

    assert merged["id"] not in (ACME, BIRCH)
    assert merged["properties"]["hs_merged_object_ids"].split(";") == [ACME, BIRCH]
    assert {each["id"] for each in merged["associations"]["contacts"]["results"]} == {ADA}


@pytest.mark.parametrize(("size", "more"), [(101, {}), (51, {"propertiesWithHistory": ["dealstage"]})])
def test_a_batch_has_its_size(portal, size, more):
    ids = [str(number) for number in range(1, size + 1)]

    assert portal.read(*ids, **more).status == 400
    assert portal.read(*ids[1:], **more).status == 207


def test_an_address_for_an_id_changes_nothing_and_says_nothing(portal):
    said = portal.update(("ada.poe@acme.example", {"jobtitle": "CEO"}), kind="contacts")

    assert (said.status, said.results, "errors" in said.body) == (200, [], False)


def test_an_upsert_changes_or_makes_by_a_unique_property(portal):
    inputs = [
        {"id": key, "idProperty": "handoff_key", "properties": {"name": key}, "objectWriteTraceId": key}
        for key in ("hb:acme", "hb:birch")
    ]

    said = portal.objects("POST", "companies/batch/upsert", {"inputs": inputs})

    assert {each["objectWriteTraceId"]: each["new"] for each in said.results} == {"hb:acme": False, "hb:birch": True}
    assert portal.objects("POST", "companies/batch/upsert", {"inputs": inputs}).ids == said.ids
    assert COMPANY in said.ids


def test_an_upsert_by_any_other_property_is_refused(portal):
    inputs = [{"id": "Acme", "idProperty": "name", "properties": {"name": "Acme"}}]

    refused = portal.objects("POST", "companies/batch/upsert", {"inputs": inputs})

    assert refused.body["message"] == "Unable to perform update/upsert by non-unique 0-2 property"


def test_a_contact_of_the_same_address_is_a_conflict(portal):
    refused = portal.objects("POST", "contacts", {"properties": {"email": "ADA.POE@acme.example"}})

    assert (refused.status, refused.body["message"]) == (409, f"Contact already exists. Existing ID: {ADA}")


@pytest.mark.parametrize("kind", ["tasks", "notes"])
def test_a_task_or_note_needs_its_time(portal, kind):
    refused = portal.objects("POST", f"{kind}/batch/create", {"inputs": [{"properties": {"hubspot_owner_id": RAE}}]})

    assert (refused.status, "hs_timestamp" in refused.body["message"]) == (400, True)


def test_archiving_takes_unknown_ids_too(portal):
    said = portal.objects("POST", "deals/batch/archive", {"inputs": [{"id": ACME}, {"id": "99"}]})

    assert said.status == 204
    assert portal.objects("GET", f"deals/{ACME}").status == 404
    assert portal.objects("GET", f"deals/{ACME}", archived="true").body["archivedAt"]


def test_a_written_id_can_be_left_out_of_the_answer(portal):
    portal.engine.tenant({"dropped_id": BIRCH})

    said = portal.update((ACME, {"handoff_status": "x"}), (BIRCH, {"handoff_status": "x"}))

    assert (said.status, said.ids) == (200, {ACME})
    assert portal.deal(BIRCH)["handoff_status"] == "x"


def test_the_admin_s_rules_hold_from_2026_09_on(portal):
    portal.engine.tenant({"rules": [{"when": {"dealstage": "closedwon"}, "required": ["closed_won_reason"]}]})
    body = {"properties": {"handoff_status": "x"}}

    statuses = {
        path: portal.call("PATCH", f"{path}/deals/{ACME}", body).status
        for path in ("/crm/v3/objects", "/crm/objects/2026-03", "/crm/objects/2026-09")
    }

    assert list(statuses.values()) == [200, 200, 400]
