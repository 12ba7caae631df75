"""The demo: a sandbox, the real flow through Prefect, and a screen that tells what happened."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from rich.markup import escape
from rich.table import Table

from cli.console import document, err, out
from cli.screens import KIND
from connectors import USUAL_CRM, USUAL_PLATFORM
from connectors._system import System
from flows import _wiring
from handoff.ledger import Ledger
from handoff.mapping import Mappings
from handoff.model import Standing
from handoff.provenance import Evidence
from handoff.retold import retold
from handoff.run import run_once
from handoff.transforms import shortened

PREFECT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}
DEALS_SHOWN = 8
PROSE = 200
"""From so many characters on a text tells a story."""


def run_demo(seed: int, *, crm: System, platform: System, as_json: bool) -> None:
    """Hand off the won deals of an invented tenant through Prefect, twice, and show the result."""
    from sandbox.clock import SimulatedClock
    from sandbox.seed import contents
    from sandbox.shell import Background, free_port_base
    from sandbox.world import World

    def real_now() -> datetime:
        return datetime.now(UTC)

    base = free_port_base()
    world = World(
        seed=seed,
        clock=SimulatedClock(real_now=real_now, scale=60),
        port_base=base,
        real_now=real_now,
        tenant=partial(contents, crm=crm.name),
    )
    with _own_prefect() as folder, Background(world, base):
        os.environ |= {"HANDOFF_SANDBOX_CRM": crm.name, "HANDOFF_SANDBOX_PLATFORM": platform.name}
        os.environ["HANDOFF_LEDGER_URL"] = f"sqlite:///{folder / 'demo.db'}"
        chosen = _wiring.Choice(folder, sandbox=base)
        with err.status("Starting Prefect, then handing off what was won (about 20 s) ..."):
            first = _through_prefect(chosen)
            with _wiring.wired(chosen) as bridge:
                second = run_once(bridge)
        with _wiring.open_ledger(chosen) as ledger:
            if as_json:
                document("demo", first_pass=first, second_pass=second.as_dict())
                return
            _show(first, ledger, _wiring.mappings_of(chosen), crm, platform)
            stopped = [row.name for row in ledger.search("") if row.standing == Standing.NEEDS_PERSON.value]
        sent = sum(sum(results.values()) for results in second.steps.values())
        out.print(f"\nA second pass saw the same {second.balance.seen} deals and sent {sent or 'nothing'}.")
        _what_next(crm, platform, stopped[-1].partition(":")[0] if stopped else "pounds")


def _through_prefect(chosen: _wiring.Choice) -> dict[str, Any]:
    from flows.sync_won_deals import sync_won_deals

    state: Any = sync_won_deals(folder=str(chosen.folder), sandbox=chosen.sandbox, return_state=True)
    done: dict[str, Any] = state.result()
    return done


@contextmanager
def _own_prefect() -> Iterator[Path]:
    """Give Prefect a home of its own, so that the demo touches no server and no profile of yours."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="handoff-demo-", ignore_cleanup_errors=True) as folder:
        os.environ.pop("PREFECT_API_URL", None)
        os.environ.update(PREFECT | {"PREFECT_HOME": f"{folder}/prefect"})
        try:
            yield Path(folder)
        finally:
            os.environ.clear()
            os.environ.update(before)


def _show(report: dict[str, Any], ledger: Ledger, mappings: Mappings, crm: System, platform: System) -> None:
    balance = report["balance"]
    out.print()
    out.print(f"{balance['seen']} deals were won. {balance['done']} are handed off", style="bold", end="")
    needs, waits = balance["needs_person"], balance["waiting"]
    others = f", {needs} need{'s' * (needs == 1)} a person, {waits} wait{'s' * (waits == 1)}."
    out.print(others, style="bold")
    updated = _counted(report, "updated")
    also = f" Updated there: {updated}." if updated else ""
    told = f"Told in {crm.called}: {report['receipts']['written']} deals."
    out.print(f"Made in {platform.called}: {_counted(report, 'created')}.{also} {told}")
    out.print(f"{report['with_gaps']} went over with something missing; Sales is told what, on the deal.\n")
    rows = ledger.search("")
    _show_deals(rows, ledger)
    _show_needing_a_person(rows)
    _show_one(rows, ledger, mappings)


def _counted(report: dict[str, Any], result: str) -> str:
    """Return how many records of each kind ended so."""
    counts = {kind: results[result] for kind, results in report["steps"].items() if result in results}
    return ", ".join(f"{count} {KIND.get(kind, f'{kind}s')}" for kind, count in counts.items())


