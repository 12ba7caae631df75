"""The flows that hand off historical deals: one plans, waits for a person and does it; others help it."""

from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.deployments import run_deployment
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from prefect.states import Completed
from pydantic import Field

from flows._artifacts import backfill_summary, publish
from flows._stopping import passing_stops_on
from flows._wiring import Choice, wired
from flows.sync_won_deals import as_task
from handoff.backfills import PLAN_HOLDS, Asked, in_words, plan_made_for, plan_of, states, untold
from handoff.plans import carried_out, planned

WORKER = "backfill-worker/worker"
"""The deployment of the flow that helps."""


class Approval(RunInput):
    """What a person says to a plan; Prefect does not tell who it is, so they give their name."""

    plan: int
    by: str = Field(min_length=1, description="Who approves it; kept in the trail.")
    approve: bool = False


@flow(name="backfill", validate_parameters=True)
def backfill(
    since: date,
    until: date,
    segment: str | None = None,
    owner: str | None = None,
    limit: int | None = None,
    full: bool = False,
    replan: bool = False,
    crm: str | None = None,
    platform: str | None = None,
    workers: int = 1,
    folder: str = ".",
    sandbox: int | None = None,
    mappings: str | None = None,
) -> State[dict[str, Any]]:
    """
    Plan the hand-off of historical deals, wait until a person approves that plan, and do it.

    While it waits no process runs; afterwards it begins anew, and finds the plan that it made in the ledger.

    Args:
        since: Deals won from this day on (UTC).
        until: Deals won up to this day, it too.
        segment: Only deals of this segment.
        owner: Only deals of this rep, by e-mail.
        limit: At most so many deals, the oldest wins first.
        full: All that a live deal gets, not the notes alone.
        replan: Deals that were handed off before, with changed mappings.
        crm: The CRM whose deals are meant, where there are several.
        platform: The platform on which their work is made, where there are several.
        workers: How many runs share the work; those beside this one need the deployment `worker`.
        folder: Where `handoff.toml` is.
        sandbox: The port base of a sandbox to work on instead.
        mappings: Other mappings than the folder's own.
    """
    chosen = Choice(Path(folder), Path(mappings) if mappings else None, sandbox, crm)
    asked = Asked(since, until, segment, owner, limit, full, replan, by=str(flow_run.id), platform=platform)
    number, summary, deals = _plan(chosen, asked)
    if not deals:
        return Completed(message=f"Plan {number}: nothing to do", data={"plan": number, "deals": {}})
    form = Approval.with_initial_data(description=summary, plan=number)
    said = suspend_flow_run(wait_for_input=form, timeout=int(PLAN_HOLDS.total_seconds()))
    if said is None or not said.approve or said.plan != number:
        return Completed(
            message=f"Plan {number} was not approved: nothing was sent", data={"plan": number, "deals": {}}
        )
    where = {"by": said.by, "folder": folder, "sandbox": sandbox, "mappings": mappings, "crm": crm}
    for other in range(1, workers):
        key = f"backfill-{flow_run.id}-{other}"
        run_deployment(WORKER, parameters={"plan": number, **where}, timeout=0, idempotency_key=key, as_subflow=False)
    return _done(chosen, number, said.by)


@flow(name="backfill-worker", validate_parameters=True)
def backfill_worker(
    plan: int,
    by: str,
    folder: str = ".",
    sandbox: int | None = None,
    mappings: str | None = None,
    crm: str | None = None,
) -> State[dict[str, Any]]:
    """
    Do what is left of an approved plan, beside others that do; each takes slices that nobody works on.

    Args:
        plan: Its number.
        by: Who approved it.
        folder: Where `handoff.toml` is.
        sandbox: The port base of a sandbox to work on instead.
        mappings: Other mappings than the folder's own.
        crm: The CRM that the plan is about, where there are several.
    """
    return _done(Choice(Path(folder), Path(mappings) if mappings else None, sandbox, crm), plan, by)


def _plan(chosen: Choice, asked: Asked) -> tuple[int, str, int]:
    """Return the plan of this flow run, made once, what is to be known of it, and how many deals it has."""
    with wired(chosen, only_ledger=True, backfill=True) as bridge:
        before = plan_made_for(bridge.ledger, asked.by)
        number = planned(bridge, asked).number if before is None else before
        kept = plan_of(bridge.ledger, number)
        return number, backfill_summary(kept), kept.counts["deals"]


def _done(chosen: Choice, number: int, by: str) -> State[dict[str, Any]]:
    with passing_stops_on(), wired(chosen, backfill=True) as bridge:
        reports = carried_out(bridge, number, by=by, stage=as_task)
        left, pending = states(bridge.ledger, number), untold(bridge.ledger, number)
    for report in reports:
        publish(report)
    return Completed(message=f"Plan {number}: {in_words(left, pending)}", data={"plan": number, "deals": left})
