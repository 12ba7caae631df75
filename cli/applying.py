"""`handoff apply-mapping`: plans what an edited mapping changes in what was delivered, and then does it."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli import screens
from cli.asking import answer, at_terminal
from cli.console import document, errors, headline, out, progress_bar
from cli.options import AsJson, CrmName, MappingsDir, PlatformName, Sandbox
from flows import _wiring
from handoff.applied import carry_out_plan, refuse_in_shadow
from handoff.model import Needed
from handoff.prepare import plain
from handoff.reapplication import Reapplication, Sample, StepCount, To, Writes
from handoff.reapply import plan_again
from handoff.report import Notice, Report
from handoff.transforms import shortened

LONGEST = 60
"""Characters of a value that are shown of each side."""
DOES = {"update": "updating", "create": "making", "tell": "telling"}
COUNTED = {
    "update": "to update",
    "create": "to create",
    "link": "to link",
    "unchanged": "unchanged",
    "fields_kept": "fields kept as people have them",
    "for_new_only": "fields edited that only new records get",
    "left_out": "left out",
}


def apply_mapping(
    to: Annotated[To, typer.Option(help="in-flight: only handoffs with open work; all: every delivered one.")],
    with_new_steps: Annotated[
        bool, typer.Option("--with-new-steps", help="Make also the steps that the mapping gained.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only plan.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    crm: CrmName = None,
    platform: PlatformName = None,
    sandbox: Sandbox = False,
    mappings: MappingsDir = None,
    as_json: AsJson = False,
) -> None:
    """Apply an edited mapping to delivered handoffs.

    First a plan with counts and calls; then exactly that, after you agree. What people changed stays.
    """
    with errors("apply-mapping", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=mappings, crm=crm)
        headline(_wiring.systems(chosen) + (" (plan only: nothing is written)" if dry_run else ""), as_json=as_json)
        # While a person thinks, no lock is held: the next pass goes on.
        with progress_bar() as progress, _wiring.wired(chosen, read_only=True, progress=progress) as bridge:
            if not dry_run:
                refuse_in_shadow(bridge)
            plan = plan_again(bridge.to_one_platform(platform), to, with_new_steps=with_new_steps)
        if not as_json:
            _show(plan, to)
        done = _done(chosen, platform, plan) if _agreed(plan, dry_run=dry_run, yes=yes, as_json=as_json) else None
        if as_json:
            report = done.as_dict() if done else None
            document("apply-mapping", to=to.value, done=done is not None, plan=_as_data(plan), report=report)
        elif done is not None:
            _show_report(done)
        elif not plan.does_nothing:
            named = {"crm": crm, "platform": platform}
            more = " --with-new-steps" if with_new_steps else ""
            more += "".join(f" --{kind} {name}" for kind, name in named.items() if name is not None)
            out.print(f"Nothing was sent. To do it: handoff apply-mapping --to {to.value}{more} --yes", markup=False)


def _agreed(plan: Reapplication, *, dry_run: bool, yes: bool, as_json: bool) -> bool:
    if plan.does_nothing or dry_run:
        return False
    if yes:
        return True
    return not as_json and at_terminal() and answer("Do it? [y/N]") in ("y", "yes")


def _done(chosen: _wiring.Choice, platform: str | None, plan: Reapplication) -> Report:
    with progress_bar() as progress, _wiring.wired(chosen, progress=progress) as bridge:
        return carry_out_plan(bridge.to_one_platform(platform), plan)


def _show_report(report: Report) -> None:
    if report.balance.seen:
        screens.show_report(report)
        return
    out.print(f"Run {report.run}: nothing was sent, for another pass wrote all of it since the plan.", style="bold")
    screens.show_exceptions(report)


def _show(plan: Reapplication, to: To) -> None:
    handoffs = "handoff" if len(plan.deals) == 1 else "handoffs"
    others = f", {plan.not_in_flight:,} have no open work" if to is To.IN_FLIGHT else ""
    out.print(
        f"Version {plan.version}: {len(plan.deals):,} delivered {handoffs}, {len(plan.left_out):,} left out{others}.",
        style="bold",
    )
    for name, count in plan.steps.items():
        show_step(name, count)
    if plan.tells:
        out.print(f"  {'deals told':<18} {len(plan.tells):,} to write")
    show_left_out(plan.left_out)
    looked = ", ".join(f"{one.calls:,} to {one.system}" for one in plan.looked)
    out.print(f"Look-ups made: {looked}.", markup=False)
    if plan.does_nothing:
        out.print("Nothing to do: what was delivered is as this mapping says, or as people have it.", style="bold")
        return
    out.print("Calls that write:", style="bold")
    for one in plan.writes:
        out.print(f"  {one.system}: {does(one)}: {one.records:,} in {one.calls:,}", markup=False)
    if plan.look_ups:
        look_ups = "1 look-up" if plan.look_ups == 1 else f"{plan.look_ups:,} look-ups"
        out.print(f"  and {look_ups} while it is carried out", markup=False)
    for ahead in plan.ahead:
        out.print(f"  together {ahead.words()}", markup=False)


def does(one: Writes) -> str:
    """Return what some calls do, in words."""
    return f"{DOES[one.action]} {screens.KIND.get(one.kind, f'{one.kind}s')}"


def show_step(name: str, count: StepCount) -> None:
    """Print what becomes of the steps of one name, with a few of the fields that change."""
    said = ", ".join(f"{number:,} {COUNTED[what]}" for what, number in count.counts().items() if number)
    out.print(f"  {name:<18} {said}", markup=False)
    for sample in count.samples:
        holds, would_be = screens.shown_apart(sample.field.held, sample.field.would_be, LONGEST)
        line = f"{sample.field.name}: {_unread(sample) or holds} -> {would_be}"
        out.print(f"      {shortened(sample.deal, LONGEST)}: {line}", style="dim", markup=False)


def _unread(sample: Sample) -> str:
    """Return what stands in the place of a value that was not read, "" where it was."""
    if sample.new:
        return "(not there)"
    return "" if sample.field.read else "unknown"


def show_left_out(left_out: Sequence[Notice]) -> None:
    """Print the deals that a plan leaves out, and why."""
    if not left_out:
        return
    table = Table(title="Left out", title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    table.add_column("Deal")
    table.add_column("Reason", overflow="fold")
    for one in left_out[: screens.MOST_SHOWN]:
        table.add_row(escape(shortened(one.name, 48)), escape(one.reason))
    out.print(table)
    more = len(left_out) - screens.MOST_SHOWN
    if more > 0:
        out.print(f"  ... and {more:,} more: --json lists them")


def _as_data(plan: Reapplication) -> dict[str, Any]:
    return {
        "mapping_version": plan.version,
        "handoffs": len(plan.deals),
        "not_in_flight": plan.not_in_flight,
        "left_out": [one.as_dict() for one in plan.left_out],
        "steps": {
            name: {"kind": one.kind, **one.counts(), "samples": _samples(one.samples)}
            for name, one in plan.steps.items()
        },
        "deals_told": len(plan.tells),
        "calls": {
            "looked": [one.as_dict() for one in plan.looked],
            "writes": [vars(one) for one in plan.writes],
            "ahead": [one.as_dict() for one in plan.ahead],
        },
    }


def _samples(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    return [
        {
            "deal": one.deal,
            "field": one.field.name,
            "state": "not there" if one.new else "known" if one.field.read else "unknown",
            "holds": _plain(one.field.held),
            "would_be": _plain(one.field.would_be),
        }
        for one in samples
    ]


def _plain(value: Any) -> Any:
    return screens.shown_value(value) if isinstance(value, Needed) else plain(value)


def commands() -> dict[str, Any]:
    """Return the commands of this module by name."""
    return {"apply-mapping": apply_mapping}
