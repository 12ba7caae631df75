"""What a person should hear of fields that were left as somebody else wants them."""

from collections.abc import Sequence

from handoff.fields import FieldDecision
from handoff.model import Step

SAID = {
    "a person changed it": "a person changed {fields} of {step}: kept",
    "it is not empty": "{fields} of {step} was not empty: kept",
    "its work is over": "{step} is closed: {fields} was left as it is",
    "it cannot be read back": "{fields} of {step} cannot be read back: left as it is",
}
FILLED = "{fields} of {step} was filled by somebody else: kept"


def remarks_on(step: Step, kept: Sequence[FieldDecision]) -> tuple[str, ...]:
    """Return one sentence for each reason for which fields of this step were kept; no values."""
    by_reason: dict[str, list[str]] = {}
    for one in kept:
        by_reason.setdefault(SAID.get(one.why, FILLED), []).append(one.name)
    return tuple(said.format(fields=", ".join(names), step=step.name) for said, names in by_reason.items())
