"""The command line: `handoff`."""

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

import connectors
from cli import (
    applying,
    backfilling,
    comparing,
    files,
    ledger,
    previewing,
    queueing,
    reconciling,
    screens,
    setting_up,
    status_screen,
    trailing,
)
from cli.asking import at_terminal, how_many
from cli.console import Exit, document, errors, headline, out, progress_bar
from cli.finding import read_live
from cli.options import AsJson, CrmName, DealArgument, DealOption, MappingsDir, Sandbox
from cli.runs import show_run, show_runs
from cli.several import Screen, on_each
from cli.shown_as_data import plan_as_data, retold_as_data
from connectors import USUAL_CRM, USUAL_PLATFORM
from flows import _wiring
from flows._each import look_ahead_at_each
from handoff.deals import deal_id, known_deal, left_alone, live_deal
from handoff.errors import ConfigError
from handoff.lanes import lane_of
from handoff.mapping import Mappings
from handoff.prepare import prepare
from handoff.report import Report
from handoff.retold import Retold, retold
from handoff.run import Shown, preview, run_once
from handoff.story import Story, known_story, live_story

app = typer.Typer(
    name="handoff",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        out.print(f"handoff-bridge {version('handoff-bridge')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def every_command(
    context: typer.Context,
    shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Won deals become work in Customer Success. Start with: handoff demo"""
    if context.invoked_subcommand is None:
        out.print(context.get_help(), markup=False)


@app.command()
def sync(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show each step and where its fields come from.")] = False,
    deal: DealOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Hand off at most so many, oldest wins first.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 when a deal read in this pass needs a person.")
    ] = False,
    crm: CrmName = None,
    sandbox: Sandbox = False,
    mappings: MappingsDir = None,
    as_json: AsJson = False,
) -> None:
    """Hand off the deals won since the last pass, of each CRM in turn."""
    with errors("sync", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=mappings, crm=crm)
        headline(_wiring.systems(chosen) + (" (dry run: nothing is written)" if dry_run else ""), as_json=as_json)
        if deal is not None:
            chosen = chosen.alone()
        screen = Screen[Report](
            "sync",
            screens.show_report,
            Report.as_dict,
            balance=lambda report: report.balance,
            code=lambda report: Exit.NEEDS_PERSON if strict and report.balance.needs_person else Exit.WELL,
        )
        if dry_run:
            on_each(chosen, lambda one: _looked(one, deal, limit), _dry_screen(deal, limit), as_json=as_json)
            return
        look_ahead_at_each(chosen)
        on_each(chosen, lambda one: _synced(one, deal, limit, asks=not as_json), screen, as_json=as_json)


def _synced(chosen: _wiring.Choice, deal: str | None, limit: int | None, *, asks: bool) -> Report | None:
    """Return the report of one CRM's pass, None when the person at the terminal called it off."""
    if deal is None and limit is None and asks and at_terminal():
        goes_on, limit = how_many(chosen)
        if not goes_on:
            return None
    with progress_bar() as progress, _wiring.wired(chosen, progress=progress) as bridge:
        ids = [] if deal is None else [deal_id(bridge.ledger, bridge.crm, deal, connectors.ids_in())]
        report = run_once(bridge, deals=ids, limit=limit)
        if deal is not None and not report.balance.seen:
            raise left_alone(deal, bridge.mappings.contract, early=bool(report.before_start))
    return report


def _looked(chosen: _wiring.Choice, deal: str | None, limit: int | None) -> tuple[list[Shown], Mappings]:
    """Return what a pass over one CRM would do, and the mappings by which it would."""
    with progress_bar() as progress, _wiring.wired(chosen, read_only=True, progress=progress) as bridge:
        ids = [] if deal is None else [deal_id(bridge.ledger, bridge.crm, deal, connectors.ids_in())]
        shown = list(preview(bridge, deals=ids, limit=limit))
        if deal is not None and not shown:
            read_live(bridge, ids[0], deal)
            raise left_alone(deal, bridge.mappings.contract, early=True)
    return shown, bridge.mappings


def _dry_screen(deal: str | None, limit: int | None) -> Screen[tuple[list[Shown], Mappings]]:
    return Screen(
        "sync",
        lambda looked: _show_dry_run(*looked, deal, limit),
        lambda looked: {"dry_run": True, "deals": [plan_as_data(one, looked[1]) for one in looked[0]]},
    )


def _show_dry_run(shown: list[Shown], mappings: Mappings, deal: str | None, limit: int | None) -> None:
    few = shown if deal or limit else shown[: screens.MOST_SHOWN]
    screens.show_plan(few, mappings, detail=bool(deal))
    out.print()
    sends = sum(one.sends for one in shown)
    stopped = sum(bool(one.prepared.stopped) for one in shown)
    more = f" ({len(few)} shown; --limit N chooses)" if len(few) < len(shown) else ""
    person = f", {stopped:,} of {len(shown):,} need a person" if stopped else ""
    out.print(f"A sync would send something for {sends:,} deals{person}{more}. Nothing was written.", style="bold")
    if sends and not deal:
        out.print("See every field and where it comes from: handoff sync --dry-run --deal ID")


@app.command()
def why(
    deal: DealArgument,
    fields: Annotated[
        bool, typer.Option("--fields", help="Every field as today's files make it of what was read then.")
    ] = False,
    crm: CrmName = None,
    sandbox: Sandbox = False,
    mappings: MappingsDir = None,
    as_json: AsJson = False,
) -> None:
    """Say why a deal stands where it stands.

    What was read, decided and done, what is missing, and who acts next.
    """
    with errors("why", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=mappings, crm=crm)
        headline(_wiring.systems(chosen) + " (reads only)", as_json=as_json)
        story, told = _story(chosen, deal)
        if as_json:
            document("why", **story.as_dict(), fields=retold_as_data(told) if fields else None)
            return
        screens.show_story(story)
        if fields:
            screens.show_retold(told)


def _story(chosen: _wiring.Choice, words: str) -> tuple[Story, Retold | None]:
    with _wiring.open_ledger(chosen) as ledger:
        ref = known_deal(ledger, words, connectors.ids_in(), crm=chosen.crm)
        if ref is not None:
            loaded = _wiring.mappings_of(replace(chosen, crm=ref.partition(":")[0]))
            return known_story(ledger, ref, loaded.contract), retold(ledger.story(ref), loaded)
    with _wiring.wired(chosen, read_only=True) as bridge:
        read = read_live(bridge, live_deal(bridge.crm, words, connectors.ids_in()), words)
        (one,) = prepare(lane_of(bridge, read), [read], known={})
        contract = bridge.mappings.contract
        early = contract.starts is not None and one.deal.won_at < contract.starts
        return live_story(one, contract, before_start=early), None


@app.command()
def runs(
    number: Annotated[int | None, typer.Argument(metavar="ID", help="A run's number, to see it whole.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many runs to list.")] = 20,
    sandbox: Sandbox = False,
    as_json: AsJson = False,
) -> None:
    """List the runs, or show one whole."""
    with errors("runs", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=None)
        headline(_wiring.systems(chosen) + " (reads the ledger only)", as_json=as_json)
        with _wiring.open_ledger(chosen) as ledger:
            if number is None:
                show_runs(ledger.runs(limit), as_json=as_json)
                return
            found, newest = ledger.run(number), ledger.runs(1)
        if found is None:
            raise ConfigError(f"There is no run {number}. `handoff runs` lists them.")
        show_run(*found, newest=newest[0].id, as_json=as_json)


@app.command(name="sandbox")
def serve_sandbox(
    port_base: Annotated[int, typer.Option(min=1024, max=65000, help="First of the ports.")] = 8700,
    seed: Annotated[int | None, typer.Option(help="Which invented tenant to make (default 1).")] = None,
    scale: Annotated[float | None, typer.Option(help="Simulated seconds in a real one (default 60).")] = None,
    scenario: Annotated[Path | None, typer.Option(metavar="FILE", help="A YAML file that says all this.")] = None,
    load_csv: Annotated[
        Path | None, typer.Option("--load-csv", metavar="DIR", help="Load the CRM Sales Opportunities data set.")
    ] = None,
    crm: Annotated[
        str | None, typer.Option(metavar="CRM", help="The CRM of the tenant: salesforce (default) or hubspot.")
    ] = None,
) -> None:
    """Serve stand-ins of the CRMs and the platforms."""
    from sandbox.shell import run
    from sandbox.world import SandboxError

    with errors("sandbox", as_json=False):
        try:
            run(
                port_base=port_base,
                seed=seed,
                scale=scale,
                scenario=scenario,
                load_csv=load_csv,
                crm=crm,
                say=lambda line: out.print(line, markup=False),
            )
        except SandboxError as error:
            raise ConfigError(str(error)) from error


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Which invented tenant to make.")] = 1,
    crm: Annotated[str, typer.Option(help=f"Where deals are won: {', '.join(connectors.crms())}.")] = USUAL_CRM,
    platform: Annotated[
        str, typer.Option(help=f"Where the work is made: {', '.join(connectors.platforms())}.")
    ] = USUAL_PLATFORM,
    as_json: AsJson = False,
) -> None:
    """Watch won deals become work; no account needed."""
    from cli.demo import run_demo

    with errors("demo", as_json=as_json):
        of_crm, of_platform = connectors.system("crm", crm), connectors.system("platform", platform)
        headline(f"sandbox in this process: {of_crm.called} to {of_platform.called}", as_json=as_json)
        run_demo(seed, crm=of_crm, platform=of_platform, as_json=as_json)


@app.command()
def serve(
    every: Annotated[int, typer.Option(min=10, help="Seconds between passes.")] = 60,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many handoffs a pass.")] = None,
    sandbox: Sandbox = False,
    mappings: MappingsDir = None,
) -> None:
    """Put sync on a schedule with Prefect, until Ctrl+C.

    Uses the Prefect server that PREFECT_API_URL names; start one with: prefect server start.
    Without PREFECT_API_URL it starts a temporary server of its own, which ends with it.
    """
    from cli.serving import serve_sync

    with errors("serve", as_json=False):
        chosen = _wiring.choice(sandbox=sandbox, mappings=mappings)
        headline(f"{_wiring.systems(chosen)}, every {every} s", as_json=False)
        chosen.settings()
        serve_sync(chosen, every=every, limit=limit)


_OTHERS = (
    setting_up.commands(),
    files.commands(),
    comparing.commands(),
    applying.commands(),
    backfilling.commands(),
    previewing.commands(),
    reconciling.commands(),
    trailing.commands(),
    status_screen.commands(),
)
for _name, _command in ((name, command) for some in _OTHERS for name, command in some.items()):
    app.command(name=_name)(_command)
app.add_typer(ledger.app, name="ledger")
app.add_typer(queueing.app, name="queue")
