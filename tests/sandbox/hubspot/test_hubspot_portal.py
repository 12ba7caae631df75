"""The portal: deals and what follows from their stage, associations, limits, keys, and what people do."""

from datetime import timedelta

import pytest

from tests.sandbox.hubspot.hubspot_portal import ACME, ADA, BIRCH, BO, CEDAR, COMPANY, LEE, NOTE, RAE, PortalUnderTest

TIES = "/crm/v4/associations/deals/contacts/batch/read"


def test_a_deal_won_by_a_person_is_calculated_stamped_and_has_its_history(portal: PortalUnderTest):
    portal.engine.load({"deals": [{"id": ACME, "dealstage": "contractsent"}]}, portal.now)
    portal.settle(10)
    portal.engine.load({"deals": [{"id": ACME, "dealstage": "closedwon"}]}, portal.now)

    deal = portal.deal(ACME)
    at = "2026-11-20T17:05:10.000Z"
    names = ("hs_closed_won_date", "hs_v2_date_entered_closedwon", "hs_lastmodifieddate", "closedate")
    assert {deal[name] for name in names} == {at}
    assert (deal["hs_is_closed"], deal["hs_is_closed_won"], deal["hs_is_closed_lost"]) == ("true", "true", "false")
    assert [step["value"] for step in deal["dealstage_history"]][:3] == ["closedwon", "contractsent", "closedwon"]


@pytest.mark.parametrize(("way", "value"), [("moment", "2026-11-20T17:04:00.000Z"), ("empty", None), ("zero", "0")])
def test_the_date_of_winning_is_found_in_every_form(portal, way, value):
    portal.engine.tenant({"closed_won_date": way})
    portal.engine.load({"deals": [{"id": BIRCH, "hs_lastmodifieddate": "2026-11-20T17:04:00.000Z"}]}, portal.now)

    assert portal.deal(BIRCH).get("hs_closed_won_date") == value


def test_a_new_pipeline_has_its_own_stages_and_decides_what_is_won(portal):
    stages = [{"id": "801"}, {"id": "802", "isWon": True}]
    portal.engine.load({"pipelines": [{"id": "800", "label": "Partners", "stages": stages}]}, portal.now)
    portal.engine.load({"deals": [{"id": "7", "pipeline": "800", "dealstage": "802"}]}, portal.now)

    assert portal.deal("7")["hs_is_closed_won"] == "true"
    assert portal.deal("7")["hs_v2_date_entered_802"] == portal.deal("7")["createdate"]
    assert portal.update(("7", {"dealstage": "closedwon"})).status == 400


def test_both_families_of_paths_and_every_name_of_a_type_lead_to_the_same_record(portal):
    paths = ("/crm/v3/objects/deals", "/crm/objects/2025-09/0-3", "/crm/objects/2026-09/DEAL", "/crm/v3/objects/deal")

    assert {portal.call("GET", f"{path}/{ACME}").body["id"] for path in paths} == {ACME}


@pytest.mark.parametrize("path", ["/crm/v3/objects/deels", "/crm/objects/2026-03/0-99"])
def test_an_unknown_type_cannot_be_inferred(portal, path):
    refused = portal.call("GET", path)

    assert (refused.status, refused.body["message"]) == (
        400,
        f"Unable to infer object type from: {path.split('/')[-1]}",
    )


def test_an_address_that_is_none_is_not_found(portal):
    assert [portal.call("GET", path).status for path in ("/", "/crm/v4/owners", "/crm/owners/2024-01")] == [404] * 3


def test_every_answer_is_correlated(portal):
    good, bad = portal.read(ACME), portal.objects("GET", "deals/99")

    assert bad.response.headers["x-hubspot-correlation-id"] == bad.body["correlationId"]
    assert good.response.headers["x-hubspot-correlation-id"] != bad.body["correlationId"]


def test_the_list_leads_on_at_its_own_address(portal):
    page = portal.objects("GET", "deals", limit=2).body["paging"]["next"]

    assert page["link"].startswith("http://127.0.0.1:8702/crm/objects/2026-03/deals?limit=2&after=")
    assert portal.objects("GET", "deals", limit=2, after=page["after"]).body.get("paging") is None


