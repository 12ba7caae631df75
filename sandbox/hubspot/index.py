"""What a search sees: records as they were a while ago, and some of them later than others."""

import heapq
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from sandbox.hubspot.choices import Choices
from sandbox.hubspot.store import Held


class Index:
    """
    One type's records as searches find them.

    A version is seen some time after its stamp: after the usual delay, or, of a share of the changes, later
    and so after younger ones.
    """

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._seen: dict[str, tuple[int, Held]] = {}
        self._coming: list[tuple[datetime, int, Held]] = []
        self._count = 0

    def note(self, held: Held, choices: Choices, lag: timedelta) -> None:
        """Take a new version of a record."""
        delay = choices.search_delay_seconds
        if choices.search_late_share and self._chance.random() < choices.search_late_share:
            delay += self._chance.uniform(0, choices.search_late_seconds)
        self._count += 1
        heapq.heappush(self._coming, (held.updated + timedelta(seconds=delay) + lag, self._count, held))

    def seen(self, now: datetime) -> Iterable[Held]:
        """Return the versions that are seen at a moment, archived records left out."""
        while self._coming and self._coming[0][0] <= now:
            _, count, held = heapq.heappop(self._coming)
            self._show(count, held)
        return (held for _, held in self._seen.values())

    def _show(self, count: int, held: Held) -> None:
        known = self._seen.get(held.id)
        if known is not None and known[0] > count:
            return
        if held.archived is None:
            self._seen[held.id] = (count, held)
        else:
            self._seen.pop(held.id, None)
