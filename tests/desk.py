"""A real sandbox process, and `handoff` as a person runs it on it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

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
        return self.control(f"/state?system={system}&object={name}")[system][name]

    def writes(self) -> int:
        """Return how many write calls have reached the stand-ins."""
        return sum(row["mutates"] for row in self.control("/journal"))

    def control(self, path: str) -> Any:
        """Return what the sandbox says of itself at an address such as `/state`."""
        return get(f"http://127.0.0.1:{self.base}{path}")

    def order(self, path: str, body: Any) -> Any:
        """Post to the sandbox itself, as to `/faults`."""
        return post(f"http://127.0.0.1:{self.base}{path}", body)

    def load(self, body: Any) -> None:
        """Edit records as a person would."""
        self.order("/load", body)

    def wait(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.order("/clock", {"advance": seconds})


@contextmanager
def at_a_desk(folder: Path, *, crm: str = "salesforce", **environment: str) -> Iterator[Desk]:
    """Yield a desk over a sandbox with seed 7 that works with this CRM; `environment` is what the person has set."""
    base = free_port_base()
    command = [*HANDOFF, "sandbox", "--port-base", str(base), "--seed", "7", "--crm", crm]
    with Running(command, log=folder / "sandbox.log") as sandbox:
        sandbox.until(lambda: get(f"http://127.0.0.1:{base}/healthz"), what="sandbox")
        yield Desk(base, {"HANDOFF_SANDBOX": str(base), "XDG_STATE_HOME": str(folder / "state"), **environment})
