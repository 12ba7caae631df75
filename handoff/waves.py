"""Deals to work on together, and how pages become them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from handoff.entries import ReadTo
from handoff.model import Deal, Left, Page, Unreadable


@dataclass(frozen=True)
class Wave:
    """
    Deals to work on together.

    `read_at` is a moment before the first of them was read. `read_to` comes with the window's last wave; `asked` names
    the waiting deals that were asked for, so that one which is no longer won is noticed. `left` comes with a
    sweep: deals that are not won, ours among them.
    """

    page: Page
    read_at: datetime
    read_to: ReadTo | None = None
    asked: tuple[str, ...] = ()
    left: Sequence[Left] = ()


def waves_of(pages: Iterable[Page], size: int, now: Callable[[], datetime]) -> Iterator[tuple[Page, datetime]]:
    """
    Yield pages joined until they hold `size` deals, each with a moment before its first deal was read.

    A CRM's pages may be smaller than a wave. The last one is never full, and may be empty: by that it is known
    without reading ahead.
    """
    deals: list[Deal] = []
    unreadable: list[Unreadable] = []
    coming = iter(pages)
    since = before = now()
    while (page := next(coming, None)) is not None:
        since = since if deals or unreadable else before
        deals += page.deals
        unreadable += page.unreadable
        while len(deals) >= size:
            full, deals, unreadable = Page(tuple(deals[:size]), tuple(unreadable)), deals[size:], []
            yield full, since
            del full
            since = before
        before = now()
    yield Page(tuple(deals), tuple(unreadable)), since if deals or unreadable else before
