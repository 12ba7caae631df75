"""The two sides of a simulated company: a CRM and a platform, each with its vendor's own words."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import select

from connectors._system import World as Given
from handoff import tables as t
from handoff.intents import State
from handoff.ledger import Ledger
from handoff.platforms import Platform
from handoff.ports import Destination
from handoff.settings import Instance
from sandbox.wire import Json, Objects
from tests.simulator.network import Network

Rows = Sequence[Mapping[str, Any]]

WON, LOST, OPEN = "won", "lost", "open"
WELCOMED, PLAIN, RENEWAL = "New Customer", "New Business", "Renewal"
"""A deal that is welcomed needs a blind step beside the others: a letter, or the run of a play."""


@dataclass(frozen=True)
class Account:
    """A customer as the CRM has it."""

    id: str
    name: str


@dataclass
class Sale:
    """One deal: what is to become of it, and every goal that it named, the last one last."""

    id: str
    name: str
    account: str
    account_name: str
    stage: str
    type: str
    goals: list[str] = field(default_factory=list)
    promises: tuple[str, ...] = ()

    @property
    def handed_off(self) -> bool:
        """Whether there must be work for it in the end."""
        return self.stage == WON and self.type != RENEWAL


Edits = Callable[[Objects], Objects]
"""Says by what a system holds what people change in it."""


@dataclass(frozen=True)
class Happening:
    """Something that people do in a system, `after` the work began; what may follow from what it holds then."""

    after: timedelta
    system: str
    edits: Objects | Edits


@dataclass(frozen=True)
class Told:
    """What a deal's own record says: its status, the receipt of its work, and when it was won, "" where it is not."""

    status: str | None
    receipt: str | None
    won_at: str


@dataclass(frozen=True)
class Work:
    """
    The work of a deal: whether all is there, and what it tells of the deal.

    `telling` is None where it cannot be told who should have told it.
    """

    whole: bool
    telling: str | None


class Verdict(Protocol):
    """Keeps what a judge finds."""

    sales: Sequence[Sale]
    told: Mapping[str, Told]

    def one(self, what: str, sale: Sale, rows: Rows, ids: Sequence[str] = ()) -> Mapping[str, Any] | None:
        """Return the one record that there must be; `ids` are those by which a reconciliation names twins."""
        ...

    def wrong(self, what: str) -> None:
        """Keep what is not as it should be."""
        ...

    def doubled(self, what: str) -> None:
        """Keep what is there twice."""
        ...

    def lost(self, what: str) -> None:
        """Keep what is missing."""
        ...


class Judge(Protocol):
    """Judges the work on a platform; `parked` holds the ids of the deals whose blind step a person must decide."""

    parked: frozenset[str]

    def must_be(self, sale: Sale) -> Work:
        """Judge the work of a deal that had to be handed off."""
        ...

    def must_not_be(self, sale: Sale) -> int:
        """Return how many records are there for a deal that is none of ours."""
        ...

    def nothing_else(self) -> None:
        """Judge what belongs to no single deal."""
        ...


class CrmSide(Protocol):
    """
    What people do in a CRM, and what its records tell of the bridge in the end.

    `objects` and `settings` are what it begins with. A search shows every change `seen_within` its stamp.
    """

    system: str
    objects: Objects
    settings: Mapping[str, Json]
    seen_within: timedelta

    def account(self) -> Account:
        """Add an account."""
        ...

    def new_id(self) -> str:
        """Return the id of the next deal."""
        ...

    def begin(self, sale: Sale, stage: str, moment: datetime) -> None:
        """Add a deal that came to this stage at a moment."""
        ...

    def wins(self, sale: Sale) -> Objects:
        """Return what changes when a deal is won."""
        ...

    def names_goal(self, sale: Sale) -> Objects:
        """Return what changes when a deal names its last goal."""
        ...

    def stamped(self, edits: Objects, moment: datetime) -> Objects:
        """Return a change with the stamp of this moment."""
        ...

    def instance(self, port_base: int, records: int) -> Instance:
        """Return its section of `handoff.toml`, for the stand-in at its port; so many records go in one call."""
        ...

    def told(self, state: Mapping[str, Objects]) -> dict[str, Told]:
        """Return what each deal's own record says in the end, by the deal's id."""
        ...


class PlatformSide(Protocol):
    """
    What people do on a platform, how the bridge is set up for it, and which of its steps are blind.

    `objects` is what it begins with, `findable` the kinds of steps that can be looked up, `blind` the one that cannot.
    """

    system: str
    objects: Objects
    findable: Sequence[str]
    blind: str

    def known(self, account: Account, *, by_id: bool, begun: bool) -> None:
        """Let it know an account, wholly or in part (`by_id`), perhaps with work `begun` by hand."""
        ...

    def meanwhile(self, chance: random.Random, busy_for: timedelta) -> list[Happening]:
        """Return what people do there while the bridge works."""
        ...

    def known_as(self) -> Platform:
        """Return what mapping files can name."""
        ...

    def instance(self, port_base: int, records: int) -> Instance:
        """Return its section of `handoff.toml`, for the stand-in at its port; so many records go in one call."""
        ...

    def lag(self, seconds: int) -> Mapping[str, Json]:
        """Return the switches that keep what was made from look-ups for so long."""
        ...

    def destination(self, instance: Instance, given: Given, network: Network) -> Destination:
        """Return the connector."""
        ...

    def judge(self, verdict: Verdict, state: Mapping[str, Objects], letters: Rows, ledger: Ledger) -> Judge:
        """Return what judges the work that is there in the end."""
        ...


def by(rows: Rows, name: str) -> dict[Any, list[Mapping[str, Any]]]:
    """Return records by what a field of theirs holds; those that leave it empty are left out."""
    grouped: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row.get(name) is not None:
            grouped.setdefault(row[name], []).append(row)
    return grouped


def in_doubt(ledger: Ledger, kind: str) -> dict[str, str]:
    """Return the steps of this kind that may have happened, by key: the id of the deal that wrote each last."""
    query = select(t.steps.c.key, t.steps.c.deal).where(
        t.steps.c.kind == kind, t.steps.c.state.in_((State.UNKNOWN.value, State.INTENDED.value))
    )
    with ledger.reading() as connection:
        return {row.key: row.deal.rsplit(":", 1)[-1] for row in connection.execute(query)}
