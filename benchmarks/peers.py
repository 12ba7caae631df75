"""
Holds `handoff sync` beside a plain script and drt-core on the work that each can do, over HTTP against the stand-ins.

    python benchmarks/peers.py [--drt PATH/TO/drt] [--data FOLDER_OF_THE_CSVS] [--write docs/throughput.md]

For each way a sandbox of its own is started with the same won deals. It runs once, and again, and its calls and records
are counted; then in a new sandbox it is killed at random moments and started again until it has nothing left to do.
"""

import argparse
import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

ROOT = Path(__file__).resolve().parent.parent
PORT_BASE = 18900
DEALS, KILLS, SEED = 150, 8, 4
PASSES_AFTER = 12
FIGURES = re.compile(r"(<!-- peers -->\n).*?(<!-- end of peers -->)", re.DOTALL)
SALESFORCE, GAINSIGHT = f"http://127.0.0.1:{PORT_BASE + 1}", f"http://127.0.0.1:{PORT_BASE + 3}"
SIZES = {"LIST_SIZE": "50", "TIMELINE_LIST_SIZE": "50", "OBJECT_LIST_SIZE": "50", "KEYS_PER_LOOKUP": "200"}
WORK = {"call_to_action": "CTAs", "cta_group": "plans", "activity_timeline": "entries"}
direct = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Way:
    """One way to hand deals off: commands that run one after the other, in which environment and folder."""

    name: str
    commands: Sequence[Sequence[str]]
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT


@dataclass(frozen=True)
class Counted:
    """What the platform holds: how much of the work is missing, and how much is there more than once."""

    missing: int
    twice: Counter[str]


def ways(drt: str | None, folder: Path) -> Iterator[Way]:
    """Yield the ways, each ready to run."""
    script = str(ROOT / "benchmarks/record_by_record.py")
    yield Way("plain script", [[sys.executable, script, SALESFORCE, GAINSIGHT]])
    if drt:
        project = Path(shutil.copytree(ROOT / "benchmarks/drt_project", folder / "drt"))
        for file in project.rglob("*.yml"):
            text = file.read_text(encoding="utf-8").replace("SALESFORCE", SALESFORCE).replace("GAINSIGHT", GAINSIGHT)
            file.write_text(text, encoding="utf-8")
        (project / ".drt").mkdir()
        shutil.move(project / "profiles.yml", project / ".drt/profiles.yml")
        run = [drt, "run", "--quiet"]
        deals = [word for name in ("plan", "cta", "entry", "mark") for word in ("--select", name)]
        commands = [[*run, "--select", "company", "--profile", "accounts"], [*run, *deals]]
        yield Way("drt-core 1.2.1", commands, {"HOME": str(project), "NO_PROXY": "127.0.0.1"}, project)
    mappings = Path(shutil.copytree(ROOT / "benchmarks/one_per_deal", folder / "mappings"))
    contract = mappings / "handoff.yml"
    text = contract.read_text(encoding="utf-8")
    before, after = "[{field: segment, in: [enterprise, mid_market]}]", "[{field: segment, present: true}]"
    assert before in text
    contract.write_text(text.replace(before, after), encoding="utf-8")
    env = {f"HANDOFF_PLATFORM_MAIN_{name}": size for name, size in SIZES.items()}
    env |= {"HANDOFF_SANDBOX": str(PORT_BASE), "HANDOFF_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}"}
    yield Way("handoff sync", [[sys.executable, "-m", "cli", "sync", "--mappings", str(mappings), "--json"]], env)


