"""What must be true of a world in the end, by the systems alone; the ledger's word is compared, never believed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from handoff import tables as t
from handoff.ledger import Ledger
from handoff.report import Report
from sandbox.wire import Objects
from tests.simulator.scene import Scene
from tests.simulator.sides import Rows, Sale, in_doubt


@dataclass
class Found:
    """
    What the oracle found.

    `handoffs` counts the deals that had to be handed off; `lost`, `doubled` and `wrong` say in words which work is
    missing, there twice, or not as it should be; `parked` names the deals whose blind step a person must decide.
    `stuck` counts the steps that are parked although they can be looked up.
    `twins` are the ids of records that stand for one piece of work, `missing` those of deals that lack one that can be
    found.
    """

    handoffs: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    stuck: int = 0
    twins: list[frozenset[str]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)

    @property
    def problems(self) -> list[str]:
        """Everything that must not be."""
        return [*self.lost, *self.doubled, *self.wrong]


def judged(
    scene: Scene, state: Mapping[str, Objects], letters: Rows, ledger: Ledger, reports: Sequence[Report]
) -> Found:
    """Return what is wrong with the work of a world in which nothing waits any more."""
    return Oracle(scene, state, letters, ledger, reports).found


class Oracle:
    """One judgement; `found` is what it came to. It keeps, as `Verdict`, what the platform's judge finds."""

    def __init__(
        self, scene: Scene, state: Mapping[str, Objects], letters: Rows, ledger: Ledger, reports: Sequence[Report]
    ) -> None:
        self.found = Found()
        self.sales: Sequence[Sale] = scene.sales
        self.told = scene.crm.told(state)
        self._standing = _standings(ledger)
        self._judge = scene.platform.judge(self, state, letters, ledger)
        for sale in scene.sales:
            if sale.handed_off:
                self.found.handoffs += 1
                self._must_be(sale)
            elif made := self._judge.must_not_be(sale):
                self.wrong(f"{sale.name}: {made} records for a deal that is none of ours")
        self._judge.nothing_else()
        self._ledger(ledger, scene.platform.findable)
        self._balances(reports)

    def one(self, what: str, sale: Sale, rows: Rows, ids: Sequence[str] = ()) -> Mapping[str, Any] | None:
        """Return the one record that there must be; `ids` are those by which a reconciliation names twins."""
        if not rows:
            self.lost(f"{sale.name}: no {what}")
            self.found.missing.add(sale.id)
        if len(rows) > 1:
            self.doubled(f"{sale.name}: {len(rows)} of {what}")
            if ids:
                self.found.twins.append(frozenset(ids))
        return rows[0] if rows else None

    def wrong(self, what: str) -> None:
        """Keep what is not as it should be."""
        self.found.wrong.append(what)

    def doubled(self, what: str) -> None:
        """Keep what is there twice."""
        self.found.doubled.append(what)

    def lost(self, what: str) -> None:
        """Keep what is missing."""
        self.found.lost.append(what)

    def _must_be(self, sale: Sale) -> None:
        work = self._judge.must_be(sale)
        parked = sale.id in self._judge.parked
        if parked:
            self.found.parked.append(sale.name)
            if self._standing.get(sale.id) != "needs_person":
                self.wrong(f"{sale.name}: its blind step is parked, and no person hears of it")
        self._told(sale, whole=work.whole, parked=parked)
        if not parked and work.telling is not None and sale.goals[-1] not in work.telling:
            self.wrong(f"{sale.name}: nobody was told of its last goal")

    def _told(self, sale: Sale, *, whole: bool, parked: bool) -> None:
        """What is called done must be there, on the deal's own record and in the ledger."""
        standing, told = self._standing.get(sale.id), self.told[sale.id]
        if standing == "done" and (parked or not whole):
            self.wrong(f"{sale.name}: the ledger calls it done")
        if told.status == "Handed off" and (parked or not whole):
            self.wrong(f"{sale.name}: its record calls it handed off")
        wanted = "Needs a person" if parked else "Handed off"
        if whole and told.status != wanted:
            self.wrong(f"{sale.name}: its record says {told.status!r}, not {wanted!r}")
        if whole and not told.receipt:
            self.wrong(f"{sale.name}: its record has no receipt")

    def _ledger(self, ledger: Ledger, findable: Iterable[str]) -> None:
        for kind in findable:
            unknown = in_doubt(ledger, kind)
            self.found.stuck += len(unknown)
            if unknown:
                self.wrong(f"{len(unknown)} steps of kind {kind} are parked")
        waiting = [ref for ref, standing in self._standing.items() if standing == "waiting"]
        if waiting:
            self.wrong(f"{len(waiting)} deals wait for ever, {waiting[0]} among them")

    def _balances(self, reports: Iterable[Report]) -> None:
        for one in reports:
            if one.balance.remainder:
                self.wrong(f"run {one.run} does not balance")


def _standings(ledger: Ledger) -> dict[str, str]:
    with ledger.reading() as connection:
        return dict(connection.execute(select(t.deals.c.deal_id, t.deals.c.standing)).tuples().all())
