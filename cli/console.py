"""How the command speaks: results on standard output, everything else on standard error."""

import json
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from handoff.deals import SeveralDeals
from handoff.errors import BridgeBug, ConfigError, HandoffError, ServiceError, Stopped
from handoff.ports import silent

WIDTH_WITHOUT_TERMINAL = 120
STOPPED = 130
"""What a shell says of a command that Ctrl+C ended."""
BY_SIGNAL = 128


def _console(*, stderr: bool = False) -> Console:
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, soft_wrap=True, width=None if terminal else WIDTH_WITHOUT_TERMINAL)


out = _console()
err = _console(stderr=True)


class Exit(IntEnum):
    """What the exit code says to a script."""

    WELL = 0
    NEEDS_PERSON = 1
    CONFIG = 2
    SERVICE = 3
    BUG = 4


def exit_code(error: BaseException) -> int:
    """Return the exit code of an error, by what the reader must do; of a stop, what a shell says of its signal."""
    if isinstance(error, Stopped):
        return BY_SIGNAL + (error.signal or signal.SIGINT)
    if isinstance(error, ServiceError):
        return Exit.SERVICE
    if isinstance(error, HandoffError) and not isinstance(error, BridgeBug):
        return Exit.CONFIG
    return Exit.BUG


def headline(text: str, *, as_json: bool) -> None:
    """Print the line that names the systems; with `--json` standard output is kept for the document."""
    (err if as_json else out).print(text, markup=False, style="dim")


def document(command: str, *, ok: bool = True, **content: Any) -> None:
    """Print the one JSON document of a command."""
    sys.stdout.write(json.dumps({"ok": ok, "command": command, **content}, ensure_ascii=False, default=str) + "\n")


@contextmanager
def errors(command: str, *, as_json: bool, on_top: bool = False) -> Iterator[None]:
    """
    Turn an error into a message, a JSON document where asked for, and the right exit code.

    `on_top` tells the findings and the exit code beside the error too, where the command's document has them.
    """
    try:
        yield
    except HandoffError as error:
        _fail(command, error, as_json=as_json, on_top=on_top)
    except KeyboardInterrupt:
        err.print("Stopped. What was done is in the ledger; the next run goes on from there.")
        raise SystemExit(STOPPED) from None
    except Exception as error:  # noqa: BLE001  whatever it is, it is our mistake, and it is said so
        traceback.print_exc()
        bug = BridgeBug(f"This is our mistake: {type(error).__name__}. Please report it.")
        _fail(command, bug, as_json=as_json, on_top=on_top)


def error_as_data(error: HandoffError) -> dict[str, Any]:
    """Return what a document says of an error."""
    findings = list(error.findings) if isinstance(error, ConfigError) else []
    said: dict[str, Any] = {"kind": type(error).__name__, "message": str(error), "findings": findings}
    if isinstance(error, SeveralDeals):
        said |= {"kind": ConfigError.__name__, "deals": [{"id": one, "name": name} for one, name in error.deals]}
    return said | {"exit": int(exit_code(error))}


def _fail(command: str, error: HandoffError, *, as_json: bool, on_top: bool) -> NoReturn:
    code = exit_code(error)
    if as_json:
        said = error_as_data(error)
        told = said["findings"] or ([str(error)] if isinstance(error, ConfigError) else [])
        beside: dict[str, Any] = {"findings": told, "exit": int(code)} if on_top else {}
        document(command, ok=False, error=said, **beside)
    err.print(str(error), style="red", markup=False)
    raise SystemExit(int(code))


@contextmanager
def progress_bar(*, shown: bool = True) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a progress port: bars where standard error is a terminal, silence elsewhere."""
    if not (shown and err.is_terminal):
        yield silent
        return
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)
            if total and done >= total:
                bars.remove_task(tasks.pop(what))

        yield show
