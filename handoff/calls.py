"""How many calls lie ahead, and how long they take at the allowed rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

from handoff.decisions import Planned
from handoff.model import Step
from handoff.ports import Capability, Destination, Limit, Traffic


@dataclass(frozen=True)
class Ahead:
    """Calls that are about to be made of one system; `limits` say how many it may be asked."""

    system: str
    calls: int
    limits: tuple[Limit, ...] = ()

    @property
    def takes(self) -> timedelta:
        """How long they take when nobody else calls: the windows that must pass before the last of them."""
        return max(
            (limit.per * max(0, ceil(self.calls / limit.calls) - 1) for limit in self.limits), default=timedelta(0)
        )

    def words(self) -> str:
        """Return it on one line: `about 12 calls to gainsight main, at 30 a minute: less than a minute`."""
        calls = f"{self.calls:,} call{'' if self.calls == 1 else 's'} to {self.system}"
        rate = ", ".join(rate_of(limit.calls, limit.per) for limit in self.limits[:1])
        return f"{calls}, at {rate}: {spoken(self.takes)}" if rate else calls

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"system": self.system, "calls": self.calls, "seconds": int(self.takes.total_seconds())}


_PER: Mapping[timedelta, str] = {
    timedelta(seconds=1): "second",
    timedelta(minutes=1): "minute",
    timedelta(hours=1): "hour",
    timedelta(days=1): "day",
}


def rate_of(calls: int, per: timedelta) -> str:
    """Return a rate as a person says it: `30 a minute`, `100 every 10 seconds`."""
    return f"{calls:,} a {_PER[per]}" if per in _PER else f"{calls:,} every {per.total_seconds():g} seconds"


def spoken(span: timedelta) -> str:
    """Return a span as a person says it: `less than a minute`, `about 3 minutes`, `about 2 hours 5 minutes`."""
    minutes = ceil(span.total_seconds() / 60)
    if not minutes:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    parts = [f"{count:,} {name}{'' if count == 1 else 's'}" for count, name in ((hours, "hour"), (rest, "minute"))]
    return "about " + " ".join(part for part, count in zip(parts, (hours, rest), strict=True) if count)


def since(now: Traffic, before: Traffic) -> Ahead:
    """Return the calls that were made between two readings."""
    return Ahead(now.system, now.calls - before.calls, now.limits)


def look_ups(platform: Destination, planned: Sequence[Planned], rows: Mapping[str, Any]) -> Ahead:
    """
    Return about how many look-ups it takes to compare these steps with what the platform holds.

    Args:
        rows: The ledger's rows of the steps, by key.
    """
    known: dict[tuple[str, str], set[str]] = {}
    fresh: dict[tuple[str, str], dict[str, Step]] = {}
    for one in planned:
        step, row = one.step, rows.get(one.step.key)
        if row is not None and row.remote_id is not None:
            if not row.gone and not step.reference:
                known.setdefault((step.name, step.kind), set()).add(step.key)
        else:
            fresh.setdefault((step.name, step.kind), {})[step.key] = step
    calls = sum(ceil(len(keys) / platform.kinds[kind].keys_per_lookup) for (_, kind), keys in known.items())
    calls += sum(finding(platform.kinds[kind], list(steps.values())) for (_, kind), steps in fresh.items())
    traffic = platform.traffic()
    return Ahead(traffic.system, calls, traffic.limits)


def finding(capability: Capability, steps: Sequence[Step]) -> int:
    """
    Return about how many look-ups it takes to find the records of steps of one kind.

    The key is looked for, then each rule by which a record is recognised, or what may be adopted.
    """
    asked = [step for step in steps if step.reference or capability.looks_for(in_doubt=False)]
    ways = max((len(step.match) + bool(step.adopt) for step in asked), default=0)
    return ceil(len(asked) / capability.keys_per_lookup) * (1 + ways)
