"""Who receives a handoff, and why: an exception, else the first rule that yields somebody active, else the lead."""

from collections.abc import Mapping
from dataclasses import dataclass

from handoff.contract import Contract, Exempt
from handoff.mapping import Mappings
from handoff.model import User, Value


@dataclass(frozen=True)
class Routed:
    """Who receives it (None: nobody active can), why, and what to tell; reasons name roles, never addresses."""

    receiver: str | None
    because: str
    told: tuple[str, ...] = ()


def receivers(mappings: Mappings) -> set[str]:
    """Return every e-mail address that routing can name."""
    contract = mappings.contract
    emails = {rule.receiver for rule in contract.routing if rule.receiver}
    emails |= {one.set.receiver for one in contract.exceptions if one.set.receiver}
    return emails | {team.lead for team in mappings.people.teams.values()}


def routed(
    contract: Contract,
    segment: str,
    lead: str | None,
    users: Mapping[str, User],
    judged: Mapping[str, Value],
    exempt: Exempt | None,
) -> Routed:
    """Return who receives a handoff of this segment."""
    refused: list[str] = []
    for email, why in _candidates(contract, segment, judged, exempt):
        problem = _problem(email, users)
        if problem is None:
            return _ended(email, why, refused)
        refused.append(f"{why} {problem}")
    if lead is not None and _problem(lead, users) is None:
        return _ended(lead, f"the lead of the {segment} team", refused)
    nobody = "nobody active can receive it"
    return Routed(None, "; ".join([*refused, nobody]), (*refused, nobody))


def _candidates(
    contract: Contract, segment: str, judged: Mapping[str, Value], exempt: Exempt | None
) -> list[tuple[str, str]]:
    found = []
    if exempt is not None and exempt.set.receiver:
        found.append((exempt.set.receiver, f"the receiver set by an exception ({exempt.because.rstrip('.')})"))
    for rule in contract.routing:
        if rule.receiver is None or (rule.segments is not None and segment not in rule.segments):
            continue
        if rule.when is None or contract.condition(rule.when).holds(judged):
            found.append((rule.receiver, f"the receiver fixed for {segment if rule.segments else 'every segment'}"))
    return found


def _ended(email: str, why: str, refused: list[str]) -> Routed:
    told = (f"{'; '.join(refused)}: it went to {why}",) if refused else ()
    return Routed(email, "; ".join([*refused, why]), told)


def _problem(email: str, users: Mapping[str, User]) -> str | None:
    user = users.get(email.lower())
    if user is None:
        return "is no user of the platform"
    return None if user.active else "is not active on the platform"
