"""The words of the business: deal, handoff, gap, step, outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from handoff.owners import Owner

Value = Any
"""A canonical value: text, Decimal, date, aware datetime, bool, or a list or mapping of these; None is missing."""


@dataclass(frozen=True, order=True)
class DealRef:
    """Which deal, for ever: the CRM instance, its system, its org and the record's 18-character id."""

    instance: str
    system: str
    org: str
    id: str

    def __str__(self) -> str:
        return self._said

    @cached_property
    def _said(self) -> str:
        return f"{self.instance}:{self.system}:{self.org}:{self.id}"


class WonHow(StrEnum):
    """How the moment of winning is known, best first."""

    HISTORY = "history"
    LAST_STAGE_CHANGE = "last_stage_change"
    FIRST_SEEN = "first_seen"


@dataclass(frozen=True)
class Deal:
    """
    One won deal as the CRM held it when it was read.

    `source` maps every path the mapping asked for to its raw value (`Account.Name`); `children` maps a list
    (`OpportunityLineItems`) to its rows, each a mapping of paths. `episode` counts how often the deal
    was won, from 1. `account_id` is None when the deal sits on no account. `stage` is the CRM's name of its stage.
    `merged` are the ids of deals that people merged into it, as far as the CRM tells.
    """

    ref: DealRef
    name: str
    account_id: str | None
    account_name: str | None
    amount: Decimal | None
    currency: str | None
    owner_email: str | None
    owner_active: bool
    won_at: datetime
    won_how: WonHow
    episode: int
    url: str
    source: Mapping[str, Value]
    children: Mapping[str, tuple[Mapping[str, Value], ...]] = field(default_factory=dict)
    stage: str | None = None
    merged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """A deal that is there but could not be read whole; it is read again by the next run."""

    ref: DealRef
    name: str
    why: str


@dataclass(frozen=True)
class Page:
    """Some deals of a window, in the CRM's order."""

    deals: tuple[Deal, ...]
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True)
class Updated:
    """
    What a CRM's own log of changes says of a span.

    Args:
        ids: Every deal, won or not, whose record changed in the span.
        covered: Nothing that was changed before this moment can still become visible.
    """

    ids: frozenset[str]
    covered: datetime


@dataclass(frozen=True)
class Left:
    """A deal that is not won, by the stage it is in; one without a stage was deleted."""

    ref: DealRef
    stage: str | None

    @property
    def why(self) -> str:
        """In words, why nothing more is to be handed off."""
        return "deleted in the CRM" if self.stage is None else f"no longer won in the CRM, its stage is {self.stage}"


@dataclass(frozen=True)
class Window:
    """The span of modification stamps one poll covers: `lower` included, `upper` not. Both are server time."""

    lower: datetime
    upper: datetime


@dataclass(frozen=True)
class Gap:
    """A required field that Sales left empty, or whose answer is none: `why` says what is wrong with it."""

    field: str
    label: str
    prompt: str = ""
    why: str = ""


@dataclass(frozen=True)
class User:
    """A person as a platform knows them."""

    id: str
    email: str
    active: bool
    name: str = ""


@dataclass(frozen=True)
class Handoff:
    """
    What Customer Success must know of one won deal, and what the policy decided about it.

    `values` holds the canonical fields by dotted name (`account.name`), `people` and `products` among them.
    `notes` are the exceptions a person should hear of (an inactive owner, a missing amount). `kind` is what the deal
    is (`handoff.contract` lists them); `excluded` says why nothing is made for it, "" when something is.
    """

    deal: Deal
    values: Mapping[str, Value]
    segment: str
    segment_because: str
    gaps: tuple[Gap, ...]
    completeness: Decimal
    receiver: str | None
    receiver_because: str
    notes: tuple[str, ...]
    handed_off_at: datetime
    work_starts_at: datetime
    kind: str = "new_customer"
    kind_because: str = ""
    excluded: str = ""

    @property
    def customer_id(self) -> str:
        """The account whose customer this is: the CS root where the mapping names one, else the deal's own."""
        return str(self.values.get("account.cs_root_id") or self.deal.account_id)


class Scope(StrEnum):
    """Whose step it is: every deal has its own, or all deals of an account share one."""

    DEAL = "deal"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Needed:
    """Stands in a payload for the remote id of another step, known once that step is settled."""

    key: str


@dataclass(frozen=True)
class Origin:
    """A canonical field behind an output field: the CRM's paths it was read from, and where the rule for it stands."""

    name: str
    paths: tuple[str, ...]
    place: str

    def words(self) -> str:
        """Return it on one line: `account.name <- Account.Name [sources/salesforce.yml:14]`."""
        paths = f" <- {', '.join(self.paths)}" if self.paths else ""
        return f"{self.name}{paths} [{self.place}]"


@dataclass(frozen=True)
class Trace:
    """
    Where one output field came from: its rule's place and the canonical fields it used; `how` where it used none.

    Of a list of child records `parts` are their fields, `Objectives.Name`; `sources` are the names its rule reads.
    """

    field: str
    place: str
    origins: tuple[Origin, ...] = ()
    how: str = ""
    parts: tuple["Trace", ...] = ()
    sources: tuple[str, ...] = ()


