"""The flow that counts both systems against the ledger each night."""

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows._artifacts import publish_reconciled
from flows._each import for_each, results
from flows._states import completed
from flows._wiring import Choice, wired
from handoff.reconcile import Reconciled
from handoff.reconcile import reconcile as count_and_compare


@flow(name="reconcile", validate_parameters=True)
def reconcile(
    folder: str = ".",
    sandbox: int | None = None,
    mappings: str | None = None,
    heal: bool = True,
    crm: str | None = None,
) -> State[dict[str, Any]]:
    """
    Count both systems against the ledger, and return what differs; the run's message is the result on one line.

    Differences do not fail the run: the artifacts name them, and who must act.

    Args:
        folder: Where `handoff.toml` is.
        sandbox: The port base of a sandbox to work on instead.
        mappings: Other mappings than the folder's own.
        heal: Repair in the ledger what is safe; nothing is sent.
        crm: Only this one of the CRMs that `handoff.toml` names.
    """
    chosen = Choice(Path(folder), Path(mappings) if mappings else None, sandbox, crm)

    def compared(of: Choice) -> Reconciled:
        with wired(of, read_only=not heal, only_ledger=heal) as bridge:
            done = count_and_compare(bridge, heal=heal)
        publish_reconciled(done)
        return done

    ended = for_each(chosen, compared)
    return completed(ended, Reconciled.as_dict, "; ".join(one.words() for one in results(ended)))
