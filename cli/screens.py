"""What a person sees: reports, plans and stories, put on the screen."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from rich.markup import escape
from rich.table import Table

import connectors
from cli.console import out
from handoff.backfilling import COMMAND as BACKFILL
from handoff.carry import Decision
from handoff.contract import NEW_CUSTOMER
from handoff.mapping import Mappings
from handoff.model import Handoff, Needed, Result, Trace, Value
from handoff.prepare import Prepared, plain
from handoff.provenance import Evidence, Reading, evidence_of
from handoff.report import Report
from handoff.retold import Retold
from handoff.run import Shown
from handoff.story import Story
from handoff.transforms import exact, shortened, text

KIND = {
    kind: facts.many or f"{kind}s" for one in connectors.platforms().values() for kind, facts in one.objects.items()
}
"""What several records of a kind are called."""
MOST_SHOWN = 12
LONGEST_SOURCE = 60
FROM_WHERE_IT_DIFFERS = 20
"""How much of what two long texts share is shown before the place where they differ."""


def show_report(report: Report) -> None:
    """Print what a run did."""
    out.print(f"Run {report.run}: {report.balance.words()}", style="bold")
    if report.balance.seen == 0:
        out.print(nothing_to_do(report))
        return
    if report.elsewhere:
        out.print(f"  {elsewhere(report)}")
    show_steps(report.steps)
    if report.would is not None:
        out.print("  Shadow: nothing was written. Live, this pass would have:", style="yellow")
        show_steps(report.would)
    if report.receipts["written"] or report.receipts["pending"]:
        pending = f", {report.receipts['pending']:,} pending" if report.receipts["pending"] else ""
        out.print(f"  {'deals told':<18} {report.receipts['written']:,} written{pending}")
    if not report.steps and not report.receipts["written"] and report.would is None:
        out.print(f"  {nothing_sent(report)}")
    if report.before_start:
        out.print(f"  {report.before_start:,} won before start_from were left alone.")
    show_exceptions(report)


def show_steps(steps: Mapping[str, Mapping[str, int]]) -> None:
    """Print how many steps of each kind ended how."""
    for kind, results in steps.items():
        said = ", ".join(f"{count:,} {result}" for result, count in results.items())
        out.print(f"  {KIND.get(kind, kind):<18} {said}")


def nothing_sent(report: Report) -> str:
    """Return why a run that saw deals sent nothing."""
    balance = report.balance
    counts = (
        (balance.needs_person, "needs a person", "need a person"),
        (balance.waiting, "waits", "wait"),
        (balance.excluded, "is excluded", "are excluded"),
        (report.receipts["pending"], "has a write-back pending", "have a write-back pending"),
    )
    others = ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count)
    if others:
        return f"Nothing was sent: {others}."
    return "Nothing has changed since they were handed off; nothing was sent."


def nothing_to_do(report: Report) -> str:
    """Return why a run had no deal to look at."""
    if report.command == BACKFILL:
        return f"  {elsewhere(report)}" if report.elsewhere else "  Nothing of the plan is left to do."
    if report.window is None and report.before_start:
        return "  No deal to hand off: what was asked for was won before start_from and stays alone."
    if report.window is None:
        return "  No deal to hand off: what was asked for is not won, or not visible to the integration user."
    lower, upper = (f"{moment:%Y-%m-%d %H:%M} UTC" for moment in report.window)
    if report.before_start:
        return f"  No deal to hand off: {report.before_start:,} were read, all won before start_from; those stay alone."
    return (
        f"  No deals: no won opportunity that the integration user can see changed between {lower} and {upper}.\n"
        "  If you expected one, check its stage in the CRM and what the integration user may see."
    )


def elsewhere(report: Report) -> str:
    """Return what a run left to others."""
    deals = "deal" if report.elsewhere == 1 else "deals"
    return f"Another process works on {report.elsewhere:,} {deals} of the plan."


def show_exceptions(report: Report) -> None:
    """Print who must look at what."""
    if not report.exceptions:
        return
    table = Table(title="Exceptions", title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    table.add_column("Deal")
    table.add_column("What")
    table.add_column("Reason", overflow="fold")
    for one in report.exceptions[:MOST_SHOWN]:
        table.add_row(escape(shortened(one.name, 48)), one.what, escape(one.reason))
    out.print()
    out.print(table)
    more = len(report.exceptions) + report.exceptions_left_out - MOST_SHOWN
    if more > 0:
        out.print(f"  ... and {more:,} more: handoff runs {report.run}")


def show_plan(shown: Iterable[Shown], mappings: Mappings, *, detail: bool) -> None:
    """Print what a pass would do, deal by deal; with `detail` every field and where it came from."""
    for one in shown:
        deal, handoff = one.prepared.deal, one.prepared.handoff
        out.print()
        out.print(f"{deal.account_name or 'no account'}: {deal.name} ({deal.ref.id})", style="bold", markup=False)
        _show_judged(one.prepared)
        for decision in one.decisions:
            _show_decision(decision, handoff if detail else None, mappings)
        if one.told:
            out.print("  write-back (the deal's record): would be written", style="cyan", markup=False)
        for told in one.told if detail else ():
            _show_evidence(told)


def show_prepared(one: Prepared, told: Iterable[Evidence], mappings: Mappings) -> None:
    """Print what the mapping makes of one deal, every field with where it came from; `told` are the write-back's."""
    deal, handoff = one.deal, one.handoff
    out.print()
    out.print(f"{deal.account_name or 'no account'}: {deal.name} ({deal.ref.id})", style="bold", markup=False)
    _show_judged(one)
    for step in one.steps if handoff else ():
        out.print(f"  {step.key.rpartition('.')[2]} ({step.kind})", style="cyan", markup=False)
        if step.reference:
            out.print("    looked up, and not changed", style="dim")
            continue
        for field in evidence_of(step, step.payload, handoff, mappings) if handoff else ():
            _show_evidence(field)
    _show_told(told, "once its work is made")


