"""What the contract says of one deal: its segment, what is missing, who receives it, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from handoff.conditions import Test, holds, words
from handoff.contract import Contract, Routing, Segment
from handoff.mapping import Mappings
from handoff.model import Deal, Gap, Handoff, User, Value
from handoff.transforms import decimal, missing, text

CENT = Decimal("0.01")
MONEY = ("arr", "deal.amount")
"""Canonical fields that are amounts in the deal's currency; conditions see them in the base currency."""


@dataclass(frozen=True)
class Times:
    """The frozen moments of a handoff: when it was first handled, and when work on it starts."""

    handed_off_at: datetime
    work_starts_at: datetime

    @classmethod
    def first(cls, deal: Deal, now: datetime) -> "Times":
        """Return the moments of a handoff handled now for the first time: an old win is not overdue at birth."""
        return cls(now, max(deal.won_at, now))


def receivers(mappings: Mappings) -> set[str]:
    """Return every e-mail address that routing can name."""
    emails = {rule.receiver for rule in mappings.contract.routing}
    return emails | {team.lead for team in mappings.people.teams.values()}


def judge(deal: Deal, mappings: Mappings, users: Mapping[str, User], times: Times) -> Handoff:
    """
    Return what Customer Success must know of this deal, judged by the contract.

    Args:
        users: The platform's users by lower-case e-mail; who is not among them cannot receive work.
        times: When the handoff was first handled, so that judging it again gives the same dates.
    """
    contract = mappings.contract
    values, notes = mappings.source.canonical(deal)
    values |= _people_fields(contract, values)
    segment, because = _segment(contract, values, deal.currency)
    gaps = tuple(_gap(contract, name) for name in contract.required(segment.name) if missing(values.get(name)))
    required = len(contract.required(segment.name))
    completeness = Decimal(required - len(gaps)) / required if required else Decimal(1)
    lead = mappings.people.lead(segment.name)
    receiver, routed_because, told = _receiver(contract.routing, segment, lead, users)
    notes += told + _worth_telling(deal, values, contract)
    values |= {
        "segment": segment.name,
        "completeness": completeness,
        "gaps": [{"field": gap.field, "label": gap.label, "prompt": gap.prompt} for gap in gaps],
        "handed_off_at": times.handed_off_at,
        "work_starts_at": times.work_starts_at,
    }
    values |= {name: who for name, who in (("receiver.email", receiver), ("lead.email", lead)) if who}
    return Handoff(
        deal=deal,
        values=values,
        segment=segment.name,
        segment_because=because,
        gaps=gaps,
        completeness=completeness,
        receiver=receiver,
        receiver_because=routed_because,
        notes=tuple(dict.fromkeys(notes)),
        handed_off_at=times.handed_off_at,
        work_starts_at=times.work_starts_at,
    )


def _segment(contract: Contract, values: Mapping[str, Value], currency: str | None) -> tuple[Segment, str]:
    judged = in_base(values, currency, contract)
    for segment in contract.segments:
        if segment.when is None:
            return segment, "no other segment fits" if len(contract.segments) > 1 else "it is the only segment"
        tests = contract.condition(segment.when) if isinstance(segment.when, str) else tuple(segment.when)
        if holds(tests, judged):
            return segment, words(tests) + _converted(tests, values, judged, currency, contract)
    raise AssertionError("unreachable: the last segment has no condition")


def _converted(
    tests: Sequence[Test],
    values: Mapping[str, Value],
    judged: Mapping[str, Value],
    currency: str | None,
    contract: Contract,
) -> str:
    """Return what an amount in another currency was judged as, "" when nothing was converted."""
    base = contract.currency.base
    names = dict.fromkeys(test.field for test in tests if test.field in MONEY and judged.get(test.field) is not None)
    if currency in (None, base) or not names:
        return ""
    said = (f"{name} {currency} {text(values[name])} is {base} {text(judged[name].quantize(CENT))}" for name in names)
    return f" ({', '.join(said)})"


def in_base(values: Mapping[str, Value], currency: str | None, contract: Contract) -> dict[str, Value]:
    """Return the values as conditions see them: amounts in the base currency, None where no rate is known."""
    return dict(values) | {name: _amount_in_base(values.get(name), currency, contract) for name in MONEY}


def _amount_in_base(amount: Value, currency: str | None, contract: Contract) -> Decimal | None:
    try:
        return None if missing(amount) else contract.currency.in_base(decimal(amount), currency)
    except ValueError:
        return None


def _gap(contract: Contract, name: str) -> Gap:
    field = contract.fields[name]
    return Gap(name, field.label, field.prompt)


def _people_fields(contract: Contract, values: Mapping[str, Value]) -> dict[str, Value]:
    people: Iterable[Mapping[str, Value]] = values.get("people") or ()
    by_role = {str(person.get("role")): person.get("name") for person in reversed(list(people)) if person.get("name")}
    wanted = {name: field.person_with_role for name, field in contract.fields.items() if field.person_with_role}
    return {name: by_role[role] for name, role in wanted.items() if role in by_role and missing(values.get(name))}


def _receiver(
    rules: Iterable[Routing], segment: Segment, lead: str | None, users: Mapping[str, User]
) -> tuple[str | None, str, list[str]]:
    """
    Return who receives it, why, and what to tell: the first active receiver, else the lead of the segment's team.

    What is told names roles, never addresses: it is shown in run reports and kept in the ledger's events.
    """
    refused: list[str] = []
    for rule in rules:
        if rule.segments is not None and segment.name not in rule.segments:
            continue
        fixed = f"the receiver fixed for {segment.name if rule.segments else 'every segment'}"
        problem = _problem(rule.receiver, users)
        if problem is None:
            return rule.receiver, "; ".join([*refused, fixed]), _told(refused, fixed)
        refused.append(f"{fixed} {problem}")
    if lead is not None and _problem(lead, users) is None:
        leads = f"the lead of the {segment.name} team"
        return lead, "; ".join([*refused, leads]), _told(refused, leads)
    nobody = "nobody active can receive it"
    return None, "; ".join([*refused, nobody]), [*refused, nobody]


def _problem(email: str, users: Mapping[str, User]) -> str | None:
    user = users.get(email.lower())
    if user is None:
        return "is no user of the platform"
    return None if user.active else "is not active on the platform"


def _told(refused: list[str], receiver: str) -> list[str]:
    return [f"{'; '.join(refused)}: it went to {receiver}"] if refused else []


def _worth_telling(deal: Deal, values: Mapping[str, Value], contract: Contract) -> list[str]:
    notes = []
    if deal.amount is None:
        notes.append("the deal has no amount")
    has_amount = any(not missing(values.get(name)) for name in MONEY)
    if has_amount and contract.currency.in_base(Decimal(1), deal.currency) is None:
        notes.append(
            f"no rate for {deal.currency} in handoff.yml: delivered in {deal.currency}, its segment judged without it"
        )
    if not deal.owner_active:
        notes.append("the deal's owner is not active in the CRM")
    return notes
