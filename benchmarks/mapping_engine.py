"""
Measures the mapping engine beside hand-written Python, jmespath, glom and jsonata-python on a record of 28 fields.

    python benchmarks/mapping_engine.py [--rounds 31] [--write docs/speed.md]

Everything is compiled before the clock starts, and every contestant must give the same fields for each of three
records. The contestants take turns within each round, and only ratios within a round are kept: their medians mean the
same on any machine.
"""

import argparse
import gc
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, cast
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.mapping_contestants import (  # noqa: E402
    Contestant,
    Conversions,
    Record,
    by_glom,
    by_jmespath,
    by_jsonata,
    by_kept_jmespath,
    by_one_jmespath,
    hand_written,
)
from cli.screens import told_from  # noqa: E402
from connectors._salesforce_records import parsed  # noqa: E402
from connectors.gainsight import SYSTEM as GAINSIGHT  # noqa: E402
from handoff.loading import load_mappings  # noqa: E402
from handoff.mapping import Mappings  # noqa: E402
from handoff.model import Deal, DealRef, Handoff, WonHow  # noqa: E402
from handoff.paths import flatten  # noqa: E402
from handoff.plan import plan  # noqa: E402
from handoff.policy import Times, judge  # noqa: E402
from handoff.provenance import Evidence, evidence  # noqa: E402
from handoff.transforms import TRANSFORMS  # noqa: E402

HERE = Path(__file__).resolve().parent / "mapping_record"
SECONDS_A_TURN = 0.01
RULES = re.compile(r" \[sources/salesforce.yml:\d+\]  by targets/gainsight.yml:\d+$")
FIGURES = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
HAND, ENGINE = "hand-written Python", "**the engine**"


def mappings(conversions: Conversions) -> Mappings:
    """Return the shipped mappings with a source of 28 rules, and a target that all of its fields go out to."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(cast(dict[str, Any], TRANSFORMS), conversions):
        files = Path(shutil.copytree(ROOT / "mappings", Path(folder) / "mappings"))
        shutil.copy(HERE / "salesforce.yml", files / "sources/salesforce.yml")
        shutil.copy(HERE / "gainsight.yml", files / "targets/gainsight.yml")
        return load_mappings(files, crm="salesforce", platform=GAINSIGHT.platform)


def by_engine(conversions: Conversions) -> Contestant:
    """Return what happens to a deal's own fields: the connector makes them flat, and the source reads them."""
    compiled = mappings(conversions).source
    flat, read = flatten(compiled.paths), compiled.read
    return lambda record: read(flat(record))[0]


CONTESTANTS: Mapping[str, Callable[[Conversions], Contestant]] = {
    HAND: hand_written,
    ENGINE: by_engine,
    "jmespath, an expression a field": by_jmespath,
    "jmespath, the same with its interpreter kept": by_kept_jmespath,
    "jmespath, one expression for all": by_one_jmespath,
    "glom": by_glom,
    "jsonata-python": by_jsonata,
}


def records() -> dict[str, Record]:
    """Return the record that is timed, and two that show that everybody does the same work."""
    full = cast(dict[str, Any], parsed((HERE / "record.json").read_bytes()))
    sparse = dict.fromkeys(full) | {"Name": full["Name"], "Type": full["Type"], "Amount": full["Amount"]}
    other = full | {"Type": "Renewal", "Plan_Tier__c": "Platinum", "NextStep": "", "ARR__c": 51000, "Account": {}}
    return {"full": full, "sparse": sparse, "other": other}


def agreed(contestants: Mapping[str, Contestant]) -> None:
    """Raise `SystemExit` when two contestants differ on a record."""
    for label, record in records().items():
        expected = contestants[HAND](record)
        for name, work in contestants.items():
            found = work(record)
            differing = {field for field in {*expected, *found} if expected.get(field) != found.get(field)}
            if differing:
                raise SystemExit(f"{name} differs on the {label} record in {', '.join(sorted(differing))}")