def test_ids_of_associated_records_are_numbers_or_texts(portal):
    def seen():
        said = portal.call("POST", "/crm/v4/associations/deals/contacts/batch/read", {"inputs": [{"id": ACME}]})
        return said.results[0]["to"][0]["toObjectId"]

    assert seen() == int(ADA)
    portal.engine.tenant({"to_object_id": "string"})
    assert seen() == ADA


@pytest.mark.parametrize(("way", "sub_category"), [("error", None), ("none", "crm.associations.NO_ASSOCIATIONS_FOUND")])
def test_the_associations_of_a_deal_that_is_not_there_are_an_error_or_none_as_switched(portal, way, sub_category):
    portal.engine.tenant({"ties_of_gone": way})
    portal.engine.load({"deals": [{"id": ACME, "_deleted": True}]}, portal.now)

    said = portal.call("POST", TIES, {"inputs": [{"id": ACME}, {"id": "99"}]})

    assert (said.status, said.results) == (207, [])
    assert [(one["category"], one.get("subCategory")) for one in said.body["errors"]] == [
        ("OBJECT_NOT_FOUND", sub_category)
    ] * 2


@pytest.mark.parametrize(("way", "found", "errors"), [("resolved", 1, 0), ("error", 0, 1)])
def test_the_associations_by_an_id_that_was_merged_away_are_the_winner_s_or_an_error(portal, way, found, errors):
    portal.engine.tenant({"ties_of_merged": way})
    portal.engine.load({"deals": [{"id": CEDAR, "_merged_into": ACME}]}, portal.now)

    said = portal.call("POST", TIES, {"inputs": [{"id": CEDAR}]})

    assert (len(said.results), said.body.get("numErrors", 0)) == (found, errors)


def test_a_deal_s_associations_come_page_by_page(portal):
    portal.engine.load({"contacts": [{"id": BO, "associations": {"deals": [{"id": ACME}]}}]}, portal.now)
    portal.engine.tenant({"associations_per_record": 1})
    seen, after = [], None
    while after != "":
        inputs = [{"id": ACME, **({"after": after} if after else {})}]
        said = portal.call("POST", "/crm/v4/associations/deals/contacts/batch/read", {"inputs": inputs})
        seen += [each["toObjectId"] for each in said.results[0]["to"]]
        after = said.results[0].get("paging", {}).get("next", {}).get("after", "")

    assert seen == [int(ADA), int(BO)]


def test_a_contact_that_joins_moves_the_deal_s_stamp_and_count(portal):
    before = portal.deal(BIRCH)["hs_lastmodifieddate"]

    made = portal.call("PUT", f"/crm/v4/objects/deals/{BIRCH}/associations/contacts/{ADA}", [])

    assert made.status == 201
    assert portal.deal(BIRCH)["num_associated_contacts"] == "1"
    assert portal.deal(BIRCH)["hs_lastmodifieddate"] > before


def test_a_note_is_tied_from_both_ends_and_untied(portal):
    path = f"/crm/v4/objects/notes/{NOTE}/associations/deals/{BIRCH}"
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 214}]

    portal.call("PUT", path, types)
    tied = portal.call("GET", f"/crm/v4/objects/deals/{BIRCH}/associations/notes").results
    portal.call("DELETE", path)

    assert [(each["toObjectId"], each["associationTypes"][0]["typeId"]) for each in tied] == [(int(NOTE), 213)]
    assert portal.call("GET", f"/crm/v4/objects/deals/{BIRCH}/associations/notes").results == []


def test_the_primary_company_is_a_label(portal):
    said = portal.call("GET", f"/crm/v4/objects/deals/{ACME}/associations/companies").results

    assert [each["toObjectId"] for each in said] == [int(COMPANY)]
    assert {each["label"]: each["typeId"] for each in said[0]["associationTypes"]} == {"Primary": 5, None: 341}


