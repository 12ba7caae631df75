"""Calls counted against the daily limit, over the last 24 simulated hours."""

from collections import deque
from datetime import datetime, timedelta

from sandbox.salesforce.faults import Fault

_WINDOW = timedelta(hours=24)
SPENT = Fault("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)


class Usage:
    """Remembers when calls were made, as long as they count."""

    def __init__(self) -> None:
        self._calls: deque[datetime] = deque()

    def count(self, now: datetime, limit: int) -> None:
        """Count a call, or refuse it when the limit is used up; a refused call does not count."""
        if self.used(now) >= limit:
            raise SPENT.with_traceback(None)  # or each raise would add to what the last one kept
        self._calls.append(now)

    def used(self, now: datetime) -> int:
        """Return how many calls count at a moment."""
        while self._calls and now - self._calls[0] >= _WINDOW:
            self._calls.popleft()
        return len(self._calls)
