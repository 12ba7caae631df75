"""What can differ between two HubSpot portals: credentials, sizes, and each thing the vendor leaves open."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

CLASSIC = "classic"
DEFAULT_VERSION = "2026-03"
BASE_URL = "https://api.hubapi.com"


@dataclass(frozen=True)
class ServiceKey:
    """A service key of the portal, or the token of an older private app."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class OAuth:
    """An OAuth app that was installed once by hand: its refresh token gives access tokens of half an hour."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class HubSpotSettings:
    """
    Sizes, and one switch for each thing that the vendor's documents leave open.

    Args:
        deals_a_page: Deals that are read together; the vendor tells the associations of 1,000 at once.
        read_size: Records in one batch read; the vendor takes 100.
        history_size: Deals in one batch read that asks for their stage history; the vendor takes 50.
        write_size: Deals in one call of the write-back; the vendor takes 100.
        second_reader_seconds: How far behind a second reader goes through every window again: deals were seen to
            surface in a search up to an hour late. 0 reads once.
        repeat_searches: How often a search that told fewer deals than its own total is made again.
        trust_entered_stage: Whether the moment at which a deal entered its stage dates a win that history does not
            show.
        look_in_the_bin: Whether deleted deals are looked for in the recycle bin, which is read whole each time.
        token_path: Where an OAuth app renews its access token.
        settle_seconds: How long a task or note just made may be missing among its deal's associations; unknown.
        list_work_up_to: Up to how many tasks, or notes, a count of ours lists them all; of more it reads those that the
            index finds by the beginning of our keys, and the index may show one up to an hour late. 0 always asks it.
        several_companies: Of a deal with several companies and no primary one: `person` asks for one to be marked,
            `first` takes the one with the lowest id.
    """

    deals_a_page: int = 1_000
    read_size: int = 100
    history_size: int = 50
    write_size: int = 100
    second_reader_seconds: int = 3_600
    repeat_searches: int = 1
    trust_entered_stage: bool = True
    look_in_the_bin: bool = True
    token_path: str = "/oauth/v1/token"  # noqa: S105  an address, no secret
    settle_seconds: int = 120
    list_work_up_to: int = 20_000
    several_companies: Literal["person", "first"] = "person"

    @property
    def behind(self) -> timedelta:
        """`second_reader_seconds` as a span."""
        return timedelta(seconds=self.second_reader_seconds)
