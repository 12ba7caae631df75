"""A deal judged and planned, before anything is sent."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from handoff import keys
from handoff.backgrounds import backgrounds
from handoff.bridge import Bridge
from handoff.errors import RecordError
from handoff.firsts import firsts
from handoff.inputs import given_of
from handoff.kinds import NO_PILOT, Background
from handoff.mapping import Mappings
from handoff.merges import merged_before
from handoff.model import Deal, Handoff, Outcome, Result, Standing, Step, User
from handoff.notes import Note
from handoff.owners import Owner
from handoff.plan import companies_wanted, emails_wanted, plan
from handoff.policy import Times, judge, receivers
from handoff.transforms import exact, text


@dataclass(frozen=True)
class Prepared:
    """
    A deal judged and planned, or the reason why it cannot be.

    Of a `delivered` handoff: `changed` names the canonical fields that the deal changed and that were not carried out
    yet, `added` are the steps that its list gains, and `unhandled` says that a change could not be planned. `tells`
    says that Customer Success knows something else once it is done. `companies` are the platform's records of accounts
    that its fields name, by the account's id; `away` are the addresses asked for that cannot receive work: False, or
    None where nobody has it. `notes` are those among the steps, in their order, and `told` what was told before them:
    fingerprints, and the words where they are kept. Of one that was only begun, `fixed` holds by step the canonical
    fields that its work, made or perhaps made by an earlier pass, says once and for all.
    """

    deal: Deal
    source_hashes: Mapping[str, str]
    handoff: Handoff | None = None
    steps: tuple[Step, ...] = ()
    stopped: str = ""
    owner: Owner = Owner.REVOPS
    delivered: bool = False
    unhandled: bool = False
    changed: tuple[str, ...] = ()
    added: tuple[Step, ...] = ()
    tells: bool = True
    background: Background = field(default_factory=Background)
    companies: Mapping[str, str] = field(default_factory=dict)
    away: Mapping[str, bool | None] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    told: tuple[Mapping[str, str], Mapping[str, str] | None] = (MappingProxyType({}), None)
    fixed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def excluded(self) -> str:
        """Why nothing is made for this deal by policy, "" where something is."""
        return self.handoff.excluded if self.handoff and not self.delivered else ""

    @property
    def silent(self) -> bool:
        """Whether the deal's own record is not told either: it is not ours yet."""
        return self.excluded.startswith(NO_PILOT)

    @property
    def key(self) -> str:
        """The key of the deal's won episode."""
        return keys.deal_key(self.deal.ref, self.deal.episode)


def prepare(bridge: Bridge, deals: Sequence[Deal], *, known: Mapping[str, Any]) -> list[Prepared]:
    """
    Return each deal judged and planned, in order.

    Args:
        deals: In the order of winning, so that of an account's new deals the oldest opens its handoff.
        known: The ledger's rows of the handoffs of those that were handled before, by key.
    """
    mappings, platform = bridge.mappings, bridge.platform
    receiving = receivers(mappings)
    users = platform.people(receiving)
    found = judged(bridge, deals, known, users)
    planned = [one.handoff for one in found if one.handoff and not one.stopped and not one.excluded]
    users = users | platform.people(emails_wanted(planned, mappings.target))
    companies = companies_wanted(planned, mappings.target)
    refs = {one: customer.ref for one, customer in platform.customers(companies).items()} if companies else {}
    return [_planned(bridge, one, users, refs, receiving) for one in found]


def judged(
    bridge: Bridge, deals: Sequence[Deal], known: Mapping[str, Any], users: Mapping[str, User]
) -> list[Prepared]:
    """Return each deal judged and not planned; `deals` and `known` as in `prepare`."""
    now, mappings = bridge.clock.now(), bridge.mappings
    before = backgrounds(bridge, deals, known)
    # Whoever is not begun may still be left out: nothing is linked to it.
    others = {ref: one for ref, one in firsts(bridge, deals, known).items() if one.begun}
    merged = merged_before(bridge.ledger, deals, known)
    results = []
    for deal in deals:
        row = known.get(keys.deal_key(deal.ref, deal.episode))
        times = Times.first(deal, now) if row is None else Times(row.handed_off_at, row.work_starts_at)
        background = before.of(deal)
        handoff = judge(deal, mappings, users, times, background)
        if row is not None and handoff.excluded:
            handoff = replace(handoff, excluded="")  # what was begun is gone on with: no pilot takes it back
        elif str(deal.ref) in others and not handoff.excluded:
            handoff = replace(handoff, excluded=f"linked: it is handed off by {others[str(deal.ref)].words}")
        stopped = "" if deal.account_id else "The deal has no account. Put it on an account in the CRM."
        owner = Owner.REVOPS if deal.account_id else Owner.SALES
        if str(deal.ref) in merged and not handoff.excluded:
            handoff = replace(handoff, excluded=merged[str(deal.ref)].excluded)
            stopped, owner = merged[str(deal.ref)].stopped, Owner.CS_OPS
        if not stopped:
            before.judged(handoff)
        results.append(
            Prepared(deal, bridge.fingerprints(deal), handoff, stopped=stopped, owner=owner, background=background)
        )
    return results


