"""Signals as a wish to stop, in this very process."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows._stopping import softly
from handoff.errors import Stopped


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_a_wish_that_the_error_of_the_stop_carries_and_the_handlers_come_back(number):
    before = handlers()

    with pytest.raises(Stopped) as caught, softly() as stop:
        assert not stop()
        signal.raise_signal(number)
        assert stop()
        raise Stopped.as_asked()

    assert caught.value.signal == number
    assert handlers() == before


def test_a_second_ctrl_c_ends_at_once_and_a_second_sigterm_does_not():
    with pytest.raises(KeyboardInterrupt), softly() as stop:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert stop()
        signal.raise_signal(signal.SIGINT)


def test_outside_the_main_thread_nobody_ever_asks():
    before, heard = handlers(), []

    def work() -> None:
        with softly() as stop:
            heard.append((stop(), handlers()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert heard == [(False, before)]


def test_prefect_hears_the_signal_once_the_stopped_pass_is_settled(prefect_home: Path, monkeypatch: pytest.MonkeyPatch):
    from flows import sync_won_deals as module

    @contextmanager
    def wired(_: object) -> Iterator[None]:
        with softly():
            signal.raise_signal(signal.SIGTERM)
            assert heard == []
            raise Stopped.as_asked()
        yield

    heard: list[int] = []
    monkeypatch.setattr(module, "wired", wired)
    monkeypatch.setattr(module.Choice, "each", lambda one: [one])
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with pytest.raises(Stopped):
            module.sync_won_deals.fn()
    finally:
        signal.signal(signal.SIGTERM, before)

    assert heard == [signal.SIGTERM]
