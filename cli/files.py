"""Commands that read the mapping files alone: nothing is called, no credentials are needed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import connectors
from cli.console import document, errors, headline, out
from cli.live import Asked, check_live
from cli.options import AsJson, CrmName, Every, MappingsDir, Sandbox, WonDeals
from cli.screens import where_from
from connectors._system import System
from flows import _wiring
from handoff.contract import Contract
from handoff.errors import ConfigError
from handoff.example_files import Example
from handoff.examples import Ran, run_examples
from handoff.lineage import Lineage, lineage
from handoff.loading import load_mappings
from handoff.mapping import Mappings
from handoff.mapping_files import SourceFile, TargetFile
from handoff.people import People
from handoff.yaml_files import Frozen

SCHEMAS: dict[str, type[Frozen]] = {
    **{"handoff": Contract, "people": People, "source": SourceFile, "target": TargetFile},
    "example": Example,
}


def check(
    live: Annotated[bool, typer.Option("--live", help="Then look at the live systems; reads only.")] = False,
    won_deals: WonDeals = None,
    every: Every = None,
    crm: CrmName = None,
    sandbox: Sandbox = False,
    mappings: MappingsDir = None,
    as_json: AsJson = False,
) -> None:
    """Find the mistakes in the mapping files and run the examples of their systems; --live: in the systems too.

    Exit 2 for any.
    """
    with errors("check", as_json=as_json, on_top=True):
        if live:
            asked = Asked(won_deals) if every is None else Asked(won_deals, every)
            check_live(lambda: _wiring.choice(sandbox=sandbox, mappings=mappings, crm=crm), asked, as_json=as_json)
            return
        if crm is not None or won_deals is not None or every is not None:
            raise ConfigError("--crm, --won-deals, --every go with --live: without it nothing is called.")
        folder = _folder(mappings or (_wiring.SHIPPED_MAPPINGS if sandbox else None), as_json=as_json)
        each = _of_the_sandbox(folder) if sandbox else _each_loaded(folder)
        loaded, ran = each[0], _run_examples(each)
        steps = list(dict.fromkeys(step for one in each for step in one.target.order))
        segments = [segment.name for segment in loaded.contract.segments]
        notices = list(dict.fromkeys(words for one in each for words in (*one.notices, *_without_start(one))))
        if as_json:
            said: dict[str, Any] = {"segments": segments, "steps": steps, "examples": len(ran.run)}
            document("check", mapping_version=loaded.version, **said, notices=notices, findings=[])
            return
        out.print(f"No mistake found. Version {loaded.version}.")
        out.print(f"  segments: {', '.join(segments)}", markup=False)
        out.print(f"  steps, in order: {', '.join(steps)}", markup=False)
        out.print(f"  examples: {_told(ran)}", markup=False)
        for notice in notices:
            out.print(f"  {notice}", style="yellow", markup=False)


def _run_examples(each: Sequence[Mappings]) -> Ran:
    """Return which examples were run; raises `ConfigError` with every difference where one is not met."""
    ran = run_examples(each)
    if ran.findings:
        raise ConfigError("The examples do not give what they expect; nothing was sent.", ran.findings)
    return ran


def _told(ran: Ran) -> str:
    others = f"{len(ran.of_others)} of other systems" if ran.of_others else ""
    if not ran.run:
        return f"none of these systems in examples/; {others}" if others else "none in examples/"
    return f"{len(ran.run)}, all as expected" + (f"; {others} not run" if others else "")


def _without_start(loaded: Mappings) -> list[str]:
    if loaded.contract.start_from is not None:
        return []
    return ["handoff.yml:1:1: start_from is missing, and `sync` refuses to start without it. Add the day."]


def show_lineage(
    field: Annotated[
        str, typer.Argument(metavar="FIELD", help="DueDate, onboarding_cta.DueDate, Account.Industry ...")
    ],
    mappings: MappingsDir = None,
    as_json: AsJson = False,
) -> None:
    """Say where a field comes from, and what it feeds."""
    with errors("lineage", as_json=as_json):
        found = lineage(_loaded(_folder(mappings, as_json=as_json)), field)
        if as_json:
            document("lineage", **found.as_dict())
        else:
            _show(found)


def schema(
    name: Annotated[str | None, typer.Argument(metavar="FILE", help=f"One of: {', '.join(SCHEMAS)}.")] = None,
    all_: Annotated[Path | None, typer.Option("--all", metavar="DIR", help="Write all of them into DIR.")] = None,
) -> None:
    """Print the JSON Schema of a mapping file, for an editor."""
    with errors("schema", as_json=False):
        if all_ is not None and name is None:
            for path in _written(all_):
                out.print(f"Wrote {path}.", markup=False)
        elif name in SCHEMAS and all_ is None:
            out.print(_schema(SCHEMAS[name]), markup=False)
        else:
            said = "Give one FILE, or --all DIR" if name is None or all_ else f"There is no schema of {name!r}"
            raise ConfigError(f"{said}. FILE is one of: {', '.join(SCHEMAS)}.")


def _schema(model: type[Frozen]) -> str:
    return json.dumps(model.model_json_schema(by_alias=True), indent=2)


def _written(folder: Path) -> list[Path]:
    """Write each schema into the folder as `<file>.schema.json`, and return the paths."""
    paths = {folder / f"{name}.schema.json": model for name, model in SCHEMAS.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, model in paths.items():
            path.write_text(f"{_schema(model)}\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror}. Name another folder.") from error
    return list(paths)


def _folder(mappings: Path | None, *, as_json: bool) -> Path:
    folder = mappings or Path("mappings")
    if mappings is None and not folder.is_dir():
        folder = _wiring.SHIPPED_MAPPINGS
    headline(f"files in {folder} (nothing is called)", as_json=as_json)
    return folder


def _loaded(folder: Path) -> Mappings:
    return _each_loaded(folder)[0]


def _each_loaded(folder: Path) -> list[Mappings]:
    """Return the folder's files for each CRM with each platform; raises `ConfigError` for mistakes in any."""
    several = _wiring.several_in(Path.cwd(), folder)
    if several:
        return [one for choice in several for one in _wiring.each_mappings_of(choice).values()]
    crms, platforms = _wiring.systems_in(Path.cwd())
    return _of_each_pair(
        folder,
        _named(folder / "sources", connectors.crms(), crms),
        _named(folder / "targets", connectors.platforms(), platforms),
    )


