"""The tables of the mapping guide are run: each row gives what it says."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handoff import spans
from handoff.answers import CHECKS, Asked
from handoff.contract import Contract
from handoff.errors import RecordError
from handoff.model import User
from handoff.people import Calendar
from handoff.rules import Context, FieldRule, compile_rule
from handoff.templates import Templates
from handoff.yaml_files import read_yaml
from tests import guide

WON = datetime(2026, 12, 1, tzinfo=UTC)


def base_contract() -> Contract:
    return Contract.model_validate(guide.data(guide.CONTRACT_TEXT))


USERS = {
    "priya@harbor.example": User("1P01-priya", "priya@harbor.example", active=True),
    "ben@harbor.example": User("1P01-ben", "ben@harbor.example", active=False),
}
COMPANIES = {"0015g00000QrStUAAV": "1P02-nordwind"}


def applied(row: Any) -> tuple[Any, list[str]]:
    rule = FieldRule.model_validate(guide.read(row["rule"]))
    context = Context(guide.read(row["it reads"]), users=USERS, companies=COMPANIES)
    when = None if rule.when is None else base_contract().condition(rule.when)
    try:
        return compile_rule("OwnerId", rule, place="here", when=when)(context), context.notes
    except RecordError:
        return "the deal needs a person", []


@pytest.mark.parametrize("row", guide.rows("run", "rules"), ids=lambda row: row["rule"] + row["it reads"])
def test_a_rule_gives_what_the_guide_says(row):
    value, notes = applied(row)

    assert guide.comparable(value) == guide.comparable(guide.read(row["it gives"]))
    assert "; ".join(notes) == row["it tells"]


@pytest.mark.parametrize("row", guide.rows("run", "find"), ids=lambda row: row["rule"] + row["it reads"])
def test_what_is_found_is_what_the_guide_says(row):
    value, _ = applied(row)

    assert value == (guide.words(row["it gives"]) or [row["it gives"]])[0]


@pytest.mark.parametrize("row", guide.rows("run", "transforms"), ids=lambda row: row["`as`"] + row["in"])
def test_a_transform_gives_what_the_guide_says(row):
    rule = FieldRule.model_validate({"from": "x", "as": guide.words(row["`as`"])[0]})
    given = compile_rule("Name", rule, place="here")(Context({"x": guide.read(row["in"])}))

    assert guide.comparable(given) == guide.comparable(guide.read(row["out"]))


@pytest.mark.parametrize("row", guide.rows("run", "conditions"), ids=lambda row: row["condition"])
def test_a_condition_holds_where_the_guide_says_so(row):
    contract = guide.data(guide.CONTRACT_TEXT)
    contract["conditions"]["asked"] = guide.read(row["condition"])
    asked = Contract.model_validate(contract).condition("asked")

    assert asked.holds(guide.read(row["the deal says"])) == (row["it holds"] == "yes")


@pytest.mark.parametrize("row", guide.rows("run", "checks"), ids=lambda row: row["the answer"])
def test_a_check_finds_what_the_guide_says(row):
    check = CHECKS[guide.words(row["`check`"])[0]]
    fault = check.fault(guide.read(row["the answer"]), Asked(WON, 60))

    assert (fault or "nothing") == row["what is wrong with it"]
    assert not fault or check.owed == row["then"].startswith("it counts as missing")


@pytest.mark.parametrize("row", guide.rows("run", "spans"), ids=lambda row: row["span"] + row["from"])
def test_a_span_ends_when_the_guide_says(row):
    (people,) = [block for block in guide.blocks("yaml") if block.marker == guide.PEOPLE]
    london = Calendar.model_validate(guide.merged(people)[guide.PEOPLE]["calendars"]["london"]).compiled()
    start, end = (datetime.fromisoformat(row[column].split()[0]) for column in ("from", "due"))

    assert spans.due(start, spans.read_span(guide.words(row["span"])[0]), london) == end


def rendered(source: str, tmp_path: Path) -> str:
    (block,) = [block for block in guide.blocks("yaml") if block.marker == "the deal of the templates"]
    values = guide.data(block.text)
    (tmp_path / "one.j2").write_text(source, encoding="utf-8")
    templates = Templates(tmp_path, {*values, "champion"}, base_contract().fields)
    return templates.render(templates.load("one.j2"), values, limit=None)


@pytest.mark.parametrize("row", guide.rows("run", "templates"), ids=lambda row: row["written"])
def test_a_function_of_a_template_gives_what_the_guide_says(row, tmp_path):
    shown = rendered(guide.words(row["written"])[0], tmp_path)

    assert shown.replace("&lt;", "<").replace("&gt;", ">") == guide.words(row["gives"])[0]


def test_what_a_record_says_is_shown_as_text_in_a_template(tmp_path):
    assert rendered("{{ replacing }}", tmp_path) == "A &lt;spreadsheet&gt;"


def test_the_template_of_the_guide_gives_the_text_beside_it(tmp_path):
    (source,), (shown,) = guide.blocks("jinja"), guide.blocks("html")

    assert rendered(source.text, tmp_path) == shown.text.strip()


@pytest.mark.parametrize("row", guide.rows("run", "yaml"), ids=lambda row: row["written"])
def test_yaml_reads_what_the_guide_says(row, tmp_path):
    (tmp_path / "one.yml").write_text(f"x: {guide.words(row['written'])[0]}\n", encoding="utf-8")
    value = read_yaml(tmp_path / "one.yml").data["x"]
    kind = "text" if isinstance(value, str) else "number" if isinstance(value, int | float) else "day"
    said = "nothing" if value is None else f"the {kind} `{guide.comparable(value)}`"

    assert said == row["is read as"]
