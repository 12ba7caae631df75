"""SuccessPlays: what they make, when they fire by themselves, and a manual run."""

from datetime import datetime, timedelta

from sandbox.journal import iso_z
from sandbox.totango.answers import Call, Fault, Reply
from sandbox.totango.org import Org
from sandbox.totango.task_rows import keep_task, new_task
from sandbox.wire import Json, Record


def entered(
    org: Org, account: Record, attribute: str, stage: str, *, now: datetime, seen_from: datetime
) -> dict[str, Json]:
    """Fire every active event-based play for the stage that the account enters; return the attributes they set."""
    sets: dict[str, Json] = {}
    for play in org.rows("plays").values():
        if play["active"] and not play["manual"] and play["entering"] == {"attribute": attribute, "stage": stage}:
            carry_out(org, play, account, now=now, seen_from=seen_from)
            sets |= play.get("sets") or {}
    return sets


def carry_out(org: Org, play: Record, account: Record, *, now: datetime, seen_from: datetime) -> list[int]:
    """Note the run of a play on an account, make its tasks, and return their ids."""
    made = []
    for duty in play["tasks"]:
        assignee = account["roles"].get(duty["role"])
        if assignee is None and org.choices.play_without_assignee == "no_task":
            continue
        task = new_task(
            org,
            now,
            account_id=account["id"],
            title=duty["title"],
            description=duty["description"],
            due_date=(now + timedelta(days=duty["days"])).date().isoformat(),
            priority=duty["priority"],
            assignee=assignee,
            activity_type_id=play["flow"],
            automation_id=play["id"],
            sbId=play["sb_id"],
        )
        keep_task(org, task, "create", now=now, seen_from=seen_from)
        made.append(task["id"])
    run = {"id": org.ids.number("run"), "play_id": play["id"], "account_id": account["id"], "at": iso_z(now)}
    org.keep("play_runs", {**run, "manual": play["manual"], "tasks": made}, now)
    return made


def run_manual(call: Call) -> Reply:
    """Run a manual play on one account; again, and the tasks are there twice."""
    said = call.fields()
    try:
        return _run(call, said)
    except Fault as fault:
        if call.org.choices.play_refusal == "status":
            raise
        return Reply({"success": False, call.org.choices.error_key: fault.message})


def _run(call: Call, said: Record) -> Reply:
    call.refuse(said)
    if call.org.choices.play_checks == "account_first":
        call.account(said.get("accountId"), status=call.org.choices.unknown_record)
    play = _runnable(call.org, said)
    account = call.account(said.get("accountId"), status=call.org.choices.unknown_record)
    if call.org.choices.play_repeat == "ignored" and _has_run(call.org, play, account):
        return Reply(b"Success", kind="text/plain")
    carry_out(call.org, play, account, now=call.now, seen_from=call.seen_from)
    return Reply(b"Success", kind="text/plain", applied=True, records=1)


def _has_run(org: Org, play: Record, account: Record) -> bool:
    wanted = {"play_id": play["id"], "account_id": account["id"]}
    return any(wanted.items() <= run.items() for run in org.rows("play_runs").values())


def _runnable(org: Org, said: Record) -> Record:
    play_id = said.get("successplayId")
    play = org.rows("plays").get(play_id) if isinstance(play_id, str) else None
    if play is None:
        raise Fault(org.choices.unknown_record, "SuccessPlay not found")
    if not play["manual"]:
        raise Fault(400, "SuccessPlay is not manual")
    if not play["active"]:
        raise Fault(400, "SuccessPlay is not active")
    return play
