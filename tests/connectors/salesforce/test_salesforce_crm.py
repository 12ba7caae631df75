"""The Salesforce connector reads every won deal whole, dates its winning, and writes the handoff's status back."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from connectors import _salesforce_inspect, _salesforce_inspect_org, _salesforce_write_back, salesforce
from connectors._http import Route
from connectors.salesforce import ROUTES, Salesforce, Wanted
from handoff.errors import BridgeBug, ConfigError, NotAllowed, Transient
from handoff.model import Deal, Page, Result, Window, WonHow
from handoff.ports import Crm
from tests.connectors.salesforce.fake_org import (
    EXPIRED,
    MAPPED,
    ORG,
    SEEN,
    STAGES,
    FakeOrg,
    Reply,
    gateway_to,
    page,
    receipt,
    refusal,
    salesforce_over,
    won_deal,
)
from tests.fakes import FakeClock

WINDOW = Window(
    datetime(2026, 3, 10, 11, 0, 0, 900_000, tzinfo=UTC), datetime(2026, 3, 10, 12, 0, 0, 900_000, tzinfo=UTC)
)
NEXT = "/services/data/v66.0/query/0r8xx0000000001-2000"
GONE = refusal("INVALID_QUERY_LOCATOR", "invalid query locator")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def org(clock: FakeClock) -> FakeOrg:
    return FakeOrg(clock)


@pytest.fixture
def crm(org: FakeOrg, clock: FakeClock) -> Salesforce:
    return salesforce_over(gateway_to(org, clock))


def ids(pages: list[Page]) -> list[str]:
    return [deal.ref.id for page_ in pages for deal in page_.deals]


def only_deal(crm: Salesforce, org: FakeOrg, **changes: Any) -> Deal:
    org.rows = [won_deal(**changes)]
    ((deal,),) = [page_.deals for page_ in crm.changed(WINDOW)]
    return deal


def number(one: int) -> str:
    return str(won_deal(one)["Id"])


# Reading windows


def test_the_connector_is_what_the_core_asks_for(crm: Salesforce) -> None:
    port: Crm = crm

    assert (port.instance, port.system) == ("main", "salesforce")


def test_every_page_is_read_to_the_last(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("deals", Reply(200, page([won_deal(1), won_deal(2)], NEXT)))
    org.queue("more", Reply(200, page([won_deal(3)], NEXT)), Reply(200, page([won_deal(4)])))

    pages = list(crm.changed(WINDOW))

    assert [len(p.deals) for p in pages] == [2, 1, 1]
    assert ids(pages) == [number(1), number(2), number(3), number(4)]
    assert [c.headers["Sforce-Query-Options"] for c in (*org.of("deals"), *org.of("more"))] == ["batchSize=2000"] * 3


def test_a_window_is_asked_for_in_whole_seconds_with_both_bounds(crm: Salesforce, org: FakeOrg) -> None:
    list(crm.changed(WINDOW))

    (call,) = org.of("deals")
    assert call.query["q"].endswith(
        "FROM Opportunity WHERE IsWon = true AND SystemModstamp >= 2026-03-10T11:00:00Z "
        "AND SystemModstamp < 2026-03-10T12:00:00Z ORDER BY SystemModstamp, Id"
    )


def test_parents_children_and_history_come_in_the_same_query(crm: Salesforce, org: FakeOrg) -> None:
    list(crm.changed(WINDOW))

    (call,) = org.of("deals")
    assert "Account.Industry" in call.query["q"]
    assert (
        "(SELECT Contact.Name, Contact.Email, Role, IsPrimary FROM OpportunityContactRoles ORDER BY Id)"
        in (call.query["q"])
    )
    assert "(SELECT StageName, CreatedDate FROM OpportunityHistories ORDER BY CreatedDate, Id)" in (call.query["q"])


def test_an_expired_cursor_goes_on_behind_the_last_row_and_repeats_none(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("deals", Reply(200, page([won_deal(1), won_deal(2)], NEXT)), Reply(200, page([won_deal(2), won_deal(3)])))
    org.queue("more", GONE)

    pages = list(crm.changed(WINDOW))

    assert ids(pages) == [number(1), number(2), number(3)]
    assert (
        f"AND (SystemModstamp > 2026-03-10T11:00:00Z OR (SystemModstamp = 2026-03-10T11:00:00Z AND Id > '{number(2)}'))"
        in org.of("deals")[1].query["q"]
    )


def test_rows_that_share_a_second_with_milliseconds_are_read_again_whole(crm: Salesforce, org: FakeOrg) -> None:
    row = won_deal(1, SystemModstamp="2026-03-10T11:00:00.250+0000")
    org.queue("deals", Reply(200, page([row], NEXT)), Reply(200, page([row, won_deal(2)])))
    org.queue("more", GONE)

    pages = list(crm.changed(WINDOW))

    assert ids(pages) == [number(1), number(2)]
    assert "AND SystemModstamp >= 2026-03-10T11:00:00Z ORDER BY" in org.of("deals")[1].query["q"]


def test_cursors_that_always_expire_end_the_run_and_lose_nothing(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("deals", *[Reply(200, page([won_deal(1)], NEXT))] * 9)
    org.queue("more", *[GONE] * 9)

    with pytest.raises(Transient, match="cursors expire"):
        list(crm.changed(WINDOW))

    assert org.count("deals") <= 4


def test_a_row_that_shows_on_two_pages_is_yielded_once(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("deals", Reply(200, page([won_deal(1), won_deal(2)], NEXT)))
    org.queue("more", Reply(200, page([won_deal(2), won_deal(3)])))

    assert ids(list(crm.changed(WINDOW))) == [number(1), number(2), number(3)]


def test_a_page_whose_next_address_leads_elsewhere_is_not_followed(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("deals", Reply(200, page([won_deal(1)], "@elsewhere.example/")))

    with pytest.raises(Transient, match="address"):
        list(crm.changed(WINDOW))

    assert {call.host for call in org.calls} == {"acme.my.salesforce.com"}


def test_a_session_that_runs_out_between_pages_loses_no_page(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("deals", Reply(200, page([won_deal(1)], NEXT)))
    org.queue("more", EXPIRED, Reply(200, page([won_deal(2)])))

    assert ids(list(crm.changed(WINDOW))) == [number(1), number(2)]


def test_describe_and_stages_and_org_are_asked_once(crm: Salesforce, org: FakeOrg) -> None:
    org.rows = [won_deal(1), won_deal(2)]

    list(crm.changed(WINDOW))
    list(crm.changed(WINDOW))

    assert (org.count("describe"), org.count("stages"), org.count("org")) == (1, 1, 1)


# What a deal holds


def test_money_is_exact(crm: Salesforce, org: FakeOrg) -> None:
    text = '{"totalSize":1,"done":true,"records":[%s]}'
    row = json.dumps(won_deal(1)).replace("48000.0", "1234567890123456.78")
    org.queue("deals", Reply(200, text % row))

    ((deal,),) = [p.deals for p in crm.changed(WINDOW)]

    assert deal.amount == Decimal("1234567890123456.78")
    assert deal.source["Amount"] == Decimal("1234567890123456.78")


def test_a_whole_number_is_a_decimal_too_and_a_boolean_is_none(crm: Salesforce, org: FakeOrg) -> None:
    roles = page([{"Contact": {"Name": "Priya"}, "Role": "Evaluator", "IsPrimary": True}])

    deal = only_deal(crm, org, Amount=48000, OpportunityContactRoles=roles)

    assert isinstance(deal.amount, Decimal)
    assert deal.children["OpportunityContactRoles"][0]["IsPrimary"] is True


def test_a_deal_holds_every_wanted_path_as_the_api_gave_it(crm: Salesforce, org: FakeOrg) -> None:
    deal = only_deal(crm, org)

    assert deal.source == {
        "Name": "Northwind - 50 seats",
        "Amount": Decimal("48000.0"),
        "Account.Industry": "Shipping",
        "Business_Goal__c": "Cut returns from 9% to 4%",
        "CloseDate": "2026-03-31",
    }
    assert str(deal.ref) == f"main:salesforce:{ORG}:{number(1)}"
    assert (deal.account_id, deal.account_name) == ("001000000000001AAA", "Northwind")
    assert (deal.owner_email, deal.owner_active) == ("rep@northwind.example", True)
    assert deal.currency is None
    assert deal.url == f"https://acme.my.salesforce.com/lightning/r/Opportunity/{number(1)}/view"


def test_names_may_be_mapped_in_any_case(org: FakeOrg, clock: FakeClock) -> None:
    crm = salesforce_over(gateway_to(org, clock), wanted=Wanted(("business_goal__c", "account.industry", "NAME")))

    deal = only_deal(crm, org)

    assert deal.source == {
        "business_goal__c": "Cut returns from 9% to 4%",
        "account.industry": "Shipping",
        "NAME": "Northwind - 50 seats",
    }
    asked = org.of("deals")[0].query["q"].partition(", (SELECT")[0].lower().removeprefix("select ").split(", ")
    assert sorted(asked) == sorted(set(asked))


def test_a_list_without_rows_is_empty_not_missing(crm: Salesforce, org: FakeOrg) -> None:
    assert only_deal(crm, org, OpportunityContactRoles=None).children == {"OpportunityContactRoles": ()}


def test_a_list_that_has_pages_of_its_own_is_read_whole(crm: Salesforce, org: FakeOrg) -> None:
    def role(name: str) -> dict[str, Any]:
        return {"Contact": {"Name": name, "Email": None}, "Role": "Evaluator", "IsPrimary": False}

    org.queue("more", Reply(200, page([role("Bo")], NEXT)), Reply(200, page([role("Cy")])))

    deal = only_deal(crm, org, OpportunityContactRoles=page([role("Al")], NEXT))

    assert [row["Contact.Name"] for row in deal.children["OpportunityContactRoles"]] == ["Al", "Bo", "Cy"]


def test_a_missing_parent_is_none(crm: Salesforce, org: FakeOrg) -> None:
    deal = only_deal(crm, org, AccountId=None, Account=None)

    assert (deal.account_id, deal.account_name, deal.source["Account.Industry"]) == (None, None, None)


def test_an_account_that_is_named_but_hidden_makes_the_deal_unreadable(crm: Salesforce, org: FakeOrg) -> None:
    org.rows = [won_deal(1, Account=None), won_deal(2)]

    (one,) = crm.changed(WINDOW)

    assert [deal.ref.id for deal in one.deals] == [number(2)]
    assert [(bad.ref.id, bad.name) for bad in one.unreadable] == [(number(1), "Northwind - 50 seats")]
    assert "read access" in one.unreadable[0].why


def test_an_inactive_owner_is_told(crm: Salesforce, org: FakeOrg) -> None:
    deal = only_deal(crm, org, Owner={"Email": "gone@northwind.example", "IsActive": False})

    assert deal.owner_active is False


def test_a_currency_is_read_only_where_the_org_has_several(crm: Salesforce, org: FakeOrg) -> None:
    org.fields = (*org.fields, "CurrencyIsoCode")

    assert only_deal(crm, org, CurrencyIsoCode="EUR").currency == "EUR"


# When it was won

WON, RENEWED, LOST, OPEN = "Closed Won", "Renewed", "Closed Lost", "Proposal"
D1, D2, D3, D4 = (f"2026-03-0{day}T08:00:00" for day in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("history", "won_on", "episode"),
    [
        ([(OPEN, D1), (WON, D2)], 2, 1),
        ([(WON, D1), (WON, D3)], 1, 1),
        ([(OPEN, D1), (WON, D2), (RENEWED, D3)], 2, 1),
        ([(OPEN, D1), (WON, D2), (LOST, D3), (WON, D4)], 4, 2),
        ([(WON, D1), (OPEN, D2), (RENEWED, D3), (WON, D4)], 3, 2),
    ],
    ids=["won", "born won", "from one won stage to another", "lost and won again", "born won and won again"],
)
def test_history_dates_the_last_step_into_a_won_stage(
    crm: Salesforce, org: FakeOrg, history: list[tuple[str, str]], won_on: int, episode: int
) -> None:
    deal = only_deal(crm, org, history=history)

    assert deal.won_at == datetime(2026, 3, won_on, 8, tzinfo=UTC)
    assert (deal.won_how, deal.episode) == (WonHow.HISTORY, episode)


def test_without_history_the_last_stage_change_dates_it(crm: Salesforce, org: FakeOrg) -> None:
    deal = only_deal(crm, org, history=[])

    assert deal.won_at == datetime(2026, 3, 7, 9, tzinfo=UTC)
    assert (deal.won_how, deal.episode) == (WonHow.LAST_STAGE_CHANGE, 1)


def test_without_either_the_moment_it_was_first_seen_dates_it(crm: Salesforce, org: FakeOrg) -> None:
    deal = only_deal(crm, org, history=[], LastStageChangeDate=None)

    assert (deal.won_at, deal.won_how, deal.episode) == (SEEN, WonHow.FIRST_SEEN, 1)


def test_an_undated_win_is_never_later_than_the_day_it_was_to_close(crm: Salesforce, org: FakeOrg) -> None:
    deal = only_deal(crm, org, history=[], LastStageChangeDate=None, CloseDate="2024-02-29")

    assert deal.won_at == datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)
    assert deal.won_how is WonHow.FIRST_SEEN


def test_a_won_stage_made_after_the_stages_were_read_counts(crm: Salesforce, org: FakeOrg) -> None:
    deal = only_deal(crm, org, StageName="Won by Partner", history=[(OPEN, D1), ("Won by Partner", D2)])

    assert (deal.won_at.day, deal.won_how) == (2, WonHow.HISTORY)


def test_history_that_the_user_does_not_see_is_not_asked_for(crm: Salesforce, org: FakeOrg) -> None:
    org.lists = ("OpportunityContactRoles",)

    assert only_deal(crm, org, history=[]).won_how is WonHow.LAST_STAGE_CHANGE
    assert "OpportunityHistories" not in org.of("deals")[0].query["q"]


def test_the_stages_that_count_are_the_orgs_own(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("stages", Reply(200, page(STAGES[:1])))

    deal = only_deal(crm, org, history=[(OPEN, D1), (RENEWED, D2), (WON, D3)])

    assert deal.won_at.day == 3
    assert org.of("stages")[0].query["q"].endswith("FROM OpportunityStage WHERE IsWon = true")


# A mapping that asks for what is not there


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        (Wanted(("Secret__c",)), "Opportunity.Secret__c"),
        (Wanted(("Secret__r.Name",)), "Opportunity.Secret__r.Name"),
        (Wanted((), {"Secrets__r": ("Name",)}), "Opportunity.Secrets__r"),
    ],
)
def test_a_hidden_field_is_told_before_any_deal_is_read(
    org: FakeOrg, clock: FakeClock, wanted: Wanted, named: str
) -> None:
    crm = salesforce_over(gateway_to(org, clock), wanted=wanted)

    with pytest.raises(ConfigError) as caught:
        next(crm.changed(WINDOW))

    assert named in str(caught.value)
    assert "field-level security" in str(caught.value)
    assert org.count("deals") == 0


@pytest.mark.parametrize("name", ["Name FROM User", "a,b", "1st", "Account..Name", "Name)", "", "Nämé"])
def test_what_cannot_be_a_field_never_reaches_a_statement(org: FakeOrg, clock: FakeClock, name: str) -> None:
    with pytest.raises(ConfigError, match="field path"):
        salesforce_over(gateway_to(org, clock), wanted=Wanted((name,)))


def test_a_mapping_too_long_for_one_call_is_told(org: FakeOrg, clock: FakeClock) -> None:
    names = tuple(f"A_field_with_a_rather_long_name_{n:03d}__c" for n in range(400))
    org.fields = (*org.fields, *names)
    crm = salesforce_over(gateway_to(org, clock), wanted=Wanted(names))

    with pytest.raises(ConfigError, match=r"400 fields.*Map fewer"):
        next(crm.changed(WINDOW))


# Reading chosen deals, searching, the server's time


def test_chosen_deals_are_read_by_short_or_long_id_in_the_order_asked(crm: Salesforce, org: FakeOrg) -> None:
    org.rows = [won_deal(1), won_deal(2)]

    found = crm.read([number(2)[:15], number(1), number(1)[:15], number(9)])

    assert ids([found]) == [number(2), number(1)]
    assert f"Id IN ('{number(2)}','{number(1)}','{number(9)}')" in org.of("deals")[0].query["q"]


@pytest.mark.parametrize(
    "wrong", ["006hb000000000iiaa", "006hb000000000IIAA", "001000000000001AAA", "00100000000000I", "x"]
)
def test_what_is_no_opportunity_id_is_told_without_a_call(crm: Salesforce, org: FakeOrg, wrong: str) -> None:
    with pytest.raises(ConfigError, match=f"'{wrong}' is no opportunity id: ids are case-sensitive"):
        crm.read([number(1), wrong])

    assert org.calls == []


@pytest.mark.parametrize("wrong", ["006hb000000000iiaa", " 001000000000001AAA "])
def test_a_search_for_an_id_that_cannot_be_is_told_without_a_call(crm: Salesforce, org: FakeOrg, wrong: str) -> None:
    with pytest.raises(ConfigError, match="is no opportunity id: ids are case-sensitive"):
        crm.search(wrong)

    assert org.calls == []


@pytest.mark.parametrize("name", ["3MHealthcareInc", "InternationalPaper", "006 Bond Trading Co"])
def test_a_name_as_long_as_an_id_is_searched_for(crm: Salesforce, org: FakeOrg, name: str) -> None:
    org.rows = [won_deal(1)]

    assert [one for one, _ in crm.search(name)] == [number(1)]


def test_a_deal_that_is_no_longer_won_is_absent(crm: Salesforce, org: FakeOrg) -> None:
    org.rows = [won_deal(1, IsWon=False, StageName="Closed Lost"), won_deal(2)]

    assert ids([crm.read([number(1), number(2)])]) == [number(2)]


def test_many_chosen_deals_are_asked_for_in_calls_of_200(crm: Salesforce, org: FakeOrg) -> None:
    crm.read([number(n) for n in range(450)])

    assert [call.query["q"].count("'") // 2 for call in org.of("deals")] == [200, 200, 50]


def test_no_address_is_longer_than_salesforce_takes(org: FakeOrg, clock: FakeClock) -> None:
    names = tuple(f"A_field_with_a_rather_long_name_{n:03d}__c" for n in range(220))
    org.fields = (*org.fields, *names)
    gateway = gateway_to(org, clock)
    crm = salesforce_over(gateway, wanted=Wanted(names))

    crm.read([number(n) for n in range(300)])

    assert len(org.of("deals")) > 2
    assert max(gateway.url_bytes("query/", call.query) for call in org.of("deals")) < 16_384 - 2_000
    assert sum(call.query["q"].count("'") // 2 for call in org.of("deals")) == 300


def test_nothing_chosen_is_nothing_asked(crm: Salesforce, org: FakeOrg) -> None:
    assert crm.read([]) == Page(())
    assert org.calls == []


def test_a_search_takes_quotes_and_wildcards_as_they_are(crm: Salesforce, org: FakeOrg) -> None:
    org.rows = [won_deal(1)]

    found = crm.search(" O'Hara 100%_ ", limit=5)

    assert found == [(number(1), "Northwind - 50 seats, Northwind")]
    assert org.of("deals")[0].query["q"] == (
        "SELECT Id, Name, Account.Name FROM Opportunity WHERE IsWon = true AND "
        r"(Account.Name LIKE '%O\'Hara 100\%\_%' OR Name LIKE '%O\'Hara 100\%\_%') "
        "ORDER BY CloseDate DESC, Id DESC LIMIT 5"
    )


def test_a_blank_search_finds_nothing(crm: Salesforce, org: FakeOrg) -> None:
    assert crm.search("  ") == []
    assert org.calls == []


def test_the_servers_time_is_never_ahead_of_it(crm: Salesforce, org: FakeOrg, clock: FakeClock) -> None:
    clock.advance(0.75)

    assert crm.server_now() == clock.now().replace(microsecond=0)
    assert org.count("versions") == 1


@pytest.mark.parametrize("step", [-3600, 3600])
def test_a_stepped_clock_of_ours_never_puts_the_servers_time_into_its_future(
    crm: Salesforce, org: FakeOrg, clock: FakeClock, step: int
) -> None:
    crm.org()
    there = clock.now().replace(microsecond=0)
    clock.advance(step)
    org.queue("versions", Reply(200, [], {"Date": format_datetime(there, usegmt=True)}))

    assert crm.server_now() == there


def test_the_servers_time_is_asked_for_every_time(crm: Salesforce, org: FakeOrg, clock: FakeClock) -> None:
    first = crm.server_now()
    clock.advance(90)

    assert crm.server_now() - first == timedelta(seconds=90)
    assert org.count("versions") == 2


def test_an_answer_without_a_date_gives_no_time(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("versions", Reply(200, [], {"Date": ""}))

    with pytest.raises(Transient, match="Date"):
        crm.server_now()


# Writing back


def test_receipts_are_written_200_a_call_in_their_order(crm: Salesforce, org: FakeOrg) -> None:
    outcomes = crm.write_back([receipt(n) for n in range(450)])

    assert [o.key for o in outcomes] == [f"receipt-{n}" for n in range(450)]
    assert {o.result for o in outcomes} == {Result.UPDATED}
    assert outcomes[7].ref == number(7)
    assert [len(call.json()["records"]) for call in org.of("write")] == [200, 200, 50]
    first = org.of("write")[0]
    assert (first.method, first.json()["allOrNone"]) == ("PATCH", False)
    assert first.json()["records"][7] == {
        "attributes": {"type": "Opportunity"},
        "id": number(7),
        "Handoff_Status__c": "Handed off",
    }


def test_one_refused_record_leaves_the_others_written(crm: Salesforce, org: FakeOrg) -> None:
    rule = {
        "statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "message": "Enter a loss reason, or ask boss@northwind.example" + "!" * 400,
        "fields": ["Loss_Reason__c"],
    }
    locked = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access", "fields": []}
    results = [
        {"success": False, "errors": [rule]},
        {"id": number(2), "success": True, "errors": []},
        {"success": False, "errors": [locked]},
    ]
    org.queue("write", Reply(200, results))

    refused, written, waiting = crm.write_back([receipt(1), receipt(2), receipt(3)])

    assert (refused.result, written.result, waiting.result) == (Result.REJECTED, Result.UPDATED, Result.WAITING)
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION on Loss_Reason__c: Enter a loss reason" in refused.reason
    assert "@" not in refused.reason
    assert len(refused.reason) < 400


def test_a_refusal_that_quotes_the_record_is_told_by_code_and_field_alone(crm: Salesforce, org: FakeOrg) -> None:
    error = {"statusCode": "INVALID_EMAIL_ADDRESS", "message": "Email: invalid: Priya Shah", "fields": ["Email__c"]}
    org.queue("write", Reply(200, [{"success": False, "errors": [error]}]))

    (outcome,) = crm.write_back([receipt(1)])

    assert outcome.reason == "INVALID_EMAIL_ADDRESS on Email__c."


def test_a_deal_with_two_receipts_is_written_in_two_calls_in_order(crm: Salesforce, org: FakeOrg) -> None:
    outcomes = crm.write_back(
        [
            receipt(1, "first", Handoff_Status__c="Being handed off"),
            receipt(1, "second", Handoff_Status__c="Handed off"),
        ]
    )

    assert [o.key for o in outcomes] == ["first", "second"]
    assert [[r["Handoff_Status__c"] for r in c.json()["records"]] for c in org.of("write")] == [
        ["Being handed off"],
        ["Handed off"],
    ]


def test_values_are_written_as_salesforce_takes_them(crm: Salesforce, org: FakeOrg) -> None:
    crm.write_back(
        [
            receipt(1, "a", Handoff_Completeness__c=Decimal("66.7"), Handoff_Status__c="x" * 50),
            receipt(2, "b", Handoff_Completeness__c=Decimal("80.0"), Handoff_Missing__c=None),
            receipt(3, "c", Handoff_Delivered_At__c=datetime(2026, 11, 20, 17, 3, 22, tzinfo=UTC)),
            receipt(4, "d", Handoff_Delivered_At__c=date(2026, 11, 20)),
        ]
    )

    records = org.of("write")[0].json()["records"]
    assert [{k: v for k, v in r.items() if k.endswith("__c")} for r in records] == [
        {"Handoff_Completeness__c": 66.7, "Handoff_Status__c": "x" * 40},
        {"Handoff_Completeness__c": 80, "Handoff_Missing__c": None},
        {"Handoff_Delivered_At__c": "2026-11-20T17:03:22.000+0000"},
        {"Handoff_Delivered_At__c": "2026-11-20"},
    ]


@pytest.mark.parametrize("value", [datetime(2026, 11, 20), ["a"], b"x"])  # noqa: DTZ001
def test_a_value_salesforce_has_no_form_for_is_our_bug(crm: Salesforce, value: object) -> None:
    with pytest.raises(BridgeBug):
        crm.write_back([receipt(1, Handoff_Status__c=value)])


def test_a_field_that_cannot_be_written_is_refused_by_name_and_not_sent(org: FakeOrg, clock: FakeClock) -> None:
    org.writable.discard("Handoff_Missing__c")
    fields = ("Handoff_Status__c", "Handoff_Missing__c", "Handoff_Gone__c")
    crm = salesforce_over(gateway_to(org, clock), write_fields=fields)

    refused, written = crm.write_back([receipt(1, Handoff_Missing__c="a", Handoff_Gone__c="b"), receipt(2)])

    assert refused.result is Result.REJECTED
    assert "Handoff_Missing__c is read-only. Grant edit access" in refused.reason
    assert "Handoff_Gone__c is missing or hidden. Grant field-level security" in refused.reason
    assert written.result is Result.UPDATED
    assert len(org.of("write")[0].json()["records"]) == 1
    assert set(crm.unwritable()) == {"Handoff_Missing__c", "Handoff_Gone__c"}


def test_a_system_that_does_not_answer_leaves_receipts_waiting(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("write", *[Reply(503, "<html>")] * 9)

    outcomes = crm.write_back([receipt(n) for n in range(250)])

    assert {o.result for o in outcomes} == {Result.WAITING}
    assert org.count("write") == 4


def test_results_that_cannot_be_told_apart_are_not_believed(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("write", Reply(200, [{"id": number(1), "success": True, "errors": []}]))

    outcomes = crm.write_back([receipt(1), receipt(2)])

    assert {o.result for o in outcomes} == {Result.WAITING}


def test_one_value_of_the_wrong_type_leaves_the_others_written(crm: Salesforce, org: FakeOrg) -> None:
    bad = refusal("JSON_PARSER_ERROR", "Cannot deserialize instance of double")
    org.queue("write", bad, bad, bad)  # all four, the first two, the first

    outcomes = crm.write_back([receipt(n) for n in range(1, 5)])

    assert [o.result for o in outcomes] == [Result.REJECTED, Result.UPDATED, Result.UPDATED, Result.UPDATED]
    assert "JSON_PARSER_ERROR" in outcomes[0].reason


def test_a_mistake_in_every_record_does_not_burn_the_days_calls(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("write", *[refusal("JSON_PARSER_ERROR")] * 999)

    outcomes = crm.write_back([receipt(n) for n in range(200)])

    assert {o.result for o in outcomes} == {Result.REJECTED}
    assert org.count("write") < 50


def test_a_lost_answer_is_sent_again_for_it_writes_the_same(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("write", requests.ConnectionError("reset"))

    (outcome,) = crm.write_back([receipt(1)])

    assert (outcome.result, org.count("write")) == (Result.UPDATED, 2)


def test_missing_permission_stops_the_connector(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("write", refusal("API_DISABLED_FOR_ORG", status=403))

    with pytest.raises(NotAllowed):
        crm.write_back([receipt(1)])


def test_a_reading_command_cannot_write_back(org: FakeOrg, clock: FakeClock) -> None:
    crm = salesforce_over(gateway_to(org, clock, read_only=True))
    org.rows = [won_deal(1)]
    assert len(list(crm.changed(WINDOW))) == 1

    with pytest.raises(BridgeBug, match="Nothing was sent"):
        crm.write_back([receipt(1)])

    assert org.count("write") == 0


def test_only_the_write_back_is_no_read() -> None:
    assert [route.doing for route in ROUTES if not route.reads] == ["writing the handoff's status back"]
    assert all(route.repeatable for route in ROUTES)


def test_every_route_of_the_connectors_modules_is_among_them() -> None:
    modules = (salesforce, _salesforce_inspect, _salesforce_inspect_org, _salesforce_write_back)
    there = {one for module in modules for one in vars(module).values() if isinstance(one, Route)}

    assert there == set(ROUTES)


def test_no_receipts_are_no_call(crm: Salesforce, org: FakeOrg) -> None:
    assert crm.write_back([]) == []
    assert org.calls == []


def test_a_refused_query_is_told(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("deals", refusal("INVALID_TYPE", "sObject type 'Xyzzy__c' is not supported."))

    with pytest.raises(ConfigError, match="object Xyzzy__c is missing or hidden"):
        list(crm.changed(WINDOW))


@pytest.mark.parametrize("path", ["Account.Industry", "Contact.Email"])
def test_a_hidden_field_of_a_parent_or_child_is_a_mistake_of_the_mapping_by_name(
    crm: Salesforce, org: FakeOrg, path: str
) -> None:
    entity, name = path.split(".")
    org.queue("deals", refusal("INVALID_FIELD", f"No such column '{name}' on entity '{entity}'. If you are"))

    with pytest.raises(ConfigError) as caught:
        list(crm.changed(WINDOW))

    assert f"{path} is missing or hidden" in str(caught.value)
    assert "Grant field-level security to the integration user, or take it out of the mapping." in str(caught.value)
    assert org.count("deals") == 1


def test_the_fields_always_read_are_needed_too(crm: Salesforce, org: FakeOrg) -> None:
    org.fields = tuple(name for name in org.fields if name != "Amount")

    with pytest.raises(ConfigError, match=r"Opportunity\.Amount"):
        next(crm.changed(WINDOW))

    assert MAPPED.fields


@pytest.mark.parametrize("body", [{"portal": "sign in"}, ["x"], 7])
@pytest.mark.parametrize("kind", ["deals", "describe", "org"])
def test_an_answer_to_another_question_is_not_believed(crm: Salesforce, org: FakeOrg, kind: str, body: object) -> None:
    org.rows = [won_deal(1)]
    org.queue(kind, Reply(200, body))

    with pytest.raises(Transient, match="something else"):
        list(crm.changed(WINDOW))


def test_an_org_that_hides_its_id_is_told(crm: Salesforce, org: FakeOrg) -> None:
    org.queue("org", Reply(200, page([])))

    with pytest.raises(NotAllowed, match="does not tell its id"):
        crm.org()


def test_a_list_of_which_nothing_is_wanted_still_makes_a_statement(org: FakeOrg, clock: FakeClock) -> None:
    crm = salesforce_over(gateway_to(org, clock), wanted=Wanted((), {"OpportunityLineItems": ()}))

    list(crm.changed(WINDOW))

    assert "(SELECT Id FROM OpportunityLineItems ORDER BY Id)" in org.of("deals")[0].query["q"]
