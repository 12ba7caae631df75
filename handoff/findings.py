"""What a reconciliation finds: each difference named, what it means, who must act, and what can be repaired."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from handoff.report import ADDRESS, Notice


class What(StrEnum):
    """The kinds of findings, the most pressing first."""

    LOST = "lost"
    DUPLICATE = "duplicate"
    UNRECORDED = "unrecorded"
    STUCK = "stuck"
    RECEIPT = "receipt differs"
    VANISHED = "vanished"
    NOT_WON = "not won any more"
    ALTERED = "altered"


class Heal(StrEnum):
    """What `--heal` does about a finding; every one writes to the ledger alone."""

    TAKE_IN = "the deal is taken in as waiting: the next sync hands it off"
    SETTLE = "the step is settled from the record that was found"
    TELL = "the receipt is due again: the next sync writes it"
    REMEMBER = "it is remembered as deleted, and never made again"
    SEND = "the step counts as never sent, and its deal as waiting: the next sync looks, and sends what is not there"


@dataclass(frozen=True)
class Meaning:
    """What a kind of finding means and who acts; `difference` says that it counts for the exit code."""

    means: str
    who: str
    difference: bool = True


CS_OPS, NOBODY = "CS Ops", "nobody"

MEANINGS: Mapping[What, Meaning] = {
    What.LOST: Meaning("It should be there, and nothing shows that it ever was.", CS_OPS),
    What.DUPLICATE: Meaning("Two records stand for one piece of work.", CS_OPS),
    What.UNRECORDED: Meaning("The platform holds work of ours that the ledger does not count as done.", CS_OPS),
    What.STUCK: Meaning("It waits, and the moment at which it should have gone on is over.", CS_OPS),
    What.RECEIPT: Meaning("The deal's record in the CRM says something else than the ledger.", CS_OPS),
    What.VANISHED: Meaning("It was there, and somebody deleted it. It is not made again.", NOBODY, difference=False),
    What.NOT_WON: Meaning(
        "The deal was handed off, or was about to be, and is not won any more.", "its CSM", difference=False
    ),
    What.ALTERED: Meaning("Somebody changed what we wrote. That stays.", NOBODY, difference=False),
}


@dataclass(frozen=True)
class Finding:
    """
    One difference between what is and what the ledger says, or a piece of news.

    `deal` is the CRM's id ("" when it is not known), `step` the key of the work. `refs` are records of the platform,
    `links` where a person sees them. `heal` is what can be repaired, None when a person must.
    """

    what: What
    why: str
    deal: str = ""
    name: str = ""
    url: str = ""
    step: str = ""
    kind: str = ""
    refs: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    heal: Heal | None = None
    healed: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", ADDRESS.sub("(address)", self.name))

    @property
    def difference(self) -> bool:
        """Whether it counts as a difference; news do not."""
        return MEANINGS[self.what].difference

    @property
    def who(self) -> str:
        """Who must act, and how where one command does it."""
        if self.healed:
            return NOBODY
        healable = self.heal is not None and self.difference
        return f"{CS_OPS}: handoff reconcile --heal" if healable else MEANINGS[self.what].who

    def repaired(self) -> "Finding":
        """Return the same finding as healed."""
        return replace(self, healed=True)

    def notice(self) -> Notice:
        """Return it as runs keep what a person should hear of."""
        return Notice(self.deal or "-", self.name or self.step or "-", self.what.value, self.why, self.url)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "what": self.what.value,
            "difference": self.difference,
            "deal": self.deal or None,
            "name": self.name,
            "url": self.url,
            "step": self.step or None,
            "kind": self.kind or None,
            "refs": list(self.refs),
            "links": list(self.links),
            "why": self.why,
            "means": MEANINGS[self.what].means,
            "who": self.who,
            "heals": self.heal.value if self.heal else None,
            "healed": self.healed,
        }