def _planned(
    bridge: Bridge, one: Prepared, users: Mapping[str, User], companies: Mapping[str, str], receiving: set[str]
) -> Prepared:
    handoff = one.handoff
    if handoff is None or one.stopped or handoff.excluded:
        return replace(one, stopped="" if handoff and handoff.excluded else one.stopped)
    one = replace(one, **_looked_up(handoff, bridge.mappings, users, companies, receiving))
    try:
        steps, notes = plan(handoff, bridge.mappings, users, platform=bridge.platform.instance, companies=companies)
    except RecordError as error:
        return replace(one, stopped=str(error))
    told = replace(handoff, notes=tuple(dict.fromkeys((*handoff.notes, *notes))))
    return replace(one, handoff=told, steps=steps)


def _looked_up(
    handoff: Handoff,
    mappings: Mappings,
    users: Mapping[str, User],
    companies: Mapping[str, str],
    receiving: set[str],
) -> dict[str, Any]:
    """Return what the platform said of the accounts and people that this handoff asks for."""
    wanted = companies_wanted([handoff], mappings.target)
    asked = {email.lower() for email in receiving | emails_wanted([handoff], mappings.target)}
    active = {email: users[email].active if email in users else None for email in sorted(asked)}
    return {
        "companies": {account: ref for account, ref in companies.items() if account in wanted},
        "away": {email: said for email, said in active.items() if not said},
    }


def after_delivery(
    one: Prepared,
    steps: Container[str],
    *,
    changed: Container[str] | None,
    unsure: Mapping[str, Container[str]] = MappingProxyType({}),
    unmade: Container[str] = (),
) -> Prepared:
    """
    Return what may still be done for an episode whose work was delivered, made of these steps.

    Work that was not made then is not made later: a mapping edit, or a deal that grew, re-sends nothing. Of the work
    that was made only the fields that come from `changed` canonical fields are said again (None: all), and those of an
    update that may not have arrived, `unsure` by step; what is on the list and `unmade` is said whole. What would stop
    a new handoff is a note on one that is done.
    """
    kept = tuple(
        step if step.key in unmade else _said_again(step, changed, unsure.get(step.key, ()))
        for step in one.steps
        if step.key in steps
    )
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
    if one.excluded:
        return Standing.EXCLUDED, one.excluded
    if one.stopped:
        return Standing.NEEDS_PERSON, one.stopped
    ends = [(step, outcomes[step.key]) for step in one.steps]
    for step, outcome in ends:
        if outcome.result is Result.REJECTED or outcome.parked:
            return Standing.NEEDS_PERSON, f"{step.name}: {outcome.reason}"
    for step, outcome in ends:
        if not outcome.settled:
            return Standing.WAITING, f"{step.name} waits: {outcome.reason}"
    return Standing.DONE, ""


def owner_of(one: Prepared, outcomes: Mapping[str, Outcome]) -> Owner | None:
    """Return who must act next on the deal, for the reason that `standing_of` gives; None when nobody must."""
    if one.excluded:
        return None
    if one.stopped or one.unhandled:
        return one.owner
    acts = [outcomes[step.key].acts for step in one.steps]
    people = [owner for owner in acts if owner not in (None, Owner.BRIDGE)]
    return next(iter(people), Owner.BRIDGE if any(acts) else None)


def ends_that_go_on(one: Prepared, outcomes: Mapping[str, Outcome]) -> list[Outcome]:
    """Return the ends of the deal's steps that are not settled, and wait neither for a person nor for another step."""
    if one.stopped or one.excluded:
        return []
    ends = {step.key: outcomes[step.key] for step in one.steps}
    unmade = {key for key, end in ends.items() if not end.settled}
    decided = {key for key, end in ends.items() if end.parked or end.result is Result.REJECTED}
    return [ends[step.key] for step in one.steps if step.key in unmade - decided and not unmade & {*step.needs}]


def step_list(steps: Sequence[Step]) -> list[dict[str, str]]:
    """Return the steps of a handoff as the ledger lists them."""
    return [{"key": step.key, "name": step.name, "kind": step.kind} for step in steps]


def body(one: Prepared) -> dict[str, Any]:
    """Return what is kept of a judged deal for the people who ask later; it names people."""
    handoff = one.handoff
    assert handoff is not None
    return {
        "given": _given(one),
        "values": {name: plain(value) for name, value in handoff.values.items()},
        "record": _record(handoff.deal),
        "kind": handoff.kind,
        "kind_because": handoff.kind_because,
        "segment": handoff.segment,
        "segment_because": handoff.segment_because,
        "gaps": plain(handoff.values["gaps"]),
        "completeness": str(handoff.completeness),
        "receiver": handoff.receiver,
        "receiver_because": handoff.receiver_because,
        "notes": list(handoff.notes),
    }


def _given(one: Prepared) -> dict[str, Any]:
    """Return what was known of a deal beside the paths that the source reads, exactly."""
    more = {"stage": one.deal.stage, "companies": dict(one.companies), "away": dict(one.away)}
    return given_of(one.deal) | more


def _record(deal: Deal) -> dict[str, Any]:
    """Return what was read of a deal, by path, its lists of rows by name: what stood there before any rule."""
    lists = {name: [_raw(dict(row)) for row in rows] for name, rows in deal.children.items()}
    return {path: _raw(value) for path, value in deal.source.items() if value is not None} | lists


def _raw(value: Any) -> Any:
    """Return a raw value as JSON has it, so that rules make the same of it again: numbers exactly, moments as ISO."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, dict):
        return {key: _raw(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_raw(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return exact(value) if isinstance(value, Decimal | float) else value


def plain(value: Any) -> Any:
    """Return a canonical value as JSON has it."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | bool) else text(value)
