"""What is found in Gainsight before anything is made there."""

import pytest

from handoff.errors import BridgeBug
from handoff.model import Found, How
from tests.connectors.gainsight.world import BASE, Script, StandIn, connector, gsid, step

ACCOUNT = "001A0000006Vm9uIAC"
QUERY = "/v1/data/objects/query/Company"


def company(key: str, *rules: dict[str, str]):
    return step("company", key, match=rules)


def known(account: str, name: str, key: str = "k"):
    return company(key, {"SfdcAccountId": account}, {"Name": name})


@pytest.fixture
def gainsight():
    return StandIn()


def test_a_company_known_by_the_crm_account_is_found_with_one_call(gainsight):
    gainsight.load(Company=[{"Gsid": gsid("1P02", 1), "Name": "Globex", "SfdcAccountId": ACCOUNT}])

    found = connector(gainsight).find([known(ACCOUNT, "Globex")])

    assert found == {"k": [Found(gsid("1P02", 1), How.MATCH, "Globex")]}
    assert gainsight.asked == [("POST", QUERY)]


@pytest.mark.parametrize(("held", "asked"), [(ACCOUNT[:15], ACCOUNT), (ACCOUNT, ACCOUNT[:15])])
def test_an_account_id_is_the_same_with_15_and_18_characters(gainsight, held, asked):
    gainsight.load(Company=[{"Gsid": gsid("1P02", 1), "Name": "Globex", "SfdcAccountId": held}])

    assert [hit.ref for hit in connector(gainsight).find([known(asked, "Else")])["k"]] == [gsid("1P02", 1)]


def test_account_ids_that_differ_in_case_alone_are_two_accounts(gainsight):
    gainsight.engine.tenant({"text_match": "ignore_case"})
    gainsight.load(Company=[{"Gsid": gsid("1P02", 1), "Name": "Globex", "SfdcAccountId": ACCOUNT[:15].swapcase()}])

    assert connector(gainsight).find([known(ACCOUNT, "Initech")]) == {}


def test_a_company_that_carries_our_key_is_ours_and_stands_alone(gainsight):
    gainsight.load(
        Company=[
            {"Gsid": gsid("1P02", 1), "Name": "Globex", "SfdcAccountId": ACCOUNT, "Bridge_Key__gc": "k"},
            {"Gsid": gsid("1P02", 2), "Name": "Globex twin", "SfdcAccountId": ACCOUNT},
        ]
    )

    assert connector(gainsight).find([known(ACCOUNT, "Globex")]) == {"k": [Found(gsid("1P02", 1), How.KEY, "Globex")]}


def test_a_company_without_account_id_is_found_by_our_key_before_its_name(gainsight):
    gainsight.load(
        Company=[
            {"Gsid": gsid("1P02", 1), "Name": "Renamed", "Bridge_Key__gc": "k"},
            {"Gsid": gsid("1P02", 2), "Name": "Globex"},
        ]
    )

    assert connector(gainsight).find([known(ACCOUNT, "Globex")]) == {"k": [Found(gsid("1P02", 1), How.KEY, "Renamed")]}


def test_a_company_is_found_by_name_last_and_case_does_not_matter(gainsight):
    gainsight.engine.tenant({"text_match": "ignore_case"})
    gainsight.load(Company=[{"Gsid": gsid("1P02", 1), "Name": "GLOBEX"}])

    assert connector(gainsight).find([known(ACCOUNT, "Globex")]) == {"k": [Found(gsid("1P02", 1), How.MATCH, "GLOBEX")]}


def test_a_namesake_of_another_account_says_so_for_a_person_to_decide(gainsight):
    gainsight.load(Company=[{"Gsid": gsid("1P02", 1), "Name": "Globex", "SfdcAccountId": "001A0000009zzzzIAC"}])

    [hit] = connector(gainsight).find([known(ACCOUNT, "Globex")])["k"]

    assert (hit.how, hit.label) == (How.MATCH, "Globex")
    assert hit.conflict.startswith("belongs to another CRM account")


def test_two_companies_of_one_name_are_both_a_finding(gainsight):
    gainsight.load(Company=[{"Gsid": gsid("1P02", n), "Name": "Globex"} for n in (1, 2)])

    assert [hit.ref for hit in connector(gainsight).find([known(ACCOUNT, "Globex")])["k"]] == [
        gsid("1P02", 1),
        gsid("1P02", 2),
    ]


def test_a_company_nobody_knows_is_absent(gainsight):
    assert connector(gainsight).find([known(ACCOUNT, "Globex")]) == {}


def test_a_rule_without_a_value_asks_nothing(gainsight):
    found = connector(gainsight).find([company("k", {"SfdcAccountId": ""}, {"Name": ""})])

    assert found == {}
    assert len(gainsight.asked) == 1  # the key alone


def test_a_rule_of_two_fields_holds_only_when_both_do(gainsight):
    gainsight.load(
        Company=[
            {"Gsid": gsid("1P02", 1), "Name": "Globex", "Industry": "Steel"},
            {"Gsid": gsid("1P02", 2), "Name": "Globex", "Industry": "Food"},
        ]
    )

    found = connector(gainsight).find([company("k", {"Name": "Globex", "Industry": "food"})])

    assert [hit.ref for hit in found["k"]] == [gsid("1P02", 2)]


