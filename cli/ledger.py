"""`handoff ledger`: looks after the bridge's memory; only `rebuild` asks the systems."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import document, errors, headline, out
from cli.options import AsJson, Sandbox
from cli.rebuilding import rebuild
from flows import _wiring
from handoff import tables as t
from handoff.backups import Backup, back_up
from handoff.errors import ConfigError
from handoff.ledger import Ledger
from handoff.migrating import Migration, migrate, outstanding, schema_of

HELP = """Look after the ledger: bring it up to this release, copy it, or build a lost one anew.

Only `rebuild` asks the two systems, and sends nothing. docs/ledger.md says what is in the ledger.
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)


@app.command(name="migrate")
def bring_up(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    sandbox: Sandbox = False,
    as_json: AsJson = False,
) -> None:
    """Bring the ledger up to this release's tables; no row is lost.

    A ledger in a file is copied beside it first. For one on PostgreSQL: end the passes on all machines, back it up with
    pg_dump, migrate once, and start them again with this release.

    Examples:

      handoff ledger migrate --dry-run

      handoff ledger migrate
    """
    with errors("ledger migrate", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=None)
        headline(_wiring.systems(chosen) + " (the ledger only)", as_json=as_json)
        with _wiring.ledger_as_it_is(chosen) as ledger:
            before, changes = _planned(ledger)
            current = before == t.SCHEMA_VERSION
            if not as_json:
                _show_plan(before, changes)
            kept = None if dry_run or current else migrate(ledger)
        done = not dry_run and not current
        if as_json:
            told = [{"schema": one.schema, "brings": one.brings} for one in changes]
            schemas = {"from": before, "to": t.SCHEMA_VERSION}
            said: dict[str, Any] = {
                "schemas": schemas,
                "changes": told,
                "done": done,
                "backup": str(kept.file) if kept else None,
            }
            document("ledger migrate", **said)
            return
        if kept:
            out.print(f"Kept as it was: {kept.file} ({sum(kept.rows.values()):,} rows)", markup=False)
        if done:
            out.print(f"The ledger has schema {t.SCHEMA_VERSION} now.", style="bold")
        elif not current:
            out.print("Nothing was changed. To do it: handoff ledger migrate")


def _planned(ledger: Ledger) -> tuple[str | None, list[Migration]]:
    file = _file(ledger)
    if file and not file.exists():
        return None, []  # to ask would make an empty one
    with ledger.reading() as connection:
        before = schema_of(connection)
    return before, outstanding(before) if before else []


def _show_plan(before: str | None, changes: list[Migration]) -> None:
    if before == t.SCHEMA_VERSION:
        out.print(f"The ledger has schema {before}, the one of this release. Nothing to do.")
        return
    out.print(f"Schema {before or '(none yet)'} -> {t.SCHEMA_VERSION}", style="bold", markup=False)
    for one in changes:
        out.print(f"  {one.schema}: {one.brings}", markup=False)
    if not before:
        out.print("  All tables are made.")


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to; beside the ledger, with the moment, if not said.")
    ] = None,
    sandbox: Sandbox = False,
    as_json: AsJson = False,
) -> None:
    """Copy a ledger that is a file, while passes go on; the copy is checked.

    The copy is of one moment, on the disk when this ends, and never written over another file. To go back to it, end
    the passes and put it in the ledger's place, without the files ending in -wal and -shm. A ledger on PostgreSQL is
    backed up with pg_dump.

    Examples:

      handoff ledger backup

      handoff ledger backup /backups/handoff-friday.db
    """
    with errors("ledger backup", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=None)
        headline(_wiring.systems(chosen) + " (the ledger only)", as_json=as_json)
        with _wiring.ledger_as_it_is(chosen) as ledger:
            ledger_file = _file(ledger)
        if ledger_file is None:
            raise ConfigError(
                "This ledger is on a server, which has the better tool: pg_dump --format=custom --file=handoff.dump "
                "--dbname=... (the ledger's url), and pg_restore to go back. Both may run while passes go on."
            )
        copy = back_up(ledger_file, file or _named_after(ledger_file, chosen.clock().now()))
        _tell(copy, as_json=as_json)


def _file(ledger: Ledger) -> Path | None:
    return None if ledger.shared else Path(ledger.engine.url.database or "")


def _named_after(ledger: Path, now: datetime) -> Path:
    return ledger.with_name(f"{ledger.stem}-{now:%Y%m%dT%H%M%SZ}{ledger.suffix}")


def _tell(copy: Backup, *, as_json: bool) -> None:
    if as_json:
        document("ledger backup", file=str(copy.file), bytes=copy.file.stat().st_size, rows=dict(copy.rows))
        return
    out.print(f"{copy.file} ({copy.file.stat().st_size:,} bytes, checked)", style="bold", markup=False)
    for name, count in copy.rows.items():
        out.print(f"  {name:<16}{count:>12,}", markup=False)


app.command()(rebuild)
