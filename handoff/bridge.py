"""Everything a pass needs, put together elsewhere and handed in."""

from dataclasses import dataclass, field
from datetime import timedelta

from handoff.fingerprints import source_hashes
from handoff.ledger import Ledger
from handoff.mapping import Mappings
from handoff.model import Deal
from handoff.ports import Clock, Crm, Destination, Progress, silent


@dataclass(frozen=True)
class Pace:
    """How a pass reads: sizes and spans, all with a reason in `docs/decisions/`."""

    wave: int = 2_000
    overlap: timedelta = timedelta(minutes=10)
    lag: timedelta = timedelta(seconds=10)


@dataclass(frozen=True)
class Bridge:
    """Everything a pass needs, put together elsewhere."""

    crm: Crm
    platform: Destination
    mappings: Mappings
    ledger: Ledger
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    progress: Progress = silent

    @property
    def crm_name(self) -> str:
        """The CRM's name in the ledger: instance, system and org."""
        return f"{self.crm.instance}:{self.crm.system}:{self.crm.org()}"

    def fingerprints(self, deal: Deal) -> dict[str, str]:
        """Return the fingerprints that decide whether a deal has to be looked at again."""
        return source_hashes(deal, ours=self.mappings.source.file.write_back.fields)