def test_a_tenant_without_the_account_field_is_not_asked_for_it(gainsight):
    gainsight.engine.tenant({"hidden_fields": ["Company.SfdcAccountId"]})
    gainsight.load(Company=[{"Gsid": gsid("1P02", 1), "Name": "Globex", "Hubspot_Company_Id__gc": "9001"}])

    found = connector(gainsight).find([company("k", {"Hubspot_Company_Id__gc": "9001"}, {"Name": "Globex"})])

    assert [hit.ref for hit in found["k"]] == [gsid("1P02", 1)]


def test_a_look_up_takes_200_values_a_call():
    empty = {"result": True, "data": {"records": []}}
    script = Script(*[empty] * 3)

    connector(script).find([step("cta", f"k{n}") for n in range(401)])

    assert [len(body["where"]["conditions"][0]["value"]) for _, _, body in script.asked] == [200, 200, 1]


def test_a_full_page_is_followed_by_the_next():
    rows = [{"Gsid": gsid("1S01", n), "Name": f"CTA {n}", "Bridge_Key__gc": "k"} for n in range(3)]
    script = Script(*({"result": True, "data": {"records": page}} for page in (rows[:2], rows[2:])))

    found = connector(script, rows_per_query=2).find([step("cta", "k")])

    assert [hit.ref for hit in found["k"]] == [row["Gsid"] for row in rows]
    assert [body["offset"] for _, _, body in script.asked] == [0, 2]


@pytest.mark.parametrize("kind", ["cta", "success_plan", "timeline"])
def test_what_carries_our_key_is_found_whatever_its_kind(gainsight, kind):
    made = {
        "cta": ("call_to_action", {"Bridge_Key__gc": "k", "Name": "Mine"}),
        "success_plan": ("cta_group", {"Bridge_Key__gc": "k", "Name": "Mine"}),
        "timeline": ("activity_timeline", {"ExternalId": "k", "Subject": "Mine"}),
    }
    name, row = made[kind]
    gainsight.load(**{name: [{"Gsid": gsid("1S01", 7), **row}]})

    found = connector(gainsight).find([step(kind, "k"), step(kind, "other")])

    assert found == {"k": [Found(gsid("1S01", 7), How.KEY, "Mine")]}


@pytest.mark.parametrize(
    "switches",
    [
        {"query_reply": "list"},
        {"no_data": "result_false"},
        {"no_data": "GSOBJ_1011"},
        {"empty_values": "omitted"},
        {"dates": "epoch"},
    ],
)
def test_every_way_a_tenant_may_answer_a_query_is_understood(switches):
    gainsight = StandIn(**switches)
    gainsight.load(Company=[{"Gsid": gsid("1P02", 1), "Name": "Globex"}])

    found = connector(gainsight).find([known(ACCOUNT, "Globex", "k"), known(ACCOUNT, "Nobody", "n")])

    assert found == {"k": [Found(gsid("1P02", 1), How.MATCH, "Globex")]}


def test_a_kind_gainsight_does_not_have_is_our_bug(gainsight):
    with pytest.raises(BridgeBug, match="success_plan"):
        connector(gainsight).find([step("ticket", "k")])


def user(number: int, email: str, active: bool = True):
    return {"Gsid": gsid("1P01", number), "Email": email, "Name": f"User {number}", "IsActiveUser": active}


def test_people_are_found_by_lower_case_address_and_asked_for_once(gainsight):
    gainsight.load(gsuser=[user(1, "kim@acme.example")])
    platform = connector(gainsight)

    first = platform.people(["Kim@Acme.example", "nobody@acme.example"])
    again = platform.people(["kim@acme.example", "NOBODY@acme.example"])

    assert first == again
    assert list(first) == ["kim@acme.example"]
    assert (first["kim@acme.example"].id, first["kim@acme.example"].active) == (gsid("1P01", 1), True)
    assert len(gainsight.asked) == 1


def test_of_two_users_with_one_address_the_active_one_counts(gainsight):
    gainsight.load(gsuser=[user(1, "kim@acme.example", active=False), user(2, "kim@acme.example")])

    assert connector(gainsight).people(["kim@acme.example"])["kim@acme.example"].id == gsid("1P01", 2)


def test_a_person_who_left_is_known_as_inactive(gainsight):
    gainsight.load(gsuser=[user(1, "kim@acme.example", active=False)])

    assert connector(gainsight).people(["kim@acme.example"])["kim@acme.example"].active is False


def test_an_address_nobody_had_is_asked_for_again_later(gainsight):
    platform = connector(gainsight, clock=gainsight.clock)
    assert platform.people(["kim@acme.example"]) == {}
    gainsight.load(gsuser=[user(1, "kim@acme.example")])

    gainsight.clock.advance(601)

    assert list(platform.people(["kim@acme.example"])) == ["kim@acme.example"]


def test_nobody_to_look_up_costs_no_call(gainsight):
    assert connector(gainsight).people(["", " "]) == {}
    assert connector(gainsight).find([]) == {}
    assert gainsight.asked == []


def test_a_company_has_a_page_and_others_have_one_where_the_customer_says_which():
    platform = connector(Script(), cta_link="{base_url}/v1/ui/cockpit?ctaId={ref}")

    assert platform.link("company", "1P02X") == f"{BASE}/v1/ui/customersuccess360?cid=1P02X"
    assert platform.link("cta", "1S01X") == f"{BASE}/v1/ui/cockpit?ctaId=1S01X"
    assert platform.link("timeline", "1A01X") == ""
    assert platform.link("unknown", "1") == ""
