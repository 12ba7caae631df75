"""The mapping guide as the tests read it: its marked blocks and tables, and files to put its examples into."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

GUIDE = Path(__file__).resolve().parent.parent / "docs/mapping-guide.md"
HANDOFF, PEOPLE = "handoff.yml", "people.yml"
SOURCE, TARGET = "sources/salesforce.yml", "targets/gainsight.yml"
EXAMPLE = "examples/second_win.yml"

CONTRACT_TEXT = """\
start_from: 2026-12-01
conditions:
  large: [{field: arr, at_least: 100000}]
  renewal: [{field: deal_type, in: [Renewal]}]
  replacement: [{field: replacing, present: true}]
fields:
  business_goal: {section: goals, label: Why they bought}
  success_metric: {section: goals, label: How they will judge us}
  go_live_on: {section: deal, label: Promised go-live}
  champion: {section: people, label: Champion, person_with_role: Champion}
  commitments: {section: promises, label: What we promised}
  replacing: {section: risks, label: What they replace}
  switch_reason: {section: risks, label: Why they leave it}
  data_residency: {section: deal, label: Data residency}
segments:
  - {name: enterprise, when: large}
  - {name: mid_market, when: [{field: arr, at_least: 20000}]}
  - {name: smb}
routing:
  - {use: fixed, receiver: priya@harbor.example}
"""
PEOPLE_TEXT = """\
teams:
  enterprise: {lead: maya@harbor.example}
  mid_market: {lead: maya@harbor.example}
  smb: {lead: maya@harbor.example}
people:
  - {email: priya@harbor.example, role: csm}
  - {email: maya@harbor.example, role: manager}
  - {email: victor@harbor.example, role: vp}
"""
SOURCE_TEXT = """\
fields:
  deal_type: {from: Type}
  arr: {from: Amount, as: decimal}
  contract_end_on: {from: Contract_End__c, as: date}
  go_live_on: {from: Promised_Go_Live__c, as: date}
  business_goal: {from: Business_Goal__c, as: plain}
  success_metric: {from: Success_Metric__c}
  replacing: {from: Replacing__c}
  switch_reason: {from: Switch_Reason__c}
  data_residency: {from: Data_Residency__c}
  commitments: {from: Commitments__c, as: lines}
  paused_until: {from: Handoff_Paused_Until__c, as: date}
  pause_reason: {from: Handoff_Pause_Reason__c}
  account.cs_root_id: {from: AccountId}
  account.industry: {from: Account.Industry}
  account.country: {from: Account.BillingCountryCode}
  owner.team: {from: Owner.Team__c}
people:
  each: OpportunityContactRoles
  fields:
    name: {from: Contact.Name}
    role: {from: Role, values: {Evaluator: Champion}, default: Other}
"""
TARGET_TEXT = """\
steps:
  company:
    object: company
    fields:
      Name: {from: account.name}
  plan:
    object: success_plan
    fields:
      CompanyId: {step: company}
      OwnerId: {from: receiver.email, find: active_user}
      Name: {text: "{account.name}: first 90 days"}
      SuccessPlanType: {value: Onboarding}
  onboarding_cta:
    object: cta
    fields:
      CompanyId: {step: company}
      OwnerId: {from: receiver.email, find: active_user}
      Name: {text: "Onboard {account.name}"}
      type: {value: Lifecycle}
      reason: {value: Onboarding}
      status: {value: New}
      priority: {value: Medium}
      DueDate: {from: work_starts_at, as: date}
  brief:
    object: timeline
    fields:
      GsCompanyId: {step: company}
      ContextName: {value: Company}
      TypeName: {value: Update}
      Author: {from: receiver.email, find: active_email}
      Subject: {text: "Sales handoff: {account.name}"}
      Notes: {value: Read the CTA.}
"""
BASE = {HANDOFF: CONTRACT_TEXT, PEOPLE: PEOPLE_TEXT, SOURCE: SOURCE_TEXT, TARGET: TARGET_TEXT}
"""A small set without a mistake, into which each example of the guide is put."""
BESIDES = {
    "templates/cta.html.j2": "<p>{{ account.name }}</p>\n",
    "named_accounts.csv": "account_id,csm_email,because\n001XX000003DHPh,priya@harbor.example,Board reference\n",
}


@dataclass(frozen=True)
class Block:
    """A fenced block: the marker before it (""), its language, its text, and the text of its section."""

    marker: str
    language: str
    text: str
    section: str


@dataclass(frozen=True)
class Table:
    """A table behind a marker: its rows by column, and the title of its section."""

    marker: str
    rows: tuple[Mapping[str, str], ...]
    title: str


def sections() -> Iterator[tuple[str, str]]:
    """Yield each section's title and text; a `#` inside a fenced block starts none."""
    title, lines, fenced = "", list[str](), False
    for line in GUIDE.read_text(encoding="utf-8").splitlines():
        fenced ^= line.startswith("```")
        if line.startswith("#") and not fenced:
            yield title, "\n".join(lines)
            title, lines = line.lstrip("# "), []
        lines.append(line)
    yield title, "\n".join(lines)


