"""On which platform the work of a deal is made, where there are several: where it was begun, else as the files say."""

from collections.abc import Mapping, Sequence
from typing import Any

from handoff.amounts import in_base
from handoff.bridge import Bridge
from handoff.contract import Contract
from handoff.errors import ConfigError
from handoff.keys import begun_on, deal_key
from handoff.mapping import Mappings
from handoff.model import Deal, Value
from handoff.policy import Times, judge


def lanes(bridge: Bridge, deals: Sequence[Deal]) -> list[tuple[Bridge, list[Deal]]]:
    """
    Return these deals by the platform on which their work is made, each with the bridge to it, in their order.

    A handoff that was begun stays where it was begun, whatever became of its segment or of the files.

    Raises:
        ConfigError: One was begun on a platform that `handoff.toml` does not name any more.
    """
    if not bridge.lanes:
        return [(bridge, list(deals))] if deals else []
    known = bridge.ledger.handoffs(deal_key(deal.ref, deal.episode) for deal in deals)
    by_name: dict[str, list[Deal]] = {}
    for deal in deals:
        row = known.get(deal_key(deal.ref, deal.episode))
        name = (begun_on(row.steps) if row is not None else None) or _chosen(bridge, deal)
        by_name.setdefault(name, []).append(deal)
    return [(_lane(bridge, name, some[0]), some) for name, some in by_name.items()]


def lane_of(bridge: Bridge, deal: Deal) -> Bridge:
    """Return the bridge to the platform on which the work of one deal is made; raises as `lanes` does."""
    ((lane, _),) = lanes(bridge, [deal])
    return lane


def ours(bridge: Bridge, deals: Sequence[Deal]) -> list[Deal]:
    """Return those of these deals whose work is made on the bridge's platform, in order; raises as `lanes` does."""
    if bridge.whole is None:
        return list(deals)
    here = {one.ref for lane, some in lanes(bridge.whole, deals) if lane.platform is bridge.platform for one in some}
    return [deal for deal in deals if deal.ref in here]


def delivered(bridge: Bridge) -> list[Any]:
    """Return the ledger's rows of what was delivered of the bridge's CRM on its platform; see `Ledger.delivered`."""
    rows = bridge.ledger.delivered(bridge.crm.instance)
    return [row for row in rows if bridge.whole is None or begun_on(row.steps) == bridge.platform.instance]


def _lane(bridge: Bridge, name: str, deal: Deal) -> Bridge:
    if name not in bridge.lanes:
        raise ConfigError(
            f"The handoff of deal {deal.ref.id} was begun on [platform.{name}], which handoff.toml does not name any "
            "more. Put that section back: what was begun there goes on there."
        )
    return bridge.on(name)


def _chosen(bridge: Bridge, deal: Deal) -> str:
    """Return where the files send a deal; nothing is asked, for which platform would be?"""
    mappings = bridge.mappings
    judged = judge(deal, mappings, {}, Times.first(deal, bridge.clock.now()))
    asked = in_base(judged.values, deal.currency, mappings.contract)
    return platform_for(mappings.contract, deal.ref.instance, judged.segment, asked)


def platform_for(contract: Contract, crm: str, segment: str, judged: Mapping[str, Value]) -> str:
    """Return the platform of a deal of this CRM and segment: that of the first rule that fits."""
    for rule in contract.platforms:
        fits = rule.when is None or contract.condition(rule.when).holds(judged)
        if fits and (rule.crms is None or crm in rule.crms) and (rule.segments is None or segment in rule.segments):
            return rule.to
    raise AssertionError("unreachable: the last rule has no condition")


def named_in(mappings: Mappings) -> tuple[set[str], set[str]]:
    """Return the platforms and the CRMs that the rules name."""
    rules = mappings.contract.platforms
    return {rule.to for rule in rules}, {name for rule in rules for name in rule.crms or ()}
