"""The schedule works: a real Prefect server, a served deployment, and a scheduled run that did its work."""

from pathlib import Path
from typing import Any

import pytest

from tests.flows.conftest import PREFECT
from tests.processes import HANDOFF, ROOT, Running, get, post

pytestmark = [pytest.mark.flow, pytest.mark.process]


def test_a_served_schedule_hands_off_what_was_won_without_anybody_asking(
    server: dict[str, str], sandbox: int, tmp_path: Path
):
    env = server | {"HANDOFF_SANDBOX": str(sandbox), "HANDOFF_LEDGER_URL": f"sqlite:///{tmp_path / 'ledger.db'}"}

    with Running([*HANDOFF, "serve", "--every", "10"], log=tmp_path / "serve.log", env=env) as serving:
        done = serving.until(lambda: _completed(server), what="completed scheduled run")

    ctas = get(f"http://127.0.0.1:{sandbox}/state?system=gainsight&object=call_to_action")["gainsight"][
        "call_to_action"
    ]
    assert len(ctas) == 43
    assert done[0]["auto_scheduled"] is True
    deployment = get_deployment(server, "sync-won-deals/every-10-s")
    assert deployment["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    assert deployment["global_concurrency_limit"]["limit"] == 1


def test_prefect_yaml_deploys_a_pass_each_minute_one_at_a_time_and_a_count_each_night(
    server: dict[str, str], tmp_path: Path
):
    with Running(
        [*PREFECT, "work-pool", "create", "handoff-pool", "--type", "process"], log=tmp_path / "pool.log", env=server
    ) as pool:
        pool.process.wait(60)
    deploy = [*PREFECT, "--no-prompt", "deploy", "--all", "--prefect-file", str(ROOT / "prefect.yaml")]

    with Running(deploy, log=tmp_path / "deploy.log", env=server | {"HANDOFF_HOME": str(tmp_path)}) as deploying:
        ended = deploying.process.wait(90)

    assert ended == 0, deploying.said()
    deployment = get_deployment(server, "sync-won-deals/every-minute")
    assert [schedule["schedule"]["interval"] for schedule in deployment["schedules"]] == [60.0]
    assert deployment["global_concurrency_limit"]["limit"] == 1
    assert deployment["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    assert deployment["entrypoint"] == "flows.sync_won_deals.sync_won_deals"
    nightly = get_deployment(server, "reconcile/nightly")
    assert [(one["schedule"]["cron"], one["schedule"]["timezone"]) for one in nightly["schedules"]] == [
        ("30 2 * * *", "UTC")
    ]
    assert (nightly["entrypoint"], nightly["parameters"]) == (
        "flows.reconcile.reconcile",
        {"folder": ".", "heal": True},
    )


def _completed(server: dict[str, str]) -> list[dict[str, Any]]:
    wanted = {
        "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
        "deployments": {"name": {"any_": ["every-10-s"]}},
    }
    return post(f"{server['PREFECT_API_URL']}/flow_runs/filter", wanted)


def get_deployment(server: dict[str, str], name: str) -> dict[str, Any]:
    return get(f"{server['PREFECT_API_URL']}/deployments/name/{name}")