def won_deals(data: Path | None, folder: Path, deals: int) -> Path:
    """Return a folder of CSVs with so many won deals: the oldest of the data set, invented ones where it is absent."""
    if data is None:
        return _invented(folder / "csv", deals)
    cut = Path(shutil.copytree(data, folder / "csv"))
    with (cut / "sales_pipeline.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["deal_stage"] == "Won"]
    rows = sorted(rows, key=lambda row: row["close_date"])[:deals]
    _write(cut / "sales_pipeline.csv", rows)
    return cut


def _invented(folder: Path, deals: int) -> Path:
    folder.mkdir()
    accounts = [f"Nordwind {number}" for number in range(max(1, deals // 3))]
    about = {"sector": "medical", "year_established": 1999, "revenue": 251.41, "employees": 495}
    about |= {"office_location": "Norway", "subsidiary_of": ""}
    _write(folder / "accounts.csv", [{"account": name} | about for name in accounts])
    _write(folder / "products.csv", [{"product": "Lights", "series": "Port", "sales_price": 550}])
    team = {"sales_agent": "Rosa Lang", "manager": "Per Moe", "regional_office": "North"}
    _write(folder / "sales_teams.csv", [team])
    deal = {"sales_agent": "Rosa Lang", "product": "Lights", "deal_stage": "Won", "engage_date": "2017-01-02"}
    rows = [
        {"opportunity_id": f"D{number:07d}", "account": accounts[number % len(accounts)]}
        | deal
        | {"close_date": f"2017-03-{number % 28 + 1:02d}", "close_value": 500 + number}
        for number in range(deals)
    ]
    _write(folder / "sales_pipeline.csv", rows)
    return folder


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@contextmanager
def sandbox(data: Path, folder: Path) -> Iterator[None]:
    """Serve a fresh sandbox with these deals."""
    command = [sys.executable, "-m", "cli", "sandbox", "--port-base", str(PORT_BASE), "--load-csv", str(data)]
    with (folder / "sandbox.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            for _ in range(600):
                try:
                    asked("/healthz")
                    break
                except OSError:
                    time.sleep(0.1)
            else:
                raise SystemExit((folder / "sandbox.log").read_text())
            yield
        finally:
            process.terminate()
            process.wait(20)


def asked(path: str) -> Any:
    """Return what the sandbox says of itself."""
    with direct.open(f"http://127.0.0.1:{PORT_BASE}{path}", timeout=60) as answer:
        return json.load(answer)


def run(way: Way, folder: Path, *, kill_after: float | None = None) -> bool:
    """Do it once, killed after so many seconds where they are given; return whether it came to its end."""
    ends = None if kill_after is None else time.monotonic() + kill_after
    for command in way.commands:
        with (folder / "way.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=way.folder, env={**os.environ, **way.env}, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
            try:
                process.wait(None if ends is None else max(0.0, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                return False
        if process.returncode:
            return False
    return True


def quiet(way: Way, folder: Path) -> bool:
    """Run it until it has nothing left to do; return whether it got there."""
    for _ in range(PASSES_AFTER):
        if run(way, folder) and "handoff" not in way.name:
            return True
        if "handoff" in way.name and _waits_for_nothing(folder):
            return True
        time.sleep(3)
    return False


def _waits_for_nothing(folder: Path) -> bool:
    said = (folder / "way.log").read_text(encoding="utf-8", errors="replace")
    found = re.findall(r'"waiting": (\d+)', said)
    return bool(found) and found[-1] == "0"


def counted(accounts_of: Mapping[str, str]) -> Counted:
    """Return what the platform lacks and has more than once; `accounts_of` gives the account of each deal."""
    state = asked("/state?system=gainsight")["gainsight"]
    twice: Counter[str] = Counter()
    missing = 0
    companies = Counter(one.get("SfdcAccountId") for one in state.get("Company", []))
    for account in set(accounts_of.values()):
        missing += companies[account] == 0
        twice["companies"] += max(0, companies[account] - 1)
    for kind, name in WORK.items():
        found: Counter[str] = Counter()
        for one in state.get(kind, []):
            found.update(set(re.findall(r"006[0-9A-Za-z]{15}", json.dumps(one))) & accounts_of.keys())
        missing += sum(found[deal] == 0 for deal in accounts_of)
        twice[name] += sum(max(0, found[deal] - 1) for deal in accounts_of)
    return Counted(missing, +twice)


def measured(way: Way, data: Path, folder: Path) -> list[str]:
    """Return one row of the table."""
    with sandbox(data, folder):
        deals = _deals()
        begun = time.monotonic()
        whole = run(way, folder)
        seconds = time.monotonic() - begun
        if not whole:
            raise SystemExit(f"{way.name} ended badly:\n{(folder / 'way.log').read_text()[-3000:]}")
        calls = Counter(row["system"] for row in asked("/journal") if not row["path"].endswith("/token"))
        once = counted(deals)
        run(way, folder)
        again = counted(deals)
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm", "way.log"):
        (folder / name).unlink(missing_ok=True)
    chance = random.Random(SEED)
    with sandbox(data, folder):
        deals = _deals()
        for _ in range(KILLS):
            run(way, folder, kill_after=chance.uniform(0.2, 0.6) * seconds)
        got_there = quiet(way, folder)
        killed = counted(deals)
    cells = [way.name, f"{calls['salesforce']}", f"{calls['gainsight']}", f"{calls.total() / len(deals):.2f}"]
    cells += [f"{seconds:.1f}", _told(once), _told(again), _told(killed) + ("" if got_there else ", not quiet")]
    return cells


def _deals() -> dict[str, str]:
    rows = asked("/state?system=salesforce&object=Opportunity")["salesforce"]["Opportunity"]
    return {row["Id"]: row["AccountId"] for row in rows if row["StageName"] == "Closed Won"}


def _told(one: Counted) -> str:
    twice = ", ".join(f"{number} {name}" for name, number in one.twice.items())
    return f"{one.missing or 'nothing'} missing, {twice or 'nothing'} twice"


def table(rows: list[list[str]], deals: int) -> str:
    """Return the figures as Markdown."""
    heads = ["way", "Salesforce calls", "Gainsight calls", "calls a deal", "s", "after one run", "after a second run"]
    heads += [f"killed {KILLS} times at random, then run to the end"]
    lines = [f"{deals} won deals.", "", f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * 4 + " --- |" * 3]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    """Measure each way, print the table, and write it into the page where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the CRM Sales Opportunities data set")
    parser.add_argument("--deals", type=int, default=DEALS)
    parser.add_argument(
        "--drt", default=shutil.which("drt"), help="the command of drt-core, in an environment of its own"
    )
    parser.add_argument("--write", type=Path, help="also put the table into this file, between its two markers")
    chosen = parser.parse_args()
    data = chosen.data.resolve() if chosen.data and chosen.data.is_dir() else None
    rows = []
    with tempfile.TemporaryDirectory() as name:
        cut = won_deals(data, Path(name), chosen.deals)
        for way in ways(chosen.drt, Path(name)):
            print(f"measuring: {way.name} ...", file=sys.stderr, flush=True)
            rows.append(measured(way, cut, Path(name)))
    said = table(rows, chosen.deals)
    print(said)
    if chosen.write:
        page = chosen.write.read_text(encoding="utf-8")
        chosen.write.write_text(FIGURES.sub(lambda m: f"{m[1]}{said}\n{m[2]}", page), encoding="utf-8")


if __name__ == "__main__":
    main()