def _show_deals(rows: list[Any], ledger: Ledger) -> None:
    out.print("The newest handoffs", style="bold")
    table = Table(show_edge=False, pad_edge=False)
    for column in ("Customer", "Deal", "Segment", "CSM", "Complete", "Sales still owes"):
        table.add_column(column)
    done = [row for row in rows if row.standing == Standing.DONE.value]
    for row in done[:DEALS_SHOWN]:
        told = ledger.story(row.ref)["body"]
        owes = ", ".join(gap["label"] for gap in told["gaps"]) or "nothing"
        csm = (told["receiver"] or "nobody").split("@")[0]
        deal = row.name.replace(f"{row.account_name}: ", "")
        complete = f"{float(told['completeness']):.0%}"
        cells = (
            shortened(row.account_name, 30),
            shortened(deal, 32),
            told["segment"],
            csm,
            complete,
            shortened(owes, 60),
        )
        table.add_row(*(escape(cell) for cell in cells))
    out.print(table)
    if len(done) > DEALS_SHOWN:
        out.print(f"  ... and {len(done) - DEALS_SHOWN} more", style="dim")


def _show_needing_a_person(rows: list[Any]) -> None:
    stopped = [row for row in rows if row.standing == Standing.NEEDS_PERSON.value]
    if stopped:
        out.print("\nThese need a person", style="bold")
    for row in stopped:
        out.print(f"  {shortened(row.name, 60)}: {row.reason}", markup=False)


def _show_one(rows: list[Any], ledger: Ledger, mappings: Mappings) -> None:
    """Show a piece of work as the CSM finds it: of the newest complete handoff among those with the most steps."""
    done = (ledger.story(row.ref) for row in rows if row.standing == Standing.DONE.value)
    whole = [kept for kept in done if not kept["body"]["gaps"]]
    kept = max(whole, key=lambda kept: len(kept["steps"]), default=None)
    told = retold(kept, mappings) if kept else None
    if kept is None or told is None:
        return
    name, fields = max(told.steps.items(), key=lambda step: _tells(step[1]))
    long = max((str(one.value) for one in fields), key=len)
    others = [str(one.value) for one in fields if str(one.value) != long]
    about = next((said for said in others if kept["deal"].account_name in said), kept["deal"].name)
    due = next((f"   {_day_of(one)}" for one in fields if type(one.value) is date), "")
    kind = mappings.target.file.steps[name].object if name in mappings.target.file.steps else name
    out.print(f"\nOne of the {KIND.get(kind, kind)}, as the CSM finds it", style="bold")
    out.print(f"  {about}{due}   for {kept['body']['receiver']}", style="cyan", markup=False)
    for line in _lines(long):
        out.print(f"  {line}", markup=False)


def _tells(fields: Sequence[Evidence]) -> tuple[bool, bool, int]:
    """Return how much a record tells the CSM: whether it is prose, whether it has a day, and how long it is."""
    longest = max(len(str(one.value)) for one in fields)
    return longest >= PROSE, any(type(one.value) is date for one in fields), longest


def _day_of(told: Evidence) -> str:
    """Return a day with what it is the day of: when the work is due, or as the platform calls it."""
    return f"{'due' if 'due' in told.field.lower() else told.field} {told.value}"


def _lines(written: str) -> list[str]:
    """Return a text as it is read, line by line, whether its platform shows HTML or not."""
    parts = BeautifulSoup(written, "html.parser").find_all(["p", "li"])
    if not parts:
        return [line for line in written.splitlines() if line.strip()]
    return [f"{'- ' if part.name == 'li' else ''}{' '.join(part.get_text().split())}" for part in parts]


def _what_next(crm: System, platform: System, stopped: str) -> None:
    out.print("\nTry next, in two shells:", style="bold")
    if (crm.name, platform.name) != (USUAL_CRM, USUAL_PLATFORM):
        pair = f"HANDOFF_SANDBOX_CRM={crm.name} HANDOFF_SANDBOX_PLATFORM={platform.name}"
        out.print(f"  export {pair}   for the commands below")
    serve = "handoff sandbox" if crm.name == USUAL_CRM else f"handoff sandbox --crm {crm.name}"
    out.print(f"  {serve:<48} the stand-ins, to play with")
    out.print("  handoff sync --sandbox --dry-run --limit 3       what would be done")
    out.print('  handoff sync --sandbox --dry-run --deal "pounds" every field of one deal, and where it comes from')
    out.print("  handoff sync --sandbox                           do it")
    why = f'handoff why "{stopped}" --sandbox'
    out.print(f"  {why:<48} why a deal stands where it stands", markup=False)
