"""What a deal is: excluded, a new customer, an expansion, or a further win that joins an open handoff."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from handoff.contract import EXCLUDED, JOINING, NEW_CUSTOMER, Contract
from handoff.model import Customer, Deal, Value
from handoff.spans import WorkCalendar, due, read_span

NO_PILOT = "it is not in the pilot"


@dataclass(frozen=True)
class Background:
    """
    What is known of a deal's account before our first step for this deal.

    `customer` is the platform's record of it (None: it has none), `opened` when the deal was won
    whose handoff as a new customer the account had last, `opened_by` that deal's name. `kind` is what this deal was
    when it was first handled: it is not decided again.
    """

    customer: Customer | None = None
    opened: datetime | None = None
    opened_by: str = ""
    kind: str | None = None


@dataclass(frozen=True)
class Decided:
    """What the deal is, and why."""

    kind: str
    because: str


def of_customer(customer: Customer | None) -> dict[str, Value]:
    """Return the canonical fields that the platform fills."""
    if customer is None:
        return {}
    said = {
        "company.status": customer.status,
        "company.stage": customer.stage,
        "company.name": customer.name,
        "company.csm": customer.csm_email,
    }
    return {name: value for name, value in said.items() if value}


def kind_of(contract: Contract, deal: Deal, judged: Mapping[str, Value], background: Background) -> Decided:
    """Return what a deal is: the first rule that fits; without rules every deal is a new customer."""
    if background.kind is not None:
        return Decided(background.kind, "so it was when it was first handled")
    stages = contract.trigger.won
    if isinstance(stages, list) and deal.stage is not None and deal.stage not in stages:
        return Decided(EXCLUDED, f"its stage {deal.stage} is not one that trigger.won lists")
    for rule in contract.kinds:
        condition = None if rule.when is None else contract.condition(rule.when)
        if condition is not None and not condition.holds(judged):
            continue
        why = rule.because or (condition.because(judged) if condition else "no other kind fits")
        if rule.same_account_within and _joins(rule.same_account_within, deal, background):
            return Decided(
                JOINING, f"it joins the handoff of {background.opened_by}, {rule.same_account_within} at most"
            )
        return Decided(rule.kind, why)
    return Decided(NEW_CUSTOMER, "handoff.yml names no kinds")


def outside_pilot(contract: Contract, judged: Mapping[str, Value]) -> str:
    """Return why a deal is left out of the roll-out, "" when it is in."""
    rollout = contract.rollout
    if rollout.mode != "pilot" or contract.condition(rollout.only).holds(judged):
        return ""
    return f"{NO_PILOT}: {contract.condition(rollout.only).words()}"


def _joins(within: str, deal: Deal, background: Background) -> bool:
    if background.opened is None:
        return False
    return deal.won_at <= due(background.opened, read_span(within), WorkCalendar())
