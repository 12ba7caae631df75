"""`handoff reconcile`: counts both systems against the ledger, and says in plain words what differs."""

from collections.abc import Sequence
from itertools import groupby, zip_longest
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import Exit, errors, headline, out, progress_bar
from cli.options import AsJson, CrmName, MappingsDir, Sandbox
from cli.screens import MOST_SHOWN
from cli.several import Screen, on_each
from flows import _wiring
from handoff.findings import MEANINGS, Finding, What
from handoff.reconcile import Reconciled
from handoff.reconcile import reconcile as count_and_compare
from handoff.transforms import shortened


def reconcile(
    heal: Annotated[bool, typer.Option("--heal", help="Repair in the ledger what is safe; nothing is sent.")] = False,
    crm: CrmName = None,
    sandbox: Sandbox = False,
    mappings: MappingsDir = None,
    as_json: AsJson = False,
) -> None:
    """Count both systems against the ledger, and name what differs.

    Exit code 1 when something differs; what people changed or deleted is news, and no difference.
    """
    with errors("reconcile", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=mappings, crm=crm)
        writes = "reads only; the ledger is repaired" if heal else "reads only"
        headline(f"{_wiring.systems(chosen)} ({writes})", as_json=as_json)
        screen = Screen[Reconciled](
            "reconcile",
            lambda done: show(done, heal=heal),
            lambda done: {"ok": not done.differences, "heal": heal, **done.as_dict()},
            code=lambda done: Exit.NEEDS_PERSON if done.differences else Exit.WELL,
        )
        on_each(chosen, lambda one: _compared(one, heal=heal), screen, as_json=as_json)


def _compared(chosen: _wiring.Choice, *, heal: bool) -> Reconciled:
    with (
        progress_bar() as progress,
        _wiring.wired(chosen, read_only=not heal, only_ledger=heal, progress=progress) as bridge,
    ):
        return count_and_compare(bridge, heal=heal)


def show(done: Reconciled, *, heal: bool) -> None:
    """Print what was found, the most pressing first."""
    out.print(done.balance.words(), style="bold", markup=False)
    out.print(f"{done.records:,} records carry keys of ours.", markup=False)
    if done.strangers:
        out.print(f"{done.strangers:,} more carry keys of another deployment; they were left alone.", markup=False)
    for what, some in groupby(done.findings, key=lambda one: one.what):
        _show_kind(what, list(some))
    out.print()
    out.print(done.words(), style="bold", markup=False)
    healable = sum(one.heal is not None and not one.healed for one in done.findings)
    if healable and not heal:
        out.print(f"{healable:,} can be repaired: handoff reconcile --heal")
    if done.healed:
        out.print(f"Run {done.run}: {done.healed:,} repaired in the ledger. The next sync does the rest.")


def _show_kind(what: What, some: Sequence[Finding]) -> None:
    meaning = MEANINGS[what]
    news = "" if meaning.difference else " (news, no difference)"
    out.print()
    table = Table(
        title=f"{len(some):,} {what}{news}. {meaning.means}",
        title_justify="left",
        title_style="bold",
        show_edge=False,
        pad_edge=False,
    )
    table.add_column("Deal")
    table.add_column("Work")
    table.add_column("What is so", overflow="fold")
    table.add_column("Who acts", overflow="fold")
    for one in some[:MOST_SHOWN]:
        table.add_row(escape(_deal(one)), escape(_work(one)), escape(one.why), escape(_who(one)))
    out.print(table)
    for one in some[:MOST_SHOWN] if meaning.difference else ():
        for ref, link in zip_longest(one.refs, one.links, fillvalue=""):
            out.print(f"  {_work(one)} {ref} {link}".rstrip(), style="dim", markup=False)
    if len(some) > MOST_SHOWN:
        out.print(f"  ... and {len(some) - MOST_SHOWN:,} more: --json lists them")


def _deal(one: Finding) -> str:
    return f"{shortened(one.name, 48)} ({one.deal})" if one.name else one.deal or "-"


def _work(one: Finding) -> str:
    return one.step.rpartition(".")[2] or "-"


def _who(one: Finding) -> str:
    return "repaired" if one.healed else one.who


def commands() -> dict[str, Any]:
    """Return the commands of this module by name."""
    return {"reconcile": reconcile}
