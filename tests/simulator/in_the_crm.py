"""A simulated company's work in HubSpot itself: a task and a note on each won deal."""

import random
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import connectors
from connectors._system import World as Given
from flows._instances import stand_in
from handoff.ledger import Ledger
from handoff.platforms import Platform
from handoff.ports import Destination
from handoff.settings import Instance
from sandbox.wire import Json, Objects
from tests.simulator.network import Network
from tests.simulator.sides import Account, Happening, Judge, Rows, Sale, Verdict, Work, by

SYSTEM = connectors.platforms()["crm"]
HEADING = re.compile(r"<p><strong>(.*?)</strong></p>")


class InHubSpot:
    """What people do with the work in HubSpot, which is nothing; see `PlatformSide`. No step of it is blind."""

    system = "hubspot"
    findable: Sequence[str] = ("task", "note")
    blind = ""

    def __init__(self) -> None:
        self.objects: Objects = {}

    def known(self, account: Account, *, by_id: bool, begun: bool) -> None:
        """Do nothing: the CRM knows its own accounts."""

    def meanwhile(self, chance: random.Random, busy_for: timedelta) -> list[Happening]:
        """Return nothing."""
        return []

    def known_as(self) -> Platform:
        """Return what mapping files can name."""
        return SYSTEM.platform

    def instance(self, port_base: int, records: int) -> Instance:
        """Return its section of `handoff.toml`; the way to the portal is the CRM's."""
        return stand_in(SYSTEM, port_base, {})

    def lag(self, seconds: int) -> Mapping[str, Json]:
        """Return nothing: what belongs to a deal is read from the records themselves, not from an index."""
        return {}

    def destination(self, instance: Instance, given: Given, network: Network) -> Destination:
        """Return the connector, over the CRM's own way to the portal."""
        made: Destination = SYSTEM.make(instance, given)
        return made

    def judge(self, verdict: Verdict, state: Mapping[str, Objects], letters: Rows, ledger: Ledger) -> Judge:
        """Return what judges the work that is there in the end."""
        return InHubSpotJudge(verdict, state["hubspot"])


class InHubSpotJudge:
    """Judges tasks and notes; see `Judge`."""

    parked: frozenset[str] = frozenset()

    def __init__(self, verdict: Verdict, state: Objects) -> None:
        self._verdict = verdict
        self._tasks = by(state["tasks"], "hs_task_subject")
        self._notes = by([{**row, "heading": _heading(row)} for row in state["notes"]], "heading")
        self._notes_of = by([{**row, "deal": _deal(row)} for row in state["notes"]], "deal")

    def must_be(self, sale: Sale) -> Work:
        """Judge the work of a deal that had to be handed off."""
        task = self._one("task", sale, self._tasks.get(f"Onboard {sale.name}", ()))
        note = self._one("note", sale, self._notes.get(f"Handoff of {sale.name}", ()))
        for what, row in (("task", task), ("note", note)):
            if row and _deal(row) != sale.id:
                self._verdict.wrong(f"{sale.name}: its {what} is at another deal")
        telling = "\n".join(row["hs_note_body"] for row in self._notes_of.get(sale.id, ()))
        return Work(all((task, note)), telling if note else None)

    def must_not_be(self, sale: Sale) -> int:
        """Return how many records are there for a deal that is none of ours."""
        return len(self._tasks.get(f"Onboard {sale.name}", ())) + len(self._notes_of.get(sale.id, ()))

    def nothing_else(self) -> None:
        """Judge what belongs to no deal."""
        names = {f"Onboard {sale.name}" for sale in self._verdict.sales}
        for name in self._tasks:
            if name not in names:
                self._verdict.wrong(f"a task that belongs to no deal: {name}")

    def _one(self, what: str, sale: Sale, rows: Rows) -> Mapping[str, Any] | None:
        return self._verdict.one(what, sale, rows, [row["id"] for row in rows])


def _heading(note: Mapping[str, Any]) -> str | None:
    found = HEADING.match(note["hs_note_body"])
    return found[1] if found else None


def _deal(row: Mapping[str, Any]) -> str | None:
    tied = row["associations"].get("deals", ())
    return tied[0]["id"] if len(tied) == 1 else None
