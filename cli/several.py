"""What a command shows that works on each CRM in turn: one screen for each, then all together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cli.console import Exit, document, err, error_as_data, exit_code, out
from flows._each import Ended, for_each, results
from flows._wiring import Choice
from handoff.report import Balance

T = TypeVar("T")


@dataclass(frozen=True)
class Screen(Generic[T]):
    """
    How a command shows what was done for one CRM.

    `data` is the document's content with `--json`; `code` the exit code; `balance` what adds up over the CRMs.
    """

    command: str
    show: Callable[[T], None]
    data: Callable[[T], dict[str, Any]]
    balance: Callable[[T], Balance] | None = None
    code: Callable[[T], Exit] = lambda _: Exit.WELL


def on_each(chosen: Choice, work: Callable[[Choice], T | None], screen: Screen[T], *, as_json: bool) -> None:
    """
    Do the work for each CRM that is meant, and show it; leave with the worst exit code of all.

    With one CRM it is shown alone, and its error is the command's. Work that returns None was called off.
    """
    each = chosen.each()
    if len(each) > 1:
        _show_all(for_each(chosen, work), screen, as_json=as_json)
        return
    done = work(each[0])
    if done is None:
        return
    if as_json:
        document(screen.command, **screen.data(done))
    else:
        screen.show(done)
    _leave(screen.code(done))


def _show_all(ended: Sequence[Ended[T]], screen: Screen[T], *, as_json: bool) -> None:
    done = results(ended)
    balance = Balance.of_all(screen.balance(one) for one in done) if screen.balance else None
    if as_json:
        crms = {one.crm: _as_data(one, screen) for one in ended}
        well = all(said.get("ok", True) for said in crms.values())
        document(screen.command, ok=well, **({"balance": balance.as_dict()} if balance else {}), crms=crms)
    for one in ended:
        if not as_json:
            out.print(f"{one.crm}:", style="bold", markup=False)
        if one.error is not None:
            said = f"{one.crm}: {one.error}" if as_json else str(one.error)
            err.print(said, style="red", markup=False)
        elif one.result is not None and not as_json:
            screen.show(one.result)
    if balance is not None and not as_json:
        failed = ", ".join(one.crm for one in ended if one.error is not None)
        out.print(f"In all: {balance.words()}{f'; without {failed}' if failed else ''}", style="bold", markup=False)
    codes = [exit_code(one.error) for one in ended if one.error is not None]
    _leave(max([*codes, *(int(screen.code(one)) for one in done)], default=0))


def _as_data(one: Ended[T], screen: Screen[T]) -> dict[str, Any]:
    if one.error is not None:
        return {"ok": False, "error": error_as_data(one.error)}
    return {"ok": True, **(screen.data(one.result) if one.result is not None else {})}


def _leave(code: int) -> None:
    if code:
        raise SystemExit(int(code))