def _of_the_sandbox(folder: Path) -> list[Mappings]:
    """Return the folder's files for the sandbox's systems, whatever a `handoff.toml` names."""
    return _of_each_pair(folder, *_wiring.sandbox_systems())


def _of_each_pair(folder: Path, crms: Sequence[System], platforms: Sequence[System]) -> list[Mappings]:
    return [load_mappings(folder, crm=crm.name, platform=one.platform) for crm in crms for one in platforms]


def _named(folder: Path, known: Mapping[str, System], usual: Sequence[str]) -> list[System]:
    """Return the usual systems, which need a file each; where one alone is usual, that of the folder's only file."""
    names = sorted(path.stem for path in folder.glob("*.yml"))
    meant = names if len(usual) == len(names) == 1 else usual
    missing = [one for one in meant if one not in names]
    if missing:
        single = ", or a single .yml file" if len(usual) == 1 else ""
        raise ConfigError(f"{folder} needs {missing[0]}.yml{single}; there is: {', '.join(names) or 'none'}.")
    for name in meant:
        if name not in known:
            raise ConfigError(
                f"{folder / name}.yml: there is no connector for {name!r}. Use one of: {', '.join(known)}."
            )
    return [known[name] for name in meant]


def _show(found: Lineage) -> None:
    for output in found.comes_from:
        out.print(output.name, style="bold", markup=False)
        out.print(f"  <- {where_from(output.trace)}", markup=False)
    for origin in found.is_read_by:
        asked = "" if found.asked.lower() == origin.name.lower() else f"{found.asked} is read as "
        out.print(f"{asked}{origin.words()}", style="bold", markup=False)
    if found.feeds:
        out.print("It feeds", style="bold")
    for output in found.feeds:
        out.print(f"  {output.name}  by {output.trace.place}", markup=False)
    if found.decides:
        out.print("It decides", style="bold")
    for decision in found.decides:
        out.print(f"  {decision}", markup=False)
    if not (found.comes_from or found.feeds or found.decides):
        out.print("  It is read and feeds nothing.", style="yellow")


def commands() -> dict[str, Any]:
    """Return the commands of this module by name."""
    return {"check": check, "lineage": show_lineage, "schema": schema}
