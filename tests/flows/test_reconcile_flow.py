"""The nightly flow is wired: it counts, repairs and shows what differs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from sandbox.clock import SimulatedClock
from sandbox.shell import Background, free_port_base
from sandbox.world import World

pytestmark = pytest.mark.flow


@pytest.fixture
def world():
    base = free_port_base()

    def real_now() -> datetime:
        return datetime.now(UTC)

    made = World(seed=3, clock=SimulatedClock(real_now=real_now, scale=60), port_base=base, real_now=real_now)
    with Background(made, base):
        yield made


def test_a_nightly_run_names_what_differs_and_who_must_act(
    prefect_backend: None, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from flows.reconcile import reconcile
    from flows.sync_won_deals import sync_won_deals

    monkeypatch.setenv("HANDOFF_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    sync_won_deals(folder=str(tmp_path), sandbox=world.port_base)
    cta = next(
        row
        for row in world.state("gainsight", "call_to_action")["gainsight"]["call_to_action"]
        if row["Bridge_Key__gc"]
    )
    twin = {name: value for name, value in cta.items() if name.endswith("Id") or name in ("Name", "DueDate")}
    world.load({"gainsight": {"call_to_action": [twin | {"Bridge_Key__gc": cta["Bridge_Key__gc"]}]}})

    state = reconcile(folder=str(tmp_path), sandbox=world.port_base, return_state=True)

    document = state.result()
    assert state.is_completed()
    assert state.message == "1 difference (1 duplicate)"
    assert (document["counts"], document["run"]) == ({"duplicate": 1}, 2)
    artifacts = _artifacts(state.state_details.flow_run_id)
    assert set(artifacts) == {"handoff-reconciled", "handoff-findings"}
    assert "| duplicate | 1 | Two records stand for one piece of work. | CS Ops |" in artifacts["handoff-reconciled"]
    (finding,) = json.loads(artifacts["handoff-findings"])
    assert (finding["what"], finding["who"], finding["work"]) == ("duplicate", "CS Ops", "onboarding_cta")
    assert "@" not in json.dumps(artifacts), "artifacts name no addresses"


def _artifacts(flow_run_id: UUID) -> dict[str, str]:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    with get_client(sync_client=True) as client:
        mine = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run_id]))
        return {str(one.key): str(one.data) for one in client.read_artifacts(artifact_filter=mine)}
