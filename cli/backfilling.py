"""`handoff backfill`: plans the hand-off of historical deals, and does a plan that somebody approved."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer

from cli import screens
from cli.acting import actor
from cli.applying import does, show_left_out, show_step
from cli.console import document, err, errors, headline, out, progress_bar
from cli.options import AsJson, CrmName, MappingsDir, PlatformName, Sandbox
from cli.shown_as_data import prepared_as_data
from flows import _wiring
from handoff.backfill_plan import BackfillPlan
from handoff.backfills import LEFT_OUT, PLANNED, Asked, in_words, left_out, states, untold
from handoff.errors import ConfigError
from handoff.plans import carried_out, planned
from handoff.telling import Teller

DAY = ["%Y-%m-%d"]
MOST_PEOPLE = 20
"""How many people's tasks are shown; `--json` has all."""


def backfill(
    since: Annotated[
        datetime | None, typer.Option(formats=DAY, metavar="DAY", help="Deals won from this day on (UTC).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=DAY, metavar="DAY", help="Deals won up to this day, it too (UTC).")
    ] = None,
    segment: Annotated[str | None, typer.Option(metavar="NAME", help="Only deals of this segment.")] = None,
    owner: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only deals of this rep.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many deals, the oldest wins first.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Make all that a live deal gets, not the notes alone.")] = False,
    replan: Annotated[
        bool, typer.Option("--replan", help="Bring changed mappings to deals handed off before; --full: new steps too.")
    ] = False,
    apply: Annotated[int | None, typer.Option("--apply", metavar="PLAN", help="Do this plan.")] = None,
    crm: CrmName = None,
    platform: PlatformName = None,
    sandbox: Sandbox = False,
    mappings: MappingsDir = None,
    as_json: AsJson = False,
) -> None:
    """Hand off historical deals, won before start_from.

    First a plan with counts, calls and time; nothing is sent. Then that plan with --apply, again after any stop. The
    trail keeps who said so (the user of this machine, or HANDOFF_ACTOR).
    """
    with errors("backfill", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=mappings, crm=crm)
        if apply is not None:
            if since or until or segment or owner or limit or full or replan or platform:
                raise ConfigError("--apply does a plan as it was made. Leave the other options out.")
            _do(chosen, apply, as_json=as_json)
            return
        if since is None or until is None:
            raise ConfigError("Say which deals: --since DAY --until DAY; or which plan is to be done: --apply PLAN.")
        days = since.date(), until.date()
        asked = Asked(*days, segment, owner, limit, full, replan, platform=platform)
        _plan(chosen, asked, as_json=as_json)


def _plan(chosen: _wiring.Choice, asked: Asked, *, as_json: bool) -> None:
    headline(_wiring.systems(chosen) + " (plan only: neither is written)", as_json=as_json)
    # Whoever approves it may take days: no lock is held meanwhile.
    with (
        progress_bar() as progress,
        _wiring.wired(chosen, only_ledger=True, backfill=True, progress=progress) as bridge,
    ):
        bridge = bridge.to_one_platform(asked.platform)
        plan = planned(bridge, asked)
        told = [Teller(bridge).foretold(one) for one in plan.samples]
    if asked.owner and not plan.deals and not plan.beyond_limit:
        said = "None of the deals that can be planned is this owner's. Is it the address that the CRM has of the rep?"
        err.print(said, style="yellow")
    if as_json:
        shown = [prepared_as_data(one, some, bridge.mappings) for one, some in zip(plan.samples, told, strict=True)]
        document("backfill", **plan.as_dict(), samples=shown)
        return
    for one, some in zip(plan.samples, told, strict=True):
        screens.show_prepared(one, some, bridge.mappings)
    out.print()
    _show(plan, chosen)


def _do(chosen: _wiring.Choice, number: int, *, as_json: bool) -> None:
    headline(_wiring.systems(chosen), as_json=as_json)
    by = actor()
    with progress_bar() as progress, _wiring.wired(chosen, backfill=True, progress=progress) as bridge:
        reports = carried_out(bridge, number, by=by)
        left, out_of_it = states(bridge.ledger, number), left_out(bridge.ledger, number)
        pending = untold(bridge.ledger, number)
    if as_json:
        runs, named = [report.as_dict() for report in reports], [one.as_dict() for one in out_of_it]
        document("backfill", plan=number, by=by, deals=left, receipts_pending=pending, left_out=named, runs=runs)
        return
    for report in reports:
        others = tuple(one for one in report.exceptions if one.what != LEFT_OUT)
        screens.show_report(replace(report, exceptions=others))
    show_left_out(out_of_it)
    out.print(f"Plan {number}: {in_words(left, pending)}.", style="bold")
    if out_of_it:
        again = "handoff backfill --since DAY --until DAY"
        out.print(f"To do what was left out, plan again: {again}", markup=False)
    if left.get(PLANNED) or pending:
        out.print(f"To go on with what is left: {_command(chosen, number)}", markup=False)


def _show(plan: BackfillPlan, chosen: _wiring.Choice) -> None:
    deals = "deal" if plan.deals == 1 else "deals"
    out.print(f"Plan {plan.number}: {plan.deals:,} {deals}, {sum(plan.skipped.values()):,} left alone.", style="bold")
    for name, count in plan.steps.items():
        show_step(name, count)
    for why, number in plan.skipped.items():
        out.print(f"  left alone         {number:,}: {why}", markup=False)
    if plan.not_asked:
        out.print(f"  not asked for      {plan.not_asked:,} of another segment, owner or platform")
    if plan.beyond_limit:
        out.print(f"  beyond the limit   {plan.beyond_limit:,}")
    show_left_out(plan.listed)
    _show_tasks(plan)
    if not plan.deals:
        out.print("Nothing to do.", style="bold")
        return
    out.print("Calls:", style="bold")
    for one in plan.writes:
        out.print(f"  {one.system}: {does(one)}: {one.records:,} in {one.calls:,}", markup=False)
    out.print(f"  and {plan.looks:,} look-ups on the platform, {plan.reads:,} to read the deals")
    for ahead in plan.ahead:
        out.print(f"  together {ahead.words()}", markup=False)
    out.print(f"  ({plan.share:.0%} of the allowed rate; the rest is for live deals)")
    out.print(f"Nothing was sent. It holds until {plan.holds_until:%Y-%m-%d %H:%M} UTC.")
    out.print(f"To do it: {_command(chosen, plan.number)}", markup=False)


def _command(chosen: _wiring.Choice, number: int) -> str:
    """Return what does a plan; it knows its platform itself."""
    return f"handoff backfill --apply {number}{f' --crm {chosen.crm}' if chosen.crm else ''}"


def _show_tasks(plan: BackfillPlan) -> None:
    if not plan.tasks:
        return
    out.print("Open work for each person:", style="bold")
    for who, count in list(plan.tasks.items())[:MOST_PEOPLE]:
        out.print(f"  {count:>6,} {who}", markup=False)
    if len(plan.tasks) > MOST_PEOPLE:
        out.print(f"  ... and {len(plan.tasks) - MOST_PEOPLE:,} more people: --json lists them")
    if plan.overdue:
        out.print(
            f"  {plan.overdue:,} of it would be overdue at once: a date comes from the deal itself.", style="yellow"
        )


def commands() -> dict[str, Any]:
    """Return the commands of this module by name."""
    return {"backfill": backfill}
