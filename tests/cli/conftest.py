"""A real sandbox process driven over HTTP as a person would, and a small bridge in memory for every command."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from flows import _wiring
from flows._wiring import Choice
from handoff.settings import Instance, Settings
from sandbox.shell import free_port_base
from tests.fakes import ACTING, World
from tests.handoff.builders import folder_in, mappings_in, users
from tests.processes import HANDOFF, Running, get, handoff, post


@dataclass(frozen=True)
class Desk:
    """A running sandbox and the environment of a person who works on it."""

    base: int
    env: dict[str, str]

    def run(self, *arguments: str) -> CompletedProcess[str]:
        """Run `handoff` and return how it ended."""
        return handoff(*arguments, env=self.env)

    def json(self, *arguments: str) -> Any:
        """Run `handoff ... --json`, which must end well, and return its document."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def state(self, system: str, name: str) -> list[dict[str, Any]]:
        """Return the records the stand-in holds."""
        return get(f"http://127.0.0.1:{self.base}/state?system={system}&object={name}")[system][name]

    def writes(self) -> int:
        """Return how many write calls have reached the stand-ins."""
        return sum(row["mutates"] for row in get(f"http://127.0.0.1:{self.base}/journal"))

    def load(self, body: Any) -> None:
        """Edit records as a person would."""
        post(f"http://127.0.0.1:{self.base}/load", body)

    def wait(self, seconds: float) -> None:
        """Let simulated time pass."""
        post(f"http://127.0.0.1:{self.base}/clock", {"advance": seconds})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    base = free_port_base()
    command = [*HANDOFF, "sandbox", "--port-base", str(base), "--seed", "7"]
    with Running(command, log=tmp_path / "sandbox.log") as sandbox:
        sandbox.until(lambda: get(f"http://127.0.0.1:{base}/healthz"), what="sandbox")
        yield Desk(base, {"HANDOFF_SANDBOX": str(base), "XDG_STATE_HOME": str(tmp_path / "state")})


class Chosen(Choice):
    """The choice of the world below."""

    def settings(self) -> Settings:
        """Return settings of which only the mappings are read."""
        crm, platform = (
            Instance(k, "main", {"system": s}, {}) for k, s in (("crm", "salesforce"), ("platform", "gainsight"))
        )
        return Settings("sqlite://", (crm,), (platform,), self.folder)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a world that every command of this process works on."""
    world = World(mappings_in(tmp_path, ACTING), "sqlite://", users())

    @contextmanager
    def wired(*_: object, **__: object) -> Iterator[object]:
        world.clock.advance(60)
        yield world.bridge

    @contextmanager
    def open_ledger(_: object) -> Iterator[object]:
        yield world.ledger

    chosen = Chosen(folder_in(tmp_path, ACTING))
    monkeypatch.setattr(Chosen, "clock", lambda _: world.clock)
    monkeypatch.setattr(_wiring, "choice", lambda **_: chosen)
    monkeypatch.setattr(_wiring, "systems", lambda _: "a world in memory")
    monkeypatch.setattr(_wiring, "wired", wired)
    monkeypatch.setattr(_wiring, "open_ledger", open_ledger)
    return world
