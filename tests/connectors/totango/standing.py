"""The stand-in's engine behind an httpx transport, and a bridge that hands deals off into it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx

from connectors._totango_settings import Addresses
from connectors.totango import SYSTEM, Totango
from flows._wiring import Beating
from handoff.budgets import SharedBudget
from handoff.loading import load_mappings
from handoff.mapping import Mappings
from sandbox.people import address
from sandbox.totango import TotangoEngine
from sandbox.totango.org import totango_user
from sandbox.wire import Request
from tests.connectors.totango.world import connector
from tests.fakes import FakeClock, World
from tests.handoff.builders import SHIPPED

PEOPLE = ("Priya Shah", "Ben Okafor", "Cleo Martin", "Maya Lind", "Tomas Reyes", "Integration")
BASE = "http://127.0.0.1:8704"


class StandIn:
    """The engine; `asked` counts calls by path, `answered` by status; `lose` names a path whose answer is lost once."""

    def __init__(self, clock: FakeClock, **switches: Any) -> None:
        self.clock = clock
        self.engine = TotangoEngine(tenant_id="acme", real_now=lambda: datetime(2026, 3, 10, tzinfo=UTC))
        self.engine.tenant({"totango": switches})
        self.load(totango_users=[totango_user(name, address(name)) for name in PEOPLE])
        self.asked: Counter[str] = Counter()
        self.answered: Counter[int] = Counter()
        self.lose = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = request.url.query.decode()
        answer = self.engine.handle(
            Request(request.method, request.url.path, query, headers, request.content), self.clock.now()
        )
        self.asked[f"{request.method} {request.url.path}"] += 1
        self.answered[answer.status] += 1
        if request.url.path == self.lose:
            self.lose = ""
            raise httpx.ReadTimeout("the answer is lost")
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)

    def load(self, **objects: Any) -> None:
        """Let people edit records."""
        self.engine.load(objects, self.clock.now())

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the records of an object."""
        return self.engine.state_of(name)


def platform(stand_in: StandIn, *, region: Any = "us", **more: Any) -> Totango:
    """Return a connector to the stand-in."""
    where = {"addresses": Addresses.of(region, BASE), **more}
    return connector(stand_in, **{"clock": stand_in.clock, **where})


@cache
def mappings() -> Mappings:
    """Return the mappings that are shipped, with Totango as the target."""
    return load_mappings(SHIPPED, crm="salesforce", platform=SYSTEM.platform)


def a_world(*, wave: int = 2_000, switches: Mapping[str, Any] | None = None, **settings: Any) -> tuple[World, StandIn]:
    """Return a world whose platform is the stand-in behind our connector."""
    world = World(mappings(), "sqlite://", {}, wave=wave)
    stand_in = StandIn(world.clock, **(switches or {}))
    clock, budget = Beating(world.clock, world.ledger.beat), SharedBudget(world.ledger)
    world.bridge = replace(world.bridge, platform=platform(stand_in, clock=clock, budget=budget, **settings))
    return world, stand_in