def blocks(*languages: str) -> list[Block]:
    """Return the fenced blocks in these languages, in order."""
    found = []
    for _, text in sections():
        for one in re.finditer(r"^(?:<!-- ([^\n]*) -->\n)?```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            found.append(Block(one[1] or "", one[2], one[3], " ".join(text.split())))
    return [block for block in found if block.language in languages]


def tables(kind: str) -> dict[str, list[Table]]:
    """Return the tables behind `<!-- kind: name -->` by name."""
    found: dict[str, list[Table]] = {}
    for title, text in sections():
        for one in re.finditer(rf"^<!-- {kind}: (.*) -->\n((?:\|.*\n?)+)", text, re.MULTILINE):
            head, _, *rows = [_cells(line) for line in one[2].strip().splitlines()]
            whole = tuple(dict(zip(head, row, strict=True)) for row in rows)
            found.setdefault(one[1], []).append(Table(one[1], whole, title))
    return found


def rows(kind: str, name: str) -> list[Mapping[str, str]]:
    """Return the rows of all tables of this name."""
    return [row for table in tables(kind)[name] for row in table.rows]


def words(text: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def first_words(kind: str, name: str) -> list[str]:
    """Return what stands in backticks in the first column of the tables of this name."""
    return [word for row in rows(kind, name) for word in words(next(iter(row.values())))]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


# Values


def read(cell: str) -> Any:
    """Return the value that a cell says: YAML in backticks, or `nothing`."""
    return None if cell == "nothing" else _yaml().load(words(cell)[0])


def comparable(value: Any) -> Any:
    """Return a value so that what is written on paper compares with what the program makes: 48000 is 48000.00."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value)).normalize() + 0
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [comparable(item) for item in value]
    return str(value)


def data(text: str) -> Any:
    """Return what a YAML text says."""
    return _yaml().load(text)


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


# Files


def merged(block: Block) -> dict[str, Any]:
    """Return all files as data, with the example put in: named things are added, lists take a list's place."""
    files = {name: _yaml().load(text) for name, text in BASE.items()}
    said = _yaml().load(block.text)
    if block.marker == EXAMPLE:
        return files | {HANDOFF: files[HANDOFF] | _beside_examples(), EXAMPLE: said}
    if block.marker.startswith("fields of: "):
        step = block.marker.removeprefix("fields of: ")
        files[TARGET]["steps"][step]["fields"] |= said
        return files
    for key, value in said.items():
        there = files[block.marker].get(key)
        if key == "people" and isinstance(there, list):
            told = {person["email"] for person in value}
            value = [*value, *(person for person in there if person["email"] not in told)]
        adds = isinstance(there, dict) and isinstance(value, dict) and key != "write_back"
        files[block.marker][key] = there | value if adds else value
    return files


def _beside_examples() -> dict[str, Any]:
    """Return the guide's own kinds and exceptions: its example of a mapping is of a deal that they speak of."""
    shown = [block.text for block in blocks("yaml") if block.marker == HANDOFF]
    return {
        key: value
        for text in shown
        if text.startswith(("kinds:", "exceptions:"))
        for key, value in _yaml().load(text).items()
    }


def with_mistake(block: Block) -> dict[str, str]:
    """Return all four files as text, one of them begins with the example: its lines are those of the guide."""
    name = block.marker.removeprefix("mistake: ")
    started = set(re.findall(r"^(\w+):", block.text, re.MULTILINE))
    rest = {key: value for key, value in _yaml().load(BASE[name]).items() if key not in started}
    if "segmants" in started:
        del rest["segments"]
    return BASE | {name: block.text + (dumped(rest) if rest else "")}


def dumped(data: Any) -> str:
    """Return data as YAML."""
    stream = StringIO()
    _yaml().dump(data, stream)
    return stream.getvalue()


def folder_of(files: Mapping[str, str], folder: Path) -> Path:
    """Write the files, and what stands besides them, into a folder."""
    for name, text in (BESIDES | dict(files)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
