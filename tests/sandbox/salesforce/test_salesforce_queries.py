"""Queries: what is answered, in which order and shape, and what is refused."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from salesforce_org import ACME, DEAL, IDA, JONAS, NOON, ORG, SEATS, Client, deal
from simple_salesforce import format_soql

from sandbox.salesforce import SalesforceEngine, new_id


def test_attributes_come_first_and_only_the_requested_fields_follow_in_canonical_case(org):
    [row] = org.query("select id, NAME, account.NAME, owner.EMAIL from opportunity")["records"]

    assert list(row) == ["attributes", "Id", "Name", "Account", "Owner"]
    assert row["attributes"] == {
        "type": "Opportunity",
        "url": f"/services/data/v66.0/sobjects/Opportunity/{DEAL}",
    }
    assert row["Account"]["Name"] == "Acme"
    assert row["Owner"]["Email"] == "ida@seller.example"


def test_a_missing_parent_and_a_sub_select_without_rows_are_null(empty):
    empty.load(Opportunity=[deal()])

    [row] = empty.query("SELECT Account.Name, (SELECT Id FROM OpportunityLineItems) FROM Opportunity")["records"]

    assert (row["Account"], row["OpportunityLineItems"]) == (None, None)


def test_a_field_of_a_missing_parent_compares_as_null(org):
    org.load(Opportunity=[deal("Orphan")])

    assert org.names("WHERE Account.Name = null") == ["Orphan"]
    assert org.names("WHERE Account.Name = 'acme' OR Account.AnnualRevenue > 1") == ["Acme - 50 seats"]
    assert org.names("ORDER BY Account.Name") == ["Orphan", "Acme - 50 seats"]


def test_a_sub_select_has_its_own_filter_order_and_limit(org):
    items = [{"OpportunityId": DEAL, "Product2Id": SEATS, "Quantity": n, "UnitPrice": 10} for n in (1, 2, 3, 4)]
    org.load(OpportunityLineItem=items)

    [row] = org.query(
        "SELECT Id, (SELECT Quantity, Product2.Name FROM OpportunityLineItems WHERE Quantity > 1 "
        "ORDER BY Quantity DESC LIMIT 2) FROM Opportunity"
    )["records"]

    found = row["OpportunityLineItems"]
    assert (found["totalSize"], found["done"]) == (2, True)
    assert [(r["Quantity"], r["Product2"]["Name"]) for r in found["records"]] == [(4.0, "Seats"), (3.0, "Seats")]


def test_parents_are_followed_through_five_levels_and_no_further(org):
    path = "Account.Parent.Parent.Parent.Parent"

    assert org.query(f"SELECT {path}.Name FROM Opportunity")["totalSize"] == 1
    assert org.query_refusal(f"SELECT {path}.Parent.Name FROM Opportunity") == (400, "MALFORMED_QUERY")


@pytest.fixture
def three(empty: Client) -> Client:
    empty.load(
        Opportunity=[
            deal("alpha", Amount=10, NextStep="Call", SystemModstamp="2026-11-20T10:00:00.900Z"),
            deal("Beta", Amount=None, StageName="Closed Won", SystemModstamp="2026-11-20T10:00:01Z"),
            deal("gamma 100%", Amount=30, CloseDate="2026-11-20", SystemModstamp="2026-11-19T10:00:00Z"),
        ]
    )
    return empty


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Name = 'ALPHA'", ["alpha"]),
        ("Name != 'alpha'", ["Beta", "gamma 100%"]),
        ("NextStep != 'call'", ["Beta", "gamma 100%"]),
        ("NextStep NOT IN ('call')", ["Beta", "gamma 100%"]),
        ("NextStep = ''", ["Beta", "gamma 100%"]),
        ("Amount = null", ["Beta"]),
        ("Amount != null", ["alpha", "gamma 100%"]),
        ("Amount > 10", ["gamma 100%"]),
        ("Amount <= 10.0", ["alpha"]),
        ("NOT Amount > 10", ["alpha", "Beta"]),
        ("IsWon = true", ["Beta"]),
        ("Name IN ('beta', 'nobody')", ["Beta"]),
        ("Name LIKE '%a'", ["alpha", "Beta"]),
        ("Name LIKE 'b_ta'", ["Beta"]),
        (r"Name LIKE '%\%'", ["gamma 100%"]),
        ("CloseDate = TODAY", ["gamma 100%"]),
        ("CloseDate > TODAY", ["alpha", "Beta"]),
        ("CloseDate = THIS_MONTH", ["alpha", "Beta", "gamma 100%"]),
        ("SystemModstamp = YESTERDAY", ["gamma 100%"]),
        ("SystemModstamp = LAST_N_DAYS:1", ["alpha", "Beta", "gamma 100%"]),
        ("SystemModstamp < TODAY", ["gamma 100%"]),
        ("SystemModstamp = 2026-11-20T10:00:00Z", ["alpha"]),
        ("SystemModstamp = 2026-11-20T11:00:00+01:00", ["alpha"]),
        ("SystemModstamp > 2026-11-20T10:00:00.100Z", ["Beta"]),
        ("(Name = 'alpha' OR Name = 'beta') AND IsWon = false", ["alpha"]),
        ("IsWon = true OR (Amount > 5 AND Amount < 20)", ["alpha", "Beta"]),
    ],
)
def test_a_condition_selects_exactly_the_rows_it_names(three, where, found):
    assert three.names(f"WHERE {where}") == found


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("ORDER BY Name", ["alpha", "Beta", "gamma 100%"]),
        ("ORDER BY Amount", ["Beta", "alpha", "gamma 100%"]),
        ("ORDER BY Amount DESC", ["gamma 100%", "alpha", "Beta"]),
        ("ORDER BY Amount ASC NULLS LAST", ["alpha", "gamma 100%", "Beta"]),
        ("ORDER BY Amount DESC NULLS FIRST", ["Beta", "gamma 100%", "alpha"]),
        ("ORDER BY IsWon DESC, Name DESC", ["Beta", "gamma 100%", "alpha"]),
        ("ORDER BY Name LIMIT 1 OFFSET 1", ["Beta"]),
        ("LIMIT 0", []),
    ],
)
def test_rows_come_in_the_order_asked_for(three, rest, found):
    assert three.names(rest) == found


def test_count_tells_a_number_and_answers_no_rows(three):
    told = three.query("SELECT COUNT() FROM Opportunity WHERE IsWon = false")

    assert told == {"totalSize": 2, "done": True, "records": []}


def test_fields_standard_needs_a_limit_and_leaves_custom_fields_out(org):
    [row] = org.query("SELECT FIELDS(STANDARD) FROM Opportunity LIMIT 200")["records"]

    assert "StageName" in row and "Business_Goal__c" not in row
    for rest in ("", " LIMIT 201"):
        assert org.query_refusal(f"SELECT FIELDS(STANDARD) FROM Opportunity{rest}") == (400, "MALFORMED_QUERY")


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Opportunity WHERE IsWon = true AND Amount > 1 OR Amount < 0", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity GROUP BY Id", "MALFORMED_QUERY"),
        ("SELECT COUNT(Id) FROM Opportunity", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE Id IN (SELECT OpportunityId FROM OpportunityLineItem)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = LAST_YEAR", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity FOR UPDATE", "MALFORMED_QUERY"),
        ("SELECT Id, Id FROM Opportunity", "MALFORMED_QUERY"),
        (r"SELECT Id FROM Opportunity WHERE Name = '\q'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity LIMIT 1.5", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-13-01", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
        ("SELECT Nothing__c FROM Opportunity", "INVALID_FIELD"),
        ("SELECT Nobody.Name FROM Opportunity", "INVALID_FIELD"),
        ("SELECT CurrencyIsoCode FROM Opportunity", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Handoff_Receipt__c != null", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity ORDER BY Commitments__c", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE IsWon = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Amount > '3'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate > 2026-11-20T00:00:00Z", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Id = 'not an id'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Opportunity WHERE Amount LIKE '1%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Opportunity WHERE Type INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Opportunity OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("SELECT Id FROM Handoff__c", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM Quotes) FROM Opportunity", "INVALID_TYPE"),
        (f"SELECT Id FROM Opportunity WHERE {'NOT ' * 1500}IsWon = true", "QUERY_TOO_COMPLICATED"),
    ],
)
def test_what_the_org_cannot_answer_is_refused_and_never_answered_with_everything(three, soql, code):
    assert three.query_refusal(soql) == (400, code)


def test_a_refused_statement_is_quoted_with_a_caret_row_and_column(org):
    [error] = org.query("SELECT Id\nFROM XYZZY")

    assert error["message"].startswith(
        "\nSELECT Id FROM XYZZY\n               ^\nERROR at Row:2:Column:6\nsObject type 'XYZZY' is not supported. "
    )


def test_an_id_is_found_by_fifteen_characters_in_exactly_its_case(org):
    assert org.names(f"WHERE Id = '{DEAL[:15]}'") == ["Acme - 50 seats"]
    assert org.names(f"WHERE Id = '{DEAL[:15].swapcase()}'") == []


def test_deleted_rows_are_seen_by_query_all_only(org):
    org.load(Opportunity=[{"Id": DEAL, "_deleted": True}])

    assert org.query("SELECT Id FROM Opportunity")["totalSize"] == 0
    [row] = org.query("SELECT IsDeleted FROM Opportunity WHERE IsDeleted = true", "queryAll")["records"]
    assert row["IsDeleted"] is True


def test_a_later_page_shows_the_ids_of_the_first_moment_with_the_values_of_now(three):
    three.engine.tenant({"page_size": 2})
    first = three.query("SELECT Name FROM Opportunity ORDER BY Name")
    gamma = next(row["Id"] for row in three.engine.state_of("Opportunity") if row["Name"] == "gamma 100%")
    three.load(Opportunity=[deal("aaa"), {"Id": gamma, "Name": "zulu"}])

    second = three.call("GET", first["nextRecordsUrl"])

    assert (first["totalSize"], first["done"], second["done"]) == (3, False, True)
    assert first["nextRecordsUrl"].startswith("/services/data/v66.0/query/0r8")
    assert first["nextRecordsUrl"].endswith("-2")
    assert [row["Name"] for row in second["records"]] == ["zulu"]
    assert "nextRecordsUrl" not in second


def test_a_cursor_that_is_unknown_or_two_days_old_is_refused(three):
    three.engine.tenant({"page_size": 1})
    url = three.query("SELECT Id FROM Opportunity")["nextRecordsUrl"]

    assert three.refusal("GET", "query/0r8xx0000000001AAA-2000") == (400, "INVALID_QUERY_LOCATOR")
    three.later(days=2, seconds=1)
    assert three.refusal("GET", url) == (400, "INVALID_QUERY_LOCATOR")


def test_the_batch_size_header_shortens_pages_but_not_below_two_hundred(empty):
    empty.load(Opportunity=[deal(f"Deal {n}") for n in range(201)])

    page = empty.query("SELECT Id FROM Opportunity", sforce_query_options="batchSize=10")

    assert (len(page["records"]), empty.last.records) == (200, 200)


stamps = st.lists(st.integers(0, 3), min_size=1, max_size=25)
relaxed = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(stamps, st.integers(1, 7))
def test_paging_by_stamp_and_id_returns_every_row_once_at_any_page_size(seconds, limit):
    client = Client(SalesforceEngine(org_id=ORG, real_now=lambda: NOON))
    client.load(Opportunity=[deal(str(n), SystemModstamp=f"2026-11-20T10:00:0{s}Z") for n, s in enumerate(seconds)])
    seen, where = [], ""

    while rows := client.query(
        f"SELECT Name, Id, SystemModstamp FROM Opportunity {where} ORDER BY SystemModstamp, Id LIMIT {limit}"
    )["records"]:
        seen += [row["Name"] for row in rows]
        at, last = rows[-1]["SystemModstamp"].replace(".000+0000", "Z"), rows[-1]["Id"]
        where = f"WHERE SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{last}')"

    assert sorted(seen, key=int) == [str(n) for n in range(len(seconds))]


@relaxed
@given(st.integers(1, 9), st.integers(0, 25))
def test_cursor_paging_returns_every_row_once_at_any_page_size(size, count):
    client = Client(SalesforceEngine(org_id=ORG, real_now=lambda: NOON))
    client.engine.tenant({"page_size": size})
    client.load(Opportunity=[deal(str(n)) for n in range(count)])
    page = client.query("SELECT Name FROM Opportunity")
    seen = [row["Name"] for row in page["records"]]

    while not page["done"]:
        page = client.call("GET", page["nextRecordsUrl"])
        seen += [row["Name"] for row in page["records"]]

    assert seen == [str(n) for n in range(count)]


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("'\"\\\n\t%_"), min_size=1, max_size=20
)


@relaxed
@given(texts.filter(lambda text: text.strip() and len(text.lower()) == len(text)))
def test_a_text_escaped_by_the_library_finds_the_record_that_holds_it(text):
    client = Client(SalesforceEngine(org_id=ORG, real_now=lambda: NOON))
    client.load(Opportunity=[deal(text), deal("another one altogether")])

    assert client.names(format_soql("WHERE Name = {}", text)) == [text]
    assert client.names(format_soql("WHERE Name LIKE '{:like}'", text)) == [text]


def test_a_page_holds_two_thousand_deals_with_their_children(empty):
    deals = [deal(f"Deal {n}", Id=new_id("006", n, ORG), AccountId=ACME, OwnerId=IDA) for n in range(2000)]
    items = [{"OpportunityId": d["Id"], "Product2Id": SEATS, "Quantity": 1, "UnitPrice": 1} for d in deals] * 2
    roles = [{"OpportunityId": d["Id"], "ContactId": JONAS, "Role": "Evaluator"} for d in deals]
    empty.load(Opportunity=deals, OpportunityLineItem=items, OpportunityContactRole=roles)

    page = empty.query(
        "SELECT Id, Account.Owner.Name, (SELECT Quantity, Product2.Name FROM OpportunityLineItems), "
        "(SELECT Role, Contact.Name FROM OpportunityContactRoles), "
        "(SELECT StageName FROM OpportunityHistories ORDER BY CreatedDate) FROM Opportunity ORDER BY SystemModstamp, Id"
    )

    assert (len(page["records"]), page["done"]) == (2000, True)
