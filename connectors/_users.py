"""The users of a platform that are read all at once, and again only when somebody is missing."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from handoff.model import User
from handoff.ports import Clock

MISS = timedelta(minutes=10)
"""How long somebody who is not there is not asked for again."""


class AllUsers:
    """
    All users by lower-case address; may be shared by threads.

    Args:
        read: Reads them all.
        clock: The business clock.
    """

    def __init__(self, read: Callable[[], Mapping[str, User]], clock: Clock) -> None:
        self._read, self._clock = read, clock
        self._users: Mapping[str, User] = {}
        self._read_at: datetime | None = None
        self._lock = threading.Lock()

    def where(self, enough: Callable[[Mapping[str, User]], bool]) -> Mapping[str, User]:
        """Return them as they were read once; where those are not `enough`, as they were within `MISS`."""
        with self._lock:
            stale = self._read_at is None or self._clock.now() - self._read_at > MISS
            if stale and not (self._users and enough(self._users)):
                self._users, self._read_at = self._read(), self._clock.now()
            return self._users
