"""Everything a pass needs, put together elsewhere and handed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from handoff.accounts import customer_of
from handoff.errors import ConfigError, Stopped
from handoff.fingerprints import source_hashes
from handoff.leases import account_subject
from handoff.ledger import Ledger
from handoff.mapping import Mappings
from handoff.model import Deal
from handoff.ports import Clock, Crm, Destination, LeaseClock, Progress, silent
from handoff.same_customer import marks
from handoff.yaml_files import nearest


@dataclass(frozen=True)
class Pace:
    """
    How a pass reads: sizes and spans, all with a reason in `docs/decisions/`.

    Every window overlaps the one before. When the last sweep is `sweep_every` old it begins `sweep_back` earlier: what
    became visible later than any overlap is found then.
    """

    wave: int = 2_000
    overlap: timedelta = timedelta(minutes=10)
    lag: timedelta = timedelta(seconds=10)
    sweep_every: timedelta = timedelta(hours=1)
    sweep_back: timedelta = timedelta(days=1)


@dataclass(frozen=True)
class Lane:
    """One of several platforms, and the mapping files by which its work is made."""

    platform: Destination
    mappings: Mappings


@dataclass(frozen=True)
class Bridge:
    """
    Everything a pass needs, put together elsewhere.

    `lanes` are the platforms by name where there are several, the bridge's own among them; see `handoff.lanes`. Where
    this is the bridge to one of them alone, `whole` is that to all.
    Without a `lease_clock` the business clock is also that of the leases: where both run alike. `stopping` says
    whether somebody asked the run to stop.
    """

    crm: Crm
    platform: Destination
    mappings: Mappings
    ledger: Ledger
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    progress: Progress = silent
    lease_clock: LeaseClock | None = None
    stopping: Callable[[], bool] = lambda: False
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    whole: "Bridge | None" = None

    def on(self, platform: str) -> "Bridge":
        """Return the bridge to this one of several platforms."""
        return replace(self, platform=self.lanes[platform].platform, mappings=self.lanes[platform].mappings)

    @property
    def each(self) -> list["Bridge"]:
        """The bridge to each platform."""
        return [self.on(name) for name in self.lanes] or [self]

    def to_one_platform(self, name: str | None = None) -> "Bridge":
        """
        Return the bridge to one platform alone, which may be left unnamed where there is only one.

        Raises:
            ConfigError: There is none of this name, or there are several and none was named.
        """
        names = [*self.lanes] or [self.platform.instance]
        if name is not None and name not in names:
            raise ConfigError(f"handoff.toml has no [platform.{name}] section. {nearest(name, names)}")
        if not self.lanes:
            return self
        if name is None:
            raise ConfigError(
                f"handoff.toml has several platforms: {', '.join(names)}. Say which one is meant: --platform NAME."
            )
        return replace(self.on(name), lanes={}, whole=self)

    def go_on(self) -> None:
        """Raise `Stopped` when somebody asked the run to stop; called where nothing is under way."""
        if self.stopping():
            raise Stopped.as_asked()

    @property
    def crm_name(self) -> str:
        """The CRM's name in the ledger: instance, system and org."""
        return f"{self.crm.instance}:{self.crm.system}:{self.crm.org()}"

    @property
    def leasing(self) -> LeaseClock:
        """The clock of leases and `send_by`."""
        return self.lease_clock or self.clock

    def subjects(self, deal: Deal) -> tuple[str, ...]:
        """Return what a run must hold to work on this deal: it, its account, and what its customer is known by."""
        customer = customer_of(deal, self.mappings)
        ref = deal.ref
        account = (account_subject(ref.instance, ref.system, ref.org, customer),) if customer else ()
        known_by = (f"customer:{mark}" for mark in marks(deal, self.mappings).values())
        return str(ref), *account, *known_by

    def fingerprints(self, deal: Deal) -> dict[str, str]:
        """Return the fingerprints that decide whether a deal has to be looked at again."""
        return source_hashes(deal, ours=self.mappings.source.file.write_back.fields)
