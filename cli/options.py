"""The options that several commands share, each said once."""

from pathlib import Path
from typing import Annotated

import typer

Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="Work on the stand-ins (start them with `handoff sandbox`) and nothing live.")
]
MappingsDir = Annotated[
    Path | None, typer.Option("--mappings", metavar="DIR", help="Use this mappings folder instead of the deployment's.")
]
CrmName = Annotated[
    str | None, typer.Option("--crm", metavar="NAME", help="Only this one of the CRMs that handoff.toml names.")
]
PlatformName = Annotated[
    str | None,
    typer.Option("--platform", metavar="NAME", help="Only this one of the platforms that handoff.toml names."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
WonDeals = Annotated[
    int | None,
    typer.Option(
        "--won-deals",
        metavar="N",
        min=0,
        help="With --live: how many won deals an admin's report counts (close date from start_from on).",
    ),
]
Every = Annotated[
    int | None,
    typer.Option("--every", metavar="N", min=10, help="With --live: seconds between passes, as with serve (60)."),
]
DealOption = Annotated[
    str | None,
    typer.Option("--deal", metavar="DEAL", help="Only this deal: id, address, or part of a name."),
]
DealArgument = Annotated[str, typer.Argument(metavar="DEAL", help="An id, an address, or part of an account's name.")]