def _show_told(told: Iterable[Evidence], when: str) -> None:
    """Print what the deal's own record is told."""
    for place, one in enumerate(told):
        if place == 0:
            out.print(f"  write-back (the deal's record), {when}", style="cyan", markup=False)
        _show_evidence(one)


def _show_evidence(told: Evidence, indent: int = 4, number: str = "") -> None:
    """Print one field and where it came from; of a list of child records each field of each."""
    count = len(told.records)
    value = f"{count} record{'s' * (count != 1)}" if count else shown_value(told.value)
    out.print(f"{' ' * indent}{number}{told.field} = {value}", markup=False)
    for line in told_from(told):
        out.print(f"{' ' * indent}  <- {line}", style="dim", markup=False)
    for place, fields in enumerate(told.records, start=1):
        for one in fields:
            _show_evidence(one, indent + 2, f"{place}. ")


def show_retold(told: Retold | None) -> None:
    """Print the fields of a handoff, each with the record it came from."""
    out.print("\nFields", style="bold")
    if told is None:
        out.print("  what was read of it is not kept any more, or it was never handed off")
        return
    out.print("  As today's files make them of what was read then.", style="dim")
    if told.edited:
        out.print("  The files were edited since it was handed off, so what was sent may differ.", style="yellow")
    for step, fields in told.steps.items():
        out.print(f"  {step}", style="cyan", markup=False)
        for one in fields:
            _show_evidence(one)
    _show_told(told.told, "as it was told last")


def _show_judged(one: Prepared) -> None:
    """Print what the contract says of a deal."""
    handoff = one.handoff
    if handoff:
        if handoff.kind != NEW_CUSTOMER:
            out.print(f"  {handoff.kind.replace('_', ' ')}: {handoff.kind_because}", markup=False)
        out.print(f"  segment {handoff.segment}: {handoff.segment_because}", markup=False)
        missing = ", ".join(gap.label for gap in handoff.gaps) or "nothing"
        out.print(f"  missing {missing}; completeness {handoff.completeness * 100:.0f}%", markup=False)
        out.print(f"  receiver {handoff.receiver or 'nobody'}: {handoff.receiver_because}", markup=False)
    if one.excluded:
        out.print(f"  excluded: {one.excluded}", style="yellow", markup=False)
    if one.stopped:
        out.print(f"  needs a person: {one.stopped}", style="yellow", markup=False)
    for note in handoff.notes if handoff else ():
        out.print(f"  note: {note}", style="yellow", markup=False)


def _show_decision(decision: Decision, handoff: Handoff | None, mappings: Mappings) -> None:
    """Print one step; with `handoff` every field of it and where it came from."""
    step = decision.planned.step
    out.print(f"  {step.name} ({step.kind}): {action(decision)}", style="cyan", markup=False)
    if handoff is None:
        return
    out.print(f"    key {step.key}", style="dim", markup=False)
    for told in evidence_of(step, would_carry(decision), handoff, mappings):
        _show_evidence(told)


def would_carry(decision: Decision) -> Mapping[str, Value]:
    """Return the fields that a step would send; of one that sends nothing, those that it stands for."""
    return decision.send.payload if decision.send else decision.planned.step.payload


