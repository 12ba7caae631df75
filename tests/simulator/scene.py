"""Who buys what in a simulated company, before and while the bridge works."""

import random
from datetime import datetime, timedelta

from sandbox.wire import Contents, Objects
from tests.simulator.sides import (
    LOST,
    OPEN,
    PLAIN,
    RENEWAL,
    WELCOMED,
    WON,
    Account,
    CrmSide,
    Happening,
    PlatformSide,
    Sale,
)

LATEST_COMMIT_SECONDS = 8.0
"""How long after its stamp a row may become visible; the bridge leaves the last 10 seconds alone."""


class Scene:
    """
    A company, as it is built up, with the CRM and the platform that it uses.

    `sales` are its deals as they stand once all `happenings` happened; `contents` is what the systems begin with.
    """

    def __init__(self, start: datetime, crm: CrmSide, platform: PlatformSide) -> None:
        self.start, self.crm, self.platform = start, crm, platform
        self.sales: list[Sale] = []
        self.happenings: list[Happening] = []

    def contents(self, *_: object) -> Contents:
        """Return what the systems hold before anything happens."""
        objects: dict[str, Objects] = {self.platform.system: self.platform.objects}
        objects[self.crm.system] = {**objects.get(self.crm.system, {}), **self.crm.objects}
        return Contents(settings={self.crm.system: dict(self.crm.settings)}, objects=objects)

    @property
    def handed_off(self) -> list[Sale]:
        """The deals that must be handed off in the end."""
        return [sale for sale in self.sales if sale.handed_off]

    def account(self) -> Account:
        """Add an account."""
        return self.crm.account()

    def known(self, account: Account, *, by_id: bool, begun: bool = False) -> None:
        """Let the platform know the account, by its id or in part alone; with `begun` somebody began work for it."""
        self.platform.known(account, by_id=by_id, begun=begun)

    def deal(
        self,
        account: Account,
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
            self.crm.new_id(),
            f"Deal {number}",
            account.id,
            account.name,
            stage,
            type_,
            [f"Goal {number}.1"],
            (f"Promise {number}.1", f"Promise {number}.2") if promises else (),
        )
        self.sales.append(sale)
        self.crm.begin(sale, OPEN if later else stage, self.start - before)
        return sale

    def wins(self, sale: Sale, after: timedelta, late: timedelta = timedelta(0)) -> None:
        """Let a deal be won, visible `late` after the moment that its stamp tells."""
        self._happens(after, late, self.crm.wins(sale))

    def changes_its_goal(self, sale: Sale, after: timedelta, late: timedelta = timedelta(0)) -> None:
        """Let a deal name another goal; `late` as above."""
        sale.goals.append(f"{sale.goals[0].partition('.')[0]}.{len(sale.goals) + 1}")
        self._happens(after, late, self.crm.names_goal(sale))

    def _happens(self, after: timedelta, late: timedelta, edits: Objects) -> None:
        edits = self.crm.stamped(edits, self.start + after - late) if late else edits
        self.happenings.append(Happening(after, self.crm.system, edits))


class BulkScene(Scene):
    """
    A company with `size` deals, made up by chance.

    Of its deals 3 in 100 are lost, 3 open and 5 renewals; two in five are won only while the bridge works, one in
    twenty changes then. Of its accounts 15 in 100 are known to the platform, three of them with work begun by hand.
    """

    def __init__(
        self,
        size: int,
        chance: random.Random,
        start: datetime,
        crm: CrmSide,
        platform: PlatformSide,
        *,
        busy_for: timedelta,
        late_seconds: float,
    ) -> None:
        super().__init__(start, crm, platform)
        self._chance, self._busy_for, self._latest = chance, busy_for, late_seconds
        while len(self.sales) < size:
            account = self.account()
            kind = chance.random()
            if kind < 0.15:
                self.known(account, by_id=kind < 0.10, begun=kind < 0.03)
            for _ in range(1 if chance.random() < 0.85 else 2):
                self._made_up(account)
        self.happenings += platform.meanwhile(chance, busy_for)

    def _made_up(self, account: Account) -> None:
        chance = self._chance
        outcome = chance.random()
        stage = LOST if outcome < 0.03 else OPEN if outcome < 0.06 else WON
        kind = RENEWAL if 0.06 <= outcome < 0.11 else WELCOMED if outcome < 0.4 else PLAIN
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
