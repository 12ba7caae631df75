"""The backfill flow: it plans, waits without a process for a person, and does what was approved, and nothing else."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from flows._wiring import SHIPPED_MAPPINGS
from tests.flows.test_schedule import get_deployment
from tests.processes import Running, get, handoff, post

pytestmark = [pytest.mark.flow, pytest.mark.process]

SERVE = """
from prefect import serve
from flows.backfill import backfill, backfill_worker
serve(backfill.to_deployment(name="by-hand"), backfill_worker.to_deployment(name="worker"))
"""


def historic_mappings(folder: Path) -> Path:
    """Return a copy of the shipped mappings by which every win is historical."""
    shutil.copytree(SHIPPED_MAPPINGS, folder / "mappings")
    contract = folder / "mappings/handoff.yml"
    said = contract.read_text(encoding="utf-8")
    contract.write_text(said.replace("start_from: 2017-01-01", "start_from: 2099-01-01"), encoding="utf-8")
    return folder / "mappings"


def ctas(port: int) -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:{port}/state?system=gainsight&object=call_to_action"
    return get(url)["gainsight"]["call_to_action"]


def test_a_backfill_waits_for_a_person_and_then_does_the_plan_that_was_shown(server, sandbox, tmp_path):
    api = server["PREFECT_API_URL"]
    env = server | {"HANDOFF_LEDGER_URL": f"sqlite:///{tmp_path / 'ledger.db'}"}
    asked = {"since": "2017-01-01", "until": "2098-12-31", "full": True, "workers": 2, "folder": str(tmp_path)}
    asked |= {"sandbox": sandbox, "mappings": str(historic_mappings(tmp_path))}

    def state_of(run: str, *wanted: str) -> dict[str, Any] | None:
        state = get(f"{api}/flow_runs/{run}")["state"]
        assert state["type"] not in ("FAILED", "CRASHED"), state["message"]
        return state if state["name"] in wanted else None

    with Running([sys.executable, "-c", SERVE], log=tmp_path / "serve.log", env=env) as serving:
        by_hand = serving.until(lambda: get_deployment(server, "backfill/by-hand"), what="deployment")
        run = post(f"{api}/deployments/{by_hand['id']}/create_flow_run", {"parameters": asked})["id"]
        serving.until(lambda: state_of(run, "Suspended"), what="question to a person")
        assert ctas(sandbox) == []
        post(f"{api}/flow_runs/{run}/resume", {"run_input": {"plan": 1, "by": "Maya Lind", "approve": True}})
        done = serving.until(lambda: state_of(run, "Completed"), what="completed backfill")
        helped = serving.until(lambda: _completed(api, "backfill-worker"), what="completed help")

    assert done["message"].startswith("Plan 1: ")
    approved = events_of(env, sandbox, "approved")
    assert len(approved) >= 2
    assert {(one["actor"], one["detail"]) for one in approved} == {("Maya Lind", "backfill plan 1")}
    assert len(ctas(sandbox)) == len({one["Bridge_Key__gc"] for one in ctas(sandbox)}) > 40
    assert len(helped) == 1


def events_of(env: dict[str, str], sandbox: int, what: str) -> list[dict[str, Any]]:
    """Return what the trail shows of these events."""
    said = handoff("trail", "--limit", "5000", "--json", env=env | {"HANDOFF_SANDBOX": str(sandbox)})
    return [one for one in json.loads(said.stdout)["events"] if one["what"] == what]


def _completed(api: str, flow: str) -> list[dict[str, Any]]:
    return post(
        f"{api}/flow_runs/filter",
        {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}, "flows": {"name": {"any_": [flow]}}},
    )


def test_what_a_person_does_not_approve_is_not_sent(
    prefect_backend: None,
    sandbox,
    tmp_path,
    monkeypatch,
):
    state, shown = not_approved(tmp_path, monkeypatch, sandbox=sandbox)

    assert state.message == "Plan 1 was not approved: nothing was sent"
    assert "historical deals" in shown[0]._description
    assert "@" not in shown[0]._description
    assert not [row for row in get(f"http://127.0.0.1:{sandbox}/journal") if row["mutates"]]


def test_where_there_are_several_crms_it_plans_the_deals_of_the_one_that_is_chosen(
    prefect_backend: None, sandbox, tmp_path, monkeypatch
):
    monkeypatch.setenv("HANDOFF_SANDBOX_CRM", "salesforce,hubspot")

    _, shown = not_approved(tmp_path, monkeypatch, sandbox=sandbox, crm="hubspot", full=True)

    assert "calls to hubspot hubspot" in shown[0]._description
    assert "salesforce" not in shown[0]._description


def not_approved(folder: Path, monkeypatch: pytest.MonkeyPatch, **how: Any) -> tuple[Any, list[Any]]:
    """Run the flow in this process, do not approve its plan, and return how it ended and what was asked."""
    from flows import backfill as module

    monkeypatch.setenv("HANDOFF_LEDGER_URL", f"sqlite:///{folder / 'ledger.db'}")
    shown: list[Any] = []

    def asked(wait_for_input: Any, timeout: int) -> Any:
        shown.append(wait_for_input)
        return wait_for_input(plan=1, by="Maya Lind", approve=False)

    monkeypatch.setattr(module, "suspend_flow_run", asked)
    where = {"folder": str(folder), "mappings": str(historic_mappings(folder))} | how
    return module.backfill(since="2017-01-01", until="2098-12-31", **where, return_state=True), shown
