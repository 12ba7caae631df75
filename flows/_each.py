"""Work that is done for each CRM in turn: one that fails does not stop the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flows._wiring import Choice, mappings_of, wired
from handoff.ahead import look_ahead
from handoff.errors import HandoffError, Stopped

T = TypeVar("T")


@dataclass(frozen=True)
class Ended(Generic[T]):
    """How the work for one CRM ended: with a result, or an error; with neither when it was called off."""

    crm: str
    result: T | None = None
    error: HandoffError | None = None


def for_each(chosen: Choice, work: Callable[[Choice], T | None]) -> list[Ended[T]]:
    """
    Return how the work ended for each CRM that is meant, in their order.

    Raises:
        ConfigError: The settings are not whole; nothing was begun.
        Stopped: Somebody asked the run to stop: no further CRM is begun.
    """
    return [_ended(one, work) for one in chosen.each()]


def look_ahead_at_each(chosen: Choice) -> None:
    """
    Let the passes over several CRMs know of the same customer's deals in all of them before the first begins.

    A CRM that cannot be read now is passed over: its own pass tells why.
    """
    each = chosen.each()
    for one in each if len(each) > 1 else ():
        _ended(one, _looked_ahead)


def _looked_ahead(chosen: Choice) -> int:
    if not mappings_of(chosen).contract.same_customer:
        return 0
    with wired(chosen, only_ledger=True) as bridge:
        return look_ahead(bridge)


def results(ended: Sequence[Ended[T]]) -> list[T]:
    """Return the results of those that ended well."""
    return [one.result for one in ended if one.result is not None]


def _ended(chosen: Choice, work: Callable[[Choice], T | None]) -> Ended[T]:
    name = str(chosen.crm)
    try:
        return Ended(name, result=work(chosen))
    except Stopped:
        raise
    except HandoffError as error:
        return Ended(name, error=error)
