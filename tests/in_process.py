"""The whole bridge over the sandbox's own engines in one process: no sockets, no waiting, the same settings."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

import connectors
from connectors._http import CALL_TIMEOUT_SECONDS
from connectors._system import World as Given
from flows._instances import stand_in
from flows._wiring import SHIPPED_MAPPINGS, Beating
from handoff.bridge import Bridge
from handoff.budgets import SharedBudget
from handoff.ledger import Ledger
from handoff.loading import load_mappings
from handoff.ports import Budget, Clock
from sandbox.clock import SimulatedClock
from sandbox.seed import Contents, contents
from sandbox.wire import Cut, Request, Response
from sandbox.world import World

furnished = lru_cache(maxsize=8)(contents)
"""The tenant that `contents` makes, made once: a world takes copies of what it is given."""

START = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)


def world_at(
    start: datetime = START,
    *,
    seed: int = 1,
    scale: float = 60.0,
    tenant: Callable[[int, datetime], Contents] = furnished,
) -> World:
    """Return a sandbox whose clock moves only when somebody sleeps or advances it: real time stands still."""
    clock = SimulatedClock(real_now=lambda: start, start=start, scale=scale)
    return World(seed=seed, clock=clock, real_now=lambda: start, tenant=tenant)


def bridge_over(
    world: World,
    tmp_path: Path,
    *,
    crm: str = "salesforce",
    platform: str = "gainsight",
    mappings: Path | None = None,
    read_only: bool = False,
    list_size: int | None = None,
    share: float = 1.0,
    clock: Clock | None = None,
    **environment: str,
) -> Bridge:
    """
    Return a bridge from one of this world's CRMs to one of its platforms, its ledger in `tmp_path`.

    `environment` sets what a deployment would set there, by the names' ends: `CRM_MAIN_CLIENT_SECRET="wrong"`.
    `share` is the part of every limit that it may use; `clock` stands for the one whose sleep moves the world's.
    A second bridge over the same folder goes on with the first one's ledger. No system is called yet.
    """
    ends = {} if list_size is None else {"PLATFORM_MAIN_LIST_SIZE": str(list_size)}
    variables = {f"HANDOFF_{name}": value for name, value in (ends | environment).items()}
    of_crm, of_platform = connectors.crms()[crm], connectors.platforms()[platform]

    loaded = load_mappings(mappings or SHIPPED_MAPPINGS, crm=crm, platform=of_platform.platform)
    ledger = Ledger(f"sqlite:///{tmp_path / 'handoff.db'}")
    ledger.open(stamps={})
    clock = Beating(clock or SleepAdvances(world.clock), ledger.beat)

    def given(system: str) -> Given:
        return given_over(
            world, system, clock=clock, budget=SharedBudget(ledger, share=share), read_only=read_only, beat=ledger.beat
        )

    made = of_crm.make(stand_in(of_crm, world.port_base, variables), loaded, given(crm))
    beside = replace(given(platform), crm=made, work_in=of_crm.work_in)
    return Bridge(
        made,
        of_platform.make(stand_in(of_platform, world.port_base, variables), beside),
        loaded,
        ledger,
        clock,
        lease_clock=Unscaled(world.clock),
    )


def given_over(
    world: World,
    system: str,
    *,
    clock: Clock,
    budget: Budget,
    read_only: bool = False,
    beat: Callable[[], None] = lambda: None,
) -> Given:
    """Return what a connector is given whose network is one system of this world."""
    return Given(
        clock,
        budget,
        jitter=lambda: 0.5,
        read_only=read_only,
        httpx_transport=Transport(world, system),
        requests_adapter=Adapter(world, system),
        beat=beat,
    )


class SleepAdvances:
    """The business clock that reads a simulated one; a sleep moves it and takes no time."""

    def __init__(self, simulated: SimulatedClock) -> None:
        self._simulated = simulated

    def now(self) -> datetime:
        return self._simulated.now()

    def sleep(self, seconds: float) -> None:
        self._simulated.advance(max(0.0, seconds))

    @property
    def scale(self) -> float:
        return self._simulated.reading()["scale"]


class Unscaled:
    """The lease clock beside a simulated one: a real second passes when `scale` simulated ones do."""

    def __init__(self, simulated: SimulatedClock) -> None:
        self._simulated = simulated

    def now(self) -> datetime:
        reading = self._simulated.reading()
        return START + (self._simulated.now() - START) / reading["scale"]


def answered(world: World, system: str, asked: Request) -> Response:
    """
    Return a world's answer once it has arrived: what takes real time moves the clock instead.

    Raises:
        Cut: no answer came; a caller that waits for none has waited for its whole time-out.
    """
    try:
        said = world.handle(system, asked)
    except Cut as cut:
        if cut.how == "silent":
            pass_by(world, CALL_TIMEOUT_SECONDS)
        raise
    pass_by(world, min(said.delay, CALL_TIMEOUT_SECONDS))
    if said.delay >= CALL_TIMEOUT_SECONDS:
        raise Cut("silent")
    return said


def pass_by(world: World, real_seconds: float) -> None:
    """Let so many seconds of real time pass on a world's clock."""
    if real_seconds:
        world.clock.advance(real_seconds * world.clock.reading()["scale"])


_HTTPX_ERRORS: dict[str, type[httpx.TransportError]] = {
    "refused": httpx.ConnectError,
    "reset": httpx.RemoteProtocolError,
    "silent": httpx.ReadTimeout,
}


def _requests_error(cut: Cut, request: requests.PreparedRequest) -> requests.RequestException:
    """Return the error that requests raises over a real socket, with the same cause inside."""
    if cut.how == "silent":
        return requests.ReadTimeout("Read timed out.", request=request)
    if cut.how == "reset":
        broken = ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
        return requests.ConnectionError(broken, request=request)
    pool = HTTPSConnectionPool("127.0.0.1")
    never = NewConnectionError(HTTPSConnection("127.0.0.1"), "Connection refused")
    return requests.ConnectionError(MaxRetryError(pool, str(request.url), never), request=request)


class Transport(httpx.BaseTransport):
    """Stands for the network under httpx: hands each call to one system of a world, as the sandbox's shell does."""

    def __init__(self, world: World, system: str) -> None:
        self._world, self._system = world, system

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = Request(
            request.method,
            request.url.path,
            request.url.query.decode("ascii"),
            {name.lower(): value for name, value in request.headers.items()},
            request.read(),
        )
        try:
            said = answered(self._world, self._system, asked)
        except Cut as cut:
            raise _HTTPX_ERRORS[cut.how](f"the call was cut: {cut.how}", request=request) from cut
        return httpx.Response(said.status, headers=dict(said.headers), content=said.body)


class Adapter(BaseAdapter):
    """Stands for the network under requests, as `Transport` does under httpx."""

    def __init__(self, world: World, system: str) -> None:
        super().__init__()
        self._world, self._system = world, system

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        asked = Request(str(request.method), unquote(parts.path), parts.query, headers, body)
        try:
            said = answered(self._world, self._system, asked)
        except Cut as cut:
            raise _requests_error(cut, request) from cut
        response = requests.Response()
        response.status_code, response._content = said.status, said.body
        response.headers.update(dict(said.headers))
        return response

    def close(self) -> None:
        """Nothing is open."""
