"""The commands that set up a customer's own deployment."""

from pathlib import Path
from typing import Annotated, Any

import typer

import connectors
from cli.console import document, errors, headline, out
from cli.options import AsJson
from connectors import USUAL_CRM, USUAL_PLATFORM
from flows import _wiring
from flows._new_deployment import ENVIRONMENT_FILE, NewDeployment, new_deployment, write_files
from handoff.settings import FILE

NEXT = (
    f"replace what stands in <angle brackets> in {FILE}",
    f"cp {ENVIRONMENT_FILE} .env, fill it in, then: set -a; . ./.env; set +a",
    "rename the fields in mappings/ to yours, and put your people into people.yml and the routing of handoff.yml; "
    "mappings/examples/ says what then comes out: change it with them",
    "handoff check",
    "handoff check --live",
    "handoff sync --dry-run",
    "handoff sync --limit 1",
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; it is made when it is not there.")],
    crm: Annotated[str, typer.Option(help=f"Where deals are won: {', '.join(connectors.crms())}.")] = USUAL_CRM,
    platform: Annotated[
        str, typer.Option(help=f"Where the work is made: {', '.join(connectors.platforms())}.")
    ] = USUAL_PLATFORM,
    as_json: AsJson = False,
) -> None:
    """Write the first files of your own deployment.

    handoff.toml, your copy of the mappings and templates, and the names of the secrets. Overwrites nothing.
    """
    with errors("init", as_json=as_json):
        headline(f"files in {folder} (nothing is called)", as_json=as_json)
        today = _wiring.SystemClock().now().date()
        made = new_deployment(_wiring.SHIPPED_MAPPINGS, crm=crm, platform=platform, today=today)
        write_files(folder, made.files)
        if as_json:
            document("init", folder=str(folder), files=list(made.files), secrets=list(made.secrets), next=list(NEXT))
        else:
            _show(folder, made)


def _show(folder: Path, made: NewDeployment) -> None:
    out.print("Written:", style="bold")
    for name in made.files:
        out.print(f"  {folder / name}", markup=False)
    out.print("Secrets to set in the environment:", style="bold")
    for name in made.secrets:
        out.print(f"  {name}", markup=False)
    out.print(f"Next, in {folder}:", style="bold", markup=False)
    for number, step in enumerate(NEXT, start=1):
        out.print(f"  {number}. {step}", markup=False)


def commands() -> dict[str, Any]:
    """Return the commands of this module by name."""
    return {"init": init}
