"""`handoff status`: the screen of nine in the morning."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import typer

from cli.console import Exit, errors, headline, out
from cli.options import AsJson, CrmName, MappingsDir, Sandbox
from cli.several import Screen, on_each
from flows import _wiring
from flows._instances import titles
from handoff.calls import rate_of, spoken
from handoff.model import Standing
from handoff.owners import Owner, in_words
from handoff.status import OVERDUE, Named, Status
from handoff.status import status as as_it_stands
from handoff.transforms import shortened


def status(
    overdue: Annotated[
        int, typer.Option(metavar="MINUTES", min=1, help="How old the last good pass may be.")
    ] = OVERDUE.seconds // 60,
    crm: CrmName = None,
    sandbox: Sandbox = False,
    mappings: MappingsDir = None,
    as_json: AsJson = False,
) -> None:
    """Say how handoffs stand: what waits, who must act, and whether the bridge is well.

    Asks no system, only the ledger. As a health check: exit code 0 is well (waiting is well), 1 says that somebody must
    act or that no good pass ended lately, 3 that the ledger is out of reach.

    Examples:

      handoff status

      handoff status --overdue 60 --json
    """
    with errors("status", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=mappings, crm=crm)
        headline(_wiring.systems(chosen) + " (reads the ledger only)", as_json=as_json)
        screen = Screen[Stands](
            "status",
            lambda one: show(one.status, one.who, kept_in=one.kept_in, scale=one.scale),
            lambda one: {"ok": one.status.well, "ledger": one.kept_in, **one.status.as_dict()},
            code=lambda one: Exit.WELL if one.status.well else Exit.NEEDS_PERSON,
        )
        on_each(chosen, lambda one: _stands(one, timedelta(minutes=overdue)), screen, as_json=as_json)


@dataclass(frozen=True)
class Stands:
    """How things stand with the deals of one CRM: `who` has the words for those who must act, `kept_in` a database."""

    status: Status
    who: Mapping[Owner, str]
    kept_in: str
    scale: float


def _stands(chosen: _wiring.Choice, overdue: timedelta) -> Stands:
    settings, clock = chosen.settings(), chosen.clock()
    of_crm, platforms = _wiring.to_inspect(chosen, _wiring.mappings_of(chosen))
    traffic = [of_crm.traffic(), *(platform.traffic() for platform in platforms.values())]
    with _wiring.open_ledger(chosen) as ledger:
        done = as_it_stands(
            ledger,
            traffic,
            now=clock.now(),
            lease_now=_wiring.lease_clock(ledger).now(),
            overdue_after=overdue * max(1.0, clock.scale),
            crm=settings.crm.name,
        )
        kept_in = ledger.engine.dialect.name
    who = {one: in_words(one, **titles(settings.meant, settings.platforms)) for one in Owner}
    return Stands(done, who, kept_in, clock.scale)


def show(done: Status, who: Mapping[Owner, str], *, kept_in: str, scale: float) -> None:
    """Print how things stand, what needs somebody first; `who` has the words for those who must act."""
    counts = done.counts
    words = {Standing.DONE: "done", Standing.WAITING: "waiting", Standing.NEEDS_PERSON: "need a person"}
    said = [f"{counts.get(standing.value, 0):,} {word}" for standing, word in words.items()]
    out.print(", ".join(said) + f", {counts.get(Standing.EXCLUDED.value, 0):,} excluded", style="bold")
    people, waiting = counts.get(Standing.NEEDS_PERSON.value, 0), counts.get(Standing.WAITING.value, 0)
    acting = ", ".join(f"{who[owner]} {count:,}" for owner, count in done.owners.items())
    _show_deals(
        f"{people:,} need a person: {acting} (handoff queue)", done.needs_person, people, done.at, style="yellow"
    )
    _show_deals(f"{waiting:,} wait, and go on by themselves", done.waiting, waiting, done.at)
    if done.pending:
        out.print(f"{done.pending:,} deals in the CRM could not be told yet; each pass tries again.")
    _show_passes(done)
    for one in done.budgets:
        out.print(f"Calls left to {one.system}: {one.left:,} of {rate_of(one.allowed, one.per)}")
    ahead = done.lease_ahead.total_seconds() if scale == 1.0 else 0.0
    clocks = f"simulated, {scale:g} times as fast" if scale != 1.0 else "this machine's"
    drift = f"; the ledger's is {ahead:+.0f} s off" if abs(ahead) >= 2 else ""
    out.print(f"Clock: {done.at:%Y-%m-%d %H:%M:%S} UTC, {clocks}{drift}. Ledger: {kept_in}, schema {done.schema}.")


def _show_deals(title: str, some: Sequence[Named], count: int, now: datetime, *, style: str = "") -> None:
    if not count:
        return
    out.print(title, style=style or None)
    for one in some:
        out.print(f"  {one.deal}  {shortened(one.name, 60)}", style="cyan", markup=False)
        again = f"again {_when(one.again, now)}" if one.again else "with the next pass"
        again = "once somebody said what became of it" if one.parked else again
        out.print(f"      {one.reason or 'read, not yet handed off'} ({again})", markup=False)
    if count > len(some):
        out.print(f"  and {count - len(some):,} more: handoff queue")


def _show_passes(done: Status) -> None:
    if done.last_pass is None:
        out.print("No good pass yet. Start one: handoff sync", style="red")
    else:
        late = ", which is too long ago: is the schedule running?" if done.overdue else ""
        out.print(f"Last good pass: {_ago(done.last_pass, done.at)}{late}", style="red" if done.overdue else None)
    if done.last_error:
        out.print(f"The last pass of all was stopped: {done.last_error.splitlines()[0]}", style="red", markup=False)
    if done.running:
        out.print(f"Running now: {', '.join(f'run {number}' for number in done.running)}")
    moments = {"swept": done.swept_at, "counted": done.counted_at, "reconciled": done.reconciled_at}
    told = [f"{word} {_ago(moment, done.at)}" for word, moment in moments.items() if moment]
    if told:
        out.print(f"The CRM was last {', '.join(told)}.")


def _ago(moment: datetime, now: datetime) -> str:
    span = max(now - moment, timedelta(0))
    return "just now" if span < timedelta(minutes=1) else f"{spoken(span).removeprefix('about ')} ago"


def _when(moment: datetime, now: datetime) -> str:
    return "now" if moment <= now else f"in {spoken(moment - now).removeprefix('about ')}"


def commands() -> dict[str, Callable[..., None]]:
    """Return the commands of this module by name."""
    return {"status": status}
