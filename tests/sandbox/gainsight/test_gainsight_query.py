"""What a query promises: conditions, expressions, lookups, order, pages and the tenant's ways to answer."""

from datetime import timedelta

import pytest
from gainsight_tenant import JO, START, Tenant, a_cta, company, where
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.gainsight import expression

_trees = st.recursive(
    st.sampled_from("ABCD"),
    lambda inner: st.tuples(st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)),
    max_leaves=8,
)


def _text(tree):
    if isinstance(tree, str):
        return tree
    word, parts = tree
    return "(" + f" {word} ".join(_text(part) for part in parts) + ")"


def _true(tree, facts):
    if isinstance(tree, str):
        return facts[tree]
    word, parts = tree
    values = [_true(part, facts) for part in parts]
    return all(values) if word == "AND" else any(values)


@given(_trees, st.fixed_dictionaries({name: st.booleans() for name in "ABCD"}))
def test_an_expression_means_what_its_words_say(tree, facts):
    assert expression.holds(expression.parse(_text(tree)), facts.__getitem__) == _true(tree, facts)


@given(st.booleans(), st.booleans(), st.booleans())
def test_and_binds_before_or(a, b, c):
    facts = {"A": a, "B": b, "C": c}

    assert expression.holds(expression.parse("A or B and C"), facts.__getitem__) == (a or (b and c))


@given(_trees, st.fixed_dictionaries({name: st.booleans() for name in "ABCD"}))
def test_what_must_hold_holds_wherever_the_expression_does(tree, facts):
    parsed = expression.parse(_text(tree))

    assert not expression.holds(parsed, facts.__getitem__) or all(facts[name] for name in expression.must(parsed))


@pytest.mark.parametrize("text", ["", "A AND", "(A", "A B", "AND", "A)", "()", "A & B"])
def test_a_broken_expression_is_no_expression(text):
    with pytest.raises(ValueError, match=r"."):
        expression.parse(text)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 7), st.sampled_from([{}, {"Name": "asc"}, {"ARR": "desc", "Name": "asc"}]))
def test_paging_an_object_gives_each_row_once(size, order):
    seen, offset = [], 0
    while page := _paged.query("Company", "Gsid", orderBy=order, limit=size, offset=offset).records:
        seen += [row["Gsid"] for row in page]
        offset += size
        _paged.now += timedelta(minutes=1)

    assert sorted(seen) == sorted(row["Gsid"] for row in _paged.held("Company"))


_paged = Tenant()
_paged.engine.load({"Company": [company(f"C{n}", f"00{n}", ARR=n % 3) for n in range(11)]}, START)


def test_paging_by_the_last_gsid_gives_each_row_once(tenant):
    tenant.engine.load({"Company": [company(f"C{n}", f"00{n}") for n in range(9)]}, tenant.now)

    seen, last = [], "0"
    while page := tenant.query("Company", where=where(Gsid=("GT", last)), orderBy={"Gsid": "asc"}, limit=4).records:
        seen += [row["Gsid"] for row in page]
        last = seen[-1]

    assert seen == sorted(row["Gsid"] for row in tenant.held("Company"))


def _names(tenant, conditions):
    return sorted(row["Name"] for row in tenant.query("Company", "Name", where=conditions).records)


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"Name": ("EQ", "Acme")}, ["Acme"]),
        ({"Name": ("EQ", "acme")}, []),
        ({"Name": ("NE", "Acme")}, ["Birch"]),
        ({"Name": ("IN", "Acme", "Birch", "Cedar")}, ["Acme", "Birch"]),
        ({"Name": ("CONTAINS", "irc")}, ["Birch"]),
        ({"Name": ("DOES_NOT_CONTAINS", "irc")}, ["Acme"]),
        ({"Name": ("STARTS_WITH", "Ac")}, ["Acme"]),
        ({"Name": ("ENDS_WITH", "ch")}, ["Birch"]),
        ({"ARR": ("GT", 10)}, ["Birch"]),
        ({"ARR": ("BTW", 5, 20)}, ["Acme", "Birch"]),
        ({"ARR": ("LTE", "10")}, ["Acme"]),
        ({"Industry": ("IS_NULL",)}, ["Birch"]),
        ({"Industry": ("IS_NOT_NULL",)}, ["Acme"]),
        ({"RenewalDate": ("LT", "2027-01-01")}, ["Acme"]),
        ({"ModifiedDate": ("GTE", "2026-03-06T16:55:00Z")}, ["Acme", "Birch"]),
        ({"ModifiedDate": ("GT", "2026-03-06T08:55:00.000-08:00")}, []),
        ({"ModifiedDate": ("EQ", "2026-03-06")}, ["Acme", "Birch"]),
        ({"CreatedDate": ("LT", "2026-03-06 16:55:01")}, ["Acme", "Birch"]),
    ],
)
def test_a_condition_finds_what_it_says(tenant, condition, names):
    tenant.engine.load(
        {
            "Company": [
                {
                    "Gsid": tenant.gsid("Company", Name="Acme"),
                    "ARR": 10,
                    "Industry": "Retail",
                    "RenewalDate": "2026-12-31",
                },
                {"Gsid": tenant.gsid("Company", Name="Birch"), "ARR": 20, "RenewalDate": "2027-06-30"},
            ]
        },
        START,
    )

    assert _names(tenant, where(**condition)) == names