class Write(StrEnum):
    """
    When a field of a record that is there already is written; a new record carries every field.

    `if_ours`: while it still holds the value we wrote last, or is empty and never was ours. `if_empty`: while it is
    empty. Neither is ever written again for a value that we did not change.
    """

    CREATE_ONLY = "create_only"
    IF_OURS = "if_ours"
    IF_EMPTY = "if_empty"
    ALWAYS = "always"


@dataclass(frozen=True)
class Item:
    """An item behind a child record: the list it is of, its place in it from 1, and what it says (`item.text`)."""

    each: str
    place: int
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Step:
    """
    One piece of work in one outside system.

    `payload` maps the vendor's field names to values; a `Needed` among them is another step's remote id.
    `match` holds, best first, the fields by which an existing record is recognised. `ref` is the remote
    id once known: a step with one is an update. `modes` says of every field of the payload when it may be written to
    a record that is there. `adopt` names the payload fields in which an open record of the same company that carries
    no key of ours must agree to be linked instead of made again; () adopts nothing. `plants` says of an update that
    it also writes our key into the record. A `reference` is only looked up: it is never made and never changed. `items`
    holds for each list of child records in the payload the item behind each, in order.
    """

    key: str
    name: str
    kind: str
    scope: Scope
    deal: DealRef
    payload: Mapping[str, Value]
    needs: tuple[str, ...] = ()
    match: tuple[Mapping[str, str], ...] = ()
    modes: Mapping[str, Write] = field(default_factory=dict)
    adopt: tuple[str, ...] = ()
    reference: bool = False
    ref: str | None = None
    plants: bool = False
    traces: tuple[Trace, ...] = ()
    items: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)

    def with_payload(self, payload: Mapping[str, Value], *, ref: str | None = None) -> "Step":
        """Return the same step carrying another payload, and the record it updates if there is one."""
        # `replace` would take every field through `__init__`: the most of what a step without change costs.
        other = object.__new__(Step)
        other.__dict__.update(self.__dict__, payload=payload, ref=ref)
        return other


class Result(StrEnum):
    """How a step ended."""

    CREATED = "created"
    UPDATED = "updated"
    ADOPTED = "adopted"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    REJECTED = "rejected"


SETTLED = frozenset({Result.CREATED, Result.UPDATED, Result.ADOPTED, Result.UNCHANGED})


@dataclass(frozen=True)
class Outcome:
    """
    The end of one step: `ref` is the remote id when it is settled, `reason` says why when it is not.

    `parked` says of one that may have been carried out that nobody can look it up, so a person must say. `again` is
    when one that waits goes on; None is with the next pass. `owner` is who can clear what was refused.
    """

    key: str
    result: Result
    ref: str | None = None
    reason: str = ""
    parked: bool = False
    again: datetime | None = None
    owner: Owner = Owner.REVOPS

    @property
    def acts(self) -> Owner | None:
        """Who must act next, None when it is settled."""
        if self.settled:
            return None
        if self.parked:
            return Owner.CS_OPS
        return self.owner if self.result is Result.REJECTED else Owner.BRIDGE

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do for this step."""
        return self.result in SETTLED


_TO_BE_MADE = "(new "


def to_be_made(step: str) -> str:
    """Return what stands, while it is only looked, for the id of the record that a step would make."""
    return f"{_TO_BE_MADE}{step})"


def is_to_be_made(ref: str) -> bool:
    """Return whether this stands for the id of a record that is not made yet."""
    return ref.startswith(_TO_BE_MADE)


class How(StrEnum):
    """
    How a record was recognised.

    By the key we planted in it; by the fields it shares with the deal; or as open work of the same kind that somebody
    else made, which is linked and not repeated.
    """

    KEY = "key"
    MATCH = "match"
    ADOPT = "adopt"


@dataclass(frozen=True)
class Found:
    """
    A record that is there already; `label` is how a person would recognise it.

    `conflict` says why it must not be taken without a person: it looks right and belongs to somebody else. `holds` is
    what the record holds now of the step's payload fields, each of the type of the payload's value (None: empty); a
    field that cannot be read back is absent. `closed` says that its work is over.
    """

    ref: str
    how: How
    label: str = ""
    conflict: str = ""
    holds: Mapping[str, Value] = field(default_factory=dict)
    closed: bool = False


@dataclass(frozen=True)
class Held:
    """What a record that we know holds now; `values` and `closed` as in `Found`."""

    ref: str
    values: Mapping[str, Value]
    closed: bool = False
    label: str = ""


@dataclass(frozen=True)
class Customer:
    """
    What a platform knows of one account of the CRM, as it is now.

    `status` and `stage` are labels; `csm_email` is lower case. An account it does not know has no `Customer`.
    """

    ref: str
    name: str = ""
    status: str | None = None
    stage: str | None = None
    csm_email: str | None = None


class Standing(StrEnum):
    """What a deal counts as; `balance` adds these up."""

    DONE = "done"
    WAITING = "waiting"
    NEEDS_PERSON = "needs_person"
    EXCLUDED = "excluded"
