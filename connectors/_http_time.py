"""What time it is at the other end of a call."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock


@dataclass
class ServerTime:
    """
    How far the server's clock is ahead of ours, learned from `Date` headers.

    A header has whole seconds, so each answer gives a span; the spans of several answers are cut with one another.
    """

    low: float = -math.inf
    high: float = math.inf
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def learn(self, date: str | None, sent: datetime, received: datetime) -> None:
        """Take in one answer's header and the moments around it; an unreadable one teaches nothing."""
        stamp = http_date(date)
        if stamp is None:
            return
        low = (stamp - received).total_seconds()
        high = (stamp - sent).total_seconds() + 1.0
        with self._lock:
            both = max(self.low, low), min(self.high, high)
            # Spans that do not meet: a clock was stepped, so believe the newest answer alone.
            self.low, self.high = both if both[0] <= both[1] else (low, high)

    @property
    def known(self) -> bool:
        """Whether any answer has taught us the server's time."""
        return math.isfinite(self.low)

    @property
    def ahead(self) -> timedelta:
        """Return the best estimate of how far the server is ahead; nought while unknown."""
        return timedelta(seconds=(self.low + self.high) / 2) if self.known else timedelta(0)


def http_date(text: str | None) -> datetime | None:
    """Return the moment a header names, or None where it names none or no zone."""
    try:
        stamp = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return stamp if stamp.tzinfo else None
