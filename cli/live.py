"""`handoff check --live`: the files, then a look at both systems; what is wrong, and who must do what."""

from collections.abc import Sequence
from itertools import groupby

from cli.console import Exit, document, err, headline, out
from flows import _wiring
from handoff.errors import ConfigError
from handoff.examples import unmet
from handoff.expected import expected_of_crm, expected_of_platform
from handoff.inspection import REVOPS, Check, Finding, State, looked, not_checked
from handoff.mapping import Mappings

FILES = "files"
MARKS = {State.WELL: ("✓", "green"), State.FOUND: ("✗", "red"), State.NOT_CHECKED: ("–", "yellow")}


def check_live(chosen: _wiring.Choice, won_deals: int | None, *, as_json: bool) -> None:
    """Show every check of the files and of both systems; leave with 2 when anything was found."""
    headline(f"{_wiring.systems(chosen)} (reads only)", as_json=as_json)
    checks = _checks(chosen, won_deals)
    findings = [(check, finding) for check in checks for finding in check.findings]
    if as_json:
        found = [
            {"system": c.system, "check": c.name, "what": f.what, "who": f.who, "remedy": f.remedy} for c, f in findings
        ]
        document("check", ok=not findings, findings=found, checks=[check.as_dict() for check in checks])
    else:
        _show(checks, len(findings))
    if findings:
        raise SystemExit(int(Exit.CONFIG))


def _checks(chosen: _wiring.Choice, won_deals: int | None) -> list[Check]:
    settings = chosen.settings()
    try:
        mappings = _wiring.mappings_of(chosen)
    except ConfigError as error:
        found = [Finding(what, REVOPS, "Correct the file.") for what in error.findings or (error.message,)]
        because = "the mapping files have mistakes, so it is not known what to look for"
        names = [f"{instance.system} {instance.name}" for instance in (settings.crm, settings.platform)]
        return [looked(FILES, "mapping files", found), *(not_checked(name, "all", because) for name in names)]
    crm, platform = _wiring.to_inspect(chosen, mappings)
    checks = [_files(mappings)]
    err.print(f"Looking at {settings.crm.system} ...", style="dim")
    checks += crm.inspect(expected_of_crm(mappings, won_deals=won_deals))
    err.print(f"Looking at {settings.platform.system} ...", style="dim")
    checks += platform.inspect(expected_of_platform(mappings))
    return checks


def _files(mappings: Mappings) -> Check:
    found = []
    if mappings.contract.starts is None:
        what = "start_from is missing in handoff.yml: `sync` will refuse to start."
        found.append(Finding(what, REVOPS, "Add the day from which wins are handed off: start_from: 2026-12-01"))
    count, differing = unmet(mappings)
    found += [Finding(what, REVOPS, "Correct the example or the rule.") for what in differing]
    told = f"version {mappings.version}, {count} examples, steps {', '.join(mappings.target.order)}"
    return looked(FILES, "mapping files", found, told)


def _show(checks: Sequence[Check], count: int) -> None:
    for system, some in groupby(checks, key=lambda check: check.system):
        out.print(system, style="bold", markup=False)
        for check in some:
            _show_one(check)
    skipped = sum(check.state is State.NOT_CHECKED for check in checks)
    left_out = f"; {skipped} not checked" if skipped else ""
    said = "Nothing is wrong" if not count else "1 finding" if count == 1 else f"{count} findings"
    out.print(f"{said}{left_out}. Nothing was written.", style="bold", markup=False)


def _show_one(check: Check) -> None:
    mark, style = MARKS[check.state]
    said = f"not checked: {check.because}" if check.state is State.NOT_CHECKED else ""
    more = " - ".join(part for part in (said, check.told) if part)
    out.print(f"  {mark} {check.name}" + (f": {more}" if more else ""), style=style, markup=False)
    for finding in check.findings:
        out.print(f"      {finding.what}", markup=False)
        out.print(f"        {finding.who}: {finding.remedy}", markup=False)
