"""A real sandbox process, and the command driven over HTTP as a person would."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from sandbox.shell import free_port_base
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
