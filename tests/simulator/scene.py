"""Who buys what in a simulated company, before and while the bridge works."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.ids import Ids
from sandbox.journal import iso_z
from sandbox.people import customer_success_users
from sandbox.wire import Contents, Objects, Record

WON, LOST, OPEN = "Closed Won", "Closed Lost", "Prospecting"
WITH_LETTER, PLAIN, RENEWAL = "New Customer", "New Business", "Renewal"
LATEST_COMMIT_SECONDS = 8.0
"""How long after its stamp a row may become visible; the bridge leaves the last 10 seconds alone."""


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


@dataclass(frozen=True)
class Happening:
    """Something that people do in the CRM, `after` the work began."""

    after: timedelta
    objects: Objects


class Scene:
    """
    A company, as it is built up.

    `sales` are its deals as they stand once all `happenings` happened; `contents` is what the systems begin with.
    `begun_by_hand` are CTAs that somebody made before, to be adopted: the account of each, by id.
    """

    def __init__(self, start: datetime) -> None:
        self.start = start
        self._ids = Ids("Sim")
        self._rep: Record = {"Id": self._ids.salesforce("005"), "Name": "Rosa Rep", "IsActive": True}
        self._rep |= {"Email": "rosa.rep@harbor.example", "Username": "rosa.rep@harbor.example"}
        self._crm: Objects = {"User": [self._rep], "Account": [], "Opportunity": [], "OpportunityHistory": []}
        self._users = [{"Gsid": self._ids.gainsight("1P01"), **user} for user in customer_success_users()]
        self._platform: Objects = {"gsuser": self._users, "Company": [], "call_to_action": []}
        self.sales: list[Sale] = []
        self.happenings: list[Happening] = []
        self.begun_by_hand: dict[str, str] = {}

    def contents(self, *_: object) -> Contents:
        """Return what the systems hold before anything happens."""
        return Contents(settings={}, objects={"salesforce": self._crm, "gainsight": self._platform})

    @property
    def handed_off(self) -> list[Sale]:
        """The deals that must be handed off in the end."""
        return [sale for sale in self.sales if sale.handed_off]

    def account(self) -> Mapping[str, str]:
        """Add an account."""
        account = {"Id": self._ids.salesforce("001"), "Name": f"Account {len(self._crm['Account']) + 1}"}
        self._crm["Account"].append(account)
        return account

    def known(self, account: Mapping[str, str], *, by_id: bool, begun: bool = False) -> None:
        """Let Gainsight know the account, by its id or by its name alone; with `begun` somebody made a CTA for it."""
        gsid = self._ids.gainsight("1P02")
        more = {"SfdcAccountId": account["Id"]} if by_id else {}
        self._platform["Company"].append({"Gsid": gsid, "Name": account["Name"], "Status": "Active", **more})
        if begun:
            cta = {"Gsid": self._ids.gainsight("1S01"), "Name": f"Begun for {account['Name']}", "CompanyId": gsid}
            cta |= {"OwnerId": self._users[0]["Gsid"], "TypeId": "Lifecycle", "ReasonId": "Onboarding"}
            cta |= {"StatusId": "New", "PriorityId": "Low", "DueDate": "2026-05-01"}
            self._platform["call_to_action"].append(cta)
            self.begun_by_hand[cta["Gsid"]] = account["Id"]

    def deal(
        self,
        account: Mapping[str, str],
        type_: str,
        *,
        before: timedelta,
        stage: str = WON,
        later: bool = False,
        promises: bool = False,
    ) -> Sale:
        """Add a deal that came to its stage `before` the start; one for `later` is still open then."""
        number = len(self.sales) + 1
        sale = Sale(
            self._ids.salesforce("006"),
            f"Deal {number}",
            account["Id"],
            account["Name"],
            stage,
            type_,
            [f"Goal {number}.1"],
            (f"Promise {number}.1", f"Promise {number}.2") if promises else (),
        )
        self.sales.append(sale)
        self._begin(sale, OPEN if later else stage, self.start - before)
        return sale

    def wins(self, sale: Sale, after: timedelta, late: timedelta = timedelta(0)) -> None:
        """Let a deal be won, visible `late` after the moment that its stamp tells."""
        self._happens(after, late, {"Id": sale.id, "StageName": WON})

    def changes_its_goal(self, sale: Sale, after: timedelta, late: timedelta = timedelta(0)) -> None:
        """Let a deal name another goal; `late` as above."""
        goal = f"{sale.goals[0].partition('.')[0]}.{len(sale.goals) + 1}"
        sale.goals.append(goal)
        self._happens(after, late, {"Id": sale.id, "Business_Goal__c": goal})

    def _happens(self, after: timedelta, late: timedelta, row: Record) -> None:
        if late:
            row["SystemModstamp"] = iso_z(self.start + after - late)
        self.happenings.append(Happening(after, {"Opportunity": [row]}))

    def _begin(self, sale: Sale, stage: str, moment: datetime) -> None:
        stamp = iso_z(moment.replace(microsecond=0))
        stamps = {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp}
        deal = {"Id": sale.id, "Name": sale.name, "AccountId": sale.account, "StageName": stage, "Type": sale.type}
        deal |= {"CloseDate": moment.date().isoformat(), "OwnerId": self._rep["Id"], "Business_Goal__c": sale.goals[0]}
        deal["Commitments__c"] = "\n".join(sale.promises) or None
        self._crm["Opportunity"].append(deal | stamps)
        row = {"Id": self._ids.salesforce("008"), "OpportunityId": sale.id, "StageName": stage}
        self._crm["OpportunityHistory"].append(row | {"CreatedDate": stamp})


class BulkScene(Scene):
    """
    A company with `size` deals, made up by chance.

    Of its deals 3 in 100 are lost, 3 open and 5 renewals; two in five are won only while the bridge works, one in
    twenty changes then. Of its accounts 15 in 100 are known to Gainsight, three of them with a CTA made by hand.
    """

    def __init__(
        self, size: int, chance: random.Random, start: datetime, *, busy_for: timedelta, late_seconds: float
    ) -> None:
        super().__init__(start)
        self._chance, self._busy_for, self._latest = chance, busy_for, late_seconds
        while len(self.sales) < size:
            account = self.account()
            kind = chance.random()
            if kind < 0.15:
                self.known(account, by_id=kind < 0.10, begun=kind < 0.03)
            for _ in range(1 if chance.random() < 0.85 else 2):
                self._made_up(account)

    def _made_up(self, account: Mapping[str, str]) -> None:
        chance = self._chance
        outcome = chance.random()
        stage = LOST if outcome < 0.03 else OPEN if outcome < 0.06 else WON
        kind = RENEWAL if 0.06 <= outcome < 0.11 else WITH_LETTER if outcome < 0.4 else PLAIN
        before = timedelta(hours=1, seconds=chance.randrange(86_400))
        later = stage == WON and chance.random() < 0.4
        sale = self.deal(account, kind, before=before, stage=stage, later=later, promises=chance.random() < 0.15)
        if later:
            self.wins(sale, self._moment(), self._late())
        if stage == WON and chance.random() < 0.05:
            self.changes_its_goal(sale, self._moment(), self._late())

    def _moment(self) -> timedelta:
        return timedelta(seconds=self._chance.uniform(0, self._busy_for.total_seconds()))

    def _late(self) -> timedelta:
        """Let three rows in four become visible only some seconds after the moment that their stamp tells."""
        late = self._chance.uniform(0, self._latest) if self._chance.random() < 0.75 else 0.0
        return timedelta(seconds=late)
