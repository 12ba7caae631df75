"""What comes of an example, and how it differs from what the example expects; `check` runs them."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from handoff.errors import HandoffError
from handoff.example_files import Example, Expect, Given, ReadExample, load_examples
from handoff.kinds import Background
from handoff.mapping import Mappings
from handoff.model import Customer, Deal, DealRef, Handoff, Needed, Step, User, Value, WonHow
from handoff.plan import companies_wanted, emails_wanted, plan
from handoff.policy import Times, judge
from handoff.routing import receivers
from handoff.rules import Context
from handoff.transforms import exact
from handoff.yaml_files import Location

PLATFORM = "example"


@dataclass(frozen=True)
class Came:
    """What came of an example."""

    handoff: Handoff
    steps: Sequence[Step]


@dataclass(frozen=True)
class Ran:
    """The examples that were run, by name, those of other systems alone, and every mistake and difference in them."""

    run: tuple[str, ...]
    of_others: tuple[str, ...]
    findings: tuple[str, ...]


def run_examples(each: Iterable[Mappings]) -> Ran:
    """Return how a folder's examples end, each for every pair of CRM and platform that it is about."""
    run, others, findings = dict[str, None](), dict[str, None](), dict[str, None]()
    for mappings in each:
        found = load_examples(mappings.folder, crm=mappings.source.called, platform=mappings.target.called)
        differing = [what for one in found.read for what in differences(one, mappings)]
        run |= dict.fromkeys(one.name for one in found.read)
        others |= dict.fromkeys(found.of_others)
        findings |= dict.fromkeys((*found.findings, *differing))
    return Ran(tuple(run), tuple(name for name in others if name not in run), tuple(findings))


def differences(one: ReadExample, mappings: Mappings) -> list[str]:
    """Return how what comes of an example differs from what it expects, field by field, each with its place."""
    expect = one.example.expect
    try:
        came = worked_out(one.example, mappings)
    except HandoffError as error:
        return [one.finding(("record",), f"nothing comes of it: {error} Correct the record or the mapping.")]
    return [one.finding(at, what) for at, what in _compared(expect, came, mappings)]


def worked_out(example: Example, mappings: Mappings) -> Came:
    """Return what comes of an example; every user that is named is there, and a user's id is their e-mail."""
    deal = deal_of(example, mappings)
    given = example.given
    users = everybody(receivers(mappings), given.inactive)
    handoff = judge(deal, mappings, users, Times.first(deal, given.now), _background(given))
    users |= everybody(emails_wanted([handoff], mappings.target), given.inactive)
    companies = {one: one for one in companies_wanted([handoff], mappings.target)}
    if handoff.excluded:
        return Came(handoff, ())
    steps, _ = plan(handoff, mappings, users, platform=PLATFORM, companies=companies)
    return Came(handoff, steps)


def _background(given: Given) -> Background:
    said, opened = given.customer, given.opened
    known = Customer("customer", said.name or "", said.status, said.stage, said.csm) if said else None
    return Background(known, opened.won_at, opened.name) if opened else Background(known)


def deal_of(example: Example, mappings: Mappings) -> Deal:
    """Return the deal that an example's record tells of, as a connector would."""
    given = example.given
    source, children = raw_record(example.record or {})
    rules, context = mappings.source.fields, Context(source)
    said = {
        name: rules[name](context)
        for name in ("deal.name", "account.id", "account.name", "deal.amount", "owner.email", "arr")
        if name in rules
    }
    return Deal(
        ref=DealRef("example", "example", "example", given.deal),
        name=str(said.get("deal.name") or "Example deal"),
        account_id=str(said.get("account.id") or given.account),
        account_name=str(said.get("account.name") or "Example account"),
        amount=said.get("deal.amount") or given.amount or said.get("arr"),
        currency=given.currency or mappings.contract.currency.base,
        owner_email=said.get("owner.email") or given.owner,
        owner_active=True,
        won_at=given.won_at or given.now - dt.timedelta(days=1),
        won_how=WonHow.HISTORY,
        episode=1,
        url="",
        source=source,
        children=children,
        stage=given.stage,
    )