def test_lookups_are_followed_two_levels_and_come_back_flat(tenant):
    tenant.cta(a_cta())

    (row,) = tenant.query(
        "call_to_action", "CompanyId__gr.Csm__gr.Email", "TypeId__gr.Name", "OwnerId__gr.Name"
    ).records

    assert row == {"CompanyId__gr.Csm__gr.Email": JO, "TypeId__gr.Name": "Lifecycle", "OwnerId__gr.Name": "Jo Roe"}


def test_a_third_level_is_refused(tenant):
    answer = tenant.query("call_to_action", "CtaGroupId__gr.CompanyId__gr.Csm__gr.Email")

    assert (answer.status, answer.code) == (400, "GSOBJ_1002")


def test_a_condition_may_look_through_a_lookup(tenant):
    condition = {"name": "Csm__gr.Email", "alias": "A", "operator": "EQ", "value": [JO]}

    assert _names(tenant, {"conditions": [condition], "expression": "A"}) == ["Acme", "Birch"]


def test_picklists_come_back_as_ids(tenant):
    (row,) = tenant.query("Company", "Stage", where=where(Name=("EQ", "Acme"))).records

    assert row["Stage"].startswith("1I00")
    assert len(row["Stage"]) == 36


@pytest.mark.parametrize("name", ["company", "COMPANY", "Call_To_Action", "GSUSER", "da_picklist"])
def test_object_names_are_read_in_any_case(tenant, name):
    assert tenant.query(name).status == 200


def test_field_names_are_read_in_any_case_unless_the_tenant_is_exact(tenant):
    assert "Arr" in tenant.query("Company", "Arr").records[0]
    tenant.switch(field_names="exact")
    assert tenant.query("Company", "Arr").code == "GSOBJ_1002"


def test_an_unknown_object_is_told_by_title(tenant):
    body = tenant.query("record_delete_log_high_volume").body

    assert (body["result"], body["title"]) == (False, "OBJECT_NOT_FOUND")


def test_an_unknown_field_is_named(tenant):
    answer = tenant.query("Company", "Gsid", "Wrong__gc")

    assert (answer.status, answer.code) == (400, "GSOBJ_1002")
    assert "Wrong__gc" in answer.body["errorDesc"]


@pytest.mark.parametrize(
    "broken",
    [
        {"conditions": [{"name": "Name", "alias": "A", "operator": "EQ", "value": ["x"]}]},
        {"conditions": [{"name": "Name", "alias": "A", "operator": "EQ", "value": "x"}], "expression": "A"},
        {"conditions": [{"name": "Name", "alias": "A", "operator": "EQ", "value": ["x", "y"]}], "expression": "A"},
        {"conditions": [{"name": "Name", "alias": "A", "operator": "IN", "value": []}], "expression": "A"},
        {"conditions": [{"name": "Name", "alias": "A", "operator": "LIKE", "value": ["x"]}], "expression": "A"},
        {"conditions": [{"fieldName": "Name", "alias": "A", "operator": "EQ", "value": ["x"]}], "expression": "A"},
        {"conditions": [{"name": "Name", "alias": "A", "operator": "EQ", "value": ["x"]}], "expression": "A AND B"},
        {"conditions": [{"name": "ARR", "alias": "A", "operator": "CONTAINS", "value": ["1"]}], "expression": "A"},
        {"conditions": [{"name": "ARR", "alias": "A", "operator": "GT", "value": ["much"]}], "expression": "A"},
    ],
)
def test_a_broken_where_is_refused(tenant, broken):
    assert tenant.query("Company", where=broken).status == 400


