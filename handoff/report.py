"""What a run did, in numbers that add up and exceptions with a reason."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from handoff.errors import BridgeBug
from handoff.model import Deal, DealRef, Outcome, Result, Standing, Step

MOST_EXCEPTIONS = 200
MOST_PRESSING = ("needs a person", "receipt pending", "not readable", "waiting", "note")
"""The kinds of exceptions, in the order in which they are kept and shown."""

ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]*\w")


@dataclass(frozen=True)
class Balance:
    """seen = done + waiting + needs a person + excluded, over the deals read in one run."""

    seen: int
    done: int
    waiting: int
    needs_person: int
    excluded: int

    @classmethod
    def of_all(cls, balances: Iterable["Balance"]) -> "Balance":
        """Return the sum of several balances."""
        return cls(*(sum(some) for some in zip((0,) * 5, *(one.numbers for one in balances), strict=True)))

    @property
    def numbers(self) -> tuple[int, int, int, int, int]:
        """The five numbers, in the order of the balance."""
        return self.seen, self.done, self.waiting, self.needs_person, self.excluded

    @property
    def remainder(self) -> int:
        """How many deals are unaccounted for; anything but 0 is our bug."""
        return self.seen - self.done - self.waiting - self.needs_person - self.excluded

    def as_dict(self) -> dict[str, int]:
        """Return the five numbers by name."""
        names = ("seen", "done", "waiting", "needs_person", "excluded")
        return {name: getattr(self, name) for name in names}

    def words(self) -> str:
        """Return the line that is printed and stored."""
        return (
            f"{self.seen:,} seen = {self.done:,} done + {self.waiting:,} waiting + "
            f"{self.needs_person:,} needs a person + {self.excluded:,} excluded"
        )


@dataclass(frozen=True)
class Notice:
    """A deal that a person should hear of, and why; no addresses, no payload."""

    deal: str
    name: str
    what: str
    reason: str
    url: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it as plain data."""
        return {"deal": self.deal, "name": self.name, "what": self.what, "reason": self.reason, "url": self.url}

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", ADDRESS.sub("(address)", self.name))
        object.__setattr__(self, "reason", ADDRESS.sub("(address)", self.reason))


@dataclass
class Tally:
    """Counts while a run goes on."""

    seen: set[str] = field(default_factory=set)
    standing: Counter[Standing] = field(default_factory=Counter)
    steps: Counter[tuple[str, Result]] = field(default_factory=Counter)
    would: dict[str, tuple[str, Result]] = field(default_factory=dict)
    handed_off: int = 0
    with_gaps: int = 0
    before_start: int = 0
    receipts_written: int = 0
    receipts_pending: int = 0
    fields_kept: int = 0
    elsewhere: int = 0
    told: dict[str, dict[str, Notice]] = field(default_factory=dict)
    untold: set[tuple[str, str]] = field(default_factory=set)

    def see(self, ref: DealRef) -> None:
        """Count a deal as read in this run; twice in one run is once."""
        self.seen.add(str(ref))

    def would_send(self, step: Step) -> None:
        """Count what a pass that may write would send; what several deals share is sent once."""
        self.would.setdefault(step.key, (step.kind, Result.UPDATED if step.ref else Result.CREATED))

    def rest_is(self, standing: Standing) -> None:
        """Let every deal that was seen and not counted yet count as this."""
        self.standing[standing] += len(self.seen) - sum(self.standing.values())

    def counts_as(self, standing: Standing) -> None:
        """Count one deal's end."""
        self.standing[standing] += 1

    def ended(self, kinds: Mapping[str, str], outcomes: Mapping[str, Outcome]) -> None:
        """Count the ends of steps; `kinds` gives the kind of each step's key."""
        self.steps.update((kind, outcomes[key].result) for key, kind in kinds.items())

    def hear(self, deal: Deal, what: str, reason: str) -> None:
        """Keep what a person should hear of a deal."""
        name = f"{deal.account_name or 'no account'}: {deal.name}"
        self.tell(Notice(deal.ref.id, name, what, reason, deal.url))

    def pending(self, deal: Deal, reason: str) -> None:
        """Count a receipt that could not be written, and keep why."""
        self.receipts_pending += 1
        self.hear(deal, "receipt pending", reason)

    def tell(self, exception: Notice) -> None:
        """Keep an exception, one for each deal and kind, up to a number a person can read; the rest are counted."""
        of_kind = self.told.setdefault(exception.what, {})
        before = of_kind.get(exception.deal)
        if before is None and len(of_kind) >= MOST_EXCEPTIONS:
            self.untold.add((exception.what, exception.deal))
        elif before is None:
            of_kind[exception.deal] = exception
        elif exception.reason not in before.reason.split("; "):
            of_kind[exception.deal] = replace(before, reason=f"{before.reason}; {exception.reason}")

    def exceptions(self) -> tuple[list[Notice], int]:
        """Return what a person should hear of, the most pressing first, and how many more there are."""
        kinds = sorted(self.told, key=lambda kind: (*MOST_PRESSING, kind).index(kind))
        every = [notice for kind in kinds for notice in self.told[kind].values()]
        return every[:MOST_EXCEPTIONS], len(every[MOST_EXCEPTIONS:]) + len(self.untold)

    def balance(self) -> Balance:
        """Return the balance so far."""
        by = self.standing
        return Balance(
            len(self.seen), by[Standing.DONE], by[Standing.WAITING], by[Standing.NEEDS_PERSON], by[Standing.EXCLUDED]
        )