def raw_record(record: Mapping[str, Any]) -> tuple[dict[str, Value], dict[str, tuple[dict[str, Value], ...]]]:
    """Return a record's values by path, and its lists of rows by name; it may be nested as the CRM's API gives it."""
    return _flat(record), dict(_lists(record))


def _flat(record: Mapping[str, Any], before: str = "") -> dict[str, Value]:
    flat: dict[str, Value] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{before}{name}.")
        elif not _is_rows(value):
            flat[f"{before}{name}"] = value
    return flat


def _lists(record: Mapping[str, Any]) -> Iterator[tuple[str, tuple[dict[str, Value], ...]]]:
    for name, value in record.items():
        if _is_rows(value):
            yield name, tuple(_flat(row) for row in value)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def everybody(emails: set[str], inactive: Sequence[str] = ()) -> dict[str, User]:
    """Return a user for each of these addresses, who is called by it; all are active but those named."""
    away = {email.lower() for email in inactive}
    return {one.lower(): User(one, one, one.lower() not in away) for one in emails}


# Comparing


def _compared(expect: Expect, came: Came, mappings: Mappings) -> Iterator[tuple[Location, str]]:
    handoff = came.handoff
    said = {
        "kind": handoff.kind,
        "segment": handoff.segment,
        "transfer": handoff.values.get("transfer"),
        "receiver": handoff.receiver,
        "missing": [gap.field for gap in handoff.gaps],
    }
    for name, value in said.items():
        wanted = getattr(expect, name)
        if wanted is not None and wanted != value:
            yield ("expect", name), f"{_differs(wanted, value)}."
    made = {step.key.rpartition(".")[2]: step for step in came.steps if not step.reference}
    wanted_steps = expect.steps or {}
    for name in wanted_steps:
        if name not in made:
            yield ("expect", "steps", name), f"no such step is made; there are {', '.join(made) or 'none'}. Correct one"
    for name, step in made.items():
        if name not in wanted_steps:
            yield ("expect", "steps"), f"{name} is made too, and is not expected. Add it, or correct its `when`"
        else:
            yield from _fields(name, wanted_steps[name], step, mappings)


def _fields(name: str, wanted: Mapping[str, Any], step: Step, mappings: Mappings) -> Iterator[tuple[Location, str]]:
    rules = {trace.field: trace.place for trace in step.traces}
    for field in dict.fromkeys((*wanted, *step.payload)):
        at: Location = ("expect", "steps", name, field)
        value = comparable(step.payload.get(field))
        rule = f", or {rules[field]}" if field in rules else ""
        if field not in step.payload:
            yield at, f"expected {_shown(wanted[field])}, and the mapping leaves it out. Correct the example{rule}."
        elif field not in wanted:
            yield at[:-1], f"{field} is {_shown(value)}, and is not expected. Add it to the example{rule}."
        elif not _same(wanted[field], value):
            yield at, f"{_differs(wanted[field], value)}{rule}."


def _differs(wanted: Any, value: Any) -> str:
    return f"expected {_shown(comparable(wanted))}, and the mapping gives {_shown(value)}. Correct the example"


def _shown(value: Any) -> str:
    said = " ".join(str(value).split())
    return f"{said[:120]}…" if len(said) > 120 else repr(said) if isinstance(value, str) else said


def _same(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping) and set(wanted) == {"contains"}:
        parts = wanted["contains"] if isinstance(wanted["contains"], list) else [wanted["contains"]]
        return all(str(part) in str(value) for part in parts)
    return bool(comparable(wanted) == value)


def comparable(value: Any) -> Any:
    """Return a payload's value as an example writes it: days and moments as text, numbers exactly, ids by step."""
    if isinstance(value, Needed):
        return {"step": value.key.rpartition(".")[2]}
    if isinstance(value, Mapping):
        return {str(key): comparable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [comparable(one) for one in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Decimal | int | float):
        return exact(value)
    return _text(str(value))


def _text(said: str) -> str:
    try:  # a number that YAML reads as text must equal the same number that it does not
        return exact(Decimal(said)) if said.strip() and said.strip()[0] in "-0123456789" else said.strip()
    except InvalidOperation:
        return said.strip()