def ratios(works: Mapping[str, Callable[[], object]], base: str, rounds: int) -> dict[str, list[float]]:
    """Return for each work its time over that of `base` in the same round, round by round."""
    calls = {name: max(1, round(SECONDS_A_TURN / _seconds(work, 20))) for name, work in works.items()}
    found: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            times = {name: _seconds(work, calls[name]) for name, work in works.items()}
            for name, seconds in times.items():
                found[name].append(seconds / times[base])
    finally:
        gc.enable()
    return found


def _seconds(work: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def handoff_of(known: Mappings, record: Record) -> Handoff:
    """Return the record as a deal, judged, as the product does before it plans."""
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    deal = Deal(
        ref=DealRef("main", "salesforce", "00D5g000004XyZwEAK", record["Id"]),
        name=record["Name"],
        account_id="001Hb000000000aIAA",
        account_name=record["Account"]["Name"],
        amount=record["Amount"],
        currency="EUR",
        owner_email=None,
        owner_active=True,
        won_at=at,
        won_how=WonHow.HISTORY,
        episode=1,
        url="",
        source=flatten(known.source.paths)(record),
    )
    return judge(deal, known, {}, Times.first(deal, at))


def table(rounds: int) -> list[str]:
    """Return the figures as lines of Markdown."""
    full = records()["full"]
    same = dict.fromkeys(TRANSFORMS, lambda value: value)
    columns = []
    for conversions in (TRANSFORMS, same):
        contestants = {name: make(conversions) for name, make in CONTESTANTS.items()}
        agreed(contestants)
        works = {name: (lambda work=work: work(full)) for name, work in contestants.items()}
        columns.append(ratios(works, HAND, rounds))
    lines = [
        "| 28 fields by | whole work, hand-written = 1 | engine is faster by | without conversions, hand-written = 1 | "
        "engine is faster by |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name in CONTESTANTS:
        cells = []
        for column in columns:
            against = median(theirs / ours for theirs, ours in zip(column[name], column[ENGINE], strict=True))
            cells += [f"{median(column[name]):.1f}", "" if name == ENGINE else f"{against:.1f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, "", *_traced(full, rounds)]


def _traced(full: Record, rounds: int) -> list[str]:
    known, work = mappings(TRANSFORMS), by_engine(TRANSFORMS)
    handoff = handoff_of(known, full)
    [company], _ = plan(handoff, known, {}, platform="main")
    traces = {trace.field: trace for trace in company.traces}

    def told(field: str) -> Evidence:
        return evidence(traces[field], company.payload[field], handoff, known)

    readings = [reading for field in company.payload for reading in told(field).readings]
    assert {one.origin.name: one.value for one in readings} == work(full)
    shown = {field: told_from(told(field)) for field in company.payload}
    assert len(shown) == 28
    assert all(RULES.search(line) for [line] in shown.values())
    works: dict[str, Callable[[], object]] = {
        "work": lambda: work(full),
        "one": lambda: told("ARR__gc"),
        "all": lambda: [told(field) for field in company.payload],
    }
    cost = {name: median(found) for name, found in ratios(works, "work", rounds).items()}
    return [
        f"Then all {len(shown)} went out as output fields, and the evidence for each was taken from the deal and the",
        "rules by the product's own `handoff.provenance.evidence`; nothing is recorded for it while mapping. It takes",
        f"{cost['one']:.2f} of the time of mapping the record for one field, {cost['all']:.1f} for all of them. Three "
        "of them, as `--dry-run`",
        "prints them:",
        "",
        "```",
        *(f"{field} {line}" for field in ("ARR__gc", "Discount__gc", "Country__gc") for line in shown[field]),
        "```",
    ]


def main() -> None:
    """Measure, print, and write into the page where asked to."""
    options = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    options.add_argument("--rounds", type=int, default=31)
    options.add_argument("--write", type=Path, metavar="FILE")
    chosen = options.parse_args()
    figures = "\n".join(table(chosen.rounds))
    print(figures)
    if chosen.write:
        page = chosen.write.read_text(encoding="utf-8")
        chosen.write.write_text(FIGURES.sub(lambda m: f"{m[1]}{figures}\n{m[2]}", page), encoding="utf-8")


if __name__ == "__main__":
    main()
