"""`handoff trail`: what was done, by whom, in order; and whether it is still as it was sealed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

import connectors
from cli.console import Exit, document, errors, headline, out
from cli.finding import unknown_deal
from cli.options import AsJson, Sandbox
from flows import _wiring
from handoff.deals import known_deal
from handoff.ledger import Ledger
from handoff.trail import Checked

MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
WIDE = 100
"""Columns of a terminal from which the deal and who did it are shown too."""


def trail(
    deal: Annotated[str | None, typer.Argument(metavar="DEAL", help="Only what was done about this deal.")] = None,
    run: Annotated[int | None, typer.Option("--run", metavar="N", help="Only what this run did.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="Only from then on (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    verify: Annotated[bool, typer.Option("--verify", help="Check that nothing was changed since.")] = False,
    sandbox: Sandbox = False,
    as_json: AsJson = False,
) -> None:
    """List what was done, by whom and when; or check that no one changed it.

    Every run is sealed with what it did and with the seal of the run before it. --verify computes all seals anew and
    names the first run that does not fit (exit code 1). It prints the last seal: keep it elsewhere, and runs that are
    cut off at the end are noticed too. No names of people, no contents.

    Examples:

      handoff trail "Harbor Freight"

      handoff trail --run 214

      handoff trail --since 2026-03-10

      handoff trail --verify
    """
    with errors("trail", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=None)
        headline(_wiring.systems(chosen) + " (reads the ledger only)", as_json=as_json)
        with _wiring.open_ledger(chosen) as ledger:
            if verify:
                _verify(ledger, as_json=as_json)
                return
            ref = None if deal is None else known_deal(ledger, deal, connectors.ids_in()) or unknown_deal(deal)
            begins = None if since is None else since.replace(tzinfo=UTC)
            rows = ledger.events(deal=ref, run=run, since=begins, limit=limit)
        if as_json:
            document("trail", events=[_as_data(row) for row in rows])
        else:
            _show(rows)


def _as_data(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "run": row.run,
        "actor": row.actor,
        "what": row.what,
        "deal": row.deal.rsplit(":", 1)[-1] if row.deal else None,
        "step": row.step,
        "detail": row.detail,
    }


def _show(rows: list[Any]) -> None:
    if not rows:
        out.print("Nothing was done yet. Start with: handoff sync")
        return
    wide = out.width >= WIDE
    table = Table(show_edge=False, pad_edge=False)
    for column in ("When (UTC)", "Run", *(("Deal", "Who") if wide else ()), "What", "Why"):
        table.add_column(column, no_wrap=column in ("When (UTC)", "Run", "Deal"), overflow="fold")
    for one in map(_as_data, rows):
        more = (one["deal"] or "", one["actor"]) if wide else ()
        step = f" ({one['step'].rsplit('.', 1)[-1]})" if one["step"] else ""
        cells = (f"{one['at'][:10]} {one['at'][11:19]}", str(one["run"]), *more, one["what"] + step, one["detail"])
        table.add_row(*map(escape, cells))
    out.print(table)


def _verify(ledger: Ledger, *, as_json: bool) -> None:
    checked = ledger.check_trail()
    if as_json:
        document("trail", ok=checked.broken is None, **_verdict(checked))
    elif checked.broken is not None:
        out.print(f"BROKEN at run {checked.broken}: {checked.why}.", style="bold red", markup=False)
        out.print(f"{checked.runs:,} runs before it are as they were sealed. See it: handoff runs {checked.broken}")
    else:
        runs = f"{checked.runs:,} run{'' if checked.runs == 1 else 's'}"
        out.print(f"{runs} and {checked.events:,} events are as they were sealed.", style="bold")
        if checked.open_events:
            out.print(f"{checked.open_events:,} events belong to runs that have not ended; they are sealed later.")
        out.print(f"Last seal: {checked.last or 'none yet'}")
    if checked.broken is not None:
        raise SystemExit(int(Exit.NEEDS_PERSON))


def _verdict(checked: Checked) -> dict[str, Any]:
    return {
        "runs": checked.runs,
        "events": checked.events,
        "open_events": checked.open_events,
        "last_seal": checked.last,
        "broken_run": checked.broken,
        "why": checked.why,
    }


def commands() -> dict[str, Callable[..., None]]:
    """Return the commands of this module by name."""
    return {"trail": trail}
