"""The network of a simulated world: every call takes time, may be disturbed, and lets other workers run."""

import random
from collections.abc import Callable

import httpx
from requests.adapters import BaseAdapter

from sandbox.wire import Cut, Request, Response
from tests.in_process import Adapter, Transport
from tests.simulator.hub import Hub

Answer = Callable[[Request], Response]
Disturb = Callable[[str, Request, Answer], Response]
"""Is given a system, a call, and what carries it out; returns the answer, or raises `Cut`."""

QUICK_SECONDS = (0.05, 0.4)


def undisturbed(system: str, request: Request, answer: Answer) -> Response:
    """Let every call through."""
    return answer(request)


class Network:
    """
    Stands between the workers and the systems of a world.

    Args:
        handle: Answers a call, as `sandbox.world.World.handle` does.
        chance: Decides how long calls take.
    """

    def __init__(self, handle: Callable[[str, Request], Response], hub: Hub, chance: random.Random) -> None:
        self._handle, self._hub, self._chance = handle, hub, chance
        self.disturb: Disturb = undisturbed
        self.clock = _Waiting(hub)
        self.calls = 0

    def handle(self, system: str, request: Request) -> Response:
        """Carry a call to its system and the answer back; raises `Cut` when none comes."""
        self.calls += 1
        name = f"{system} {request.method} {request.path}"
        self._hub.point(f"call: {name}", on_the_way=True)
        self._hub.sleep(self._chance.uniform(*QUICK_SECONDS) / 2)
        try:
            answer = self.disturb(system, request, lambda sent: self._handle(system, sent))
        except Cut as cut:
            self._hub.point(f"no answer ({cut.how}): {name}")
            raise
        self._hub.point(f"answer {answer.status}: {name}")
        self._hub.sleep(self._chance.uniform(*QUICK_SECONDS) / 2)
        return answer

    def under_httpx(self, system: str) -> httpx.BaseTransport:
        """Return what stands for the network under httpx."""
        return Transport(self, system)  # type: ignore[arg-type]  # it asks no more of a world than this

    def under_requests(self, system: str) -> BaseAdapter:
        """Return what stands for the network under requests."""
        return Adapter(self, system)  # type: ignore[arg-type]


class _Waiting:
    """What `tests.in_process` lets pass while a caller waits: here others run meanwhile."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def advance(self, seconds: float) -> None:
        self._hub.sleep(seconds)

    def reading(self) -> dict[str, float]:
        return {"scale": 1.0}
