"""What tells of a deal's work where the ledger does not: the receipt on the deal, and the keys in the platform."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handoff.census import Census
from handoff.contract import DELIVERED
from handoff.counted import Counted, CountedDeal
from handoff.keys import deal_key, planted
from handoff.mapping import Mappings
from handoff.model import Standing, Value
from handoff.receipts import STATUS, Made, Receipts, made_in

STANDINGS = {said: standing for standing, said in STATUS.items()}


@dataclass(frozen=True)
class Evidence:
    """
    What is known of one won episode without the ledger.

    `made` are the lines of its receipt, in order; `records` those of the platform that carry a key of this episode, by
    key. `standing` is how it stood when its record was told last (None: never told, or in words of the customer's).
    """

    key: str
    made: Sequence[Made] = ()
    records: Mapping[str, Counted] = field(default_factory=dict)
    standing: Standing | None = None
    reason: str = ""
    sequence: int = 0
    delivered_at: datetime | None = None

    @property
    def says_something(self) -> bool:
        """Whether anything tells that this deal was ever handled."""
        return bool(self.made or self.records or self.standing or self.sequence)

    @property
    def whole(self) -> bool:
        """Whether its receipt tells of all that was made: it was written after the last step."""
        return bool(self.made) and (self.delivered_at is not None or self.standing is Standing.DONE)

    @property
    def unfinished(self) -> bool:
        """Whether work was made of which no receipt tells, or not to the end."""
        return bool(self.records) and not self.whole

    @property
    def first_at(self) -> datetime | None:
        """The earliest moment at which it surely was handled, None where nothing tells."""
        moments = [self.delivered_at, *(one.made_at for one in self.records.values())]
        return min((moment for moment in moments if moment is not None), default=None)

    def kind(self, mappings: Mappings) -> str:
        """Return what kind of deal it was handed off as: of those that deliver what was made, the closest."""
        names = {said.step for key in (*(one.key for one in self.made), *self.records) if (said := planted(key))}
        made = names & {*mappings.target.order}

        def unmade(kind: str) -> tuple[bool, int]:
            delivered = set(mappings.delivered(kind))
            return not made <= delivered, len(delivered - made)

        return min(DELIVERED, key=unmade)


@dataclass(frozen=True)
class Witness:
    """Reads the evidence of one census; make one for all deals."""

    census: Census
    receipts: Receipts
    of_episode: Mapping[str, Mapping[str, Counted]]

    @classmethod
    def of(cls, census: Census) -> "Witness":
        """Return the witness of a census; of two records with one key neither counts."""
        of_episode: dict[str, dict[str, Counted]] = {}
        for key, records in census.records.items():
            said = planted(key)
            if said is not None and said.episode is not None and len(records) == 1:
                of_episode.setdefault(deal_key(said.ref, said.episode), {})[key] = records[0]
        receipts = Receipts(census.bridge.mappings.source, census.bridge.platform.link)
        return cls(census, receipts, of_episode)

    def tell(self, deal: CountedDeal) -> Evidence:
        """Return what is known of a deal's last win."""
        key = deal_key(deal.ref, deal.episode)
        said = {name: deal.told.get(self.receipts.field_of(name)) for name in ("receipt", "status", "reason")}
        made = [one for one in made_in(said["receipt"]) if _is_of(one.key, key)]
        stale = bool(said["receipt"]) and not made  # it tells of an earlier win
        return Evidence(
            key,
            made,
            self.of_episode.get(key, {}),
            None if stale else STANDINGS.get(str(said["status"])),
            str(said["reason"] or ""),
            _number(deal.told.get(self.receipts.field_of("sequence"))),
            None if stale else _moment(deal.told.get(self.receipts.field_of("delivered_at"))),
        )


def _is_of(step: str, episode: str) -> bool:
    said: Any = planted(step)
    return said is not None and (said.episode is None or deal_key(said.ref, said.episode) == episode)


def _number(said: Value) -> int:
    return int(said) if said is not None else 0


def _moment(said: Value) -> datetime | None:
    return datetime.fromisoformat(str(said)) if said else None
