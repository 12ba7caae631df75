"""Deals to work on together, and how pages become them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from handoff.ledger import ReadTo
from handoff.model import Deal, Page, Unreadable


@dataclass(frozen=True)
class Wave:
    """
    Deals to work on together.

    `read_to` comes with the window's last wave; `asked` names the waiting deals that were asked
    for, so that one which is no longer won is noticed.
    """

    page: Page
    read_to: ReadTo | None = None
    asked: tuple[str, ...] = ()


def waves_of(pages: Iterable[Page], size: int) -> Iterator[Page]:
    """
    Yield pages joined until they hold `size` deals; a CRM's pages may be smaller than a wave.

    The last one is never full, and may be empty: by that it is known without reading ahead.
    """
    deals: list[Deal] = []
    unreadable: list[Unreadable] = []
    for page in pages:
        deals += page.deals
        unreadable += page.unreadable
        while len(deals) >= size:
            full, deals, unreadable = Page(tuple(deals[:size]), tuple(unreadable)), deals[size:], []
            yield full
            del full
    yield Page(tuple(deals), tuple(unreadable))
