"""How a run in Prefect ends that worked on each CRM in turn."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows._each import Ended

T = TypeVar("T")


def completed(ended: Sequence[Ended[T]], data: Callable[[T], dict[str, Any]], words: str) -> State[dict[str, Any]]:
    """
    Return the state of a run that ended well, with what was done: of one CRM alone, of several by name.

    Raises:
        HandoffError: That of the first CRM that failed; what was done for the others is done.
    """
    for one in ended:
        if one.error is not None:
            raise one.error
    done = {one.crm: data(one.result) for one in ended if one.result is not None}
    return Completed(message=words, data=next(iter(done.values())) if len(ended) == 1 else done)
