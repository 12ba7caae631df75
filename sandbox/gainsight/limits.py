"""The vendor's fixed windows: so many calls between one wall-clock minute and the next."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sandbox.gainsight.choices import Choices

_KEPT = 10_000  # windows remembered; the clock of a sandbox may be set back


@dataclass(frozen=True)
class Window:
    """So many calls of a family in each stretch of `seconds`, counted from midnight UTC."""

    family: str
    seconds: int
    most: int


def windows(family: str, choices: Choices) -> list[Window]:
    """Return the windows a call of `family` (`sync` or `timeline`) must fit into."""
    most = choices.timeline_per_minute if family == "timeline" else choices.per_minute
    return [Window(family, 60, most), Window("all", 86_400, choices.per_day)]


class Limits:
    """Counts the calls let through, window by window."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int, int]] = Counter()

    def admit(self, family: str, now: datetime, choices: Choices) -> int:
        """Count a call and return 0, or leave it uncounted and return the seconds until the window ends."""
        limits = windows(family, choices)
        for each in limits:
            if self._counts[_key(each, now)] >= each.most:
                return max(1, ceil(each.seconds - now.timestamp() % each.seconds))
        for each in limits:
            self._counts[_key(each, now)] += 1
        self._forget()
        return 0

    def _forget(self) -> None:
        if len(self._counts) > _KEPT:
            for key in sorted(self._counts, key=lambda each: each[1] * each[2])[: _KEPT // 2]:
                del self._counts[key]


def _key(window: Window, now: datetime) -> tuple[str, int, int]:
    return (window.family, window.seconds, int(now.timestamp() // window.seconds))
