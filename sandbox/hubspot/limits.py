"""The three limits: searches in a second, other calls in ten, all calls in a day of the account."""

from collections import deque
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.hubspot.answers import too_many, too_many_searches
from sandbox.hubspot.choices import Choices

_SECOND, _TEN = timedelta(seconds=1), timedelta(seconds=10)


class Limits:
    """Counts calls by simulated time; a call that is refused is not counted."""

    def __init__(self) -> None:
        self._searches: deque[datetime] = deque()
        self._calls: deque[datetime] = deque()
        self._day: date | None = None
        self._today = 0

    def admit(self, now: datetime, choices: Choices, *, search: bool) -> None:
        """Count a call; raises `Fault` when it is one too many."""
        if self.used_today(now, choices) >= choices.per_day:
            raise too_many("DAILY")
        recent = _trimmed(self._searches, now, _SECOND) if search else _trimmed(self._calls, now, _TEN)
        if len(recent) >= (choices.searches_per_second if search else choices.per_ten_seconds):
            if search:
                raise too_many_searches(policy_name=choices.search_policy_name)
            raise too_many("TEN_SECONDLY_ROLLING")
        recent.append(now)
        self._today += 1

    def used_today(self, now: datetime, choices: Choices) -> int:
        """Return how many calls the account has made since its midnight."""
        today = now.astimezone(ZoneInfo(choices.time_zone)).date()
        if today != self._day:
            self._day, self._today = today, 0
        return self._today

    def headers(self, now: datetime, choices: Choices, *, search: bool) -> dict[str, str]:
        """Return what an answer says of the limits."""
        left = choices.per_day - self.used_today(now, choices)
        daily = {"x-hubspot-ratelimit-daily": str(choices.per_day), "x-hubspot-ratelimit-daily-remaining": str(left)}
        if search:
            return daily if choices.search_headers else {}
        used = len(_trimmed(self._calls, now, _TEN))
        return {
            **daily,
            "x-hubspot-ratelimit-interval-milliseconds": "10000",
            "x-hubspot-ratelimit-max": str(choices.per_ten_seconds),
            "x-hubspot-ratelimit-remaining": str(max(0, choices.per_ten_seconds - used)),
        }


def _trimmed(calls: deque[datetime], now: datetime, window: timedelta) -> deque[datetime]:
    while calls and calls[0] <= now - window:
        calls.popleft()
    return calls
