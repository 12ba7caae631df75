"""What a census counts: the records of a platform that carry a key of ours, and the won deals of a CRM."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from handoff.model import DealRef, Value, WonHow


@dataclass(frozen=True, slots=True)
class Counted:
    """
    A record of a platform that carries a key of ours, whatever the ledger knows of it.

    `of` is the id of what it belongs to: of a company the CRM's account, of everything else the company's record.
    `closed` says that its work is over. The stamps are the platform's own, None where it tells none.
    """

    key: str
    kind: str
    ref: str
    of: str = ""
    closed: bool = False
    made_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CountedDeal:
    """
    A won deal as a census finds it; `deleted` ones are in the CRM's bin.

    `changed_at` is the CRM's stamp of the last change. `told` is what the fields of the write-back hold now, raw.
    """

    ref: DealRef
    name: str
    account_id: str | None
    account_name: str | None
    url: str
    won_at: datetime
    won_how: WonHow
    episode: int
    changed_at: datetime
    deleted: bool = False
    told: Mapping[str, Value] = field(default_factory=dict)


class Whereabouts(StrEnum):
    """Where a deal stands in the CRM now."""

    WON = "won"
    OPEN = "open again"
    LOST = "lost"
    DELETED = "deleted"
