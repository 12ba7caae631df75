"""`handoff ledger rebuild`: a lost ledger built anew from both systems, with nothing sent to either."""

from cli.console import document, errors, headline, out, progress_bar
from cli.options import AsJson, CrmName, MappingsDir, Sandbox
from flows import _wiring
from handoff.rebuild import Rebuilt
from handoff.rebuild import rebuild as build_anew


def rebuild(
    crm: CrmName = None, sandbox: Sandbox = False, mappings: MappingsDir = None, as_json: AsJson = False
) -> None:
    """Build a lost ledger anew, from the keys in the platforms and the receipts on the deals.

    For an empty ledger only; nothing is sent. The next sync goes on as before.
    """
    with errors("ledger rebuild", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=mappings, crm=crm)
        headline(f"{_wiring.systems(chosen)} (reads only; the ledger is written)", as_json=as_json)
        with progress_bar() as progress, _wiring.wired(chosen, only_ledger=True, progress=progress) as bridge:
            done = build_anew(bridge)
        if as_json:
            document("ledger rebuild", ok=True, **done.as_dict())
        else:
            show(done)


def show(done: Rebuilt) -> None:
    """Print what was built anew, and what comes next."""
    out.print(
        f"Run {done.run}: known again: {done.deals:,} deals, {done.handoffs:,} handoffs, {done.steps:,} steps.",
        style="bold",
    )
    if done.left:
        out.print(f"  {done.left:,} won deals were never handled, as far as anything tells: the next sync reads them.")
    if done.parked:
        out.print(f"  {done.parked:,} steps may have been done, and nothing tells: a person must say.", style="yellow")
    if done.records:
        out.print(f"  {done.records:,} records belong to deals that are not won any more.")
    if done.untold:
        out.print(f"  {done.untold:,} deals' records say something else than they would be told now.")
    out.print("Then: handoff reconcile")
