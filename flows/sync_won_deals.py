"""The flow that hands off what was won since the last run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from flows._artifacts import publish
from flows._each import for_each, look_ahead_at_each, results
from flows._states import completed
from flows._stopping import passing_stops_on
from flows._wiring import Choice, wired
from handoff.report import Balance, Report
from handoff.run import run_once


@flow(name="sync-won-deals", validate_parameters=True)
def sync_won_deals(
    folder: str = ".",
    sandbox: int | None = None,
    mappings: str | None = None,
    limit: int | None = None,
    crm: str | None = None,
) -> State[dict[str, Any]]:
    """
    Hand off the deals won since the last run, and return what was done; the run's message is the balance.

    Args:
        folder: Where `handoff.toml` is.
        sandbox: The port base of a sandbox to work on instead.
        mappings: Other mappings than the folder's own.
        limit: At most so many handoffs of each CRM; the others wait.
        crm: Only this one of the CRMs that `handoff.toml` names.
    """
    chosen = Choice(Path(folder), Path(mappings) if mappings else None, sandbox, crm)

    def one_pass(of: Choice) -> Report:
        with wired(of) as bridge:
            report = run_once(bridge, limit=limit, command="flow sync-won-deals", stage=as_task)
        publish(report)
        return report

    with passing_stops_on():
        look_ahead_at_each(chosen)
        ended = for_each(chosen, one_pass)
    return completed(ended, Report.as_dict, Balance.of_all(one.balance for one in results(ended)).words())


def as_task(name: str, work: Callable[..., Any], *arguments: Any) -> Any:
    """Do a stage of a run as one task run; deals neither enter it as parameters nor leave it as a stored result."""
    kept: list[Any] = []

    @task(name=name, task_run_name=name, cache_policy=NO_CACHE, retries=0, persist_result=False)
    def stage() -> None:
        kept.append(work(*arguments))

    stage()
    return kept[0]
