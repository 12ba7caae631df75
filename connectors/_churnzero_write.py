"""Writing to ChurnZero: many actions in one call, and an answer that says no more than that they were taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors._churnzero_records import Records
from connectors._churnzero_settings import EVENT
from connectors._churnzero_values import Json, action, attributes, flaw_in, ref_of
from connectors._churnzero_wire import SET, TRACK, TRACK_UNSEEN, Wire
from connectors._http import Route
from handoff.batches import batches
from handoff.errors import Ambiguous, NotAllowed, Rejected, ServiceError, Transient
from handoff.model import Outcome, Result, Step
from handoff.ports import Intend

TAKEN = "accepted, not verified: ChurnZero's answer is the same whatever became of it"


@dataclass
class _Put:
    """One `put` under way: how each step ended, and who is told before a call is sent."""

    intend: Intend
    done: dict[str, Outcome] = field(default_factory=dict)


class Writer:
    """Carries out steps of one kind."""

    def __init__(self, wire: Wire, records: Records) -> None:
        self._wire, self._records, self._settings = wire, records, wire.settings

    def put(self, steps: Sequence[Step], intend: Intend) -> list[Outcome]:
        """Return one outcome a step, in order; raises `NotAllowed` only while nothing has been carried out."""
        going = _Put(intend, {step.key: end for step in steps if (end := _at_once(step)) is not None})
        idle = len(going.done)
        try:
            for chunk in self._chunks(steps):
                self._carry_out(chunk, going)
        except NotAllowed as error:
            if len(going.done) == idle:
                raise
            for step in steps:
                going.done.setdefault(step.key, Outcome(step.key, Result.WAITING, step.ref, _reason(error)))
        return [going.done[step.key] for step in steps]

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps if nothing is refused; calls nothing."""
        return len(self._chunks(steps))

    def _chunks(self, steps: Sequence[Step]) -> list[list[Step]]:
        return list(batches((step for step in steps if _at_once(step) is None), self._settings.list_size))

    def _carry_out(self, steps: Sequence[Step], going: _Put) -> None:
        try:
            self._wire.push(self._route(steps), self._actions(steps), lambda: going.intend(steps))
            outcomes = [Outcome(step.key, _result(step), ref_of(step), TAKEN) for step in steps]
        except Ambiguous as error:
            outcomes = [Outcome(step.key, Result.UNKNOWN, step.ref, _reason(error)) for step in steps]
        except Transient as error:
            outcomes = [Outcome(step.key, Result.WAITING, step.ref, _reason(error)) for step in steps]
        except Rejected as error:
            if (
                len(steps) > 1
            ):  # the others were carried out; sent again they change nothing, and the bad one stands out
                middle = (len(steps) + 1) // 2
                self._carry_out(steps[:middle], going)
                self._carry_out(steps[middle:], going)
                return
            outcomes = [Outcome(steps[0].key, Result.REJECTED, steps[0].ref, _reason(error))]
        going.done.update((one.key, one) for one in outcomes)

    def _route(self, steps: Sequence[Step]) -> Route:
        if steps[0].kind != EVENT:
            return SET
        return TRACK if self._wire.verifies else TRACK_UNSEEN

    def _actions(self, steps: Sequence[Step]) -> list[Json]:
        return [
            action(step, "" if step.kind == EVENT else self._records.planted(step), self._settings) for step in steps
        ]


def _at_once(step: Step) -> Outcome | None:
    """Return the end of a step that is not sent: it says nothing new, or ChurnZero would drop it without a word."""
    says = bool(step.payload) if step.kind == EVENT else bool(attributes(step)) or step.plants
    if step.ref and not says:
        return Outcome(step.key, Result.UNCHANGED, step.ref)
    flaw = flaw_in(step)
    return Outcome(step.key, Result.REJECTED, step.ref, flaw) if flaw else None


def _result(step: Step) -> Result:
    return Result.UPDATED if step.ref else Result.CREATED


def _reason(error: ServiceError) -> str:
    return f"{error.why} {error.remedy}".strip()
