"""The sockets: every system of a world on its own port of one process, and the control API beside them."""

import asyncio
import contextlib
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.clock import SimulatedClock, iso_moment
from sandbox.control import control_app
from sandbox.csv_data import CRMS
from sandbox.naming import unknown
from sandbox.scenario import Scenario, read_scenario
from sandbox.seed import contents
from sandbox.stand_ins import stand_ins
from sandbox.wire import Cut, Request
from sandbox.world import SandboxError, World, port_of

HOST = "127.0.0.1"
DEFAULT_SEED = 1
DEFAULT_CRM = "salesforce"
DEFAULT_SCALE = 60.0
CONNECTION = "sandbox.connection"
SILENCE = 15.0  # seconds; longer than a client waits
KEEP_ALIVE = 120  # seconds; shorter, and an idle client's next call meets a connection that is being closed


def run(
    *,
    port_base: int,
    seed: int | None,
    scale: float | None,
    scenario: Path | None,
    load_csv: Path | None,
    say: Callable[[str], None],
    crm: str | None = None,
) -> None:
    """
    Serve a sandbox until SIGINT or SIGTERM; `say` gets one line when it is ready.

    An argument that is None is left to the scenario, then to the defaults (seed 1, scale 60, Salesforce); `crm` is the
    one that `load_csv` goes into, or else by whose ids the platforms know the tenant's customers.
    Raises `SandboxError` for a person's mistakes: a bad file, a port in use.
    """
    world = build(port_base=port_base, seed=seed, scale=scale, scenario=scenario, load_csv=load_csv, crm=crm)
    serve(world, port_base, ready=lambda: say(welcome(world)))


def build(
    *,
    port_base: int,
    seed: int | None,
    scale: float | None,
    scenario: Path | None,
    load_csv: Path | None,
    crm: str | None = None,
) -> World:
    """Return the world that `run` serves; raises `SandboxError` for a person's mistakes."""
    told = read_scenario(scenario) if scenario else Scenario()
    works_with = crm or told.into or DEFAULT_CRM
    if works_with not in CRMS:
        raise SandboxError(unknown("CRM", works_with, CRMS))
    try:
        world = World(
            seed=first_said(seed, told.seed, DEFAULT_SEED),
            clock=started_clock(told, scale),
            port_base=port_base,
            real_now=real_now,
            tenant=partial(contents, crm=works_with),
        )
    except ValueError as error:
        raise SandboxError(str(error)) from error
    orders = told.to_load(csv=load_csv, into=crm)
    if orders:
        world.load(orders)
    world.faults([*told.faults])
    return world


def started_clock(told: Scenario, scale: float | None) -> SimulatedClock:
    """Return the clock as scenario and command line want it; it stands right before anything is loaded."""
    orders = {"scale": DEFAULT_SCALE, **told.clock} | ({} if scale is None else {"scale": scale})
    start = iso_moment(orders.pop("set")) if "set" in orders else None
    clock = SimulatedClock(real_now=real_now, start=start)
    clock.change(orders)
    return clock


def first_said(*values: int | None) -> int:
    """Return the first value that is not None."""
    return next(value for value in values if value is not None)


def real_now() -> datetime:
    """Return the machine's time, in UTC."""
    return datetime.now(UTC)


def welcome(world: World) -> str:
    """Return one line: the addresses, and what the tenant holds."""
    addresses = ", ".join(f"{name} http://{HOST}:{port}" for name, port in ports_of(world, world.port_base).items())
    held = (
        one.sums_up(world.state(name)[name])
        for name, one in stand_ins().items()
        if one.sums_up and name in world.systems
    )
    return f"Sandbox ready: {addresses}; {', '.join(held)}."


def ports_of(world: World, port_base: int) -> dict[str, int]:
    """Return the port of the control API and of each system that the world has."""
    return {name: port_base + port_of(name) for name in ("control", *world.systems)}