def test_a_query_without_select_is_refused(tenant):
    assert tenant.call("POST", "/v1/data/objects/query/Company", {}).code == "GSOBJ_ESS_9104"


def test_a_limit_above_five_thousand_is_refused_or_cut_as_the_tenant_does(tenant):
    assert tenant.query("Company", limit=5001).status == 400
    tenant.switch(over_limit="cut")
    assert tenant.query("Company", limit=5001).status == 200


@pytest.mark.parametrize(
    ("switch", "status", "result", "code"),
    [("empty", 200, True, None), ("result_false", 200, False, "GSOBJ_1XXX"), ("GSOBJ_1011", 400, False, "GSOBJ_1011")],
)
def test_no_match_is_told_in_each_of_three_ways(tenant, switch, status, result, code):
    tenant.switch(no_data=switch)

    answer = tenant.query("Company", where=where(Name=("EQ", "Nobody")))

    assert (answer.status, answer.body["result"], answer.body["errorCode"]) == (status, result, code)
    assert answer.data == ({"records": []} if result else None)


def test_records_may_come_as_a_bare_list(tenant):
    tenant.switch(query_reply="list")

    assert len(tenant.query("Company").data) == 2


def test_dates_come_as_iso_text_or_as_epoch_milliseconds(tenant):
    tenant.cta(a_cta())
    iso = tenant.query("call_to_action", "DueDate", "CreatedDate").records[0]
    tenant.switch(dates="epoch")
    epoch = tenant.query("call_to_action", "DueDate", "CreatedDate").records[0]

    assert iso == {"DueDate": "2026-04-01T11:30:00Z", "CreatedDate": "2026-03-06T16:55:01.000Z"}
    assert epoch == {"DueDate": 1775043000000, "CreatedDate": 1772816101000}


def test_empty_values_are_null_or_left_out(tenant):
    assert tenant.query("Company", "Industry").records[0] == {"Industry": None}
    tenant.switch(empty_values="omitted")
    assert tenant.query("Company", "Industry").records[0] == {}


def test_text_is_compared_exactly_unless_the_tenant_ignores_case(tenant):
    tenant.switch(text_match="ignore_case")

    assert _names(tenant, where(Name=("EQ", "ACME"))) == ["Acme"]
    assert _names(tenant, where(SfdcAccountId=("IN", "001a", "001b"))) == ["Acme", "Birch"]


def test_a_boolean_sent_as_text_is_read_or_matches_all(tenant):
    tenant.engine.tenant({"inactive_users": [JO]})
    condition = where(IsActiveUser=("EQ", "false"))

    assert len(tenant.query("gsuser", where=condition).records) == 1
    tenant.switch(string_boolean="matches_all")
    assert len(tenant.query("gsuser", where=condition).records) == 2


def test_two_hundred_keys_of_one_condition_are_all_found(tenant):
    tenant.engine.load({"Company": [{"Name": f"C{n}", "SfdcAccountId": f"S{n}"} for n in range(1_000)]}, tenant.now)
    keys = [f"S{n}" for n in range(200)]

    found = tenant.query("Company", "Gsid", "Name", where=where(SfdcAccountId=("IN", *keys))).records

    assert len(found) == 200


def test_the_index_follows_a_changed_key(tenant):
    tenant.update("Name", {"Name": "Acme", "SfdcAccountId": "001Z"})

    assert _names(tenant, where(SfdcAccountId=("EQ", "001A"))) == []
    assert _names(tenant, where(SfdcAccountId=("EQ", "001Z"))) == ["Acme"]


def test_a_key_that_moved_and_a_record_that_went_are_found_no_more(tenant):
    tenant.update("Name", {"Name": "Acme", "SfdcAccountId": "001Z"})
    tenant.call("DELETE", f"/v1/data/objects/Company/{tenant.gsid('Company', Name='Acme')}")

    assert _names(tenant, where(SfdcAccountId=("IN", "001A", "001Z"))) == []


def test_a_lookup_to_a_record_that_went_is_empty(tenant):
    tenant.engine.load({"gsuser": [{"Gsid": tenant.gsid("gsuser", Email=JO), "_deleted": True}]}, tenant.now)

    assert tenant.query("Company", "Csm__gr.Name").records == [{"Csm__gr.Name": None}] * 2
