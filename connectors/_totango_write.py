"""Touchpoints, tasks, runs of SuccessPlays and objectives: one in each call, and none can be taken back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors._totango_bulk import Going, reason_of, refused, waiting
from connectors._totango_lists import LISTS, Lists
from connectors._totango_objects import CONTENT
from connectors._totango_settings import OBJECTIVE, PLAY, TASK, TOUCHPOINT
from connectors._totango_values import account_of, as_sent, flaw_in, marked, milliseconds, record_in, ref_of
from connectors._totango_wire import (
    MAKE_OBJECTIVE,
    MAKE_TASK,
    MAKE_TOUCHPOINT,
    RUN_PLAY,
    UPDATE_TASK,
    UPDATE_TOUCHPOINT,
    Json,
    Refused,
    Wire,
    id_of,
    note_id,
)
from connectors._totango_words import NO_ACCOUNT
from connectors._totango_work import Work
from handoff.errors import Ambiguous, NotAllowed, Rejected, Transient
from handoff.model import Outcome, Result, Step, Value
from handoff.ports import Clock, Intend
from handoff.transforms import shortened

FAILURES_IN_A_ROW = 3
"""After so many that did not get through the rest is not tried: the next pass goes on."""
SWITCHED_OFF = "objectives are switched off. Set objectives = by_template once the route is proved on this tenant."


class WorkWriter:
    """Carries out steps of one kind, each in a call of its own."""

    def __init__(self, wire: Wire, work: Work, lists: Lists, clock: Clock) -> None:
        self._wire, self._work, self._lists, self._clock = wire, work, lists, clock
        self._settings = wire.settings
        self._sends: Mapping[str, Callable[[Step, Intend], Outcome]] = {
            TOUCHPOINT: self._touchpoint,
            TASK: self._task,
            PLAY: self._play,
            OBJECTIVE: self._objective,
        }

    def put(self, steps: Sequence[Step], intend: Intend) -> list[Outcome]:
        """Return one outcome a step, in order; raises `NotAllowed` only while nothing has been carried out."""
        going = Going(intend)
        failures = 0
        for step in steps:
            if failures >= FAILURES_IN_A_ROW:
                going.end(waiting(step, "Totango did not answer the calls before it."))
                continue
            try:
                going.end(self._carry_out(step, going))
            except Transient as error:
                failures += 1
                going.end(waiting(step, reason_of(error)))
            except NotAllowed as error:
                going.finished(steps, error)
                break
            else:
                failures = 0
        return [going.done[step.key] for step in steps]

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps if nothing is refused; calls nothing."""
        sent = [step for step in steps if not self._at_once(step)]
        return sum(map(self._calls, sent)) + self._lists.unread(name for step in sent for name in step.payload)

    def _calls(self, step: Step) -> int:
        return 2 if step.kind == TOUCHPOINT and step.ref is not None else 1

    def _at_once(self, step: Step) -> Outcome | None:
        """Return the end of a step that nothing is sent for."""
        if step.kind == OBJECTIVE and self._settings.objectives == "off":
            return Outcome(step.key, Result.REJECTED, step.ref, SWITCHED_OFF)
        flaw = flaw_in(step)
        if flaw:
            return Outcome(step.key, Result.REJECTED, step.ref, flaw)
        nothing = step.ref is not None and (not step.payload or step.kind in (PLAY, OBJECTIVE))
        return Outcome(step.key, Result.UNCHANGED, step.ref) if nothing else None

    def _carry_out(self, step: Step, going: Going) -> Outcome:
        at_once = self._at_once(step)
        if at_once is not None:
            going.idle += 1
            return at_once
        try:
            return self._sends[step.kind](step, going.intend)
        except Ambiguous as error:
            return Outcome(step.key, Result.UNKNOWN, step.ref, reason_of(error))
        except Refused as error:
            if error.why == NO_ACCOUNT and step.ref is None:
                again = self._clock.now() + self._settings.settle
                return Outcome(step.key, Result.WAITING, reason="Totango does not know the account yet.", again=again)
            return refused(step, error)
        except Rejected as error:
            return refused(step, error)

    # Each kind

    def _touchpoint(self, step: Step, intend: Intend) -> Outcome:
        body = self._fields(step)
        if "content" in body:
            body["content"] = marked(shortened(body["content"], CONTENT), step.key, between="\n\n")
        body |= {"disable_sync": True} if self._settings.disable_sync else {}
        if step.ref is None:
            made = self._wire.send(MAKE_TOUCHPOINT, "POST", "/api/v3/touchpoints/", body, lambda: intend([step]))
            return self._made(step, note_id(made))
        event = self._work.event_of(step.ref)
        if event is None:
            return Outcome(step.key, Result.REJECTED, step.ref, "it is not on the account's timeline any more.")
        note = record_in(step.ref)
        body |= {"account_id": account_of(step), "event_id": event, "note_id": int(note) if note.isdecimal() else note}
        self._wire.send(UPDATE_TOUCHPOINT, "PUT", f"/api/v3/touchpoints/{note}", body, lambda: intend([step]))
        return Outcome(step.key, Result.UPDATED, step.ref)

    def _task(self, step: Step, intend: Intend) -> Outcome:
        body = self._fields(step)
        text = self._settings.task_marker
        if text in body or step.ref is None:
            between = " " if text == "title" else "\n\n"
            body[text] = marked(str(body.get(text, "")), step.key, between=between).strip()
        if step.ref is None:
            body = {"status": "open", **body}
            made = self._wire.send(MAKE_TASK, "POST", "/api/v3/tasks", body, lambda: intend([step]))
            return self._made(step, id_of(made))
        body.pop("account_id", None)  # the account of a task that is there cannot be changed
        path = f"/api/v3/tasks/{record_in(step.ref)}"
        self._wire.send(UPDATE_TASK, "PUT", path, body, lambda: intend([step]))
        return Outcome(step.key, Result.UPDATED, step.ref)

    def _play(self, step: Step, intend: Intend) -> Outcome:
        play, account = str(step.payload.get("successplayId") or ""), account_of(step)
        body = {"successplayId": play, "accountId": account}
        self._wire.send(RUN_PLAY, "POST", "/api/v2/automations/run-manual-successplay", body, lambda: intend([step]))
        return Outcome(step.key, Result.CREATED, ref_of(account, play))  # a run has no id

    def _objective(self, step: Step, intend: Intend) -> Outcome:
        template, account = str(step.payload.get("ObjectiveTemplateId") or ""), account_of(step)
        body = {"accountId": account, "ObjectiveTemplateId": template}
        path = "/api/v3/objectives-collection/create-by-template"
        made = self._wire.send(MAKE_OBJECTIVE, "POST", path, body, lambda: intend([step]))
        return Outcome(step.key, Result.CREATED, ref_of(account, id_of(made) or template))

    def _made(self, step: Step, record: str | None) -> Outcome:
        assert record is not None  # the judge saw to it
        return Outcome(step.key, Result.CREATED, ref_of(account_of(step), record))

    def _fields(self, step: Step) -> Json:
        return {name: self._value(name, value) for name, value in step.payload.items()}

    def _value(self, name: str, value: Value) -> Any:
        if name == "touchpoint_tags":
            said = value if isinstance(value, list | tuple) else [value]
            return [self._lists.id_of(name, str(one)) for one in said]
        if name in LISTS:
            return self._lists.id_of(name, str(value))
        if name == "participantList":
            return [{"userid": str(one)} for one in (value if isinstance(value, list | tuple) else [value])]
        if name == "priority" and str(value).isdecimal():
            return int(value)
        return milliseconds(value) if isinstance(value, datetime) else as_sent(value)
