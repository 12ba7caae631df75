"""An independent census of CRM and platform against the ledger, whose word is never trusted."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from handoff.altered import altered
from handoff.books import RECONCILE, last_reconciled
from handoff.bridge import Bridge
from handoff.census import Census, census, each_platform
from handoff.deal_findings import WonBalance, deal_findings
from handoff.errors import ConfigError, HandoffError
from handoff.findings import MEANINGS, Finding, What
from handoff.healing import Healer
from handoff.receipt_findings import receipt_findings
from handoff.step_findings import StepFindings


@dataclass(frozen=True)
class Reconciled:
    """
    What a reconciliation found.

    `run` is the number it is recorded under, None where it only looked. `records` counts the platform's records with
    a key of ours, `strangers` those whose key another deployment planted.
    """

    run: int | None
    at: datetime
    balance: WonBalance
    findings: tuple[Finding, ...]
    records: int
    strangers: int

    @property
    def differences(self) -> int:
        """How many findings are differences; news are none."""
        return sum(one.difference for one in self.findings)

    @property
    def healed(self) -> int:
        """How many differences and news were repaired."""
        return sum(one.healed for one in self.findings)

    def counts(self) -> dict[str, int]:
        """Return how many findings of each kind there are, the most pressing first; only those that are there."""
        counted = Counter(one.what for one in self.findings)
        return {what.value: counted[what] for what in What if counted[what]}

    def words(self) -> str:
        """Return the result on one line."""
        if not self.findings:
            return f"Nothing differs: {self.balance.words()}; {self.records:,} records of ours."
        difference = "difference" if self.differences == 1 else "differences"
        found = self._listed(difference=True)
        news = self._listed(difference=False)
        return f"{self.differences:,} {difference}{f' ({found})' if found else ''}{f'; news: {news}' if news else ''}"

    def _listed(self, *, difference: bool) -> str:
        listed = (
            (count, what) for what, count in self.counts().items() if MEANINGS[What(what)].difference is difference
        )
        return ", ".join(f"{count:,} {what}" for count, what in listed)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {
            "run": self.run,
            "at": self.at.isoformat(),
            "balance": self.balance.as_dict(),
            "records": self.records,
            "strangers": self.strangers,
            "differences": self.differences,
            "healed": self.healed,
            "counts": self.counts(),
            "findings": [one.as_dict() for one in self.findings],
        }


def reconcile(bridge: Bridge, *, heal: bool = False) -> Reconciled:
    """
    Count the won deals of the CRM and our records of the platform, and hold both against the ledger.

    Nothing is sent to either system. Without `heal` nothing is written but the calls that looking costs.

    Args:
        heal: Repair in the ledger what is safe; the run is recorded.

    Raises:
        ConfigError: With `heal`, where the ledger is empty and the platform is not.
        ServiceError: A system does not answer; nothing was repaired.
        BridgeBug: The won deals do not balance.
    """
    if not heal:
        return _looked(_found(bridge), run=None)
    ledger, clock = bridge.ledger, bridge.clock
    run = ledger.begin_run(RECONCILE, clock.now(), bridge.mappings.version, crm=bridge.crm.instance)
    try:
        found = _found(bridge)
        _must_not_be_lost(found)
        ledger.hold(run, bridge.leasing)  # only now: nothing was written, and looking takes its time
        healed = [(counted, Healer(counted, run).heal(findings)) for counted, findings in found.parts]
        done = _looked(replace(found, parts=healed), run=run)
        ledger.counted(bridge.crm_name, clock.now())
        ledger.let_go()
    except BaseException as error:
        said = str(error) if isinstance(error, HandoffError) else type(error).__name__
        ledger.let_go()
        ledger.end_run(run, clock.now(), counts={}, report=None, error=said)
        raise
    report = done.as_dict() | {"exceptions": [one.notice().as_dict() for one in done.findings]}
    counts = {"won": done.balance.as_dict(), "findings": done.counts(), "healed": done.healed}
    ledger.end_run(run, clock.now(), counts=counts, report=report, error=None)
    return done


@dataclass(frozen=True)
class _Found:
    """What was found, by the census that found it: one for each platform, and how the won deals stand."""

    parts: list[tuple[Census, list[Finding]]]
    balance: WonBalance

    @property
    def records(self) -> int:
        return sum(len(some) for counted, _ in self.parts for some in counted.records.values())


def _found(bridge: Bridge) -> _Found:
    whole = census(bridge)
    of_deals, balance = deal_findings(whole)
    seen_at, missed = last_reconciled(bridge.ledger, bridge.crm.instance)
    parts = []
    for counted in each_platform(whole):
        of_steps = StepFindings(counted, seen_at, missed)
        differing = altered(counted, was_seen=of_steps.was_seen)
        parts.append((counted, [*of_steps.all(), *receipt_findings(counted), *differing]))
    (first, findings), *others = parts
    return _Found([(first, [*of_deals, *findings]), *others], balance)


def _looked(found: _Found, *, run: int | None) -> Reconciled:
    order, now = list(What), found.parts[0][0].now
    findings = [one for _, some in found.parts for one in some]
    ordered = sorted(findings, key=lambda one: (order.index(one.what), one.name, one.deal, one.step))
    strangers = sum(counted.strangers for counted, _ in found.parts)
    return Reconciled(run, now, found.balance, tuple(ordered), found.records, strangers)


def _must_not_be_lost(found: _Found) -> None:
    if found.records and not any(counted.books.deals for counted, _ in found.parts):
        raise ConfigError(
            f"The ledger knows no deal, and {found.records:,} records of the platform carry keys of ours: it "
            "was lost, or is another. Build it anew before anything else: handoff ledger rebuild"
        )