@dataclass(frozen=True)
class Report:
    """
    What one run did.

    `fields_kept` counts what a change wanted to write and a person's edit kept; `would` is what a run in shadow would
    have created and updated, None where it was not in shadow. `elsewhere` counts the deals of a backfill's plan that
    another process works on.
    """

    run: int
    command: str
    started_at: datetime
    ended_at: datetime
    mapping_version: str
    balance: Balance
    handed_off: int
    with_gaps: int
    steps: Mapping[str, Mapping[str, int]]
    before_start: int
    receipts: Mapping[str, int]
    exceptions: tuple[Notice, ...]
    exceptions_left_out: int = 0
    fields_kept: int = 0
    window: tuple[datetime, datetime] | None = None
    would: Mapping[str, Mapping[str, int]] | None = None
    elsewhere: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {
            "run": self.run,
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat(),
            "mapping_version": self.mapping_version,
            "window": [moment.isoformat() for moment in self.window] if self.window else None,
            "balance": self.balance.as_dict(),
            "handed_off": self.handed_off,
            "with_gaps": self.with_gaps,
            "steps": {kind: dict(results) for kind, results in self.steps.items()},
            **({} if self.would is None else {"would": {kind: dict(some) for kind, some in self.would.items()}}),
            "before_start": self.before_start,
            "receipts": dict(self.receipts),
            "fields_kept": self.fields_kept,
            **({"elsewhere": self.elsewhere} if self.elsewhere else {}),
            "exceptions": [exception.as_dict() for exception in self.exceptions],
            "exceptions_left_out": self.exceptions_left_out,
        }


def report(
    tally: Tally,
    *,
    run: int,
    command: str,
    started_at: datetime,
    ended_at: datetime,
    mapping_version: str,
    window: tuple[datetime, datetime] | None,
    shadow: bool = False,
) -> Report:
    """
    Return the run's report.

    Raises:
        BridgeBug: The run does not balance.
    """
    balance = tally.balance()
    if balance.remainder:
        raise BridgeBug(f"Run {run} does not balance: {balance.words()}; {balance.remainder} unaccounted for.")
    exceptions, left_out = tally.exceptions()
    return Report(
        run=run,
        command=command,
        started_at=started_at,
        ended_at=ended_at,
        mapping_version=mapping_version,
        balance=balance,
        handed_off=tally.handed_off,
        with_gaps=tally.with_gaps,
        steps=_by_kind(tally.steps),
        before_start=tally.before_start,
        receipts={"written": tally.receipts_written, "pending": tally.receipts_pending},
        exceptions=tuple(exceptions),
        exceptions_left_out=left_out,
        fields_kept=tally.fields_kept,
        window=window,
        would=_by_kind(Counter(tally.would.values())) if shadow else None,
        elsewhere=tally.elsewhere,
    )


def _by_kind(counts: Mapping[tuple[str, Result], int]) -> dict[str, dict[str, int]]:
    by_kind: dict[str, dict[str, int]] = {}
    for (kind, result), count in sorted(counts.items()):
        by_kind.setdefault(kind, {})[result.value] = count
    return by_kind
