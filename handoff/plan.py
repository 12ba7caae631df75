"""What a handoff becomes: steps with stable keys, each with the steps it needs. Printing the plan is the dry run."""

from collections.abc import Iterable, Mapping

from handoff import keys
from handoff.conditions import holds
from handoff.mapping import Mappings, Target
from handoff.model import Handoff, Scope, Step, User, Write
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
    unsaid = Write.IF_OURS if target.scope(name) is Scope.ACCOUNT else Write.CREATE_ONLY
    return Step(
        key=context.step_keys[name] or "",
        name=name,
        kind=spec.object,
        scope=target.scope(name),
        deal=handoff.deal.ref,
        payload=payload,
        needs=tuple(key for key in needs if key),
        match=tuple(matches),
        modes={field: Write(spec.fields[field].write or unsaid) for field in payload},
        traces=target.traces[name],
    )
