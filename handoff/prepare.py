"""A deal judged and planned, before anything is sent."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from handoff import keys
from handoff.bridge import Bridge
from handoff.errors import RecordError
from handoff.model import Deal, Handoff, Outcome, Result, Standing, Step, User
from handoff.plan import emails_wanted, plan
from handoff.policy import Times, judge, receivers
from handoff.transforms import text


@dataclass(frozen=True)
class Prepared:
    """
    A deal judged and planned, or the reason why it cannot be.

    Of a `delivered` handoff: `changed` names the canonical fields that the deal changed and that were not carried out
    yet, `added` are the steps that its list gains, and `unhandled` says that a change could not be planned. `tells`
    says that Customer Success knows something else once it is done.
    """

    deal: Deal
    source_hashes: Mapping[str, str]
    handoff: Handoff | None = None
    steps: tuple[Step, ...] = ()
    stopped: str = ""
    delivered: bool = False
    unhandled: bool = False
    changed: tuple[str, ...] = ()
    added: tuple[Step, ...] = ()
    tells: bool = True

    @property
    def key(self) -> str:
        """The key of the deal's won episode."""
        return keys.deal_key(self.deal.ref, self.deal.episode)


def prepare(bridge: Bridge, deals: Sequence[Deal], *, frozen: Mapping[str, Times]) -> list[Prepared]:
    """Return each deal judged and planned, in order; `frozen` holds the moments of those handled before."""
    now = bridge.clock.now()
    mappings, platform = bridge.mappings, bridge.platform
    users = platform.people(receivers(mappings))
    judged: list[tuple[Deal, Handoff | None, str]] = []
    for deal in deals:
        times = frozen.get(keys.deal_key(deal.ref, deal.episode)) or Times.first(deal, now)
        stopped = "" if deal.account_id else "The deal has no account. Put it on an account in the CRM."
        judged.append((deal, judge(deal, mappings, users, times), stopped))
    handoffs = [handoff for _, handoff, stopped in judged if handoff and not stopped]
    users = users | platform.people(emails_wanted(handoffs, mappings.target))
    return [_planned(bridge, deal, handoff, stopped, users) for deal, handoff, stopped in judged]


def _planned(bridge: Bridge, deal: Deal, handoff: Handoff | None, stopped: str, users: Mapping[str, User]) -> Prepared:
    hashes = bridge.fingerprints(deal)
    if handoff is None or stopped:
        return Prepared(deal, hashes, handoff, stopped=stopped)
    try:
        steps, notes = plan(handoff, bridge.mappings, users, platform=bridge.platform.instance)
    except RecordError as error:
        return Prepared(deal, hashes, handoff, stopped=str(error))
    told = replace(handoff, notes=tuple(dict.fromkeys((*handoff.notes, *notes))))
    return Prepared(deal, hashes, told, steps)


def after_delivery(
    one: Prepared,
    steps: Container[str],
    *,
    changed: Container[str] | None,
    unsure: Mapping[str, Container[str]] = MappingProxyType({}),
) -> Prepared:
    """
    Return what may still be done for an episode whose work was delivered, made of these steps.

    Work that was not made then is not made later: a mapping edit, or a deal that grew, re-sends nothing. Of the work
    that was made only the fields that come from `changed` canonical fields are said again (None: all), and those of an
    update that may not have arrived, `unsure` by step. What would stop a new handoff is a note on one that is done.
    """
    kept = tuple(_said_again(step, changed, unsure.get(step.key, ())) for step in one.steps if step.key in steps)
    handoff = one.handoff
    if handoff is not None and one.stopped:
        handoff = replace(handoff, notes=(*handoff.notes, f"after it was handed off: {one.stopped}"))
    return replace(one, handoff=handoff, steps=kept, stopped="", delivered=True, unhandled=bool(one.stopped))


def _said_again(step: Step, changed: Container[str] | None, unsure: Container[str]) -> Step:
    if changed is None:
        return step
    fields = {trace.field for trace in step.traces if any(origin.name in changed for origin in trace.origins)}
    return step.with_payload({n: value for n, value in step.payload.items() if n in fields or n in unsure})


def standing_of(one: Prepared, outcomes: Mapping[str, Outcome]) -> tuple[Standing, str]:
    """Return what the deal counts as, and why when it is not done."""
    if one.stopped:
        return Standing.NEEDS_PERSON, one.stopped
    ends = [(step, outcomes[step.key]) for step in one.steps]
    for step, outcome in ends:
        if outcome.result is Result.REJECTED:
            return Standing.NEEDS_PERSON, f"{step.name}: {outcome.reason}"
    for step, outcome in ends:
        if not outcome.settled:
            return Standing.WAITING, f"{step.name} waits: {outcome.reason}"
    return Standing.DONE, ""


def step_list(steps: Sequence[Step]) -> list[dict[str, str]]:
    """Return the steps of a handoff as the ledger lists them."""
    return [{"key": step.key, "name": step.name, "kind": step.kind} for step in steps]


def body(handoff: Handoff) -> dict[str, Any]:
    """Return what is kept of a handoff for the people who ask later; it names people."""
    return {
        "values": {name: plain(value) for name, value in handoff.values.items()},
        "segment": handoff.segment,
        "segment_because": handoff.segment_because,
        "gaps": plain(handoff.values["gaps"]),
        "completeness": str(handoff.completeness),
        "receiver": handoff.receiver,
        "receiver_because": handoff.receiver_because,
        "notes": list(handoff.notes),
    }


def plain(value: Any) -> Any:
    """Return a canonical value as JSON has it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | bool) else text(value)
