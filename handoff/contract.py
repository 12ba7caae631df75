"""The contract between Sales and Customer Success (`handoff.yml`): what is handed off, what is owed, and by whom."""

import datetime as dt
import re
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from handoff.answers import CHECKS
from handoff.conditions import Condition, Rule, compiled
from handoff.names import Name
from handoff.people import Email
from handoff.rules import TransformName
from handoff.spans import RateText, SpanText, span_text
from handoff.yaml_files import Frozen, nearest

CURRENCY = re.compile(r"[A-Z]{3}")
EXCLUDED, EXPANSION, NEW_CUSTOMER, JOINING = "excluded", "expansion", "new_customer", "joining"
DELIVERED = (NEW_CUSTOMER, EXPANSION, JOINING)
"""The kinds of deal for which work may be made."""


def _code(said: str) -> str:
    if not CURRENCY.fullmatch(said):
        raise ValueError(f"{said!r} is no currency. Use its three capital letters, such as USD")
    return said


def _check(said: str) -> str:
    if said not in CHECKS:
        raise ValueError(f"{said!r} is no check. {nearest(said, CHECKS)}")
    return said


def _after(said: Any) -> Any:
    return 0 if said == 0 and said is not False else span_text(said, also="or 0 for at once")


Transfer = Literal["hot", "cold", "hybrid"]
CurrencyCode = Annotated[str, AfterValidator(_code)]
CheckName = Annotated[str, AfterValidator(_check), WithJsonSchema({"type": "string", "enum": [*CHECKS]})]


class Agreed(Frozen):
    """Who signed the contract, and from when it holds."""

    sales: str = Field(description="Who signed for Sales.")
    cs: str = Field(description="Who signed for Customer Success.")
    date: dt.date = Field(description="When it was signed.")
    effective_from: dt.date | None = Field(None, description="Deals won before this day are not handed off by it.")


class Limits(Frozen):
    """How much one pass may do."""

    new_per_pass: int | None = Field(
        None, ge=1, description="Beyond it a person is asked; without one the oldest go and the rest wait."
    )


class Backfill(Frozen):
    """What a backfill of historical deals makes, and how many calls it leaves to live handoffs."""

    deliver: list[str] | None = Field(
        None, description="Which steps are made for a historical deal, as <platform>.<step>; else the notes alone."
    )
    share: float = Field(
        0.8, gt=0, le=1, description="The part of each limit of calls that a backfill uses; the rest is for live deals."
    )


class Rollout(Frozen):
    """How far the bridge is let loose."""

    mode: Literal["shadow", "pilot", "live"] = Field(
        "live", description="shadow: computes and reports, writes nothing. pilot: only deals of `only`. live: all."
    )
    only: Rule | None = Field(None, description="Which deals are in the pilot: a condition.")

    @model_validator(mode="after")
    def _pilot_names_its_deals(self) -> Self:
        if self.mode == "pilot" and self.only is None:
            raise ValueError("`mode` pilot needs `only`, the condition that says which deals are in it. Add it")
        return self


class Trigger(Frozen):
    """What makes a deal ours."""

    won: Literal["any_won_stage"] | list[str] = Field(
        "any_won_stage", description="Every stage that the CRM counts as won, or only these, by name."
    )
    prepare_at: list[str] = Field(default_factory=list, description="Stages before the win at which work begins.")


class Currency(Frozen):
    """The currency in which segments are judged, and what one unit of another is worth in it."""

    base: CurrencyCode = Field("USD", description="Amounts in conditions are in this currency.")
    rates: dict[CurrencyCode, Annotated[Decimal, Field(gt=0)]] = Field(
        default_factory=dict, description="What one unit of another currency is worth in the base."
    )

    def in_base(self, amount: Decimal, currency: str | None) -> Decimal | None:
        """Return the amount in the base currency, None when no rate is known."""
        if currency in (None, self.base):
            return amount
        rate = self.rates.get(currency or "")
        return None if rate is None else amount * rate


class Kind(Frozen):
    """One rule of what a deal is; the first that fits."""

    kind: Literal["excluded", "expansion", "new_customer"] = Field(description="What it is.")
    when: Rule | None = Field(None, description="Which deals: a condition. The last rule has none.")
    because: str | None = Field(None, description="Why, in words that are shown on the deal.")
    same_account_within: SpanText | None = Field(
        None, description="A further win of the same account within this span joins its open handoff: 14 days."
    )


class ContractField(Frozen):
    """A field that Customer Success asks for: how it is called and what the rep is asked."""

    section: str = Field(description="Part of the handoff it belongs to: goals, people, promises ...")
    label: str = Field(description="What people call it.")
    prompt: str = Field("", description="What the rep is asked.")
    as_: TransformName | None = Field(None, alias="as", description="What kind of value it is.")
    check: CheckName | None = Field(None, description=f"What a good answer must be: {', '.join(CHECKS)}.")
    list_: bool = Field(False, alias="list", description="true: it holds several answers.")
    none_is: str | None = Field(None, description="The words by which a rep says that there is nothing.")
    person_with_role: str | None = Field(None, description="It is the person who has this role on the deal.")
    required_when: Rule | None = Field(None, description="Required of these deals, whatever their segment.")


