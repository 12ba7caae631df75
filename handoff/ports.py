"""What the core asks of the world. Batch first: the vendors' call limits are the bottleneck."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from handoff.counted import Counted, CountedDeal, Whereabouts
from handoff.inspection import Check, ExpectedOfCrm, ExpectedOfPlatform
from handoff.model import (
    Customer,
    DealRef,
    Found,
    Held,
    Left,
    Outcome,
    Page,
    Step,
    Updated,
    User,
    Value,
    Window,
)


class Clock(Protocol):
    """The business clock: aware UTC, and a sleep that passes in the same time."""

    def now(self) -> datetime:
        """Return the moment, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` of this clock have passed."""
        ...

    @property
    def scale(self) -> float:
        """How many seconds of this clock pass in one on the wall; 1 outside the sandbox."""
        ...


class LeaseClock(Protocol):
    """The clock of leases, `send_by` and call time-outs: aware UTC, the same for all workers, never scaled."""

    def now(self) -> datetime:
        """Return the moment, aware, in UTC."""
        ...


class Identity(StrEnum):
    """
    What the outside system does with the same step sent twice.

    `natural`: no more than once. `findable`: a second record, but the first can be looked up. `blind`: it is done
    again, and nothing tells whether it was done.
    """

    NATURAL = "natural"
    FINDABLE = "findable"
    BLIND = "blind"


@dataclass(frozen=True)
class Capability:
    """
    What a destination can do with one kind of step.

    `batch` is how many steps go in one call, `keys_per_lookup` how many one look-up takes. `settle` is how long a
    record just made may stay invisible to a look-up. `looks_first` says whether a step that was never sent is looked
    for: a natural one where its record may be there without us, a findable one where others than its key can match it.
    `marks` says that no write comes without our key: a record that lacks it took none, or somebody took the key out.
    """

    identity: Identity
    batch: int
    keys_per_lookup: int = 200
    settle: timedelta = timedelta(seconds=120)
    looks_first: bool | None = None
    marks: bool = False

    def looks_for(self, *, in_doubt: bool) -> bool:
        """Return whether a step without a record is looked for; without `looks_first` only a findable one is."""
        findable = self.identity is Identity.FINDABLE
        return findable if self.looks_first is None else self.looks_first or (findable and in_doubt)


@dataclass(frozen=True)
class Receipt:
    """What one deal's record in the CRM shall say; `fields` are the CRM's own names and plain values."""

    key: str
    deal: DealRef
    fields: Mapping[str, Value]


class Spans(StrEnum):
    """
    From when a vendor counts a span of calls.

    `fixed`: by its wall clock, each minute or day beginning with the last one's end. `first_call`: from the first call
    after the last span. `rolling`: at every moment the span that ends with it.
    """

    FIXED = "fixed"
    FIRST_CALL = "first_call"
    ROLLING = "rolling"


@dataclass(frozen=True)
class Limit:
    """
    At most `calls` in each span of `per`.

    A fixed span of whole days begins at midnight in `zone`, a shorter one is counted from the epoch.
    """

    per: timedelta
    calls: int
    spans: Spans = Spans.FIXED
    zone: str = "UTC"

    def starts(self, at: datetime) -> int:
        """Return the moment, in whole seconds from the epoch, at which the fixed span that holds `at` begins."""
        span = int(self.per.total_seconds())
        if span % 86_400 or self.zone == "UTC":
            return int(at.timestamp()) // span * span
        day = at.astimezone(ZoneInfo(self.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        back = day.date().toordinal() % (span // 86_400)
        return int((day - timedelta(days=back)).timestamp())

    def ends(self, at: datetime) -> datetime:
        """Return the moment at which the fixed span that holds `at` is over."""
        span = int(self.per.total_seconds())
        begins = datetime.fromtimestamp(self.starts(at), UTC)
        if span % 86_400 or self.zone == "UTC":
            return begins + self.per
        return (begins.astimezone(ZoneInfo(self.zone)) + self.per).astimezone(UTC)


@dataclass(frozen=True)
class Traffic:
    """
    How often a system was called since its connector was made, and how often it may be.

    `system` is its name as messages have it; calls that no limit counts (a log-in) are not among `calls`.
    """

    system: str
    calls: int
    limits: tuple[Limit, ...] = ()


class Crm(Protocol):
    """
    A CRM that wins deals. Every method raises a `ServiceError` when the system as a whole does not answer.

    `receipts_a_call` is how many deals one call of the write-back takes.
    """

    instance: str
    system: str
    receipts_a_call: int

    def traffic(self) -> Traffic:
        """Return how often it was called, and may be."""
        ...

    def org(self) -> str:
        """Return the id of the org behind these credentials."""
        ...

    def server_now(self) -> datetime:
        """Return a moment that the server has reached for certain, asked for anew."""
        ...

    def changed(self, window: Window) -> Iterator[Page]:
        """Yield every won deal whose record changed inside the window, in pages of up to 2,000."""
        ...

    def updated(self, span: Window) -> Updated | None:
        """
        Return what the CRM's own log of changes says of a span of at most some days; None where it keeps none.

        It is a second opinion on `changed`: asked before that, it tells up to when `changed` misses nothing.
        """
        ...

    def left(self, window: Window) -> Iterator[Sequence[Left]]:
        """Yield every deal whose record changed inside the window and that is not won, or was deleted; none twice."""
        ...

    def read(self, ids: Sequence[str]) -> Page:
        """Return these deals as they are now; what is gone or no longer won is simply absent."""
        ...

    def search(self, text: str, limit: int = 20) -> list[tuple[str, str]]:
        """Return (id, "deal, account") of won deals whose account or deal name contains the text."""
        ...

    def census(self, window: Window) -> Iterator[Sequence[CountedDeal]]:
        """
        Yield every deal that was won inside the window, deleted ones too, in pages and none twice.

        Whether and when its record changed does not matter; a deal whose win the CRM does not date comes always.
        """
        ...

    def whereabouts(self, ids: Sequence[str]) -> dict[str, Whereabouts]:
        """Return where these deals stand now, by id; one that is gone for good or hidden is absent."""
        ...

    def write_back(self, receipts: Sequence[Receipt]) -> list[Outcome]:
        """Write each receipt to its deal; one refused record leaves the others written. Same order."""
        ...

    def inspect(self, wanted: ExpectedOfCrm) -> list[Check]:
        """Look whether all that is wanted is there; nothing is changed, and what is refused is a finding, no error."""
        ...


class Destination(Protocol):
    """
    A platform that takes work; `title` is how its vendor writes it.

    Every method raises a `ServiceError` when the system as a whole does not answer.
    """

    instance: str
    system: str
    title: str
    kinds: Mapping[str, Capability]

    def traffic(self) -> Traffic:
        """Return how often it was called, and may be."""
        ...

    def people(self, emails: Iterable[str]) -> dict[str, User]:
        """Return the users behind these e-mail addresses, by lower-case address; unknown ones are absent."""
        ...

    def find(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """
        Return by step key the records that are there already.

        Those that carry the step's own key come alone; else all that the first successful `match` found; else, of a
        step that adopts, all open records that agree with it and carry no key of ours. A key is absent when nothing
        was found. Two records for a key are a finding, never hidden.
        """
        ...

    def read(self, steps: Sequence[Step]) -> dict[str, Held]:
        """
        Return by step key what the records of these steps (each with a `ref`) hold now.

        A key is absent when the record is gone: somebody deleted or merged it.
        """
        ...

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        """
        Return what the platform knows of these accounts of the CRM, by account id; those it does not know are absent.

        Of two records for one account neither is returned: a person must decide.
        """
        ...

    def census(self, since: datetime | None = None) -> Iterator[Sequence[Counted]]:
        """
        Yield every record that carries a key of ours, in pages, whatever the ledger says.

        Args:
            since: Records that did not change since may be left out.
        """
        ...

    def deleted(self, refs: Sequence[str]) -> dict[str, datetime]:
        """Return those of these records that the platform says were deleted, and when; absence proves nothing."""
        ...

    def put(self, steps: Sequence[Step], intend: "Intend" = lambda steps: None) -> list[Outcome]:
        """
        Carry out steps of one kind (creates without `ref`, updates with); same order, one outcome each.

        `intend` is told the steps of each call right before it is sent, once its place in every budget is taken; what
        it raises is not sent. What was never told to it was not sent.

        A step that adopts has its key planted with the update. Never raises for a single bad record. An ambiguous end
        gives `unknown` outcomes, not an exception.
        """
        ...

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps of one kind if nothing is refused; calls nothing."""
        ...

    def link(self, kind: str, ref: str) -> str:
        """Return the address where a person sees this record, or "" if there is none."""
        ...

    def inspect(self, wanted: ExpectedOfPlatform) -> list[Check]:
        """Look whether all that is wanted is there; nothing is changed, and what is refused is a finding, no error."""
        ...


Intend = Callable[[Sequence[Step]], None]
"""Writes down durably that these steps are sent now; raises `TooLate` when their moment has passed."""

Progress = Callable[[str, int, int], None]
"""Told (what, done, total) as long work goes on; total is 0 while it is not known."""


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody how far the work is."""


class Budget(Protocol):
    """The calls a connector may still make, shared by every worker of the deployment."""

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        """
        Take `calls` from every limit's window that holds `at`, or from none.

        Returns None when they were taken, else the start of the first window in which it is worth trying again.
        """
        ...

    def close(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        """Close the shortest window that holds `at` for all workers: the vendor said it is used up."""
        ...
