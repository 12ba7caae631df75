"""What is written into the ledger: what became of deals and handoffs, and how far a CRM was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff.model import Deal, DealRef, Handoff, Standing
from handoff.owners import Owner


@dataclass(frozen=True)
class Told:
    """
    What Customer Success was told by a handoff: of each canonical field a fingerprint, and its words.

    `again` says that it is not the first time. The words name people and can be purged, the fingerprints stay; None
    leaves the words as they are.
    """

    key: str
    hashes: Mapping[str, str]
    words: Mapping[str, str] | None
    again: bool = False


@dataclass(frozen=True)
class Judged:
    """
    What became of one deal in a run, as the ledger keeps it.

    `silent`: the deal's own record is not told. `changed` names the canonical fields that changed and were not carried
    out yet; `told` is what Customer Success has been told now, None when that stays what it was. `read_at` is a moment
    before the deal was read (None: now): where somebody has read it since, that reading's row stays. `expected_at`
    is when one that waits goes on, None where that is the next pass. `owner` is who must act next.
    """

    deal: Deal
    source_hashes: Mapping[str, str]
    standing: Standing
    reason: str
    try_at: datetime | None = None
    mapping_version: str | None = None
    silent: bool = False
    changed: tuple[str, ...] = ()
    told: Told | None = None
    read_at: datetime | None = None
    expected_at: datetime | None = None
    owner: Owner | None = None


@dataclass(frozen=True)
class Frozen:
    """
    A handoff to keep: its steps as `key`, `name`, `kind`, and what was known of its account before, as data.

    `told` are the fingerprints of what its work tells Customer Success.
    """

    key: str
    handoff: Handoff
    steps: Sequence[Mapping[str, str]]
    background: Mapping[str, Any] | None = None
    told: Mapping[str, str] | None = None


@dataclass(frozen=True)
class ReadTo:
    """
    How far a CRM was read: the end of the window, and the first moment of winning that counted.

    `sweeps` says that the window went back as far as a sweep does.
    """

    crm: str
    end: datetime
    starts: datetime
    sweeps: bool = False


@dataclass(frozen=True)
class ReceiptState:
    """What the CRM was told of a deal: the fingerprint that is there now, or why the last one is pending."""

    ref: DealRef
    hash: str | None
    pending: str | None
    sequence: int
    try_at: datetime | None
