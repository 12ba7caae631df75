"""What a person sees of past runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.console import document, out
from cli.screens import show_steps
from handoff.report import Balance

WIDE = 100
"""Columns of a terminal from which every column of the runs is shown."""

NUMBERS = {"Seen": "seen", "Done": "done", "Waiting": "waiting", "Person": "needs_person", "Excluded": "excluded"}
RUN_COLUMNS = ("Run", "Started", "Took", "Command", *NUMBERS, "End")
LEFT_OUT_WHEN_NARROW = ("Command", "Excluded")


def show_runs(rows: Sequence[Any], *, as_json: bool) -> None:
    """Print the newest runs, one row each."""
    listed = [_run_as_data(row, newest=rows[0].id) for row in rows]
    if as_json:
        document("runs", runs=listed)
        return
    if not listed:
        out.print("No run yet. Start one: handoff sync")
        return
    table = Table(show_edge=False, pad_edge=False)
    shown = [name for name in RUN_COLUMNS if out.width >= WIDE or name not in LEFT_OUT_WHEN_NARROW]
    for column in shown:
        table.add_column(column, justify="right" if column in NUMBERS else "left", no_wrap=column == "Started")
    for one in listed:
        cells = _run_cells(one)
        table.add_row(*(escape(cells[column]) for column in shown))
    out.print(table)


def _run_cells(one: dict[str, Any]) -> dict[str, str]:
    words = {"Run": str(one["run"]), "Started": _started(one), "Took": _took(one), "Command": one["command"]}
    numbers = {column: f"{one['balance'][name]:,}" if one["balance"] else "" for column, name in NUMBERS.items()}
    return words | numbers | {"End": one["end"].splitlines()[0]}


def _started(one: dict[str, Any]) -> str:
    return f"{datetime.fromisoformat(one['started_at']):%Y-%m-%d %H:%M:%S}"


def _took(one: dict[str, Any]) -> str:
    return "-" if one["took"] is None else f"{one['took']:.0f} s"


def show_run(row: Any, report: dict[str, Any], *, newest: int, as_json: bool) -> None:
    """Print one run whole, every exception with its reason; `newest` is the number of the last run."""
    data = _run_as_data(row, newest=newest) | {"report": report, "digest": row.digest}
    if as_json:
        document("runs", run=data)
        return
    balance = data["balance"]
    out.print(f"Run {row.id}, {data['command']}, started {_started(data)} UTC, took {_took(data)}", style="bold")
    out.print(f"End: {data['end']}", markup=False)
    if balance:
        out.print(Balance(**balance).words())
    show_steps(report.get("steps", {}))
    for one in report.get("exceptions", []):
        out.print(f"  {one['deal']}  {one['name']}", style="cyan", markup=False)
        out.print(f"      {one['what']}: {one['reason']}", markup=False)


def _run_as_data(row: Any, *, newest: int) -> dict[str, Any]:
    return {
        "run": row.id,
        "command": row.command,
        "started_at": row.started_at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "took": (row.ended_at - row.started_at).total_seconds() if row.ended_at else None,
        "ok": row.ok,
        "end": _end(row, newest),
        "balance": (row.counts or {}).get("balance") if row.ok else None,
        "mapping_version": row.mapping_version,
    }


def _end(row: Any, newest: int) -> str:
    if row.ok:
        return "well"
    if row.error == KeyboardInterrupt.__name__:
        return "stopped by a person"
    if row.error:
        return str(row.error)
    return "still running, or cut off" if row.id == newest else "cut off"