def told_from(told: Evidence) -> list[str]:
    """Return where a value came from, a line for each canonical field: value before and after each rule, and places."""
    if not told.readings:
        return [f"{where_from(told.trace)}"]
    lines = [_reading_words(reading) for reading in told.readings]
    return [*lines[:-1], f"{lines[-1]}  by {told.trace.place}"]


def _reading_words(reading: Reading) -> str:
    value = "nothing" if reading.value is None else shown_value(reading.value, LONGEST_SOURCE)
    said = f"{reading.origin.name} = {value}"
    for path, raw in reading.read.items():
        said += f" <- {path} = {shown_value(raw, LONGEST_SOURCE)}"
    return f"{said} [{reading.origin.place}]"


def action(decision: Decision) -> str:
    """Return what would be done about one step, in words."""
    if decision.send is not None:
        return f"would update {decision.send.ref}" if decision.send.ref else "would be created"
    assert decision.outcome is not None
    outcome = decision.outcome
    if outcome.result is Result.UNCHANGED:
        return f"stays as it is ({outcome.ref})"
    return f"{outcome.result.value}: {outcome.reason}"


def where_from(trace: Trace) -> str:
    """Return where an output field came from: canonical fields, CRM paths, and the rules' places."""
    return f"{trace.how or '; '.join(origin.words() for origin in trace.origins)}  by {trace.place}"


def shown_value(value: Value, longest: int = 200) -> str:
    """Return a value on one line of at most so many characters."""
    if isinstance(value, Needed):
        return f"(id of {value.key.rsplit('.', 1)[-1]})"
    if isinstance(value, datetime):
        value = f"{value:%Y-%m-%d %H:%M %Z}"
    elif isinstance(value, Decimal | float) and exact(value) != text(value).replace(",", ""):
        value = exact(value)  # what stands there, not rounded as for reading
    return shortened(" ".join(str(plain(value)).split()), longest)


def shown_apart(before: Value, after: Value, longest: int) -> tuple[str, str]:
    """Return two values, each on one line, long ones from shortly before where they begin to differ."""
    was, becomes = (" ".join(str(plain(one)).split()) if isinstance(one, str) else "" for one in (before, after))
    pairs = enumerate(zip(was, becomes, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), min(len(was), len(becomes)))
    if same <= longest - FROM_WHERE_IT_DIFFERS or max(len(was), len(becomes)) <= longest:
        return _or_empty(before, longest), _or_empty(after, longest)
    begins = was.rfind(" ", 0, max(1, same - FROM_WHERE_IT_DIFFERS)) + 1
    was, becomes = (f"…{shortened(said[begins:], longest - 1) or '(ends here)'}" for said in (was, becomes))
    return was, becomes


def _or_empty(value: Value, longest: int) -> str:
    return shown_value(value, longest) if value not in (None, "", []) else "(empty)"


def show_story(story: Story) -> None:
    """Print why a deal stands where it stands."""
    deal = story.deal
    out.print(f"{deal['account'] or 'no account'}: {deal['name']} ({deal['id']})", style="bold", markup=False)
    out.print(f"{deal['url']}", style="dim", markup=False)
    out.print(f"\nNow: {story.now}", style="bold", markup=False)
    out.print(f"Who acts next: {story.next}", markup=False)
    out.print(f"\nWon {_when(deal['won_at'])} ({deal['won_how']}); read {_when(deal['read_at'])}.", markup=False)
    if not story.segment:
        return
    if story.kind not in ("", NEW_CUSTOMER):
        out.print(f"{story.kind.replace('_', ' ').capitalize()}, because {story.kind_because}.", markup=False)
    out.print(f"Segment {story.segment}, because {story.segment_because}.", markup=False)
    out.print(f"Receiver {story.receiver}: {story.receiver_because}.", markup=False)
    out.print("\nRead from the CRM", style="bold")
    for label, value in story.read.items():
        out.print(f"  {label}: {value}", markup=False)
    out.print(f"\nMissing ({story.completeness} complete)", style="bold")
    for gap in story.missing:
        ask = f" - ask: {gap['ask']}" if gap["ask"] else ""
        out.print(f"  {gap['label']}{ask}", markup=False)
    if not story.missing:
        out.print("  nothing")
    for note in story.notes:
        out.print(f"  Note: {note}", style="yellow", markup=False)
    out.print("\nDone", style="bold")
    for one in story.done:
        at = f"{_when(one['at'])}  " if one.get("at") else ""
        ref = f" ({one['id']})" if one.get("id") else ""
        reason = f": {one['reason']}" if one.get("reason") else ""
        out.print(f"  {at}{one['words']}{ref}{reason}", markup=False)
    if not story.done:
        out.print("  nothing yet")


def _when(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC" if moment else "just now"
