"""Prefect for tests: a server of its own, in a home of its own, with nothing sent anywhere."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.shell import free_port_base
from tests.processes import HANDOFF, Running, get

PREFECT = [sys.executable, "-m", "prefect"]
SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_LEVEL": "WARNING",
}


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for Prefect, and its settings in the environment, before anything imports it."""
    home = tmp_path_factory.mktemp("prefect")
    before = dict(os.environ)
    os.environ.pop("PREFECT_API_URL", None)
    os.environ.update(SETTINGS | {"PREFECT_HOME": str(home)})
    yield home
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """One Prefect server for every test of a worker, since starting it takes longer than most; the way to it."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port_base(1)
    env = SETTINGS | {"PREFECT_HOME": str(folder / "home"), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
    command = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    started = {name: value for name, value in env.items() if name != "PREFECT_API_URL"}
    with Running(command, log=folder / "server.log", env=started) as process:
        process.until(lambda: get(f"{env['PREFECT_API_URL']}/health"), what="Prefect server")
        yield env


@pytest.fixture(scope="session")
def prefect_backend(prefect_home: Path, server: dict[str, str]) -> Iterator[None]:
    """That server for flows run in this process."""
    from prefect.logging.handlers import APILogWorker
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_API_URL: server["PREFECT_API_URL"], PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
        APILogWorker.instance().drain()  # while the server is still there to take them


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[int]:
    base = free_port_base()
    with Running([*HANDOFF, "sandbox", "--port-base", str(base)], log=tmp_path / "sandbox.log") as process:
        process.until(lambda: get(f"http://127.0.0.1:{base}/healthz"), what="sandbox")
        yield base
