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
from pathlib import Path
from statistics import median
from typing import Any, cast
from unittest.mock import patch

from mapping_contestants import (
    Contestant,
    Conversions,
    Record,
    by_glom,
    by_jmespath,
    by_jsonata,
    by_one_jmespath,
    hand_written,
)

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from connectors._salesforce_records import parsed  # noqa: E402
from handoff.mapping import Source, load_mappings  # noqa: E402
from handoff.paths import flatten, getter  # noqa: E402
from handoff.rules import Context  # noqa: E402
from handoff.transforms import TRANSFORMS, missing  # noqa: E402

HERE = Path(__file__).resolve().parent / "mapping_record"
SECONDS_A_TURN = 0.01
FIGURES = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
HAND, ENGINE = "hand-written Python", "**the engine**"


def source(conversions: Conversions) -> Source:
    """Return the source of 28 rules, compiled among the shipped mappings."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(cast(dict[str, Any], TRANSFORMS), conversions):
        mappings = Path(shutil.copytree(ROOT / "mappings", Path(folder) / "mappings"))
        shutil.copy(HERE / "salesforce.yml", mappings / "sources/salesforce.yml")
        return load_mappings(mappings, crm="salesforce", platform="gainsight").source


def by_engine(conversions: Conversions) -> Contestant:
    """Return what happens to a deal's own fields: the connector's flat mapping, then every rule."""
    compiled = source(conversions)
    flat, rules = flatten(compiled.paths), compiled.fields

    def work(record: Record) -> dict[str, Any]:
        context = Context(flat(record))
        return {name: value for name, rule in rules.items() if (value := rule(context)) is not None}

    return work


CONTESTANTS: Mapping[str, Callable[[Conversions], Contestant]] = {
    HAND: hand_written,
    ENGINE: by_engine,
    "jmespath, an expression a field": by_jmespath,
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


def provenance(compiled: Source, record: Record, fields: Mapping[str, Any], name: str) -> str:
    """Return where a field came from: the record, its field and value before, the rule, and the value after."""
    origin = compiled.origin(name)
    path, before = next(
        ((path, value) for path in origin.paths if not missing(value := getter(path)(record))), ("nothing said", None)
    )
    said = f"{path} = {before!r} of Opportunity {record['Id']}" if before is not None else f"{origin.paths[0]}: {path}"
    return f"{name} = {fields[name]!r} <- {said} [{origin.place}]"


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
    compiled, work = source(TRANSFORMS), by_engine(TRANSFORMS)
    fields = work(full)
    shown = {name: provenance(compiled, full, fields, name) for name in fields}
    assert len(shown) == 28
    assert all(re.search(r"\[sources/salesforce.yml:\d+\]$", line) for line in shown.values())
    works = {
        "work": lambda: work(full),
        "one": lambda: provenance(compiled, full, fields, "arr"),
        "all": lambda: [provenance(compiled, full, fields, name) for name in fields],
    }
    cost = {name: median(found) for name, found in ratios(works, "work", rounds).items()}
    return [
        f"After the run, the provenance of all {len(shown)} fields was rendered from the rules and the record; nothing "
        "is recorded for it",
        f"while mapping. Rendering one field takes {cost['one']:.2f} of the time of mapping the record, all of them "
        f"{cost['all']:.1f}. Three of them:",
        "",
        "```",
        *(shown[name] for name in ("arr", "discount", "account.country")),
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
