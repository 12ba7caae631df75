"""What must be true of a world in the end, by the systems alone; the ledger's word is compared, never believed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from handoff import tables as t
from handoff.ledger import Ledger
from handoff.report import Report
from sandbox.wire import Objects
from tests.simulator.scene import WITH_LETTER, Sale, Scene

Rows = Sequence[Mapping[str, Any]]


@dataclass
class Found:
    """
    What the oracle found.

    `handoffs` counts the deals that had to be handed off; `lost`, `doubled` and `wrong` say in words which work is
    missing, there twice, or not as it should be; `parked` names the deals whose blind step a person must decide.
    `twins` are the ids of records that stand for one piece of work, `missing` those of deals that lack one that can be
    found.
    """

    handoffs: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    twins: list[frozenset[str]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)

    @property
    def problems(self) -> list[str]:
        """Everything that must not be."""
        return [*self.lost, *self.doubled, *self.wrong]


def judged(
    scene: Scene,
    state: Mapping[str, Objects],
    letters: Rows,
    ledger: Ledger,
    reports: Sequence[Report],
) -> Found:
    """Return what is wrong with the work of a world in which nothing waits any more."""
    return Oracle(scene, state, letters, ledger, reports).found


class Oracle:
    """One judgement; `found` is what it came to."""

    def __init__(
        self, scene: Scene, state: Mapping[str, Objects], letters: Rows, ledger: Ledger, reports: Sequence[Report]
    ) -> None:
        self.found = Found()
        platform, crm = state["gainsight"], state["salesforce"]
        self._companies = _by(platform.get("Company", ()), "SfdcAccountId")
        self._named = _by(platform.get("Company", ()), "Name")
        self._plans = _by(platform.get("cta_group", ()), "Name")
        self._ctas = _by(platform.get("call_to_action", ()), "Name")
        self._ours = _by(({**row, "deal": _deal(row)} for row in platform.get("call_to_action", ())), "deal")
        self._begun = {row["Gsid"]: row for row in platform["call_to_action"] if row["Gsid"] in scene.begun_by_hand}
        self._entries = _by(platform.get("activity_timeline", ()), "Subject")
        self._notes = _by(platform.get("activity_timeline", ()), "GsCompanyId")
        self._letters = _by(letters, "Subject")
        self._crm = {row["Id"]: row for row in crm["Opportunity"]}
        self._parked = set(_unknown(ledger, "welcome"))
        self._standing = _standings(ledger)
        for sale in scene.sales:
            if sale.handed_off:
                self.found.handoffs += 1
                self._must_be(sale)
            else:
                self._must_not_be(sale)
        self._nothing_else(scene)
        self._ledger(ledger)
        self._balances(reports)

    def _must_be(self, sale: Sale) -> None:
        company = self._one("company", sale, self._companies.get(sale.account, ()))
        self._one("company of its name", sale, self._named.get(sale.account_name, ()))
        plan = self._one("plan", sale, self._plans.get(f"Plan of {sale.name}", ()))
        cta = self._one("CTA", sale, self._all_ctas(sale))
        for promise in sale.promises:
            self._one(f"objective {promise!r}", sale, self._ctas.get(promise, ()))
        entry = self._one("entry", sale, self._entries.get(f"Handoff of {sale.name}", ()))
        for what, row, name, of in (
            ("plan", plan, "CompanyId", company),
            ("CTA", cta, "CompanyId", company),
            ("CTA", cta if cta and cta["Gsid"] not in self._begun else None, "CtaGroupId", plan),
            ("entry", entry, "GsCompanyId", company),
        ):
            if row and of and row[name] != of["Gsid"]:
                self.found.wrong.append(f"{sale.name}: the {name} of its {what} is not the one that was made")
        self._letter(sale, company)
        whole = all((company, plan, cta, entry))
        self._told(sale, whole)
        told = entry is None or company is None or sale.goals[-1] in self._said(sale, entry, company)
        if not told and sale.id not in self._parked:
            self.found.wrong.append(f"{sale.name}: nobody was told of its last goal")

    def _all_ctas(self, sale: Sale) -> Rows:
        """Return the CTAs of a deal: those that carry its key, and those that are called so."""
        named = self._ctas.get(f"Onboard {sale.name}", ())
        return list({row["Gsid"]: row for row in (*self._ours.get(sale.id, ()), *named)}.values())

    def _one(self, what: str, sale: Sale, rows: Rows) -> Mapping[str, Any] | None:
        if not rows:
            self.found.lost.append(f"{sale.name}: no {what}")
            self.found.missing.add(sale.id)
        if len(rows) > 1:
            self.found.doubled.append(f"{sale.name}: {len(rows)} of {what}")
            if not what.startswith("objective"):  # those come with their plan, and carry no key of their own
                self.found.twins.append(frozenset(row["Gsid"] for row in rows))
        return rows[0] if rows else None

    def _letter(self, sale: Sale, company: Mapping[str, Any] | None) -> None:
        sent = self._letters.get(f"Welcome, {sale.name}", ())
        if sent and sale.type != WITH_LETTER:
            self.found.wrong.append(f"{sale.name}: a letter that nobody asked for")
        if len(sent) > 1:
            self.found.doubled.append(f"{sale.name}: {len(sent)} letters")
        if sent and company and sent[0]["To"] != company["Gsid"]:
            self.found.wrong.append(f"{sale.name}: its letter went to somebody else")
        if sale.id in self._parked:
            self.found.parked.append(sale.name)
            if self._standing.get(sale.id) != "needs_person":
                self.found.wrong.append(f"{sale.name}: its letter is parked, and no person hears of it")
        elif not sent and sale.type == WITH_LETTER:
            self.found.lost.append(f"{sale.name}: no letter, and it is not parked")

    def _told(self, sale: Sale, whole: bool) -> None:
        """What is called done must be there, on the deal's own record and in the ledger."""
        standing, status = self._standing.get(sale.id), self._crm[sale.id].get("Handoff_Status__c")
        done = sale.id not in self._parked
        if standing == "done" and not (whole and done):
            self.found.wrong.append(f"{sale.name}: the ledger calls it done")
        if status == "Handed off" and not (whole and done):
            self.found.wrong.append(f"{sale.name}: its record calls it handed off")
        wanted = "Handed off" if done else "Needs a person"
        if whole and status != wanted:
            self.found.wrong.append(f"{sale.name}: its record says {status!r}, not {wanted!r}")

    def _said(self, sale: Sale, entry: Mapping[str, Any], company: Mapping[str, Any]) -> str:
        """Return all that Customer Success was told of a deal: its entry, and the notes of later changes."""
        key = str(entry["ExternalId"]).rsplit(":", 1)[0]
        notes = [row for row in self._notes[company["Gsid"]] if str(row["ExternalId"]).startswith(key)]
        return "\n".join(str(row["Notes"]) for row in notes)

    def _must_not_be(self, sale: Sale) -> None:
        made = (
            *self._plans.get(f"Plan of {sale.name}", ()),
            *self._ctas.get(f"Onboard {sale.name}", ()),
            *self._entries.get(f"Handoff of {sale.name}", ()),
            *self._letters.get(f"Welcome, {sale.name}", ()),
        )
        if made:
            self.found.wrong.append(f"{sale.name}: {len(made)} records for a deal that is none of ours")

    def _nothing_else(self, scene: Scene) -> None:
        names = {sale.name for sale in scene.sales} | {promise for sale in scene.sales for promise in sale.promises}
        names |= {row["Name"] for row in self._begun.values()}
        wanting = {sale.account for sale in scene.handed_off}
        for gsid, row in self._begun.items():
            if scene.begun_by_hand[gsid] in wanting and not row["Bridge_Key__gc"]:
                self.found.wrong.append(f"{row['Name']} was not adopted")
        for what, start, rows in (("plan", "Plan of ", self._plans), ("CTA", "Onboard ", self._ctas)):
            strangers = [name for name in rows if name.removeprefix(start) not in names]
            self.found.wrong += [f"a {what} that belongs to no deal: {name}" for name in strangers]

    def _ledger(self, ledger: Ledger) -> None:
        for kind in ("company", "success_plan", "cta", "timeline"):
            unknown = _unknown(ledger, kind)
            if unknown:
                self.found.wrong.append(f"{len(unknown)} steps of kind {kind} are parked")
        waiting = [ref for ref, standing in self._standing.items() if standing == "waiting"]
        if waiting:
            self.found.wrong.append(f"{len(waiting)} deals wait for ever, {waiting[0]} among them")

    def _balances(self, reports: Iterable[Report]) -> None:
        for one in reports:
            if one.balance.remainder:
                self.found.wrong.append(f"run {one.run} does not balance")


