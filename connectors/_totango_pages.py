"""The pages of one search: where each begins, and whether they are all of what there is."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors._totango_settings import Offset

PAGE, REACH = 1000, 10_000
"""Hits of one page, and how far a search reaches in all."""
OFFSETS: Mapping[Offset, Callable[[int], int]] = {
    "record": lambda page: page * PAGE,
    "page": lambda page: page,
    "page_from_1": lambda page: page + 1,
}
"""What is said to get a page, of which the first is 0."""


class Pages:
    """What was read of a search so far; `total` is what its first page with a total told."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.read, self._seen, self._repeated = 0, 0, 0
        self._short = False
        self._known: set[str] = set()

    def add(self, hits: Sequence[Any], total: Any) -> None:
        """Take the next page."""
        said = {json.dumps(hit, sort_keys=True) for hit in hits}
        self._repeated = len(said & self._known)
        self._known |= said
        self._seen += len(hits) - self._repeated
        self._short = len(hits) < PAGE
        self.read += 1
        self.total = total if self.total is None and isinstance(total, int) else self.total

    @property
    def ended(self) -> bool:
        """Whether no page is left that may be asked for."""
        return self._short or self.read * PAGE >= REACH or (self.total is not None and self._seen >= self.total)

    @property
    def beyond(self) -> str:
        """Why a search does not reach all that there is, "" while it does."""
        if self.total is not None and self.total > REACH:
            return f"there are {self.total:,}, and a search reaches {REACH:,}."
        if self.total is None and not self._short and self.read * PAGE >= REACH:
            return f"there may be more than the {REACH:,} that a search reaches: it does not tell how many there are."
        return ""

    @property
    def torn(self) -> str:
        """
        Why the pages are not the parts of one whole, "" while they may be.

        What is made or changed while they are read repeats a hit or two, so a few of those are well.
        """
        if self._repeated > PAGE // 2:
            return f"page {self.read} repeats {self._repeated:,} hits of those before it."
        if self.ended and self.total is not None and self._seen < self.total:
            return f"it told {self.total:,} hits and gave {self._seen:,}."
        return ""