class Segment(Frozen):
    """A kind of customer and what Sales owes for it."""

    name: Name = Field(description="What it is called.")
    when: Rule | None = Field(None, description="Which deals: a condition. The last segment has none.")
    extends: str | None = Field(None, description="A segment whose requirements hold here too.")
    requires: list[str] = Field(default_factory=list, description="Fields that a complete handoff has.")
    transfer: Transfer | None = Field(None, description="A live call, a document, or both.")
    standard_days: int | None = Field(None, ge=1, description="Days from the win to a usual go-live.")
    incomplete: Literal["go_on", "wait"] | None = Field(None, description="What an incomplete deal does.")


class Incomplete(Frozen):
    """What deals do that lack something."""

    do: Literal["go_on", "wait"] = Field(
        "go_on", description="go_on: handed off all the same. wait: Sales fills first."
    )
    wait_at_most: SpanText | None = Field(None, description="Then it is handed off as it is: 1 working day.")


class Routing(Frozen):
    """One rule of who receives a handoff; the first that yields somebody active, present, with room."""

    use: Literal["fixed", "current_csm", "named", "round_robin", "nobody"] = Field(
        description="How somebody is chosen."
    )
    when: Rule | None = Field(None, description="Only for these deals: a condition.")
    segments: list[str] | None = Field(None, description="Only for these segments.")
    receiver: Email | None = Field(None, description="Of `fixed`: who.")
    file: str | None = Field(None, description="Of `named`: a CSV beside this file: account_id, csm_email, because.")
    among: str | None = Field(None, description="Of `round_robin`: a team, as team:mid_market or team:{segment}.")
    skill: str | None = Field(None, description="Of `round_robin`: who knows what this field says goes first.")
    territory: str | None = Field(None, description="Of `round_robin`: only who serves what this field says.")
    at_most: RateText | None = Field(None, description="Of `round_robin`: so many for one person: 5 a week.")
    tell: str | None = Field(None, description="Of `nobody`: who must choose, as lead:{segment} or person:vp.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needs = ROUTING_NEEDS[self.use]
        if needs and getattr(self, needs) is None:
            raise ValueError(f"`use` {self.use} needs `{needs}`. Add it")
        loose = [name for name, uses in ROUTING_TAKES.items() if getattr(self, name) and self.use not in uses]
        if loose:
            raise ValueError(f"`{loose[0]}` has no meaning with use: {self.use}. Take it out")
        return self


ROUTING_NEEDS = {"fixed": "receiver", "named": "file", "round_robin": "among", "current_csm": "", "nobody": "tell"}
ROUTING_TAKES = {
    "receiver": ("fixed",),
    "file": ("named",),
    **dict.fromkeys(("among", "skill", "territory", "at_most"), ("round_robin",)),
    "tell": ("nobody",),
}


class PlatformRule(Frozen):
    """One rule of where the work of a deal is made; the first that fits."""

    to: str = Field(description="A platform, by its name in handoff.toml.")
    when: Rule | None = Field(None, description="Only for these deals: a condition.")
    segments: list[str] | None = Field(None, description="Only for these segments.")
    crms: list[str] | None = Field(None, description="Only for deals of these CRMs, by name in handoff.toml.")

    @property
    def takes_all(self) -> bool:
        """Whether every deal fits."""
        return self.when is None and self.segments is None and self.crms is None


class Deadline(Frozen):
    """By when something is done, who does it, and what says that it is done."""

    from_: str = Field(alias="from", description="The moment it counts from: won_at, handed_off_at, work_starts_at.")
    within: SpanText = Field(description="1 working day, 10 days, 4 hours.")
    owner: str = Field(description="Who must do it, in whose calendar it counts: rep, receiver, lead.")
    done: str = Field(description="The signal or field that says that it is done.")
    segments: list[str] | None = Field(None, description="Only for these segments.")


class Rung(Frozen):
    """One rung of the ladder: who is told that something is late."""

    after: Annotated[int | str, BeforeValidator(_after)] = Field(description="How late: 0, or 3 working days.")
    tell: str = Field(description="owner, owner.manager, lead, receiver, or person:<role>.")
    as_: Literal["message", "daily_digest"] = Field("message", alias="as", description="At once, or once a day.")


class Pause(Frozen):
    """Which fields say that the clocks of a deal stand still."""

    until: str = Field(description="The field that says until when.")
    because: str | None = Field(None, description="The field that says why.")


class Overrides(Frozen):
    """What is otherwise for one account."""

    receiver: Email | None = Field(None, description="Who receives its handoffs.")
    transfer: Transfer | None = Field(None, description="How it is handed over.")
    segment: str | None = Field(None, description="Which segment it counts as.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"an exception sets at least one of {', '.join(type(self).model_fields)}. Add one of them")
        return self


class Exempt(Frozen):
    """An exception for one account."""

    account: str = Field(description="The account's id in the CRM, with 15 or 18 characters.")
    set: Overrides = Field(description="What is otherwise.")
    because: str = Field(description="Why, in words that the reasons of receiver and segment show.")
    until: dt.date | None = Field(None, description="The last day on which it holds.")

    def names(self, account_id: str | None) -> bool:
        """Whether it is for this account; an id says the same with 15 characters and with 18."""
        return account_id is not None and self.account[:15] == account_id[:15]


class Contract(Frozen):
    """`handoff.yml`, whole; `contract_checks` must find nothing before anything is judged by it."""

    agreed: Agreed | None = Field(None, description="Who signed, and when.")
    start_from: dt.date | None = Field(None, description="Deals won from this day on are handed off; older: backfill.")
    limits: Limits = Field(default_factory=Limits, description="How many new handoffs one pass may make.")
    rollout: Rollout = Field(default_factory=Rollout, description="shadow, pilot or live.")
    trigger: Trigger = Field(default_factory=Trigger, description="Which stages make a deal ours.")
    currency: Currency = Field(default_factory=Currency, description="In which currency amounts are judged.")
    conditions: dict[Name, Rule] = Field(default_factory=dict, description="Named conditions.")
    kinds: list[Kind] = Field(default_factory=list, description="What a deal is: the first rule that fits.")
    fields: dict[Name, ContractField] = Field(description="What Customer Success asks for.")
    segments: list[Segment] = Field(min_length=1, description="Kinds of customer: the first that fits.")
    incomplete: Incomplete = Field(default_factory=Incomplete, description="What incomplete deals do.")
    routing: list[Routing] = Field(min_length=1, description="Who receives a handoff: the first rule that yields one.")
    platforms: list[PlatformRule] = Field(
        default_factory=list, description="On which of several platforms work is made: the first rule that fits."
    )
    same_customer: list[Literal["domain", "external_id", "name"]] = Field(
        default_factory=list, description="What says that accounts of two CRMs are one customer: the first both have."
    )
    deadlines: dict[Name, Deadline] = Field(default_factory=dict, description="By when what is done.")
    ladder: list[Rung] = Field(default_factory=list, description="Who is told when something is late.")
    pause: Pause | None = Field(None, description="What stops the clocks of a deal.")
    exceptions: list[Exempt] = Field(default_factory=list, description="Accounts for which something is otherwise.")
    deliver: dict[Literal["new_customer", "expansion", "joining"], list[str]] = Field(
        default_factory=dict, description="Which steps are made for each kind, as <platform>.<step>."
    )
    backfill: Backfill = Field(default_factory=Backfill, description="What historical deals get, by hand.")

    def chain(self, name: str) -> list[Segment]:
        """Return a segment and those it extends, nearest first; a circle ends where it closes."""
        if name not in self._chains:
            self._chains[name] = self._chain(name)
        return self._chains[name]

    @cached_property
    def _chains(self) -> dict[str, list[Segment]]:
        return {}

    def _chain(self, name: str) -> list[Segment]:
        by_name = {segment.name: segment for segment in reversed(self.segments)}
        chain: list[Segment] = []
        following: str | None = name
        while following in by_name:
            segment = by_name[following]
            if segment in chain:
                return [*chain, segment]
            chain.append(segment)
            following = segment.extends
        return chain

    def condition(self, rule: Any) -> Condition:
        """Return a written condition, ready to ask; each is made ready once."""
        kept = self._ready.get(id(rule))
        if kept is None:
            kept = self._ready[id(rule)] = rule, compiled(rule, self.conditions)  # kept, so that its id stays its own
        return kept[1]

    @cached_property
    def _ready(self) -> dict[int, tuple[Any, Condition]]:
        return {}

    def required(self, segment: str) -> tuple[str, ...]:
        """Return the required fields of a segment, those it inherits first."""
        return tuple(dict.fromkeys(field for part in reversed(self.chain(segment)) for field in part.requires))

    def of_segment(self, name: str, what: Literal["transfer", "standard_days"]) -> Any:
        """Return what a segment says, or else what the nearest one that it extends does."""
        return next((said for part in self.chain(name) if (said := getattr(part, what)) is not None), None)

    @property
    def starts(self) -> dt.datetime | None:
        """The first moment of winning that is ours: the later of `start_from` and `effective_from`, midnight UTC."""
        if self.start_from is None:
            return None
        effective = self.agreed.effective_from if self.agreed else None
        day = max(self.start_from, effective) if effective else self.start_from
        return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
