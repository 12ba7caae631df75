"""The flow is wired: it does a pass, in a handful of task runs, and shows what it did."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from sandbox.clock import SimulatedClock
from sandbox.shell import Background, free_port_base
from sandbox.world import World

pytestmark = pytest.mark.flow

RECORDED_WITHIN_SECONDS = 30
"""Prefect's server writes task runs down in the background."""


@pytest.fixture
def world():
    base = free_port_base()

    def real_now() -> datetime:
        return datetime.now(UTC)

    made = World(seed=3, clock=SimulatedClock(real_now=real_now, scale=60), port_base=base, real_now=real_now)
    with Background(made, base):
        yield made


def test_a_flow_run_hands_off_what_was_won_in_a_handful_of_task_runs(
    prefect_backend: None, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from flows.sync_won_deals import sync_won_deals

    monkeypatch.setenv("HANDOFF_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")

    state = sync_won_deals(folder=str(tmp_path), sandbox=world.port_base, return_state=True)

    report = state.result()
    ctas = world.state("gainsight", "call_to_action")["gainsight"]["call_to_action"]
    assert report["balance"]["seen"] == 45
    assert len(ctas) == report["balance"]["done"] == 43
    run_id = state.state_details.flow_run_id
    assert 2 <= len(_task_runs(run_id)) <= 6
    artifacts = _artifacts(run_id)
    assert state.message == "45 seen = 43 done + 0 waiting + 2 needs a person + 0 excluded"
    assert set(artifacts) == {"handoff-balance", "handoff-counts", "handoff-exceptions"}
    assert "45 seen = 43 done + 0 waiting + 2 needs a person + 0 excluded" in artifacts["handoff-balance"]
    exceptions = json.loads(artifacts["handoff-exceptions"])
    assert {row["what"] for row in exceptions} >= {"needs a person", "note"}
    assert all(row["reason"] for row in exceptions)
    assert "@" not in json.dumps(artifacts), "artifacts name no addresses"


def test_a_flow_run_that_cannot_log_in_fails_and_says_what_to_do(
    prefect_backend: None, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from flows.sync_won_deals import sync_won_deals

    monkeypatch.setenv("HANDOFF_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("HANDOFF_CRM_MAIN_CLIENT_SECRET", "wrong")

    state = sync_won_deals(folder=str(tmp_path), sandbox=world.port_base, return_state=True)

    assert state.is_failed()
    assert "salesforce main failed while" in str(state.message)
    assert "wrong" not in str(state.message)


def _task_runs(flow_run_id: UUID) -> list[str]:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    mine = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    names: list[str] = []
    with get_client(sync_client=True) as client:
        for _ in range(RECORDED_WITHIN_SECONDS * 10):
            before, names = names, [run.name for run in client.read_task_runs(flow_run_filter=mine)]
            if names and names == before:
                break
            time.sleep(0.1)
    return names


def _artifacts(flow_run_id: UUID) -> dict[str, str]:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    with get_client(sync_client=True) as client:
        mine = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run_id]))
        return {str(one.key): str(one.data) for one in client.read_artifacts(artifact_filter=mine)}