def serve(world: World, port_base: int, *, ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, from the main thread; `SandboxError` when a port is in use."""
    server, listeners = prepared(world, port_base)

    async def until_told() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.leave)
        await server.announce(listeners, ready or (lambda: None))

    asyncio.run(until_told())


class Background:
    """
    A world served from a thread while the `with` block runs.

    `port_base` 0 picks free ports; the one in use is `self.port_base`. A world made for other ports moves,
    which loses what was loaded on top of its tenant: load inside the block.
    """

    def __init__(self, world: World, port_base: int) -> None:
        self.world = world
        self.port_base = port_base

    def __enter__(self) -> Self:
        if self.port_base == 0:
            self.port_base = free_port_base()
        self._server, listeners = prepared(self.world, self.port_base)
        up = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.announce(listeners, up.set)), name="sandbox", daemon=True
        )
        self._thread.start()
        up.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.leave()
        self._thread.join(10)

    def url(self, name: str) -> str:
        """Return the address of a system, or of `control`, without a slash at the end."""
        return f"http://{HOST}:{ports_of(self.world, self.port_base)[name]}"


class Shell(uvicorn.Server):
    """A uvicorn that leaves signals to its caller and tells when it listens."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    def leave(self) -> None:
        """Stop soon, answering the calls that are under way."""
        self.should_exit = True

    async def announce(self, listeners: list[socket.socket], ready: Callable[[], None]) -> None:
        """Serve until told to leave, calling `ready` once when calls are answered."""
        serving = asyncio.ensure_future(self.serve(sockets=listeners))
        while not self.started and not serving.done():
            await asyncio.sleep(0.005)
        ready()
        await serving


def prepared(world: World, port_base: int) -> tuple[Shell, list[socket.socket]]:
    """Return a server and the sockets it will listen on; `SandboxError` when a port is in use."""
    ports = ports_of(world, port_base)
    apps: dict[int, ASGIApp] = {port: system_app(world, name) for name, port in ports.items() if name != "control"}
    apps[ports["control"]] = control_app(world)
    config = uvicorn.Config(
        ByPort(apps),
        lifespan="off",
        ws="none",
        http=Connection,
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )
    listeners = listeners_on(list(ports.values()))
    world.move(port_base)
    return Shell(config), listeners


class ByPort:
    """Hands a call to the app of the port it came in on."""

    def __init__(self, apps: dict[int, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        await self._apps[scope["server"][1]](scope, receive, send)


def system_app(world: World, system: str) -> Starlette:
    """Return the thin app before one engine; a bug in the engine answers 500 with its traceback on stderr."""
    return Starlette(routes=[Route("/{path:path}", Door(world, system))])


class Door:
    """Turns an HTTP call into a `Request`, whatever its method, and the engine's `Response` into an answer."""

    def __init__(self, world: World, system: str) -> None:
        self._world = world
        self._system = system

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        call = HttpRequest(scope, receive)
        try:
            body = await call.body()
        except ClientDisconnect:  # the caller is gone before it had said everything: nothing was asked
            return
        connection: Connection = scope["extensions"][CONNECTION]
        request = Request(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )
        try:
            answer = self._world.handle(self._system, request)
        except Cut as cut:
            await connection.cut_off(cut, receive)
            return
        if answer.delay and await connection.hold(receive, answer.delay):
            return
        await HttpResponse(answer.body, answer.status, dict(answer.headers))(scope, receive, send)


class Connection(H11Protocol):
    """
    A connection that the app can close without an answer, and that closes by itself when a held call ends the server.

    The app finds it in `scope["extensions"][CONNECTION]`.
    """

    held = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Take a connection; each call on it is told which one it is."""
        super().connection_made(transport)
        app = cast(ASGIApp, self.app)

        async def told(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[CONNECTION] = self
            await app(scope, receive, send)

        self.app = told

    def shutdown(self) -> None:
        """Go with the server; a held call is given up."""
        super().shutdown()
        if self.held:
            self.transport.abort()

    async def hold(self, receive: Receive, seconds: float) -> bool:
        """Let the call wait, in real time; return whether its caller, or the server, left meanwhile."""
        self.held = True
        try:
            await asyncio.wait_for(gone(receive), seconds)
        except TimeoutError:
            return False
        finally:
            self.held = False
        return True

    async def cut_off(self, cut: Cut, receive: Receive) -> None:
        """
        Close without an answer; when it is to be silent, after the caller has given up.

        One call cannot be refused its connection, for the call is known only when it came in over one. So a
        refused call and one reset before it was carried out look the same from outside: closed, nothing applied.
        """
        if cut.how == "silent" and await self.hold(receive, SILENCE):
            return
        self.transport.abort()
        await gone(receive)


async def gone(receive: Receive) -> None:
    """Return once the caller has left, or the server is about to."""
    while (await receive())["type"] != "http.disconnect":
        pass


def listeners_on(ports: list[int]) -> list[socket.socket]:
    """Return a bound socket for each port; all of them or `SandboxError`."""
    made: list[socket.socket] = []
    for port in ports:
        try:
            made.append(bound(port))
        except OSError as error:
            for listener in made:
                listener.close()
            raise SandboxError(
                f"Cannot listen on port {port}: {error.strerror}. "
                "Stop what uses it, or choose other ports with --port-base."
            ) from error
        except OverflowError as error:
            raise SandboxError(f"There is no port {port}. Choose a --port-base from 1024 to 65528.") from error
    return made


def bound(port: int) -> socket.socket:
    """Return a socket bound to a port of this machine; raises `OSError` when that cannot be."""
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it on, a call takes 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


def free_port_base(count: int = 8) -> int:
    """Return the first of `count` consecutive ports that are free now; `SandboxError` when none were found."""
    for _ in range(200):
        # below the range from which systems hand out ports, so that an outgoing call does not take one
        base = 10_000 + secrets.randbelow(20_000)
        try:
            listeners = listeners_on(list(range(base, base + count)))
        except SandboxError:
            continue
        for listener in listeners:
            listener.close()
        return base
    raise SandboxError(f"Found no {count} free ports in a row. Name some with --port-base.")
