"""
Measures the stand-ins' own cost, as ratios within one run: a busy machine slows both sides alike.

    python benchmarks/sandbox_speed.py
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx

from sandbox.clock import SimulatedClock
from sandbox.gainsight import GainsightEngine
from sandbox.salesforce import SalesforceEngine, new_id
from sandbox.shell import Background, free_port_base
from sandbox.wire import Request
from sandbox.world import World

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ORG = "00D000000000001EAA"
QUERY = (
    "SELECT Id, Account.Name, (SELECT Quantity FROM OpportunityLineItems), "
    "(SELECT StageName FROM OpportunityHistories) FROM Opportunity ORDER BY SystemModstamp, Id LIMIT {}"
)


def real_now() -> datetime:
    """Return the moment for tokens, which live in real time."""
    return NOW


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """Return the shortest of several tries."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def salesforce_rows() -> tuple[float, float]:
    """Return seconds a row for pages of 200 and of 2,000 among 4,000 deals."""
    engine = SalesforceEngine(org_id=ORG, real_now=real_now)
    account = new_id("001", 1, ORG)
    deals = [
        {
            "Id": new_id("006", n, ORG),
            "Name": f"Deal {n}",
            "StageName": "Closed Won",
            "CloseDate": "2026-03-01",
            "AccountId": account,
            "Amount": 1000.0,
        }
        for n in range(4_000)
    ]
    engine.load({"Account": [{"Id": account, "Name": "Acme"}], "Opportunity": deals}, NOW)

    def page(size: int) -> None:
        query = urlencode({"q": QUERY.format(size)})
        path, headers = "/services/data/v66.0/query", {"authorization": "Bearer sandbox"}
        answer = engine.handle(Request("GET", path, query, headers), NOW)
        assert len(json.loads(answer.body)["records"]) == size

    return seconds(lambda: page(200)) / 200, seconds(lambda: page(2_000)) / 2_000


def salesforce_few() -> tuple[float, float]:
    """Return seconds for the deals of the last minute among 1,000 and among 20,000."""

    def among(rows: int) -> float:
        engine = SalesforceEngine(org_id=ORG, real_now=real_now)
        deal = {"Name": "Deal", "StageName": "Closed Won", "CloseDate": "2026-03-01"}
        earlier = {**deal, "SystemModstamp": "2026-03-01T00:00:00.000+0000"}
        engine.load({"Opportunity": [dict(earlier) for _ in range(rows)] + [dict(deal) for _ in range(20)]}, NOW)
        query = urlencode({"q": "SELECT Id FROM Opportunity WHERE SystemModstamp >= 2026-03-10T11:59:00Z"})
        request = Request("GET", "/services/data/v66.0/query", query, {"authorization": "Bearer sandbox"})
        return seconds(lambda: engine.handle(request, NOW))

    return among(1_000), among(20_000)


def gainsight_keys() -> tuple[float, float]:
    """Return seconds for 200 keys of one condition among 1,000 and among 20,000 companies."""

    def among(rows: int) -> float:
        engine = GainsightEngine(tenant_id="t", real_now=real_now)
        engine.tenant({"gainsight": {"per_minute": 1_000_000}})
        engine.load({"Company": [{"Name": f"C{n}", "SfdcAccountId": f"S{n}"} for n in range(rows)]}, NOW)
        condition = {"name": "SfdcAccountId", "alias": "A", "value": [f"S{n}" for n in range(200)], "operator": "IN"}
        body = {"select": ["Gsid"], "where": {"conditions": [condition], "expression": "A"}}
        request = Request(
            "POST", "/v1/data/objects/query/Company", "", {"accesskey": "sandbox"}, json.dumps(body).encode()
        )
        return seconds(lambda: engine.handle(request, NOW))

    return among(1_000), among(20_000)


def shell_calls() -> tuple[float, float]:
    """Return seconds a call to an engine, without and with the socket around it."""
    base = free_port_base()
    clock = SimulatedClock(real_now=lambda: datetime.now(UTC), scale=60)
    world = World(seed=1, clock=clock, port_base=base, real_now=lambda: datetime.now(UTC))
    request = Request("GET", "/services/data/", "", {})
    with Background(world, base), httpx.Client(trust_env=False) as client:
        alone = seconds(lambda: [world.handle("salesforce", request) for _ in range(100)]) / 100
        served = seconds(lambda: [client.get(f"http://127.0.0.1:{base + 1}/services/data/") for _ in range(100)]) / 100
    return alone, served


def main() -> None:
    """Print the ratios."""
    small, large = salesforce_rows()
    print(f"Salesforce, a row of a page of 2,000 against one of 200: {large / small:.2f} times ({large * 1e6:.0f} us)")
    few, many = salesforce_few()
    print(f"Salesforce, 20 new deals among 20,000 against 1,000:     {many / few:.2f} times ({many * 1e3:.1f} ms)")
    few, many = gainsight_keys()
    print(f"Gainsight, 200 keys among 20,000 rows against 1,000:     {many / few:.2f} times ({many * 1e3:.1f} ms)")
    alone, served = shell_calls()
    print(f"a call over HTTP against the engine alone: {served / alone:.1f} times ({served * 1e3:.2f} ms)")


if __name__ == "__main__":
    main()
