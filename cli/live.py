"""`handoff check --live`: the files, then a look at both systems; what is wrong, and who must do what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from cli.console import Exit, document, err, headline, out
from flows import _wiring
from handoff.errors import ConfigError
from handoff.examples import run_examples
from handoff.expected import expected_of_crm, expected_of_platform
from handoff.inspection import OPERATOR, REVOPS, Check, Finding, State, looked, not_checked
from handoff.mapping import Mappings
from handoff.settings import Settings

FILES = "files"
MARKS = {State.WELL: ("✓", "green"), State.FOUND: ("✗", "red"), State.NOT_CHECKED: ("–", "yellow")}


@dataclass(frozen=True)
class Asked:
    """What the reader says beside the files: an admin's count of won deals, and the seconds between passes."""

    won_deals: int | None = None
    every: int = 60


def check_live(choose: Callable[[], _wiring.Choice], asked: Asked, *, as_json: bool) -> None:
    """Show every check of the files and of both systems; leave with 2 when anything was found."""
    notices: list[str] = []
    try:
        chosen = choose()
        headline(f"{_wiring.systems(chosen)} (reads only)", as_json=as_json)
        checks = [check for one in chosen.each() for check in _checks(one, asked, notices)]
        checks, notices = list(dict.fromkeys(checks)), list(dict.fromkeys(notices))
    except ConfigError as error:
        checks = [_settings(error)]
    findings = [(check, finding) for check in checks for finding in check.findings]
    if as_json:
        found = [
            {"system": c.system, "check": c.name, "what": f.what, "who": f.who, "remedy": f.remedy} for c, f in findings
        ]
        told = [check.as_dict() for check in checks]
        document("check", ok=not findings, findings=found, checks=told, notices=notices)
    else:
        _show(checks, notices, len(findings))
    if findings:
        raise SystemExit(int(Exit.CONFIG))


def _checks(chosen: _wiring.Choice, asked: Asked, notices: list[str]) -> list[Check]:
    """Return every check; the files' notices go into `notices` as soon as they are known."""
    settings = chosen.settings()
    try:
        loaded = _wiring.each_mappings_of(chosen)
    except ConfigError as error:
        because = "the mapping files have mistakes, so it is not known what to look for"
        return [
            looked(FILES, "mapping files", _mistakes(error, REVOPS, "Correct the file.")),
            *_unseen(settings, because),
        ]
    mappings = next(iter(loaded.values()))
    notices += [words for one in loaded.values() for words in one.notices]
    checks = [_files(list(loaded.values()))]
    try:
        crm, platforms = _wiring.to_inspect(chosen, mappings)
    except ConfigError as error:
        return [*checks, _settings(error), *_unseen(settings, "the settings have mistakes (see settings)")]
    err.print(f"Looking at {settings.crm.system} ...", style="dim")
    checks += crm.inspect(expected_of_crm(mappings, won_deals=asked.won_deals, every_seconds=asked.every))
    for name, platform in platforms.items():
        err.print(f"Looking at {platform.system} ...", style="dim")
        checks += platform.inspect(expected_of_platform(loaded[name], every_seconds=asked.every))
    return checks


def _unseen(settings: Settings, because: str) -> list[Check]:
    return [not_checked(f"{one.system} {one.name}", "all", because) for one in (settings.crm, *settings.platforms)]


def _settings(error: ConfigError) -> Check:
    return looked(FILES, "settings", _mistakes(error, OPERATOR, "Correct the setting."))


def _mistakes(error: ConfigError, who: str, remedy: str) -> list[Finding]:
    return [Finding(what, who, remedy) for what in error.findings or (error.message,)]


def _files(each: Sequence[Mappings]) -> Check:
    """Return the check of one CRM's files with each platform's."""
    found = []
    if each[0].contract.starts is None:
        what = "start_from is missing in handoff.yml: `sync` will refuse to start."
        found.append(Finding(what, REVOPS, "Add the day from which wins are handed off: start_from: 2026-12-01"))
    ran = run_examples(each)
    found += [Finding(what, REVOPS, "Correct the example or the rule.") for what in ran.findings]
    steps = ", ".join(dict.fromkeys(step for one in each for step in one.target.order))
    return looked(FILES, "mapping files", found, f"version {each[0].version}, {len(ran.run)} examples, steps {steps}")


def _show(checks: Sequence[Check], notices: Sequence[str], count: int) -> None:
    for system, some in groupby(checks, key=lambda check: check.system):
        out.print(system, style="bold", markup=False)
        for check in some:
            _show_one(check)
        for notice in notices if system == FILES else ():
            out.print(f"      {notice}", style="yellow", markup=False)
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
