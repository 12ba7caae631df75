"""
Counts the calls that handing off the public data set costs, beside a floor that is computed without our code.

    python benchmarks/calls.py --data ../shared/data/crm_sales_opportunities [--write docs/calls.md]

Starts a sandbox on this machine, runs `handoff sync` against it as a person would, and counts `/journal`. The floor
imports nothing of ours: it is arithmetic over the vendors' batch sizes and the data set.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

ROOT = Path(__file__).resolve().parent.parent
PORT_BASE = 18700
WAVE, SALESFORCE_PAGE, SALESFORCE_WRITES, OBJECTS_A_CALL = 2_000, 2_000, 200, 50
GAINSIGHT_LIMIT, SALESFORCE_LIMIT = 0.08, 0.015
SINGLE_CALLS_DEALS = 400
direct = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Setting:
    """One way to run: its sizes, who gets a plan, and on how many deals it is measured."""

    name: str
    lists: int
    timeline: int
    objects: int
    keys: int
    plan_for_all: bool
    deals: int | None = None


SETTINGS = (
    Setting("lists of 50, a plan for every deal", 50, 50, 50, 200, plan_for_all=True),
    Setting("as shipped (CTA and plan lists of 10)", 10, 50, 50, 200, plan_for_all=False),
    Setting("single calls", 1, 1, 1, 1, plan_for_all=False, deals=SINGLE_CALLS_DEALS),
)


@dataclass(frozen=True)
class Measured:
    """What one setting cost."""

    setting: Setting
    deals: int
    gainsight: int
    salesforce: int
    gainsight_floor: int
    salesforce_floor: int
    refused: int
    seconds: float


def won_deals(data: Path) -> list[tuple[str, int]]:
    """Return (account, amount) of each won deal, oldest first, as the pipeline file has them."""
    with (data / "sales_pipeline.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["deal_stage"] == "Won"]
    return [(row["account"], int(row["close_value"])) for row in sorted(rows, key=lambda row: row["close_date"])]


def floor(deals: list[tuple[str, int]], setting: Setting, plan_from: int) -> tuple[int, int]:
    """
    Return the fewest (Gainsight, Salesforce) calls, whatever the engine: each record made once, each found first.

    A company is looked up and inserted once; timeline entries carry their own key and need no look-up.
    """
    accounts: set[str] = set()
    gainsight = 1  # the users
    for start in range(0, len(deals), WAVE):
        wave = deals[start : start + WAVE]
        plans = sum(setting.plan_for_all or amount >= plan_from for _, amount in wave)
        new = {account for account, _ in wave} - accounts
        accounts |= new
        gainsight += ceil(len(new) / setting.keys) + ceil(len(new) / setting.objects)
        for made in (len(wave), plans):
            gainsight += ceil(made / setting.keys) + ceil(made / setting.lists)
        gainsight += ceil(len(wave) / setting.timeline)
    salesforce = ceil(len(deals) / SALESFORCE_PAGE) + ceil(len(deals) / SALESFORCE_WRITES)
    return gainsight, salesforce


def mappings_for(setting: Setting, folder: Path) -> Path:
    """Return the measuring contract, changed so that every deal gets a plan where the setting says so."""
    copy = folder / "mappings"
    shutil.copytree(ROOT / "benchmarks" / "one_per_deal", copy)
    if setting.plan_for_all:
        contract = copy / "handoff.yml"
        text = contract.read_text(encoding="utf-8")
        everybody = text.replace(
            "with_plan: [{field: segment, in: [enterprise, mid_market]}]",
            "with_plan: [{field: segment, present: true}]",
        )
        assert everybody != text
        contract.write_text(everybody, encoding="utf-8")
    return copy


def measure(setting: Setting, data: Path) -> Measured:
    """Run one setting against a fresh sandbox and count what reached it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "sandbox.log").open("wb") as log:
            command = [
                sys.executable,
                "-m",
                "cli",
                "sandbox",
                "--port-base",
                str(PORT_BASE),
                "--load-csv",
                str(data),
            ]
            sandbox = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait(sandbox, folder / "sandbox.log")
            started = time.monotonic()
            _sync(setting, folder)
            seconds = time.monotonic() - started
            journal = json.load(direct.open(f"http://127.0.0.1:{PORT_BASE}/journal"))
        finally:
            sandbox.terminate()
            sandbox.wait(20)
    deals = won_deals(data)[: setting.deals]
    calls = Counter(row["system"] for row in journal)
    fewest = floor(deals, setting, plan_from=3_000)
    refused = sum(row["status"] == 429 for row in journal)
    return Measured(setting, len(deals), calls["gainsight"], calls["salesforce"], *fewest, refused, seconds)


def _sync(setting: Setting, folder: Path) -> None:
    sizes = {
        "LIST_SIZE": setting.lists,
        "TIMELINE_LIST_SIZE": setting.timeline,
        "OBJECT_LIST_SIZE": setting.objects,
        "KEYS_PER_LOOKUP": setting.keys,
    }
    env = os.environ | {f"HANDOFF_PLATFORM_MAIN_{name}": str(size) for name, size in sizes.items()}
    env |= {"HANDOFF_SANDBOX": str(PORT_BASE), "HANDOFF_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}"}
    command = [sys.executable, "-m", "cli", "sync", "--mappings", str(mappings_for(setting, folder)), "--json"]
    command += ["--limit", str(setting.deals)] if setting.deals else []
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=1_200, check=False)
    if done.returncode:
        raise SystemExit(f"sync ended with {done.returncode}:\n{done.stderr}")


def _wait(sandbox: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        try:
            direct.open(f"http://127.0.0.1:{PORT_BASE}/healthz").close()
            return
        except OSError:
            if sandbox.poll() is not None:
                raise SystemExit(f"the sandbox ended:\n{log.read_text()}") from None
            time.sleep(0.1)
    raise SystemExit("the sandbox did not start within a minute")


def table(rows: list[Measured]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| setting | deals | Gainsight calls | a deal | floor | over | Salesforce calls | a deal | floor | 429 | s |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {m.setting.name} | {m.deals:,} | {m.gainsight:,} | {m.gainsight / m.deals:.4f} | {m.gainsight_floor:,} "
        f"| {m.gainsight / m.gainsight_floor - 1:.1%} | {m.salesforce:,} | {m.salesforce / m.deals:.4f} "
        f"| {m.salesforce_floor:,} | {m.refused} | {m.seconds:.0f} |"
        for m in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure every setting, print the table, and fail when a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the CRM Sales Opportunities data set")
    parser.add_argument("--write", type=Path, help="also put the table into this file, between its two markers")
    chosen = parser.parse_args()
    rows = []
    for setting in SETTINGS:
        print(f"measuring: {setting.name} ...", file=sys.stderr, flush=True)
        rows.append(measure(setting, chosen.data.resolve()))
    print(table(rows))
    if chosen.write:
        before, _, rest = chosen.write.read_text(encoding="utf-8").partition("<!-- figures -->")
        _, _, after = rest.partition("<!-- end of figures -->")
        page = f"{before}<!-- figures -->\n{table(rows)}\n<!-- end of figures -->{after}"
        chosen.write.write_text(page, encoding="utf-8")
    best = rows[0]
    if best.gainsight / best.deals > GAINSIGHT_LIMIT or best.salesforce / best.deals > SALESFORCE_LIMIT:
        raise SystemExit(f"over the bound of {GAINSIGHT_LIMIT} Gainsight or {SALESFORCE_LIMIT} Salesforce calls a deal")


if __name__ == "__main__":
    main()
