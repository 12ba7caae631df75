"""`handoff queue`: what is not done, by who must act; and a person's word on it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

import connectors
from cli.acting import actor
from cli.asking import at_terminal, said
from cli.console import document, errors, headline, out
from cli.options import AsJson, Sandbox
from flows import _wiring
from flows._instances import titles
from handoff.by_hand import Said, Subject, Word, say, subject
from handoff.errors import ConfigError
from handoff.owners import Owner, in_words
from handoff.queue import Entry, Retry, called, parked, queue

MOST_SHOWN = 10
"""Entries of each owner that are listed where nobody asks for all."""

HELP = """List what is not done, by who must act, the newest first.

Each entry has an ID: a deal's, or <deal>/<step> for one of its steps. retry, resolve and skip take it, or a deal by
address or part of its name; they ask for a reason, and record it with who said so (the user of this machine, or
HANDOFF_ACTOR). No system is called: the next pass does what was said.

Examples:

  handoff queue

  handoff queue retry 0065g00000DeaLAAAV --reason "type added"

  handoff queue resolve 0065g00000DeaLAAAV/brief --ref 1A0... --reason "posted"

  handoff queue skip 0065g00000DeaLAAAV --reason "a test deal"
"""

Id = Annotated[str, typer.Argument(metavar="ID", help="As the list has it: a deal, or <deal>/<step>.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; asked for at a terminal.")]

app = typer.Typer(help=HELP, invoke_without_command=True, rich_markup_mode=None)


@app.callback()
def listed(
    context: typer.Context,
    owner: Annotated[Owner | None, typer.Option("--owner", help="Only what this one must act on.")] = None,
    every: Annotated[bool, typer.Option("--all", help=f"All of them, not {MOST_SHOWN} of each.")] = False,
    sandbox: Sandbox = False,
    as_json: AsJson = False,
) -> None:
    word = context.invoked_subcommand
    with errors("queue", as_json=as_json):
        if word is not None:
            # Lost here, --sandbox would let the word work on the live ledger.
            if sandbox or as_json or every or owner is not None:
                raise ConfigError(f"Put the options behind the word: handoff queue {word} ID ...")
            return
        chosen = _wiring.choice(sandbox=sandbox, mappings=None)
        headline(_wiring.systems(chosen) + " (reads the ledger only)", as_json=as_json)
        with _wiring.open_ledger(chosen) as ledger:
            found = [one for one in queue(ledger) if owner in (None, one.owner)]
        if as_json:
            document("queue", counts=_counts(found), entries=[one.as_dict() for one in found])
            return
        settings = chosen.settings()
        words = {one: in_words(one, **titles(settings.meant, settings.platforms)) for one in Owner}
        _show(found, words, chosen.clock().now(), most=None if every else MOST_SHOWN)


def _counts(found: Sequence[Entry]) -> dict[str, int]:
    return {owner.value: count for owner in Owner if (count := sum(one.owner is owner for one in found))}


def _show(found: Sequence[Entry], words: dict[Owner, str], now: datetime, *, most: int | None) -> None:
    if not found:
        out.print("Nothing waits, and nothing needs a person.")
        return
    people = [owner for owner in Owner if owner is not Owner.BRIDGE]
    for owner in (*people, Owner.BRIDGE):
        entries = [one for one in found if one.owner is owner]
        if entries:
            _show_owner(words[owner], entries, now, most=most, bridge=owner is Owner.BRIDGE)
    if any(one.retry is Retry.PERSON for one in found):
        out.print("To act: handoff queue retry ID, resolve ID or skip ID (see --help).")


def _show_owner(who: str, entries: Sequence[Entry], now: datetime, *, most: int | None, bridge: bool) -> None:
    goes_on = " goes on with these by itself" if bridge else ""
    out.print(f"{who[:1].upper()}{who[1:]}{goes_on} ({len(entries):,})", style="bold", markup=False)
    for one in entries[:most]:
        out.print(f"  {one.id}  {one.name}", style="cyan", markup=False)
        out.print(f"      {one.reason}", markup=False)
        for step in one.steps:
            out.print(f"      its step: {step.id}", markup=False)
        out.print(f"      since {one.since:%Y-%m-%d %H:%M} UTC; {_next(one, now)}", style="dim", markup=False)
        if one.url and not bridge:
            out.print(f"      {one.url}", style="dim", markup=False)
    if most is not None and len(entries) > most:
        out.print(f"  and {len(entries) - most:,} more: handoff queue --all")


def _next(one: Entry, now: datetime) -> str:
    if one.parked:
        return "goes on once somebody said what became of it"
    moment = one.expected_at or one.next_try
    when = "with the next pass" if moment is None or moment <= now else f"at {moment:%H:%M} UTC"
    if moment is not None and moment - now > timedelta(hours=20):
        when = f"at {moment:%Y-%m-%d %H:%M} UTC"
    return f"{'looked at again' if one.retry is Retry.PERSON else 'goes on'} {when}"


@app.command()
def retry(id_: Id, reason: Reason = None, sandbox: Sandbox = False, as_json: AsJson = False) -> None:
    """Let the next pass try it at once.

    A step that may have happened, and that nobody can look up, is sent again only when it is named itself: look first
    that it did not happen. A deal or step that was resolved or skipped is taken up again.

    Examples:

      handoff queue retry 0065g00000DeaLAAAV --reason "user is active"

      handoff queue retry 0065g00000DeaLAAAV/brief --reason "not there"
    """
    _act(Word.RETRY, id_, reason, sandbox=sandbox, as_json=as_json)


@app.command()
def resolve(
    id_: Id,
    reason: Reason = None,
    ref: Annotated[
        str | None, typer.Option("--ref", metavar="RECORD", help="The step's record in the platform, by its id.")
    ] = None,
    sandbox: Sandbox = False,
    as_json: AsJson = False,
) -> None:
    """Say that it was done by hand; the bridge does not do it any more.

    With --ref a step's record is linked: later changes of the deal reach it, what people wrote in it stays. A deal as
    a whole is left alone until somebody says retry, or it is won again; its record in the CRM is told so.

    Examples:

      handoff queue resolve 0065g00000DeaLAAAV/brief --ref 1A0... --reason "posted"

      handoff queue resolve 0065g00000DeaLAAAV --reason "by phone"
    """
    _act(Word.RESOLVE, id_, reason, ref=ref, sandbox=sandbox, as_json=as_json)


@app.command()
def skip(id_: Id, reason: Reason = None, sandbox: Sandbox = False, as_json: AsJson = False) -> None:
    """Say that it is not to be done.

    A step counts as settled, without a record; the rest of its deal goes on. A deal as a whole is left out until
    somebody says retry, or it is won again; its record in the CRM is told so.

    Examples:

      handoff queue skip 0065g00000DeaLAAAV/plan --reason "has one"

      handoff queue skip 0065g00000DeaLAAAV --reason "a test deal"
    """
    _act(Word.SKIP, id_, reason, sandbox=sandbox, as_json=as_json)


def _act(word: Word, words: str, reason: str | None, *, sandbox: bool, as_json: bool, ref: str | None = None) -> None:
    with errors(f"queue {word}", as_json=as_json):
        chosen = _wiring.choice(sandbox=sandbox, mappings=None)
        headline(_wiring.systems(chosen) + " (the ledger only)", as_json=as_json)
        with _wiring.open_ledger(chosen) as ledger:
            about = subject(ledger, words, connectors.ids_in())
            spoken_for = Said(word, actor(), _reason(about, reason, as_json=as_json), ref)
            lease_now = _wiring.lease_clock(ledger).now()
            run = say(ledger, about, spoken_for, at=chosen.clock().now(), lease_now=lease_now)
        if as_json:
            document(f"queue {word}", id=about.id, run=run, actor=spoken_for.actor)
            return
        out.print(f"{about.id}  {called(about.deal)}", style="cyan", markup=False)
        out.print(f"{_done(word, about)} Recorded as run {run}, by {spoken_for.actor}.", markup=False)


def _done(word: Word, about: Subject) -> str:
    if word is Word.RETRY:
        again = "is sent again" if about.step is not None and parked(about.step) else "is tried"
        return f"It {again} by the next pass."
    what = "step" if about.step is not None else "deal"
    return f"The {what} counts as {'done by hand' if word is Word.RESOLVE else 'skipped'}."


def _reason(about: Subject, reason: str | None, *, as_json: bool) -> str:
    if reason is None and at_terminal() and not as_json:
        out.print(f"{about.id}  {called(about.deal)}", style="cyan", markup=False)
        reason = said("Why?")
    if not (reason or "").strip():
        raise ConfigError("A reason is needed: who looks at this later must know why. Add --reason TEXT.")
    return str(reason).strip()
