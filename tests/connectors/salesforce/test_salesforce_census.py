"""Every deal that was won, asked for in a way of its own, over the stand-in's engine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors._salesforce_login import ClientCredentials
from connectors.salesforce import Salesforce
from handoff.counted import Whereabouts
from handoff.model import Window, WonHow
from sandbox.salesforce.engine import SalesforceEngine
from tests.connectors.salesforce.fake_org import FakeOrg, Reply, gateway_to, page, refusal, salesforce_over, won_deal
from tests.connectors.salesforce.sandbox_org import SandboxOrg, engine_at
from tests.fakes import FakeClock

AT = datetime(2026, 11, 20, 17, 3, 22, tzinfo=UTC)
SINCE = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
AUTH = ClientCredentials(domain="acme.my", key="sandbox", secret="sandbox")
ONE, TWO, THREE = (f"00600000000000{n}AAA" for n in (1, 2, 3))


def deal(record_id: str, **fields: Any) -> dict[str, Any]:
    given = {"Name": f"Deal {record_id[14]}", "StageName": "Closed Won", "CloseDate": "2026-11-20", "Amount": 10}
    return {"Id": record_id, **given, **fields}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(AT)


@pytest.fixture
def engine(clock: FakeClock) -> SalesforceEngine:
    return engine_at(clock)


def over(engine: SalesforceEngine, clock: FakeClock, **changes: Any) -> Salesforce:
    gateway = gateway_to(SandboxOrg(engine, clock), clock, auth=AUTH, rewrite_to="http://127.0.0.1:8701")
    return salesforce_over(gateway, first_seen=clock.now, **changes)


def ids(crm: Salesforce, window: Window = SINCE) -> list[str]:
    return [one.ref.id for page in crm.census(window) for one in page]


def test_every_deal_won_in_the_window_comes_once_whatever_changed_since(engine, clock):
    engine.tenant({"page_size": 1})
    engine.load({"Opportunity": [deal(ONE), deal(TWO), deal(THREE, StageName="Prospecting")]}, AT)

    assert ids(over(engine, clock)) == [ONE, TWO]


def test_a_deal_won_before_the_window_is_left_out_however_late_its_close_date(engine, clock):
    early = datetime(2026, 6, 1, tzinfo=UTC)
    engine.load({"Opportunity": [deal(ONE, CloseDate="2026-11-30")]}, early)
    engine.load({"Opportunity": [deal(ONE, Amount=99)]}, AT)

    assert ids(over(engine, clock)) == []


def test_a_deal_won_in_the_window_with_a_close_date_left_in_the_past_is_there(engine, clock):
    engine.load({"Opportunity": [deal(ONE, StageName="Prospecting", CloseDate="2025-01-31")]}, AT - timedelta(90))
    engine.load({"Opportunity": [{"Id": ONE, "StageName": "Closed Won"}]}, AT)

    assert ids(over(engine, clock)) == [ONE]


def test_a_deleted_deal_comes_as_such_and_says_what_it_was_told(engine, clock):
    engine.load({"Opportunity": [deal(ONE, Handoff_Status__c="Handed off")]}, AT)
    engine.load({"Opportunity": [{"Id": ONE, "_deleted": True}]}, AT)

    ((one,),) = over(engine, clock, write_fields=("Handoff_Status__c", "Nowhere__c")).census(SINCE)

    assert one.deleted
    assert one.told == {"Handoff_Status__c": "Handed off"}
    assert (one.won_at, one.won_how, one.episode, one.changed_at) == (AT, WonHow.HISTORY, 1, AT)


def test_a_cursor_that_expires_is_taken_up_behind_the_last_deal():
    clock = FakeClock()
    org = FakeOrg(clock)
    org.lists = ("OpportunityHistories",)
    rows = [won_deal(n, IsDeleted=False) for n in (1, 2)]
    org.queue("deals", Reply(200, page(rows[:1], "/services/data/v66.0/query/01g-1")), Reply(200, page(rows[1:])))
    org.queue("more", refusal("INVALID_QUERY_LOCATOR"))
    crm = salesforce_over(gateway_to(org, clock))

    found = ids(crm, Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)))

    assert found == [row["Id"] for row in rows]
    first, second = org.of("deals")
    assert first.path == second.path == "/services/data/v66.0/queryAll/"
    assert f"Id > '{rows[0]['Id']}' ORDER BY Id" in second.query["q"]


def test_where_a_deal_stands_now_is_told_and_what_nobody_sees_is_absent(engine, clock):
    four = "006000000000004AAA"
    deals = [deal(ONE), deal(TWO, StageName="Prospecting"), deal(THREE, StageName="Closed Lost"), deal(four)]
    engine.load({"Opportunity": deals}, AT)
    engine.load({"Opportunity": [{"Id": four, "_deleted": True}]}, AT)

    where = over(engine, clock).whereabouts([ONE, TWO, THREE, four, "006000000000009AAA"])

    assert where == {
        ONE: Whereabouts.WON,
        TWO: Whereabouts.OPEN,
        THREE: Whereabouts.LOST,
        four: Whereabouts.DELETED,
    }
