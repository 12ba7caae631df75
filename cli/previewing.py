"""`handoff preview`: what the mapping makes of one deal, field by field; nothing is sent."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

import connectors
from cli import screens
from cli.console import document, errors, headline, out
from cli.finding import read_live
from cli.options import AsJson, CrmName, DealArgument, MappingsDir, Sandbox
from cli.shown_as_data import prepared_as_data
from flows import _wiring
from handoff import keys
from handoff.bridge import Bridge
from handoff.deals import deal_id
from handoff.errors import ConfigError
from handoff.lanes import lane_of
from handoff.prepare import Prepared, prepare
from handoff.saved_examples import as_yaml, example_of
from handoff.telling import Teller

SaveExample = Annotated[
    Path | None,
    typer.Option("--save-example", metavar="FILE", help="Write it, masked, as an example: mappings/examples/NAME.yml."),
]


def preview(
    deal: DealArgument,
    save_example: SaveExample = None,
    crm: CrmName = None,
    sandbox: Sandbox = False,
    mappings: MappingsDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what the mapping makes of a deal: every field, where it comes from, before and after each rule."""
    with errors("preview", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=mappings, crm=crm)
        headline(_wiring.systems(chosen) + " (reads only)", as_json=as_json)
        with _wiring.wired(chosen, read_only=True) as bridge:
            read = read_live(bridge, deal_id(bridge.ledger, bridge.crm, deal, connectors.ids_in()), deal)
            known = bridge.ledger.handoffs([keys.deal_key(read.ref, read.episode)])
            (one,) = prepare(bridge := lane_of(bridge, read), [read], known=known)
            told = Teller(bridge).foretold(one)
            saved = _saved(bridge, one, save_example)
        if as_json:
            said = prepared_as_data(one, told, bridge.mappings)
            document("preview", **said, saved=str(saved) if saved else None)
            return
        screens.show_prepared(one, told, bridge.mappings)
        if saved is not None:
            invented = "names, addresses and texts of the deal are invented, colleagues named in the mapping files stay"
            out.print(f"\nSaved as {saved}: {invented}. {_how_to_run(saved, bridge.mappings.folder)}", markup=False)


def _how_to_run(path: Path, folder: Path) -> str:
    """Say how a saved example is run, or why `check` passes it by."""
    check = "handoff check"
    if folder.resolve() != Path("mappings").resolve():
        check += f" --mappings {shlex.quote(str(folder))}"
    if path.resolve().parent == (folder / "examples").resolve() and path.suffix == ".yml":
        return f"Run it: {check}"
    return f"It runs where these mappings keep examples: move it to {folder / 'examples'}/NAME.yml, then: {check}"


def _saved(bridge: Bridge, one: Prepared, path: Path | None) -> Path | None:
    if path is None:
        return None
    if path.exists():
        raise ConfigError(f"{path} is there already. Name another file, or take it away first.")
    example = example_of(one, bridge.mappings, now=bridge.clock.now(), about="Say here what it shows.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_yaml(example), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}. Name a place that can.") from error
    return path


def commands() -> dict[str, Any]:
    """Return the commands of this module by name."""
    return {"preview": preview}
