"""A simulated company's work in Totango."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import connectors
from connectors._system import World as Given
from flows._instances import stand_in
from handoff.ledger import Ledger
from handoff.platforms import Platform
from handoff.ports import Destination
from handoff.settings import Instance
from sandbox.people import CUSTOMER_SUCCESS
from sandbox.totango.org import totango_user
from sandbox.wire import Json, Objects
from tests.simulator.network import Network
from tests.simulator.sides import WELCOMED, Account, Happening, Judge, Rows, Sale, Verdict, Work, by, in_doubt

SYSTEM = connectors.platforms()["totango"]
ENTERS, GOES_ON, FURTHER = "Kick Off", "Business Discovery", "Integration"
STAGE, CSM, GOAL = "Onboarding Stage", "Success Manager", "Last Goal"
MARK = " [ref "
MOVES = 3
"""How often somebody takes those accounts further that entered a while ago."""
A_WHILE = timedelta(minutes=1)
"""Nobody takes an account further sooner: a call of ours may still be on its way."""


class Totango:
    """What people do in Totango; see `PlatformSide`. A known account may be further than where handoffs begin."""

    system = "totango"
    findable: Sequence[str] = ("account", "enrolment", "collection", "task", "touchpoint")
    blind = "play"

    def __init__(self) -> None:
        people = [totango_user(one.name, one.email) for one in CUSTOMER_SUCCESS]
        self.objects: Objects = {"totango_users": people, "accounts": []}
        self.further: set[str] = set()

    def known(self, account: Account, *, by_id: bool, begun: bool) -> None:
        """Let it know an account; with `by_id` it has a status, with `begun` it is in a later stage with its CSM."""
        attributes = {"Status": "Free"} if by_id else {}
        if begun:
            attributes |= {STAGE: FURTHER, f"{CSM}___tid": "ben.okafor@harbor.example"}
            self.further.add(account.id)
        self.objects["accounts"].append({"id": account.id, "name": account.name, "attributes": attributes})

    def meanwhile(self, chance: random.Random, busy_for: timedelta) -> list[Happening]:
        """Let CSMs take customers to the next stage while the bridge works."""
        moments = sorted(chance.uniform(0.2, 1.0) * busy_for for _ in range(MOVES))
        return [Happening(moment, self.system, _further) for moment in moments]

    def known_as(self) -> Platform:
        """Return what mapping files can name."""
        return SYSTEM.platform

    def instance(self, port_base: int, records: int) -> Instance:
        """Return its section of `handoff.toml`, for the stand-in at its port; so many records go in one batch."""
        return stand_in(SYSTEM, port_base, {"HANDOFF_PLATFORM_MAIN_HUB_LIST_SIZE": str(records)})

    def lag(self, seconds: int) -> Mapping[str, Json]:
        """Return the switches that keep what was made from look-ups for so long: a batch is applied late, too."""
        return {"hub_delay_seconds": seconds // 2, "index_lag_seconds": seconds - seconds // 2}

    def destination(self, instance: Instance, given: Given, network: Network) -> Destination:
        """Return the connector."""
        made: Destination = SYSTEM.make(instance, given)
        return made

    def judge(self, verdict: Verdict, state: Mapping[str, Objects], letters: Rows, ledger: Ledger) -> Judge:
        """Return what judges the work that is there in the end."""
        return TotangoJudge(self, verdict, state["totango"], in_doubt(ledger, self.blind))


def _further(held: Objects) -> Objects:
    """Take those accounts further that entered a while ago; the last write tells the time."""
    entered = [(row, row["lifecycle"][-1]) for row in held["accounts"] if row["lifecycle"]]
    newest = max((_moment(at["entered_at"]) for _, at in entered), default=None)
    return {
        "accounts": [
            {"id": row["id"], "attributes": {STAGE: GOES_ON}}
            for row, at in entered
            if at["stage"] == ENTERS and newest is not None and newest - _moment(at["entered_at"]) > A_WHILE
        ]
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class TotangoJudge:
    """Judges accounts, their stages, tasks, touchpoints, runs of plays and the register of deals; see `Judge`."""

    def __init__(self, side: Totango, verdict: Verdict, state: Objects, parked: Iterable[str]) -> None:
        self._side, self._verdict = side, verdict
        self._accounts = by(state["accounts"], "id")
        self._tasks = by([{**row, "ours": row["title"].partition(MARK)[0]} for row in _by_hand(state)], "ours")
        self._notes = by(state["touchpoints"], "subject")
        self._notes_of = by(state["touchpoints"], "account_id")
        self._rows = by([{**row, "deal": row["attributes"].get("deal_name")} for row in state["collections"]], "deal")
        self._runs = by([row for row in state["play_runs"] if row["manual"]], "account_id")
        self._fired = by([row for row in state["play_runs"] if not row["manual"]], "account_id")
        self._of_account = by([vars(sale) for sale in verdict.sales if sale.handed_off], "account")
        in_doubt = {key.split(":")[4] for key in parked}
        self.parked = frozenset(
            sale.id for sale in verdict.sales if sale.handed_off and _welcomed(sale) and sale.account in in_doubt
        )
        self._of_parked = {sale.account for sale in verdict.sales if sale.id in self.parked}

    def must_be(self, sale: Sale) -> Work:
        """Judge the work of a deal that had to be handed off."""
        account = self._verdict.one("account", sale, self._accounts.get(sale.account, ()))
        task = self._one("task", sale, self._tasks.get(f"Onboard {sale.name}", ()))
        note = self._one("touchpoint", sale, self._notes.get(f"Handoff of {sale.name}", ()))
        row = self._verdict.one("row of the register", sale, self._rows.get(sale.name, ()))
        for what, one in (("task", task), ("touchpoint", note), ("row", row)):
            if one and one["account_id"] != sale.account:
                self._verdict.wrong(f"{sale.name}: its {what} is at another account")
        for what, one in (("task_id", task), ("touchpoint_id", note)):
            if one and row and row["attributes"].get(what) != f"{sale.account}/{one['id']}":
                self._verdict.wrong(f"{sale.name}: the {what} of its row is not the one that was made")
        if account:
            self._attributes(sale, account)
        if _welcomed(sale) and not self._runs.get(sale.account) and sale.id not in self.parked:
            self._verdict.lost(f"{sale.name}: its play did not run, and it is not parked")
        return Work(all((account, task, note, row)), self._telling(note, sale) if note else None)

    def must_not_be(self, sale: Sale) -> int:
        """Return how many records are there for a deal that is none of ours."""
        tasks, notes = self._tasks.get(f"Onboard {sale.name}", ()), self._notes.get(f"Handoff of {sale.name}", ())
        return len(tasks) + len(notes) + len(self._rows.get(sale.name, ()))

    def nothing_else(self) -> None:
        """Judge what belongs to no single deal: stages and plays of accounts, and what is nobody's."""
        names = {sale.name for sale in self._verdict.sales}
        for what, start, rows in (("task", "Onboard ", self._tasks), ("row", "", self._rows)):
            for name in rows:
                if name.removeprefix(start) not in names:
                    self._verdict.wrong(f"a {what} that belongs to no deal: {name}")
        welcomed = {sale.account for sale in self._verdict.sales if sale.handed_off and _welcomed(sale)}
        for account, runs in self._runs.items():
            if account not in welcomed:
                self._verdict.wrong(f"a play that nobody asked for ran for {account}")
            if len(runs) > 1:
                self._verdict.doubled(f"the play ran {len(runs)} times for {account}")
        for account, fired in self._fired.items():
            if len(fired) > 1:
                self._verdict.doubled(f"{account} entered {ENTERS} {len(fired)} times")
        for (account,) in self._accounts.values():
            self._stages(account)

    def _stages(self, account: Mapping[str, Any]) -> None:
        """Judge the stages that an account was in: it entered once, where it was in none, and was never set back."""
        stages = [one["stage"] for one in account["lifecycle"]]
        wanted: list[list[str]] = [[ENTERS], [ENTERS, GOES_ON]]
        if account["id"] in self._side.further:
            wanted = [[FURTHER]]
        elif account["id"] not in self._of_account:
            wanted = [[]]
        if stages not in wanted:
            self._verdict.wrong(f"{account['id']} went through the stages {stages}")

    def _attributes(self, sale: Sale, account: Mapping[str, Any]) -> None:
        attributes = account["attributes"]
        if account["name"] != sale.account_name:
            self._verdict.wrong(f"{sale.name}: its account is called {account['name']!r}")
        if not attributes.get("Status") or not account["roles"].get(CSM):
            self._verdict.wrong(f"{sale.name}: its account has no status, or no CSM")
        newest = max(self._of_account[sale.account], key=lambda one: (self._verdict.told[one["id"]].won_at, one["id"]))
        if newest["id"] == sale.id and sale.account not in self._of_parked and attributes.get(GOAL) != sale.goals[-1]:
            self._verdict.wrong(f"{sale.name}: its account's goal is {attributes.get(GOAL)!r}, not {sale.goals[-1]!r}")

    def _one(self, what: str, sale: Sale, rows: Rows) -> Mapping[str, Any] | None:
        return self._verdict.one(what, sale, rows, [f"{row['account_id']}/{row['id']}" for row in rows])

    def _telling(self, note: Mapping[str, Any], sale: Sale) -> str:
        """Return all that Customer Success was told of a deal: its touchpoint, and the notes of later changes."""
        key = str(note["content"]).rpartition(MARK.strip())[2].rpartition(":")[0].strip()
        return "\n".join(row["content"] for row in self._notes_of[sale.account] if key in row["content"])


def _by_hand(state: Objects) -> Rows:
    """Return the tasks that no play made."""
    return [row for row in state["tasks"] if row["automation_id"] is None]


def _welcomed(sale: Sale) -> bool:
    return sale.type == WELCOMED
