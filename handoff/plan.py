"""What a handoff becomes: steps with stable keys, each with the steps it needs. Printing the plan is the dry run."""

import hashlib
import json
from collections.abc import Container, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from handoff import keys
from handoff.conditions import holds
from handoff.mapping import Mappings, Target
from handoff.model import Deal, Handoff, Needed, Scope, Step, User, Value, Write
from handoff.policy import in_base
from handoff.rules import Context
from handoff.transforms import exact, missing


def plan(
    handoff: Handoff, mappings: Mappings, users: Mapping[str, User], *, platform: str
) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """
    Return the steps of a handoff, each after those it needs, and what a person should hear of them.

    Args:
        users: The platform's users by lower-case e-mail.
        platform: The platform's instance name, part of every key.

    Raises:
        RecordError: A field that must name somebody active cannot.
    """
    target = mappings.target
    step_keys = _step_keys(handoff, mappings, platform)
    context = Context(handoff.values, users, step_keys)
    steps = tuple(_step(name, handoff, target, context) for name in target.order if step_keys[name])
    return steps, tuple(dict.fromkeys(context.notes))


def emails_wanted(handoffs: Iterable[Handoff], target: Target) -> set[str]:
    """Return the e-mail addresses that the target's `find` rules will look up for these handoffs."""
    sources = {
        source
        for step in target.file.steps.values()
        for rule in step.fields.values()
        if rule.find
        for source in rule.sources
    }
    found = (handoff.values.get(source) for handoff in handoffs for source in sources)
    return {str(email).strip().lower() for email in found if not missing(email)}


def source_hashes(deal: Deal, *, ours: Container[str] = ()) -> dict[str, str]:
    """Return a fingerprint of each thing that the mapping reads of a deal, without the fields that we write."""
    known = (
        *(deal.name, deal.account_id, deal.account_name, deal.amount, deal.currency),
        *(deal.owner_email, deal.owner_active, deal.episode),
    )
    read = {path: value for path, value in deal.source.items() if path not in ours} | dict(deal.children)
    return {"": fingerprint(known)} | {path: fingerprint(value) for path, value in read.items()}


def changed(before: Mapping[str, str] | None, now: Mapping[str, str]) -> bool:
    """
    Return whether a deal says something else than when it was last handled; True when it never was.

    Only what was read both times counts: a mapping that reads more, or less, changes no deal.
    """
    return before is None or any(before[name] != now[name] for name in before.keys() & now.keys())


def fingerprint(value: Any) -> str:
    """Return 16 hex digits that change with the value; equal values give equal digits in every process."""
    canonical = json.dumps(value, sort_keys=True, default=_plain, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def field_hashes(payload: Mapping[str, Value]) -> dict[str, str]:
    """Return a fingerprint of each field."""
    return {name: fingerprint(value) for name, value in payload.items()}


def _step_keys(handoff: Handoff, mappings: Mappings, platform: str) -> dict[str, str | None]:
    ref, episode, target = handoff.deal.ref, handoff.deal.episode, mappings.target
    judged = in_base(handoff.values, handoff.deal.currency, mappings.contract)

    def key(name: str) -> str | None:
        when = target.file.steps[name].when
        if when is not None and not holds(target.conditions[when], judged):
            return None
        if target.scope(name) is Scope.ACCOUNT:
            return keys.account_key(ref, handoff.customer_id, platform, name)
        return keys.step_key(ref, episode, platform, name)

    return {name: key(name) for name in target.order}


def _step(name: str, handoff: Handoff, target: Target, context: Context) -> Step:
    spec = target.file.steps[name]
    payload = {field: value for field, rule in target.fields[name].items() if not missing(value := rule(context))}
    needs = [context.step_keys[other] for other in spec.needed()]
    matches = [
        {field: exact(handoff.values[source]) for field, source in match.items()}
        for match in spec.match
        if all(not missing(handoff.values.get(source)) for source in match.values())
    ]
    return Step(
        key=context.step_keys[name] or "",
        name=name,
        kind=spec.object,
        scope=target.scope(name),
        deal=handoff.deal.ref,
        payload=payload,
        needs=tuple(key for key in needs if key),
        match=tuple(matches),
        modes={field: Write(spec.fields[field].write) for field in payload},
        traces=target.traces[name],
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Needed):
        return {"step": value.key}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return sorted(value, key=str) if not isinstance(value, tuple) else list(value)
    raise TypeError(f"{type(value).__name__} has no fingerprint")
