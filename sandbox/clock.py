"""The sandbox's clock: real time, moved and stretched as a person asks."""

import math
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sandbox.wire import Json, RealClock

ORDERS = ("set", "advance", "scale")


class SimulatedClock:
    """
    Simulated time, in UTC: it runs `scale` times as fast as real time, from `start` (now when not told).

    It never goes backwards by itself, by `advance` or by `scale`; only `set` and `step` may move it back.
    Every wrong order raises `ValueError` and changes nothing.
    """

    def __init__(self, *, real_now: RealClock, start: datetime | None = None, scale: float = 1.0) -> None:
        self._real_now = real_now
        self._real = real_now()
        self._simulated = (start or self._real).astimezone(UTC)
        self._scale = positive(scale)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the simulated moment, aware, in UTC."""
        with self._lock:
            return self._settle()

    def reading(self) -> dict[str, float]:
        """Return real and simulated time of one moment in epoch seconds, and the scale between them."""
        with self._lock:
            simulated = self._settle()
            return {
                "real": self._real.timestamp(),
                "simulated": simulated.timestamp(),
                "scale": self._scale,
            }

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds` of simulated time, at least 0."""
        step = ahead(seconds)
        with self._lock:
            self._simulated = within_reach(self._settle(), step)

    def step(self, seconds: float) -> None:
        """Jump by `seconds` of simulated time, backwards below 0, as a clock does that is put right."""
        with self._lock:
            self._simulated = within_reach(self._settle(), timedelta(seconds=seconds))

    def set(self, moment: str) -> None:
        """Move to an ISO time, forwards or backwards; a time without a zone is UTC."""
        target = iso_moment(moment)
        with self._lock:
            self._settle()
            self._simulated = target

    def scale(self, factor: float) -> None:
        """Run `factor` times as fast as real time from this moment on, without a jump."""
        pace = positive(factor)
        with self._lock:
            self._settle()
            self._scale = pace

    def change(self, orders: Mapping[str, Json]) -> None:
        """Carry out any of `set`, `advance` and `scale`, in this order; all of them or none."""
        check_orders(orders)
        for name in ORDERS:
            if name in orders:
                getattr(self, name)(orders[name])

    def _settle(self) -> datetime:
        real = self._real_now()
        if real > self._real:  # a real clock set back must not take simulated time with it
            self._simulated = within_reach(self._simulated, (real - self._real) * self._scale)
            self._real = real
        return self._simulated


def check_orders(orders: Mapping[str, Json]) -> None:
    """Raise `ValueError` unless these are orders that a clock can carry out, at least one."""
    checks = {"set": iso_moment, "advance": ahead, "scale": positive}
    unknown = [name for name in orders if name not in checks]
    if unknown or not orders:
        said = f"does not know {unknown[0]!r}" if unknown else "was told nothing"
        raise ValueError(f"The clock {said}. Say any of: {', '.join(ORDERS)}.")
    for name, value in orders.items():
        checks[name](value)


def iso_moment(value: Json) -> datetime:
    """Return an ISO time as an aware moment in UTC; raises `ValueError` for anything else."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{value!r} is no ISO time. Write it like 2026-11-02T09:00:00Z.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def positive(value: Json) -> float:
    """Return a scale; raises `ValueError` unless it is a number above 0."""
    if not is_number(value) or value <= 0:
        raise ValueError(f"{value!r} is no scale. Give a number above 0; 60 makes a minute of every second.")
    return float(value)


def ahead(value: Json) -> timedelta:
    """Return seconds as a span; raises `ValueError` unless they are a number, at least 0, within 100 years."""
    if not is_number(value) or not 0 <= value <= 3.2e9:
        raise ValueError(f"Cannot advance by {value!r}. Give seconds, at least 0; `set` can go back.")
    return timedelta(seconds=value)


def is_number(value: Json) -> bool:
    """Say whether this is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def within_reach(moment: datetime, step: timedelta) -> datetime:
    """Return `moment` moved by `step`; raises `ValueError` beyond the last year a date can say."""
    try:
        return moment + step
    except OverflowError as error:
        raise ValueError("The clock cannot pass the year 9999. Use a smaller step or scale.") from error
