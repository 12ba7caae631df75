"""What a handoff becomes: steps with stable keys, each with the steps it needs. Printing the plan is the dry run."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from handoff import keys
from handoff.amounts import in_base
from handoff.fingerprints import fingerprint
from handoff.mapping import Many, Mappings, Target
from handoff.model import Handoff, Item, Scope, Step, User, Value
from handoff.rules import Context
from handoff.transforms import exact, missing, text

READABLE_KEY = re.compile(r"[a-z0-9_]{1,24}")


def plan(
    handoff: Handoff,
    mappings: Mappings,
    users: Mapping[str, User],
    *,
    platform: str,
    companies: Mapping[str, str] | None = None,
) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """
    Return the steps of a handoff, each after those it needs, and what a person should hear of them.

    A step that the contract does not deliver for this kind of deal is not made. Where a step that is made needs an
    account's record, that record is looked up and never changed.

    Args:
        users: The platform's users by lower-case e-mail.
        platform: The platform's instance name, part of every key.
        companies: The platform's records of accounts, by the account's id, for fields that `find` a company.

    Raises:
        RecordError: A field that must name somebody active cannot.
    """
    target = mappings.target
    judged = in_base(handoff.values, handoff.deal.currency, mappings.contract)
    chosen = _chosen(handoff, mappings, judged)
    step_keys = {name: _key(handoff, target, platform, name) if name in chosen else None for name in target.order}
    context = Context(handoff.values, users, step_keys, companies=companies or {}, judged=judged)
    steps: list[Step] = []
    for name in target.order:
        if name in chosen:
            steps += _steps(name, handoff, target, context, platform, reference=not chosen[name])
    return tuple(steps), tuple(dict.fromkeys(context.notes))


def emails_wanted(handoffs: Iterable[Handoff], target: Target) -> set[str]:
    """Return the e-mail addresses that the target's `find` rules will look up for these handoffs."""
    sources = _found_by(target, "user", "active_user", "active_email")
    return {str(email).strip().lower() for email in _values_of(handoffs, sources)}


def companies_wanted(handoffs: Iterable[Handoff], target: Target) -> set[str]:
    """Return the ids of accounts whose record the target's `find: company` rules will look up."""
    return {str(one).strip() for one in _values_of(handoffs, _found_by(target, "company"))}


def _found_by(target: Target, *finds: str) -> frozenset[tuple[str, str]]:
    return frozenset().union(*(target.found.get(find, ()) for find in finds))


def _values_of(handoffs: Iterable[Handoff], sources: Collection[tuple[str, str]]) -> Iterator[Value]:
    for handoff in handoffs:
        for each, source in sources:
            inside = source.startswith("item.")
            rows = items(handoff.values.get(each)) if inside else [handoff.values]
            yield from (row[source] for row in rows if not missing(row.get(source)))


def items(listed: Value) -> list[dict[str, Value]]:
    """
    Return the items of a list as rules see them: `item.text`, `item.id`.

    An id is the item's own, or its place from 1. An owner that is an e-mail address is `item.owner.email` too.
    """
    rows = []
    for place, one in enumerate(listed if isinstance(listed, list | tuple) else [], start=1):
        said = dict(one) if isinstance(one, Mapping) else {"text": one}
        row = {"item.id": str(place)} | {f"item.{name}": value for name, value in said.items()}
        if "@" in str(row.get("item.owner") or ""):
            row["item.owner.email"] = row["item.owner"]
        rows.append(row)
    return rows


def _chosen(handoff: Handoff, mappings: Mappings, judged: Mapping[str, Value]) -> dict[str, bool]:
    """Return the steps of this handoff by name: whether each is made, or only looked up because another needs it."""
    target = mappings.target
    conditions = target.conditions
    listed = mappings.delivered(handoff.kind)
    made = {name for name in listed if name not in conditions or conditions[name].holds(judged)}
    needed = {
        other
        for name in made
        for other in target.needed[name]
        if other not in listed and target.scope(other) is Scope.ACCOUNT
    }
    return {name: name in made for name in target.order if name in made | needed}


def _key(handoff: Handoff, target: Target, platform: str, name: str) -> str:
    ref, episode = handoff.deal.ref, handoff.deal.episode
    if target.scope(name) is Scope.ACCOUNT:
        return keys.account_key(ref, handoff.customer_id, platform, name)
    return keys.step_key(ref, episode, platform, name)


def _steps(
    name: str, handoff: Handoff, target: Target, context: Context, platform: str, *, reference: bool
) -> Iterator[Step]:
    spec = target.file.steps[name]
    if spec.each is None:
        yield _step(name, context.step_keys[name] or "", handoff, target, context, reference=reference)
        return
    seen: set[str] = set()
    for row in items(handoff.values.get(spec.each)):
        mark = _mark(row.get(spec.key or ""))
        if mark is None or mark in seen:
            context.notes.append(
                f"{name}: an item of {spec.each} has {'the same' if mark else 'no'} {spec.key}; left out"
            )
            continue
        seen.add(mark)
        own = replace(context, values={**handoff.values, **row}, judged={**(context.judged or {}), **row})
        key = f"{context.step_keys[name]}-{mark}"
        yield _step(name, keys.checked(key), handoff, target, own, reference=False)


def _mark(value: Value) -> str | None:
    """Return what tells an item apart in a key: its own word where that is short and plain, else a fingerprint."""
    if missing(value):
        return None
    said = text(value).strip().lower()
    return said if READABLE_KEY.fullmatch(said) else fingerprint(said)[:8]


def _step(name: str, key: str, handoff: Handoff, target: Target, context: Context, *, reference: bool) -> Step:
    spec, modes = target.file.steps[name], target.modes[name]
    payload = {field: value for field, rule in target.fields[name].items() if not missing(value := rule(context))}
    children = {child: _rows(many, context) for child, many in target.children.get(name, {}).items()}
    payload |= {child: [fields for _, fields in rows] for child, rows in children.items() if rows}
    needs = [context.step_keys[other] for other in target.needed[name]]
    matches = [
        {field: exact(handoff.values[source]) for field, source in match.items()}
        for match in spec.match
        if all(not missing(handoff.values.get(source)) for source in match.values())
    ]
    return Step(
        key=key,
        name=name,
        kind=spec.object,
        scope=target.scope(name),
        deal=handoff.deal.ref,
        payload=payload,
        needs=tuple(need for need in needs if need),
        match=tuple(matches),
        modes={field: modes[field] for field in payload},
        adopt=tuple(spec.adopt.same) if spec.adopt else (),
        reference=reference,
        traces=target.traces[name],
        items={child: tuple(item for item, _ in rows) for child, rows in children.items() if rows},
    )


def _rows(many: Many, context: Context) -> list[tuple[Item, dict[str, Value]]]:
    """Return the records that are made together with a step, one for each item, in order, each with its item."""
    made: dict[str, tuple[Item, dict[str, Value]]] = {}
    for place, row in enumerate(items(context.values.get(many.each)), start=1):
        mark = _mark(row.get(many.key))
        own = replace(context, values={**context.values, **row}, judged={**(context.judged or {}), **row})
        fields = {field: value for field, rule in many.fields.items() if not missing(value := rule(own))}
        if mark is not None and fields:
            made.setdefault(mark, (Item(many.each, place, row), fields))
    return list(made.values())