def _deal(row: Mapping[str, Any]) -> str | None:
    """Return the deal of which a record carries the key."""
    key = row.get("Bridge_Key__gc")
    return str(key).split(":")[4] if key else None


def _by(rows: Iterable[Mapping[str, Any]], field: str) -> defaultdict[Any, list[Mapping[str, Any]]]:
    grouped: defaultdict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row.get(field) is not None:
            grouped[row[field]].append(row)
    return grouped


def _unknown(ledger: Ledger, kind: str) -> list[str]:
    """Return the ids of the deals of which a step of this kind is in doubt."""
    query = select(t.steps.c.deal).where(t.steps.c.kind == kind, t.steps.c.state.in_(("unknown", "intended")))
    with ledger.reading() as connection:
        return [ref.rsplit(":", 1)[-1] for ref in connection.execute(query).scalars()]


def _standings(ledger: Ledger) -> dict[str, str]:
    with ledger.reading() as connection:
        return dict(connection.execute(select(t.deals.c.deal_id, t.deals.c.standing)).tuples().all())


def counted(found: Iterable[Found]) -> Iterator[tuple[str, int]]:
    """Yield how often each was found, over many worlds."""
    total: Counter[str] = Counter()
    for one in found:
        total.update(handoffs=one.handoffs, lost=len(one.lost), doubled=len(one.doubled), wrong=len(one.wrong))
        total.update(parked=len(one.parked))
    yield from total.items()
