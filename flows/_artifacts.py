"""What a run shows in Prefect: counts, the balance, and the exceptions with their reasons. No addresses, no payload."""

from datetime import timedelta
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from handoff.backfills import PLAN_HOLDS
from handoff.calls import spoken
from handoff.findings import MEANINGS
from handoff.reconcile import Reconciled
from handoff.report import MOST_EXCEPTIONS, Report
from handoff.transforms import shortened

LONGEST_NAME = 50


def publish(report: Report) -> None:
    """Create the three artifacts of one run."""
    create_markdown_artifact(key="handoff-balance", markdown=balance(report), description="Every deal, accounted for")
    create_table_artifact(key="handoff-counts", table=counts(report), description="What was made, by kind")
    create_table_artifact(key="handoff-exceptions", table=exceptions(report), description="Who must look at what")


def balance(report: Report) -> str:
    """Return the balance line and the few numbers around it."""
    lines = [
        f"**{report.balance.words()}**",
        "",
        f"- {report.handed_off:,} handed off in this run",
        f"- {report.receipts['written']:,} deals told in the CRM, {report.receipts['pending']:,} receipts pending",
        f"- {report.before_start:,} won before `start_from`, left alone",
    ]
    if report.exceptions_left_out:
        lines.append(f"- {report.exceptions_left_out:,} more exceptions than the table shows")
    return "\n".join(lines)


def counts(report: Report) -> list[dict[str, str | int]]:
    """Return one row a kind and result."""
    rows: list[dict[str, str | int]] = [
        {"kind": kind, "result": result, "count": count}
        for kind, results in report.steps.items()
        for result, count in results.items()
    ]
    return rows or [{"kind": "-", "result": "nothing to do", "count": 0}]


def exceptions(report: Report) -> list[dict[str, str]]:
    """Return at most 200 exceptions, one row each: first what and who, so that a narrow screen shows the point."""
    rows = [
        {"what": e.what, "name": shortened(e.name, LONGEST_NAME), "reason": e.reason, "deal": e.deal, "url": e.url}
        for e in report.exceptions[:MOST_EXCEPTIONS]
    ]
    return rows or [{"what": "none", "name": "-", "reason": "", "deal": "-", "url": ""}]


def backfill_summary(plan: Any) -> str:
    """Return what somebody must know who approves a kept plan."""
    counts, calls = plan.counts, plan.counts["calls"]
    lines = [
        f"**Plan {plan.id}: {counts['deals']:,} historical deals, {sum(counts['skipped'].values()):,} left alone**",
        "",
    ]
    for name, step in counts["steps"].items():
        said = ", ".join(f"{number:,} {what}" for what, number in step.items() if what != "kind" and number)
        lines.append(f"- {name}: {said.replace('_', ' ')}")
    for one in calls["ahead"]:
        takes = spoken(timedelta(seconds=one["seconds"]))
        lines.append(
            f"- {one['calls']:,} calls to {one['system']}: {takes} at {calls['share']:.0%} of the allowed rate"
        )
    if counts["most_tasks"]:
        lines.append(
            f"- {counts['people_with_tasks']:,} people get open work, {counts['most_tasks']:,} at most for one"
        )
    if counts.get("tasks_the_platform_gives"):
        lines.append(f"- {counts['tasks_the_platform_gives']:,} pieces of open work go to whom the platform gives them")
    if counts["overdue"]:
        lines.append(f"- {counts['overdue']:,} of it would be overdue at once")
    lines += [f"- left alone, {number:,}: {why}" for why, number in counts["skipped"].items()]
    until = plan.made_at + PLAN_HOLDS
    return "\n".join([*lines, "", f"It holds until {until:%Y-%m-%d %H:%M} UTC. Nothing has been sent."])


def publish_reconciled(done: Reconciled) -> None:
    """Create the two artifacts of one reconciliation."""
    create_markdown_artifact(key="handoff-reconciled", markdown=reconciled(done), description="Both systems, counted")
    create_table_artifact(key="handoff-findings", table=findings(done), description="What differs, and who must act")


def reconciled(done: Reconciled) -> str:
    """Return the result, the balance of the won deals, and what each kind of finding means."""
    lines = [f"**{done.words()}**", "", f"- {done.balance.words()}", f"- {done.records:,} records carry keys of ours"]
    if done.strangers:
        lines.append(f"- {done.strangers:,} carry keys of another deployment, left alone")
    if done.healed:
        lines.append(f"- {done.healed:,} repaired in the ledger (run {done.run}); the next pass does the rest")
    counts = done.counts()
    if counts:
        lines += ["", "| found | count | what it means | who acts |", "| --- | ---: | --- | --- |"]
        meanings = [(what, MEANINGS[what]) for what in MEANINGS if what in counts]
        lines += [f"| {what} | {counts[what]:,} | {said.means} | {said.who} |" for what, said in meanings]
    if len(done.findings) > MOST_EXCEPTIONS:
        lines += ["", f"{len(done.findings) - MOST_EXCEPTIONS:,} more than the table shows: `handoff reconcile --json`"]
    return "\n".join(lines)


def findings(done: Reconciled) -> list[dict[str, str]]:
    """Return at most 200 findings, one row each, the most pressing first."""
    rows = [
        {
            "what": one.what.value,
            "who": one.who,
            "name": shortened(one.name, LONGEST_NAME),
            "work": one.step.rpartition(".")[2],
            "why": one.why,
            "deal": one.deal,
            "url": next(iter(one.links), one.url),
        }
        for one in done.findings[:MOST_EXCEPTIONS]
    ]
    return rows or [{"what": "nothing", "who": "nobody", "name": "-", "work": "", "why": "", "deal": "-", "url": ""}]
