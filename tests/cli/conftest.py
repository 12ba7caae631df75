"""A real sandbox process driven over HTTP as a person would, and a small bridge in memory for every command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows import _wiring
from flows._wiring import Choice
from handoff.settings import Instance, Settings
from tests.desk import Desk, at_a_desk
from tests.fakes import ACTING, World
from tests.handoff.builders import folder_in, mappings_in, users


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_a_desk(tmp_path) as desk:
        yield desk


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
