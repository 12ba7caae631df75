"""The control API: what a test or a person asks of the sandbox itself, as JSON."""

import json
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.wire import Json
from sandbox.world import SandboxError, World

Answer = Callable[[Json], Json]
Endpoint = Callable[[Request], Awaitable[Response]]

ROUTES = "GET /state, GET /journal, GET and POST /clock, POST /load, POST /reset, GET and POST /faults, GET /healthz"


def control_app(world: World) -> Starlette:
    """Return the control API of a world; wrong input answers 400 with `{"error": what and how to fix}`."""
    return Starlette(
        routes=[
            Route("/state", shown(world.state, "system", "object"), methods=["GET"]),
            Route("/journal", shown(world.journal, "system"), methods=["GET"]),
            Route("/clock", shown(world.clock.reading), methods=["GET"]),
            Route("/clock", told(lambda body: changed_clock(world, body)), methods=["POST"]),
            Route("/load", told(lambda body: {"loaded": world.load(body)}), methods=["POST"]),
            Route("/reset", told(lambda body: begun_again(world, body)), methods=["POST"]),
            Route("/faults", shown(world.faults_set), methods=["GET"]),
            Route("/faults", told(lambda body: world.faults([] if body is None else body)), methods=["POST"]),
            Route("/healthz", shown(world.healthz), methods=["GET"]),
        ],
        exception_handlers={HTTPException: wrong_address},
    )


def changed_clock(world: World, body: Json) -> Json:
    """Carry out the clock's orders and return its new reading."""
    if not isinstance(body, dict):
        raise SandboxError('The clock takes an object: {"scale": n}, {"advance": seconds}, {"set": ISO time}.')
    world.clock.change(body)
    return world.clock.reading()


def begun_again(world: World, body: Json) -> Json:
    """Reset the world, with another seed when one is named, and return who it is now."""
    orders = {} if body is None else body
    if not isinstance(orders, dict) or set(orders) - {"seed"}:
        raise SandboxError('A reset takes nothing, or {"seed": a whole number}.')
    seed = orders.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise SandboxError(f"The seed is a whole number, not {seed!r}.")
    world.reset(seed)
    return world.healthz()


def shown(read: Callable[..., Json], *parameters: str) -> Endpoint:
    """Return an endpoint that reads, passing on these query parameters and refusing others."""

    async def endpoint(request: Request) -> Response:
        asked = dict(request.query_params)
        if extra := [name for name in asked if name not in parameters]:
            return refusal(f"There is no parameter {extra[0]!r} here. Use: {', '.join(parameters) or 'none'}.")
        return await answered(lambda: read(**{name: value for name, value in asked.items() if value}))

    return endpoint


def told(do: Answer) -> Endpoint:
    """Return an endpoint that takes a JSON body; an empty body is None."""

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            body = json.loads(raw) if raw.strip() else None
        except ValueError as error:
            return refusal(f"The body is no JSON: {error}.")
        return await answered(lambda: do(body))

    return endpoint


async def answered(work: Callable[[], Json]) -> Response:
    """Do the work off the loop, since a load may take seconds, and answer with what it returns."""
    try:
        return as_json(200, await run_in_threadpool(work))
    except (SandboxError, ValueError) as error:
        return refusal(str(error))


def refusal(message: str) -> Response:
    """Return 400 and what to do about it."""
    return as_json(400, {"error": message})


async def wrong_address(_request: Request, error: Exception) -> Response:
    """Answer a route that does not exist, or a method it does not take."""
    assert isinstance(error, HTTPException)
    plain = error.detail in ("Not Found", "Method Not Allowed")
    message = f"{error.detail}. The control API has: {ROUTES}." if plain else error.detail
    return as_json(error.status_code, {"error": message})


def as_json(status: int, body: Json) -> Response:
    """Return a JSON answer."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(text, status, media_type="application/json")
