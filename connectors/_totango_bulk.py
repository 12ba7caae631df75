"""Accounts, enrolments and rows: taken in bulk by the Integration Hub, which reports nothing; a search tells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors._totango_records import Hit, Records
from connectors._totango_settings import ENROLMENT, ROW
from connectors._totango_values import IDS, account_of, attributes, flaw_in, row_id, stamp_name, stamped
from connectors._totango_wire import HUB_ACCOUNTS, HUB_ROWS, Json, Refused, Wire
from handoff.batches import batches
from handoff.errors import Ambiguous, NotAllowed, Rejected, ServiceError, Transient
from handoff.model import Outcome, Result, Step, Write
from handoff.owners import Owner
from handoff.ports import Clock, Intend
from handoff.transforms import missing

NOT_SHOWN = "Totango took it and does not show it yet. It is looked for again."
NOT_TAKEN = "Totango did not take it: see whether its values are such as the attributes take."
NO_ACCOUNT = "Totango does not show the account yet."


@dataclass
class Going:
    """One `put` under way: how each step ended, and who is told before a call is sent."""

    intend: Intend
    done: dict[str, Outcome] = field(default_factory=dict)
    idle: int = 0

    def end(self, *outcomes: Outcome) -> None:
        """Keep how steps ended."""
        self.done.update((one.key, one) for one in outcomes)

    def left(self, steps: Sequence[Step]) -> list[Step]:
        """Return those of these steps of which the end is not known yet."""
        return [step for step in steps if step.key not in self.done]

    def finished(self, steps: Sequence[Step], error: NotAllowed) -> None:
        """Let what was not carried out wait; raises the error while nothing was."""
        if len(self.done) == self.idle:
            raise error
        self.end(*(waiting(step, reason_of(error)) for step in self.left(steps)))


class BulkWriter:
    """Writes steps of one kind, many in one call; sent twice they do no more than once."""

    def __init__(self, wire: Wire, records: Records, clock: Clock) -> None:
        self._wire, self._records, self._clock, self._settings = wire, records, clock, wire.settings

    def put(self, steps: Sequence[Step], intend: Intend) -> list[Outcome]:
        """Return one outcome a step, in order; raises `NotAllowed` only while nothing has been carried out."""
        going = Going(intend)
        for step in steps:
            flaw = flaw_in(step)
            if flaw:
                going.end(Outcome(step.key, Result.REJECTED, step.ref, flaw))
            elif step.ref is not None and not attributes(step):
                going.end(Outcome(step.key, Result.UNCHANGED, step.ref))
        going.idle = len(going.done)
        try:
            for chunk in self._chunks(steps, going.done):
                self._carry_out(chunk, going)
        except NotAllowed as error:
            going.finished(steps, error)
        return [going.done[step.key] for step in steps]

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps if all shows at once; calls nothing."""
        said = {step.key for step in steps if flaw_in(step) or (step.ref is not None and not attributes(step))}
        chunks = list(self._chunks(steps, dict.fromkeys(said)))
        blind = sum(any(step.kind == ENROLMENT and step.ref is None for step in chunk) for chunk in chunks)
        return 2 * len(chunks) + blind

    def _chunks(self, steps: Sequence[Step], but: Mapping[str, object]) -> Iterator[list[Step]]:
        return batches([step for step in steps if step.key not in but], self._settings.hub_list_size)

    def _carry_out(self, steps: Sequence[Step], going: Going) -> None:
        try:
            going.end(*self._send(self._enrolled(steps, going), going.intend))
        except Ambiguous as error:
            going.end(*(Outcome(step.key, Result.UNKNOWN, step.ref, reason_of(error)) for step in going.left(steps)))
        except Transient as error:
            going.end(*(waiting(step, reason_of(error)) for step in going.left(steps)))
        except Rejected as error:
            left = going.left(steps)
            if len(left) == 1:
                going.end(refused(left[0], error))
                return
            middle = (len(left) + 1) // 2  # the upserts can be repeated, so the bad record is found by halves
            for half in (left[:middle], left[middle:]):
                self._carry_out(half, going)

    def _enrolled(self, steps: Sequence[Step], going: Going) -> list[Step]:
        """
        Return the steps to send; of an enrolment whose account was not looked at, what the account leaves empty.

        A stage that is there is never written again, whatever it is: that would pull the customer back.
        """
        unseen = [step for step in going.left(steps) if step.kind == ENROLMENT and step.ref is None]
        if not unseen:
            return going.left(steps)
        hits = self._records.accounts(map(account_of, unseen), _wanted(unseen))
        there: list[Step] = []
        for step in unseen:
            hit = hits.get(account_of(step))
            if hit is None:
                again = self._clock.now() + self._settings.settle
                going.end(Outcome(step.key, Result.WAITING, reason=NO_ACCOUNT, again=again))
                continue
            held = self._records.holds(step, hit)
            left = {name: value for name, value in step.payload.items() if _may_write(step, name, held)}
            there.append(step.with_payload(left))
        return [step for step in going.left(steps) if step not in unseen] + there

    def _send(self, steps: Sequence[Step], intend: Intend) -> list[Outcome]:
        if not steps:
            return []
        if steps[0].kind == ROW:
            path = f"/api/v1/collections/{self._settings.collection_type}"
            body: Json = {"collections": [_row(step) for step in steps]}
            batch = self._wire.upsert(HUB_ROWS, path, body, lambda: intend(steps))
        else:
            body = {"accounts": [{"id": account_of(step), "attributes": stamped(step)} for step in steps]}
            batch = self._wire.upsert(HUB_ACCOUNTS, "/api/v1/accounts", body, lambda: intend(steps))
        return self._seen(steps, batch)

    # What became of it

    def _seen(self, steps: Sequence[Step], batch: str) -> list[Outcome]:
        """Return what a search shows of records just taken; one that it does not show yet is in doubt."""
        try:
            outcomes = self._shown(steps)
            late = [step for step in steps if outcomes[step.key].result is Result.UNKNOWN]
            if late and self._settings.look_again_seconds:
                self._clock.sleep(self._settings.look_again_seconds)
                outcomes |= self._shown(late)
            if any(one.result is Result.UNKNOWN for one in outcomes.values()):
                outcomes |= self._not_taken(steps, batch, outcomes)
        except (Transient, Rejected, NotAllowed) as error:
            return [Outcome(step.key, Result.UNKNOWN, step.ref, reason_of(error)) for step in steps]
        return [outcomes[step.key] for step in steps]

    def _not_taken(self, steps: Sequence[Step], batch: str, outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
        refused = self._wire.not_taken(batch)
        doubtful = (step for step in steps if outcomes[step.key].result is Result.UNKNOWN)
        return {
            step.key: Outcome(step.key, Result.REJECTED, step.ref, NOT_TAKEN)
            for step in doubtful
            if _record(step) in refused
        }

    def _shown(self, steps: Sequence[Step]) -> dict[str, Outcome]:
        names = {**_wanted(steps), **{stamp_name(step): "" for step in steps}}
        look = self._records.rows if steps[0].kind == ROW else self._records.accounts
        hits = look([_record(step) for step in steps], names)
        return {step.key: self._outcome(step, hits.get(_record(step))) for step in steps}

    def _outcome(self, step: Step, hit: Hit | None) -> Outcome:
        if hit is None:
            return Outcome(step.key, Result.UNKNOWN, step.ref, NOT_SHOWN)
        held, stamp = self._records.holds(step, hit), stamp_name(step)
        left_out = [name for name, value in step.payload.items() if name in held and held[name] != value]
        taken = hit.values.get(stamp) == stamped(step)[stamp]
        result = Result.UPDATED if step.ref is not None else Result.CREATED
        if not left_out:
            return Outcome(step.key, result, _record(step))
        if not taken:
            return Outcome(step.key, Result.UNKNOWN, step.ref, NOT_SHOWN)
        moved = self._moved_on(left_out, held) if step.kind == ENROLMENT else {}
        empty = [name for name in left_out if name not in moved]
        if not empty:
            now = ", ".join(f"{name} is {value} by now" for name, value in moved.items())
            return Outcome(step.key, result, _record(step), f"Totango took it, and {now}: a play may have moved it.")
        why = f"Totango took it and left out {', '.join(empty)}: see whether the value is spelled as it is there."
        if step.kind == ENROLMENT:
            return Outcome(step.key, Result.REJECTED, step.ref, why, owner=Owner.PLATFORM_ADMIN)
        return Outcome(step.key, result, _record(step), why)

    def _moved_on(self, left_out: Sequence[str], held: Mapping[str, object]) -> dict[str, object]:
        """Return the lifecycles that hold another stage than the one written: plays move an account within seconds."""
        lifecycles = self._settings.lifecycle_attributes
        return {name: held[name] for name in left_out if name in lifecycles and not missing(held[name])}


def _record(step: Step) -> str:
    return row_id(step) if step.kind == ROW else account_of(step)


def _row(step: Step) -> Json:
    return {"id": row_id(step), "account_id": account_of(step), "attributes": stamped(step)}


def _wanted(steps: Sequence[Step]) -> dict[str, object]:
    return {name: value for step in steps for name, value in step.payload.items()}


def _may_write(step: Step, name: str, held: Mapping[str, object]) -> bool:
    """Whether an account that is there takes a field: what cannot be read back is taken to be somebody's."""
    always = step.modes.get(name) is Write.ALWAYS or name in IDS
    return always or (name in held and missing(held[name]))


def waiting(step: Step, reason: str) -> Outcome:
    """Return the end of a step that was surely not carried out."""
    return Outcome(step.key, Result.WAITING, step.ref, reason)


def refused(step: Step, error: Rejected) -> Outcome:
    """Return the end of a refused step, with who can clear it."""
    owner = error.owner if isinstance(error, Refused) else Owner.REVOPS
    return Outcome(step.key, Result.REJECTED, step.ref, reason_of(error), owner=owner)


def reason_of(error: ServiceError) -> str:
    """Return an error in words for the deal."""
    return f"{error.why} {error.remedy}".strip()
