"""Real processes for tests: started, waited for, and ended by their id, with what they said kept for a failing test."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

HANDOFF = [sys.executable, "-m", "cli"]
ROOT = Path(__file__).resolve().parent.parent
LONGEST_WAIT_SECONDS = 120.0
_direct = build_opener(ProxyHandler({}))


class Running:
    """A process for the length of a `with` block; it gets SIGTERM at the end, and SIGKILL if it does not listen."""

    def __init__(self, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> None:
        self.command, self.log = list(command), log
        self.env = {**os.environ, **(env or {})}

    def __enter__(self) -> "Running":
        self._out = self.log.open("wb")
        self.process = subprocess.Popen(
            self.command, stdout=self._out, stderr=subprocess.STDOUT, env=self.env, cwd=ROOT, stdin=subprocess.DEVNULL
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._out.close()

    def until(self, ready: Callable[[], Any], *, what: str, seconds: float = LONGEST_WAIT_SECONDS) -> Any:
        """Return the first true answer of `ready`; fail with the process's log when none comes."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            assert self.process.poll() is None, f"ended before {what}:\n{self.said()}"
            try:
                answer = ready()
            except OSError:
                answer = None
            if answer:
                return answer
            time.sleep(0.1)
        raise AssertionError(f"no {what} within {seconds:.0f} s:\n{self.said()}")

    def said(self) -> str:
        """Return the end of what the process printed."""
        return self.log.read_text(errors="replace")[-4000:]


def get(url: str) -> Any:
    """Return the JSON of a local address."""
    with _direct.open(url, timeout=10) as answer:
        return json.load(answer)


def post(url: str, body: Any) -> Any:
    """Post JSON to a local address and return the JSON answered."""
    request = Request(url, json.dumps(body).encode(), {"content-type": "application/json"}, method="POST")
    with _direct.open(request, timeout=30) as answer:
        return json.load(answer)


def handoff(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would, and return how it ended."""
    return subprocess.run(
        [*HANDOFF, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        cwd=ROOT,
        timeout=LONGEST_WAIT_SECONDS,
        check=False,
    )