def test_the_burst_limit_is_of_ten_seconds_and_searches_do_not_count(portal):
    portal.engine.tenant({"per_ten_seconds": 3})

    statuses = [portal.read(ACME).status for _ in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert portal.search().status == 200
    portal.settle(8)
    assert portal.read(ACME).status == 200


def test_the_day_begins_at_the_account_s_midnight(portal):
    portal.engine.tenant({"per_day": 1})
    assert [portal.read(ACME).status for _ in range(2)] == [200, 429]

    portal.settle(timedelta(hours=8).total_seconds())  # 20:05 in New York
    assert portal.read(ACME).status == 429
    portal.settle(timedelta(hours=4).total_seconds())
    assert portal.read(ACME).status == 200


def test_a_token_does_what_its_scopes_allow(portal):
    portal.engine.tenant({"scopes": {"reader": ["crm.objects.deals.read"]}})

    assert portal.call("GET", f"/crm/v3/objects/deals/{ACME}", token="reader").status == 200
    refused = portal.call("PATCH", f"/crm/v3/objects/deals/{ACME}", {"properties": {}}, token="reader")
    assert refused.body["errors"][0]["context"] == {"requiredGranularScopes": ["crm.objects.deals.write"]}


def test_an_owner_who_leaves_is_found_among_the_archived_and_comes_back(portal):
    def ids(archived: str) -> set[str]:
        return portal.call("GET", "/crm/v3/owners/", archived=archived).ids

    portal.engine.tenant({"inactive_users": ["Rae.Rep@harbor.example"]})
    assert (ids("false"), ids("true")) == (set(), {RAE, LEE})
    portal.engine.tenant({"inactive_users": []})
    assert (ids("false"), ids("true")) == ({RAE}, {LEE})


def test_a_hidden_property_is_gone_from_lists_reads_and_writes(portal):
    portal.engine.tenant({"hidden_fields": ["deals.amount", "Company.Industry"]})

    assert portal.call("GET", "/crm/v3/properties/deals/amount").status == 404
    assert "amount" not in portal.read(ACME, properties=["amount"]).results[0]["properties"]
    assert "PROPERTY_DOESNT_EXIST" in portal.update((ACME, {"amount": "1"})).body["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"no_such_switch": 1},
        {"merge_id": "old"},
        {"searches_per_second": "5"},
        {"hidden_fields": ["deals.no_such"]},
        {"rules": [{"wen": {}}]},
    ],
)
def test_a_wrong_setting_is_refused_and_changes_nothing(portal, wrong):
    with pytest.raises(ValueError, match=r"no switch|is one of|takes|no property|no key"):
        portal.engine.tenant({"per_day": 0, **wrong})

    assert portal.read(ACME).status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"opportunities": []},
        {"deals": [{"id": "abc"}]},
        {"deals": [{"id": ACME, "no_such": 1}]},
        {"deals": [{"id": ACME, "dealstage": "no_such"}]},
        {"deals": [{"id": "99", "_deleted": True}]},
        {"deals": [{"id": ACME, "_merged_into": "99"}]},
    ],
)
def test_a_person_cannot_load_what_the_portal_does_not_have(portal, wrong):
    with pytest.raises(ValueError, match=r"no object|no id|no property|allowed options|no record|cannot be merged"):
        portal.engine.load(wrong, portal.now)


def test_a_token_given_for_the_client_is_good_for_half_an_hour(portal):
    form = {
        "grant_type": "refresh_token",
        "client_id": "sandbox",
        "client_secret": "sandbox",
        "refresh_token": "sandbox",
    }
    given = portal.form("/oauth/v1/token", form)

    def status() -> tuple[int, str | None]:
        said = portal.call("GET", f"/crm/v3/objects/deals/{ACME}", token=given.body["access_token"])
        return said.status, said.category

    assert status() == (200, None)
    portal.real += timedelta(minutes=30)
    assert status() == (401, "EXPIRED_AUTHENTICATION")
    assert portal.form("/oauth/v1/token", {**form, "client_secret": "x"}).status == 400


def test_a_second_label_is_known_from_both_ends_beside_the_first(portal):
    portal.engine.load(
        {"deals": [{"id": ACME, "associations": {"contacts": [{"id": ADA, "labels": ["Evaluator"]}]}}]}, portal.now
    )

    (seen,) = portal.call("GET", f"/crm/v4/objects/contacts/{ADA}/associations/deals").results

    assert {each["label"] for each in seen["associationTypes"]} == {None, "Decision Maker", "Evaluator"}


def test_a_unique_value_that_was_given_up_is_free_again(portal):
    portal.update((COMPANY, {"handoff_key": "hb:other"}), kind="companies")

    assert portal.objects("GET", "companies/hb:acme", idProperty="handoff_key").status == 404
    assert portal.objects("POST", "companies", {"properties": {"handoff_key": "hb:acme"}}).status == 201
