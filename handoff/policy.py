"""What the contract says of one deal: its kind and segment, what is missing, who receives it, by when, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from handoff.amounts import MONEY, converted, in_base
from handoff.answers import CHECKS, Asked
from handoff.contract import EXCLUDED, Contract, Exempt, Segment
from handoff.kinds import Background, kind_of, of_customer, outside_pilot
from handoff.mapping import Mappings
from handoff.model import Deal, Gap, Handoff, User, Value
from handoff.routing import Routed, receivers, routed
from handoff.spans import due, read_span
from handoff.transforms import TRANSFORMS, as_list, missing, text

__all__ = ["Background", "Times", "judge", "receivers"]


@dataclass(frozen=True)
class Times:
    """The frozen moments of a handoff: when it was first handled, and when work on it starts."""

    handed_off_at: datetime
    work_starts_at: datetime

    @classmethod
    def first(cls, deal: Deal, now: datetime) -> "Times":
        """Return the moments of a handoff handled now for the first time: an old win is not overdue at birth."""
        return cls(now, max(deal.won_at, now))


def judge(
    deal: Deal,
    mappings: Mappings,
    users: Mapping[str, User],
    times: Times,
    background: Background | None = None,
) -> Handoff:
    """
    Return what Customer Success must know of this deal, judged by the contract.

    Args:
        users: The platform's users by lower-case e-mail; who is not among them cannot receive work.
        times: When the handoff was first handled, so that judging it again gives the same dates.
        background: What is known of its account; nothing, where it is left out.
    """
    contract, background = mappings.contract, background or Background()
    values, notes = mappings.source.canonical(deal)
    answered = shaped(contract, values, notes)
    values |= _people_fields(contract, values) | of_customer(background.customer)
    kind = kind_of(contract, deal, in_base(values, deal.currency, contract), background)
    values |= {"kind": kind.kind, "handed_off_at": times.handed_off_at, "work_starts_at": times.work_starts_at}
    exempt = _exception(contract, deal, times.handed_off_at.date())
    segment, because = _segment(contract, values, deal.currency, exempt)
    values |= _of_segment(contract, segment, exempt)
    gaps, completeness, told = _owed(contract, segment, values, deal, answered)
    values |= {"completeness": completeness, "gaps": [_gap_item(gap) for gap in gaps]}
    who = _routed(mappings, segment, users, values, deal, exempt)
    values |= _deadlines(mappings, values, segment.name)
    outside = outside_pilot(contract, in_base(values, deal.currency, contract))
    return Handoff(
        deal=deal,
        values=values,
        segment=segment.name,
        segment_because=because,
        gaps=gaps,
        completeness=completeness,
        receiver=who.receiver,
        receiver_because=who.because,
        notes=tuple(dict.fromkeys([*notes, *told, *who.told, *_worth_telling(deal, values, contract)])),
        handed_off_at=times.handed_off_at,
        work_starts_at=times.work_starts_at,
        kind=kind.kind,
        kind_because=kind.because,
        excluded=kind.because if kind.kind == EXCLUDED else outside,
    )


def _of_segment(contract: Contract, segment: Segment, exempt: Exempt | None) -> dict[str, Value]:
    transfer = (exempt and exempt.set.transfer) or contract.of_segment(segment.name, "transfer")
    return {"segment": segment.name} | ({"transfer": transfer} if transfer else {})


def _routed(
    mappings: Mappings,
    segment: Segment,
    users: Mapping[str, User],
    values: dict[str, Value],
    deal: Deal,
    exempt: Exempt | None,
) -> Routed:
    """Return who receives it, and put them and the team's lead among the values."""
    lead = mappings.people.lead(segment.name)
    judged = in_base(values, deal.currency, mappings.contract)
    who = routed(mappings.contract, segment.name, lead, users, judged, exempt)
    values |= {name: one for name, one in (("receiver.email", who.receiver), ("lead.email", lead)) if one}
    return who


