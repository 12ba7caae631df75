"""Two passes on one ledger come one after the other."""

import threading
from pathlib import Path

import pytest

from flows import _alone
from flows._alone import alone
from handoff.errors import Transient


def untold(what: str, done: int, total: int) -> None:
    pass


def test_a_second_pass_waits_until_the_first_has_ended_and_says_that_it_waits(tmp_path: Path):
    url, order, waits = f"sqlite:///{tmp_path / 'l.db'}", [], threading.Event()

    def second() -> None:
        with alone(url, progress=lambda *_: waits.set()):
            order.append("second")

    with alone(url, progress=untold):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(10)
        order.append("first")
    thread.join(10)

    assert order == ["first", "second"]


def test_a_pass_that_never_ends_is_told_to_the_one_that_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    url = f"sqlite:///{tmp_path / 'l.db'}"
    monkeypatch.setattr(_alone, "LONGEST_WAIT_SECONDS", 0.0)

    with alone(url, progress=untold), pytest.raises(Transient, match="another pass"), alone(url, progress=untold):
        pass


def test_a_folder_that_is_not_there_is_named_as_the_reason(tmp_path: Path):
    with pytest.raises(Transient, match="folder is there"), alone(f"sqlite:///{tmp_path}/no/l.db", progress=untold):
        pass


def test_a_ledger_in_memory_has_nobody_to_wait_for():
    with alone("sqlite://", progress=untold), alone("sqlite://", progress=untold):
        pass
