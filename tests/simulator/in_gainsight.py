"""A simulated company's work in Gainsight, and its letters of welcome beside it."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import connectors
from connectors._system import World as Given
from handoff.ledger import Ledger
from handoff.platforms import Platform
from handoff.ports import Destination
from handoff.settings import Instance
from sandbox.ids import Ids
from sandbox.people import customer_success_users
from sandbox.wire import Json, Objects
from sandbox.world import port_of
from tests.simulator.network import Network
from tests.simulator.sides import WELCOMED, Account, Happening, Judge, Rows, Sale, Verdict, Work, by, in_doubt
from tests.simulator.welcome import WELCOME, WithWelcome, with_welcome

SYSTEM = connectors.platforms()["gainsight"]
SIZES = ("LIST_SIZE", "OBJECT_LIST_SIZE", "TIMELINE_LIST_SIZE")


class Gainsight:
    """What people do in Gainsight; see `PlatformSide`. Known accounts may have a CTA made by hand, to be adopted."""

    system = "gainsight"
    findable: Sequence[str] = ("company", "success_plan", "cta", "timeline")
    blind = WELCOME

    def __init__(self) -> None:
        self._ids = Ids("Sim")
        self._users = [{"Gsid": self._ids.gainsight("1P01"), **user} for user in customer_success_users()]
        self.objects: Objects = {"gsuser": self._users, "Company": [], "call_to_action": []}
        self.begun_by_hand: dict[str, str] = {}

    def known(self, account: Account, *, by_id: bool, begun: bool) -> None:
        """Let it know an account, by its id or by its name alone; with `begun` somebody made a CTA for it."""
        gsid = self._ids.gainsight("1P02")
        more = {"SfdcAccountId": account.id} if by_id else {}
        self.objects["Company"].append({"Gsid": gsid, "Name": account.name, "Status": "Active", **more})
        if begun:
            cta = {"Gsid": self._ids.gainsight("1S01"), "Name": f"Begun for {account.name}", "CompanyId": gsid}
            cta |= {"OwnerId": self._users[0]["Gsid"], "TypeId": "Lifecycle", "ReasonId": "Onboarding"}
            cta |= {"StatusId": "New", "PriorityId": "Low", "DueDate": "2026-05-01"}
            self.objects["call_to_action"].append(cta)
            self.begun_by_hand[cta["Gsid"]] = account.id

    def meanwhile(self, chance: random.Random, busy_for: timedelta) -> list[Happening]:
        """Return nothing: what people touch there is not simulated."""
        return []

    def known_as(self) -> Platform:
        """Return what mapping files can name: letters too."""
        return with_welcome(SYSTEM.platform)

    def instance(self, port_base: int, records: int) -> Instance:
        """Return its section of `handoff.toml`, for the stand-in at its port; so many records go in one call."""
        said = {f"HANDOFF_PLATFORM_MAIN_CLIENT_{part}": "sandbox" for part in ("ID", "SECRET")}
        said |= {"HANDOFF_PLATFORM_MAIN_CALLS_PER_MINUTE": "95"}
        said |= {f"HANDOFF_PLATFORM_MAIN_{name}": str(records) for name in SIZES}
        at = {"system": "gainsight", "base_url": f"http://127.0.0.1:{port_base + port_of('gainsight')}"}
        return Instance("platform", "main", at, said)

    def lag(self, seconds: int) -> Mapping[str, Json]:
        """Return the switches that keep what was made from look-ups for so long."""
        return {"read_lag_seconds": seconds}

    def destination(self, instance: Instance, given: Given, network: Network) -> Destination:
        """Return the connector, which sends letters too."""
        return WithWelcome(
            SYSTEM.make(instance, given),
            transport=network.under_httpx("post"),
            clock=given.clock,
            budget=given.budget,
            jitter=given.jitter,
            beat=given.beat,
        )

    def judge(self, verdict: Verdict, state: Mapping[str, Objects], letters: Rows, ledger: Ledger) -> Judge:
        """Return what judges the work that is there in the end."""
        return GainsightJudge(self, verdict, state["gainsight"], letters, in_doubt(ledger, WELCOME).values())


class GainsightJudge:
    """Judges companies, plans, CTAs, entries of the timeline and letters; see `Judge`."""

    def __init__(self, side: Gainsight, verdict: Verdict, state: Objects, letters: Rows, parked: Iterable[str]) -> None:
        self._verdict, self._accounts_begun, self.parked = verdict, side.begun_by_hand, frozenset(parked)
        self._companies = by(state.get("Company", ()), "SfdcAccountId")
        self._named = by(state.get("Company", ()), "Name")
        self._plans = by(state.get("cta_group", ()), "Name")
        self._ctas = by(state.get("call_to_action", ()), "Name")
        self._ours = by([{**row, "deal": _deal(row)} for row in state.get("call_to_action", ())], "deal")
        self._begun = {row["Gsid"]: row for row in state["call_to_action"] if row["Gsid"] in side.begun_by_hand}
        self._entries = by(state.get("activity_timeline", ()), "Subject")
        self._notes = by(state.get("activity_timeline", ()), "GsCompanyId")
        self._letters = by(letters, "Subject")

    def must_be(self, sale: Sale) -> Work:
        """Judge the work of a deal that had to be handed off."""
        company = self._one("company", sale, self._companies.get(sale.account, ()))
        self._one("company of its name", sale, self._named.get(sale.account_name, ()))
        plan = self._one("plan", sale, self._plans.get(f"Plan of {sale.name}", ()))
        cta = self._one("CTA", sale, self._all_ctas(sale))
        for promise in sale.promises:  # those come with their plan, and carry no key of their own
            self._verdict.one(f"objective {promise!r}", sale, self._ctas.get(promise, ()))
        entry = self._one("entry", sale, self._entries.get(f"Handoff of {sale.name}", ()))
        for what, row, name, of in (
            ("plan", plan, "CompanyId", company),
            ("CTA", cta, "CompanyId", company),
            ("CTA", cta if cta and cta["Gsid"] not in self._begun else None, "CtaGroupId", plan),
            ("entry", entry, "GsCompanyId", company),
        ):
            if row and of and row[name] != of["Gsid"]:
                self._verdict.wrong(f"{sale.name}: the {name} of its {what} is not the one that was made")
        self._letter(sale, company)
        telling = self._telling(entry, company) if entry and company else None
        return Work(all((company, plan, cta, entry)), telling)

    def must_not_be(self, sale: Sale) -> int:
        """Return how many records are there for a deal that is none of ours."""
        return sum(
            map(
                len,
                (
                    self._plans.get(f"Plan of {sale.name}", ()),
                    self._ctas.get(f"Onboard {sale.name}", ()),
                    self._entries.get(f"Handoff of {sale.name}", ()),
                    self._letters.get(f"Welcome, {sale.name}", ()),
                ),
            )
        )

    def nothing_else(self) -> None:
        """Judge what belongs to no single deal: what was to be adopted, and what is nobody's."""
        sales = self._verdict.sales
        names = {sale.name for sale in sales} | {promise for sale in sales for promise in sale.promises}
        names |= {row["Name"] for row in self._begun.values()}
        wanting = {sale.account for sale in sales if sale.handed_off}
        for gsid, row in self._begun.items():
            if self._accounts_begun[gsid] in wanting and not row["Bridge_Key__gc"]:
                self._verdict.wrong(f"{row['Name']} was not adopted")
        for what, start, rows in (("plan", "Plan of ", self._plans), ("CTA", "Onboard ", self._ctas)):
            for name in rows:
                if name.removeprefix(start) not in names:
                    self._verdict.wrong(f"a {what} that belongs to no deal: {name}")

    def _one(self, what: str, sale: Sale, rows: Rows) -> Mapping[str, Any] | None:
        return self._verdict.one(what, sale, rows, [row["Gsid"] for row in rows])

    def _all_ctas(self, sale: Sale) -> Rows:
        """Return the CTAs of a deal: those that carry its key, and those that are called so."""
        named = self._ctas.get(f"Onboard {sale.name}", ())
        return list({row["Gsid"]: row for row in (*self._ours.get(sale.id, ()), *named)}.values())

    def _letter(self, sale: Sale, company: Mapping[str, Any] | None) -> None:
        sent = self._letters.get(f"Welcome, {sale.name}", ())
        if sent and sale.type != WELCOMED:
            self._verdict.wrong(f"{sale.name}: a letter that nobody asked for")
        if len(sent) > 1:
            self._verdict.doubled(f"{sale.name}: {len(sent)} letters")
        if sent and company and sent[0]["To"] != company["Gsid"]:
            self._verdict.wrong(f"{sale.name}: its letter went to somebody else")
        if not sent and sale.type == WELCOMED and sale.id not in self.parked:
            self._verdict.lost(f"{sale.name}: no letter, and it is not parked")

    def _telling(self, entry: Mapping[str, Any], company: Mapping[str, Any]) -> str:
        """Return all that Customer Success was told of a deal: its entry, and the notes of later changes."""
        key = str(entry["ExternalId"]).rsplit(":", 1)[0]
        notes = [row for row in self._notes[company["Gsid"]] if str(row["ExternalId"]).startswith(key)]
        return "\n".join(str(row["Notes"]) for row in notes)


def _deal(row: Mapping[str, Any]) -> str | None:
    """Return the deal of which a record carries the key."""
    key = row.get("Bridge_Key__gc")
    return str(key).split(":")[4] if key else None
