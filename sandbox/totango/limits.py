"""The vendor's window: so many calls of one token in the minute that begins with its first call."""

from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

MINUTE = timedelta(seconds=60)


class Standing(NamedTuple):
    """Where a token stands: whether the call is let through, how many are left, and when the window ends."""

    admitted: bool
    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Return the three headers that every answer carries."""
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": str(self.reset),
        }


class Limits:
    """Counts the calls let through, bucket by bucket."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[datetime, int]] = {}

    def admit(self, bucket: str, now: datetime, most: int) -> Standing:
        """Count a call, or leave it uncounted where the window is full."""
        began, count = self._window(bucket, now)
        admitted = count < most
        count += admitted
        self._windows[bucket] = (began, count)
        return self._standing(began, count, now, most, admitted=admitted)

    def full(self, bucket: str, now: datetime, most: int) -> Standing:
        """Return how a token stands that is let through no more, whatever it has called."""
        began, _ = self._window(bucket, now)
        return self._standing(began, most, now, most, admitted=False)

    def _window(self, bucket: str, now: datetime) -> tuple[datetime, int]:
        began, count = self._windows.get(bucket, (now, 0))
        # the clock of a sandbox may be set back
        return (began, count) if began <= now < began + MINUTE else (now, 0)

    @staticmethod
    def _standing(began: datetime, count: int, now: datetime, most: int, *, admitted: bool) -> Standing:
        left = max(1, ceil((began + MINUTE - now).total_seconds()))
        return Standing(admitted, most, max(0, most - count), left)
