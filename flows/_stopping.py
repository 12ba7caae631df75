"""SIGTERM and Ctrl+C as a wish: the pass ends at the next moment at which nothing is under way."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from handoff.errors import Stopped


class Stop:
    """Whether somebody asked this process to stop; `signal` is the number of the signal, 0 while nobody did."""

    signal = 0

    def __call__(self) -> bool:
        return self.signal != 0


@contextmanager
def softly() -> Iterator[Stop]:
    """
    Take SIGTERM and the first Ctrl+C as a wish while the body runs; the second Ctrl+C ends it at once.

    A `Stopped` that leaves the body is told by which signal. Outside the main thread Python hears no signal: there
    nobody ever asks.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def asked(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and stop():
            raise KeyboardInterrupt
        stop.signal = stop.signal or number

    before = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    except Stopped as error:
        error.signal = stop.signal
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def passing_stops_on() -> Iterator[None]:
    """Let whoever runs this process hear, once all is settled, the signal that ended the body."""
    try:
        yield
    except Stopped as stopped:
        if stopped.signal:
            signal.raise_signal(stopped.signal)
        raise
