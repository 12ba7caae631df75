"""What holds for all tests."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests.databases import Server, postgresql_server

settings.register_profile("ci", derandomize=True)  # CI says the same twice; a developer's run looks further
if os.environ.get("CI"):
    settings.load_profile("ci")

LONGEST = frozenset(
    ("test_two_at_once.py", "test_backfill_by_processes.py", "test_backfill_flow.py", "test_schedule.py")
)
"""The files of tests that take most of their time waiting."""

gc.disable()  # what collecting the tests makes stays until the end: nothing of it is looked through for garbage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests that start processes first, the longest before all, so that all workers end about together."""
    items.sort(key=lambda item: (item.path.name not in LONGEST, not item.get_closest_marker("process")))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


class ByFile(LoadFileScheduling):
    """Deals out whole files, and the flows' together, since they share a Prefect server."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "tests/flows" if file.startswith("tests/flows/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test on each database that a ledger may be kept in."""
    if request.param == "sqlite":
        yield "sqlite://"
        return
    with request.getfixturevalue("postgresql").database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Run the test on each database, where several may work on one ledger."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'handoff.db'}"
        return
    with request.getfixturevalue("postgresql").database() as url:
        yield url
