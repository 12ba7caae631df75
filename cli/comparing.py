"""`handoff diff`: what a sync would change, against what the platform holds now."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

import connectors
from cli.console import document, err, errors, headline, out, progress_bar
from cli.finding import read_live
from cli.options import AsJson, CrmName, MappingsDir, PlatformName, Sandbox
from cli.screens import shown_apart, shown_value
from flows import _wiring
from handoff.bridge import Bridge
from handoff.calls import Ahead
from handoff.comparing import Comparison, Difference, FieldDifference, StepDifference
from handoff.deals import deal_id, left_alone
from handoff.errors import ConfigError
from handoff.lanes import lane_of
from handoff.model import Needed
from handoff.prepare import plain

LONGEST = 100
"""Characters of a value that are shown of each side."""


def diff(
    deal: Annotated[
        str | None, typer.Argument(metavar="[DEAL]", help="Only this deal, every field: id, address, part of a name.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every delivered handoff: what people changed since.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many deals, oldest wins first.")] = None,
    crm: CrmName = None,
    platform: PlatformName = None,
    sandbox: Sandbox = False,
    mappings: MappingsDir = None,
    as_json: AsJson = False,
) -> None:
    """Show field by field what a sync would change.

    Compared with what the platform holds now. Reads only; what cannot be read back is unknown, never empty.
    """
    with errors("diff", as_json=as_json):
        if deal is not None and every:
            raise ConfigError("Give a DEAL or --all, not both.")
        chosen = _wiring.choice(sandbox=sandbox, mappings=mappings, crm=crm)
        headline(_wiring.systems(chosen) + " (reads only)", as_json=as_json)
        with progress_bar() as progress, _wiring.wired(chosen, read_only=True, progress=progress) as bridge:
            ids = [] if deal is None else [deal_id(bridge.ledger, bridge.crm, deal, connectors.ids_in())]
            if deal is not None and platform is None and bridge.lanes:
                platform = lane_of(bridge, read_live(bridge, ids[0], deal)).platform.instance
            comparison = Comparison(bridge.to_one_platform(platform), deals=ids, every=every, limit=limit)
            err.print(f"Read: {_listed(comparison.made)}. Next: about {comparison.ahead.words()}.", markup=False)
            found = list(comparison.look())
            if deal is not None and not found:
                raise _not_compared(bridge, ids, deal)
        if as_json:
            ahead, made = comparison.ahead.as_dict(), [one.as_dict() for one in comparison.made]
            document("diff", calls={"made": made, "ahead": ahead}, deals=[_as_data(one) for one in found])
        else:
            _show(found, whole=deal is not None)


def _not_compared(bridge: Bridge, ids: Sequence[str], words: str) -> ConfigError:
    page = bridge.crm.read(ids)
    if page.unreadable:
        return ConfigError(f"The deal cannot be read whole: {page.unreadable[0].why}")
    return left_alone(words, bridge.mappings.contract, early=bool(page.deals))


def _listed(made: Sequence[Ahead]) -> str:
    return ", ".join(Ahead(one.system, one.calls).words() for one in made)


def _show(found: Sequence[Difference], *, whole: bool) -> None:
    for one in found:
        steps = [step for step in one.steps if whole or step.end != "stays" or any(f.differs for f in step.fields)]
        if not steps and not one.prepared.stopped and not whole:
            continue
        deal = one.prepared.deal
        out.print()
        out.print(f"{deal.account_name or 'no account'}: {deal.name} ({deal.ref.id})", style="bold", markup=False)
        for said, why in (("excluded", one.prepared.excluded), ("needs a person", one.prepared.stopped)):
            if why:
                out.print(f"  {said}: {why}", style="yellow", markup=False)
        for step in steps:
            _show_step(step, whole=whole)
    out.print()
    changes = sum(one.changes for one in found)
    out.print(
        f"A sync would change something for {changes:,} of {len(found):,} deals. Nothing was written.", style="bold"
    )


def _show_step(step: StepDifference, *, whole: bool) -> None:
    where, why = f" ({step.ref})" if step.ref else "", f": {step.reason}" if step.reason else ""
    out.print(f"  {step.name} ({step.kind}): {step.end}{where}{why}", style="cyan", markup=False)
    for field in step.fields:
        if not whole and not field.differs:
            continue
        if not field.differs:
            out.print(f"    {field.name}: {_holds(field)} ({field.verdict})", style="dim", markup=False)
            continue
        holds, would_be = shown_apart(field.holds, field.would_be, LONGEST)
        holds = holds if field.state == "known" else _holds(field)
        out.print(f"    {field.name}: {holds} -> {would_be}", markup=False)
        out.print(f"      {field.verdict}", style="dim", markup=False)


def _holds(field: FieldDifference) -> str:
    return _shown(field.holds) if field.state == "known" else {"not there": "(not there)"}.get(field.state, field.state)


def _shown(value: Any) -> str:
    return shown_value(value, LONGEST) if value not in (None, "", []) else "(empty)"


def _as_data(one: Difference) -> dict[str, Any]:
    deal = one.prepared.deal
    return {
        "deal": deal.ref.id,
        "name": deal.name,
        "account": deal.account_name,
        "excluded": one.prepared.excluded or None,
        "stopped": one.prepared.stopped or None,
        "changes": one.changes,
        "steps": [_step_as_data(step) for step in one.steps],
    }


def _step_as_data(step: StepDifference) -> dict[str, Any]:
    return {
        "name": step.name,
        "kind": step.kind,
        "key": step.key,
        "record": step.ref,
        "end": step.end,
        "reason": step.reason or None,
        "fields": {
            field.name: {
                "state": field.state,
                "holds": _plain(field.holds),
                "would_be": _plain(field.would_be),
                "verdict": field.verdict,
            }
            for field in step.fields
        },
    }


def _plain(value: Any) -> Any:
    return shown_value(value) if isinstance(value, Needed) else plain(value)


def commands() -> dict[str, Any]:
    """Return the commands of this module by name."""
    return {"diff": diff}