def shaped(contract: Contract, values: dict[str, Value], notes: list[str]) -> set[str]:
    """
    Bring the values into the form that the contract asks for, and return the fields that say "nothing" in its words.

    Such a field is answered, and empty.
    """
    answered = set()
    for name, field in contract.fields.items():
        value = values.get(name)
        if missing(value):
            continue
        if field.none_is is not None and text(value).strip().lower() == field.none_is.strip().lower():
            answered.add(name)
            del values[name]
            continue
        try:
            value = TRANSFORMS[field.as_](value) if field.as_ else value
        except ValueError as error:
            notes.append(f"{name}: {error}; it was left out")
            del values[name]
            continue
        values[name] = as_list(value) if field.list_ else value
    return answered


def _exception(contract: Contract, deal: Deal, today: date) -> Exempt | None:
    for one in contract.exceptions:
        if one.names(deal.account_id) and (one.until is None or today <= one.until):
            return one
    return None


def _segment(
    contract: Contract, values: Mapping[str, Value], currency: str | None, exempt: Exempt | None
) -> tuple[Segment, str]:
    judged = in_base(values, currency, contract)
    if exempt is not None and exempt.set.segment is not None:
        chosen = next(one for one in contract.segments if one.name == exempt.set.segment)
        return chosen, f"an exception says so: {exempt.because.rstrip('.')}"
    for segment in contract.segments:
        if segment.when is None:
            return segment, "no other segment fits" if len(contract.segments) > 1 else "it is the only segment"
        condition = contract.condition(segment.when)
        if condition.holds(judged):
            because = condition.because(judged)
            fields = [name for name in condition.fields if name in because]
            return segment, because + converted(fields, values, judged, currency, contract)
    raise AssertionError("unreachable: the last segment has no condition")


def _owed(
    contract: Contract, segment: Segment, values: Mapping[str, Value], deal: Deal, answered: set[str]
) -> tuple[tuple[Gap, ...], Decimal, list[str]]:
    """Return what Sales owes, the share that is there, and what a person should hear of the answers."""
    judged = in_base(values, deal.currency, contract)
    asked = Asked(deal.won_at, contract.of_segment(segment.name, "standard_days"))
    sometimes = {
        name: field.required_when for name, field in contract.fields.items() if field.required_when is not None
    }
    also = (name for name, rule in sometimes.items() if contract.condition(rule).holds(judged))
    required = tuple(dict.fromkeys((*contract.required(segment.name), *also)))
    gaps, told = [], []
    for name, field in contract.fields.items():
        empty = missing(values.get(name)) and name not in answered
        fault = CHECKS[field.check].fault(values[name], asked) if field.check and not missing(values.get(name)) else ""
        owed = bool(fault) and field.check is not None and CHECKS[field.check].owed
        if name in required and (empty or owed):
            gaps.append(Gap(name, field.label, field.prompt, fault))
        elif fault:
            told.append(f"{field.label}: {fault}")
    gaps.sort(key=lambda gap: required.index(gap.field))
    share = Decimal(len(required) - len(gaps)) / len(required) if required else Decimal(1)
    return tuple(gaps), share, told


def _gap_item(gap: Gap) -> dict[str, Value]:
    said = {"id": gap.field, "field": gap.field, "label": gap.label, "prompt": gap.prompt}
    return said | ({"why": gap.why} if gap.why else {})


def _people_fields(contract: Contract, values: Mapping[str, Value]) -> dict[str, Value]:
    people: Iterable[Mapping[str, Value]] = values.get("people") or ()
    by_role = {str(person.get("role")): person.get("name") for person in reversed(list(people)) if person.get("name")}
    wanted = {name: field.person_with_role for name, field in contract.fields.items() if field.person_with_role}
    return {name: by_role[role] for name, role in wanted.items() if role in by_role and missing(values.get(name))}


def _deadlines(mappings: Mappings, values: Mapping[str, Value], segment: str) -> dict[str, Value]:
    """Return when each step is due, in the calendar of who must do it."""
    owners = {
        "rep": values.get("owner.email"),
        "receiver": values.get("receiver.email") or values.get("lead.email"),
        "lead": values.get("lead.email"),
    }
    moments = {}
    for name, deadline in mappings.contract.deadlines.items():
        start = values.get(deadline.from_)
        applies = deadline.segments is None or segment in deadline.segments
        if applies and isinstance(start, datetime):
            calendar = mappings.people.calendar_of(owners[deadline.owner])
            moments[f"deadlines.{name}.due"] = due(start, read_span(deadline.within), calendar)
    return moments


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
